/*
 * Hotplug requests of a slot, and what must hold after each event
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The watch calls the model, keeps a record of its own of what was asked for
 * and what the guest did, and compares: docs/specs/hotplug-requests.rst.
 *
 * - Each request ends once, with all functions it was about, and for a reason
 *   that the event can give.
 * - A request that has ended has no effect any more.
 * - What can be signalled is signalled; what was, is signalled again in time,
 *   or times out; and no more often than the rules say.
 * - An eject is carried out for the device that was read, and for no other.
 * - Times of an ending are those that passed.
 */

#ifndef TESTS_REQUEST_WATCH_H
#define TESTS_REQUEST_WATCH_H

#include "model/hotplug-request.h"

typedef enum RequestEventType {
    REQUEST_PLUG,             /* @functions: one; @visibility */
    REQUEST_UNPLUG,           /* @functions */
    REQUEST_GONE,             /* @functions, @left, @why */
    REQUEST_MOVE,             /* @guest */
    REQUEST_ASK_ANEW,         /* @guest */
    REQUEST_TIME,
    REQUEST_LISTEN,           /* @on */
    REQUEST_INDICATE,         /* @on */
    REQUEST_ACKNOWLEDGE,
    REQUEST_NOT_READY,
    REQUEST_DROPPED,
    REQUEST_MISREAD,
    REQUEST_DECLINE,
    REQUEST_CONFIGURE,        /* @functions: one */
    REQUEST_EJECT,
    REQUEST_RESTART,          /* @restart */
    REQUEST_EVENTS,
} RequestEventType;

typedef struct RequestEvent {
    RequestEventType type;
    uint8_t functions;
    uint8_t left;
    HotplugVisibility visibility;
    HotplugLeave why;
    HotplugRequestGuest guest;
    HotplugRestart restart;
    bool on;
} RequestEvent;

/*
 * RequestWatch
 *
 * @now: set by the caller; must not go back but before REQUEST_ASK_ANEW
 * @broken: the first rule that did not hold, or NULL
 * @eject: the answer to the last REQUEST_EJECT
 * @opened, @ended: requests so far
 *
 * What follows is the watch's own record, of the open request and the guest.
 *
 * @last: when the last event was
 * @cues: signals since the intervals began anew, given at the guest's cue
 * @pressed: signalled since it was queued last
 */
typedef struct RequestWatch {
    HotplugRequest request;
    HotplugRequestTiming timing;
    int64_t now;
    const char *broken;
    HotplugEject eject;
    unsigned opened;
    unsigned ended;

    HotplugRequestKind kind;
    uint8_t functions;
    uint8_t done;
    bool hidden;
    HotplugRequestGuest guest;
    int64_t last;
    int64_t asked;
    int64_t listened;
    int64_t signalled;
    unsigned cues;
    bool pressed;
    unsigned reads;
    unsigned stale;
    int64_t stale_until;
} RequestWatch;

void request_watch_start(RequestWatch *watch, HotplugRequestTiming timing,
                         HotplugRequestGuest guest);

/* Lets an event happen, and checks all rules. */
HotplugRequestEffect request_watch(RequestWatch *watch,
                                   const RequestEvent *event);

/* When the watch wants a REQUEST_TIME, or HOTPLUG_NEVER. */
int64_t request_watch_due(const RequestWatch *watch);

#endif /* TESTS_REQUEST_WATCH_H */
