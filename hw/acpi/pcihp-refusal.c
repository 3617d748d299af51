/*
 * ACPI PCI hotplug: why a device can't come or go
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci-hotplug-advice.h"
#include "hw/pci/pcie_port.h"
#include "qapi/error.h"
#include "pcihp-internal.h"

/* Which mode is on, as far as it keeps a bus from being served. */
static char *describe_mode(PCIDevice *pdev)
{
    const PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();
    HotplugNegotiation negotiation;

    if (!hotplug_switch) {
        return g_strdup("");
    }
    if (hotplug_switch->mode != HOTPLUG_MODE_AUTO) {
        return g_strdup("the machine has " PCI_HOTPLUG_PROP_MODE "=acpi, and ");
    }
    negotiation = pci_hotplug_switch_negotiation(hotplug_switch,
                                                 pci_device_root_bus(pdev));
    return g_strdup_printf(
        "the machine has " PCI_HOTPLUG_PROP_MODE "=auto, the guest %s, and ",
        hotplug_guest_evidence(&negotiation) == HOTPLUG_UNKNOWN ?
        "has not taken native hotplug so far" : "uses ACPI hotplug");
}

/* Why the guest would not hear of @dev. */
static char *describe_gap(DeviceState *dev)
{
    PCIBus *bus = pci_get_bus(PCI_DEVICE(dev));

    if (acpi_pcihp_served_bsel(bus) >= 0) {
        return g_strdup("ACPI hotplug serves device 0 alone on the bus inside "
                        "a switch");
    }
    return g_strdup_printf(
        "ACPI hotplug does not serve this bus, it serves the first %d "
        "hot-pluggable buses that were there when the machine was made%s",
        ACPI_PCIHP_MAX_HOTPLUG_BUS, BUS(bus)->parent->hotplugged ?
        ", and this one's bridge came while the machine was running" : "");
}

/*
 * What to do about it.  Mode native helps where there are too many buses; a
 * port that comes while the machine is running can't be had there at all.
 */
static char *describe_remedy(DeviceState *dev)
{
    BusState *bus = BUS(pci_get_bus(PCI_DEVICE(dev)));
    g_autofree char *advice = NULL;

    if (dev->realized) {
        return g_strdup("the device stays until the machine is stopped");
    }
    advice = pci_hotplug_advice(bus, dev);
    if (bus->parent->hotplugged) {
        return g_strdup_printf("%s, or start the machine with '%s' (-device)",
                               advice, bus->parent->id ?: bus->name);
    }
    if (pci_hotplug_switch_find() &&
        object_dynamic_cast(OBJECT(bus->parent), TYPE_PCIE_SLOT)) {
        return g_strdup_printf("%s, or start the machine with -machine "
                               PCI_HOTPLUG_PROP_MODE "=native", advice);
    }
    return g_steal_pointer(&advice);
}

void acpi_pcihp_refuse(DeviceState *dev, Error **errp)
{
    BusState *bus = BUS(pci_get_bus(PCI_DEVICE(dev)));
    const char *type = object_get_typename(OBJECT(dev));
    g_autofree char *name = dev->id ?
        g_strdup_printf("'%s' (%s)", dev->id, type) :
        g_strdup_printf("of type '%s'", type);
    g_autofree char *mode = describe_mode(PCI_DEVICE(dev));
    g_autofree char *gap = describe_gap(dev);
    g_autofree char *remedy = describe_remedy(dev);

    error_setg(errp, "Device %s on bus '%s': %s%s; %s", name, bus->name,
               mode, gap, remedy);
}
