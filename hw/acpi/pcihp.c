/*
 * ACPI PCI hotplug: requests, devices, plug and unplug
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the guest's accesses and the host's requests do is decided by the model
 * (hw/model/acpi-slots.c); this file finds the devices and carries it out.  The
 * registers are in pcihp-registers.c, the tables in pcihp-tables.c.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pcihp.h"
#include "hw/pci-bridge/xio3130_downstream.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci-hotplug-removal.h"
#include "hw/pci/pci-hotplug-requests.h"
#include "hw/pci/pcie_port.h"
#include "model/acpi-ost.h"
#include "qapi/error.h"
#include "pcihp-internal.h"
#include "trace.h"

/* ---- requests ---------------------------------------------------------- */

static bool is_listening(const AcpiPciHpState *s)
{
    return object_property_get_bool(s->owner, ACPI_PCIHP_PROP_EVENT_ENABLED,
                                    &error_abort);
}

static HotplugRequestGuest guest_of_slot(PCIBus *bus, unsigned device)
{
    AcpiPciHpState *s = acpi_pcihp_server_of(bus);

    return (HotplugRequestGuest) {
        .method = HOTPLUG_METHOD_ACPI,
        .listening = is_listening(s),
        .woken = s->woken,
    };
}

/*
 * A guest that drives ACPI hotplug leaves the port's power controller alone,
 * except that it writes back after suspend to RAM what it found before: off,
 * where a slot was empty.
 */
static void power_slot_above(PCIBus *bus)
{
    PCIDevice *port = pci_bridge_get_device(bus);

    if (object_dynamic_cast(OBJECT(port), TYPE_PCIE_ROOT_PORT) ||
        object_dynamic_cast(OBJECT(port), TYPE_XIO3130_DOWNSTREAM)) {
        pcie_cap_slot_enable_power(port);
    }
}

static void show_request(PCIBus *bus, unsigned device, HotplugRequestKind kind)
{
    AcpiPciHpState *s = acpi_pcihp_server_of(bus);

    if (kind == HOTPLUG_REQUEST_PLUG) {
        power_slot_above(bus);
        acpi_slots_plug(&s->slots, acpi_pcihp_served_bsel(bus), device);
    } else {
        acpi_slots_request_unplug(&s->slots, acpi_pcihp_served_bsel(bus),
                                  device);
    }
}

static void signal_request(PCIBus *bus, unsigned device,
                           HotplugRequestKind kind)
{
    show_request(bus, device, kind);
    acpi_send_event(DEVICE(acpi_pcihp_server_of(bus)->owner),
                    ACPI_PCI_HOTPLUG_STATUS);
}

static void withdraw_request(PCIBus *bus, unsigned device,
                             HotplugRequestKind kind)
{
    acpi_slots_take_requests(&acpi_pcihp_server_of(bus)->slots,
                             acpi_pcihp_served_bsel(bus), device);
}

/* DOWN is in the stream as it is. */
static void lend_request(PCIBus *bus, unsigned device, bool lent)
{
}

static void adopt_requests(PCIBus *bus)
{
    int bsel = acpi_pcihp_served_bsel(bus);
    AcpiPciHpState *s = bsel < 0 ? NULL : acpi_pcihp_server_of(bus);
    AcpiSlotsBus shown;

    if (!s) {
        return;
    }
    shown = s->slots.bus[bsel];
    for (unsigned device = 0; device < PCI_SLOT_MAX; device++) {
        if (shown.down & UINT32_C(1) << device) {
            pci_hotplug_adopt(&acpi_pcihp_path, bus, device,
                              HOTPLUG_REQUEST_UNPLUG, false);
        } else if (shown.up & UINT32_C(1) << device) {
            pci_hotplug_adopt(&acpi_pcihp_path, bus, device,
                              HOTPLUG_REQUEST_PLUG, false);
        }
    }
}

