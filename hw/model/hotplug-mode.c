/*
 * PCI hotplug modes, and how a guest's choice between two methods is known
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>

#include "model/hotplug-mode.h"

#define OSC_HOST_MASK     UINT32_C(0xff)
#define OSC_CONTROL_MASK  UINT32_C(0xff)
#define OSC_QUERY         (UINT32_C(1) << HOTPLUG_OSC_QUERY_SHIFT)
#define OSC_ALL_BITS      (OSC_HOST_MASK | OSC_QUERY | \
                           OSC_CONTROL_MASK << HOTPLUG_OSC_CONTROL_SHIFT)

const HotplugModeRules *hotplug_mode_rules(HotplugMode mode)
{
    static const HotplugModeRules rules[HOTPLUG_MODES] = {
        [HOTPLUG_MODE_ACPI] = {
            .name = "acpi",
            .slots_in_tables = true,
            .grants_shpc = true,
            .ports_capable = true,
        },
        [HOTPLUG_MODE_NATIVE] = {
            .name = "native",
            .grants_native = true,
            .grants_shpc = true,
            .ports_capable = true,
        },
        [HOTPLUG_MODE_AUTO] = {
            .name = "auto",
            .slots_in_tables = true,
            .grants_native = true,
            .grants_shpc = true,
            .ports_capable = true,
        },
        [HOTPLUG_MODE_NONE] = {
            .name = "none",
        },
        [HOTPLUG_MODE_Q35_6_1] = {
            .name = "acpi",
            .slots_in_tables = true,
            .grants_shpc = true,
        },
    };

    return &rules[mode];
}

const char *hotplug_method_name(HotplugMethod method)
{
    static const char *const names[HOTPLUG_METHODS] = {
        [HOTPLUG_METHOD_NONE] = "none",
        [HOTPLUG_METHOD_ACPI] = "acpi",
        [HOTPLUG_METHOD_NATIVE] = "native",
    };

    return names[method];
}

const char *hotplug_evidence_name(HotplugEvidence evidence)
{
    static const char *const names[HOTPLUG_EVIDENCES] = {
        [HOTPLUG_COMMITTED] = "committed",
        [HOTPLUG_INFERRED] = "inferred",
        [HOTPLUG_UNKNOWN] = "unknown",
    };

    return names[evidence];
}

/* ---- reports of _OSC --------------------------------------------------- */

HotplugOscReport hotplug_osc_report(uint32_t value)
{
    return (HotplugOscReport) {
        .valid = !(value & ~OSC_ALL_BITS),
        .query = value & OSC_QUERY,
        .host = value & OSC_HOST_MASK,
        .control = value >> HOTPLUG_OSC_CONTROL_SHIFT & OSC_CONTROL_MASK,
    };
}

HotplugNegotiationEvent hotplug_osc_event(const HotplugOscReport *report)
{
    return report->control & HOTPLUG_OSC_NATIVE ? HOTPLUG_COMMIT_NATIVE
                                                : HOTPLUG_COMMIT_WITHOUT;
}

/* ---- negotiation ------------------------------------------------------- */

/*
 * The event of ACPI's registers is enabled by guests that go on to take native
 * hotplug, too, and before they do: it says something only as long as nothing
 * else is known.
 */
static HotplugChoice after_gpe(const HotplugNegotiation *negotiation)
{
    bool tells = hotplug_mode_rules(negotiation->mode)->slots_in_tables &&
                 negotiation->choice == HOTPLUG_CHOICE_OPEN;

    return tells ? HOTPLUG_CHOICE_ACPI_INFERRED : negotiation->choice;
}

/*
 * A guest that enables a slot's interrupts serves it, whatever it committed
 * itself to before: a kernel may have been started that knows no ACPI.
 */
static HotplugChoice after_slot(const HotplugNegotiation *negotiation)
{
    bool tells = negotiation->mode != HOTPLUG_MODE_NONE &&
                 negotiation->choice != HOTPLUG_CHOICE_NATIVE;

    return tells ? HOTPLUG_CHOICE_NATIVE_INFERRED : negotiation->choice;
}

static HotplugChoice choice_after(const HotplugNegotiation *negotiation,
                                  HotplugNegotiationEvent event)
{
    switch (event) {
    case HOTPLUG_GPE_ENABLED:
        return after_gpe(negotiation);
    case HOTPLUG_SLOT_ENABLED:
        return after_slot(negotiation);
    case HOTPLUG_COMMIT_WITHOUT:
        return HOTPLUG_CHOICE_WITHOUT_NATIVE;
    case HOTPLUG_COMMIT_NATIVE:
        return HOTPLUG_CHOICE_NATIVE;
    case HOTPLUG_COLD_RESET:
        return HOTPLUG_CHOICE_OPEN;
    case HOTPLUG_WAKE_UP:
    case HOTPLUG_NEGOTIATION_EVENTS:
        break;
    }
    return negotiation->choice;
}

