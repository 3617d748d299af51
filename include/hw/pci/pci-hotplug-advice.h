/*
 * What a user can do where a PCI bus can't be hot-plugged
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_PCI_PCI_HOTPLUG_ADVICE_H
#define HW_PCI_PCI_HOTPLUG_ADVICE_H

#include "hw/qdev-core.h"

/**
 * pci_hotplug_reason: why devices can't come to a bus or leave it
 * @bus: any bus
 *
 * Returns a clause that also names the machine's hotplug mode, to be freed, or
 * NULL if nothing particular is known or @bus is no PCI bus.
 */
char *pci_hotplug_reason(BusState *bus);

/**
 * pci_hotplug_advice: where a device could be plugged instead
 * @bus: the bus that was asked for
 * @dev: not to be plugged there
 *
 * Returns the end of a sentence, to be freed, or NULL if @bus is no PCI bus.
 */
char *pci_hotplug_advice(BusState *bus, DeviceState *dev);

#endif /* HW_PCI_PCI_HOTPLUG_ADVICE_H */
