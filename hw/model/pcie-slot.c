/*
 * Slot of a PCI Express port, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "model/pcie-slot.h"

#define STATUS_OFFSET      2
#define REGISTERS_SIZE     4

/* What guests clear without looking, see clear_events(). */
#define CLEARED_AT_START \
    (PCIE_SLOT_EVENTS | PCIE_SLOT_POWER_FAULT | PCIE_SLOT_RETENTION_LATCH)

#define BOTH_INDICATORS_OFF \
    (PCIE_SLOT_INDICATOR_OFF << PCIE_SLOT_LIGHT_SHIFT | \
     PCIE_SLOT_INDICATOR_OFF << PCIE_SLOT_ATTENTION_SHIFT)

/* ---- what the registers say -------------------------------------------- */

static bool is_present(const PcieSlotModel *slot)
{
    return slot->status & PCIE_SLOT_PRESENT;
}

static bool is_dark(const PcieSlotModel *slot)
{
    return pcie_slot_power_indicator(slot) == PCIE_SLOT_INDICATOR_OFF;
}

static bool is_blinking(const PcieSlotModel *slot)
{
    return pcie_slot_power_indicator(slot) == PCIE_SLOT_INDICATOR_BLINKING;
}

/* Safe to pull: no power, and the indicator says so. */
static bool is_off(const PcieSlotModel *slot)
{
    return !pcie_slot_has_power(slot) && is_dark(slot);
}

static PcieSlotState state_of(const PcieSlotModel *slot)
{
    if (!is_present(slot)) {
        return PCIE_SLOT_EMPTY;
    }
    if (is_blinking(slot)) {
        return slot->claimed ? PCIE_SLOT_BLINKING_OFF : PCIE_SLOT_BLINKING_ON;
    }
    if (!pcie_slot_has_power(slot)) {
        return is_dark(slot) ? PCIE_SLOT_INSERTED : PCIE_SLOT_POWERED_OFF;
    }
    if (slot->status & PCIE_SLOT_BUTTON) {
        return PCIE_SLOT_PRESSED;
    }
    return is_dark(slot) ? PCIE_SLOT_POWERED : PCIE_SLOT_ON;
}

/* PCIe r4.0, sec 6.7.3.4: conditions for a hot-plug interrupt. */
static bool wants_interrupt(const PcieSlotModel *slot)
{
    return (slot->control & PCIE_SLOT_INTERRUPT) &&
           (slot->control & slot->status & PCIE_SLOT_EVENTS);
}

/* ---- building effects -------------------------------------------------- */

static PcieSlotEffect begin(const PcieSlotModel *slot)
{
    return (PcieSlotEffect) { .from = slot->state, .to = slot->state };
}

static PcieSlotEffect refused(const PcieSlotModel *slot,
                              PcieSlotRefusal refusal)
{
    PcieSlotEffect effect = begin(slot);

    effect.refusal = refusal;
    return effect;
}

/*
 * To be called after each change that counts by itself: an interrupt is due
 * when the conditions begin to hold, even if they did before the whole event.
 */
static void notify(PcieSlotModel *slot, PcieSlotEffect *effect)
{
    bool wanted = wants_interrupt(slot);

    if (wanted != slot->notified) {
        effect->interrupt = wanted ? PCIE_SLOT_INTERRUPT_RAISE
                                   : PCIE_SLOT_INTERRUPT_LOWER;
    }
    slot->notified = wanted;
}

static void signal_events(PcieSlotModel *slot, uint16_t events,
                          PcieSlotEffect *effect)
{
    slot->status |= events;
    notify(slot, effect);
}

static void update_power(const PcieSlotModel *slot, PcieSlotEffect *effect)
{
    effect->power = pcie_slot_has_power(slot) ? PCIE_SLOT_TURN_ON
                                              : PCIE_SLOT_TURN_OFF;
}

/* To be called at the end of each event. */
static void settle(PcieSlotModel *slot, PcieSlotEffect *effect)
{
    if (!is_present(slot)) {
        slot->claimed = false;
    } else if (pcie_slot_has_power(slot) && !is_dark(slot) &&
               !is_blinking(slot)) {
        slot->claimed = true;
    }
    slot->state = state_of(slot);
    effect->to = slot->state;
}

