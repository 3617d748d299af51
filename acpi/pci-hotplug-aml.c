/*
 * AML of PCI hotplug: slots, notification, naming, _OSC
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Guests and golden files compare these tables byte for byte: an order that
 * looks arbitrary is the one that they know.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pci-hotplug-aml.h"
#include "model/acpi-slots.h"

/* Notification values (ACPI 6.5, table 5.161). */
enum {
    NOTIFY_DEVICE_CHECK = 1,
    NOTIFY_EJECT_REQUEST = 3,
};

/* _DSM functions of a PCI device (PCI Firmware Specification 3.1, 4.6). */
enum {
    DSM_QUERY = 0,
    DSM_DEVICE_NAME = 7,
};

#define PCI_DSM_UUID          "E5C937D0-3553-4D7A-9117-EA4D19C3434D"
#define PCI_DSM_MIN_REVISION  2
#define PCI_OSC_UUID          "33DB4D5B-1FF7-401C-9657-7441C03DD766"

/* _OSC control bits (PCI Firmware Specification 3.2, 4.5.1). */
enum {
    OSC_NATIVE_HOTPLUG = 0x01,
    OSC_SHPC_HOTPLUG   = 0x02,
    OSC_NATIVE_PME     = 0x04,
    OSC_NATIVE_AER     = 0x08,
    OSC_CAPABILITY     = 0x10,
};

/* _OSC status bits (ACPI 6.5, 6.2.11.1). */
enum {
    OSC_BAD_UUID       = 0x04,
    OSC_BAD_REVISION   = 0x08,
    OSC_MASKED         = 0x10,
};

/* AIDX of a QEMU that has no such register reads all ones. */
#define ACPI_INDEX_UNSUPPORTED  0xFFFFFFFF

#define WAIT_FOREVER            0xFFFF
#define LOCK                    "BLCK"
#define LAST_SLOT_BELOW_A_PORT  0

static uint32_t slot_of(uint8_t devfn)
{
    return devfn >> 3;
}

static uint32_t function_of(uint8_t devfn)
{
    return devfn & 7;
}

/* ACPI 6.5, table 6.2: device number in the high word, function in the low. */
static Aml *pci_address(uint8_t devfn)
{
    return aml_name_decl("_ADR", aml_int(slot_of(devfn) << 16 |
                                         function_of(devfn)));
}

PciBusDescription *pci_bus_description_new(void)
{
    PciBusDescription *bus = g_new0(PciBusDescription, 1);

    bus->bsel = PCI_BUS_NO_BSEL;
    bus->functions = g_array_new(false, true, sizeof(PciFunctionDescription));
    bus->children = g_ptr_array_new_with_free_func(
        (GDestroyNotify)pci_bus_description_free);
    return bus;
}

void pci_bus_description_free(PciBusDescription *bus)
{
    g_array_unref(bus->functions);
    g_ptr_array_unref(bus->children);
    g_free(bus);
}

static const PciFunctionDescription *function_at(const PciBusDescription *bus,
                                                 unsigned i)
{
    return &g_array_index(bus->functions, PciFunctionDescription, i);
}

/* A bridge plugged into function 1 to 7 is left to the guest to find. */
static bool is_unnamed(const PciFunctionDescription *function)
{
    return function->bridge && function->hotplugged &&
           function_of(function->devfn) != 0;
}

/* ---- naming: _DSM ------------------------------------------------------ */

/* Puts what function 0 answers to a stranger into @result, and returns it. */
static void append_dsm_query_guards(Aml *context, Aml *result)
{
    uint8_t no_functions = 0;
    Aml *guard;

    aml_append(context, aml_store(aml_buffer(1, &no_functions), result));

    guard = aml_if(aml_lnot(aml_equal(aml_arg(0), aml_touuid(PCI_DSM_UUID))));
    aml_append(guard, aml_return(result));
    aml_append(context, guard);

    guard = aml_if(aml_lless(aml_arg(1), aml_int(PCI_DSM_MIN_REVISION)));
    aml_append(guard, aml_return(result));
    aml_append(context, guard);
}

