/*
 * virtio-gpu-device: queues, answers, reset
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Specification: docs/specs/virtio-gpu.rst.  QEMU's renderers (virgl, rutabaga)
 * inherit from this device, and have their own class hooks for commands.
 *
 * Lifetime of a command: it is popped, waits in cmdq, is carried out, waits in
 * fenceq if a viewer renders from what it flushed, and is answered.
 */

#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-gpu-bswap.h"
#include "migration/blocker.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "trace.h"
#include "virtio-gpu-internal.h"

/* ---- answers ----------------------------------------------------------- */

void virtio_gpu_ctrl_response(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd,
                              struct virtio_gpu_ctrl_hdr *resp, size_t resp_len)
{
    const VgpuHeader request = {
        .flags = cmd->cmd_hdr.flags,
        .fence = cmd->cmd_hdr.fence_id,
        .context = cmd->cmd_hdr.ctx_id,
    };
    size_t written;

    vgpu_encode_answer(resp, resp->type, &request);
    written = iov_from_buf(cmd->elem.in_sg, cmd->elem.in_num, 0, resp,
                           resp_len);
    if (written < resp_len) {
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-gpu: command 0x%x has room for "
                      "%zu bytes of its answer's %zu\n", cmd->cmd_hdr.type,
                      written, resp_len);
    }
    virtqueue_push(cmd->vq, &cmd->elem, written);
    virtio_notify(VIRTIO_DEVICE(g), cmd->vq);
    cmd->finished = true;
}

void virtio_gpu_ctrl_response_nodata(VirtIOGPU *g,
                                     struct virtio_gpu_ctrl_command *cmd,
                                     enum virtio_gpu_ctrl_type type)
{
    struct virtio_gpu_ctrl_hdr answer = { .type = type };

    virtio_gpu_ctrl_response(g, cmd, &answer, sizeof(answer));
}

void virtio_gpu_get_display_info(VirtIOGPU *g,
                                 struct virtio_gpu_ctrl_command *cmd)
{
    struct virtio_gpu_resp_display_info answer = {
        .hdr.type = VIRTIO_GPU_RESP_OK_DISPLAY_INFO,
    };

    trace_virtio_gpu_cmd_get_display_info();
    virtio_gpu_base_fill_display_info(VIRTIO_GPU_BASE(g), &answer);
    virtio_gpu_ctrl_response(g, cmd, &answer.hdr, sizeof(answer));
}

void virtio_gpu_get_edid(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
    VirtIOGPUBase *base = VIRTIO_GPU_BASE(g);
    struct virtio_gpu_cmd_get_edid request;
    struct virtio_gpu_resp_edid answer = {
        .hdr.type = VIRTIO_GPU_RESP_OK_EDID,
    };
    uint32_t head;

    VIRTIO_GPU_FILL_CMD(request);
    head = le32_to_cpu(request.scanout);
    if (head >= base->conf.max_outputs) {
        cmd->error = VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
        return;
    }
    trace_virtio_gpu_cmd_get_edid(head);
    virtio_gpu_base_generate_edid(base, head, &answer);
    virtio_gpu_ctrl_response(g, cmd, &answer.hdr, sizeof(answer));
}

/* ---- queue of commands ------------------------------------------------- */

static void count_fence(VirtIOGPU *g)
{
    g->inflight++;
    if (virtio_gpu_stats_enabled(g->parent_obj.conf)) {
        g->stats.max_inflight = MAX(g->stats.max_inflight, g->inflight);
        trace_virtio_gpu_inc_inflight_fences(g->inflight);
    }
}

/* Returns false if the command has to be carried out again later. */
static bool process(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
    VIRTIO_GPU_GET_CLASS(g)->process_cmd(g, cmd);
    if (!cmd->finished && !(cmd->cmd_hdr.flags & VIRTIO_GPU_FLAG_FENCE)) {
        trace_virtio_gpu_cmd_suspended(cmd->cmd_hdr.type);
        return false;
    }
    QTAILQ_REMOVE(&g->cmdq, cmd, next);
    if (virtio_gpu_stats_enabled(g->parent_obj.conf)) {
        g->stats.requests++;
    }
    if (cmd->finished) {
        g_free(cmd);
    } else {
        QTAILQ_INSERT_TAIL(&g->fenceq, cmd, next);
        count_fence(g);
    }
    return true;
}

void virtio_gpu_process_cmdq(VirtIOGPU *g)
{
    if (g->processing_cmdq) {
        return;
    }
    g->processing_cmdq = true;
    while (!g->parent_obj.renderer_blocked && !QTAILQ_EMPTY(&g->cmdq) &&
           process(g, QTAILQ_FIRST(&g->cmdq))) {
        ;
    }
    g->processing_cmdq = false;
}