void pcie_slot_init(PcieSlotModel *slot, PcieSlotFeatures features)
{
    *slot = (PcieSlotModel) {
        .features = features,
        .state = PCIE_SLOT_EMPTY,
        .control = BOTH_INDICATORS_OFF,
    };
}

/* ---- the host's events ------------------------------------------------- */

PcieSlotRefusal pcie_slot_check_plug(const PcieSlotModel *slot,
                                     PcieSlotArrival arrival)
{
    if (arrival != PCIE_SLOT_COLD && !slot->features.hot_plug) {
        return PCIE_SLOT_NO_HOT_PLUG;
    }
    if (slot->status & PCIE_SLOT_LOCKED) {
        return PCIE_SLOT_INTERLOCKED;
    }
    return PCIE_SLOT_ACCEPTED;
}

PcieSlotEffect pcie_slot_plug(PcieSlotModel *slot, PcieSlotArrival arrival,
                              PcieSlotFunction function)
{
    PcieSlotEffect effect = begin(slot);

    slot->fixed |= function.fixed;
    if (arrival == PCIE_SLOT_HOT_PART) {
        return effect;
    }
    slot->status |= PCIE_SLOT_PRESENT;
    slot->link_active |= function.link_reporting;
    slot->claimed = arrival == PCIE_SLOT_COLD;
    if (arrival == PCIE_SLOT_HOT) {
        signal_events(slot, PCIE_SLOT_PRESENCE | PCIE_SLOT_BUTTON, &effect);
    }
    update_power(slot, &effect);
    settle(slot, &effect);
    return effect;
}

static void clear_presence(PcieSlotModel *slot)
{
    slot->status &= ~PCIE_SLOT_PRESENT;
    if (slot->features.link_reporting) {
        slot->link_active = false;
    }
}

/* The slot is empty from here on; the event still has to be signalled. */
static void vacate(PcieSlotModel *slot)
{
    clear_presence(slot);
    slot->status |= PCIE_SLOT_PRESENCE;
}

/* Nobody in the guest uses the device; a press for it has no object now. */
static PcieSlotEffect remove_at_once(PcieSlotModel *slot)
{
    PcieSlotEffect effect = begin(slot);

    vacate(slot);
    slot->status &= ~PCIE_SLOT_BUTTON;
    notify(slot, &effect);
    effect.removal = PCIE_SLOT_REMOVE_ALL;
    settle(slot, &effect);
    return effect;
}

static PcieSlotEffect remove_function(const PcieSlotModel *slot)
{
    PcieSlotEffect effect = begin(slot);

    effect.removal = PCIE_SLOT_REMOVE_FUNCTION;
    return effect;
}

PcieSlotRefusal pcie_slot_check_unplug(const PcieSlotModel *slot)
{
    if (!slot->features.hot_plug) {
        return PCIE_SLOT_NO_HOT_PLUG;
    }
    if (slot->status & PCIE_SLOT_LOCKED) {
        return PCIE_SLOT_INTERLOCKED;
    }
    return slot->fixed ? PCIE_SLOT_FIXED : PCIE_SLOT_ACCEPTED;
}

static PcieSlotRefusal check_press(const PcieSlotModel *slot)
{
    PcieSlotRefusal refusal = pcie_slot_check_unplug(slot);

    return !refusal && is_blinking(slot) ? PCIE_SLOT_BUSY : refusal;
}

bool pcie_slot_is_unused(const PcieSlotModel *slot)
{
    return is_off(slot) && !slot->fixed;
}

bool pcie_slot_listens(const PcieSlotModel *slot)
{
    return (slot->control & PCIE_SLOT_INTERRUPT) &&
           (slot->control & PCIE_SLOT_BUTTON);
}

