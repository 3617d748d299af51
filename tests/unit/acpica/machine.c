/*
 * The part of a PC that ACPI hotplug touches, made of our models
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "machine.h"

#define POWER_BYTES     12       /* event status, enable, control, timer */
#define POWER_CONTROL   4
#define ACPI_MODE_BIT   1        /* SCI_EN */

const MachinePorts machine_q35 = {
    .power = 0x600, .gpe = 0x620, .gpe_bytes = 8, .slots = 0xcc0,
    .extension = 0xcb0,
};

const MachinePorts machine_i440fx = {
    .power = 0x600, .gpe = 0xafe0, .gpe_bytes = 2, .slots = 0xae00,
    .extension = 0xae18,
};

void machine_init(Machine *machine, const MachinePorts *ports,
                  const MachineRegisters *registers)
{
    memset(machine, 0, sizeof(*machine));
    machine->ports = *ports;
    machine->gpe.status = machine->gpe_status;
    machine->gpe.enable = machine->gpe_enable;
    machine->gpe.length = ports->gpe_bytes;
    machine->power[POWER_CONTROL / 2] = ACPI_MODE_BIT;
    acpi_slots_init(&machine->slots, registers->banked,
                    registers->fast_scan);
    machine->slots.osc_report = registers->osc_report;
    machine->slots.ost_report = registers->ost_report;
    if (!registers->fast_scan && !registers->osc_report &&
        !registers->ost_report) {
        machine->ports.extension = 0;
    }
    machine->accesses = g_array_new(false, true, sizeof(MachineAccess));
    machine->ejects = g_array_new(false, true, sizeof(MachineSlot));
    machine->look_ups = g_array_new(false, true, sizeof(MachineSlot));
    machine->reports = g_array_new(false, true, sizeof(uint32_t));
    machine->osts = g_array_new(false, true, sizeof(MachineOst));
}

void machine_clear(Machine *machine)
{
    g_array_unref(machine->accesses);
    g_array_unref(machine->ejects);
    g_array_unref(machine->look_ups);
    g_array_unref(machine->reports);
    g_array_unref(machine->osts);
}

void machine_forget(Machine *machine)
{
    g_array_set_size(machine->accesses, 0);
    g_array_set_size(machine->ejects, 0);
    g_array_set_size(machine->look_ups, 0);
    g_array_set_size(machine->reports, 0);
    g_array_set_size(machine->osts, 0);
}

/* ---- ports -------------------------------------------------------------- */

static bool is_in(uint32_t port, uint16_t base, uint32_t bytes)
{
    return base && port >= base && port < base + bytes;
}

static MachineAccess decode(const Machine *machine, uint32_t port,
                            unsigned size)
{
    const MachinePorts *ports = &machine->ports;
    const struct {
        uint16_t base;
        uint32_t bytes;
    } windows[] = {
        [MACHINE_POWER] = { ports->power, POWER_BYTES },
        [MACHINE_GPE] = { ports->gpe, 2 * ports->gpe_bytes },
        [MACHINE_SLOTS] = { ports->slots, ACPI_SLOTS_WINDOW_SIZE },
        [MACHINE_EXTENSION] = { ports->extension, ACPI_SLOTS_EXTENSION_SIZE },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(windows); i++) {
        if (is_in(port, windows[i].base, windows[i].bytes)) {
            return (MachineAccess) { .block = i, .size = size,
                                     .offset = port - windows[i].base };
        }
    }
    return (MachineAccess) { .block = MACHINE_NOTHING, .offset = port,
                             .size = size };
}

static void record(Machine *machine, const MachineAccess *access)
{
    g_array_append_val(machine->accesses, *access);
    if (machine->hook) {
        machine->hook(machine, access, machine->hook_opaque);
    }
}

/* ---- power management: what it takes to be in ACPI mode ----------------- */

static uint32_t power_read(const Machine *machine, uint32_t offset,
                           unsigned size)
{
    uint32_t value = 0;

    if (offset + size <= sizeof(machine->power)) {
        memcpy(&value, (const uint8_t *)machine->power + offset, size);
    }
    return value;
}

static void power_write(Machine *machine, uint32_t offset, unsigned size,
                        uint32_t value)
{
    if (offset == 0) {
        machine->power[0] &= ~value;
    } else if (offset + size <= sizeof(machine->power)) {
        memcpy((uint8_t *)machine->power + offset, &value, size);
    }
}

/* ---- the GPE block takes bytes; wider accesses are so many of them ------ */

static uint32_t gpe_block_read(Machine *machine, uint32_t offset,
                               unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint32_t)gpe_read(&machine->gpe, offset + i) << 8 * i;
    }
    return value;
}

