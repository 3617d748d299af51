/*
 * QTest of native PCIe hotplug: virtio-net failover
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * As with ACPI, the guest gives the primary device back and QEMU keeps it.
 * With requests that is the request's outcome.
 */

#include "qemu/osdep.h"
#include "failover-guest.h"
#include "slot-steps.h"

typedef struct FailoverCase {
    const char *name;
    const char *machine;
    bool requests;
} FailoverCase;

static const FailoverCase cases[] = {
    { "registers", SLOT_NATIVE, false },
    { "requests", SLOT_NATIVE HOTPLUG_REQUESTS, true },
};

static Hotplug *start(const FailoverCase *it, FailoverGuest *guest)
{
    Hotplug *h = failover_start(it->machine);

    failover_negotiate(h, guest);
    slot_command(h, 0, PCIE_SLOT_BUTTON | PCIE_SLOT_PRESENCE |
                       PCIE_SLOT_INTERRUPT);
    return h;
}

static void expect_ended(Hotplug *h, const FailoverCase *it, const char *reason)
{
    if (it->requests) {
        failover_expect_ended(h, reason);
    }
}

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

static void test_migrate(const void *opaque)
{
    const FailoverCase *it = opaque;
    FailoverGuest guest;
    g_autoptr(Hotplug) h = start(it, &guest);

    plug_primary(h);
    migrate_until_unplug(h);
    give_back(h);
    expect_ended(h, it, "kept-for-failover");
    failover_wait_for_migration(h, "completed");
    g_assert_true(hotplug_has_device(h, "primary"));
    failover_end(&guest);
}

/* A migration that ends in nothing gives the guest its primary back. */
static void test_cancel(const void *opaque)
{
    const FailoverCase *it = opaque;
    FailoverGuest guest;
    g_autoptr(Hotplug) h = start(it, &guest);

    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate-set-parameters', "
                             "'arguments': {'max-bandwidth': 100}}");
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
    expect_ended(h, it, "removed");
    failover_end(&guest);
}

/* Without failover in progress a primary is a device like any other. */
static void test_plain_unplug(const void *opaque)
{
    const FailoverCase *it = opaque;
    FailoverGuest guest;
    g_autoptr(Hotplug) h = start(it, &guest);

    plug_primary(h);
    hotplug_request_unplug(h, "primary");
    give_back(h);
    hotplug_expect_deleted(h, "primary");
    failover_end(&guest);
}

static void add_test(const char *name, const FailoverCase *it,
                     GTestDataFunc test)
{
    g_autofree char *path = g_strdup_printf("/hotplug-native/failover/%s/%s",
                                            name, it->name);

    qtest_add_data_func(path, it, test);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        add_test("migrate", &cases[i], test_migrate);
        add_test("cancel", &cases[i], test_cancel);
        add_test("plain-unplug", &cases[i], test_plain_unplug);
    }
    return g_test_run();
}
