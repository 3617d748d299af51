/*
 * DSDTs with hot-pluggable buses, as QEMU makes them, for tests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "hotplug-dsdt.h"
#include "model/acpi-slots.h"
#include "tables.h"

#define DSDT_REVISION    1       /* integers of 32 bits */
#define DEVFN(slot)      ((slot) << 3)
#define BRIDGES_ON_A_BUS 5
#define FIRST_BRIDGE     3       /* device number */

const MachinePorts *test_board_ports(const TestBoard *board)
{
    return board->express ? &machine_q35 : &machine_i440fx;
}

static PciHotplugRegisters registers_of(const TestBoard *board)
{
    const MachinePorts *ports = test_board_ports(board);

    return (PciHotplugRegisters) {
        .base = ports->slots,
        .length = ACPI_SLOTS_WINDOW_SIZE,
        .extension_base = board->fast_scan ? ports->extension : 0,
        .osc_base = board->reports ? ports->extension : 0,
        .ost_base = board->ost ? ports->extension : 0,
    };
}

/* ---- buses -------------------------------------------------------------- */

PciBusDescription *test_root_bus(int bsel)
{
    PciBusDescription *bus = pci_bus_description_new();

    bus->root = true;
    bus->bsel = bsel;
    return bus;
}

PciFunctionDescription *test_add_function(PciBusDescription *bus,
                                          uint8_t devfn)
{
    PciFunctionDescription function = { .devfn = devfn, .hotpluggable = true };

    g_array_append_val(bus->functions, function);
    return &g_array_index(bus->functions, PciFunctionDescription,
                          bus->functions->len - 1);
}

PciBusDescription *test_add_bridge(PciBusDescription *bus, uint8_t devfn,
                                   int bsel, bool express)
{
    PciBusDescription *child = pci_bus_description_new();
    PciFunctionDescription *bridge = test_add_function(bus, devfn);

    bridge->bridge = true;
    bridge->device = child;
    child->bridge_devfn = devfn;
    child->express = express;
    child->bsel = bsel;
    g_ptr_array_add(bus->children, child);
    return child;
}

static void add_ports(PciBusDescription *root, int bsel, unsigned count)
{
    for (unsigned devfn = 0; devfn < count; devfn++) {
        test_add_bridge(root, devfn, bsel + devfn, true);
    }
}

static void add_expander(PciBusDescription *root, int bsel, unsigned count)
{
    PciBusDescription *expander = test_root_bus(PCI_BUS_NO_BSEL);

    expander->express = true;
    expander->host_name = g_strdup_printf("PC%02X", TEST_EXPANDER_NUMBER);
    add_ports(expander, bsel, count);
    g_ptr_array_add(root->children, expander);
}

/* Fills a bus with bridges, depth first, until @count buses have a number. */
static void add_bridges(PciBusDescription *bus, unsigned depth, int *bsel,
                        int count)
{
    for (unsigned i = 0; i < BRIDGES_ON_A_BUS && *bsel < count; i++) {
        PciBusDescription *child = test_add_bridge(
            bus, DEVFN(FIRST_BRIDGE + i), *bsel, false);

        *bsel += 1;
        if (depth > 0) {
            add_bridges(child, depth - 1, bsel, count);
        }
    }
}

static void set_reports_ost(PciBusDescription *bus, bool reports)
{
    bus->reports_ost = reports;
    for (unsigned i = 0; i < bus->children->len; i++) {
        set_reports_ost(g_ptr_array_index(bus->children, i), reports);
    }
}

PciBusDescription *test_buses(const TestBoard *board, unsigned count)
{
    const unsigned depth = 3;
    const unsigned far = board->described ? count / 2 : 0;
    int bsel = 1;
    PciBusDescription *root;

    if (board->express) {
        root = test_root_bus(PCI_BUS_NO_BSEL);
        root->express = true;
        add_ports(root, 0, count - far);
        if (board->described) {
            add_expander(root, count - far, far);
        }
    } else {
        root = test_root_bus(0);
        add_bridges(root, depth, &bsel, count);
    }
    set_reports_ost(root, board->ost);
    return root;
}

static const PciBusDescription *find(const PciBusDescription *bus, int bsel,
                                     GString *path)
{
    g_autofree char *above = g_strdup(path->str);

    if (bus->bsel == bsel) {
        return bus;
    }
    for (unsigned i = 0; i < bus->children->len; i++) {
        const PciBusDescription *child = g_ptr_array_index(bus->children, i);
        const PciBusDescription *found;

        if (child->host_name) {
            g_string_printf(path, "\\_SB.%s", child->host_name);
        } else {
            g_string_append_printf(path, ".S%.02X", child->bridge_devfn);
        }
        found = find(child, bsel, path);
        if (found) {
            return found;
        }
        g_string_assign(path, above);
    }
    return NULL;
}

