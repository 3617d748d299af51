/*
 * Test of _OSC's reports, and of expanders whose slots are described
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a host bridge's _OSC writes to the OSC register (model/hotplug-mode.h
 * has its bits) is what it returned to the guest; and the hotplug event finds
 * the slots below an expander's ports as it finds PCI0's.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/hotplug-guest.h"
#include "model/hotplug-mode.h"

#define PCI_OSC_UUID    "33DB4D5B-1FF7-401C-9657-7441C03DD766"
#define OTHER_UUID      "33DB4D5B-1FF7-401C-9657-7441C03DD767"

/* First DWORD of what goes in and comes out. */
#define QUERY           0x01
#define BAD_UUID        0x04
#define BAD_REVISION    0x08

#define SUPPORT         0x11f
#define ALL_CONTROLS    0x3f

/* A host bridge, and the _UID that its reports carry. */
typedef struct Host {
    const char *osc;
    uint8_t uid;
} Host;

static const Host hosts[] = {
    { "\\_SB.PCI0._OSC", 0 },
    { "\\_SB.PC40._OSC", TEST_EXPANDER_NUMBER },
};

/* What the two boards' _OSC grants at the most. */
typedef struct Offer {
    TestBoard board;
    uint32_t grants;
} Offer;

static const Offer offers[] = {
    { { .express = true, .expander = true, .described = true,
        .reports = true }, 0x1e },
    { { .express = true, .expander = true, .described = true,
        .reports = true, .native = true }, 0x1f },
    { { .express = true, .expander = true, .described = true,
        .reports = true, .native = true, .fast_scan = true }, 0x1f },
    { { .express = true, .expander = true, .described = true,
        .reports = true, .no_shpc = true }, 0x1c },
};

typedef struct Capabilities {
    uint32_t dword[3];
} Capabilities;

static Bench *start(const TestBoard *board)
{
    g_autoptr(PciBusDescription) root = test_buses(board, 2);
    Bench *bench = test_bench(board, root);

    bench_forget(bench);
    return bench;
}

static void end(Bench *bench)
{
    assert_string_equal(bench_complaints(bench), "");
    bench_free(bench);
}

static Capabilities call(Bench *bench, const Host *host, const char *uuid,
                         uint32_t revision, Capabilities wanted)
{
    Capabilities answer;
    g_autoptr(BenchValue) value = bench_evaluate(
        bench, host->osc, bench_uuid(uuid), bench_integer(revision),
        bench_integer(COUNT_OF(wanted.dword)),
        bench_buffer(&wanted, sizeof(wanted)), NULL);

    assert_non_null(value);
    assert_int_equal(value->bytes->len, sizeof(answer));
    memcpy(&answer, value->bytes->data, sizeof(answer));
    return answer;
}

/* ---- what is reported --------------------------------------------------- */

static void assert_one_report(Bench *bench, const Host *host, bool query,
                              uint32_t control)
{
    const Machine *machine = &bench->machine;
    const MachineAccess *access;
    HotplugOscReport report;

    assert_int_equal(machine->accesses->len, 1);
    access = machine_access(machine, 0);
    assert_int_equal(access->block, MACHINE_EXTENSION);
    assert_int_equal(access->offset, ACPI_SLOTS_OSC);
    assert_int_equal(access->size, 4);
    assert_true(access->write);
    assert_false(access->refused);

    assert_int_equal(machine->reports->len, 1);
    report = hotplug_osc_report(g_array_index(machine->reports, uint32_t, 0));
    assert_true(report.valid);
    assert_int_equal(report.host, host->uid);
    assert_int_equal(report.query, query);
    assert_int_equal(report.control, control);
}

static void check_report(Bench *bench, const Offer *offer, const Host *host,
                         uint32_t status, uint32_t control)
{
    const Capabilities wanted = { { status, SUPPORT, control } };
    Capabilities answer;

    bench_forget(bench);
    answer = call(bench, host, PCI_OSC_UUID, 1, wanted);
    assert_int_equal(answer.dword[2], control & offer->grants);
    assert_one_report(bench, host, status & QUERY, answer.dword[2]);
}

