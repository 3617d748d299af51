/*
 * ACPI PCI hotplug: the buses of this machine, for its tables
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Describes QEMU's buses to acpi/pci-hotplug-aml.c.  The functions have the
 * names and arguments by which QEMU's table builders call them.
 */

#include "qemu/osdep.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/acpi/pci.h"
#include "hw/acpi/pci-hotplug-aml.h"
#include "hw/acpi/pcihp.h"
#include "hw/i386/acpi-build.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "qapi/error.h"

static void describe_functions(PciBusDescription *description, PCIBus *bus)
{
    for (unsigned devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        PCIDevice *pdev = bus->devices[devfn];
        PciFunctionDescription function;
        bool stays;

        if (!pdev) {
            continue;
        }
        stays = pdev->acpi_index &&
                !object_property_get_bool(OBJECT(pdev), "hotpluggable",
                                          &error_abort);
        function = (PciFunctionDescription) {
            .devfn = devfn,
            .bridge = IS_PCI_BRIDGE(pdev),
            .hotplugged = DEVICE(pdev)->hotplugged,
            .hotpluggable = DEVICE_GET_CLASS(pdev)->hotpluggable,
            .fixed_index = stays ? pdev->acpi_index : 0,
            .device = pdev,
        };
        g_array_append_val(description->functions, function);
    }
}

/* @bus without its functions and without the buses below it. */
static PciBusDescription *describe_bus(PCIBus *bus)
{
    PciBusDescription *description = pci_bus_description_new();
    PCIDevice *bridge = bus->parent_dev;

    description->root = pci_bus_is_root(bus);
    description->express = pci_bus_is_express(bus);
    description->bridge_devfn = bridge ? bridge->devfn : 0;
    if (object_property_find(OBJECT(bus), ACPI_PCIHP_PROP_BSEL)) {
        description->bsel = object_property_get_uint(OBJECT(bus),
                                                     ACPI_PCIHP_PROP_BSEL,
                                                     &error_abort);
    }
    return description;
}

/* @bus and all buses below it, without functions: what notification needs. */
static PciBusDescription *describe_tree(PCIBus *bus)
{
    PciBusDescription *description = describe_bus(bus);
    PCIBus *child;

    QLIST_FOREACH(child, &bus->child, sibling) {
        g_ptr_array_add(description->children, describe_tree(child));
    }
    return description;
}

/* @bus with its functions: what its slots need. */
static PciBusDescription *describe_slots(PCIBus *bus)
{
    PciBusDescription *description = describe_bus(bus);

    describe_functions(description, bus);
    return description;
}

static void device_aml(void *device, Aml *scope)
{
    call_dev_aml_func(DEVICE(device), scope);
}

void build_append_pci_bus_devices(Aml *parent_scope, PCIBus *bus)
{
    g_autoptr(PciBusDescription) description = describe_slots(bus);

    aml_append_pci_functions(parent_scope, description, device_aml);
}

void build_append_pcihp_slots(Aml *parent_scope, PCIBus *bus)
{
    g_autoptr(PciBusDescription) description = describe_slots(bus);

    aml_append_hotplug_slots(parent_scope, description);
}

Aml *aml_pci_edsm(void)
{
    return aml_pci_static_naming_method();
}

Aml *build_q35_osc_method(bool enable_native_pcie_hotplug)
{
    return aml_pci_osc_method(enable_native_pcie_hotplug);
}

static PCIBus *main_root_bus(void)
{
    Object *host = acpi_get_i386_pci_host();

    return host ? PCI_HOST_BRIDGE(host)->bus : NULL;
}

static uint16_t port_of(Object *owner, const char *property)
{
    return object_property_find(owner, property) ?
           object_property_get_uint(owner, property, &error_abort) : 0;
}

/* False on a machine without ACPI hotplug. */
static bool find_registers(PciHotplugRegisters *registers)
{
    PCIBus *root = main_root_bus();
    Object *owner = root ? OBJECT(BUS(root)->hotplug_handler) : NULL;

    if (!owner || !object_property_find(owner, ACPI_PCIHP_IO_BASE_PROP)) {
        return false;
    }
    registers->base = port_of(owner, ACPI_PCIHP_IO_BASE_PROP);
    registers->length = port_of(owner, ACPI_PCIHP_IO_LEN_PROP);
    registers->extension_base = port_of(owner,
                                        ACPI_PCIHP_EXTENSION_IO_BASE_PROP);
    return true;
}

/* The registers' place is asked of their owner, who knows both windows. */
void build_x86_acpi_pci_hotplug(Aml *table, uint64_t pcihp_addr)
{
    PciHotplugRegisters registers;

    if (find_registers(&registers)) {
        aml_append_hotplug_registers(table, &registers);
    }
}

void acpi_pcihp_build_resources(Aml *scope)
{
    PciHotplugRegisters registers;

    if (find_registers(&registers)) {
        aml_append_hotplug_resources(scope, &registers);
    }
}

void acpi_pcihp_build_event(Aml *table)
{
    PciHotplugRegisters registers;

    if (find_registers(&registers)) {
        g_autoptr(PciBusDescription) root = describe_tree(main_root_bus());

        aml_append_hotplug_event(table, root, &registers);
    }
}
