/*
 * Hotplug requests of a slot, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "model/hotplug-request.h"

/*
 * A guest that was not ready is asked again at once until the time to the next
 * signal has grown to so many times the first.
 */
#define CUES_AT_ONCE  8

/* ---- what the state says ----------------------------------------------- */

static bool is_open(const HotplugRequest *request)
{
    return request->kind != HOTPLUG_REQUEST_NONE;
}

static bool is_plug(const HotplugRequest *request)
{
    return request->kind == HOTPLUG_REQUEST_PLUG;
}

static bool is_unplug(const HotplugRequest *request)
{
    return request->kind == HOTPLUG_REQUEST_UNPLUG;
}

/* Whether a signal would reach the guest, and not be misread. */
static bool is_ready(const HotplugRequest *request)
{
    return request->listening && !request->hidden &&
           (is_plug(request) || !request->busy);
}

static bool is_timed(const HotplugRequest *request)
{
    return is_open(request) && !request->hidden &&
           (request->listening || request->woken);
}

/*
 * A button pressed twice is taken back by the guest, and a plug that it has
 * seen would be an unplug: only ACPI asks again.
 */
static bool is_repeatable(const HotplugRequest *request)
{
    return request->method == HOTPLUG_METHOD_ACPI;
}

static int64_t later(int64_t time, int64_t span)
{
    return span > INT64_MAX - time ? INT64_MAX : time + span;
}

/* ---- steps that several events share ----------------------------------- */

static void account(HotplugRequest *request, int64_t now)
{
    if (now > request->since && is_timed(request)) {
        request->listened = later(request->listened, now - request->since);
    }
    request->since = now;
}

/* The next one comes later each time, and never later than @again_most. */
static void schedule(HotplugRequest *request,
                     const HotplugRequestTiming *timing, int64_t now)
{
    if (!is_repeatable(request)) {
        return;
    }
    if (!request->interval) {
        request->interval = timing->again;
    } else if (request->interval < timing->again_most / 2) {
        request->interval *= 2;
    } else {
        request->interval = timing->again_most;
    }
    request->again = later(now, request->interval);
}

static void send_signal(HotplugRequest *request,
                        const HotplugRequestTiming *timing, int64_t now,
                        HotplugRequestEffect *effect)
{
    request->state = HOTPLUG_REQUEST_SIGNALLED;
    if (request->signalled == HOTPLUG_NEVER) {
        request->signalled = now;
    }
    if (request->signals < UINT32_MAX) {
        request->signals++;
    }
    schedule(request, timing, now);
    effect->signal = true;
}

/*
 * What waits is signalled as soon as it can be.  A guest that polled has taken
 * notice already; it is signalled when it had time to answer.
 */
static void proceed(HotplugRequest *request, const HotplugRequestTiming *timing,
                    int64_t now, HotplugRequestEffect *effect)
{
    if (!is_open(request) || !is_ready(request)) {
        return;
    }
    if (request->state == HOTPLUG_REQUEST_QUEUED) {
        send_signal(request, timing, now, effect);
    } else if (request->again == HOTPLUG_NEVER) {
        schedule(request, timing, now);
    }
}

static void queue(HotplugRequest *request)
{
    request->state = HOTPLUG_REQUEST_QUEUED;
    request->again = HOTPLUG_NEVER;
}

static void open_request(HotplugRequest *request, HotplugRequestKind kind,
                         uint8_t functions, int64_t now)
{
    account(request, now);
    request->kind = kind;
    request->functions = functions;
    request->done = 0;
    request->hidden = false;
    request->late = false;
    request->overslept = false;
    request->signals = 0;
    request->asked = now;
    request->signalled = HOTPLUG_NEVER;
    request->listened = 0;
    request->interval = 0;
    queue(request);
}

static void report(HotplugRequestEffect *effect, HotplugEnding ending)
{
    if (effect->endings < HOTPLUG_ENDINGS) {
        effect->ending[effect->endings++] = ending;
    }
}

static int64_t span(int64_t from, int64_t to)
{
    return to > from ? to - from : 0;
}

/* An ending for some functions is the opposite of it for the others. */
static void end(HotplugRequest *request, HotplugOutcome outcome,
                HotplugReason reason, int64_t now, HotplugRequestEffect *effect)
{
    int64_t first = request->signalled < now ? request->signalled : now;

    report(effect, (HotplugEnding) {
        .kind = request->kind,
        .outcome = outcome,
        .reason = reason,
        .functions = request->functions,
        .completed = request->done,
        .signals = request->signals,
        .queued = span(request->asked, first),
        .signalled = span(first, now),
        .total = span(request->asked, now),
    });
    request->kind = HOTPLUG_REQUEST_NONE;
    request->state = HOTPLUG_REQUEST_IDLE;
    request->functions = 0;
    request->done = 0;
    request->hidden = false;
    request->again = HOTPLUG_NEVER;
    request->interval = 0;
}

