/*
 * Hotplug requests: the host's events
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Binds the model (hw/model/hotplug-request.c) to devices that come and go, to
 * resets and to guests that were loaded.
 */

#include "qemu/osdep.h"
#include "hw/pci/pci-hotplug-removal.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "pci-hotplug-internal.h"
#include "qapi/error.h"

static uint8_t functions_in(PCIBus *bus, unsigned device)
{
    uint8_t functions = 0;

    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = bus->devices[PCI_DEVFN(device, function)];

        if (pdev && !pci_is_vf(pdev)) {
            functions |= 1U << function;
        }
    }
    return functions;
}

/* The slot that @dev is to come to; -1 if any will do. */
static int wanted_device(PCIBus *bus, PCIDevice *dev)
{
    if (dev->devfn >= 0) {
        return PCI_SLOT(dev->devfn);
    }
    return pci_bus_is_express(bus) && !pci_bus_is_root(bus) ? 0 : -1;
}

bool pci_hotplug_check_plug(PCIBus *bus, PCIDevice *dev, Error **errp)
{
    int device = wanted_device(bus, dev);
    PciHotplugSlotRequests *slot;
    const char *leaving = NULL;

    pci_hotplug_settle();
    slot = device < 0 ? NULL : pci_hotplug_find_slot(bus, device);
    if (!DEVICE(dev)->hotplugged || !slot ||
        hotplug_request_may_plug(&slot->request)) {
        return true;
    }
    for (unsigned i = 0; i < PCI_FUNC_MAX && !leaving; i++) {
        leaving = slot->members[i] ? slot->members[i]->id ?:
                  slot->members[i]->qom_path : NULL;
    }
    error_setg(errp, "Device '%s' can't come to bus '%s': the guest has been "
               "asked to give back device '%s' there; wait for DEVICE_DELETED "
               "of that, or for PCI_HOTPLUG_ENDED, and try again",
               DEVICE(dev)->id ?: object_get_typename(OBJECT(dev)),
               BUS(bus)->name, leaving ?: "in its slot");
    return false;
}

void pci_hotplug_request_plug(const PciHotplugPath *path, PCIDevice *function)
{
    PCIBus *bus = pci_get_bus(function);
    unsigned device = PCI_SLOT(function->devfn);
    HotplugRequestTiming timing = pci_hotplug_timing();
    PciHotplugSlotRequests *slot;
    HotplugRequestKind before;

    if (!pci_hotplug_requests_enabled()) {
        return;
    }
    slot = pci_hotplug_get_slot(bus, device, path);
    before = slot->request.kind;
    pci_hotplug_note_member(slot, function);
    pci_hotplug_carry_out(slot, "plug", before,
                          hotplug_request_plug(&slot->request, &timing,
                                               PCI_FUNC(function->devfn),
                                               pci_get_function_0(function) ?
                                               HOTPLUG_VISIBLE : HOTPLUG_HIDDEN,
                                               pci_hotplug_now()));
}

static void note_members(PciHotplugSlotRequests *slot, uint8_t functions)
{
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        unsigned devfn = PCI_DEVFN(slot->device, function);

        if (functions & 1U << function) {
            pci_hotplug_note_member(slot, slot->bus->devices[devfn]);
        }
    }
}

void pci_hotplug_request_unplug(const PciHotplugPath *path,
                                PCIDevice *function)
{
    PCIBus *bus = pci_get_bus(function);
    unsigned device = PCI_SLOT(function->devfn);
    HotplugRequestTiming timing = pci_hotplug_timing();
    uint8_t functions = functions_in(bus, device);
    PciHotplugSlotRequests *slot;
    HotplugRequestKind before;

    pci_hotplug_settle();
    slot = pci_hotplug_get_slot(bus, device, path);
    before = slot->request.kind;
    note_members(slot, functions);
    pci_hotplug_carry_out(slot, "unplug", before,
                          hotplug_request_unplug(&slot->request, &timing,
                                                 functions,
                                                 pci_hotplug_now()));
}

/* ---- functions that leave ---------------------------------------------- */

void pci_hotplug_begin_removal(const PciHotplugPath *path, PCIBus *bus,
                               unsigned device)
{
    if (pci_hotplug_requests_enabled()) {
        PciHotplugSlotRequests *slot = pci_hotplug_get_slot(bus, device, path);

        slot->before = functions_in(bus, device);
        slot->kept = 0;
        slot->removing = true;
    }
}

