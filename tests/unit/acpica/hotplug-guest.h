/*
 * A guest with hot-pluggable buses, for tests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_ACPICA_HOTPLUG_GUEST_H
#define TESTS_ACPICA_HOTPLUG_GUEST_H

#include "hotplug-dsdt.h"

enum {
    NOTIFY_PLUG = 1,          /* Device Check (ACPI 6.5, table 5.161) */
    NOTIFY_UNPLUG = 3,        /* Eject Request */
};

/*
 * TestGuest: a running guest, and the buses that its tables describe
 *
 * @machine: of @bench
 */
typedef struct TestGuest {
    const TestBoard *board;
    unsigned buses;
    PciBusDescription *root;
    Bench *bench;
    Machine *machine;
} TestGuest;

/* A request of the host: @value is the notification it must lead to. */
typedef struct TestRequest {
    unsigned bus;
    unsigned slot;
    uint32_t value;
} TestRequest;

/* A guest with test_buses(); with events enabled if @listening. */
TestGuest test_guest_start(const TestBoard *board, unsigned buses,
                           bool listening);

/* Ends it; fails the test if the interpreter complained. */
void test_guest_end(TestGuest *guest);

/* A slot that no bridge is in: below a port there is slot 0 alone. */
unsigned test_guest_slot(const TestGuest *guest, unsigned bus);

void test_guest_request(const TestGuest *guest, const TestRequest *request);

/* The guest gives the slot back. */
void test_guest_eject(const TestGuest *guest, unsigned bus, unsigned slot);

/* How often the guest was told of a request. */
unsigned test_guest_told(const TestGuest *guest, const TestRequest *request);

/* Accesses to the hotplug registers on record. */
unsigned test_guest_accesses(const TestGuest *guest);

/*
 * What one event costs when @open_buses buses have something to report: all
 * buses in turn take SEL, UP and DOWN for each of them; fast scan takes NEXT as
 * well, once more than there are such buses.
 */
unsigned test_guest_event_cost(const TestGuest *guest, unsigned open_buses);

#endif /* TESTS_ACPICA_HOTPLUG_GUEST_H */
