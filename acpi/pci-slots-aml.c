/*
 * AML of PCI hotplug: buses, slots and the registers behind them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of the code is known to golden files, byte for byte; where it looks
 * arbitrary, that is why.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pci-hotplug-aml.h"
#include "model/acpi-slots.h"
#include "pci-aml-internal.h"

static uint32_t slot_of(uint8_t devfn)
{
    return devfn >> 3;
}

static uint32_t function_of(uint8_t devfn)
{
    return devfn & 7;
}

/* ACPI 6.5, table 6.2: device number in the high word, function in the low. */
static Aml *pci_address(uint8_t devfn)
{
    return aml_name_decl("_ADR", aml_int(slot_of(devfn) << 16 |
                                         function_of(devfn)));
}

PciBusDescription *pci_bus_description_new(void)
{
    PciBusDescription *bus = g_new0(PciBusDescription, 1);

    bus->bsel = PCI_BUS_NO_BSEL;
    bus->functions = g_array_new(false, true, sizeof(PciFunctionDescription));
    bus->children = g_ptr_array_new_with_free_func(
        (GDestroyNotify)pci_bus_description_free);
    return bus;
}

void pci_bus_description_free(PciBusDescription *bus)
{
    g_array_unref(bus->functions);
    g_ptr_array_unref(bus->children);
    g_free(bus->host_name);
    g_free(bus);
}

static const PciFunctionDescription *function_at(const PciBusDescription *bus,
                                                 unsigned i)
{
    return &g_array_index(bus->functions, PciFunctionDescription, i);
}

/* A bridge plugged into function 1 to 7 is left to the guest to find. */
static bool is_unnamed(const PciFunctionDescription *function)
{
    return function->bridge && function->hotplugged &&
           function_of(function->devfn) != 0;
}

void aml_append_pci_functions(Aml *scope, const PciBusDescription *bus,
                              PciDeviceAml *device_aml)
{
    for (unsigned i = 0; i < bus->functions->len; i++) {
        const PciFunctionDescription *function = function_at(bus, i);
        Aml *device;

        if (is_unnamed(function)) {
            continue;
        }
        device = aml_device("S%.02X", function->devfn);
        aml_append(device, pci_address(function->devfn));
        device_aml(function->device, device);
        if (function->fixed_index) {
            aml_append(device, aml_pci_static_dsm(function->fixed_index));
        }
        aml_append(scope, device);
    }
}

static bool is_ejectable(const PciFunctionDescription *function)
{
    bool stays = function->bridge && !function->hotplugged;

    return function->hotpluggable && !stays && !is_unnamed(function);
}

/* Devices come whole: an empty slot is described by function 0 alone. */
static bool is_empty_slot(const PciBusDescription *bus, uint8_t devfn)
{
    return function_of(devfn) == 0 && (!bus->express || slot_of(devfn) == 0);
}

static Aml *eject_method(void)
{
    Aml *method = aml_method("_EJ0", 1, AML_NOTSERIALIZED);

    aml_append(method, aml_call2("PCEJ", aml_name("BSEL"), aml_name("_SUN")));
    return method;
}

/*
 * ASUN repeats _SUN: Linux numbers its slots in the order in which it meets
 * _SUN, and the methods that only want the number must not disturb that.
 */
static void append_slot(Aml *scope, uint8_t devfn, Aml *device,
                        bool reports_ost)
{
    aml_append(device, aml_name_decl("ASUN", aml_int(slot_of(devfn))));
    aml_append(device, aml_pci_slot_dsm());
    aml_append(device, aml_name_decl("_SUN", aml_int(slot_of(devfn))));
    aml_append(device, eject_method());
    if (reports_ost) {
        aml_append(device, aml_pci_slot_ost());
    }
    aml_append(scope, device);
}

/* A BSEL past the last that the registers serve would be taken for another. */
static bool reports_ost(const PciBusDescription *bus)
{
    return bus->reports_ost && bus->bsel < ACPI_SLOTS_BUSES;
}

/* Whatever function is described, what is notified is the slot: function 0. */
static Aml *if_slot_notify(uint32_t slot)
{
    Aml *wanted = aml_if(aml_and(aml_arg(0), aml_int(UINT32_C(1) << slot),
                                 NULL));

    aml_append(wanted, aml_notify(aml_name("S%.02X", slot << 3), aml_arg(1)));
    return wanted;
}

void aml_append_hotplug_slots(Aml *scope, const PciBusDescription *bus)
{
    Aml *notify = aml_method("DVNT", 2, AML_NOTSERIALIZED);
    unsigned next = 0;

    aml_append(scope, aml_name_decl("BSEL", aml_int(bus->bsel)));
    for (unsigned devfn = 0; devfn <= UINT8_MAX; devfn++) {
        const PciFunctionDescription *function =
            next < bus->functions->len ? function_at(bus, next) : NULL;
        Aml *device;

        if (function && function->devfn == devfn) {
            next++;
            if (!is_ejectable(function)) {
                continue;
            }
            device = aml_scope("S%.02X", devfn);
        } else if (is_empty_slot(bus, devfn)) {
            device = aml_device("S%.02X", devfn);
            aml_append(device, pci_address(devfn));
        } else {
            continue;
        }
        append_slot(scope, devfn, device, reports_ost(bus));
        aml_append(notify, if_slot_notify(slot_of(devfn)));
    }
    aml_append(scope, notify);
}

/* ---- registers --------------------------------------------------------- */

static void append_region(Aml *scope, const char *region, uint32_t port,
                          const char *const *fields, int count)
{
    Aml *field;

    aml_append(scope, aml_operation_region(region, AML_SYSTEM_IO,
                                           aml_int(port), 4 * count));
    field = aml_field(region, AML_DWORD_ACC, AML_NOLOCK, AML_WRITE_AS_ZEROS);
    for (int i = 0; i < count; i++) {
        aml_append(field, aml_named_field(fields[i], 32));
    }
    aml_append(scope, field);
}

