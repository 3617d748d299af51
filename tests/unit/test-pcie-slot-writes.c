/*
 * Test of the slot model: what single accesses and conditions do
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The matrix writes whole registers, with all interrupts enabled or none;
 * here are the other widths, places and enables, and what is not an event.
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/pcie-slot.h"

#define STATUS      2
#define LIGHT(indicator) \
    (PCIE_SLOT_INDICATOR_##indicator << PCIE_SLOT_LIGHT_SHIFT)
#define ALL_OFF     (PCIE_SLOT_POWER_OFF | PCIE_SLOT_LIGHT | \
                     PCIE_SLOT_ATTENTION)
#define LISTENING   (PCIE_SLOT_EVENTS | PCIE_SLOT_INTERRUPT)

/* Slot Status: data link layer state changed, which is never set. */
#define LINK_CHANGED  0x0100

static const PcieSlotFeatures full = { 5, true, true, true, true };
static const PcieSlotFeatures plain = { 5, true, false, true, true };
static const PcieSlotFunction reporting = { .link_reporting = true };

/* A slot whose device is in use: power and indicator on, no event. */
static PcieSlotModel slot_in_use(PcieSlotFeatures features)
{
    PcieSlotModel slot;

    pcie_slot_init(&slot, features);
    pcie_slot_plug(&slot, PCIE_SLOT_COLD, reporting);
    pcie_slot_reset(&slot, PCIE_SLOT_OCCUPIED);
    pcie_slot_write(&slot, 0, 2, LIGHT(ON) | PCIE_SLOT_ATTENTION);
    pcie_slot_write(&slot, STATUS, 2, PCIE_SLOT_COMMAND);
    assert_int_equal(slot.state, PCIE_SLOT_ON);
    return slot;
}

static PcieSlotModel restored(PcieSlotFeatures features, uint16_t control,
                              uint16_t status)
{
    PcieSlotModel slot;

    pcie_slot_init(&slot, features);
    pcie_slot_restore(&slot, control, status, false);
    return slot;
}

/* ---- set-up ------------------------------------------------------------ */

static void test_power_on(void **state)
{
    PcieSlotModel slot;

    memset(&slot, 0xa5, sizeof(slot));
    pcie_slot_init(&slot, full);
    assert_int_equal(slot.state, PCIE_SLOT_EMPTY);
    assert_int_equal(slot.control, PCIE_SLOT_LIGHT | PCIE_SLOT_ATTENTION);
    assert_int_equal(slot.status, 0);
    assert_false(slot.link_active || slot.notified || slot.claimed ||
                 slot.fixed);
}

static void test_capabilities(void **state)
{
    static const struct {
        PcieSlotFeatures features;
        uint32_t capabilities;
        uint16_t writable;
    } rows[] = {
        { { 0, false, false, false, false }, 0x00000019, 0x03f9 },
        { { 1, true, false, false, false },  0x00080079, 0x03f9 },
        { { 2, false, true, false, false },  0x0010001b, 0x07f9 },
        { { 3, false, false, true, false },  0x001a0019, 0x03f9 },
        { { 4, false, false, false, true },  0x00200019, 0x03f9 },
        { { 0x1fff, true, true, true, true }, 0xfffa007b, 0x07f9 },
        { { 0xffff, true, true, true, true }, 0xfffa007b, 0x07f9 },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        PcieSlotModel slot;

        pcie_slot_init(&slot, rows[i].features);
        assert_int_equal(pcie_slot_capabilities(&slot), rows[i].capabilities);
        assert_int_equal(pcie_slot_writable(&slot), rows[i].writable);
    }
}

