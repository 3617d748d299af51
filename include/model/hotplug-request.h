/*
 * Hotplug requests of a slot, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each device_add and device_del that was accepted is a request, and each
 * request ends once: docs/specs/hotplug-requests.rst.  A slot has at most one
 * open request; it is about all functions of the device that is in the slot.
 *
 *                listening, not busy           bit read, button cleared
 *     QUEUED ----------------------> SIGNALLED ------------------> ACKNOWLEDGED
 *       |  ^                            |    ^                          |
 *       |  +----- wake-up, other path --+----|------------ not ready, --+
 *       |                                    +------------ time to ask again
 *       +-----> ended (IDLE): completed, declined, timed out, cancelled
 *
 * A polling guest may acknowledge what it was not interrupted for.
 *
 * Rules of this model
 *
 * - It changes its own struct and nothing else.  What the rest of the machine
 *   must do comes back as a HotplugRequestEffect and is the caller's to carry
 *   out, in the order of its fields.
 * - Time is the caller's: milliseconds of a clock that stands still while the
 *   machine is paused.  It never goes back between two calls; if it does, the
 *   difference counts as none.
 * - An event that has no meaning in a state leaves the struct as it was.
 * - A guest that doesn't listen is not timed, and one that listens is
 *   signalled a bounded number of times in any span of time, also if it says
 *   after each that it was not ready.
 *
 * Ownership: the struct is the caller's, holds no pointers and needs no
 * clean-up.  All of it may migrate.
 */

#ifndef MODEL_HOTPLUG_REQUEST_H
#define MODEL_HOTPLUG_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "model/hotplug-mode.h"

/* These numbers migrate. */
typedef enum HotplugRequestKind {
    HOTPLUG_REQUEST_NONE = 0,
    HOTPLUG_REQUEST_PLUG = 1,
    HOTPLUG_REQUEST_UNPLUG = 2,
    HOTPLUG_REQUEST_REMOVAL = 3,    /* of endings alone: the guest's own */
    HOTPLUG_REQUEST_KINDS,
} HotplugRequestKind;

/*
 * HotplugRequestState: how far an open request is
 *
 * These numbers migrate.
 *
 * @HOTPLUG_REQUEST_IDLE: there is none
 * @HOTPLUG_REQUEST_QUEUED: accepted; the guest has not been interrupted for it
 * @HOTPLUG_REQUEST_SIGNALLED: the guest has been interrupted
 * @HOTPLUG_REQUEST_ACKNOWLEDGED: the guest has taken notice
 */
typedef enum HotplugRequestState {
    HOTPLUG_REQUEST_IDLE = 0,
    HOTPLUG_REQUEST_QUEUED = 1,
    HOTPLUG_REQUEST_SIGNALLED = 2,
    HOTPLUG_REQUEST_ACKNOWLEDGED = 3,
    HOTPLUG_REQUEST_STATES,
} HotplugRequestState;

typedef enum HotplugOutcome {
    HOTPLUG_COMPLETED,
    HOTPLUG_DECLINED,
    HOTPLUG_TIMED_OUT,
    HOTPLUG_CANCELLED,
    HOTPLUG_OUTCOMES,
} HotplugOutcome;

typedef enum HotplugReason {
    HOTPLUG_CONFIGURED,          /* completed: the guest set the device up */
    HOTPLUG_REMOVED,             /* completed: the guest gave it back */
    HOTPLUG_KEPT_FOR_FAILOVER,   /* completed: given back, failover keeps it */
    HOTPLUG_GUEST_REMOVED,       /* a removal that nobody had asked for */
    HOTPLUG_LATE_EJECT,          /* a removal after the unplug timed out */
    HOTPLUG_RESET,               /* completed: a cold reset carried it out */
    HOTPLUG_OVERTAKEN,           /* cancelled: by the opposite request */
    HOTPLUG_GUEST_DECLINED,      /* declined: the guest said so */
    HOTPLUG_NO_ANSWER,           /* timed out */
    HOTPLUG_NO_WAKE_UP,          /* timed out: not heard of since S3 */
    HOTPLUG_GONE,                /* the host took the device away otherwise */
    HOTPLUG_REASONS,
} HotplugReason;

