/*
 * QTest of virtio-gpu: what a hostile guest sends
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each case ends with an answer or with DEVICE_NEEDS_RESET, and the device goes
 * on; what is refused changes nothing.
 */

#include "qemu/osdep.h"
#include "vgpu-differences.h"
#include "vgpu-display.h"
#include "vgpu-names.h"
#include "qemu/bswap.h"
#include "qemu/units.h"

#define MOST_ENTRIES  16384

/* A resource on head 0 that shows pattern @seed; returns its backing. */
static uint64_t show_painted(Vgpu *g, uint32_t resource, uint32_t seed)
{
    g_autofree uint32_t *pixels = vgpu_paint(seed, WIDTH, HEIGHT);
    uint64_t memory = vgpu_make_plain(g, resource, WIDTH, HEIGHT);

    qtest_bufwrite(g->qts, memory, pixels, SIZE);
    vgpu_assert_ok(vgpu_transfer(g, resource, vgpu_all(WIDTH, HEIGHT), 0));
    vgpu_assert_ok(vgpu_set_scanout(g, 0, resource, vgpu_all(WIDTH, HEIGHT)));
    return memory;
}

static bool still_shows(Vgpu *g, uint32_t seed)
{
    return vgpu_shows(g, 0, seed, vgpu_all(WIDTH, HEIGHT));
}

/* ---- images ------------------------------------------------------------ */

/* CVE-2026-3886 and its like: sizes that are small in 32 bits. */
static void test_image_sizes(void)
{
    static const struct {
        uint32_t width, height;
    } sizes[] = {
        { 0x10000, 0x10000 }, { 0x8000, 0x8000 }, { 0x40000000, 4 },
        { 0x40000001, 1 }, { 1, 0x40000001 }, { 0x20001, 0x8000 },
        { 0x8000, 0x20001 }, { UINT32_MAX, 1 }, { 1, UINT32_MAX },
        { UINT32_MAX, UINT32_MAX }, { 0x80000000, 0x80000000 },
        { 0x10000, 0x3fff },
    };
    g_autoptr(Vgpu) g = vgpu_start("", "");

    show_painted(g, 1, 1);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        vgpu_assert_answer(vgpu_create(g, 2, VGPU_FORMAT, sizes[i].width,
                                       sizes[i].height), OUT_OF_MEMORY);
        vgpu_assert_answer(vgpu_unref(g, 2), INVALID_RESOURCE);
    }
    g_assert_true(still_shows(g, 1));
}

/* What has no pixels is no image. */
static void test_empty_images(void)
{
    static const struct {
        uint32_t width, height;
    } sizes[] = {
        { 0, 0 }, { 0, 16 }, { 16, 0 }, { UINT32_MAX, 0 }, { 0, UINT32_MAX },
    };
    g_autoptr(Vgpu) g = vgpu_start("", "");

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        vgpu_assert_known(VGPU_CREATE_EMPTY,
                          vgpu_create(g, 2, VGPU_FORMAT, sizes[i].width,
                                      sizes[i].height));
        vgpu_assert_answer(vgpu_unref(g, 2), INVALID_RESOURCE);
    }
}

#define MOST_RESOURCES  16384

/*
 * Many small ones: the host's limits are an answer, not an end.  Ours has a
 * limit of its own, stock that of its file descriptors.
 */
static void test_many_resources(void)
{
    const uint32_t many = vgpu_is_stock() ? 1000 : MOST_RESOURCES + 1;
    g_autoptr(Vgpu) g = vgpu_start("", "");
    uint32_t created = 0;

    for (uint32_t i = 1; i <= many; i++) {
        uint32_t answer = vgpu_create(g, i, VGPU_FORMAT, 1, 1);

        if (answer != OK) {
            vgpu_assert_answer(answer, OUT_OF_MEMORY);
            break;
        }
        created = i;
    }
    g_test_message("%u of %u resources", created, many);
    g_assert_true(vgpu_is_stock() || created == MOST_RESOURCES);
    vgpu_reset(g);
    vgpu_drive(g);
    show_painted(g, 1, 5);
    g_assert_true(still_shows(g, 5));
}

