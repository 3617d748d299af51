/*
 * ACPI PCI hotplug
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Glue between the register model (model/acpi-slots.h), the PCI buses of a
 * machine and its ACPI device, which embeds an AcpiPciHpState by value (ICH9,
 * PIIX4).  docs/specs/acpi-pcihp.rst has the guest's side.
 *
 * Life of the state: the owner's properties are set; acpi_pcihp_init() maps
 * the registers; the first acpi_pcihp_reset() gives each bus its BSEL, which
 * it keeps until it is gone.
 */

#ifndef HW_ACPI_PCIHP_H
#define HW_ACPI_PCIHP_H

#include "hw/acpi/acpi.h"
#include "hw/acpi/aml-build.h"
#include "hw/hotplug.h"
#include "hw/pci/hotplug-switch.h"
#include "model/acpi-slots.h"

#define ACPI_PCIHP_IO_BASE_PROP            "acpi-pcihp-io-base"
#define ACPI_PCIHP_IO_LEN_PROP             "acpi-pcihp-io-len"
#define ACPI_PCIHP_EXTENSION_IO_BASE_PROP  "acpi-pcihp-extension-io-base"
#define ACPI_PCIHP_PROP_FAST_SCAN          "acpi-pci-hotplug-fast-scan"
#define ACPI_PCIHP_PROP_OSC_REPORT         "acpi-pci-hotplug-osc-report"
#define ACPI_PCIHP_PROP_OST_REPORT         "acpi-pci-hotplug-ost-report"
#define ACPI_PCIHP_PROP_EVENT_ENABLED      "acpi-pcihp-event-enabled"

/* Of a q35 machine: the mode that the user gave; absent if none was given. */
#define PC_HOTPLUG_PROP_GIVEN              "x-pci-hotplug-given"

/* Of a bus: its BSEL.  Tables and management programs look for it. */
#define ACPI_PCIHP_PROP_BSEL               "acpi-pcihp-bsel"

#define ACPI_PCIHP_MAX_HOTPLUG_BUS         ACPI_SLOTS_BUSES

/* PIIX4's migration description has this as it is spelled here. */
#define ACPI_PCIHP_BSEL_DEFAULT            0x0

/* PIIX4 migrates a bus of the model by this name, as a struct tag too. */
#define AcpiPciHpPciStatus                 AcpiSlotsBus

/*
 * @slots: the registers
 * @acpi_pcihp_pci_status, @hotplug_select, @acpi_index: what migrates of
 *     @slots, by the names that the migration stream's descriptions have
 * @owner: the device that embeds this
 * @root: the bus whose tree has the slots
 * @bus: by BSEL; NULL where there is none or it is gone
 * @bsels_given: BSELs have been given out
 * @io, @io_base, @io_len: the register window
 * @extension, @extension_base: the extension window, if it has a register
 * @hotplug_switch: of this machine, or NULL
 * @before_reset: removes devices that the guest was asked for
 * @gpe_enabled: hears of it when the guest enables events; for the switch
 * @gpe_changed: the same, and when it disables them; for requests
 * @woken: the guest listened before it was suspended, and not since
 * @mode, @mode_set: what PCI_HOTPLUG_PROP_MODE was set to, and whether it was
 * @osc_report: _OSC is to report; set with mode auto
 * @ost_report: the slots' _OST is to report
 * @keep_pm_block: events go on after suspend to RAM, whatever the firmware does
 * @use_acpi_hotplug_bridge: slots behind cold-plugged bridges are served
 * @use_acpi_root_pci_hotplug: slots of @root are served
 */
typedef struct AcpiPciHpState {
    union {
        AcpiSlots slots;
        struct {
            AcpiPciHpPciStatus
                acpi_pcihp_pci_status[ACPI_PCIHP_MAX_HOTPLUG_BUS];
            uint32_t hotplug_select;
            uint32_t acpi_index;
        };
    };
    Object *owner;
    PCIBus *root;
    PCIBus *bus[ACPI_PCIHP_MAX_HOTPLUG_BUS];
    bool bsels_given;
    MemoryRegion io;
    MemoryRegion extension;
    uint16_t io_base;
    uint16_t io_len;
    uint16_t extension_base;
    PciHotplugSwitch *hotplug_switch;
    Notifier before_reset;
    Notifier gpe_enabled;
    Notifier gpe_changed;
    bool woken;
    HotplugMode mode;
    bool mode_set;
    bool osc_report;
    bool ost_report;
    bool keep_pm_block;
    bool use_acpi_hotplug_bridge;
    bool use_acpi_root_pci_hotplug;
} AcpiPciHpState;

/*
 * Where boards have the extension window.  On q35, CPU hotplug begins right
 * behind the register window (0xcd8, 32 bytes until the guest leaves the legacy
 * interface), so it lies in front of it; IPMI's KCS registers end below.  On
 * i440fx there is room behind it.
 */
#define ACPI_PCIHP_EXTENSION_ICH9   0x0cb0
#define ACPI_PCIHP_EXTENSION_PIIX4  0xae18

