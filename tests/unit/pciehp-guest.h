/*
 * A port with a slot, and a guest that drives it as Linux's pciehp does
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest sees the registers and interrupts alone.  Time is virtual, in
 * milliseconds, and passes in guest_run().
 */

#ifndef TESTS_PCIEHP_GUEST_H
#define TESTS_PCIEHP_GUEST_H

#include "model/pcie-slot.h"

#define BLINK_MS      5000    /* in which a second press cancels the first */
#define POWER_OFF_MS  1000    /* between power off and indicator off */

/* States of Linux's driver. */
typedef enum GuestState {
    GUEST_BOOTING,        /* no driver yet */
    GUEST_OFF,
    GUEST_BLINKING_ON,
    GUEST_ON,
    GUEST_BLINKING_OFF,
    GUEST_POWERING_OFF,   /* power is off, the indicator still blinks */
} GuestState;

/*
 * Port: the hardware's side and the guest's
 *
 * @device: the machine has a device in the slot
 * @removals: how often a device was taken out
 * @interrupts: MSIs sent so far
 * @line: level of INTx
 * @polls: the guest looks at the registers by itself, without interrupts
 * @broken: the guest can't configure the device
 * @state, @deadline: the driver's state, and when its timer ends
 * @requested: events that the driver tells itself, to be handled with others
 * @configured: the guest uses the device
 * @presses: button presses that the driver has handled
 */
typedef struct Port {
    PcieSlotModel slot;
    bool device;
    unsigned removals;
    unsigned interrupts;
    bool line;
    bool polls;
    bool broken;
    GuestState state;
    unsigned now;
    unsigned deadline;
    uint16_t requested;
    bool configured;
    unsigned presses;
} Port;

/* ---- the host's side --------------------------------------------------- */

Port port_new(PcieSlotFeatures features);
void port_reset(Port *port);
void port_plug(Port *port, PcieSlotArrival arrival);
PcieSlotRefusal port_unplug(Port *port);
void port_press(Port *port);

/* Move to another machine, by the registers alone. */
void port_migrate(Port *port);

/* ---- the guest's side -------------------------------------------------- */

/*
 * The driver starts; @found: the boot scan has found the device and uses it.
 * Clears all events without looking, as Linux does.
 */
void guest_probe(Port *port, bool found);

/* Let time pass. */
void guest_run(Port *port, unsigned milliseconds);

#endif /* TESTS_PCIEHP_GUEST_H */
