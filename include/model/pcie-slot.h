/*
 * Slot of a PCI Express port, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Slot Capabilities, Slot Control and Slot Status (PCIe r4.0, sec 6.7 and
 * 7.5.3.9 to 7.5.3.11), through which a guest learns that a device came or
 * should go, and powers the slot: docs/specs/pcie-slot.rst.
 *
 * States
 *
 *               plug                 blinks              lights up
 *     EMPTY ------------> INSERTED --------> BLINKING_ON ----------> ON
 *       ^                                                           ^ | button
 *       |                                        clears the button  | v
 *       |   dark, without power                 blinks            PRESSED
 *       +----------------------- BLINKING_OFF <------------------- ON
 *
 * The guest may leave out the blinking, and change its mind at any moment.
 * POWERED and POWERED_OFF are what is left of the registers' combinations: see
 * PcieSlotState.
 *
 * Rules of this model
 *
 * - It changes its own struct and nothing else.  What the rest of the machine
 *   must do comes back as a PcieSlotEffect and is the caller's to carry out,
 *   in the order of its fields.
 * - A refused request leaves the struct as it was, to the bit.
 * - The state follows from the registers, so that it survives a migration
 *   that carries nothing else.  One thing does not: whether a guest that
 *   blinks the indicator is on its way up or down (@claimed).  Nothing but the
 *   name of the state depends on it.
 *
 * Ownership: the struct is the caller's, holds no pointers and needs no
 * clean-up.  @control, @status and @link_active are the registers that the
 * guest reads, and all that migrates.
 */

#ifndef MODEL_PCIE_SLOT_H
#define MODEL_PCIE_SLOT_H

#include <stdbool.h>
#include <stdint.h>

/* ---- register bits ----------------------------------------------------- */

/* Events: in Slot Status that one happened, in Slot Control its enable. */
#define PCIE_SLOT_BUTTON            0x0001   /* attention button pressed */
#define PCIE_SLOT_PRESENCE          0x0008   /* presence detect changed */
#define PCIE_SLOT_COMMAND           0x0010   /* command completed */
#define PCIE_SLOT_EVENTS \
    (PCIE_SLOT_BUTTON | PCIE_SLOT_PRESENCE | PCIE_SLOT_COMMAND)

/* Further event bits of Slot Status, of which this slot never sets one. */
#define PCIE_SLOT_POWER_FAULT       0x0002
#define PCIE_SLOT_RETENTION_LATCH   0x0004

/* Slot Control. */
#define PCIE_SLOT_INTERRUPT         0x0020   /* hot-plug interrupt enable */
#define PCIE_SLOT_ATTENTION         0x00c0   /* attention indicator */
#define PCIE_SLOT_ATTENTION_SHIFT   6
#define PCIE_SLOT_LIGHT             0x0300   /* power indicator */
#define PCIE_SLOT_LIGHT_SHIFT       8
#define PCIE_SLOT_POWER_OFF         0x0400   /* power controller: 1 is off */
#define PCIE_SLOT_INTERLOCK         0x0800   /* 1 written: toggle the lock */

/* Slot Status. */
#define PCIE_SLOT_PRESENT           0x0040   /* presence detect state */
#define PCIE_SLOT_LOCKED            0x0080   /* interlock engaged */

/* Slot Capabilities. */
#define PCIE_SLOT_CAP_BUTTON        0x00000001
#define PCIE_SLOT_CAP_POWER         0x00000002
#define PCIE_SLOT_CAP_ATTENTION     0x00000008
#define PCIE_SLOT_CAP_LIGHT         0x00000010
#define PCIE_SLOT_CAP_SURPRISE      0x00000020
#define PCIE_SLOT_CAP_HOT_PLUG      0x00000040
#define PCIE_SLOT_CAP_INTERLOCK     0x00020000
#define PCIE_SLOT_CAP_NUMBER_SHIFT  19

/* What an indicator shows, as both fields of Slot Control encode it. */
typedef enum PcieSlotIndicator {
    PCIE_SLOT_INDICATOR_RESERVED,   /* counts as steady, and not as off */
    PCIE_SLOT_INDICATOR_ON,
    PCIE_SLOT_INDICATOR_BLINKING,
    PCIE_SLOT_INDICATOR_OFF,
} PcieSlotIndicator;

