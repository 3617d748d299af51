/*
 * virtio-vga, and the type that it shares with its 3D relatives
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Scanout 0 shows legacy VGA's picture until the guest drives virtio-gpu.
 */

#include "qemu/osdep.h"
#include "hw/core/hotplug-refusal.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qom/object.h"
#include "virtio-vga.h"

#define TYPE_VIRTIO_VGA "virtio-vga"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOVGA, VIRTIO_VGA)

struct VirtIOVGA {
    VirtIOVGABase parent_obj;
    VirtIOGPU vdev;
};

#define VGA_MEMORY_MIB  8
#define VGA_MEMORY_BAR  0

/* ---- console ----------------------------------------------------------- */

/* Whose picture it is: the operations, and in @owner what they are called on */
static const GraphicHwOps *active_ops(VirtIOVGABase *s, void **owner)
{
    if (s->vgpu->enable) {
        *owner = s->vgpu;
        return s->vgpu->hw_ops;
    }
    *owner = &s->vga;
    return s->vga.hw_ops;
}

static void console_invalidate(void *opaque)
{
    void *owner;
    const GraphicHwOps *ops = active_ops(opaque, &owner);

    ops->invalidate(owner);
}

static void console_update(void *opaque)
{
    void *owner;
    const GraphicHwOps *ops = active_ops(opaque, &owner);

    ops->gfx_update(owner);
}

static void console_text(void *opaque, console_ch_t *cells)
{
    void *owner;
    const GraphicHwOps *ops = active_ops(opaque, &owner);

    if (ops->text_update) {
        ops->text_update(owner, cells);
    }
}

static VirtIOGPUBase *gpu_of(void *opaque)
{
    VirtIOVGABase *s = opaque;

    return s->vgpu;
}

static int console_flags(void *opaque)
{
    VirtIOGPUBase *gpu = gpu_of(opaque);

    return gpu->hw_ops->get_flags(gpu);
}

static void console_ui_info(void *opaque, uint32_t head, QemuUIInfo *info)
{
    VirtIOGPUBase *gpu = gpu_of(opaque);

    if (gpu->hw_ops->ui_info) {
        gpu->hw_ops->ui_info(gpu, head, info);
    }
}

static void console_gl_block(void *opaque, bool block)
{
    VirtIOGPUBase *gpu = gpu_of(opaque);

    if (gpu->hw_ops->gl_block) {
        gpu->hw_ops->gl_block(gpu, block);
    }
}

static const GraphicHwOps console_ops = {
    .get_flags = console_flags,
    .invalidate = console_invalidate,
    .gfx_update = console_update,
    .text_update = console_text,
    .ui_info = console_ui_info,
    .gl_block = console_gl_block,
};

/* ---- BARs -------------------------------------------------------------- */

static bool add_vga(VirtIOVGABase *s, Error **errp)
{
    PCIDevice *function = PCI_DEVICE(s);
    VGACommonState *vga = &s->vga;

    vga->vram_size_mb = VGA_MEMORY_MIB;
    if (!vga_common_init(vga, OBJECT(s), errp)) {
        return false;
    }
    vga_init(vga, OBJECT(s), pci_address_space(function),
             pci_address_space_io(function), true);
    pci_register_bar(function, VGA_MEMORY_BAR, PCI_BASE_ADDRESS_MEM_PREFETCH,
                     &vga->vram);
    return true;
}

static bool choose_bars(VirtIOPCIProxy *proxy, VirtIOGPUBase *g, Error **errp)
{
    proxy->modern_io_bar_idx = 5;
    if (virtio_gpu_hostmem_enabled(g->conf)) {
        return virtio_gpu_pci_add_hostmem(proxy, g, errp);
    }
    proxy->msix_bar_idx = 4;
    proxy->modern_mem_bar_idx = 2;
    return true;
}

/*
 * VGA's registers are at the beginning of the BAR, as VGA's own function has
 * them; virtio's follow one another up to its end.  Without a page for each
 * queue there is no room left, and two of them get half of theirs.
 */
static void place_virtio_registers(VirtIOPCIProxy *proxy)
{
    VirtIOPCIRegion *const downwards[] = {
        &proxy->notify, &proxy->device, &proxy->isr, &proxy->common,
    };
    uint32_t end = memory_region_size(&proxy->modern_bar);

    if (!(proxy->flags & VIRTIO_PCI_FLAG_PAGE_PER_VQ)) {
        proxy->isr.size /= 2;
        proxy->common.size /= 2;
    }
    for (size_t i = 0; i < ARRAY_SIZE(downwards); i++) {
        end -= downwards[i]->size;
        downwards[i]->offset = end;
    }
}