/* What is behind a bridge goes with it, and so does what was asked of that. */
static void note_departure(PciHotplugSlotRequests *slot, void *opaque)
{
    uint8_t functions = functions_in(slot->bus, slot->device);

    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        if (functions & 1U << function) {
            pci_hotplug_departs(
                slot, slot->bus->devices[PCI_DEVFN(slot->device, function)]);
        }
    }
}

void pci_hotplug_removing(PCIDevice *function)
{
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(
        pci_get_bus(function), PCI_SLOT(function->devfn));

    if (slot && !pci_is_vf(function)) {
        pci_hotplug_departs(slot, function);
    }
    if (IS_PCI_BRIDGE(function)) {
        pci_hotplug_visit_bus(pci_bridge_get_sec_bus(PCI_BRIDGE(function)),
                              note_departure, NULL);
    }
}

void pci_hotplug_keeping(PCIDevice *function)
{
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(
        pci_get_bus(function), PCI_SLOT(function->devfn));

    if (slot) {
        slot->kept |= 1U << PCI_FUNC(function->devfn);
    }
}

static void leave(PciHotplugSlotRequests *slot, uint8_t functions, uint8_t left,
                  HotplugLeave why)
{
    HotplugRequestTiming timing = pci_hotplug_timing();
    HotplugRequestKind before = slot->request.kind;

    if (functions) {
        pci_hotplug_carry_out(slot, "left", before,
                              hotplug_request_gone(&slot->request, &timing,
                                                   functions, left, why,
                                                   pci_hotplug_now()));
    }
}

void pci_hotplug_end_removal(PCIBus *bus, unsigned device, HotplugLeave why)
{
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(bus, device);
    uint8_t left = functions_in(bus, device);

    if (slot) {
        slot->removing = false;
        leave(slot, slot->before & ~left, left, why);
        leave(slot, slot->kept & left, left & ~slot->kept,
              HOTPLUG_LEAVE_FAILOVER);
    }
}

void pci_hotplug_remove_hidden(const PciHotplugPath *path, PCIDevice *function)
{
    PCIBus *bus = pci_get_bus(function);
    unsigned device = PCI_SLOT(function->devfn);
    uint8_t bit = 1U << PCI_FUNC(function->devfn);
    PciHotplugSlotRequests *slot;

    pci_hotplug_begin_removal(path, bus, device);
    pci_hotplug_remove(function);
    pci_hotplug_end_removal(bus, device, HOTPLUG_LEAVE_HOST);
    slot = pci_hotplug_find_slot(bus, device);
    if (slot) {
        pci_hotplug_report(slot, &(HotplugEnding) {
            .kind = HOTPLUG_REQUEST_UNPLUG,
            .outcome = HOTPLUG_COMPLETED,
            .reason = HOTPLUG_GONE,
            .functions = bit,
            .completed = bit,
        });
    }
}

void pci_hotplug_move(const PciHotplugPath *path, PCIBus *bus, unsigned device)
{
    HotplugRequestTiming timing = pci_hotplug_timing();
    PciHotplugSlotRequests *slot = pci_hotplug_find_slot(bus, device);
    const PciHotplugPath *from;
    HotplugRequestKind kind;
    HotplugRequestEffect effect;

    if (!slot || slot->path == path) {
        return;
    }
    from = slot->path;
    kind = slot->request.kind;
    effect = hotplug_request_move(&slot->request, &timing,
                                  path->guest(bus, device), pci_hotplug_now());
    if (effect.withdraw) {
        from->withdraw(bus, device, kind);
        effect.withdraw = false;
    }
    slot->path = path;
    pci_hotplug_carry_out(slot, "move", kind, effect);
}

/* ---- resets ------------------------------------------------------------ */

/* Removes all that an open unplug is about. */
static void carry_out_unplug(PciHotplugSlotRequests *slot)
{
    PCIBus *bus = slot->bus;

    pci_hotplug_begin_removal(slot->path, bus, slot->device);
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = bus->devices[PCI_DEVFN(slot->device, function)];

        if (pdev && slot->request.functions & 1U << function &&
            DEVICE_GET_CLASS(pdev)->hotpluggable) {
            pci_hotplug_remove(pdev);
        }
    }
    pci_hotplug_end_removal(bus, slot->device, HOTPLUG_LEAVE_RESET);
}

static void restart_slot(PciHotplugSlotRequests *slot, void *opaque)
{
    const HotplugRestart *restart = opaque;
    HotplugRequestKind before;

    g_rc_box_acquire(slot);
    if (*restart == HOTPLUG_RESTART_COLD &&
        slot->request.kind == HOTPLUG_REQUEST_UNPLUG) {
        carry_out_unplug(slot);
    }
    if (slot->bus) {
        before = slot->request.kind;
        pci_hotplug_carry_out(slot, "restart", before,
                              hotplug_request_restart(&slot->request, *restart,
                                                      pci_hotplug_now()));
    }
    pci_hotplug_slot_unref(slot);
}

