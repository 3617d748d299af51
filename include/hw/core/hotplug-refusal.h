/*
 * Why a bus or a device can't be hot-plugged, and what to do instead
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CORE_HOTPLUG_REFUSAL_H
#define HW_CORE_HOTPLUG_REFUSAL_H

#include "hw/qdev-core.h"
#include "qom/object.h"

#define TYPE_COLD_PLUGGED "cold-plugged"
typedef struct ColdPluggedClass ColdPluggedClass;
DECLARE_CLASS_CHECKERS(ColdPluggedClass, COLD_PLUGGED, TYPE_COLD_PLUGGED)

/*
 * An interface of device types that can say why they, or types derived from
 * them, are not hot-pluggable
 *
 * @reason: a few words for the user about a device, realized or not; NULL if
 *          there is nothing to say
 * @instead: a type that can be hot-plugged in its place, or NULL; need not be
 *           in the binary, or hot-pluggable there
 */
struct ColdPluggedClass {
    InterfaceClass parent_class;

    const char *(*reason)(DeviceState *dev);
    const char *instead;
};

/**
 * qdev_refuse_hotplug: report that a device can't come or go while the machine
 * runs, whatever the bus
 * @dev: not hot-pluggable; not realized if it should come
 * @errp: gets an error that says why, and what can be hot-plugged instead
 */
void qdev_refuse_hotplug(DeviceState *dev, Error **errp);

/**
 * qbus_refuse_hotplug: report that a device can't come to a bus, or leave it,
 * while the machine runs
 * @bus: not hot-pluggable
 * @dev: what should have been plugged (not realized) or unplugged (realized)
 * @errp: gets an error that names the device and the bus, says why if the bus
 *        tells, and names free buses that would do
 */
void qbus_refuse_hotplug(BusState *bus, DeviceState *dev, Error **errp);

#endif /* HW_CORE_HOTPLUG_REFUSAL_H */
