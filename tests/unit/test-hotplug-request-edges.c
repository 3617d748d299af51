/*
 * Test of hotplug requests: bounds, cues, snapshots and loaded nonsense
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/hotplug-request.h"

#define A  HOTPLUG_METHOD_ACPI
#define N  HOTPLUG_METHOD_NATIVE

static const HotplugRequestTiming timing = {
    .timeout = 60000, .again = 500, .again_most = 32000, .stale = 30000,
};

static const HotplugRequestTiming for_ever = {
    .again = 500, .again_most = 32000, .stale = 30000,
};

static HotplugRequest slot_of(HotplugMethod method, bool listening)
{
    HotplugRequest request;

    hotplug_request_init(&request, (HotplugRequestGuest) {
        .method = method, .listening = listening });
    return request;
}

static HotplugRequest unplug_at_0(HotplugMethod method)
{
    HotplugRequest request = slot_of(method, true);

    hotplug_request_unplug(&request, &timing, 1, 0);
    return request;
}

/* The guest ejects what is there, and the machine carries it out. */
static void eject(HotplugRequest *request, int64_t now)
{
    HotplugRequestEffect effect;

    assert_int_equal(hotplug_request_eject(request, &timing, now, &effect),
                     HOTPLUG_EJECT_DEVICE);
    hotplug_request_gone(request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST, now);
}

/* ---- a guest that was not ready ---------------------------------------- */

/*
 * It reads and is not ready, each time: so many signals at once, and the
 * others when the time has come, each time later.
 */
static void check_cues(HotplugRequestEffect (*cue)(
                           HotplugRequest *, const HotplugRequestTiming *,
                           int64_t))
{
    HotplugRequest request = unplug_at_0(A);
    int64_t due;

    for (unsigned signals = 2; signals <= 5; signals++) {
        hotplug_request_acknowledge(&request, signals);
        assert_true(cue(&request, &timing, signals).signal);
        assert_int_equal(request.signals, signals);
    }
    for (unsigned i = 0; i < 100; i++) {
        HotplugRequestEffect effect;

        hotplug_request_acknowledge(&request, 10);
        effect = cue(&request, &timing, 10);
        assert_true(effect.show && !effect.signal);
        assert_int_equal(request.state, HOTPLUG_REQUEST_SIGNALLED);
    }
    due = hotplug_request_due(&request, &timing);
    assert_int_equal(due, 5 + 16 * timing.again);
    assert_false(hotplug_request_time(&request, &timing, due - 1).signal);
    assert_true(hotplug_request_time(&request, &timing, due).signal);
    assert_int_equal(request.signals, 6);
}

static void test_cues_are_bounded(void **state)
{
    (void)state;
    check_cues(hotplug_request_not_ready);
    check_cues(hotplug_request_dropped);
}

/* What the guest dropped, it does not eject for. */
static void test_dropped_takes_a_read_back(void **state)
{
    HotplugRequest request = unplug_at_0(A);

    (void)state;
    hotplug_request_acknowledge(&request, 10);
    hotplug_request_dropped(&request, &timing, 20);
    assert_int_equal(request.reads, 0);
    hotplug_request_acknowledge(&request, 30);
    eject(&request, 40);
    assert_int_equal(request.stale_reads, 0);
    eject(&request, 50);
}

/* Whoever is only not ready may still eject. */
static void test_not_ready_keeps_the_read(void **state)
{
    HotplugRequest request = unplug_at_0(A);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_acknowledge(&request, 10);
    hotplug_request_not_ready(&request, &timing, 20);
    hotplug_request_acknowledge(&request, 30);
    eject(&request, 40);
    assert_int_equal(hotplug_request_eject(&request, &timing, 50, &effect),
                     HOTPLUG_EJECT_STALE);
}

/* Nothing read, nothing to drop: neither before it, nor a plug. */
static void test_dropped_nothing(void **state)
{
    HotplugRequest request = unplug_at_0(A);

    (void)state;
    assert_false(hotplug_request_dropped(&request, &timing, 10).signal);
    request = slot_of(A, true);
    assert_false(hotplug_request_dropped(&request, &timing, 10).signal);
    hotplug_request_plug(&request, &timing, 0, HOTPLUG_VISIBLE, 20);
    hotplug_request_acknowledge(&request, 30);
    assert_true(hotplug_request_dropped(&request, &timing, 40).signal);
    assert_int_equal(request.reads, 0);
}

/* ---- snapshots --------------------------------------------------------- */

