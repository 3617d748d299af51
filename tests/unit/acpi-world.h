/*
 * ACPI hotplug in a nutshell: registers, event, requests, devices and a guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * acpi-host.h with registers, and choices for the host's user and the guest.
 * Besides the rules there:
 *
 * - The registers show what is open, and nothing that is not.
 * - From wherever it is, a guest that does as it should brings all that is open
 *   to its end.
 */

#ifndef TESTS_ACPI_WORLD_H
#define TESTS_ACPI_WORLD_H

#include "acpi-host.h"
#include "choices.h"

#define ACPI_WORLD_SLOTS  4

typedef struct AcpiWorld {
    AcpiSlots registers;
    GpeBlock gpe;
    uint8_t gpe_status[1];
    uint8_t gpe_enable[1];
    AcpiHostSlot slot[ACPI_WORLD_SLOTS];
    AcpiHost host;
} AcpiWorld;

void acpi_world_start(AcpiWorld *world, Choices *choices);
void acpi_world_step(AcpiWorld *world, Choices *choices);

/* A guest that does as it should takes over, until nothing is open. */
void acpi_world_rest(AcpiWorld *world);

#endif /* TESTS_ACPI_WORLD_H */
