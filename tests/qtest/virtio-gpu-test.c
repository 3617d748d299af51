/*
 * QTest of virtio-gpu: each command of the control queue, and each error
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * virtio 1.2, 5.7.  virtio-gpu-display-test has what is shown, -input-test what
 * a hostile guest sends, -state-test reset and migration.
 */

#include "qemu/osdep.h"
#include "vgpu-differences.h"
#include "vgpu-display.h"
#include "vgpu-names.h"
#include "qemu/bswap.h"
#include "standard-headers/linux/virtio_config.h"
#include "standard-headers/linux/virtio_ids.h"

static const uint32_t formats[] = {
    VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM,
    VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM, VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM,
    VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM, VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM,
    VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM, VIRTIO_GPU_FORMAT_R8G8B8X8_UNORM,
};

static uint32_t config(Vgpu *g, size_t offset)
{
    return qvirtio_config_readl(&g->pci->vdev, offset);
}

/* ---- what the device says of itself ------------------------------------ */

static bool offers(Vgpu *g, unsigned feature)
{
    return qvirtio_get_features(&g->pci->vdev) >> feature & 1;
}

static void test_features(void)
{
    g_autoptr(Vgpu) plain = vgpu_start("", "");
    g_autoptr(Vgpu) other = vgpu_start(",edid=off,max_outputs=16", "");

    g_assert_cmpuint(plain->pci->vdev.device_type, ==, VIRTIO_ID_GPU);
    g_assert_true(offers(plain, VIRTIO_GPU_F_EDID));
    g_assert_false(offers(plain, VIRTIO_GPU_F_VIRGL));
    g_assert_false(offers(plain, VIRTIO_GPU_F_RESOURCE_BLOB));
    g_assert_false(offers(plain, VIRTIO_GPU_F_CONTEXT_INIT));
    g_assert_false(offers(other, VIRTIO_GPU_F_EDID));
    g_assert_cmpuint(plain->queue[VGPU_CONTROL]->size, >=, 64);
    g_assert_cmpuint(plain->queue[VGPU_CURSOR]->size, >=, 16);
}

static void test_config(void)
{
    g_autoptr(Vgpu) one = vgpu_start("", "");
    g_autoptr(Vgpu) all = vgpu_start(",max_outputs=16", "");

    g_assert_cmphex(config(one, offsetof(struct virtio_gpu_config,
                                         events_read)), ==, 0);
    g_assert_cmpuint(config(one, offsetof(struct virtio_gpu_config,
                                          num_scanouts)), ==, 1);
    g_assert_cmpuint(config(one, offsetof(struct virtio_gpu_config,
                                          num_capsets)), ==, 0);
    g_assert_cmpuint(config(all, offsetof(struct virtio_gpu_config,
                                          num_scanouts)), ==, 16);
}

/* ---- resources --------------------------------------------------------- */

static void test_create(void)
{
    static const struct {
        uint32_t resource, format, width, height, expected;
    } cases[] = {
        { 0, VGPU_FORMAT, WIDTH, HEIGHT, INVALID_RESOURCE },
        { 1, VGPU_FORMAT, WIDTH, HEIGHT, INVALID_RESOURCE },
        { 90, 0, WIDTH, HEIGHT, INVALID_PARAMETER },
        { 90, 5, WIDTH, HEIGHT, INVALID_PARAMETER },
        { 90, 135, WIDTH, HEIGHT, INVALID_PARAMETER },
        { 90, UINT32_MAX, WIDTH, HEIGHT, INVALID_PARAMETER },
        { UINT32_MAX, VGPU_FORMAT, 1, 1, OK },
        { 90, VGPU_FORMAT, WIDTH, HEIGHT, OK },
    };
    g_autoptr(Vgpu) g = vgpu_start("", "");

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        vgpu_assert_ok(vgpu_create(g, i + 1, formats[i], WIDTH, HEIGHT));
    }
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        vgpu_assert_answer(vgpu_create(g, cases[i].resource, cases[i].format,
                                       cases[i].width, cases[i].height),
                           cases[i].expected);
    }
}

