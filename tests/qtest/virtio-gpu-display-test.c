/*
 * QTest of virtio-gpu: what guest and host are shown of each other
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Display information, EDID, pictures in all formats, several heads, cursors,
 * and a viewer that asks for another size.  virtio 1.2, 5.7.
 */

#include "qemu/osdep.h"
#include "vgpu-differences.h"
#include "vgpu-display.h"
#include "vgpu-names.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"

#define HEADS       4
#define CURSOR_SIZE 64

/* ---- display information: 5.7.6.7 -------------------------------------- */

static uint32_t get_display_info(Vgpu *g)
{
    return vgpu_command(g, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, NULL, 0);
}

/* Asserts that the last answer says so of a head; 0 × 0: it is off. */
static void expect_mode(Vgpu *g, uint32_t head, uint32_t width,
                        uint32_t height)
{
    size_t at = offsetof(struct virtio_gpu_resp_display_info, pmodes) +
                head * sizeof(struct virtio_gpu_display_one);

    g_assert_cmpuint(vgpu_answer_word(g, at), ==, 0);
    g_assert_cmpuint(vgpu_answer_word(g, at + 4), ==, 0);
    g_assert_cmpuint(vgpu_answer_word(g, at + 8), ==, width);
    g_assert_cmpuint(vgpu_answer_word(g, at + 12), ==, height);
    g_assert_cmpuint(vgpu_answer_word(g, at + 16), ==, width != 0);
    g_assert_cmphex(vgpu_answer_word(g, at + 20), ==, 0);
}

static void check_display_info(const char *properties, uint32_t width,
                               uint32_t height)
{
    g_autoptr(Vgpu) g = vgpu_start(properties, "");

    g_assert_cmphex(get_display_info(g), ==, VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    g_assert_cmpuint(g->length, ==,
                     sizeof(struct virtio_gpu_resp_display_info));
    for (uint32_t head = 0; head < VIRTIO_GPU_MAX_SCANOUTS; head++) {
        expect_mode(g, head, head ? 0 : width, head ? 0 : height);
    }
}

/* The first head alone is on until a viewer says otherwise. */
static void test_display_info(void)
{
    check_display_info("", 1280, 800);
    check_display_info(",xres=1920,yres=1080,max_outputs=16", 1920, 1080);
    check_display_info(",xres=33,yres=17", 33, 17);
}

/* ---- EDID: 5.7.6.7, and VESA's E-EDID 1.4 ------------------------------ */

#define EDID_BLOCK       128
#define EDID_EXTENSIONS  126
#define EDID_DETAILED    54

static void read_edid(Vgpu *g, uint32_t head, uint8_t *edid)
{
    g_assert_cmphex(vgpu_get_edid(g, head), ==, VIRTIO_GPU_RESP_OK_EDID);
    g_assert_cmpuint(g->length, ==, sizeof(struct virtio_gpu_resp_edid));
    g_assert_cmpuint(vgpu_answer_word(g, offsetof(struct virtio_gpu_resp_edid,
                                                  size)), ==, 1024);
    vgpu_answer(g, offsetof(struct virtio_gpu_resp_edid, edid), edid, 1024);
}

static uint8_t sum(const uint8_t *block)
{
    uint8_t total = 0;

    for (int i = 0; i < EDID_BLOCK; i++) {
        total += block[i];
    }
    return total;
}

/* Header, a maker of three letters, version, checksums. */
static void check_edid_blocks(const uint8_t *edid)
{
    static const uint8_t header[] = { 0, 255, 255, 255, 255, 255, 255, 0 };
    uint16_t maker = lduw_be_p(edid + 8);

    g_assert_cmpmem(edid, sizeof(header), header, sizeof(header));
    g_assert_cmpuint((maker >> 10 & 31) + '@', ==, 'R');
    g_assert_cmpuint((maker >> 5 & 31) + '@', ==, 'H');
    g_assert_cmpuint((maker & 31) + '@', ==, 'T');
    g_assert_cmpuint(edid[18], ==, 1);
    g_assert_cmpuint(edid[19], ==, 4);
    g_assert_cmpuint(edid[EDID_EXTENSIONS], <=, 7);
    for (int block = 0; block <= edid[EDID_EXTENSIONS]; block++) {
        g_assert_cmpuint(sum(edid + block * EDID_BLOCK), ==, 0);
    }
}

/* The first detailed timing is the preferred one; it has 12 bits for each. */
static void check_edid(const char *properties, uint32_t width, uint32_t height)
{
    g_autoptr(Vgpu) g = vgpu_start(properties, "");
    uint8_t edid[1024];
    const uint8_t *timing = edid + EDID_DETAILED;

    read_edid(g, 0, edid);
    check_edid_blocks(edid);
    g_assert_cmpuint(lduw_le_p(timing), >, 0);
    g_assert_cmpuint(timing[2] | (timing[4] & 0xf0) << 4, ==, width);
    g_assert_cmpuint(timing[5] | (timing[7] & 0xf0) << 4, ==, height);
}

static void test_edid(void)
{
    check_edid("", 1280, 800);
    check_edid(",xres=1920,yres=1080", 1920, 1080);
    check_edid(",xres=800,yres=600,max_outputs=3", 800, 600);
}

static void test_edid_errors(void)
{
    static const uint32_t heads[] = { HEADS, 16, 255, UINT32_MAX };
    g_autoptr(Vgpu) g = vgpu_start(",max_outputs=4", "");
    uint8_t edid[1024];

    for (uint32_t head = 0; head < HEADS; head++) {
        read_edid(g, head, edid);
        check_edid_blocks(edid);
    }
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        vgpu_assert_known(VGPU_EDID_OF_NO_SCANOUT,
                          vgpu_get_edid(g, heads[i]));
    }
}