/* ---- transfer ---------------------------------------------------------- */

typedef struct TransferCase {
    VgpuDifference difference;
    VgpuArea area;
    uint64_t offset;
} TransferCase;

/* The backing has SIZE bytes. */
static const TransferCase transfers[] = {
    { VGPU_TRANSFER_AT_END, ALL, SIZE },
    { VGPU_TRANSFER_AT_END, { 1, 1, 1, 1 }, SIZE },
    { VGPU_TRANSFER_PAST_END, ALL, SIZE + 1 },
    { VGPU_TRANSFER_PAST_END, { 0, 0, 1, 1 }, SIZE + STRIDE },
    { VGPU_TRANSFER_PAST_END, { 0, 0, 1, 1 }, SIZE - 3 },
    { VGPU_TRANSFER_SHORT, ALL, 4 },
    { VGPU_TRANSFER_SHORT, ALL, SIZE - 1 },
    { VGPU_TRANSFER_SHORT, { 1, 0, WIDTH - 1, HEIGHT }, 8 },
    { VGPU_TRANSFER_31_BITS, ALL, UINT64_C(1) << 31 },
    { VGPU_TRANSFER_31_BITS, { 0, 0, 1, 1 }, UINT64_C(1) << 31 },
    { VGPU_TRANSFER_32_BITS, ALL, UINT32_MAX },
    { VGPU_TRANSFER_CUT, ALL, UINT64_C(1) << 32 },
    { VGPU_TRANSFER_CUT, { 3, 2, 5, 4 }, UINT64_C(1) << 32 },
    { VGPU_TRANSFER_CUT, ALL, UINT64_C(1) << 63 },
    { VGPU_TRANSFER_64_BITS, ALL, UINT64_MAX },
    { VGPU_TRANSFER_64_BITS, { 0, 0, 1, 1 }, UINT64_MAX - 3 },
};

/* What was refused has not been copied, not even in part. */
static void test_transfer_offsets(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    uint64_t memory = show_painted(g, 1, 1);
    g_autofree uint32_t *pixels = vgpu_paint(2, WIDTH, HEIGHT);

    qtest_bufwrite(g->qts, memory, pixels, SIZE);
    for (size_t i = 0; i < ARRAY_SIZE(transfers); i++) {
        uint32_t answer = vgpu_transfer(g, 1, transfers[i].area,
                                        transfers[i].offset);

        vgpu_assert_known(transfers[i].difference, answer);
        if (answer != OK) {
            g_assert_true(still_shows(g, 1));
        }
    }
    vgpu_assert_ok(vgpu_transfer(g, 1, vgpu_all(WIDTH, HEIGHT), 0));
    g_assert_true(still_shows(g, 2));
}

/* Offsets that are legal up to the last byte. */
static void test_transfer_to_the_end(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    show_painted(g, 1, 1);
    vgpu_assert_ok(vgpu_transfer(g, 1, vgpu_all(1, 1), SIZE - 4));
    vgpu_assert_ok(vgpu_transfer(g, 1, vgpu_all(WIDTH, 1), SIZE - STRIDE));
    vgpu_assert_ok(vgpu_transfer(g, 1, vgpu_all(3, 2), SIZE - STRIDE - 12));
}

/* ---- backing ----------------------------------------------------------- */

/*
 * Attaches, and gives back what was accepted.  @expected is what both devices
 * answer, with VGPU_SAME.
 */
static void check_attach(Vgpu *g, VgpuDifference difference,
                         const VgpuEntry *entries, uint32_t count,
                         uint32_t expected)
{
    uint32_t answer = vgpu_attach(g, 1, entries, count);

    if (difference == VGPU_SAME) {
        vgpu_assert_answer(answer, expected);
    } else {
        vgpu_assert_known(difference, answer);
    }
    if (answer == OK && count) {
        vgpu_transfer(g, 1, vgpu_all(WIDTH, HEIGHT), 0);
        vgpu_assert_ok(vgpu_detach(g, 1));
    }
    /* nothing of it is left */
    vgpu_assert_answer(vgpu_detach(g, 1), UNSPEC);
}

