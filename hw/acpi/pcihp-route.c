/*
 * ACPI PCI hotplug: between ACPI's registers and the ports' own controllers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In mode auto a request is served either by ACPI's registers or by the slot
 * of its port (hw/pci/pcie_slot.c), as the guest has chosen, and never by
 * both.  The slot's registers always say whether there is a device, so that a
 * guest that takes it over finds the truth; until it does, the slot has power,
 * because a device without power can't be seen by firmware or by a boot scan.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pcihp.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_port.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "pcihp-internal.h"
#include "trace.h"

/* ---- which way --------------------------------------------------------- */

PCIDevice *acpi_pcihp_routed_port(const PCIBus *bus)
{
    PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();
    PCIDevice *port = bus->parent_dev;

    return hotplug_switch && hotplug_switch->mode == HOTPLUG_MODE_AUTO &&
           object_dynamic_cast(OBJECT(port), TYPE_PCIE_SLOT) ? port : NULL;
}

bool acpi_pcihp_goes_native(PCIDevice *port)
{
    PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();
    PCIBus *root = pci_device_root_bus(port);
    HotplugNegotiation negotiation;

    if (!pci_hotplug_switch_covers(hotplug_switch, root)) {
        return true;
    }
    negotiation = pci_hotplug_switch_negotiation(hotplug_switch, root);
    return hotplug_request_method(&negotiation) == HOTPLUG_METHOD_NATIVE;
}

/* ---- the slot's registers, without an event ---------------------------- */

static PCIBus *bus_behind(PCIDevice *port)
{
    return pci_bridge_get_sec_bus(PCI_BRIDGE(port));
}

void acpi_pcihp_show_device(PCIDevice *port, PCIDevice *pdev)
{
    if (pci_get_function_0(pdev)) {
        pcie_slot_report_device(port, pdev);
    }
}

void acpi_pcihp_show_empty(PCIDevice *port)
{
    PCIBus *bus = bus_behind(port);

    for (size_t devfn = 0; devfn < ARRAY_SIZE(bus->devices); devfn++) {
        if (bus->devices[devfn]) {
            return;
        }
    }
    pcie_slot_report_empty(port);
}

/* ---- a change of the guest's choice ------------------------------------ */

/* The BSEL of the bus behind a port, or -1. */
static int bsel_behind(PCIDevice *port)
{
    return acpi_pcihp_served_bsel(bus_behind(port));
}

/* The first function at or after @devfn that is to go, or NULL. */
static PCIDevice *leaving_function(PCIDevice *port, unsigned devfn)
{
    PCIBus *bus = bus_behind(port);

    for (; devfn < ARRAY_SIZE(bus->devices); devfn++) {
        PCIDevice *pdev = bus->devices[devfn];

        if (pdev && DEVICE(pdev)->pending_deleted_event) {
            return pdev;
        }
    }
    return NULL;
}

static void ask_slot(PCIDevice *port, PCIDevice *pdev)
{
    Error *err = NULL;

    pcie_cap_slot_unplug_request_cb(HOTPLUG_HANDLER(port), DEVICE(pdev), &err);
    if (err) {
        DEVICE(pdev)->pending_deleted_event = false;
        warn_reportf_err(err, "the request to unplug %s was dropped when the "
                         "guest took native hotplug, ask again: ",
                         DEVICE(pdev)->canonical_path);
    }
}

/* Functions without function 0 have no slot that they could be asked by. */
static void ask_parts(PCIDevice *port)
{
    PCIDevice *pdev = leaving_function(port, 0);

    while (pdev) {
        unsigned devfn = pdev->devfn;

        ask_slot(port, pdev);
        pdev = leaving_function(port, devfn + 1);
    }
}

/* One that was plugged before the guest moved here is on our command line. */
static bool came_late(PCIDevice *function0)
{
    const PciHotplugSlotRequests *requests =
        pci_hotplug_requests_of(pci_get_bus(function0), 0);

    return DEVICE(function0)->hotplugged ||
           (requests && requests->request.kind == HOTPLUG_REQUEST_PLUG);
}

/*
 * A guest that enables the interrupts of slots, and has not asked for them by
 * _OSC, has scanned its buses before.  What came since then it doesn't know.
 */
static bool is_overlooked(const AcpiPciHpState *s, PCIDevice *function0)
{
    HotplugNegotiation negotiation =
        pci_hotplug_switch_negotiation(s->hotplug_switch,
                                       pci_device_root_bus(function0));

    return negotiation.choice == HOTPLUG_CHOICE_NATIVE_INFERRED &&
           came_late(function0) && !pci_hotplug_is_set_up(function0);
}

/*
 * The guest has the slot from now on.  A device that it was to be told of is
 * left to be found: the slot says that it is there.
 */