/* ---- pictures ---------------------------------------------------------- */

/* @bytes: of one pixel, red 0x11, green 0x22, blue 0x33 */
static const struct {
    uint32_t format;
    uint8_t bytes[4];
} formats[] = {
    { VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, { 0x33, 0x22, 0x11, 0xff } },
    { VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, { 0x33, 0x22, 0x11, 0x55 } },
    { VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM, { 0xff, 0x11, 0x22, 0x33 } },
    { VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM, { 0x55, 0x11, 0x22, 0x33 } },
    { VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM, { 0x11, 0x22, 0x33, 0xff } },
    { VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM, { 0x55, 0x33, 0x22, 0x11 } },
    { VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM, { 0xff, 0x33, 0x22, 0x11 } },
    { VIRTIO_GPU_FORMAT_R8G8B8X8_UNORM, { 0x11, 0x22, 0x33, 0x55 } },
};

static void test_formats(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    const VgpuEntry entry = { vgpu_memory(g, WIDTH * HEIGHT * 4),
                              WIDTH * HEIGHT * 4 };

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        uint32_t resource = i + 1;
        g_autoptr(VgpuPicture) picture = NULL;

        vgpu_assert_ok(vgpu_create(g, resource, formats[i].format, WIDTH,
                                   HEIGHT));
        vgpu_assert_ok(vgpu_attach(g, resource, &entry, 1));
        for (uint32_t pixel = 0; pixel < WIDTH * HEIGHT; pixel++) {
            qtest_bufwrite(g->qts, entry.address + 4 * pixel,
                           formats[i].bytes, 4);
        }
        vgpu_assert_ok(vgpu_transfer(g, resource, vgpu_all(WIDTH, HEIGHT),
                                     0));
        vgpu_assert_ok(vgpu_set_scanout(g, 0, resource,
                                        vgpu_all(WIDTH, HEIGHT)));
        picture = vgpu_picture(g, 0);
        g_assert_cmphex(vgpu_picture_pixel(picture, 0, 0), ==, 0x112233);
        g_assert_cmphex(vgpu_picture_pixel(picture, WIDTH - 1, HEIGHT - 1),
                        ==, 0x112233);
    }
}

/* A resource that holds pattern @seed. */
static uint64_t make_painted(Vgpu *g, uint32_t resource, uint32_t seed,
                             uint32_t width, uint32_t height)
{
    g_autofree uint32_t *pixels = vgpu_paint(seed, width, height);
    uint64_t memory = vgpu_make_plain(g, resource, width, height);

    qtest_bufwrite(g->qts, memory, pixels, (size_t)width * height * 4);
    vgpu_assert_ok(vgpu_transfer(g, resource, vgpu_all(width, height), 0));
    return memory;
}

/* A scanout shows a part of its resource, and another once it is told so. */
static void test_scanout(void)
{
    static const VgpuArea parts[] = {
        { 0, 0, WIDTH, HEIGHT }, { 0, 0, 16, 16 }, { 3, 5, 20, 17 },
        { WIDTH - 16, HEIGHT - 16, 16, 16 }, { 4, 5, 20, 17 },
    };
    g_autoptr(Vgpu) g = vgpu_start("", "");

    make_painted(g, 1, 1, WIDTH, HEIGHT);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, parts[i]));
        g_assert_true(vgpu_shows(g, 0, 1, parts[i]));
    }
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 0, vgpu_all(0, 0)));
    g_assert_false(vgpu_shows(g, 0, 1, parts[4]));
}

