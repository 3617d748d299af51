/*
 * Test of hotplug requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table has every state of a request of each kind by each method, and what
 * each event makes of it; below it are stories of several events.
 */

#include <string.h>

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

/* A request of function 0, made at time 0, in a state. */
static HotplugRequest in_state(HotplugMethod method, HotplugRequestKind kind,
                               HotplugRequestState state)
{
    HotplugRequest request = state == HOTPLUG_REQUEST_QUEUED ?
        deaf(method) : listening(method);

    if (state != HOTPLUG_REQUEST_IDLE) {
        ask(&request, kind, 0);
    }
    if (state == HOTPLUG_REQUEST_ACKNOWLEDGED) {
        hotplug_request_acknowledge(&request, 0);
    }
    assert_int_equal(request.state, state);
    return request;
}

/* ---- the table --------------------------------------------------------- */

typedef enum Event {
    PLUG, UNPLUG, GONE_GUEST, GONE_RESET, GONE_HOST, GONE_FAILOVER, LISTEN,
    DEAF, BLINK, STEADY, ACKNOWLEDGE, NOT_READY, MISREAD, DECLINE, CONFIGURE,
    COLD, WAKE_UP, AGAIN, TOO_LATE, EVENTS
} Event;

static HotplugRequestEffect happen(HotplugRequest *request, Event event)
{
    switch (event) {
    case PLUG:
        return ask(request, HOTPLUG_REQUEST_PLUG, 10);
    case UNPLUG:
        return ask(request, HOTPLUG_REQUEST_UNPLUG, 10);
    case GONE_GUEST:
    case GONE_RESET:
    case GONE_HOST:
        return hotplug_request_gone(request, &timing, 1, 0,
                                    event == GONE_GUEST ? HOTPLUG_LEAVE_GUEST :
                                    event == GONE_RESET ? HOTPLUG_LEAVE_RESET :
                                    HOTPLUG_LEAVE_HOST, 10);
    case GONE_FAILOVER:
        return hotplug_request_gone(request, &timing, 1, 0,
                                    HOTPLUG_LEAVE_FAILOVER, 10);
    case LISTEN:
    case DEAF:
        return hotplug_request_listen(request, &timing, event == LISTEN, 10);
    case BLINK:
    case STEADY:
        return hotplug_request_indicate(request, &timing, event == BLINK, 10);
    case ACKNOWLEDGE:
        return hotplug_request_acknowledge(request, 10);
    case NOT_READY:
        return hotplug_request_not_ready(request, &timing, 10);
    case MISREAD:
        return hotplug_request_misread(request, &timing, 10);
    case DECLINE:
        return hotplug_request_decline(request, 10);
    case CONFIGURE:
        return hotplug_request_configure(request, 0, 10);
    case COLD:
        return hotplug_request_restart(request, HOTPLUG_RESTART_COLD, 10);
    case WAKE_UP:
        return hotplug_request_restart(request, HOTPLUG_RESTART_WAKE_UP, 10);
    case AGAIN:
        return hotplug_request_time(request, &timing, 500);
    case TOO_LATE:
        return hotplug_request_time(request, &timing, 60000);
    case EVENTS:
        break;
    }
    fail();
    return (HotplugRequestEffect) { 0 };
}

#define A   HOTPLUG_METHOD_ACPI
#define N   HOTPLUG_METHOD_NATIVE
#define P   HOTPLUG_REQUEST_PLUG
#define U   HOTPLUG_REQUEST_UNPLUG
#define R   HOTPLUG_REQUEST_REMOVAL
#define NO  HOTPLUG_REQUEST_NONE
#define I   HOTPLUG_REQUEST_IDLE
#define Q   HOTPLUG_REQUEST_QUEUED
#define S   HOTPLUG_REQUEST_SIGNALLED
#define K   HOTPLUG_REQUEST_ACKNOWLEDGED

/*
 * Row: from @kind in @state by @method, @event leads to @to, with an ending of
 * @ends (NO: none) by @outcome and @reason, and a signal or not
 */
typedef struct Row {
    HotplugMethod method;
    HotplugRequestKind kind;
    HotplugRequestState state;
    Event event;
    HotplugRequestState to;
    bool signal;
    HotplugRequestKind ends;
    HotplugOutcome outcome;
    HotplugReason reason;
} Row;

#define DONE       HOTPLUG_COMPLETED
#define CANCELLED  HOTPLUG_CANCELLED