/*
 * Requests follow the method.  They also move when ACPI turns from a place to
 * wait into the method: nobody has been told of them before.  A cold reset
 * moves none; it has rules of its own for what is open.
 */
static HotplugMove move_after(const HotplugNegotiation *before,
                              const HotplugNegotiation *after,
                              HotplugNegotiationEvent event)
{
    HotplugMethod method = hotplug_request_method(after);
    bool waited = before->choice == HOTPLUG_CHOICE_OPEN;

    if (after->mode != HOTPLUG_MODE_AUTO || event == HOTPLUG_COLD_RESET ||
        before->choice == after->choice) {
        return HOTPLUG_MOVE_NOTHING;
    }
    if (method == hotplug_request_method(before) && !waited) {
        return HOTPLUG_MOVE_NOTHING;
    }
    return method == HOTPLUG_METHOD_NATIVE ? HOTPLUG_MOVE_TO_NATIVE
                                           : HOTPLUG_MOVE_TO_ACPI;
}

HotplugNegotiationEffect hotplug_negotiate(HotplugNegotiation *negotiation,
                                           HotplugNegotiationEvent event)
{
    const HotplugNegotiation before = *negotiation;

    if (event == HOTPLUG_COMMIT_NATIVE &&
        !hotplug_mode_rules(negotiation->mode)->grants_native) {
        return (HotplugNegotiationEffect) { .refused = true };
    }
    negotiation->choice = choice_after(&before, event);
    return (HotplugNegotiationEffect) {
        .changed = negotiation->choice != before.choice,
        .move = move_after(&before, negotiation, event),
    };
}

HotplugMethod hotplug_request_method(const HotplugNegotiation *negotiation)
{
    const HotplugModeRules *rules = hotplug_mode_rules(negotiation->mode);

    if (negotiation->mode != HOTPLUG_MODE_AUTO) {
        return rules->slots_in_tables ? HOTPLUG_METHOD_ACPI :
               rules->grants_native ? HOTPLUG_METHOD_NATIVE :
                                      HOTPLUG_METHOD_NONE;
    }
    switch (negotiation->choice) {
    case HOTPLUG_CHOICE_NATIVE_INFERRED:
    case HOTPLUG_CHOICE_NATIVE:
        return HOTPLUG_METHOD_NATIVE;
    case HOTPLUG_CHOICE_OPEN:
    case HOTPLUG_CHOICE_ACPI_INFERRED:
    case HOTPLUG_CHOICE_WITHOUT_NATIVE:
    case HOTPLUG_CHOICES:
        break;
    }
    return HOTPLUG_METHOD_ACPI;
}

HotplugMethod hotplug_guest_method(const HotplugNegotiation *negotiation)
{
    switch (negotiation->choice) {
    case HOTPLUG_CHOICE_NATIVE_INFERRED:
    case HOTPLUG_CHOICE_NATIVE:
        return HOTPLUG_METHOD_NATIVE;
    case HOTPLUG_CHOICE_ACPI_INFERRED:
        return HOTPLUG_METHOD_ACPI;
    case HOTPLUG_CHOICE_WITHOUT_NATIVE:
        return hotplug_mode_rules(negotiation->mode)->slots_in_tables ?
               HOTPLUG_METHOD_ACPI : HOTPLUG_METHOD_NONE;
    case HOTPLUG_CHOICE_OPEN:
    case HOTPLUG_CHOICES:
        break;
    }
    return HOTPLUG_METHOD_NONE;
}

HotplugEvidence hotplug_guest_evidence(const HotplugNegotiation *negotiation)
{
    switch (negotiation->choice) {
    case HOTPLUG_CHOICE_WITHOUT_NATIVE:
    case HOTPLUG_CHOICE_NATIVE:
        return HOTPLUG_COMMITTED;
    case HOTPLUG_CHOICE_ACPI_INFERRED:
    case HOTPLUG_CHOICE_NATIVE_INFERRED:
        return HOTPLUG_INFERRED;
    case HOTPLUG_CHOICE_OPEN:
    case HOTPLUG_CHOICES:
        break;
    }
    return HOTPLUG_UNKNOWN;
}