PcieSlotEffect pcie_slot_request_unplug(PcieSlotModel *slot,
                                        PcieSlotVisibility visibility)
{
    PcieSlotRefusal refusal = check_press(slot);

    if (refusal != PCIE_SLOT_ACCEPTED) {
        return refused(slot, refusal);
    }
    if (visibility == PCIE_SLOT_HIDDEN) {
        return remove_function(slot);
    }
    switch (slot->state) {
    case PCIE_SLOT_INSERTED:
        return remove_at_once(slot);
    case PCIE_SLOT_EMPTY:          /* the guest gave up what is there still */
        return is_off(slot) ? remove_at_once(slot)
                            : pcie_slot_press_button(slot);
    case PCIE_SLOT_POWERED:
    case PCIE_SLOT_ON:
    case PCIE_SLOT_PRESSED:
    case PCIE_SLOT_POWERED_OFF:
        break;
    case PCIE_SLOT_BLINKING_ON:    /* refused above */
    case PCIE_SLOT_BLINKING_OFF:
        break;
    }
    return pcie_slot_press_button(slot);
}

PcieSlotEffect pcie_slot_press_button(PcieSlotModel *slot)
{
    PcieSlotEffect effect = begin(slot);

    signal_events(slot, PCIE_SLOT_BUTTON, &effect);
    settle(slot, &effect);
    return effect;
}

PcieSlotEffect pcie_slot_devices_gone(PcieSlotModel *slot)
{
    PcieSlotEffect effect = begin(slot);

    vacate(slot);
    notify(slot, &effect);
    settle(slot, &effect);
    return effect;
}

static void turn_on(PcieSlotModel *slot)
{
    if (slot->features.power_controller) {
        slot->control &= ~PCIE_SLOT_POWER_OFF;
    }
}

PcieSlotEffect pcie_slot_enable_power(PcieSlotModel *slot)
{
    PcieSlotEffect effect = begin(slot);

    turn_on(slot);
    update_power(slot, &effect);
    settle(slot, &effect);
    return effect;
}

/* ---- another controller's part ----------------------------------------- */

PcieSlotEffect pcie_slot_show_device(PcieSlotModel *slot,
                                     PcieSlotFunction function)
{
    PcieSlotEffect effect = begin(slot);

    slot->status |= PCIE_SLOT_PRESENT;
    slot->link_active |= function.link_reporting;
    slot->fixed |= function.fixed;
    slot->claimed = false;
    turn_on(slot);
    update_power(slot, &effect);
    settle(slot, &effect);
    return effect;
}

PcieSlotEffect pcie_slot_show_empty(PcieSlotModel *slot)
{
    PcieSlotEffect effect = begin(slot);

    clear_presence(slot);
    settle(slot, &effect);
    return effect;
}

PcieSlotEffect pcie_slot_withdraw(PcieSlotModel *slot)
{
    PcieSlotEffect effect = begin(slot);

    slot->status &= ~(PCIE_SLOT_BUTTON | PCIE_SLOT_PRESENCE);
    notify(slot, &effect);
    settle(slot, &effect);
    return effect;
}

PcieSlotEffect pcie_slot_release_button(PcieSlotModel *slot)
{
    PcieSlotEffect effect = begin(slot);

    slot->status &= ~PCIE_SLOT_BUTTON;
    notify(slot, &effect);
    settle(slot, &effect);
    return effect;
}

PcieSlotEffect pcie_slot_leave_device(PcieSlotModel *slot)
{
    PcieSlotEffect effect = begin(slot);

    if (slot->state != PCIE_SLOT_POWERED) {
        return effect;
    }
    if (slot->features.power_controller) {
        slot->control |= PCIE_SLOT_POWER_OFF;
    }
    slot->claimed = false;
    signal_events(slot, PCIE_SLOT_PRESENCE, &effect);
    update_power(slot, &effect);
    settle(slot, &effect);
    return effect;
}

/* ---- the guest's events ------------------------------------------------ */

/*
 * PcieSlotWrite: an access to the two registers, as 32 bits
 *
 * @value: what was written, 0 where nothing was
 * @mask: all ones in each byte that was written
 */
typedef struct PcieSlotWrite {
    uint32_t value;
    uint32_t mask;
} PcieSlotWrite;

static PcieSlotWrite decode_write(int32_t offset, unsigned size,
                                  uint32_t value)
{
    PcieSlotWrite write = { 0 };

    for (unsigned i = 0; i < size && i < sizeof(value); i++) {
        int64_t byte = (int64_t)offset + i;

        if (byte >= 0 && byte < REGISTERS_SIZE) {
            write.mask |= UINT32_C(0xff) << 8 * byte;
            write.value |= (value >> 8 * i & 0xff) << 8 * byte;
        }
    }
    return write;
}

