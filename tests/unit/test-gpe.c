/*
 * Test of the general-purpose event registers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each row of the block lies between guard bytes that no call may change.
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/gpe.h"
#include "random.h"

#define LONGEST       8          /* ICH9 has 8 bytes in a row, PIIX4 has 2 */
#define GUARD         0xc3
#define RANDOM_CALLS  300000

typedef struct Rows {
    uint8_t before;
    uint8_t status[LONGEST];
    uint8_t between;
    uint8_t enable[LONGEST];
    uint8_t after;
} Rows;

/* Bytes of a row behind the block's length are guards too. */
static GpeBlock make_block(Rows *rows, uint32_t length)
{
    memset(rows, GUARD, sizeof(*rows));
    return (GpeBlock) {
        .status = rows->status,
        .enable = rows->enable,
        .length = length,
    };
}

static GpeBlock make_filled_block(Rows *rows, uint32_t length)
{
    GpeBlock block = make_block(rows, length);

    for (uint32_t i = 0; i < length; i++) {
        rows->status[i] = 0x11 << i % 4;
        rows->enable[i] = 0xfe ^ i;
    }
    return block;
}

static bool naive_asserted(const Rows *rows, uint32_t length)
{
    bool asserted = false;

    for (uint32_t bit = 0; bit < length * 8; bit++) {
        asserted |= rows->status[bit / 8] >> bit % 8 &
                    rows->enable[bit / 8] >> bit % 8 & 1;
    }
    return asserted;
}

/* ---- reads -------------------------------------------------------------- */

static const uint64_t far_offsets[] = {
    17, 31, 32, 255, 256, 0xffff, UINT64_C(0xffffffff),
    UINT64_C(0x100000000), UINT64_C(0x100000001), UINT64_C(1) << 63,
    UINT64_MAX - 1, UINT64_MAX,
};

static void test_reads(void **state)
{
    (void)state;
    for (uint32_t length = 0; length <= LONGEST; length++) {
        Rows rows;
        GpeBlock block = make_filled_block(&rows, length);
        const Rows unchanged = rows;

        for (uint64_t offset = 0; offset <= 2 * LONGEST; offset++) {
            uint8_t expected = offset < length ? rows.status[offset] :
                offset < 2 * length ? rows.enable[offset - length] : 0;

            assert_int_equal(gpe_read(&block, offset), expected);
            assert_int_equal(gpe_is_status(&block, offset), offset < length);
        }
        for (size_t i = 0; i < COUNT_OF(far_offsets); i++) {
            assert_int_equal(gpe_read(&block, far_offsets[i]), 0);
            assert_false(gpe_is_status(&block, far_offsets[i]));
        }
        assert_memory_equal(&rows, &unchanged, sizeof(rows));
    }
}

/* ---- writes ------------------------------------------------------------- */

/* Every status, enable byte and value: 2^24 writes for each of the rows. */
static void test_status_byte(void **state)
{
    (void)state;
    for (unsigned status = 0; status <= UINT8_MAX; status++) {
        for (unsigned enable = 0; enable <= UINT8_MAX; enable++) {
            for (unsigned value = 0; value <= UINT8_MAX; value++) {
                Rows rows;
                GpeBlock block = make_block(&rows, 1);
                GpeEffect effect;

                rows.status[0] = status;
                rows.enable[0] = enable;
                effect = gpe_write(&block, 0, value);
                if (rows.status[0] != (status & (0xff ^ value)) ||
                    rows.enable[0] != enable || effect.refused ||
                    effect.enabled || effect.disabled ||
                    effect.asserted != !!(rows.status[0] & enable)) {
                    fail_msg("status 0x%x enable 0x%x, status written 0x%x",
                             status, enable, value);
                }
            }
        }
    }
}

