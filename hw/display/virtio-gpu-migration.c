/*
 * virtio-gpu: the 2D device's migration stream, which is stock QEMU 10.0's
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/specs/virtio-gpu.rst, Migration.  Scanouts are read into
 * VirtIOGPUBase.scanout, and shown when all of the section is there: blobs come
 * behind them.
 */

#include "qemu/osdep.h"
#include "hw/virtio/virtio.h"
#include "migration/qemu-file-types.h"
#include "qemu/error-report.h"
#include "virtio-gpu-internal.h"

#define STREAM_VERSION          1
#define FRAMES_SINCE_VERSION    2

static int refuse(VirtIOGPU *g, const char *what, uint32_t id)
{
    error_report("%s: cannot take over this guest: %s %u of the migration "
                 "stream does not fit the device",
                 object_get_typename(OBJECT(g)), what, id);
    return -EINVAL;
}

/* ---- backing ----------------------------------------------------------- */

static void put_backing(QEMUFile *f, const VirtIOGPUHost *host)
{
    qemu_put_be32(f, host->iov_cnt);
    for (unsigned int i = 0; i < host->iov_cnt; i++) {
        qemu_put_be64(f, host->addrs[i]);
        qemu_put_be32(f, host->iov[i].iov_len);
    }
}

/* Reads all entries, and maps them as long as that works. */
static VgpuAnswer get_backing(QEMUFile *f, VirtIOGPU *g, uint32_t count,
                              VirtIOGPUMapping *mapping)
{
    const size_t limit = vgpu_pieces_left(&g->core->resources);
    VgpuAnswer answer = count > limit ? VGPU_ERR_OUT_OF_MEMORY
                                      : VGPU_OK_NODATA;

    *mapping = (VirtIOGPUMapping) { 0 };
    for (uint32_t i = 0; i < count && answer == VGPU_OK_NODATA; i++) {
        const uint64_t address = qemu_get_be64(f);
        const uint32_t length = qemu_get_be32(f);

        answer = virtio_gpu_map(g, address, length, limit, mapping);
    }
    if (answer != VGPU_OK_NODATA) {
        virtio_gpu_unmap(g, mapping);
    }
    return answer;
}

/* Gives @resource what was mapped, if anything was. */
static bool give_backing(VirtIOGPU *g, VgpuResource *resource,
                         VirtIOGPUMapping *mapping)
{
    VirtIOGPUHost *host = resource->host;
    void *memory;

    if (!mapping->count) {
        return true;
    }
    memory = virtio_gpu_host_map(host, mapping);
    return vgpu_attach(&g->core->resources, resource, host->iov, host->iov_cnt,
                       memory) == VGPU_OK_NODATA;
}

/* ---- images ------------------------------------------------------------ */

static void put_image(gpointer key, gpointer value, gpointer opaque)
{
    const VgpuResource *resource = value;
    QEMUFile *f = opaque;

    if (!resource->image) {
        return;
    }
    qemu_put_be32(f, resource->id);
    qemu_put_be32(f, resource->layout.width);
    qemu_put_be32(f, resource->layout.height);
    qemu_put_be32(f, resource->format);
    put_backing(f, resource->host);
    qemu_put_buffer(f, (uint8_t *)pixman_image_get_data(resource->image),
                    (size_t)resource->layout.stride * resource->layout.height);
}

static VgpuResource *add_image(VirtIOGPU *g, uint32_t id, uint32_t format,
                               uint32_t width, uint32_t height)
{
    VgpuResources *all = &g->core->resources;
    VgpuLayout layout;
    VirtIOGPUHost *host;
    pixman_image_t *image;

    if (vgpu_check_image(all, id, format, width, height, &layout) !=
        VGPU_OK_NODATA) {
        return NULL;
    }
    host = virtio_gpu_host_new(g, id, 0);
    image = virtio_gpu_image_new(g, &layout, host);
    if (!image) {
        virtio_gpu_host_free(g, host);
        return NULL;
    }
    return vgpu_add_image(all, id, format, &layout, image, host);
}

static bool get_image(QEMUFile *f, VirtIOGPU *g, uint32_t id)
{
    const uint32_t width = qemu_get_be32(f);
    const uint32_t height = qemu_get_be32(f);
    const uint32_t format = qemu_get_be32(f);
    const uint32_t entries = qemu_get_be32(f);
    VgpuResource *resource = add_image(g, id, format, width, height);
    VirtIOGPUMapping mapping;

    if (!resource || get_backing(f, g, entries, &mapping) != VGPU_OK_NODATA) {
        return false;
    }
    qemu_get_buffer(f, (uint8_t *)pixman_image_get_data(resource->image),
                    (size_t)resource->layout.stride * height);
    return give_backing(g, resource, &mapping);
}

/* ---- scanouts ---------------------------------------------------------- */

static void put_frame(QEMUFile *f, const VgpuLayout *frame)
{
    qemu_put_be32(f, frame->format);
    qemu_put_be32(f, frame->format ? VGPU_PIXEL_SIZE : 0);
    qemu_put_be32(f, frame->width);
    qemu_put_be32(f, frame->height);
    qemu_put_be32(f, frame->stride);
    qemu_put_be32(f, frame->offset);
}

