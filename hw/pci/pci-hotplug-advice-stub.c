/*
 * What a user can do where a PCI bus can't be hot-plugged: without PCI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci-hotplug-advice.h"

char *pci_hotplug_reason(BusState *bus)
{
    return NULL;
}

char *pci_hotplug_advice(BusState *bus, DeviceState *dev)
{
    return NULL;
}
