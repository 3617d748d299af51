/*
 * Test of the ACPI PCI hotplug registers: NEXT
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * NEXT leads the guest to the buses with requests.  What counts is that no bus
 * with a request is left out after a signal; that it names no other keeps an
 * event cheap.
 */

#include "test-cmocka.h"
#include "acpi-slots-fixture.h"

static uint32_t read_next(AcpiSlots *slots)
{
    AcpiSlotsValue next = acpi_slots_read_extension(slots, ACPI_SLOTS_NEXT, 4);

    assert_int_equal(next.refusal, ACPI_SLOTS_ACCEPTED);
    return next.value;
}

static uint32_t read_register(AcpiSlots *slots, uint32_t bus, uint64_t offset)
{
    acpi_slots_write(slots, ACPI_SLOTS_SEL, 4, bus);
    return acpi_slots_read(slots, offset, 4).value;
}

static void assert_next(AcpiSlots *slots, const uint32_t *buses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(read_next(slots), buses[i]);
    }
    assert_int_equal(read_next(slots), ACPI_SLOTS_NO_BUS);
    assert_int_equal(read_next(slots), ACPI_SLOTS_NO_BUS);
}

#define ASSERT_NEXT(slots, ...) do { \
    static const uint32_t buses_[] = { __VA_ARGS__ }; \
    assert_next(slots, buses_, COUNT_OF(buses_)); \
} while (0)

static void test_next_without_requests(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    assert_int_equal(read_next(&slots), ACPI_SLOTS_NO_BUS);
    assert_int_equal(read_next(&slots), ACPI_SLOTS_NO_BUS);
}

static void test_next_names_each_bus_alone(void **state)
{
    (void)state;
    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        AcpiSlots slots;

        acpi_slots_init(&slots, true, true);
        acpi_slots_request_unplug(&slots, bus, bus % ACPI_SLOTS_PER_BUS);
        assert_next(&slots, &bus, 1);
    }
}

static void test_next_names_all_buses_ascending(void **state)
{
    uint32_t buses[ACPI_SLOTS_BUSES];
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    for (uint32_t bus = ACPI_SLOTS_BUSES; bus-- > 0;) {
        buses[bus] = bus;
        if (bus % 2) {
            acpi_slots_plug(&slots, bus, 0);
        } else {
            acpi_slots_request_unplug(&slots, bus, 31);
        }
    }
    assert_next(&slots, buses, ACPI_SLOTS_BUSES);
}

static void test_next_names_a_bus_once_for_all_its_slots(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    for (uint32_t slot = 0; slot < ACPI_SLOTS_PER_BUS; slot++) {
        acpi_slots_plug(&slots, 77, slot);
        acpi_slots_request_unplug(&slots, 77, slot);
    }
    ASSERT_NEXT(&slots, 77);
}

/* Reading UP, DOWN and the rest puts no bus on the list. */
static void test_next_needs_a_signal(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    acpi_slots_request_unplug(&slots, 3, 1);
    ASSERT_NEXT(&slots, 3);
    for (uint64_t offset = 0; offset < ACPI_SLOTS_WINDOW_SIZE; offset += 4) {
        read_register(&slots, 3, offset);
    }
    assert_int_equal(read_next(&slots), ACPI_SLOTS_NO_BUS);
}

/* A walk over all buses would meet an unanswered request at every event. */
static void test_next_names_open_requests_again(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    acpi_slots_request_unplug(&slots, 200, 1);
    acpi_slots_plug(&slots, 30, 1);
    ASSERT_NEXT(&slots, 30, 200);
    assert_int_equal(read_register(&slots, 30, ACPI_SLOTS_UP), 2);
    acpi_slots_plug(&slots, 100, 1);
    ASSERT_NEXT(&slots, 100, 200);
}

static void test_unplug_requested_twice_signals_twice(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    acpi_slots_request_unplug(&slots, 8, 1);
    ASSERT_NEXT(&slots, 8);
    acpi_slots_request_unplug(&slots, 8, 1);
    ASSERT_NEXT(&slots, 8);
}

