/*
 * Test of the slots' _OST (ACPI 6.5, 6.3.5)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest evaluates _OST of a slot, and the host hears of that slot, with the
 * event and the status that the guest gave: in the orders that Linux was seen
 * to have (GUEST-FACTS), and with anything else.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/hotplug-guest.h"
#include "model/acpi-ost.h"

#define BUSES  7

static const TestBoard boards[] = {
    { .express = true, .ost = true },
    { .express = true, .ost = true, .fast_scan = true },
    { .express = true, .ost = true, .expander = true, .described = true,
      .reports = true, .fast_scan = true, .native = true },
    { .express = false, .ost = true },
    { .express = false, .ost = true, .fast_scan = true },
};

/* Evaluates _OST with @event and @status (which it takes) and @information. */
static void call(const TestGuest *guest, unsigned bus, BenchValue *event,
                 BenchValue *status, BenchValue *information)
{
    g_autofree char *slot = test_slot_path(guest->root, bus,
                                           test_guest_slot(guest, bus));
    g_autofree char *method = g_strdup_printf("%s._OST", slot);
    g_autoptr(BenchValue) value = bench_evaluate(guest->bench, method, event,
                                                 status, information, NULL);
}

/* As Linux does it: the information is an empty buffer. */
static void say(const TestGuest *guest, unsigned bus, uint32_t event,
                uint32_t status)
{
    call(guest, bus, bench_integer(event), bench_integer(status),
         bench_buffer("", 0));
    assert_string_equal(guest->bench->status, "AE_OK");
}

static void assert_heard(const TestGuest *guest, unsigned i, unsigned bus,
                         uint32_t event, uint32_t status)
{
    const MachineOst *ost;

    assert_true(i < guest->machine->osts->len);
    ost = machine_ost(guest->machine, i);
    assert_int_equal(ost->bus, bus);
    assert_int_equal(ost->slot, test_guest_slot(guest, bus));
    assert_int_equal(ost->event, event);
    assert_int_equal(ost->status, status);
}

/* ---- one report --------------------------------------------------------- */

/* One access, to OST; SEL in particular stays as it was. */
static void check_one(const TestGuest *guest, unsigned bus, uint32_t event,
                      uint32_t status)
{
    const MachineAccess *access;

    bench_forget(guest->bench);
    say(guest, bus, event, status);
    assert_int_equal(guest->machine->osts->len, 1);
    assert_heard(guest, 0, bus, MIN(event, ACPI_OST_EVENT_MOST),
                 MIN(status, ACPI_OST_STATUS_MOST));
    assert_int_equal(guest->machine->accesses->len, 1);
    access = machine_access(guest->machine, 0);
    assert_int_equal(access->block, MACHINE_EXTENSION);
    assert_int_equal(access->offset, ACPI_SLOTS_OST);
    assert_int_equal(access->size, 4);
    assert_true(access->write);
    assert_false(access->refused);
}

static void test_each_bus(void **state)
{
    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        TestGuest guest = test_guest_start(&boards[i], BUSES, true);

        for (unsigned bus = 0; bus < BUSES; bus++) {
            check_one(&guest, bus, ACPI_OST_DEVICE_CHECK, ACPI_OST_SUCCESS);
            check_one(&guest, bus, ACPI_OST_EJECTION_REQUEST,
                      ACPI_OST_EJECT_BUSY);
        }
        test_guest_end(&guest);
    }
}

/* Any number is reported; those that don't fit, as the largest that does. */
static void test_any_number(void **state)
{
    static const uint32_t numbers[] = {
        0, 1, 2, 3, 0x7f, 0x80, 0x84, 0xff, 0x100, 0x103, 0x1fe, 0x1ff, 0x200,
        0x201, 0x3fe, 0x3ff, 0x400, 0x10003, 0x7fffffff, 0x80000000,
        UINT32_MAX,
    };

    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        TestGuest guest = test_guest_start(&boards[i], BUSES, true);

        for (size_t event = 0; event < COUNT_OF(numbers); event++) {
            for (size_t status = 0; status < COUNT_OF(numbers); status++) {
                check_one(&guest, BUSES - 1, numbers[event], numbers[status]);
            }
        }
        test_guest_end(&guest);
    }
}

/* Every slot of a bus that has 32. */
static void test_each_slot(void **state)
{
    TestGuest guest = test_guest_start(&boards[3], 1, true);

    for (unsigned slot = 0; slot < ACPI_SLOTS_PER_BUS; slot++) {
        g_autofree char *method = g_strdup_printf("\\_SB.PCI0.S%.02X._OST",
                                                  slot << 3);
        g_autoptr(BenchValue) value = bench_evaluate(
            guest.bench, method, bench_integer(1), bench_integer(0),
            bench_buffer("", 0), NULL);

        assert_string_equal(guest.bench->status, "AE_OK");
        assert_int_equal(guest.machine->osts->len, slot + 1);
        assert_int_equal(machine_ost(guest.machine, slot)->slot, slot);
        assert_int_equal(machine_ost(guest.machine, slot)->bus, 0);
    }
    test_guest_end(&guest);
}