/* Ejects that are still to come are for a device that isn't there any more. */
static void expect_stale(HotplugRequest *request,
                         const HotplugRequestTiming *timing, int64_t now)
{
    unsigned stale = request->stale_reads + request->reads;

    request->reads = 0;
    request->stale_reads = stale < UINT8_MAX ? stale : UINT8_MAX;
    request->stale_until = later(now, timing->stale);
}

static void forget_stale(HotplugRequest *request, int64_t now)
{
    if (now >= request->stale_until) {
        request->stale_reads = 0;
    }
}

/* ---- set-up and enquiry ------------------------------------------------ */

void hotplug_request_init(HotplugRequest *request, HotplugRequestGuest guest)
{
    *request = (HotplugRequest) {
        .method = guest.method,
        .listening = guest.listening,
        .busy = guest.busy,
        .woken = guest.woken,
        .signalled = HOTPLUG_NEVER,
        .again = HOTPLUG_NEVER,
    };
}

HotplugWait hotplug_request_waits_for(const HotplugRequest *request)
{
    switch ((HotplugRequestState)request->state) {
    case HOTPLUG_REQUEST_QUEUED:
        if (request->hidden) {
            return HOTPLUG_WAIT_FUNCTION_0;
        }
        return request->listening ? HOTPLUG_WAIT_INDICATOR
                                  : HOTPLUG_WAIT_LISTENING;
    case HOTPLUG_REQUEST_SIGNALLED:
        return HOTPLUG_WAIT_REACTION;
    case HOTPLUG_REQUEST_ACKNOWLEDGED:
        return is_plug(request) ? HOTPLUG_WAIT_CONFIGURATION
                                : HOTPLUG_WAIT_COMPLETION;
    case HOTPLUG_REQUEST_IDLE:
    case HOTPLUG_REQUEST_STATES:
        break;
    }
    return HOTPLUG_WAIT_NOTHING;
}

static int64_t time_out_at(const HotplugRequest *request,
                           const HotplugRequestTiming *timing)
{
    if (!timing->timeout || !is_timed(request)) {
        return HOTPLUG_NEVER;
    }
    return later(request->since, span(request->listened, timing->timeout));
}

int64_t hotplug_request_due(const HotplugRequest *request,
                            const HotplugRequestTiming *timing)
{
    int64_t limit = time_out_at(request, timing);

    return is_ready(request) && request->again < limit ? request->again : limit;
}

/* The machine's time is never negative; calculations count on that. */
static bool are_times_valid(const HotplugRequest *request)
{
    return request->asked >= 0 && request->signalled >= 0 &&
           request->listened >= 0 && request->since >= 0 &&
           request->again >= 0 && request->interval >= 0 &&
           request->stale_until >= 0;
}

bool hotplug_request_is_valid(const HotplugRequest *request)
{
    return request->kind < HOTPLUG_REQUEST_REMOVAL &&
           request->state < HOTPLUG_REQUEST_STATES &&
           (request->kind == HOTPLUG_REQUEST_NONE) ==
               (request->state == HOTPLUG_REQUEST_IDLE) &&
           is_open(request) == !!request->functions &&
           !(request->done & ~request->functions) &&
           (request->method == HOTPLUG_METHOD_ACPI ||
            request->method == HOTPLUG_METHOD_NATIVE) &&
           !(request->hidden && !(is_plug(request) &&
             request->state == HOTPLUG_REQUEST_QUEUED)) &&
           are_times_valid(request);
}

bool hotplug_request_is_of_interest(const HotplugRequest *request)
{
    return is_open(request) || request->late || request->reads ||
           request->stale_reads;
}

/* ---- the host's events ------------------------------------------------- */

bool hotplug_request_may_plug(const HotplugRequest *request)
{
    return !is_unplug(request);
}

bool hotplug_request_is_overslept(const HotplugRequest *request)
{
    return is_plug(request) && request->overslept;
}

HotplugRequestEffect hotplug_request_plug(HotplugRequest *request,
                                          const HotplugRequestTiming *timing,
                                          unsigned function,
                                          HotplugVisibility visibility,
                                          int64_t now)
{
    HotplugRequestEffect effect = { .show = visibility == HOTPLUG_VISIBLE };
    uint8_t bit = 1U << (function & 7);

    if (is_plug(request)) {
        account(request, now);
        request->functions |= bit;
        request->done &= ~bit;
        queue(request);
    } else {
        open_request(request, HOTPLUG_REQUEST_PLUG, bit, now);
    }
    request->hidden = visibility == HOTPLUG_HIDDEN;
    proceed(request, timing, now, &effect);
    return effect;
}