static void test_attach(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    uint64_t end = vgpu_ram_end(g);
    uint64_t memory = vgpu_memory(g, SIZE);
    uint64_t own = g->pci->bar.addr;
    const VgpuEntry past[] = { { memory, VGPU_PAGE }, { end, VGPU_PAGE } };
    const VgpuEntry far = { UINT64_C(1) << 45, VGPU_PAGE };
    const VgpuEntry across = { end - VGPU_PAGE, 2 * VGPU_PAGE };
    const VgpuEntry bar = { own, 256 };
    const VgpuEntry large_bar[] = { { memory, 16 }, { own, 3 * VGPU_PAGE } };
    const VgpuEntry empty[] = { { memory, 16 }, { memory, 0 } };
    const VgpuEntry last = { end - VGPU_PAGE, VGPU_PAGE };

    vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, WIDTH, HEIGHT));
    check_attach(g, VGPU_ATTACH_PAST_RAM, past, 2, 0);
    check_attach(g, VGPU_ATTACH_PAST_RAM, &far, 1, 0);
    check_attach(g, VGPU_ATTACH_ACROSS_RAM_END, &across, 1, 0);
    check_attach(g, VGPU_ATTACH_OWN_MMIO, &bar, 1, 0);
    check_attach(g, VGPU_SAME, large_bar, 2, UNSPEC);
    check_attach(g, VGPU_SAME, empty, 2, UNSPEC);
    check_attach(g, VGPU_SAME, &last, 1, OK);
    check_attach(g, VGPU_ATTACH_NOTHING, NULL, 0, 0);
    vgpu_assert_answer(vgpu_transfer(g, 1, vgpu_all(WIDTH, HEIGHT), 0),
                       UNSPEC);
}

/* As many entries as a device takes, one more, and more than there are. */
static void test_entry_counts(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    g_autofree VgpuEntry *entries = g_new(VgpuEntry, MOST_ENTRIES + 1);
    static const uint32_t lies[] = { 2, 3, MOST_ENTRIES, MOST_ENTRIES + 1,
                                     0x10000000, 0x10000001, 0x80000000,
                                     UINT32_MAX };
    uint64_t memory = vgpu_memory(g, VGPU_PAGE);

    vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, WIDTH, HEIGHT));
    for (uint32_t i = 0; i <= MOST_ENTRIES; i++) {
        entries[i] = (VgpuEntry) { memory + i % 512, 8 };
    }
    check_attach(g, VGPU_SAME, entries, MOST_ENTRIES + 1, UNSPEC);
    check_attach(g, VGPU_SAME, entries, MOST_ENTRIES, OK);
    for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
        const uint32_t words[] = { 1, lies[i], memory, memory >> 32, 16, 0 };

        vgpu_assert_answer(
            vgpu_command(g, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, words,
                         ARRAY_SIZE(words)), UNSPEC);
        vgpu_assert_answer(vgpu_detach(g, 1), UNSPEC);
    }
}

/* ---- messages ---------------------------------------------------------- */

static const struct {
    uint32_t type;
    size_t size;
} messages[] = {
    { VIRTIO_GPU_CMD_GET_EDID, sizeof(struct virtio_gpu_cmd_get_edid) },
    { VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
      sizeof(struct virtio_gpu_resource_create_2d) },
    { VIRTIO_GPU_CMD_RESOURCE_UNREF,
      sizeof(struct virtio_gpu_resource_unref) },
    { VIRTIO_GPU_CMD_SET_SCANOUT, sizeof(struct virtio_gpu_set_scanout) },
    { VIRTIO_GPU_CMD_RESOURCE_FLUSH,
      sizeof(struct virtio_gpu_resource_flush) },
    { VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
      sizeof(struct virtio_gpu_transfer_to_host_2d) },
    { VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
      sizeof(struct virtio_gpu_resource_attach_backing) },
    { VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING,
      sizeof(struct virtio_gpu_resource_detach_backing) },
};