static void test_names(void **state)
{
    for (int one = 0; one <= PCIE_SLOT_POWERED_OFF; one++) {
        assert_string_not_equal(pcie_slot_state_name(one), "unknown");
        for (int other = 0; other < one; other++) {
            assert_string_not_equal(pcie_slot_state_name(one),
                                    pcie_slot_state_name(other));
        }
    }
    assert_string_equal(pcie_slot_state_name(PCIE_SLOT_POWERED_OFF + 1),
                        "unknown");
    assert_string_equal(pcie_slot_indicator_name(PCIE_SLOT_INDICATOR_OFF),
                        "off");
    assert_string_equal(pcie_slot_indicator_name(PCIE_SLOT_INDICATOR_ON),
                        "on");
    assert_string_equal(
        pcie_slot_indicator_name(PCIE_SLOT_INDICATOR_BLINKING), "blinking");
    assert_string_equal(
        pcie_slot_indicator_name(PCIE_SLOT_INDICATOR_RESERVED), "reserved");
    assert_string_equal(pcie_slot_indicator_name(4), "unknown");
}

static void test_indicators(void **state)
{
    for (unsigned light = 0; light < 4; light++) {
        for (unsigned attention = 0; attention < 4; attention++) {
            PcieSlotModel slot = slot_in_use(full);

            pcie_slot_write(&slot, 0, 2, light << 8 | attention << 6);
            assert_int_equal(pcie_slot_power_indicator(&slot), light);
            assert_int_equal(pcie_slot_attention_indicator(&slot), attention);
        }
    }
}

/* ---- widths and places ------------------------------------------------- */

/* What a byte of the access does, taken one at a time. */
static void expect_write(PcieSlotModel *slot, int32_t offset, unsigned size,
                         uint32_t value)
{
    uint16_t control = 0, mask = 0, status = 0;

    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = value >> 8 * i;

        switch (offset + (int)i) {
        case 0:
            control |= byte;
            mask |= 0x00ff;
            break;
        case 1:
            control |= byte << 8;
            mask |= 0xff00;
            break;
        case 2:
            status |= byte;
            break;
        case 3:
            status |= byte << 8;
            break;
        }
    }
    if (!(status & ~slot->status & 0x1f)) {
        slot->status &= ~(status & PCIE_SLOT_EVENTS);
    }
    if (control & PCIE_SLOT_INTERLOCK) {
        slot->status ^= PCIE_SLOT_LOCKED;
    }
    if (mask) {
        mask &= 0x07f9;
        slot->control = (slot->control & ~mask) | (control & mask);
        slot->status |= PCIE_SLOT_COMMAND;
    }
}

/* With values that do not release the device. */
static void test_places(void **state)
{
    static const uint32_t values[] = {
        0, 0x01390139, 0x00190139, 0x00010009, 0x00090008, 0x10111011,
        0xf000f1f1, 0x01000100, 0x00000001, 0x00010000, 0x00000100,
    };
    static const uint16_t pending[] = { 0, 0x01, 0x08, 0x10, 0x11, 0x19 };

    for (size_t v = 0; v < COUNT_OF(values); v++) {
        for (size_t p = 0; p < COUNT_OF(pending); p++) {
            for (int32_t offset = -5; offset <= 6; offset++) {
                for (unsigned size = 1; size <= 4; size *= 2) {
                    PcieSlotModel slot = restored(full, LIGHT(ON),
                        PCIE_SLOT_PRESENT | pending[p]);
                    PcieSlotModel expected = slot;

                    pcie_slot_write(&slot, offset, size, values[v]);
                    expect_write(&expected, offset, size, values[v]);
                    assert_int_equal(slot.control, expected.control);
                    assert_int_equal(slot.status, expected.status);
                }
            }
        }
    }
}

static void test_elsewhere(void **state)
{
    static const int32_t offsets[] = {
        INT32_MIN, -0x60, -4, 4, 8, 0x100, INT32_MAX - 3, INT32_MAX,
    };

    for (size_t i = 0; i < COUNT_OF(offsets); i++) {
        PcieSlotModel slot = slot_in_use(full), before = slot;
        PcieSlotEffect effect = pcie_slot_write(&slot, offsets[i], 4,
                                                UINT32_MAX);
        const PcieSlotEffect neutral = {
            .from = PCIE_SLOT_ON, .to = PCIE_SLOT_ON,
        };

        assert_memory_equal(&slot, &before, sizeof(slot));
        assert_memory_equal(&effect, &neutral, sizeof(effect));
    }
}

