/*
 * Cost of an access to the hotplug registers, in the model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Usage: register-cost [ROUNDS]
 *
 * Prints a line for each kind of access: its name, nanoseconds per access with
 * 1 bus in use and with ACPI_SLOTS_BUSES, separated by tabs; the median of
 * ROUNDS.  With many buses each access goes to the next of them, so that SEL
 * is written first, as guests do; both accesses count.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/acpi-slots.h"

#define REPEATS         100000
#define DEFAULT_ROUNDS  21
#define MAX_ROUNDS      1001

/* Keeps the compiler from dropping a result. */
static volatile uint32_t sink;

/* One repeat; returns nothing, works on @slots with BSEL @bus. */
typedef void Repeat(AcpiSlots *slots, uint32_t bus);

typedef struct Kind {
    const char *name;
    unsigned accesses;
    Repeat *repeat;
} Kind;

static void select_bus(AcpiSlots *slots, uint32_t bus)
{
    sink = acpi_slots_write(slots, ACPI_SLOTS_SEL, 4, bus).action;
}

static void select_and_read(AcpiSlots *slots, uint32_t bus, uint64_t offset)
{
    select_bus(slots, bus);
    sink = acpi_slots_read(slots, offset, 4).value;
}

static void read_up(AcpiSlots *slots, uint32_t bus)
{
    select_and_read(slots, bus, ACPI_SLOTS_UP);
}

static void read_down(AcpiSlots *slots, uint32_t bus)
{
    select_and_read(slots, bus, ACPI_SLOTS_DOWN);
}

static void read_removable(AcpiSlots *slots, uint32_t bus)
{
    select_and_read(slots, bus, ACPI_SLOTS_RMV);
}

static void eject(AcpiSlots *slots, uint32_t bus)
{
    select_bus(slots, bus);
    sink = acpi_slots_write(slots, ACPI_SLOTS_EJ, 4, 1).slot;
}

static void look_up_index(AcpiSlots *slots, uint32_t bus)
{
    select_bus(slots, bus);
    sink = acpi_slots_write(slots, ACPI_SLOTS_AIDX, 4, 1).slot;
    acpi_slots_set_index(slots, bus);
    sink = acpi_slots_read(slots, ACPI_SLOTS_AIDX, 4).value;
}

static void next_without(AcpiSlots *slots, uint32_t bus)
{
    sink = acpi_slots_read_extension(slots, ACPI_SLOTS_NEXT, 4).value;
}

/* The bit is what a plug leaves for NEXT; the plug itself is the host's. */
static void next_with(AcpiSlots *slots, uint32_t bus)
{
    slots->visit[bus / 32] |= UINT32_C(1) << bus % 32;
    sink = acpi_slots_read_extension(slots, ACPI_SLOTS_NEXT, 4).value;
}

static const Kind kinds[] = {
    { "SEL", 1, select_bus },
    { "SEL and UP", 2, read_up },
    { "SEL and DOWN", 2, read_down },
    { "SEL and RMV", 2, read_removable },
    { "SEL and EJ", 2, eject },
    { "SEL and AIDX", 3, look_up_index },
    { "NEXT, nothing to do", 1, next_without },
    { "NEXT, a bus to visit", 1, next_with },
};

static double nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

/* A block whose first @buses have slots in every state. */
static void prepare(AcpiSlots *slots, uint32_t buses)
{
    acpi_slots_init(slots, true, true);
    for (uint32_t bus = 0; bus < buses; bus++) {
        acpi_slots_set_removable(slots, bus, UINT32_MAX);
        acpi_slots_plug(slots, bus, bus % ACPI_SLOTS_PER_BUS);
        acpi_slots_request_unplug(slots, bus, (bus + 1) % ACPI_SLOTS_PER_BUS);
    }
    while (acpi_slots_read_extension(slots, ACPI_SLOTS_NEXT, 4).value !=
           ACPI_SLOTS_NO_BUS) {
        continue;
    }
}

/* @buses is a power of two. */
static double measure(const Kind *kind, uint32_t buses)
{
    static AcpiSlots slots;
    double start;

    prepare(&slots, buses);
    start = nanoseconds();
    for (uint32_t i = 0; i < REPEATS; i++) {
        kind->repeat(&slots, i & (buses - 1));
    }
    return (nanoseconds() - start) / REPEATS / kind->accesses;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

/* Both numbers of buses in turn, so that a busy machine slows both. */
static void report(const Kind *kind, int rounds)
{
    double one[MAX_ROUNDS], all[MAX_ROUNDS];

    for (int i = 0; i < rounds; i++) {
        one[i] = measure(kind, 1);
        all[i] = measure(kind, ACPI_SLOTS_BUSES);
    }
    printf("%s\t%.2f\t%.2f\n", kind->name, median(one, rounds),
           median(all, rounds));
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : DEFAULT_ROUNDS;

    if (argc > 2 || rounds < 1 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: register-cost [ROUNDS], 1 to %d\n",
                MAX_ROUNDS);
        return 2;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        report(&kinds[i], rounds);
    }
    return 0;
}
