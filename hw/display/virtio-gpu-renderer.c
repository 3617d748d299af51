/*
 * virtio-gpu: what QEMU's renderers, virgl and rutabaga, build on
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * They keep their resources in VirtIOGPU.reslist, and what a scanout shows in
 * VirtIOGPUBase.scanout.  The 2D device's state is its VgpuCore; in reslist it
 * has the hosts of its resources alone.
 */

#include "qemu/osdep.h"
#include "hw/virtio/virtio-gpu.h"
#include "model/vgpu-scanout.h"

struct virtio_gpu_simple_resource *
virtio_gpu_find_resource(VirtIOGPU *g, uint32_t resource_id)
{
    struct virtio_gpu_simple_resource *res;

    for (res = QTAILQ_FIRST(&g->reslist);
         res && res->resource_id != resource_id; res = QTAILQ_NEXT(res, next)) {
        ;
    }
    return res;
}

/* Sets or clears the bit of @head in what @resource_id knows of scanouts. */
static void mark(VirtIOGPU *g, uint32_t resource_id, int head, bool shown)
{
    struct virtio_gpu_simple_resource *res = virtio_gpu_find_resource(
        g, resource_id);

    if (res) {
        res->scanout_bitmask = deposit32(res->scanout_bitmask, head, 1, shown);
    }
}

void virtio_gpu_update_scanout(VirtIOGPU *g, uint32_t scanout_id,
                               struct virtio_gpu_simple_resource *res,
                               struct virtio_gpu_framebuffer *fb,
                               struct virtio_gpu_rect *r)
{
    struct virtio_gpu_scanout *s = &g->parent_obj.scanout[scanout_id];

    mark(g, s->resource_id, scanout_id, false);
    mark(g, res->resource_id, scanout_id, true);
    s->resource_id = res->resource_id;
    s->fb = *fb;
    s->x = r->x;
    s->y = r->y;
    s->width = r->width;
    s->height = r->height;
}

void virtio_gpu_disable_scanout(VirtIOGPU *g, int scanout_id)
{
    struct virtio_gpu_scanout *s = &g->parent_obj.scanout[scanout_id];

    if (!s->resource_id) {
        return;
    }
    mark(g, s->resource_id, scanout_id, false);
    dpy_gfx_replace_surface(s->con, NULL);
    s->ds = NULL;
    s->resource_id = 0;
    s->width = s->height = 0;
}

bool virtio_gpu_check_scanout_bounds(uint32_t scanout_id, uint32_t resource_id,
                                     uint32_t width, uint32_t height,
                                     const struct virtio_gpu_rect *r,
                                     uint32_t *error)
{
    const VgpuRect rect = { r->x, r->y, r->width, r->height };

    if (r->width >= VGPU_SCANOUT_MIN && r->height >= VGPU_SCANOUT_MIN &&
        vgpu_rect_within(&rect, width, height)) {
        return true;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "virtio-gpu: scanout %u: %ux%u at %u,%u is "
                  "not in resource %u of %ux%u, or too small\n", scanout_id,
                  r->width, r->height, r->x, r->y, resource_id, width, height);
    *error = VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
    return false;
}

bool virtio_gpu_scanout_blob_to_fb(struct virtio_gpu_framebuffer *fb,
                                   struct virtio_gpu_set_scanout_blob *ss,
                                   uint64_t blob_size)
{
    const VgpuRect rect = { ss->r.x, ss->r.y, ss->r.width, ss->r.height };
    const VgpuLayout frame = {
        .format = vgpu_pixman_format(ss->format),
        .width = ss->width,
        .height = ss->height,
        .stride = ss->strides[0],
        .offset = ss->offsets[0],
    };
    VgpuResource blob = { .blob_size = blob_size };
    VgpuScanout shown;

    if (!frame.format || vgpu_check_frame(&blob, &rect, &frame, &shown) !=
        VGPU_OK_NODATA || shown.frame.offset > UINT32_MAX) {
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-gpu: scanout %u: %ux%u, stride "
                      "%u, format %u, is not in resource %u of %" PRIu64
                      " bytes\n", ss->scanout_id, ss->width, ss->height,
                      ss->strides[0], ss->format, ss->resource_id, blob_size);
        return false;
    }
    *fb = (struct virtio_gpu_framebuffer) {
        .format = frame.format,
        .width = frame.width,
        .height = frame.height,
        .stride = frame.stride,
        .offset = shown.frame.offset,
    };
    return true;
}
