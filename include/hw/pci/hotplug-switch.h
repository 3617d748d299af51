/*
 * The machine's PCI hotplug switch
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Holds the machine's hotplug mode, and follows what the guest negotiates on
 * each host bridge (model/hotplug-mode.h).  q35 has one, from the moment that
 * its ICH9 is realized; other machines have none.  It is the machine's child
 * PCI_HOTPLUG_SWITCH_CHILD and lives as long as the machine.
 *
 * In mode none it is also the hotplug handler of every bus, and lets nothing
 * come or go.
 */

#ifndef HW_PCI_HOTPLUG_SWITCH_H
#define HW_PCI_HOTPLUG_SWITCH_H

#include "hw/pci/pci.h"
#include "hw/qdev-core.h"
#include "hw/resettable.h"
#include "model/hotplug-mode.h"
#include "qom/object.h"

#define TYPE_PCI_HOTPLUG_SWITCH   "pci-hotplug-switch"
#define PCI_HOTPLUG_SWITCH_CHILD  "pci-hotplug-switch"

/* Of the machine and of the device that has the switch. */
#define PCI_HOTPLUG_PROP_MODE     "pci-hotplug"

OBJECT_DECLARE_SIMPLE_TYPE(PciHotplugSwitch, PCI_HOTPLUG_SWITCH)

/* Carries out a HotplugMove for the ports below @root. */
typedef void PciHotplugMoveRequests(void *opaque, PCIBus *root,
                                    HotplugMove move);

/*
 * @mode: the machine's
 * @follows: what the guest does is followed as it happens, and migrates; else
 *     the registers tell it to whoever asks
 * @covers_expanders: the mode is that of expander roots, too, which else are
 *     native
 * @root, @root_uid: the main host bridge's bus, and its _UID
 * @choice: by _UID; of HotplugChoice (migrates)
 * @migrated_mode: @mode; both sides of a migration must have the same
 * @move_requests, @opaque: whoever has the requests
 */
struct PciHotplugSwitch {
    Object parent_obj;
    ResettableState reset_state;
    HotplugMode mode;
    bool follows;
    bool covers_expanders;
    PCIBus *root;
    uint8_t root_uid;
    uint8_t migrated_mode;
    uint8_t choice[HOTPLUG_OSC_HOSTS];
    PciHotplugMoveRequests *move_requests;
    void *opaque;
};

/*
 * PciHotplugSwitchSettings: see the fields of PciHotplugSwitch
 */
typedef struct PciHotplugSwitchSettings {
    HotplugMode mode;
    bool follows;
    bool covers_expanders;
    PCIBus *root;
    uint8_t root_uid;
    PciHotplugMoveRequests *move_requests;
    void *opaque;
} PciHotplugSwitchSettings;

/**
 * pci_hotplug_switch_create: give the machine its switch
 * @owner: the device under whose name it migrates
 */
PciHotplugSwitch *pci_hotplug_switch_create(
    DeviceState *owner, const PciHotplugSwitchSettings *settings);

/**
 * pci_hotplug_switch_find: this machine's switch, or NULL
 */
PciHotplugSwitch *pci_hotplug_switch_find(void);

/**
 * pci_hotplug_switch_covers: whether the mode is that of a host bridge
 * @root: its bus
 */
bool pci_hotplug_switch_covers(const PciHotplugSwitch *hotplug_switch,
                               PCIBus *root);

/**
 * pci_hotplug_switch_negotiation: the state of a host bridge
 * @root: its bus; covered
 */
HotplugNegotiation pci_hotplug_switch_negotiation(
    const PciHotplugSwitch *hotplug_switch, PCIBus *root);

/**
 * pci_hotplug_switch_osc: _OSC wrote to the OSC register
 *
 * Returns false where the report is malformed, is about no host bridge that is
 * covered, or claims what was not granted.
 */
bool pci_hotplug_switch_osc(PciHotplugSwitch *hotplug_switch, uint32_t value);

/**
 * pci_hotplug_switch_gpe_enabled: the guest enabled the ACPI hotplug event
 */
void pci_hotplug_switch_gpe_enabled(PciHotplugSwitch *hotplug_switch);

/**
 * pci_hotplug_switch_follow_loaded: have requests served by the method that a
 * guest has chosen that was loaded
 */
void pci_hotplug_switch_follow_loaded(void);

/**
 * pci_hotplug_slot_enabled: the guest enabled the interrupts of a slot
 * @port: the port with the slot, on whatever machine
 */
void pci_hotplug_slot_enabled(PCIDevice *port);

#endif /* HW_PCI_HOTPLUG_SWITCH_H */
