/*
 * Test of the ACPI PCI hotplug registers: OSC, and requests that move
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * OSC is at offset 4 of the extension window, where a block has it.  It keeps
 * nothing: what is written goes to the caller, and the block stays as it is.
 */

#include <string.h>

#include "test-cmocka.h"
#include "acpi-slots-fixture.h"

#define REPORT     UINT32_C(0x00011f40)
#define LAST_SIZE  16
#define FAR_AWAY   (UINT64_C(1) << 32)

/* ---- every access ------------------------------------------------------ */

/* A block with or without OSC, and a copy to compare it with. */
static void fill(AcpiSlots *slots, AcpiSlots *before, unsigned variant,
                 bool osc_report, uint32_t select)
{
    fixture_fill(slots, &variants[variant], select);
    slots->osc_report = osc_report;
    *before = *slots;
}

static AcpiSlotsRefusal expected_write(const AcpiSlots *slots, uint64_t offset,
                                       unsigned size)
{
    if (size != 4 || offset % 4 != 0) {
        return ACPI_SLOTS_BAD_SIZE;
    }
    return slots->osc_report && offset == ACPI_SLOTS_OSC
           ? ACPI_SLOTS_ACCEPTED : ACPI_SLOTS_NO_REGISTER;
}

static void check_write(AcpiSlots *slots, uint64_t offset, unsigned size,
                        uint32_t value)
{
    const AcpiSlots before = *slots;
    AcpiSlotsRefusal refusal = expected_write(slots, offset, size);
    AcpiSlotsEffect effect = acpi_slots_write_extension(slots, offset, size,
                                                        value);

    assert_same_state(&before, slots, "write to the extension window");
    assert_int_equal(effect.refusal, refusal);
    assert_int_equal(effect.bus, 0);
    assert_int_equal(effect.slot, 0);
    if (refusal == ACPI_SLOTS_ACCEPTED) {
        assert_int_equal(effect.action, ACPI_SLOTS_OSC_REPORT);
        assert_int_equal(effect.value, value);
    } else {
        assert_int_equal(effect.action, ACPI_SLOTS_NOTHING);
        assert_int_equal(effect.value, 0);
    }
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
        check_write(slots, FAR_AWAY + ACPI_SLOTS_OSC, size, REPORT);
        check_write(slots, UINT64_MAX - 3, size, REPORT);
    }
}

static void test_writes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * VARIANTS * SELECTS; i++) {
        AcpiSlots slots, before;

        fill(&slots, &before, i / 2 % VARIANTS, i % 2,
             selects[i / 2 / VARIANTS]);
        check_writes(&slots);
        assert_same_state(&before, &slots, "writes to the extension window");
    }
}

/* It can't be read: what _OSC said is the host's to tell. */
static void check_reads(AcpiSlots *slots)
{
    const AcpiSlots before = *slots;

    for (unsigned size = 0; size <= LAST_SIZE; size++) {
        for (uint64_t offset = 1; offset < 2 * ACPI_SLOTS_EXTENSION_SIZE;
             offset++) {
            AcpiSlotsValue read = acpi_slots_read_extension(slots, offset,
                                                            size);

            assert_int_equal(read.value, 0);
            assert_int_equal(read.refusal, size == 4 && offset % 4 == 0
                             ? ACPI_SLOTS_NO_REGISTER : ACPI_SLOTS_BAD_SIZE);
            assert_same_state(&before, slots, "read of the extension window");
        }
    }
}

static void test_reads(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * VARIANTS; i++) {
        AcpiSlots slots, before;

        fill(&slots, &before, i / 2, i % 2, 0);
        check_reads(&slots);
    }
}

/* OSC does not bring NEXT along, and the other way round. */
static void test_neighbours(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * VARIANTS; i++) {
        AcpiSlots slots, before;
        AcpiSlotsValue next;

        fill(&slots, &before, i / 2, i % 2, 0);
        next = acpi_slots_read_extension(&slots, ACPI_SLOTS_NEXT, 4);
        assert_int_equal(next.refusal, variants[i / 2].fast_scan
                         ? ACPI_SLOTS_ACCEPTED : ACPI_SLOTS_NO_REGISTER);
        assert_int_equal(next.value, 0);
    }
}