/* Where both methods do the same, each row stands once, see also(). */
static const Row both[] = {
    { A, NO, I, PLUG,         S, true, NO, 0, 0 },
    { A, NO, I, UNPLUG,       S, true, NO, 0, 0 },
    { A, NO, I, GONE_GUEST,   I, false, R, DONE, HOTPLUG_GUEST_REMOVED },
    { A, NO, I, GONE_RESET,   I, false, NO, 0, 0 },
    { A, NO, I, GONE_HOST,    I, false, NO, 0, 0 },
    { A, NO, I, LISTEN,       I, false, NO, 0, 0 },
    { A, NO, I, ACKNOWLEDGE,  I, false, NO, 0, 0 },
    { A, NO, I, NOT_READY,    I, false, NO, 0, 0 },
    { A, NO, I, MISREAD,      I, false, NO, 0, 0 },
    { A, NO, I, DECLINE,      I, false, NO, 0, 0 },
    { A, NO, I, CONFIGURE,    I, false, NO, 0, 0 },
    { A, NO, I, COLD,         I, false, NO, 0, 0 },
    { A, NO, I, TOO_LATE,     I, false, NO, 0, 0 },

    { A, P, Q, PLUG,          Q, false, NO, 0, 0 },
    { A, P, Q, UNPLUG,        Q, false, P, CANCELLED, HOTPLUG_OVERTAKEN },
    { A, P, Q, GONE_HOST,     I, false, P, CANCELLED, HOTPLUG_GONE },
    { A, P, Q, LISTEN,        S, true, NO, 0, 0 },
    { A, P, Q, BLINK,         Q, false, NO, 0, 0 },
    { A, P, Q, ACKNOWLEDGE,   K, false, NO, 0, 0 },
    { A, P, Q, CONFIGURE,     I, false, P, DONE, HOTPLUG_CONFIGURED },
    { A, P, Q, COLD,          Q, false, NO, 0, 0 },
    { A, P, Q, WAKE_UP,       Q, false, NO, 0, 0 },
    { A, P, Q, AGAIN,         Q, false, NO, 0, 0 },
    { A, P, Q, TOO_LATE,      Q, false, NO, 0, 0 },
    { A, P, Q, DECLINE,       I, false, P, HOTPLUG_DECLINED,
      HOTPLUG_GUEST_DECLINED },

    { A, P, S, UNPLUG,        S, true,  P, CANCELLED, HOTPLUG_OVERTAKEN },
    { A, P, S, ACKNOWLEDGE,   K, false, NO, 0, 0 },
    { A, P, S, CONFIGURE,     I, false, P, DONE, HOTPLUG_CONFIGURED },
    { A, P, S, DEAF,          S, false, NO, 0, 0 },
    { A, P, S, COLD,          Q, false, NO, 0, 0 },
    { A, P, S, WAKE_UP,       Q, false, NO, 0, 0 },
    { A, P, S, TOO_LATE,      I, false, P, HOTPLUG_TIMED_OUT,
      HOTPLUG_NO_ANSWER },

    { A, P, K, UNPLUG,        S, true,  P, CANCELLED, HOTPLUG_OVERTAKEN },
    { A, P, K, CONFIGURE,     I, false, P, DONE, HOTPLUG_CONFIGURED },
    { A, P, K, COLD,          Q, false, NO, 0, 0 },
    { A, P, K, MISREAD,       K, false, NO, 0, 0 },
    { A, P, K, TOO_LATE,      I, false, P, HOTPLUG_TIMED_OUT,
      HOTPLUG_NO_ANSWER },

    { A, U, Q, UNPLUG,        Q, false, NO, 0, 0 },
    { A, U, Q, GONE_GUEST,    I, false, U, DONE, HOTPLUG_REMOVED },
    { A, U, Q, GONE_RESET,    I, false, U, DONE, HOTPLUG_RESET },
    { A, U, Q, GONE_HOST,     I, false, U, DONE, HOTPLUG_GONE },
    { A, U, Q, GONE_FAILOVER, I, false, U, DONE, HOTPLUG_KEPT_FOR_FAILOVER },
    { A, U, Q, LISTEN,        S, true, NO, 0, 0 },
    { A, U, Q, ACKNOWLEDGE,   K, false, NO, 0, 0 },
    { A, U, Q, CONFIGURE,     Q, false, NO, 0, 0 },
    { A, U, Q, WAKE_UP,       Q, false, NO, 0, 0 },
    { A, U, Q, TOO_LATE,      Q, false, NO, 0, 0 },

    { A, U, S, UNPLUG,        S, false, NO, 0, 0 },
    { A, U, S, GONE_GUEST,    I, false, U, DONE, HOTPLUG_REMOVED },
    { A, U, S, GONE_RESET,    I, false, U, DONE, HOTPLUG_RESET },
    { A, U, S, LISTEN,        S, false, NO, 0, 0 },
    { A, U, S, DEAF,          S, false, NO, 0, 0 },
    { A, U, S, BLINK,         S, false, NO, 0, 0 },
    { A, U, S, ACKNOWLEDGE,   K, false, NO, 0, 0 },
    { A, U, S, NOT_READY,     S, false, NO, 0, 0 },
    { A, U, S, CONFIGURE,     S, false, NO, 0, 0 },
    { A, U, S, WAKE_UP,       Q, false, NO, 0, 0 },
    { A, U, S, TOO_LATE,      I, false, U, HOTPLUG_TIMED_OUT,
      HOTPLUG_NO_ANSWER },

    { A, U, K, UNPLUG,        K, false, NO, 0, 0 },
    { A, U, K, GONE_GUEST,    I, false, U, DONE, HOTPLUG_REMOVED },
    { A, U, K, GONE_FAILOVER, I, false, U, DONE, HOTPLUG_KEPT_FOR_FAILOVER },
    { A, U, K, LISTEN,        K, false, NO, 0, 0 },
    { A, U, K, BLINK,         K, false, NO, 0, 0 },
    { A, U, K, STEADY,        K, false, NO, 0, 0 },
    { A, U, K, ACKNOWLEDGE,   K, false, NO, 0, 0 },
    { A, U, K, DECLINE,       I, false, U, HOTPLUG_DECLINED,
      HOTPLUG_GUEST_DECLINED },
    { A, U, K, WAKE_UP,       Q, false, NO, 0, 0 },
    { A, U, K, TOO_LATE,      I, false, U, HOTPLUG_TIMED_OUT,
      HOTPLUG_NO_ANSWER },
};

