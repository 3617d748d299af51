/*
 * Boards without legacy VGA, and the devices that are not for them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/display/legacy-vga.h"
#include "hw/pci/pci_device.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/module.h"

#define TYPE_LEGACY_VGA_INSISTED   "legacy-vga-insisted"
#define LEGACY_VGA_INSISTED_CHILD  "legacy-vga-insisted"

/* A child of a machine whose user insists, and of no other */
static bool insists(Object *machine)
{
    return object_resolve_path_component(machine, LEGACY_VGA_INSISTED_CHILD);
}

static bool board_lacks_it(Object *machine)
{
    return object_class_property_find(object_get_class(machine),
                                      LEGACY_VGA_PROP);
}

static const char *board_name(Object *machine)
{
    return MACHINE_GET_CLASS(machine)->name;
}

/* ---- devices ----------------------------------------------------------- */

static bool is_legacy_vga(ObjectClass *oc)
{
    return object_class_dynamic_cast(oc, TYPE_PCI_DEVICE) &&
           PCI_DEVICE_CLASS(oc)->class_id == PCI_CLASS_DISPLAY_VGA;
}

/* What a binary that lacks the device can't tell by its class */
static bool is_known_name(const char *driver)
{
    static const char *const names[] = {
        "VGA", "ati-vga", "cirrus-vga", "qxl-vga", "vhost-user-vga",
        "virtio-vga", "virtio-vga-gl", "virtio-vga-rutabaga", "vmware-svga",
        NULL
    };

    return g_strv_contains(names, driver);
}

bool legacy_vga_may_realize(ObjectClass *device_class, Error **errp)
{
    Object *machine = qdev_get_machine();

    if (!is_legacy_vga(device_class) || !board_lacks_it(machine) ||
        insists(machine)) {
        return true;
    }
    error_setg(errp, "device '%s' is for boards with legacy VGA, and '%s' has "
               "none: use virtio-gpu-pci instead (-machine "
               LEGACY_VGA_PROP "=on has it all the same)",
               object_class_get_name(device_class), board_name(machine));
    return false;
}

bool legacy_vga_may_add(const char *driver, Error **errp)
{
    ObjectClass *device_class = module_object_class_by_name(driver);
    Object *machine = qdev_get_machine();

    if (device_class) {
        return legacy_vga_may_realize(device_class, errp);
    }
    if (!is_known_name(driver) || !board_lacks_it(machine)) {
        return true;
    }
    error_setg(errp, "device '%s' is for boards with legacy VGA; '%s' has none "
               "and this QEMU no such device: use virtio-gpu-pci instead",
               driver, board_name(machine));
    return false;
}

/* ---- -vga -------------------------------------------------------------- */

void legacy_vga_check_option(const char *model, bool available)
{
    Object *machine = qdev_get_machine();

    if (g_str_equal(model, "none") || !board_lacks_it(machine) ||
        (available && insists(machine))) {
        return;
    }
    error_report("-vga %s: board '%s' has no legacy VGA and makes no such "
                 "device: use -device virtio-gpu-pci instead", model,
                 board_name(machine));
    exit(1);
}

/* ---- the property ------------------------------------------------------ */

static bool insisted_get(Object *machine, Error **errp)
{
    return insists(machine);
}

static void insisted_set(Object *machine, bool value, Error **errp)
{
    if (phase_check(PHASE_MACHINE_CREATED)) {
        error_setg(errp, LEGACY_VGA_PROP " can't change once the machine is "
                   "made: set it with -machine on the command line");
        return;
    }
    if (value && !insists(machine)) {
        Object *child = object_new(TYPE_LEGACY_VGA_INSISTED);

        object_property_add_child(machine, LEGACY_VGA_INSISTED_CHILD, child);
        object_unref(child);
    } else if (!value && insists(machine)) {
        object_unparent(object_resolve_path_component(
            machine, LEGACY_VGA_INSISTED_CHILD));
    }
}

void legacy_vga_set_absent(ObjectClass *machine_class)
{
    object_class_property_add_bool(machine_class, LEGACY_VGA_PROP,
                                   insisted_get, insisted_set);
    object_class_property_set_description(
        machine_class, LEGACY_VGA_PROP,
        "on: have VGA devices, though the board has no legacy VGA");
}

static const TypeInfo insisted_info = {
    .name = TYPE_LEGACY_VGA_INSISTED,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(Object),
};

static void legacy_vga_register(void)
{
    type_register_static(&insisted_info);
}

type_init(legacy_vga_register)
