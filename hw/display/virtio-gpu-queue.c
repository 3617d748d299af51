/*
 * virtio-gpu: queues and answers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lifetime of a command: it is popped, carried out, waits in fenceq if a viewer
 * renders from what it flushed, and is answered.  While it waits, those behind
 * it stay in the guest's queue.  Renderers keep what they have popped in cmdq.
 */

#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
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

/*
 * The viewer has rendered: what it held up goes on.  This may be called while
 * a command is carried out, and while the device is taken apart.
 */
void virtio_gpu_gl_flushed(VirtIOGPUBase *base)
{
    VirtIOGPU *g = VIRTIO_GPU(base);

    complete_fences(g);
    if (g->ctrl_bh) {
        qemu_bh_schedule(g->ctrl_bh);
    }
}

/*
 * A chain that is malformed has set NEEDS_RESET, and ends the loop.  What is
 * popped is carried out at once: a packed ring takes no chain back.
 */
void virtio_gpu_handle_ctrl(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOGPU *g = VIRTIO_GPU(vdev);
    struct virtio_gpu_ctrl_command *cmd;

    if (!virtio_queue_ready(vq)) {
        return;
    }
    while (!g->parent_obj.renderer_blocked &&
           (cmd = virtqueue_pop(vq, sizeof(*cmd)))) {
        cmd->vq = vq;
        cmd->error = 0;
        cmd->finished = false;
        QTAILQ_INSERT_TAIL(&g->cmdq, cmd, next);
        virtio_gpu_process_cmdq(g);
    }
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
        } else {
            trace_virtio_gpu_refused(command.header.type,
                                     VGPU_ERR_INVALID_PARAMETER);
        }
        virtqueue_push(vq, elem, 0);
        virtio_notify(VIRTIO_DEVICE(g), vq);
        g_free(elem);
    }
}

/*
 * Commands of both queues are carried out in the main loop, while the machine
 * runs: what was popped after its stop would be in no migration stream.
 */
static void ctrl_bh(void *opaque)
{
    VirtIOGPU *g = opaque;

    if (runstate_is_live(runstate_get())) {
        virtio_gpu_finish_reset(g);
        VIRTIO_GPU_GET_CLASS(g)->handle_ctrl(VIRTIO_DEVICE(g), g->ctrl_vq);
    }
}

static void cursor_bh(void *opaque)
{
    if (runstate_is_live(runstate_get())) {
        virtio_gpu_finish_reset(opaque);
        handle_cursor(opaque);
    }
}

static void ctrl_kicked(VirtIODevice *vdev, VirtQueue *vq)
{
    qemu_bh_schedule(VIRTIO_GPU(vdev)->ctrl_bh);
}

static void cursor_kicked(VirtIODevice *vdev, VirtQueue *vq)
{
    qemu_bh_schedule(VIRTIO_GPU(vdev)->cursor_bh);
}

/* ---- stop and end ---------------------------------------------------- */

/*
 * The stream has no commands: what is carried out is answered before the
 * guest's memory is sent for the last time, and what is not is in the queue.
 */
static void stop_or_go_on(void *opaque, bool running, RunState state)
{
    VirtIOGPU *g = opaque;

    if (running) {
        qemu_bh_schedule(g->ctrl_bh);
        qemu_bh_schedule(g->cursor_bh);
        return;
    }
    if (!virtio_gpu_has_renderer(g)) {
        complete_fences(g);
    }
}

static void drop_command(struct virtio_gpu_ctrl_command *cmd)
{
    virtqueue_detach_element(cmd->vq, &cmd->elem, 0);
    g_free(cmd);
}

void virtio_gpu_drop_commands(VirtIOGPU *g)
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

/* Whatever has been popped is of the queue of commands (2.6.1). */
void virtio_gpu_reset_queue(VirtIODevice *vdev, uint32_t index)
{
    VirtIOGPU *g = VIRTIO_GPU(vdev);

    if (virtio_get_queue(vdev, index) == g->ctrl_vq) {
        virtio_gpu_drop_commands(g);
    }
}

bool virtio_gpu_queues_init(VirtIOGPU *g, Error **errp)
{
    DeviceState *qdev = DEVICE(g);
    VirtIODevice *vdev = VIRTIO_DEVICE(g);

    if (!virtio_gpu_base_device_realize(qdev, ctrl_kicked, cursor_kicked,
                                        errp)) {
        return false;
    }
    g->ctrl_vq = virtio_get_queue(vdev, 0);
    g->cursor_vq = virtio_get_queue(vdev, 1);
    g->ctrl_bh = virtio_bh_io_new_guarded(qdev, ctrl_bh, g);
    g->cursor_bh = virtio_bh_io_new_guarded(qdev, cursor_bh, g);
    g->stop = qdev_add_vm_change_state_handler(qdev, stop_or_go_on, g);
    return true;
}

void virtio_gpu_queues_stop(VirtIOGPU *g)
{
    g_clear_pointer(&g->stop, qemu_del_vm_change_state_handler);
    g_clear_pointer(&g->ctrl_bh, qemu_bh_delete);
    g_clear_pointer(&g->cursor_bh, qemu_bh_delete);
    virtio_gpu_drop_commands(g);
}
