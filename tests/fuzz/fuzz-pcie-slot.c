/*
 * Fuzz target: native hotplug, the slot of a port and its requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rules are in tests/unit/slot-world.h.
 */

#include "fuzz.h"
#include "slot-world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Choices choices = { .bytes = data, .left = size };
    SlotWorld world;

    slot_world_start(&world, &choices);
    while (choices_are_left(&choices) && !world.broken) {
        slot_world_step(&world, &choices);
    }
    if (!world.broken) {
        slot_world_rest(&world);
    }
    fuzz_expect(world.broken);
    return 0;
}
