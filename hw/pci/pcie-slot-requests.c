/*
 * Slots of PCI Express ports: hotplug requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a request is shown by a slot's registers, and what the guest's writes to
 * these say of it.
 */

#include "qemu/osdep.h"
#include "block/aio.h"
#include "hw/pci/pci-hotplug-requests.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_port.h"
#include "pcie-slot-internal.h"
#include "qemu/main-loop.h"

static HotplugRequestGuest guest_of_slot(PCIBus *bus, unsigned device)
{
    const PcieSlotModel *slot = slot_of(bus->parent_dev);

    return (HotplugRequestGuest) {
        .method = HOTPLUG_METHOD_NATIVE,
        .listening = pcie_slot_listens(slot),
        .busy = pcie_slot_power_indicator(slot) == PCIE_SLOT_INDICATOR_BLINKING,
    };
}

/*
 * A plug shows as soon as the device is there; registers that were loaded may
 * be of a time before.
 */
static void show_plug(PCIDevice *port)
{
    PCIDevice *function0 = bus_behind(port)->devices[0];

    if (function0 && !(slot_of(port)->status & PCIE_SLOT_PRESENT)) {
        pcie_slot_apply(port, "plug",
                        pcie_slot_plug(slot_of(port), PCIE_SLOT_HOT,
                                       pcie_slot_describe(port, function0)));
    }
}

/*
 * The guest may have turned the slot on since, and was counted as asked: then
 * it has to be.
 */
static void remove_or_ask(PCIDevice *port)
{
    const PciHotplugSlotRequests *requests =
        pci_hotplug_requests_of(bus_behind(port), 0);

    if (!requests || requests->removing || requests->path != &pcie_slot_path) {
        return;
    }
    pcie_slot_remove_if_unused(port);
    if (requests->request.state == HOTPLUG_REQUEST_SIGNALLED &&
        !pcie_slot_is_unused(slot_of(port)) &&
        !(slot_of(port)->status & PCIE_SLOT_BUTTON)) {
        pci_hotplug_misread(bus_behind(port), 0);
    }
}

static void remove_later(void *opaque)
{
    PCIDevice *port = opaque;

    if (DEVICE(port)->realized) {
        remove_or_ask(port);
    }
    object_unref(port);
}

/*
 * Where nobody uses the device, nobody has to be asked.  Callers may be looping
 * over what a removal changes.
 */
static bool spare_guest(PCIDevice *port)
{
    if (!pcie_slot_is_unused(slot_of(port))) {
        return false;
    }
    aio_bh_schedule_oneshot(qemu_get_aio_context(), remove_later,
                            object_ref(port));
    return true;
}

/* An unplug has the button, which is pressed once. */
static void show_request(PCIBus *bus, unsigned device, HotplugRequestKind kind)
{
    if (kind == HOTPLUG_REQUEST_PLUG) {
        show_plug(bus->parent_dev);
    } else {
        spare_guest(bus->parent_dev);
    }
}

static void signal_request(PCIBus *bus, unsigned device,
                           HotplugRequestKind kind)
{
    PCIDevice *port = bus->parent_dev;

    if (kind == HOTPLUG_REQUEST_PLUG) {
        show_plug(port);
    } else if (!spare_guest(port)) {
        pcie_slot_apply(port, "unplug",
                        pcie_slot_request_unplug(slot_of(port),
                                                 PCIE_SLOT_VISIBLE));
    }
}

static void withdraw_request(PCIBus *bus, unsigned device,
                             HotplugRequestKind kind)
{
    pcie_slot_apply(bus->parent_dev, "button released",
                    pcie_slot_release_button(slot_of(bus->parent_dev)));
}

/* The button of a slot that is off tells of the device that came. */
static void forget_loaded(PCIBus *bus, unsigned device, HotplugRequestKind kind)
{
    if (kind == HOTPLUG_REQUEST_UNPLUG ||
        !pcie_slot_is_unused(slot_of(bus->parent_dev))) {
        withdraw_request(bus, device, kind);
    }
}

/* The button's event is all that a stream has; the model keeps its own. */
static void lend_button(PCIBus *bus, unsigned device, bool lent)
{
    PCIDevice *port = bus->parent_dev;

    if (lent) {
        pci_word_test_and_set_mask(port->config + port->exp.exp_cap +
                                   PCI_EXP_SLTSTA, PCIE_SLOT_BUTTON);
    } else {
        pcie_slot_store_registers(port);
    }
}