/* Power and power indicator are in the upper byte. */
static void test_release_by_byte(void **state)
{
    PcieSlotModel slot = slot_in_use(full);
    PcieSlotEffect effect = pcie_slot_write(&slot, 0, 1, ALL_OFF & 0xff);

    assert_int_equal(effect.removal, PCIE_SLOT_REMOVE_NONE);
    effect = pcie_slot_write(&slot, 1, 1, ALL_OFF >> 8);
    assert_int_equal(effect.removal, PCIE_SLOT_REMOVE_ALL);
    assert_int_equal(effect.power, PCIE_SLOT_TURN_OFF);
    assert_int_equal(slot.state, PCIE_SLOT_EMPTY);
}

static void test_release_by_double_word(void **state)
{
    PcieSlotModel slot = slot_in_use(full);
    PcieSlotEffect effect = pcie_slot_write(&slot, 0, 4, ALL_OFF);

    assert_int_equal(effect.removal, PCIE_SLOT_REMOVE_ALL);
    assert_int_equal(slot.control, ALL_OFF);
}

/* Without power controller the power bit reads 0, whatever is written. */
static void test_power_bit_without_controller(void **state)
{
    PcieSlotModel slot = slot_in_use(plain);
    PcieSlotEffect effect = pcie_slot_write(&slot, 0, 2, ALL_OFF);

    assert_int_equal(effect.removal, PCIE_SLOT_REMOVE_NONE);
    assert_int_equal(effect.power, PCIE_SLOT_TURN_ON);
    assert_int_equal(slot.control, ALL_OFF & ~PCIE_SLOT_POWER_OFF);
    assert_int_equal(slot.state, PCIE_SLOT_POWERED);
}

/* The status half of a double word clears by its own bits alone. */
static void test_clear_by_double_word(void **state)
{
    PcieSlotModel slot = slot_in_use(full);
    uint32_t control = slot.control | LISTENING;
    PcieSlotEffect effect;

    pcie_slot_press_button(&slot);
    effect = pcie_slot_write(&slot, 0, 4, control | PCIE_SLOT_BUTTON << 16);
    assert_true(effect.acknowledged);
    assert_int_equal(slot.status, PCIE_SLOT_PRESENT | PCIE_SLOT_COMMAND);

    pcie_slot_press_button(&slot);
    effect = pcie_slot_write(&slot, 0, 4,
                             (PCIE_SLOT_BUTTON | PCIE_SLOT_PRESENCE) << 16);
    assert_false(effect.acknowledged);
    assert_true(slot.status & PCIE_SLOT_BUTTON);
}

/* One event bit too many, and nothing is cleared; other bits do not count. */
static void test_clear_unseen(void **state)
{
    for (unsigned ones = 0; ones <= UINT16_MAX; ones++) {
        const uint16_t pending = PCIE_SLOT_BUTTON | PCIE_SLOT_COMMAND;
        PcieSlotModel slot = restored(full, LIGHT(ON),
                                      PCIE_SLOT_PRESENT | pending);
        uint16_t cleared = ones & (0x1f & ~pending) ? 0 : ones & pending;
        PcieSlotEffect effect = pcie_slot_write(&slot, STATUS, 2, ones);

        assert_int_equal(slot.status,
                         (PCIE_SLOT_PRESENT | pending) & ~cleared);
        assert_int_equal(effect.acknowledged, cleared & PCIE_SLOT_BUTTON);
    }
}

static void test_upper_status_byte(void **state)
{
    PcieSlotModel slot = restored(full, LIGHT(ON), PCIE_SLOT_PRESENT |
                                  PCIE_SLOT_BUTTON | LINK_CHANGED);

    pcie_slot_write(&slot, STATUS + 1, 1, 0xff);
    assert_int_equal(slot.status, PCIE_SLOT_PRESENT | PCIE_SLOT_BUTTON |
                                  LINK_CHANGED);
}