static void move_to_native(AcpiPciHpState *s, PCIDevice *port)
{
    PCIDevice *function0 = bus_behind(port)->devices[0];
    int bsel = bsel_behind(port);

    if (bsel < 0) {
        return;
    }
    if (function0 && is_overlooked(s, function0)) {
        pcie_slot_leave_to_guest(port);
    }
    if (!acpi_slots_take_requests(&s->slots, bsel, 0).down) {
        return;
    }
    trace_acpi_pcihp_move(DEVICE(port)->canonical_path, "native");
    if (function0) {
        ask_slot(port, leaving_function(port, 0) ?: function0);
    } else {
        ask_parts(port);
    }
}

/* Whether the guest still has to give back what is in the slot. */
static bool is_leaving(PCIDevice *port)
{
    switch (PCIE_SLOT(port)->model.state) {
    case PCIE_SLOT_PRESSED:
    case PCIE_SLOT_BLINKING_OFF:
    case PCIE_SLOT_POWERED_OFF:
        return leaving_function(port, 0);
    case PCIE_SLOT_EMPTY:
    case PCIE_SLOT_INSERTED:
    case PCIE_SLOT_BLINKING_ON:
    case PCIE_SLOT_POWERED:
    case PCIE_SLOT_ON:
        break;
    }
    return false;
}

/* Whether it still has to find it; a slot may have had power before. */
static bool is_arriving(PCIDevice *port)
{
    const PcieSlotModel *slot = &PCIE_SLOT(port)->model;

    return slot->state == PCIE_SLOT_INSERTED ||
           slot->state == PCIE_SLOT_BLINKING_ON ||
           (slot->state == PCIE_SLOT_PRESSED &&
            slot->status & PCIE_SLOT_PRESENCE);
}

static void move_to_acpi(AcpiPciHpState *s, PCIDevice *port)
{
    PCIDevice *function0 = bus_behind(port)->devices[0];
    int bsel = bsel_behind(port);
    bool leaving = is_leaving(port);

    if (bsel < 0 || !function0 || !(leaving || is_arriving(port))) {
        return;
    }
    trace_acpi_pcihp_move(DEVICE(port)->canonical_path, "acpi");
    pcie_slot_withdraw_events(port);
    if (leaving) {
        acpi_slots_request_unplug(&s->slots, bsel, 0);
    } else {
        pcie_slot_report_device(port, function0);
        acpi_slots_plug(&s->slots, bsel, 0);
    }
}

typedef struct PortWalk {
    AcpiPciHpState *s;
    void (*visit)(AcpiPciHpState *s, PCIDevice *port);
} PortWalk;

/* All ports below a bus, but for those of other host bridges. */
static void visit_ports(PCIBus *bus, PCIDevice *pdev, void *opaque)
{
    PortWalk *walk = opaque;

    if (object_dynamic_cast(OBJECT(pdev), TYPE_PCIE_SLOT)) {
        walk->visit(walk->s, pdev);
    }
    if (IS_PCI_BRIDGE(pdev)) {
        pci_for_each_device_under_bus(bus_behind(pdev), visit_ports, walk);
    }
}

static void trace_request(PCIDevice *port, const PciHotplugPath *from,
                          const char *to)
{
    const PciHotplugSlotRequests *requests =
        pci_hotplug_requests_of(bus_behind(port), 0);

    if (requests && requests->path == from &&
        requests->request.kind != HOTPLUG_REQUEST_NONE) {
        trace_acpi_pcihp_move(DEVICE(port)->canonical_path, to);
    }
}

/* Overlooked devices first: an unplug may be open for one. */
static void hand_to_slot(AcpiPciHpState *s, PCIDevice *port)
{
    PCIBus *bus = bus_behind(port);

    if (bsel_behind(port) >= 0 && bus->devices[0] &&
        is_overlooked(s, bus->devices[0])) {
        pcie_slot_leave_to_guest(port);
    }
    trace_request(port, &acpi_pcihp_path, "native");
    pci_hotplug_move(&pcie_slot_path, bus, 0);
}

static void hand_to_acpi(AcpiPciHpState *s, PCIDevice *port)
{
    if (bsel_behind(port) >= 0) {
        trace_request(port, &pcie_slot_path, "acpi");
        pci_hotplug_move(&acpi_pcihp_path, bus_behind(port), 0);
    }
}

static void hand_over_requests(AcpiPciHpState *s, PCIBus *root,
                               HotplugMove move)
{
    PortWalk walk = {
        .s = s,
        .visit = move == HOTPLUG_MOVE_TO_NATIVE ? hand_to_slot : hand_to_acpi,
    };

    pci_for_each_device_under_bus(root, visit_ports, &walk);
}

void acpi_pcihp_move_requests(void *opaque, PCIBus *root, HotplugMove move)
{
    AcpiPciHpState *s = opaque;
    PortWalk walk = {
        .s = s,
        .visit = move == HOTPLUG_MOVE_TO_NATIVE ? move_to_native
                                                : move_to_acpi,
    };

    if (s->slots.once) {
        hand_over_requests(s, root, move);
        return;
    }
    pci_for_each_device_under_bus(root, visit_ports, &walk);
    if (move == HOTPLUG_MOVE_TO_ACPI && acpi_slots_signal(&s->slots)) {
        acpi_send_event(DEVICE(s->owner), ACPI_PCI_HOTPLUG_STATUS);
    }
}
