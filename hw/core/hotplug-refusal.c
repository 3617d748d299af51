/*
 * Why a bus or a device can't be hot-plugged, and what to do instead
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/core/hotplug-refusal.h"
#include "hw/pci/pci-hotplug-advice.h"
#include "qapi/error.h"
#include "qemu/module.h"

/* ---- devices ----------------------------------------------------------- */

static char *name_of(DeviceState *dev)
{
    const char *type = object_get_typename(OBJECT(dev));

    return dev->id ? g_strdup_printf("'%s' (%s)", dev->id, type)
                   : g_strdup_printf("'%s'", type);
}

static ColdPluggedClass *cold_plugged(DeviceState *dev)
{
    ObjectClass *oc = object_class_dynamic_cast(object_get_class(OBJECT(dev)),
                                                TYPE_COLD_PLUGGED);

    return oc ? COLD_PLUGGED_CLASS(oc) : NULL;
}

static char *reason_of(DeviceState *dev)
{
    ColdPluggedClass *cold = cold_plugged(dev);
    const char *reason = cold && cold->reason ? cold->reason(dev) : NULL;

    return reason ? g_strdup_printf(" (%s)", reason) : g_strdup("");
}

/* The type to use in its place, if this binary can hot-plug that */
static const char *instead_of(DeviceState *dev)
{
    ColdPluggedClass *cold = cold_plugged(dev);
    ObjectClass *oc = cold && cold->instead ?
                      module_object_class_by_name(cold->instead) : NULL;

    return oc && DEVICE_CLASS(oc)->hotpluggable ? cold->instead : NULL;
}

void qdev_refuse_hotplug(DeviceState *dev, Error **errp)
{
    const char *type = object_get_typename(OBJECT(dev));
    const char *instead = instead_of(dev);
    g_autofree char *use = instead ?
        g_strdup_printf("use %s instead, or ", instead) : g_strdup("");
    g_autofree char *reason = reason_of(dev);
    g_autofree char *name = name_of(dev);

    if (dev->realized) {
        error_setg(errp, "Device '%s' does not support hotplugging%s: device "
                   "%s stays until the machine is stopped", type, reason,
                   name);
    } else {
        error_setg(errp, "Device '%s' does not support hotplugging%s: %sstart "
                   "the machine with it (-device)", type, reason, use);
    }
}

/* ---- buses ------------------------------------------------------------- */

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

/* ---- the interface ----------------------------------------------------- */

static const TypeInfo cold_plugged_info = {
    .name = TYPE_COLD_PLUGGED,
    .parent = TYPE_INTERFACE,
    .class_size = sizeof(ColdPluggedClass),
};

static void cold_plugged_register(void)
{
    type_register_static(&cold_plugged_info);
}

type_init(cold_plugged_register)
