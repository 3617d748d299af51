/*
 * A guest with hot-pluggable buses, for tests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "hotplug-guest.h"
#include "test-cmocka.h"

#define FIRST_SLOT_AFTER_BRIDGES  8
#define SLOTS                     32
#define ACCESSES_PER_BUS          3

TestGuest test_guest_start(const TestBoard *board, unsigned buses,
                           bool listening)
{
    TestGuest guest = { .board = board, .buses = buses };

    guest.root = test_buses(board, buses);
    guest.bench = listening ? test_listening_bench(board, guest.root)
                            : test_bench(board, guest.root);
    guest.machine = &guest.bench->machine;
    return guest;
}

void test_guest_end(TestGuest *guest)
{
    assert_string_equal(bench_complaints(guest->bench), "");
    bench_free(guest->bench);
    pci_bus_description_free(guest->root);
}

unsigned test_guest_slot(const TestGuest *guest, unsigned bus)
{
    return guest->board->express
           ? 0 : FIRST_SLOT_AFTER_BRIDGES +
                 bus % (SLOTS - FIRST_SLOT_AFTER_BRIDGES);
}

void test_guest_request(const TestGuest *guest, const TestRequest *request)
{
    if (request->value == NOTIFY_PLUG) {
        machine_plug(guest->machine, request->bus, request->slot);
    } else {
        machine_request_unplug(guest->machine, request->bus, request->slot);
    }
}

void test_guest_eject(const TestGuest *guest, unsigned bus, unsigned slot)
{
    g_autofree char *path = test_slot_path(guest->root, bus, slot);

    bench_eject(guest->bench, path);
}

unsigned test_guest_told(const TestGuest *guest, const TestRequest *request)
{
    g_autofree char *path = test_slot_path(guest->root, request->bus,
                                           request->slot);

    return bench_count_notifications(guest->bench, path, request->value);
}

unsigned test_guest_accesses(const TestGuest *guest)
{
    return machine_count(guest->machine, MACHINE_SLOTS) +
           machine_count(guest->machine, MACHINE_EXTENSION);
}

unsigned test_guest_event_cost(const TestGuest *guest, unsigned open_buses)
{
    return guest->board->fast_scan
           ? open_buses * (ACCESSES_PER_BUS + 1) + 1
           : guest->buses * ACCESSES_PER_BUS;
}