const PciBusDescription *test_find_bus(const PciBusDescription *root, int bsel)
{
    g_autoptr(GString) path = g_string_new(NULL);

    return find(root, bsel, path);
}

char *test_bus_path(const PciBusDescription *root, int bsel)
{
    GString *path = g_string_new("\\_SB.PCI0");

    g_assert(find(root, bsel, path));
    return g_string_free(path, FALSE);
}

char *test_slot_path(const PciBusDescription *root, int bsel, unsigned slot)
{
    g_autofree char *bus = test_bus_path(root, bsel);

    return g_strdup_printf("%s.S%.02X", bus, DEVFN(slot));
}

/* ---- tables ------------------------------------------------------------- */

static void append_bus(Aml *scope, const PciBusDescription *bus);

/* @device of a bridge is the bus behind it, of any other function NULL. */
static void append_device(void *device, Aml *scope)
{
    if (device) {
        append_bus(scope, device);
    }
}

static void append_bus(Aml *scope, const PciBusDescription *bus)
{
    aml_append_pci_functions(scope, bus, append_device);
    if (bus->bsel != PCI_BUS_NO_BSEL) {
        aml_append_hotplug_slots(scope, bus);
    }
}

static Aml *host_bridge(const TestBoard *board, const char *name, bool express,
                        bool native, int number)
{
    const PciOscDescription osc = {
        .native_hotplug = native,
        .shpc_hotplug = !board->no_shpc,
        .reports = board->reports,
    };
    Aml *bridge = aml_device("%s", name);

    aml_append(bridge, aml_name_decl("_HID", aml_eisaid(express ? "PNP0A08"
                                                                : "PNP0A03")));
    aml_append(bridge, aml_name_decl("_UID", aml_int(number)));
    if (express) {
        aml_append(bridge, aml_name_decl("_CID", aml_eisaid("PNP0A03")));
        aml_append(bridge, aml_pci_osc_method(&osc));
    }
    return bridge;
}

static void append_host_bridges(Aml *dsdt, const TestBoard *board)
{
    Aml *scope = aml_scope("_SB");
    Aml *main_bridge = host_bridge(board, "PCI0", board->express,
                                   board->native, 0);

    aml_append(main_bridge, aml_pci_static_naming_method());
    aml_append(scope, main_bridge);
    if (board->expander) {
        aml_append(scope, host_bridge(board, "PC40", true,
                                      !board->described || board->native,
                                      TEST_EXPANDER_NUMBER));
    }
    aml_append(dsdt, scope);
}

static void append_expanders(Aml *dsdt, const PciBusDescription *root)
{
    for (unsigned i = 0; i < root->children->len; i++) {
        const PciBusDescription *child = g_ptr_array_index(root->children, i);

        if (child->host_name) {
            aml_append_expander(dsdt, child, append_device);
        }
    }
}

GByteArray *test_dsdt(const TestBoard *board, const PciBusDescription *root)
{
    PciHotplugRegisters registers = registers_of(board);
    Aml *dsdt = init_aml_allocator();
    GByteArray *table;
    Aml *scope;

    append_host_bridges(dsdt, board);
    aml_append_hotplug_registers(dsdt, &registers);
    scope = aml_scope("\\_SB.PCI0");
    aml_append_hotplug_resources(scope, &registers);
    aml_append_osc_register(scope, &registers);
    append_bus(scope, root);
    aml_append(dsdt, scope);
    append_expanders(dsdt, root);
    aml_append_hotplug_event(dsdt, root, &registers);
    table = tables_wrap("DSDT", DSDT_REVISION, dsdt->buf->data,
                        dsdt->buf->len);
    free_aml_allocator();
    return table;
}

Bench *test_bench(const TestBoard *board, const PciBusDescription *root)
{
    const BenchSetup setup = {
        .ports = test_board_ports(board),
        .registers = {
            .banked = true,
            .fast_scan = board->fast_scan,
            .osc_report = board->reports,
            .ost_report = board->ost,
        },
    };
    g_autoptr(GByteArray) dsdt = test_dsdt(board, root);

    return bench_new(&setup, dsdt->data, dsdt->len);
}

Bench *test_listening_bench(const TestBoard *board,
                            const PciBusDescription *root)
{
    Bench *bench = test_bench(board, root);

    bench_enable_events(bench);
    bench_run(bench);
    bench_forget(bench);
    return bench;
}
