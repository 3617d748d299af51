/*
 * Test of hotplug requests that come while the guest handles another
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever the moment, in the end each request has been notified, the guest is
 * at rest, and nothing was notified that nobody asked for.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/boards.h"
#include "acpica/hotplug-guest.h"

#define BUSES      5
#define FIRST_BUS  2             /* of the request that starts an event */

static TestRequest request_on(const TestGuest *guest, unsigned bus,
                              uint32_t value)
{
    return (TestRequest) { bus, test_guest_slot(guest, bus), value };
}

/* Ejects what was asked back, so that the next event starts from nothing. */
static void clean_up(const TestGuest *guest)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        const AcpiSlotsBus *slots = &guest->machine->slots.bus[bus];

        assert_int_equal(slots->up, 0);
        if (slots->down) {
            test_guest_eject(guest, bus, test_guest_slot(guest, bus));
        }
        assert_int_equal(slots->down, 0);
    }
    bench_run(guest->bench);
    bench_forget(guest->bench);
}

/* ---- one request in the middle of an event ------------------------------ */

/* Makes @request at the access with number @at. */
typedef struct Injection {
    const TestGuest *guest;
    const TestRequest *request;
    unsigned at;
    unsigned seen;
} Injection;

static void inject(Machine *machine, const MachineAccess *access, void *opaque)
{
    Injection *injection = opaque;

    if (injection->seen++ == injection->at) {
        test_guest_request(injection->guest, injection->request);
    }
}

/* Returns false if the event had no more than @at accesses. */
static bool check_injection(const TestGuest *guest, const TestRequest *first,
                            const TestRequest *second, unsigned at)
{
    Injection injection = { guest, second, at, 0 };
    bool same = first->bus == second->bus && first->value == second->value;

    guest->machine->hook = inject;
    guest->machine->hook_opaque = &injection;
    test_guest_request(guest, first);
    bench_run(guest->bench);
    guest->machine->hook = NULL;
    if (injection.seen > at) {
        assert_in_range(test_guest_told(guest, first), 1, 2);
        assert_in_range(test_guest_told(guest, second), 1, 2);
        assert_int_equal(guest->bench->notifications->len,
                         test_guest_told(guest, first) +
                         (same ? 0 : test_guest_told(guest, second)));
    }
    clean_up(guest);
    return injection.seen > at;
}

static void check_all_moments(const TestGuest *guest, const TestRequest *first,
                              const TestRequest *second)
{
    unsigned at = 0;

    while (check_injection(guest, first, second, at)) {
        at++;
    }
    assert_in_range(at, 5, 1000);
}

static void test_request_during_an_event(void **state)
{
    static const uint32_t values[] = { NOTIFY_PLUG, NOTIFY_UNPLUG };
    TestGuest guest = test_guest_start(*state, BUSES, true);

    for (size_t f = 0; f < COUNT_OF(values); f++) {
        TestRequest first = request_on(&guest, FIRST_BUS, values[f]);

        for (size_t s = 0; s < COUNT_OF(values); s++) {
            for (unsigned bus = 0; bus < BUSES; bus++) {
                TestRequest second = request_on(&guest, bus, values[s]);

                check_all_moments(&guest, &first, &second);
            }
        }
    }
    test_guest_end(&guest);
}

/* Between the interrupt and the GPE's method. */
static void test_request_after_the_interrupt(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, true);
    TestRequest first = request_on(&guest, 1, NOTIFY_PLUG);
    TestRequest second = request_on(&guest, 0, NOTIFY_UNPLUG);

    test_guest_request(&guest, &first);
    assert_true(bench_step(guest.bench));
    test_guest_request(&guest, &second);
    bench_run(guest.bench);
    assert_in_range(test_guest_told(&guest, &first), 1, 2);
    assert_in_range(test_guest_told(&guest, &second), 1, 2);
    test_guest_end(&guest);
}

/* ---- storms ------------------------------------------------------------- */

/* Plugs on one bus after the other as long as there are plugs left. */
typedef struct Storm {
    const TestGuest *guest;
    unsigned left;
    unsigned made[BUSES];
} Storm;

static void plug_one(Machine *machine, const MachineAccess *access,
                     void *opaque)
{
    Storm *storm = opaque;
    unsigned bus = storm->left % BUSES;

    if (storm->left && access->block == MACHINE_SLOTS && !access->write) {
        storm->left--;
        storm->made[bus]++;
        machine_plug(machine, bus, test_guest_slot(storm->guest, bus));
    }
}

static void test_plug_at_each_register_read(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, true);
    Storm storm = { .guest = &guest, .left = 500 };

    guest.machine->hook = plug_one;
    guest.machine->hook_opaque = &storm;
    machine_plug(guest.machine, 0, test_guest_slot(&guest, 0));
    bench_run(guest.bench);
    assert_int_equal(storm.left, 0);
    for (unsigned bus = 0; bus < BUSES; bus++) {
        TestRequest request = request_on(&guest, bus, NOTIFY_PLUG);

        assert_in_range(test_guest_told(&guest, &request), 1,
                        storm.made[bus] + 1);
    }
    clean_up(&guest);
    test_guest_end(&guest);
}

/* An event that nobody made a request for costs one look. */
static void test_events_without_requests(void **state)
{
    const unsigned events = 1000;
    TestGuest guest = test_guest_start(*state, BUSES, true);

    for (unsigned i = 0; i < events; i++) {
        machine_raise(guest.machine);
        bench_run(guest.bench);
    }
    assert_int_equal(guest.bench->notifications->len, 0);
    assert_int_equal(test_guest_accesses(&guest),
                     events * test_guest_event_cost(&guest, 0));
    test_guest_end(&guest);
}

/* Many requests before the guest looks are one event. */
static void test_requests_merge(void **state)
{
    TestGuest guest = test_guest_start(*state, BUSES, true);
    TestRequest request = request_on(&guest, 3, NOTIFY_PLUG);

    for (unsigned i = 0; i < 1000; i++) {
        test_guest_request(&guest, &request);
    }
    bench_run(guest.bench);
    assert_int_equal(guest.bench->notifications->len, 1);
    assert_int_equal(test_guest_told(&guest, &request), 1);
    assert_int_equal(test_guest_accesses(&guest),
                     test_guest_event_cost(&guest, 1));
    test_guest_end(&guest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_during_an_event),
        cmocka_unit_test(test_request_after_the_interrupt),
        cmocka_unit_test(test_plug_at_each_register_read),
        cmocka_unit_test(test_events_without_requests),
        cmocka_unit_test(test_requests_merge),
    };

    return test_on_all_boards(tests, COUNT_OF(tests));
}
