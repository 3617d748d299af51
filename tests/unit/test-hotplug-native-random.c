/*
 * Test of native hotplug: slot and requests together, at random
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rules are in slot-world.h.
 */

#include "test-cmocka.h"
#include "slot-world.h"

#define WORLDS  1000
#define STEPS   500

static void test_worlds(void **state)
{
    Random random;
    Choices choices = { .random = &random };

    (void)state;
    random_start(&random, "test-hotplug-native-random");
    for (unsigned i = 0; i < WORLDS; i++) {
        SlotWorld world;
        unsigned step = 0;

        slot_world_start(&world, &choices);
        while (step < STEPS && !world.broken) {
            slot_world_step(&world, &choices);
            step++;
        }
        if (!world.broken) {
            slot_world_rest(&world);
        }
        if (world.broken) {
            fail_msg("world %u, step %u: not so: %s", i, step, world.broken);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worlds),
    };

    return cmocka_run_group_tests_name("native hotplug, random events", tests,
                                       NULL, NULL);
}
