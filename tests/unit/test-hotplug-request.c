/*
 * Test of hotplug requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stories of several events; one event in every state is in
 * test-hotplug-request-table.c.
 */

#include "test-cmocka.h"
#include "model/hotplug-request.h"

static const HotplugRequestTiming timing = {
    .timeout = 60000, .again = 500, .again_most = 32000, .stale = 30000,
};

/* ---- making requests --------------------------------------------------- */

static HotplugRequest deaf(HotplugMethod method)
{
    HotplugRequest request;

    hotplug_request_init(&request, (HotplugRequestGuest) { .method = method });
    return request;
}

static HotplugRequest listening(HotplugMethod method)
{
    HotplugRequest request;

    hotplug_request_init(&request, (HotplugRequestGuest) {
        .method = method, .listening = true });
    return request;
}

static HotplugRequestEffect ask(HotplugRequest *request,
                                HotplugRequestKind kind, int64_t now)
{
    return kind == HOTPLUG_REQUEST_PLUG ?
        hotplug_request_plug(request, &timing, 0, HOTPLUG_VISIBLE, now) :
        hotplug_request_unplug(request, &timing, 1, now);
}

#define A  HOTPLUG_METHOD_ACPI
#define N  HOTPLUG_METHOD_NATIVE
#define P  HOTPLUG_REQUEST_PLUG
#define U  HOTPLUG_REQUEST_UNPLUG
#define R  HOTPLUG_REQUEST_REMOVAL

/* ---- stories ----------------------------------------------------------- */

static void test_waits(void **state)
{
    HotplugRequest request = deaf(A);

    (void)state;
    assert_int_equal(hotplug_request_waits_for(&request), HOTPLUG_WAIT_NOTHING);
    hotplug_request_plug(&request, &timing, 1, HOTPLUG_HIDDEN, 0);
    assert_int_equal(hotplug_request_waits_for(&request),
                     HOTPLUG_WAIT_FUNCTION_0);
    hotplug_request_plug(&request, &timing, 0, HOTPLUG_VISIBLE, 0);
    assert_int_equal(hotplug_request_waits_for(&request),
                     HOTPLUG_WAIT_LISTENING);
    hotplug_request_listen(&request, &timing, true, 0);
    assert_int_equal(hotplug_request_waits_for(&request),
                     HOTPLUG_WAIT_REACTION);
    hotplug_request_acknowledge(&request, 0);
    assert_int_equal(hotplug_request_waits_for(&request),
                     HOTPLUG_WAIT_CONFIGURATION);
    hotplug_request_indicate(&request, &timing, true, 0);
    hotplug_request_unplug(&request, &timing, 3, 0);
    assert_int_equal(hotplug_request_waits_for(&request),
                     HOTPLUG_WAIT_INDICATOR);
    hotplug_request_indicate(&request, &timing, false, 0);
    hotplug_request_acknowledge(&request, 0);
    assert_int_equal(hotplug_request_waits_for(&request),
                     HOTPLUG_WAIT_COMPLETION);
}

/* Linux enables the event before it knows its slots: what it reads is lost. */
static void test_signals_grow_apart(void **state)
{
    static const int64_t at[] = { 500, 1500, 3500, 7500, 15500, 31500 };
    HotplugRequest request = listening(A);

    (void)state;
    ask(&request, U, 0);
    for (size_t i = 0; i < COUNT_OF(at); i++) {
        assert_int_equal(hotplug_request_due(&request, &timing), at[i]);
        assert_false(hotplug_request_time(&request, &timing, at[i] - 1).signal);
        assert_true(hotplug_request_time(&request, &timing, at[i]).signal);
    }
    assert_int_equal(hotplug_request_due(&request, &timing), 60000);
    assert_int_equal(hotplug_request_time(&request, &timing, 60000).endings, 1);
    assert_int_equal(hotplug_request_due(&request, &timing), HOTPLUG_NEVER);
}

/* Without a limit the signals stay bounded in any span of time. */
static void test_no_limit(void **state)
{
    const HotplugRequestTiming for_ever = {
        .again = 500, .again_most = 32000, .stale = 30000 };
    HotplugRequest request = listening(A);
    int64_t last = 0;

    (void)state;
    hotplug_request_unplug(&request, &for_ever, 1, 0);
    for (int i = 0; i < 100; i++) {
        int64_t due = hotplug_request_due(&request, &for_ever);

        assert_true(due > last && due - last <= 32000);
        assert_true(hotplug_request_time(&request, &for_ever, due).signal);
        last = due;
    }
    assert_true(last > 90 * 32000);
}

static void test_time_counts_while_the_guest_listens(void **state)
{
    HotplugRequest request = deaf(N);

    (void)state;
    ask(&request, U, 0);
    assert_int_equal(hotplug_request_due(&request, &timing), HOTPLUG_NEVER);
    assert_int_equal(hotplug_request_time(&request, &timing, 999999).endings,
                     0);
    hotplug_request_listen(&request, &timing, true, 1000000);
    hotplug_request_listen(&request, &timing, false, 1050000);
    assert_int_equal(hotplug_request_due(&request, &timing), HOTPLUG_NEVER);
    hotplug_request_listen(&request, &timing, true, 2000000);
    assert_int_equal(hotplug_request_due(&request, &timing), 2010000);
    assert_int_equal(hotplug_request_time(&request, &timing, 2009999).endings,
                     0);
    assert_int_equal(hotplug_request_time(&request, &timing, 2010000).endings,
                     1);
}