/*
 * Guests clear all events when they start, and would lose those that they have
 * not seen.  Who clears an event that is not there has not looked: nothing is
 * cleared then.
 */
static void clear_events(PcieSlotModel *slot, uint16_t ones,
                         PcieSlotEffect *effect)
{
    uint16_t cleared = slot->status & ones & PCIE_SLOT_EVENTS;

    if (ones & ~slot->status & CLEARED_AT_START) {
        return;
    }
    slot->status &= ~cleared;
    effect->acknowledged = cleared & PCIE_SLOT_BUTTON;
    notify(slot, effect);
}

/*
 * Whether a command gives the device back: with a power controller, when power
 * and indicator come to be off; else, when a blinking indicator goes off.
 * A slot that was off before stays as it is, because guests write to the
 * control register of such a slot before they turn it on.
 */
static bool gives_back(const PcieSlotModel *before, const PcieSlotModel *now)
{
    if (!is_present(now) || now->fixed) {
        return false;
    }
    if (now->features.power_controller) {
        return is_off(now) && !is_off(before);
    }
    return now->features.hot_plug && is_dark(now) && is_blinking(before);
}

static void execute_command(PcieSlotModel *slot, uint16_t value, uint16_t mask,
                            PcieSlotEffect *effect)
{
    const PcieSlotModel before = *slot;
    uint16_t changeable = pcie_slot_writable(slot) & mask;

    slot->control = (slot->control & ~changeable) | (value & changeable);
    if ((value & PCIE_SLOT_INTERLOCK) && slot->features.interlock) {
        slot->status ^= PCIE_SLOT_LOCKED;
    }
    if (gives_back(&before, slot)) {
        vacate(slot);
        effect->removal = PCIE_SLOT_REMOVE_ALL;
    }
    update_power(slot, effect);
    notify(slot, effect);
    signal_events(slot, PCIE_SLOT_COMMAND, effect);
}

PcieSlotEffect pcie_slot_write(PcieSlotModel *slot, int32_t offset,
                               unsigned size, uint32_t value)
{
    PcieSlotWrite write = decode_write(offset, size, value);
    uint16_t control_mask = write.mask & 0xffff;
    uint16_t status_mask = write.mask >> 8 * STATUS_OFFSET;
    PcieSlotEffect effect = begin(slot);

    if (status_mask) {
        clear_events(slot, write.value >> 8 * STATUS_OFFSET, &effect);
    }
    if (control_mask) {
        execute_command(slot, write.value & 0xffff, control_mask, &effect);
    }
    settle(slot, &effect);
    return effect;
}

PcieSlotEffect pcie_slot_reset(PcieSlotModel *slot,
                               PcieSlotOccupancy occupancy)
{
    PcieSlotEffect effect = begin(slot);

    slot->control &= ~(pcie_slot_writable(slot) | PCIE_SLOT_INTERLOCK);
    slot->control |= BOTH_INDICATORS_OFF;
    if (slot->features.power_controller && occupancy != PCIE_SLOT_OCCUPIED) {
        slot->control |= PCIE_SLOT_POWER_OFF;
    }
    if (occupancy == PCIE_SLOT_VACANT) {
        clear_presence(slot);
    }
    slot->status &= ~(PCIE_SLOT_EVENTS | PCIE_SLOT_LOCKED);
    slot->notified = false;
    slot->claimed = occupancy == PCIE_SLOT_OCCUPIED;
    update_power(slot, &effect);
    settle(slot, &effect);
    return effect;
}

PcieSlotEffect pcie_slot_restore(PcieSlotModel *slot, uint16_t control,
                                 uint16_t status, bool link_active)
{
    PcieSlotEffect effect = begin(slot);

    slot->control = control;
    slot->status = status;
    slot->link_active = link_active;
    slot->notified = wants_interrupt(slot);
    slot->claimed = pcie_slot_has_power(slot);
    update_power(slot, &effect);
    settle(slot, &effect);
    return effect;
}
