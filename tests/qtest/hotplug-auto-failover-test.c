/*
 * QTest of hotplug mode auto: virtio-net failover
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The primary device is asked back by the method that the guest has chosen,
 * and comes back by it if the migration ends in nothing.  With requests each of
 * these has an outcome.
 */

#include "qemu/osdep.h"
#include "failover-guest.h"
#include "hotplug-path-steps.h"

#define AUTO  "-machine pc-q35-10.0,pci-hotplug=auto"

typedef struct FailoverCase {
    const char *name;
    PathGuest guest;
    HotplugMethod method;
    bool requests;
} FailoverCase;

static const FailoverCase cases[] = {
    { "silent", PATH_SILENT, HOTPLUG_METHOD_ACPI, false },
    { "without", PATH_WITHOUT, HOTPLUG_METHOD_ACPI, false },
    { "native", PATH_NATIVE, HOTPLUG_METHOD_NATIVE, false },
    { "event/requests", PATH_EVENT, HOTPLUG_METHOD_ACPI, true },
    { "without/requests", PATH_WITHOUT, HOTPLUG_METHOD_ACPI, true },
    { "native/requests", PATH_NATIVE, HOTPLUG_METHOD_NATIVE, true },
};

static const FailoverCase moves[] = {
    { "registers", PATH_EVENT, HOTPLUG_METHOD_ACPI, false },
    { "requests", PATH_EVENT, HOTPLUG_METHOD_ACPI, true },
};

static void expect_ended(Hotplug *h, const FailoverCase *it, const char *reason)
{
    if (it->requests) {
        failover_expect_ended(h, reason);
    }
}

static Hotplug *start(const FailoverCase *it, FailoverGuest *guest)
{
    Hotplug *h = failover_start(it->requests ? AUTO HOTPLUG_REQUESTS : AUTO);

    hotplug_watch_sci(h);
    hotplug_map_gpe(h);
    failover_negotiate(h, guest);
    path_prepare(h, it->guest);
    failover_plug_primary(h, &h->board->place[1]);
    path_expect(h, 1, it->method, PATH_PLUG);
    path_take(h, 1, it->method);
    return h;
}

static void test_migrate(const void *opaque)
{
    const FailoverCase *it = opaque;
    FailoverGuest guest;
    g_autoptr(Hotplug) h = start(it, &guest);

    failover_migrate_until_unplug(h);
    path_expect(h, 1, it->method, PATH_UNPLUG);
    path_give_back(h, 1, it->method);
    expect_ended(h, it, "kept-for-failover");
    failover_wait_for_migration(h, "completed");
    g_assert_true(hotplug_has_device(h, "primary"));
    failover_end(&guest);
}

static void test_cancel(const void *opaque)
{
    const FailoverCase *it = opaque;
    FailoverGuest guest;
    g_autoptr(Hotplug) h = start(it, &guest);

    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate-set-parameters', "
                             "'arguments': {'max-bandwidth': 100}}");
    failover_migrate_until_unplug(h);
    path_expect(h, 1, it->method, PATH_UNPLUG);
    path_give_back(h, 1, it->method);
    expect_ended(h, it, "kept-for-failover");
    failover_wait_for_migration(h, "active");
    modes_clear_slot_events(h, 0, PORT1_DEVFN);
    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate_cancel'}");
    failover_wait_for_migration(h, "cancelled");
    path_expect(h, 1, it->method, PATH_PLUG);
    path_take(h, 1, it->method);

    hotplug_request_unplug(h, "primary");
    path_expect(h, 1, it->method, PATH_UNPLUG);
    path_give_back(h, 1, it->method);
    hotplug_expect_deleted(h, "primary");
    expect_ended(h, it, "removed");
    failover_end(&guest);
}

/* The guest changes its mind while the migration waits for the device. */
static void test_move(const void *opaque)
{
    const FailoverCase *it = opaque;
    FailoverGuest guest;
    g_autoptr(Hotplug) h = start(it, &guest);

    failover_migrate_until_unplug(h);
    path_expect(h, 1, HOTPLUG_METHOD_ACPI, PATH_UNPLUG);
    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
    if (it->requests) {
        modes_enable_slot(h, 0, PORT1_DEVFN);
    }
    path_expect(h, 1, HOTPLUG_METHOD_NATIVE, PATH_UNPLUG);
    g_assert_true(failover_migration_is(h, "wait-unplug"));
    path_give_back(h, 1, HOTPLUG_METHOD_NATIVE);
    expect_ended(h, it, "kept-for-failover");
    failover_wait_for_migration(h, "completed");
    failover_end(&guest);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *migrate = g_strdup_printf(
            "/hotplug-auto-failover/migrate/%s", cases[i].name);
        g_autofree char *cancel = g_strdup_printf(
            "/hotplug-auto-failover/cancel/%s", cases[i].name);

        qtest_add_data_func(migrate, &cases[i], test_migrate);
        qtest_add_data_func(cancel, &cases[i], test_cancel);
    }
    for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
        g_autofree char *move = g_strdup_printf(
            "/hotplug-auto-failover/move/%s", moves[i].name);

        qtest_add_data_func(move, &moves[i], test_move);
    }

    return g_test_run();
}