/* The register window knows nothing of OSC: offset 4 of it is DOWN. */
static void test_register_window(void **state)
{
    AcpiSlots slots, before;
    AcpiSlotsEffect effect;

    (void)state;
    fill(&slots, &before, 3, true, 0);
    effect = acpi_slots_write(&slots, ACPI_SLOTS_OSC, 4, REPORT);
    assert_int_equal(effect.action, ACPI_SLOTS_NOTHING);
    assert_int_equal(effect.refusal, ACPI_SLOTS_NO_REGISTER);
    before.index = 0;
    assert_same_state(&before, &slots, "write to DOWN");
}

static void test_init_leaves_it_out(void **state)
{
    AcpiSlots slots;

    (void)state;
    for (unsigned i = 0; i < VARIANTS; i++) {
        memset(&slots, 0xff, sizeof(slots));
        acpi_slots_init(&slots, variants[i].banked, variants[i].fast_scan);
        assert_false(slots.osc_report);
    }
}

/* ---- a signal for what is open already --------------------------------- */

static void test_signal_without_requests(void **state)
{
    AcpiSlots slots, before;

    (void)state;
    for (unsigned i = 0; i < VARIANTS; i++) {
        acpi_slots_init(&slots, variants[i].banked, variants[i].fast_scan);
        slots.visit[3] = 0x10;
        before = slots;
        assert_false(acpi_slots_signal(&slots));
        assert_same_state(&before, &slots, "signal without requests");
    }
}

/* Every bus with a request comes on NEXT's list again, and no other. */
static void test_signal_marks_open_buses(void **state)
{
    (void)state;
    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        AcpiSlots slots, expected;

        acpi_slots_init(&slots, true, true);
        if (bus % 2) {
            slots.bus[bus].up = 1u << bus % 32;
        } else {
            slots.bus[bus].down = 1u << bus % 32;
        }
        expected = slots;
        expected.visit[bus / 32] = 1u << bus % 32;
        assert_true(acpi_slots_signal(&slots));
        assert_same_state(&expected, &slots, "signal");
        assert_true(acpi_slots_signal(&slots));
        assert_same_state(&expected, &slots, "second signal");
    }
}

static void test_signal_all(void **state)
{
    AcpiSlots slots, before;

    (void)state;
    fill(&slots, &before, 3, true, 0);
    assert_true(acpi_slots_signal(&slots));
    memset(before.visit, 0xff, sizeof(before.visit));
    assert_same_state(&before, &slots, "signal of all buses");
}

/* ---- requests taken from a slot ---------------------------------------- */

static bool has_bit(uint32_t bits, uint32_t slot)
{
    return bits >> slot & 1;
}

static void check_take(uint32_t bus, uint32_t slot)
{
    const uint32_t bit = UINT32_C(1) << slot;
    AcpiSlots slots, expected;
    AcpiSlotsBus taken;

    fill(&slots, &expected, 3, true, 77);
    expected.bus[bus].up &= ~bit;
    expected.bus[bus].down &= ~bit;
    taken = acpi_slots_take_requests(&slots, bus, slot);
    assert_int_equal(taken.up, has_bit(fixture_up(bus), slot) ? bit : 0);
    assert_int_equal(taken.down, has_bit(fixture_down(bus), slot) ? bit : 0);
    assert_int_equal(taken.removable, 0);
    assert_same_state(&expected, &slots, "take requests");
    taken = acpi_slots_take_requests(&slots, bus, slot);
    assert_int_equal(taken.up | taken.down, 0);
    assert_same_state(&expected, &slots, "take requests again");
}

static void test_take(void **state)
{
    (void)state;
    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        for (uint32_t slot = 0; slot < ACPI_SLOTS_PER_BUS; slot++) {
            check_take(bus, slot);
        }
    }
}

/* A bus with its last request taken is no longer worth a visit. */
static void test_take_the_last(void **state)
{
    AcpiSlots slots, empty;

    (void)state;
    acpi_slots_init(&slots, true, true);
    slots.osc_report = true;
    empty = slots;
    acpi_slots_plug(&slots, 200, 5);
    acpi_slots_request_unplug(&slots, 200, 5);
    acpi_slots_request_unplug(&slots, 200, 6);

    acpi_slots_take_requests(&slots, 200, 5);
    assert_int_equal(slots.visit[200 / 32], 1u << 200 % 32);
    acpi_slots_take_requests(&slots, 200, 6);
    assert_same_state(&empty, &slots, "all requests taken");
    assert_false(acpi_slots_signal(&slots));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_register_window),
        cmocka_unit_test(test_init_leaves_it_out),
        cmocka_unit_test(test_signal_without_requests),
        cmocka_unit_test(test_signal_marks_open_buses),
        cmocka_unit_test(test_signal_all),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_take_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
