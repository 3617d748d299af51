/*
 * Hotplug requests: the machine's settings, and its resets
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/core/before-reset.h"
#include "pci-hotplug-internal.h"
#include "qapi/error.h"
#include "qapi/visitor.h"

#define TYPE_PCI_HOTPLUG_REQUESTS   "pci-hotplug-requests"
#define PCI_HOTPLUG_REQUESTS_CHILD  "pci-hotplug-requests"

#define DEFAULT_TIMEOUT_SECONDS  60

OBJECT_DECLARE_SIMPLE_TYPE(PciHotplugRequests, PCI_HOTPLUG_REQUESTS)

/*
 * PciHotplugRequests: of a machine
 *
 * @timeout: see pci_hotplug_timeout()
 * @enabled: see pci_hotplug_requests_enabled()
 * @attends: @before_reset is on its list
 */
struct PciHotplugRequests {
    Object parent_obj;
    uint32_t timeout;
    bool enabled;
    bool attends;
    Notifier before_reset;
};

static PciHotplugRequests *find_requests(Object *machine)
{
    Object *child = object_resolve_path_component(machine,
                                                  PCI_HOTPLUG_REQUESTS_CHILD);

    return child ? PCI_HOTPLUG_REQUESTS(child) : NULL;
}

static PciHotplugRequests *get_requests(Object *machine)
{
    PciHotplugRequests *requests = find_requests(machine);

    if (!requests) {
        Object *obj = object_new(TYPE_PCI_HOTPLUG_REQUESTS);

        object_property_add_child(machine, PCI_HOTPLUG_REQUESTS_CHILD, obj);
        object_unref(obj);
        requests = PCI_HOTPLUG_REQUESTS(obj);
    }
    return requests;
}

uint32_t pci_hotplug_timeout(void)
{
    PciHotplugRequests *requests = find_requests(qdev_get_machine());

    return requests ? requests->timeout : DEFAULT_TIMEOUT_SECONDS;
}

bool pci_hotplug_requests_enabled(void)
{
    PciHotplugRequests *requests = find_requests(qdev_get_machine());

    return !requests || requests->enabled;
}

/* ---- resets ------------------------------------------------------------ */

static void before_reset(Notifier *notifier, void *type)
{
    pci_hotplug_restart(*(ResetType *)type);
}

void pci_hotplug_requests_attend(const PciHotplugPath *path,
                                 HotplugMethod method)
{
    PciHotplugRequests *requests = get_requests(qdev_get_machine());

    if (requests->enabled) {
        pci_hotplug_follow_migration(path, method);
    }
    if (!requests->attends) {
        requests->attends = true;
        before_reset_add(&requests->before_reset);
    }
}

/* ---- properties of machines -------------------------------------------- */

static void timeout_get(Object *machine, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    PciHotplugRequests *requests = find_requests(machine);
    uint32_t timeout = requests ? requests->timeout : DEFAULT_TIMEOUT_SECONDS;

    visit_type_uint32(v, name, &timeout, errp);
}

static void timeout_set(Object *machine, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    uint32_t timeout;

    if (visit_type_uint32(v, name, &timeout, errp)) {
        get_requests(machine)->timeout = timeout;
    }
}

static bool enabled_get(Object *machine, Error **errp)
{
    PciHotplugRequests *requests = find_requests(machine);

    return !requests || requests->enabled;
}

static void enabled_set(Object *machine, bool enabled, Error **errp)
{
    if (phase_check(PHASE_MACHINE_CREATED)) {
        error_setg(errp, PCI_HOTPLUG_PROP_REQUESTS " can't change once the "
                   "machine is made: set it with -machine on the command line");
        return;
    }
    get_requests(machine)->enabled = enabled;
}

void pci_hotplug_requests_add_properties(ObjectClass *oc)
{
    object_class_property_add(oc, PCI_HOTPLUG_PROP_TIMEOUT, "uint32",
                              timeout_get, timeout_set, NULL, NULL);
    object_class_property_set_description(
        oc, PCI_HOTPLUG_PROP_TIMEOUT,
        "seconds in which a guest that listens has to answer a PCI hotplug "
        "request; 0: no limit");
    object_class_property_add_bool(oc, PCI_HOTPLUG_PROP_REQUESTS, enabled_get,
                                   enabled_set);
    object_class_property_set_description(
        oc, PCI_HOTPLUG_PROP_REQUESTS,
        "off: PCI hotplug registers as in QEMU 10.0, and no outcomes");
}

/* ---- the object -------------------------------------------------------- */

static void requests_init(Object *obj)
{
    PciHotplugRequests *requests = PCI_HOTPLUG_REQUESTS(obj);

    requests->timeout = DEFAULT_TIMEOUT_SECONDS;
    requests->enabled = true;
    requests->before_reset.notify = before_reset;
}

static void requests_finalize(Object *obj)
{
    PciHotplugRequests *requests = PCI_HOTPLUG_REQUESTS(obj);

    if (requests->attends) {
        notifier_remove(&requests->before_reset);
    }
}

static const TypeInfo requests_info = {
    .name = TYPE_PCI_HOTPLUG_REQUESTS,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(PciHotplugRequests),
    .instance_init = requests_init,
    .instance_finalize = requests_finalize,
};

static void requests_register(void)
{
    type_register_static(&requests_info);
}

type_init(requests_register)
