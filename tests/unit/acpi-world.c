/*
 * ACPI hotplug in a nutshell: registers, event, requests, devices and a guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "acpi-world.h"
#include "model/acpi-ost.h"

#define EVENT        2        /* GPE 1 */
#define MOST_ROUNDS  200

static const HotplugRequestTiming timings[] = {
    { .timeout = 60000, .again = 500, .again_most = 32000, .stale = 30000 },
    { .timeout = 0, .again = 500, .again_most = 32000, .stale = 30000 },
};

static void expect(AcpiWorld *world, bool holds, const char *rule)
{
    if (!holds && !world->broken) {
        world->broken = rule;
    }
}

static uint32_t bit_of(const AcpiWorldSlot *slot)
{
    return UINT32_C(1) << slot->slot;
}

static AcpiSlotsBus *bus_of(AcpiWorld *world, const AcpiWorldSlot *slot)
{
    return &world->registers.bus[slot->bus];
}

static HotplugRequestGuest guest_of(const AcpiWorld *world)
{
    return (HotplugRequestGuest) {
        .method = HOTPLUG_METHOD_ACPI,
        .listening = world->gpe_enable[0] & EVENT,
    };
}

void acpi_world_start(AcpiWorld *world, Choices *choices)
{
    static const uint8_t places[ACPI_WORLD_SLOTS][2] = {
        { 0, 0 }, { 0, 31 }, { 1, 0 }, { 255, 7 },
    };
    HotplugRequestTiming timing = timings[choose(choices, 2)];

    memset(world, 0, sizeof(*world));
    world->gpe = (GpeBlock) { world->gpe_status, world->gpe_enable, 1 };
    acpi_slots_init(&world->registers, true, true);
    world->registers.osc_report = true;
    world->registers.ost_report = true;
    world->registers.once = true;
    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        world->slot[i].bus = places[i][0];
        world->slot[i].slot = places[i][1];
        request_watch_start(&world->slot[i].watch, timing, guest_of(world));
    }
}

/* ---- effects ----------------------------------------------------------- */

static void show(AcpiWorld *world, const AcpiWorldSlot *slot)
{
    if (slot->watch.request.kind == HOTPLUG_REQUEST_PLUG) {
        acpi_slots_plug(&world->registers, slot->bus, slot->slot);
    } else {
        acpi_slots_request_unplug(&world->registers, slot->bus, slot->slot);
    }
}

static void happen(AcpiWorld *world, AcpiWorldSlot *slot, RequestEvent event)
{
    bool was_open = slot->watch.kind != HOTPLUG_REQUEST_NONE;
    HotplugRequestEffect effect;

    slot->watch.now = world->now;
    effect = request_watch(&slot->watch, &event);
    if (effect.withdraw && was_open) {
        acpi_slots_take_requests(&world->registers, slot->bus, slot->slot);
    }
    if (effect.signal || effect.show) {
        show(world, slot);
    }
    if (effect.signal) {
        gpe_raise(&world->gpe, EVENT);
        expect(world, gpe_asserted(&world->gpe), "a signal raises the event");
    }
    expect(world, !slot->watch.broken, slot->watch.broken);
}

static void happen_everywhere(AcpiWorld *world, RequestEvent event)
{
    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        happen(world, &world->slot[i], event);
    }
}

static void leave(AcpiWorld *world, AcpiWorldSlot *slot, uint8_t functions,
                  HotplugLeave why)
{
    uint8_t gone = functions & slot->present;

    slot->present &= ~gone;
    if (gone) {
        happen(world, slot, (RequestEvent) {
            .type = REQUEST_GONE, .functions = gone, .left = slot->present,
            .why = why });
    }
}

/* ---- time -------------------------------------------------------------- */

static int64_t due_of(const AcpiWorld *world)
{
    int64_t due = HOTPLUG_NEVER;

    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        int64_t one = request_watch_due(&world->slot[i].watch);

        due = one < due ? one : due;
    }
    return due;
}

static void fire(AcpiWorld *world)
{
    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        if (request_watch_due(&world->slot[i].watch) <= world->now) {
            happen(world, &world->slot[i],
                   (RequestEvent) { .type = REQUEST_TIME });
        }
    }
}