static void test_unref(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    vgpu_assert_answer(vgpu_unref(g, 1), INVALID_RESOURCE);
    vgpu_assert_answer(vgpu_unref(g, 0), INVALID_RESOURCE);
    vgpu_make_plain(g, 1, WIDTH, HEIGHT);
    vgpu_assert_ok(vgpu_unref(g, 1));
    vgpu_assert_answer(vgpu_unref(g, 1), INVALID_RESOURCE);
    /* the name is free again */
    vgpu_make_plain(g, 1, HEIGHT, WIDTH);
}

#define LIMIT  ",max_hostmem=1048576"

/* max_hostmem bounds the sum of all; what is given back can be had again. */
static void test_host_memory(void)
{
    g_autoptr(Vgpu) g = vgpu_start(LIMIT, "");
    uint32_t created = 0;

    vgpu_assert_answer(vgpu_create(g, 1, VGPU_FORMAT, 513, 512),
                       OUT_OF_MEMORY);
    for (int round = 0; round < 3; round++) {
        uint32_t now = 0;

        /* 64 KiB each */
        while (vgpu_create(g, now + 1, VGPU_FORMAT, 128, 128) == OK) {
            g_assert_cmpuint(++now, <=, 16);
        }
        g_assert_cmphex(g->header.type, ==, OUT_OF_MEMORY);
        g_assert_cmpuint(now, >=, 15);
        g_assert_true(round == 0 || now == created);
        created = now;
        for (uint32_t i = 1; i <= created; i++) {
            vgpu_assert_ok(vgpu_unref(g, i));
        }
    }
}

/* ---- backing ----------------------------------------------------------- */

static void test_backing(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    const VgpuEntry entry = { vgpu_memory(g, SIZE), SIZE };

    vgpu_assert_answer(vgpu_attach(g, 1, &entry, 1), INVALID_RESOURCE);
    vgpu_assert_answer(vgpu_detach(g, 1), INVALID_RESOURCE);
    vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, WIDTH, HEIGHT));
    vgpu_assert_answer(vgpu_detach(g, 1), UNSPEC);
    vgpu_assert_answer(vgpu_transfer(g, 1, vgpu_all(WIDTH, HEIGHT), 0),
                       UNSPEC);
    vgpu_assert_ok(vgpu_attach(g, 1, &entry, 1));
    vgpu_assert_answer(vgpu_attach(g, 1, &entry, 1), UNSPEC);
    vgpu_assert_ok(vgpu_transfer(g, 1, vgpu_all(WIDTH, HEIGHT), 0));
    vgpu_assert_ok(vgpu_detach(g, 1));
    vgpu_assert_answer(vgpu_detach(g, 1), UNSPEC);
    vgpu_assert_answer(vgpu_transfer(g, 1, vgpu_all(WIDTH, HEIGHT), 0),
                       UNSPEC);
    vgpu_assert_ok(vgpu_attach(g, 1, &entry, 1));
    /* with the backing still attached */
    vgpu_assert_ok(vgpu_unref(g, 1));
}

/* Several resources may have the same memory. */
static void test_shared_backing(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    g_autofree uint32_t *pixels = vgpu_paint(3, WIDTH, HEIGHT);
    const VgpuEntry entry = { vgpu_memory(g, SIZE), SIZE };

    for (uint32_t resource = 1; resource <= 2; resource++) {
        vgpu_assert_ok(vgpu_create(g, resource, VGPU_FORMAT, WIDTH, HEIGHT));
        vgpu_assert_ok(vgpu_attach(g, resource, &entry, 1));
    }
    vgpu_assert_ok(vgpu_unref(g, 1));
    qtest_bufwrite(g->qts, entry.address, pixels, SIZE);
    vgpu_assert_ok(vgpu_transfer(g, 2, vgpu_all(WIDTH, HEIGHT), 0));
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 2, vgpu_all(WIDTH, HEIGHT)));
    g_assert_true(vgpu_shows(g, 0, 3, vgpu_all(WIDTH, HEIGHT)));
}

/* ---- transfer ---------------------------------------------------------- */

