/*
 * Test of _OSC: what a host bridge lets the guest control
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PCI Firmware Specification 3.2, 4.5; ACPI 6.5, 6.2.11.
 */

#include "qemu/osdep.h"

#include "test-cmocka.h"
#include "acpica/bench.h"
#include "acpica/hotplug-dsdt.h"

#define PCI_OSC_UUID    "33DB4D5B-1FF7-401C-9657-7441C03DD766"
#define OTHER_UUID      "33DB4D5B-1FF7-401C-9657-7441C03DD767"
#define PCI0_OSC        "\\_SB.PCI0._OSC"
#define EXPANDER_OSC    "\\_SB.PC40._OSC"

/* First DWORD: what the guest wants, and what it is told. */
#define QUERY           0x01
#define BAD_UUID        0x04
#define BAD_REVISION    0x08
#define MASKED          0x10

/* Third DWORD */
#define NATIVE_HOTPLUG  0x01
#define ALWAYS_GRANTED  0x1e     /* SHPC, PME, AER, capability structure */
#define ALL_CONTROLS    0x3f

#define SUPPORT         0x0000011f
#define DWORDS          3

typedef struct Capabilities {
    uint32_t dword[DWORDS];
} Capabilities;

static BenchValue *call_osc(Bench *bench, const char *path, const char *uuid,
                            uint32_t revision, uint32_t count,
                            const void *buffer, size_t length)
{
    return bench_evaluate(bench, path, bench_uuid(uuid),
                          bench_integer(revision), bench_integer(count),
                          bench_buffer(buffer, length), NULL);
}

static Capabilities negotiate(Bench *bench, const char *path,
                              const char *uuid, uint32_t revision,
                              uint32_t status, uint32_t control)
{
    Capabilities wanted = { { status, SUPPORT, control } };
    Capabilities granted;
    g_autoptr(BenchValue) answer = call_osc(bench, path, uuid, revision,
                                            DWORDS, &wanted, sizeof(wanted));

    assert_non_null(answer);
    assert_int_equal(answer->type, BENCH_BUFFER);
    assert_int_equal(answer->bytes->len, sizeof(granted));
    memcpy(&granted, answer->bytes->data, sizeof(granted));
    return granted;
}

static Bench *start(bool native)
{
    const TestBoard board = { .express = true, .native = native,
                              .expander = true };
    g_autoptr(PciBusDescription) root = test_buses(&board, 2);

    return test_bench(&board, root);
}

static void end(Bench *bench)
{
    assert_string_equal(bench_complaints(bench), "");
    bench_free(bench);
}

/* ---- the right interface ------------------------------------------------ */

static void check_negotiation(Bench *bench, const char *path, uint32_t grants,
                              uint32_t revision, uint32_t status,
                              uint32_t control)
{
    Capabilities answer = negotiate(bench, path, PCI_OSC_UUID, revision,
                                    status, control);
    uint32_t told = status;

    told |= revision == 1 ? 0 : BAD_REVISION;
    told |= control & ~grants ? MASKED : 0;
    assert_int_equal(answer.dword[0], told);
    assert_int_equal(answer.dword[1], SUPPORT);
    assert_int_equal(answer.dword[2], control & grants);
}

/* Every set of controls, asked for and taken, in each revision. */
static void check_bridge(Bench *bench, const char *path, uint32_t grants)
{
    static const uint32_t revisions[] = { 0, 1, 2, 255, UINT32_MAX };

    for (size_t r = 0; r < COUNT_OF(revisions); r++) {
        for (uint32_t status = 0; status <= QUERY; status++) {
            for (uint32_t control = 0; control <= ALL_CONTROLS; control++) {
                check_negotiation(bench, path, grants, revisions[r], status,
                                  control);
            }
            check_negotiation(bench, path, grants, revisions[r], status,
                              0x80000000);
            check_negotiation(bench, path, grants, revisions[r], status,
                              UINT32_MAX);
        }
    }
}

static void test_acpi_hotplug(void **state)
{
    Bench *bench = start(false);

    check_bridge(bench, PCI0_OSC, ALWAYS_GRANTED);
    end(bench);
}

static void test_native_hotplug(void **state)
{
    Bench *bench = start(true);

    check_bridge(bench, PCI0_OSC, ALWAYS_GRANTED | NATIVE_HOTPLUG);
    end(bench);
}

/* Expander roots are not under ACPI hotplug, whatever PCI0 is. */
static void test_expander(void **state)
{
    Bench *bench = start(false);

    check_bridge(bench, EXPANDER_OSC, ALWAYS_GRANTED | NATIVE_HOTPLUG);
    end(bench);
}