/*
 * The third argument may be anything, or not be there: nothing of it is used.
 * The interpreter complains of it, no more.
 */
static void test_information(void **state)
{
    TestGuest guest = test_guest_start(&boards[0], BUSES, true);

    call(&guest, 1, bench_integer(3), bench_integer(0x83),
         bench_buffer("why", 4));
    call(&guest, 2, bench_integer(3), bench_integer(0x84), bench_integer(5));
    call(&guest, 3, bench_integer(1), bench_integer(0), bench_empty_package());
    call(&guest, 4, bench_integer(1), bench_integer(1), NULL);
    assert_int_equal(guest.machine->osts->len, 4);
    assert_heard(&guest, 0, 1, 3, 0x83);
    assert_heard(&guest, 1, 2, 3, 0x84);
    assert_heard(&guest, 2, 3, 1, 0);
    assert_heard(&guest, 3, 4, 1, 1);
    bench_forget(guest.bench);
    test_guest_end(&guest);
}

/*
 * Arguments that are no numbers end the method before it wrote anything, and
 * leave nothing locked behind.
 */
static void test_no_numbers(void **state)
{
    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        TestGuest guest = test_guest_start(&boards[i], BUSES, true);

        call(&guest, 1, bench_empty_package(), bench_integer(0), NULL);
        assert_string_not_equal(guest.bench->status, "AE_OK");
        call(&guest, 1, bench_integer(1), bench_empty_package(), NULL);
        assert_string_not_equal(guest.bench->status, "AE_OK");
        assert_int_equal(guest.machine->accesses->len, 0);
        bench_forget(guest.bench);

        check_one(&guest, 1, 1, 1);
        test_guest_eject(&guest, 1, test_guest_slot(&guest, 1));
        assert_int_equal(guest.machine->ejects->len, 1);
        test_guest_end(&guest);
    }
}

/* ---- orders ------------------------------------------------------------- */

static TestRequest request_on(const TestGuest *guest, unsigned bus,
                              uint32_t value)
{
    return (TestRequest) { bus, test_guest_slot(guest, bus), value };
}

static void tell(const TestGuest *guest, unsigned bus, uint32_t value)
{
    TestRequest request = request_on(guest, bus, value);

    test_guest_request(guest, &request);
    bench_run(guest->bench);
    assert_int_equal(test_guest_told(guest, &request), 1);
    bench_forget(guest->bench);
}

/* Plug, (1, 0); unplug, _EJ0 and then (3, 0), about the slot just ejected. */
static void test_orders_of_linux(void **state)
{
    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        TestGuest guest = test_guest_start(&boards[i], BUSES, true);

        for (unsigned bus = 0; bus < BUSES; bus++) {
            unsigned slot = test_guest_slot(&guest, bus);

            tell(&guest, bus, NOTIFY_PLUG);
            say(&guest, bus, 1, 0);
            assert_heard(&guest, 0, bus, 1, 0);
            tell(&guest, bus, NOTIFY_UNPLUG);
            test_guest_eject(&guest, bus, slot);
            say(&guest, bus, 3, 0);
            assert_int_equal(guest.machine->ejects->len, 1);
            assert_int_equal(machine_eject(guest.machine, 0)->bus, bus);
            assert_heard(&guest, 0, bus, 3, 0);
            bench_forget(guest.bench);
        }
        test_guest_end(&guest);
    }
}

/* Not ready: what is told again after it may go well. */
static void test_not_ready(void **state)
{
    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        TestGuest guest = test_guest_start(&boards[i], BUSES, true);

        tell(&guest, 2, NOTIFY_UNPLUG);
        say(&guest, 2, 3, 1);
        assert_heard(&guest, 0, 2, 3, 1);
        assert_int_equal(guest.machine->slots.bus[2].down,
                         1u << test_guest_slot(&guest, 2));
        bench_forget(guest.bench);
        tell(&guest, 2, NOTIFY_UNPLUG);
        test_guest_eject(&guest, 2, test_guest_slot(&guest, 2));
        say(&guest, 2, 3, 0);
        say(&guest, 2, 3, 0);
        assert_heard(&guest, 0, 2, 3, 0);
        assert_heard(&guest, 1, 2, 3, 0);
        test_guest_end(&guest);
    }
}