/* What a resource holds once it has been transferred. */
static void show(Vgpu *g, uint32_t resource)
{
    vgpu_assert_ok(vgpu_set_scanout(g, 0, resource, vgpu_all(WIDTH, HEIGHT)));
    vgpu_assert_ok(vgpu_flush(g, resource, vgpu_all(WIDTH, HEIGHT)));
}

/*
 * The resource shows pattern 1, the backing has pattern 2: what of the latter
 * is in @area comes at @offset of the backing, with the resource's stride.
 */
static void check_transfer(Vgpu *g, VgpuArea area, size_t piece,
                           size_t offset)
{
    size_t lead = area.y * STRIDE + area.x * 4;
    g_autofree uint32_t *before = vgpu_paint(1, WIDTH, HEIGHT);
    g_autofree uint32_t *after = vgpu_paint(2, WIDTH, HEIGHT);
    g_autofree VgpuEntry *entries = NULL;
    g_autoptr(VgpuPicture) picture = NULL;
    uint32_t count;

    /* twice as high, so that there is room for an offset */
    entries = vgpu_make(g, 1, WIDTH, 2 * HEIGHT, piece, &count);
    vgpu_write_backing(g, entries, count, 0, before, SIZE);
    vgpu_assert_ok(vgpu_transfer(g, 1, vgpu_all(WIDTH, HEIGHT), 0));
    vgpu_write_backing(g, entries, count, offset, (uint8_t *)after + lead,
                       SIZE - lead);
    vgpu_assert_ok(vgpu_transfer(g, 1, area, offset));
    show(g, 1);
    picture = vgpu_picture(g, 0);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            bool inside = x - area.x < area.width && y - area.y < area.height;

            g_assert_cmphex(vgpu_picture_pixel(picture, x, y), ==,
                            vgpu_pattern(inside ? 2 : 1, x, y));
        }
    }
    vgpu_assert_ok(vgpu_unref(g, 1));
}

static void test_transfer(void)
{
    static const VgpuArea areas[] = {
        ALL, { 0, 0, 1, 1 }, { 1, 0, WIDTH - 1, HEIGHT },
        { 0, 7, WIDTH, 9 }, { WIDTH - 1, HEIGHT - 1, 1, 1 },
        { 17, 5, 30, 40 }, { 0, HEIGHT - 1, WIDTH, 1 },
        { WIDTH - 1, 0, 1, HEIGHT }, { 0, 3, 5, 4 },
    };
    static const size_t pieces[] = { 0, VGPU_PAGE, 300, 4 };
    g_autoptr(Vgpu) g = vgpu_start("", "");

    for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(pieces); j++) {
            size_t lead = areas[i].y * STRIDE + areas[i].x * 4;

            check_transfer(g, areas[i], pieces[j], lead);
            check_transfer(g, areas[i], pieces[j], 1234);
        }
    }
}

static void test_transfer_errors(void)
{
    static const struct {
        VgpuArea area;
        uint32_t resource, expected;
    } cases[] = {
        { ALL, 0, INVALID_RESOURCE },
        { ALL, 2, INVALID_RESOURCE },
        { { 1, 0, WIDTH, HEIGHT }, 1, INVALID_PARAMETER },
        { { 0, 1, WIDTH, HEIGHT }, 1, INVALID_PARAMETER },
        { { 0, 0, WIDTH + 1, HEIGHT }, 1, INVALID_PARAMETER },
        { { 0, 0, WIDTH, HEIGHT + 1 }, 1, INVALID_PARAMETER },
        { { WIDTH, 0, 1, 1 }, 1, INVALID_PARAMETER },
        { { 0, HEIGHT, 1, 1 }, 1, INVALID_PARAMETER },
        { { UINT32_MAX, 0, 2, 1 }, 1, INVALID_PARAMETER },
        { { 0, UINT32_MAX, 1, 2 }, 1, INVALID_PARAMETER },
        { { 1, 0, UINT32_MAX, 1 }, 1, INVALID_PARAMETER },
        { { 0, 1, 1, UINT32_MAX }, 1, INVALID_PARAMETER },
        { { 1, 1, UINT32_MAX, UINT32_MAX }, 1, INVALID_PARAMETER },
        { ALL, 1, OK },
    };
    g_autoptr(Vgpu) g = vgpu_start("", "");

    vgpu_make_plain(g, 1, WIDTH, HEIGHT);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        vgpu_assert_answer(vgpu_transfer(g, cases[i].resource, cases[i].area,
                                         0), cases[i].expected);
    }
}

