/*
 * ACPI PCI hotplug: ICH9's properties, and the hotplug mode of its machine
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/user/modes.rst has what the modes mean to a guest.
 */

#include "qemu/osdep.h"
#include "hw/acpi/gpe.h"
#include "hw/acpi/ich9.h"
#include "hw/acpi/ich9-wakeup.h"
#include "hw/acpi/pcihp.h"
#include "hw/i386/pc.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "hw/southbridge/ich9.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-pci-hotplug.h"
#include "qapi/util.h"
#include "qapi/visitor.h"
#include "pcihp-internal.h"

QEMU_BUILD_BUG_ON((int)PCI_HOTPLUG_MODE_ACPI != HOTPLUG_MODE_ACPI);
QEMU_BUILD_BUG_ON((int)PCI_HOTPLUG_MODE_NATIVE != HOTPLUG_MODE_NATIVE);
QEMU_BUILD_BUG_ON((int)PCI_HOTPLUG_MODE_AUTO != HOTPLUG_MODE_AUTO);
QEMU_BUILD_BUG_ON((int)PCI_HOTPLUG_MODE_NONE != HOTPLUG_MODE_NONE);

/* ---- properties -------------------------------------------------------- */

static HotplugMode mode_of_boolean(const AcpiPciHpState *s)
{
    return s->use_acpi_hotplug_bridge ? HOTPLUG_MODE_ACPI
                                      : HOTPLUG_MODE_NATIVE;
}

static void mode_get(Object *owner, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    AcpiPciHpState *s = opaque;
    PciHotplugMode mode = (PciHotplugMode)(s->mode_set ? s->mode
                                                       : mode_of_boolean(s));

    visit_type_PciHotplugMode(v, name, &mode, errp);
}

static void mode_set(Object *owner, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    AcpiPciHpState *s = opaque;
    PciHotplugMode mode;

    if (visit_type_PciHotplugMode(v, name, &mode, errp) &&
        acpi_pcihp_may_change(owner, name, errp)) {
        s->mode = (HotplugMode)mode;
        s->mode_set = true;
    }
}

void acpi_pcihp_add_mode_properties(Object *owner, AcpiPciHpState *s)
{
    acpi_pcihp_add_bool(owner, ACPI_PCIHP_PROP_OSC_REPORT, &s->osc_report,
                        "guest tells which hotplug method it takes; always so "
                        "with pci-hotplug=auto");
    acpi_pcihp_add_bool(owner, ICH9_PROP_KEEP_PM_BLOCK, &s->keep_pm_block,
                        "ACPI registers stay where they are when the guest "
                        "wakes up from suspend to RAM");
    object_property_add(owner, PCI_HOTPLUG_PROP_MODE, "PciHotplugMode",
                        mode_get, mode_set, NULL, s);
    object_property_set_description(owner, PCI_HOTPLUG_PROP_MODE,
                                    "how PCI devices are hot-plugged: acpi, "
                                    "native, auto (guest chooses), none");
}

/* ---- what the user wants ----------------------------------------------- */

/*
 * Wish: an option that the user gave
 *
 * @mode: what it asks for
 * @text: as the user may have written it; owned
 */
typedef struct Wish {
    HotplugMode mode;
    char *text;
} Wish;

static void wish_clear(gpointer wish)
{
    g_free(((Wish *)wish)->text);
}

static void add_wish(GArray *wishes, HotplugMode mode, char *text)
{
    Wish wish = { .mode = mode, .text = text };

    g_array_append_val(wishes, wish);
}

/* Of what a property was set to, -global alone is the user's doing. */
static void add_global_wishes(GArray *wishes, Object *owner,
                              const AcpiPciHpState *s)
{
    const char *type = object_get_typename(owner);

    if (qdev_find_global_prop(owner, PCI_HOTPLUG_PROP_MODE)) {
        add_wish(wishes, s->mode,
                 g_strdup_printf("-global %s." PCI_HOTPLUG_PROP_MODE "=%s",
                                 type, hotplug_mode_rules(s->mode)->name));
    }
    if (qdev_find_global_prop(owner, ACPI_PM_PROP_ACPI_PCIHP_BRIDGE)) {
        add_wish(wishes, mode_of_boolean(s),
                 g_strdup_printf("-global %s." ACPI_PM_PROP_ACPI_PCIHP_BRIDGE
                                 "=%s", type,
                                 s->use_acpi_hotplug_bridge ? "on" : "off"));
    }
}

static void add_machine_wish(GArray *wishes)
{
    Object *machine = qdev_get_machine();

    if (object_property_find(machine, PC_HOTPLUG_PROP_GIVEN)) {
        g_autofree char *name = object_property_get_str(machine,
                                                        PC_HOTPLUG_PROP_GIVEN,
                                                        &error_abort);
        int mode = qapi_enum_parse(&PciHotplugMode_lookup, name, -1,
                                   &error_abort);

        add_wish(wishes, (HotplugMode)mode,
                 g_strdup_printf("-machine " PCI_HOTPLUG_PROP_MODE "=%s",
                                 name));
    }
}