/* What an open request waits for. */
typedef enum HotplugWait {
    HOTPLUG_WAIT_NOTHING,          /* there is none */
    HOTPLUG_WAIT_FUNCTION_0,       /* the guest can't see the device before */
    HOTPLUG_WAIT_LISTENING,        /* the guest hears of no events */
    HOTPLUG_WAIT_INDICATOR,        /* it is busy with the slot */
    HOTPLUG_WAIT_REACTION,         /* signalled; nothing seen of the guest */
    HOTPLUG_WAIT_COMPLETION,       /* it knows; the device is still there */
    HOTPLUG_WAIT_CONFIGURATION,    /* it knows; the device isn't set up yet */
    HOTPLUG_WAITS,
} HotplugWait;

/*
 * HotplugRequestTiming: of all requests of a machine, in milliseconds
 *
 * @timeout: for how long a listening guest has time; 0 for ever
 * @again: from the first signal to the second, by ACPI; each further one
 *     takes twice as long, up to @again_most
 * @stale: for how long an eject is expected whose request has ended
 */
typedef struct HotplugRequestTiming {
    int64_t timeout;
    int64_t again;
    int64_t again_most;
    int64_t stale;
} HotplugRequestTiming;

/* Some time was never. */
#define HOTPLUG_NEVER  INT64_MAX

/*
 * HotplugRequest: a slot's open request, and what is known of its guest
 *
 * @kind, @state: IDLE exactly with NONE
 * @method: who tells the guest: ACPI or native
 * @listening: the guest hears of events of this method
 * @busy: native: the power indicator blinks, a press would be misread
 * @hidden: a plug that the guest can't see: function 0 is missing
 * @woken: the guest listened before it slept, and not since it woke up
 * @overslept: the guest slept over a plug, and has not listened since; it
 *     counts for the machine's reset at wake-up, and does not migrate
 * @late: an unplug timed out, and the device is still there
 * @functions: all that the request is about, one bit each
 * @done: those of @functions that are completed
 * @signals: how often the guest was interrupted for it
 * @reads: ACPI: unplug requests that the guest read and has not ejected for,
 *     of the device that is there now
 * @stale_reads: the same, of devices that are gone
 * @asked, @signalled: when it was made, and first signalled; @signalled is
 *     HOTPLUG_NEVER before
 * @listened, @since: time during which the guest listened, up to @since
 * @again: when to signal again, or HOTPLUG_NEVER
 * @interval: what was waited last before signalling again
 * @stale_until: when @stale_reads end
 */
typedef struct HotplugRequest {
    uint8_t kind;
    uint8_t state;
    uint8_t method;
    bool listening;
    bool busy;
    bool hidden;
    bool woken;
    bool overslept;
    bool late;
    uint8_t functions;
    uint8_t done;
    uint8_t reads;
    uint8_t stale_reads;
    uint32_t signals;
    int64_t asked;
    int64_t signalled;
    int64_t listened;
    int64_t since;
    int64_t again;
    int64_t interval;
    int64_t stale_until;
} HotplugRequest;

/*
 * HotplugEnding: a request ended
 *
 * @functions: all that it was about; @completed: those for which it succeeded.
 *     The others have @outcome, which is HOTPLUG_COMPLETED if there are none
 * @queued, @signalled, @total: milliseconds until the first signal, from then
 *     on, and both together; a request that was never signalled was queued all
 *     the time
 */
typedef struct HotplugEnding {
    HotplugRequestKind kind;
    HotplugOutcome outcome;
    HotplugReason reason;
    uint8_t functions;
    uint8_t completed;
    uint32_t signals;
    int64_t queued;
    int64_t signalled;
    int64_t total;
} HotplugEnding;

#define HOTPLUG_ENDINGS  2

/*
 * HotplugRequestEffect: what the caller must do
 *
 * @withdraw: take back what the guest's registers show of the request
 * @endings, @ending: report these, in this order
 * @show: let the guest's registers show the open request, for guests that poll
 * @signal: interrupt the guest for the open request, showing it anew
 */