static void complete_fences(VirtIOGPU *g)
{
    struct virtio_gpu_ctrl_command *cmd;

    while ((cmd = QTAILQ_FIRST(&g->fenceq))) {
        QTAILQ_REMOVE(&g->fenceq, cmd, next);
        g->inflight--;
        trace_virtio_gpu_fence_resp(cmd->cmd_hdr.fence_id);
        virtio_gpu_ctrl_response_nodata(g, cmd, VIRTIO_GPU_RESP_OK_NODATA);
        g_free(cmd);
    }
}

/* The viewer has rendered: what it held up goes on. */
static void gl_flushed(VirtIOGPUBase *base)
{
    VirtIOGPU *g = VIRTIO_GPU(base);

    complete_fences(g);
    virtio_gpu_process_cmdq(g);
}

/* A chain that is malformed has set NEEDS_RESET, and ends the loop. */
static void handle_ctrl(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOGPU *g = VIRTIO_GPU(vdev);
    struct virtio_gpu_ctrl_command *cmd;

    if (!virtio_queue_ready(vq)) {
        return;
    }
    while ((cmd = virtqueue_pop(vq, sizeof(*cmd)))) {
        cmd->vq = vq;
        cmd->error = 0;
        cmd->finished = false;
        QTAILQ_INSERT_TAIL(&g->cmdq, cmd, next);
    }
    virtio_gpu_process_cmdq(g);
}

static void handle_cursor(VirtIOGPU *g)
{
    VirtQueue *vq = g->cursor_vq;
    VirtQueueElement *elem;

    if (!virtio_queue_ready(vq)) {
        return;
    }
    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        uint8_t bytes[VGPU_COMMAND_SIZE_MAX];
        const size_t size = iov_to_buf(elem->out_sg, elem->out_num, 0, bytes,
                                       sizeof(bytes));
        VgpuCommand command;

        if (vgpu_decode(&command, bytes, size) == VGPU_DECODED) {
            virtio_gpu_run_cursor(g, &command);
        }
        virtqueue_push(vq, elem, 0);
        virtio_notify(VIRTIO_DEVICE(g), vq);
        g_free(elem);
    }
}

/* Commands of both queues are carried out in the main loop. */
static void ctrl_bh(void *opaque)
{
    VirtIOGPU *g = opaque;

    VIRTIO_GPU_GET_CLASS(g)->handle_ctrl(VIRTIO_DEVICE(g), g->ctrl_vq);
}

static void cursor_bh(void *opaque)
{
    handle_cursor(opaque);
}

static void ctrl_kicked(VirtIODevice *vdev, VirtQueue *vq)
{
    qemu_bh_schedule(VIRTIO_GPU(vdev)->ctrl_bh);
}

static void cursor_kicked(VirtIODevice *vdev, VirtQueue *vq)
{
    qemu_bh_schedule(VIRTIO_GPU(vdev)->cursor_bh);
}

/* ---- stop and reset ---------------------------------------------------- */

static bool has_renderer(VirtIOGPU *g)
{
    return virtio_gpu_virgl_enabled(g->parent_obj.conf) ||
           virtio_gpu_rutabaga_enabled(g->parent_obj.conf);
}

/*
 * The stream has no commands: what is carried out is answered before the guest's
 * memory is sent for the last time, and what is not goes back to the queue.
 */
static void stop_or_go_on(void *opaque, bool running, RunState state)
{
    VirtIOGPU *g = opaque;
    struct virtio_gpu_ctrl_command *cmd;

    if (has_renderer(g)) {
        return;
    }
    if (running) {
        qemu_bh_schedule(g->ctrl_bh);
        return;
    }
    complete_fences(g);
    while ((cmd = QTAILQ_LAST(&g->cmdq))) {
        QTAILQ_REMOVE(&g->cmdq, cmd, next);
        virtqueue_unpop(cmd->vq, &cmd->elem, 0);
        g_free(cmd);
    }
}

static void drop_command(struct virtio_gpu_ctrl_command *cmd)
{
    virtqueue_detach_element(cmd->vq, &cmd->elem, 0);
    g_free(cmd);
}

static void drop_commands(VirtIOGPU *g)
{
    struct virtio_gpu_ctrl_command *cmd;

    while ((cmd = QTAILQ_FIRST(&g->cmdq))) {
        QTAILQ_REMOVE(&g->cmdq, cmd, next);
        drop_command(cmd);
    }
    while ((cmd = QTAILQ_FIRST(&g->fenceq))) {
        QTAILQ_REMOVE(&g->fenceq, cmd, next);
        drop_command(cmd);
    }
    g->inflight = 0;
}

