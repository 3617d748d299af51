/*
 * Test of stock QEMU's tables on our registers, and of ours beside them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stock's tables are the golden files of QEMU's own tests.  They must work on
 * our models as they do on stock's devices, and our methods must answer as
 * theirs do.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/bench.h"
#include "acpica/hotplug-dsdt.h"

#ifndef GOLDEN_TABLES
#error "GOLDEN_TABLES must be the folder tests/data/acpi/x86 of QEMU's tree"
#endif

#define WALK_PER_BUS  3

typedef struct Golden {
    const char *file;
    bool express;
    unsigned buses;           /* with a BSEL */
} Golden;

static const Golden goldens[] = {
    { "q35/DSDT", true, 0 },
    { "q35/DSDT.multi-bridge", true, 8 },
    { "q35/DSDT.bridge", true, 1 },
    { "q35/DSDT.noacpihp", true, 0 },
    { "pc/DSDT", false, 1 },
    { "pc/DSDT.bridge", false, 3 },
    { "pc/DSDT.roothp", false, 2 },
    { "pc/DSDT.hpbridge", false, 1 },
    { "pc/DSDT.hpbrroot", false, 0 },
};

static Bench *start_golden(const Golden *golden)
{
    const BenchSetup setup = {
        .ports = golden->express ? &machine_q35 : &machine_i440fx,
        .registers.banked = true,
    };
    g_autofree char *path = g_strdup_printf("%s/%s", GOLDEN_TABLES,
                                            golden->file);
    g_autofree char *dsdt = NULL;
    gsize length;
    Bench *bench;

    if (!g_file_get_contents(path, &dsdt, &length, NULL)) {
        fail_msg("%s cannot be read", path);
    }
    bench = bench_new(&setup, dsdt, length);
    bench_enable_events(bench);
    bench_run(bench);
    bench_forget(bench);
    return bench;
}

/* ---- what a table describes --------------------------------------------- */

/* A device that can be ejected; @path is owned. */
typedef struct Slot {
    char *path;
    unsigned bus;
    unsigned slot;
} Slot;

static void clear_slot(gpointer slot)
{
    g_free(((Slot *)slot)->path);
}

static bool get(Bench *bench, const char *scope, const char *name,
                unsigned *value)
{
    g_autofree char *path = g_strdup_printf("%s.%s", scope, name);

    if (!bench_exists(bench, path)) {
        return false;
    }
    *value = bench_get_integer(bench, path);
    return true;
}

/* Collects slots below @scope; returns how many buses there are. */
static unsigned collect(Bench *bench, const char *scope, GArray *slots)
{
    g_autoptr(GPtrArray) devices = bench_devices(bench, scope);
    unsigned buses = 0;
    unsigned bus;
    bool hotpluggable = get(bench, scope, "BSEL", &bus);

    for (unsigned i = 0; i < devices->len; i++) {
        const char *device = g_ptr_array_index(devices, i);
        g_autofree char *eject = g_strdup_printf("%s._EJ0", device);
        Slot slot = { .bus = hotpluggable ? bus : 0 };

        buses += collect(bench, device, slots);
        if (hotpluggable && bench_exists(bench, eject)) {
            assert_true(get(bench, device, "_SUN", &slot.slot));
            slot.path = g_strdup(device);
            g_array_append_val(slots, slot);
        }
    }
    return buses + hotpluggable;
}

static GArray *slots_of(Bench *bench, unsigned *buses)
{
    GArray *slots = g_array_new(false, true, sizeof(Slot));

    g_array_set_clear_func(slots, clear_slot);
    *buses = collect(bench, "\\_SB.PCI0", slots);
    return slots;
}

/* ---- stock's tables on our registers ------------------------------------ */

/* A slot is notified at its function 0, once for each function described. */
static unsigned functions_in_slot(const GArray *slots, const Slot *of)
{
    unsigned count = 0;

    for (unsigned i = 0; i < slots->len; i++) {
        const Slot *slot = &g_array_index(slots, Slot, i);

        count += slot->bus == of->bus && slot->slot == of->slot;
    }
    return count;
}

static void check_event(Bench *bench, const GArray *slots, unsigned buses,
                        const Slot *slot, uint32_t value)
{
    unsigned expected = functions_in_slot(slots, slot);
    size_t bus_length = strrchr(slot->path, '.') - slot->path;
    g_autofree char *first = g_strdup_printf("%.*s.S%.02X", (int)bus_length,
                                             slot->path, slot->slot << 3);

    bench_run(bench);
    assert_int_equal(bench_count_notifications(bench, first, value), expected);
    assert_int_equal(bench->notifications->len, expected);
    assert_int_equal(machine_count(&bench->machine, MACHINE_SLOTS),
                     WALK_PER_BUS * buses);
    bench_forget(bench);
}

static void check_golden_slot(Bench *bench, const GArray *slots,
                              unsigned buses, const Slot *slot)
{
    machine_plug(&bench->machine, slot->bus, slot->slot);
    check_event(bench, slots, buses, slot, 1);
    machine_request_unplug(&bench->machine, slot->bus, slot->slot);
    check_event(bench, slots, buses, slot, 3);
    bench_eject(bench, slot->path);
    assert_int_equal(bench->machine.ejects->len, 1);
    assert_int_equal(machine_eject(&bench->machine, 0)->bus, slot->bus);
    assert_int_equal(machine_eject(&bench->machine, 0)->slot, slot->slot);
    bench_forget(bench);
}

