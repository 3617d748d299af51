/*
 * virtio-gpu: the 2D device's commands, between model, memory and consoles
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the commands mean is in hw/model/vgpu-cmd.c.
 */

#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "trace.h"
#include "virtio-gpu-internal.h"

static VirtIOGPUHost *host_of(VgpuCore *core, uint32_t head)
{
    return core->scanouts[head].resource->host;
}

/* ---- consoles ---------------------------------------------------------- */

void virtio_gpu_forget_dmabuf(VirtIOGPU *g, uint32_t head)
{
    QemuConsole *con = g->parent_obj.scanout[head].con;
    VGPUDMABuf *primary = g->dmabuf.primary[head];

    if (!primary) {
        return;
    }
    dpy_gl_scanout_disable(con);
    dpy_gl_release_dmabuf(con, primary->buf);
    qemu_dmabuf_free(primary->buf);
    QTAILQ_REMOVE(&g->dmabuf.bufs, primary, next);
    g_free(primary);
    g->dmabuf.primary[head] = NULL;
}

static void turn_off(VirtIOGPU *g, uint32_t head)
{
    virtio_gpu_forget_dmabuf(g, head);
    dpy_gfx_replace_surface(g->parent_obj.scanout[head].con, NULL);
}

/* Whether the viewer renders from the blob itself from now on. */
static bool show_dmabuf(VirtIOGPU *g, uint32_t head)
{
    const VgpuScanout *scanout = &g->core->scanouts[head];
    VirtIOGPUHost *host = host_of(g->core, head);
    struct virtio_gpu_framebuffer frame = {
        .format = scanout->frame.format,
        .width = scanout->frame.width,
        .height = scanout->frame.height,
        .stride = scanout->frame.stride,
        .offset = scanout->frame.offset,
    };
    struct virtio_gpu_rect rect = {
        .x = scanout->rect.x,
        .y = scanout->rect.y,
        .width = scanout->rect.width,
        .height = scanout->rect.height,
    };

    return host->dmabuf_fd >= 0 &&
           console_has_gl(g->parent_obj.scanout[head].con) &&
           !virtio_gpu_update_dmabuf(g, head, host, &frame, &rect);
}

static void unref_image(pixman_image_t *surface, void *image)
{
    pixman_image_unref(image);
}

/* A surface of the scanout's pixels; it keeps what they are of. */
static DisplaySurface *make_surface(VirtIOGPU *g, uint32_t head)
{
    const VgpuScanout *scanout = &g->core->scanouts[head];
    pixman_image_t *image = scanout->resource->image;
    pixman_image_t *part = pixman_image_create_bits(
        scanout->frame.format, scanout->rect.width, scanout->rect.height,
        (uint32_t *)vgpu_scanout_memory(scanout), scanout->frame.stride);
    DisplaySurface *surface;

    if (!part) {
        return NULL;
    }
    if (image) {
        pixman_image_set_destroy_function(part, unref_image,
                                          pixman_image_ref(image));
    } else {
        virtio_gpu_host_keep(host_of(g->core, head), part);
    }
    surface = qemu_create_displaysurface_pixman(part);
    pixman_image_unref(part);
    if (host_of(g->core, head)->share_handle != SHAREABLE_NONE) {
        qemu_displaysurface_set_share_handle(
            surface, host_of(g->core, head)->share_handle,
            scanout->frame.offset);
    }
    return surface;
}

static void show(VirtIOGPU *g, uint32_t head)
{
    g->parent_obj.enable = 1;
    if (!show_dmabuf(g, head)) {
        virtio_gpu_forget_dmabuf(g, head);
        dpy_gfx_replace_surface(g->parent_obj.scanout[head].con,
                                make_surface(g, head));
    }
}

static void update(VirtIOGPU *g, uint32_t head, const VgpuRect *damage)
{
    QemuConsole *con = g->parent_obj.scanout[head].con;

    if (g->dmabuf.primary[head]) {
        dpy_gl_update(con, damage->x, damage->y, damage->width,
                      damage->height);
    } else {
        dpy_gfx_update(con, damage->x, damage->y, damage->width,
                       damage->height);
    }
}

