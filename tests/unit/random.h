/*
 * Random numbers of tests, from a seed that is printed
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdint.h>

typedef struct Random {
    unsigned short state[3];
} Random;

/*
 * Seeds @random from TEST_SEED in the environment, or anew, and prints the
 * seed as a TAP comment: what to set TEST_SEED to for the same run.
 */
void random_start(Random *random, const char *test);

uint32_t random_word(Random *random);

/* A number from 0 to @end - 1. */
uint32_t random_below(Random *random, uint32_t end);

#endif /* TESTS_RANDOM_H */
