/*
 * Hotplug requests: what their files share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_PCI_PCI_HOTPLUG_INTERNAL_H
#define HW_PCI_PCI_HOTPLUG_INTERNAL_H

#include "hw/pci/pci-hotplug-requests.h"

/* ---- pci-hotplug-settings.c -------------------------------------------- */

/**
 * pci_hotplug_timeout: for how many seconds a listening guest has time; 0 for
 * ever
 */
uint32_t pci_hotplug_timeout(void);

/* ---- pci-hotplug-slots.c ----------------------------------------------- */

/**
 * pci_hotplug_now: milliseconds of the machine's time
 */
int64_t pci_hotplug_now(void);

/**
 * pci_hotplug_timing: the times that requests of this machine have
 */
HotplugRequestTiming pci_hotplug_timing(void);

/**
 * pci_hotplug_find_slot: a slot's entry, or NULL if it never had a request
 */
PciHotplugSlotRequests *pci_hotplug_find_slot(PCIBus *bus, unsigned device);

/**
 * pci_hotplug_get_slot: a slot's entry, which is made if there is none
 * @path: serves the slot, if it is
 */
PciHotplugSlotRequests *pci_hotplug_get_slot(PCIBus *bus, unsigned device,
                                             const PciHotplugPath *path);

/**
 * pci_hotplug_carry_out: do what the model returned for an event
 * @event: its name, for the trace
 * @before: what was open when it came
 */
void pci_hotplug_carry_out(PciHotplugSlotRequests *slot, const char *event,
                           HotplugRequestKind before,
                           HotplugRequestEffect effect);

typedef void PciHotplugSlotVisitor(PciHotplugSlotRequests *slot, void *opaque);

/**
 * pci_hotplug_visit_slots: call @visit for each slot that had a request
 */
void pci_hotplug_visit_slots(PciHotplugSlotVisitor *visit, void *opaque);

/**
 * pci_hotplug_visit_bus: the same for those on a bus, and below it
 */
void pci_hotplug_visit_bus(PCIBus *bus, PciHotplugSlotVisitor *visit,
                           void *opaque);

/* ---- pci-hotplug-requests.c -------------------------------------------- */

/**
 * pci_hotplug_ask_anew: a snapshot was loaded: ask its guest for what is open
 */
void pci_hotplug_ask_anew(void);

/**
 * pci_hotplug_install: a slot has a request that came with the guest
 *
 * Unless one is open already, which the host made since the guest was saved.
 */
void pci_hotplug_install(const PciHotplugPath *path, PCIBus *bus,
                         unsigned device, const HotplugRequest *request);

/**
 * pci_hotplug_restart: the machine is about to be reset
 *
 * Before a cold reset this carries out what guests were asked to give back.
 */
void pci_hotplug_restart(ResetType type);

/* ---- pci-hotplug-loaded.c ---------------------------------------------- */

/**
 * pci_hotplug_follow_migration: what serves slots by a method
 */
void pci_hotplug_follow_migration(const PciHotplugPath *path,
                                  HotplugMethod method);

/**
 * pci_hotplug_settle: make requests of what was loaded, if that is complete
 *
 * For whoever is about to look at requests.
 */
void pci_hotplug_settle(void);

/* ---- pci-hotplug-report.c ---------------------------------------------- */

/**
 * pci_hotplug_note_member: a function belongs to the slot's open request
 */
void pci_hotplug_note_member(PciHotplugSlotRequests *slot,
                             PCIDevice *function);

/**
 * pci_hotplug_report: a request of a slot ended
 *
 * The event goes out when devices that left the slot are gone for good, and
 * their DEVICE_DELETED was sent.
 */
void pci_hotplug_report(PciHotplugSlotRequests *slot,
                        const HotplugEnding *ending);

/**
 * pci_hotplug_departs: a function is about to be removed from its slot
 */
void pci_hotplug_departs(PciHotplugSlotRequests *slot, PCIDevice *function);

/**
 * pci_hotplug_bus_gone: the slot's bus is being released
 *
 * Ends what is open.
 */
void pci_hotplug_bus_gone(PciHotplugSlotRequests *slot);

/* For the last reference. */
void pci_hotplug_slot_clear(void *opaque);
void pci_hotplug_slot_unref(PciHotplugSlotRequests *slot);

#endif /* HW_PCI_PCI_HOTPLUG_INTERNAL_H */
