/*
 * virtio-gpu: guest memory as backing, host memory as images
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a guest gives as backing (virtio 1.2, 5.7.6.8) has to be RAM.  That is
 * found out before it is mapped: mapping a device's registers would read them,
 * and keep the machine's few bounce buffers from other devices.
 */

#include "qemu/osdep.h"
#include "exec/memory.h"
#include "qemu/iov.h"
#include "qemu/rcu.h"
#include "system/dma.h"
#include "system/xen.h"
#include "virtio-gpu-internal.h"

/* Each has a file descriptor of its own. */
#define SHARED_IMAGES_MAX   64

/* ---- mappings ---------------------------------------------------------- */

/*
 * Maps what is one piece of RAM, @length bytes at the most and at the end as
 * many as there are.  address_space_map() would look the region up once more,
 * and is needed where RAM is not always in QEMU's own memory.
 *
 * Returns: NULL where it is not RAM
 */
static void *map_ram(AddressSpace *as, hwaddr address, hwaddr *length)
{
    MemoryRegion *region;
    hwaddr offset;

    RCU_READ_LOCK_GUARD();
    region = address_space_translate(as, address, &offset, length, false,
                                     MEMTXATTRS_UNSPECIFIED);
    if (!memory_access_is_direct(region, false, MEMTXATTRS_UNSPECIFIED)) {
        return NULL;
    }
    if (xen_enabled()) {
        return dma_memory_map(as, address, length, DMA_DIRECTION_TO_DEVICE,
                              MEMTXATTRS_UNSPECIFIED);
    }
    memory_region_ref(region);
    return (uint8_t *)memory_region_get_ram_ptr(region) + offset;
}

static void make_room(VirtIOGPUMapping *mapping, size_t room)
{
    mapping->addresses = g_renew(uint64_t, mapping->addresses, room);
    mapping->pieces = g_renew(struct iovec, mapping->pieces, room);
    mapping->room = room;
}

static void append(VirtIOGPUMapping *mapping, uint64_t address, void *base,
                   size_t length)
{
    if (mapping->count == mapping->room) {
        make_room(mapping, MAX(mapping->room * 2, 1));
    }
    mapping->addresses[mapping->count] = address;
    mapping->pieces[mapping->count++] = (struct iovec) { base, length };
}

VgpuAnswer virtio_gpu_map(VirtIOGPU *g, uint64_t address, uint64_t length,
                          size_t limit, VirtIOGPUMapping *mapping)
{
    AddressSpace *as = VIRTIO_DEVICE(g)->dma_as;

    if (!length || length - 1 > UINT64_MAX - address) {
        return VGPU_ERR_UNSPEC;
    }
    while (length) {
        hwaddr mapped = length;
        void *base;

        if (mapping->count >= limit) {
            return VGPU_ERR_OUT_OF_MEMORY;
        }
        base = map_ram(as, address, &mapped);
        if (!base) {
            return VGPU_ERR_UNSPEC;
        }
        append(mapping, address, base, mapped);
        address += mapped;
        length -= mapped;
    }
    return VGPU_OK_NODATA;
}

static void unmap_pieces(VirtIOGPU *g, const struct iovec *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        dma_memory_unmap(VIRTIO_DEVICE(g)->dma_as, pieces[i].iov_base,
                         pieces[i].iov_len, DMA_DIRECTION_TO_DEVICE,
                         pieces[i].iov_len);
    }
}

void virtio_gpu_unmap(VirtIOGPU *g, VirtIOGPUMapping *mapping)
{
    unmap_pieces(g, mapping->pieces, mapping->count);
    g_free(mapping->pieces);
    g_free(mapping->addresses);
    *mapping = (VirtIOGPUMapping) { 0 };
}

VgpuAnswer virtio_gpu_map_entries(VirtIOGPU *g,
                                  const struct virtio_gpu_ctrl_command *cmd,
                                  size_t skip, uint32_t entries, size_t limit,
                                  VirtIOGPUMapping *mapping)
{
    const size_t size = (size_t)entries * VGPU_ENTRY_SIZE;
    g_autofree uint8_t *bytes = g_malloc(size);
    VgpuAnswer answer = VGPU_OK_NODATA;

    *mapping = (VirtIOGPUMapping) { 0 };
    if (iov_to_buf(cmd->elem.out_sg, cmd->elem.out_num, skip, bytes, size) !=
        size) {
        return VGPU_ERR_UNSPEC;
    }
    make_room(mapping, entries);
    for (uint32_t i = 0; i < entries && answer == VGPU_OK_NODATA; i++) {
        VgpuEntry entry = vgpu_decode_entry(bytes + i * VGPU_ENTRY_SIZE);

        answer = virtio_gpu_map(g, entry.address, entry.length, limit, mapping);
    }
    if (answer != VGPU_OK_NODATA) {
        virtio_gpu_unmap(g, mapping);
    }
    return answer;
}

/* ---- views ------------------------------------------------------------- */

/*
 * VirtIOGPUView: a blob's memory in one piece
 *
 * It may outlive the blob, and the device: who saves a picture to a file that
 * is slow, or sends it to a viewer, has a reference to the picture alone.
 *
 * @mapped: what QEMU made of the backing, if it had to
 * @region: RAM that has it in one piece
 */
struct VirtIOGPUView {
    struct virtio_gpu_simple_resource mapped;
    MemoryRegion *region;
};

static void view_clear(gpointer opaque)
{
    VirtIOGPUView *view = opaque;

    virtio_gpu_fini_udmabuf(&view->mapped);
    memory_region_unref(view->region);
}