/* ---- state ------------------------------------------------------------- */

/*
 * The indicator is the power indicator; "power" is always on where there is no
 * power controller.
 *
 * @PCIE_SLOT_EMPTY: no device, whatever power and indicator are
 * @PCIE_SLOT_INSERTED: a device without power, indicator off: it waits for
 *     the guest, which has not begun with it
 * @PCIE_SLOT_BLINKING_ON: indicator blinking; the guest has not had this
 *     device before
 * @PCIE_SLOT_POWERED: power on, indicator off: as a reset leaves it, and as
 *     guests use it that leave the indicator alone
 * @PCIE_SLOT_ON: power and indicator on
 * @PCIE_SLOT_PRESSED: power on, indicator steady, and the guest has yet to
 *     clear the button event
 * @PCIE_SLOT_BLINKING_OFF: indicator blinking; the guest has had this device
 * @PCIE_SLOT_POWERED_OFF: power off, indicator on: the device stays until the
 *     indicator is off too
 */
typedef enum PcieSlotState {
    PCIE_SLOT_EMPTY,
    PCIE_SLOT_INSERTED,
    PCIE_SLOT_BLINKING_ON,
    PCIE_SLOT_POWERED,
    PCIE_SLOT_ON,
    PCIE_SLOT_PRESSED,
    PCIE_SLOT_BLINKING_OFF,
    PCIE_SLOT_POWERED_OFF,
} PcieSlotState;

/*
 * PcieSlotFeatures: what the slot has; an indicator of each kind and an
 * attention button are always there
 *
 * @number: physical slot number, of which 13 bits count
 * @hot_plug: hot-plug capable, surprise included
 * @power_controller: the guest can turn power off
 * @interlock: electromechanical interlock
 * @link_reporting: Link Status says whether the data link layer is active
 */
typedef struct PcieSlotFeatures {
    uint16_t number;
    bool hot_plug;
    bool power_controller;
    bool interlock;
    bool link_reporting;
} PcieSlotFeatures;

/*
 * PcieSlotModel: one slot
 *
 * @features: constant after pcie_slot_init()
 * @state: see PcieSlotState
 * @control: Slot Control (migrates)
 * @status: Slot Status (migrates)
 * @link_active: Data Link Layer Link Active of Link Status (migrates)
 * @notified: the conditions for an interrupt hold (PCIe r4.0, sec 6.7.3.4)
 * @claimed: the guest has had this device: it lit the indicator with the
 *     power on, or the device was there when the guest started
 * @fixed: a function in the slot can't be unplugged
 */
typedef struct PcieSlotModel {
    PcieSlotFeatures features;
    PcieSlotState state;
    uint16_t control;
    uint16_t status;
    bool link_active;
    bool notified;
    bool claimed;
    bool fixed;
} PcieSlotModel;

/* ---- effects ----------------------------------------------------------- */

/* Why a request was refused. */
typedef enum PcieSlotRefusal {
    PCIE_SLOT_ACCEPTED,
    PCIE_SLOT_NO_HOT_PLUG,    /* not hot-plug capable */
    PCIE_SLOT_INTERLOCKED,    /* the guest has locked the slot */
    PCIE_SLOT_FIXED,          /* it also has a function that must stay */
    PCIE_SLOT_BUSY,           /* power indicator blinking */
} PcieSlotRefusal;

typedef enum PcieSlotRemoval {
    PCIE_SLOT_REMOVE_NONE,
    PCIE_SLOT_REMOVE_FUNCTION,    /* the one that was asked for, alone */
    PCIE_SLOT_REMOVE_ALL,         /* all functions in the slot */
} PcieSlotRemoval;

typedef enum PcieSlotPower {
    PCIE_SLOT_POWER_KEEP,
    PCIE_SLOT_TURN_OFF,
    PCIE_SLOT_TURN_ON,
} PcieSlotPower;

/* MSI and MSI-X are sent on RAISE; INTx follows both. */
typedef enum PcieSlotInterrupt {
    PCIE_SLOT_INTERRUPT_KEEP,
    PCIE_SLOT_INTERRUPT_RAISE,
    PCIE_SLOT_INTERRUPT_LOWER,
} PcieSlotInterrupt;