/* Asked for or taken, the report is what the guest was told. */
static void check_host(const Offer *offer, const Host *host)
{
    Bench *bench = start(&offer->board);

    for (uint32_t control = 0; control <= ALL_CONTROLS; control++) {
        check_report(bench, offer, host, QUERY, control);
        check_report(bench, offer, host, 0, control);
    }
    check_report(bench, offer, host, 0, UINT32_MAX);
    check_report(bench, offer, host, QUERY, UINT32_MAX);
    /* other bits of the first DWORD are no query */
    check_report(bench, offer, host, UINT32_MAX & ~QUERY, ALL_CONTROLS);
    check_report(bench, offer, host, UINT32_MAX, ALL_CONTROLS);
    end(bench);
}

static void test_reports(void **state)
{
    for (size_t i = 0; i < COUNT_OF(offers); i++) {
        for (size_t host = 0; host < COUNT_OF(hosts); host++) {
            check_host(&offers[i], &hosts[host]);
        }
    }
}

/* GUEST-FACTS: Linux asks twice and takes what is left, bridge by bridge. */
static void test_two_bridges_in_turn(void **state)
{
    static const struct {
        uint32_t status, control, granted;
    } steps[] = {
        { QUERY, 0x3f, 0x1f }, { QUERY, 0x1f, 0x1f }, { 0, 0x1f, 0x1f },
    };
    Bench *bench = start(&offers[1].board);

    for (size_t host = 0; host < COUNT_OF(hosts); host++) {
        for (size_t i = 0; i < COUNT_OF(steps); i++) {
            check_report(bench, &offers[1], &hosts[host], steps[i].status,
                         steps[i].control);
            assert_one_report(bench, &hosts[host], steps[i].status,
                              steps[i].granted);
        }
    }
    end(bench);
}

/* ---- what is not -------------------------------------------------------- */

static void check_silence(Bench *bench, const Host *host, const char *uuid,
                          uint32_t revision, uint32_t complaint)
{
    for (uint32_t status = 0; status <= QUERY; status++) {
        const Capabilities wanted = { { status, SUPPORT, ALL_CONTROLS } };
        Capabilities answer;

        bench_forget(bench);
        answer = call(bench, host, uuid, revision, wanted);
        assert_true(answer.dword[0] & complaint);
        assert_int_equal(bench->machine.accesses->len, 0);
        assert_int_equal(bench->machine.reports->len, 0);
    }
}

static void test_wrong_calls(void **state)
{
    static const uint32_t revisions[] = { 0, 2, 255, UINT32_MAX };

    for (size_t i = 0; i < COUNT_OF(offers); i++) {
        Bench *bench = start(&offers[i].board);

        for (size_t host = 0; host < COUNT_OF(hosts); host++) {
            check_silence(bench, &hosts[host], OTHER_UUID, 1, BAD_UUID);
            check_silence(bench, &hosts[host], OTHER_UUID, 2, BAD_UUID);
            for (size_t r = 0; r < COUNT_OF(revisions); r++) {
                check_silence(bench, &hosts[host], PCI_OSC_UUID, revisions[r],
                              BAD_REVISION);
            }
        }
        end(bench);
    }
}

/* Tables that don't report have no register for it, and touch none. */
static void test_without_reports(void **state)
{
    const TestBoard board = { .express = true, .expander = true,
                              .described = true, .native = true };
    const Capabilities wanted = { { 0, SUPPORT, ALL_CONTROLS } };
    Bench *bench = start(&board);

    for (size_t host = 0; host < COUNT_OF(hosts); host++) {
        Capabilities answer = call(bench, &hosts[host], PCI_OSC_UUID, 1,
                                   wanted);

        assert_int_equal(answer.dword[2], 0x1f);
    }
    assert_false(bench_exists(bench, "\\_SB.PCI0.PCOS"));
    assert_int_equal(bench->machine.accesses->len, 0);
    end(bench);
}

/* ---- slots below an expander -------------------------------------------- */

#define BUSES  7

static const TestBoard with_expander[] = {
    { .express = true, .expander = true, .described = true },
    { .express = true, .expander = true, .described = true,
      .fast_scan = true },
    { .express = true, .expander = true, .described = true,
      .fast_scan = true, .reports = true, .native = true },
};

