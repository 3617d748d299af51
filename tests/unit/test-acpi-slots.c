/*
 * Test of the ACPI PCI hotplug registers: every access of the guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each access is made to a block in which every field has a value of its own.
 * The tables below say what the access must read or do; all other state must
 * stay bit-identical.
 */

#include <stdio.h>
#include <string.h>

#include "test-cmocka.h"
#include "acpi-slots-fixture.h"

#define LARGEST_SIZE     16
#define DENSE_OFFSETS    0x40

/* Behind the offsets 0 to DENSE_OFFSETS - 1: where a narrow type would wrap. */
static const uint64_t far_offsets[] = {
    0x100, 0xffff, 0x10000, UINT64_C(0x100000000), UINT64_C(0x100000010),
    UINT64_C(1) << 63, (UINT64_C(1) << 63) + ACPI_SLOTS_SEL, UINT64_MAX - 3,
    UINT64_MAX,
};

static const uint32_t written_values[] = {
    0, 1, 2, 0x10, 255, 256, 0x80000000, 0xc0000000, UINT32_MAX,
};

typedef struct Access {
    const Variant *variant;
    uint32_t select;
    uint64_t offset;
    unsigned size;
    uint32_t value;
} Access;

typedef void AccessCheck(const Access *access);

/* ---- all accesses ------------------------------------------------------- */

static size_t offset_count(void)
{
    return DENSE_OFFSETS + COUNT_OF(far_offsets);
}

static uint64_t offset_at(size_t i)
{
    return i < DENSE_OFFSETS ? i : far_offsets[i - DENSE_OFFSETS];
}

static void for_each_access_of_block(const Variant *variant, uint32_t select,
                                     AccessCheck *check)
{
    for (size_t i = 0; i < offset_count(); i++) {
        for (unsigned size = 0; size <= LARGEST_SIZE; size++) {
            for (size_t v = 0; v < COUNT_OF(written_values); v++) {
                check(&(Access) { variant, select, offset_at(i), size,
                                  written_values[v] });
            }
        }
    }
}

static void for_each_access(AccessCheck *check)
{
    for (size_t v = 0; v < VARIANTS; v++) {
        for (size_t s = 0; s < SELECTS; s++) {
            for_each_access_of_block(&variants[v], selects[s], check);
        }
    }
}

static const char *access_name(const Access *access, const char *direction)
{
    static char name[160];

    snprintf(name, sizeof(name), "%s, SEL 0x%x: %s of %u bytes at 0x%llx, "
             "value 0x%x", access->variant->name, access->select, direction,
             access->size, (unsigned long long)access->offset, access->value);
    return name;
}

static bool is_aligned_dword(const Access *access)
{
    return access->size == 4 && (access->offset & 3) == 0;
}

static uint32_t lowest_bit(uint32_t value)
{
    uint32_t bit = 0;

    while (!(value >> bit & 1)) {
        bit++;
    }
    return bit;
}

/* ---- reads -------------------------------------------------------------- */

typedef uint32_t FixtureValue(uint32_t bus);
typedef void StateChange(AcpiSlots *slots);

static uint32_t zero(uint32_t bus)
{
    (void)bus;
    return 0;
}

static uint32_t bus_number(uint32_t bus)
{
    return bus;
}

static uint32_t fixture_index(uint32_t bus)
{
    (void)bus;
    return FIXTURE_INDEX;
}

static void stays(AcpiSlots *slots)
{
    (void)slots;
}

static void up_is_cleared_when_banked(AcpiSlots *slots)
{
    if (slots->banked) {
        slots->bus[slots->select].up = 0;
    }
}

static void index_is_cleared(AcpiSlots *slots)
{
    slots->index = 0;
}

/* The register window, as the guest reads it while SEL holds a BSEL. */
static const struct {
    uint64_t offset;
    FixtureValue *value;
    StateChange *change;
} read_table[] = {
    { 0x00, fixture_up,        up_is_cleared_when_banked },
    { 0x04, fixture_down,      stays },
    { 0x08, zero,              stays },
    { 0x0c, fixture_removable, stays },
    { 0x10, bus_number,        stays },
    { 0x14, fixture_index,     index_is_cleared },
};

