/*
 * Test of the slot model: the slot matrix
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Runs every event from every start with every set of features, once with all
 * interrupts enabled and once with none, and compares state, registers and
 * effects with the one row of the matrix that covers it.
 */

#include <stdio.h>
#include <string.h>

#include "test-cmocka.h"
#include "pcie-slot-matrix.h"

#define ENABLED      (PCIE_SLOT_EVENTS | PCIE_SLOT_INTERRUPT)
#define STATUS       2
#define INDICATOR(indicator) \
    (PCIE_SLOT_INDICATOR_##indicator << PCIE_SLOT_LIGHT_SHIFT)

/* ---- sets of features -------------------------------------------------- */

typedef struct FeatureSet {
    const char *name;
    PcieSlotFeatures features;
    bool fixed;
} FeatureSet;

static const FeatureSet feature_sets[MATRIX_FEATURE_SETS] = {
    { "full", { 1, true, true, true, true }, false },
    { "no link reporting", { 1, true, true, true, false }, false },
    { "no interlock", { 1, true, true, false, true }, false },
    { "no power controller", { 1, true, false, true, true }, false },
    { "no hot-plug", { 1, false, true, true, true }, false },
    { "no power controller, no hot-plug",
      { 1, false, false, true, true }, false },
    { "fixed device", { 1, true, true, true, true }, true },
    { "fixed device, no power controller",
      { 1, true, false, true, true }, true },
};

/* ---- the guest's hands ------------------------------------------------- */

static PcieSlotEffect command(PcieSlotModel *slot, uint16_t mask,
                              uint16_t value)
{
    return pcie_slot_write(slot, 0, 2, (slot->control & ~mask) | value);
}

static PcieSlotEffect clear_events(PcieSlotModel *slot)
{
    return pcie_slot_write(slot, STATUS, 2, slot->status & PCIE_SLOT_EVENTS);
}

/* A command and the clearing of what it leaves behind. */
static void quiet_command(PcieSlotModel *slot, uint16_t mask, uint16_t value)
{
    command(slot, mask, value);
    pcie_slot_write(slot, STATUS, 2, PCIE_SLOT_COMMAND);
}

static void show(PcieSlotModel *slot, uint16_t indicator)
{
    quiet_command(slot, PCIE_SLOT_LIGHT, indicator);
}

static void cut(PcieSlotModel *slot)
{
    quiet_command(slot, 0, PCIE_SLOT_POWER_OFF);
}

static void feed(PcieSlotModel *slot)
{
    quiet_command(slot, PCIE_SLOT_POWER_OFF, 0);
}

/* ---- how to get to each start ------------------------------------------ */

static PcieSlotFunction function_for(const PcieSlotModel *slot)
{
    return (PcieSlotFunction) {
        .link_reporting = slot->features.link_reporting,
    };
}

static void hot_plug(PcieSlotModel *slot)
{
    pcie_slot_plug(slot, PCIE_SLOT_HOT, function_for(slot));
}

static void reach_empty(PcieSlotModel *slot)
{
}

static void reach_empty_lit(PcieSlotModel *slot)
{
    feed(slot);
    show(slot, INDICATOR(ON));
}

static void reach_empty_blinking(PcieSlotModel *slot)
{
    feed(slot);
    show(slot, INDICATOR(BLINKING));
}

static void reach_blinking_on(PcieSlotModel *slot)
{
    hot_plug(slot);
    clear_events(slot);
    show(slot, INDICATOR(BLINKING));
}

static void reach_turning_on(PcieSlotModel *slot)
{
    reach_blinking_on(slot);
    feed(slot);
}

/* A reset ends what the interrupts were set to; they are set again. */
static void reach_powered(PcieSlotModel *slot)
{
    uint16_t enabled = slot->control & ENABLED;

    pcie_slot_plug(slot, PCIE_SLOT_COLD, function_for(slot));
    pcie_slot_reset(slot, PCIE_SLOT_OCCUPIED);
    quiet_command(slot, 0, enabled);
}

static void reach_on(PcieSlotModel *slot)
{
    reach_powered(slot);
    show(slot, INDICATOR(ON));
}

static void reach_locked(PcieSlotModel *slot)
{
    reach_on(slot);
    quiet_command(slot, 0, PCIE_SLOT_INTERLOCK);
}

static void reach_pressed(PcieSlotModel *slot)
{
    reach_on(slot);
    pcie_slot_press_button(slot);
}

static void reach_blinking_off(PcieSlotModel *slot)
{
    reach_pressed(slot);
    clear_events(slot);
    show(slot, INDICATOR(BLINKING));
}

static void reach_turned_off(PcieSlotModel *slot)
{
    reach_blinking_off(slot);
    cut(slot);
}

static void reach_powered_off(PcieSlotModel *slot)
{
    reach_on(slot);
    cut(slot);
}

/*
 * @features: sets of features with which there is such a start
 */
typedef struct Start {
    const char *name;
    uint32_t features;
    PcieSlotState state;
    void (*reach)(PcieSlotModel *slot);
} Start;

static const Start starts[MATRIX_STARTS] = {
    { "empty", PC, PCIE_SLOT_EMPTY, reach_empty },
    { "empty", PLAIN, PCIE_SLOT_EMPTY, reach_empty },
    { "empty, lit", ALL, PCIE_SLOT_EMPTY, reach_empty_lit },
    { "empty, blinking", ALL, PCIE_SLOT_EMPTY, reach_empty_blinking },
    { "inserted", PC, PCIE_SLOT_INSERTED, hot_plug },
    { "blinking on", PC, PCIE_SLOT_BLINKING_ON, reach_blinking_on },
    { "turning on", ALL, PCIE_SLOT_BLINKING_ON, reach_turning_on },
    { "powered", ALL, PCIE_SLOT_POWERED, reach_powered },
    { "on", ALL, PCIE_SLOT_ON, reach_on },
    { "locked", ALL & ~NO_LOCK, PCIE_SLOT_ON, reach_locked },
    { "pressed", ALL, PCIE_SLOT_PRESSED, reach_pressed },
    { "pressed, new", PLAIN, PCIE_SLOT_PRESSED, hot_plug },
    { "blinking off", ALL, PCIE_SLOT_BLINKING_OFF, reach_blinking_off },
    { "turned off", PC, PCIE_SLOT_BLINKING_OFF, reach_turned_off },
    { "powered off", PC, PCIE_SLOT_POWERED_OFF, reach_powered_off },
};

static PcieSlotModel slot_at(const Start *start, const FeatureSet *set,
                             uint16_t enabled)
{
    PcieSlotFunction fixed = { .fixed = true };
    PcieSlotModel slot;

    pcie_slot_init(&slot, set->features);
    pcie_slot_reset(&slot, PCIE_SLOT_VACANT);
    quiet_command(&slot, 0, enabled);
    start->reach(&slot);
    if (set->fixed) {
        pcie_slot_plug(&slot, PCIE_SLOT_HOT_PART, fixed);
    }
    return slot;
}

/* ---- events ------------------------------------------------------------ */

static PcieSlotEffect plug(PcieSlotModel *slot, PcieSlotArrival arrival)
{
    PcieSlotRefusal refusal = pcie_slot_check_plug(slot, arrival);

    if (refusal != PCIE_SLOT_ACCEPTED) {
        return (PcieSlotEffect) {
            .refusal = refusal, .from = slot->state, .to = slot->state,
        };
    }
    return pcie_slot_plug(slot, arrival, function_for(slot));
}

static PcieSlotEffect reset(PcieSlotModel *slot)
{
    return pcie_slot_reset(slot, slot->status & PCIE_SLOT_PRESENT ?
                                 PCIE_SLOT_OCCUPIED : PCIE_SLOT_VACANT);
}

static PcieSlotEffect happen(PcieSlotModel *slot, PcieSlotMatrixEvent event)
{
    switch (event) {
    case PLUG_COLD:
        return plug(slot, PCIE_SLOT_COLD);
    case PLUG_HOT:
        return plug(slot, PCIE_SLOT_HOT);
    case PLUG_PART:
        return plug(slot, PCIE_SLOT_HOT_PART);
    case UNPLUG:
        return pcie_slot_request_unplug(slot, PCIE_SLOT_VISIBLE);
    case UNPLUG_PART:
        return pcie_slot_request_unplug(slot, PCIE_SLOT_HIDDEN);
    case BUTTON:
        return pcie_slot_press_button(slot);
    case GONE:
        return pcie_slot_devices_gone(slot);
    case ENABLE_POWER:
        return pcie_slot_enable_power(slot);
    case SHOW:
        return pcie_slot_show_device(slot, function_for(slot));
    case SHOW_EMPTY:
        return pcie_slot_show_empty(slot);
    case WITHDRAW:
        return pcie_slot_withdraw(slot);
    case LEAVE:
        return pcie_slot_leave_device(slot);
    case DARKEN:
        return command(slot, PCIE_SLOT_LIGHT, INDICATOR(OFF));
    case LIGHT:
        return command(slot, PCIE_SLOT_LIGHT, INDICATOR(ON));
    case BLINK:
        return command(slot, PCIE_SLOT_LIGHT, INDICATOR(BLINKING));
    case CUT:
        return command(slot, 0, PCIE_SLOT_POWER_OFF);
    case FEED:
        return command(slot, PCIE_SLOT_POWER_OFF, 0);
    case CUT_DARK:
        return command(slot, PCIE_SLOT_LIGHT,
                       INDICATOR(OFF) | PCIE_SLOT_POWER_OFF);
    case LOCK:
        return command(slot, 0, PCIE_SLOT_INTERLOCK);
    case CLEAR:
        return clear_events(slot);
    case WIPE:
        return pcie_slot_write(slot, STATUS, 2, 0xffff);
    case RESET:
        return reset(slot);
    case LOAD:
        return pcie_slot_restore(slot, slot->control, slot->status,
                                 slot->link_active);
    case MATRIX_EVENTS:
        break;
    }
    fail_msg("no such event: %d", event);
    return (PcieSlotEffect) { 0 };
}

static const char *const event_names[MATRIX_EVENTS] = {
    [PLUG_COLD] = "plug cold", [PLUG_HOT] = "plug hot",
    [PLUG_PART] = "plug a part", [UNPLUG] = "unplug",
    [UNPLUG_PART] = "unplug a part", [BUTTON] = "button",
    [GONE] = "devices gone", [ENABLE_POWER] = "enable power",
    [SHOW] = "device shown", [SHOW_EMPTY] = "shown empty",
    [WITHDRAW] = "events withdrawn", [LEAVE] = "left to be found",
    [DARKEN] = "indicator off", [LIGHT] = "indicator on",
    [BLINK] = "indicator blinks", [CUT] = "power off", [FEED] = "power on",
    [CUT_DARK] = "power and indicator off", [LOCK] = "interlock",
    [CLEAR] = "clear events", [WIPE] = "clear all", [RESET] = "reset",
    [LOAD] = "load",
};

/* ---- comparing --------------------------------------------------------- */

static uint32_t effects_of(PcieSlotEffect effect)
{
    static const uint32_t refusals[] = {
        [PCIE_SLOT_ACCEPTED] = 0, [PCIE_SLOT_NO_HOT_PLUG] = DEAF,
        [PCIE_SLOT_INTERLOCKED] = LOCKED, [PCIE_SLOT_FIXED] = STAYS,
        [PCIE_SLOT_BUSY] = BUSY,
    };
    static const uint32_t removals[] = {
        [PCIE_SLOT_REMOVE_NONE] = 0, [PCIE_SLOT_REMOVE_FUNCTION] = PART_OUT,
        [PCIE_SLOT_REMOVE_ALL] = REMOVE,
    };
    static const uint32_t powers[] = {
        [PCIE_SLOT_POWER_KEEP] = 0, [PCIE_SLOT_TURN_OFF] = DOWN,
        [PCIE_SLOT_TURN_ON] = UP,
    };
    static const uint32_t interrupts[] = {
        [PCIE_SLOT_INTERRUPT_KEEP] = 0, [PCIE_SLOT_INTERRUPT_RAISE] = RAISE,
        [PCIE_SLOT_INTERRUPT_LOWER] = LOWER,
    };

    return refusals[effect.refusal] | removals[effect.removal] |
           powers[effect.power] | interrupts[effect.interrupt] |
           (effect.acknowledged ? ACK : 0);
}

/* What the row says should be there afterwards. */
static PcieSlotModel expected_slot(const PcieSlotRow *row,
                                   const PcieSlotModel *before,
                                   uint16_t enabled)
{
    PcieSlotModel slot = *before;

    if (row->state != SAME) {
        slot.state = row->state;
        slot.control = row->control | enabled;
        slot.status = row->status;
        if (!slot.features.interlock) {
            slot.status &= ~PCIE_SLOT_LOCKED;
        }
    }
    if (row->event == RESET) {
        slot.control &= ~ENABLED;
    }
    slot.link_active = slot.features.link_reporting &&
                       slot.status & PCIE_SLOT_PRESENT;
    slot.notified = slot.control & PCIE_SLOT_INTERRUPT &&
                    slot.status & PCIE_SLOT_EVENTS;
    return slot;
}

static bool same_slot(const PcieSlotModel *one, const PcieSlotModel *other)
{
    return one->state == other->state && one->control == other->control &&
           one->status == other->status &&
           one->link_active == other->link_active &&
           one->notified == other->notified && one->fixed == other->fixed;
}

static void print_slot(const char *what, const PcieSlotModel *slot,
                       uint32_t effects)
{
    print_error("  %s: %s, control 0x%04x, status 0x%04x, link %d, notified "
                "%d, effects 0x%x\n", what, pcie_slot_state_name(slot->state),
                slot->control, slot->status, slot->link_active,
                slot->notified, effects);
}

static void check_row(const PcieSlotRow *row, const Start *start,
                      const FeatureSet *set, uint16_t enabled)
{
    const PcieSlotModel before = slot_at(start, set, enabled);
    PcieSlotModel expected = expected_slot(row, &before, enabled);
    uint32_t effects = row->effects & (enabled ? ~0 : ~(RAISE | LOWER));
    PcieSlotModel slot = before;
    PcieSlotEffect effect;

    assert_int_equal(before.state, start->state);
    effect = happen(&slot, row->event);
    if (!same_slot(&slot, &expected) || effects_of(effect) != effects ||
        effect.from != before.state || effect.to != slot.state) {
        print_error("%s, %s, %s:\n", event_names[row->event], start->name,
                    set->name);
        print_slot("expected", &expected, effects);
        print_slot("happened", &slot, effects_of(effect));
        fail();
    }
    if (effect.refusal != PCIE_SLOT_ACCEPTED) {
        assert_memory_equal(&slot, &before, sizeof(slot));
    }
}

/* The one row that covers a combination. */
static const PcieSlotRow *row_for(PcieSlotMatrixEvent event, unsigned start,
                                  unsigned set)
{
    const PcieSlotRow *found = NULL;

    for (unsigned i = 0; i < pcie_slot_matrix_rows; i++) {
        const PcieSlotRow *row = &pcie_slot_matrix[i];

        if (row->event == event && row->starts >> start & 1 &&
            row->features >> set & 1) {
            if (found) {
                fail_msg("%s, %s, %s: rows %zu and %u",
                         event_names[event], starts[start].name,
                         feature_sets[set].name, found - pcie_slot_matrix, i);
            }
            found = row;
        }
    }
    if (!found) {
        fail_msg("%s, %s, %s: no row", event_names[event],
                 starts[start].name, feature_sets[set].name);
    }
    return found;
}

static void test_event(void **state)
{
    PcieSlotMatrixEvent event = *(const PcieSlotMatrixEvent *)*state;

    for (unsigned start = 0; start < MATRIX_STARTS; start++) {
        for (unsigned set = 0; set < MATRIX_FEATURE_SETS; set++) {
            if (starts[start].features >> set & 1) {
                const PcieSlotRow *row = row_for(event, start, set);

                check_row(row, &starts[start], &feature_sets[set], ENABLED);
                check_row(row, &starts[start], &feature_sets[set], 0);
            }
        }
    }
}

int main(void)
{
    static PcieSlotMatrixEvent events[MATRIX_EVENTS];
    struct CMUnitTest tests[MATRIX_EVENTS];

    for (int i = 0; i < MATRIX_EVENTS; i++) {
        events[i] = i;
        tests[i] = (struct CMUnitTest) {
            .name = event_names[i],
            .test_func = test_event,
            .initial_state = &events[i],
        };
    }
    return cmocka_run_group_tests_name("slot matrix", tests, NULL, NULL);
}