/* Bits that a stream may carry but no guest can write. */
static void test_foreign_bits(void **state)
{
    PcieSlotModel slot = restored(full, 0xf906 | LIGHT(ON), 0xff66);

    pcie_slot_write(&slot, 0, 2, 0xf7ff);
    assert_int_equal(slot.control, 0xff06 | 0x07f9);
    assert_int_equal(slot.status & 0xff00, 0xff00);
    slot = restored(full, LIGHT(ON), PCIE_SLOT_PRESENT);
    pcie_slot_write(&slot, 0, 2, 0xf006 | LIGHT(ON));
    assert_int_equal(slot.control, LIGHT(ON));
}

/*
 * A guest that was suspended writes back that an empty slot was off.  It has
 * slept over the device that came meanwhile, and does not give it back.
 */
static void test_write_back_after_wake_up(void **state)
{
    PcieSlotModel slot;
    PcieSlotEffect effect;

    (void)state;
    pcie_slot_init(&slot, full);
    pcie_slot_plug(&slot, PCIE_SLOT_HOT, reporting);
    pcie_slot_reset(&slot, PCIE_SLOT_OCCUPIED);
    assert_true(slot.claimed);
    effect = pcie_slot_leave_device(&slot);
    assert_int_equal(effect.power, PCIE_SLOT_TURN_OFF);

    effect = pcie_slot_write(&slot, 0, 2, ALL_OFF | LISTENING);
    assert_int_equal(effect.removal, PCIE_SLOT_REMOVE_NONE);
    assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_RAISE);
    assert_int_equal(slot.state, PCIE_SLOT_INSERTED);

    pcie_slot_write(&slot, 0, 2, LIGHT(BLINKING) | LISTENING);
    assert_int_equal(slot.state, PCIE_SLOT_BLINKING_ON);
}

static void test_interlock_reads_zero(void **state)
{
    PcieSlotModel slot = slot_in_use(full);

    pcie_slot_write(&slot, 0, 2, slot.control | PCIE_SLOT_INTERLOCK);
    assert_false(slot.control & PCIE_SLOT_INTERLOCK);
    assert_true(slot.status & PCIE_SLOT_LOCKED);
    pcie_slot_reset(&slot, PCIE_SLOT_OCCUPIED);
    assert_false(slot.status & PCIE_SLOT_LOCKED);
}

static void test_locked_empty_slot(void **state)
{
    PcieSlotModel slot;

    pcie_slot_init(&slot, full);
    pcie_slot_write(&slot, 1, 1, PCIE_SLOT_INTERLOCK >> 8);
    assert_int_equal(pcie_slot_check_plug(&slot, PCIE_SLOT_COLD),
                     PCIE_SLOT_INTERLOCKED);
    assert_int_equal(pcie_slot_check_plug(&slot, PCIE_SLOT_HOT),
                     PCIE_SLOT_INTERLOCKED);
}

/* ---- link -------------------------------------------------------------- */

/* The device decides whether the link comes up, the port, whether it goes. */
static void test_link(void **state)
{
    for (int by_port = 0; by_port < 2; by_port++) {
        for (int by_device = 0; by_device < 2; by_device++) {
            PcieSlotFeatures features = full;
            PcieSlotFunction function = { .link_reporting = by_device };
            PcieSlotModel slot;

            features.link_reporting = by_port;
            pcie_slot_init(&slot, features);
            pcie_slot_plug(&slot, PCIE_SLOT_HOT, function);
            assert_int_equal(slot.link_active, by_device);
            pcie_slot_devices_gone(&slot);
            assert_int_equal(slot.link_active, by_device && !by_port);
        }
    }
}

/* ---- interrupts -------------------------------------------------------- */