/* ---- scanout and flush ------------------------------------------------- */

/* CVE-2016-10029: scanouts from max_outputs on; rectangles outside. */
static void test_scanout_errors(void)
{
    static const struct {
        uint32_t scanout, resource;
        VgpuArea area;
        uint32_t expected;
    } cases[] = {
        { 1, 1, ALL, INVALID_SCANOUT },
        { 15, 1, ALL, INVALID_SCANOUT },
        { 16, 1, ALL, INVALID_SCANOUT },
        { UINT32_MAX, 1, ALL, INVALID_SCANOUT },
        { 1, 0, ALL, INVALID_SCANOUT },
        { 0, 2, ALL, INVALID_RESOURCE },
        { 0, 1, { 1, 0, WIDTH, HEIGHT }, INVALID_PARAMETER },
        { 0, 1, { 0, 1, WIDTH, HEIGHT }, INVALID_PARAMETER },
        { 0, 1, { 0, 0, WIDTH + 1, HEIGHT }, INVALID_PARAMETER },
        { 0, 1, { 0, 0, WIDTH, HEIGHT + 1 }, INVALID_PARAMETER },
        { 0, 1, { UINT32_MAX, 0, WIDTH, HEIGHT }, INVALID_PARAMETER },
        { 0, 1, { 0, UINT32_MAX, WIDTH, HEIGHT }, INVALID_PARAMETER },
        { 0, 1, { 16, 0, UINT32_MAX - 15, HEIGHT }, INVALID_PARAMETER },
        { 0, 1, { 0, 16, WIDTH, UINT32_MAX - 15 }, INVALID_PARAMETER },
        { 0, 1, { 0, 0, 0, 0 }, INVALID_PARAMETER },
        { 0, 1, { 0, 0, 15, HEIGHT }, INVALID_PARAMETER },
        { 0, 1, { 0, 0, WIDTH, 15 }, INVALID_PARAMETER },
        { 0, 1, { 0, 0, 16, 16 }, OK },
        { 0, 1, ALL, OK },
        { 0, 0, ALL, OK },
        { 0, 0, ALL, OK },
    };
    g_autoptr(Vgpu) g = vgpu_start("", "");

    vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, WIDTH, HEIGHT));
    vgpu_assert_answer(vgpu_set_scanout(g, 0, 1, vgpu_all(WIDTH, HEIGHT)),
                       UNSPEC);
    vgpu_assert_ok(vgpu_unref(g, 1));
    vgpu_make_plain(g, 1, WIDTH, HEIGHT);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        vgpu_assert_answer(vgpu_set_scanout(g, cases[i].scanout,
                                            cases[i].resource, cases[i].area),
                           cases[i].expected);
    }
}

static void test_flush_errors(void)
{
    static const struct {
        uint32_t resource;
        VgpuArea area;
        uint32_t expected;
    } cases[] = {
        { 0, ALL, INVALID_RESOURCE },
        { 2, ALL, INVALID_RESOURCE },
        { 1, { 1, 0, WIDTH, HEIGHT }, INVALID_PARAMETER },
        { 1, { 0, 1, WIDTH, HEIGHT }, INVALID_PARAMETER },
        { 1, { 0, 0, WIDTH + 1, HEIGHT }, INVALID_PARAMETER },
        { 1, { 0, 0, WIDTH, HEIGHT + 1 }, INVALID_PARAMETER },
        { 1, { 1, 1, UINT32_MAX, UINT32_MAX }, INVALID_PARAMETER },
        { 1, { UINT32_MAX, UINT32_MAX, 1, 1 }, INVALID_PARAMETER },
        { 1, ALL, OK },
        { 1, { 5, 6, 7, 8 }, OK },
    };
    g_autoptr(Vgpu) g = vgpu_start("", "");

    vgpu_make_plain(g, 1, WIDTH, HEIGHT);
    for (int shown = 0; shown < 2; shown++) {
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
            vgpu_assert_answer(vgpu_flush(g, cases[i].resource,
                                          cases[i].area), cases[i].expected);
        }
        show(g, 1);
    }
}

