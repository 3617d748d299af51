/*
 * virtio-gpu-pci, and the type that it shares with its 3D relatives
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/core/hotplug-refusal.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-gpu-pci.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qom/object.h"

#define TYPE_VIRTIO_GPU_PCI "virtio-gpu-pci"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOGPUPCI, VIRTIO_GPU_PCI)

struct VirtIOGPUPCI {
    VirtIOGPUPCIBase parent_obj;
    VirtIOGPU vdev;
};

static const Property base_properties[] = {
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors, 3),
    DEFINE_PROP_BIT("ioeventfd", VirtIOPCIProxy, flags,
                    VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT, false),
};

static void base_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIOGPUBase *g = VIRTIO_GPU_PCI_BASE(proxy)->vgpu;

    if (virtio_gpu_hostmem_enabled(g->conf) &&
        !virtio_gpu_pci_add_hostmem(proxy, g, errp)) {
        return;
    }
    virtio_pci_force_virtio_1(proxy);
    if (qdev_realize(DEVICE(g), BUS(&proxy->bus), errp)) {
        virtio_gpu_pci_own_consoles(proxy, g);
    }
}

/* Of the types that share this base: what makes each unfit */
static const char *base_reason(DeviceState *dev)
{
    Object *g = OBJECT(VIRTIO_GPU_PCI_BASE(dev)->vgpu);

    if (object_dynamic_cast(g, TYPE_VIRTIO_GPU_GL) ||
        object_dynamic_cast(g, TYPE_VIRTIO_GPU_RUTABAGA)) {
        return "its 3D renderer is made once, for all of QEMU's run";
    }
    if (object_dynamic_cast(g, TYPE_VHOST_USER_GPU)) {
        return "another process draws for it, and joins when QEMU starts";
    }
    return NULL;
}

static void base_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ColdPluggedClass *cold = COLD_PLUGGED_CLASS(klass);

    VIRTIO_PCI_CLASS(klass)->realize = base_realize;
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_DISPLAY_OTHER;
    dc->hotpluggable = false;
    cold->reason = base_reason;
    cold->instead = TYPE_VIRTIO_GPU_PCI;
    device_class_set_props(dc, base_properties);
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
}

static const TypeInfo base_info = {
    .name = TYPE_VIRTIO_GPU_PCI_BASE,
    .parent = TYPE_VIRTIO_PCI,
    .abstract = true,
    .instance_size = sizeof(VirtIOGPUPCIBase),
    .class_init = base_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_COLD_PLUGGED },
        { }
    },
};
module_obj(TYPE_VIRTIO_GPU_PCI_BASE);
module_kconfig(VIRTIO_PCI);

static void virtio_gpu_pci_init(Object *obj)
{
    VirtIOGPUPCI *s = VIRTIO_GPU_PCI(obj);

    virtio_instance_init_common(obj, &s->vdev, sizeof(s->vdev),
                                TYPE_VIRTIO_GPU);
    s->parent_obj.vgpu = VIRTIO_GPU_BASE(&s->vdev);
}

static void virtio_gpu_pci_class_init(ObjectClass *klass, void *data)
{
    DEVICE_CLASS(klass)->hotpluggable = true;
}

static const VirtioPCIDeviceTypeInfo virtio_gpu_pci_info = {
    .generic_name = TYPE_VIRTIO_GPU_PCI,
    .parent = TYPE_VIRTIO_GPU_PCI_BASE,
    .instance_size = sizeof(VirtIOGPUPCI),
    .instance_init = virtio_gpu_pci_init,
    .class_init = virtio_gpu_pci_class_init,
};
module_obj(TYPE_VIRTIO_GPU_PCI);

static void virtio_gpu_pci_register(void)
{
    type_register_static(&base_info);
    virtio_pci_types_register(&virtio_gpu_pci_info);
}

type_init(virtio_gpu_pci_register)
