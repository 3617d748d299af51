/*
 * Hotplug requests of a slot: names for messages and traces
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "model/hotplug-request.h"

const char *hotplug_request_kind_name(HotplugRequestKind kind)
{
    static const char *const names[HOTPLUG_REQUEST_KINDS] = {
        [HOTPLUG_REQUEST_NONE] = "none",
        [HOTPLUG_REQUEST_PLUG] = "plug",
        [HOTPLUG_REQUEST_UNPLUG] = "unplug",
        [HOTPLUG_REQUEST_REMOVAL] = "removal",
    };

    return names[kind];
}

const char *hotplug_request_state_name(HotplugRequestState state)
{
    static const char *const names[HOTPLUG_REQUEST_STATES] = {
        [HOTPLUG_REQUEST_IDLE] = "idle",
        [HOTPLUG_REQUEST_QUEUED] = "queued",
        [HOTPLUG_REQUEST_SIGNALLED] = "signalled",
        [HOTPLUG_REQUEST_ACKNOWLEDGED] = "acknowledged",
    };

    return names[state];
}

const char *hotplug_outcome_name(HotplugOutcome outcome)
{
    static const char *const names[HOTPLUG_OUTCOMES] = {
        [HOTPLUG_COMPLETED] = "completed",
        [HOTPLUG_DECLINED] = "declined",
        [HOTPLUG_TIMED_OUT] = "timed-out",
        [HOTPLUG_CANCELLED] = "cancelled",
    };

    return names[outcome];
}

const char *hotplug_reason_name(HotplugReason reason)
{
    static const char *const names[HOTPLUG_REASONS] = {
        [HOTPLUG_CONFIGURED] = "configured",
        [HOTPLUG_REMOVED] = "removed",
        [HOTPLUG_KEPT_FOR_FAILOVER] = "kept-for-failover",
        [HOTPLUG_GUEST_REMOVED] = "guest-removed",
        [HOTPLUG_LATE_EJECT] = "late-eject",
        [HOTPLUG_RESET] = "reset",
        [HOTPLUG_OVERTAKEN] = "overtaken",
        [HOTPLUG_GUEST_DECLINED] = "guest-declined",
        [HOTPLUG_NO_ANSWER] = "no-answer",
        [HOTPLUG_NO_WAKE_UP] = "no-answer-after-wake-up",
        [HOTPLUG_GONE] = "gone",
    };

    return names[reason];
}

const char *hotplug_wait_name(HotplugWait wait)
{
    static const char *const names[HOTPLUG_WAITS] = {
        [HOTPLUG_WAIT_NOTHING] = "nothing",
        [HOTPLUG_WAIT_FUNCTION_0] = "function-0",
        [HOTPLUG_WAIT_LISTENING] = "guest-listening",
        [HOTPLUG_WAIT_INDICATOR] = "indicator-steady",
        [HOTPLUG_WAIT_REACTION] = "guest-reaction",
        [HOTPLUG_WAIT_COMPLETION] = "guest-completion",
        [HOTPLUG_WAIT_CONFIGURATION] = "guest-configuration",
    };

    return names[wait];
}
