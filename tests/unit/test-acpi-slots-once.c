/*
 * Test of the ACPI PCI hotplug registers: each signal is read once
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/specs/hotplug-requests.rst, "Signals by ACPI".
 */

#include "test-cmocka.h"
#include "model/acpi-slots.h"

#define BUS    3
#define SLOT   7
#define BIT    (UINT32_C(1) << SLOT)
#define OTHER  (UINT32_C(1) << (SLOT + 1))

static AcpiSlots make_block(bool banked)
{
    AcpiSlots slots;

    acpi_slots_init(&slots, banked, true);
    slots.once = true;
    acpi_slots_write(&slots, ACPI_SLOTS_SEL, 4, BUS);
    return slots;
}

static AcpiSlotsValue reads(AcpiSlots *slots, AcpiSlotsRegister reg)
{
    return acpi_slots_read(slots, reg, 4);
}

static uint32_t next(AcpiSlots *slots)
{
    return acpi_slots_read_extension(slots, ACPI_SLOTS_NEXT, 4).value;
}

static void assert_reads(AcpiSlots *slots, AcpiSlotsRegister reg,
                         uint32_t value)
{
    AcpiSlotsValue read = reads(slots, reg);

    assert_int_equal(read.refusal, ACPI_SLOTS_ACCEPTED);
    assert_int_equal(read.value, value);
    assert_int_equal(read.seen, value);
    assert_int_equal(read.bus, BUS);
}

static void test_unplug_is_read_once(void **state)
{
    AcpiSlots slots = make_block(true);

    (void)state;
    for (unsigned signals = 0; signals < 3; signals++) {
        acpi_slots_request_unplug(&slots, BUS, SLOT);
        assert_reads(&slots, ACPI_SLOTS_DOWN, BIT);
        assert_reads(&slots, ACPI_SLOTS_DOWN, 0);
        assert_int_equal(slots.bus[BUS].down, BIT);
    }
}

static void test_plug_is_read_once(void **state)
{
    AcpiSlots slots = make_block(true);

    (void)state;
    acpi_slots_plug(&slots, BUS, SLOT);
    assert_reads(&slots, ACPI_SLOTS_UP, BIT);
    assert_reads(&slots, ACPI_SLOTS_UP, 0);
}

/* With one bus, too, where UP stays without requests. */
static void test_plug_on_the_one_bus(void **state)
{
    AcpiSlots slots = make_block(false);

    (void)state;
    acpi_slots_plug(&slots, 0, SLOT);
    assert_int_equal(reads(&slots, ACPI_SLOTS_UP).value, BIT);
    assert_int_equal(reads(&slots, ACPI_SLOTS_UP).value, 0);
}

/* Another slot's signal does not bring back what was read. */
static void test_other_signals(void **state)
{
    AcpiSlots slots = make_block(true);

    (void)state;
    acpi_slots_request_unplug(&slots, BUS, SLOT);
    assert_reads(&slots, ACPI_SLOTS_DOWN, BIT);
    acpi_slots_request_unplug(&slots, BUS, SLOT + 1);
    assert_reads(&slots, ACPI_SLOTS_DOWN, OTHER);
    assert_int_equal(slots.bus[BUS].down, BIT | OTHER);
}

/* NEXT leads to buses with something to read, and to no others. */
static void test_next(void **state)
{
    AcpiSlots slots = make_block(true);

    (void)state;
    acpi_slots_request_unplug(&slots, BUS, SLOT);
    assert_int_equal(next(&slots), BUS);
    assert_int_equal(next(&slots), ACPI_SLOTS_NO_BUS);
    assert_true(acpi_slots_signal(&slots));
    assert_reads(&slots, ACPI_SLOTS_DOWN, BIT);
    assert_int_equal(next(&slots), ACPI_SLOTS_NO_BUS);
    assert_false(acpi_slots_signal(&slots));
    acpi_slots_plug(&slots, 0, 0);
    assert_int_equal(next(&slots), 0);
    assert_int_equal(next(&slots), ACPI_SLOTS_NO_BUS);
}

