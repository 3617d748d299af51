/*
 * What a user can do where a PCI bus can't be hot-plugged
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/acpi/pcihp.h"
#include "hw/pci/hotplug-switch.h"
#include "hw/pci/pci-hotplug-advice.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_port.h"

#define MAX_BUSES_NAMED  4

/*
 * FreeBuses: a search for buses that would take a device
 *
 * @type: QOM type that the device asks of its bus
 * @names: what was found, MAX_BUSES_NAMED at most
 */
typedef struct FreeBuses {
    const char *type;
    GPtrArray *names;
} FreeBuses;

static bool is_free_slot(const PCIBus *bus, unsigned slot)
{
    if (bus->slot_reserved_mask & (UINT32_C(1) << slot)) {
        return false;
    }
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        if (bus->devices[PCI_DEVFN(slot, function)]) {
            return false;
        }
    }
    return true;
}

static bool has_free_slot(PCIBus *bus)
{
    bool below_port = object_dynamic_cast(OBJECT(BUS(bus)->parent),
                                          TYPE_PCIE_PORT);
    unsigned slots = below_port ? 1 : PCI_SLOT_MAX;

    for (unsigned slot = 0; slot < slots; slot++) {
        if (is_free_slot(bus, slot)) {
            return true;
        }
    }
    return false;
}

/* Firmware's tables name the first buses alone; the others get no device. */
static bool is_out_of_reach(BusState *bus)
{
    return bus->parent->hotplugged ||
           (object_property_find(OBJECT(bus), ACPI_PCIHP_PROP_BSEL) &&
            object_property_get_uint(OBJECT(bus), ACPI_PCIHP_PROP_BSEL, NULL) >=
            ACPI_PCIHP_MAX_HOTPLUG_BUS);
}

/* The bus inside a switch takes the switch's own ports alone. */
static bool is_inside_switch(BusState *bus)
{
    PCIDevice *bridge = pci_bridge_get_device(PCI_BUS(bus));

    return bridge && pci_is_express(bridge) &&
           pcie_cap_get_type(bridge) == PCI_EXP_TYPE_UPSTREAM;
}

static int note_if_free(BusState *bus, void *opaque)
{
    FreeBuses *search = opaque;

    if (search->names->len < MAX_BUSES_NAMED &&
        object_dynamic_cast(OBJECT(bus), search->type) &&
        object_dynamic_cast(OBJECT(bus), TYPE_PCI_BUS) &&
        qbus_is_hotpluggable(bus) && !is_out_of_reach(bus) &&
        !is_inside_switch(bus) &&
        has_free_slot(PCI_BUS(bus))) {
        g_ptr_array_add(search->names, bus->name);
    }
    return 0;
}

static BusState *topmost_bus(BusState *bus)
{
    while (bus->parent && bus->parent->parent_bus) {
        bus = bus->parent->parent_bus;
    }
    return bus;
}

/* What keeps devices from a bus whatever the mode is, as far as it is known. */
static const char *reason_of_bus(BusState *bus)
{
    Object *parent = OBJECT(bus->parent);

    if (object_dynamic_cast(parent, TYPE_PCIE_SLOT) &&
        !PCIE_SLOT(parent)->hotplug) {
        return "its port has hotplug=off";
    }
    if (object_dynamic_cast(parent, TYPE_PCI_BRIDGE) &&
        bus->parent->hotplugged) {
        return "its bridge came while the machine was running";
    }
    if (pci_bus_is_root(PCI_BUS(bus)) && pci_bus_is_express(PCI_BUS(bus))) {
        return "devices can come to the ports of such a root bus alone";
    }
    return NULL;
}

char *pci_hotplug_reason(BusState *bus)
{
    const PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();
    const char *mode = hotplug_switch ?
        hotplug_mode_rules(hotplug_switch->mode)->name : NULL;
    const char *why;

    if (!object_dynamic_cast(OBJECT(bus), TYPE_PCI_BUS)) {
        return NULL;
    }
    why = reason_of_bus(bus);
    if (!mode) {
        return g_strdup(why);
    }
    if (!why || hotplug_switch->mode == HOTPLUG_MODE_NONE) {
        return g_strdup_printf("the machine has " PCI_HOTPLUG_PROP_MODE "=%s",
                               mode);
    }
    return g_strdup_printf("%s; the machine has " PCI_HOTPLUG_PROP_MODE "=%s",
                           why, mode);
}

static bool is_hotplug_off(void)
{
    const PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();

    return hotplug_switch && hotplug_switch->mode == HOTPLUG_MODE_NONE;
}

char *pci_hotplug_advice(BusState *bus, DeviceState *dev)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    FreeBuses search = {
        .type = DEVICE_GET_CLASS(dev)->bus_type,
        .names = names,
    };
    g_autofree char *list = NULL;

    if (!object_dynamic_cast(OBJECT(bus), TYPE_PCI_BUS)) {
        return NULL;
    }
    if (is_hotplug_off()) {
        return g_strdup("start the machine with the device, or with -machine "
                        PCI_HOTPLUG_PROP_MODE "=auto, acpi or native");
    }
    if (object_dynamic_cast(OBJECT(dev), TYPE_PCI_BRIDGE)) {
        return g_strdup("start the machine with this bridge (-device)");
    }
    qbus_walk_children(topmost_bus(bus), NULL, note_if_free, NULL, NULL,
                       &search);
    if (!names->len) {
        return g_strdup_printf("no free bus of this machine does; start it "
                               "with the device, or with another hot-pluggable "
                               "port (-device %s) to plug it into",
                               pci_bus_is_express(PCI_BUS(bus)) ?
                               "pcie-root-port" : "pci-bridge");
    }
    g_ptr_array_add(names, NULL);
    list = g_strjoinv("', '", (char **)names->pdata);
    return g_strdup_printf("use a free bus that does: '%s'", list);
}
