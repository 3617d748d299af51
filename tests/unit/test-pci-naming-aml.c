/*
 * Test of _DSM: names of devices by acpi-index
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PCI Firmware Specification 3.1, 4.6 and 4.6.7.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/boards.h"

#define PCI_DSM_UUID   "E5C937D0-3553-4D7A-9117-EA4D19C3434D"
#define OTHER_UUID     "E5C937D0-3553-4D7A-9117-EA4D19C3434E"
#define PCI0           "\\_SB.PCI0"
#define STATIC_DEVFN   0x18
#define STATIC_DEVICE  PCI0 ".S18"
#define STATIC_INDEX   4711

enum {
    QUERY = 0,
    NAME = 7,
};

#define FUNCTIONS_WITH_INDEX  (1 << QUERY | 1 << NAME)

/* No index, usual ones, the largest, and the one that means "no register". */
static const uint32_t indices[] = {
    0, 1, 2, 127, 128, 16383, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
};

static bool has_name(uint32_t index)
{
    return index != 0 && index != UINT32_MAX;
}

static BenchValue *call_dsm(Bench *bench, const char *device,
                            const char *uuid, uint32_t revision,
                            uint32_t function)
{
    g_autofree char *method = g_strdup_printf("%s._DSM", device);

    return bench_evaluate(bench, method, bench_uuid(uuid),
                          bench_integer(revision), bench_integer(function),
                          bench_empty_package(), NULL);
}

static void assert_functions(Bench *bench, const char *device,
                             const char *uuid, uint32_t revision,
                             uint8_t functions)
{
    g_autoptr(BenchValue) answer = call_dsm(bench, device, uuid, revision,
                                            QUERY);

    assert_non_null(answer);
    assert_int_equal(answer->type, BENCH_BUFFER);
    assert_int_equal(answer->bytes->len, 1);
    assert_int_equal(answer->bytes->data[0], functions);
}

/* The second element, the name, is left to the operating system. */
static void assert_name(Bench *bench, const char *device, uint32_t revision,
                        uint32_t index)
{
    g_autoptr(BenchValue) answer = call_dsm(bench, device, PCI_DSM_UUID,
                                            revision, NAME);
    const BenchValue *number;
    const BenchValue *text;

    assert_non_null(answer);
    assert_int_equal(answer->type, BENCH_PACKAGE);
    assert_int_equal(answer->elements->len, 2);
    number = g_ptr_array_index(answer->elements, 0);
    text = g_ptr_array_index(answer->elements, 1);
    if (has_name(index)) {
        assert_int_equal(number->type, BENCH_INTEGER);
        assert_int_equal(number->integer, index);
        assert_int_equal(text->type, BENCH_STRING);
        assert_int_equal(text->bytes->len, 0);
    } else {
        assert_int_equal(number->type, BENCH_UNSET);
        assert_int_equal(text->type, BENCH_UNSET);
    }
}

/* ---- slots: AIDX is asked ----------------------------------------------- */

static void assert_look_up(const Bench *bench, unsigned bus, unsigned slot)
{
    const Machine *machine = &bench->machine;
    static const struct {
        uint32_t offset;
        bool write;
    } expected[] = {
        { ACPI_SLOTS_SEL, true },
        { ACPI_SLOTS_AIDX, true },
        { ACPI_SLOTS_AIDX, false },
    };

    assert_int_equal(machine->accesses->len, COUNT_OF(expected));
    for (unsigned i = 0; i < COUNT_OF(expected); i++) {
        const MachineAccess *access = machine_access(machine, i);

        assert_int_equal(access->block, MACHINE_SLOTS);
        assert_int_equal(access->offset, expected[i].offset);
        assert_int_equal(access->write, expected[i].write);
        assert_int_equal(access->size, 4);
    }
    assert_int_equal(machine->look_ups->len, 1);
    assert_int_equal(machine_look_up(machine, 0)->bus, bus);
    assert_int_equal(machine_look_up(machine, 0)->slot, slot);
}

static void check_slot(Bench *bench, const char *device, unsigned bus,
                       unsigned slot, uint32_t index)
{
    uint8_t functions = has_name(index) ? FUNCTIONS_WITH_INDEX : 0;

    bench->machine.acpi_index[bus][slot] = index;
    for (uint32_t revision = 2; revision <= 4; revision++) {
        bench_forget(bench);
        assert_functions(bench, device, PCI_DSM_UUID, revision, functions);
        assert_look_up(bench, bus, slot);
        bench_forget(bench);
        assert_name(bench, device, revision, index);
        assert_look_up(bench, bus, slot);
    }
}