static void test_golden(void **state)
{
    const Golden *golden = *state;
    Bench *bench = start_golden(golden);
    unsigned buses;
    g_autoptr(GArray) slots = slots_of(bench, &buses);

    assert_int_equal(buses, golden->buses);
    assert_int_equal(slots->len > 0, buses > 0);
    for (unsigned i = 0; i < slots->len; i++) {
        check_golden_slot(bench, slots, buses, &g_array_index(slots, Slot, i));
    }
    assert_string_equal(bench_complaints(bench), "");
    bench_free(bench);
}

/* ---- ours beside stock's ------------------------------------------------ */

static void append_answer(GString *answers, Bench *bench, BenchValue *answer)
{
    g_autoptr(BenchValue) value = answer;
    g_autofree char *text = bench_value_text(value);

    g_string_append_printf(answers, "%s %s\n", bench->status, text);
}

static BenchValue *osc(Bench *bench, const char *uuid, uint32_t revision,
                       uint32_t status, uint32_t control, size_t length)
{
    const uint32_t capabilities[] = { status, 0x1f, control, 0, 0 };

    return bench_evaluate(bench, "\\_SB.PCI0._OSC", bench_uuid(uuid),
                          bench_integer(revision), bench_integer(length / 4),
                          bench_buffer(capabilities, length), NULL);
}

static char *all_osc_answers(Bench *bench)
{
    static const char *const uuids[] = {
        "33DB4D5B-1FF7-401C-9657-7441C03DD766",
        "00000000-0000-0000-0000-000000000000",
    };
    GString *answers = g_string_new(NULL);

    for (size_t u = 0; u < COUNT_OF(uuids); u++) {
        for (uint32_t revision = 0; revision < 4; revision++) {
            for (uint32_t control = 0; control < 0x80; control++) {
                for (size_t length = 0; length <= 20; length += 4) {
                    append_answer(answers, bench,
                                  osc(bench, uuids[u], revision, control & 1,
                                      control, length));
                }
            }
        }
    }
    return g_string_free(answers, FALSE);
}

static Bench *start_ours(const TestBoard *board)
{
    g_autoptr(PciBusDescription) root = test_buses(board, 2);

    return test_bench(board, root);
}

static void check_same_osc(const Golden *golden, bool native)
{
    const TestBoard board = { .express = true, .native = native };
    Bench *bench = start_golden(golden);
    g_autofree char *stock = all_osc_answers(bench);
    g_autofree char *ours = NULL;

    bench_free(bench);
    bench = start_ours(&board);
    ours = all_osc_answers(bench);
    bench_free(bench);
    assert_string_equal(ours, stock);
}

static void test_same_osc(void **state)
{
    check_same_osc(&goldens[0], false);
    check_same_osc(&goldens[3], true);
}

static BenchValue *dsm(Bench *bench, const char *device, const char *uuid,
                       uint32_t revision, uint32_t function)
{
    g_autofree char *method = g_strdup_printf("%s._DSM", device);

    return bench_evaluate(bench, method, bench_uuid(uuid),
                          bench_integer(revision), bench_integer(function),
                          bench_empty_package(), NULL);
}

/* The device in slot @slot of bus 0 has @index. */
static void append_dsm_answers(GString *answers, Bench *bench,
                               const char *device, unsigned slot,
                               uint32_t index)
{
    static const char *const uuids[] = {
        "E5C937D0-3553-4D7A-9117-EA4D19C3434D",
        "00000000-0000-0000-0000-000000000000",
    };

    bench->machine.acpi_index[0][slot] = index;
    for (size_t u = 0; u < COUNT_OF(uuids); u++) {
        for (uint32_t revision = 0; revision < 5; revision++) {
            for (uint32_t function = 0; function < 12; function++) {
                append_answer(answers, bench, dsm(bench, device, uuids[u],
                                                  revision, function));
            }
        }
    }
}

static char *all_dsm_answers(Bench *bench)
{
    const unsigned slot = 8;
    static const uint32_t indices[] = { 0, 1, 300, UINT32_MAX - 1,
                                        UINT32_MAX };
    GString *answers = g_string_new(NULL);

    for (size_t i = 0; i < COUNT_OF(indices); i++) {
        append_dsm_answers(answers, bench, "\\_SB.PCI0.S40", slot, indices[i]);
    }
    g_string_append_printf(answers, "%u accesses, %u look-ups\n",
                           bench->machine.accesses->len,
                           bench->machine.look_ups->len);
    return g_string_free(answers, FALSE);
}

static void test_same_dsm(void **state)
{
    const TestBoard board = { .express = false };
    Bench *bench = start_golden(&goldens[4]);
    g_autofree char *stock = all_dsm_answers(bench);
    g_autofree char *ours = NULL;

    bench_free(bench);
    bench = start_ours(&board);
    bench_forget(bench);
    ours = all_dsm_answers(bench);
    bench_free(bench);
    assert_string_equal(ours, stock);
}

int main(void)
{
    struct CMUnitTest tests[COUNT_OF(goldens) + 2];
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(goldens); i++) {
        tests[count++] = (struct CMUnitTest) {
            goldens[i].file, test_golden, NULL, bench_teardown,
            (void *)&goldens[i],
        };
    }
    tests[count++] = (struct CMUnitTest)
        cmocka_unit_test_teardown(test_same_osc, bench_teardown);
    tests[count++] = (struct CMUnitTest)
        cmocka_unit_test_teardown(test_same_dsm, bench_teardown);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
