/*
 * query-pci-hotplug and requests in a QEMU without PCI
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "pci-hotplug-internal.h"
#include "qapi/qapi-commands-pci-hotplug.h"

PciHotplugInfo *qmp_query_pci_hotplug(Error **errp)
{
    return g_new0(PciHotplugInfo, 1);
}

void pci_hotplug_restart(ResetType type)
{
}

void pci_hotplug_follow_migration(const PciHotplugPath *path,
                                  HotplugMethod method)
{
}
