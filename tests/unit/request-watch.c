/*
 * Hotplug requests of a slot, and what must hold after each event
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "request-watch.h"

/* Four by the rule, and one of a request that was polled before any signal. */
#define MOST_CUES   5
#define MOST_READS  UINT8_MAX
#define LONG_AGO    (INT64_MIN / 2)

static void expect(RequestWatch *watch, bool holds, const char *rule)
{
    if (!holds && !watch->broken) {
        watch->broken = rule;
    }
}

void request_watch_start(RequestWatch *watch, HotplugRequestTiming timing,
                         HotplugRequestGuest guest)
{
    *watch = (RequestWatch) { .timing = timing, .guest = guest };
    hotplug_request_init(&watch->request, guest);
}

int64_t request_watch_due(const RequestWatch *watch)
{
    return hotplug_request_due(&watch->request, &watch->timing);
}

/* ---- the model --------------------------------------------------------- */

static unsigned lowest(uint8_t functions)
{
    return functions ? __builtin_ctz(functions) : 0;
}

static HotplugRequestEffect host_event(RequestWatch *watch,
                                       const RequestEvent *event)
{
    HotplugRequest *request = &watch->request;
    const HotplugRequestTiming *timing = &watch->timing;

    switch (event->type) {
    case REQUEST_PLUG:
        return hotplug_request_plug(request, timing, lowest(event->functions),
                                    event->visibility, watch->now);
    case REQUEST_UNPLUG:
        return hotplug_request_unplug(request, timing, event->functions,
                                      watch->now);
    case REQUEST_GONE:
        return hotplug_request_gone(request, timing, event->functions,
                                    event->left, event->why, watch->now);
    case REQUEST_MOVE:
        return hotplug_request_move(request, timing, event->guest, watch->now);
    case REQUEST_ASK_ANEW:
        return hotplug_request_ask_anew(request, timing, event->guest,
                                        watch->now);
    default:
        return hotplug_request_time(request, timing, watch->now);
    }
}

static HotplugRequestEffect guest_event(RequestWatch *watch,
                                        const RequestEvent *event)
{
    HotplugRequest *request = &watch->request;
    const HotplugRequestTiming *timing = &watch->timing;
    HotplugRequestEffect effect;

    switch (event->type) {
    case REQUEST_LISTEN:
        return hotplug_request_listen(request, timing, event->on, watch->now);
    case REQUEST_INDICATE:
        return hotplug_request_indicate(request, timing, event->on,
                                        watch->now);
    case REQUEST_ACKNOWLEDGE:
        return hotplug_request_acknowledge(request, watch->now);
    case REQUEST_NOT_READY:
        return hotplug_request_not_ready(request, timing, watch->now);
    case REQUEST_DROPPED:
        return hotplug_request_dropped(request, timing, watch->now);
    case REQUEST_MISREAD:
        return hotplug_request_misread(request, timing, watch->now);
    case REQUEST_DECLINE:
        return hotplug_request_decline(request, watch->now);
    case REQUEST_CONFIGURE:
        return hotplug_request_configure(request, lowest(event->functions),
                                         watch->now);
    case REQUEST_EJECT:
        watch->eject = hotplug_request_eject(request, timing, watch->now,
                                             &effect);
        return effect;
    default:
        return hotplug_request_restart(request, event->restart, watch->now);
    }
}

/* ---- the record -------------------------------------------------------- */

static bool is_timed(const RequestWatch *watch)
{
    return watch->kind && !watch->hidden &&
           (watch->guest.listening || watch->guest.woken);
}

static bool is_ready(const RequestWatch *watch)
{
    return watch->kind && !watch->hidden && watch->guest.listening &&
           !(watch->guest.busy && watch->kind == HOTPLUG_REQUEST_UNPLUG);
}

static bool is_acpi(const RequestWatch *watch)
{
    return watch->guest.method == HOTPLUG_METHOD_ACPI;
}

static void pass_time(RequestWatch *watch)
{
    if (watch->now > watch->last && is_timed(watch)) {
        watch->listened += watch->now - watch->last;
    }
    watch->last = watch->now;
}

static void begin_anew(RequestWatch *watch)
{
    watch->cues = 0;
    watch->pressed = false;
    watch->signalled = LONG_AGO;
}

static void open_one(RequestWatch *watch, HotplugRequestKind kind,
                     uint8_t functions)
{
    watch->opened++;
    watch->kind = kind;
    watch->functions = functions;
    watch->done = 0;
    watch->hidden = false;
    watch->asked = watch->now;
    watch->listened = 0;
    begin_anew(watch);
}

static void record_asked(RequestWatch *watch, const RequestEvent *event)
{
    if (event->type == REQUEST_PLUG) {
        if (watch->kind == HOTPLUG_REQUEST_PLUG) {
            watch->functions |= event->functions;
            watch->done &= ~event->functions;
            watch->pressed = false;
        } else {
            open_one(watch, HOTPLUG_REQUEST_PLUG, event->functions);
        }
        watch->hidden = event->visibility == HOTPLUG_HIDDEN;
    } else if (event->type == REQUEST_UNPLUG) {
        if (watch->kind == HOTPLUG_REQUEST_UNPLUG) {
            watch->functions |= event->functions;
        } else if (event->functions) {
            open_one(watch, HOTPLUG_REQUEST_UNPLUG, event->functions);
        }
    }
}