/* Each command, cut after each of its bytes. */
static void test_short_requests(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    show_painted(g, 1, 1);
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
        g_autofree uint8_t *request = g_malloc0(messages[i].size);

        stl_le_p(request, messages[i].type);
        for (size_t size = 1; size < messages[i].size; size++) {
            vgpu_assert_answer(vgpu_send(g, request, size),
                               INVALID_PARAMETER);
        }
    }
    g_assert_true(still_shows(g, 1));
}

/* Less room than the answer needs: never more than that is written. */
static void test_short_answers(void)
{
    static const uint32_t rooms[] = { 1, 4, 23, 24, 25, 100, 407 };
    g_autoptr(Vgpu) g = vgpu_start("", "");
    const uint32_t request[6] = {
        cpu_to_le32(VIRTIO_GPU_CMD_GET_DISPLAY_INFO)
    };
    VgpuEntry out = { g->request, sizeof(request) };

    qtest_bufwrite(g->qts, g->request, request, sizeof(request));
    for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
        VgpuEntry in = { g->response, rooms[i] };
        uint8_t next[16];

        qtest_memset(g->qts, g->response, 0xa5, VGPU_RESPONSE_SIZE);
        vgpu_post(g, VGPU_CONTROL, &out, 1, &in, 1, true);
        vgpu_wait(g, VGPU_CONTROL);
        g_assert_cmpuint(g->length, <=, rooms[i]);
        vgpu_answer(g, rooms[i], next, sizeof(next));
        for (size_t at = 0; at < sizeof(next); at++) {
            g_assert_cmphex(next[at], ==, 0xa5);
        }
    }
    vgpu_post(g, VGPU_CONTROL, &out, 1, NULL, 0, true);
    vgpu_wait(g, VGPU_CONTROL);
    g_assert_cmpuint(g->length, ==, 0);
    vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, WIDTH, HEIGHT));
}

/* ---- chains ------------------------------------------------------------ */

#define DESCRIPTOR_SIZE    16
#define POLL_MICROSECONDS  1000
#define POLLS              60000

static void write_descriptor(Vgpu *g, VgpuQueue queue, uint16_t index,
                             uint64_t address, uint32_t length,
                             uint16_t flags, uint16_t next)
{
    uint8_t raw[DESCRIPTOR_SIZE];

    stq_le_p(raw, address);
    stl_le_p(raw + 8, length);
    stw_le_p(raw + 12, flags);
    stw_le_p(raw + 14, next);
    qtest_bufwrite(g->qts, g->queue[queue]->desc + index * DESCRIPTOR_SIZE,
                   raw, sizeof(raw));
}

/* A chain's first descriptor, its successor, and what is said of its head. */
typedef struct BadChain {
    const char *name;
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
    uint16_t head;
} BadChain;

static const BadChain bad_chains[] = {
    { "loop", 0, 24, VRING_DESC_F_NEXT, 0, 0 },
    { "next-outside", 0, 24, VRING_DESC_F_NEXT, 0x7fff, 0 },
    { "next-far-outside", 0, 24, VRING_DESC_F_NEXT, UINT16_MAX, 0 },
    { "head-outside", 0, 24, 0, 0, 1024 },
    { "head-far-outside", 0, 24, 0, 0, UINT16_MAX },
    { "empty", 0, 0, 0, 0, 0 },
    { "indirect-empty", 0, 0, VRING_DESC_F_INDIRECT, 0, 0 },
    { "indirect-uneven", 0, 17, VRING_DESC_F_INDIRECT, 0, 0 },
    { "indirect-outside", UINT64_C(1) << 50, 32, VRING_DESC_F_INDIRECT, 0, 0 },
    { "write-then-read", 0, 24, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1, 0 },
};

/* Waits until a queue's chain has been taken for one that is malformed. */
static void wait_needs_reset(Vgpu *g)
{
    for (int i = 0; i < POLLS && !vgpu_needs_reset(g); i++) {
        g_usleep(POLL_MICROSECONDS);
    }
    g_assert_true(vgpu_needs_reset(g));
}

