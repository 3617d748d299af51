/*
 * Why a bus can't be hot-plugged, and what to do instead
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_CORE_HOTPLUG_REFUSAL_H
#define HW_CORE_HOTPLUG_REFUSAL_H

#include "hw/qdev-core.h"

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
