/*
 * Test of hotplug requests: the whole table of states, events and methods
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table is docs/specs/hotplug-requests.rst, "A slot's request", cell by
 * cell.  A cell says what an event makes of a request:
 *
 *   I Q S K    it is idle, queued, signalled, acknowledged afterwards
 *   -          what the registers show is withdrawn
 *   *          they show the request
 *   !          the guest is interrupted
 *   /          what follows ends: outcome, reason; or removal, reason
 *   =          nothing happens, and nothing but the time is changed
 */

#include <stdio.h>
#include <string.h>

#include "test-cmocka.h"
#include "model/hotplug-request.h"

#define A  HOTPLUG_METHOD_ACPI
#define N  HOTPLUG_METHOD_NATIVE

#define NOW          10
#define TEXT_LENGTH  128

static const HotplugRequestTiming timing = {
    .timeout = 60000, .again = 500, .again_most = 32000, .stale = 30000,
};

/* ---- where a request is ------------------------------------------------- */

/* Of function 0, but for a part of a device: that is function 1. */
typedef enum From {
    NO_REQUEST,
    PLUG_OF_A_PART,           /* queued: there is no function 0 */
    PLUG_QUEUED,              /* the guest does not listen */
    PLUG_SIGNALLED,
    PLUG_ACKNOWLEDGED,
    UNPLUG_BLINKING,          /* queued: the guest is busy */
    UNPLUG_QUEUED,            /* the guest does not listen */
    UNPLUG_SIGNALLED,
    UNPLUG_ACKNOWLEDGED,
    FROMS,
} From;

static const char *const from_names[FROMS] = {
    "no request", "plug of a part", "plug queued", "plug signalled",
    "plug acknowledged", "unplug while blinking", "unplug queued",
    "unplug signalled", "unplug acknowledged",
};

static HotplugRequest made(HotplugMethod method, From from)
{
    HotplugRequest request;

    hotplug_request_init(&request, (HotplugRequestGuest) {
        .method = method,
        .listening = from != PLUG_QUEUED && from != UNPLUG_QUEUED,
        .busy = from == UNPLUG_BLINKING,
    });
    if (from == PLUG_OF_A_PART) {
        hotplug_request_plug(&request, &timing, 1, HOTPLUG_HIDDEN, 0);
    } else if (from != NO_REQUEST && from <= PLUG_ACKNOWLEDGED) {
        hotplug_request_plug(&request, &timing, 0, HOTPLUG_VISIBLE, 0);
    } else if (from != NO_REQUEST) {
        hotplug_request_unplug(&request, &timing, 1, 0);
    }
    if (from == PLUG_ACKNOWLEDGED || from == UNPLUG_ACKNOWLEDGED) {
        hotplug_request_acknowledge(&request, 0);
    }
    return request;
}

/* ---- what happens to it ------------------------------------------------- */

typedef enum Event {
    PLUG, PLUG_PART, UNPLUG, UNPLUG_EMPTY,
    GONE_GUEST, GONE_RESET, GONE_HOST, GONE_FAILOVER,
    MOVE, MOVE_NOWHERE, ASK_ANEW, SOON, AGAIN, TOO_LATE,
    LISTEN, DEAF, BLINK, STEADY, ACKNOWLEDGE, NOT_READY, DROPPED, MISREAD,
    DECLINE, CONFIGURE, CONFIGURE_OTHER, EJECT, COLD, WAKE_UP,
    EVENTS
} Event;

static HotplugRequestGuest guest(HotplugMethod method)
{
    return (HotplugRequestGuest) { .method = method, .listening = true };
}