static TestRequest request_for(unsigned bus, uint32_t value)
{
    return (TestRequest) { .bus = bus, .slot = 0, .value = value };
}

/* One request alone: its slot is told, once, and no other. */
static void check_request(const TestBoard *board, unsigned bus, uint32_t value)
{
    TestGuest guest = test_guest_start(board, BUSES, true);
    TestRequest request = request_for(bus, value);

    test_guest_request(&guest, &request);
    bench_run(guest.bench);
    assert_int_equal(test_guest_told(&guest, &request), 1);
    assert_int_equal(guest.bench->notifications->len, 1);
    assert_int_equal(test_guest_accesses(&guest),
                     test_guest_event_cost(&guest, 1));
    test_guest_end(&guest);
}

static void test_each_bus(void **state)
{
    for (size_t i = 0; i < COUNT_OF(with_expander); i++) {
        for (unsigned bus = 0; bus < BUSES; bus++) {
            check_request(&with_expander[i], bus, NOTIFY_PLUG);
            check_request(&with_expander[i], bus, NOTIFY_UNPLUG);
        }
    }
}

/* The last ones are the expander's: see test_buses(). */
static void test_paths(void **state)
{
    g_autoptr(PciBusDescription) root = test_buses(&with_expander[0], BUSES);
    g_autofree char *near = test_slot_path(root, 0, 0);
    g_autofree char *far = test_slot_path(root, BUSES - 1, 0);

    assert_string_equal(near, "\\_SB.PCI0.S00.S00");
    assert_string_equal(far, "\\_SB.PC40.S02.S00");
}

static void check_all(const TestBoard *board)
{
    TestGuest guest = test_guest_start(board, BUSES, true);

    for (unsigned bus = 0; bus < BUSES; bus++) {
        TestRequest request = request_for(bus, bus % 2 ? NOTIFY_PLUG
                                                       : NOTIFY_UNPLUG);

        test_guest_request(&guest, &request);
    }
    bench_run(guest.bench);
    for (unsigned bus = 0; bus < BUSES; bus++) {
        TestRequest request = request_for(bus, bus % 2 ? NOTIFY_PLUG
                                                       : NOTIFY_UNPLUG);

        assert_int_equal(test_guest_told(&guest, &request), 1);
    }
    assert_int_equal(guest.bench->notifications->len, BUSES);
    test_guest_end(&guest);
}

static void test_all_buses(void **state)
{
    for (size_t i = 0; i < COUNT_OF(with_expander); i++) {
        check_all(&with_expander[i]);
    }
}

/* _EJ0 of a slot there reaches the same register, with its own BSEL. */
static void check_ejects(const TestBoard *board)
{
    TestGuest guest = test_guest_start(board, BUSES, true);

    for (unsigned bus = 0; bus < BUSES; bus++) {
        TestRequest request = request_for(bus, NOTIFY_UNPLUG);

        test_guest_request(&guest, &request);
        bench_run(guest.bench);
        bench_forget(guest.bench);
        test_guest_eject(&guest, bus, 0);
        assert_int_equal(guest.machine->ejects->len, 1);
        assert_int_equal(machine_eject(guest.machine, 0)->bus, bus);
        assert_int_equal(machine_eject(guest.machine, 0)->slot, 0);
        assert_int_equal(guest.machine->slots.bus[bus].down, 0);
    }
    test_guest_end(&guest);
}

static void test_ejects(void **state)
{
    for (size_t i = 0; i < COUNT_OF(with_expander); i++) {
        check_ejects(&with_expander[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_reports, bench_teardown),
        cmocka_unit_test_teardown(test_two_bridges_in_turn, bench_teardown),
        cmocka_unit_test_teardown(test_wrong_calls, bench_teardown),
        cmocka_unit_test_teardown(test_without_reports, bench_teardown),
        cmocka_unit_test_teardown(test_each_bus, bench_teardown),
        cmocka_unit_test_teardown(test_paths, bench_teardown),
        cmocka_unit_test_teardown(test_all_buses, bench_teardown),
        cmocka_unit_test_teardown(test_ejects, bench_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
