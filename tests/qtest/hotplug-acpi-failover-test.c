/*
 * QTest of ACPI PCI hotplug: virtio-net failover
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Before a migration the standby device has its primary unplugged by the
 * guest, but QEMU keeps it, to give it back where the migration fails.  What
 * ends the wait is the eject of a device that stays.
 */

#include "qemu/osdep.h"
#include "hotplug-steps.h"
#include "libqos/malloc-pc.h"
#include "libqos/pci-pc.h"
#include "libqos/virtio-pci.h"
#include "hw/pci/pci_regs.h"
#include "qobject/qdict.h"
#include "standard-headers/linux/virtio_net.h"

#define PORT0_DEVFN       (4 << 3)
#define PORT0_BUS         1
/* Bridge window from 0xe0000000 to 0xfebfffff, where libqos puts BARs. */
#define MEMORY_WINDOW     0xfeb0e000

#define POLL_MICROSECONDS  10000
#define POLLS              5000

typedef struct Guest {
    QGuestAllocator allocator;
    QPCIBus *bus;
    QVirtioPCIDevice *standby;
} Guest;

static Hotplug *start(void)
{
    return hotplug_start_with(
        &hotplug_q35, "-netdev user,id=net0 -netdev user,id=net1 "
        "-device virtio-net-pci,bus=port0,id=standby,netdev=net0,failover=on,"
        "mac=52:54:00:00:00:01");
}

/* The standby device's driver: takes every feature that is offered. */
static void negotiate(Hotplug *h, Guest *guest)
{
    QPCIAddress address = { .devfn = QPCI_DEVFN(PORT0_BUS << 5, 0) };
    QVirtioDevice *vdev;

    hotplug_config_write(h, 0, PORT0_DEVFN, PCI_PRIMARY_BUS,
                         PORT0_BUS << 16 | PORT0_BUS << 8);
    hotplug_config_write(h, 0, PORT0_DEVFN, PCI_MEMORY_BASE, MEMORY_WINDOW);
    hotplug_config_write(h, 0, PORT0_DEVFN, PCI_COMMAND,
                         PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);

    pc_alloc_init(&guest->allocator, h->qts, 0);
    guest->bus = qpci_new_pc(h->qts, &guest->allocator);
    guest->standby = virtio_pci_new(guest->bus, &address);
    g_assert_nonnull(guest->standby);

    vdev = &guest->standby->vdev;
    qvirtio_pci_device_enable(guest->standby);
    qvirtio_start_device(vdev);
    qvirtio_set_features(vdev, qvirtio_get_features(vdev) &
                         ~QVIRTIO_F_BAD_FEATURE);
    qvirtio_set_driver_ok(vdev);
    qtest_qmp_eventwait(h->qts, "FAILOVER_NEGOTIATED");
}

static void end_guest(Guest *guest)
{
    qos_object_destroy((QOSGraphObject *)guest->standby);
    qpci_free_pc(guest->bus);
    alloc_destroy(&guest->allocator);
}

static void plug_primary(Hotplug *h, const HotplugPlace *place)
{
    hotplug_plug_function(h, "virtio-net-pci", "primary", place, 0,
                          ",'netdev': 'net1', 'failover_pair_id': 'standby',"
                          "'romfile': '', 'mac': '52:54:00:00:00:01'");
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));
}

static bool migration_is(QTestState *qts, const char *status)
{
    QDict *reply = qtest_qmp_assert_success_ref(
        qts, "{'execute': 'query-migrate'}");
    bool is = g_strcmp0(qdict_get_try_str(reply, "status"), status) == 0;

    qobject_unref(reply);
    return is;
}

static void wait_for_migration(QTestState *qts, const char *status)
{
    for (int i = 0; i < POLLS; i++) {
        if (migration_is(qts, status)) {
            return;
        }
        g_usleep(POLL_MICROSECONDS);
    }
    g_error("the migration did not come to be '%s'", status);
}

/* Starts a migration to nowhere, up to where it waits for the guest. */
static void migrate_until_unplug(Hotplug *h, const HotplugPlace *place)
{
    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate', 'arguments': "
                             "{'uri': 'exec:cat > /dev/null'}}");
    qtest_qmp_eventwait(h->qts, "UNPLUG_PRIMARY");
    wait_for_migration(h->qts, "wait-unplug");
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_DOWN), ==,
                    hotplug_slot_bit(place));
}

static void test_migrate(void)
{
    g_autoptr(Hotplug) h = start();
    const HotplugPlace *place = &h->board->place[1];
    Guest guest;

    negotiate(h, &guest);
    plug_primary(h, place);
    migrate_until_unplug(h, place);
    g_assert(migration_is(h->qts, "wait-unplug"));

    hotplug_eject(h, place);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
    wait_for_migration(h->qts, "completed");
    g_assert(hotplug_has_device(h, "primary"));
    end_guest(&guest);
}

/* A migration that ends in nothing gives the guest its primary back. */
static void test_cancel(void)
{
    g_autoptr(Hotplug) h = start();
    const HotplugPlace *place = &h->board->place[1];
    Guest guest;

    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate-set-parameters', "
                             "'arguments': {'max-bandwidth': 100}}");
    negotiate(h, &guest);
    plug_primary(h, place);
    migrate_until_unplug(h, place);

    hotplug_eject(h, place);
    wait_for_migration(h->qts, "active");
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate_cancel'}");
    wait_for_migration(h->qts, "cancelled");
    g_assert(hotplug_has_device(h, "primary"));
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));

    hotplug_request_unplug(h, "primary");
    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "primary");
    end_guest(&guest);
}

/* A reset answers for the guest; the device stays all the same. */
static void test_reset(void)
{
    g_autoptr(Hotplug) h = start();
    const HotplugPlace *place = &h->board->place[1];
    Guest guest;

    negotiate(h, &guest);
    plug_primary(h, place);
    migrate_until_unplug(h, place);
    qtest_system_reset_nowait(h->qts);
    wait_for_migration(h->qts, "completed");
    g_assert(hotplug_has_device(h, "primary"));
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_DOWN), ==, 0);
    end_guest(&guest);
}

/* Without failover in progress a primary is a device like any other. */
static void test_plain_unplug(void)
{
    g_autoptr(Hotplug) h = start();
    const HotplugPlace *place = &h->board->place[1];
    Guest guest;

    negotiate(h, &guest);
    plug_primary(h, place);
    hotplug_request_unplug(h, "primary");
    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "primary");
    end_guest(&guest);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/hotplug-acpi/failover/migrate", test_migrate);
    qtest_add_func("/hotplug-acpi/failover/cancel", test_cancel);
    qtest_add_func("/hotplug-acpi/failover/reset", test_reset);
    qtest_add_func("/hotplug-acpi/failover/plain-unplug", test_plain_unplug);

    return g_test_run();
}
