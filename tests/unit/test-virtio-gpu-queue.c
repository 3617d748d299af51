/*
 * Test of virtio-gpu's queues while a viewer holds its renderer up
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The device's own file, with a ring, bottom halves and a viewer that are the
 * test's: in QEMU such a viewer needs a GPU.  A command takes two descriptors,
 * and one that has been popped cannot be given back, as in a packed ring.
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/runstate.h"
#include "glue-qemu.h"
#include "test-cmocka.h"
#include "../../hw/display/virtio-gpu-internal.h"

#define DESCRIPTORS  2
#define FENCED       5

/*
 * @posted, @popped, @answered: chains, since the ring was made
 * @inuse: descriptors that the device has
 * @ring: counts the rings that there were; each element remembers its own
 */
struct VirtQueue {
    uint32_t posted, popped, answered;
    uint32_t inuse;
    uint32_t ring;
};

struct QEMUBH {
    QEMUBHFunc *function;
    void *opaque;
    bool scheduled;
};

static struct {
    VirtIOGPUClass kind;
    VirtIOGPU device;
    VirtQueue queue[2];
    QEMUBH bh[2];
    unsigned bhs;
    VirtIOHandleOutput kicked[2];
    VMChangeStateHandler *state_changed;
    bool running;
    bool viewer_blocks;
    unsigned carried_out;
} world;

/* ---- what QEMU has ------------------------------------------------------- */

uint16_t _TRACE_VIRTIO_GPU_CMD_GET_DISPLAY_INFO_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_GET_EDID_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_SUSPENDED_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_FENCE_RESP_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_INC_INFLIGHT_FENCES_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_REFUSED_DSTATE;

RunState runstate_get(void)
{
    return world.running ? RUN_STATE_RUNNING : RUN_STATE_PAUSED;
}

QEMUBH *virtio_bh_io_new_guarded_full(DeviceState *device,
                                      QEMUBHFunc *function, void *opaque,
                                      const char *name)
{
    QEMUBH *bh = &world.bh[world.bhs++];

    *bh = (QEMUBH) { .function = function, .opaque = opaque };
    return bh;
}

void qemu_bh_schedule(QEMUBH *bh)
{
    bh->scheduled = true;
}

void qemu_bh_delete(QEMUBH *bh)
{
    bh->scheduled = false;
}

VMChangeStateEntry *qdev_add_vm_change_state_handler(
    DeviceState *device, VMChangeStateHandler *handler, void *opaque)
{
    world.state_changed = handler;
    return NULL;
}

void qemu_del_vm_change_state_handler(VMChangeStateEntry *entry)
{
}

/* ---- the ring ------------------------------------------------------------ */

VirtQueue *virtio_get_queue(VirtIODevice *vdev, int index)
{
    return &world.queue[index];
}

int virtio_queue_ready(VirtQueue *vq)
{
    return true;
}

void virtio_notify(VirtIODevice *vdev, VirtQueue *vq)
{
}

void *virtqueue_pop(VirtQueue *vq, size_t size)
{
    VirtQueueElement *element;

    if (vq->popped == vq->posted) {
        return NULL;
    }
    element = g_malloc0(size);
    element->index = vq->ring;
    element->ndescs = DESCRIPTORS;
    vq->popped++;
    vq->inuse += DESCRIPTORS;
    return element;
}

void virtqueue_detach_element(VirtQueue *vq, const VirtQueueElement *element,
                              unsigned int length)
{
    assert_int_equal(element->index, vq->ring);
    assert_in_range(vq->inuse, DESCRIPTORS, UINT32_MAX);
    vq->inuse -= DESCRIPTORS;
}

void virtqueue_push(VirtQueue *vq, const VirtQueueElement *element,
                    unsigned int length)
{
    virtqueue_detach_element(vq, element, length);
    vq->answered++;
}

static void new_ring(VirtQueue *vq)
{
    *vq = (VirtQueue) { .ring = vq->ring + 1 };
}

/* ---- the device's other files -------------------------------------------- */

void vgpu_encode_answer(void *bytes, uint32_t type, const VgpuHeader *request)
{
}

VgpuDecoded vgpu_decode(VgpuCommand *command, const void *bytes, size_t size)
{
    *command = (VgpuCommand) { 0 };
    return VGPU_DECODED_SHORT;
}

size_t iov_from_buf_full(const struct iovec *iov, unsigned int count,
                         size_t offset, const void *from, size_t bytes)
{
    return bytes;
}

size_t iov_to_buf_full(const struct iovec *iov, const unsigned int count,
                       size_t offset, void *to, size_t bytes)
{
    return 0;
}

bool virtio_gpu_base_device_realize(DeviceState *device,
                                    VirtIOHandleOutput control,
                                    VirtIOHandleOutput cursor, Error **errp)
{
    world.kicked[0] = control;
    world.kicked[1] = cursor;
    return true;
}

void virtio_gpu_base_fill_display_info(
    VirtIOGPUBase *g, struct virtio_gpu_resp_display_info *info)
{
}

void virtio_gpu_base_generate_edid(VirtIOGPUBase *g, int scanout,
                                   struct virtio_gpu_resp_edid *edid)
{
}

bool virtio_gpu_fill_cmd(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd,
                         void *request, size_t size)
{
    return false;
}

void virtio_gpu_finish_reset(VirtIOGPU *g)
{
}

