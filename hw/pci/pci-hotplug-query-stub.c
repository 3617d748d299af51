/*
 * query-pci-hotplug in a QEMU without PCI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/qapi-commands-pci-hotplug.h"

PciHotplugInfo *qmp_query_pci_hotplug(Error **errp)
{
    return g_new0(PciHotplugInfo, 1);
}
