/*
 * The end of an unplug
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/hotplug.h"
#include "hw/pci/pci-hotplug-removal.h"
#include "hw/pci/pci-hotplug-requests.h"
#include "qapi/error.h"

void pci_hotplug_remove(PCIDevice *pdev)
{
    DeviceState *dev = DEVICE(pdev);
    Error *err = NULL;

    if (pdev->partially_hotplugged) {
        /* Failover waits for this. */
        dev->pending_deleted_event = false;
        pci_hotplug_keeping(pdev);
        return;
    }
    pci_hotplug_removing(pdev);
    hotplug_handler_unplug(qdev_get_hotplug_handler(dev), dev, &err);
    if (err) {
        warn_reportf_err(err, "%s was given back but can't be removed: ",
                         dev->canonical_path);
        return;
    }
    object_unparent(OBJECT(dev));
}