static void pass_time(AcpiWorld *world, int64_t milliseconds)
{
    int64_t end = world->now + milliseconds;

    while (due_of(world) <= end && !world->broken) {
        world->now = due_of(world) > world->now ? due_of(world) : world->now;
        fire(world);
    }
    world->now = end;
}

/* ---- the host's events -------------------------------------------------- */

static void plug(AcpiWorld *world, AcpiWorldSlot *slot, Choices *choices)
{
    uint8_t function = 1U << (choose_byte(choices) & choose_byte(choices) & 7);

    if (slot->present & function ||
        !hotplug_request_may_plug(&slot->watch.request)) {
        return;
    }
    slot->present |= function;
    happen(world, slot, (RequestEvent) {
        .type = REQUEST_PLUG, .functions = function,
        .visibility = slot->present & 1 ? HOTPLUG_VISIBLE : HOTPLUG_HIDDEN });
}

static void unplug(AcpiWorld *world, AcpiWorldSlot *slot)
{
    if (slot->present & 1) {
        happen(world, slot, (RequestEvent) {
            .type = REQUEST_UNPLUG, .functions = slot->present });
    } else {
        leave(world, slot, slot->present & -slot->present, HOTPLUG_LEAVE_HOST);
    }
}

static void restart(AcpiWorld *world, HotplugRestart how)
{
    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        AcpiWorldSlot *slot = &world->slot[i];

        if (how == HOTPLUG_RESTART_COLD &&
            slot->watch.kind == HOTPLUG_REQUEST_UNPLUG) {
            leave(world, slot, slot->watch.functions, HOTPLUG_LEAVE_RESET);
        }
        happen(world, slot, (RequestEvent) {
            .type = REQUEST_RESTART, .restart = how });
    }
    gpe_reset(&world->gpe);
}

/* A snapshot of this very moment, which the host's requests outlive. */
static void snapshot(AcpiWorld *world)
{
    happen_everywhere(world, (RequestEvent) {
        .type = REQUEST_ASK_ANEW, .guest = guest_of(world) });
}

/* ---- the guest's accesses ----------------------------------------------- */

static AcpiWorldSlot *find_slot(AcpiWorld *world, uint32_t bus, uint32_t slot)
{
    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        if (world->slot[i].bus == bus && world->slot[i].slot == slot) {
            return &world->slot[i];
        }
    }
    return NULL;
}

static uint32_t guest_reads(AcpiWorld *world, uint64_t offset, unsigned size)
{
    AcpiSlotsValue read = acpi_slots_read(&world->registers, offset, size);

    for (uint32_t seen = read.seen; seen; seen &= seen - 1) {
        AcpiWorldSlot *slot = find_slot(world, read.bus, __builtin_ctz(seen));

        if (slot) {
            happen(world, slot, (RequestEvent) {
                .type = REQUEST_ACKNOWLEDGE });
        }
    }
    return read.value;
}

static void eject(AcpiWorld *world, AcpiWorldSlot *slot)
{
    if (!slot) {
        return;
    }
    happen(world, slot, (RequestEvent) { .type = REQUEST_EJECT });
    if (slot->watch.eject == HOTPLUG_EJECT_DEVICE) {
        leave(world, slot, UINT8_MAX, HOTPLUG_LEAVE_GUEST);
    }
}

static void guest_writes(AcpiWorld *world, uint64_t offset, unsigned size,
                         uint32_t value)
{
    AcpiSlotsEffect effect = acpi_slots_write(&world->registers, offset, size,
                                              value);

    if (effect.action == ACPI_SLOTS_EJECT) {
        eject(world, find_slot(world, effect.bus, effect.slot));
    } else if (effect.action == ACPI_SLOTS_LOOK_UP) {
        acpi_slots_set_index(&world->registers, value);
    }
}

