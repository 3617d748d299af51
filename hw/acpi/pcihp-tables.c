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

/* The name that tables give an expander root, if they describe its slots. */
static char *expander_name(PCIBus *bus)
{
    PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();

    if (!hotplug_switch || bus == hotplug_switch->root ||
        !pci_hotplug_switch_covers(hotplug_switch, bus)) {
        return NULL;
    }
    return g_strdup_printf("PC%.02X", pci_bus_num(bus));
}

static PCIBus *main_root_bus(void)
{
    Object *host = acpi_get_i386_pci_host();

    return host ? PCI_HOST_BRIDGE(host)->bus : NULL;
}

/* The device that has the registers, or may have them; or NULL. */
static Object *registers_owner(void)
{
    PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();
    PCIBus *root = main_root_bus();

    if (hotplug_switch) {
        return ((AcpiPciHpState *)hotplug_switch->opaque)->owner;
    }
    return root ? OBJECT(BUS(root)->hotplug_handler) : NULL;
}

static uint16_t port_of(Object *owner, const char *property)
{
    return object_property_find(owner, property) ?
           object_property_get_uint(owner, property, &error_abort) : 0;
}

static bool is_on(Object *owner, const char *property)
{
    return object_property_get_bool(owner, property, &error_abort);
}

/* All 0 on a machine without the registers. */
static PciHotplugRegisters find_registers(void)
{
    Object *owner = registers_owner();
    PciHotplugRegisters registers = { 0 };
    uint16_t extension;

    if (!owner) {
        return registers;
    }
    registers.base = port_of(owner, ACPI_PCIHP_IO_BASE_PROP);
    registers.length = port_of(owner, ACPI_PCIHP_IO_LEN_PROP);
    extension = port_of(owner, ACPI_PCIHP_EXTENSION_IO_BASE_PROP);
    if (registers.base && is_on(owner, ACPI_PCIHP_PROP_FAST_SCAN)) {
        registers.extension_base = extension;
    }
    if (registers.base && is_on(owner, ACPI_PCIHP_PROP_OST_REPORT)) {
        registers.ost_base = extension;
    }
    if (extension && pci_hotplug_switch_find()) {
        registers.osc_base = is_on(owner, ACPI_PCIHP_PROP_OSC_REPORT) ?
                             extension : 0;
    }
    return registers;
}

/* @bus without its functions and without the buses below it. */
static PciBusDescription *describe_bus(PCIBus *bus)
{
    PciBusDescription *description = pci_bus_description_new();
    PCIDevice *bridge = bus->parent_dev;

    description->root = pci_bus_is_root(bus);
    description->express = pci_bus_is_express(bus);
    description->host_name = expander_name(bus);
    description->reports_ost = find_registers().ost_base;
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
    PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();
    PciOscDescription osc = {
        .native_hotplug = enable_native_pcie_hotplug,
        .shpc_hotplug = true,
    };

    /* Else an expander is asked for its own answer: it is always native. */
    if (hotplug_switch && hotplug_switch->covers_expanders) {
        const HotplugModeRules *rules =
            hotplug_mode_rules(hotplug_switch->mode);

        osc.native_hotplug = rules->grants_native;
        osc.shpc_hotplug = rules->grants_shpc;
        osc.reports = hotplug_switch->follows;
    }
    return aml_pci_osc_method(&osc);
}

/* The registers' place is asked of their owner, who knows both windows. */
void build_x86_acpi_pci_hotplug(Aml *table, uint64_t pcihp_addr)
{
    PciHotplugRegisters registers = find_registers();

    aml_append_hotplug_registers(table, &registers);
}

void acpi_pcihp_build_resources(Aml *scope)
{
    PciHotplugRegisters registers = find_registers();

    aml_append_hotplug_resources(scope, &registers);
    aml_append_osc_register(scope, &registers);
}

static void build_expanders(Aml *table, PCIBus *root)
{
    PCIBus *child;

    QLIST_FOREACH(child, &root->child, sibling) {
        g_autoptr(PciBusDescription) description = describe_slots(child);

        if (description->host_name) {
            aml_append_expander(table, description, device_aml);
        }
    }
}

void acpi_pcihp_build_event(Aml *table)
{
    PciHotplugRegisters registers = find_registers();

    if (registers.base) {
        g_autoptr(PciBusDescription) root = describe_tree(main_root_bus());

        build_expanders(table, main_root_bus());
        aml_append_hotplug_event(table, root, &registers);
    }
}
