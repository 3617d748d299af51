/*
 * Test of the slot model: what hotplug requests ask of it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/pcie-slot.h"

#define LISTENING  (PCIE_SLOT_INTERRUPT | PCIE_SLOT_BUTTON)

static const PcieSlotFeatures full = {
    .number = 1, .hot_plug = true, .power_controller = true, .interlock = true,
    .link_reporting = true,
};

static PcieSlotModel make_slot(PcieSlotFeatures features, bool fixed)
{
    PcieSlotModel slot;

    pcie_slot_init(&slot, features);
    pcie_slot_plug(&slot, PCIE_SLOT_COLD, (PcieSlotFunction) {
        .link_reporting = true, .fixed = fixed });
    pcie_slot_reset(&slot, PCIE_SLOT_OCCUPIED);
    return slot;
}

static void command(PcieSlotModel *slot, uint16_t value)
{
    pcie_slot_write(slot, 0, 2, value);
    pcie_slot_write(slot, 2, 2, PCIE_SLOT_COMMAND);
}

static uint16_t indicator(PcieSlotIndicator what)
{
    return what << PCIE_SLOT_LIGHT_SHIFT;
}

/* ---- may it be asked at all -------------------------------------------- */

static void test_check_unplug(void **state)
{
    PcieSlotFeatures features = full;
    PcieSlotModel slot = make_slot(full, false);

    (void)state;
    assert_int_equal(pcie_slot_check_unplug(&slot), PCIE_SLOT_ACCEPTED);
    command(&slot, PCIE_SLOT_INTERLOCK);
    assert_int_equal(pcie_slot_check_unplug(&slot), PCIE_SLOT_INTERLOCKED);
    command(&slot, PCIE_SLOT_INTERLOCK);
    assert_int_equal(pcie_slot_check_unplug(&slot), PCIE_SLOT_ACCEPTED);
    slot = make_slot(full, true);
    assert_int_equal(pcie_slot_check_unplug(&slot), PCIE_SLOT_FIXED);
    features.hot_plug = false;
    slot = make_slot(features, false);
    assert_int_equal(pcie_slot_check_unplug(&slot), PCIE_SLOT_NO_HOT_PLUG);
}

/* A busy guest is no reason to refuse: the request waits. */
static void test_check_unplug_of_a_busy_slot(void **state)
{
    PcieSlotModel slot = make_slot(full, false);
    PcieSlotModel before;
    PcieSlotEffect effect;

    (void)state;
    command(&slot, indicator(PCIE_SLOT_INDICATOR_BLINKING));
    assert_int_equal(pcie_slot_check_unplug(&slot), PCIE_SLOT_ACCEPTED);
    before = slot;
    effect = pcie_slot_request_unplug(&slot, PCIE_SLOT_VISIBLE);
    assert_int_equal(effect.refusal, PCIE_SLOT_BUSY);
    assert_memory_equal(&slot, &before, sizeof(slot));
}

/* ---- does anybody use the device --------------------------------------- */

/* Each indicator, with power and without: dark and without power is unused. */
static void test_is_unused(void **state)
{
    (void)state;
    for (unsigned light = 0; light < 4; light++) {
        PcieSlotModel slot = make_slot(full, false);

        command(&slot, indicator(light));
        assert_false(pcie_slot_is_unused(&slot));
        slot = make_slot(full, false);
        slot.control = indicator(light) | PCIE_SLOT_POWER_OFF;
        assert_int_equal(pcie_slot_is_unused(&slot),
                         light == PCIE_SLOT_INDICATOR_OFF);
        slot.fixed = true;
        assert_false(pcie_slot_is_unused(&slot));
    }
}

/* Nobody can tell where power is always on. */
static void test_is_unused_without_power_controller(void **state)
{
    PcieSlotFeatures features = full;
    PcieSlotModel slot;

    (void)state;
    features.power_controller = false;
    slot = make_slot(features, false);
    assert_false(pcie_slot_is_unused(&slot));
    slot.control |= PCIE_SLOT_POWER_OFF;
    assert_false(pcie_slot_is_unused(&slot));
}

/* What is unused is removed at once, with nothing left to see of a press. */
static void test_unused_goes_at_once(void **state)
{
    PcieSlotModel slot;
    PcieSlotEffect effect;

    (void)state;
    pcie_slot_init(&slot, full);
    pcie_slot_reset(&slot, PCIE_SLOT_VACANT);
    pcie_slot_plug(&slot, PCIE_SLOT_HOT, (PcieSlotFunction) { 0 });
    assert_true(pcie_slot_is_unused(&slot));
    effect = pcie_slot_request_unplug(&slot, PCIE_SLOT_VISIBLE);
    assert_int_equal(effect.removal, PCIE_SLOT_REMOVE_ALL);
    assert_false(slot.status & PCIE_SLOT_BUTTON);
}

