/*
 * AML of PCI hotplug: what the guest runs when the event comes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Either all buses in turn, as the versioned machine types have it, or straight
 * to the buses that the NEXT register names.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pci-hotplug-aml.h"
#include "model/acpi-slots.h"
#include "pci-aml-internal.h"

/* Notification values (ACPI 6.5, table 5.161). */
enum {
    NOTIFY_DEVICE_CHECK = 1,
    NOTIFY_EJECT_REQUEST = 3,
};

/* ---- notification: all buses in turn ----------------------------------- */

static Aml *field(const char *pci0, const char *name)
{
    return aml_name("%s%s", pci0, name);
}

/*
 * PCNT of @bus, and of those below it, into @scope.  @pci0 is the path from
 * there to the registers' names.  Returns whether any of the buses has
 * something to notify.  A bridge is called as soon as it or one of the bridges
 * before it has: tables have always been like that.
 */
static bool append_walk(Aml *scope, const PciBusDescription *bus,
                        const char *pci0)
{
    Aml *method = aml_method("PCNT", 0, AML_NOTSERIALIZED);
    g_autoptr(GArray) called = g_array_new(false, false, sizeof(uint8_t));
    bool notifies = false;

    for (unsigned i = 0; i < bus->children->len; i++) {
        const PciBusDescription *child = g_ptr_array_index(bus->children, i);
        Aml *bridge;

        if (child->root) {
            continue;
        }
        bridge = aml_scope("S%.02X", child->bridge_devfn);
        notifies |= append_walk(bridge, child, pci0);
        if (notifies) {
            g_array_append_val(called, child->bridge_devfn);
            aml_append(scope, bridge);
        }
    }

    if (bus->bsel != PCI_BUS_NO_BSEL) {
        aml_append(method, aml_store(aml_int(bus->bsel), field(pci0, "BNUM")));
        aml_append(method, aml_call2("DVNT", field(pci0, "PCIU"),
                                     aml_int(NOTIFY_DEVICE_CHECK)));
        aml_append(method, aml_call2("DVNT", field(pci0, "PCID"),
                                     aml_int(NOTIFY_EJECT_REQUEST)));
        notifies = true;
    }
    for (unsigned i = 0; i < called->len; i++) {
        aml_append(method, aml_name("^S%.02X.PCNT",
                                    g_array_index(called, uint8_t, i)));
    }
    aml_append(scope, method);
    return notifies;
}

/* The host bridge's own walk into @table, and its PCNT into @methods. */
static void append_host_walk(Aml *table, GPtrArray *methods, const char *host,
                             const PciBusDescription *root, const char *pci0)
{
    Aml *scope = aml_scope("\\_SB.%s", host);

    if (append_walk(scope, root, pci0)) {
        aml_append(table, scope);
        g_ptr_array_add(methods, g_strdup_printf("\\_SB.%s.PCNT", host));
    }
}

static void append_walks(Aml *table, GPtrArray *methods,
                         const PciBusDescription *root)
{
    append_host_walk(table, methods, "PCI0", root, "");
    for (unsigned i = 0; i < root->children->len; i++) {
        const PciBusDescription *child = g_ptr_array_index(root->children, i);

        if (child->host_name) {
            append_host_walk(table, methods, child->host_name, child,
                             "\\_SB.PCI0.");
        }
    }
}

/* ---- notification: straight to the bus that NEXT names ----------------- */

/*
 * NotifyTarget: a bus that can be notified
 *
 * @bsel: its number
 * @dvnt: path of its DVNT, absolute or from a method in PCI0; owned
 */
typedef struct NotifyTarget {
    int bsel;
    char *dvnt;
} NotifyTarget;

static void notify_target_clear(gpointer target)
{
    g_free(((NotifyTarget *)target)->dvnt);
}

static void collect_targets(GArray *targets, const PciBusDescription *bus,
                            const char *path)
{
    if (bus->bsel != PCI_BUS_NO_BSEL) {
        NotifyTarget target = {
            .bsel = bus->bsel,
            .dvnt = g_strdup_printf("%sDVNT", path),
        };
        g_array_append_val(targets, target);
    }
    for (unsigned i = 0; i < bus->children->len; i++) {
        const PciBusDescription *child = g_ptr_array_index(bus->children, i);
        g_autofree char *below =
            child->host_name ? g_strdup_printf("\\_SB.%s.", child->host_name) :
            child->root ? NULL :
            g_strdup_printf("%sS%.02X.", path, child->bridge_devfn);

        if (below) {
            collect_targets(targets, child, below);
        }
    }
}