/* ---- what a device without 3D does not know ---------------------------- */

/* With as many bytes as the longest of them has. */
static void test_unknown(void)
{
    static const uint32_t commands[] = {
        0, 0xff, VIRTIO_GPU_CMD_GET_CAPSET_INFO, VIRTIO_GPU_CMD_GET_CAPSET,
        VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID,
        VIRTIO_GPU_CMD_SET_SCANOUT_BLOB + 1, VIRTIO_GPU_CMD_CTX_CREATE,
        VIRTIO_GPU_CMD_CTX_DESTROY, VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE,
        VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE, VIRTIO_GPU_CMD_RESOURCE_CREATE_3D,
        VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D,
        VIRTIO_GPU_CMD_TRANSFER_FROM_HOST_3D, VIRTIO_GPU_CMD_SUBMIT_3D,
        VIRTIO_GPU_CMD_RESOURCE_MAP_BLOB, VIRTIO_GPU_CMD_RESOURCE_UNMAP_BLOB,
        VIRTIO_GPU_CMD_UPDATE_CURSOR, VIRTIO_GPU_CMD_MOVE_CURSOR,
        VIRTIO_GPU_RESP_OK_NODATA, VIRTIO_GPU_RESP_ERR_UNSPEC, UINT32_MAX,
    };
    static const uint32_t words[32];
    g_autoptr(Vgpu) g = vgpu_start("", "");

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        vgpu_assert_answer(vgpu_command(g, commands[i], words,
                                        ARRAY_SIZE(words)), UNSPEC);
    }
}

/* The feature was not offered, so nobody can have accepted it. */
static void test_blob_refused(void)
{
    static const uint32_t commands[] = {
        VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, VIRTIO_GPU_CMD_SET_SCANOUT_BLOB,
    };
    g_autoptr(Vgpu) g = vgpu_start("", "");
    const uint64_t memory = vgpu_memory(g, VGPU_PAGE);
    const uint32_t create[] = {
        7, VIRTIO_GPU_BLOB_MEM_GUEST, 0, 1, 0, 0, VGPU_PAGE, 0,
        memory, memory >> 32, VGPU_PAGE, 0,
    };
    static const uint32_t nothing[32];

    vgpu_assert_answer(vgpu_command(g, commands[0], create,
                                    ARRAY_SIZE(create)), INVALID_PARAMETER);
    vgpu_assert_answer(vgpu_unref(g, 7), INVALID_RESOURCE);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        vgpu_assert_answer(vgpu_command(g, commands[i], nothing,
                                        ARRAY_SIZE(nothing)),
                           INVALID_PARAMETER);
    }
}

/* ---- fences: 5.7.6.7 --------------------------------------------------- */

static void check_fence(Vgpu *g, uint32_t type, uint32_t expected)
{
    static const uint32_t words[32];
    struct virtio_gpu_ctrl_hdr header = {
        .type = type,
        .flags = VIRTIO_GPU_FLAG_FENCE,
        .fence_id = UINT64_C(0xfedcba9876543210),
        .ctx_id = 0x12345678,
    };

    vgpu_assert_answer(vgpu_command_of(g, &header, words, ARRAY_SIZE(words)),
                       expected);
    g_assert_cmphex(g->header.flags & VIRTIO_GPU_FLAG_FENCE, ==,
                    VIRTIO_GPU_FLAG_FENCE);
    g_assert_cmphex(g->header.fence_id, ==, header.fence_id);
    g_assert_cmphex(g->header.ctx_id, ==, header.ctx_id);
    header.flags = 0;
    vgpu_assert_answer(vgpu_command_of(g, &header, words, ARRAY_SIZE(words)),
                       expected);
    g_assert_cmphex(g->header.flags, ==, 0);
    g_assert_cmphex(g->header.fence_id, ==, 0);
}