static Aml *if_dsm_function(int function)
{
    return aml_if(aml_equal(aml_arg(2), aml_int(function)));
}

static Aml *parameter(int i)
{
    return aml_derefof(aml_index(aml_arg(4), aml_int(i)));
}

/* _DSM of one device: hands its arguments and @params (a package) on. */
static Aml *dsm_forwarder(const char *method_name, Aml *params_package,
                          Aml *fill[2])
{
    Aml *method = aml_method("_DSM", 4, AML_SERIALIZED);
    Aml *params = aml_local(0);

    aml_append(method, aml_store(params_package, params));
    for (int i = 0; i < 2 && fill[i]; i++) {
        aml_append(method, aml_store(fill[i], aml_index(params, aml_int(i))));
    }
    aml_append(method, aml_return(aml_call5(method_name, aml_arg(0),
                                            aml_arg(1), aml_arg(2),
                                            aml_arg(3), params)));
    return method;
}

static Aml *slot_dsm(void)
{
    Aml *package = aml_package(2);
    Aml *fill[2] = { aml_name("BSEL"), aml_name("ASUN") };

    aml_append(package, aml_int(0));
    aml_append(package, aml_int(0));
    return dsm_forwarder("PDSM", package, fill);
}

static Aml *static_dsm(uint32_t acpi_index)
{
    Aml *package = aml_package(1);
    Aml *nothing[2] = { NULL, NULL };

    aml_append(package, aml_int(acpi_index));
    return dsm_forwarder("EDSM", package, nothing);
}

Aml *aml_pci_static_naming_method(void)
{
    Aml *method = aml_method("EDSM", 5, AML_SERIALIZED);
    Aml *result = aml_local(0);
    Aml *index = aml_local(1);
    Aml *query = if_dsm_function(DSM_QUERY);
    Aml *naming = if_dsm_function(DSM_DEVICE_NAME);
    Aml *answer = aml_package(2);

    append_dsm_query_guards(query, result);
    aml_append(query, aml_store(aml_int(1 << DSM_QUERY | 1 << DSM_DEVICE_NAME),
                                aml_index(result, aml_int(0))));
    aml_append(query, aml_return(result));
    aml_append(method, query);

    /*
     * The index goes in at run time: guests were found that do not evaluate a
     * package initializer which is more than a constant.
     */
    aml_append(answer, aml_int(0));
    aml_append(answer, aml_string("%s", ""));
    aml_append(naming, aml_store(answer, result));
    aml_append(naming, aml_store(parameter(0), index));
    aml_append(naming, aml_store(index, aml_index(result, aml_int(0))));
    aml_append(naming, aml_return(result));
    aml_append(method, naming);
    return method;
}

static Aml *slot_naming_method(void)
{
    Aml *method = aml_method("PDSM", 5, AML_SERIALIZED);
    Aml *result = aml_local(0);
    Aml *functions = aml_local(1);
    Aml *index = aml_local(2);
    Aml *none = aml_int(0);
    Aml *unsupported = aml_int(ACPI_INDEX_UNSUPPORTED);
    Aml *query = if_dsm_function(DSM_QUERY);
    Aml *naming = if_dsm_function(DSM_DEVICE_NAME);
    Aml *named;

    append_dsm_query_guards(query, result);
    aml_append(query, aml_store(none, functions));
    aml_append(query, aml_store(aml_call2("AIDX", parameter(0), parameter(1)),
                                index));
    named = aml_if(aml_lnot(aml_or(aml_equal(index, none),
                                   aml_equal(index, unsupported), NULL)));
    aml_append(named, aml_or(functions, aml_int(1), functions));
    aml_append(named, aml_or(functions,
                             aml_shiftleft(aml_int(1),
                                           aml_int(DSM_DEVICE_NAME)),
                             functions));
    aml_append(query, named);
    aml_append(query, aml_store(functions, aml_index(result, none)));
    aml_append(query, aml_return(result));
    aml_append(method, query);

    /*
     * Windows asks for the name whether or not function 0 lists it.  Elements
     * left uninitialized make it drop the answer for a device without index.
     */
    aml_append(naming, aml_store(aml_call2("AIDX", parameter(0), parameter(1)),
                                 index));
    aml_append(naming, aml_store(aml_package(2), result));
    named = aml_if(aml_lnot(aml_lor(aml_equal(index, none),
                                    aml_equal(index, unsupported))));
    aml_append(named, aml_store(index, aml_index(result, aml_int(0))));
    aml_append(named, aml_store(aml_string("%s", ""),
                                aml_index(result, aml_int(1))));
    aml_append(naming, named);
    aml_append(naming, aml_return(result));
    aml_append(method, naming);
    return method;
}

