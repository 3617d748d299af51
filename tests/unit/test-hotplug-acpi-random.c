/*
 * Test of ACPI hotplug: registers, event and requests together, at random
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rules are in acpi-world.h.
 */

#include "test-cmocka.h"
#include "acpi-world.h"

#define WORLDS  1000
#define STEPS   500

static void test_worlds(void **state)
{
    Random random;
    Choices choices = { .random = &random };

    (void)state;
    random_start(&random, "test-hotplug-acpi-random");
    for (unsigned i = 0; i < WORLDS; i++) {
        AcpiWorld world;
        unsigned step = 0;

        acpi_world_start(&world, &choices);
        while (step < STEPS && !world.host.broken) {
            acpi_world_step(&world, &choices);
            step++;
        }
        if (!world.host.broken) {
            acpi_world_rest(&world);
        }
        if (world.host.broken) {
            fail_msg("world %u, step %u: not so: %s", i, step,
                     world.host.broken);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worlds),
    };

    return cmocka_run_group_tests_name("ACPI hotplug, random events", tests,
                                       NULL, NULL);
}