/* Two resources in turn, as drivers do; the one not shown is written to. */
static void test_page_flip(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    for (uint32_t turn = 0; turn < 6; turn++) {
        uint32_t resource = 1 + turn % 2;

        if (turn >= 2) {
            vgpu_assert_ok(vgpu_unref(g, resource));
        }
        make_painted(g, resource, turn, WIDTH, HEIGHT);
        if (turn) {
            g_assert_true(vgpu_shows(g, 0, turn - 1, vgpu_all(WIDTH, HEIGHT)));
        }
        vgpu_assert_ok(vgpu_set_scanout(g, 0, resource,
                                        vgpu_all(WIDTH, HEIGHT)));
        vgpu_assert_ok(vgpu_flush(g, resource, vgpu_all(WIDTH, HEIGHT)));
        g_assert_true(vgpu_shows(g, 0, turn, vgpu_all(WIDTH, HEIGHT)));
    }
}

/* What is shown lives in the resource, not in the guest's memory. */
static void test_detached(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    uint64_t memory = make_painted(g, 1, 1, WIDTH, HEIGHT);

    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, vgpu_all(WIDTH, HEIGHT)));
    vgpu_assert_ok(vgpu_detach(g, 1));
    qtest_memset(g->qts, memory, 0x77, WIDTH * HEIGHT * 4);
    vgpu_assert_ok(vgpu_flush(g, 1, vgpu_all(WIDTH, HEIGHT)));
    g_assert_true(vgpu_shows(g, 0, 1, vgpu_all(WIDTH, HEIGHT)));
}

/* ---- several heads ----------------------------------------------------- */

static void test_heads(void)
{
    g_autoptr(Vgpu) g = vgpu_start(",max_outputs=4", "");

    for (uint32_t head = 0; head < HEADS; head++) {
        uint32_t width = WIDTH + 16 * head;

        make_painted(g, head + 1, head, width, HEIGHT);
        vgpu_assert_ok(vgpu_set_scanout(g, head, head + 1,
                                        vgpu_all(width, HEIGHT)));
    }
    for (uint32_t head = 0; head < HEADS; head++) {
        g_assert_true(vgpu_shows(g, head, head,
                                 vgpu_all(WIDTH + 16 * head, HEIGHT)));
    }
    vgpu_assert_ok(vgpu_unref(g, 3));
    g_assert_false(vgpu_shows(g, 2, 2, vgpu_all(WIDTH + 32, HEIGHT)));
    g_assert_true(vgpu_shows(g, 1, 1, vgpu_all(WIDTH + 16, HEIGHT)));
    g_assert_true(vgpu_shows(g, 3, 3, vgpu_all(WIDTH + 48, HEIGHT)));
}

