/*
 * Fuzz target: a slot's hotplug requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rules are in tests/unit/request-watch.h.
 */

#include "fuzz.h"
#include "request-walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Choices choices = { .bytes = data, .left = size };
    RequestWalk walk;

    request_walk_start(&walk, &choices);
    while (choices_are_left(&choices) && !walk.watch.broken) {
        request_walk_step(&walk, &choices);
    }
    request_walk_rest(&walk);
    fuzz_expect(walk.watch.broken);
    return 0;
}
