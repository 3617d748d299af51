/*
 * Test of the ACPI PCI hotplug registers: the host's calls, and AIDX
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-cmocka.h"
#include "acpi-slots-fixture.h"

static const Variant banked_fast_scan = { "banked, fast scan", true, true };

/* ---- requests ----------------------------------------------------------- */

typedef void HostCall(AcpiSlots *slots, uint32_t bus, uint32_t slot);

static uint32_t *up_field(AcpiSlots *slots, uint32_t bus)
{
    return &slots->bus[bus].up;
}

static uint32_t *down_field(AcpiSlots *slots, uint32_t bus)
{
    return &slots->bus[bus].down;
}

typedef uint32_t *Field(AcpiSlots *slots, uint32_t bus);

/* From a block without requests: this bit alone, and NEXT names this bus. */
static void check_request_alone(HostCall *call, Field *field,
                                const Variant *variant, uint32_t bus,
                                uint32_t slot)
{
    AcpiSlots slots;
    AcpiSlots expected;

    acpi_slots_init(&slots, variant->banked, variant->fast_scan);
    memcpy(&expected, &slots, sizeof(slots));
    *field(&expected, bus) = UINT32_C(1) << slot;
    expected.visit[bus / 32] = UINT32_C(1) << bus % 32;
    call(&slots, bus, slot);
    assert_same_state(&expected, &slots, variant->name);
}

/* Where every bus has a request, each of them is named after the signal. */
static void check_request_among_others(HostCall *call, Field *field,
                                       const Variant *variant, uint32_t bus,
                                       uint32_t slot)
{
    AcpiSlots slots;
    AcpiSlots expected;

    fixture_fill(&slots, variant, 1);
    memcpy(&expected, &slots, sizeof(slots));
    *field(&expected, bus) |= UINT32_C(1) << slot;
    memset(expected.visit, 0xff, sizeof(expected.visit));
    call(&slots, bus, slot);
    assert_same_state(&expected, &slots, variant->name);
}

static void check_request(HostCall *call, Field *field)
{
    for (size_t v = 0; v < VARIANTS; v++) {
        uint32_t buses = variants[v].banked ? ACPI_SLOTS_BUSES : 1;

        for (uint32_t bus = 0; bus < buses; bus++) {
            for (uint32_t slot = 0; slot < ACPI_SLOTS_PER_BUS; slot++) {
                check_request_alone(call, field, &variants[v], bus, slot);
                check_request_among_others(call, field, &variants[v], bus,
                                           slot);
            }
        }
    }
}

static void test_plug(void **state)
{
    (void)state;
    check_request(acpi_slots_plug, up_field);
}

static void test_request_unplug(void **state)
{
    (void)state;
    check_request(acpi_slots_request_unplug, down_field);
}

/* A plug that the guest has not read, and a request to give it back. */
static void test_plug_and_unplug_of_one_slot(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    acpi_slots_plug(&slots, 9, 4);
    acpi_slots_request_unplug(&slots, 9, 4);
    assert_int_equal(slots.bus[9].up, 1 << 4);
    assert_int_equal(slots.bus[9].down, 1 << 4);
    acpi_slots_write(&slots, ACPI_SLOTS_SEL, 4, 9);
    acpi_slots_write(&slots, ACPI_SLOTS_EJ, 4, 1 << 4);
    assert_int_equal(slots.bus[9].up, 0);
    assert_int_equal(slots.bus[9].down, 0);
}

/* ---- reset -------------------------------------------------------------- */

static void check_take_removals(uint32_t bus, uint32_t up, uint32_t down)
{
    AcpiSlots slots;
    AcpiSlots expected;

    fixture_fill(&slots, &banked_fast_scan, 5);
    slots.bus[bus].up = up;
    slots.bus[bus].down = down;
    memcpy(&expected, &slots, sizeof(slots));
    expected.bus[bus].up = up & ~down;
    expected.bus[bus].down = 0;
    if (expected.bus[bus].up == 0) {
        expected.visit[bus / 32] &= ~(UINT32_C(1) << bus % 32);
    }
    assert_int_equal(acpi_slots_take_removals(&slots, bus), down);
    assert_same_state(&expected, &slots, "take_removals");
}

