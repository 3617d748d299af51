/*
 * PCI hotplug modes, and how a guest's choice between two methods is known
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A mode belongs to a host bridge.  It says which methods of hotplug the guest
 * is offered: ACPI's slots and registers (docs/specs/acpi-pcihp.rst), or the
 * native controller of each PCI Express port.  The guest takes native hotplug
 * by evaluating _OSC (PCI Firmware Specification 3.2, 4.5); guests that never
 * evaluate it show by other acts what they use.  A negotiation gathers this
 * evidence, and says which method serves a request.
 *
 * Rules of this model
 *
 * - It changes its own struct and nothing else.  What else has to happen comes
 *   back as a HotplugNegotiationEffect and is the caller's to carry out.
 * - An event that the mode gives no meaning to, and a report that claims what
 *   was not granted, leave the state as it was.
 *
 * Ownership: the struct is the caller's, holds no pointers and needs no
 * clean-up.  Of its fields @choice migrates; @mode is the machine's.
 */

#ifndef MODEL_HOTPLUG_MODE_H
#define MODEL_HOTPLUG_MODE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * HotplugMode: what the guest is offered
 *
 * The first four can be asked for, by hotplug_mode_rules()->name.
 *
 * @HOTPLUG_MODE_ACPI: ACPI; the ports look capable, _OSC keeps them
 * @HOTPLUG_MODE_NATIVE: each port's own controller
 * @HOTPLUG_MODE_AUTO: both; the guest chooses
 * @HOTPLUG_MODE_NONE: nothing
 * @HOTPLUG_MODE_Q35_6_1: ACPI, with ports that hide what they can: machine type
 *                        pc-q35-6.1
 */
typedef enum HotplugMode {
    HOTPLUG_MODE_ACPI,
    HOTPLUG_MODE_NATIVE,
    HOTPLUG_MODE_AUTO,
    HOTPLUG_MODE_NONE,
    HOTPLUG_MODE_Q35_6_1,
    HOTPLUG_MODES,
} HotplugMode;

/*
 * HotplugModeRules: a row of the table of modes
 *
 * @name: as users write it
 * @slots_in_tables: the DSDT has the slots, and the registers are there
 * @grants_native: _OSC lets the guest have native PCI Express hotplug
 * @grants_shpc: _OSC lets the guest have the Standard Hot-Plug Controllers
 * @ports_capable: ports that the machine starts with have the Hot-Plug Capable
 *                 bit (PCI Express Base Specification 4.0, 7.5.3.9)
 */
typedef struct HotplugModeRules {
    const char *name;
    bool slots_in_tables;
    bool grants_native;
    bool grants_shpc;
    bool ports_capable;
} HotplugModeRules;

/* Who tells the guest of a plug or unplug request. */
typedef enum HotplugMethod {
    HOTPLUG_METHOD_NONE,
    HOTPLUG_METHOD_ACPI,
    HOTPLUG_METHOD_NATIVE,
    HOTPLUG_METHODS,
} HotplugMethod;

/* How well the method that a guest uses is known, from best to not at all. */
typedef enum HotplugEvidence {
    HOTPLUG_COMMITTED,    /* _OSC reported it */
    HOTPLUG_INFERRED,     /* from what the guest enabled */
    HOTPLUG_UNKNOWN,
    HOTPLUG_EVIDENCES,
} HotplugEvidence;

/*
 * HotplugChoice: what the guest has shown so far
 *
 * These numbers migrate.
 *
 * @HOTPLUG_CHOICE_OPEN: nothing
 * @HOTPLUG_CHOICE_ACPI_INFERRED: it enabled the ACPI hotplug event
 * @HOTPLUG_CHOICE_NATIVE_INFERRED: it enabled the interrupts of a slot
 * @HOTPLUG_CHOICE_WITHOUT_NATIVE: _OSC was committed without native hotplug
 * @HOTPLUG_CHOICE_NATIVE: _OSC was committed with it
 */
typedef enum HotplugChoice {
    HOTPLUG_CHOICE_OPEN = 0,
    HOTPLUG_CHOICE_ACPI_INFERRED = 1,
    HOTPLUG_CHOICE_NATIVE_INFERRED = 2,
    HOTPLUG_CHOICE_WITHOUT_NATIVE = 3,
    HOTPLUG_CHOICE_NATIVE = 4,
    HOTPLUG_CHOICES,
} HotplugChoice;

