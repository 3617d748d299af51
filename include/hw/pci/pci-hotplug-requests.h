/*
 * Hotplug requests of a machine
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keeps the request (model/hotplug-request.h) of each hot-plug slot, whatever
 * serves the slot, and reports how each ended.  A slot is named by its bus and
 * the device number on it; one that never had a request is not kept.
 *
 * Who has a slot's registers (hw/acpi/pcihp.c, hw/pci/pcie_slot.c) tells what
 * the guest does there, and carries out what PciHotplugPath asks for.
 *
 * Life of a slot's entry: made with its first request, freed with its bus.
 */

#ifndef HW_PCI_PCI_HOTPLUG_REQUESTS_H
#define HW_PCI_PCI_HOTPLUG_REQUESTS_H

#include "hw/pci/pci.h"
#include "hw/resettable.h"
#include "model/hotplug-request.h"
#include "qapi/qapi-types-pci-hotplug.h"

#define PCI_HOTPLUG_PROP_TIMEOUT   "hotplug-timeout"
#define PCI_HOTPLUG_PROP_REQUESTS  "x-hotplug-requests"

/* How many ended requests of a slot the query shows. */
#define PCI_HOTPLUG_ENDED_KEPT  4

typedef struct PciHotplugPath PciHotplugPath;

/*
 * PciHotplugSlotRequests: a slot
 *
 * @bus, @device: the slot
 * @owner_path, @owner_id, @bus_name: how reports name the slot
 * @path: who has its registers
 * @request: see the model
 * @members: by function: what the open request is about, as it is reported
 * @leaving: by function: what has left the slot since
 * @ended: the last that ended, oldest first
 * @to_send: those of which the event is still to be sent
 * @before, @kept: while functions are removed: those that were there, and
 *     those that failover keeps
 * @removing: functions are being removed
 * @departing: functions that left the slot, and are not gone for good
 * @timer: calls when hotplug_request_due() says so
 *
 * Reference-counted: a function that departs may outlive the bus, and keeps
 * the entry, whose @bus is NULL then.
 */
typedef struct PciHotplugSlotRequests {
    PCIBus *bus;
    unsigned device;
    char *owner_path;
    char *owner_id;
    char *bus_name;
    const PciHotplugPath *path;
    HotplugRequest request;
    PciHotplugMember *members[PCI_FUNC_MAX];
    PciHotplugMember *leaving[PCI_FUNC_MAX];
    PciHotplugEndedList *ended;
    GQueue to_send;
    uint8_t before;
    uint8_t kept;
    bool removing;
    unsigned departing;
    QEMUTimer *timer;
} PciHotplugSlotRequests;

/*
 * PciHotplugPath: what serves a slot
 *
 * @guest: what is known of the guest
 * @show: let the registers show the open request, with no interrupt
 * @interrupt: the same, and interrupt the guest
 * @withdraw: take back what they show of one that was open
 * @forget: take back what registers show that were loaded, but for what tells
 *     of the open request; NULL: as @withdraw
 * @lend: have what a stream of QEMU 10.0 holds show a queued unplug, or no more
 * @adopt: make requests of what the registers of a bus, if it is served at all,
 *     show since they were loaded: pci_hotplug_adopt()
 */
struct PciHotplugPath {
    HotplugRequestGuest (*guest)(PCIBus *bus, unsigned device);
    void (*show)(PCIBus *bus, unsigned device, HotplugRequestKind kind);
    void (*interrupt)(PCIBus *bus, unsigned device, HotplugRequestKind kind);
    void (*withdraw)(PCIBus *bus, unsigned device, HotplugRequestKind kind);
    void (*forget)(PCIBus *bus, unsigned device, HotplugRequestKind kind);
    void (*lend)(PCIBus *bus, unsigned device, bool lent);
    void (*adopt)(PCIBus *bus);
};

/**
 * pci_hotplug_requests_enabled: whether requests are kept at all
 *
 * Not with x-hotplug-requests=off, which gives back stock's registers.
 */
bool pci_hotplug_requests_enabled(void);

/**
 * pci_hotplug_requests_of: a slot's entry, or NULL if it never had a request
 */
const PciHotplugSlotRequests *pci_hotplug_requests_of(PCIBus *bus,
                                                      unsigned device);

/**
 * pci_hotplug_describe_requests: fill in what is open and what ended
 * @description: of the query; has neither so far
 */
void pci_hotplug_describe_requests(PciHotplugSlot *description, PCIBus *bus,
                                   unsigned device);

/* ---- the host's events ------------------------------------------------- */

/**
 * pci_hotplug_check_plug: whether a device may come to a bus
 * @dev: to be plugged, its address not yet given out
 *
 * Returns false with an error if the slot's unplug is open.
 */
