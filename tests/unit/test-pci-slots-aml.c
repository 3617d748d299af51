/*
 * Test of the AML of slots: what there is, what it is called, what it ejects
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/boards.h"

#define DEVFN(slot, function)  ((slot) << 3 | (function))
#define PCI0                   "\\_SB.PCI0"

static bool has(Bench *bench, const char *device, const char *name)
{
    g_autofree char *path = g_strdup_printf("%s.%s", device, name);

    return bench_exists(bench, path);
}

static uint64_t number(Bench *bench, const char *device, const char *name)
{
    g_autofree char *path = g_strdup_printf("%s.%s", device, name);

    return bench_get_integer(bench, path);
}

static char *function_path(const char *bus, unsigned devfn)
{
    return g_strdup_printf("%s.S%.02X", bus, devfn);
}

/* ---- slots that are empty when tables are made -------------------------- */

/* SEL and EJ are written, nothing else is touched, and this slot is ejected. */
static void check_eject(Bench *bench, const char *device, unsigned bus,
                        unsigned slot)
{
    const Machine *machine = &bench->machine;

    bench_forget(bench);
    bench_eject(bench, device);
    assert_int_equal(machine->accesses->len, 2);
    for (unsigned i = 0; i < 2; i++) {
        const MachineAccess *access = machine_access(machine, i);

        assert_int_equal(access->block, MACHINE_SLOTS);
        assert_int_equal(access->offset, i ? ACPI_SLOTS_EJ : ACPI_SLOTS_SEL);
        assert_int_equal(access->size, 4);
        assert_true(access->write);
        assert_int_equal(access->value, i ? UINT32_C(1) << slot : bus);
    }
    assert_int_equal(machine->ejects->len, 1);
    assert_int_equal(machine_eject(machine, 0)->bus, bus);
    assert_int_equal(machine_eject(machine, 0)->slot, slot);
}

static void check_slot(Bench *bench, const char *device, unsigned bus,
                       unsigned slot, unsigned function)
{
    assert_int_equal(number(bench, device, "_SUN"), slot);
    assert_int_equal(number(bench, device, "ASUN"), slot);
    assert_int_equal(number(bench, device, "_ADR"), slot << 16 | function);
    assert_true(has(bench, device, "_DSM"));
    assert_false(has(bench, device, "_RMV"));
    check_eject(bench, device, bus, slot);
}

static void check_all_slots(const TestBoard *board, unsigned buses)
{
    g_autoptr(PciBusDescription) root = test_buses(board, buses);
    Bench *bench = test_bench(board, root);

    for (unsigned bsel = 0; bsel < buses; bsel++) {
        g_autofree char *bus = test_bus_path(root, bsel);
        unsigned below = test_find_bus(root, bsel)->children->len;
        g_autoptr(GPtrArray) devices = bench_devices(bench, bus);
        unsigned ejectable = 0;

        assert_int_equal(number(bench, bus, "BSEL"), bsel);
        for (unsigned slot = 0; slot < (board->express ? 1 : 32); slot++) {
            g_autofree char *device = function_path(bus, DEVFN(slot, 0));

            if (has(bench, device, "_EJ0")) {
                ejectable++;
                check_slot(bench, device, bsel, slot, 0);
            }
        }
        assert_int_equal(ejectable, board->express ? 1 : 32 - below);
        /* PHPR is a device of PCI0. */
        assert_int_equal(devices->len, ejectable + below +
                         (strcmp(bus, PCI0) == 0));
    }
    assert_string_equal(bench_complaints(bench), "");
    bench_free(bench);
}

static void test_empty_slots(void **state)
{
    for (size_t i = 0; i < TEST_BOARDS; i++) {
        check_all_slots(&test_boards[i], 1);
        check_all_slots(&test_boards[i], 64);
        check_all_slots(&test_boards[i], 256);
    }
}

/* ---- slots with devices in them ----------------------------------------- */

/* What is on a bus, and what tables must make of it. */
static const struct {
    unsigned devfn;
    bool stays;               /* a kind of device that cannot be unplugged */
    bool bridge;
    bool hotplugged;
    bool named;
    bool ejectable;
} population[] = {
    { DEVFN(0, 0), .stays = true, .named = true },
    { DEVFN(1, 0), .stays = true, .named = true },
    { DEVFN(1, 1), .stays = true, .named = true },
    { DEVFN(2, 0), .named = true, .ejectable = true },
    { DEVFN(3, 0), .named = true, .ejectable = true },
    { DEVFN(3, 1), .named = true, .ejectable = true },
    { DEVFN(3, 7), .named = true, .ejectable = true },
    { DEVFN(4, 0), .bridge = true, .named = true },
    { DEVFN(4, 5), .bridge = true, .named = true },
    { DEVFN(5, 0), .bridge = true, .hotplugged = true, .named = true,
      .ejectable = true },
    { DEVFN(5, 2), .bridge = true, .hotplugged = true },
    { DEVFN(6, 2), .bridge = true, .hotplugged = true },
    { DEVFN(7, 0), .named = true, .ejectable = true, .hotplugged = true },
    { DEVFN(7, 1), .stays = true, .named = true },
    { DEVFN(31, 7), .named = true, .ejectable = true },
};

