/*
 * Why a bus can't be hot-plugged, and what to do instead
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/core/hotplug-refusal.h"
#include "qapi/error.h"

#define MAX_BUSES_NAMED  4

/*
 * FreeBuses: a search for buses that would take a device
 *
 * @type: QOM type that the device asks of its bus
 * @names: what was found, MAX_BUSES_NAMED at most
 */
typedef struct FreeBuses {
    const char *type;
    GPtrArray *names;
} FreeBuses;

static int note_if_free(BusState *bus, void *opaque)
{
    FreeBuses *search = opaque;

    if (search->names->len < MAX_BUSES_NAMED &&
        object_dynamic_cast(OBJECT(bus), search->type) &&
        qbus_is_hotpluggable(bus) && QTAILQ_EMPTY(&bus->children)) {
        g_ptr_array_add(search->names, bus->name);
    }
    return 0;
}

static BusState *topmost_bus(BusState *bus)
{
    while (bus->parent && bus->parent->parent_bus) {
        bus = bus->parent->parent_bus;
    }
    return bus;
}

/* What to start the machine with, for a device on a bus of this type. */
static char *describe_restart(BusState *bus)
{
    const char *port = object_dynamic_cast(OBJECT(bus), "PCIE") ?
                       "pcie-root-port" : "pci-bridge";

    if (!object_dynamic_cast(OBJECT(bus), "PCI")) {
        return g_strdup("start the machine with it (-device)");
    }
    return g_strdup_printf("no free bus of this machine does; start it with "
                           "the device, or with another hot-pluggable port "
                           "(-device %s) to plug it into", port);
}

/* What the user could do instead, as the end of a sentence. */
static char *describe_alternative(BusState *bus, DeviceState *dev)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    FreeBuses search = {
        .type = DEVICE_GET_CLASS(dev)->bus_type,
        .names = names,
    };
    g_autofree char *list = NULL;

    qbus_walk_children(topmost_bus(bus), NULL, note_if_free, NULL, NULL,
                       &search);
    if (!names->len) {
        return describe_restart(bus);
    }
    g_ptr_array_add(names, NULL);
    list = g_strjoinv("', '", (char **)names->pdata);
    return g_strdup_printf("use a free bus that does: '%s'", list);
}

/* Whether the bus is that of a port whose hot-plug was turned off. */
static bool is_turned_off(BusState *bus)
{
    Object *port = OBJECT(bus->parent);

    return object_dynamic_cast(port, "pcie-slot") &&
           !object_property_get_bool(port, "hotplug", NULL);
}

void qbus_refuse_hotplug(BusState *bus, DeviceState *dev, Error **errp)
{
    const char *reason = is_turned_off(bus) ? " (its port has hotplug=off)"
                                            : "";
    const char *type = object_get_typename(OBJECT(dev));

    if (dev->realized) {
        error_setg(errp, "Bus '%s' does not support hotplugging%s: device '%s' "
                   "(%s) stays until the machine is stopped", bus->name,
                   reason, dev->id ?: "without id", type);
    } else {
        g_autofree char *instead = describe_alternative(bus, dev);

        error_setg(errp, "Bus '%s' does not support hotplugging%s, so device "
                   "'%s' can't be added to it while the machine runs: %s",
                   bus->name, reason, type, instead);
    }
}