static AcpiSlotsValue expect_read(const Access *access, AcpiSlots *expected)
{
    if (!is_aligned_dword(access)) {
        return (AcpiSlotsValue) { .refusal = ACPI_SLOTS_BAD_SIZE };
    }
    for (size_t i = 0; i < COUNT_OF(read_table); i++) {
        if (read_table[i].offset != access->offset) {
            continue;
        }
        if (access->select > 255) {
            return (AcpiSlotsValue) { .refusal = ACPI_SLOTS_BAD_BUS };
        }
        read_table[i].change(expected);
        return (AcpiSlotsValue) {
            .value = read_table[i].value(access->select),
        };
    }
    return (AcpiSlotsValue) { .refusal = ACPI_SLOTS_NO_REGISTER };
}

static void assert_same_value(AcpiSlotsValue expected, AcpiSlotsValue actual,
                              const char *what)
{
    if (expected.value != actual.value || expected.refusal != actual.refusal) {
        fail_msg("%s: read 0x%x (%s), expected 0x%x (%s)", what, actual.value,
                 acpi_slots_refusal_name(actual.refusal), expected.value,
                 acpi_slots_refusal_name(expected.refusal));
    }
}

static void check_read(const Access *access)
{
    const char *what = access_name(access, "read");
    AcpiSlots slots;
    AcpiSlots expected;

    fixture_fill(&slots, access->variant, access->select);
    memcpy(&expected, &slots, sizeof(slots));
    assert_same_value(expect_read(access, &expected),
                      acpi_slots_read(&slots, access->offset, access->size),
                      what);
    assert_same_state(&expected, &slots, what);
}

static void test_reads(void **state)
{
    (void)state;
    for_each_access(check_read);
}

/* ---- writes ------------------------------------------------------------- */

typedef AcpiSlotsEffect WriteRule(AcpiSlots *expected, uint32_t value);

static AcpiSlotsEffect refuse(AcpiSlotsRefusal refusal)
{
    return (AcpiSlotsEffect) { .refusal = refusal };
}

static AcpiSlotsEffect read_only(AcpiSlots *expected, uint32_t value)
{
    (void)expected;
    (void)value;
    return refuse(ACPI_SLOTS_NO_REGISTER);
}

static AcpiSlotsEffect selects_bus(AcpiSlots *expected, uint32_t value)
{
    expected->select = expected->banked ? value : 0;
    return refuse(ACPI_SLOTS_ACCEPTED);
}

static AcpiSlotsEffect acts_on_slot(const AcpiSlots *expected, uint32_t value,
                                    AcpiSlotsAction action)
{
    if (expected->select > 255) {
        return refuse(ACPI_SLOTS_BAD_BUS);
    }
    if (value == 0) {
        return refuse(ACPI_SLOTS_NO_SLOT);
    }
    return (AcpiSlotsEffect) {
        .action = action,
        .bus = expected->select,
        .slot = lowest_bit(value),
    };
}

static AcpiSlotsEffect ejects(AcpiSlots *expected, uint32_t value)
{
    AcpiSlotsEffect effect = acts_on_slot(expected, value, ACPI_SLOTS_EJECT);

    if (effect.action == ACPI_SLOTS_EJECT) {
        expected->bus[effect.bus].up &= ~(UINT32_C(1) << effect.slot);
        expected->bus[effect.bus].down &= ~(UINT32_C(1) << effect.slot);
    }
    return effect;
}

static AcpiSlotsEffect looks_up(AcpiSlots *expected, uint32_t value)
{
    return acts_on_slot(expected, value, ACPI_SLOTS_LOOK_UP);
}

/* The register window, as the guest writes it; each write clears AIDX. */
static const struct {
    uint64_t offset;
    WriteRule *rule;
} write_table[] = {
    { 0x00, read_only },
    { 0x04, read_only },
    { 0x08, ejects },
    { 0x0c, read_only },
    { 0x10, selects_bus },
    { 0x14, looks_up },
};

static AcpiSlotsEffect expect_write(const Access *access, AcpiSlots *expected)
{
    if (!is_aligned_dword(access)) {
        return refuse(ACPI_SLOTS_BAD_SIZE);
    }
    for (size_t i = 0; i < COUNT_OF(write_table); i++) {
        if (write_table[i].offset == access->offset) {
            expected->index = 0;
            return write_table[i].rule(expected, access->value);
        }
    }
    return refuse(ACPI_SLOTS_NO_REGISTER);
}