static PciBusDescription *populated_bus(void)
{
    PciBusDescription *root = test_root_bus(0);

    for (size_t i = 0; i < COUNT_OF(population); i++) {
        PciFunctionDescription *function =
            test_add_function(root, population[i].devfn);

        function->hotpluggable = !population[i].stays;
        function->bridge = population[i].bridge;
        function->hotplugged = population[i].hotplugged;
    }
    return root;
}

/* Index in population, or -1 where nothing is. */
static int who_is_at(unsigned devfn)
{
    for (size_t i = 0; i < COUNT_OF(population); i++) {
        if (population[i].devfn == devfn) {
            return i;
        }
    }
    return -1;
}

static void test_populated_bus(void **state)
{
    const TestBoard board = { .express = false };
    g_autoptr(PciBusDescription) root = populated_bus();
    Bench *bench = test_bench(&board, root);

    for (unsigned devfn = 0; devfn <= UINT8_MAX; devfn++) {
        g_autofree char *device = function_path(PCI0, devfn);
        int who = who_is_at(devfn);
        bool named = who >= 0 ? population[who].named : !(devfn & 7);
        bool ejectable = who >= 0 ? population[who].ejectable : named;

        assert_int_equal(bench_exists(bench, device), named);
        assert_int_equal(has(bench, device, "_EJ0"), ejectable);
        assert_false(has(bench, device, "_RMV"));
        if (named) {
            assert_int_equal(number(bench, device, "_ADR"),
                             devfn >> 3 << 16 | (devfn & 7));
        }
        if (ejectable) {
            check_slot(bench, device, 0, devfn >> 3, devfn & 7);
        } else {
            assert_false(has(bench, device, "_SUN"));
        }
    }
    assert_string_equal(bench_complaints(bench), "");
    bench_free(bench);
}

/*
 * A slot is notified at its function 0, once for each function in it that can
 * be ejected.
 */
static void check_slot_notified(Bench *bench, unsigned slot, uint32_t value)
{
    g_autofree char *first = function_path(PCI0, DEVFN(slot, 0));
    unsigned ejectable = 0;

    for (unsigned function = 0; function < 8; function++) {
        g_autofree char *device = function_path(PCI0, DEVFN(slot, function));

        ejectable += has(bench, device, "_EJ0");
    }
    assert_int_equal(bench_count_notifications(bench, first, value),
                     ejectable);
    assert_int_equal(bench->notifications->len, ejectable);
}

static void test_events_of_a_populated_bus(void **state)
{
    for (size_t i = 0; i < TEST_BOARDS; i++) {
        g_autoptr(PciBusDescription) root = populated_bus();
        Bench *bench = test_listening_bench(&test_boards[i], root);

        for (unsigned slot = 0; slot < 32; slot++) {
            bench_forget(bench);
            machine_plug(&bench->machine, 0, slot);
            bench_run(bench);
            check_slot_notified(bench, slot, 1);

            bench_forget(bench);
            machine_request_unplug(&bench->machine, 0, slot);
            bench_run(bench);
            check_slot_notified(bench, slot, 3);
            machine_write(&bench->machine, bench->machine.ports.slots +
                          ACPI_SLOTS_EJ, 4, UINT32_C(1) << slot);
        }
        assert_string_equal(bench_complaints(bench), "");
        bench_free(bench);
    }
}

/* Below a port, device number 0 alone can be reached. */
static void test_port_with_a_device(void **state)
{
    const TestBoard board = { .express = true };
    g_autoptr(PciBusDescription) root = test_root_bus(PCI_BUS_NO_BSEL);
    PciBusDescription *bus = test_add_bridge(root, DEVFN(2, 1), 0, true);
    g_autoptr(GPtrArray) devices = NULL;
    Bench *bench;

    test_add_function(bus, DEVFN(0, 0));
    test_add_function(bus, DEVFN(0, 3));
    bench = test_bench(&board, root);
    devices = bench_devices(bench, PCI0 ".S11");
    assert_int_equal(devices->len, 2);
    check_slot(bench, PCI0 ".S11.S00", 0, 0, 0);
    check_slot(bench, PCI0 ".S11.S03", 0, 0, 3);
    assert_string_equal(bench_complaints(bench), "");
    bench_free(bench);
}

/* ---- no bus with a BSEL ------------------------------------------------- */