static HotplugRequestEffect host_does(HotplugRequest *request, Event event)
{
    HotplugMethod other = request->method == A ? N : A;

    switch (event) {
    case PLUG:
        return hotplug_request_plug(request, &timing, 0, HOTPLUG_VISIBLE, NOW);
    case PLUG_PART:
        return hotplug_request_plug(request, &timing, 1, HOTPLUG_HIDDEN, NOW);
    case UNPLUG:
        return hotplug_request_unplug(request, &timing, 1, NOW);
    case UNPLUG_EMPTY:
        return hotplug_request_unplug(request, &timing, 0, NOW);
    case MOVE:
        return hotplug_request_move(request, &timing, guest(other), NOW);
    case MOVE_NOWHERE:
        return hotplug_request_move(request, &timing, (HotplugRequestGuest) {
            .method = request->method, .listening = request->listening,
            .busy = request->busy }, NOW);
    case ASK_ANEW:
        return hotplug_request_ask_anew(request, &timing,
                                        guest(request->method), NOW);
    case SOON:
        return hotplug_request_time(request, &timing, NOW);
    case AGAIN:
        return hotplug_request_time(request, &timing, timing.again);
    default:
        return hotplug_request_time(request, &timing, timing.timeout);
    }
}

static HotplugRequestEffect leaves(HotplugRequest *request, Event event)
{
    static const HotplugLeave why[] = {
        [GONE_GUEST] = HOTPLUG_LEAVE_GUEST,
        [GONE_RESET] = HOTPLUG_LEAVE_RESET,
        [GONE_HOST] = HOTPLUG_LEAVE_HOST,
        [GONE_FAILOVER] = HOTPLUG_LEAVE_FAILOVER,
    };
    uint8_t functions = request->functions ? request->functions : 1;

    return hotplug_request_gone(request, &timing, functions, 0, why[event],
                                NOW);
}

static HotplugRequestEffect guest_does(HotplugRequest *request, Event event)
{
    HotplugRequestEffect effect;

    switch (event) {
    case LISTEN:
    case DEAF:
        return hotplug_request_listen(request, &timing, event == LISTEN, NOW);
    case BLINK:
    case STEADY:
        return hotplug_request_indicate(request, &timing, event == BLINK, NOW);
    case ACKNOWLEDGE:
        return hotplug_request_acknowledge(request, NOW);
    case NOT_READY:
        return hotplug_request_not_ready(request, &timing, NOW);
    case DROPPED:
        return hotplug_request_dropped(request, &timing, NOW);
    case MISREAD:
        return hotplug_request_misread(request, &timing, NOW);
    case DECLINE:
        return hotplug_request_decline(request, NOW);
    case CONFIGURE:
        return hotplug_request_configure(request, 0, NOW);
    case CONFIGURE_OTHER:
        return hotplug_request_configure(request, 5, NOW);
    case EJECT:
        assert_int_equal(hotplug_request_eject(request, &timing, NOW, &effect),
                         HOTPLUG_EJECT_DEVICE);
        return effect;
    case COLD:
        return hotplug_request_restart(request, HOTPLUG_RESTART_COLD, NOW);
    default:
        return hotplug_request_restart(request, HOTPLUG_RESTART_WAKE_UP, NOW);
    }
}

static HotplugRequestEffect happens(HotplugRequest *request, Event event)
{
    if (event >= LISTEN) {
        return guest_does(request, event);
    }
    return event >= GONE_GUEST && event <= GONE_FAILOVER ?
           leaves(request, event) : host_does(request, event);
}

/* ---- a cell ------------------------------------------------------------- */

static bool is_same(const HotplugRequest *one, HotplugRequest other)
{
    other.since = one->since;
    other.listened = one->listened;
    return memcmp(one, &other, sizeof(other)) == 0;
}

static bool is_neutral(const HotplugRequestEffect *effect)
{
    return !effect->withdraw && !effect->endings && !effect->show &&
           !effect->signal;
}

static void add_endings(char *text, const HotplugRequestEffect *effect,
                        HotplugRequestKind open)
{
    for (unsigned i = 0; i < effect->endings; i++) {
        const HotplugEnding *ending = &effect->ending[i];
        size_t at = strlen(text);

        if (ending->kind != HOTPLUG_REQUEST_REMOVAL) {
            assert_int_equal(ending->kind, open);
        }
        snprintf(text + at, TEXT_LENGTH - at, "/%s %s",
                 ending->kind == HOTPLUG_REQUEST_REMOVAL ? "removal" :
                 hotplug_outcome_name(ending->outcome),
                 hotplug_reason_name(ending->reason));
        assert_int_equal(ending->queued + ending->signalled, ending->total);
    }
}

