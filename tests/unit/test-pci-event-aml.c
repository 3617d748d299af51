/*
 * Test of the AML that runs when a hotplug event comes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The whole path: model, GPE, interrupt, _E01, Notify.  Each device that must
 * be notified is, no other is, and every port access is accounted for.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/hotplug-guest.h"
#include "random.h"

#define MOST_ACCESSES  8         /* for one request, with fast scan */
#define RANDOM_ROUNDS  12

/* A board with a number of buses: what each test runs on. */
typedef struct Case {
    TestBoard board;
    unsigned buses;
} Case;

static const Case cases[] = {
    { { .express = true }, 1 },
    { { .express = true }, 64 },
    { { .express = true }, 256 },
    { { .express = true, .fast_scan = true }, 1 },
    { { .express = true, .fast_scan = true }, 64 },
    { { .express = true, .fast_scan = true }, 256 },
    { { .express = true, .fast_scan = true, .expander = true }, 3 },
    { { .express = true, .expander = true, .described = true }, 2 },
    { { .express = true, .expander = true, .described = true }, 64 },
    { { .express = true, .expander = true, .described = true,
        .fast_scan = true }, 2 },
    { { .express = true, .expander = true, .described = true,
        .fast_scan = true, .reports = true }, 64 },
    { { .express = false }, 1 },
    { { .express = false }, 64 },
    { { .express = false }, 256 },
    { { .express = false, .fast_scan = true }, 1 },
    { { .express = false, .fast_scan = true }, 64 },
    { { .express = false, .fast_scan = true }, 256 },
};

static TestGuest start_guest(void **state)
{
    const Case *variant = *state;

    return test_guest_start(&variant->board, variant->buses, true);
}

/* All buses where that is quick, else some at the ends and in the middle. */
static bool is_sample(const TestGuest *guest, unsigned bus)
{
    return guest->buses <= 64 ||
           (guest->board->fast_scan && guest->board->express) || bus < 2 ||
           bus % 64 == 0 || bus + 1 == guest->buses;
}

/* ---- accesses ----------------------------------------------------------- */

/* Nothing but registers that there are, each in a way that it takes. */
static void assert_accesses(const TestGuest *guest, unsigned open_buses)
{
    const Machine *machine = guest->machine;

    assert_int_equal(test_guest_accesses(guest),
                     test_guest_event_cost(guest, open_buses));
    assert_int_equal(machine_count(machine, MACHINE_NOTHING), 0);
    for (unsigned i = 0; i < machine->accesses->len; i++) {
        assert_false(machine_access(machine, i)->refused);
    }
}

/* What follows an access to the register at @offset, bus by bus. */
static uint32_t next_offset(uint32_t offset)
{
    switch (offset) {
    case ACPI_SLOTS_SEL:
        return ACPI_SLOTS_UP;
    case ACPI_SLOTS_UP:
        return ACPI_SLOTS_DOWN;
    default:
        return ACPI_SLOTS_SEL;
    }
}

/* A bus is selected once, and then UP and DOWN are read. */
static void assert_order(const TestGuest *guest)
{
    bool selected[ACPI_SLOTS_BUSES] = { false };
    uint32_t expected_offset = ACPI_SLOTS_SEL;

    for (unsigned i = 0; i < guest->machine->accesses->len; i++) {
        const MachineAccess *access = machine_access(guest->machine, i);

        if (access->block != MACHINE_SLOTS) {
            continue;
        }
        assert_int_equal(access->size, 4);
        assert_int_equal(access->offset, expected_offset);
        assert_int_equal(access->write, access->offset == ACPI_SLOTS_SEL);
        if (access->write) {
            assert_in_range(access->value, 0, guest->buses - 1);
            assert_false(selected[access->value]);
            selected[access->value] = true;
        }
        expected_offset = next_offset(access->offset);
    }
    assert_int_equal(expected_offset, ACPI_SLOTS_SEL);
}

/* ---- one request -------------------------------------------------------- */

static void check_request(const TestGuest *guest, unsigned bus, unsigned slot,
                          uint32_t value)
{
    const TestRequest request = { bus, slot, value };

    bench_forget(guest->bench);
    test_guest_request(guest, &request);
    bench_run(guest->bench);
    assert_int_equal(guest->bench->notifications->len, 1);
    assert_int_equal(test_guest_told(guest, &request), 1);
    assert_accesses(guest, 1);
    assert_order(guest);
    if (guest->board->fast_scan) {
        assert_in_range(test_guest_accesses(guest), 1, MOST_ACCESSES);
    }
}

static void test_plug_on_each_bus(void **state)
{
    TestGuest guest = start_guest(state);

    for (unsigned bus = 0; bus < guest.buses; bus++) {
        if (is_sample(&guest, bus)) {
            check_request(&guest, bus, test_guest_slot(&guest, bus),
                          NOTIFY_PLUG);
        }
    }
    test_guest_end(&guest);
}

static void test_unplug_on_each_bus(void **state)
{
    TestGuest guest = start_guest(state);

    for (unsigned bus = 0; bus < guest.buses; bus++) {
        if (is_sample(&guest, bus)) {
            unsigned slot = test_guest_slot(&guest, bus);

            check_request(&guest, bus, slot, NOTIFY_UNPLUG);
            test_guest_eject(&guest, bus, slot);
        }
    }
    test_guest_end(&guest);
}