void virtio_gpu_run_cursor(VirtIOGPU *g, const VgpuCommand *command)
{
}

/* A flush with a fence, of what a viewer renders from */
static void flush(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
    world.carried_out++;
    cmd->cmd_hdr.flags = VIRTIO_GPU_FLAG_FENCE;
    g->parent_obj.renderer_blocked = world.viewer_blocks;
    if (!world.viewer_blocks) {
        virtio_gpu_ctrl_response_nodata(g, cmd, VIRTIO_GPU_RESP_OK_NODATA);
    }
}

/* ---- host and guest ------------------------------------------------------ */

static void run_main_loop(void)
{
    for (unsigned i = 0; i < world.bhs; i++) {
        if (world.bh[i].scheduled) {
            world.bh[i].scheduled = false;
            world.bh[i].function(world.bh[i].opaque);
        }
    }
}

static void post(unsigned queue, unsigned count)
{
    world.queue[queue].posted += count;
    world.kicked[queue](VIRTIO_DEVICE(&world.device), &world.queue[queue]);
    run_main_loop();
}

static void set_running(bool running)
{
    world.running = running;
    world.state_changed(&world.device, running, runstate_get());
    run_main_loop();
}

static void viewer_is_done(void)
{
    world.device.parent_obj.renderer_blocked = 0;
    virtio_gpu_gl_flushed(&world.device.parent_obj);
    run_main_loop();
}

static int start(void **state)
{
    memset(&world, 0, sizeof(world));
    world.running = true;
    world.viewer_blocks = true;
    glue_class = (ObjectClass *)&world.kind;
    world.kind.handle_ctrl = virtio_gpu_handle_ctrl;
    world.kind.process_cmd = flush;
    QTAILQ_INIT(&world.device.cmdq);
    QTAILQ_INIT(&world.device.fenceq);
    assert_true(virtio_gpu_queues_init(&world.device, NULL));
    return 0;
}

static int stop(void **state)
{
    virtio_gpu_queues_stop(&world.device);
    assert_int_equal(world.queue[0].inuse, 0);
    assert_int_equal(world.device.inflight, 0);
    /* the viewer comes late */
    virtio_gpu_gl_flushed(&world.device.parent_obj);
    return 0;
}

static void expect(uint32_t popped, uint32_t answered)
{
    assert_int_equal(world.queue[0].popped, popped);
    assert_int_equal(world.queue[0].answered, answered);
    assert_int_equal(world.queue[0].inuse, (popped - answered) * DESCRIPTORS);
    assert_int_equal(world.device.inflight, popped - answered);
}

/* ---- tests --------------------------------------------------------------- */

static void test_not_blocked(void **state)
{
    world.viewer_blocks = false;
    post(0, FENCED);
    expect(FENCED, FENCED);
}

/* One waits for the viewer; those behind it stay where they are. */
static void test_blocked(void **state)
{
    post(0, FENCED);
    expect(1, 0);
    post(0, 1);
    expect(1, 0);
    for (uint32_t done = 1; done <= FENCED; done++) {
        viewer_is_done();
        expect(done + 1, done);
    }
    viewer_is_done();
    expect(FENCED + 1, FENCED + 1);
    assert_int_equal(world.carried_out, FENCED + 1);
}

/* At a stop all that was popped is answered, and nothing is popped. */
static void test_stopped(void **state)
{
    post(0, FENCED);
    set_running(false);
    expect(1, 1);
    viewer_is_done();
    expect(1, 1);
    set_running(true);
    expect(2, 1);
}

static void test_stopped_while_blocked(void **state)
{
    post(0, FENCED);
    set_running(false);
    set_running(true);
    expect(1, 1);
    viewer_is_done();
    expect(2, 1);
}

/* The new ring hears nothing of the old one's commands. */
static void test_queue_reset(void **state)
{
    post(0, FENCED);
    virtio_gpu_reset_queue(VIRTIO_DEVICE(&world.device), 0);
    assert_int_equal(world.queue[0].inuse, 0);
    new_ring(&world.queue[0]);
    post(0, 2);
    expect(0, 0);
    viewer_is_done();
    expect(1, 0);
    assert_int_equal(world.carried_out, 2);
}

static void test_cursor_queue_reset(void **state)
{
    post(0, FENCED);
    post(1, 3);
    assert_int_equal(world.queue[1].answered, 3);
    virtio_gpu_reset_queue(VIRTIO_DEVICE(&world.device), 1);
    new_ring(&world.queue[1]);
    expect(1, 0);
    viewer_is_done();
    expect(2, 1);
}

static void test_device_reset(void **state)
{
    post(0, FENCED);
    virtio_gpu_drop_commands(&world.device);
    new_ring(&world.queue[0]);
    new_ring(&world.queue[1]);
    viewer_is_done();
    expect(0, 0);
    post(0, 1);
    expect(1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_not_blocked, start, stop),
        cmocka_unit_test_setup_teardown(test_blocked, start, stop),
        cmocka_unit_test_setup_teardown(test_stopped, start, stop),
        cmocka_unit_test_setup_teardown(test_stopped_while_blocked, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_queue_reset, start, stop),
        cmocka_unit_test_setup_teardown(test_cursor_queue_reset, start, stop),
        cmocka_unit_test_setup_teardown(test_device_reset, start, stop),
    };

    return cmocka_run_group_tests_name("virtio-gpu-queue", tests, NULL, NULL);
}
