/*
 * virtio-gpu: what the files of its 2D device share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The device's state is a VgpuCore (include/model/vgpu-cmd.h).  Each of its
 * resources has a struct virtio_gpu_simple_resource as its host, which holds
 * what QEMU has to do with it: mappings, dma-buf, share handle.  Those are in
 * VirtIOGPU.reslist, as those of QEMU's renderers are.
 */

#ifndef HW_DISPLAY_VIRTIO_GPU_INTERNAL_H
#define HW_DISPLAY_VIRTIO_GPU_INTERNAL_H

#include "hw/virtio/virtio-gpu.h"
#include "migration/vmstate.h"
#include "model/vgpu-cmd.h"

typedef struct virtio_gpu_simple_resource VirtIOGPUHost;
typedef struct VirtIOGPUView VirtIOGPUView;

/* virtio_gpu_has_renderer: whether commands are virgl's or rutabaga's */
static inline bool virtio_gpu_has_renderer(const VirtIOGPU *g)
{
    return virtio_gpu_virgl_enabled(g->parent_obj.conf) ||
           virtio_gpu_rutabaga_enabled(g->parent_obj.conf);
}

/* ---- virtio-gpu.c ------------------------------------------------------ */

/*
 * virtio_gpu_finish_reset: what of a guest's reset waits for the main loop
 *
 * It comes before any command of the driver that begins after the reset.
 */
void virtio_gpu_finish_reset(VirtIOGPU *g);

/* ---- virtio-gpu-queue.c ------------------------------------------------ */

/* virtio_gpu_queues_init: realize the base, with queues that are attended to */
bool virtio_gpu_queues_init(VirtIOGPU *g, Error **errp);

/* virtio_gpu_queues_stop: attend to none any more; commands are dropped */
void virtio_gpu_queues_stop(VirtIOGPU *g);

/* virtio_gpu_drop_commands: never answer what has not been answered */
void virtio_gpu_drop_commands(VirtIOGPU *g);

/* virtio_gpu_reset_queue: the same for commands of one queue (2.6.1) */
void virtio_gpu_reset_queue(VirtIODevice *vdev, uint32_t index);

/* virtio_gpu_handle_ctrl: carry out what is in queue 0, unless blocked */
void virtio_gpu_handle_ctrl(VirtIODevice *vdev, VirtQueue *vq);

/* virtio_gpu_gl_flushed: go on with what waited for a viewer that renders */
void virtio_gpu_gl_flushed(VirtIOGPUBase *base);

/* ---- virtio-gpu-2d.c --------------------------------------------------- */

/* virtio_gpu_run_cursor: carry out a cursor command; wrong ones do nothing */
void virtio_gpu_run_cursor(VirtIOGPU *g, const VgpuCommand *command);

/* virtio_gpu_apply: do with consoles and memory what a command asks for */
void virtio_gpu_apply(VirtIOGPU *g, const VgpuEffects *effects);

/* virtio_gpu_forget_dmabuf: let go of what a viewer renders from, if it does */
void virtio_gpu_forget_dmabuf(VirtIOGPU *g, uint32_t head);

/* ---- virtio-gpu-memory.c ----------------------------------------------- */

/*
 * VirtIOGPUMapping: guest memory that is mapped
 *
 * @count: of both arrays, which are owned and have @room
 */
typedef struct VirtIOGPUMapping {
    uint64_t *addresses;
    struct iovec *pieces;
    size_t count;
    size_t room;
} VirtIOGPUMapping;

/**
 * virtio_gpu_map_entries: map the entries behind a command (5.7.6.8)
 * @skip: bytes of the request in front of them
 * @entries: VGPU_ENTRIES_MAX at the most
 * @limit: pieces that there may be
 *
 * Returns: VGPU_OK_NODATA, or UNSPEC where one of them is missing, empty or not
 * all in RAM, OUT_OF_MEMORY where there are too many pieces; nothing is mapped
 * then
 */
VgpuAnswer virtio_gpu_map_entries(VirtIOGPU *g,
                                  const struct virtio_gpu_ctrl_command *cmd,
                                  size_t skip, uint32_t entries, size_t limit,
                                  VirtIOGPUMapping *mapping);

/**
 * virtio_gpu_map: map a range of the guest's RAM behind those that are mapped
 *
 * Returns: as virtio_gpu_map_entries(); what was mapped before stays
 */
VgpuAnswer virtio_gpu_map(VirtIOGPU *g, uint64_t address, uint64_t length,
                          size_t limit, VirtIOGPUMapping *mapping);

/* virtio_gpu_unmap: unmap and free */
void virtio_gpu_unmap(VirtIOGPU *g, VirtIOGPUMapping *mapping);

/* virtio_gpu_host_new: what QEMU has of a resource that begins to be */
VirtIOGPUHost *virtio_gpu_host_new(VirtIOGPU *g, uint32_t resource_id,
                                   uint64_t blob_size);

/* virtio_gpu_host_free: the same at its end, with its mappings */
void virtio_gpu_host_free(VirtIOGPU *g, VirtIOGPUHost *host);

/**
 * virtio_gpu_host_map: hand a mapping over to a resource
 *
 * Returns: where a blob is in one piece, or NULL
 */
void *virtio_gpu_host_map(VirtIOGPUHost *host, VirtIOGPUMapping *mapping);

/**
 * virtio_gpu_host_keep: a blob's memory stays as long as a picture of it
 * @host: virtio_gpu_host_map() said where it is
 * @picture: gets a destroy function
 */
void virtio_gpu_host_keep(VirtIOGPUHost *host, pixman_image_t *picture);

/**
 * virtio_gpu_image_new: memory for an image, all zero
 * @host: of the resource; gets the share handle, if there is to be one
 *
 * Returns: NULL where the host has no more
 */
pixman_image_t *virtio_gpu_image_new(VirtIOGPU *g, const VgpuLayout *layout,
                                     VirtIOGPUHost *host);

/* ---- virtio-gpu-migration.c -------------------------------------------- */

extern const VMStateDescription vmstate_virtio_gpu;

#endif /* HW_DISPLAY_VIRTIO_GPU_INTERNAL_H */