const PciHotplugPath acpi_pcihp_path = {
    .guest = guest_of_slot,
    .show = show_request,
    .interrupt = signal_request,
    .withdraw = withdraw_request,
    .lend = lend_request,
    .adopt = adopt_requests,
};

void acpi_pcihp_seen(AcpiPciHpState *s, uint32_t bsel, uint32_t slots)
{
    PCIBus *bus = acpi_pcihp_bus_by_bsel(s, bsel);

    for (; bus && slots; slots &= slots - 1) {
        pci_hotplug_acknowledge(&acpi_pcihp_path, bus, ctz32(slots));
    }
}

/* A device_del may come again from now on; 0 would be never. */
#define LONG_AGO  (-1)

/* ---- devices of a slot ------------------------------------------------- */

/* The devices in a slot, newest first; the list holds a reference to each. */
static GPtrArray *devices_in_slot(PCIBus *bus, uint32_t slot)
{
    GPtrArray *devices = g_ptr_array_new_with_free_func(object_unref);
    BusChild *kid;

    QTAILQ_FOREACH(kid, &BUS(bus)->children, sibling) {
        if (PCI_SLOT(PCI_DEVICE(kid->child)->devfn) == slot) {
            g_ptr_array_add(devices, object_ref(OBJECT(kid->child)));
        }
    }
    return devices;
}

/*
 * Tables do not describe removing a bridge that was there when they were made.
 * A virtual function goes with its physical function, never alone.
 */
static bool stays_in_slot(PCIDevice *pdev)
{
    return (IS_PCI_BRIDGE(pdev) && !DEVICE(pdev)->hotplugged) ||
           !DEVICE_GET_CLASS(pdev)->hotpluggable || pci_is_vf(pdev);
}

static void remove_devices(PCIBus *bus, uint32_t slot)
{
    g_autoptr(GPtrArray) devices = devices_in_slot(bus, slot);

    for (guint i = 0; i < devices->len; i++) {
        DeviceState *dev = g_ptr_array_index(devices, i);

        /* An earlier one may have taken this one along. */
        if (dev->realized && !stays_in_slot(PCI_DEVICE(dev))) {
            pci_hotplug_remove(PCI_DEVICE(dev));
        }
    }
    if (acpi_pcihp_routed_port(bus)) {
        acpi_pcihp_show_empty(acpi_pcihp_routed_port(bus));
    }
}

void acpi_pcihp_eject_slot(AcpiPciHpState *s, uint32_t bsel, uint32_t slot)
{
    PCIBus *bus = acpi_pcihp_bus_by_bsel(s, bsel);

    trace_acpi_pci_eject_slot(bsel, slot);
    if (!bus || pci_hotplug_eject(&acpi_pcihp_path, bus, slot) ==
                HOTPLUG_EJECT_STALE) {
        return;
    }
    pci_hotplug_begin_removal(&acpi_pcihp_path, bus, slot);
    remove_devices(bus, slot);
    pci_hotplug_end_removal(bus, slot, HOTPLUG_LEAVE_GUEST);
}

/* Whether a report is about a slot's open request, which the guest has read. */
static bool is_about(PCIBus *bus, unsigned slot, AcpiOstSubject subject)
{
    const PciHotplugSlotRequests *requests = pci_hotplug_requests_of(bus, slot);

    return requests && requests->path == &acpi_pcihp_path &&
           requests->request.state == HOTPLUG_REQUEST_ACKNOWLEDGED &&
           requests->request.kind == (subject == ACPI_OST_OF_PLUG ?
                                      HOTPLUG_REQUEST_PLUG :
                                      HOTPLUG_REQUEST_UNPLUG) &&
           subject != ACPI_OST_OF_NEITHER;
}