static void test_nothing_to_hotplug(void **state)
{
    for (size_t i = 0; i < TEST_BOARDS; i++) {
        g_autoptr(PciBusDescription) root = test_root_bus(PCI_BUS_NO_BSEL);
        Bench *bench;

        test_add_bridge(root, DEVFN(1, 0), PCI_BUS_NO_BSEL, true);
        bench = test_listening_bench(&test_boards[i], root);
        assert_true(bench_exists(bench, "\\_GPE._E01"));
        assert_false(bench_exists(bench, PCI0 ".PCNT"));
        machine_plug(&bench->machine, 0, 0);
        bench_run(bench);
        assert_int_equal(bench->notifications->len, 0);
        assert_int_equal(machine_count(&bench->machine, MACHINE_SLOTS), 0);
        assert_int_equal(machine_count(&bench->machine, MACHINE_EXTENSION), 0);
        assert_string_equal(bench_complaints(bench), "");
        bench_free(bench);
    }
}

/* ---- claimed ports ------------------------------------------------------ */

/* ACPI 6.5, 6.4.2.5: the I/O port descriptor. */
static void assert_io_descriptor(const uint8_t *bytes, uint16_t base,
                                 uint8_t length)
{
    const uint8_t expected[] = {
        0x47, 0x01, base & 0xff, base >> 8, base & 0xff, base >> 8, 1, length,
    };

    assert_memory_equal(bytes, expected, sizeof(expected));
}

static void check_claimed_ports(const TestBoard *board)
{
    const size_t descriptor = 8;
    const size_t end = 2;
    const MachinePorts *ports = test_board_ports(board);
    g_autoptr(PciBusDescription) root = test_buses(board, 1);
    g_autoptr(BenchValue) id = NULL;
    g_autoptr(BenchValue) claimed = NULL;
    Bench *bench = test_bench(board, root);

    id = bench_evaluate(bench, PCI0 ".PHPR._HID", NULL);
    assert_non_null(id);
    assert_int_equal(id->type, BENCH_STRING);
    assert_int_equal(id->bytes->len, 7);
    assert_memory_equal(id->bytes->data, "PNP0A06", 7);
    assert_int_equal(number(bench, PCI0 ".PHPR", "_STA"), 0xb);

    claimed = bench_evaluate(bench, PCI0 ".PHPR._CRS", NULL);
    assert_non_null(claimed);
    assert_int_equal(claimed->type, BENCH_BUFFER);
    assert_int_equal(claimed->bytes->len,
                     (board->fast_scan ? 2 : 1) * descriptor + end);
    assert_io_descriptor(claimed->bytes->data, ports->slots, 0x18);
    if (board->fast_scan) {
        assert_io_descriptor(claimed->bytes->data + descriptor,
                             ports->extension, 0x10);
    }
    bench_free(bench);
}

static void test_claimed_ports(void **state)
{
    for (size_t i = 0; i < TEST_BOARDS; i++) {
        check_claimed_ports(&test_boards[i]);
    }
}

/* ---- names -------------------------------------------------------------- */

/*
 * ACPI 6.5, 19.2.2: a name segment.  That no two are alike in a scope is what
 * the interpreter makes sure of when it loads the tables.
 */
static void check_names_below(Bench *bench, const char *path, GRegex *legal)
{
    g_autoptr(GPtrArray) devices = bench_devices(bench, path);

    for (unsigned i = 0; i < devices->len; i++) {
        const char *device = g_ptr_array_index(devices, i);

        if (!g_regex_match(legal, strrchr(device, '.') + 1, 0, NULL)) {
            fail_msg("illegal name %s", device);
        }
        check_names_below(bench, device, legal);
    }
}

static void test_names(void **state)
{
    g_autoptr(GRegex) legal = g_regex_new("^[A-Z_][A-Z0-9_]{0,3}$", 0, 0,
                                          NULL);

    for (size_t i = 0; i < TEST_BOARDS; i++) {
        g_autoptr(PciBusDescription) root = test_buses(&test_boards[i], 200);
        Bench *bench = test_bench(&test_boards[i], root);

        check_names_below(bench, "\\_SB", legal);
        assert_string_equal(bench_complaints(bench), "");
        bench_free(bench);
    }
}

/* That the interpreter does complain about a name that is there twice. */
static void test_double_names_are_seen(void **state)
{
    const TestBoard board = { .express = false };
    g_autoptr(PciBusDescription) root = test_root_bus(0);
    Bench *bench;

    test_add_function(root, DEVFN(2, 0));
    test_add_function(root, DEVFN(2, 0));
    bench = test_bench(&board, root);
    assert_string_not_equal(bench_complaints(bench), "");
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_empty_slots, bench_teardown),
        cmocka_unit_test_teardown(test_populated_bus, bench_teardown),
        cmocka_unit_test_teardown(test_events_of_a_populated_bus,
                                  bench_teardown),
        cmocka_unit_test_teardown(test_port_with_a_device, bench_teardown),
        cmocka_unit_test_teardown(test_nothing_to_hotplug, bench_teardown),
        cmocka_unit_test_teardown(test_claimed_ports, bench_teardown),
        cmocka_unit_test_teardown(test_names, bench_teardown),
        cmocka_unit_test_teardown(test_double_names_are_seen, bench_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