/* ---- device ------------------------------------------------------------ */

static void base_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIOVGABase *s = VIRTIO_VGA_BASE(proxy);
    VirtIOGPUBase *g = s->vgpu;

    if (!add_vga(s, errp) || !choose_bars(proxy, g, errp)) {
        return;
    }
    place_virtio_registers(proxy);
    virtio_pci_force_virtio_1(proxy);
    if (!qdev_realize(DEVICE(g), BUS(&proxy->bus), errp)) {
        return;
    }
    pci_std_vga_mmio_region_init(&s->vga, OBJECT(s), &proxy->modern_bar,
                                 s->vga_mrs, true, false);
    s->vga.con = g->scanout[0].con;
    graphic_console_set_hwops(s->vga.con, &console_ops, s);
    virtio_gpu_pci_own_consoles(proxy, g);
}

static void base_reset_hold(Object *obj, ResetType type)
{
    const ResettablePhases *parent =
        &VIRTIO_VGA_BASE_GET_CLASS(obj)->parent_phases;
    VGACommonState *vga = &VIRTIO_VGA_BASE(obj)->vga;

    if (parent->hold) {
        parent->hold(obj, type);
    }
    vga_common_reset(vga);
    vga_dirty_log_start(vga);
}

static bool get_big_endian(Object *obj, Error **errp)
{
    return VIRTIO_VGA_BASE(obj)->vga.big_endian_fb;
}

static void set_big_endian(Object *obj, bool big_endian, Error **errp)
{
    VIRTIO_VGA_BASE(obj)->vga.big_endian_fb = big_endian;
}

/* The rest is in the virtio device's own section. */
static const VMStateDescription vmstate_virtio_vga_base = {
    .name = "virtio-vga",
    .minimum_version_id = 2,
    .version_id = 2,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT(vga, VirtIOVGABase, 0, vmstate_vga_common,
                       VGACommonState),
        VMSTATE_END_OF_LIST()
    }
};

static const char *base_reason(DeviceState *dev)
{
    return "firmware finds legacy VGA when the machine starts, and not later";
}

static const Property base_properties[] = {
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors, 3),
    DEFINE_PROP_BIT("ioeventfd", VirtIOPCIProxy, flags,
                    VIRTIO_PCI_FLAG_USE_IOEVENTFD_BIT, false),
};

static void base_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    ColdPluggedClass *cold = COLD_PLUGGED_CLASS(klass);

    VIRTIO_PCI_CLASS(klass)->realize = base_realize;
    pc->class_id = PCI_CLASS_DISPLAY_VGA;
    pc->romfile = "vgabios-virtio.bin";
    dc->vmsd = &vmstate_virtio_vga_base;
    dc->hotpluggable = false;
    cold->reason = base_reason;
    cold->instead = "virtio-gpu-pci";
    device_class_set_props(dc, base_properties);
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
    resettable_class_set_parent_phases(
        RESETTABLE_CLASS(klass), NULL, base_reset_hold, NULL,
        &VIRTIO_VGA_BASE_CLASS(klass)->parent_phases);
    object_class_property_add_bool(klass, "big-endian-framebuffer",
                                   get_big_endian, set_big_endian);
}

static const TypeInfo base_info = {
    .name = TYPE_VIRTIO_VGA_BASE,
    .parent = TYPE_VIRTIO_PCI,
    .abstract = true,
    .instance_size = sizeof(VirtIOVGABase),
    .class_size = sizeof(VirtIOVGABaseClass),
    .class_init = base_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_COLD_PLUGGED },
        { }
    },
};
module_obj(TYPE_VIRTIO_VGA_BASE);
module_kconfig(VIRTIO_VGA);

static void virtio_vga_init(Object *obj)
{
    VirtIOVGA *s = VIRTIO_VGA(obj);

    virtio_instance_init_common(obj, &s->vdev, sizeof(s->vdev),
                                TYPE_VIRTIO_GPU);
    s->parent_obj.vgpu = VIRTIO_GPU_BASE(&s->vdev);
}

static const VirtioPCIDeviceTypeInfo virtio_vga_info = {
    .generic_name = TYPE_VIRTIO_VGA,
    .parent = TYPE_VIRTIO_VGA_BASE,
    .instance_size = sizeof(VirtIOVGA),
    .instance_init = virtio_vga_init,
};
module_obj(TYPE_VIRTIO_VGA);

static void virtio_vga_register(void)
{
    type_register_static(&base_info);
    virtio_pci_types_register(&virtio_vga_info);
}

type_init(virtio_vga_register)
