/*
 * A slot's hotplug requests on a walk: events that choices pick
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "request-walk.h"

#define MOST_SIGNALS  64

static const HotplugRequestTiming timings[] = {
    { .timeout = 60000, .again = 500, .again_most = 32000, .stale = 30000 },
    { .timeout = 0, .again = 500, .again_most = 32000, .stale = 30000 },
    { .timeout = 1000, .again = 500, .again_most = 32000, .stale = 30000 },
    { .timeout = 5000, .again = 1, .again_most = 1000, .stale = 0 },
};

static HotplugRequestGuest choose_guest(Choices *choices)
{
    uint8_t bits = choose_byte(choices);

    return (HotplugRequestGuest) {
        .method = bits & 1 ? HOTPLUG_METHOD_NATIVE : HOTPLUG_METHOD_ACPI,
        .listening = bits & 2,
        .busy = (bits & 0x0c) == 0x0c,
        .woken = (bits & 0x72) == 0x70,
    };
}

void request_walk_start(RequestWalk *walk, Choices *choices)
{
    HotplugRequestTiming timing = timings[choose(choices, 4)];

    request_watch_start(&walk->watch, timing, choose_guest(choices));
    walk->present = 0;
}

/* ---- time -------------------------------------------------------------- */

static void fire(RequestWalk *walk)
{
    request_watch(&walk->watch, &(RequestEvent) { .type = REQUEST_TIME });
}

/* Time does not pass the moment at which the machine's timer fires. */
static void pass_time(RequestWalk *walk, int64_t milliseconds)
{
    RequestWatch *watch = &walk->watch;
    int64_t end = watch->now + milliseconds;

    while (request_watch_due(watch) <= end && !watch->broken) {
        if (request_watch_due(watch) > watch->now) {
            watch->now = request_watch_due(watch);
        }
        fire(walk);
    }
    watch->now = end;
}

static void choose_time(RequestWalk *walk, Choices *choices)
{
    static const int64_t spans[] = { 0, 0, 1, 10, 499, 500, 7000, 31000 };
    RequestWatch *watch = &walk->watch;
    uint32_t choice = choose(choices, 10);

    if (choice == 9) {
        fire(walk);
    } else if (choice < 8) {
        pass_time(walk, spans[choice]);
    } else if (request_watch_due(watch) != HOTPLUG_NEVER &&
               request_watch_due(watch) > watch->now) {
        pass_time(walk, request_watch_due(watch) - watch->now);
    }
}

void request_walk_rest(RequestWalk *walk)
{
    RequestWatch *watch = &walk->watch;

    for (unsigned i = 0; i < MOST_SIGNALS && !watch->broken; i++) {
        if (request_watch_due(watch) == HOTPLUG_NEVER) {
            break;
        }
        pass_time(walk, request_watch_due(watch) - watch->now);
    }
    if (!watch->broken && watch->kind && watch->timing.timeout &&
        !watch->hidden &&
        (watch->guest.listening || watch->guest.woken)) {
        watch->broken = "nothing is lost at rest";
    }
}

/* ---- the host's events -------------------------------------------------- */

static void plug(RequestWalk *walk, Choices *choices)
{
    uint8_t function = 1U << (choose_byte(choices) & choose_byte(choices) & 7);

    if (walk->present & function ||
        !hotplug_request_may_plug(&walk->watch.request)) {
        return;
    }
    walk->present |= function;
    request_watch(&walk->watch, &(RequestEvent) {
        .type = REQUEST_PLUG,
        .functions = function,
        .visibility = walk->present & 1 ? HOTPLUG_VISIBLE : HOTPLUG_HIDDEN,
    });
}

static void leave(RequestWalk *walk, uint8_t functions, HotplugLeave why)
{
    uint8_t gone = functions & walk->present;

    if (!gone) {
        return;
    }
    if (why != HOTPLUG_LEAVE_FAILOVER) {
        walk->present &= ~gone;
    }
    request_watch(&walk->watch, &(RequestEvent) {
        .type = REQUEST_GONE,
        .functions = gone,
        .left = why == HOTPLUG_LEAVE_FAILOVER ? walk->present & ~gone
                                              : walk->present,
        .why = why,
    });
}

