/*
 * Hotplug requests: the guest's events
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "pci-hotplug-internal.h"
#include "pci-internal.h"

typedef struct Listening {
    const PciHotplugPath *path;
    bool on;
} Listening;

static void set_listening(PciHotplugSlotRequests *slot, void *opaque)
{
    const Listening *listening = opaque;
    HotplugRequestTiming timing = pci_hotplug_timing();
    HotplugRequestKind before = slot->request.kind;

    if (slot->path == listening->path) {
        pci_hotplug_carry_out(slot, listening->on ? "listening" : "deaf",
                              before,
                              hotplug_request_listen(&slot->request, &timing,
                                                     listening->on,
                                                     pci_hotplug_now()));
    }
}

void pci_hotplug_listen(const PciHotplugPath *path, PCIBus *bus,
                        bool listening)
{
    Listening what = { .path = path, .on = listening };
    PciHotplugSlotRequests *slot;

    if (!bus) {
        pci_hotplug_visit_slots(set_listening, &what);
        return;
    }
    slot = pci_hotplug_find_slot(bus, 0);
    if (slot) {
        set_listening(slot, &what);
    }
}

void pci_hotplug_indicate(const PciHotplugPath *path, PCIBus *bus,
                          unsigned device, bool busy)
{
    HotplugRequestTiming timing = pci_hotplug_timing();
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(bus, device);

    if (slot && slot->path == path) {
        HotplugRequestKind before = slot->request.kind;

        pci_hotplug_carry_out(slot, busy ? "blinking" : "steady", before,
                              hotplug_request_indicate(&slot->request, &timing,
                                                       busy,
                                                       pci_hotplug_now()));
    }
}

void pci_hotplug_acknowledge(const PciHotplugPath *path, PCIBus *bus,
                             unsigned device)
{
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(bus, device);

    if (slot && slot->path == path) {
        HotplugRequestKind before = slot->request.kind;

        pci_hotplug_carry_out(slot, "acknowledged", before,
                              hotplug_request_acknowledge(&slot->request,
                                                          pci_hotplug_now()));
    }
}

void pci_hotplug_misread(PCIBus *bus, unsigned device)
{
    HotplugRequestTiming timing = pci_hotplug_timing();
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(bus, device);

    if (slot) {
        HotplugRequestKind before = slot->request.kind;

        pci_hotplug_carry_out(slot, "misread", before,
                              hotplug_request_misread(&slot->request, &timing,
                                                      pci_hotplug_now()));
    }
}

void pci_hotplug_decline(PCIBus *bus, unsigned device)
{
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(bus, device);

    if (slot) {
        HotplugRequestKind before = slot->request.kind;

        pci_hotplug_carry_out(slot, "declined", before,
                              hotplug_request_decline(&slot->request,
                                                      pci_hotplug_now()));
    }
}

static void set_not_ready(PciHotplugSlotRequests *slot, void *opaque)
{
    HotplugRequestTiming timing = pci_hotplug_timing();
    HotplugRequestKind before = slot->request.kind;

    if (slot->path == opaque) {
        pci_hotplug_carry_out(slot, "not ready", before,
                              hotplug_request_not_ready(&slot->request, &timing,
                                                        pci_hotplug_now()));
    }
}

void pci_hotplug_not_ready(const PciHotplugPath *path)
{
    pci_hotplug_visit_slots(set_not_ready, (void *)path);
}

void pci_hotplug_dropped(const PciHotplugPath *path, PCIBus *bus,
                         unsigned device)
{
    HotplugRequestTiming timing = pci_hotplug_timing();
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(bus, device);

    if (slot && slot->path == path) {
        HotplugRequestKind before = slot->request.kind;

        pci_hotplug_carry_out(slot, "dropped", before,
                              hotplug_request_dropped(&slot->request, &timing,
                                                      pci_hotplug_now()));
    }
}

HotplugEject pci_hotplug_eject(const PciHotplugPath *path, PCIBus *bus,
                               unsigned device)
{
    HotplugRequestTiming timing = pci_hotplug_timing();
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(bus, device);
    HotplugEject eject = HOTPLUG_EJECT_DEVICE;
    HotplugRequestEffect effect;

    if (slot && slot->path == path) {
        HotplugRequestKind before = slot->request.kind;

        eject = hotplug_request_eject(&slot->request, &timing,
                                      pci_hotplug_now(), &effect);
        pci_hotplug_carry_out(slot, eject == HOTPLUG_EJECT_STALE ?
                              "stale eject" : "eject", before, effect);
    }
    return eject;
}

void pci_hotplug_config_written(PCIDevice *function)
{
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(
        pci_get_bus(function), PCI_SLOT(function->devfn));

    if (slot && slot->request.kind == HOTPLUG_REQUEST_PLUG &&
        pci_hotplug_is_set_up(function)) {
        pci_hotplug_carry_out(slot, "configured", HOTPLUG_REQUEST_PLUG,
                              hotplug_request_configure(
                                  &slot->request, PCI_FUNC(function->devfn),
                                  pci_hotplug_now()));
    }
}

/* The address in a BAR; the low half of a 64-bit one may be 0. */
static uint64_t address_in(PCIDevice *pdev, int bar)
{
    uint8_t type = pdev->io_regions[bar].type;
    const uint8_t *at = pdev->config + pci_bar(pdev, bar);

    if (type & PCI_BASE_ADDRESS_SPACE_IO) {
        return pci_get_long(at) & PCI_BASE_ADDRESS_IO_MASK;
    }
    if (type & PCI_BASE_ADDRESS_MEM_TYPE_64) {
        return pci_get_quad(at) & PCI_BASE_ADDRESS_MEM_MASK;
    }
    return pci_get_long(at) & PCI_BASE_ADDRESS_MEM_MASK;
}

/* Guests write all ones to a BAR to learn its size. */
static bool has_address(PCIDevice *pdev)
{
    for (int i = 0; i < PCI_ROM_SLOT; i++) {
        const PCIIORegion *region = &pdev->io_regions[i];
        uint64_t address = region->size ? address_in(pdev, i) : 0;

        if (address && (uint32_t)address != (uint32_t)-region->size &&
            address != -region->size) {
            return true;
        }
    }
    return false;
}

bool pci_hotplug_is_set_up(PCIDevice *function)
{
    uint16_t command = pci_get_word(function->config + PCI_COMMAND);

    return command & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                      PCI_COMMAND_MASTER) ||
           has_address(function) ||
           (IS_PCI_BRIDGE(function) && function->config[PCI_SECONDARY_BUS]);
}