bool pci_hotplug_check_plug(PCIBus *bus, PCIDevice *dev, Error **errp);

/**
 * pci_hotplug_request_plug: a function came while the machine runs
 */
void pci_hotplug_request_plug(const PciHotplugPath *path, PCIDevice *function);

/**
 * pci_hotplug_request_unplug: the host wants the device with this function back
 *
 * A function that the guest can't see, because function 0 is missing, is for
 * the caller to remove.
 */
void pci_hotplug_request_unplug(const PciHotplugPath *path,
                                PCIDevice *function);

/**
 * pci_hotplug_begin_removal: functions are about to leave a slot, or to be
 * given back; pci_hotplug_remove() takes each out
 */
void pci_hotplug_begin_removal(const PciHotplugPath *path, PCIBus *bus,
                               unsigned device);

/**
 * pci_hotplug_removing: a function is about to be removed from its slot
 */
void pci_hotplug_removing(PCIDevice *function);

/**
 * pci_hotplug_keeping: a function was given back, and failover keeps it
 */
void pci_hotplug_keeping(PCIDevice *function);

/**
 * pci_hotplug_end_removal: what pci_hotplug_begin_removal() announced is done
 * @why: they left, but for those that failover keeps
 */
void pci_hotplug_end_removal(PCIBus *bus, unsigned device, HotplugLeave why);

/**
 * pci_hotplug_remove_hidden: remove a function that the guest can't see
 *
 * Answers an unplug at once.
 */
void pci_hotplug_remove_hidden(const PciHotplugPath *path,
                               PCIDevice *function);

/**
 * pci_hotplug_move: another path serves a slot from now on
 */
void pci_hotplug_move(const PciHotplugPath *path, PCIBus *bus,
                      unsigned device);

/* ---- the guest's events ------------------------------------------------ */

/**
 * pci_hotplug_listen: all slots of a path, or those of one bus: the guest
 * hears of events from now on, or no more
 * @bus: or NULL
 */
void pci_hotplug_listen(const PciHotplugPath *path, PCIBus *bus,
                        bool listening);

void pci_hotplug_indicate(const PciHotplugPath *path, PCIBus *bus,
                          unsigned device, bool busy);

/**
 * pci_hotplug_acknowledge: the guest took notice of a slot's request
 * @path: where; nothing happens if another one serves the slot
 */
void pci_hotplug_acknowledge(const PciHotplugPath *path, PCIBus *bus,
                             unsigned device);
void pci_hotplug_misread(PCIBus *bus, unsigned device);
void pci_hotplug_decline(PCIBus *bus, unsigned device);

/**
 * pci_hotplug_not_ready: the guest may have dropped what it read of a path's
 * slots
 */
void pci_hotplug_not_ready(const PciHotplugPath *path);

/**
 * pci_hotplug_dropped: it said that it dropped what it read of a slot
 */
void pci_hotplug_dropped(const PciHotplugPath *path, PCIBus *bus,
                         unsigned device);

/**
 * pci_hotplug_eject: whether an eject of a slot has to be carried out
 */
HotplugEject pci_hotplug_eject(const PciHotplugPath *path, PCIBus *bus,
                               unsigned device);

/**
 * pci_hotplug_config_written: the guest wrote to a function's configuration
 * space
 */
void pci_hotplug_config_written(PCIDevice *function);

/**
 * pci_hotplug_is_set_up: whether firmware or guest have found a function, and
 * done something to it: an address in a BAR, or something enabled
 */
bool pci_hotplug_is_set_up(PCIDevice *function);

/* ---- the machine ------------------------------------------------------- */

/**
 * pci_hotplug_requests_add_properties: give machines the properties of requests
 * @oc: TYPE_MACHINE
 */
void pci_hotplug_requests_add_properties(ObjectClass *oc);

/**
 * pci_hotplug_requests_attend: see to it that requests hear of resets and of
 * migration
 * @path: serves slots by @method
 *
 * For whoever makes a slot; once for each path is enough.
 */
void pci_hotplug_requests_attend(const PciHotplugPath *path,
                                 HotplugMethod method);

/* ---- migration --------------------------------------------------------- */

/**
 * pci_hotplug_migrate_whole: the machine's stream has a section of requests
 */
void pci_hotplug_migrate_whole(void);

/**
 * pci_hotplug_loaded: registers of slots were loaded
 */
void pci_hotplug_loaded(void);

/**
 * pci_hotplug_adopt: a slot's registers show a request that nobody knows of
 * @acknowledged: the guest has taken notice
 */
void pci_hotplug_adopt(const PciHotplugPath *path, PCIBus *bus,
                       unsigned device, HotplugRequestKind kind,
                       bool acknowledged);

#endif /* HW_PCI_PCI_HOTPLUG_REQUESTS_H */