void virtio_gpu_apply(VirtIOGPU *g, const VgpuEffects *effects)
{
    for (uint32_t head = 0; head < g->core->outputs; head++) {
        if (extract32(effects->off, head, 1)) {
            turn_off(g, head);
        }
        if (extract32(effects->shown, head, 1)) {
            show(g, head);
        }
        if (extract32(effects->damaged, head, 1)) {
            update(g, head, &effects->damage[head]);
        }
    }
    if (effects->unmap) {
        virtio_gpu_cleanup_mapping(g, effects->unmap);
    }
    if (effects->gone) {
        virtio_gpu_host_free(g, effects->gone);
    }
}

/* ---- cursor ------------------------------------------------------------ */

void virtio_gpu_update_cursor_data(VirtIOGPU *g, struct virtio_gpu_scanout *s,
                                   uint32_t resource_id)
{
    const VgpuResource *resource = vgpu_resource_find(&g->core->resources,
                                                      resource_id);
    const void *pixels = resource ? vgpu_cursor_pixels(resource) : NULL;

    if (pixels) {
        memcpy(s->current_cursor->data, pixels,
               VGPU_CURSOR_PIXELS * VGPU_PIXEL_SIZE);
    }
}

static void define_cursor(VirtIOGPU *g, struct virtio_gpu_scanout *s,
                          const VgpuCommand *command)
{
    if (!s->current_cursor) {
        s->current_cursor = cursor_alloc(VGPU_CURSOR_WIDTH, VGPU_CURSOR_HEIGHT);
    }
    s->current_cursor->hot_x = MIN(command->hot_x, VGPU_CURSOR_WIDTH - 1);
    s->current_cursor->hot_y = MIN(command->hot_y, VGPU_CURSOR_HEIGHT - 1);
    if (command->resource_id) {
        VIRTIO_GPU_GET_CLASS(g)->update_cursor_data(g, s, command->resource_id);
    }
    dpy_cursor_define(s->con, s->current_cursor);
}

void virtio_gpu_run_cursor(VirtIOGPU *g, const VgpuCommand *command)
{
    VgpuCursorEffect effect;
    struct virtio_gpu_scanout *s;

    if (!vgpu_cursor_command(g->core, command, &effect)) {
        trace_virtio_gpu_refused(command->header.type,
                                 VGPU_ERR_INVALID_SCANOUT_ID);
        return;
    }
    trace_virtio_gpu_update_cursor(effect.scanout, command->rect.x,
                                   command->rect.y,
                                   effect.defined ? "update" : "move",
                                   command->resource_id);
    s = &g->parent_obj.scanout[effect.scanout];
    if (effect.defined) {
        define_cursor(g, s, command);
    }
    dpy_mouse_set(s->con, command->rect.x, command->rect.y, effect.visible);
}

/* ---- commands ---------------------------------------------------------- */

static void trace_command(const VgpuCommand *command)
{
    const VgpuRect *rect = &command->rect;
    const uint32_t resource = command->resource_id;

    switch (command->header.type) {
    case VGPU_RESOURCE_CREATE_2D:
        trace_virtio_gpu_cmd_res_create_2d(resource, command->format,
                                           command->width, command->height);
        break;
    case VGPU_RESOURCE_CREATE_BLOB:
        trace_virtio_gpu_cmd_res_create_blob(resource, command->size);
        break;
    case VGPU_RESOURCE_UNREF:
        trace_virtio_gpu_cmd_res_unref(resource);
        break;
    case VGPU_RESOURCE_ATTACH_BACKING:
        trace_virtio_gpu_cmd_res_back_attach(resource);
        break;
    case VGPU_RESOURCE_DETACH_BACKING:
        trace_virtio_gpu_cmd_res_back_detach(resource);
        break;
    case VGPU_TRANSFER_TO_HOST_2D:
        trace_virtio_gpu_cmd_res_xfer_toh_2d(resource);
        break;
    case VGPU_RESOURCE_FLUSH:
        trace_virtio_gpu_cmd_res_flush(resource, rect->width, rect->height,
                                       rect->x, rect->y);
        break;
    case VGPU_SET_SCANOUT:
        trace_virtio_gpu_cmd_set_scanout(command->scanout_id, resource,
                                         rect->width, rect->height, rect->x,
                                         rect->y);
        break;
    case VGPU_SET_SCANOUT_BLOB:
        trace_virtio_gpu_cmd_set_scanout_blob(command->scanout_id, resource,
                                              rect->width, rect->height,
                                              rect->x, rect->y);
        break;
    }
}