/* Requests are kept elsewhere: an eject says which slot, and clears nothing. */
static void test_eject_answers_nothing(void **state)
{
    AcpiSlots slots = make_block(true);
    AcpiSlotsEffect effect;

    (void)state;
    acpi_slots_plug(&slots, BUS, SLOT);
    acpi_slots_request_unplug(&slots, BUS, SLOT);
    effect = acpi_slots_write(&slots, ACPI_SLOTS_EJ, 4, BIT);
    assert_int_equal(effect.action, ACPI_SLOTS_EJECT);
    assert_int_equal(effect.bus, BUS);
    assert_int_equal(effect.slot, SLOT);
    assert_int_equal(slots.bus[BUS].down, BIT);
    assert_reads(&slots, ACPI_SLOTS_UP, BIT);
    assert_reads(&slots, ACPI_SLOTS_DOWN, BIT);
}

static void test_withdrawn(void **state)
{
    AcpiSlots slots = make_block(true);
    AcpiSlotsBus taken;

    (void)state;
    acpi_slots_request_unplug(&slots, BUS, SLOT);
    taken = acpi_slots_take_requests(&slots, BUS, SLOT);
    assert_int_equal(taken.down, BIT);
    assert_int_equal(taken.up, 0);
    assert_reads(&slots, ACPI_SLOTS_DOWN, 0);
    assert_int_equal(next(&slots), ACPI_SLOTS_NO_BUS);
}

static void test_reset(void **state)
{
    AcpiSlots slots = make_block(true);

    (void)state;
    acpi_slots_request_unplug(&slots, BUS, SLOT);
    acpi_slots_plug(&slots, BUS, SLOT + 1);
    assert_int_equal(acpi_slots_take_removals(&slots, BUS), BIT);
    assert_reads(&slots, ACPI_SLOTS_DOWN, 0);
    assert_reads(&slots, ACPI_SLOTS_UP, OTHER);
}

/* A refused access is no reading. */
static void test_refused_accesses_read_nothing(void **state)
{
    AcpiSlots slots = make_block(true);

    (void)state;
    acpi_slots_request_unplug(&slots, BUS, SLOT);
    assert_int_equal(acpi_slots_read(&slots, ACPI_SLOTS_DOWN, 1).seen, 0);
    assert_int_equal(acpi_slots_read(&slots, ACPI_SLOTS_DOWN + 2, 4).seen, 0);
    acpi_slots_write(&slots, ACPI_SLOTS_SEL, 4, ACPI_SLOTS_BUSES);
    assert_int_equal(reads(&slots, ACPI_SLOTS_DOWN).seen, 0);
    acpi_slots_write(&slots, ACPI_SLOTS_SEL, 4, BUS);
    assert_reads(&slots, ACPI_SLOTS_DOWN, BIT);
}

/* Without it the bit stays until the eject, as QEMU 10.0 has it. */
static void test_left_out(void **state)
{
    AcpiSlots slots = make_block(true);

    (void)state;
    slots.once = false;
    acpi_slots_request_unplug(&slots, BUS, SLOT);
    assert_int_equal(slots.bus[BUS].unread, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(reads(&slots, ACPI_SLOTS_DOWN).value, BIT);
    }
    assert_int_equal(reads(&slots, ACPI_SLOTS_DOWN).seen, 0);
    acpi_slots_write(&slots, ACPI_SLOTS_EJ, 4, BIT);
    assert_int_equal(reads(&slots, ACPI_SLOTS_DOWN).value, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unplug_is_read_once),
        cmocka_unit_test(test_plug_is_read_once),
        cmocka_unit_test(test_plug_on_the_one_bus),
        cmocka_unit_test(test_other_signals),
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_eject_answers_nothing),
        cmocka_unit_test(test_withdrawn),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_refused_accesses_read_nothing),
        cmocka_unit_test(test_left_out),
    };

    return cmocka_run_group_tests_name("acpi-slots, once", tests, NULL, NULL);
}
