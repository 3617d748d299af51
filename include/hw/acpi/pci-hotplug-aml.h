/*
 * AML of PCI hotplug: slots, notification, naming, _OSC, _OST
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tables are made from a plain description of the buses; QEMU's aml-build is
 * all of QEMU that this code calls.  Whoever knows the buses (hw/acpi/pcihp.c,
 * a test) fills in the description.  docs/specs/acpi-pcihp.rst has what the
 * AML does with the registers.
 */

#ifndef HW_ACPI_PCI_HOTPLUG_AML_H
#define HW_ACPI_PCI_HOTPLUG_AML_H

#include "hw/acpi/aml-build.h"

/* A bus without a BSEL: ACPI does not hot-plug into it. */
#define PCI_BUS_NO_BSEL  (-1)

/*
 * PciFunctionDescription: a function that is there when tables are made
 *
 * @devfn: device number in bits 7:3, function number in bits 2:0
 * @bridge: it has a bus of its own behind it
 * @hotplugged: it came after the machine was made; tables must not name the
 *              bus behind it
 * @hotpluggable: its kind of device can be unplugged
 * @fixed_index: acpi-index of a device that can't be unplugged, 0 for none
 * @device: for the caller's own use, see aml_append_pci_functions()
 */
typedef struct PciFunctionDescription {
    uint8_t devfn;
    bool bridge;
    bool hotplugged;
    bool hotpluggable;
    uint32_t fixed_index;
    void *device;
} PciFunctionDescription;

/*
 * PciBusDescription: a bus, and the buses behind its bridges
 *
 * @root: a host bridge's own bus
 * @express: one device number alone is reachable below a port
 * @bridge_devfn: the bridge that leads here, on the bus above
 * @host_name: of an expander root whose slots the tables describe, its device
 *             in \_SB; else NULL; owned
 * @bsel: its number in the hotplug registers, or PCI_BUS_NO_BSEL
 * @reports_ost: the registers have OST, so its slots get _OST
 * @functions: of PciFunctionDescription, in ascending order of devfn
 * @children: of PciBusDescription *, owned
 */
typedef struct PciBusDescription {
    bool root;
    bool express;
    uint8_t bridge_devfn;
    char *host_name;
    int bsel;
    bool reports_ost;
    GArray *functions;
    GPtrArray *children;
} PciBusDescription;

/* Appends to @scope what @device itself puts into the tables. */
typedef void PciDeviceAml(void *device, Aml *scope);

/*
 * PciHotplugRegisters: where the hotplug registers are
 *
 * @base: I/O port of the register window
 * @length: bytes of it
 * @extension_base: I/O port of the extension window with fast scan; 0: without
 * @osc_base: I/O port of the extension window with the OSC register; 0:
 *            without
 * @ost_base: the same of the OST register
 */
typedef struct PciHotplugRegisters {
    uint16_t base;
    uint16_t length;
    uint16_t extension_base;
    uint16_t osc_base;
    uint16_t ost_base;
} PciHotplugRegisters;

/*
 * PciOscDescription: what a host bridge's _OSC does
 *
 * @native_hotplug: the guest may take native hotplug of PCI Express ports
 * @shpc_hotplug: it may take the Standard Hot-Plug Controllers
 * @reports: tell the OSC register what the guest got
 */
typedef struct PciOscDescription {
    bool native_hotplug;
    bool shpc_hotplug;
    bool reports;
} PciOscDescription;

/**
 * pci_bus_description_new: an empty description of a bus without BSEL
 */
PciBusDescription *pci_bus_description_new(void);

/**
 * pci_bus_description_free: free a description and those below it
 */
void pci_bus_description_free(PciBusDescription *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PciBusDescription, pci_bus_description_free)

/**
 * aml_append_pci_functions: name the functions of a bus
 * @scope: the bus's own scope
 * @device_aml: adds what a device itself has to say; it sees each function's
 *              @device
 *
 * Device (Sxx) with _ADR (ACPI 6.5, 6.1.1); a device that stays and has an
 * acpi-index gets a _DSM that names it (PCI Firmware Specification 3.1, 4.6.7).
 */
void aml_append_pci_functions(Aml *scope, const PciBusDescription *bus,
                              PciDeviceAml *device_aml);

/**
 * aml_append_hotplug_slots: make the slots of a bus hot-pluggable
 * @scope: the bus's own scope; the functions of it that are there have been
 *         named in it
 * @bus: has a BSEL
 *
 * BSEL, for each slot ASUN, _DSM, _SUN (ACPI 6.5, 6.1.11) and _EJ0 (6.3.3),
 * where @bus reports also _OST (6.3.5), and DVNT(slots, event), which notifies
 * the devices of the slots whose bits are set.  There is no _RMV (6.3.6): a
 * slot with _EJ0 is removable.
 */
void aml_append_hotplug_slots(Aml *scope, const PciBusDescription *bus);

/**
 * aml_append_hotplug_registers: the registers and the methods that use them
 * @table: the DSDT; the scope that is opened in it is \_SB.PCI0
 *
 * PCEJ(bsel, slot) ejects, AIDX(bsel, slot) reads an acpi-index, PDSM and POST
 * are what the slots' _DSM and _OST methods call.
 */
void aml_append_hotplug_registers(Aml *table,
                                  const PciHotplugRegisters *registers);

/**
 * aml_append_osc_register: the register that _OSC reports to, if there is one
 * @scope: \_SB.PCI0
 */
void aml_append_osc_register(Aml *scope, const PciHotplugRegisters *registers);

/**
 * aml_append_expander: name the functions of an expander root
 * @table: the DSDT; the scope that is opened in it is that of @root, which the
 *         table has already
 * @root: has a @host_name; its @reports_ost holds for the buses below it
 * @device_aml: as for aml_append_pci_functions()
 *
 * What the slots below PCI0 call there is in this scope, too, and uses
 * \_SB.PCI0's registers.
 */
void aml_append_expander(Aml *table, const PciBusDescription *root,
                         PciDeviceAml *device_aml);

/**
 * aml_append_hotplug_resources: PHPR, which claims the registers' I/O ports, if
 * there are any
 * @scope: \_SB.PCI0
 */
void aml_append_hotplug_resources(Aml *scope,
                                  const PciHotplugRegisters *registers);

/**
 * aml_append_hotplug_event: what the guest runs when the hotplug event comes
 * @table: the DSDT, with the slots of all buses in it
 * @root: the bus of PCI0; expanders with a @host_name are among its children
 * @registers: with an extension window, _GPE._E01 asks NEXT for one bus after
 *             the other and finds its DVNT by halving the range of BSELs;
 *             without one, PCNT walks all buses
 */
void aml_append_hotplug_event(Aml *table, const PciBusDescription *root,
                              const PciHotplugRegisters *registers);

/**
 * aml_pci_static_naming_method: EDSM, shared by all fixed functions' _DSM
 *
 * PCI Firmware Specification 3.1, 4.6 and 4.6.7.
 */
Aml *aml_pci_static_naming_method(void);

/**
 * aml_pci_osc_method: _OSC of a PCI Express host bridge
 *
 * PCI Firmware Specification 3.2, 4.5; ACPI 6.5, 6.2.11.  PME, AER and the
 * capability structure are always granted; LTR never.  A report is written
 * when the arguments are valid, and the result is what the guest is to live by.
 */
Aml *aml_pci_osc_method(const PciOscDescription *osc);

#endif /* HW_ACPI_PCI_HOTPLUG_AML_H */