HotplugRequestEffect hotplug_request_unplug(HotplugRequest *request,
                                            const HotplugRequestTiming *timing,
                                            uint8_t functions, int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    if (is_unplug(request)) {
        request->functions |= functions;
        return effect;
    }
    if (is_plug(request)) {
        account(request, now);
        effect.withdraw = true;
        end(request, HOTPLUG_CANCELLED, HOTPLUG_OVERTAKEN, now, &effect);
    }
    if (functions) {
        open_request(request, HOTPLUG_REQUEST_UNPLUG, functions, now);
        effect.show = true;
        proceed(request, timing, now, &effect);
    }
    return effect;
}

static HotplugReason reason_of(HotplugLeave why)
{
    switch (why) {
    case HOTPLUG_LEAVE_GUEST:
        return HOTPLUG_REMOVED;
    case HOTPLUG_LEAVE_RESET:
        return HOTPLUG_RESET;
    case HOTPLUG_LEAVE_HOST:
        return HOTPLUG_GONE;
    case HOTPLUG_LEAVE_FAILOVER:
        return HOTPLUG_KEPT_FOR_FAILOVER;
    }
    return HOTPLUG_GONE;
}

/* The unplug ends with the last of what it is about. */
static void complete_unplug(HotplugRequest *request, uint8_t functions,
                            uint8_t left, HotplugLeave why, int64_t now,
                            HotplugRequestEffect *effect)
{
    request->done |= functions & request->functions;
    if (request->functions & left & ~request->done) {
        return;
    }
    request->done = request->functions;
    effect->withdraw = true;
    end(request, HOTPLUG_COMPLETED, reason_of(why), now, effect);
}

/* A plug goes on with the functions that are left. */
static void shrink_plug(HotplugRequest *request, uint8_t functions,
                        HotplugLeave why, int64_t now,
                        HotplugRequestEffect *effect)
{
    if (request->functions & ~functions & ~request->done) {
        request->functions &= ~functions;
        request->done &= ~functions;
        return;
    }
    effect->withdraw = true;
    end(request, HOTPLUG_CANCELLED,
        why == HOTPLUG_LEAVE_GUEST ? HOTPLUG_GUEST_REMOVED : HOTPLUG_GONE, now,
        effect);
}

static void report_removal(const HotplugRequest *request, uint8_t functions,
                           HotplugRequestEffect *effect)
{
    report(effect, (HotplugEnding) {
        .kind = HOTPLUG_REQUEST_REMOVAL,
        .outcome = HOTPLUG_COMPLETED,
        .reason = request->late ? HOTPLUG_LATE_EJECT : HOTPLUG_GUEST_REMOVED,
        .functions = functions,
        .completed = functions,
    });
}

HotplugRequestEffect hotplug_request_gone(HotplugRequest *request,
                                          const HotplugRequestTiming *timing,
                                          uint8_t functions, uint8_t left,
                                          HotplugLeave why, int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    account(request, now);
    if (is_unplug(request)) {
        complete_unplug(request, functions, left, why, now, &effect);
    } else {
        if (is_plug(request)) {
            shrink_plug(request, functions, why, now, &effect);
        }
        if (why == HOTPLUG_LEAVE_GUEST) {
            report_removal(request, functions, &effect);
        }
    }
    if (!left) {
        request->late = false;
        expect_stale(request, timing, now);
    }
    return effect;
}

HotplugRequestEffect hotplug_request_move(HotplugRequest *request,
                                          const HotplugRequestTiming *timing,
                                          HotplugRequestGuest guest,
                                          int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    account(request, now);
    if (request->method != guest.method && is_open(request)) {
        effect.withdraw = true;
        effect.show = !request->hidden;
        request->interval = 0;
        queue(request);
    }
    request->method = guest.method;
    request->listening = guest.listening;
    request->busy = guest.busy;
    request->woken = guest.woken;
    proceed(request, timing, now, &effect);
    return effect;
}

HotplugRequestEffect hotplug_request_ask_anew(
    HotplugRequest *request, const HotplugRequestTiming *timing,
    HotplugRequestGuest guest, int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    request->since = now;
    request->reads = 0;
    request->stale_reads = 0;
    request->late = false;
    if (is_open(request)) {
        request->asked = request->asked < now ? request->asked : now;
        request->interval = 0;
        queue(request);
        effect.withdraw = true;
        effect.show = !request->hidden;
    }
    request->listening = guest.listening;
    request->busy = guest.busy;
    request->woken = guest.woken;
    proceed(request, timing, now, &effect);
    return effect;
}

HotplugRequestEffect hotplug_request_time(HotplugRequest *request,
                                          const HotplugRequestTiming *timing,
                                          int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    account(request, now);
    forget_stale(request, now);
    if (timing->timeout && is_timed(request) &&
        request->listened >= timing->timeout) {
        request->late = is_unplug(request);
        effect.withdraw = true;
        end(request, HOTPLUG_TIMED_OUT,
            request->woken ? HOTPLUG_NO_WAKE_UP : HOTPLUG_NO_ANSWER, now,
            &effect);
    } else if (is_open(request) && is_ready(request) && now >= request->again) {
        send_signal(request, timing, now, &effect);
    }
    return effect;
}

