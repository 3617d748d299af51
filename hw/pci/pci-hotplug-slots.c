/*
 * Hotplug requests: the slots that have them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An entry for each, its timer, and what an event's effects mean to whoever has
 * the slot's registers.  What ended is reported by pci-hotplug-report.c.
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "pci-hotplug-internal.h"
#include "pci-internal.h"
#include "qemu/timer.h"
#include "trace.h"

/* Of a bus: its slots.  Nobody but this file looks at it. */
#define PROP_SLOTS  "x-pci-hotplug-slots"

/* ACPI: signals to a guest that drops what it reads while it starts. */
#define AGAIN_MS       500
#define AGAIN_MOST_MS  32000

/* A driver may hang in the removal of another device for so long. */
#define STALE_MS       30000

/*
 * BusSlots: the slots of a bus, by device number; NULL where there was no
 * request
 */
typedef struct BusSlots {
    PciHotplugSlotRequests *slot[PCI_SLOT_MAX];
} BusSlots;

int64_t pci_hotplug_now(void)
{
    return qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);
}

HotplugRequestTiming pci_hotplug_timing(void)
{
    return (HotplugRequestTiming) {
        .timeout = pci_hotplug_timeout() * INT64_C(1000),
        .again = AGAIN_MS,
        .again_most = AGAIN_MOST_MS,
        .stale = STALE_MS,
    };
}

/* ---- entries ----------------------------------------------------------- */

static void release_slots(Object *bus, const char *name, void *opaque)
{
    g_autofree BusSlots *slots = opaque;

    for (unsigned device = 0; device < PCI_SLOT_MAX; device++) {
        PciHotplugSlotRequests *slot = slots->slot[device];

        if (slot) {
            pci_hotplug_bus_gone(slot);
            timer_free(slot->timer);
            slot->timer = NULL;
            slot->bus = NULL;
            pci_hotplug_slot_unref(slot);
        }
    }
}

static BusSlots *slots_of(PCIBus *bus)
{
    ObjectProperty *property = object_property_find(OBJECT(bus), PROP_SLOTS);

    return property ? property->opaque : NULL;
}

PciHotplugSlotRequests *pci_hotplug_find_slot(PCIBus *bus, unsigned device)
{
    BusSlots *slots = slots_of(bus);

    return slots && device < PCI_SLOT_MAX ? slots->slot[device] : NULL;
}

const PciHotplugSlotRequests *pci_hotplug_requests_of(PCIBus *bus,
                                                      unsigned device)
{
    return pci_hotplug_find_slot(bus, device);
}

static void slot_timer_expired(void *opaque);

static PciHotplugSlotRequests *new_slot(PCIBus *bus, unsigned device,
                                        const PciHotplugPath *path)
{
    PciHotplugSlotRequests *slot = g_rc_box_new0(PciHotplugSlotRequests);

    slot->bus = bus;
    slot->device = device;
    slot->owner_path = object_get_canonical_path(OBJECT(BUS(bus)->parent));
    slot->owner_id = g_strdup(BUS(bus)->parent->id);
    slot->bus_name = g_strdup(BUS(bus)->name);
    slot->path = path;
    g_queue_init(&slot->to_send);
    slot->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, slot_timer_expired, slot);
    hotplug_request_init(&slot->request, path->guest(bus, device));
    return slot;
}

PciHotplugSlotRequests *pci_hotplug_get_slot(PCIBus *bus, unsigned device,
                                             const PciHotplugPath *path)
{
    BusSlots *slots = slots_of(bus);

    if (!slots) {
        slots = g_new0(BusSlots, 1);
        object_property_add(OBJECT(bus), PROP_SLOTS, "opaque", NULL, NULL,
                            release_slots, slots);
    }
    if (!slots->slot[device]) {
        slots->slot[device] = new_slot(bus, device, path);
    }
    return slots->slot[device];
}

/* ---- visiting slots ---------------------------------------------------- */

void pci_hotplug_visit_bus(PCIBus *bus, PciHotplugSlotVisitor *visit,
                           void *opaque)
{
    BusSlots *slots = slots_of(bus);
    PCIBus *child;

    for (unsigned device = 0; slots && device < PCI_SLOT_MAX; device++) {
        if (slots->slot[device]) {
            visit(slots->slot[device], opaque);
        }
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        pci_hotplug_visit_bus(child, visit, opaque);
    }
}

void pci_hotplug_visit_slots(PciHotplugSlotVisitor *visit, void *opaque)
{
    PCIHostState *bridge;

    QLIST_FOREACH(bridge, &pci_host_bridges, next) {
        if (bridge->bus) {
            pci_hotplug_visit_bus(bridge->bus, visit, opaque);
        }
    }
}

/* ---- effects ----------------------------------------------------------- */

static void set_timer(PciHotplugSlotRequests *slot)
{
    HotplugRequestTiming timing = pci_hotplug_timing();
    int64_t due = hotplug_request_due(&slot->request, &timing);

    if (due == HOTPLUG_NEVER) {
        timer_del(slot->timer);
    } else {
        timer_mod(slot->timer, due);
    }
}

void pci_hotplug_carry_out(PciHotplugSlotRequests *slot, const char *event,
                           HotplugRequestKind before,
                           HotplugRequestEffect effect)
{
    const PciHotplugPath *path = slot->path;
    HotplugRequestKind kind = slot->request.kind;

    trace_pci_hotplug_request(BUS(slot->bus)->name, slot->device, event,
                              hotplug_request_kind_name(kind),
                              hotplug_request_state_name(slot->request.state),
                              effect.signal, effect.endings);
    set_timer(slot);
    if (effect.withdraw && before != HOTPLUG_REQUEST_NONE) {
        path->withdraw(slot->bus, slot->device, before);
    }
    for (unsigned i = 0; i < effect.endings; i++) {
        pci_hotplug_report(slot, &effect.ending[i]);
    }
    if (effect.signal) {
        path->interrupt(slot->bus, slot->device, kind);
    } else if (effect.show) {
        path->show(slot->bus, slot->device, kind);
    }
}

static void slot_timer_expired(void *opaque)
{
    PciHotplugSlotRequests *slot = opaque;
    HotplugRequestTiming timing = pci_hotplug_timing();
    HotplugRequestKind before = slot->request.kind;

    pci_hotplug_carry_out(slot, "time", before,
                          hotplug_request_time(&slot->request, &timing,
                                               pci_hotplug_now()));
}