static void assert_same_effect(AcpiSlotsEffect expected,
                               AcpiSlotsEffect actual, const char *what)
{
    if (expected.action != actual.action || expected.bus != actual.bus ||
        expected.slot != actual.slot || expected.refusal != actual.refusal) {
        fail_msg("%s: action %d on bus %u slot %u (%s), "
                 "expected %d on bus %u slot %u (%s)", what, actual.action,
                 actual.bus, actual.slot,
                 acpi_slots_refusal_name(actual.refusal), expected.action,
                 expected.bus, expected.slot,
                 acpi_slots_refusal_name(expected.refusal));
    }
}

static void check_write(const Access *access)
{
    const char *what = access_name(access, "write");
    AcpiSlots slots;
    AcpiSlots expected;

    fixture_fill(&slots, access->variant, access->select);
    memcpy(&expected, &slots, sizeof(slots));
    assert_same_effect(expect_write(access, &expected),
                       acpi_slots_write(&slots, access->offset, access->size,
                                        access->value), what);
    assert_same_state(&expected, &slots, what);
}

static void test_writes(void **state)
{
    (void)state;
    for_each_access(check_write);
}

static void test_eject_of_each_slot_of_each_bus(void **state)
{
    (void)state;
    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        for (unsigned slot = 0; slot < ACPI_SLOTS_PER_BUS; slot++) {
            check_write(&(Access) { &variants[3], bus, ACPI_SLOTS_EJ, 4,
                                    UINT32_C(1) << slot });
        }
    }
}

/* ---- the extension window ----------------------------------------------- */

/* The fixture's visit map is 0xa5 in each byte: BSEL 0 is the first one. */
static AcpiSlotsValue expect_extension_read(const Access *access,
                                            AcpiSlots *expected)
{
    if (!is_aligned_dword(access)) {
        return (AcpiSlotsValue) { .refusal = ACPI_SLOTS_BAD_SIZE };
    }
    if (!access->variant->fast_scan || access->offset != 0) {
        return (AcpiSlotsValue) { .refusal = ACPI_SLOTS_NO_REGISTER };
    }
    expected->visit[0] &= ~UINT32_C(1);
    return (AcpiSlotsValue) { .value = 0 };
}

static void check_extension_read(const Access *access)
{
    const char *what = access_name(access, "extension read");
    AcpiSlots slots;
    AcpiSlots expected;

    fixture_fill(&slots, access->variant, access->select);
    memcpy(&expected, &slots, sizeof(slots));
    assert_same_value(expect_extension_read(access, &expected),
                      acpi_slots_read_extension(&slots, access->offset,
                                                access->size), what);
    assert_same_state(&expected, &slots, what);
}

static void test_extension_reads(void **state)
{
    (void)state;
    for_each_access(check_extension_read);
}

static void check_extension_write(const Access *access)
{
    const char *what = access_name(access, "extension write");
    AcpiSlotsRefusal refusal = is_aligned_dword(access) ?
                               ACPI_SLOTS_NO_REGISTER : ACPI_SLOTS_BAD_SIZE;
    AcpiSlots slots;
    AcpiSlots expected;

    fixture_fill(&slots, access->variant, access->select);
    memcpy(&expected, &slots, sizeof(slots));
    assert_same_effect(refuse(refusal),
                       acpi_slots_write_extension(&slots, access->offset,
                                                  access->size, access->value),
                       what);
    assert_same_state(&expected, &slots, what);
}

static void test_extension_writes(void **state)
{
    (void)state;
    for_each_access(check_extension_write);
}

/* ---- sizes alone -------------------------------------------------------- */

static void check_access_size(const Access *access)
{
    assert_int_equal(acpi_slots_check_access(access->offset, access->size),
                     is_aligned_dword(access) ? ACPI_SLOTS_ACCEPTED
                                              : ACPI_SLOTS_BAD_SIZE);
}

static void test_access_sizes(void **state)
{
    (void)state;
    for_each_access_of_block(&variants[0], 0, check_access_size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_eject_of_each_slot_of_each_bus),
        cmocka_unit_test(test_extension_reads),
        cmocka_unit_test(test_extension_writes),
        cmocka_unit_test(test_access_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