typedef struct HotplugRequestEffect {
    bool withdraw;
    unsigned endings;
    HotplugEnding ending[HOTPLUG_ENDINGS];
    bool show;
    bool signal;
} HotplugRequestEffect;

/* ---- set-up and enquiry ------------------------------------------------ */

/* HotplugRequestGuest: what is known of a guest, see HotplugRequest. */
typedef struct HotplugRequestGuest {
    HotplugMethod method;
    bool listening;
    bool busy;
    bool woken;
} HotplugRequestGuest;

/**
 * hotplug_request_init: a slot without request
 * @request: all of it is overwritten
 */
void hotplug_request_init(HotplugRequest *request, HotplugRequestGuest guest);

HotplugWait hotplug_request_waits_for(const HotplugRequest *request);

/**
 * hotplug_request_due: when hotplug_request_time() has something to do
 *
 * Returns HOTPLUG_NEVER if only an event can change anything.
 */
int64_t hotplug_request_due(const HotplugRequest *request,
                            const HotplugRequestTiming *timing);

/**
 * hotplug_request_is_valid: whether a request that was loaded can be one
 *
 * Of a stream that was tampered with, a caller keeps nothing else.
 */
bool hotplug_request_is_valid(const HotplugRequest *request);

/**
 * hotplug_request_is_of_interest: whether anything would be lost with it
 *
 * There is an open request, or an eject may still come that needs what is known
 * of the one before.
 */
bool hotplug_request_is_of_interest(const HotplugRequest *request);

/* Names for messages and traces, in lower case with dashes. */
const char *hotplug_request_kind_name(HotplugRequestKind kind);
const char *hotplug_request_state_name(HotplugRequestState state);
const char *hotplug_outcome_name(HotplugOutcome outcome);
const char *hotplug_reason_name(HotplugReason reason);
const char *hotplug_wait_name(HotplugWait wait);

/* ---- the host's events ------------------------------------------------- */

/* Whether the guest can find a function: not before there is function 0. */
typedef enum HotplugVisibility {
    HOTPLUG_VISIBLE,
    HOTPLUG_HIDDEN,
} HotplugVisibility;

/**
 * hotplug_request_may_plug: whether a device may come: no unplug is open
 */
bool hotplug_request_may_plug(const HotplugRequest *request);

/**
 * hotplug_request_is_overslept: whether the guest has slept over a plug, and
 * believes that the slot is as it was before
 */
bool hotplug_request_is_overslept(const HotplugRequest *request);

/**
 * hotplug_request_plug: a function came, hotplug_request_may_plug() having
 * agreed
 * @function: 0 to 7; joins an open plug
 */
HotplugRequestEffect hotplug_request_plug(HotplugRequest *request,
                                          const HotplugRequestTiming *timing,
                                          unsigned function,
                                          HotplugVisibility visibility,
                                          int64_t now);

/**
 * hotplug_request_unplug: the host wants the device back
 * @functions: all of it, one bit each
 *
 * Cancels an open plug; joins an open unplug, without another signal.
 */
HotplugRequestEffect hotplug_request_unplug(HotplugRequest *request,
                                            const HotplugRequestTiming *timing,
                                            uint8_t functions, int64_t now);

/* Why functions left, or were given back. */
typedef enum HotplugLeave {
    HOTPLUG_LEAVE_GUEST,        /* the guest ejected them or cut the power */
    HOTPLUG_LEAVE_RESET,        /* a cold reset carries out what is open */
    HOTPLUG_LEAVE_HOST,         /* the host needed nobody's consent */
    HOTPLUG_LEAVE_FAILOVER,     /* given back by the guest; they stay */
} HotplugLeave;

/**
 * hotplug_request_gone: functions left the slot, together
 * @functions: one bit each
 * @left: those that are still in the slot
 *
 * Nothing else has to be known of a removal that nobody asked for.
 */
HotplugRequestEffect hotplug_request_gone(HotplugRequest *request,
                                          const HotplugRequestTiming *timing,
                                          uint8_t functions, uint8_t left,
                                          HotplugLeave why, int64_t now);

/**
 * hotplug_request_move: another method tells the guest from now on
 */
