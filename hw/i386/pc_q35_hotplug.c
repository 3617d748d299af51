/*
 * PC machines (Q35): their hotplug switch, and one with all additions
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All q35 machines take -machine pci-hotplug=MODE; ICH9 decides on it with
 * whatever else was given (hw/acpi/pcihp-mode.c).
 *
 * On pc-q35-10.0-hotplug is on what the guest can see and the versioned machine
 * types must not have.  Experimental: neither its tables nor its migration
 * stream is kept from one release to the next.
 */

#include "qemu/osdep.h"
#include "hw/acpi/ich9-wakeup.h"
#include "hw/acpi/pcihp.h"
#include "hw/boards.h"
#include "hw/i386/pc.h"
#include "hw/pci/hotplug-switch.h"
#include "hw/pci/pci-hotplug-requests.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-pci-hotplug.h"
#include "qapi/visitor.h"

#define PARENT_MACHINE   MACHINE_TYPE_NAME("pc-q35-10.0")
#define HOTPLUG_MACHINE  MACHINE_TYPE_NAME("pc-q35-10.0-hotplug")

/* ---- the switch -------------------------------------------------------- */

static void given_get(Object *machine, Visitor *v, const char *name,
                      void *opaque, Error **errp)
{
    visit_type_PciHotplugMode(v, name, opaque, errp);
}

static void given_release(Object *machine, const char *name, void *opaque)
{
    g_free(opaque);
}

static void mode_set(Object *machine, Visitor *v, const char *name,
                     void *opaque, Error **errp)
{
    PciHotplugMode *given;
    PciHotplugMode mode;

    if (!visit_type_PciHotplugMode(v, name, &mode, errp)) {
        return;
    }
    if (pci_hotplug_switch_find()) {
        error_setg(errp, "%s can't change once the machine is made: give it "
                   "with -machine on the command line", name);
        return;
    }
    if (object_property_find(machine, PC_HOTPLUG_PROP_GIVEN)) {
        object_property_del(machine, PC_HOTPLUG_PROP_GIVEN);
    }
    given = g_new(PciHotplugMode, 1);
    *given = mode;
    object_property_add(machine, PC_HOTPLUG_PROP_GIVEN, "PciHotplugMode",
                        given_get, NULL, given_release, given);
}

/* What ICH9 will find, before there is one. */
static PciHotplugMode default_mode(Object *machine)
{
    GPtrArray *defaults = MACHINE_GET_CLASS(machine)->compat_props;
    PciHotplugMode mode = PCI_HOTPLUG_MODE_ACPI;

    for (guint i = 0; i < defaults->len; i++) {
        const GlobalProperty *property = g_ptr_array_index(defaults, i);

        if (g_str_equal(property->driver, "ICH9-LPC") &&
            g_str_equal(property->property, ACPI_PM_PROP_ACPI_PCIHP_BRIDGE)) {
            mode = g_str_equal(property->value, "off") ?
                   PCI_HOTPLUG_MODE_NATIVE : PCI_HOTPLUG_MODE_ACPI;
        }
    }
    return mode;
}

static void mode_get(Object *machine, Visitor *v, const char *name,
                     void *opaque, Error **errp)
{
    const PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();
    ObjectProperty *given = object_property_find(machine,
                                                 PC_HOTPLUG_PROP_GIVEN);
    PciHotplugMode mode =
        given ? *(PciHotplugMode *)given->opaque :
        !hotplug_switch ? default_mode(machine) :
        hotplug_switch->mode == HOTPLUG_MODE_Q35_6_1 ? PCI_HOTPLUG_MODE_ACPI :
        (PciHotplugMode)hotplug_switch->mode;

    visit_type_PciHotplugMode(v, name, &mode, errp);
}

void pc_q35_add_hotplug_property(ObjectClass *oc)
{
    object_class_property_add(oc, PCI_HOTPLUG_PROP_MODE, "PciHotplugMode",
                              mode_get, mode_set, NULL, NULL);
    object_class_property_set_description(oc, PCI_HOTPLUG_PROP_MODE,
                                          "How PCI devices are hot-plugged "
                                          "(acpi, native, auto, none)");
}

/* ---- the machine with all additions ------------------------------------ */

static GlobalProperty additions[] = {
    { "ICH9-LPC", ACPI_PCIHP_PROP_FAST_SCAN, "on" },
    { "ICH9-LPC", ACPI_PCIHP_PROP_OSC_REPORT, "on" },
    { "ICH9-LPC", ACPI_PCIHP_PROP_OST_REPORT, "on" },
    { "ICH9-LPC", ICH9_PROP_KEEP_PM_BLOCK, "on" },
};

static void q35_hotplug_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    MachineClass *parent = MACHINE_CLASS(object_class_get_parent(oc));

    mc->desc = "Standard PC (Q35 + ICH9), hotplug additions (experimental)";
    mc->alias = NULL;
    mc->is_default = false;
    for (guint i = 0; i < parent->compat_props->len; i++) {
        g_ptr_array_add(mc->compat_props,
                        g_ptr_array_index(parent->compat_props, i));
    }
    compat_props_add(mc->compat_props, additions, G_N_ELEMENTS(additions));
}

static void q35_hotplug_init(Object *machine)
{
    pci_hotplug_migrate_whole();
}

static const TypeInfo q35_hotplug_info = {
    .name = HOTPLUG_MACHINE,
    .parent = PARENT_MACHINE,
    .instance_init = q35_hotplug_init,
    .class_init = q35_hotplug_class_init,
};

static void q35_hotplug_register(void)
{
    type_register_static(&q35_hotplug_info);
}

type_init(q35_hotplug_register)
