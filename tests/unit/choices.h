/*
 * Choices of a test: from a random number generator, or from a fuzzer's bytes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_CHOICES_H
#define TESTS_CHOICES_H

#include <stdbool.h>
#include <stddef.h>

#include "random.h"

/*
 * Choices
 *
 * @random: where they come from, if not NULL
 * @bytes, @left: else, these; then each choice is the first
 */
typedef struct Choices {
    Random *random;
    const uint8_t *bytes;
    size_t left;
} Choices;

static inline bool choices_are_left(const Choices *choices)
{
    return choices->random || choices->left;
}

static inline uint8_t choose_byte(Choices *choices)
{
    if (choices->random) {
        return random_word(choices->random);
    }
    if (!choices->left) {
        return 0;
    }
    choices->left--;
    return *choices->bytes++;
}

static inline uint32_t choose_word(Choices *choices)
{
    uint32_t word = 0;

    for (unsigned i = 0; i < sizeof(word); i++) {
        word = word << 8 | choose_byte(choices);
    }
    return word;
}

/* A number from 0 to @end - 1; @end is at most 256. */
static inline uint32_t choose(Choices *choices, uint32_t end)
{
    return choose_byte(choices) % end;
}

#endif /* TESTS_CHOICES_H */