static void test_deaf_after_wake_up(void **state)
{
    HotplugRequest request = listening(A);
    HotplugRequestEffect effect;

    (void)state;
    ask(&request, U, 0);
    effect = hotplug_request_restart(&request, HOTPLUG_RESTART_WAKE_UP, 10000);
    assert_int_equal(effect.endings, 0);
    assert_int_equal(hotplug_request_due(&request, &timing), 60000);
    effect = hotplug_request_time(&request, &timing, 60000);
    assert_int_equal(effect.endings, 1);
    assert_int_equal(effect.ending[0].outcome, HOTPLUG_TIMED_OUT);
    assert_int_equal(effect.ending[0].reason, HOTPLUG_NO_WAKE_UP);
}

/* Until it listens, a guest that woke up can't know of a device that came. */
static void test_overslept(void **state)
{
    HotplugRequest request = listening(A);

    (void)state;
    ask(&request, P, 0);
    assert_false(hotplug_request_is_overslept(&request));
    hotplug_request_listen(&request, &timing, false, 5);
    hotplug_request_restart(&request, HOTPLUG_RESTART_WAKE_UP, 10);
    assert_true(hotplug_request_is_overslept(&request));
    hotplug_request_listen(&request, &timing, true, 20);
    assert_false(hotplug_request_is_overslept(&request));

    request = listening(A);
    hotplug_request_restart(&request, HOTPLUG_RESTART_WAKE_UP, 10);
    ask(&request, P, 20);
    assert_false(hotplug_request_is_overslept(&request));

    request = listening(A);
    ask(&request, U, 0);
    hotplug_request_restart(&request, HOTPLUG_RESTART_WAKE_UP, 10);
    assert_false(hotplug_request_is_overslept(&request));

    request = listening(A);
    ask(&request, P, 0);
    hotplug_request_restart(&request, HOTPLUG_RESTART_COLD, 10);
    assert_false(hotplug_request_is_overslept(&request));
}

/* A guest that read twice ejects twice; the second is for a device gone. */
static void test_stale_eject(void **state)
{
    HotplugRequest request = listening(A);
    HotplugRequestEffect effect;

    (void)state;
    ask(&request, U, 0);
    hotplug_request_acknowledge(&request, 10);
    hotplug_request_time(&request, &timing, 500);
    hotplug_request_acknowledge(&request, 510);
    assert_int_equal(hotplug_request_eject(&request, &timing, 600, &effect),
                     HOTPLUG_EJECT_DEVICE);
    hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST, 600);
    ask(&request, P, 700);
    assert_int_equal(hotplug_request_eject(&request, &timing, 800, &effect),
                     HOTPLUG_EJECT_STALE);
    assert_int_equal(hotplug_request_eject(&request, &timing, 900, &effect),
                     HOTPLUG_EJECT_DEVICE);
}

static void test_stale_ejects_are_not_expected_for_ever(void **state)
{
    HotplugRequest request = listening(A);
    HotplugRequestEffect effect;

    (void)state;
    ask(&request, U, 0);
    hotplug_request_acknowledge(&request, 10);
    hotplug_request_acknowledge(&request, 20);
    hotplug_request_eject(&request, &timing, 30, &effect);
    hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST, 30);
    assert_int_equal(hotplug_request_eject(&request, &timing, 30030, &effect),
                     HOTPLUG_EJECT_DEVICE);
}

/* An ignored eject may have been the answer: the guest is asked again. */
static void test_stale_eject_of_a_new_request(void **state)
{
    HotplugRequest request = listening(A);
    HotplugRequestEffect effect;

    (void)state;
    ask(&request, U, 0);
    hotplug_request_acknowledge(&request, 10);
    hotplug_request_acknowledge(&request, 20);
    hotplug_request_eject(&request, &timing, 30, &effect);
    hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST, 30);
    ask(&request, P, 40);
    hotplug_request_configure(&request, 0, 50);
    ask(&request, U, 60);
    hotplug_request_acknowledge(&request, 70);
    assert_int_equal(hotplug_request_eject(&request, &timing, 80, &effect),
                     HOTPLUG_EJECT_STALE);
    assert_true(effect.signal);
    hotplug_request_acknowledge(&request, 90);
    assert_int_equal(hotplug_request_eject(&request, &timing, 95, &effect),
                     HOTPLUG_EJECT_DEVICE);
}

static void test_late_eject(void **state)
{
    HotplugRequest request = listening(A);
    HotplugRequestEffect effect;

    (void)state;
    ask(&request, U, 0);
    hotplug_request_time(&request, &timing, 60000);
    effect = hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST,
                                  70000);
    assert_int_equal(effect.endings, 1);
    assert_int_equal(effect.ending[0].kind, R);
    assert_int_equal(effect.ending[0].reason, HOTPLUG_LATE_EJECT);
    effect = hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST,
                                  80000);
    assert_int_equal(effect.ending[0].reason, HOTPLUG_GUEST_REMOVED);
}

