/*
 * Test of the ACPI PCI hotplug registers: random calls beside a naive model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The naive model keeps a bool for each slot and looks through all of them
 * where the real one has bit tricks.  After every call the answers are
 * compared, and the whole state now and then.
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/acpi-slots.h"
#include "random.h"

#define BUSES            ACPI_SLOTS_BUSES
#define SLOTS            ACPI_SLOTS_PER_BUS
#define CALLS            200000
#define COMPARE_INTERVAL 500

typedef struct Naive {
    bool banked;
    bool fast_scan;
    bool once;
    bool up[BUSES][SLOTS];
    bool down[BUSES][SLOTS];
    bool unread[BUSES][SLOTS];
    uint32_t removable[BUSES];
    bool visit[BUSES];
    uint32_t select;
    uint32_t index;
} Naive;

typedef struct Pair {
    AcpiSlots slots;
    Naive naive;
    Random random;
} Pair;

/* ---- the naive model ---------------------------------------------------- */

static uint32_t bits_of(const bool *slots)
{
    uint32_t bits = 0;

    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        bits |= (uint32_t)slots[slot] << slot;
    }
    return bits;
}

static AcpiSlotsRefusal naive_bad_access(uint64_t offset, unsigned size,
                                         uint64_t end)
{
    if (size != 4 || offset % 4) {
        return ACPI_SLOTS_BAD_SIZE;
    }
    return offset < end ? ACPI_SLOTS_ACCEPTED : ACPI_SLOTS_NO_REGISTER;
}

/* What DOWN shows. */
static bool *naive_shown(Naive *naive, uint32_t bus)
{
    return naive->once ? naive->unread[bus] : naive->down[bus];
}

/* A bus on which nothing is left to do is not visited. */
static void naive_settle(Naive *naive, uint32_t bus)
{
    if (bits_of(naive->up[bus]) == 0 &&
        bits_of(naive_shown(naive, bus)) == 0) {
        naive->visit[bus] = false;
    }
}

/* The guest reads a row of bits, which says so and is clear afterwards. */
static AcpiSlotsValue naive_see(Naive *naive, uint32_t bus, bool *row,
                                bool clear)
{
    AcpiSlotsValue answer = { .value = bits_of(row), .bus = bus };

    answer.seen = answer.value;
    for (uint32_t slot = 0; clear && slot < SLOTS; slot++) {
        row[slot] = false;
    }
    naive_settle(naive, bus);
    return answer;
}

static AcpiSlotsValue naive_register(Naive *naive, uint64_t offset)
{
    uint32_t bus = naive->select;
    AcpiSlotsValue answer = { 0 };

    if (offset == 0x00) {
        answer = naive_see(naive, bus, naive->up[bus],
                           naive->banked || naive->once);
    } else if (offset == 0x04 && naive->once) {
        answer = naive_see(naive, bus, naive->unread[bus], true);
    } else if (offset == 0x04) {
        answer.value = bits_of(naive->down[bus]);
    } else if (offset == 0x0c) {
        answer.value = naive->removable[bus];
    } else if (offset == 0x10) {
        answer.value = bus;
    } else if (offset == 0x14) {
        answer.value = naive->index;
        naive->index = 0;
    }
    return answer;
}

static AcpiSlotsValue naive_read(Naive *naive, uint64_t offset, unsigned size)
{
    AcpiSlotsRefusal bad = naive_bad_access(offset, size, 0x18);

    if (bad) {
        return (AcpiSlotsValue) { .refusal = bad };
    }
    if (naive->select >= BUSES) {
        return (AcpiSlotsValue) { .refusal = ACPI_SLOTS_BAD_BUS };
    }
    return naive_register(naive, offset);
}

static AcpiSlotsEffect naive_slot_write(Naive *naive, uint64_t offset,
                                        uint32_t value)
{
    AcpiSlotsEffect effect = { .refusal = ACPI_SLOTS_NO_SLOT };

    if (naive->select >= BUSES) {
        return (AcpiSlotsEffect) { .refusal = ACPI_SLOTS_BAD_BUS };
    }
    for (uint32_t slot = SLOTS; slot-- > 0;) {
        if (value & UINT32_C(1) << slot) {
            effect = (AcpiSlotsEffect) {
                .action = offset == 0x08 ? ACPI_SLOTS_EJECT
                                         : ACPI_SLOTS_LOOK_UP,
                .bus = naive->select,
                .slot = slot,
            };
        }
    }
    if (effect.action == ACPI_SLOTS_EJECT && !naive->once) {
        naive->up[effect.bus][effect.slot] = false;
        naive->down[effect.bus][effect.slot] = false;
        naive_settle(naive, effect.bus);
    }
    return effect;
}