/*
 * A method (bsel, slot) that selects the bus and writes the slot's bit to
 * @field, under the lock; it returns what @field reads then, or 0.
 */
static Aml *slot_access_method(const char *name, const char *field, bool reads)
{
    Aml *method = aml_method(name, 2, AML_NOTSERIALIZED);

    aml_append(method, aml_acquire(aml_name(PCI_HOTPLUG_LOCK), WAIT_FOREVER));
    aml_append(method, aml_store(aml_arg(0), aml_name("BNUM")));
    aml_append(method, aml_store(aml_shiftleft(aml_int(1), aml_arg(1)),
                                 aml_name("%s", field)));
    if (reads) {
        aml_append(method, aml_store(aml_name("%s", field), aml_local(0)));
    }
    aml_append(method, aml_release(aml_name(PCI_HOTPLUG_LOCK)));
    aml_append(method, aml_return(reads ? aml_local(0) : aml_int(0)));
    return method;
}

void aml_append_hotplug_registers(Aml *table,
                                  const PciHotplugRegisters *registers)
{
    static const char *const status[] = { "PCIU", "PCID" };
    static const char *const eject[] = { "B0EJ" };
    static const char *const bank[] = { "BNUM", "PIDX" };
    static const char *const extension[] = { "PCNX" };
    static const char *const ost[] = { PCI_OST_REGISTER };
    Aml *scope = aml_scope("_SB.PCI0");

    append_region(scope, "PCST", registers->base + ACPI_SLOTS_UP,
                  status, ARRAY_SIZE(status));
    append_region(scope, "SEJ", registers->base + ACPI_SLOTS_EJ,
                  eject, ARRAY_SIZE(eject));
    append_region(scope, "BNMR", registers->base + ACPI_SLOTS_SEL,
                  bank, ARRAY_SIZE(bank));
    if (registers->extension_base) {
        append_region(scope, "PCSX",
                      registers->extension_base + ACPI_SLOTS_NEXT,
                      extension, ARRAY_SIZE(extension));
    }
    aml_append(scope, aml_mutex(PCI_HOTPLUG_LOCK, 0));
    aml_append(scope, slot_access_method("PCEJ", "B0EJ", false));
    aml_append(scope, slot_access_method("AIDX", "PIDX", true));
    aml_append(scope, aml_pci_slot_naming_method());
    if (registers->ost_base) {
        append_region(scope, "PCSR", registers->ost_base + ACPI_SLOTS_OST,
                      ost, ARRAY_SIZE(ost));
        aml_append(scope, aml_pci_ost_method());
    }
    aml_append(table, scope);
}

void aml_append_osc_register(Aml *scope, const PciHotplugRegisters *registers)
{
    static const char *const osc[] = { PCI_OSC_REGISTER };

    if (registers->osc_base) {
        append_region(scope, "PCSO", registers->osc_base + ACPI_SLOTS_OSC,
                      osc, ARRAY_SIZE(osc));
    }
}

/* A method (bsel, slot) in an expander's scope that calls PCI0's. */
static Aml *forwarding_method(const char *name)
{
    Aml *method = aml_method(name, 2, AML_NOTSERIALIZED);
    g_autofree char *target = g_strdup_printf("\\_SB.PCI0.%s", name);

    aml_append(method, aml_return(aml_call2(target, aml_arg(0), aml_arg(1))));
    return method;
}

/*
 * PCI0's naming methods return nothing for a function that they don't have,
 * and golden files know it.  Here such a function has an answer: no bits.
 */
static Aml *with_answer(Aml *naming_method)
{
    uint8_t no_functions = 0;

    aml_append(naming_method, aml_return(aml_buffer(1, &no_functions)));
    return naming_method;
}

void aml_append_expander(Aml *table, const PciBusDescription *root,
                         PciDeviceAml *device_aml)
{
    Aml *scope = aml_scope("\\_SB.%s", root->host_name);

    aml_append(scope, forwarding_method("PCEJ"));
    aml_append(scope, forwarding_method("AIDX"));
    if (root->reports_ost) {
        aml_append(scope, aml_pci_ost_forwarder());
    }
    aml_append(scope, with_answer(aml_pci_slot_naming_method()));
    aml_append(scope, with_answer(aml_pci_static_naming_method()));
    aml_append_pci_functions(scope, root, device_aml);
    aml_append(table, scope);
}

static void append_ports(Aml *resources, uint16_t port, uint8_t length)
{
    aml_append(resources, aml_io(AML_DECODE16, port, port, 1, length));
}

void aml_append_hotplug_resources(Aml *scope,
                                  const PciHotplugRegisters *registers)
{
    const int present_decoding_hidden = 0xB;
    uint16_t extension = registers->extension_base ?: registers->osc_base ?:
                         registers->ost_base;
    Aml *device;
    Aml *resources;

    if (!registers->base && !extension) {
        return;
    }
    device = aml_device("PHPR");
    resources = aml_resource_template();
    if (registers->base) {
        append_ports(resources, registers->base, registers->length);
    }
    if (extension) {
        append_ports(resources, extension, ACPI_SLOTS_EXTENSION_SIZE);
    }
    aml_append(device, aml_name_decl("_HID", aml_string("PNP0A06")));
    aml_append(device, aml_name_decl("_UID",
                                     aml_string("PCI Hotplug resources")));
    aml_append(device, aml_name_decl("_STA",
                                     aml_int(present_decoding_hidden)));
    aml_append(device, aml_name_decl("_CRS", resources));
    aml_append(scope, device);
}