/**
 * acpi_pcihp_add_properties: give an owner the properties that are ours
 * @owner: being initialized
 * @extension_base: I/O port of the extension window, if there will be one
 */
void acpi_pcihp_add_properties(Object *owner, AcpiPciHpState *s,
                               uint16_t extension_base);

/**
 * acpi_pcihp_add_mode_properties: give ICH9 the properties of the switch
 * @owner: being initialized
 */
void acpi_pcihp_add_mode_properties(Object *owner, AcpiPciHpState *s);

/**
 * acpi_pcihp_may_change: whether a property can be set still, or an error
 */
bool acpi_pcihp_may_change(Object *owner, const char *name, Error **errp);

/**
 * acpi_pcihp_settle_mode: decide on the machine's hotplug mode, and make its
 * switch
 * @owner: realizing; its properties, the machine's and the user's say what is
 *         wanted
 * @root: the bus of PCI0
 *
 * Makes @s and the owner's properties agree with the mode.  Returns false with
 * an error if options that the user gave contradict each other.
 */
bool acpi_pcihp_settle_mode(Object *owner, AcpiPciHpState *s, PCIBus *root,
                            Error **errp);

/**
 * pc_q35_add_hotplug_property: give a class of q35 machines the switch
 * @oc: the class; its machines take PCI_HOTPLUG_PROP_MODE with -machine
 */
void pc_q35_add_hotplug_property(ObjectClass *oc);

/**
 * acpi_pcihp_init: map the registers
 * @owner: realizing; its properties say which buses are served
 * @root: the bus whose tree has the slots
 * @io: the I/O ports' region
 * @io_base: port of the register window
 */
void acpi_pcihp_init(Object *owner, AcpiPciHpState *s, PCIBus *root,
                     MemoryRegion *io, uint16_t io_base);

/**
 * acpi_pcihp_reset: give out BSELs, if it is the first time, and make RMV anew
 *
 * Insertions that the guest has not read stay readable.  Devices with an open
 * unplug request have been removed right before the reset.
 */
void acpi_pcihp_reset(AcpiPciHpState *s);

/**
 * acpi_pcihp_is_hotpluggbale_bus: whether devices may come and go on a bus
 * that has the owner as its hotplug handler
 */
bool acpi_pcihp_is_hotpluggbale_bus(AcpiPciHpState *s, BusState *bus);

/**
 * acpi_pcihp_device_pre_plug_cb: refuse a hot plug that the guest could not
 * hear of
 */
void acpi_pcihp_device_pre_plug_cb(HotplugHandler *hotplug_dev,
                                   DeviceState *dev, Error **errp);

/**
 * acpi_pcihp_device_plug_cb: take over a cold-plugged bridge's bus, or tell
 * the guest of a new device
 */
void acpi_pcihp_device_plug_cb(HotplugHandler *hotplug_dev, AcpiPciHpState *s,
                               DeviceState *dev, Error **errp);

/**
 * acpi_pcihp_device_unplug_request_cb: ask the guest to eject a slot
 */
void acpi_pcihp_device_unplug_request_cb(HotplugHandler *hotplug_dev,
                                         AcpiPciHpState *s, DeviceState *dev,
                                         Error **errp);

/**
 * acpi_pcihp_device_unplug_cb: the guest gave the device back
 */
void acpi_pcihp_device_unplug_cb(HotplugHandler *hotplug_dev, AcpiPciHpState *s,
                                 DeviceState *dev, Error **errp);

/*
 * Tables (hw/acpi/pcihp-tables.c).  QEMU's table builders call these by the
 * names that they know; acpi/pci-hotplug-aml.c makes the AML.
 */
Aml *aml_pci_edsm(void);
Aml *build_q35_osc_method(bool enable_native_pcie_hotplug);
void build_x86_acpi_pci_hotplug(Aml *table, uint64_t pcihp_addr);
void build_append_pcihp_slots(Aml *parent_scope, PCIBus *bus);

/**
 * acpi_pcihp_build_resources: claim the registers' ports, if there are any
 * @scope: \_SB.PCI0
 */
void acpi_pcihp_build_resources(Aml *scope);

/**
 * acpi_pcihp_build_event: the method of the hotplug event, if there is one
 * @table: the DSDT
 */
void acpi_pcihp_build_event(Aml *table);

extern const VMStateDescription vmstate_acpi_pcihp_pci_status;

#define VMSTATE_PCI_HOTPLUG(pcihp, state, test_pcihp, test_acpi_index)       \
    VMSTATE_UINT32_TEST(pcihp.hotplug_select, state, test_pcihp),            \
    VMSTATE_STRUCT_ARRAY_TEST(pcihp.acpi_pcihp_pci_status, state,            \
                              ACPI_PCIHP_MAX_HOTPLUG_BUS, test_pcihp, 1,     \
                              vmstate_acpi_pcihp_pci_status,                 \
                              AcpiPciHpPciStatus),                           \
    VMSTATE_UINT32_TEST(pcihp.acpi_index, state, test_acpi_index)

#endif
