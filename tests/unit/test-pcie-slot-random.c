/*
 * Test of the slot model: random events, and what must hold after each
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest writes anything anywhere and a migration stream may hold anything.
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/pcie-slot.h"
#include "random.h"

#define SLOTS   400
#define EVENTS  2000

typedef struct Subject {
    PcieSlotModel slot;
    bool line;
} Subject;

/* ---- what must hold ---------------------------------------------------- */

static void check_state(const PcieSlotModel *slot)
{
    unsigned light = slot->control >> 8 & 3;
    bool power = !slot->features.power_controller ||
                 !(slot->control >> 10 & 1);
    bool present = slot->status >> 6 & 1;

    switch (slot->state) {
    case PCIE_SLOT_EMPTY:
        assert_true(!present && !slot->claimed);
        return;
    case PCIE_SLOT_INSERTED:
        assert_true(present && !power && light == 3);
        return;
    case PCIE_SLOT_BLINKING_ON:
        assert_true(present && light == 2 && !slot->claimed);
        return;
    case PCIE_SLOT_POWERED:
        assert_true(present && power && light == 3 && !(slot->status & 1));
        return;
    case PCIE_SLOT_ON:
        assert_true(present && power && light < 2 && !(slot->status & 1));
        return;
    case PCIE_SLOT_PRESSED:
        assert_true(present && power && light != 2 && slot->status & 1);
        return;
    case PCIE_SLOT_BLINKING_OFF:
        assert_true(present && light == 2 && slot->claimed);
        return;
    case PCIE_SLOT_POWERED_OFF:
        assert_true(present && !power && light < 2);
        return;
    }
    fail_msg("state %d", slot->state);
}

static void check_effect(const PcieSlotModel *before,
                         const PcieSlotModel *after, PcieSlotEffect effect)
{
    assert_int_equal(effect.from, before->state);
    assert_int_equal(effect.to, after->state);
    assert_memory_equal(&before->features, &after->features,
                        sizeof(before->features));
    if (effect.refusal != PCIE_SLOT_ACCEPTED) {
        assert_memory_equal(before, after, sizeof(*before));
        assert_int_equal(effect.removal, PCIE_SLOT_REMOVE_NONE);
        assert_int_equal(effect.power, PCIE_SLOT_POWER_KEEP);
        assert_int_equal(effect.interrupt, PCIE_SLOT_INTERRUPT_KEEP);
    }
    if (effect.removal == PCIE_SLOT_REMOVE_ALL) {
        assert_int_equal(after->state, PCIE_SLOT_EMPTY);
        assert_true(after->status & PCIE_SLOT_PRESENCE);
        assert_false(before->fixed);
    }
    if (effect.acknowledged) {
        assert_true(before->status & PCIE_SLOT_BUTTON);
    }
    if (before->fixed && before->status & PCIE_SLOT_PRESENT) {
        assert_true(after->fixed);
    }
}

/* ---- events ------------------------------------------------------------ */

static PcieSlotEffect random_plug(PcieSlotModel *slot, Random *random)
{
    PcieSlotArrival arrival = random_below(random, 3);
    PcieSlotFunction function = {
        .link_reporting = random_below(random, 2),
        .fixed = random_below(random, 50) == 0,
    };
    PcieSlotRefusal refusal = pcie_slot_check_plug(slot, arrival);

    if (refusal != PCIE_SLOT_ACCEPTED) {
        return (PcieSlotEffect) {
            .refusal = refusal, .from = slot->state, .to = slot->state,
        };
    }
    return pcie_slot_plug(slot, arrival, function);
}

static PcieSlotEffect random_write(PcieSlotModel *slot, Random *random)
{
    static const unsigned sizes[] = { 1, 2, 2, 2, 4 };
    unsigned size = sizes[random_below(random, COUNT_OF(sizes))];
    int32_t offset = (int32_t)random_below(random, 7) - 2;
    uint32_t value = random_word(random);

    if (random_below(random, 2)) {
        offset = 2 * (int32_t)random_below(random, 2);
        value &= random_word(random) | (offset ? 0 : 0x0300);
    }
    return pcie_slot_write(slot, offset, size, value);
}