/* New requests below, above and on the bus that the guest is at. */
static void test_next_sees_new_requests_during_a_scan(void **state)
{
    static const struct {
        uint32_t bus;
        uint32_t rest[3];
    } arrivals[] = {
        { 50, { 50, 150, 200 } },
        { 100, { 100, 150, 200 } },
        { 160, { 150, 160, 200 } },
        { 255, { 150, 200, 255 } },
        { 0, { 0, 150, 200 } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(arrivals); i++) {
        AcpiSlots slots;

        acpi_slots_init(&slots, true, true);
        acpi_slots_plug(&slots, 200, 0);
        acpi_slots_plug(&slots, 150, 0);
        acpi_slots_plug(&slots, 100, 0);
        assert_int_equal(read_next(&slots), 100);
        assert_int_equal(read_register(&slots, 100, ACPI_SLOTS_UP), 1);
        acpi_slots_plug(&slots, arrivals[i].bus, 2);
        assert_next(&slots, arrivals[i].rest, 3);
    }
}

/* A request made after NEXT named its bus and before UP was read. */
static void test_next_names_a_bus_again_whose_up_is_unread(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    acpi_slots_plug(&slots, 100, 0);
    assert_int_equal(read_next(&slots), 100);
    acpi_slots_plug(&slots, 7, 0);
    ASSERT_NEXT(&slots, 7, 100);
}

/* A bus whose requests were all answered since is not worth a visit. */
static void test_next_after_eject(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    acpi_slots_request_unplug(&slots, 20, 1);
    acpi_slots_request_unplug(&slots, 21, 1);
    acpi_slots_request_unplug(&slots, 22, 1);
    acpi_slots_request_unplug(&slots, 22, 5);
    for (uint32_t bus = 21; bus <= 22; bus++) {
        acpi_slots_write(&slots, ACPI_SLOTS_SEL, 4, bus);
        acpi_slots_write(&slots, ACPI_SLOTS_EJ, 4, 1 << 1);
    }
    ASSERT_NEXT(&slots, 20, 22);
}

static void test_next_after_reading_up(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    acpi_slots_plug(&slots, 20, 1);
    acpi_slots_plug(&slots, 21, 1);
    acpi_slots_plug(&slots, 22, 1);
    acpi_slots_request_unplug(&slots, 22, 1);
    assert_int_equal(read_register(&slots, 21, ACPI_SLOTS_UP), 1 << 1);
    assert_int_equal(read_register(&slots, 22, ACPI_SLOTS_UP), 1 << 1);
    ASSERT_NEXT(&slots, 20, 22);
}

/* A reset answers removals; what was plugged stays for the guest to see. */
static void test_next_after_reset(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    acpi_slots_request_unplug(&slots, 20, 1);
    acpi_slots_plug(&slots, 21, 2);
    acpi_slots_request_unplug(&slots, 21, 1);
    acpi_slots_plug(&slots, 22, 3);
    acpi_slots_request_unplug(&slots, 22, 3);
    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        acpi_slots_take_removals(&slots, bus);
    }
    ASSERT_NEXT(&slots, 21);
}

/* Where reading UP does not clear it, it does not take the bus off either. */
static void test_next_with_one_bus(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, false, true);
    acpi_slots_plug(&slots, 0, 6);
    assert_int_equal(read_register(&slots, 0, ACPI_SLOTS_UP), 1 << 6);
    ASSERT_NEXT(&slots, 0);
    acpi_slots_plug(&slots, 0, 7);
    ASSERT_NEXT(&slots, 0);
    assert_int_equal(read_register(&slots, 0, ACPI_SLOTS_UP), 3 << 6);
}

/* SEL, whatever is in it, has no part in NEXT. */
static void test_next_is_independent_of_select(void **state)
{
    (void)state;
    for (size_t i = 0; i < SELECTS; i++) {
        AcpiSlots slots;

        acpi_slots_init(&slots, true, true);
        acpi_slots_plug(&slots, 12, 0);
        acpi_slots_write(&slots, ACPI_SLOTS_SEL, 4, selects[i]);
        ASSERT_NEXT(&slots, 12);
        assert_int_equal(slots.select, selects[i]);
    }
}

/* An access that is refused takes no bus off the list. */
static void test_next_is_not_consumed_by_refused_accesses(void **state)
{
    AcpiSlots slots;

    (void)state;
    acpi_slots_init(&slots, true, true);
    acpi_slots_plug(&slots, 12, 0);
    for (unsigned size = 0; size <= 16; size++) {
        for (uint64_t offset = 0; offset < 0x20; offset++) {
            if (size != 4 || offset != ACPI_SLOTS_NEXT) {
                acpi_slots_read_extension(&slots, offset, size);
            }
            acpi_slots_write_extension(&slots, offset, size, UINT32_MAX);
        }
    }
    ASSERT_NEXT(&slots, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_without_requests),
        cmocka_unit_test(test_next_names_each_bus_alone),
        cmocka_unit_test(test_next_names_all_buses_ascending),
        cmocka_unit_test(test_next_names_a_bus_once_for_all_its_slots),
        cmocka_unit_test(test_next_needs_a_signal),
        cmocka_unit_test(test_next_names_open_requests_again),
        cmocka_unit_test(test_unplug_requested_twice_signals_twice),
        cmocka_unit_test(test_next_sees_new_requests_during_a_scan),
        cmocka_unit_test(test_next_names_a_bus_again_whose_up_is_unread),
        cmocka_unit_test(test_next_after_eject),
        cmocka_unit_test(test_next_after_reading_up),
        cmocka_unit_test(test_next_after_reset),
        cmocka_unit_test(test_next_with_one_bus),
        cmocka_unit_test(test_next_is_independent_of_select),
        cmocka_unit_test(test_next_is_not_consumed_by_refused_accesses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