/* ---- functions and slots ----------------------------------------------- */

void aml_append_pci_functions(Aml *scope, const PciBusDescription *bus,
                              PciDeviceAml *device_aml)
{
    for (unsigned i = 0; i < bus->functions->len; i++) {
        const PciFunctionDescription *function = function_at(bus, i);
        Aml *device;

        if (is_unnamed(function)) {
            continue;
        }
        device = aml_device("S%.02X", function->devfn);
        aml_append(device, pci_address(function->devfn));
        device_aml(function->device, device);
        if (function->fixed_index) {
            aml_append(device, static_dsm(function->fixed_index));
        }
        aml_append(scope, device);
    }
}

static bool is_ejectable(const PciFunctionDescription *function)
{
    bool stays = function->bridge && !function->hotplugged;

    return function->hotpluggable && !stays && !is_unnamed(function);
}

/* Devices come whole: an empty slot is described by function 0 alone. */
static bool is_empty_slot(const PciBusDescription *bus, uint8_t devfn)
{
    return function_of(devfn) == 0 &&
           (!bus->express || slot_of(devfn) <= LAST_SLOT_BELOW_A_PORT);
}

static Aml *eject_method(void)
{
    Aml *method = aml_method("_EJ0", 1, AML_NOTSERIALIZED);

    aml_append(method, aml_call2("PCEJ", aml_name("BSEL"), aml_name("_SUN")));
    return method;
}

/*
 * ASUN repeats _SUN: Linux numbers its slots in the order in which it meets
 * _SUN, and the methods that only want the number must not disturb that.
 */
static void append_slot(Aml *scope, uint8_t devfn, Aml *device)
{
    aml_append(device, aml_name_decl("ASUN", aml_int(slot_of(devfn))));
    aml_append(device, slot_dsm());
    aml_append(device, aml_name_decl("_SUN", aml_int(slot_of(devfn))));
    aml_append(device, eject_method());
    aml_append(scope, device);
}

static Aml *if_slot_notify(uint8_t devfn)
{
    uint32_t slot_bit = UINT32_C(1) << slot_of(devfn);
    Aml *wanted = aml_if(aml_and(aml_arg(0), aml_int(slot_bit), NULL));

    aml_append(wanted, aml_notify(aml_name("S%.02X", devfn), aml_arg(1)));
    return wanted;
}

void aml_append_hotplug_slots(Aml *scope, const PciBusDescription *bus)
{
    Aml *notify = aml_method("DVNT", 2, AML_NOTSERIALIZED);
    unsigned next = 0;

    aml_append(scope, aml_name_decl("BSEL", aml_int(bus->bsel)));
    for (unsigned devfn = 0; devfn <= UINT8_MAX; devfn++) {
        const PciFunctionDescription *function =
            next < bus->functions->len ? function_at(bus, next) : NULL;
        Aml *device;

        if (function && function->devfn == devfn) {
            next++;
            if (!is_ejectable(function)) {
                continue;
            }
            device = aml_scope("S%.02X", devfn);
        } else if (is_empty_slot(bus, devfn)) {
            device = aml_device("S%.02X", devfn);
            aml_append(device, pci_address(devfn));
        } else {
            continue;
        }
        append_slot(scope, devfn, device);
        aml_append(notify, if_slot_notify(devfn));
    }
    aml_append(scope, notify);
}

/* ---- registers --------------------------------------------------------- */