/* The wish that all others agree with, or NULL; false if they don't agree. */
static bool agree(GArray *wishes, const Wish **wish, Error **errp)
{
    *wish = NULL;
    for (guint i = 0; i < wishes->len; i++) {
        const Wish *other = &g_array_index(wishes, Wish, i);

        if (*wish && (*wish)->mode != other->mode) {
            error_setg(errp, "%s and %s contradict each other: leave out one "
                       "of the two", (*wish)->text, other->text);
            return false;
        }
        *wish = other;
    }
    return true;
}

/* ---- the mode ---------------------------------------------------------- */

static void gpe_enabled(Notifier *notifier, void *opaque)
{
    AcpiPciHpState *s = container_of(notifier, AcpiPciHpState, gpe_enabled);
    const AcpiGpeEnabled *what = opaque;

    if (what->byte == 0 && what->events & ACPI_PCI_HOTPLUG_STATUS) {
        pci_hotplug_switch_gpe_enabled(s->hotplug_switch);
    }
}

static uint8_t main_root_uid(void)
{
    Object *machine = qdev_get_machine();

    return object_dynamic_cast(machine, TYPE_PC_MACHINE) ?
           PC_MACHINE_GET_CLASS(machine)->pci_root_uid : 0;
}

/* What the rest of QEMU reads of the mode. */
static void apply_mode(Object *owner, AcpiPciHpState *s)
{
    s->use_acpi_hotplug_bridge = hotplug_mode_rules(s->mode)->slots_in_tables;
    if (s->mode == HOTPLUG_MODE_AUTO || s->mode == HOTPLUG_MODE_NONE) {
        object_property_set_bool(owner, "x-keep-pci-slot-hpc", true,
                                 &error_abort);
    }
}

static HotplugMode switch_mode(Object *owner, const AcpiPciHpState *s)
{
    bool hides = !object_property_get_bool(owner, "x-keep-pci-slot-hpc",
                                           &error_abort);

    return s->mode == HOTPLUG_MODE_ACPI && hides ? HOTPLUG_MODE_Q35_6_1
                                                 : s->mode;
}

static void create_switch(Object *owner, AcpiPciHpState *s, PCIBus *root)
{
    PciHotplugSwitchSettings settings = {
        .mode = switch_mode(owner, s),
        .follows = s->osc_report,
        .covers_expanders = s->osc_report || s->mode == HOTPLUG_MODE_NONE,
        .root = root,
        .root_uid = main_root_uid(),
        .move_requests = acpi_pcihp_move_requests,
        .opaque = s,
    };

    s->hotplug_switch = pci_hotplug_switch_create(DEVICE(owner), &settings);
    s->gpe_enabled.notify = gpe_enabled;
    acpi_gpe_add_enabled_notifier(&s->gpe_enabled);
}

/*
 * Options without which mode auto is nothing: the guest's answer, and ports
 * that it may take.
 */
static bool check_auto(Object *owner, Error **errp)
{
    static const char *const needed[] = {
        ACPI_PCIHP_PROP_OSC_REPORT, "x-keep-pci-slot-hpc",
    };

    for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
        if (qdev_find_global_prop(owner, needed[i]) &&
            !object_property_get_bool(owner, needed[i], &error_abort)) {
            error_setg(errp, PCI_HOTPLUG_PROP_MODE "=auto and -global %s.%s="
                       "off contradict each other: leave out one of the two",
                       object_get_typename(owner), needed[i]);
            return false;
        }
    }
    return true;
}

bool acpi_pcihp_settle_mode(Object *owner, AcpiPciHpState *s, PCIBus *root,
                            Error **errp)
{
    g_autoptr(GArray) wishes = g_array_new(false, false, sizeof(Wish));
    const Wish *wish;

    g_array_set_clear_func(wishes, wish_clear);
    add_machine_wish(wishes);
    add_global_wishes(wishes, owner, s);
    if (!agree(wishes, &wish, errp)) {
        return false;
    }
    if (wish) {
        s->mode = wish->mode;
    } else if (!s->mode_set) {
        s->mode = mode_of_boolean(s);
    }
    s->mode_set = true;
    if (s->mode == HOTPLUG_MODE_AUTO && !check_auto(owner, errp)) {
        return false;
    }
    s->osc_report |= s->mode == HOTPLUG_MODE_AUTO;
    apply_mode(owner, s);
    create_switch(owner, s, root);
    if (s->keep_pm_block) {
        ich9_keep_pm_block(PCI_DEVICE(owner));
    }

    if (s->osc_report) {
        s->slots.osc_report = true;
        acpi_pcihp_map_extension(owner, s,
                                 pci_address_space_io(PCI_DEVICE(owner)));
    }
    return true;
}