void acpi_pcihp_ost(AcpiPciHpState *s, uint32_t bsel, uint32_t slot,
                    uint32_t event, uint32_t status)
{
    AcpiOstAnswer answer = acpi_ost_answer(event, status);
    PCIBus *bus = acpi_pcihp_bus_by_bsel(s, bsel);

    trace_acpi_pcihp_ost(bsel, slot, event, status,
                         acpi_ost_answer_name(answer));
    if (!bus || !is_about(bus, slot, acpi_ost_subject(event))) {
        return;
    }
    if (answer == ACPI_OST_DECLINED) {
        pci_hotplug_decline(bus, slot);
    } else if (answer == ACPI_OST_NOT_READY) {
        pci_hotplug_dropped(&acpi_pcihp_path, bus, slot);
    }
}

void acpi_pcihp_osc_evaluated(AcpiPciHpState *s)
{
    trace_acpi_pcihp_osc_evaluated();
    pci_hotplug_not_ready(&acpi_pcihp_path);
}

uint32_t acpi_pcihp_find_index(const AcpiPciHpState *s, uint32_t bsel,
                               uint32_t slot)
{
    PCIBus *bus = acpi_pcihp_bus_by_bsel(s, bsel);
    g_autoptr(GPtrArray) devices = bus ? devices_in_slot(bus, slot) : NULL;

    if (devices && devices->len) {
        const PCIDevice *newest = g_ptr_array_index(devices, 0);

        return newest->acpi_index;
    }
    return 0;
}

static uint32_t removable_slots(PCIBus *bus)
{
    uint32_t removable = UINT32_MAX;
    BusChild *kid;

    QTAILQ_FOREACH(kid, &BUS(bus)->children, sibling) {
        PCIDevice *pdev = PCI_DEVICE(kid->child);

        if (stays_in_slot(pdev)) {
            removable &= ~(1U << PCI_SLOT(pdev->devfn));
        }
    }
    return removable;
}

void acpi_pcihp_before_reset(Notifier *notifier, void *type)
{
    AcpiPciHpState *s = container_of(notifier, AcpiPciHpState, before_reset);

    if (s->slots.once) {
        /* Requests are kept, and carried out, by slot. */
        s->woken = *(ResetType *)type == RESET_TYPE_WAKEUP &&
                   (s->woken || is_listening(s));
        return;
    }
    for (uint32_t bsel = 0; bsel < ACPI_PCIHP_MAX_HOTPLUG_BUS; bsel++) {
        uint32_t removals = acpi_slots_take_removals(&s->slots, bsel);

        for (; removals; removals &= removals - 1) {
            acpi_pcihp_eject_slot(s, bsel, ctz32(removals));
        }
    }
}

void acpi_pcihp_reset(AcpiPciHpState *s)
{
    acpi_pcihp_give_out_bsels(s);

    for (uint32_t bsel = 0; bsel < ACPI_PCIHP_MAX_HOTPLUG_BUS; bsel++) {
        PCIBus *bus = acpi_pcihp_bus_by_bsel(s, bsel);

        acpi_slots_set_removable(&s->slots, bsel,
                                 bus ? removable_slots(bus) : UINT32_MAX);
    }
}

/* ---- plug and unplug --------------------------------------------------- */

bool acpi_pcihp_is_hotpluggbale_bus(AcpiPciHpState *s, BusState *bus)
{
    Object *parent = OBJECT(bus->parent);

    if (s->use_acpi_hotplug_bridge &&
        object_dynamic_cast(parent, TYPE_PCI_BRIDGE)) {
        return !object_dynamic_cast(parent, TYPE_PCIE_SLOT) ||
               PCIE_SLOT(parent)->hotplug;
    }
    return s->use_acpi_root_pci_hotplug;
}

/*
 * The tables describe the empty slots of a PCI Express bus by device 0 alone.
 * Behind a port there are no others; on the bus inside a switch there are.
 */