/*
 * PcieSlotEffect: what the caller must do, and what happened
 *
 * @refusal: if not PCIE_SLOT_ACCEPTED, all that follows is neutral
 * @removal: devices to take out of the machine
 * @power: of all devices that are in the slot then
 * @interrupt: of the port
 * @from, @to: the state before and after
 * @acknowledged: the guest cleared the button event
 */
typedef struct PcieSlotEffect {
    PcieSlotRefusal refusal;
    PcieSlotRemoval removal;
    PcieSlotPower power;
    PcieSlotInterrupt interrupt;
    PcieSlotState from;
    PcieSlotState to;
    bool acknowledged;
} PcieSlotEffect;

/* ---- set-up and enquiry ------------------------------------------------ */

/**
 * pcie_slot_init: put a slot into its state at power-on, empty
 * @slot: all of it is overwritten
 */
void pcie_slot_init(PcieSlotModel *slot, PcieSlotFeatures features);

/**
 * pcie_slot_capabilities: the value of Slot Capabilities
 */
uint32_t pcie_slot_capabilities(const PcieSlotModel *slot);

/**
 * pcie_slot_writable: the bits of Slot Control that keep what is written
 */
uint16_t pcie_slot_writable(const PcieSlotModel *slot);

bool pcie_slot_has_power(const PcieSlotModel *slot);
PcieSlotIndicator pcie_slot_power_indicator(const PcieSlotModel *slot);
PcieSlotIndicator pcie_slot_attention_indicator(const PcieSlotModel *slot);

/* Short names for queries and traces, in lower case with dashes. */
const char *pcie_slot_state_name(PcieSlotState state);
const char *pcie_slot_indicator_name(PcieSlotIndicator indicator);

/* ---- the host's events ------------------------------------------------- */

/*
 * How a function comes to the slot.
 *
 * @PCIE_SLOT_COLD: while the machine is made
 * @PCIE_SLOT_HOT: into the running machine; function 0 is there now, so that
 *     the guest can see the device
 * @PCIE_SLOT_HOT_PART: into the running machine, before its function 0
 */
typedef enum PcieSlotArrival {
    PCIE_SLOT_COLD,
    PCIE_SLOT_HOT,
    PCIE_SLOT_HOT_PART,
} PcieSlotArrival;

/*
 * PcieSlotFunction: what the slot must know of a function that comes
 *
 * @link_reporting: Link Status shows when the link to it is active
 * @fixed: it can't be unplugged; such a function comes cold
 */
typedef struct PcieSlotFunction {
    bool link_reporting;
    bool fixed;
} PcieSlotFunction;

/**
 * pcie_slot_check_plug: whether a function may come
 *
 * Returns PCIE_SLOT_NO_HOT_PLUG (unless it comes cold) or
 * PCIE_SLOT_INTERLOCKED where it may not.
 */
PcieSlotRefusal pcie_slot_check_plug(const PcieSlotModel *slot,
                                     PcieSlotArrival arrival);

/**
 * pcie_slot_plug: a function came, pcie_slot_check_plug() having agreed
 *
 * Tells the guest, by both presence and button, of a device that came hot.
 * A part of one is left for its function 0 to bring along.
 */
PcieSlotEffect pcie_slot_plug(PcieSlotModel *slot, PcieSlotArrival arrival,
                              PcieSlotFunction function);

/* Whether the guest can know of a function: not before there is function 0. */
typedef enum PcieSlotVisibility {
    PCIE_SLOT_VISIBLE,
    PCIE_SLOT_HIDDEN,
} PcieSlotVisibility;

/**
 * pcie_slot_check_unplug: whether the host may want a function back at all
 *
 * Returns PCIE_SLOT_NO_HOT_PLUG, PCIE_SLOT_INTERLOCKED or PCIE_SLOT_FIXED where
 * it may not; never PCIE_SLOT_BUSY.
 */
PcieSlotRefusal pcie_slot_check_unplug(const PcieSlotModel *slot);

/**
 * pcie_slot_is_unused: whether nobody in the guest uses what is in the slot
 *
 * A device there can be removed without asking.
 */
bool pcie_slot_is_unused(const PcieSlotModel *slot);