static void put_scanout(QEMUFile *f, const VgpuScanout *scanout, bool frames)
{
    const VgpuCursor *cursor = &scanout->cursor;

    qemu_put_be32(f, scanout->resource ? scanout->resource->id : 0);
    qemu_put_be32(f, scanout->rect.width);
    qemu_put_be32(f, scanout->rect.height);
    qemu_put_be32(f, scanout->rect.x);
    qemu_put_be32(f, scanout->rect.y);
    qemu_put_be32(f, cursor->resource_id);
    qemu_put_be32(f, cursor->hot_x);
    qemu_put_be32(f, cursor->hot_y);
    qemu_put_be32(f, cursor->x);
    qemu_put_be32(f, cursor->y);
    if (frames) {
        put_frame(f, &scanout->frame);
    }
}

static void get_frame(QEMUFile *f, struct virtio_gpu_framebuffer *frame)
{
    frame->format = qemu_get_be32(f);
    qemu_get_be32(f);
    frame->width = qemu_get_be32(f);
    frame->height = qemu_get_be32(f);
    frame->stride = qemu_get_be32(f);
    frame->offset = qemu_get_be32(f);
}

static void get_scanout(QEMUFile *f, struct virtio_gpu_scanout *s, bool frames)
{
    s->resource_id = qemu_get_be32(f);
    s->width = qemu_get_be32(f);
    s->height = qemu_get_be32(f);
    s->x = qemu_get_be32(f);
    s->y = qemu_get_be32(f);
    s->cursor.resource_id = qemu_get_be32(f);
    s->cursor.hot_x = qemu_get_be32(f);
    s->cursor.hot_y = qemu_get_be32(f);
    s->cursor.pos.x = qemu_get_be32(f);
    s->cursor.pos.y = qemu_get_be32(f);
    s->fb = (struct virtio_gpu_framebuffer) { 0 };
    if (frames) {
        get_frame(f, &s->fb);
    }
}

static bool has_frames(const VirtIOGPU *g)
{
    return g->scanout_vmstate_version >= FRAMES_SINCE_VERSION;
}

static void put_scanouts(QEMUFile *f, VirtIOGPU *g)
{
    qemu_put_be32(f, g->parent_obj.enable && !g->reset_pending);
    qemu_put_be32(f, g->core->outputs);
    for (uint32_t head = 0; head < g->core->outputs; head++) {
        put_scanout(f, &g->core->scanouts[head], has_frames(g));
    }
}

static int get_scanouts(QEMUFile *f, VirtIOGPU *g)
{
    uint32_t outputs;

    g->parent_obj.enable = qemu_get_be32(f) != 0;
    outputs = qemu_get_be32(f);
    if (outputs != g->core->outputs) {
        error_report("%s: the guest has max_outputs=%u, this device %u: set it "
                     "to the same", object_get_typename(OBJECT(g)), outputs,
                     g->core->outputs);
        return -EINVAL;
    }
    for (uint32_t head = 0; head < outputs; head++) {
        get_scanout(f, &g->parent_obj.scanout[head], has_frames(g));
    }
    return 0;
}

/* ---- after loading ----------------------------------------------------- */

static bool is_pixel_format(pixman_format_code_t format)
{
    return PIXMAN_FORMAT_BPP(format) == VGPU_PIXEL_SIZE * 8 &&
           pixman_format_supported_source(format);
}

/* What was shown; the stream's offset is that of the rectangle. */
static bool frame_of(const struct virtio_gpu_scanout *s,
                     const VgpuResource *resource, VgpuLayout *frame)
{
    const uint64_t ahead = (uint64_t)s->y * s->fb.stride +
                           (uint64_t)s->x * VGPU_PIXEL_SIZE;

    if (!s->fb.format) {
        *frame = resource->layout;
        return resource->image;
    }
    *frame = (VgpuLayout) {
        .format = s->fb.format,
        .width = s->fb.width,
        .height = s->fb.height,
        .stride = s->fb.stride,
        .offset = s->fb.offset - ahead,
    };
    return s->x >= 0 && s->y >= 0 && ahead <= s->fb.offset &&
           is_pixel_format(s->fb.format);
}

static bool restore_scanout(VirtIOGPU *g, uint32_t head, VgpuEffects *effects)
{
    const struct virtio_gpu_scanout *s = &g->parent_obj.scanout[head];
    const VgpuRect rect = { s->x, s->y, s->width, s->height };
    VgpuResource *resource = vgpu_resource_find(&g->core->resources,
                                                s->resource_id);
    VgpuScanout shown = { 0 };
    VgpuLayout frame;

    if (!resource || !frame_of(s, resource, &frame) ||
        (!resource->image && !resource->memory) ||
        vgpu_check_frame(resource, &rect, &frame, &shown) != VGPU_OK_NODATA) {
        return false;
    }
    vgpu_scanout_show(&g->core->scanouts[head], &shown);
    effects->shown |= 1u << head;
    effects->damaged |= 1u << head;
    effects->damage[head] = (VgpuRect) { 0, 0, rect.width, rect.height };
    return true;
}