static AcpiSlotsEffect naive_write(Naive *naive, uint64_t offset,
                                   unsigned size, uint32_t value)
{
    AcpiSlotsRefusal bad = naive_bad_access(offset, size, 0x18);

    if (bad) {
        return (AcpiSlotsEffect) { .refusal = bad };
    }
    naive->index = 0;
    if (offset == 0x08 || offset == 0x14) {
        return naive_slot_write(naive, offset, value);
    }
    if (offset == 0x10) {
        naive->select = naive->banked ? value : 0;
        return (AcpiSlotsEffect) { 0 };
    }
    return (AcpiSlotsEffect) { .refusal = ACPI_SLOTS_NO_REGISTER };
}

static AcpiSlotsValue naive_read_extension(Naive *naive, uint64_t offset,
                                           unsigned size)
{
    AcpiSlotsRefusal bad = naive_bad_access(offset, size,
                                            naive->fast_scan ? 4 : 0);

    if (bad) {
        return (AcpiSlotsValue) { .refusal = bad };
    }
    for (uint32_t bus = 0; bus < BUSES; bus++) {
        if (naive->visit[bus]) {
            naive->visit[bus] = false;
            return (AcpiSlotsValue) { .value = bus };
        }
    }
    return (AcpiSlotsValue) { .value = UINT32_MAX };
}

static void naive_signal(Naive *naive)
{
    for (uint32_t bus = 0; bus < BUSES; bus++) {
        if (bits_of(naive->up[bus]) || bits_of(naive_shown(naive, bus))) {
            naive->visit[bus] = true;
        }
    }
}

static void naive_take_requests(Naive *naive, uint32_t bus, uint32_t slot)
{
    naive->up[bus][slot] = false;
    naive->down[bus][slot] = false;
    naive->unread[bus][slot] = false;
    naive_settle(naive, bus);
}

static uint32_t naive_take_removals(Naive *naive, uint32_t bus)
{
    uint32_t removals = bits_of(naive->down[bus]);

    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (naive->down[bus][slot]) {
            naive->up[bus][slot] = false;
            naive->down[bus][slot] = false;
        }
        naive->unread[bus][slot] = false;
    }
    naive_settle(naive, bus);
    return removals;
}

/* ---- comparison --------------------------------------------------------- */

static void compare_value(AcpiSlotsValue have, AcpiSlotsValue want)
{
    assert_int_equal(have.value, want.value);
    assert_int_equal(have.refusal, want.refusal);
    assert_int_equal(have.bus, want.bus);
    assert_int_equal(have.seen, want.seen);
}

static void compare_effect(AcpiSlotsEffect have, AcpiSlotsEffect want)
{
    assert_int_equal(have.action, want.action);
    assert_int_equal(have.refusal, want.refusal);
    assert_int_equal(have.bus, want.bus);
    assert_int_equal(have.slot, want.slot);
}

static void compare_state(const AcpiSlots *slots, const Naive *naive)
{
    for (uint32_t bus = 0; bus < BUSES; bus++) {
        assert_int_equal(slots->bus[bus].up, bits_of(naive->up[bus]));
        assert_int_equal(slots->bus[bus].down, bits_of(naive->down[bus]));
        assert_int_equal(slots->bus[bus].unread, bits_of(naive->unread[bus]));
        assert_int_equal(slots->bus[bus].removable, naive->removable[bus]);
        assert_int_equal(slots->visit[bus / 32] >> bus % 32 & 1,
                         naive->visit[bus]);
    }
    assert_int_equal(slots->select, naive->select);
    assert_int_equal(slots->index, naive->index);
    assert_int_equal(slots->banked, naive->banked);
    assert_int_equal(slots->fast_scan, naive->fast_scan);
}

/* ---- random calls ------------------------------------------------------- */

/* Mostly what a guest would do; sometimes anything. */
static uint64_t any_offset(Random *random)
{
    switch (random_below(random, 16)) {
    case 0:
        return random_below(random, 0x30);
    case 1:
        return (uint64_t)random_word(random) << 32 | random_word(random);
    default:
        return random_below(random, 6) * 4;
    }
}

static unsigned any_size(Random *random)
{
    return random_below(random, 16) ? 4 : random_below(random, 17);
}

static uint32_t any_value(Random *random, uint64_t offset)
{
    if (random_below(random, 16) == 0) {
        return random_word(random);
    }
    if (offset == ACPI_SLOTS_SEL) {
        return random_below(random, BUSES + 2);
    }
    return random_below(random, 8) ? UINT32_C(1) << random_below(random, SLOTS)
                                   : 0;
}