static void give_image(VirtIOGPU *g, const VgpuCommand *command,
                       VgpuEffects *effects)
{
    VirtIOGPUHost *host = virtio_gpu_host_new(g, command->resource_id, 0);
    pixman_image_t *image = virtio_gpu_image_new(g, &effects->layout, host);

    if (!vgpu_give_image(g->core, command, image, host, effects)) {
        virtio_gpu_host_free(g, host);
    }
}

/* The host of the resource that a backing is for; new for a new blob */
static VirtIOGPUHost *backing_host(VirtIOGPU *g, const VgpuCommand *command)
{
    const VgpuResource *resource = vgpu_resource_find(&g->core->resources,
                                                      command->resource_id);

    return resource ? resource->host
                    : virtio_gpu_host_new(g, command->resource_id,
                                          command->size);
}

static void give_backing(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd,
                         const VgpuCommand *command, VgpuEffects *effects)
{
    VirtIOGPUMapping mapping;
    VirtIOGPUHost *host;
    void *memory;

    effects->answer = virtio_gpu_map_entries(
        g, cmd, vgpu_command_size(command->header.type), command->entries,
        vgpu_pieces_left(&g->core->resources), &mapping);
    if (effects->answer != VGPU_OK_NODATA) {
        return;
    }
    host = backing_host(g, command);
    memory = virtio_gpu_host_map(host, &mapping);
    if (vgpu_give_backing(g->core, command, host->iov, host->iov_cnt, memory,
                          host, effects)) {
        return;
    }
    if (command->header.type == VGPU_RESOURCE_CREATE_BLOB) {
        virtio_gpu_host_free(g, host);
    } else {
        virtio_gpu_cleanup_mapping(g, host);
    }
}

static void run(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd,
                const VgpuCommand *command)
{
    VgpuEffects effects;

    trace_command(command);
    vgpu_command(g->core, command, &effects);
    if (effects.need == VGPU_NEEDS_IMAGE) {
        give_image(g, command, &effects);
    } else if (effects.need == VGPU_NEEDS_BACKING) {
        give_backing(g, cmd, command, &effects);
    }
    virtio_gpu_apply(g, &effects);
    cmd->error = effects.answer == VGPU_OK_NODATA ? 0 : effects.answer;
}

static void dispatch(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
    uint8_t bytes[VGPU_COMMAND_SIZE_MAX];
    const size_t size = iov_to_buf(cmd->elem.out_sg, cmd->elem.out_num, 0,
                                   bytes, sizeof(bytes));
    VgpuCommand command;
    const VgpuDecoded decoded = vgpu_decode(&command, bytes, size);

    cmd->cmd_hdr = (struct virtio_gpu_ctrl_hdr) {
        .type = command.header.type,
        .flags = command.header.flags,
        .fence_id = command.header.fence,
        .ctx_id = command.header.context,
        .ring_idx = command.header.ring,
    };
    if (decoded == VGPU_DECODED_SHORT) {
        cmd->error = VGPU_ERR_INVALID_PARAMETER;
    } else if (command.header.type == VGPU_GET_DISPLAY_INFO) {
        virtio_gpu_get_display_info(g, cmd);
    } else if (command.header.type == VGPU_GET_EDID) {
        virtio_gpu_get_edid(g, cmd);
    } else {
        run(g, cmd, &command);
    }
}

/*
 * A viewer that renders from a blob may need it after its flush.  A fence is
 * complete when the viewer is done, see virtio_gpu_process_cmdq().
 */
void virtio_gpu_simple_process_cmd(VirtIOGPU *g,
                                   struct virtio_gpu_ctrl_command *cmd)
{
    dispatch(g, cmd);
    if (cmd->finished) {
        return;
    }
    if (cmd->error) {
        trace_virtio_gpu_refused(cmd->cmd_hdr.type, cmd->error);
        virtio_gpu_ctrl_response_nodata(g, cmd, cmd->error);
    } else if (!g->parent_obj.renderer_blocked ||
               !(cmd->cmd_hdr.flags & VIRTIO_GPU_FLAG_FENCE)) {
        virtio_gpu_ctrl_response_nodata(g, cmd, VIRTIO_GPU_RESP_OK_NODATA);
    }
}