static void test_enable_byte(void **state)
{
    (void)state;
    for (unsigned status = 0; status <= UINT8_MAX; status++) {
        for (unsigned enable = 0; enable <= UINT8_MAX; enable++) {
            for (unsigned value = 0; value <= UINT8_MAX; value++) {
                Rows rows;
                GpeBlock block = make_block(&rows, 1);
                GpeEffect effect;

                rows.status[0] = status;
                rows.enable[0] = enable;
                effect = gpe_write(&block, 1, value);
                if (rows.status[0] != status || rows.enable[0] != value ||
                    effect.refused ||
                    effect.enabled != (value & (0xff ^ enable)) ||
                    effect.disabled != (enable & (0xff ^ value)) ||
                    effect.asserted != !!(status & value)) {
                    fail_msg("status 0x%x enable 0x%x, enable written 0x%x",
                             status, enable, value);
                }
            }
        }
    }
}

/* The write reaches the one byte it names, at any length of the block. */
static void check_write(uint32_t length, uint64_t offset, uint8_t value)
{
    Rows rows;
    GpeBlock block = make_filled_block(&rows, length);
    Rows expected = rows;
    uint8_t enabled = 0;
    uint8_t disabled = 0;
    GpeEffect effect;

    if (offset < length) {
        expected.status[offset] &= 0xff ^ value;
    } else if (offset < 2 * length) {
        enabled = value & (0xff ^ expected.enable[offset - length]);
        disabled = expected.enable[offset - length] & (0xff ^ value);
        expected.enable[offset - length] = value;
    }
    effect = gpe_write(&block, offset, value);
    assert_memory_equal(&rows, &expected, sizeof(rows));
    assert_int_equal(effect.refused, offset >= 2 * length);
    assert_int_equal(effect.enabled, enabled);
    assert_int_equal(effect.disabled, disabled);
    assert_int_equal(effect.asserted, naive_asserted(&expected, length));
}

static void test_write_of_each_byte(void **state)
{
    (void)state;
    for (uint32_t length = 0; length <= LONGEST; length++) {
        for (unsigned value = 0; value <= UINT8_MAX; value++) {
            for (uint64_t offset = 0; offset <= 2 * LONGEST; offset++) {
                check_write(length, offset, value);
            }
            for (size_t i = 0; i < COUNT_OF(far_offsets); i++) {
                check_write(length, far_offsets[i], value);
            }
        }
    }
}

/* ---- events ------------------------------------------------------------- */

static void check_raise(uint32_t length, uint8_t events)
{
    Rows rows;
    GpeBlock block = make_filled_block(&rows, length);
    Rows expected = rows;
    GpeEffect effect;

    if (length) {
        expected.status[0] |= events;
    }
    effect = gpe_raise(&block, events);
    assert_memory_equal(&rows, &expected, sizeof(rows));
    assert_int_equal(effect.refused, length == 0);
    assert_int_equal(effect.enabled, 0);
    assert_int_equal(effect.disabled, 0);
    assert_int_equal(effect.asserted, naive_asserted(&expected, length));
}

static void test_raise(void **state)
{
    (void)state;
    for (uint32_t length = 0; length <= LONGEST; length++) {
        for (unsigned events = 0; events <= UINT8_MAX; events++) {
            check_raise(length, events);
        }
    }
}

/* One set and enabled bit anywhere asks for the interrupt. */
static void test_asserted_by_each_bit(void **state)
{
    (void)state;
    for (uint32_t length = 1; length <= LONGEST; length++) {
        for (uint32_t bit = 0; bit < length * 8; bit++) {
            Rows rows;
            GpeBlock block = make_block(&rows, length);

            gpe_reset(&block);
            assert_false(gpe_asserted(&block));
            rows.status[bit / 8] = 1 << bit % 8;
            assert_false(gpe_asserted(&block));
            memset(rows.enable, 0xff ^ 1 << bit % 8, length);
            assert_false(gpe_asserted(&block));
            rows.enable[bit / 8] = 1 << bit % 8;
            assert_true(gpe_asserted(&block));
            rows.status[bit / 8] = 0;
            assert_false(gpe_asserted(&block));
        }
    }
}

