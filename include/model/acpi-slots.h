/*
 * ACPI PCI hotplug registers, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The register block through which ACPI firmware code learns of plug and
 * unplug requests and ejects slots: docs/specs/acpi-pcihp.rst.  One block
 * serves up to ACPI_SLOTS_BUSES buses of ACPI_SLOTS_PER_BUS slots each; a bus
 * is named by its BSEL, the number that its AML writes to SEL.
 *
 * Rules of this model
 *
 * - It changes its own struct and nothing else.  What the rest of the machine
 *   must do comes back as an AcpiSlotsEffect and is the caller's to carry out.
 * - Every register access costs the same, whatever the number of buses.
 *   Host-side calls (a plug, an unplug request, a reset) may look at every
 *   BSEL.
 * - The guest may access anything, in any order, before the host has set up
 *   anything.  Nothing it does has an effect beyond what the specification
 *   gives; a refused access reads 0 and changes no state but that of AIDX (an
 *   aligned 32-bit write anywhere in the window drops a result not yet read).
 *
 * Ownership: the struct is the caller's, holds no pointers and needs no
 * clean-up.  The fields that migrate are named in their comments.
 */

#ifndef MODEL_ACPI_SLOTS_H
#define MODEL_ACPI_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define ACPI_SLOTS_BUSES        256
#define ACPI_SLOTS_PER_BUS      32

/* Size in bytes of the register window, and of the extension window. */
#define ACPI_SLOTS_WINDOW_SIZE     0x18
#define ACPI_SLOTS_EXTENSION_SIZE  0x10

/* What NEXT reads when no bus has anything to do. */
#define ACPI_SLOTS_NO_BUS       UINT32_MAX

/* Offsets in the register window; each register has 32 bits. */
typedef enum AcpiSlotsRegister {
    ACPI_SLOTS_UP   = 0x00,
    ACPI_SLOTS_DOWN = 0x04,
    ACPI_SLOTS_EJ   = 0x08,
    ACPI_SLOTS_RMV  = 0x0c,
    ACPI_SLOTS_SEL  = 0x10,
    ACPI_SLOTS_AIDX = 0x14,
} AcpiSlotsRegister;

/* Offsets in the extension window; the rest of it is reserved. */
typedef enum AcpiSlotsExtension {
    ACPI_SLOTS_NEXT = 0x00,
    ACPI_SLOTS_OSC  = 0x04,
    ACPI_SLOTS_OST  = 0x08,
} AcpiSlotsExtension;

/*
 * AcpiSlotsBus: the slots of one bus, one bit each.
 *
 * @up: slots with an insertion that the guest has not read (migrates)
 * @down: slots with an unplug request that no eject has answered (migrates)
 * @unread: those of @down that DOWN still has to show, where each signal shows
 *     them once
 * @removable: what RMV reads; made anew by each reset
 */
typedef struct AcpiSlotsBus {
    uint32_t up;
    uint32_t down;
    uint32_t unread;
    uint32_t removable;
} AcpiSlotsBus;

/*
 * AcpiSlots: the whole block.
 *
 * @bus: by BSEL (migrates: up and down)
 * @select: what was last written to SEL; may be any value (migrates)
 * @index: acpi-index that AIDX reads next, 0 for none (migrates)
 * @visit: a bit for each BSEL that NEXT still has to name (migrates where
 *         @fast_scan is set)
 * @banked: SEL selects a bus.  Otherwise the block serves BSEL 0 alone, SEL
 *          reads 0, and reading UP does not clear it
 * @fast_scan: NEXT is there
 * @osc_report, @ost_report: OSC, OST is there; acpi_slots_init() leaves both
 *     out
 * @once: each signal lets the guest read a slot's bit in UP and in DOWN once,
 *        and an eject answers nothing by itself: requests are kept elsewhere
 *        (model/hotplug-request.h).  acpi_slots_init() leaves it out
 */
typedef struct AcpiSlots {
    AcpiSlotsBus bus[ACPI_SLOTS_BUSES];
    uint32_t select;
    uint32_t index;
    uint32_t visit[ACPI_SLOTS_BUSES / 32];
    bool banked;
    bool fast_scan;
    bool osc_report;
    bool ost_report;
    bool once;
} AcpiSlots;

/* Why an access had no effect; ACPI_SLOTS_ACCEPTED when it was a valid one. */
typedef enum AcpiSlotsRefusal {
    ACPI_SLOTS_ACCEPTED,
    ACPI_SLOTS_BAD_SIZE,      /* not 4 bytes at a multiple of 4 */
    ACPI_SLOTS_NO_REGISTER,   /* nothing at this offset, or in this direction */
    ACPI_SLOTS_BAD_BUS,       /* SEL is past the last BSEL */
    ACPI_SLOTS_NO_SLOT,       /* EJ or AIDX written with no slot bit */
} AcpiSlotsRefusal;

/* What the caller must do after a write. */
typedef enum AcpiSlotsAction {
    ACPI_SLOTS_NOTHING,
    ACPI_SLOTS_EJECT,         /* remove the devices in @bus, @slot */
    ACPI_SLOTS_LOOK_UP,       /* find acpi-index, see acpi_slots_set_index() */
    ACPI_SLOTS_OSC_REPORT,    /* _OSC wrote @value, see model/hotplug-mode.h */
    ACPI_SLOTS_OST_REPORT,    /* _OST of @bus, @slot says @status of @event */
} AcpiSlotsAction;

/* @event, @status: see model/acpi-ost.h */
typedef struct AcpiSlotsEffect {
    AcpiSlotsAction action;
    AcpiSlotsRefusal refusal;
    uint32_t bus;
    uint32_t slot;
    uint32_t value;
    uint32_t event;
    uint32_t status;
} AcpiSlotsEffect;