static gint compare_bsel(gconstpointer a, gconstpointer b)
{
    return ((const NotifyTarget *)a)->bsel - ((const NotifyTarget *)b)->bsel;
}

/* Code into @context that notifies the one of @count targets with BSEL Arg0. */
static void append_dispatch(Aml *context, const NotifyTarget *targets,
                            unsigned count)
{
    unsigned half = count / 2;
    Aml *lower;
    Aml *upper;

    if (count == 1) {
        Aml *found = aml_if(aml_equal(aml_arg(0), aml_int(targets->bsel)));

        aml_append(found, aml_call2(targets->dvnt, aml_arg(1),
                                    aml_int(NOTIFY_DEVICE_CHECK)));
        aml_append(found, aml_call2(targets->dvnt, aml_arg(2),
                                    aml_int(NOTIFY_EJECT_REQUEST)));
        aml_append(context, found);
        return;
    }
    lower = aml_if(aml_lless(aml_arg(0), aml_int(targets[half].bsel)));
    append_dispatch(lower, targets, half);
    aml_append(context, lower);
    upper = aml_else();
    append_dispatch(upper, targets + half, count - half);
    aml_append(context, upper);
}

/* PCND(bsel, inserted slots, slots to eject) */
static Aml *dispatch_method(const PciBusDescription *root)
{
    g_autoptr(GArray) targets = g_array_new(false, false,
                                            sizeof(NotifyTarget));
    Aml *method = NULL;

    g_array_set_clear_func(targets, notify_target_clear);
    collect_targets(targets, root, "^");
    g_array_sort(targets, compare_bsel);
    if (targets->len) {
        method = aml_method("PCND", 3, AML_NOTSERIALIZED);
        append_dispatch(method, (const NotifyTarget *)targets->data,
                        targets->len);
    }
    return method;
}

static Aml *fast_scan_method(void)
{
    Aml *method = aml_method("PCNT", 0, AML_NOTSERIALIZED);
    Aml *bus = aml_local(0);
    Aml *more = aml_while(aml_lnot(aml_equal(bus,
                                             aml_int(ACPI_SLOTS_NO_BUS))));

    aml_append(method, aml_store(aml_name("PCNX"), bus));
    aml_append(more, aml_store(bus, aml_name("BNUM")));
    aml_append(more, aml_call3("PCND", bus, aml_name("PCIU"),
                               aml_name("PCID")));
    aml_append(more, aml_store(aml_name("PCNX"), bus));
    aml_append(method, more);
    return method;
}

static void append_fast_scan(Aml *table, GPtrArray *methods,
                             const PciBusDescription *root)
{
    Aml *scope = aml_scope("\\_SB.PCI0");
    Aml *dispatch = dispatch_method(root);

    if (dispatch) {
        aml_append(scope, dispatch);
        aml_append(scope, fast_scan_method());
        aml_append(table, scope);
        g_ptr_array_add(methods, g_strdup("\\_SB.PCI0.PCNT"));
    }
}

void aml_append_hotplug_event(Aml *table, const PciBusDescription *root,
                              const PciHotplugRegisters *registers)
{
    const char *lock = "\\_SB.PCI0." PCI_HOTPLUG_LOCK;
    g_autoptr(GPtrArray) methods = g_ptr_array_new_with_free_func(g_free);
    Aml *event = aml_method("_E01", 0, AML_NOTSERIALIZED);
    Aml *scope = aml_scope("_GPE");

    if (registers->extension_base) {
        append_fast_scan(table, methods, root);
    } else {
        append_walks(table, methods, root);
    }
    if (methods->len) {
        aml_append(event, aml_acquire(aml_name("%s", lock), WAIT_FOREVER));
        for (unsigned i = 0; i < methods->len; i++) {
            aml_append(event, aml_call0(g_ptr_array_index(methods, i)));
        }
        aml_append(event, aml_release(aml_name("%s", lock)));
    }
    aml_append(scope, event);
    aml_append(table, scope);
}