static void test_reset(void **state)
{
    (void)state;
    for (uint32_t length = 0; length <= LONGEST; length++) {
        Rows rows;
        GpeBlock block = make_filled_block(&rows, length);
        Rows expected = rows;

        memset(expected.status, 0, length);
        memset(expected.enable, 0, length);
        gpe_reset(&block);
        assert_memory_equal(&rows, &expected, sizeof(rows));
    }
}

/* GUEST-FACTS: how Linux takes an event: mask, look, clear, unmask. */
static void test_linux_event(void **state)
{
    const uint8_t hotplug = 1 << 1;
    Rows rows;
    GpeBlock block = make_block(&rows, 2);
    GpeEffect effect;

    (void)state;
    gpe_reset(&block);
    assert_false(gpe_raise(&block, hotplug).asserted);
    assert_false(gpe_write(&block, 0, 0xff).asserted);
    effect = gpe_write(&block, 2, hotplug);
    assert_false(effect.asserted);
    assert_int_equal(effect.enabled, hotplug);
    assert_int_equal(effect.disabled, 0);
    assert_true(gpe_raise(&block, hotplug).asserted);
    effect = gpe_write(&block, 2, 0);
    assert_false(effect.asserted);
    assert_int_equal(effect.disabled, hotplug);
    assert_int_equal(gpe_read(&block, 0), hotplug);
    assert_false(gpe_write(&block, 0, hotplug).asserted);
    assert_false(gpe_write(&block, 2, hotplug).asserted);
}

/* ---- random calls, against one bool for each bit ------------------------ */

static void random_call(Random *random, GpeBlock *block, bool *status,
                        bool *enable)
{
    uint32_t offset = random_below(random, 2 * block->length + 2);
    uint8_t value = random_word(random);
    bool raise = random_below(random, 4) == 0;
    GpeEffect effect = raise ? gpe_raise(block, value)
                             : gpe_write(block, offset, value);
    bool asserted = false;

    for (uint32_t bit = 0; bit < 8; bit++) {
        bool written = value >> bit & 1;
        uint32_t row_bit = offset % block->length * 8 + bit;

        if (raise) {
            status[bit] |= written;
        } else if (offset < block->length) {
            status[row_bit] &= !written;
        } else if (offset < 2 * block->length) {
            assert_int_equal(effect.enabled >> bit & 1,
                             written && !enable[row_bit]);
            assert_int_equal(effect.disabled >> bit & 1,
                             !written && enable[row_bit]);
            enable[row_bit] = written;
        }
    }
    for (uint32_t bit = 0; bit < block->length * 8; bit++) {
        assert_int_equal(gpe_read(block, bit / 8) >> bit % 8 & 1, status[bit]);
        assert_int_equal(gpe_read(block, block->length + bit / 8) >> bit % 8
                         & 1, enable[bit]);
        asserted |= status[bit] && enable[bit];
    }
    assert_int_equal(effect.asserted, asserted);
    assert_int_equal(effect.refused, !raise && offset >= 2 * block->length);
}

static void test_random_calls(void **state)
{
    Random random;

    (void)state;
    random_start(&random, "test-gpe");
    for (uint32_t length = 1; length <= LONGEST; length++) {
        bool status[LONGEST * 8] = { false };
        bool enable[LONGEST * 8] = { false };
        Rows rows;
        GpeBlock block = make_block(&rows, length);

        gpe_reset(&block);
        for (uint32_t i = 0; i < RANDOM_CALLS / LONGEST; i++) {
            random_call(&random, &block, status, enable);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_status_byte),
        cmocka_unit_test(test_enable_byte),
        cmocka_unit_test(test_write_of_each_byte),
        cmocka_unit_test(test_raise),
        cmocka_unit_test(test_asserted_by_each_bit),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_linux_event),
        cmocka_unit_test(test_random_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
