/*
 * PC machine (Q35) with the hotplug additions
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the guest can see and the versioned machine types must not have is on
 * here.  Experimental: neither its tables nor its migration stream is kept
 * from one release to the next.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pcihp.h"
#include "hw/boards.h"

#define PARENT_MACHINE   MACHINE_TYPE_NAME("pc-q35-10.0")
#define HOTPLUG_MACHINE  MACHINE_TYPE_NAME("pc-q35-10.0-hotplug")

static GlobalProperty additions[] = {
    { "ICH9-LPC", ACPI_PCIHP_PROP_FAST_SCAN, "on" },
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

static const TypeInfo q35_hotplug_info = {
    .name = HOTPLUG_MACHINE,
    .parent = PARENT_MACHINE,
    .class_init = q35_hotplug_class_init,
};

static void q35_hotplug_register(void)
{
    type_register_static(&q35_hotplug_info);
}

type_init(q35_hotplug_register)