HotplugRequestEffect hotplug_request_move(HotplugRequest *request,
                                          const HotplugRequestTiming *timing,
                                          HotplugRequestGuest guest,
                                          int64_t now);

/**
 * hotplug_request_ask_anew: the guest was replaced by an earlier one
 *
 * A snapshot was loaded: what is open, the guest has not been asked for, and
 * what the slot shows was shown at another time.
 */
HotplugRequestEffect hotplug_request_ask_anew(
    HotplugRequest *request, const HotplugRequestTiming *timing,
    HotplugRequestGuest guest, int64_t now);

/**
 * hotplug_request_time: time has passed
 */
HotplugRequestEffect hotplug_request_time(HotplugRequest *request,
                                          const HotplugRequestTiming *timing,
                                          int64_t now);

/* ---- the guest's events ------------------------------------------------ */

/**
 * hotplug_request_listen: the guest hears of events from now on, or no more
 */
HotplugRequestEffect hotplug_request_listen(HotplugRequest *request,
                                            const HotplugRequestTiming *timing,
                                            bool listening, int64_t now);

/**
 * hotplug_request_indicate: the power indicator blinks from now on, or no more
 */
HotplugRequestEffect hotplug_request_indicate(
    HotplugRequest *request, const HotplugRequestTiming *timing, bool busy,
    int64_t now);

/**
 * hotplug_request_acknowledge: the guest took notice of the open request
 *
 * It read the slot's bit, cleared the button's event or began to blink.
 */
HotplugRequestEffect hotplug_request_acknowledge(HotplugRequest *request,
                                                 int64_t now);

/**
 * hotplug_request_not_ready: the guest may have dropped what it had read: it
 * has looked for slots since
 *
 * It is signalled again at once, unless it said so too often already: then when
 * the time has come.
 */
HotplugRequestEffect hotplug_request_not_ready(
    HotplugRequest *request, const HotplugRequestTiming *timing, int64_t now);

/**
 * hotplug_request_dropped: the guest said that it dropped what it had read
 * (ACPI 6.5, 6.3.5): no eject will come of that
 */
HotplugRequestEffect hotplug_request_dropped(HotplugRequest *request,
                                             const HotplugRequestTiming *timing,
                                             int64_t now);

/**
 * hotplug_request_misread: the guest took the press for something else, which
 * it has done: it has to be asked anew
 */
HotplugRequestEffect hotplug_request_misread(HotplugRequest *request,
                                             const HotplugRequestTiming *timing,
                                             int64_t now);

/**
 * hotplug_request_decline: there is evidence that the guest refuses
 */
HotplugRequestEffect hotplug_request_decline(HotplugRequest *request,
                                             int64_t now);

/**
 * hotplug_request_configure: the guest set a function up
 */
HotplugRequestEffect hotplug_request_configure(HotplugRequest *request,
                                               unsigned function, int64_t now);

typedef enum HotplugEject {
    HOTPLUG_EJECT_DEVICE,     /* carry it out, then hotplug_request_gone() */
    HOTPLUG_EJECT_STALE,      /* meant for a device that is gone: ignore it */
} HotplugEject;

/**
 * hotplug_request_eject: the guest ejects the slot (ACPI 6.5, 6.3.3)
 * @effect: what else has to be done, if it is stale
 *
 * An eject belongs to the device that was there when the guest read the request
 * for it; one without any reading is the guest's own.
 */
HotplugEject hotplug_request_eject(HotplugRequest *request,
                                   const HotplugRequestTiming *timing,
                                   int64_t now, HotplugRequestEffect *effect);

typedef enum HotplugRestart {
    HOTPLUG_RESTART_COLD,       /* the guest starts anew */
    HOTPLUG_RESTART_WAKE_UP,    /* it goes on after suspend to RAM */
} HotplugRestart;

/**
 * hotplug_request_restart: the machine was reset
 *
 * Before a cold one the caller has removed what an open unplug is about.
 */
HotplugRequestEffect hotplug_request_restart(HotplugRequest *request,
                                             HotplugRestart restart,
                                             int64_t now);

#endif /* MODEL_HOTPLUG_REQUEST_H */
