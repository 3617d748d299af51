/*
 * A guest that drives virtio-gpu-pci, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A Vgpu is a running machine with one virtio-gpu, "gpu", and the queues of its
 * driver.  The board follows the emulator: q35 or Arm's virt.  Numbers are
 * in host order here; the guest's memory has them as the device wants them.
 *
 * Steps end the test (g_assert) where something else than the device's answer
 * goes wrong; answers are for the caller to judge.
 */

#ifndef TESTS_QTEST_VGPU_GUEST_H
#define TESTS_QTEST_VGPU_GUEST_H

#include "libqtest.h"
#include "libqos/virtio-pci.h"
#include "standard-headers/linux/virtio_gpu.h"

#define VGPU_ID          "gpu"
#define VGPU_QOM_PATH    "/machine/peripheral/gpu"
#define VGPU_PAGE        4096
#define VGPU_RAM_SIZE    (128 * MiB)

/* The largest request, and what there is room for in an answer. */
#define VGPU_REQUEST_SIZE   (1 * MiB)
#define VGPU_RESPONSE_SIZE  VGPU_PAGE

/* The device's own queue and its cursor's. */
typedef enum VgpuQueue {
    VGPU_CONTROL,
    VGPU_CURSOR,
    VGPU_QUEUES,
} VgpuQueue;

/*
 * The type of device: virtio-gpu-pci, or another that the environment has in
 * VIRTIO_GPU_TYPE.
 */
const char *vgpu_type(void);

/* The machine that the emulator under test gets. */
typedef struct VgpuBoard VgpuBoard;

/*
 * Vgpu: a machine and its driver
 *
 * @arguments: QEMU's command line, for a second process; NULL where the machine
 *     is another's
 * @request, @response: guest memory for one command
 * @length: bytes that the device wrote for the last command
 * @header: of the last answer
 */
typedef struct Vgpu {
    const VgpuBoard *board;
    QTestState *qts;
    char *arguments;
    QGuestAllocator allocator;
    QPCIBus *bus;
    QVirtioPCIDevice *pci;
    QVirtQueue *queue[VGPU_QUEUES];
    uint64_t request;
    uint64_t response;
    uint32_t length;
    struct virtio_gpu_ctrl_hdr header;
} Vgpu;

/* A part of a picture, in pixels. */
typedef struct VgpuArea {
    uint32_t x;
    uint32_t y;
    uint32_t width;
    uint32_t height;
} VgpuArea;

/* A part of guest memory. */
typedef struct VgpuEntry {
    uint64_t address;
    uint32_t length;
} VgpuEntry;

/*
 * Starts a machine and the driver.  @properties: of the device, each with a
 * comma before it; @arguments: more of QEMU's.
 */
Vgpu *vgpu_start(const char *properties, const char *arguments);
/*
 * Starts the driver of a device that is on bus 0 of a PC which runs, and has
 * VGPU_RAM_SIZE of memory.  The machine stays when the driver is stopped.
 */
Vgpu *vgpu_start_driver(QTestState *qts, uint32_t slot);
void vgpu_stop(Vgpu *g);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vgpu, vgpu_stop)

/* Takes the device from reset to DRIVER_OK, with new queues. */
void vgpu_drive(Vgpu *g);
/* Writes 0 to the device's status; vgpu_drive() has to follow. */
void vgpu_reset(Vgpu *g);
/* Resets one queue while the device goes on (2.6.1), and sets up a new one. */
void vgpu_reset_queue(Vgpu *g, VgpuQueue queue);
/* Whether the device says that it needs a reset. */
bool vgpu_needs_reset(Vgpu *g);

/*
 * Moves the guest to a second process through a file and ends the first.  The
 * second is the binary that QTEST_QEMU_BINARY_DST names, else the same.
 */
void vgpu_migrate(Vgpu *g);

/* What of the emulator is in the host's memory. */
size_t vgpu_resident_kilobytes(Vgpu *g);
uint64_t vgpu_ram_end(const Vgpu *g);
/* Zeroed guest memory; freed with the machine. */
uint64_t vgpu_memory(Vgpu *g, size_t size);