/*
 * A value read, and why it is 0 where the access was refused.
 *
 * @bus, @seen: the slots of which the guest read a request now
 */
typedef struct AcpiSlotsValue {
    uint32_t value;
    AcpiSlotsRefusal refusal;
    uint32_t bus;
    uint32_t seen;
} AcpiSlotsValue;

/**
 * acpi_slots_init: put the block into its state at power-on
 * @slots: the block; all of it is overwritten
 * @banked: see AcpiSlots
 * @fast_scan: see AcpiSlots
 *
 * No slot has a request, and none is removable before the first reset.
 */
void acpi_slots_init(AcpiSlots *slots, bool banked, bool fast_scan);

/**
 * acpi_slots_refusal_name: a short name of a refusal for traces and logs
 */
const char *acpi_slots_refusal_name(AcpiSlotsRefusal refusal);

/**
 * acpi_slots_check_access: whether an access has the one size and alignment
 * that the registers take
 * @offset: from the start of the window, in bytes
 * @size: in bytes
 *
 * Returns ACPI_SLOTS_ACCEPTED or ACPI_SLOTS_BAD_SIZE.
 */
AcpiSlotsRefusal acpi_slots_check_access(uint64_t offset, unsigned size);

/**
 * acpi_slots_read: the guest reads from the register window
 * @offset: from the start of the window, in bytes
 * @size: in bytes
 *
 * Clears UP where the block is banked, and AIDX, as it reads them.  While SEL
 * holds no BSEL every register reads 0, SEL too.
 */
AcpiSlotsValue acpi_slots_read(AcpiSlots *slots, uint64_t offset,
                               unsigned size);

/**
 * acpi_slots_write: the guest writes to the register window
 * @offset: from the start of the window, in bytes
 * @size: in bytes
 * @value: what it writes
 *
 * EJ answers the request for its slot (UP and DOWN are cleared) and returns
 * ACPI_SLOTS_EJECT (ACPI 6.5, 6.3.3); AIDX returns ACPI_SLOTS_LOOK_UP.  Both
 * take the lowest slot bit of @value alone.
 */
AcpiSlotsEffect acpi_slots_write(AcpiSlots *slots, uint64_t offset,
                                 unsigned size, uint32_t value);

/**
 * acpi_slots_read_extension: the guest reads from the extension window
 *
 * NEXT gives the lowest BSEL that has something to do and takes it off the
 * list, so that as many reads as there are such buses, and one more, visit
 * them all; then ACPI_SLOTS_NO_BUS.
 */
AcpiSlotsValue acpi_slots_read_extension(AcpiSlots *slots, uint64_t offset,
                                         unsigned size);

/**
 * acpi_slots_write_extension: the guest writes to the extension window
 *
 * OSC and OST alone take writes, and return ACPI_SLOTS_OSC_REPORT and
 * ACPI_SLOTS_OST_REPORT.  A report of OST is of any slot of any BSEL, whether
 * or not there is one.
 */
AcpiSlotsEffect acpi_slots_write_extension(AcpiSlots *slots, uint64_t offset,
                                           unsigned size, uint32_t value);

/**
 * acpi_slots_set_index: answer an ACPI_SLOTS_LOOK_UP
 * @acpi_index: what the next read of AIDX gives; 0 for no device or no index
 */
void acpi_slots_set_index(AcpiSlots *slots, uint32_t acpi_index);

/**
 * acpi_slots_plug: a device came into a slot while the machine runs
 * @bus: BSEL, below ACPI_SLOTS_BUSES
 * @slot: below ACPI_SLOTS_PER_BUS
 *
 * The caller raises the hotplug event afterwards.
 */
void acpi_slots_plug(AcpiSlots *slots, uint32_t bus, uint32_t slot);

/**
 * acpi_slots_request_unplug: the host asks the guest to give a slot back
 * @bus: BSEL, below ACPI_SLOTS_BUSES
 * @slot: below ACPI_SLOTS_PER_BUS
 *
 * The caller raises the hotplug event afterwards.  To ask again signals again.
 */
void acpi_slots_request_unplug(AcpiSlots *slots, uint32_t bus, uint32_t slot);

/**
 * acpi_slots_signal: the event is about to be raised for what is open already
 *
 * Returns whether anything is; else the event has no object.
 */
bool acpi_slots_signal(AcpiSlots *slots);

/**
 * acpi_slots_take_removals: what a reset must remove from a bus
 * @bus: BSEL, below ACPI_SLOTS_BUSES
 *
 * Returns the slots with an open unplug request, one bit each; their UP and
 * DOWN bits are clear afterwards.
 */
uint32_t acpi_slots_take_removals(AcpiSlots *slots, uint32_t bus);

/**
 * acpi_slots_take_requests: hand what is open in a slot to someone else
 * @bus: BSEL, below ACPI_SLOTS_BUSES
 * @slot: below ACPI_SLOTS_PER_BUS
 *
 * Returns the slot's bit in UP and in DOWN, where it was set; they are clear
 * afterwards.  RMV is not among what is returned.
 */
AcpiSlotsBus acpi_slots_take_requests(AcpiSlots *slots, uint32_t bus,
                                      uint32_t slot);

/**
 * acpi_slots_set_removable: set what RMV reads for a bus
 * @bus: BSEL, below ACPI_SLOTS_BUSES
 * @removable: one bit for each slot
 */
void acpi_slots_set_removable(AcpiSlots *slots, uint32_t bus,
                              uint32_t removable);

#endif /* MODEL_ACPI_SLOTS_H */
