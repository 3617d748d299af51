/*
 * Test of what a hotplug event costs the guest's interpreter
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counted in AML operations, for one plug on a q35.  Port accesses are counted
 * by test-pci-event-aml.c.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/hotplug-guest.h"

typedef struct Cost {
    uint64_t operations;
    unsigned gpe_accesses;
} Cost;

static Cost cost_of_plug(const TestGuest *guest, unsigned bus)
{
    uint64_t before = bench_operations();

    bench_forget(guest->bench);
    machine_plug(guest->machine, bus, 0);
    bench_run(guest->bench);
    assert_int_equal(guest->bench->notifications->len, 1);
    return (Cost) {
        .operations = bench_operations() - before,
        .gpe_accesses = machine_count(guest->machine, MACHINE_GPE),
    };
}

/* The dearest of plugs on every @step-th bus and the last. */
static Cost dearest_plug(bool fast_scan, unsigned buses, unsigned step)
{
    const TestBoard board = { .express = true, .fast_scan = fast_scan };
    TestGuest guest = test_guest_start(&board, buses, true);
    Cost dearest = cost_of_plug(&guest, buses - 1);

    for (unsigned bus = 0; bus < buses; bus += step) {
        Cost cost = cost_of_plug(&guest, bus);

        dearest.operations = MAX(dearest.operations, cost.operations);
        dearest.gpe_accesses = MAX(dearest.gpe_accesses, cost.gpe_accesses);
    }
    test_guest_end(&guest);
    return dearest;
}

/* Each doubling of the number of buses costs the same, and little. */
static void test_fast_scan_grows_with_the_logarithm(void **state)
{
    const uint64_t most_for_a_doubling = 6;
    Cost one = dearest_plug(true, 1, 1);
    Cost before = one;

    for (unsigned buses = 2; buses <= 256; buses *= 2) {
        Cost cost = dearest_plug(true, buses, 1);

        assert_in_range(cost.operations, before.operations,
                        before.operations + most_for_a_doubling);
        assert_int_equal(cost.gpe_accesses, one.gpe_accesses);
        before = cost;
    }
    print_message("# AML operations for one plug, fast scan: %u with 1 bus, "
                  "%u with 256\n", (unsigned)one.operations,
                  (unsigned)before.operations);
}

/* That the measure can tell: a walk's cost is in proportion to the buses. */
static void test_walk_is_linear(void **state)
{
    Cost few = dearest_plug(false, 64, 16);
    Cost many = dearest_plug(false, 256, 64);

    assert_in_range(many.operations, 7 * few.operations / 2,
                    9 * few.operations / 2);
    print_message("# AML operations for one plug, walk: %u with 64 buses, "
                  "%u with 256\n", (unsigned)few.operations,
                  (unsigned)many.operations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_fast_scan_grows_with_the_logarithm,
                                  bench_teardown),
        cmocka_unit_test_teardown(test_walk_is_linear, bench_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
