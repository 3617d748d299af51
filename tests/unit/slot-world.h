/*
 * Native hotplug in a nutshell: a port's slot, its requests and a guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The models, put together as hw/pci/pcie_slot.c and
 * hw/pci/pci-hotplug-slots.c do, with choices for host and guest.  Besides
 * the rules of request-watch.h:
 *
 * - The slot shows function 0 if it is there, and the button if a request is
 *   open.
 * - The requests know what Slot Control says of the guest.
 * - The interrupt is raised where an enabled event says so (PCIe r4.0, sec
 *   6.7.3.4).
 * - From wherever it is, a guest that does as it should brings all that is open
 *   to its end.
 */

#ifndef TESTS_SLOT_WORLD_H
#define TESTS_SLOT_WORLD_H

#include "choices.h"
#include "model/pcie-slot.h"
#include "request-watch.h"

/*
 * SlotWorld
 *
 * @present: functions that are there, one bit each
 * @line: the interrupt is raised
 * @broken: the first rule that did not hold, or NULL
 */
typedef struct SlotWorld {
    PcieSlotModel slot;
    RequestWatch watch;
    uint8_t present;
    bool line;
    int64_t now;
    const char *broken;
} SlotWorld;

/* An empty slot; what it has and the machine's timing are chosen. */
void slot_world_start(SlotWorld *world, Choices *choices);
void slot_world_step(SlotWorld *world, Choices *choices);

/* A guest that does as it should takes over, until nothing is open. */
void slot_world_rest(SlotWorld *world);

#endif /* TESTS_SLOT_WORLD_H */
