/*
 * Fuzz target: ACPI hotplug, its registers, its event and its requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rules are in tests/unit/acpi-world.h.
 */

#include "fuzz.h"
#include "acpi-world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Choices choices = { .bytes = data, .left = size };
    AcpiWorld world;

    acpi_world_start(&world, &choices);
    while (choices_are_left(&choices) && !world.host.broken) {
        acpi_world_step(&world, &choices);
    }
    if (!world.host.broken) {
        acpi_world_rest(&world);
    }
    fuzz_expect(world.host.broken);
    return 0;
}