/* Function 0 tells strangers nothing and does not look. */
static void check_strangers(Bench *bench, const char *device)
{
    bench_forget(bench);
    assert_functions(bench, device, OTHER_UUID, 2, 0);
    assert_functions(bench, device, OTHER_UUID, 1, 0);
    assert_functions(bench, device, PCI_DSM_UUID, 0, 0);
    assert_functions(bench, device, PCI_DSM_UUID, 1, 0);
    assert_int_equal(bench->machine.accesses->len, 0);
}

static void check_board(const TestBoard *board)
{
    const unsigned buses = 6;
    g_autoptr(PciBusDescription) root = test_buses(board, buses);
    Bench *bench = test_bench(board, root);

    for (unsigned bus = 0; bus < buses; bus++) {
        unsigned slot = board->express ? 0 : 31 - bus;
        g_autofree char *device = test_slot_path(root, bus, slot);

        for (size_t i = 0; i < COUNT_OF(indices); i++) {
            check_slot(bench, device, bus, slot, indices[i]);
        }
        check_strangers(bench, device);
    }
    assert_string_equal(bench_complaints(bench), "");
    bench_free(bench);
}

static void test_slots(void **state)
{
    for (size_t i = 0; i < TEST_BOARDS; i++) {
        check_board(&test_boards[i]);
    }
}

/* Each of 256 ports finds its own device's index. */
static void test_256_buses(void **state)
{
    const TestBoard board = { .express = true, .fast_scan = true };
    g_autoptr(PciBusDescription) root = test_buses(&board, 256);
    Bench *bench = test_bench(&board, root);

    for (unsigned bus = 0; bus < 256; bus++) {
        bench->machine.acpi_index[bus][0] = 1000 + bus;
    }
    for (unsigned bus = 0; bus < 256; bus++) {
        g_autofree char *device = test_slot_path(root, bus, 0);

        bench_forget(bench);
        assert_name(bench, device, 2, 1000 + bus);
        assert_look_up(bench, bus, 0);
    }
    bench_free(bench);
}

/* Slots of an expander's host bridge find the same register. */
static void test_expander(void **state)
{
    static const TestBoard boards[] = {
        { .express = true, .expander = true, .described = true },
        { .express = true, .expander = true, .described = true,
          .fast_scan = true, .reports = true },
    };

    for (size_t i = 0; i < COUNT_OF(boards); i++) {
        check_board(&boards[i]);
    }
}

/* A look-up leaves an event that is on its way alone. */
static void test_look_up_with_an_open_request(void **state)
{
    const TestBoard board = { .express = true, .fast_scan = true };
    g_autoptr(PciBusDescription) root = test_buses(&board, 4);
    Bench *bench = test_listening_bench(&board, root);

    machine_plug(&bench->machine, 1, 0);
    check_slot(bench, PCI0 ".S02.S00", 2, 0, 77);
    bench_forget(bench);
    bench_run(bench);
    assert_int_equal(bench->notifications->len, 1);
    assert_string_equal(bench_notification(bench, 0)->path, PCI0 ".S01.S00");
    bench_free(bench);
}

/* ---- devices that stay: the index is in the tables ---------------------- */

static Bench *start_static(const TestBoard *board, uint32_t index)
{
    g_autoptr(PciBusDescription) root = test_root_bus(
        board->express ? PCI_BUS_NO_BSEL : 0);
    PciFunctionDescription *function = test_add_function(root, STATIC_DEVFN);

    function->hotpluggable = false;
    function->fixed_index = index;
    return test_bench(board, root);
}

static void check_static(const TestBoard *board, uint32_t index)
{
    Bench *bench = start_static(board, index);

    for (uint32_t revision = 2; revision <= 4; revision++) {
        g_autoptr(BenchValue) answer = NULL;
        const BenchValue *number;

        assert_functions(bench, STATIC_DEVICE, PCI_DSM_UUID, revision,
                         FUNCTIONS_WITH_INDEX);
        answer = call_dsm(bench, STATIC_DEVICE, PCI_DSM_UUID, revision, NAME);
        assert_non_null(answer);
        assert_int_equal(answer->elements->len, 2);
        number = g_ptr_array_index(answer->elements, 0);
        assert_int_equal(number->type, BENCH_INTEGER);
        assert_int_equal(number->integer, index);
    }
    check_strangers(bench, STATIC_DEVICE);
    assert_int_equal(bench->machine.accesses->len, 0);
    assert_string_equal(bench_complaints(bench), "");
    bench_free(bench);
}