static void check_bad_chain(Vgpu *g, VgpuQueue queue, const BadChain *chain)
{
    show_painted(g, 1, 1);
    write_descriptor(g, queue, 0, chain->address ?: g->request,
                     chain->length, chain->flags, chain->next);
    write_descriptor(g, queue, 1, g->request, 24, 0, 0);
    qvirtqueue_kick(g->qts, &g->pci->vdev, g->queue[queue], chain->head);
    g_test_message("%s", chain->name);
    wait_needs_reset(g);
    g_assert_false(vgpu_has_answer(g, queue));
    vgpu_reset(g);
    vgpu_drive(g);
    vgpu_assert_answer(vgpu_unref(g, 1), INVALID_RESOURCE);
    show_painted(g, 1, 2);
    g_assert_true(still_shows(g, 2));
    vgpu_assert_ok(vgpu_unref(g, 1));
}

static void test_bad_chains(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    for (size_t i = 0; i < ARRAY_SIZE(bad_chains); i++) {
        check_bad_chain(g, VGPU_CONTROL, &bad_chains[i]);
        check_bad_chain(g, VGPU_CURSOR, &bad_chains[i]);
    }
}

/*
 * A buffer that is no RAM takes some of the few bytes that there are for such.
 * Chains with one in front of what is malformed give them back.
 */
static void test_bad_chains_give_back(void)
{
    const uint32_t request[6] = {
        cpu_to_le32(VIRTIO_GPU_CMD_GET_DISPLAY_INFO)
    };
    g_autoptr(Vgpu) g = vgpu_start("", "");
    VgpuEntry out = { g->request, sizeof(request) };
    VgpuEntry in = { vgpu_ram_end(g), 1024 };

    for (int i = 0; i < 20; i++) {
        VgpuQueue queue = i % VGPU_QUEUES;

        write_descriptor(g, queue, 0, in.address, in.length,
                         VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 0x7fff);
        qvirtqueue_kick(g->qts, &g->pci->vdev, g->queue[queue], 0);
        wait_needs_reset(g);
        vgpu_reset(g);
        vgpu_drive(g);
    }
    qtest_bufwrite(g->qts, g->request, request, sizeof(request));
    vgpu_post(g, VGPU_CONTROL, &out, 1, &in, 1, true);
    vgpu_wait_taken(g, VGPU_CONTROL);
    g_assert_false(vgpu_needs_reset(g));
    vgpu_wait(g, VGPU_CONTROL);
    g_assert_cmpuint(g->length, ==,
                     sizeof(struct virtio_gpu_resp_display_info));
}

/* CVE-2024-3446: buffers in the device's own registers, and in none. */
static void test_buffers_outside_ram(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    const uint64_t places[] = {
        g->pci->bar.addr, g->pci->bar.addr + g->pci->notify_cfg_offset,
        vgpu_ram_end(g), vgpu_ram_end(g) - 8, UINT64_C(1) << 50,
        UINT64_MAX - 100,
    };
    const uint32_t request[6] = {
        cpu_to_le32(VIRTIO_GPU_CMD_GET_DISPLAY_INFO)
    };

    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        for (int queue = 0; queue < VGPU_QUEUES; queue++) {
            VgpuEntry outside = { places[i], 64 };
            VgpuEntry inside = { g->request, sizeof(request) };

            qtest_bufwrite(g->qts, g->request, request, sizeof(request));
            vgpu_post(g, queue, &inside, 1, &outside, 1, true);
            vgpu_wait_taken(g, queue);
            vgpu_post(g, queue, &outside, 1, NULL, 0, true);
            vgpu_reset(g);
            vgpu_drive(g);
            vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, WIDTH, HEIGHT));
        }
    }
}

/* ---- trace ------------------------------------------------------------- */

/* A log of what was refused, and how many lines of it have been seen. */
typedef struct Refusals {
    Vgpu *g;
    char *name;
    unsigned lines;
} Refusals;