static void test_ask_anew(void **state)
{
    const HotplugRequestGuest deaf = { .method = A };
    HotplugRequest request = unplug_at_0(A);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_acknowledge(&request, 40000);
    hotplug_request_time(&request, &timing, 40000);
    effect = hotplug_request_ask_anew(&request, &timing, deaf, 50000);
    assert_true(effect.show && !effect.signal && !effect.endings);
    assert_true(effect.withdraw);
    assert_int_equal(hotplug_request_waits_for(&request),
                     HOTPLUG_WAIT_LISTENING);
    assert_int_equal(request.reads, 0);
    effect = hotplug_request_listen(&request, &timing, true, 60000);
    assert_true(effect.signal);
    assert_int_equal(hotplug_request_due(&request, &timing), 60500);
}

/* Ejects of the guest that was there before are none of this one's. */
static void test_ask_anew_forgets_what_was_read(void **state)
{
    const HotplugRequestGuest guest = { .method = A, .listening = true };
    HotplugRequest request = unplug_at_0(A);

    (void)state;
    hotplug_request_acknowledge(&request, 10);
    hotplug_request_acknowledge(&request, 20);
    eject(&request, 30);
    assert_int_equal(request.stale_reads, 1);
    hotplug_request_ask_anew(&request, &timing, guest, 40);
    eject(&request, 50);

    request = unplug_at_0(A);
    hotplug_request_time(&request, &timing, 60000);
    assert_true(request.late);
    hotplug_request_ask_anew(&request, &timing, guest, 60001);
    assert_false(request.late);
}

/* The snapshot's clock may be behind: what is asked is not in the future. */
static void test_ask_anew_in_the_past(void **state)
{
    const HotplugRequestGuest guest = { .method = A, .listening = true };
    HotplugRequest request = slot_of(A, true);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_unplug(&request, &timing, 1, 90000);
    hotplug_request_ask_anew(&request, &timing, guest, 1000);
    assert_int_equal(request.asked, 1000);
    assert_int_equal(hotplug_request_due(&request, &timing), 1500);
    effect = hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST,
                                  3000);
    assert_int_equal(effect.ending[0].total, 2000);
}

static void test_ask_anew_of_a_part(void **state)
{
    const HotplugRequestGuest guest = { .method = A, .listening = true };
    HotplugRequest request = slot_of(A, true);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_plug(&request, &timing, 1, HOTPLUG_HIDDEN, 0);
    effect = hotplug_request_ask_anew(&request, &timing, guest, 10);
    assert_false(effect.show || effect.signal);
    assert_int_equal(hotplug_request_waits_for(&request),
                     HOTPLUG_WAIT_FUNCTION_0);
}

/* ---- what is worth keeping --------------------------------------------- */

static void test_of_interest(void **state)
{
    HotplugRequest request = slot_of(A, true);

    (void)state;
    assert_false(hotplug_request_is_of_interest(&request));
    hotplug_request_unplug(&request, &timing, 1, 0);
    assert_true(hotplug_request_is_of_interest(&request));
    hotplug_request_acknowledge(&request, 10);
    hotplug_request_acknowledge(&request, 20);
    eject(&request, 30);
    assert_true(hotplug_request_is_of_interest(&request));    /* a stale one */
    hotplug_request_time(&request, &timing, 30030);
    assert_false(hotplug_request_is_of_interest(&request));

    request = unplug_at_0(N);
    hotplug_request_decline(&request, 10);
    assert_true(hotplug_request_is_of_interest(&request));    /* late */
    hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST, 20);
    assert_false(hotplug_request_is_of_interest(&request));

    request = unplug_at_0(A);
    hotplug_request_acknowledge(&request, 10);
    hotplug_request_decline(&request, 20);
    hotplug_request_plug(&request, &timing, 0, HOTPLUG_VISIBLE, 30);
    hotplug_request_configure(&request, 0, 40);
    request.late = false;
    assert_true(hotplug_request_is_of_interest(&request));    /* a read */
}

/* ---- functions --------------------------------------------------------- */

static void test_unplug_ends_with_the_last_function(void **state)
{
    HotplugRequest request = slot_of(N, true);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_unplug(&request, &timing, 7, 0);
    effect = hotplug_request_gone(&request, &timing, 2, 5, HOTPLUG_LEAVE_GUEST,
                                  10);
    assert_int_equal(effect.endings, 0);
    effect = hotplug_request_gone(&request, &timing, 1, 4,
                                  HOTPLUG_LEAVE_FAILOVER, 20);
    assert_int_equal(effect.endings, 0);
    effect = hotplug_request_gone(&request, &timing, 4, 0, HOTPLUG_LEAVE_GUEST,
                                  30);
    assert_int_equal(effect.endings, 1);
    assert_int_equal(effect.ending[0].functions, 7);
    assert_int_equal(effect.ending[0].completed, 7);
}