static void guest_reads(Pair *pair)
{
    uint64_t offset = any_offset(&pair->random);
    unsigned size = any_size(&pair->random);

    compare_value(acpi_slots_read(&pair->slots, offset, size),
                  naive_read(&pair->naive, offset, size));
}

static void guest_writes(Pair *pair)
{
    uint64_t offset = any_offset(&pair->random);
    unsigned size = any_size(&pair->random);
    uint32_t value = any_value(&pair->random, offset);
    AcpiSlotsEffect effect = acpi_slots_write(&pair->slots, offset, size,
                                              value);

    compare_effect(effect, naive_write(&pair->naive, offset, size, value));
    if (effect.action == ACPI_SLOTS_LOOK_UP) {
        pair->naive.index = random_word(&pair->random);
        acpi_slots_set_index(&pair->slots, pair->naive.index);
    }
}

static void guest_reads_next(Pair *pair)
{
    uint64_t offset = random_below(&pair->random, 8) ?
                      ACPI_SLOTS_NEXT : any_offset(&pair->random);
    unsigned size = any_size(&pair->random);

    compare_value(acpi_slots_read_extension(&pair->slots, offset, size),
                  naive_read_extension(&pair->naive, offset, size));
}

static void host_requests(Pair *pair)
{
    uint32_t bus = random_below(&pair->random, BUSES);
    uint32_t slot = random_below(&pair->random, SLOTS);

    if (random_below(&pair->random, 2)) {
        acpi_slots_plug(&pair->slots, bus, slot);
        pair->naive.up[bus][slot] = true;
    } else {
        acpi_slots_request_unplug(&pair->slots, bus, slot);
        pair->naive.down[bus][slot] = true;
        pair->naive.unread[bus][slot] = pair->naive.once;
    }
    naive_signal(&pair->naive);
}

/* Mostly there is nothing to take. */
static void host_takes(Pair *pair)
{
    uint32_t bus = random_below(&pair->random, BUSES);
    uint32_t slot = random_below(&pair->random, SLOTS);
    const bool up = pair->naive.up[bus][slot];
    const bool down = pair->naive.down[bus][slot];
    AcpiSlotsBus taken = acpi_slots_take_requests(&pair->slots, bus, slot);

    assert_int_equal(taken.up, (uint32_t)up << slot);
    assert_int_equal(taken.down, (uint32_t)down << slot);
    naive_take_requests(&pair->naive, bus, slot);
}

static void host_resets(Pair *pair)
{
    for (uint32_t bus = 0; bus < BUSES; bus++) {
        uint32_t removable = random_word(&pair->random);

        assert_int_equal(acpi_slots_take_removals(&pair->slots, bus),
                         naive_take_removals(&pair->naive, bus));
        acpi_slots_set_removable(&pair->slots, bus, removable);
        pair->naive.removable[bus] = removable;
    }
}

static void one_call(Pair *pair)
{
    uint32_t choice = random_below(&pair->random, 1000);

    if (choice == 0) {
        host_resets(pair);
    } else if (choice < 20) {
        host_takes(pair);
    } else if (choice < 100) {
        host_requests(pair);
    } else if (choice < 300) {
        guest_reads_next(pair);
    } else if (choice < 650) {
        guest_reads(pair);
    } else {
        guest_writes(pair);
    }
}

static void run(Pair *pair, bool banked, bool fast_scan, bool once)
{
    memset(&pair->naive, 0, sizeof(pair->naive));
    pair->naive.banked = banked;
    pair->naive.fast_scan = fast_scan;
    pair->naive.once = once;
    acpi_slots_init(&pair->slots, banked, fast_scan);
    pair->slots.once = once;
    for (uint32_t call = 0; call < CALLS; call++) {
        one_call(pair);
        if (call % COMPARE_INTERVAL == 0) {
            compare_state(&pair->slots, &pair->naive);
        }
    }
    compare_state(&pair->slots, &pair->naive);
}

static void test_one_bus(void **state)
{
    run(*state, false, false, false);
}

static void test_one_bus_fast_scan(void **state)
{
    run(*state, false, true, false);
}

static void test_banked(void **state)
{
    run(*state, true, false, false);
}

static void test_banked_fast_scan(void **state)
{
    run(*state, true, true, false);
}

static void test_once(void **state)
{
    run(*state, true, false, true);
    run(*state, true, true, true);
    run(*state, false, true, true);
}

static int start(void **state)
{
    static Pair pair;

    random_start(&pair.random, "test-acpi-slots-random");
    *state = &pair;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_bus),
        cmocka_unit_test(test_one_bus_fast_scan),
        cmocka_unit_test(test_banked),
        cmocka_unit_test(test_banked_fast_scan),
        cmocka_unit_test(test_once),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
