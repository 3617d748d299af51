/*
 * Test of virtio-gpu's blobs, whose pictures may outlive them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The device's own files and models, with guest memory, udmabuf and a console
 * that are the test's: few hosts have /dev/udmabuf.  Who has a reference to a
 * surface's image is a screendump that waits for its reader.
 */

#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/rcu.h"
#include "system/xen.h"
#include "glue-qemu.h"
#include "test-cmocka.h"
#include "../../hw/display/virtio-gpu-internal.h"

#define SIDE     64
#define SIZE     (SIDE * SIDE * VGPU_PIXEL_SIZE)
#define BLOB     1
#define ADDRESS  0x10000

/*
 * @has_udmabuf: blobs get memory of their own, @maps of them now
 * @references: to guest memory
 */
static struct {
    VirtIOGPU device;
    VgpuCore core;
    AddressSpace memory;
    MemoryRegion ram, registers;
    uint32_t *pixels;
    bool has_udmabuf;
    int maps;
    int references;
    uint32_t answer;
    DisplaySurface *surface;
} world;

/* ---- what QEMU has ------------------------------------------------------- */

bool xen_allowed;
uint16_t _TRACE_VIRTIO_GPU_CMD_RES_BACK_ATTACH_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_RES_BACK_DETACH_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_RES_CREATE_2D_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_RES_CREATE_BLOB_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_RES_FLUSH_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_RES_UNREF_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_RES_XFER_TOH_2D_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_SET_SCANOUT_BLOB_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_CMD_SET_SCANOUT_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_REFUSED_DSTATE;
uint16_t _TRACE_VIRTIO_GPU_UPDATE_CURSOR_DSTATE;
unsigned long rcu_gp_ctr = 1;
QemuEvent rcu_gp_event;

static struct rcu_reader_data reader;

struct rcu_reader_data *get_ptr_rcu_reader(void)
{
    return &reader;
}

void qemu_event_set(QemuEvent *event)
{
}

size_t iov_to_buf_full(const struct iovec *iov, const unsigned int count,
                       size_t offset, void *to, size_t bytes)
{
    const size_t there = MIN(bytes, iov->iov_len - offset);

    memcpy(to, (uint8_t *)iov->iov_base + offset, there);
    return there;
}

/* ---- guest memory -------------------------------------------------------- */

MemoryRegion *flatview_translate(FlatView *view, hwaddr address,
                                 hwaddr *offset, hwaddr *length, bool is_write,
                                 MemTxAttrs attributes)
{
    *offset = address - ADDRESS;
    return address - ADDRESS < SIZE ? &world.ram : &world.registers;
}

void *memory_region_get_ram_ptr(MemoryRegion *region)
{
    return world.pixels;
}

bool memory_region_is_ram_device(MemoryRegion *region)
{
    return false;
}

MemoryRegion *memory_region_from_host(void *pointer, ram_addr_t *offset)
{
    *offset = 0;
    return &world.ram;
}

void memory_region_ref(MemoryRegion *region)
{
    world.references += region != NULL;
}

void memory_region_unref(MemoryRegion *region)
{
    world.references -= region != NULL;
}

void *address_space_map(AddressSpace *as, hwaddr address, hwaddr *length,
                        bool is_write, MemTxAttrs attributes)
{
    return NULL;
}

void address_space_unmap(AddressSpace *as, void *buffer, hwaddr length,
                         bool is_write, hwaddr access_length)
{
    memory_region_unref(&world.ram);
}

void virtio_gpu_init_udmabuf(struct virtio_gpu_simple_resource *res)
{
    res->dmabuf_fd = -1;
    if (world.has_udmabuf) {
        res->dmabuf_fd = 0;
        res->remapped = g_memdup2(world.pixels, res->blob_size);
        res->blob = res->remapped;
        world.maps++;
    }
}

void virtio_gpu_fini_udmabuf(struct virtio_gpu_simple_resource *res)
{
    if (res->remapped) {
        memset(res->remapped, 0, res->blob_size);
        g_clear_pointer(&res->remapped, g_free);
        world.maps--;
    }
}

int virtio_gpu_update_dmabuf(VirtIOGPU *g, uint32_t scanout_id,
                             struct virtio_gpu_simple_resource *res,
                             struct virtio_gpu_framebuffer *fb,
                             struct virtio_gpu_rect *r)
{
    return -1;
}

bool qemu_pixman_image_new_shareable(pixman_image_t **image,
                                     qemu_pixman_shareable *handle,
                                     const char *name,
                                     pixman_format_code_t format, int width,
                                     int height, int stride, Error **errp)
{
    return false;
}