static void test_unplug_that_times_out_halfway(void **state)
{
    HotplugRequest request = slot_of(N, true);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_unplug(&request, &timing, 3, 0);
    hotplug_request_gone(&request, &timing, 2, 1, HOTPLUG_LEAVE_GUEST, 10);
    effect = hotplug_request_time(&request, &timing, 60000);
    assert_int_equal(effect.ending[0].outcome, HOTPLUG_TIMED_OUT);
    assert_int_equal(effect.ending[0].functions, 3);
    assert_int_equal(effect.ending[0].completed, 2);
}

/* A plug that nobody can see waits, whatever the guest does to the slot. */
static void test_a_part_is_not_acknowledged(void **state)
{
    HotplugRequest request = slot_of(N, true);

    (void)state;
    hotplug_request_plug(&request, &timing, 1, HOTPLUG_HIDDEN, 0);
    hotplug_request_acknowledge(&request, 10);
    assert_int_equal(hotplug_request_waits_for(&request),
                     HOTPLUG_WAIT_FUNCTION_0);
    assert_true(hotplug_request_plug(&request, &timing, 0, HOTPLUG_VISIBLE,
                                     20).signal);
}

/*
 * The guest found the device by itself.  What the registers still show of the
 * plug would be read as something else later.
 */
static void test_configured_is_withdrawn(void **state)
{
    static const HotplugMethod methods[] = { A, N };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        HotplugRequest request = slot_of(methods[i], false);
        HotplugRequestEffect effect;

        hotplug_request_plug(&request, &timing, 0, HOTPLUG_VISIBLE, 0);
        hotplug_request_plug(&request, &timing, 1, HOTPLUG_VISIBLE, 0);
        effect = hotplug_request_configure(&request, 0, 10);
        assert_false(effect.withdraw || effect.endings);
        effect = hotplug_request_configure(&request, 1, 20);
        assert_true(effect.withdraw);
        assert_int_equal(effect.endings, 1);
    }
}

/* ---- bounds ------------------------------------------------------------ */

static void test_counters_stop_at_their_end(void **state)
{
    HotplugRequest request = unplug_at_0(A);

    (void)state;
    for (unsigned i = 0; i < 2 * UINT8_MAX; i++) {
        hotplug_request_acknowledge(&request, 10);
    }
    assert_int_equal(request.reads, UINT8_MAX);
    hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST, 20);
    hotplug_request_unplug(&request, &timing, 1, 30);
    hotplug_request_acknowledge(&request, 40);
    hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST, 50);
    assert_int_equal(request.stale_reads, UINT8_MAX);

    request = unplug_at_0(A);
    request.signals = UINT32_MAX;
    assert_true(hotplug_request_time(&request, &timing, 500).signal);
    assert_int_equal(request.signals, UINT32_MAX);
}

/* The end of time is never, and not the past. */
static void test_the_end_of_time(void **state)
{
    HotplugRequest request = slot_of(A, true);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_unplug(&request, &for_ever, 1, INT64_MAX - 100);
    assert_int_equal(hotplug_request_due(&request, &for_ever), HOTPLUG_NEVER);
    effect = hotplug_request_gone(&request, &for_ever, 1, 0,
                                  HOTPLUG_LEAVE_GUEST, INT64_MAX - 1);
    assert_int_equal(effect.ending[0].total, 99);
    assert_int_equal(request.stale_until, INT64_MAX);

    request = unplug_at_0(A);
    request.listened = INT64_MAX;
    assert_int_equal(hotplug_request_time(&request, &timing, 10).endings, 1);
}

/* A polling guest read it before it was signalled: that is when it heard. */
static void test_polled_twice(void **state)
{
    HotplugRequest request = slot_of(A, false);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_unplug(&request, &timing, 1, 0);
    hotplug_request_acknowledge(&request, 10);
    hotplug_request_restart(&request, HOTPLUG_RESTART_WAKE_UP, 20);
    hotplug_request_acknowledge(&request, 30);
    effect = hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST,
                                  40);
    assert_int_equal(effect.ending[0].queued, 10);
    assert_int_equal(effect.ending[0].signalled, 30);
    assert_int_equal(effect.ending[0].signals, 0);
}

