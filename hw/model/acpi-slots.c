/*
 * ACPI PCI hotplug registers, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "model/acpi-ost.h"
#include "model/acpi-slots.h"

#define REGISTER_SIZE  4
#define BITS_PER_WORD  32

static const AcpiSlotsEffect no_effect = { .action = ACPI_SLOTS_NOTHING };

void acpi_slots_init(AcpiSlots *slots, bool banked, bool fast_scan)
{
    memset(slots, 0, sizeof(*slots));
    slots->banked = banked;
    slots->fast_scan = fast_scan;
}

const char *acpi_slots_refusal_name(AcpiSlotsRefusal refusal)
{
    switch (refusal) {
    case ACPI_SLOTS_ACCEPTED:
        return "accepted";
    case ACPI_SLOTS_BAD_SIZE:
        return "not an aligned 32-bit access";
    case ACPI_SLOTS_NO_REGISTER:
        return "no such register";
    case ACPI_SLOTS_BAD_BUS:
        return "no such bus selected";
    case ACPI_SLOTS_NO_SLOT:
        return "no slot bit";
    }
    return "unknown";
}

AcpiSlotsRefusal acpi_slots_check_access(uint64_t offset, unsigned size)
{
    if (size != REGISTER_SIZE || offset % REGISTER_SIZE != 0) {
        return ACPI_SLOTS_BAD_SIZE;
    }
    return ACPI_SLOTS_ACCEPTED;
}

static AcpiSlotsValue refused_value(AcpiSlotsRefusal refusal)
{
    return (AcpiSlotsValue) { .refusal = refusal };
}

static AcpiSlotsEffect refused_effect(AcpiSlotsRefusal refusal)
{
    return (AcpiSlotsEffect) { .refusal = refusal };
}

static AcpiSlotsValue value_of(uint32_t value)
{
    return (AcpiSlotsValue) { .value = value };
}

static uint32_t bus_bit(uint32_t bus)
{
    return UINT32_C(1) << bus % BITS_PER_WORD;
}

/* The slots of which the guest would read a request now. */
static uint32_t readable(const AcpiSlots *slots, uint32_t bus)
{
    return slots->bus[bus].up |
           (slots->once ? slots->bus[bus].unread : slots->bus[bus].down);
}

/* NEXT has no reason to name a bus on which nothing is left to do. */
static void settle(AcpiSlots *slots, uint32_t bus)
{
    if (!readable(slots, bus)) {
        slots->visit[bus / BITS_PER_WORD] &= ~bus_bit(bus);
    }
}

/* The register's value; the register is 0 afterwards. */
static uint32_t take(uint32_t *reg)
{
    uint32_t value = *reg;

    *reg = 0;
    return value;
}

static AcpiSlotsValue seen(AcpiSlots *slots, uint32_t bus, uint32_t value)
{
    settle(slots, bus);
    return (AcpiSlotsValue) { .value = value, .bus = bus, .seen = value };
}

static AcpiSlotsValue read_up(AcpiSlots *slots, uint32_t bus)
{
    uint32_t up = slots->bus[bus].up;

    if (slots->banked || slots->once) {
        slots->bus[bus].up = 0;
    }
    return seen(slots, bus, up);
}

static AcpiSlotsValue read_down(AcpiSlots *slots, uint32_t bus)
{
    if (!slots->once) {
        return value_of(slots->bus[bus].down);
    }
    return seen(slots, bus, take(&slots->bus[bus].unread));
}

AcpiSlotsValue acpi_slots_read(AcpiSlots *slots, uint64_t offset,
                               unsigned size)
{
    AcpiSlotsBus *bus;

    if (acpi_slots_check_access(offset, size) != ACPI_SLOTS_ACCEPTED) {
        return refused_value(ACPI_SLOTS_BAD_SIZE);
    }
    if (offset >= ACPI_SLOTS_WINDOW_SIZE) {
        return refused_value(ACPI_SLOTS_NO_REGISTER);
    }
    if (slots->select >= ACPI_SLOTS_BUSES) {
        return refused_value(ACPI_SLOTS_BAD_BUS);
    }

    bus = &slots->bus[slots->select];
    switch ((AcpiSlotsRegister)offset) {
    case ACPI_SLOTS_UP:
        return read_up(slots, slots->select);
    case ACPI_SLOTS_DOWN:
        return read_down(slots, slots->select);
    case ACPI_SLOTS_EJ:
        return value_of(0);    /* feature bits: none defined */
    case ACPI_SLOTS_RMV:
        return value_of(bus->removable);
    case ACPI_SLOTS_SEL:
        return value_of(slots->select);
    case ACPI_SLOTS_AIDX:
        return value_of(take(&slots->index));
    }
    return refused_value(ACPI_SLOTS_NO_REGISTER);
}

/* Eject and look-up name one slot of the selected bus by its bit. */
static AcpiSlotsEffect on_slot(const AcpiSlots *slots, AcpiSlotsAction action,
                               uint32_t slot_bits)
{
    if (slots->select >= ACPI_SLOTS_BUSES) {
        return refused_effect(ACPI_SLOTS_BAD_BUS);
    }
    if (!slot_bits) {
        return refused_effect(ACPI_SLOTS_NO_SLOT);
    }
    return (AcpiSlotsEffect) {
        .action = action,
        .bus = slots->select,
        .slot = __builtin_ctz(slot_bits),
    };
}

static AcpiSlotsEffect write_eject(AcpiSlots *slots, uint32_t value)
{
    AcpiSlotsEffect effect = on_slot(slots, ACPI_SLOTS_EJECT, value);

    if (effect.action == ACPI_SLOTS_EJECT && !slots->once) {
        AcpiSlotsBus *bus = &slots->bus[effect.bus];

        bus->up &= ~(UINT32_C(1) << effect.slot);
        bus->down &= ~(UINT32_C(1) << effect.slot);
        settle(slots, effect.bus);
    }
    return effect;
}