/**
 * pcie_slot_listens: whether the guest hears of a button that is pressed
 */
bool pcie_slot_listens(const PcieSlotModel *slot);

/**
 * pcie_slot_request_unplug: the host wants a function back
 *
 * With it go all functions of the device, but for a hidden one, which is
 * removed alone.  Presses the button, unless the slot is powered off: then
 * the device is removed at once.  To ask again while the button event is
 * there changes nothing.
 */
PcieSlotEffect pcie_slot_request_unplug(PcieSlotModel *slot,
                                        PcieSlotVisibility visibility);

/**
 * pcie_slot_press_button: press the attention button, whatever the state
 *
 * A guest that blinks the indicator takes this as "cancel".
 */
PcieSlotEffect pcie_slot_press_button(PcieSlotModel *slot);

/**
 * pcie_slot_devices_gone: the host removed the devices without asking
 *
 * The caller has removed them, or does so afterwards.
 */
PcieSlotEffect pcie_slot_devices_gone(PcieSlotModel *slot);

/**
 * pcie_slot_enable_power: turn power on in the guest's stead
 *
 * For a device whose plug another hotplug controller reports.
 */
PcieSlotEffect pcie_slot_enable_power(PcieSlotModel *slot);

/*
 * Another controller's part.  Where ACPI reports a plug or carries out an
 * unplug, the registers say what is there, for whoever looks, and no event.
 */

/**
 * pcie_slot_show_device: a device came, and is reported elsewhere
 *
 * Turns power on: without it nobody could see the device.
 */
PcieSlotEffect pcie_slot_show_device(PcieSlotModel *slot,
                                     PcieSlotFunction function);

/**
 * pcie_slot_show_empty: the last device was taken away elsewhere
 */
PcieSlotEffect pcie_slot_show_empty(PcieSlotModel *slot);

/**
 * pcie_slot_withdraw: take back plug and unplug events that the guest has not
 * seen, because it is told of them elsewhere
 */
PcieSlotEffect pcie_slot_withdraw(PcieSlotModel *slot);

/**
 * pcie_slot_release_button: take back a press that the guest has not seen
 */
PcieSlotEffect pcie_slot_release_button(PcieSlotModel *slot);

/**
 * pcie_slot_leave_device: a device that was shown is left for the guest to find
 *
 * Nobody told the guest of it.  Of a slot with power it would believe that it
 * has the device already: it loses power, as if the device came now.
 */
PcieSlotEffect pcie_slot_leave_device(PcieSlotModel *slot);

/* ---- the guest's events ------------------------------------------------ */

/**
 * pcie_slot_write: the guest writes to configuration space
 * @offset: of the access, in bytes from Slot Control; Slot Status is at 2.
 *     The access may begin before Slot Control and end behind Slot Status
 * @size: 1, 2 or 4
 * @value: little endian, what is beyond @size does not count
 *
 * A write to any byte of Slot Control is one command (PCIe r4.0, sec 6.7.3.2).
 */
PcieSlotEffect pcie_slot_write(PcieSlotModel *slot, int32_t offset,
                               unsigned size, uint32_t value);

/*
 * Whether function 0 is in the slot
 *
 * @PCIE_SLOT_VACANT_AS_BEFORE: it is not; that a device is shown stays, as in
 *     stock QEMU, where one left without the port's knowing
 */
typedef enum PcieSlotOccupancy {
    PCIE_SLOT_VACANT,
    PCIE_SLOT_VACANT_AS_BEFORE,
    PCIE_SLOT_OCCUPIED,
} PcieSlotOccupancy;

/**
 * pcie_slot_reset: the port is reset
 *
 * An interrupt that is raised is lowered by the reset itself.
 */
PcieSlotEffect pcie_slot_reset(PcieSlotModel *slot,
                               PcieSlotOccupancy occupancy);

/**
 * pcie_slot_restore: the registers were loaded from a migration stream
 * @control, @status, @link_active: what was loaded; may be any value
 *
 * The interrupt's level comes with the port's own state.
 */
PcieSlotEffect pcie_slot_restore(PcieSlotModel *slot, uint16_t control,
                                 uint16_t status, bool link_active);

#endif /* MODEL_PCIE_SLOT_H */