/* The log has one new line, or none if the answer is no error. */
static void expect_traced(Refusals *log, uint32_t type, uint32_t answer)
{
    const bool refused = answer >= VIRTIO_GPU_RESP_ERR_UNSPEC;
    g_autofree char *line = g_strdup_printf("command 0x%x: answer 0x%x", type,
                                            answer);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    g_assert_true(g_file_get_contents(log->name, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    log->lines += refused;
    /* what is behind the last line's end counts as one, but in an empty log */
    g_assert_cmpuint(g_strv_length(lines), ==,
                     log->lines ? log->lines + 1 : 0);
    if (refused) {
        g_assert_nonnull(strstr(lines[log->lines - 1], "virtio_gpu_refused"));
        g_assert_true(g_str_has_suffix(lines[log->lines - 1], line));
    }
}

static void send_refused(Refusals *log)
{
    const VgpuArea all = vgpu_all(WIDTH, HEIGHT);
    const VgpuEntry past = { vgpu_ram_end(log->g), VGPU_PAGE };
    static const uint64_t offsets[] = {
        0, SIZE, SIZE + 1, UINT64_C(1) << 31, UINT64_C(1) << 32, UINT64_MAX,
    };
    static const uint32_t commands[] = {
        0, VIRTIO_GPU_CMD_GET_CAPSET, VIRTIO_GPU_CMD_SUBMIT_3D,
        VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, VIRTIO_GPU_CMD_GET_EDID,
    };

    for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
        expect_traced(log, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
                      vgpu_transfer(log->g, 1, all, offsets[i]));
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        /* too short, where they are known */
        expect_traced(log, commands[i],
                      vgpu_command(log->g, commands[i], NULL, 0));
    }
    expect_traced(log, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
                  vgpu_create(log->g, 1, VGPU_FORMAT, WIDTH, HEIGHT));
    expect_traced(log, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
                  vgpu_create(log->g, 2, VGPU_FORMAT, 0x10000, 0x10000));
    expect_traced(log, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
                  vgpu_create(log->g, 2, VGPU_FORMAT, WIDTH, HEIGHT));
    expect_traced(log, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
                  vgpu_attach(log->g, 2, NULL, 0));
    expect_traced(log, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
                  vgpu_attach(log->g, 2, &past, 1));
    expect_traced(log, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING,
                  vgpu_detach(log->g, 2));
    expect_traced(log, VIRTIO_GPU_CMD_SET_SCANOUT,
                  vgpu_set_scanout(log->g, 16, 1, all));
    expect_traced(log, VIRTIO_GPU_CMD_RESOURCE_FLUSH,
                  vgpu_flush(log->g, 1, vgpu_all(WIDTH + 1, HEIGHT)));
    expect_traced(log, VIRTIO_GPU_CMD_RESOURCE_UNREF, vgpu_unref(log->g, 3));
}

/* They have no answer. */
static void send_refused_cursors(Refusals *log)
{
    const uint32_t type = VIRTIO_GPU_CMD_MOVE_CURSOR;
    const uint32_t request[6] = { cpu_to_le32(type) };
    const VgpuEntry out = { log->g->request, sizeof(request) };

    vgpu_cursor(log->g, type, 0, 0, 1, 2, 0, 0);
    expect_traced(log, type, OK);
    vgpu_cursor(log->g, type, 1, 0, 1, 2, 0, 0);
    expect_traced(log, type, INVALID_SCANOUT);
    qtest_bufwrite(log->g->qts, log->g->request, request, sizeof(request));
    vgpu_post(log->g, VGPU_CURSOR, &out, 1, NULL, 0, true);
    vgpu_wait(log->g, VGPU_CURSOR);
    expect_traced(log, type, INVALID_PARAMETER);
}

static void test_traced(void)
{
    g_autofree char *folder = g_dir_make_tmp("vgpu-XXXXXX", NULL);
    g_autofree char *name = g_strdup_printf("%s/log", folder);
    g_autofree char *arguments = g_strdup_printf(
        "-trace virtio_gpu_refused -D %s", name);
    g_autoptr(Vgpu) g = vgpu_start("", arguments);
    Refusals log = { .g = g, .name = name };

    show_painted(g, 1, 1);
    send_refused(&log);
    send_refused_cursors(&log);
    g_assert_true(still_shows(g, 1));
    unlink(name);
    g_assert_cmpint(rmdir(folder), ==, 0);
}

/* ---- leaks ------------------------------------------------------------- */

#define LEAK_ROUNDS   100
#define LEAK_SIDE     512
#define LEAK_ALLOWED  (32 * 1024)

/* A megabyte for the image and as much for a list of entries, each time. */
static void use_and_abuse(Vgpu *g, const VgpuEntry *entries, uint32_t count)
{
    VgpuArea all = vgpu_all(LEAK_SIDE, LEAK_SIDE);

    vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, LEAK_SIDE, LEAK_SIDE));
    vgpu_assert_answer(vgpu_create(g, 1, VGPU_FORMAT, LEAK_SIDE, LEAK_SIDE),
                       INVALID_RESOURCE);
    vgpu_assert_ok(vgpu_attach(g, 1, entries, count));
    vgpu_assert_answer(vgpu_attach(g, 1, entries, count), UNSPEC);
    vgpu_assert_ok(vgpu_transfer(g, 1, all, 0));
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, all));
    vgpu_assert_ok(vgpu_flush(g, 1, all));
    vgpu_assert_answer(vgpu_set_scanout(g, 0, 1, vgpu_all(LEAK_SIDE + 1, 16)),
                       INVALID_PARAMETER);
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, vgpu_all(32, 32)));
    vgpu_assert_ok(vgpu_unref(g, 1));
}