/* GUEST-FACTS: Linux asks, asks again for what was left, and takes it. */
static void test_linux_sequence(void **state)
{
    Bench *bench = start(false);
    Capabilities answer = negotiate(bench, PCI0_OSC, PCI_OSC_UUID, 1, QUERY,
                                    0x3f);

    assert_int_equal(answer.dword[0], QUERY | MASKED);
    assert_int_equal(answer.dword[2], 0x1e);
    answer = negotiate(bench, PCI0_OSC, PCI_OSC_UUID, 1, QUERY, 0x1e);
    assert_int_equal(answer.dword[0], QUERY);
    assert_int_equal(answer.dword[2], 0x1e);
    answer = negotiate(bench, PCI0_OSC, PCI_OSC_UUID, 1, 0, 0x1e);
    assert_int_equal(answer.dword[0], 0);
    assert_int_equal(answer.dword[2], 0x1e);
    end(bench);
}

/* ---- wrong interface, wrong buffer -------------------------------------- */

static void test_other_uuid(void **state)
{
    Bench *bench = start(false);

    for (uint32_t control = 0; control <= ALL_CONTROLS; control++) {
        Capabilities answer = negotiate(bench, PCI0_OSC, OTHER_UUID, 1, QUERY,
                                        control);

        assert_int_equal(answer.dword[0], QUERY | BAD_UUID);
        assert_int_equal(answer.dword[1], SUPPORT);
        assert_int_equal(answer.dword[2], control);
    }
    end(bench);
}

/* More than three DWORDs: the rest comes back as it went in. */
static void test_longer_buffers(void **state)
{
    Bench *bench = start(false);

    for (size_t length = 12; length <= 64; length++) {
        uint8_t wanted[64];
        g_autoptr(BenchValue) answer = NULL;

        memset(wanted, 0x5a, sizeof(wanted));
        memset(wanted, 0, 4);
        memset(wanted + 8, 0, 4);
        wanted[8] = 0x1f;
        answer = call_osc(bench, PCI0_OSC, PCI_OSC_UUID, 1, length / 4,
                          wanted, length);
        assert_non_null(answer);
        assert_int_equal(answer->bytes->len, length);
        wanted[0] = MASKED;
        wanted[8] = 0x1e;
        assert_memory_equal(answer->bytes->data, wanted, length);
    }
    end(bench);
}

/*
 * A buffer too short for the DWORDs ends in an error of the interpreter, as it
 * does with stock's tables, and leaves _OSC as it was.
 */
static void test_shorter_buffers(void **state)
{
    Bench *bench = start(false);
    const uint8_t zeros[12] = { 0 };

    for (size_t length = 0; length < 12; length++) {
        g_autoptr(BenchValue) answer = call_osc(bench, PCI0_OSC, PCI_OSC_UUID,
                                                1, length / 4, zeros, length);

        assert_null(answer);
        assert_string_equal(bench->status, "AE_AML_BUFFER_LIMIT");
    }
    assert_string_not_equal(bench_complaints(bench), "");
    bench_forget(bench);
    check_negotiation(bench, PCI0_OSC, ALWAYS_GRANTED, 1, QUERY, 0x3f);
    end(bench);
}

/* Nothing of this touches a register. */
static void test_no_port_is_accessed(void **state)
{
    Bench *bench = start(false);

    bench_forget(bench);
    check_bridge(bench, PCI0_OSC, ALWAYS_GRANTED);
    assert_int_equal(bench->machine.accesses->len, 0);
    end(bench);
}

/* i440fx is not PCI Express. */
static void test_conventional_bridge_has_none(void **state)
{
    const TestBoard board = { .express = false };
    g_autoptr(PciBusDescription) root = test_buses(&board, 1);
    Bench *bench = test_bench(&board, root);

    assert_false(bench_exists(bench, PCI0_OSC));
    end(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_acpi_hotplug, bench_teardown),
        cmocka_unit_test_teardown(test_native_hotplug, bench_teardown),
        cmocka_unit_test_teardown(test_expander, bench_teardown),
        cmocka_unit_test_teardown(test_linux_sequence, bench_teardown),
        cmocka_unit_test_teardown(test_other_uuid, bench_teardown),
        cmocka_unit_test_teardown(test_longer_buffers, bench_teardown),
        cmocka_unit_test_teardown(test_shorter_buffers, bench_teardown),
        cmocka_unit_test_teardown(test_no_port_is_accessed, bench_teardown),
        cmocka_unit_test_teardown(test_conventional_bridge_has_none,
                                  bench_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