/* It may have dropped what it polled: from when it listens, it is signalled. */
static void test_polled_before_it_listened(void **state)
{
    static const HotplugMethod methods[] = { A, N };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        HotplugRequest request = slot_of(methods[i], false);

        hotplug_request_unplug(&request, &for_ever, 1, 0);
        hotplug_request_acknowledge(&request, 10);
        assert_int_equal(hotplug_request_due(&request, &for_ever),
                         HOTPLUG_NEVER);
        assert_false(hotplug_request_listen(&request, &for_ever, true,
                                            20).signal);
        assert_int_equal(hotplug_request_due(&request, &for_ever),
                         methods[i] == A ? 520 : HOTPLUG_NEVER);
        assert_int_equal(hotplug_request_time(&request, &for_ever, 520).signal,
                         methods[i] == A);
    }
}

/* Suspended twice, and never heard of in between. */
static void test_woken_twice(void **state)
{
    HotplugRequest request = unplug_at_0(N);

    (void)state;
    hotplug_request_restart(&request, HOTPLUG_RESTART_WAKE_UP, 10);
    hotplug_request_restart(&request, HOTPLUG_RESTART_WAKE_UP, 20);
    assert_true(request.woken);
    hotplug_request_restart(&request, HOTPLUG_RESTART_COLD, 30);
    assert_false(request.woken);
}

/* What moves while nothing is open changes who will be told, no more. */
static void test_move_of_an_idle_slot(void **state)
{
    const HotplugRequestGuest native = { .method = N, .busy = true };
    HotplugRequest request = slot_of(A, true);
    HotplugRequestEffect effect;

    (void)state;
    effect = hotplug_request_move(&request, &timing, native, 10);
    assert_false(effect.withdraw || effect.show || effect.signal);
    assert_int_equal(request.method, N);
    assert_true(request.busy);
}

/* ---- streams ----------------------------------------------------------- */

#define REFUSED(field, value) do { \
    HotplugRequest loaded_ = unplug_at_0(A); \
    assert_true(hotplug_request_is_valid(&loaded_)); \
    loaded_.field = (value); \
    assert_false(hotplug_request_is_valid(&loaded_)); \
} while (0)

static void test_loaded_nonsense(void **state)
{
    (void)state;
    REFUSED(kind, HOTPLUG_REQUEST_NONE);
    REFUSED(kind, HOTPLUG_REQUEST_KINDS);
    REFUSED(kind, UINT8_MAX);
    REFUSED(state, HOTPLUG_REQUEST_IDLE);
    REFUSED(state, UINT8_MAX);
    REFUSED(method, HOTPLUG_METHOD_NONE);
    REFUSED(functions, 0);
    REFUSED(done, 2);
    REFUSED(hidden, true);
    REFUSED(asked, -1);
    REFUSED(signalled, -1);
    REFUSED(signalled, INT64_MIN);
    REFUSED(listened, INT64_MIN);
    REFUSED(since, -1);
    REFUSED(again, INT64_MIN);
    REFUSED(interval, -1);
    REFUSED(stale_until, INT64_MIN);
}

static void test_loaded_part(void **state)
{
    HotplugRequest request = slot_of(A, true);

    (void)state;
    hotplug_request_plug(&request, &timing, 1, HOTPLUG_HIDDEN, 0);
    assert_true(hotplug_request_is_valid(&request));
    request.state = HOTPLUG_REQUEST_ACKNOWLEDGED;
    assert_false(hotplug_request_is_valid(&request));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cues_are_bounded),
        cmocka_unit_test(test_dropped_takes_a_read_back),
        cmocka_unit_test(test_not_ready_keeps_the_read),
        cmocka_unit_test(test_dropped_nothing),
        cmocka_unit_test(test_ask_anew),
        cmocka_unit_test(test_ask_anew_forgets_what_was_read),
        cmocka_unit_test(test_ask_anew_in_the_past),
        cmocka_unit_test(test_ask_anew_of_a_part),
        cmocka_unit_test(test_of_interest),
        cmocka_unit_test(test_unplug_ends_with_the_last_function),
        cmocka_unit_test(test_unplug_that_times_out_halfway),
        cmocka_unit_test(test_a_part_is_not_acknowledged),
        cmocka_unit_test(test_configured_is_withdrawn),
        cmocka_unit_test(test_counters_stop_at_their_end),
        cmocka_unit_test(test_the_end_of_time),
        cmocka_unit_test(test_polled_twice),
        cmocka_unit_test(test_polled_before_it_listened),
        cmocka_unit_test(test_woken_twice),
        cmocka_unit_test(test_move_of_an_idle_slot),
        cmocka_unit_test(test_loaded_nonsense),
        cmocka_unit_test(test_loaded_part),
    };

    return cmocka_run_group_tests_name("requests, edges", tests, NULL, NULL);
}