/* Where they differ: ACPI asks again, a button is pressed once. */
static const Row different[] = {
    { A, P, S, AGAIN,         S, true, NO, 0, 0 },
    { N, P, S, AGAIN,         S, false, NO, 0, 0 },
    { A, P, K, NOT_READY,     S, true, NO, 0, 0 },
    { N, P, K, NOT_READY,     K, false, NO, 0, 0 },
    { A, U, S, AGAIN,         S, true, NO, 0, 0 },
    { N, U, S, AGAIN,         S, false, NO, 0, 0 },
    { A, U, S, MISREAD,       S, false, NO, 0, 0 },
    { N, U, S, MISREAD,       S, true, NO, 0, 0 },
    { A, U, K, AGAIN,         S, true, NO, 0, 0 },
    { N, U, K, AGAIN,         K, false, NO, 0, 0 },
    { A, U, K, NOT_READY,     S, true, NO, 0, 0 },
    { N, U, K, NOT_READY,     K, false, NO, 0, 0 },
    { A, U, K, MISREAD,       K, false, NO, 0, 0 },
    { N, U, K, MISREAD,       S, true, NO, 0, 0 },
};

static void check_ending(const HotplugEnding *ending, const Row *row)
{
    assert_int_equal(ending->kind, row->ends);
    assert_int_equal(ending->outcome, row->outcome);
    assert_int_equal(ending->reason, row->reason);
    assert_int_equal(ending->functions, 1);
    assert_int_equal(ending->completed, row->outcome == HOTPLUG_COMPLETED);
    assert_int_equal(ending->queued + ending->signalled, ending->total);
}

static void check_row(const Row *row, HotplugMethod method)
{
    HotplugRequest request = in_state(method, row->kind, row->state);
    HotplugRequestEffect effect = happen(&request, row->event);

    assert_int_equal(request.state, row->to);
    assert_int_equal(effect.signal, row->signal);
    assert_int_equal(effect.endings, row->ends != NO);
    if (effect.endings) {
        check_ending(&effect.ending[0], row);
    }
    assert_true(hotplug_request_is_valid(&request));
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        check_row(&both[i], HOTPLUG_METHOD_ACPI);
        check_row(&both[i], HOTPLUG_METHOD_NATIVE);
    }
    for (size_t i = 0; i < COUNT_OF(different); i++) {
        check_row(&different[i], different[i].method);
    }
}

/* No event ends more than there is, and each leaves a state that can be. */
static void test_every_event_in_every_state(void **state)
{
    static const HotplugRequestKind kinds[] = { P, U };
    static const HotplugRequestState states[] = { I, Q, S, K };
    static const HotplugMethod methods[] = { A, N };

    (void)state;
    for (size_t i = 0; i < 2 * 2 * 4 * EVENTS; i++) {
        HotplugRequest request = in_state(methods[i % 2], kinds[i / 2 % 2],
                                          states[i / 4 % 4]);
        bool was_open = request.kind != NO;
        HotplugRequestEffect effect = happen(&request, i / 16);

        assert_true(hotplug_request_is_valid(&request));
        assert_true(effect.endings <= 1U + (i / 16 == GONE_GUEST));
        assert_false(effect.withdraw && !was_open);
        assert_false(effect.signal && request.kind == NO);
    }
}

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
    assert_int_equal(request.state, S);
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

static void test_loaded_nonsense(void **state)
{
    HotplugRequest request = in_state(A, U, K);

    (void)state;
    request.state = HOTPLUG_REQUEST_STATES;
    assert_false(hotplug_request_is_valid(&request));
    request = in_state(A, U, K);
    request.functions = 0;
    assert_false(hotplug_request_is_valid(&request));
    request = in_state(A, U, K);
    request.kind = R;
    assert_false(hotplug_request_is_valid(&request));
    request = in_state(A, U, K);
    request.method = HOTPLUG_METHODS;
    assert_false(hotplug_request_is_valid(&request));
    request = in_state(A, U, K);
    request.listened = -1;
    assert_false(hotplug_request_is_valid(&request));
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(hotplug_request_kind_name(R), "removal");
    assert_string_equal(hotplug_request_state_name(K), "acknowledged");
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
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_every_event_in_every_state),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_signals_grow_apart),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_time_counts_while_the_guest_listens),
        cmocka_unit_test(test_deaf_after_wake_up),
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
        cmocka_unit_test(test_loaded_nonsense),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