static void describe(char *text, const HotplugRequest *before,
                     const HotplugRequest *after,
                     const HotplugRequestEffect *effect)
{
    if (is_neutral(effect) && is_same(before, *after)) {
        strcpy(text, "=");
        return;
    }
    snprintf(text, TEXT_LENGTH, "%c%s%s%s", "IQSK"[after->state],
             effect->withdraw ? "-" : "", effect->show ? "*" : "",
             effect->signal ? "!" : "");
    add_endings(text, effect, before->kind);
}

/* ---- the table ---------------------------------------------------------- */

/* Of @event by ACPI, native or BOTH; each has its lines. */
typedef struct Line {
    Event event;
    int method;
    const char *cell[FROMS];
} Line;

#define BOTH       HOTPLUG_METHODS

/* Can't be: function 0 is there, or hotplug_request_may_plug() says no. */
#define NEVER      NULL

#define OVERTAKEN  "/cancelled overtaken"
#define GONE       "I-/cancelled gone"
#define TAKEN_AWAY "I-/cancelled guest-removed/removal guest-removed"
#define REMOVED    "I-/completed removed"
#define RESET      "I-/completed reset"
#define LEFT       "I-/completed gone"
#define KEPT       "I-/completed kept-for-failover"
#define TIMED_OUT  "I-/timed-out no-answer"
#define DECLINED   "I-/declined guest-declined"
#define CONFIGURED "I-/completed configured"

/*
 * The columns: no request; plug: of a part, queued, signalled, acknowledged;
 * unplug: while blinking, queued, signalled, acknowledged.
 */
