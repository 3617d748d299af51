/*
 * virtio-vga: virtio-gpu with legacy VGA in the same PCI function
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef VIRTIO_VGA_H
#define VIRTIO_VGA_H

#include "hw/virtio/virtio-gpu-pci.h"
#include "qom/object.h"
#include "vga_int.h"

#define TYPE_VIRTIO_VGA_BASE "virtio-vga-base"
OBJECT_DECLARE_TYPE(VirtIOVGABase, VirtIOVGABaseClass, VIRTIO_VGA_BASE)

/*
 * @vgpu: the virtio device, which is part of the derived type's instance
 * @vga_mrs: VGA's registers at the beginning of virtio's BAR
 */
struct VirtIOVGABase {
    VirtIOPCIProxy parent_obj;
    VGACommonState vga;
    MemoryRegion vga_mrs[3];
    VirtIOGPUBase *vgpu;
};

/* @parent_phases: virtio-pci's reset */
struct VirtIOVGABaseClass {
    VirtioPCIClass parent_class;
    ResettablePhases parent_phases;
};

#endif /* VIRTIO_VGA_H */