/* CVE-2016-7994, CVE-2016-9912, CVE-2017-9060. */
static void test_leaks(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    const uint32_t count = 8192;
    g_autofree VgpuEntry *entries = g_new(VgpuEntry, count);
    size_t length = LEAK_SIDE * LEAK_SIDE * 4 / count;
    uint64_t memory = vgpu_memory(g, count * length);
    size_t before;

    for (uint32_t i = 0; i < count; i++) {
        entries[i] = (VgpuEntry) { memory + i * length, length };
    }
    use_and_abuse(g, entries, count);
    before = vgpu_resident_kilobytes(g);
    for (int round = 0; round < LEAK_ROUNDS; round++) {
        use_and_abuse(g, entries, count);
    }
    g_test_message("%d rounds: %zu KiB, then %zu", LEAK_ROUNDS, before,
                   vgpu_resident_kilobytes(g));
    g_assert_cmpuint(vgpu_resident_kilobytes(g), <,
                     before + LEAK_ALLOWED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/virtio-gpu/image-sizes", test_image_sizes);
    qtest_add_func("/virtio-gpu/empty-images", test_empty_images);
    qtest_add_func("/virtio-gpu/many-resources", test_many_resources);
    qtest_add_func("/virtio-gpu/transfer-offsets", test_transfer_offsets);
    qtest_add_func("/virtio-gpu/transfer-to-the-end",
                   test_transfer_to_the_end);
    qtest_add_func("/virtio-gpu/attach", test_attach);
    qtest_add_func("/virtio-gpu/entry-counts", test_entry_counts);
    qtest_add_func("/virtio-gpu/short-requests", test_short_requests);
    qtest_add_func("/virtio-gpu/short-answers", test_short_answers);
    qtest_add_func("/virtio-gpu/bad-chains", test_bad_chains);
    qtest_add_func("/virtio-gpu/bad-chains-give-back",
                   test_bad_chains_give_back);
    qtest_add_func("/virtio-gpu/buffers-outside-ram",
                   test_buffers_outside_ram);
    if (!vgpu_is_stock()) {
        qtest_add_func("/virtio-gpu/traced", test_traced);
    }
    qtest_add_func("/virtio-gpu/leaks", test_leaks);
    return g_test_run();
}
