/*
 * virtio-gpu-base: configuration, features and consoles of all virtio-gpus
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lifetime: a console is never freed, and holds its device.  So each is closed
 * when the device is unrealized; the next device takes it over.
 */

#include "qemu/osdep.h"
#include "hw/display/edid.h"
#include "hw/virtio/virtio-gpu.h"
#include "migration/blocker.h"
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/module.h"
#include "trace.h"

#define CTRL_QUEUE_SIZE     64
#define CTRL_QUEUE_SIZE_3D  256
#define CURSOR_QUEUE_SIZE   16

/* ---- requests ---------------------------------------------------------- */

bool virtio_gpu_fill_cmd(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd,
                         void *request, size_t size)
{
    size_t had = iov_to_buf(cmd->elem.out_sg, cmd->elem.out_num, 0, request,
                            size);

    if (had == size) {
        return true;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "virtio-gpu: command 0x%x takes %zu bytes, "
                  "and has %zu\n", cmd->cmd_hdr.type, size, had);
    memset(request, 0, size);
    virtio_gpu_ctrl_response_nodata(g, cmd,
                                    VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    return false;
}

void virtio_gpu_base_fill_display_info(
    VirtIOGPUBase *g, struct virtio_gpu_resp_display_info *info)
{
    for (uint32_t head = 0; head < g->conf.max_outputs; head++) {
        const struct virtio_gpu_requested_state *wish = &g->req_state[head];
        struct virtio_gpu_display_one *mode = &info->pmodes[head];

        if (extract32(g->enabled_output_bitmask, head, 1)) {
            mode->r.width = cpu_to_le32(wish->width);
            mode->r.height = cpu_to_le32(wish->height);
            mode->enabled = cpu_to_le32(1);
        }
    }
}

void virtio_gpu_base_generate_edid(VirtIOGPUBase *g, int scanout,
                                   struct virtio_gpu_resp_edid *edid)
{
    const struct virtio_gpu_requested_state *wish = &g->req_state[scanout];
    qemu_edid_info monitor = {
        .prefx = wish->width,
        .prefy = wish->height,
        .refresh_rate = wish->refresh_rate,
        .width_mm = wish->width_mm,
        .height_mm = wish->height_mm,
    };

    qemu_edid_generate(edid->edid, sizeof(edid->edid), &monitor);
    edid->size = cpu_to_le32(sizeof(edid->edid));
}

/* ---- consoles ---------------------------------------------------------- */

/* Pictures change at the guest's flushes, so there is nothing to poll. */
static void console_nothing_to_do(void *opaque)
{
}

static void console_no_text(void *opaque, console_ch_t *cells)
{
}

static int console_flags(void *opaque)
{
    const VirtIOGPUBase *g = opaque;

    return (virtio_gpu_virgl_enabled(g->conf) ? GRAPHIC_FLAGS_GL : 0) |
           (virtio_gpu_dmabuf_enabled(g->conf) ? GRAPHIC_FLAGS_DMABUF : 0);
}

static void console_ui_info(void *opaque, uint32_t head, QemuUIInfo *info)
{
    VirtIOGPUBase *g = opaque;

    if (head >= g->conf.max_outputs) {
        return;
    }
    g->req_state[head] = (struct virtio_gpu_requested_state) {
        .x = info->xoff,
        .y = info->yoff,
        .width = info->width,
        .height = info->height,
        .refresh_rate = info->refresh_rate,
        .width_mm = info->width_mm,
        .height_mm = info->height_mm,
    };
    g->enabled_output_bitmask = deposit32(g->enabled_output_bitmask, head, 1,
                                          info->width && info->height);
    g->virtio_config.events_read |= cpu_to_le32(VIRTIO_GPU_EVENT_DISPLAY);
    virtio_notify_config(VIRTIO_DEVICE(g));
}

/* A viewer may have blocked the console's device before this one. */
static void console_gl_block(void *opaque, bool block)
{
    VirtIOGPUBase *g = opaque;
    const VirtIOGPUBaseClass *kind = VIRTIO_GPU_BASE_GET_CLASS(g);

    if (block) {
        g->renderer_blocked++;
        return;
    }
    g->renderer_blocked = MAX(g->renderer_blocked - 1, 0);
    if (!g->renderer_blocked && kind->gl_flushed) {
        kind->gl_flushed(g);
    }
}

static const GraphicHwOps console_ops = {
    .get_flags = console_flags,
    .invalidate = console_nothing_to_do,
    .gfx_update = console_nothing_to_do,
    .text_update = console_no_text,
    .ui_info = console_ui_info,
    .gl_block = console_gl_block,
};

static void make_consoles(VirtIOGPUBase *g)
{
    g->hw_ops = &console_ops;
    g->enabled_output_bitmask = 1;
    g->req_state[0].width = g->conf.xres;
    g->req_state[0].height = g->conf.yres;
    for (uint32_t head = 0; head < g->conf.max_outputs; head++) {
        g->scanout[head].con = graphic_console_init(DEVICE(g), head,
                                                    &console_ops, g);
    }
}

static void close_consoles(VirtIOGPUBase *g)
{
    for (uint32_t head = 0; head < g->conf.max_outputs; head++) {
        struct virtio_gpu_scanout *scanout = &g->scanout[head];

        if (scanout->con) {
            graphic_console_close(scanout->con);
        }
        g_clear_pointer(&scanout->current_cursor, cursor_unref);
        scanout->con = NULL;
        scanout->ds = NULL;
    }
}

/* ---- device ------------------------------------------------------------ */

void virtio_gpu_base_reset(VirtIOGPUBase *g)
{
    g->enable = 0;
    for (uint32_t head = 0; head < g->conf.max_outputs; head++) {
        struct virtio_gpu_scanout *scanout = &g->scanout[head];

        scanout->ds = NULL;
        scanout->resource_id = 0;
        scanout->x = scanout->y = 0;
        scanout->width = scanout->height = 0;
    }
}

static bool check_outputs(const VirtIOGPUBase *g, Error **errp)
{
    const uint32_t count = g->conf.max_outputs;

    if (count >= 1 && count <= VIRTIO_GPU_MAX_SCANOUTS) {
        return true;
    }
    error_setg(errp, "%s: invalid max_outputs=%u: a virtio-gpu has 1 to %d "
               "outputs; add a second device for more",
               object_get_typename(OBJECT(g)), count, VIRTIO_GPU_MAX_SCANOUTS);
    return false;
}

/* What the renderer knows of the guest is nowhere in the stream. */
static bool block_migration(VirtIOGPUBase *g, Error **errp)
{
    if (!virtio_gpu_virgl_enabled(g->conf)) {
        return true;
    }
    error_setg(&g->migration_blocker, "virgl is not yet migratable (%s; "
               "virtio-gpu-pci is)", object_get_typename(OBJECT(g)));
    return migrate_add_blocker(&g->migration_blocker, errp) >= 0;
}

bool virtio_gpu_base_device_realize(DeviceState *qdev,
                                    VirtIOHandleOutput ctrl_cb,
                                    VirtIOHandleOutput cursor_cb, Error **errp)
{
    VirtIOGPUBase *g = VIRTIO_GPU_BASE(qdev);
    VirtIODevice *vdev = VIRTIO_DEVICE(qdev);

    if (!check_outputs(g, errp) || !block_migration(g, errp)) {
        return false;
    }
    virtio_init(vdev, VIRTIO_ID_GPU, sizeof(g->virtio_config));
    virtio_add_queue(vdev, virtio_gpu_virgl_enabled(g->conf) ?
                     CTRL_QUEUE_SIZE_3D : CTRL_QUEUE_SIZE, ctrl_cb);
    virtio_add_queue(vdev, CURSOR_QUEUE_SIZE, cursor_cb);
    g->virtio_config.num_scanouts = cpu_to_le32(g->conf.max_outputs);
    make_consoles(g);
    return true;
}

void virtio_gpu_base_device_unrealize(DeviceState *qdev)
{
    VirtIOGPUBase *g = VIRTIO_GPU_BASE(qdev);
    VirtIODevice *vdev = VIRTIO_DEVICE(qdev);

    close_consoles(g);
    for (int queue = 0; queue < 2; queue++) {
        virtio_del_queue(vdev, queue);
    }
    virtio_cleanup(vdev);
    migrate_del_blocker(&g->migration_blocker);
}

static uint64_t get_features(VirtIODevice *vdev, uint64_t features,
                             Error **errp)
{
    const struct virtio_gpu_base_conf conf = VIRTIO_GPU_BASE(vdev)->conf;
    const struct {
        int bit;
        bool offered;
    } feature[] = {
        { VIRTIO_GPU_F_VIRGL, virtio_gpu_virgl_enabled(conf) ||
                              virtio_gpu_rutabaga_enabled(conf) },
        { VIRTIO_GPU_F_EDID, virtio_gpu_edid_enabled(conf) },
        { VIRTIO_GPU_F_RESOURCE_UUID, virtio_gpu_resource_uuid_enabled(conf) },
        { VIRTIO_GPU_F_RESOURCE_BLOB, virtio_gpu_blob_enabled(conf) },
        { VIRTIO_GPU_F_CONTEXT_INIT, virtio_gpu_context_init_enabled(conf) },
    };

    for (size_t i = 0; i < ARRAY_SIZE(feature); i++) {
        features |= (uint64_t)feature[i].offered << feature[i].bit;
    }
    return features;
}

static void set_features(VirtIODevice *vdev, uint64_t features)
{
    trace_virtio_gpu_features(virtio_has_feature(features,
                                                 VIRTIO_GPU_F_VIRGL));
}

/* Whether it can be hot-plugged is settled by the transport's type. */
static void virtio_gpu_base_class_init(ObjectClass *klass, void *data)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    set_bit(DEVICE_CATEGORY_DISPLAY, DEVICE_CLASS(klass)->categories);
    vdc->get_features = get_features;
    vdc->set_features = set_features;
    vdc->unrealize = virtio_gpu_base_device_unrealize;
}

static const TypeInfo virtio_gpu_base_info = {
    .name = TYPE_VIRTIO_GPU_BASE,
    .parent = TYPE_VIRTIO_DEVICE,
    .abstract = true,
    .instance_size = sizeof(VirtIOGPUBase),
    .class_size = sizeof(VirtIOGPUBaseClass),
    .class_init = virtio_gpu_base_class_init,
};
module_obj(TYPE_VIRTIO_GPU_BASE);
module_kconfig(VIRTIO_GPU);

static void virtio_gpu_base_register(void)
{
    type_register_static(&virtio_gpu_base_info);
}

type_init(virtio_gpu_base_register)
