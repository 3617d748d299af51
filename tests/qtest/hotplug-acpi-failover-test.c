/*
 * QTest of ACPI PCI hotplug: virtio-net failover
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Before a migration the standby device has its primary unplugged by the
 * guest, but QEMU keeps it, to give it back where the migration fails.  What
 * ends the wait is the eject of a device that stays.  With requests that is the
 * request's outcome.
 */

#include "qemu/osdep.h"
#include "failover-guest.h"

typedef struct FailoverCase {
    const char *name;
    const char *machine;
    bool requests;
} FailoverCase;

static const FailoverCase cases[] = {
    { "registers", "", false },
    { "requests", HOTPLUG_REQUESTS, true },
};

static void expect_ended(Hotplug *h, const FailoverCase *it, const char *reason)
{
    if (it->requests) {
        failover_expect_ended(h, reason);
    }
}

static void plug_primary(Hotplug *h, const HotplugPlace *place)
{
    failover_plug_primary(h, place);
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));
}

static void migrate_until_unplug(Hotplug *h, const HotplugPlace *place)
{
    failover_migrate_until_unplug(h);
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_DOWN), ==,
                    hotplug_slot_bit(place));
}

static void test_migrate(const void *opaque)
{
    const FailoverCase *it = opaque;
    g_autoptr(Hotplug) h = failover_start(it->machine);
    const HotplugPlace *place = &h->board->place[1];
    FailoverGuest guest;

    failover_negotiate(h, &guest);
    plug_primary(h, place);
    migrate_until_unplug(h, place);
    g_assert(failover_migration_is(h, "wait-unplug"));

    hotplug_eject(h, place);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
    expect_ended(h, it, "kept-for-failover");
    failover_wait_for_migration(h, "completed");
    g_assert(hotplug_has_device(h, "primary"));
    failover_end(&guest);
}

/* A migration that ends in nothing gives the guest its primary back. */
static void test_cancel(const void *opaque)
{
    const FailoverCase *it = opaque;
    g_autoptr(Hotplug) h = failover_start(it->machine);
    const HotplugPlace *place = &h->board->place[1];
    FailoverGuest guest;

    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate-set-parameters', "
                             "'arguments': {'max-bandwidth': 100}}");
    failover_negotiate(h, &guest);
    plug_primary(h, place);
    migrate_until_unplug(h, place);

    hotplug_eject(h, place);
    expect_ended(h, it, "kept-for-failover");
    failover_wait_for_migration(h, "active");
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate_cancel'}");
    failover_wait_for_migration(h, "cancelled");
    g_assert(hotplug_has_device(h, "primary"));
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));

    hotplug_request_unplug(h, "primary");
    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "primary");
    expect_ended(h, it, "removed");
    failover_end(&guest);
}

/* A reset answers for the guest; the device stays all the same. */
static void test_reset(const void *opaque)
{
    const FailoverCase *it = opaque;
    g_autoptr(Hotplug) h = failover_start(it->machine);
    const HotplugPlace *place = &h->board->place[1];
    FailoverGuest guest;

    failover_negotiate(h, &guest);
    plug_primary(h, place);
    migrate_until_unplug(h, place);
    qtest_system_reset_nowait(h->qts);
    expect_ended(h, it, "kept-for-failover");
    failover_wait_for_migration(h, "completed");
    g_assert(hotplug_has_device(h, "primary"));
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_DOWN), ==, 0);
    failover_end(&guest);
}

/* Without failover in progress a primary is a device like any other. */
static void test_plain_unplug(const void *opaque)
{
    const FailoverCase *it = opaque;
    g_autoptr(Hotplug) h = failover_start(it->machine);
    const HotplugPlace *place = &h->board->place[1];
    FailoverGuest guest;

    failover_negotiate(h, &guest);
    plug_primary(h, place);
    hotplug_request_unplug(h, "primary");
    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "primary");
    expect_ended(h, it, "removed");
    failover_end(&guest);
}

static void add_test(const char *name, const FailoverCase *it,
                     GTestDataFunc test)
{
    g_autofree char *path = g_strdup_printf("/hotplug-acpi/failover/%s/%s",
                                            name, it->name);

    qtest_add_data_func(path, it, test);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        add_test("migrate", &cases[i], test_migrate);
        add_test("cancel", &cases[i], test_cancel);
        add_test("reset", &cases[i], test_reset);
        add_test("plain-unplug", &cases[i], test_plain_unplug);
    }
    return g_test_run();
}