static void append_region(Aml *scope, const char *region, uint32_t port,
                          const char *const *fields, int count)
{
    Aml *field;

    aml_append(scope, aml_operation_region(region, AML_SYSTEM_IO,
                                           aml_int(port), 4 * count));
    field = aml_field(region, AML_DWORD_ACC, AML_NOLOCK, AML_WRITE_AS_ZEROS);
    for (int i = 0; i < count; i++) {
        aml_append(field, aml_named_field(fields[i], 32));
    }
    aml_append(scope, field);
}

/*
 * A method (bsel, slot) that selects the bus and writes the slot's bit to
 * @field, under the lock; it returns what @field reads then, or 0.
 */
static Aml *slot_access_method(const char *name, const char *field, bool reads)
{
    Aml *method = aml_method(name, 2, AML_NOTSERIALIZED);

    aml_append(method, aml_acquire(aml_name(LOCK), WAIT_FOREVER));
    aml_append(method, aml_store(aml_arg(0), aml_name("BNUM")));
    aml_append(method, aml_store(aml_shiftleft(aml_int(1), aml_arg(1)),
                                 aml_name("%s", field)));
    if (reads) {
        aml_append(method, aml_store(aml_name("%s", field), aml_local(0)));
    }
    aml_append(method, aml_release(aml_name(LOCK)));
    aml_append(method, aml_return(reads ? aml_local(0) : aml_int(0)));
    return method;
}

void aml_append_hotplug_registers(Aml *table,
                                  const PciHotplugRegisters *registers)
{
    static const char *const status[] = { "PCIU", "PCID" };
    static const char *const eject[] = { "B0EJ" };
    static const char *const bank[] = { "BNUM", "PIDX" };
    static const char *const extension[] = { "PCNX" };
    Aml *scope = aml_scope("_SB.PCI0");

    append_region(scope, "PCST", registers->base + ACPI_SLOTS_UP,
                  status, ARRAY_SIZE(status));
    append_region(scope, "SEJ", registers->base + ACPI_SLOTS_EJ,
                  eject, ARRAY_SIZE(eject));
    append_region(scope, "BNMR", registers->base + ACPI_SLOTS_SEL,
                  bank, ARRAY_SIZE(bank));
    if (registers->extension_base) {
        append_region(scope, "PCSX",
                      registers->extension_base + ACPI_SLOTS_NEXT,
                      extension, ARRAY_SIZE(extension));
    }
    aml_append(scope, aml_mutex(LOCK, 0));
    aml_append(scope, slot_access_method("PCEJ", "B0EJ", false));
    aml_append(scope, slot_access_method("AIDX", "PIDX", true));
    aml_append(scope, slot_naming_method());
    aml_append(table, scope);
}

static void append_ports(Aml *resources, uint16_t port, uint8_t length)
{
    aml_append(resources, aml_io(AML_DECODE16, port, port, 1, length));
}

void aml_append_hotplug_resources(Aml *scope,
                                  const PciHotplugRegisters *registers)
{
    const int present_decoding_hidden = 0xB;
    Aml *device = aml_device("PHPR");
    Aml *resources = aml_resource_template();

    append_ports(resources, registers->base, registers->length);
    if (registers->extension_base) {
        append_ports(resources, registers->extension_base,
                     ACPI_SLOTS_EXTENSION_SIZE);
    }
    aml_append(device, aml_name_decl("_HID", aml_string("PNP0A06")));
    aml_append(device, aml_name_decl("_UID",
                                     aml_string("PCI Hotplug resources")));
    aml_append(device, aml_name_decl("_STA",
                                     aml_int(present_decoding_hidden)));
    aml_append(device, aml_name_decl("_CRS", resources));
    aml_append(scope, device);
}

/* ---- notification: all buses in turn ----------------------------------- */

/*
 * PCNT of @bus, and of those below it, into @scope.  Returns whether any of
 * them has something to notify.  A bridge is called as soon as it or one of
 * the bridges before it has: tables have always been like that.
 */
