/*
 * Random numbers of tests, from a seed that is printed
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "random.h"

static uint32_t new_seed(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint32_t)now.tv_nsec ^ (uint32_t)now.tv_sec << 8 ^
           (uint32_t)getpid() << 16;
}

void random_start(Random *random, const char *test)
{
    const char *wanted = getenv("TEST_SEED");
    unsigned seed;

    if (!wanted || sscanf(wanted, "%x", &seed) != 1) {
        seed = new_seed();
    }
    random->state[0] = 0x330e;
    random->state[1] = seed & 0xffff;
    random->state[2] = seed >> 16;
    printf("# %s: TEST_SEED=0x%x\n", test, seed);
    fflush(stdout);
}

uint32_t random_word(Random *random)
{
    return (uint32_t)jrand48(random->state);
}

uint32_t random_below(Random *random, uint32_t end)
{
    return random_word(random) % end;
}