/* A plug goes on with what is left; an unplug has done that part. */
static void record_gone(RequestWatch *watch, const RequestEvent *event)
{
    if (watch->kind == HOTPLUG_REQUEST_UNPLUG) {
        watch->done |= event->functions & watch->functions;
    } else {
        watch->functions &= ~event->functions;
        watch->done &= ~event->functions;
    }
}

static void record_reads(RequestWatch *watch, const RequestEvent *event)
{
    bool timed = event->type == REQUEST_TIME || event->type == REQUEST_EJECT;

    if (timed && watch->now >= watch->stale_until) {
        watch->stale = 0;
    }
    if (event->type == REQUEST_GONE && !event->left) {
        watch->stale += watch->reads;
        watch->stale = watch->stale < MOST_READS ? watch->stale : MOST_READS;
        watch->stale_until = watch->now + watch->timing.stale;
        watch->reads = 0;
    } else if (event->type == REQUEST_ACKNOWLEDGE && is_acpi(watch) &&
               watch->kind == HOTPLUG_REQUEST_UNPLUG &&
               watch->reads < MOST_READS) {
        watch->reads++;
    } else if (event->type == REQUEST_ASK_ANEW ||
               (event->type == REQUEST_RESTART &&
                event->restart == HOTPLUG_RESTART_COLD)) {
        watch->reads = 0;
        watch->stale = 0;
    }
}

static void record_guest(RequestWatch *watch, const RequestEvent *event)
{
    HotplugRequestGuest *guest = &watch->guest;

    switch (event->type) {
    case REQUEST_LISTEN:
        guest->listening = event->on;
        guest->woken &= !event->on;
        break;
    case REQUEST_INDICATE:
        guest->busy = event->on;
        break;
    case REQUEST_RESTART:
        guest->woken = event->restart == HOTPLUG_RESTART_WAKE_UP &&
                       (guest->woken || guest->listening);
        guest->listening = false;
        guest->busy = false;
        begin_anew(watch);
        break;
    case REQUEST_MOVE:
        if (guest->method != event->guest.method) {
            begin_anew(watch);
        }
        *guest = event->guest;
        break;
    case REQUEST_ASK_ANEW:
        begin_anew(watch);
        guest->listening = event->guest.listening;
        guest->busy = event->guest.busy;
        guest->woken = event->guest.woken;
        watch->asked = watch->asked < watch->now ? watch->asked : watch->now;
        watch->listened = watch->request.listened;
        break;
    case REQUEST_MISREAD:
        watch->pressed = false;
        break;
    default:
        break;
    }
}

/* ---- endings ----------------------------------------------------------- */

/* Whether an event can end a request so. */
static bool can_end(const RequestWatch *watch, const RequestEvent *event,
                    const HotplugEnding *ending)
{
    bool plug = ending->kind == HOTPLUG_REQUEST_PLUG;

    switch (ending->outcome) {
    case HOTPLUG_COMPLETED:
        return plug ? event->type == REQUEST_CONFIGURE
                    : event->type == REQUEST_GONE;
    case HOTPLUG_DECLINED:
        return event->type == REQUEST_DECLINE;
    case HOTPLUG_TIMED_OUT:
        return event->type == REQUEST_TIME && watch->timing.timeout &&
               watch->listened >= watch->timing.timeout;
    case HOTPLUG_CANCELLED:
        return plug && (event->type == REQUEST_UNPLUG ||
                        event->type == REQUEST_GONE);
    default:
        return false;
    }
}

static void check_removal(RequestWatch *watch, const RequestEvent *event,
                          const HotplugEnding *ending)
{
    expect(watch, event->type == REQUEST_GONE &&
                  event->why == HOTPLUG_LEAVE_GUEST &&
                  watch->kind != HOTPLUG_REQUEST_UNPLUG,
           "a removal is the guest's own");
    expect(watch, ending->functions == event->functions &&
                  ending->completed == event->functions,
           "a removal is of what left");
}

static void check_ending(RequestWatch *watch, const RequestEvent *event,
                         const HotplugEnding *ending)
{
    expect(watch, ending->kind == watch->kind, "each request ends once");
    expect(watch, can_end(watch, event, ending),
           "a request ends for a reason that the event gives");
    expect(watch, !(ending->completed & ~ending->functions),
           "what is completed was asked for");
    expect(watch, (ending->completed == ending->functions) ==
                  (ending->outcome == HOTPLUG_COMPLETED) ||
                  ending->outcome != HOTPLUG_COMPLETED,
           "completed means all functions");
    expect(watch, ending->functions &&
                  (event->type == REQUEST_GONE ||
                   (ending->functions == watch->functions)),
           "a request ends with all that it was about");
    expect(watch, ending->total == watch->now - watch->asked,
           "a request took the time that passed");
    expect(watch, ending->queued >= 0 && ending->signalled >= 0 &&
                  ending->queued + ending->signalled == ending->total,
           "times add up");
    watch->ended++;
    watch->kind = HOTPLUG_REQUEST_NONE;
}

