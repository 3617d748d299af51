/*
 * A guest with virtio-net failover, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The standby device is below port0 of hotplug_q35 and has a driver; its
 * primary is plugged into a place of the test's.
 */

#ifndef TESTS_QTEST_FAILOVER_GUEST_H
#define TESTS_QTEST_FAILOVER_GUEST_H

#include "hotplug-steps.h"
#include "libqos/virtio-pci.h"

typedef struct FailoverGuest {
    QGuestAllocator allocator;
    QPCIBus *bus;
    QVirtioPCIDevice *standby;
} FailoverGuest;

/* Starts a q35 machine with the standby device, and with more arguments. */
Hotplug *failover_start(const char *more);

/* The standby device's driver: takes every feature that is offered. */
void failover_negotiate(Hotplug *h, FailoverGuest *guest);
void failover_end(FailoverGuest *guest);

/* device_add of the primary device, called "primary". */
void failover_plug_primary(Hotplug *h, const HotplugPlace *place);

/* Starts a migration to nowhere, up to where it waits for the guest. */
void failover_migrate_until_unplug(Hotplug *h);

/*
 * Waits for a request that ended with this reason, one of enum
 * PciHotplugReason; earlier ones are dropped.
 */
void failover_expect_ended(Hotplug *h, const char *reason);

bool failover_migration_is(Hotplug *h, const char *status);
void failover_wait_for_migration(Hotplug *h, const char *status);

#endif /* TESTS_QTEST_FAILOVER_GUEST_H */