void pci_hotplug_restart(ResetType type)
{
    HotplugRestart restart = type == RESET_TYPE_WAKEUP ? HOTPLUG_RESTART_WAKE_UP
                                                       : HOTPLUG_RESTART_COLD;

    if (type == RESET_TYPE_COLD || type == RESET_TYPE_WAKEUP) {
        pci_hotplug_visit_slots(restart_slot, &restart);
    }
}

/* ---- guests that were loaded ------------------------------------------- */

/*
 * The guest that was loaded knows a device that came again for it.  What the
 * slot shows came with the guest, too, and stays.
 */
static void find_configured(PciHotplugSlotRequests *slot)
{
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = slot->bus->devices[PCI_DEVFN(slot->device, function)];
        HotplugRequestKind before = slot->request.kind;
        HotplugRequestEffect effect;

        if (pdev && pci_hotplug_is_set_up(pdev)) {
            effect = hotplug_request_configure(&slot->request, function,
                                               pci_hotplug_now());
            effect.withdraw = false;
            pci_hotplug_carry_out(slot, "configured", before, effect);
        }
    }
}

static void ask_anew(PciHotplugSlotRequests *slot, void *opaque)
{
    const PciHotplugPath *path = slot->path;
    HotplugRequestTiming timing = pci_hotplug_timing();
    HotplugRequestEffect effect;
    HotplugRequestKind kind;

    find_configured(slot);
    kind = slot->request.kind;
    effect = hotplug_request_ask_anew(&slot->request, &timing,
                                      path->guest(slot->bus, slot->device),
                                      pci_hotplug_now());
    if (effect.withdraw && path->forget) {
        path->forget(slot->bus, slot->device, kind);
        effect.withdraw = false;
    }
    pci_hotplug_carry_out(slot, "snapshot", kind, effect);
}

void pci_hotplug_ask_anew(void)
{
    pci_hotplug_visit_slots(ask_anew, NULL);
}

void pci_hotplug_install(const PciHotplugPath *path, PCIBus *bus,
                         unsigned device, const HotplugRequest *request)
{
    HotplugRequestTiming timing = pci_hotplug_timing();
    PciHotplugSlotRequests *slot = pci_hotplug_get_slot(bus, device, path);
    HotplugRequestKind kind = request->kind;
    HotplugRequestEffect effect;

    if (slot->request.kind != HOTPLUG_REQUEST_NONE) {
        return;
    }
    slot->path = path;
    slot->request = *request;
    slot->request.functions &= functions_in(bus, device);
    slot->request.done &= slot->request.functions;
    if (kind != HOTPLUG_REQUEST_NONE && !slot->request.functions) {
        hotplug_request_init(&slot->request, path->guest(bus, device));
        return;
    }
    note_members(slot, slot->request.functions);
    effect = hotplug_request_move(&slot->request, &timing,
                                  path->guest(bus, device), pci_hotplug_now());
    effect.show |= slot->request.state == HOTPLUG_REQUEST_QUEUED ||
                   slot->request.state == HOTPLUG_REQUEST_SIGNALLED;
    effect.show &= !slot->request.hidden;
    pci_hotplug_carry_out(slot, "loaded", kind, effect);
}

/* Function 0, and with it what the guest has not set up either. */
static void adopt_plug(const PciHotplugPath *path, PCIBus *bus, unsigned device)
{
    uint8_t functions = functions_in(bus, device);

    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = bus->devices[PCI_DEVFN(device, function)];

        if (functions & 1U << function &&
            (!function || !pci_hotplug_is_set_up(pdev))) {
            pci_hotplug_request_plug(path, pdev);
        }
    }
}

void pci_hotplug_adopt(const PciHotplugPath *path, PCIBus *bus,
                       unsigned device, HotplugRequestKind kind,
                       bool acknowledged)
{
    PciHotplugSlotRequests *slot = pci_hotplug_get_slot(bus, device, path);
    PCIDevice *function0 = bus->devices[PCI_DEVFN(device, 0)];

    if (slot->request.kind != HOTPLUG_REQUEST_NONE || !function0 ||
        !DEVICE_GET_CLASS(function0)->hotpluggable) {
        return;
    }
    if (kind == HOTPLUG_REQUEST_PLUG) {
        adopt_plug(path, bus, device);
    } else {
        pci_hotplug_request_unplug(path, function0);
    }
    if (acknowledged) {
        pci_hotplug_acknowledge(path, bus, device);
    }
}