/* ---- does the guest hear of a press ------------------------------------ */

static void test_listens(void **state)
{
    (void)state;
    for (unsigned control = 0; control < 0x40; control++) {
        PcieSlotModel slot = make_slot(full, false);

        command(&slot, control);
        assert_int_equal(pcie_slot_listens(&slot),
                         (control & LISTENING) == LISTENING);
        pcie_slot_reset(&slot, PCIE_SLOT_OCCUPIED);
        assert_false(pcie_slot_listens(&slot));
    }
}

/* ---- a press that is taken back ---------------------------------------- */

static void test_release_button(void **state)
{
    PcieSlotModel slot = make_slot(full, false);
    PcieSlotModel before;
    PcieSlotEffect effect;

    (void)state;
    command(&slot, LISTENING | indicator(PCIE_SLOT_INDICATOR_ON));
    before = slot;
    effect = pcie_slot_request_unplug(&slot, PCIE_SLOT_VISIBLE);
    assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_RAISE);
    assert_int_equal(slot.state, PCIE_SLOT_PRESSED);
    effect = pcie_slot_release_button(&slot);
    assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_LOWER);
    assert_int_equal(effect.from, PCIE_SLOT_PRESSED);
    assert_int_equal(effect.to, PCIE_SLOT_ON);
    assert_int_equal(effect.removal, PCIE_SLOT_REMOVE_NONE);
    assert_int_equal(effect.power, PCIE_SLOT_POWER_KEEP);
    assert_false(effect.acknowledged);
    assert_memory_equal(&slot, &before, sizeof(slot));
}

/* The button alone: a change of presence is still to be seen. */
static void test_release_keeps_the_other_events(void **state)
{
    PcieSlotModel slot;
    PcieSlotEffect effect;

    (void)state;
    pcie_slot_init(&slot, full);
    command(&slot, LISTENING | PCIE_SLOT_PRESENCE);
    pcie_slot_plug(&slot, PCIE_SLOT_HOT, (PcieSlotFunction) { 0 });
    effect = pcie_slot_release_button(&slot);
    assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_KEEP);
    assert_true(slot.status & PCIE_SLOT_PRESENCE);
    assert_true(slot.status & PCIE_SLOT_PRESENT);
    assert_false(slot.status & PCIE_SLOT_BUTTON);
}

static void test_release_of_nothing(void **state)
{
    PcieSlotModel slot = make_slot(full, false);
    const PcieSlotModel before = slot;
    PcieSlotEffect effect = pcie_slot_release_button(&slot);

    (void)state;
    assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_KEEP);
    assert_memory_equal(&slot, &before, sizeof(slot));
}

/* ---- a reset that carries an unplug out ---------------------------------- */

/* The devices went before the reset, and the guest is not to look for them. */
static void test_reset_of_a_vacated_slot(void **state)
{
    PcieSlotModel slot = make_slot(full, false);

    (void)state;
    assert_true(slot.status & PCIE_SLOT_PRESENT);
    assert_true(slot.link_active);
    pcie_slot_reset(&slot, PCIE_SLOT_VACANT_AS_BEFORE);
    assert_true(slot.status & PCIE_SLOT_PRESENT);
    assert_true(slot.link_active);
    assert_true(slot.control & PCIE_SLOT_POWER_OFF);
    pcie_slot_reset(&slot, PCIE_SLOT_VACANT);
    assert_false(slot.status & PCIE_SLOT_PRESENT);
    assert_false(slot.link_active);
    assert_int_equal(slot.state, PCIE_SLOT_EMPTY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_unplug),
        cmocka_unit_test(test_check_unplug_of_a_busy_slot),
        cmocka_unit_test(test_is_unused),
        cmocka_unit_test(test_is_unused_without_power_controller),
        cmocka_unit_test(test_unused_goes_at_once),
        cmocka_unit_test(test_listens),
        cmocka_unit_test(test_release_button),
        cmocka_unit_test(test_release_keeps_the_other_events),
        cmocka_unit_test(test_release_of_nothing),
        cmocka_unit_test(test_reset_of_a_vacated_slot),
    };

    return cmocka_run_group_tests_name("slot, requests", tests, NULL, NULL);
}
