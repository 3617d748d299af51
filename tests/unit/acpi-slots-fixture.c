/*
 * Register blocks with a recognizable content, for tests of acpi-slots
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-cmocka.h"
#include "acpi-slots-fixture.h"

const Variant variants[VARIANTS] = {
    { "one bus", false, false },
    { "one bus, fast scan", false, true },
    { "banked", true, false },
    { "banked, fast scan", true, true },
};

const uint32_t selects[SELECTS] = {
    0, 1, 255, 256, UINT32_C(1) << 31, UINT32_MAX,
};

uint32_t fixture_up(uint32_t bus)
{
    return 0x8a000001 | bus << 8;
}

uint32_t fixture_down(uint32_t bus)
{
    return 0x85000003 | bus << 4;
}

uint32_t fixture_removable(uint32_t bus)
{
    return 0x7e0000ff ^ bus << 12;
}

void fixture_fill(AcpiSlots *slots, const Variant *variant, uint32_t select)
{
    acpi_slots_init(slots, variant->banked, variant->fast_scan);
    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        slots->bus[bus].up = fixture_up(bus);
        slots->bus[bus].down = fixture_down(bus);
        slots->bus[bus].removable = fixture_removable(bus);
    }
    slots->select = select;
    slots->index = FIXTURE_INDEX;
    memset(slots->visit, 0xa5, sizeof(slots->visit));
}

static void assert_same_bus(const AcpiSlots *expected, const AcpiSlots *actual,
                            uint32_t bus, const char *what)
{
    const AcpiSlotsBus *want = &expected->bus[bus];
    const AcpiSlotsBus *have = &actual->bus[bus];

    if (memcmp(want, have, sizeof(*want)) != 0) {
        fail_msg("%s: bus %u has up 0x%x down 0x%x removable 0x%x, "
                 "expected 0x%x 0x%x 0x%x", what, bus, have->up, have->down,
                 have->removable, want->up, want->down, want->removable);
    }
}

void assert_same_state(const AcpiSlots *expected, const AcpiSlots *actual,
                       const char *what)
{
    if (memcmp(expected, actual, sizeof(*expected)) == 0) {
        return;
    }
    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        assert_same_bus(expected, actual, bus, what);
    }
    for (size_t i = 0; i < COUNT_OF(expected->visit); i++) {
        if (expected->visit[i] != actual->visit[i]) {
            fail_msg("%s: visit[%zu] is 0x%x, expected 0x%x", what, i,
                     actual->visit[i], expected->visit[i]);
        }
    }
    fail_msg("%s: select 0x%x index 0x%x banked %d fast_scan %d, "
             "expected 0x%x 0x%x %d %d", what, actual->select, actual->index,
             actual->banked, actual->fast_scan, expected->select,
             expected->index, expected->banked, expected->fast_scan);
}
