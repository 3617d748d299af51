/*
 * ACPI hotplug in a nutshell, the host's part: requests, devices and time
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The models, put together as hw/acpi/pcihp.c and
 * hw/pci/pci-hotplug-slots.c do, around registers and a GPE block that a
 * guest has access to.  Besides the rules of request-watch.h: a signal raises
 * the event.
 */

#ifndef TESTS_ACPI_HOST_H
#define TESTS_ACPI_HOST_H

#include "model/acpi-slots.h"
#include "model/gpe.h"
#include "request-watch.h"

#define ACPI_HOST_EVENT  2      /* GPE 1 */

/*
 * A slot of @bus (its BSEL); @present: functions that are there; @ended: how
 * often a request ended with each outcome.
 */
typedef struct AcpiHostSlot {
    uint32_t bus;
    uint32_t slot;
    uint8_t present;
    unsigned ended[HOTPLUG_OUTCOMES];
    RequestWatch watch;
} AcpiHostSlot;

/* @broken: the first rule that did not hold, or NULL */
typedef struct AcpiHost {
    AcpiSlots *registers;
    GpeBlock *gpe;
    AcpiHostSlot *slots;
    unsigned count;
    int64_t now;
    const char *broken;
} AcpiHost;

/* Places of @slots, all else of which is anything, are empty at the start. */
void acpi_host_start(AcpiHost *host, AcpiSlots *registers, GpeBlock *gpe,
                     AcpiHostSlot *slots, unsigned count,
                     HotplugRequestTiming timing);

void acpi_host_expect(AcpiHost *host, bool holds, const char *rule);
AcpiHostSlot *acpi_host_find(AcpiHost *host, uint32_t bus, uint32_t slot);
bool acpi_host_is_anything_open(const AcpiHost *host);

/* ---- time -------------------------------------------------------------- */

/* When something is to be done next, or HOTPLUG_NEVER */
int64_t acpi_host_due(const AcpiHost *host);
void acpi_host_pass_time(AcpiHost *host, int64_t milliseconds);

/* ---- what the host's user does ----------------------------------------- */

/* Does nothing where the function is there, or must not be plugged now. */
void acpi_host_plug(AcpiHost *host, AcpiHostSlot *slot, uint8_t function);
void acpi_host_unplug(AcpiHost *host, AcpiHostSlot *slot);
void acpi_host_restart(AcpiHost *host, HotplugRestart how);

/* A snapshot of this very moment, which the host's requests outlive. */
void acpi_host_snapshot(AcpiHost *host);

/* ---- what the guest does ----------------------------------------------- */

/* It read that the slots of @seen have requests. */
void acpi_host_read(AcpiHost *host, uint32_t bus, uint32_t seen);
void acpi_host_eject(AcpiHost *host, uint32_t bus, uint32_t slot);

/* _OST (ACPI 6.5, 6.3.5) */
void acpi_host_say(AcpiHost *host, uint32_t bus, uint32_t slot, uint32_t event,
                   uint32_t status);

/* _OSC was evaluated: what was told before was not heard. */
void acpi_host_not_ready(AcpiHost *host);
void acpi_host_listen(AcpiHost *host, bool on);
void acpi_host_configure(AcpiHost *host, AcpiHostSlot *slot, uint8_t functions);

#endif /* TESTS_ACPI_HOST_H */