/* All slots of the last bus, which has no bridges. */
static void test_each_slot(void **state)
{
    TestGuest guest = start_guest(state);
    unsigned bus = guest.buses - 1;
    unsigned slots = guest.board->express ? 1 : 32;

    for (unsigned slot = 0; slot < slots; slot++) {
        check_request(&guest, bus, slot, NOTIFY_PLUG);
        check_request(&guest, bus, slot, NOTIFY_UNPLUG);
        test_guest_eject(&guest, bus, slot);
    }
    test_guest_end(&guest);
}

/* ---- many requests ------------------------------------------------------ */

static void test_all_buses_at_once(void **state)
{
    static const uint32_t values[] = { NOTIFY_PLUG, NOTIFY_UNPLUG };
    TestGuest guest = start_guest(state);

    for (unsigned i = 0; i < 2 * guest.buses; i++) {
        unsigned bus = i / 2;

        test_guest_request(&guest, &(TestRequest) {
            bus, test_guest_slot(&guest, bus), values[i % 2] });
    }
    bench_run(guest.bench);
    assert_int_equal(guest.bench->notifications->len, 2 * guest.buses);
    for (unsigned i = 0; i < 2 * guest.buses; i++) {
        const TestRequest request = { i / 2, test_guest_slot(&guest, i / 2),
                                      values[i % 2] };

        assert_int_equal(test_guest_told(&guest, &request), 1);
    }
    assert_accesses(&guest, guest.buses);
    assert_order(&guest);
    test_guest_end(&guest);
}

/* Each of @slots was notified once; returns how many there are. */
static unsigned count_requests(const TestGuest *guest, unsigned bus,
                               uint32_t slots, uint32_t value)
{
    unsigned count = 0;

    for (unsigned slot = 0; slot < 32; slot++) {
        const TestRequest request = { bus, slot, value };

        if (slots & UINT32_C(1) << slot) {
            assert_int_equal(test_guest_told(guest, &request), 1);
            count++;
        }
    }
    return count;
}

/* One event must tell of all that was open when it came, and no more. */
static void check_event(const TestGuest *guest)
{
    const AcpiSlots *slots = &guest->machine->slots;
    g_autofree AcpiSlots *before = g_memdup2(slots, sizeof(*slots));
    unsigned open_buses = 0;
    unsigned total = 0;

    bench_forget(guest->bench);
    bench_run(guest->bench);
    for (unsigned bus = 0; bus < guest->buses; bus++) {
        const AcpiSlotsBus *was = &before->bus[bus];

        open_buses += was->up || was->down;
        total += count_requests(guest, bus, was->up, NOTIFY_PLUG);
        total += count_requests(guest, bus, was->down, NOTIFY_UNPLUG);
        assert_int_equal(slots->bus[bus].up, 0);
        assert_int_equal(slots->bus[bus].down, was->down);
    }
    assert_int_equal(guest->bench->notifications->len, total);
    assert_accesses(guest, open_buses);
}

static void random_call(const TestGuest *guest, Random *random)
{
    unsigned bus = random_below(random, guest->buses);
    unsigned slot = guest->board->express ? 0 : 8 + random_below(random, 24);

    switch (random_below(random, 3)) {
    case 0:
        machine_plug(guest->machine, bus, slot);
        break;
    case 1:
        machine_request_unplug(guest->machine, bus, slot);
        break;
    default:
        test_guest_eject(guest, bus, slot);
        break;
    }
}

static void test_random_requests(void **state)
{
    TestGuest guest = start_guest(state);
    Random random;

    random_start(&random, "test-pci-event-aml");
    for (unsigned round = 0; round < RANDOM_ROUNDS; round++) {
        unsigned calls = random_below(&random, 12);

        for (unsigned i = 0; i < calls; i++) {
            random_call(&guest, &random);
        }
        machine_plug(guest.machine, 0, test_guest_slot(&guest, 0));
        check_event(&guest);
    }
    test_guest_end(&guest);
}

/* ---- all tests on all boards -------------------------------------------- */

/* The first two are for large tables as well, which take long to load. */
static const struct CMUnitTest per_case[] = {
    cmocka_unit_test(test_plug_on_each_bus),
    cmocka_unit_test(test_all_buses_at_once),
    cmocka_unit_test(test_unplug_on_each_bus),
    cmocka_unit_test(test_each_slot),
    cmocka_unit_test(test_random_requests),
};

static size_t tests_for(const Case *variant)
{
    bool large = !variant->board.express && variant->buses > 64;

    return large ? 2 : COUNT_OF(per_case);
}

static char *name_on(const char *test, const Case *variant)
{
    return g_strdup_printf("%s: %s%s%s, %u bus%s", test,
                           variant->board.express ? "q35" : "i440fx",
                           variant->board.expander ? " with expander" : "",
                           variant->board.fast_scan ? ", fast scan" : "",
                           variant->buses, variant->buses > 1 ? "es" : "");
}

int main(void)
{
    struct CMUnitTest tests[COUNT_OF(cases) * COUNT_OF(per_case)];
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    size_t count = 0;

    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        for (size_t t = 0; t < tests_for(&cases[c]); t++) {
            char *name = name_on(per_case[t].name, &cases[c]);

            g_ptr_array_add(names, name);
            tests[count] = per_case[t];
            tests[count].name = name;
            tests[count].initial_state = (void *)&cases[c];
            tests[count].teardown_func = bench_teardown;
            count++;
        }
    }
    return _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
}