/* One resource, a part of it on each head; gone with it: CVE-2026-6502. */
static void test_one_on_all_heads(void)
{
    g_autoptr(Vgpu) g = vgpu_start(",max_outputs=4", "");

    make_painted(g, 1, 9, WIDTH, HEIGHT);
    for (uint32_t head = 0; head < HEADS; head++) {
        VgpuArea part = { 8 * head, 4 * head, 20, 18 };

        vgpu_assert_ok(vgpu_set_scanout(g, head, 1, part));
        g_assert_true(vgpu_shows(g, head, 9, part));
    }
    vgpu_assert_ok(vgpu_unref(g, 1));
    for (uint32_t head = 0; head < HEADS; head++) {
        VgpuArea part = { 8 * head, 4 * head, 20, 18 };

        g_assert_false(vgpu_shows(g, head, 9, part));
    }
    vgpu_assert_answer(vgpu_flush(g, 1, vgpu_all(1, 1)),
                       VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
}

/* ---- cursor: 5.7.6.10 -------------------------------------------------- */

/* A resource for a cursor; each pixel is @pixel plus its number. */
static void make_cursor(Vgpu *g, uint32_t resource, uint32_t pixel,
                        uint32_t width, uint32_t height)
{
    size_t count = (size_t)width * height;
    g_autofree uint32_t *pixels = g_new(uint32_t, count);
    const VgpuEntry entry = { vgpu_memory(g, count * 4), count * 4 };

    for (size_t i = 0; i < count; i++) {
        pixels[i] = cpu_to_le32(pixel + i);
    }
    qtest_bufwrite(g->qts, entry.address, pixels, count * 4);
    vgpu_assert_ok(vgpu_create(g, resource, VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM,
                               width, height));
    vgpu_assert_ok(vgpu_attach(g, resource, &entry, 1));
    vgpu_assert_ok(vgpu_transfer(g, resource, vgpu_all(width, height), 0));
}

static void update_cursor(Vgpu *g, uint32_t resource, uint32_t hot_x,
                          uint32_t hot_y)
{
    vgpu_cursor(g, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, resource, 10, 20, hot_x,
                hot_y);
}

/* Waits for a cursor; @pixel is that of make_cursor(). */
static void expect_cursor(VgpuViewer *viewer, uint32_t pixel, uint32_t hot_x,
                          uint32_t hot_y)
{
    VgpuCursorSeen seen = vgpu_viewer_cursor(viewer);

    g_assert_cmpuint(seen.hot_x, ==, hot_x);
    g_assert_cmpuint(seen.hot_y, ==, hot_y);
    g_assert_cmpuint(seen.width, ==, CURSOR_SIZE);
    g_assert_cmpuint(seen.height, ==, CURSOR_SIZE);
    for (uint32_t i = 0; i < CURSOR_SIZE * CURSOR_SIZE; i++) {
        g_assert_cmphex(seen.pixels[i], ==, cpu_to_le32(pixel + i));
    }
    g_free(seen.pixels);
}

static void test_cursor(void)
{
    g_autoptr(VgpuViewer) viewer = vgpu_viewer_new(0);
    g_autoptr(Vgpu) g = vgpu_start("", viewer->arguments);

    make_cursor(g, 1, 0xff000000, CURSOR_SIZE, CURSOR_SIZE);
    make_cursor(g, 2, 0x80123456, CURSOR_SIZE, CURSOR_SIZE);
    vgpu_viewer_connect(viewer);
    update_cursor(g, 1, 3, 4);
    expect_cursor(viewer, 0xff000000, 3, 4);
    vgpu_cursor(g, VIRTIO_GPU_CMD_MOVE_CURSOR, 0, 1, 30, 40, 0, 0);
    update_cursor(g, 2, 5, 6);
    expect_cursor(viewer, 0x80123456, 5, 6);
    /* the picture is a copy: neither unref nor a new one without update */
    vgpu_assert_ok(vgpu_unref(g, 2));
    vgpu_viewer_connect(viewer);
    expect_cursor(viewer, 0x80123456, 5, 6);
}

/* None of these changes the cursor's picture, and the device goes on. */
static void test_cursor_errors(void)
{
    static const uint32_t heads[] = { 1, 15, 16, 255, UINT32_MAX };
    g_autoptr(VgpuViewer) viewer = vgpu_viewer_new(0);
    g_autoptr(Vgpu) g = vgpu_start("", viewer->arguments);

    make_cursor(g, 1, 0xff000000, CURSOR_SIZE, CURSOR_SIZE);
    vgpu_viewer_connect(viewer);
    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        vgpu_cursor(g, VIRTIO_GPU_CMD_UPDATE_CURSOR, heads[i], 1, 0, 0, 0, 0);
        vgpu_cursor(g, VIRTIO_GPU_CMD_MOVE_CURSOR, heads[i], 1, 0, 0, 0, 0);
    }
    update_cursor(g, 1, 1, 2);
    expect_cursor(viewer, 0xff000000, 1, 2);
}

/* CVE-2021-4206: a cursor is 64 by 64, whatever the product is. */
static void test_cursor_sizes(void)
{
    static const struct {
        uint32_t width, height;
    } sizes[] = {
        { 63, 64 }, { 64, 63 }, { 65, 64 }, { 64, 65 }, { 1, 1 },
        { 32, 128 }, { 128, 128 },
    };
    g_autoptr(VgpuViewer) viewer = vgpu_viewer_new(0);
    g_autoptr(Vgpu) g = vgpu_start("", viewer->arguments);

    make_cursor(g, 1, 0xff000000, CURSOR_SIZE, CURSOR_SIZE);
    update_cursor(g, 1, 1, 2);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        make_cursor(g, 2, 0x11111111, sizes[i].width, sizes[i].height);
        update_cursor(g, 2, 7, 7);
        vgpu_assert_ok(vgpu_unref(g, 2));
    }
    update_cursor(g, 99, 7, 7);
    update_cursor(g, 1, 1, 3);
    vgpu_viewer_connect(viewer);
    expect_cursor(viewer, 0xff000000, 1, 3);
}