/* What resources of the 2D device and of renderers that have no more do */
static void resource_destroy(VirtIOGPU *g,
                             struct virtio_gpu_simple_resource *res,
                             Error **errp)
{
    VgpuResource *resource = vgpu_resource_find(&g->core->resources,
                                                res->resource_id);
    VgpuEffects effects;

    if (resource && resource->host == res) {
        vgpu_core_remove(g->core, resource, &effects);
        virtio_gpu_apply(g, &effects);
        return;
    }
    for (int head = 0; head < VIRTIO_GPU_MAX_SCANOUTS; head++) {
        if (extract32(res->scanout_bitmask, head, 1)) {
            virtio_gpu_disable_scanout(g, head);
        }
    }
    g_clear_pointer(&res->image, pixman_image_unref);
    virtio_gpu_host_free(g, res);
}

static void destroy_resources(VirtIOGPU *g)
{
    struct virtio_gpu_simple_resource *res, *next;

    QTAILQ_FOREACH_SAFE(res, &g->reslist, next, next) {
        Error *err = NULL;

        VIRTIO_GPU_GET_CLASS(g)->resource_destroy(g, res, &err);
        if (err) {
            error_reportf_err(err, "%s: a resource could not be freed: ",
                              object_get_typename(OBJECT(g)));
        }
    }
}

static void reset_displays(void *opaque)
{
    VirtIOGPU *g = opaque;

    destroy_resources(g);
    for (uint32_t head = 0; head < g->parent_obj.conf.max_outputs; head++) {
        virtio_gpu_forget_dmabuf(g, head);
        dpy_gfx_replace_surface(g->parent_obj.scanout[head].con, NULL);
    }
    g->reset_finished = true;
    qemu_cond_broadcast(&g->reset_cond);
}

/* Meanwhile the device may be unplugged: it ends the wait, and has no core. */
static void reset_displays_in_main_loop(VirtIOGPU *g)
{
    g->reset_finished = false;
    qemu_bh_schedule(g->reset_bh);
    while (!g->reset_finished) {
        qemu_cond_wait_bql(&g->reset_cond);
    }
}

/* Viewers and renderers may be called in the main loop's thread alone. */
void virtio_gpu_reset(VirtIODevice *vdev)
{
    VirtIOGPU *g = VIRTIO_GPU(vdev);

    object_ref(OBJECT(g));
    if (qemu_in_vcpu_thread()) {
        reset_displays_in_main_loop(g);
    } else {
        reset_displays(g);
    }
    if (g->core) {
        drop_commands(g);
        vgpu_core_reset(g->core);
        virtio_gpu_base_reset(VIRTIO_GPU_BASE(vdev));
    }
    object_unref(OBJECT(g));
}

/* ---- device ------------------------------------------------------------ */

static void get_config(VirtIODevice *vdev, uint8_t *config)
{
    const VirtIOGPUBase *g = VIRTIO_GPU_BASE(vdev);

    memcpy(config, &g->virtio_config, sizeof(g->virtio_config));
}

/* Bits written to events_clear are cleared (5.7.4). */
static void set_config(VirtIODevice *vdev, const uint8_t *config)
{
    struct virtio_gpu_config written;

    memcpy(&written, config, sizeof(written));
    VIRTIO_GPU_BASE(vdev)->virtio_config.events_read &= ~written.events_clear;
}

#if defined(VIRGL_VERSION_MAJOR) && VIRGL_VERSION_MAJOR < 1
#define OLD_VIRGL true
#else
#define OLD_VIRGL false
#endif

static bool check_blobs(VirtIOGPU *g, Error **errp)
{
    const struct virtio_gpu_base_conf conf = g->parent_obj.conf;
    const char *type = object_get_typename(OBJECT(g));

    if (virtio_gpu_venus_enabled(conf) &&
        (OLD_VIRGL || !virtio_gpu_blob_enabled(conf) ||
         !virtio_gpu_hostmem_enabled(conf))) {
        error_setg(errp, OLD_VIRGL
                   ? "%s: venus=on needs virglrenderer 1.0, and this binary has "
                   "an older one" : "%s: venus=on needs blob=on and hostmem=SIZE",
                   type);
        return false;
    }
    if (!virtio_gpu_blob_enabled(conf)) {
        return true;
    }
    if (OLD_VIRGL && virtio_gpu_virgl_enabled(conf)) {
        error_setg(errp, "%s: blob=on needs virglrenderer 1.0, and this binary "
                   "has an older one", type);
        return false;
    }
    if (!has_renderer(g) && !virtio_gpu_have_udmabuf()) {
        error_setg(errp, "%s: blob=on needs rutabaga or udmabuf: /dev/udmabuf "
                   "on the host, and guest memory of "
                   "-object memory-backend-memfd", type);
        return false;
    }
    return true;
}

