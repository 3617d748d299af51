/*
 * Why a bus can't be hot-plugged, and what to do instead
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/core/hotplug-refusal.h"
#include "hw/pci/pci-hotplug-advice.h"
#include "qapi/error.h"

static char *name_of(DeviceState *dev)
{
    const char *type = object_get_typename(OBJECT(dev));

    return dev->id ? g_strdup_printf("'%s' (%s)", dev->id, type)
                   : g_strdup_printf("'%s'", type);
}

void qbus_refuse_hotplug(BusState *bus, DeviceState *dev, Error **errp)
{
    g_autofree char *why = pci_hotplug_reason(bus);
    g_autofree char *reason = why ? g_strdup_printf(" (%s)", why)
                                  : g_strdup("");
    g_autofree char *name = name_of(dev);
    g_autofree char *instead = NULL;

    if (dev->realized) {
        error_setg(errp, "Bus '%s' does not support hotplugging%s: device %s "
                   "stays until the machine is stopped", bus->name, reason,
                   name);
        return;
    }
    instead = pci_hotplug_advice(bus, dev) ?:
              g_strdup("start the machine with it (-device)");
    error_setg(errp, "Bus '%s' does not support hotplugging%s, so device %s "
               "can't be added to it while the machine runs: %s", bus->name,
               reason, name, instead);
}
