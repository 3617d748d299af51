/*
 * The end of an unplug
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_PCI_HOTPLUG_REMOVAL_H
#define HW_PCI_HOTPLUG_REMOVAL_H

#include "hw/pci/pci_device.h"

/**
 * pci_hotplug_remove: take a device that the guest gave back out of the machine
 *
 * One that virtio-net failover keeps is only told so, and one whose hotplug
 * handler can't part with it stays, with a warning.  The caller holds a
 * reference if it needs the device afterwards.
 */
void pci_hotplug_remove(PCIDevice *pdev);

#endif /* HW_PCI_HOTPLUG_REMOVAL_H */