static void check_endings(RequestWatch *watch, const RequestEvent *event,
                          const HotplugRequestEffect *effect)
{
    expect(watch, effect->endings <= HOTPLUG_ENDINGS, "endings have room");
    for (unsigned i = 0; i < effect->endings; i++) {
        if (effect->ending[i].kind == HOTPLUG_REQUEST_REMOVAL) {
            check_removal(watch, event, &effect->ending[i]);
        } else {
            check_ending(watch, event, &effect->ending[i]);
            expect(watch, effect->withdraw,
                   "what has ended is not shown any more");
        }
    }
}

/* ---- signals ----------------------------------------------------------- */

static bool is_cue(const RequestEvent *event)
{
    return event->type == REQUEST_NOT_READY || event->type == REQUEST_DROPPED ||
           event->type == REQUEST_EJECT;
}

static void check_signal(RequestWatch *watch, const RequestEvent *event)
{
    expect(watch, is_ready(watch), "only a guest that is ready is signalled");
    expect(watch, watch->request.state == HOTPLUG_REQUEST_SIGNALLED,
           "a signal makes it signalled");
    if (event->type == REQUEST_TIME) {
        expect(watch, is_acpi(watch), "a button is not pressed by a timer");
        expect(watch, watch->now - watch->signalled >= watch->timing.again,
               "signals keep their distance");
    }
    if (is_cue(event)) {
        watch->cues++;
        expect(watch, is_acpi(watch) && watch->cues <= MOST_CUES,
               "signals at a cue are bounded");
    }
    expect(watch, is_acpi(watch) || !watch->pressed,
           "a button is pressed once");
    watch->pressed = true;
    watch->signalled = watch->now;
}

static void check_effect(RequestWatch *watch, const RequestEvent *event,
                         const HotplugRequestEffect *effect, bool was_open)
{
    expect(watch, !effect->withdraw || was_open,
           "there is something to withdraw");
    expect(watch, watch->kind || !(effect->show || effect->signal),
           "what has ended has no effect");
    expect(watch, !(watch->hidden && (effect->show || effect->signal)),
           "nobody can see a part");
    if (effect->signal) {
        check_signal(watch, event);
    }
}

/* ---- at rest ----------------------------------------------------------- */

/* Nothing waits that could go on, and nothing is forgotten. */
static void check_rest(RequestWatch *watch, const RequestEvent *event)
{
    int64_t due = request_watch_due(watch);

    expect(watch, hotplug_request_is_valid(&watch->request),
           "a request can be one");
    expect(watch, watch->request.kind == watch->kind,
           "no request is lost, and none comes from nowhere");
    expect(watch, !watch->kind || watch->request.functions == watch->functions,
           "a request is about what was asked for");
    expect(watch, !is_ready(watch) ||
                  watch->request.state != HOTPLUG_REQUEST_QUEUED,
           "what can be signalled is");
    expect(watch, !is_timed(watch) || !watch->timing.timeout ||
                  due <= watch->now + watch->timing.timeout - watch->listened,
           "a guest that listens has so much time");
    expect(watch, watch->kind || due == HOTPLUG_NEVER,
           "nothing is due without a request");
    expect(watch, event->type != REQUEST_TIME || due > watch->now,
           "time passes between signals");
    expect(watch, !is_ready(watch) || !is_acpi(watch) ||
                  due <= watch->now + watch->timing.again_most,
           "a guest that is silent is signalled again");
}

static void check_eject(RequestWatch *watch, const RequestEvent *event)
{
    if (event->type != REQUEST_EJECT) {
        return;
    }
    expect(watch, (watch->eject == HOTPLUG_EJECT_STALE) == !!watch->stale,
           "an eject is for the device that was read");
    if (watch->stale) {
        watch->stale--;
    } else if (watch->reads) {
        watch->reads--;
    }
}

/* ---- an event ---------------------------------------------------------- */

HotplugRequestEffect request_watch(RequestWatch *watch,
                                   const RequestEvent *event)
{
    bool was_open = watch->kind != HOTPLUG_REQUEST_NONE;
    bool was_read = watch->request.state == HOTPLUG_REQUEST_ACKNOWLEDGED;
    HotplugRequestEffect effect;

    if (event->type != REQUEST_ASK_ANEW) {
        pass_time(watch);
    }
    watch->last = watch->now;
    effect = event->type < REQUEST_LISTEN ? host_event(watch, event)
                                          : guest_event(watch, event);
    record_reads(watch, event);
    if (event->type == REQUEST_DROPPED && was_read && watch->reads) {
        watch->reads--;
    }
    check_endings(watch, event, &effect);
    record_asked(watch, event);
    if (event->type == REQUEST_GONE && watch->kind) {
        record_gone(watch, event);
    }
    record_guest(watch, event);
    check_eject(watch, event);
    check_effect(watch, event, &effect, was_open);
    check_rest(watch, event);
    return effect;
}