/* Answers with and without data, and errors. */
static void test_fences(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    check_fence(g, VIRTIO_GPU_CMD_SET_SCANOUT, OK);
    check_fence(g, VIRTIO_GPU_CMD_GET_DISPLAY_INFO,
                VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    check_fence(g, VIRTIO_GPU_CMD_GET_EDID, VIRTIO_GPU_RESP_OK_EDID);
    check_fence(g, VIRTIO_GPU_CMD_RESOURCE_UNREF, INVALID_RESOURCE);
    check_fence(g, VIRTIO_GPU_CMD_CTX_CREATE, UNSPEC);
}

/* ---- queue ------------------------------------------------------------- */

#define BATCH  30

/* One notification for all; answered in order, each with its own fence. */
static void test_batch(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    uint64_t memory = vgpu_memory(g, 2 * BATCH * 64);
    uint32_t heads[BATCH];

    for (uint32_t i = 0; i < BATCH; i++) {
        struct virtio_gpu_ctrl_hdr header = {
            .type = cpu_to_le32(VIRTIO_GPU_CMD_SET_SCANOUT),
            .flags = cpu_to_le32(VIRTIO_GPU_FLAG_FENCE),
            .fence_id = cpu_to_le64(100 + i),
        };
        VgpuEntry out = { memory + i * 128, sizeof(struct
                                                   virtio_gpu_set_scanout) };
        VgpuEntry in = { memory + i * 128 + 64, sizeof(header) };

        qtest_bufwrite(g->qts, out.address, &header, sizeof(header));
        heads[i] = vgpu_post(g, VGPU_CONTROL, &out, 1, &in, 1,
                             i == BATCH - 1);
    }
    for (uint32_t i = 0; i < BATCH; i++) {
        struct virtio_gpu_ctrl_hdr header;

        g_assert_cmpuint(vgpu_wait(g, VGPU_CONTROL), ==, heads[i]);
        g_assert_cmpuint(g->length, ==, sizeof(header));
        qtest_bufread(g->qts, memory + i * 128 + 64, &header, sizeof(header));
        g_assert_cmphex(le32_to_cpu(header.type), ==, OK);
        g_assert_cmpuint(le64_to_cpu(header.fence_id), ==, 100 + i);
    }
}

/* A driver may cut a message anywhere: 2.6.4. */
static void test_scattered_message(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    uint32_t request[] = {
        cpu_to_le32(VIRTIO_GPU_CMD_GET_EDID), 0, 0, 0, 0, 0, 0, 0
    };
    struct virtio_gpu_resp_edid whole;
    uint8_t pieces[sizeof(whole)];
    VgpuEntry out[32], in[3];

    g_assert_cmphex(vgpu_get_edid(g, 0), ==, VIRTIO_GPU_RESP_OK_EDID);
    vgpu_answer(g, 0, &whole, sizeof(whole));
    g_assert_cmpuint(g->length, ==, sizeof(whole));

    qtest_bufwrite(g->qts, g->request, request, sizeof(request));
    qtest_memset(g->qts, g->response, 0, VGPU_RESPONSE_SIZE);
    for (size_t i = 0; i < ARRAY_SIZE(out); i++) {
        out[i] = (VgpuEntry) { g->request + i, 1 };
    }
    in[0] = (VgpuEntry) { g->response, 7 };
    in[1] = (VgpuEntry) { g->response + 7, 100 };
    in[2] = (VgpuEntry) { g->response + 107, sizeof(whole) - 107 };
    vgpu_post(g, VGPU_CONTROL, out, ARRAY_SIZE(out), in, ARRAY_SIZE(in),
              true);
    vgpu_wait(g, VGPU_CONTROL);
    g_assert_cmpuint(g->length, ==, sizeof(whole));
    vgpu_answer(g, 0, pieces, sizeof(pieces));
    g_assert_cmpmem(pieces, sizeof(pieces), &whole, sizeof(whole));
}

#define PIECES  8

/* A chain of many buffers, in one descriptor of the queue: 2.7.5.3. */
static void test_indirect(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    QVirtioDevice *vdev = &g->pci->vdev;
    QVirtQueue *vq = g->queue[VGPU_CONTROL];
    QVRingIndirectDesc *chain = qvring_indirect_desc_setup(
        g->qts, vdev, &g->allocator, 2 * PIECES);
    const uint32_t request[PIECES] = { cpu_to_le32(VIRTIO_GPU_CMD_GET_EDID) };
    uint32_t head;

    qtest_bufwrite(g->qts, g->request, request, sizeof(request));
    for (uint32_t i = 0; i < PIECES; i++) {
        qvring_indirect_desc_add(vdev, g->qts, chain, g->request + 4 * i, 4,
                                 false);
    }
    for (uint32_t i = 0; i < PIECES; i++) {
        qvring_indirect_desc_add(vdev, g->qts, chain, g->response + 256 * i,
                                 256, true);
    }
    head = qvirtqueue_add_indirect(g->qts, vq, chain);
    qvirtqueue_kick(g->qts, vdev, vq, head);
    g_assert_cmpuint(vgpu_wait(g, VGPU_CONTROL), ==, head);
    g_assert_cmpuint(g->length, ==, sizeof(struct virtio_gpu_resp_edid));
    g_assert_cmphex(vgpu_answer_word(g, 0), ==, VIRTIO_GPU_RESP_OK_EDID);
    guest_free(&g->allocator, chain->desc);
    g_free(chain);
}

/* All that is in guest memory goes by the IOMMU's address space, if told so. */
static void test_iommu_platform(void)
{
    g_autoptr(Vgpu) g = vgpu_start(",iommu_platform=on", "");
    g_autofree uint32_t *pixels = vgpu_paint(4, WIDTH, HEIGHT);
    uint64_t memory = vgpu_make_plain(g, 1, WIDTH, HEIGHT);

    g_assert_true(offers(g, VIRTIO_F_ACCESS_PLATFORM));
    qtest_bufwrite(g->qts, memory, pixels, SIZE);
    vgpu_assert_ok(vgpu_transfer(g, 1, vgpu_all(WIDTH, HEIGHT), 0));
    show(g, 1);
    g_assert_true(vgpu_shows(g, 0, 4, vgpu_all(WIDTH, HEIGHT)));
}

static void test_interrupt(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    const QVirtioBus *bus = g->pci->vdev.bus;

    bus->get_queue_isr_status(&g->pci->vdev, g->queue[VGPU_CONTROL]);
    g_assert_false(bus->get_queue_isr_status(&g->pci->vdev,
                                             g->queue[VGPU_CONTROL]));
    vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, WIDTH, HEIGHT));
    g_assert_true(bus->get_queue_isr_status(&g->pci->vdev,
                                            g->queue[VGPU_CONTROL]));
    vgpu_cursor(g, VIRTIO_GPU_CMD_MOVE_CURSOR, 0, 0, 1, 2, 0, 0);
    g_assert_true(bus->get_queue_isr_status(&g->pci->vdev,
                                            g->queue[VGPU_CURSOR]));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/virtio-gpu/features", test_features);
    qtest_add_func("/virtio-gpu/config", test_config);
    qtest_add_func("/virtio-gpu/create", test_create);
    qtest_add_func("/virtio-gpu/unref", test_unref);
    qtest_add_func("/virtio-gpu/host-memory", test_host_memory);
    qtest_add_func("/virtio-gpu/backing", test_backing);
    qtest_add_func("/virtio-gpu/shared-backing", test_shared_backing);
    qtest_add_func("/virtio-gpu/transfer", test_transfer);
    qtest_add_func("/virtio-gpu/transfer-errors", test_transfer_errors);
    qtest_add_func("/virtio-gpu/scanout-errors", test_scanout_errors);
    qtest_add_func("/virtio-gpu/flush-errors", test_flush_errors);
    qtest_add_func("/virtio-gpu/unknown", test_unknown);
    qtest_add_func("/virtio-gpu/blob-refused", test_blob_refused);
    qtest_add_func("/virtio-gpu/fences", test_fences);
    qtest_add_func("/virtio-gpu/batch", test_batch);
    qtest_add_func("/virtio-gpu/scattered-message", test_scattered_message);
    qtest_add_func("/virtio-gpu/indirect", test_indirect);
    qtest_add_func("/virtio-gpu/iommu-platform", test_iommu_platform);
    qtest_add_func("/virtio-gpu/interrupt", test_interrupt);
    return g_test_run();
}
