/*
 * The part of a PC that ACPI hotplug touches, made of our models
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * I/O ports lead to the hotplug registers and to the GPE block, both the
 * models that QEMU's devices use, and to as much of the power management
 * block as an ACPI interpreter needs to start.  Every access is written down.
 *
 * Ownership: a Machine belongs to its caller; the arrays in it are its own and
 * go with machine_clear().
 */

#ifndef TESTS_ACPICA_MACHINE_H
#define TESTS_ACPICA_MACHINE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/acpi-slots.h"
#include "model/gpe.h"

#define MACHINE_GPE_BYTES   8
#define MACHINE_SCI         9
#define MACHINE_HOTPLUG_GPE 1

/* Where a board has its registers; a base of 0: the window is not there. */
typedef struct MachinePorts {
    uint16_t power;
    uint16_t gpe;
    uint16_t gpe_bytes;
    uint16_t slots;
    uint16_t extension;
} MachinePorts;

extern const MachinePorts machine_q35;
extern const MachinePorts machine_i440fx;

typedef enum MachineBlock {
    MACHINE_POWER,
    MACHINE_GPE,
    MACHINE_SLOTS,
    MACHINE_EXTENSION,
    MACHINE_NOTHING,          /* no register there: reads all ones */
    MACHINE_BLOCKS,
} MachineBlock;

/*
 * One access to a port; @value is what was read or written, @seen and @bus as
 * in AcpiSlotsValue.
 */
typedef struct MachineAccess {
    MachineBlock block;
    uint32_t offset;
    unsigned size;
    bool write;
    uint32_t value;
    bool refused;
    uint32_t seen;
    uint32_t bus;
} MachineAccess;

/* What _OST wrote. */
typedef struct MachineOst {
    uint32_t bus;
    uint32_t slot;
    uint32_t event;
    uint32_t status;
} MachineOst;

/* A slot that the guest ejected, or whose acpi-index it asked for. */
typedef struct MachineSlot {
    uint32_t bus;
    uint32_t slot;
} MachineSlot;

typedef struct Machine Machine;

/* Called after each access; may plug, request, and so on. */
typedef void MachineHook(Machine *machine, const MachineAccess *access,
                         void *opaque);

/*
 * Machine
 *
 * @accesses: of MachineAccess, in order
 * @ejects: of MachineSlot, in order
 * @look_ups: of MachineSlot, in order
 * @reports: what _OSC wrote, of uint32_t, in order
 * @osts: what _OST wrote, of MachineOst, in order
 * @acpi_index: what AIDX gives for each slot
 */
struct Machine {
    MachinePorts ports;
    AcpiSlots slots;
    uint8_t gpe_status[MACHINE_GPE_BYTES];
    uint8_t gpe_enable[MACHINE_GPE_BYTES];
    GpeBlock gpe;
    uint16_t power[4];
    uint32_t acpi_index[ACPI_SLOTS_BUSES][ACPI_SLOTS_PER_BUS];
    GArray *accesses;
    GArray *ejects;
    GArray *look_ups;
    GArray *reports;
    GArray *osts;
    MachineHook *hook;
    void *hook_opaque;
};

/*
 * Which registers a machine has; the same fields as in AcpiSlots.
 */
typedef struct MachineRegisters {
    bool banked;
    bool fast_scan;
    bool osc_report;
    bool ost_report;
} MachineRegisters;

/* Powers a machine on. */
void machine_init(Machine *machine, const MachinePorts *ports,
                  const MachineRegisters *registers);
void machine_clear(Machine *machine);

/* Forgets accesses, ejects, look-ups and all reports so far. */
void machine_forget(Machine *machine);

uint32_t machine_read(Machine *machine, uint32_t port, unsigned size);
void machine_write(Machine *machine, uint32_t port, unsigned size,
                   uint32_t value);

/* Whether the interrupt line of ACPI is asserted. */
bool machine_sci(const Machine *machine);

/* The host plugs, or asks back, and raises the hotplug event. */
void machine_plug(Machine *machine, uint32_t bus, uint32_t slot);
void machine_request_unplug(Machine *machine, uint32_t bus, uint32_t slot);

/* The host raises the hotplug event, whether or not there is a request. */
void machine_raise(Machine *machine);

unsigned machine_count(const Machine *machine, MachineBlock block);
const MachineAccess *machine_access(const Machine *machine, unsigned i);
const MachineSlot *machine_eject(const Machine *machine, unsigned i);
const MachineSlot *machine_look_up(const Machine *machine, unsigned i);
const MachineOst *machine_ost(const Machine *machine, unsigned i);

#endif /* TESTS_ACPICA_MACHINE_H */
