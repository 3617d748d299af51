/*
 * Native hotplug in a nutshell: a port's slot, its requests and a guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "slot-world.h"

#define STATUS       2        /* bytes from Slot Control */
#define MOST_ROUNDS  64
#define LISTENING    (PCIE_SLOT_INTERRUPT | PCIE_SLOT_BUTTON | \
                      PCIE_SLOT_PRESENCE)
#define LIGHT(indicator) \
    (PCIE_SLOT_INDICATOR_##indicator << PCIE_SLOT_LIGHT_SHIFT)

static const HotplugRequestTiming timings[] = {
    { .timeout = 60000, .again = 500, .again_most = 32000, .stale = 30000 },
    { .timeout = 0, .again = 500, .again_most = 32000, .stale = 30000 },
};

static void expect(SlotWorld *world, bool holds, const char *rule)
{
    if (!holds && !world->broken) {
        world->broken = rule;
    }
}

static bool blinks(const PcieSlotModel *slot)
{
    return pcie_slot_power_indicator(slot) == PCIE_SLOT_INDICATOR_BLINKING;
}

static HotplugRequestGuest guest_of(const SlotWorld *world)
{
    return (HotplugRequestGuest) {
        .method = HOTPLUG_METHOD_NATIVE,
        .listening = pcie_slot_listens(&world->slot),
        .busy = blinks(&world->slot),
    };
}

void slot_world_start(SlotWorld *world, Choices *choices)
{
    uint8_t has = choose_byte(choices);

    *world = (SlotWorld) { .present = 0 };
    pcie_slot_init(&world->slot, (PcieSlotFeatures) {
        .number = 1, .hot_plug = true, .power_controller = has & 1,
        .interlock = has & 2, .link_reporting = has & 4 });
    pcie_slot_reset(&world->slot, PCIE_SLOT_VACANT);
    request_watch_start(&world->watch, timings[has >> 3 & 1], guest_of(world));
}

/* ---- effects ----------------------------------------------------------- */

static void happen(SlotWorld *world, RequestEvent event);

static void leave(SlotWorld *world, uint8_t functions, HotplugLeave why)
{
    uint8_t gone = functions & world->present;

    world->present &= ~gone;
    if (gone) {
        happen(world, (RequestEvent) {
            .type = REQUEST_GONE, .functions = gone, .left = world->present,
            .why = why });
    }
}

static void carry_out(SlotWorld *world, PcieSlotEffect effect, HotplugLeave why)
{
    if (effect.removal == PCIE_SLOT_REMOVE_ALL) {
        leave(world, UINT8_MAX, why);
    }
    if (effect.interrupt != PCIE_SLOT_INTERRUPT_KEEP) {
        world->line = world->slot.notified;
    }
}

static void happen(SlotWorld *world, RequestEvent event)
{
    bool was_open = world->watch.kind != HOTPLUG_REQUEST_NONE;
    HotplugRequestEffect effect;

    world->watch.now = world->now;
    effect = request_watch(&world->watch, &event);
    expect(world, !world->watch.broken, world->watch.broken);
    if (effect.withdraw && was_open) {
        carry_out(world, pcie_slot_release_button(&world->slot),
                  HOTPLUG_LEAVE_HOST);
    }
    if (effect.signal && world->watch.kind == HOTPLUG_REQUEST_UNPLUG) {
        carry_out(world, pcie_slot_request_unplug(&world->slot,
                                                  PCIE_SLOT_VISIBLE),
                  HOTPLUG_LEAVE_HOST);
    }
}

static void remove_if_unused(SlotWorld *world)
{
    if (world->watch.kind == HOTPLUG_REQUEST_UNPLUG &&
        pcie_slot_is_unused(&world->slot)) {
        carry_out(world, pcie_slot_request_unplug(&world->slot,
                                                  PCIE_SLOT_VISIBLE),
                  HOTPLUG_LEAVE_HOST);
    }
}

/* ---- time -------------------------------------------------------------- */

static void pass_time(SlotWorld *world, int64_t milliseconds)
{
    int64_t end = world->now + milliseconds;

    while (request_watch_due(&world->watch) <= end && !world->broken) {
        int64_t due = request_watch_due(&world->watch);

        world->now = due > world->now ? due : world->now;
        happen(world, (RequestEvent) { .type = REQUEST_TIME });
    }
    world->now = end;
}

static void choose_time(SlotWorld *world, Choices *choices)
{
    static const int64_t spans[] = { 0, 0, 0, 1, 500, 5000, 31000, 60000 };

    pass_time(world, spans[choose(choices, 8)]);
}

/* ---- the host's events -------------------------------------------------- */

static void plug(SlotWorld *world, Choices *choices)
{
    uint8_t function = 1U << (choose_byte(choices) & choose_byte(choices) & 7);
    bool visible = (world->present | function) & 1;

    if (world->present & function ||
        !hotplug_request_may_plug(&world->watch.request) ||
        pcie_slot_check_plug(&world->slot, PCIE_SLOT_HOT)) {
        return;
    }
    world->present |= function;
    carry_out(world, pcie_slot_plug(&world->slot,
                                    visible ? PCIE_SLOT_HOT
                                            : PCIE_SLOT_HOT_PART,
                                    (PcieSlotFunction) { 0 }),
              HOTPLUG_LEAVE_HOST);
    happen(world, (RequestEvent) {
        .type = REQUEST_PLUG, .functions = function,
        .visibility = visible ? HOTPLUG_VISIBLE : HOTPLUG_HIDDEN });
}

/* Without function 0, a function goes alone and at once. */
static void unplug(SlotWorld *world)
{
    if (pcie_slot_check_unplug(&world->slot)) {
        return;
    }
    if (!(world->present & 1)) {
        leave(world, world->present & -world->present, HOTPLUG_LEAVE_HOST);
        return;
    }
    happen(world, (RequestEvent) {
        .type = REQUEST_UNPLUG, .functions = world->present });
    remove_if_unused(world);
}

static void restart(SlotWorld *world, HotplugRestart how)
{
    if (how == HOTPLUG_RESTART_COLD &&
        world->watch.kind == HOTPLUG_REQUEST_UNPLUG) {
        leave(world, world->watch.functions, HOTPLUG_LEAVE_RESET);
    }
    happen(world, (RequestEvent) { .type = REQUEST_RESTART, .restart = how });
    world->line = false;
    carry_out(world, pcie_slot_reset(&world->slot,
                                     world->present & 1 ? PCIE_SLOT_OCCUPIED
                                                        : PCIE_SLOT_VACANT),
              HOTPLUG_LEAVE_HOST);
    if (hotplug_request_is_overslept(&world->watch.request)) {
        carry_out(world, pcie_slot_leave_device(&world->slot),
                  HOTPLUG_LEAVE_HOST);
    }
}

/* A snapshot of this very moment, which the host's requests outlive. */
static void snapshot(SlotWorld *world)
{
    carry_out(world, pcie_slot_restore(&world->slot, world->slot.control,
                                       world->slot.status,
                                       world->slot.link_active),
              HOTPLUG_LEAVE_HOST);
    happen(world, (RequestEvent) {
        .type = REQUEST_ASK_ANEW, .guest = guest_of(world) });
}

/* ---- the guest's accesses ----------------------------------------------- */

static void note_lit(SlotWorld *world, PcieSlotState from)
{
    const HotplugRequest *request = &world->watch.request;

    if (request->kind != HOTPLUG_REQUEST_UNPLUG ||
        request->state != HOTPLUG_REQUEST_ACKNOWLEDGED) {
        return;
    }
    if (from == PCIE_SLOT_BLINKING_OFF || from == PCIE_SLOT_POWERED_OFF) {
        happen(world, (RequestEvent) { .type = REQUEST_DECLINE });
    } else if (from == PCIE_SLOT_BLINKING_ON) {
        happen(world, (RequestEvent) { .type = REQUEST_MISREAD });
    }
}

static void guest_writes(SlotWorld *world, int32_t offset, unsigned size,
                         uint32_t value)
{
    const PcieSlotModel before = world->slot;
    PcieSlotEffect effect = pcie_slot_write(&world->slot, offset, size, value);
    const PcieSlotModel *slot = &world->slot;

    carry_out(world, effect, HOTPLUG_LEAVE_GUEST);
    if (effect.acknowledged || (blinks(slot) && !blinks(&before))) {
        happen(world, (RequestEvent) { .type = REQUEST_ACKNOWLEDGE });
    }
    if (effect.to == PCIE_SLOT_ON && effect.from != PCIE_SLOT_ON) {
        note_lit(world, effect.from);
    }
    if (blinks(slot) != blinks(&before)) {
        happen(world, (RequestEvent) {
            .type = REQUEST_INDICATE, .on = blinks(slot) });
    }
    if (pcie_slot_listens(slot) != pcie_slot_listens(&before)) {
        happen(world, (RequestEvent) {
            .type = REQUEST_LISTEN, .on = pcie_slot_listens(slot) });
    }
    remove_if_unused(world);
}

static void command(SlotWorld *world, uint16_t mask, uint16_t value)
{
    guest_writes(world, 0, 2, (world->slot.control & ~mask) | value);
}

/* It can't reach what has no power. */
static void configure(SlotWorld *world, uint8_t functions)
{
    if (!(world->present & 1) || !pcie_slot_has_power(&world->slot)) {
        return;
    }
    for (uint8_t left = functions & world->present; left; left &= left - 1) {
        if (world->watch.kind == HOTPLUG_REQUEST_PLUG) {
            happen(world, (RequestEvent) {
                .type = REQUEST_CONFIGURE, .functions = left & -left });
        }
    }
}

/* ---- a guest that does as it should ------------------------------------- */

static void give_back(SlotWorld *world)
{
    command(world, PCIE_SLOT_LIGHT, LIGHT(BLINKING));
    command(world, 0, PCIE_SLOT_POWER_OFF);
    command(world, PCIE_SLOT_LIGHT, LIGHT(OFF));
}

static void take_device(SlotWorld *world)
{
    command(world, PCIE_SLOT_POWER_OFF, 0);
    command(world, PCIE_SLOT_LIGHT, LIGHT(BLINKING));
    configure(world, UINT8_MAX);
    command(world, PCIE_SLOT_LIGHT, LIGHT(ON));
}

static void take_events(SlotWorld *world)
{
    uint16_t events = world->slot.status & PCIE_SLOT_EVENTS;
    bool is_on = pcie_slot_power_indicator(&world->slot) ==
                 PCIE_SLOT_INDICATOR_ON;

    guest_writes(world, STATUS, 2, events);
    if (events & PCIE_SLOT_BUTTON && is_on) {
        give_back(world);
    } else if (events && world->slot.status & PCIE_SLOT_PRESENT) {
        take_device(world);
    }
}

/* It finds what is there before it listens. */
static void probe(SlotWorld *world)
{
    command(world, LISTENING, 0);
    guest_writes(world, STATUS, 2, PCIE_SLOT_EVENTS);
    if (world->slot.status & PCIE_SLOT_PRESENT) {
        take_device(world);
    } else {
        give_back(world);
    }
    command(world, 0, LISTENING);
}

static bool is_anything_open(const SlotWorld *world)
{
    return world->watch.kind && !world->watch.hidden;
}

static void check(SlotWorld *world);

void slot_world_rest(SlotWorld *world)
{
    probe(world);
    for (unsigned i = 0; i < MOST_ROUNDS && !world->broken; i++) {
        int64_t due = request_watch_due(&world->watch);

        if (world->line) {
            take_events(world);
        } else if (due != HOTPLUG_NEVER) {
            pass_time(world, due > world->now ? due - world->now : 0);
        }
        check(world);
    }
    if (!world->watch.timing.timeout) {
        give_back(world);       /* what the guest before it knew alone */
        check(world);
    }
    expect(world, !is_anything_open(world), "a good guest ends all requests");
}

/* ---- a step ------------------------------------------------------------- */

static bool is_event_enabled(const PcieSlotModel *slot)
{
    return slot->control & PCIE_SLOT_INTERRUPT &&
           slot->control & slot->status & PCIE_SLOT_EVENTS;
}

static void check(SlotWorld *world)
{
    const PcieSlotModel *slot = &world->slot;
    const HotplugRequest *request = &world->watch.request;

    expect(world, !(slot->status & PCIE_SLOT_PRESENT) == !(world->present & 1),
           "presence is that of function 0");
    expect(world, !(slot->status & PCIE_SLOT_BUTTON) || request->kind,
           "a button is pressed for an open request alone");
    expect(world, request->listening == pcie_slot_listens(slot),
           "requests know whether the guest listens");
    expect(world, request->busy == blinks(slot),
           "requests know whether the indicator blinks");
    expect(world, world->line == is_event_enabled(slot),
           "enabled events raise the interrupt, and nothing else does");
}

static void write_at_random(SlotWorld *world, Choices *choices)
{
    static const unsigned sizes[] = { 1, 2, 4, 2 };
    int32_t offset = (int32_t)choose(choices, 8) - 4;
    unsigned size = sizes[choose(choices, 4)];

    guest_writes(world, offset, size, choose_word(choices));
}

/* One field, or a good guest's deed as a whole. */
static void act(SlotWorld *world, Choices *choices)
{
    switch (choose(choices, 8)) {
    case 0:
        command(world, PCIE_SLOT_LIGHT,
                choose(choices, 4) << PCIE_SLOT_LIGHT_SHIFT);
        break;
    case 1:
        command(world, PCIE_SLOT_POWER_OFF,
                choose(choices, 2) ? PCIE_SLOT_POWER_OFF : 0);
        break;
    case 2:
        command(world, LISTENING, choose(choices, 2) ? LISTENING : 0);
        break;
    case 3:
        guest_writes(world, STATUS, 2, choose_byte(choices));
        break;
    case 4:
        configure(world, choose_byte(choices));
        break;
    case 5:
        take_events(world);
        break;
    case 6:
        give_back(world);
        break;
    default:
        take_device(world);
        break;
    }
}

void slot_world_step(SlotWorld *world, Choices *choices)
{
    choose_time(world, choices);
    switch (choose(choices, 16)) {
    case 0:
    case 1:
    case 2:
        plug(world, choices);
        break;
    case 3:
    case 4:
    case 5:
        unplug(world);
        break;
    case 6:
        restart(world, choose(choices, 2) ? HOTPLUG_RESTART_COLD
                                          : HOTPLUG_RESTART_WAKE_UP);
        break;
    case 7:
        snapshot(world);
        break;
    case 8:
    case 9:
        write_at_random(world, choices);
        break;
    default:
        act(world, choices);
        break;
    }
    check(world);
}