static bool is_described(PCIDevice *pdev)
{
    PCIBus *bus = pci_get_bus(pdev);
    bool takes_first = pdev->devfn < 0 ? !bus->devices[0]
                                       : PCI_SLOT(pdev->devfn) == 0;

    return takes_first || !pci_bus_is_express(bus) ||
           object_dynamic_cast(OBJECT(bus->parent_dev), TYPE_PCIE_SLOT);
}

void acpi_pcihp_device_pre_plug_cb(HotplugHandler *hotplug_dev,
                                   DeviceState *dev, Error **errp)
{
    PCIBus *bus = pci_get_bus(PCI_DEVICE(dev));
    PCIDevice *port = acpi_pcihp_routed_port(bus);

    if (!pci_hotplug_check_plug(bus, PCI_DEVICE(dev), errp)) {
        return;
    }
    if (port && (!dev->hotplugged || acpi_pcihp_goes_native(port))) {
        pcie_cap_slot_pre_plug_cb(HOTPLUG_HANDLER(port), dev, errp);
    } else if (dev->hotplugged &&
               (acpi_pcihp_served_bsel(bus) < 0 ||
                !is_described(PCI_DEVICE(dev)))) {
        acpi_pcihp_refuse(dev, errp);
    }
}

/* The bus of the host bridge that an expander brings, or NULL. */
static PCIBus *expander_bus(const AcpiPciHpState *s, PCIDevice *pdev)
{
    PCIBus *child;

    if (!s->hotplug_switch) {
        return NULL;
    }
    QLIST_FOREACH(child, &pci_get_bus(pdev)->child, sibling) {
        if (child->parent_dev == pdev &&
            pci_hotplug_switch_covers(s->hotplug_switch, child)) {
            return child;
        }
    }
    return NULL;
}

/* Reports of _OSC tell host bridges apart by _UID, an expander's bus number. */
static bool check_expander(const AcpiPciHpState *s, PCIDevice *pdev,
                           Error **errp)
{
    PCIBus *expander = expander_bus(s, pdev);

    if (expander && s->hotplug_switch->follows &&
        pci_bus_num(expander) == s->hotplug_switch->root_uid) {
        error_setg(errp, "'%s': bus_nr=%d is the number (_UID) of the main "
                   "host bridge on this machine type, and with "
                   PCI_HOTPLUG_PROP_MODE "=%s the guest's answers could not "
                   "be told apart; use another bus_nr",
                   DEVICE(pdev)->id ?: object_get_typename(OBJECT(pdev)),
                   pci_bus_num(expander),
                   hotplug_mode_rules(s->hotplug_switch->mode)->name);
        return false;
    }
    return true;
}

/*
 * Requests for the bus behind a bridge come here from now on.  The bus of a
 * bridge that is itself hot-plugged is no part of the tables: a port's would
 * take devices of which the guest never hears, so they have to be refused
 * here; other bridges keep what they have, an SHPC or nothing.
 */
static void take_over_bus(HotplugHandler *hotplug_dev, AcpiPciHpState *s,
                          PCIDevice *pdev)
{
    PCIBus *expander = expander_bus(s, pdev);

    if (!s->use_acpi_hotplug_bridge) {
        return;
    }
    if (expander) {
        qbus_set_hotplug_handler(BUS(expander), OBJECT(hotplug_dev));
    } else if (IS_PCI_BRIDGE(pdev) &&
               (!DEVICE(pdev)->hotplugged ||
                object_dynamic_cast(OBJECT(pdev), TYPE_PCIE_SLOT))) {
        qbus_set_hotplug_handler(BUS(pci_bridge_get_sec_bus(PCI_BRIDGE(pdev))),
                                 OBJECT(hotplug_dev));
    }
}

