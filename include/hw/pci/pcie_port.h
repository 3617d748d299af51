/*
 * PCI Express ports: root ports and downstream ports of switches
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pcie-port is any port, pcie-slot one with a slot behind it, and
 * pcie-root-port-base a root port; all three are abstract.
 */

#ifndef QEMU_PCIE_PORT_H
#define QEMU_PCIE_PORT_H

#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_device.h"
#include "hw/resettable.h"
#include "model/pcie-slot.h"
#include "qom/object.h"

#define TYPE_PCIE_PORT       "pcie-port"
#define TYPE_PCIE_SLOT       "pcie-slot"
#define TYPE_PCIE_ROOT_PORT  "pcie-root-port-base"

OBJECT_DECLARE_SIMPLE_TYPE(PCIEPort, PCIE_PORT)
OBJECT_DECLARE_SIMPLE_TYPE(PCIESlot, PCIE_SLOT)

typedef struct PCIERootPortClass PCIERootPortClass;
DECLARE_CLASS_CHECKERS(PCIERootPortClass, PCIE_ROOT_PORT, TYPE_PCIE_ROOT_PORT)

/* @port: number that Link Capabilities give the port */
struct PCIEPort {
    PCIBridge parent_obj;
    uint8_t port;
};

/*
 * @model: the slot
 * @in_chassis: pcie_chassis_add_slot() gave the port its place
 * @chassis, @slot: that place, which no two ports may share
 * @width, @speed: what the link can do
 * @hotplug: devices may come and go
 * @hide_native_hotplug_cap: do not show that to the guest, unless the port
 *     was itself hot-plugged; for pc-q35-6.1
 * @disable_acs: a root port shows no access control services
 */
struct PCIESlot {
    PCIEPort parent_obj;
    PcieSlotModel model;
    bool in_chassis;
    uint8_t chassis;
    uint16_t slot;
    PCIExpLinkWidth width;
    PCIExpLinkSpeed speed;
    bool hotplug;
    bool hide_native_hotplug_cap;
    bool disable_acs;
};

/*
 * A kind of root port fills in what is particular to it.
 *
 * @exp_offset, @ssvid_offset, @aer_offset: of capabilities
 * @acs_offset: of the access control services; 0 for none
 * @ssid: subsystem id
 * @interrupts_init: set up MSI or MSI-X; returns below 0 with an error
 * @interrupts_uninit: undo that
 * @aer_vector: interrupt vector of error reports; NULL for none
 * @parent_phases, @parent_realize: for kinds that add to those of the base
 */
struct PCIERootPortClass {
    PCIDeviceClass parent_class;
    int exp_offset;
    int ssvid_offset;
    int aer_offset;
    int acs_offset;
    int ssid;
    int (*interrupts_init)(PCIDevice *port, Error **errp);
    void (*interrupts_uninit)(PCIDevice *port);
    uint8_t (*aer_vector)(const PCIDevice *port);
    ResettablePhases parent_phases;
    DeviceRealize parent_realize;
};

/**
 * pcie_port_init_reg: make a bridge's registers those of a port
 *
 * Takes away what does not apply to PCI Express (PCIe r4.0, sec 7.5.1).
 */
void pcie_port_init_reg(PCIDevice *d);

/**
 * pcie_slot_hold_interrupt: keep INTx up while the slot's conditions hold
 *
 * For ports that share INTx with error reporting, whose handling of a write
 * sets the line to what errors alone ask for (PCIe r4.0, sec 6.7.3.4).
 */
void pcie_slot_hold_interrupt(PCIDevice *port);

/**
 * pcie_slot_report_device: show a device that another controller reports
 *
 * Turns the slot's power on, and interrupts nobody.
 */
void pcie_slot_report_device(PCIDevice *port, PCIDevice *function);

/**
 * pcie_slot_report_empty: show a slot empty that another controller emptied
 */
void pcie_slot_report_empty(PCIDevice *port);

/**
 * pcie_slot_withdraw_events: take back what the guest was told of plug and
 * unplug, and has not seen
 */
void pcie_slot_withdraw_events(PCIDevice *port);

/**
 * pcie_slot_leave_to_guest: have the guest find a device that was shown, and of
 * which it has not been told
 */
void pcie_slot_leave_to_guest(PCIDevice *port);

struct PciHotplugPath;

/* Of slots that a port's own controller serves. */
extern const struct PciHotplugPath pcie_slot_path;

/**
 * pcie_find_port_by_pn: the port with number @pn on @bus, or NULL
 */
PCIDevice *pcie_find_port_by_pn(PCIBus *bus, uint8_t pn);

/**
 * pcie_find_port_first: the port with the lowest devfn on @bus, or NULL
 */
PCIDevice *pcie_find_port_first(PCIBus *bus);

int pcie_count_ds_ports(PCIBus *bus);

/**
 * pcie_chassis_create: to be called before pcie_chassis_add_slot()
 */
void pcie_chassis_create(uint8_t chassis_number);

/**
 * pcie_chassis_find_slot: the port at a place of the machine, or NULL
 */
PCIESlot *pcie_chassis_find_slot(uint8_t chassis, uint16_t slot);

/**
 * pcie_chassis_add_slot: give a port its place
 *
 * Returns 0, or -EBUSY where another port has it.
 */
int pcie_chassis_add_slot(PCIESlot *slot);

void pcie_chassis_del_slot(PCIESlot *s);

#endif /* QEMU_PCIE_PORT_H */