static bool gpe_block_write(Machine *machine, uint32_t offset, unsigned size,
                            uint32_t value)
{
    bool refused = false;

    for (unsigned i = 0; i < size; i++) {
        refused |= gpe_write(&machine->gpe, offset + i,
                             value >> 8 * i).refused;
    }
    return refused;
}

/* ---- hotplug registers -------------------------------------------------- */

static bool carry_out(Machine *machine, AcpiSlotsEffect effect)
{
    MachineSlot slot = { effect.bus, effect.slot };
    MachineOst ost = { effect.bus, effect.slot, effect.event, effect.status };

    switch (effect.action) {
    case ACPI_SLOTS_EJECT:
        g_array_append_val(machine->ejects, slot);
        break;
    case ACPI_SLOTS_LOOK_UP:
        g_array_append_val(machine->look_ups, slot);
        acpi_slots_set_index(&machine->slots,
                             machine->acpi_index[slot.bus][slot.slot]);
        break;
    case ACPI_SLOTS_OSC_REPORT:
        g_array_append_val(machine->reports, effect.value);
        break;
    case ACPI_SLOTS_OST_REPORT:
        g_array_append_val(machine->osts, ost);
        break;
    case ACPI_SLOTS_NOTHING:
        break;
    }
    return effect.refusal != ACPI_SLOTS_ACCEPTED;
}

static void take_value(MachineAccess *access, AcpiSlotsValue value)
{
    access->value = value.value;
    access->refused = value.refusal != ACPI_SLOTS_ACCEPTED;
    access->seen = value.seen;
    access->bus = value.bus;
}

/* ---- accesses ----------------------------------------------------------- */

uint32_t machine_read(Machine *machine, uint32_t port, unsigned size)
{
    MachineAccess access = decode(machine, port, size);

    switch (access.block) {
    case MACHINE_POWER:
        access.value = power_read(machine, access.offset, size);
        break;
    case MACHINE_GPE:
        access.value = gpe_block_read(machine, access.offset, size);
        break;
    case MACHINE_SLOTS:
        take_value(&access, acpi_slots_read(&machine->slots, access.offset,
                                            size));
        break;
    case MACHINE_EXTENSION:
        take_value(&access, acpi_slots_read_extension(&machine->slots,
                                                      access.offset, size));
        break;
    default:
        access.value = UINT32_MAX >> (32 - 8 * size);
        access.refused = true;
        break;
    }
    record(machine, &access);
    return access.value;
}

void machine_write(Machine *machine, uint32_t port, unsigned size,
                   uint32_t value)
{
    MachineAccess access = decode(machine, port, size);

    access.write = true;
    access.value = value;
    switch (access.block) {
    case MACHINE_POWER:
        power_write(machine, access.offset, size, value);
        break;
    case MACHINE_GPE:
        access.refused = gpe_block_write(machine, access.offset, size, value);
        break;
    case MACHINE_SLOTS:
        access.refused = carry_out(machine, acpi_slots_write(
            &machine->slots, access.offset, size, value));
        break;
    case MACHINE_EXTENSION:
        access.refused = carry_out(machine, acpi_slots_write_extension(
            &machine->slots, access.offset, size, value));
        break;
    default:
        access.refused = true;
        break;
    }
    record(machine, &access);
}

bool machine_sci(const Machine *machine)
{
    return gpe_asserted(&machine->gpe) ||
           (machine->power[0] & machine->power[1]);
}

/* ---- the host ----------------------------------------------------------- */

void machine_raise(Machine *machine)
{
    gpe_raise(&machine->gpe, 1 << MACHINE_HOTPLUG_GPE);
}

void machine_plug(Machine *machine, uint32_t bus, uint32_t slot)
{
    acpi_slots_plug(&machine->slots, bus, slot);
    machine_raise(machine);
}

void machine_request_unplug(Machine *machine, uint32_t bus, uint32_t slot)
{
    acpi_slots_request_unplug(&machine->slots, bus, slot);
    machine_raise(machine);
}

/* ---- what was written down ---------------------------------------------- */

unsigned machine_count(const Machine *machine, MachineBlock block)
{
    unsigned count = 0;

    for (unsigned i = 0; i < machine->accesses->len; i++) {
        count += machine_access(machine, i)->block == block;
    }
    return count;
}

const MachineAccess *machine_access(const Machine *machine, unsigned i)
{
    return &g_array_index(machine->accesses, MachineAccess, i);
}

const MachineSlot *machine_eject(const Machine *machine, unsigned i)
{
    return &g_array_index(machine->ejects, MachineSlot, i);
}

const MachineSlot *machine_look_up(const Machine *machine, unsigned i)
{
    return &g_array_index(machine->look_ups, MachineSlot, i);
}

const MachineOst *machine_ost(const Machine *machine, unsigned i)
{
    return &g_array_index(machine->osts, MachineOst, i);
}