static void report_plug(HotplugHandler *hotplug_dev, AcpiPciHpState *s,
                        PCIDevice *pdev, Error **errp)
{
    PCIDevice *port = acpi_pcihp_routed_port(pci_get_bus(pdev));
    int bsel = acpi_pcihp_served_bsel(pci_get_bus(pdev));

    if (bsel < 0) {
        /* The choice of guest and host changed since it was accepted. */
        acpi_pcihp_refuse(DEVICE(pdev), errp);
        return;
    }
    power_slot_above(pci_get_bus(pdev));
    if (port) {
        acpi_pcihp_show_device(port, pdev);
    }
    if (s->slots.once) {
        pci_hotplug_request_plug(&acpi_pcihp_path, pdev);
        return;
    }
    acpi_slots_plug(&s->slots, bsel, PCI_SLOT(pdev->devfn));
    acpi_send_event(DEVICE(hotplug_dev), ACPI_PCI_HOTPLUG_STATUS);
}

void acpi_pcihp_device_plug_cb(HotplugHandler *hotplug_dev, AcpiPciHpState *s,
                               DeviceState *dev, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(dev);
    PCIDevice *port = acpi_pcihp_routed_port(pci_get_bus(pdev));

    if (!check_expander(s, pdev, errp)) {
        return;
    }
    take_over_bus(hotplug_dev, s, pdev);
    if (port && (!dev->hotplugged || acpi_pcihp_goes_native(port))) {
        pcie_cap_slot_plug_cb(HOTPLUG_HANDLER(port), dev, errp);
    } else if (dev->hotplugged) {
        report_plug(hotplug_dev, s, pdev, errp);
    }
}

/* A function without function 0 can't be seen: nobody has to be asked. */
static void request_unplug(PCIDevice *pdev)
{
    if (pci_get_function_0(pdev)) {
        pci_hotplug_request_unplug(&acpi_pcihp_path, pdev);
    } else {
        pci_hotplug_remove_hidden(&acpi_pcihp_path, pdev);
    }
}

void acpi_pcihp_device_unplug_request_cb(HotplugHandler *hotplug_dev,
                                         AcpiPciHpState *s, DeviceState *dev,
                                         Error **errp)
{
    PCIDevice *port = acpi_pcihp_routed_port(pci_get_bus(PCI_DEVICE(dev)));
    uint32_t slot = PCI_SLOT(PCI_DEVICE(dev)->devfn);
    int bsel = acpi_pcihp_served_bsel(pci_get_bus(PCI_DEVICE(dev)));

    if (port && acpi_pcihp_goes_native(port)) {
        pcie_cap_slot_unplug_request_cb(HOTPLUG_HANDLER(port), dev, errp);
        return;
    }
    trace_acpi_pci_unplug_request(bsel, slot);
    if (bsel < 0) {
        acpi_pcihp_refuse(dev, errp);
        return;
    }
    /*
     * Failover waits for this flag to go away.  It would also block a second
     * device_del; a guest may have missed the first: let it lapse at once.
     */
    dev->pending_deleted_event = true;
    dev->pending_deleted_expires_ms = s->slots.once ? LONG_AGO :
        qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);

    if (s->slots.once) {
        request_unplug(PCI_DEVICE(dev));
        return;
    }
    acpi_slots_request_unplug(&s->slots, bsel, slot);
    acpi_send_event(DEVICE(hotplug_dev), ACPI_PCI_HOTPLUG_STATUS);
}

void acpi_pcihp_device_unplug_cb(HotplugHandler *hotplug_dev, AcpiPciHpState *s,
                                 DeviceState *dev, Error **errp)
{
    PCIDevice *leaving = PCI_DEVICE(dev);
    PCIBus *bus = pci_get_bus(leaving);
    int bsel = acpi_pcihp_served_bsel(bus);

    trace_acpi_pci_unplug(PCI_SLOT(leaving->devfn), bsel);
    if (bsel >= 0 && acpi_pcihp_routed_port(bus) && !s->slots.once) {
        /* A request that had moved to ACPI, and was answered natively. */
        acpi_slots_take_requests(&s->slots, bsel, PCI_SLOT(leaving->devfn));
    }
    qdev_unrealize(dev);
}