AcpiSlotsEffect acpi_slots_write(AcpiSlots *slots, uint64_t offset,
                                 unsigned size, uint32_t value)
{
    if (acpi_slots_check_access(offset, size) != ACPI_SLOTS_ACCEPTED) {
        return refused_effect(ACPI_SLOTS_BAD_SIZE);
    }
    if (offset >= ACPI_SLOTS_WINDOW_SIZE) {
        return refused_effect(ACPI_SLOTS_NO_REGISTER);
    }

    slots->index = 0;
    switch ((AcpiSlotsRegister)offset) {
    case ACPI_SLOTS_EJ:
        return write_eject(slots, value);
    case ACPI_SLOTS_SEL:
        slots->select = slots->banked ? value : 0;
        return no_effect;
    case ACPI_SLOTS_AIDX:
        return on_slot(slots, ACPI_SLOTS_LOOK_UP, value);
    case ACPI_SLOTS_UP:
    case ACPI_SLOTS_DOWN:
    case ACPI_SLOTS_RMV:
        break;
    }
    return refused_effect(ACPI_SLOTS_NO_REGISTER);
}

static uint32_t take_next_bus(AcpiSlots *slots)
{
    for (uint32_t word = 0; word < ACPI_SLOTS_BUSES / BITS_PER_WORD; word++) {
        uint32_t bits = slots->visit[word];

        if (bits) {
            slots->visit[word] = bits & (bits - 1);
            return word * BITS_PER_WORD + __builtin_ctz(bits);
        }
    }
    return ACPI_SLOTS_NO_BUS;
}

AcpiSlotsValue acpi_slots_read_extension(AcpiSlots *slots, uint64_t offset,
                                         unsigned size)
{
    if (acpi_slots_check_access(offset, size) != ACPI_SLOTS_ACCEPTED) {
        return refused_value(ACPI_SLOTS_BAD_SIZE);
    }
    if (!slots->fast_scan || offset != ACPI_SLOTS_NEXT) {
        return refused_value(ACPI_SLOTS_NO_REGISTER);
    }
    return value_of(take_next_bus(slots));
}

static AcpiSlotsEffect write_osc(uint32_t value)
{
    return (AcpiSlotsEffect) {
        .action = ACPI_SLOTS_OSC_REPORT,
        .value = value,
    };
}

static AcpiSlotsEffect write_ost(uint32_t value)
{
    AcpiOstReport report = acpi_ost_report(value);

    return (AcpiSlotsEffect) {
        .action = ACPI_SLOTS_OST_REPORT,
        .bus = report.bus,
        .slot = report.slot,
        .event = report.event,
        .status = report.status,
    };
}

AcpiSlotsEffect acpi_slots_write_extension(AcpiSlots *slots, uint64_t offset,
                                           unsigned size, uint32_t value)
{
    if (acpi_slots_check_access(offset, size) != ACPI_SLOTS_ACCEPTED) {
        return refused_effect(ACPI_SLOTS_BAD_SIZE);
    }
    if (slots->osc_report && offset == ACPI_SLOTS_OSC) {
        return write_osc(value);
    }
    if (slots->ost_report && offset == ACPI_SLOTS_OST) {
        return write_ost(value);
    }
    return refused_effect(ACPI_SLOTS_NO_REGISTER);
}

void acpi_slots_set_index(AcpiSlots *slots, uint32_t acpi_index)
{
    slots->index = acpi_index;
}

/*
 * The guest is about to be signalled.  Whoever walks all buses then finds
 * every request that is still open, on whatever bus; NEXT must lead to no
 * fewer.
 */
bool acpi_slots_signal(AcpiSlots *slots)
{
    bool open = false;

    for (uint32_t bus = 0; bus < ACPI_SLOTS_BUSES; bus++) {
        if (readable(slots, bus)) {
            slots->visit[bus / BITS_PER_WORD] |= bus_bit(bus);
            open = true;
        }
    }
    return open;
}

void acpi_slots_plug(AcpiSlots *slots, uint32_t bus, uint32_t slot)
{
    slots->bus[bus].up |= UINT32_C(1) << slot;
    acpi_slots_signal(slots);
}

void acpi_slots_request_unplug(AcpiSlots *slots, uint32_t bus, uint32_t slot)
{
    slots->bus[bus].down |= UINT32_C(1) << slot;
    if (slots->once) {
        slots->bus[bus].unread |= UINT32_C(1) << slot;
    }
    acpi_slots_signal(slots);
}

uint32_t acpi_slots_take_removals(AcpiSlots *slots, uint32_t bus)
{
    uint32_t removals = take(&slots->bus[bus].down);

    slots->bus[bus].up &= ~removals;
    slots->bus[bus].unread = 0;
    settle(slots, bus);
    return removals;
}

AcpiSlotsBus acpi_slots_take_requests(AcpiSlots *slots, uint32_t bus,
                                      uint32_t slot)
{
    const uint32_t bit = UINT32_C(1) << slot;
    AcpiSlotsBus *from = &slots->bus[bus];
    AcpiSlotsBus taken = { .up = from->up & bit, .down = from->down & bit };

    from->up &= ~bit;
    from->down &= ~bit;
    from->unread &= ~bit;
    settle(slots, bus);
    return taken;
}

void acpi_slots_set_removable(AcpiSlots *slots, uint32_t bus,
                              uint32_t removable)
{
    slots->bus[bus].removable = removable;
}