static void test_take_removals(void **state)
{
    static const uint32_t patterns[] = {
        0, 1, 0x80000000, 0x00ffff00, 0x12345678, UINT32_MAX,
    };

    (void)state;
    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        for (size_t u = 0; u < COUNT_OF(patterns); u++) {
            for (size_t d = 0; d < COUNT_OF(patterns); d++) {
                check_take_removals(bus, patterns[u], patterns[d]);
            }
        }
    }
}

static void test_set_removable(void **state)
{
    (void)state;
    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        AcpiSlots slots;
        AcpiSlots expected;

        fixture_fill(&slots, &banked_fast_scan, 0);
        memcpy(&expected, &slots, sizeof(slots));
        expected.bus[bus].removable = 0xfedcba98 ^ bus;
        acpi_slots_set_removable(&slots, bus, 0xfedcba98 ^ bus);
        assert_same_state(&expected, &slots, "set_removable");
    }
}

/* ---- power-on and names ------------------------------------------------- */

static void test_power_on(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        AcpiSlots slots;
        AcpiSlots expected;

        memset(&slots, 0xff, sizeof(slots));
        memset(&expected, 0, sizeof(expected));
        expected.banked = variants[v].banked;
        expected.fast_scan = variants[v].fast_scan;
        acpi_slots_init(&slots, variants[v].banked, variants[v].fast_scan);
        assert_same_state(&expected, &slots, variants[v].name);
    }
}

static void test_refusal_names(void **state)
{
    static const AcpiSlotsRefusal refusals[] = {
        ACPI_SLOTS_ACCEPTED, ACPI_SLOTS_BAD_SIZE, ACPI_SLOTS_NO_REGISTER,
        ACPI_SLOTS_BAD_BUS, ACPI_SLOTS_NO_SLOT,
        (AcpiSlotsRefusal)(ACPI_SLOTS_NO_SLOT + 1),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        const char *name = acpi_slots_refusal_name(refusals[i]);

        assert_non_null(name);
        assert_string_not_equal(name, "");
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(name,
                                    acpi_slots_refusal_name(refusals[k]));
        }
    }
}

/* ---- AIDX --------------------------------------------------------------- */

static uint32_t read_index(AcpiSlots *slots)
{
    return acpi_slots_read(slots, ACPI_SLOTS_AIDX, 4).value;
}

static void test_index_is_read_once(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, false);
    acpi_slots_write(&slots, ACPI_SLOTS_SEL, 4, 7);
    acpi_slots_write(&slots, ACPI_SLOTS_AIDX, 4, 1 << 5);
    acpi_slots_set_index(&slots, 42);
    assert_int_equal(read_index(&slots), 42);
    assert_int_equal(read_index(&slots), 0);
}

/* Reads of other registers do not disturb a result. */
static void test_index_survives_reads(void **state)
{
    (void)state;
    for (uint64_t offset = 0; offset < ACPI_SLOTS_AIDX; offset += 4) {
        AcpiSlots slots;

        acpi_slots_init(&slots, true, false);
        acpi_slots_set_index(&slots, 43);
        acpi_slots_read(&slots, offset, 4);
        assert_int_equal(read_index(&slots), 43);
    }
}

/* GUEST-FACTS: a write to any register clears a result not yet read. */
static void test_index_is_dropped_by_writes(void **state)
{
    (void)state;
    for (uint64_t offset = 0; offset <= ACPI_SLOTS_AIDX; offset += 4) {
        AcpiSlots slots;

        acpi_slots_init(&slots, true, false);
        acpi_slots_set_index(&slots, 44);
        acpi_slots_write(&slots, offset, 4, 0);
        assert_int_equal(read_index(&slots), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plug),
        cmocka_unit_test(test_request_unplug),
        cmocka_unit_test(test_plug_and_unplug_of_one_slot),
        cmocka_unit_test(test_take_removals),
        cmocka_unit_test(test_set_removable),
        cmocka_unit_test(test_power_on),
        cmocka_unit_test(test_refusal_names),
        cmocka_unit_test(test_index_is_read_once),
        cmocka_unit_test(test_index_survives_reads),
        cmocka_unit_test(test_index_is_dropped_by_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