static bool is_my_bus(PCIBus *bus)
{
    return bus->parent_dev && pci_is_express(bus->parent_dev) &&
           object_dynamic_cast(OBJECT(bus->parent_dev), TYPE_PCIE_SLOT) &&
           slot_of(bus->parent_dev)->features.hot_plug;
}

/*
 * A button that was pressed asks for the device that is there, or tells of it.
 * Else a blinking indicator is the guest's, at work on one of both.
 */
static void adopt_request(PCIBus *bus)
{
    PCIDevice *port = bus->parent_dev;
    PCIDevice *function0 = bus->devices[0];
    HotplugRequestKind kind = HOTPLUG_REQUEST_UNPLUG;
    const PciHotplugSlotRequests *requests = pci_hotplug_requests_of(bus, 0);
    bool blinks, pressed;

    if (!is_my_bus(bus) || !function0 ||
        (requests && requests->request.kind != HOTPLUG_REQUEST_NONE)) {
        return;
    }
    blinks = pcie_slot_power_indicator(slot_of(port)) ==
             PCIE_SLOT_INDICATOR_BLINKING;
    pressed = slot_of(port)->status & PCIE_SLOT_BUTTON;
    if (!pci_hotplug_is_set_up(function0)) {
        kind = HOTPLUG_REQUEST_PLUG;
    }
    if (pressed && kind == HOTPLUG_REQUEST_UNPLUG) {
        withdraw_request(bus, 0, kind);
    }
    if (pressed || blinks) {
        pci_hotplug_adopt(&pcie_slot_path, bus, 0, kind, !pressed);
    }
}

const PciHotplugPath pcie_slot_path = {
    .guest = guest_of_slot,
    .show = show_request,
    .interrupt = signal_request,
    .withdraw = withdraw_request,
    .forget = forget_loaded,
    .lend = lend_button,
    .adopt = adopt_request,
};

/*
 * Nobody uses the device that the host wants back, or nobody does any more.  A
 * removal that has begun may run the main loop, and what waits there.
 */
void pcie_slot_remove_if_unused(PCIDevice *port)
{
    PCIBus *bus = bus_behind(port);
    const PciHotplugSlotRequests *requests = pci_hotplug_requests_of(bus, 0);

    if (requests && requests->path == &pcie_slot_path &&
        requests->request.kind == HOTPLUG_REQUEST_UNPLUG &&
        !requests->removing && pcie_slot_is_unused(slot_of(port))) {
        pcie_slot_apply(port, "removed unused",
                        pcie_slot_request_unplug(slot_of(port),
                                                 PCIE_SLOT_VISIBLE));
    }
}

/* What the guest meant by lighting the power indicator again. */
static void note_lit(PCIBus *bus, PcieSlotState from)
{
    const PciHotplugSlotRequests *requests = pci_hotplug_requests_of(bus, 0);

    if (!requests || requests->request.kind != HOTPLUG_REQUEST_UNPLUG ||
        requests->request.state != HOTPLUG_REQUEST_ACKNOWLEDGED) {
        return;
    }
    if (from == PCIE_SLOT_BLINKING_OFF || from == PCIE_SLOT_POWERED_OFF) {
        pci_hotplug_decline(bus, 0);
    } else if (from == PCIE_SLOT_BLINKING_ON) {
        pci_hotplug_misread(bus, 0);
    }
}

/* Tell of what the guest did to the slot. */
void pcie_slot_note_write(PCIDevice *port, const PcieSlotModel *before,
                       const PcieSlotEffect *effect)
{
    const PcieSlotModel *now = slot_of(port);
    PCIBus *bus = bus_behind(port);
    bool blinked = pcie_slot_power_indicator(before) ==
                   PCIE_SLOT_INDICATOR_BLINKING;
    bool blinks = pcie_slot_power_indicator(now) ==
                  PCIE_SLOT_INDICATOR_BLINKING;

    if (effect->acknowledged || (blinks && !blinked)) {
        pci_hotplug_acknowledge(&pcie_slot_path, bus, 0);
    }
    if (effect->to == PCIE_SLOT_ON && effect->from != PCIE_SLOT_ON) {
        note_lit(bus, effect->from);
    }
    if (blinks != blinked) {
        pci_hotplug_indicate(&pcie_slot_path, bus, 0, blinks);
    }
    if (pcie_slot_listens(now) != pcie_slot_listens(before)) {
        pci_hotplug_listen(&pcie_slot_path, bus, pcie_slot_listens(now));
    }
    pcie_slot_remove_if_unused(port);
}
