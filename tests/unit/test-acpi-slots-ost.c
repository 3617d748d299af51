/*
 * Test of the ACPI PCI hotplug registers: OST
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * OST is at offset 8 of the extension window, where a block has it.  It keeps
 * nothing: what is written goes to the caller, decoded, and the block stays as
 * it is.
 */

#include <string.h>

#include "test-cmocka.h"
#include "acpi-slots-fixture.h"
#include "model/acpi-ost.h"

#define REPORT     UINT32_C(0x40c06f40)
#define LAST_SIZE  16
#define FAR_AWAY   (UINT64_C(1) << 32)

/* A block with or without OSC and OST: the bits of @registers. */
static void fill(AcpiSlots *slots, unsigned variant, unsigned registers,
                 uint32_t select)
{
    fixture_fill(slots, &variants[variant], select);
    slots->osc_report = registers & 1;
    slots->ost_report = registers & 2;
}

static AcpiSlotsAction expected_action(const AcpiSlots *slots, uint64_t offset,
                                       unsigned size)
{
    if (size == 4 && offset == 8 && slots->ost_report) {
        return ACPI_SLOTS_OST_REPORT;
    }
    if (size == 4 && offset == 4 && slots->osc_report) {
        return ACPI_SLOTS_OSC_REPORT;
    }
    return ACPI_SLOTS_NOTHING;
}

static AcpiSlotsRefusal expected_refusal(AcpiSlotsAction action,
                                         uint64_t offset, unsigned size)
{
    if (size != 4 || offset % 4 != 0) {
        return ACPI_SLOTS_BAD_SIZE;
    }
    return action == ACPI_SLOTS_NOTHING ? ACPI_SLOTS_NO_REGISTER
                                        : ACPI_SLOTS_ACCEPTED;
}

static void check_write(AcpiSlots *slots, uint64_t offset, unsigned size,
                        uint32_t value)
{
    const AcpiSlots before = *slots;
    AcpiSlotsAction action = expected_action(slots, offset, size);
    bool ost = action == ACPI_SLOTS_OST_REPORT;
    AcpiSlotsEffect effect = acpi_slots_write_extension(slots, offset, size,
                                                        value);

    assert_same_state(&before, slots, "write to the extension window");
    assert_int_equal(effect.action, action);
    assert_int_equal(effect.refusal, expected_refusal(action, offset, size));
    assert_int_equal(effect.bus, ost ? value & 0xff : 0);
    assert_int_equal(effect.slot, ost ? value >> 8 & 0x1f : 0);
    assert_int_equal(effect.event, ost ? value >> 13 & 0x3ff : 0);
    assert_int_equal(effect.status, ost ? value >> 23 : 0);
    assert_int_equal(effect.value,
                     action == ACPI_SLOTS_OSC_REPORT ? value : 0);
}

static void check_writes(AcpiSlots *slots)
{
    static const uint32_t values[] = {
        0, 1, REPORT, UINT32_C(1) << 31, UINT32_MAX,
    };

    for (unsigned size = 0; size <= LAST_SIZE; size++) {
        for (uint64_t offset = 0; offset < 2 * ACPI_SLOTS_EXTENSION_SIZE;
             offset++) {
            for (size_t i = 0; i < COUNT_OF(values); i++) {
                check_write(slots, offset, size, values[i]);
            }
        }
        check_write(slots, FAR_AWAY + ACPI_SLOTS_OST, size, REPORT);
        check_write(slots, UINT64_MAX - 7, size, REPORT);
    }
}

static void test_writes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4 * VARIANTS * SELECTS; i++) {
        AcpiSlots slots;

        fill(&slots, i / 4 % VARIANTS, i % 4, selects[i / 4 / VARIANTS]);
        check_writes(&slots);
    }
}

/* What the AML encodes, by the constants that it uses. */
static void test_encoding(void **state)
{
    AcpiSlots slots;
    AcpiSlotsEffect effect;

    (void)state;
    fill(&slots, 3, 2, 0);
    effect = acpi_slots_write_extension(
        &slots, ACPI_SLOTS_OST, 4,
        200 | UINT32_C(31) << ACPI_OST_SLOT_SHIFT |
        (uint32_t)ACPI_OST_EJECTION_PROCESSING << ACPI_OST_EVENT_SHIFT |
        (uint32_t)ACPI_OST_EJECT_BUSY << ACPI_OST_STATUS_SHIFT);
    assert_int_equal(effect.action, ACPI_SLOTS_OST_REPORT);
    assert_int_equal(effect.bus, 200);
    assert_int_equal(effect.slot, 31);
    assert_int_equal(effect.event, ACPI_OST_EJECTION_PROCESSING);
    assert_int_equal(effect.status, ACPI_OST_EJECT_BUSY);
}

/* It can't be read. */
static void test_reads(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4 * VARIANTS; i++) {
        AcpiSlots slots, before;
        AcpiSlotsValue read;

        fill(&slots, i / 4, i % 4, 0);
        before = slots;
        read = acpi_slots_read_extension(&slots, ACPI_SLOTS_OST, 4);
        assert_int_equal(read.value, 0);
        assert_int_equal(read.refusal, ACPI_SLOTS_NO_REGISTER);
        assert_same_state(&before, &slots, "read of OST");
    }
}

/* The register window knows nothing of OST: offset 8 of it is EJ. */
static void test_register_window(void **state)
{
    AcpiSlots slots;
    AcpiSlotsEffect effect;

    (void)state;
    fill(&slots, 3, 2, 7);
    effect = acpi_slots_write(&slots, ACPI_SLOTS_OST, 4, 0x10);
    assert_int_equal(effect.action, ACPI_SLOTS_EJECT);
    assert_int_equal(effect.bus, 7);
    assert_int_equal(effect.slot, 4);
}

static void test_init_leaves_it_out(void **state)
{
    AcpiSlots slots;

    (void)state;
    for (unsigned i = 0; i < VARIANTS; i++) {
        memset(&slots, 0xff, sizeof(slots));
        acpi_slots_init(&slots, variants[i].banked, variants[i].fast_scan);
        assert_false(slots.ost_report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_register_window),
        cmocka_unit_test(test_init_leaves_it_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
