/*
 * The slot matrix: every state, event and set of features of a PCIe slot
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/specs/pcie-slot.rst says in words what the rows of the table say.
 * Each combination of a start, an event and a set of features that can be
 * there is covered by one row and no more; test-pcie-slot.c makes sure of it.
 */

#ifndef TESTS_PCIE_SLOT_MATRIX_H
#define TESTS_PCIE_SLOT_MATRIX_H

#include "model/pcie-slot.h"

/* What happens. */
typedef enum PcieSlotMatrixEvent {
    PLUG_COLD,       /* while the machine is made */
    PLUG_HOT,        /* function 0 */
    PLUG_PART,       /* another function, before function 0 */
    UNPLUG,          /* a function that the guest can know is asked for */
    UNPLUG_PART,     /* one that it can't know */
    BUTTON,
    GONE,            /* the host takes the devices away */
    ENABLE_POWER,    /* in the guest's stead */
    SHOW,            /* another controller reports a device */
    SHOW_EMPTY,      /* another controller removed it */
    WITHDRAW,        /* what the guest has not seen is taken back */
    LEAVE,           /* a device that was shown is left to be found */
    DARKEN,          /* guest: power indicator off */
    LIGHT,           /* power indicator on */
    BLINK,           /* power indicator blinking */
    CUT,             /* power off */
    FEED,            /* power on */
    CUT_DARK,        /* power and power indicator off, in one command */
    LOCK,            /* toggle the interlock */
    CLEAR,           /* clear just those events that are there */
    WIPE,            /* write all ones to Slot Status */
    RESET,
    LOAD,            /* the registers come from a migration stream */
    MATRIX_EVENTS,
} PcieSlotMatrixEvent;

/* Where it happens: a state, or one of the ways to be in it. */
enum {
    AT_EMPTY          = 1 << 0,    /* after a reset, no power */
    AT_EMPTY_PLAIN    = 1 << 1,    /* the same without power controller */
    AT_EMPTY_LIT      = 1 << 2,    /* power and indicator on */
    AT_EMPTY_BLINKING = 1 << 3,    /* power on, indicator blinking */
    AT_INSERTED       = 1 << 4,    /* just plugged hot */
    AT_BLINKING_ON    = 1 << 5,    /* no power yet */
    AT_TURNING_ON     = 1 << 6,    /* BLINKING_ON with power */
    AT_POWERED        = 1 << 7,
    AT_ON             = 1 << 8,
    AT_LOCKED         = 1 << 9,    /* ON, interlock engaged */
    AT_PRESSED        = 1 << 10,
    AT_PRESSED_NEW    = 1 << 11,   /* just plugged, without power controller */
    AT_BLINKING_OFF   = 1 << 12,   /* still with power */
    AT_TURNED_OFF     = 1 << 13,   /* BLINKING_OFF without power */
    AT_POWERED_OFF    = 1 << 14,
    AT_ANY            = (1 << 15) - 1,
    AT_BLINKING       = AT_EMPTY_BLINKING | AT_BLINKING_ON | AT_TURNING_ON |
                        AT_BLINKING_OFF | AT_TURNED_OFF,
};
#define MATRIX_STARTS  15

/* With which features. */
enum {
    FULL              = 1 << 0,
    NO_LINK           = 1 << 1,    /* link reporting */
    NO_LOCK           = 1 << 2,    /* interlock */
    NO_POWER          = 1 << 3,    /* power controller */
    NO_PLUG           = 1 << 4,    /* hot-plug capability */
    NO_POWER_NO_PLUG  = 1 << 5,
    FIXED             = 1 << 6,    /* in the slot: what can't be unplugged */
    FIXED_NO_POWER    = 1 << 7,
    ALL               = (1 << 8) - 1,

    PLAIN             = NO_POWER | NO_POWER_NO_PLUG | FIXED_NO_POWER,
    PC                = ALL & ~PLAIN,
    COLD_ONLY         = NO_PLUG | NO_POWER_NO_PLUG,
    HOT               = ALL & ~COLD_ONLY,
    FIX               = FIXED | FIXED_NO_POWER,
    LOOSE             = HOT & ~FIX,
};
#define MATRIX_FEATURE_SETS  8

/* What the caller has to do, or why it was refused. */
enum {
    REMOVE            = 1 << 0,    /* all functions */
    PART_OUT          = 1 << 1,    /* the one function */
    UP                = 1 << 2,    /* devices get power */
    DOWN              = 1 << 3,    /* devices lose power */
    RAISE             = 1 << 4,    /* interrupt, where all are enabled */
    LOWER             = 1 << 5,
    ACK               = 1 << 6,    /* the guest has seen the button */
    DEAF              = 1 << 7,    /* refused: no hot-plug */
    LOCKED            = 1 << 8,    /* refused: interlock */
    STAYS             = 1 << 9,    /* refused: fixed */
    BUSY              = 1 << 10,   /* refused: blinking */
};

/* Instead of a state: state and registers stay as they are. */
#define SAME  -1

/*
 * @event, @starts, @features: when the row applies; masks but for @event
 * @state: PcieSlotState afterwards, or SAME; so are the next two
 * @control: Slot Control without the bits that enable interrupts
 * @status: Slot Status.  "Present" stands for the link's being active too,
 *     where that is reported; "locked" counts where there is an interlock
 * @effects: see above
 */
typedef struct PcieSlotRow {
    PcieSlotMatrixEvent event;
    uint32_t starts;
    uint32_t features;
    int state;
    uint16_t control;
    uint16_t status;
    uint32_t effects;
} PcieSlotRow;

extern const PcieSlotRow pcie_slot_matrix[];
extern const unsigned pcie_slot_matrix_rows;

#endif /* TESTS_PCIE_SLOT_MATRIX_H */