/* Every enable against every event: sec 6.7.3.4. */
static void test_conditions(void **state)
{
    for (unsigned control = 0; control < 0x40; control++) {
        for (unsigned events = 0; events < 0x20; events++) {
            PcieSlotModel slot = restored(full, LIGHT(ON) | control,
                                          PCIE_SLOT_PRESENT | events);
            bool wanted = (control & 0x20) && (control & events & 0x19);

            assert_int_equal(slot.notified, wanted);
        }
    }
}

static void test_enable_with_event(void **state)
{
    for (unsigned size = 2; size <= 4; size += 2) {
        PcieSlotModel slot = slot_in_use(full);
        uint16_t enable = PCIE_SLOT_BUTTON | PCIE_SLOT_INTERRUPT;
        PcieSlotEffect effect = pcie_slot_press_button(&slot);

        assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_KEEP);
        effect = pcie_slot_write(&slot, 0, size, LIGHT(ON) | enable);
        assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_RAISE);
    }
}

/* To disable an interrupt lowers it; there is nothing to tell the guest. */
static void test_disable_with_event(void **state)
{
    PcieSlotModel slot = slot_in_use(full);
    PcieSlotEffect effect;

    pcie_slot_write(&slot, 0, 2, LIGHT(ON) | PCIE_SLOT_BUTTON |
                                 PCIE_SLOT_INTERRUPT);
    pcie_slot_press_button(&slot);
    effect = pcie_slot_write(&slot, 0, 2, LIGHT(ON));
    assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_LOWER);
    assert_false(slot.notified);
}

/*
 * The conditions cease to hold by what a command disables, and hold again by
 * its completion: that is a second interrupt.
 */
static void test_completion_after_disable(void **state)
{
    PcieSlotModel slot = slot_in_use(full);
    PcieSlotEffect effect;

    pcie_slot_write(&slot, 0, 2, LIGHT(ON) | PCIE_SLOT_BUTTON |
                                 PCIE_SLOT_INTERRUPT);
    pcie_slot_write(&slot, STATUS, 2, PCIE_SLOT_COMMAND);
    pcie_slot_press_button(&slot);
    assert_true(slot.notified);
    effect = pcie_slot_write(&slot, 0, 2, LIGHT(ON) | PCIE_SLOT_COMMAND |
                                          PCIE_SLOT_INTERRUPT);
    assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_RAISE);
}

/* A press that is dropped with its device takes its interrupt along. */
static void test_unplug_drops_press(void **state)
{
    PcieSlotModel slot;
    PcieSlotEffect effect;

    pcie_slot_init(&slot, full);
    pcie_slot_reset(&slot, PCIE_SLOT_VACANT);
    pcie_slot_write(&slot, 0, 2, ALL_OFF | PCIE_SLOT_BUTTON |
                                 PCIE_SLOT_INTERRUPT);
    effect = pcie_slot_plug(&slot, PCIE_SLOT_HOT, reporting);
    assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_RAISE);
    effect = pcie_slot_request_unplug(&slot, PCIE_SLOT_VISIBLE);
    assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_LOWER);
    assert_int_equal(effect.removal, PCIE_SLOT_REMOVE_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_on),
        cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_indicators),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_release_by_byte),
        cmocka_unit_test(test_release_by_double_word),
        cmocka_unit_test(test_power_bit_without_controller),
        cmocka_unit_test(test_clear_by_double_word),
        cmocka_unit_test(test_clear_unseen),
        cmocka_unit_test(test_upper_status_byte),
        cmocka_unit_test(test_foreign_bits),
        cmocka_unit_test(test_write_back_after_wake_up),
        cmocka_unit_test(test_interlock_reads_zero),
        cmocka_unit_test(test_locked_empty_slot),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_enable_with_event),
        cmocka_unit_test(test_disable_with_event),
        cmocka_unit_test(test_completion_after_disable),
        cmocka_unit_test(test_unplug_drops_press),
    };

    return cmocka_run_group_tests_name("slot, single accesses", tests, NULL,
                                       NULL);
}