/* A command too short, and room for an answer that no cursor command has. */
static void test_cursor_messages(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    uint32_t update[14] = { cpu_to_le32(VIRTIO_GPU_CMD_UPDATE_CURSOR) };
    VgpuEntry in = { g->response, VGPU_RESPONSE_SIZE };

    qtest_bufwrite(g->qts, g->request, update, sizeof(update));
    for (uint32_t size = 1; size <= sizeof(update); size++) {
        VgpuEntry out = { g->request, size };

        vgpu_post(g, VGPU_CURSOR, &out, 1, &in, size % 2, true);
        vgpu_wait(g, VGPU_CURSOR);
    }
    vgpu_post(g, VGPU_CURSOR, NULL, 0, &in, 1, true);
    vgpu_wait(g, VGPU_CURSOR);
    g_assert_false(vgpu_needs_reset(g));
    vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, WIDTH, HEIGHT));
}

/* ---- a viewer that asks for another size: 5.7.5, 5.7.6.2 --------------- */

static uint32_t events(Vgpu *g)
{
    return qvirtio_config_readl(&g->pci->vdev,
                                offsetof(struct virtio_gpu_config,
                                         events_read));
}

static void clear_events(Vgpu *g, uint32_t bits)
{
    const QVirtioPCIDevice *pci = g->pci;

    qpci_io_writel(pci->pdev, pci->bar, pci->device_cfg_offset +
                   offsetof(struct virtio_gpu_config, events_clear), bits);
}

static void wait_for_event(Vgpu *g)
{
    qvirtio_wait_config_isr(&g->pci->vdev, 60 * G_USEC_PER_SEC);
    g_assert_cmphex(events(g), ==, VIRTIO_GPU_EVENT_DISPLAY);
}

static void test_resize(void)
{
    g_autoptr(VgpuViewer) viewer = vgpu_viewer_new(0);
    g_autoptr(Vgpu) g = vgpu_start("", viewer->arguments);

    vgpu_viewer_connect(viewer);
    g_assert_cmphex(events(g), ==, 0);
    vgpu_viewer_resize(viewer, 1000, 700);
    wait_for_event(g);
    g_assert_cmphex(get_display_info(g), ==, VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    expect_mode(g, 0, 1000, 700);
    clear_events(g, ~VIRTIO_GPU_EVENT_DISPLAY);
    g_assert_cmphex(events(g), ==, VIRTIO_GPU_EVENT_DISPLAY);
    clear_events(g, VIRTIO_GPU_EVENT_DISPLAY);
    g_assert_cmphex(events(g), ==, 0);
}

/* A head that a viewer opens is on; it is off again when its size is 0. */
static void test_second_head(void)
{
    g_autoptr(VgpuViewer) viewer = vgpu_viewer_new(1);
    g_autoptr(Vgpu) g = vgpu_start(",max_outputs=2,xres=640,yres=480",
                                   viewer->arguments);
    uint8_t edid[1024];

    vgpu_viewer_connect(viewer);
    vgpu_viewer_resize(viewer, 720, 576);
    wait_for_event(g);
    g_assert_cmphex(get_display_info(g), ==, VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    expect_mode(g, 0, 640, 480);
    expect_mode(g, 1, 720, 576);
    read_edid(g, 1, edid);
    g_assert_cmpuint(edid[EDID_DETAILED + 2] |
                     (edid[EDID_DETAILED + 4] & 0xf0) << 4, ==, 720);
    clear_events(g, VIRTIO_GPU_EVENT_DISPLAY);
    vgpu_viewer_resize(viewer, 0, 0);
    wait_for_event(g);
    g_assert_cmphex(get_display_info(g), ==, VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    expect_mode(g, 0, 640, 480);
    expect_mode(g, 1, 0, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/virtio-gpu/display-info", test_display_info);
    qtest_add_func("/virtio-gpu/edid", test_edid);
    qtest_add_func("/virtio-gpu/edid-errors", test_edid_errors);
    qtest_add_func("/virtio-gpu/formats", test_formats);
    qtest_add_func("/virtio-gpu/scanout", test_scanout);
    qtest_add_func("/virtio-gpu/page-flip", test_page_flip);
    qtest_add_func("/virtio-gpu/detached", test_detached);
    qtest_add_func("/virtio-gpu/heads", test_heads);
    qtest_add_func("/virtio-gpu/one-on-all-heads", test_one_on_all_heads);
    qtest_add_func("/virtio-gpu/cursor", test_cursor);
    qtest_add_func("/virtio-gpu/cursor-errors", test_cursor_errors);
    qtest_add_func("/virtio-gpu/cursor-sizes", test_cursor_sizes);
    qtest_add_func("/virtio-gpu/cursor-messages", test_cursor_messages);
    qtest_add_func("/virtio-gpu/resize", test_resize);
    qtest_add_func("/virtio-gpu/second-head", test_second_head);
    return g_test_run();
}