/* ---- the guest's events ------------------------------------------------ */

HotplugRequestEffect hotplug_request_listen(HotplugRequest *request,
                                            const HotplugRequestTiming *timing,
                                            bool listening, int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    account(request, now);
    request->listening = listening;
    request->woken &= !listening;
    request->overslept &= !listening;
    proceed(request, timing, now, &effect);
    return effect;
}

HotplugRequestEffect hotplug_request_indicate(
    HotplugRequest *request, const HotplugRequestTiming *timing, bool busy,
    int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    account(request, now);
    request->busy = busy;
    proceed(request, timing, now, &effect);
    return effect;
}

HotplugRequestEffect hotplug_request_acknowledge(HotplugRequest *request,
                                                 int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    account(request, now);
    if (!is_open(request) || request->hidden) {
        return effect;
    }
    if (request->state == HOTPLUG_REQUEST_QUEUED &&
        request->signalled == HOTPLUG_NEVER) {
        request->signalled = now;
    }
    request->state = HOTPLUG_REQUEST_ACKNOWLEDGED;
    if (is_unplug(request) && is_repeatable(request) &&
        request->reads < UINT8_MAX) {
        request->reads++;
    }
    return effect;
}

HotplugRequestEffect hotplug_request_not_ready(
    HotplugRequest *request, const HotplugRequestTiming *timing, int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    account(request, now);
    if (request->state != HOTPLUG_REQUEST_ACKNOWLEDGED ||
        !is_repeatable(request)) {
        return effect;
    }
    effect.show = true;
    if (request->interval > CUES_AT_ONCE * timing->again) {
        request->state = HOTPLUG_REQUEST_SIGNALLED;
    } else {
        queue(request);
        proceed(request, timing, now, &effect);
    }
    return effect;
}

HotplugRequestEffect hotplug_request_dropped(HotplugRequest *request,
                                             const HotplugRequestTiming *timing,
                                             int64_t now)
{
    if (request->state == HOTPLUG_REQUEST_ACKNOWLEDGED && request->reads) {
        request->reads--;
    }
    return hotplug_request_not_ready(request, timing, now);
}

HotplugRequestEffect hotplug_request_misread(HotplugRequest *request,
                                             const HotplugRequestTiming *timing,
                                             int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    account(request, now);
    if (is_unplug(request) && !is_repeatable(request)) {
        queue(request);
        proceed(request, timing, now, &effect);
    }
    return effect;
}

HotplugRequestEffect hotplug_request_decline(HotplugRequest *request,
                                             int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    account(request, now);
    if (is_open(request)) {
        request->late = is_unplug(request);
        effect.withdraw = true;
        end(request, HOTPLUG_DECLINED, HOTPLUG_GUEST_DECLINED, now, &effect);
    }
    return effect;
}

HotplugRequestEffect hotplug_request_configure(HotplugRequest *request,
                                               unsigned function, int64_t now)
{
    HotplugRequestEffect effect = { 0 };

    if (!is_plug(request)) {
        return effect;
    }
    account(request, now);
    request->done |= request->functions & 1U << (function & 7);
    if (request->done == request->functions) {
        effect.withdraw = true;
        end(request, HOTPLUG_COMPLETED, HOTPLUG_CONFIGURED, now, &effect);
    }
    return effect;
}

HotplugEject hotplug_request_eject(HotplugRequest *request,
                                   const HotplugRequestTiming *timing,
                                   int64_t now, HotplugRequestEffect *effect)
{
    *effect = (HotplugRequestEffect) { 0 };
    forget_stale(request, now);
    if (request->stale_reads) {
        request->stale_reads--;
        *effect = hotplug_request_not_ready(request, timing, now);
        return HOTPLUG_EJECT_STALE;
    }
    if (request->reads) {
        request->reads--;
    }
    return HOTPLUG_EJECT_DEVICE;
}

HotplugRequestEffect hotplug_request_restart(HotplugRequest *request,
                                             HotplugRestart restart,
                                             int64_t now)
{
    HotplugRequestEffect effect = { 0 };
    bool cold = restart == HOTPLUG_RESTART_COLD;

    account(request, now);
    request->woken = !cold && (request->woken || request->listening);
    request->listening = false;
    request->busy = false;
    request->overslept = !cold && is_plug(request);
    if (cold) {
        request->reads = 0;
        request->stale_reads = 0;
        request->late = false;
    }
    if (is_open(request)) {
        request->interval = 0;
        queue(request);
        effect.show = !request->hidden;
    }
    return effect;
}
