/*
 * ACPI hotplug in a nutshell: registers, event, requests, devices and a guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "acpi-world.h"
#include "model/acpi-ost.h"

#define MOST_ROUNDS  200

static const HotplugRequestTiming timings[] = {
    { .timeout = 60000, .again = 500, .again_most = 32000, .stale = 30000 },
    { .timeout = 0, .again = 500, .again_most = 32000, .stale = 30000 },
};

static uint32_t bit_of(const AcpiHostSlot *slot)
{
    return UINT32_C(1) << slot->slot;
}

static AcpiSlotsBus *bus_of(AcpiWorld *world, const AcpiHostSlot *slot)
{
    return &world->registers.bus[slot->bus];
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
    }
    acpi_host_start(&world->host, &world->registers, &world->gpe, world->slot,
                    ACPI_WORLD_SLOTS, timing);
}

/* ---- the host's user ----------------------------------------------------- */

static void plug(AcpiWorld *world, AcpiHostSlot *slot, Choices *choices)
{
    acpi_host_plug(&world->host, slot,
                   1U << (choose_byte(choices) & choose_byte(choices) & 7));
}

/* ---- the guest's accesses ----------------------------------------------- */

static uint32_t guest_reads(AcpiWorld *world, uint64_t offset, unsigned size)
{
    AcpiSlotsValue read = acpi_slots_read(&world->registers, offset, size);

    acpi_host_read(&world->host, read.bus, read.seen);
    return read.value;
}

static void guest_writes(AcpiWorld *world, uint64_t offset, unsigned size,
                         uint32_t value)
{
    AcpiSlotsEffect effect = acpi_slots_write(&world->registers, offset, size,
                                              value);

    if (effect.action == ACPI_SLOTS_EJECT) {
        acpi_host_eject(&world->host, effect.bus, effect.slot);
    } else if (effect.action == ACPI_SLOTS_LOOK_UP) {
        acpi_slots_set_index(&world->registers, value);
    }
}

static void guest_writes_extension(AcpiWorld *world, uint64_t offset,
                                   unsigned size, uint32_t value)
{
    AcpiSlotsEffect effect = acpi_slots_write_extension(
        &world->registers, offset, size, value);

    if (effect.action == ACPI_SLOTS_OSC_REPORT) {
        acpi_host_not_ready(&world->host);
    } else if (effect.action == ACPI_SLOTS_OST_REPORT) {
        acpi_host_say(&world->host, effect.bus, effect.slot, effect.event,
                      effect.status);
    }
}

static void guest_writes_gpe(AcpiWorld *world, uint64_t offset, uint8_t value)
{
    GpeEffect effect = gpe_write(&world->gpe, offset, value);

    if ((effect.enabled | effect.disabled) & ACPI_HOST_EVENT) {
        acpi_host_listen(&world->host, effect.enabled & ACPI_HOST_EVENT);
    }
}

static uint32_t next_bus(AcpiWorld *world)
{
    return acpi_slots_read_extension(&world->registers, ACPI_SLOTS_NEXT,
                                     4).value;
}

/* ---- a guest that does as it should ------------------------------------- */

static void look_at_bus(AcpiWorld *world, uint32_t bus)
{
    uint32_t up, down;

    guest_writes(world, ACPI_SLOTS_SEL, 4, bus);
    up = guest_reads(world, ACPI_SLOTS_UP, 4);
    down = guest_reads(world, ACPI_SLOTS_DOWN, 4);
    for (unsigned i = 0; i < ACPI_WORLD_SLOTS; i++) {
        AcpiHostSlot *slot = &world->slot[i];

        if (slot->bus == bus && up & bit_of(slot)) {
            acpi_host_configure(&world->host, slot, UINT8_MAX);
        }
        if (slot->bus == bus && down & bit_of(slot)) {
            guest_writes(world, ACPI_SLOTS_SEL, 4, bus);
            guest_writes(world, ACPI_SLOTS_EJ, 4, bit_of(slot));
        }
    }
}

static void take_event(AcpiWorld *world)
{
    guest_writes_gpe(world, 0, ACPI_HOST_EVENT);
    for (uint32_t bus = next_bus(world); bus != ACPI_SLOTS_NO_BUS;
         bus = next_bus(world)) {
        look_at_bus(world, bus);
    }
}

/* Time passes until there is something to do, and no longer. */
static void wait_until_due(AcpiWorld *world)
{
    int64_t due = acpi_host_due(&world->host);

    if (due != HOTPLUG_NEVER) {
        acpi_host_pass_time(&world->host, due > world->host.now ?
                                          due - world->host.now : 0);
    }
}

void acpi_world_rest(AcpiWorld *world)
{
    AcpiHost *host = &world->host;

    guest_writes_gpe(world, 1, ACPI_HOST_EVENT);
    for (unsigned round = 0; round < MOST_ROUNDS && !host->broken; round++) {
        if (gpe_asserted(&world->gpe)) {
            take_event(world);
        } else {
            wait_until_due(world);
        }
    }
    acpi_host_expect(host, !acpi_host_is_anything_open(host),
                     "a good guest ends all requests");
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

static void access_at_random(AcpiWorld *world, AcpiHostSlot *slot,
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

static void report_at_random(AcpiWorld *world, const AcpiHostSlot *slot,
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
        acpi_host_pass_time(&world->host, spans[choice]);
    } else {
        wait_until_due(world);
    }
}

static void rare_event(AcpiWorld *world, Choices *choices)
{
    switch (choose(choices, 8)) {
    case 0:
        acpi_host_restart(&world->host, HOTPLUG_RESTART_COLD);
        break;
    case 1:
        acpi_host_restart(&world->host, HOTPLUG_RESTART_WAKE_UP);
        break;
    case 2:
        acpi_host_snapshot(&world->host);
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
        AcpiHostSlot *slot = &world->slot[i];
        const AcpiSlotsBus *bus = bus_of(world, slot);
        HotplugRequestKind kind = slot->watch.hidden ? HOTPLUG_REQUEST_NONE
                                                     : slot->watch.kind;

        acpi_host_expect(&world->host, !(bus->up & bit_of(slot)) ||
                      kind == HOTPLUG_REQUEST_PLUG,
               "UP shows an open plug");
        acpi_host_expect(&world->host, !(bus->down & bit_of(slot)) ==
                      (kind != HOTPLUG_REQUEST_UNPLUG),
               "DOWN is the open unplug");
        acpi_host_expect(&world->host, !(bus->unread & ~bus->down),
               "what can be read is open");
    }
}

void acpi_world_step(AcpiWorld *world, Choices *choices)
{
    AcpiHostSlot *slot = &world->slot[choose(choices, ACPI_WORLD_SLOTS)];
    uint32_t choice = choose(choices, 32);

    if (choice < 4) {
        plug(world, slot, choices);
    } else if (choice < 7) {
        acpi_host_unplug(&world->host, slot);
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
        acpi_host_configure(&world->host, slot, choose_byte(choices));
    } else if (choice < 30) {
        guest_writes_gpe(world, 1, choice == 28 ? ACPI_HOST_EVENT : 0);
    } else {
        rare_event(world, choices);
    }
    check_registers(world);
}