static PcieSlotEffect random_event(PcieSlotModel *slot, Random *random,
                                   unsigned kind)
{
    switch (kind) {
    case 0:
        return random_plug(slot, random);
    case 1:
        return pcie_slot_request_unplug(slot, random_below(random, 2));
    case 2:
        return pcie_slot_press_button(slot);
    case 3:
        return pcie_slot_devices_gone(slot);
    case 4:
        return pcie_slot_enable_power(slot);
    case 8:
        return pcie_slot_show_device(slot, (PcieSlotFunction) {
            .link_reporting = random_below(random, 2),
        });
    case 9:
        return pcie_slot_show_empty(slot);
    case 10:
        return pcie_slot_withdraw(slot);
    case 11:
        return pcie_slot_leave_device(slot);
    case 5:
        return pcie_slot_reset(slot, random_below(random, 2));
    case 6:
        return pcie_slot_restore(slot, random_word(random),
                                 random_word(random),
                                 random_below(random, 2));
    default:
        return random_write(slot, random);
    }
}

static unsigned random_kind(Random *random)
{
    unsigned kind = random_below(random, 24);

    return kind == 6 && random_below(random, 10) ? 7 : kind;
}

/* INTx follows the effects, but for a reset and a loaded level. */
static void follow_line(Subject *subject, unsigned kind,
                        PcieSlotEffect effect)
{
    if (kind == 5 || kind == 6) {
        subject->line = subject->slot.notified;
    } else if (effect.interrupt != PCIE_SLOT_INTERRUPT_KEEP) {
        subject->line = effect.interrupt == PCIE_SLOT_INTERRUPT_RAISE;
    }
    assert_int_equal(subject->line, subject->slot.notified);
}

static PcieSlotFeatures random_features(Random *random)
{
    return (PcieSlotFeatures) {
        .number = random_word(random),
        .hot_plug = random_below(random, 4),
        .power_controller = random_below(random, 3),
        .interlock = random_below(random, 4),
        .link_reporting = random_below(random, 2),
    };
}

static void test_invariants(void **state)
{
    Random random;

    random_start(&random, "invariants of a slot");
    for (unsigned i = 0; i < SLOTS; i++) {
        Subject subject = { .line = false };

        pcie_slot_init(&subject.slot, random_features(&random));
        for (unsigned j = 0; j < EVENTS; j++) {
            const PcieSlotModel before = subject.slot;
            unsigned kind = random_kind(&random);
            PcieSlotEffect effect = random_event(&subject.slot, &random, kind);

            check_state(&subject.slot);
            check_effect(&before, &subject.slot, effect);
            follow_line(&subject, kind, effect);
        }
    }
}

/* What the guest has had before is worth a name, and nothing else. */
static void test_claim_is_a_name(void **state)
{
    Random random;

    random_start(&random, "a slot's claim");
    for (unsigned i = 0; i < SLOTS * EVENTS / 8; i++) {
        PcieSlotModel one, other;
        PcieSlotEffect first, second;
        unsigned kind = random_kind(&random);
        Random same;

        pcie_slot_init(&one, random_features(&random));
        pcie_slot_restore(&one, random_word(&random), random_word(&random),
                          true);
        other = one;
        other.claimed = !one.claimed;
        same = random;
        first = random_event(&one, &random, kind);
        second = random_event(&other, &same, kind);

        assert_int_equal(one.control, other.control);
        assert_int_equal(one.status, other.status);
        assert_int_equal(one.link_active, other.link_active);
        assert_int_equal(one.notified, other.notified);
        assert_int_equal(first.refusal, second.refusal);
        assert_int_equal(first.removal, second.removal);
        assert_int_equal(first.power, second.power);
        assert_int_equal(first.interrupt, second.interrupt);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invariants),
        cmocka_unit_test(test_claim_is_a_name),
    };

    return cmocka_run_group_tests_name("slot, random events", tests, NULL,
                                       NULL);
}
