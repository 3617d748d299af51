/*
 * A guest with virtio-net failover, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "failover-guest.h"
#include "hw/pci/pci_regs.h"
#include "libqos/malloc-pc.h"
#include "libqos/pci-pc.h"
#include "qobject/qdict.h"
#include "standard-headers/linux/virtio_net.h"

#define PORT0_DEVFN       (4 << 3)
#define PORT0_BUS         1
/* Bridge window from 0xe0000000 to 0xfebfffff, where libqos puts BARs. */
#define MEMORY_WINDOW     0xfeb0e000

#define POLL_MICROSECONDS  10000
#define POLLS              5000

Hotplug *failover_start(const char *more)
{
    return hotplug_start_with(
        &hotplug_q35, "-netdev user,id=net0 -netdev user,id=net1 "
        "-device virtio-net-pci,bus=port0,id=standby,netdev=net0,failover=on,"
        "mac=52:54:00:00:00:01 %s", more);
}

void failover_negotiate(Hotplug *h, FailoverGuest *guest)
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
    qobject_unref(hotplug_wait_event(h, "FAILOVER_NEGOTIATED"));
}

void failover_end(FailoverGuest *guest)
{
    qos_object_destroy((QOSGraphObject *)guest->standby);
    qpci_free_pc(guest->bus);
    alloc_destroy(&guest->allocator);
}

void failover_plug_primary(Hotplug *h, const HotplugPlace *place)
{
    hotplug_plug_function(h, "virtio-net-pci", "primary", place, 0,
                          ",'netdev': 'net1', 'failover_pair_id': 'standby',"
                          "'romfile': '', 'mac': '52:54:00:00:00:01'");
}

bool failover_migration_is(Hotplug *h, const char *status)
{
    QDict *reply = qtest_qmp_assert_success_ref(
        h->qts, "{'execute': 'query-migrate'}");
    bool is = g_strcmp0(qdict_get_try_str(reply, "status"), status) == 0;

    qobject_unref(reply);
    return is;
}

void failover_wait_for_migration(Hotplug *h, const char *status)
{
    for (int i = 0; i < POLLS; i++) {
        if (failover_migration_is(h, status)) {
            return;
        }
        g_usleep(POLL_MICROSECONDS);
    }
    g_error("the migration did not come to be '%s'", status);
}

void failover_migrate_until_unplug(Hotplug *h)
{
    qtest_qmp_assert_success(h->qts, "{'execute': 'migrate', 'arguments': "
                             "{'uri': 'exec:cat > /dev/null'}}");
    qobject_unref(hotplug_wait_event(h, "UNPLUG_PRIMARY"));
    failover_wait_for_migration(h, "wait-unplug");
}

void failover_expect_ended(Hotplug *h, const char *reason)
{
    bool found = false;

    while (!found) {
        g_autoptr(QDict) event =
            qtest_qmp_eventwait_ref(h->qts, "PCI_HOTPLUG_ENDED");
        QDict *data = qdict_get_qdict(event, "data");

        found = g_str_equal(reason, qdict_get_str(data, "reason"));
    }
}
