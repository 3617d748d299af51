/*
 * QTest of native PCIe hotplug: virtio-net failover
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * As with ACPI, the guest gives the primary device back and QEMU keeps it.
 */

#include "qemu/osdep.h"
#include "failover-guest.h"
#include "slot-steps.h"

static void plug_primary(Hotplug *h)
{
    failover_plug_primary(h, &h->board->place[1]);
    g_assert_true(slot_status(h) & PCIE_SLOT_PRESENT);
    slot_turn_on(h);
}

static void migrate_until_unplug(Hotplug *h)
{
    failover_migrate_until_unplug(h);
    g_assert_true(slot_status(h) & PCIE_SLOT_BUTTON);
    g_assert_true(failover_migration_is(h, "wait-unplug"));
}

static void give_back(Hotplug *h)
{
    slot_blink(h);
    slot_turn_off(h);
    g_assert_false(slot_status(h) & PCIE_SLOT_PRESENT);
}

static void test_migrate(void)
{
    g_autoptr(Hotplug) h = failover_start(SLOT_NATIVE);
    FailoverGuest guest;

    failover_negotiate(h, &guest);
    plug_primary(h);
    migrate_until_unplug(h);
    give_back(h);
    failover_wait_for_migration(h, "completed");
    g_assert_true(hotplug_has_device(h, "primary"));
    failover_end(&guest);
}

/* A migration that ends in nothing gives the guest its primary back. */
static void test_cancel(void)
{
    g_autoptr(Hotplug) h = failover_start(SLOT_NATIVE);
    FailoverGuest guest;

    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate-set-parameters', "
                             "'arguments': {'max-bandwidth': 100}}");
    failover_negotiate(h, &guest);
    plug_primary(h);
    migrate_until_unplug(h);
    give_back(h);
    failover_wait_for_migration(h, "active");
    g_assert_false(slot_status(h) & PCIE_SLOT_PRESENT);

    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate_cancel'}");
    failover_wait_for_migration(h, "cancelled");
    g_assert_true(slot_status(h) & PCIE_SLOT_PRESENT);
    g_assert_true(slot_status(h) & PCIE_SLOT_BUTTON);

    slot_turn_on(h);
    hotplug_request_unplug(h, "primary");
    give_back(h);
    hotplug_expect_deleted(h, "primary");
    failover_end(&guest);
}

/* Without failover in progress a primary is a device like any other. */
static void test_plain_unplug(void)
{
    g_autoptr(Hotplug) h = failover_start(SLOT_NATIVE);
    FailoverGuest guest;

    failover_negotiate(h, &guest);
    plug_primary(h);
    hotplug_request_unplug(h, "primary");
    give_back(h);
    hotplug_expect_deleted(h, "primary");
    failover_end(&guest);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/hotplug-native/failover/migrate", test_migrate);
    qtest_add_func("/hotplug-native/failover/cancel", test_cancel);
    qtest_add_func("/hotplug-native/failover/plain-unplug",
                   test_plain_unplug);

    return g_test_run();
}
