/*
 * virtio-gpu as a PCI function: what its types and virtio-vga's share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_VIRTIO_GPU_PCI_H
#define HW_VIRTIO_GPU_PCI_H

#include "hw/virtio/virtio-gpu.h"
#include "hw/virtio/virtio-pci.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/host-utils.h"
#include "qom/object.h"

#define TYPE_VIRTIO_GPU_PCI_BASE "virtio-gpu-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOGPUPCIBase, VIRTIO_GPU_PCI_BASE)

/* @vgpu: the virtio device, which is part of the derived type's instance */
struct VirtIOGPUPCIBase {
    VirtIOPCIProxy parent_obj;
    VirtIOGPUBase *vgpu;
};

/*
 * The functions are inline because virtio-gpu-pci and virtio-vga are modules
 * of their own, and neither loads the other.
 */

/* Where blobs are mapped, if the device has such a window (5.7.6.8) */
#define VIRTIO_GPU_HOSTMEM_BAR 4

/**
 * virtio_gpu_pci_add_hostmem: make the window for blobs a BAR of its own
 * @proxy: not realized; its other BARs get numbers that leave room for it
 * @g: with hostmem set, in bytes
 * @errp: gets an error that names the next sizes that a BAR can have
 *
 * Returns: false, with nothing done, if that is not a power of two, as a BAR's
 * size has to be (PCI 3.0, 6.2.5.1)
 */
static inline bool virtio_gpu_pci_add_hostmem(VirtIOPCIProxy *proxy,
                                              VirtIOGPUBase *g, Error **errp)
{
    const uint8_t kind = PCI_BASE_ADDRESS_MEM_TYPE_64 |
                         PCI_BASE_ADDRESS_MEM_PREFETCH;

    if (!is_power_of_2(g->conf.hostmem)) {
        g_autofree char *fits = size_to_str(pow2floor(g->conf.hostmem));

        error_setg(errp, "%s: a BAR cannot have hostmem's %" PRIu64 " bytes, "
                   "only a power of two: use %s, or twice that",
                   object_get_typename(OBJECT(proxy)), g->conf.hostmem, fits);
        return false;
    }
    proxy->modern_mem_bar_idx = 2;
    proxy->msix_bar_idx = 1;
    memory_region_init(&g->hostmem, OBJECT(g), "virtio-gpu-hostmem",
                       g->conf.hostmem);
    pci_register_bar(&proxy->pci_dev, VIRTIO_GPU_HOSTMEM_BAR, kind,
                     &g->hostmem);
    virtio_pci_add_shm_cap(proxy, VIRTIO_GPU_HOSTMEM_BAR, 0, g->conf.hostmem,
                           VIRTIO_GPU_SHM_ID_HOST_VISIBLE);
    return true;
}

/* virtio_gpu_pci_own_consoles: consoles are known by the PCI function's name */
static inline void virtio_gpu_pci_own_consoles(VirtIOPCIProxy *proxy,
                                               VirtIOGPUBase *g)
{
    for (uint32_t head = 0; head < g->conf.max_outputs; head++) {
        object_property_set_link(OBJECT(g->scanout[head].con), "device",
                                 OBJECT(proxy), &error_abort);
    }
}

#endif /* HW_VIRTIO_GPU_PCI_H */