/* What happens to a negotiation. */
typedef enum HotplugNegotiationEvent {
    HOTPLUG_GPE_ENABLED,         /* the guest enabled the ACPI hotplug event */
    HOTPLUG_SLOT_ENABLED,        /* it enabled the interrupts of a slot */
    HOTPLUG_COMMIT_WITHOUT,      /* _OSC: committed without native hotplug */
    HOTPLUG_COMMIT_NATIVE,       /* _OSC: committed with native hotplug */
    HOTPLUG_COLD_RESET,          /* the guest starts anew */
    HOTPLUG_WAKE_UP,             /* it goes on after suspend to RAM */
    HOTPLUG_NEGOTIATION_EVENTS,
} HotplugNegotiationEvent;

/*
 * HotplugNegotiation: one host bridge's
 *
 * @mode: of the host bridge
 * @choice: of the guest
 */
typedef struct HotplugNegotiation {
    HotplugMode mode;
    HotplugChoice choice;
} HotplugNegotiation;

/*
 * HotplugMove: what to do with requests that the guest has not answered
 *
 * @HOTPLUG_MOVE_NOTHING: leave them where they are
 * @HOTPLUG_MOVE_TO_ACPI: take them from the slots, and signal them by ACPI,
 *     those that are in ACPI's registers already included
 * @HOTPLUG_MOVE_TO_NATIVE: take them from ACPI's registers to the slots
 */
typedef enum HotplugMove {
    HOTPLUG_MOVE_NOTHING,
    HOTPLUG_MOVE_TO_ACPI,
    HOTPLUG_MOVE_TO_NATIVE,
} HotplugMove;

/*
 * HotplugNegotiationEffect: what came of an event
 *
 * @changed: the choice is another one
 * @refused: the event claims what the mode does not grant; nothing changed
 * @move: what to do with open requests
 */
typedef struct HotplugNegotiationEffect {
    bool changed;
    bool refused;
    HotplugMove move;
} HotplugNegotiationEffect;

/*
 * What _OSC writes to the OSC register, 32 bits:
 *
 *   7:0    _UID of the host bridge
 *   15:8   control bits that it returns (DWORD 3, bits 7:0)
 *   16     the guest asked only (query bit of DWORD 1): nothing is committed
 *   31:17  0
 */
#define HOTPLUG_OSC_CONTROL_SHIFT   8
#define HOTPLUG_OSC_QUERY_SHIFT     16

/* Control bits (PCI Firmware Specification 3.2, table 4-5). */
#define HOTPLUG_OSC_NATIVE          0x01
#define HOTPLUG_OSC_SHPC            0x02

/* How many host bridges a report can tell apart. */
#define HOTPLUG_OSC_HOSTS           256

/*
 * HotplugOscReport: a write to the OSC register
 *
 * @valid: no reserved bit is set
 * @query: the guest asked, and has not committed itself
 * @host: _UID of the host bridge
 * @control: what the guest got
 */
typedef struct HotplugOscReport {
    bool valid;
    bool query;
    uint8_t host;
    uint8_t control;
} HotplugOscReport;

/**
 * hotplug_mode_rules: the row of a mode
 * @mode: below HOTPLUG_MODES
 */
const HotplugModeRules *hotplug_mode_rules(HotplugMode mode);

/**
 * hotplug_method_name, hotplug_evidence_name: for messages and traces
 */
const char *hotplug_method_name(HotplugMethod method);
const char *hotplug_evidence_name(HotplugEvidence evidence);

/**
 * hotplug_osc_report: decode what was written to the OSC register
 */
HotplugOscReport hotplug_osc_report(uint32_t value);

/**
 * hotplug_osc_event: what a report says to its host bridge's negotiation
 * @report: valid and not a query
 */
HotplugNegotiationEvent hotplug_osc_event(const HotplugOscReport *report);

/**
 * hotplug_negotiate: something happened
 *
 * See docs/specs/hotplug-modes.rst for the table of states and events.
 */
HotplugNegotiationEffect hotplug_negotiate(HotplugNegotiation *negotiation,
                                           HotplugNegotiationEvent event);

/**
 * hotplug_request_method: who serves a request that is made now
 *
 * ACPI, in mode auto, as long as nothing speaks for native hotplug: what is
 * written to its registers waits there.
 */
HotplugMethod hotplug_request_method(const HotplugNegotiation *negotiation);

/**
 * hotplug_guest_method: what the guest uses, as far as it is known
 *
 * HOTPLUG_METHOD_NONE with HOTPLUG_UNKNOWN if nothing is known; with
 * HOTPLUG_COMMITTED if it committed itself to none that the mode offers.
 */
HotplugMethod hotplug_guest_method(const HotplugNegotiation *negotiation);

/**
 * hotplug_guest_evidence: how we know what hotplug_guest_method() says
 */
HotplugEvidence hotplug_guest_evidence(const HotplugNegotiation *negotiation);

#endif /* MODEL_HOTPLUG_MODE_H */
