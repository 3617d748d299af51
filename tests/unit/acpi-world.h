/*
 * ACPI hotplug in a nutshell: registers, event, requests, devices and a guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The models, put together as hw/acpi/pcihp.c and
 * hw/pci/pci-hotplug-requests.c do, with choices for host and guest.  Besides
 * the rules of request-watch.h:
 *
 * - The registers show what is open, and nothing that is not.
 * - A signal raises the event.
 * - From wherever it is, a guest that does as it should brings all that is open
 *   to its end.
 */

#ifndef TESTS_ACPI_WORLD_H
#define TESTS_ACPI_WORLD_H

#include "choices.h"
#include "model/acpi-slots.h"
#include "model/gpe.h"
#include "request-watch.h"

#define ACPI_WORLD_SLOTS  4

/* A slot of @bus (its BSEL); @present: functions that are there. */
typedef struct AcpiWorldSlot {
    uint32_t bus;
    uint32_t slot;
    uint8_t present;
    RequestWatch watch;
} AcpiWorldSlot;

typedef struct AcpiWorld {
    AcpiSlots registers;
    GpeBlock gpe;
    uint8_t gpe_status[1];
    uint8_t gpe_enable[1];
    AcpiWorldSlot slot[ACPI_WORLD_SLOTS];
    int64_t now;
    const char *broken;
} AcpiWorld;

void acpi_world_start(AcpiWorld *world, Choices *choices);
void acpi_world_step(AcpiWorld *world, Choices *choices);

/* A guest that does as it should takes over, until nothing is open. */
void acpi_world_rest(AcpiWorld *world);

#endif /* TESTS_ACPI_WORLD_H */
