/*
 * Slots of PCI Express ports: what their files share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_PCI_PCIE_SLOT_INTERNAL_H
#define HW_PCI_PCIE_SLOT_INTERNAL_H

#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie_port.h"

static inline PcieSlotModel *slot_of(PCIDevice *port)
{
    return &PCIE_SLOT(port)->model;
}

static inline PCIBus *bus_behind(PCIDevice *port)
{
    return pci_bridge_get_sec_bus(PCI_BRIDGE(port));
}

/* ---- pcie_slot.c ------------------------------------------------------- */

/* pcie_slot_describe: what the model knows of a function */
PcieSlotFunction pcie_slot_describe(PCIDevice *port, PCIDevice *function);

/* pcie_slot_store_registers: copy the model's to configuration space */
void pcie_slot_store_registers(PCIDevice *port);

/**
 * pcie_slot_apply: the effects of an event of the model
 * @event: its name, for the trace
 */
void pcie_slot_apply(PCIDevice *port, const char *event,
                     PcieSlotEffect effect);

/* ---- pcie-slot-requests.c ---------------------------------------------- */

/**
 * pcie_slot_remove_if_unused: remove a device that the host wants back, and
 * that nobody uses, or nobody does any more
 */
void pcie_slot_remove_if_unused(PCIDevice *port);

/**
 * pcie_slot_note_write: tell of what the guest did to the slot
 * @before: its registers until then
 */
void pcie_slot_note_write(PCIDevice *port, const PcieSlotModel *before,
                          const PcieSlotEffect *effect);

#endif /* HW_PCI_PCIE_SLOT_INTERNAL_H */