/* Reports of several slots, with ejects in between, don't get mixed up. */
static void test_several_slots(void **state)
{
    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        TestGuest guest = test_guest_start(&boards[i], BUSES, true);

        for (unsigned bus = 0; bus < BUSES; bus++) {
            tell(&guest, bus, NOTIFY_UNPLUG);
        }
        for (unsigned bus = 0; bus < BUSES; bus++) {
            unsigned other = BUSES - 1 - bus;

            say(&guest, bus, 3, ACPI_OST_EJECT_IN_PROGRESS);
            test_guest_eject(&guest, other, test_guest_slot(&guest, other));
            say(&guest, other, 3, 0);
            assert_heard(&guest, 2 * bus, bus, 3, 0x84);
            assert_heard(&guest, 2 * bus + 1, other, 3, 0);
        }
        test_guest_end(&guest);
    }
}

typedef struct Meddler {
    const TestGuest *guest;
    bool done;
} Meddler;

/* Between SEL and UP of the event's method, as another processor would. */
static void meddle(Machine *machine, const MachineAccess *access, void *opaque)
{
    Meddler *meddler = opaque;

    if (!meddler->done && access->block == MACHINE_SLOTS && access->write &&
        access->offset == ACPI_SLOTS_SEL) {
        meddler->done = true;
        machine_write(machine, machine->ports.extension + ACPI_SLOTS_OST, 4,
                      (BUSES - 1) | UINT32_C(3) << ACPI_OST_EVENT_SHIFT);
    }
}

/* The event's method has a bus selected meanwhile: a report does not care. */
static void test_report_during_the_event(void **state)
{
    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        TestGuest guest = test_guest_start(&boards[i], BUSES, true);
        TestRequest request = request_on(&guest, 3, NOTIFY_UNPLUG);
        Meddler meddler = { &guest, false };

        guest.machine->hook = meddle;
        guest.machine->hook_opaque = &meddler;
        test_guest_request(&guest, &request);
        bench_run(guest.bench);
        assert_true(meddler.done);
        assert_int_equal(guest.bench->notifications->len, 1);
        assert_int_equal(test_guest_told(&guest, &request), 1);
        assert_int_equal(machine_ost(guest.machine, 0)->bus, BUSES - 1);
        test_guest_end(&guest);
    }
}

/* ---- without ------------------------------------------------------------ */

static void test_slots_without(void **state)
{
    static const TestBoard without[] = {
        { .express = true }, { .express = false, .fast_scan = true },
        { .express = true, .expander = true, .described = true,
          .reports = true, .fast_scan = true },
    };

    for (size_t i = 0; i < COUNT_OF(without); i++) {
        TestGuest guest = test_guest_start(&without[i], BUSES, true);

        for (unsigned bus = 0; bus < BUSES; bus++) {
            g_autofree char *slot = test_slot_path(
                guest.root, bus, test_guest_slot(&guest, bus));
            g_autofree char *method = g_strdup_printf("%s._OST", slot);

            assert_false(bench_exists(guest.bench, method));
        }
        assert_false(bench_exists(guest.bench, "\\_SB.PCI0.PCOT"));
        assert_false(bench_exists(guest.bench, "\\_SB.PCI0.POST"));
        test_guest_end(&guest);
    }
}

/* A BSEL that the registers don't serve would be taken for another bus. */
static void test_buses_past_the_last(void **state)
{
    g_autoptr(PciBusDescription) root = test_root_bus(PCI_BUS_NO_BSEL);
    Bench *bench;

    test_add_bridge(root, 1 << 3, ACPI_SLOTS_BUSES - 1,
                    true)->reports_ost = true;
    test_add_bridge(root, 2 << 3, ACPI_SLOTS_BUSES, true)->reports_ost = true;
    bench = test_bench(&boards[0], root);
    assert_true(bench_exists(bench, "\\_SB.PCI0.S08.S00._OST"));
    assert_true(bench_exists(bench, "\\_SB.PCI0.S10.S00._EJ0"));
    assert_false(bench_exists(bench, "\\_SB.PCI0.S10.S00._OST"));
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_each_bus, bench_teardown),
        cmocka_unit_test_teardown(test_any_number, bench_teardown),
        cmocka_unit_test_teardown(test_each_slot, bench_teardown),
        cmocka_unit_test_teardown(test_information, bench_teardown),
        cmocka_unit_test_teardown(test_no_numbers, bench_teardown),
        cmocka_unit_test_teardown(test_orders_of_linux, bench_teardown),
        cmocka_unit_test_teardown(test_not_ready, bench_teardown),
        cmocka_unit_test_teardown(test_several_slots, bench_teardown),
        cmocka_unit_test_teardown(test_report_during_the_event,
                                  bench_teardown),
        cmocka_unit_test_teardown(test_slots_without, bench_teardown),
        cmocka_unit_test_teardown(test_buses_past_the_last, bench_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