/* ---- the console --------------------------------------------------------- */

DisplaySurface *qemu_create_displaysurface_pixman(pixman_image_t *image)
{
    DisplaySurface *surface = g_new0(DisplaySurface, 1);

    surface->image = pixman_image_ref(image);
    return surface;
}

void dpy_gfx_replace_surface(QemuConsole *con, DisplaySurface *surface)
{
    if (world.surface) {
        pixman_image_unref(world.surface->image);
        g_free(world.surface);
    }
    world.surface = surface;
}

void qemu_displaysurface_set_share_handle(DisplaySurface *surface,
                                          qemu_pixman_shareable handle,
                                          uint32_t offset)
{
}

void dpy_gfx_update(QemuConsole *con, int x, int y, int width, int height)
{
}

bool console_has_gl(QemuConsole *con)
{
    return false;
}

void dpy_gl_update(QemuConsole *con, uint32_t x, uint32_t y, uint32_t width,
                   uint32_t height)
{
}

void dpy_gl_scanout_disable(QemuConsole *con)
{
}

void dpy_gl_release_dmabuf(QemuConsole *con, QemuDmaBuf *dmabuf)
{
}

void qemu_dmabuf_free(QemuDmaBuf *dmabuf)
{
}

QEMUCursor *cursor_alloc(uint16_t width, uint16_t height)
{
    return NULL;
}

void dpy_cursor_define(QemuConsole *con, QEMUCursor *cursor)
{
}

void dpy_mouse_set(QemuConsole *con, int x, int y, bool on)
{
}

/* ---- the device's other files -------------------------------------------- */

void virtio_gpu_ctrl_response_nodata(VirtIOGPU *g,
                                     struct virtio_gpu_ctrl_command *cmd,
                                     enum virtio_gpu_ctrl_type type)
{
    world.answer = type;
    cmd->finished = true;
}

void virtio_gpu_get_display_info(VirtIOGPU *g,
                                 struct virtio_gpu_ctrl_command *cmd)
{
}

void virtio_gpu_get_edid(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd)
{
}

/* ---- the guest ----------------------------------------------------------- */

static void give_expecting(void *request, size_t size, uint32_t type,
                           uint32_t expected)
{
    struct iovec out = { request, size };
    struct virtio_gpu_ctrl_command cmd = {
        .elem.out_sg = &out,
        .elem.out_num = 1,
    };

    ((struct virtio_gpu_ctrl_hdr *)request)->type = cpu_to_le32(type);
    virtio_gpu_simple_process_cmd(&world.device, &cmd);
    assert_true(cmd.finished);
    assert_int_equal(world.answer, expected);
}

static void give(void *request, size_t size, uint32_t type)
{
    give_expecting(request, size, type, VIRTIO_GPU_RESP_OK_NODATA);
}

/* The second of two entries, which the guest says are @entries, is @second. */
static void create(uint32_t entries, uint64_t second, uint32_t expected)
{
    struct {
        struct virtio_gpu_resource_create_blob blob;
        struct virtio_gpu_mem_entry entry[2];
    } request = {
        .blob.resource_id = cpu_to_le32(BLOB),
        .blob.blob_mem = cpu_to_le32(VIRTIO_GPU_BLOB_MEM_GUEST),
        .blob.blob_flags = cpu_to_le32(VIRTIO_GPU_BLOB_FLAG_USE_SHAREABLE),
        .blob.nr_entries = cpu_to_le32(entries),
        .blob.size = cpu_to_le64(SIZE),
        .entry[0].addr = cpu_to_le64(ADDRESS),
        .entry[0].length = cpu_to_le32(entries == 1 ? SIZE : SIZE / 2),
        .entry[1].addr = cpu_to_le64(second),
        .entry[1].length = cpu_to_le32(SIZE / 4),
    };

    give_expecting(&request, sizeof(request),
                   VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, expected);
}

static void create_blob(void)
{
    create(1, 0, VIRTIO_GPU_RESP_OK_NODATA);
}

static void show_blob(uint32_t height)
{
    struct virtio_gpu_set_scanout_blob request = {
        .r.width = cpu_to_le32(SIDE),
        .r.height = cpu_to_le32(height),
        .resource_id = cpu_to_le32(BLOB),
        .width = cpu_to_le32(SIDE),
        .height = cpu_to_le32(SIDE),
        .format = cpu_to_le32(VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM),
        .strides[0] = cpu_to_le32(SIDE * VGPU_PIXEL_SIZE),
    };

    give(&request, sizeof(request), VIRTIO_GPU_CMD_SET_SCANOUT_BLOB);
    assert_non_null(world.surface);
}