/* The picture is the resource's now: what it was then is not in the stream. */
static void restore_cursor(VirtIOGPU *g, uint32_t head)
{
    const struct virtio_gpu_update_cursor *cursor =
        &g->parent_obj.scanout[head].cursor;
    const VgpuCommand command = {
        .header.type = VGPU_UPDATE_CURSOR,
        .scanout_id = head,
        .resource_id = cursor->resource_id,
        .hot_x = cursor->hot_x,
        .hot_y = cursor->hot_y,
        .rect = { cursor->pos.x, cursor->pos.y },
    };

    if (vgpu_resource_find(&g->core->resources, cursor->resource_id)) {
        virtio_gpu_run_cursor(g, &command);
    }
}

static int post_load(void *opaque, int version_id)
{
    VirtIOGPU *g = opaque;
    VgpuEffects effects = { 0 };

    for (uint32_t head = 0; head < g->core->outputs; head++) {
        if (g->parent_obj.scanout[head].resource_id &&
            !restore_scanout(g, head, &effects)) {
            return refuse(g, "scanout", head);
        }
    }
    virtio_gpu_apply(g, &effects);
    for (uint32_t head = 0; head < g->core->outputs; head++) {
        restore_cursor(g, head);
    }
    return 0;
}

/* ---- sections ---------------------------------------------------------- */

static int put_device(QEMUFile *f, void *opaque, size_t size,
                      const VMStateField *field, JSONWriter *vmdesc)
{
    VirtIOGPU *g = opaque;

    g_hash_table_foreach(g->core->resources.by_id, put_image, f);
    qemu_put_be32(f, 0);
    put_scanouts(f, g);
    return 0;
}

static int get_device(QEMUFile *f, void *opaque, size_t size,
                      const VMStateField *field)
{
    VirtIOGPU *g = opaque;

    for (uint32_t id = qemu_get_be32(f); id; id = qemu_get_be32(f)) {
        if (!get_image(f, g, id)) {
            return refuse(g, "resource", id);
        }
    }
    return get_scanouts(f, g);
}

static void put_blob(gpointer key, gpointer value, gpointer opaque)
{
    const VgpuResource *resource = value;
    QEMUFile *f = opaque;

    if (!resource->image) {
        qemu_put_be32(f, resource->id);
        qemu_put_be32(f, resource->blob_size);
        put_backing(f, resource->host);
    }
}

static int put_blobs(QEMUFile *f, void *opaque, size_t size,
                     const VMStateField *field, JSONWriter *vmdesc)
{
    VirtIOGPU *g = opaque;

    g_hash_table_foreach(g->core->resources.by_id, put_blob, f);
    qemu_put_be32(f, 0);
    return 0;
}

static bool get_blob(QEMUFile *f, VirtIOGPU *g, uint32_t id)
{
    const uint32_t size = qemu_get_be32(f);
    const uint32_t entries = qemu_get_be32(f);
    VirtIOGPUMapping mapping;
    VgpuResource *resource;

    if (vgpu_check_blob(&g->core->resources, id, size) != VGPU_OK_NODATA ||
        get_backing(f, g, entries, &mapping) != VGPU_OK_NODATA) {
        return false;
    }
    resource = vgpu_add_blob(&g->core->resources, id, size,
                             virtio_gpu_host_new(g, id, size));
    return give_backing(g, resource, &mapping);
}

static int get_blobs(QEMUFile *f, void *opaque, size_t size,
                     const VMStateField *field)
{
    VirtIOGPU *g = opaque;

    for (uint32_t id = qemu_get_be32(f); id; id = qemu_get_be32(f)) {
        if (!get_blob(f, g, id)) {
            return refuse(g, "blob", id);
        }
    }
    return 0;
}

static bool has_blobs(void *opaque)
{
    return ((VirtIOGPU *)opaque)->core->blobs;
}

static const VMStateInfo device_info = {
    .name = "virtio-gpu",
    .get = get_device,
    .put = put_device,
};

static const VMStateInfo blobs_info = {
    .name = "blob",
    .get = get_blobs,
    .put = put_blobs,
};

static const VMStateDescription vmstate_blobs = {
    .name = "virtio-gpu/blob",
    .version_id = STREAM_VERSION,
    .minimum_version_id = STREAM_VERSION,
    .needed = has_blobs,
    .fields = (const VMStateField[]) {
        { .name = "virtio-gpu/blob", .info = &blobs_info, .flags = VMS_SINGLE },
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_virtio_gpu = {
    .name = "virtio-gpu",
    .version_id = STREAM_VERSION,
    .minimum_version_id = STREAM_VERSION,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_VIRTIO_DEVICE,
        { .name = "virtio-gpu", .info = &device_info, .flags = VMS_SINGLE },
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &vmstate_blobs,
        NULL
    },
};