static void say(AcpiWorld *world, AcpiWorldSlot *slot, uint32_t event,
                uint32_t status)
{
    AcpiOstAnswer answer = acpi_ost_answer(event, status);
    HotplugRequestKind about =
        acpi_ost_subject(event) == ACPI_OST_OF_PLUG ? HOTPLUG_REQUEST_PLUG
                                                    : HOTPLUG_REQUEST_UNPLUG;

    if (!slot || acpi_ost_subject(event) == ACPI_OST_OF_NEITHER ||
        slot->watch.request.state != HOTPLUG_REQUEST_ACKNOWLEDGED ||
        slot->watch.kind != about) {
        return;
    }
    if (answer == ACPI_OST_DECLINED || answer == ACPI_OST_NOT_READY) {
        happen(world, slot, (RequestEvent) {
            .type = answer == ACPI_OST_DECLINED ? REQUEST_DECLINE
                                                : REQUEST_DROPPED });
    }
}

static void guest_writes_extension(AcpiWorld *world, uint64_t offset,
                                   unsigned size, uint32_t value)
{
    AcpiSlotsEffect effect = acpi_slots_write_extension(
        &world->registers, offset, size, value);

    if (effect.action == ACPI_SLOTS_OSC_REPORT) {
        happen_everywhere(world, (RequestEvent) { .type = REQUEST_NOT_READY });
    } else if (effect.action == ACPI_SLOTS_OST_REPORT) {
        say(world, find_slot(world, effect.bus, effect.slot), effect.event,
            effect.status);
    }
}

static void guest_writes_gpe(AcpiWorld *world, uint64_t offset, uint8_t value)
{
    GpeEffect effect = gpe_write(&world->gpe, offset, value);

    if ((effect.enabled | effect.disabled) & EVENT) {
        happen_everywhere(world, (RequestEvent) {
            .type = REQUEST_LISTEN, .on = effect.enabled & EVENT });
    }
}

static uint32_t next_bus(AcpiWorld *world)
{
    return acpi_slots_read_extension(&world->registers, ACPI_SLOTS_NEXT,
                                     4).value;
}

static void configure(AcpiWorld *world, AcpiWorldSlot *slot, uint8_t functions)
{
    for (uint8_t left = functions & slot->present; left; left &= left - 1) {
        if (slot->watch.kind == HOTPLUG_REQUEST_PLUG) {
            happen(world, slot, (RequestEvent) {
                .type = REQUEST_CONFIGURE, .functions = left & -left });
        }
    }
}

/* ---- a guest that does as it should ------------------------------------- */

static void look_at_bus(AcpiWorld *world, uint32_t bus)
{
    uint32_t up, down;

    guest_writes(world, ACPI_SLOTS_SEL, 4, bus);
    up = guest_reads(world, ACPI_SLOTS_UP, 4);
    down = guest_reads(world, ACPI_SLOTS_DOWN, 4);
    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        AcpiWorldSlot *slot = &world->slot[i];

        if (slot->bus == bus && up & bit_of(slot)) {
            configure(world, slot, UINT8_MAX);
        }
        if (slot->bus == bus && down & bit_of(slot)) {
            guest_writes(world, ACPI_SLOTS_SEL, 4, bus);
            guest_writes(world, ACPI_SLOTS_EJ, 4, bit_of(slot));
        }
    }
}

static void take_event(AcpiWorld *world)
{
    guest_writes_gpe(world, 0, EVENT);
    for (uint32_t bus = next_bus(world); bus != ACPI_SLOTS_NO_BUS;
         bus = next_bus(world)) {
        look_at_bus(world, bus);
    }
}

static bool is_anything_open(const AcpiWorld *world)
{
    bool open = false;

    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        open |= world->slot[i].watch.kind && !world->slot[i].watch.hidden;
    }
    return open;
}

void acpi_world_rest(AcpiWorld *world)
{
    guest_writes_gpe(world, 1, EVENT);
    for (unsigned round = 0; round < MOST_ROUNDS && !world->broken; round++) {
        if (gpe_asserted(&world->gpe)) {
            take_event(world);
        } else if (due_of(world) != HOTPLUG_NEVER) {
            pass_time(world, due_of(world) > world->now ?
                             due_of(world) - world->now : 0);
        }
    }
    expect(world, !is_anything_open(world), "a good guest ends all requests");
}

/* ---- a step ------------------------------------------------------------- */

static uint64_t choose_offset(Choices *choices)
{
    uint32_t choice = choose(choices, 32);

    return choice < 30 ? choice % 6 * 4 : choose_byte(choices);
}