static void detach(void)
{
    struct virtio_gpu_resource_detach_backing request = {
        .resource_id = cpu_to_le32(BLOB),
    };

    give(&request, sizeof(request), VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING);
}

static void unref(void)
{
    struct virtio_gpu_resource_unref request = {
        .resource_id = cpu_to_le32(BLOB),
    };

    give(&request, sizeof(request), VIRTIO_GPU_CMD_RESOURCE_UNREF);
}

/* ---- tests --------------------------------------------------------------- */

static int start(void **state)
{
    memset(&world, 0, sizeof(world));
    world.ram.ram = true;
    world.pixels = g_new(uint32_t, SIDE * SIDE);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        world.pixels[i] = i;
    }
    world.device.core = &world.core;
    world.device.parent_obj.parent_obj.dma_as = &world.memory;
    QTAILQ_INIT(&world.device.reslist);
    QTAILQ_INIT(&world.device.dmabuf.bufs);
    vgpu_core_init(&world.core, 1, 256 * MiB, true);
    return 0;
}

static int start_with_udmabuf(void **state)
{
    start(state);
    world.has_udmabuf = true;
    return 0;
}

static int stop(void **state)
{
    assert_true(QTAILQ_EMPTY(&world.device.reslist));
    assert_null(world.surface);
    assert_int_equal(world.maps, 0);
    assert_int_equal(world.references, 0);
    vgpu_core_clear(&world.core);
    g_free(world.pixels);
    return 0;
}

static void expect_pixels(pixman_image_t *image)
{
    assert_memory_equal(pixman_image_get_data(image), world.pixels, SIZE);
}

/* A backing is one reference to guest memory; so is a picture of it. */
static void expect_held(int pictures, int backings)
{
    assert_int_equal(world.maps, world.has_udmabuf ? pictures : 0);
    assert_int_equal(world.references,
                     backings + (world.has_udmabuf ? 0 : pictures));
}

/* Nobody else looks: memory goes with the backing. */
static void test_alone(void **state)
{
    create_blob();
    show_blob(SIDE);
    show_blob(SIDE / 2);
    show_blob(SIDE);
    expect_pixels(world.surface->image);
    expect_held(1, 1);
    detach();
    expect_held(0, 0);
    unref();
}

static void test_never_shown(void **state)
{
    create_blob();
    expect_held(1, 1);
    unref();
}

/* What was mapped before the rest was refused is given back. */
static void test_refused(void **state)
{
    create(2, ADDRESS + SIZE, VIRTIO_GPU_RESP_ERR_UNSPEC);
    expect_held(0, 0);
    create(3, ADDRESS, VIRTIO_GPU_RESP_ERR_UNSPEC);
    expect_held(0, 0);
    /* less than the blob */
    create(2, ADDRESS, VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
    expect_held(0, 0);
    create(1, 0, VIRTIO_GPU_RESP_OK_NODATA);
    unref();
}

static void check_dump(void (*end)(void))
{
    pixman_image_t *dump;

    create_blob();
    show_blob(SIDE);
    dump = pixman_image_ref(world.surface->image);
    end();
    assert_null(world.surface);
    expect_held(1, 0);
    expect_pixels(dump);
    pixman_image_unref(dump);
    expect_held(0, 0);
}

static void test_dump_and_detach(void **state)
{
    check_dump(detach);
    unref();
}

static void test_dump_and_unref(void **state)
{
    check_dump(unref);
}

/* The resource's next backing has nothing to do with the last one's picture. */
static void test_dump_and_new_blob(void **state)
{
    pixman_image_t *dump;

    create_blob();
    show_blob(SIDE);
    dump = pixman_image_ref(world.surface->image);
    unref();
    create_blob();
    show_blob(SIDE);
    expect_held(2, 1);
    expect_pixels(dump);
    unref();
    expect_held(1, 0);
    expect_pixels(dump);
    pixman_image_unref(dump);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_never_shown),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_dump_and_detach),
        cmocka_unit_test(test_dump_and_unref),
        cmocka_unit_test(test_dump_and_new_blob),
    };
    struct CMUnitTest plain[COUNT_OF(tests)];
    struct CMUnitTest udmabuf[COUNT_OF(tests)];

    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        plain[i] = udmabuf[i] = tests[i];
        plain[i].setup_func = start;
        udmabuf[i].setup_func = start_with_udmabuf;
        plain[i].teardown_func = udmabuf[i].teardown_func = stop;
    }
    return cmocka_run_group_tests_name("guest-memory", plain, NULL, NULL) +
           cmocka_run_group_tests_name("udmabuf", udmabuf, NULL, NULL);
}