static void test_devices_that_stay(void **state)
{
    for (size_t b = 0; b < TEST_BOARDS; b++) {
        for (size_t i = 0; i < COUNT_OF(indices); i++) {
            if (indices[i] != 0) {
                check_static(&test_boards[b], indices[i]);
            }
        }
    }
}

static void test_without_index(void **state)
{
    Bench *bench = start_static(&test_boards[0], 0);

    assert_true(bench_exists(bench, STATIC_DEVICE));
    assert_false(bench_exists(bench, STATIC_DEVICE "._DSM"));
    bench_free(bench);
}

/* ---- functions that there are not --------------------------------------- */

/* Below PCI0 nothing that could be used comes back; no register is asked. */
static void check_unknown_functions(Bench *bench, const char *device)
{
    static const uint32_t functions[] = {
        1, 2, 5, 6, 8, 9, 255, 256, 0x80000007, UINT32_MAX,
    };

    bench_forget(bench);
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        g_autoptr(BenchValue) answer = call_dsm(bench, device, PCI_DSM_UUID, 3,
                                                functions[i]);

        assert_true(!answer || answer->type == BENCH_UNSET ||
                    answer->type == BENCH_INTEGER);
    }
    assert_int_equal(bench->machine.accesses->len, 0);
}

static void test_unknown_functions(void **state)
{
    g_autoptr(PciBusDescription) root = test_root_bus(0);
    PciFunctionDescription *function = test_add_function(root, STATIC_DEVFN);
    Bench *bench;

    function->hotpluggable = false;
    function->fixed_index = STATIC_INDEX;
    bench = test_bench(&test_boards[2], root);
    bench->machine.acpi_index[0][4] = 12;
    check_unknown_functions(bench, STATIC_DEVICE);
    check_unknown_functions(bench, PCI0 ".S20");
    bench_free(bench);
}

static PciBusDescription *expander_of(const PciBusDescription *root)
{
    for (unsigned i = 0; i < root->children->len; i++) {
        PciBusDescription *child = g_ptr_array_index(root->children, i);

        if (child->host_name) {
            return child;
        }
    }
    fail_msg("no expander");
    return NULL;
}

/* Below an expander there is an answer: a function without any bits. */
static void check_answer(Bench *bench, const char *device, uint32_t function)
{
    g_autoptr(BenchValue) answer = call_dsm(bench, device, PCI_DSM_UUID, 3,
                                            function);

    assert_non_null(answer);
    assert_int_equal(answer->type, BENCH_BUFFER);
    assert_int_equal(answer->bytes->len, 1);
    assert_int_equal(answer->bytes->data[0], 0);
}

static void test_unknown_functions_of_expander(void **state)
{
    static const uint32_t functions[] = { 1, 6, 8, 255, UINT32_MAX };
    const TestBoard board = { .express = true, .expander = true,
                              .described = true };
    g_autoptr(PciBusDescription) root = test_buses(&board, 2);
    PciFunctionDescription *fixed =
        test_add_function(expander_of(root), STATIC_DEVFN);
    Bench *bench;

    fixed->hotpluggable = false;
    fixed->fixed_index = STATIC_INDEX;
    bench = test_bench(&board, root);
    bench_forget(bench);
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        check_answer(bench, "\\_SB.PC40.S00.S00", functions[i]);
        check_answer(bench, "\\_SB.PC40.S18", functions[i]);
    }
    assert_name(bench, "\\_SB.PC40.S18", 2, STATIC_INDEX);
    assert_int_equal(bench->machine.accesses->len, 0);
    assert_string_equal(bench_complaints(bench), "");
    bench_free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_slots, bench_teardown),
        cmocka_unit_test_teardown(test_expander, bench_teardown),
        cmocka_unit_test_teardown(test_256_buses, bench_teardown),
        cmocka_unit_test_teardown(test_look_up_with_an_open_request,
                                  bench_teardown),
        cmocka_unit_test_teardown(test_devices_that_stay, bench_teardown),
        cmocka_unit_test_teardown(test_without_index, bench_teardown),
        cmocka_unit_test_teardown(test_unknown_functions, bench_teardown),
        cmocka_unit_test_teardown(test_unknown_functions_of_expander,
                                  bench_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