/* ---- the protocol: virtio 1.2, 5.7.6 ----------------------------------- */

/*
 * Puts a chain of @out buffers to read and @in buffers to write into a queue
 * and makes it available; @kick tells the device.  Returns the chain's head.
 */
uint32_t vgpu_post(Vgpu *g, VgpuQueue queue, const VgpuEntry *out,
                   size_t out_count, const VgpuEntry *in, size_t in_count,
                   bool kick);
/*
 * Waits, in bounded time, for the next used chain, stores its length in
 * g->length and returns its head.
 */
uint32_t vgpu_wait(Vgpu *g, VgpuQueue queue);
/* Whether the device returned a chain that vgpu_wait() has not taken yet. */
bool vgpu_has_answer(Vgpu *g, VgpuQueue queue);
/* Waits until the device has taken all chains of a queue. */
void vgpu_wait_taken(Vgpu *g, VgpuQueue queue);

/*
 * Sends @size bytes as they are, with room for the largest answer; stores the
 * answer's header in g->header and returns its type.
 */
uint32_t vgpu_send(Vgpu *g, const void *request, size_t size);
/* Sends a header and @count 32-bit words; the same otherwise. */
uint32_t vgpu_command_of(Vgpu *g, const struct virtio_gpu_ctrl_hdr *header,
                         const uint32_t *words, size_t count);
uint32_t vgpu_command(Vgpu *g, uint32_t type, const uint32_t *words,
                      size_t count);
/* Copies @size bytes of the last answer, from @offset on. */
void vgpu_answer(Vgpu *g, size_t offset, void *to, size_t size);
uint32_t vgpu_answer_word(Vgpu *g, size_t offset);

uint32_t vgpu_create(Vgpu *g, uint32_t resource, uint32_t format,
                     uint32_t width, uint32_t height);
uint32_t vgpu_unref(Vgpu *g, uint32_t resource);
uint32_t vgpu_attach(Vgpu *g, uint32_t resource, const VgpuEntry *entries,
                     uint32_t count);
uint32_t vgpu_detach(Vgpu *g, uint32_t resource);
uint32_t vgpu_transfer(Vgpu *g, uint32_t resource, VgpuArea area,
                       uint64_t offset);
uint32_t vgpu_set_scanout(Vgpu *g, uint32_t scanout, uint32_t resource,
                          VgpuArea area);
uint32_t vgpu_flush(Vgpu *g, uint32_t resource, VgpuArea area);
uint32_t vgpu_get_edid(Vgpu *g, uint32_t scanout);

/* UPDATE_CURSOR or MOVE_CURSOR; waits until the device has returned it. */
void vgpu_cursor(Vgpu *g, uint32_t type, uint32_t scanout, uint32_t resource,
                 uint32_t x, uint32_t y, uint32_t hot_x, uint32_t hot_y);

/* ---- what drivers do --------------------------------------------------- */

#define VGPU_FORMAT  VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM

/*
 * A resource of VGPU_FORMAT with its backing: one entry for each @piece bytes,
 * from the end of memory backwards, or one in all with @piece 0.  Returns the
 * entries; their number is stored in @count.
 */
VgpuEntry *vgpu_make(Vgpu *g, uint32_t resource, uint32_t width,
                     uint32_t height, size_t piece, uint32_t *count);
/* The same in one piece; returns the backing's address. */
uint64_t vgpu_make_plain(Vgpu *g, uint32_t resource, uint32_t width,
                         uint32_t height);
/* Writes bytes to scattered backing, from @offset on. */
void vgpu_write_backing(Vgpu *g, const VgpuEntry *entries, uint32_t count,
                        size_t offset, const void *data, size_t size);
/* The whole of a picture. */
static inline VgpuArea vgpu_all(uint32_t width, uint32_t height)
{
    return (VgpuArea) { 0, 0, width, height };
}
/* Asserts that an answer is the success without data. */
void vgpu_assert_ok(uint32_t answer);

#endif /* TESTS_QTEST_VGPU_GUEST_H */