/* Without function 0, a function goes alone and at once. */
static void unplug(RequestWalk *walk, Choices *choices)
{
    if (walk->present & 1) {
        request_watch(&walk->watch, &(RequestEvent) {
            .type = REQUEST_UNPLUG, .functions = walk->present });
    } else {
        leave(walk, 1U << choose(choices, 8), HOTPLUG_LEAVE_HOST);
    }
}

static void give_up(RequestWalk *walk, Choices *choices)
{
    HotplugLeave why = choose(choices, 4);

    /* function 0 takes the others along, and failover keeps all or none */
    leave(walk, UINT8_MAX, why);
}

static void become(RequestWalk *walk, Choices *choices, RequestEventType type)
{
    RequestEvent event = { .type = type, .guest = choose_guest(choices) };

    if (type == REQUEST_ASK_ANEW) {
        event.guest.method = walk->watch.guest.method;
        walk->watch.now -= walk->watch.now > 5000 ? choose(choices, 2) * 5000
                                                  : 0;
    }
    request_watch(&walk->watch, &event);
}

static void restart(RequestWalk *walk, HotplugRestart how)
{
    if (how == HOTPLUG_RESTART_COLD &&
        walk->watch.kind == HOTPLUG_REQUEST_UNPLUG) {
        leave(walk, walk->watch.functions, HOTPLUG_LEAVE_RESET);
    }
    request_watch(&walk->watch, &(RequestEvent) {
        .type = REQUEST_RESTART, .restart = how });
}

/* ---- the guest's events ------------------------------------------------- */

static void eject(RequestWalk *walk)
{
    request_watch(&walk->watch, &(RequestEvent) { .type = REQUEST_EJECT });
    if (walk->watch.eject == HOTPLUG_EJECT_DEVICE) {
        leave(walk, UINT8_MAX, HOTPLUG_LEAVE_GUEST);
    }
}

static void guest_does(RequestWalk *walk, Choices *choices,
                       RequestEventType type)
{
    request_watch(&walk->watch, &(RequestEvent) {
        .type = type,
        .on = choose(choices, 2),
        .functions = 1U << choose(choices, 8),
    });
}

/* It reads each signal, and is not ready each time. */
static void insist(RequestWalk *walk, Choices *choices)
{
    RequestEventType cue = choose(choices, 2) ? REQUEST_NOT_READY
                                              : REQUEST_DROPPED;

    for (uint32_t left = choose(choices, 16); left; left--) {
        guest_does(walk, choices, REQUEST_ACKNOWLEDGE);
        guest_does(walk, choices, cue);
    }
}

/* ---- a step ------------------------------------------------------------- */

void request_walk_step(RequestWalk *walk, Choices *choices)
{
    static const RequestEventType often[] = {
        REQUEST_PLUG, REQUEST_UNPLUG, REQUEST_ACKNOWLEDGE, REQUEST_ACKNOWLEDGE,
        REQUEST_EVENTS,
    };
    uint32_t choice = choose(choices, REQUEST_EVENTS + 5);
    RequestEventType type = choice < REQUEST_EVENTS ?
                            choice : often[choice - REQUEST_EVENTS];

    choose_time(walk, choices);
    switch (type) {
    case REQUEST_PLUG:
        plug(walk, choices);
        break;
    case REQUEST_UNPLUG:
        unplug(walk, choices);
        break;
    case REQUEST_GONE:
        give_up(walk, choices);
        break;
    case REQUEST_MOVE:
    case REQUEST_ASK_ANEW:
        become(walk, choices, type);
        break;
    case REQUEST_EJECT:
        eject(walk);
        break;
    case REQUEST_RESTART:
        restart(walk, choose(choices, 2) ? HOTPLUG_RESTART_COLD
                                         : HOTPLUG_RESTART_WAKE_UP);
        break;
    case REQUEST_EVENTS:
        insist(walk, choices);
        break;
    default:
        guest_does(walk, choices, type);
        break;
    }
}