static void view_unref(VirtIOGPUView *view)
{
    g_atomic_rc_box_release_full(view, view_clear);
}

static VirtIOGPUView *view_new(const VirtIOGPUHost *host)
{
    VirtIOGPUView *view = g_atomic_rc_box_new0(VirtIOGPUView);
    ram_addr_t offset;

    view->mapped.remapped = host->remapped;
    view->mapped.blob_size = host->blob_size;
    view->mapped.dmabuf_fd = host->dmabuf_fd;
    if (!host->remapped) {
        view->region = memory_region_from_host(host->blob, &offset);
        memory_region_ref(view->region);
    }
    return view;
}

static void picture_is_gone(pixman_image_t *picture, void *opaque)
{
    view_unref(opaque);
}

void virtio_gpu_host_keep(VirtIOGPUHost *host, pixman_image_t *picture)
{
    pixman_image_set_destroy_function(picture, picture_is_gone,
                                      g_atomic_rc_box_acquire(host->view));
}

/* ---- for QEMU's renderers ---------------------------------------------- */

int virtio_gpu_create_mapping_iov(VirtIOGPU *g, uint32_t nr_entries,
                                  uint32_t offset,
                                  struct virtio_gpu_ctrl_command *cmd,
                                  uint64_t **addr, struct iovec **iov,
                                  uint32_t *niov)
{
    VirtIOGPUMapping mapping = { 0 };
    VgpuAnswer answer = VGPU_ERR_UNSPEC;

    if (nr_entries <= VGPU_ENTRIES_MAX) {
        answer = virtio_gpu_map_entries(g, cmd, offset, nr_entries,
                                        VGPU_PIECES_MAX, &mapping);
    }
    if (answer != VGPU_OK_NODATA) {
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-gpu: %u entries of backing: "
                      "missing, too many, or not all in RAM\n", nr_entries);
    }
    *iov = mapping.pieces;
    *niov = mapping.count;
    if (addr) {
        *addr = mapping.addresses;
    } else {
        g_free(mapping.addresses);
    }
    return answer == VGPU_OK_NODATA ? 0 : -1;
}

void virtio_gpu_cleanup_mapping_iov(VirtIOGPU *g, struct iovec *iov,
                                    uint32_t count)
{
    unmap_pieces(g, iov, count);
    g_free(iov);
}

void virtio_gpu_cleanup_mapping(VirtIOGPU *g,
                                struct virtio_gpu_simple_resource *res)
{
    if (res->view) {
        view_unref(g_steal_pointer(&res->view));
        res->remapped = NULL;
        res->dmabuf_fd = -1;
        res->blob = NULL;
    }
    virtio_gpu_cleanup_mapping_iov(g, res->iov, res->iov_cnt);
    res->iov = NULL;
    res->iov_cnt = 0;
    g_clear_pointer(&res->addrs, g_free);
}

/* ---- hosts of resources ------------------------------------------------ */

VirtIOGPUHost *virtio_gpu_host_new(VirtIOGPU *g, uint32_t resource_id,
                                   uint64_t blob_size)
{
    VirtIOGPUHost *host = g_new0(VirtIOGPUHost, 1);

    host->resource_id = resource_id;
    host->blob_size = blob_size;
    host->share_handle = SHAREABLE_NONE;
    host->dmabuf_fd = -1;
    QTAILQ_INSERT_HEAD(&g->reslist, host, next);
    return host;
}

void virtio_gpu_host_free(VirtIOGPU *g, VirtIOGPUHost *host)
{
    virtio_gpu_cleanup_mapping(g, host);
    if (host->share_handle != SHAREABLE_NONE) {
        g->shared_images--;
    }
    QTAILQ_REMOVE(&g->reslist, host, next);
    g_free(host);
}

void *virtio_gpu_host_map(VirtIOGPUHost *host, VirtIOGPUMapping *mapping)
{
    host->iov = mapping->pieces;
    host->iov_cnt = mapping->count;
    host->addrs = mapping->addresses;
    *mapping = (VirtIOGPUMapping) { 0 };
    if (!host->blob_size) {
        return NULL;
    }
    virtio_gpu_init_udmabuf(host);
    if (!host->blob && host->iov_cnt == 1) {
        host->blob = host->iov[0].iov_base;
    }
    if (host->blob) {
        host->view = view_new(host);
    }
    return host->blob;
}

/*
 * A viewer of the D-Bus display maps images that have a handle; others it gets
 * copies of.  QEMU's function for them counts bytes in an int.
 */
static pixman_image_t *shared_image(VirtIOGPU *g, const VgpuLayout *layout,
                                    VirtIOGPUHost *host)
{
    pixman_image_t *image = NULL;

    if (g->shared_images >= SHARED_IMAGES_MAX ||
        layout->width < VGPU_SCANOUT_MIN || layout->height < VGPU_SCANOUT_MIN ||
        layout->height > INT_MAX / layout->stride ||
        !qemu_pixman_image_new_shareable(&image, &host->share_handle,
                                         "virtio-gpu image", layout->format,
                                         layout->width, layout->height,
                                         layout->stride, NULL)) {
        host->share_handle = SHAREABLE_NONE;
        return NULL;
    }
    if (host->share_handle != SHAREABLE_NONE) {
        g->shared_images++;
    }
    return image;
}

pixman_image_t *virtio_gpu_image_new(VirtIOGPU *g, const VgpuLayout *layout,
                                     VirtIOGPUHost *host)
{
    pixman_image_t *image = shared_image(g, layout, host);

    return image ?: pixman_image_create_bits(layout->format, layout->width,
                                             layout->height, NULL,
                                             layout->stride);
}