static bool append_walk(Aml *scope, const PciBusDescription *bus)
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
        notifies |= append_walk(bridge, child);
        if (notifies) {
            g_array_append_val(called, child->bridge_devfn);
            aml_append(scope, bridge);
        }
    }

    if (bus->bsel != PCI_BUS_NO_BSEL) {
        aml_append(method, aml_store(aml_int(bus->bsel), aml_name("BNUM")));
        aml_append(method, aml_call2("DVNT", aml_name("PCIU"),
                                     aml_int(NOTIFY_DEVICE_CHECK)));
        aml_append(method, aml_call2("DVNT", aml_name("PCID"),
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

/* ---- notification: straight to the bus that NEXT names ----------------- */

/*
 * NotifyTarget: a bus that can be notified
 *
 * @bsel: its number
 * @dvnt: path of its DVNT, from a method in PCI0; owned
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
            .dvnt = g_strdup_printf("^%sDVNT", path),
        };
        g_array_append_val(targets, target);
    }
    for (unsigned i = 0; i < bus->children->len; i++) {
        const PciBusDescription *child = g_ptr_array_index(bus->children, i);

        if (!child->root) {
            g_autofree char *below = g_strdup_printf("%sS%.02X.", path,
                                                     child->bridge_devfn);
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
    collect_targets(targets, root, "");
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

static bool append_fast_scan(Aml *scope, const PciBusDescription *root)
{
    Aml *dispatch = dispatch_method(root);

    if (dispatch) {
        aml_append(scope, dispatch);
        aml_append(scope, fast_scan_method());
    }
    return dispatch != NULL;
}

void aml_append_hotplug_event(Aml *table, const PciBusDescription *root,
                              const PciHotplugRegisters *registers)
{
    Aml *scope = aml_scope("\\_SB.PCI0");
    Aml *event = aml_method("_E01", 0, AML_NOTSERIALIZED);
    bool notifies = registers->extension_base ? append_fast_scan(scope, root)
                                              : append_walk(scope, root);

    if (notifies) {
        const char *lock = "\\_SB.PCI0." LOCK;

        aml_append(table, scope);
        aml_append(event, aml_acquire(aml_name("%s", lock), WAIT_FOREVER));
        aml_append(event, aml_call0("\\_SB.PCI0.PCNT"));
        aml_append(event, aml_release(aml_name("%s", lock)));
    }
    scope = aml_scope("_GPE");
    aml_append(scope, event);
    aml_append(table, scope);
}

/* ---- _OSC -------------------------------------------------------------- */

static Aml *set_status(int bit)
{
    Aml *status = aml_name("CDW1");

    return aml_or(status, aml_int(bit), status);
}

Aml *aml_pci_osc_method(bool native_hotplug)
{
    const int granted = OSC_SHPC_HOTPLUG | OSC_NATIVE_PME | OSC_NATIVE_AER |
                        OSC_CAPABILITY |
                        (native_hotplug ? OSC_NATIVE_HOTPLUG : 0);
    Aml *method = aml_method("_OSC", 4, AML_NOTSERIALIZED);
    Aml *capabilities = aml_arg(3);
    Aml *control = aml_local(0);
    Aml *known = aml_if(aml_equal(aml_arg(0), aml_touuid(PCI_OSC_UUID)));
    Aml *unknown = aml_else();
    Aml *complaint;

    aml_append(method, aml_create_dword_field(capabilities, aml_int(0),
                                              "CDW1"));
    aml_append(known, aml_create_dword_field(capabilities, aml_int(4),
                                             "CDW2"));
    aml_append(known, aml_create_dword_field(capabilities, aml_int(8),
                                             "CDW3"));
    aml_append(known, aml_store(aml_name("CDW3"), control));
    aml_append(known, aml_and(control, aml_int(granted), control));

    complaint = aml_if(aml_lnot(aml_equal(aml_arg(1), aml_int(1))));
    aml_append(complaint, set_status(OSC_BAD_REVISION));
    aml_append(known, complaint);

    complaint = aml_if(aml_lnot(aml_equal(aml_name("CDW3"), control)));
    aml_append(complaint, set_status(OSC_MASKED));
    aml_append(known, complaint);

    aml_append(known, aml_store(control, aml_name("CDW3")));
    aml_append(method, known);
    aml_append(unknown, set_status(OSC_BAD_UUID));
    aml_append(method, unknown);
    aml_append(method, aml_return(capabilities));
    return method;
}