static void test_functions_end_together(void **state)
{
    HotplugRequest request = listening(N);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_plug(&request, &timing, 2, HOTPLUG_HIDDEN, 0);
    effect = hotplug_request_plug(&request, &timing, 0, HOTPLUG_VISIBLE, 10);
    assert_true(effect.signal);
    assert_int_equal(hotplug_request_configure(&request, 0, 20).endings, 0);
    assert_int_equal(hotplug_request_configure(&request, 5, 20).endings, 0);
    effect = hotplug_request_time(&request, &timing, 90000);
    assert_int_equal(effect.ending[0].functions, 5);
    assert_int_equal(effect.ending[0].completed, 1);
    assert_int_equal(effect.ending[0].outcome, HOTPLUG_TIMED_OUT);
}

static void test_hidden_function_leaves(void **state)
{
    HotplugRequest request = listening(N);
    HotplugRequestEffect effect;

    (void)state;
    hotplug_request_plug(&request, &timing, 2, HOTPLUG_HIDDEN, 0);
    hotplug_request_plug(&request, &timing, 3, HOTPLUG_HIDDEN, 0);
    assert_int_equal(hotplug_request_time(&request, &timing, 999999).endings,
                     0);
    effect = hotplug_request_gone(&request, &timing, 4, 8, HOTPLUG_LEAVE_HOST,
                                  999999);
    assert_int_equal(effect.endings, 0);
    effect = hotplug_request_gone(&request, &timing, 8, 0, HOTPLUG_LEAVE_HOST,
                                  999999);
    assert_int_equal(effect.endings, 1);
    assert_int_equal(effect.ending[0].outcome, HOTPLUG_CANCELLED);
}

/* A press while the indicator blinks would be taken back by the guest. */
static void test_busy(void **state)
{
    HotplugRequest request = listening(N);

    (void)state;
    hotplug_request_indicate(&request, &timing, true, 0);
    assert_false(ask(&request, U, 10).signal);
    assert_false(hotplug_request_listen(&request, &timing, true, 20).signal);
    assert_true(hotplug_request_indicate(&request, &timing, false, 30).signal);
    assert_int_equal(request.signals, 1);
}

static void test_move(void **state)
{
    HotplugRequest request = listening(A);
    HotplugRequestEffect effect;
    HotplugRequestGuest native = { .method = N, .listening = true };

    (void)state;
    ask(&request, U, 0);
    hotplug_request_acknowledge(&request, 5);
    effect = hotplug_request_move(&request, &timing, native, 10);
    assert_true(effect.withdraw && effect.signal);
    assert_int_equal(request.state, HOTPLUG_REQUEST_SIGNALLED);
    assert_int_equal(hotplug_request_due(&request, &timing), 60000);
    effect = hotplug_request_move(&request, &timing, native, 20);
    assert_false(effect.withdraw || effect.signal);
}

static void test_may_plug(void **state)
{
    HotplugRequest request = listening(A);

    (void)state;
    assert_true(hotplug_request_may_plug(&request));
    ask(&request, P, 0);
    assert_true(hotplug_request_may_plug(&request));
    ask(&request, U, 0);
    assert_false(hotplug_request_may_plug(&request));
}

static void test_time_goes_back(void **state)
{
    HotplugRequest request = listening(A);
    HotplugRequestEffect effect;

    (void)state;
    ask(&request, U, 50000);
    effect = hotplug_request_gone(&request, &timing, 1, 0, HOTPLUG_LEAVE_GUEST,
                                  10000);
    assert_int_equal(effect.ending[0].total, 0);
    assert_int_equal(effect.ending[0].queued, 0);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(hotplug_request_kind_name(R), "removal");
    assert_string_equal(hotplug_request_state_name(
        HOTPLUG_REQUEST_ACKNOWLEDGED), "acknowledged");
    assert_string_equal(hotplug_outcome_name(HOTPLUG_TIMED_OUT), "timed-out");
    assert_string_equal(hotplug_reason_name(HOTPLUG_NO_WAKE_UP),
                        "no-answer-after-wake-up");
    assert_string_equal(hotplug_wait_name(HOTPLUG_WAIT_INDICATOR),
                        "indicator-steady");
    for (int i = 0; i < HOTPLUG_REASONS; i++) {
        assert_non_null(hotplug_reason_name(i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_signals_grow_apart),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_time_counts_while_the_guest_listens),
        cmocka_unit_test(test_deaf_after_wake_up),
        cmocka_unit_test(test_overslept),
        cmocka_unit_test(test_stale_eject),
        cmocka_unit_test(test_stale_ejects_are_not_expected_for_ever),
        cmocka_unit_test(test_stale_eject_of_a_new_request),
        cmocka_unit_test(test_late_eject),
        cmocka_unit_test(test_functions_end_together),
        cmocka_unit_test(test_hidden_function_leaves),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_may_plug),
        cmocka_unit_test(test_time_goes_back),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