static const Line table[] = {
    { PLUG, BOTH, { "S*!", "S*!", "Q*", "S*!", "S*!",
                    NEVER, NEVER, NEVER, NEVER } },
    { PLUG_PART, BOTH, { "Q", "=", NEVER, NEVER, NEVER,
                         NEVER, NEVER, NEVER, NEVER } },
    { UNPLUG, BOTH, { "S*!", "S-*!" OVERTAKEN, "Q-*" OVERTAKEN,
                      "S-*!" OVERTAKEN, "S-*!" OVERTAKEN,
                      "=", "=", "=", "=" } },
    { UNPLUG_EMPTY, BOTH, { "=", "I-" OVERTAKEN, "I-" OVERTAKEN,
                            "I-" OVERTAKEN, "I-" OVERTAKEN,
                            "=", "=", "=", "=" } },

    { GONE_GUEST, BOTH, { "I/removal guest-removed", TAKEN_AWAY, TAKEN_AWAY,
                          TAKEN_AWAY, TAKEN_AWAY,
                          REMOVED, REMOVED, REMOVED, REMOVED } },
    { GONE_RESET, BOTH, { "I", GONE, GONE, GONE, GONE,
                          RESET, RESET, RESET, RESET } },
    { GONE_HOST, BOTH, { "I", GONE, GONE, GONE, GONE,
                         LEFT, LEFT, LEFT, LEFT } },
    { GONE_FAILOVER, BOTH, { "I", GONE, GONE, GONE, GONE,
                             KEPT, KEPT, KEPT, KEPT } },

    { MOVE, BOTH, { "I", "Q-", "S-*!", "S-*!", "S-*!",
                    "S-*!", "S-*!", "S-*!", "S-*!" } },
    { MOVE_NOWHERE, BOTH, { "=", "=", "=", "=", "=", "=", "=", "=", "=" } },
    { ASK_ANEW, BOTH, { "=", "Q-", "S-*!", "S-*!", "S-*!",
                        "S-*!", "S-*!", "S-*!", "S-*!" } },

    { SOON, BOTH, { "=", "=", "=", "=", "=", "=", "=", "=", "=" } },
    { AGAIN, A, { "=", "=", "=", "S!", "S!", "=", "=", "S!", "S!" } },
    { AGAIN, N, { "=", "=", "=", "=", "=", "=", "=", "=", "=" } },
    { TOO_LATE, BOTH, { "=", "=", "=", TIMED_OUT, TIMED_OUT,
                        TIMED_OUT, "=", TIMED_OUT, TIMED_OUT } },

    { LISTEN, BOTH, { "=", "=", "S!", "=", "=", "=", "S!", "=", "=" } },
    { DEAF, BOTH, { "I", "Q", "=", "S", "K", "Q", "=", "S", "K" } },
    { BLINK, BOTH, { "I", "Q", "Q", "S", "K", "=", "Q", "S", "K" } },
    { STEADY, BOTH, { "=", "=", "=", "=", "=", "S!", "=", "=", "=" } },

    { ACKNOWLEDGE, A, { "=", "=", "K", "K", "=", "K", "K", "K", "K" } },
    { ACKNOWLEDGE, N, { "=", "=", "K", "K", "=", "K", "K", "K", "=" } },
    { NOT_READY, A, { "=", "=", "=", "=", "S*!", "=", "=", "=", "S*!" } },
    { NOT_READY, N, { "=", "=", "=", "=", "=", "=", "=", "=", "=" } },
    { DROPPED, A, { "=", "=", "=", "=", "S*!", "=", "=", "=", "S*!" } },
    { DROPPED, N, { "=", "=", "=", "=", "=", "=", "=", "=", "=" } },
    { MISREAD, A, { "=", "=", "=", "=", "=", "=", "=", "=", "=" } },
    { MISREAD, N, { "=", "=", "=", "=", "=", "=", "=", "S!", "S!" } },
    { DECLINE, BOTH, { "=", DECLINED, DECLINED, DECLINED, DECLINED,
                       DECLINED, DECLINED, DECLINED, DECLINED } },
    { CONFIGURE, BOTH, { "=", "=", CONFIGURED, CONFIGURED, CONFIGURED,
                         "=", "=", "=", "=" } },
    { CONFIGURE_OTHER, BOTH, { "=", "=", "=", "=", "=", "=", "=", "=", "=" } },
    { EJECT, A, { "=", "=", "=", "=", "=", "=", "=", "=", "K" } },
    { EJECT, N, { "=", "=", "=", "=", "=", "=", "=", "=", "=" } },

    { COLD, BOTH, { "I", "Q", "Q*", "Q*", "Q*", "Q*", "Q*", "Q*", "Q*" } },
    { WAKE_UP, BOTH, { "I", "Q", "Q*", "Q*", "Q*", "Q*", "Q*", "Q*", "Q*" } },
};

static bool is_for(const Line *line, HotplugMethod method)
{
    return line->method == BOTH || line->method == (int)method;
}

static void check_cell(const Line *line, HotplugMethod method, From from)
{
    HotplugRequest request = made(method, from);
    const HotplugRequest before = request;
    HotplugRequestEffect effect;
    char text[TEXT_LENGTH];

    if (line->cell[from] == NEVER) {
        assert_true(line->event == PLUG_PART ||
                    !hotplug_request_may_plug(&request));
        return;
    }
    effect = happens(&request, line->event);
    describe(text, &before, &request, &effect);
    if (strcmp(text, line->cell[from])) {
        fail_msg("event %d by %s: %s: have %s, want %s", line->event,
                 method == A ? "ACPI" : "native", from_names[from], text,
                 line->cell[from]);
    }
    assert_true(hotplug_request_is_valid(&request));
}

static void check_method(HotplugMethod method)
{
    unsigned lines[EVENTS] = { 0 };

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (!is_for(&table[i], method)) {
            continue;
        }
        lines[table[i].event]++;
        for (int from = 0; from < FROMS; from++) {
            check_cell(&table[i], method, from);
        }
    }
    for (int event = 0; event < EVENTS; event++) {
        assert_int_equal(lines[event], 1);
    }
}

static void test_acpi(void **state)
{
    (void)state;
    check_method(A);
}

static void test_native(void **state)
{
    (void)state;
    check_method(N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acpi),
        cmocka_unit_test(test_native),
    };

    return cmocka_run_group_tests_name("requests, whole table", tests, NULL,
                                       NULL);
}