static unsigned choose_size(Choices *choices)
{
    uint32_t choice = choose(choices, 32);

    return choice ? 4 : choose(choices, 10);
}

static void access_at_random(AcpiWorld *world, AcpiWorldSlot *slot,
                             Choices *choices)
{
    uint64_t offset = choose_offset(choices);
    unsigned size = choose_size(choices);
    uint32_t choice = choose(choices, 8);
    uint32_t value = choice == 0 ? choose_word(choices) :
                     offset == ACPI_SLOTS_SEL ? slot->bus : bit_of(slot);

    if (choice < 4) {
        guest_writes(world, offset, size, value);
    } else if (choice < 7) {
        guest_reads(world, offset, size);
    } else {
        acpi_slots_read_extension(&world->registers, offset, size);
    }
}

static void report_at_random(AcpiWorld *world, const AcpiWorldSlot *slot,
                             Choices *choices)
{
    static const uint32_t events[] = { 0, 1, 3, 0x103, 0x200 };
    static const uint32_t statuses[] = { 0, 1, 2, 0x80, 0x81, 0x82, 0x84 };
    uint32_t value = slot->bus | slot->slot << ACPI_OST_SLOT_SHIFT |
                     events[choose(choices, 5)] << ACPI_OST_EVENT_SHIFT |
                     statuses[choose(choices, 7)] << ACPI_OST_STATUS_SHIFT;

    guest_writes_extension(world, choose(choices, 4) ? ACPI_SLOTS_OST
                                                     : ACPI_SLOTS_OSC,
                           4, choose(choices, 16) ? value
                                                  : choose_word(choices));
}

static void let_time_pass(AcpiWorld *world, Choices *choices)
{
    static const int64_t spans[] = { 1, 10, 499, 500, 4000, 31000, 61000 };
    uint32_t choice = choose(choices, 8);

    if (choice < 7) {
        pass_time(world, spans[choice]);
    } else if (due_of(world) != HOTPLUG_NEVER && due_of(world) > world->now) {
        pass_time(world, due_of(world) - world->now);
    }
}

static void rare_event(AcpiWorld *world, Choices *choices)
{
    switch (choose(choices, 8)) {
    case 0:
        restart(world, HOTPLUG_RESTART_COLD);
        break;
    case 1:
        restart(world, HOTPLUG_RESTART_WAKE_UP);
        break;
    case 2:
        snapshot(world);
        break;
    default:
        guest_writes_gpe(world, choose(choices, 3), choose_byte(choices));
        break;
    }
}

/* UP and DOWN show open requests, and those alone. */
static void check_registers(AcpiWorld *world)
{
    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        AcpiWorldSlot *slot = &world->slot[i];
        const AcpiSlotsBus *bus = bus_of(world, slot);
        HotplugRequestKind kind = slot->watch.hidden ? HOTPLUG_REQUEST_NONE
                                                     : slot->watch.kind;

        expect(world, !(bus->up & bit_of(slot)) ||
                      kind == HOTPLUG_REQUEST_PLUG,
               "UP shows an open plug");
        expect(world, !(bus->down & bit_of(slot)) ==
                      (kind != HOTPLUG_REQUEST_UNPLUG),
               "DOWN is the open unplug");
        expect(world, !(bus->unread & ~bus->down),
               "what can be read is open");
    }
}

void acpi_world_step(AcpiWorld *world, Choices *choices)
{
    AcpiWorldSlot *slot = &world->slot[choose(choices, ACPI_WORLD_SLOTS)];
    uint32_t choice = choose(choices, 32);

    if (choice < 4) {
        plug(world, slot, choices);
    } else if (choice < 7) {
        unplug(world, slot);
    } else if (choice < 11) {
        let_time_pass(world, choices);
    } else if (choice < 19) {
        access_at_random(world, slot, choices);
    } else if (choice < 21) {
        report_at_random(world, slot, choices);
    } else if (choice < 24) {
        take_event(world);
    } else if (choice < 26) {
        look_at_bus(world, slot->bus);
    } else if (choice < 28) {
        configure(world, slot, choose_byte(choices));
    } else if (choice < 30) {
        guest_writes_gpe(world, 1, choice == 28 ? EVENT : 0);
    } else {
        rare_event(world, choices);
    }
    check_registers(world);
}
