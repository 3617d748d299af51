/*
 * Test of hotplug events for guests that do not listen, and of ejects
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/boards.h"
#include "acpica/hotplug-guest.h"

#define BUSES  5

/* Unplugs on even buses, plugs on odd ones. */
static TestRequest request_on(const TestGuest *guest, unsigned bus)
{
    return (TestRequest) {
        bus, test_guest_slot(guest, bus), bus % 2 ? NOTIFY_PLUG : NOTIFY_UNPLUG,
    };
}

static void request_on_each_bus(const TestGuest *guest)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        TestRequest request = request_on(guest, bus);

        test_guest_request(guest, &request);
    }
}

static void assert_told_of_each_bus(const TestGuest *guest)
{
    assert_int_equal(guest->bench->notifications->len, BUSES);
    for (unsigned bus = 0; bus < BUSES; bus++) {
        TestRequest request = request_on(guest, bus);

        assert_int_equal(test_guest_told(guest, &request), 1);
    }
}

/* ---- guests that do not listen ------------------------------------------ */

static void write_status(const TestGuest *guest, uint8_t value)
{
    machine_write(guest->machine, guest->machine->ports.gpe, 1, value);
}

static void write_enable(const TestGuest *guest, uint8_t value)
{
    const MachinePorts *ports = &guest->machine->ports;

    machine_write(guest->machine, ports->gpe + ports->gpe_bytes, 1, value);
}

/* The status bit keeps the event until the guest listens again. */
static void test_event_waits_while_masked(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, true);
    uint8_t enabled = guest.machine->gpe_enable[0];

    write_enable(&guest, 0);
    for (unsigned i = 0; i < 100; i++) {
        request_on_each_bus(&guest);
        bench_run(guest.bench);
    }
    assert_int_equal(guest.bench->notifications->len, 0);
    write_enable(&guest, enabled);
    bench_run(guest.bench);
    assert_told_of_each_bus(&guest);
    test_guest_end(&guest);
}

static void test_events_enabled_with_one_pending(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, false);

    request_on_each_bus(&guest);
    bench_run(guest.bench);
    assert_int_equal(guest.bench->notifications->len, 0);
    bench_enable_events(guest.bench);
    bench_run(guest.bench);
    assert_told_of_each_bus(&guest);
    test_guest_end(&guest);
}

/*
 * GUEST-FACTS: Linux wipes the status bits while it boots.  The event is gone;
 * what the registers hold comes with the next one.
 */
static void test_wiped_event_comes_with_the_next(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, false);

    request_on_each_bus(&guest);
    write_status(&guest, 0xff);
    bench_enable_events(guest.bench);
    bench_run(guest.bench);
    assert_int_equal(guest.bench->notifications->len, 0);
    machine_raise(guest.machine);
    bench_run(guest.bench);
    assert_told_of_each_bus(&guest);
    test_guest_end(&guest);
}

/* ---- ejects ------------------------------------------------------------- */

/* A request that no eject has answered comes up at every event. */
static void test_unanswered_request_is_notified_again(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, true);
    TestRequest open = request_on(&guest, 4);
    TestRequest other = request_on(&guest, 1);

    test_guest_request(&guest, &open);
    bench_run(guest.bench);
    for (unsigned i = 2; i < 10; i++) {
        test_guest_request(&guest, &other);
        bench_run(guest.bench);
        assert_int_equal(test_guest_told(&guest, &open), i);
    }
    test_guest_eject(&guest, open.bus, open.slot);
    bench_forget(guest.bench);
    test_guest_request(&guest, &other);
    bench_run(guest.bench);
    assert_int_equal(test_guest_told(&guest, &open), 0);
    assert_int_equal(test_guest_told(&guest, &other), 1);
    test_guest_end(&guest);
}

/* Each _EJ0 reaches the host, asked for or not. */
static void test_ejects_nobody_asked_for(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, true);
    unsigned slot = test_guest_slot(&guest, 1);

    for (unsigned i = 0; i < 10; i++) {
        test_guest_eject(&guest, 1, slot);
        assert_int_equal(machine_eject(guest.machine, i)->bus, 1);
        assert_int_equal(machine_eject(guest.machine, i)->slot, slot);
    }
    assert_int_equal(guest.machine->ejects->len, 10);
    bench_run(guest.bench);
    assert_int_equal(guest.bench->notifications->len, 0);
    test_guest_end(&guest);
}

/* An eject between the event and the guest's look at it: nothing to notify. */
static void test_eject_overtakes_the_event(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, true);
    TestRequest request = request_on(&guest, 2);

    test_guest_request(&guest, &request);
    test_guest_eject(&guest, request.bus, request.slot);
    bench_forget(guest.bench);
    bench_run(guest.bench);
    assert_int_equal(guest.bench->notifications->len, 0);
    assert_int_equal(test_guest_accesses(&guest),
                     test_guest_event_cost(&guest, 0));
    test_guest_end(&guest);
}

/* A bus that the tables do not describe does not hold up the others. */
static void test_request_on_an_unknown_bus(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, true);
    TestRequest known = request_on(&guest, 3);

    machine_plug(guest.machine, BUSES, 0);
    machine_request_unplug(guest.machine, ACPI_SLOTS_BUSES - 1, 0);
    test_guest_request(&guest, &known);
    bench_run(guest.bench);
    assert_int_equal(guest.bench->notifications->len, 1);
    assert_int_equal(test_guest_told(&guest, &known), 1);
    test_guest_end(&guest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_waits_while_masked),
        cmocka_unit_test(test_events_enabled_with_one_pending),
        cmocka_unit_test(test_wiped_event_comes_with_the_next),
        cmocka_unit_test(test_unanswered_request_is_notified_again),
        cmocka_unit_test(test_ejects_nobody_asked_for),
        cmocka_unit_test(test_eject_overtakes_the_event),
        cmocka_unit_test(test_request_on_an_unknown_bus),
    };

    return test_on_all_boards(tests, COUNT_OF(tests));
}