void virtio_gpu_device_realize(DeviceState *qdev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(qdev);
    VirtIOGPU *g = VIRTIO_GPU(qdev);

    if (!check_blobs(g, errp) ||
        !virtio_gpu_base_device_realize(qdev, ctrl_kicked, cursor_kicked,
                                        errp)) {
        return;
    }
    g->core = g_new(VgpuCore, 1);
    vgpu_core_init(g->core, g->parent_obj.conf.max_outputs, g->conf_max_hostmem,
                   virtio_gpu_blob_enabled(g->parent_obj.conf));
    g->ctrl_vq = virtio_get_queue(vdev, 0);
    g->cursor_vq = virtio_get_queue(vdev, 1);
    g->ctrl_bh = virtio_bh_io_new_guarded(qdev, ctrl_bh, g);
    g->cursor_bh = virtio_bh_io_new_guarded(qdev, cursor_bh, g);
    g->reset_bh = virtio_bh_io_new_guarded(qdev, reset_displays, g);
    g->stop = qdev_add_vm_change_state_handler(qdev, stop_or_go_on, g);
}

static void virtio_gpu_device_unrealize(DeviceState *qdev)
{
    VirtIOGPU *g = VIRTIO_GPU(qdev);

    g_clear_pointer(&g->stop, qemu_del_vm_change_state_handler);
    g_clear_pointer(&g->ctrl_bh, qemu_bh_delete);
    g_clear_pointer(&g->cursor_bh, qemu_bh_delete);
    g_clear_pointer(&g->reset_bh, qemu_bh_delete);
    reset_displays(g);
    drop_commands(g);
    virtio_gpu_base_device_unrealize(qdev);
    vgpu_core_clear(g->core);
    g_clear_pointer(&g->core, g_free);
}

static void virtio_gpu_init(Object *obj)
{
    VirtIOGPU *g = VIRTIO_GPU(obj);

    QTAILQ_INIT(&g->cmdq);
    QTAILQ_INIT(&g->fenceq);
    QTAILQ_INIT(&g->reslist);
    QTAILQ_INIT(&g->dmabuf.bufs);
    qemu_cond_init(&g->reset_cond);
}

static void virtio_gpu_finalize(Object *obj)
{
    qemu_cond_destroy(&VIRTIO_GPU(obj)->reset_cond);
}

static const Property virtio_gpu_properties[] = {
    VIRTIO_GPU_BASE_PROPERTIES(VirtIOGPU, parent_obj.conf),
    DEFINE_PROP_SIZE("max_hostmem", VirtIOGPU, conf_max_hostmem, 256 * MiB),
    DEFINE_PROP_BIT("blob", VirtIOGPU, parent_obj.conf.flags,
                    VIRTIO_GPU_FLAG_BLOB_ENABLED, false),
    DEFINE_PROP_SIZE("hostmem", VirtIOGPU, parent_obj.conf.hostmem, 0),
    DEFINE_PROP_UINT8("x-scanout-vmstate-version", VirtIOGPU,
                      scanout_vmstate_version, 2),
};

static void virtio_gpu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);
    VirtIOGPUClass *kind = VIRTIO_GPU_CLASS(klass);

    kind->parent.gl_flushed = gl_flushed;
    kind->handle_ctrl = handle_ctrl;
    kind->process_cmd = virtio_gpu_simple_process_cmd;
    kind->update_cursor_data = virtio_gpu_update_cursor_data;
    kind->resource_destroy = resource_destroy;
    vdc->realize = virtio_gpu_device_realize;
    vdc->unrealize = virtio_gpu_device_unrealize;
    vdc->reset = virtio_gpu_reset;
    vdc->get_config = get_config;
    vdc->set_config = set_config;
    dc->vmsd = &vmstate_virtio_gpu;
    device_class_set_props(dc, virtio_gpu_properties);
}

static const TypeInfo virtio_gpu_info = {
    .name = TYPE_VIRTIO_GPU,
    .parent = TYPE_VIRTIO_GPU_BASE,
    .instance_size = sizeof(VirtIOGPU),
    .instance_init = virtio_gpu_init,
    .instance_finalize = virtio_gpu_finalize,
    .class_size = sizeof(VirtIOGPUClass),
    .class_init = virtio_gpu_class_init,
};
module_obj(TYPE_VIRTIO_GPU);
module_kconfig(VIRTIO_GPU);

static void virtio_gpu_register(void)
{
    type_register_static(&virtio_gpu_info);
}

type_init(virtio_gpu_register)
