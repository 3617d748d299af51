/*
 * QTest of virtio-gpu: reset and migration in the middle of things
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest is moved to a second process through a file.  With
 * QTEST_QEMU_BINARY_DST that is another binary, stock's or the fork's: the
 * stream is the same.
 */

#include "qemu/osdep.h"
#include "migration-steps.h"
#include "vgpu-differences.h"
#include "vgpu-display.h"
#include "vgpu-names.h"
#include "qemu/bswap.h"

#define CURSOR_SIZE  64

static const VgpuArea all = { 0, 0, WIDTH, HEIGHT };

/* A resource with scattered backing. */
typedef struct Scattered {
    VgpuEntry *entries;
    uint32_t count;
} Scattered;

/* The backing holds pattern @seed, and so does the resource. */
static Scattered make_painted(Vgpu *g, uint32_t resource, uint32_t seed,
                              size_t piece)
{
    g_autofree uint32_t *pixels = vgpu_paint(seed, WIDTH, HEIGHT);
    Scattered made;

    made.entries = vgpu_make(g, resource, WIDTH, HEIGHT, piece, &made.count);
    vgpu_write_backing(g, made.entries, made.count, 0, pixels, SIZE);
    vgpu_assert_ok(vgpu_transfer(g, resource, all, 0));
    return made;
}

static void repaint(Vgpu *g, const Scattered *made, uint32_t seed)
{
    g_autofree uint32_t *pixels = vgpu_paint(seed, WIDTH, HEIGHT);

    vgpu_write_backing(g, made->entries, made->count, 0, pixels, SIZE);
}

static void make_cursor(Vgpu *g, uint32_t resource, uint8_t value)
{
    size_t size = CURSOR_SIZE * CURSOR_SIZE * 4;
    const VgpuEntry entry = { vgpu_memory(g, size), size };

    qtest_memset(g->qts, entry.address, value, size);
    vgpu_assert_ok(vgpu_create(g, resource, VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM,
                               CURSOR_SIZE, CURSOR_SIZE));
    vgpu_assert_ok(vgpu_attach(g, resource, &entry, 1));
    vgpu_assert_ok(vgpu_transfer(g, resource,
                                 vgpu_all(CURSOR_SIZE, CURSOR_SIZE), 0));
}

static void expect_cursor(VgpuViewer *viewer, uint8_t value, uint32_t hot_x,
                          uint32_t hot_y)
{
    VgpuCursorSeen seen = vgpu_viewer_cursor(viewer);
    const uint8_t *bytes = (const uint8_t *)seen.pixels;

    g_assert_cmpuint(seen.hot_x, ==, hot_x);
    g_assert_cmpuint(seen.hot_y, ==, hot_y);
    g_assert_cmpuint(seen.width, ==, CURSOR_SIZE);
    for (size_t i = 0; i < CURSOR_SIZE * CURSOR_SIZE * 4; i++) {
        g_assert_cmphex(bytes[i], ==, value);
    }
    g_free(seen.pixels);
}

/* ---- reset ------------------------------------------------------------- */

/* Nothing of before is left, and everything can be had anew. */
static void expect_fresh(Vgpu *g, uint32_t resources)
{
    for (uint32_t resource = 1; resource <= resources; resource++) {
        vgpu_assert_answer(vgpu_unref(g, resource), INVALID_RESOURCE);
    }
    g_assert_false(vgpu_has_answer(g, VGPU_CONTROL));
    g_assert_false(vgpu_shows(g, 0, 1, all));
}

static void use_everything(Vgpu *g)
{
    g_autofree VgpuEntry *one = make_painted(g, 1, 1, 256).entries;
    g_autofree VgpuEntry *two = make_painted(g, 2, 2, 0).entries;

    make_cursor(g, 3, 0x40);
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 2, vgpu_all(20, 20)));
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, all));
    vgpu_assert_ok(vgpu_flush(g, 1, all));
    vgpu_cursor(g, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 3, 1, 2, 3, 4);
    g_assert_true(vgpu_shows(g, 0, 1, all));
}

/* The driver's reset: CVE-2026-6502 and its like. */
static void test_reset(void)
{
    g_autoptr(Vgpu) g = vgpu_start(",max_outputs=2,max_hostmem=131072", "");

    for (int round = 0; round < 5; round++) {
        use_everything(g);
        vgpu_assert_ok(vgpu_set_scanout(g, 1, 2, vgpu_all(20, 20)));
        vgpu_reset(g);
        vgpu_drive(g);
        expect_fresh(g, 3);
        g_assert_false(vgpu_shows(g, 1, 2, vgpu_all(20, 20)));
    }
}

/* The machine's reset: firmware and kernel come to the device anew. */
static void test_system_reset(void)
{
    g_autoptr(Vgpu) g = vgpu_start(",max_hostmem=131072", "");

    for (int round = 0; round < 3; round++) {
        use_everything(g);
        qtest_system_reset(g->qts);
        qvirtio_pci_device_enable(g->pci);
        vgpu_drive(g);
        expect_fresh(g, 3);
    }
}

/* Posts SET_SCANOUTs of nothing; the last one tells the device. */
static void post_many(Vgpu *g, uint32_t count, bool kick)
{
    const uint32_t request[12] = { cpu_to_le32(VIRTIO_GPU_CMD_SET_SCANOUT) };
    const VgpuEntry out = { g->request, sizeof(request) };
    const VgpuEntry in = { g->response, sizeof(struct virtio_gpu_ctrl_hdr) };

    qtest_bufwrite(g->qts, g->request, request, sizeof(request));
    for (uint32_t i = 0; i < count; i++) {
        vgpu_post(g, VGPU_CONTROL, &out, 1, &in, 1, kick && i == count - 1);
    }
}

/* Commands under way, or posted without a word, do not survive a reset. */
static void test_reset_in_flight(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    for (int round = 0; round < 8; round++) {
        use_everything(g);
        post_many(g, 30, round % 2);
        vgpu_reset(g);
        vgpu_drive(g);
        expect_fresh(g, 3);
    }
}

/* Of a queue that is reset no command is carried out; all else stays. */
static void test_queue_reset(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    use_everything(g);
    for (int round = 0; round < 4; round++) {
        post_many(g, 30, false);
        vgpu_reset_queue(g, VGPU_CONTROL);
        vgpu_reset_queue(g, VGPU_CURSOR);
        g_assert_true(vgpu_shows(g, 0, 1, all));
        vgpu_cursor(g, VIRTIO_GPU_CMD_MOVE_CURSOR, 0, 1, round, 2, 0, 0);
        vgpu_assert_ok(vgpu_flush(g, 1, all));
        g_assert_false(vgpu_needs_reset(g));
    }
    vgpu_reset(g);
    vgpu_drive(g);
    expect_fresh(g, 3);
}

/* After a reset the device does nothing until there is a driver. */
static void test_reset_then_silence(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    uint64_t used = g->queue[VGPU_CONTROL]->used;
    uint16_t before;

    use_everything(g);
    before = qtest_readw(g->qts, used + 2);
    post_many(g, 3, false);
    vgpu_reset(g);
    g->pci->vdev.bus->virtqueue_kick(&g->pci->vdev, g->queue[VGPU_CONTROL]);
    g_assert_false(vgpu_shows(g, 0, 1, all));
    g_assert_cmpuint(qtest_readw(g->qts, used + 2), ==, before);
    g_assert_cmphex(g->pci->vdev.bus->get_status(&g->pci->vdev), ==, 0);
    vgpu_drive(g);
    expect_fresh(g, 3);
}

/* ---- migration --------------------------------------------------------- */

static const VgpuArea part = { 5, 6, 20, 30 };

/* Pictures and backing come along. */
static void test_migrate(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    Scattered one = make_painted(g, 1, 1, 256);
    Scattered two = make_painted(g, 2, 2, 0);

    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, all));
    for (int round = 0; round < 3; round++) {
        vgpu_migrate(g);
        g_assert_true(vgpu_shows(g, 0, 1 + 10 * round, all));
        repaint(g, &one, 1 + 10 * (round + 1));
        vgpu_assert_ok(vgpu_transfer(g, 1, all, 0));
        vgpu_assert_ok(vgpu_flush(g, 1, all));
        g_assert_true(vgpu_shows(g, 0, 1 + 10 * (round + 1), all));
    }
    vgpu_assert_answer(vgpu_create(g, 1, VGPU_FORMAT, 1, 1),
                       INVALID_RESOURCE);
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 2, all));
    g_assert_true(vgpu_shows(g, 0, 2, all));
    vgpu_assert_ok(vgpu_unref(g, 2));
    g_assert_false(vgpu_shows(g, 0, 2, all));
    vgpu_assert_ok(vgpu_unref(g, 1));
    g_free(one.entries);
    g_free(two.entries);
}

/* A scanout that shows a part of its resource goes on to do so. */
static void test_migrate_part(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    g_autofree VgpuEntry *entries = make_painted(g, 1, 1, 300).entries;

    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, part));
    vgpu_migrate(g);
    g_assert_true(vgpu_shows(g, 0, 1, part));
    vgpu_migrate(g);
    g_assert_true(vgpu_shows(g, 0, 1, part));
}

/* What stock sends of further heads depends on addresses in its memory. */
static void test_migrate_heads(void)
{
    g_autoptr(Vgpu) g = NULL;
    g_autofree VgpuEntry *entries = NULL;

    if (vgpu_is_stock() || getenv("QTEST_QEMU_BINARY_DST")) {
        vgpu_skip(VGPU_MIGRATE_HEADS,
                  "stock's stream of further heads is not well defined");
        return;
    }
    g = vgpu_start(",max_outputs=16", "");
    entries = make_painted(g, 1, 1, 300).entries;
    for (uint32_t head = 0; head < VIRTIO_GPU_MAX_SCANOUTS; head++) {
        VgpuArea here = { head, 2 * head, 16 + head, 17 };

        vgpu_assert_ok(vgpu_set_scanout(g, head, 1, here));
    }
    vgpu_migrate(g);
    for (uint32_t head = 0; head < VIRTIO_GPU_MAX_SCANOUTS; head++) {
        VgpuArea here = { head, 2 * head, 16 + head, 17 };

        g_assert_true(vgpu_shows(g, head, 1, here));
    }
    /* unref takes it from all, there as here */
    vgpu_assert_ok(vgpu_unref(g, 1));
    for (uint32_t head = 0; head < VIRTIO_GPU_MAX_SCANOUTS; head++) {
        VgpuArea here = { head, 2 * head, 16 + head, 17 };

        g_assert_false(vgpu_shows(g, head, 1, here));
    }
}

/* Without backing, without picture, and nothing at all. */
static void test_migrate_odd(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    g_autofree VgpuEntry *entries = NULL;

    vgpu_migrate(g);
    entries = make_painted(g, 1, 4, 512).entries;
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, all));
    vgpu_assert_ok(vgpu_detach(g, 1));
    vgpu_assert_ok(vgpu_create(g, 0x80000000, VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM,
                               1, 1));
    vgpu_migrate(g);
    g_assert_true(vgpu_shows(g, 0, 4, all));
    vgpu_assert_answer(vgpu_transfer(g, 1, all, 0), UNSPEC);
    vgpu_assert_answer(vgpu_detach(g, 1), UNSPEC);
    vgpu_assert_ok(vgpu_attach(g, 1, entries, 1));
    vgpu_assert_ok(vgpu_unref(g, 0x80000000));
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 0, all));
    vgpu_migrate(g);
    g_assert_false(vgpu_shows(g, 0, 4, all));
    vgpu_assert_ok(vgpu_unref(g, 1));
}

static void test_migrate_cursor(void)
{
    g_autoptr(VgpuViewer) viewer = vgpu_viewer_new(0);
    g_autoptr(Vgpu) g = vgpu_start("", viewer->arguments);
    g_autofree VgpuEntry *entries = make_painted(g, 1, 1, 0).entries;

    make_cursor(g, 2, 0x5a);
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, all));
    vgpu_cursor(g, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 2, 100, 200, 7, 9);
    vgpu_migrate(g);
    vgpu_viewer_connect(viewer);
    expect_cursor(viewer, 0x5a, 7, 9);
    make_cursor(g, 3, 0xa5);
    vgpu_cursor(g, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 3, 100, 200, 1, 0);
    expect_cursor(viewer, 0xa5, 1, 0);
}

/* The cursor's resource is gone: CVE-2026-6502 on the other side. */
static void test_migrate_dead_cursor(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");
    g_autofree VgpuEntry *entries = make_painted(g, 1, 1, 0).entries;

    make_cursor(g, 2, 0x5a);
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, all));
    vgpu_cursor(g, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 2, 100, 200, 7, 9);
    vgpu_assert_ok(vgpu_unref(g, 2));
    vgpu_migrate(g);
    g_assert_true(vgpu_shows(g, 0, 1, all));
    vgpu_assert_answer(vgpu_unref(g, 2), INVALID_RESOURCE);
}

/* What counts against max_hostmem counts there, too; no more than that. */
static void test_migrate_host_memory(void)
{
    g_autoptr(Vgpu) g = vgpu_start(",max_hostmem=1048576", "");
    uint32_t created = 0;

    while (vgpu_create(g, created + 1, VGPU_FORMAT, 128, 128) == OK) {
        g_assert_cmpuint(++created, <=, 16);
    }
    vgpu_migrate(g);
    vgpu_assert_answer(vgpu_create(g, 99, VGPU_FORMAT, 128, 128),
                       OUT_OF_MEMORY);
    vgpu_assert_ok(vgpu_unref(g, 1));
    vgpu_assert_ok(vgpu_create(g, 99, VGPU_FORMAT, 128, 128));
    vgpu_assert_answer(vgpu_create(g, 100, VGPU_FORMAT, 128, 128),
                       OUT_OF_MEMORY);
}

/* Posted there without notification, carried out here. */
static void test_migrate_posted(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    post_many(g, 10, false);
    vgpu_migrate(g);
    g->pci->vdev.bus->virtqueue_kick(&g->pci->vdev, g->queue[VGPU_CONTROL]);
    for (int i = 0; i < 10; i++) {
        vgpu_wait(g, VGPU_CONTROL);
        g_assert_cmpuint(g->length, ==, sizeof(struct virtio_gpu_ctrl_hdr));
    }
    vgpu_assert_ok(vgpu_create(g, 1, VGPU_FORMAT, 1, 1));
}

/* Reset there is reset here. */
static void test_migrate_then_reset(void)
{
    g_autoptr(Vgpu) g = vgpu_start(",max_hostmem=131072", "");

    for (int round = 0; round < 2; round++) {
        use_everything(g);
        vgpu_migrate(g);
        vgpu_reset(g);
        vgpu_drive(g);
        expect_fresh(g, 3);
    }
}

/*
 * A word of the stream, big endian, that cannot be
 *
 * @scanout: it is in the scanouts, else in the resources
 * @word: its number there, from the resource's id on
 */
static const struct {
    const char *name;
    bool scanout;
    int word;
    uint32_t value;
} broken_streams[] = {
    { "wide", false, 1, 0x40000001 },
    { "empty", false, 2, 0 },
    { "no format", false, 3, 0 },
    { "most entries", false, 4, UINT32_MAX },
    { "no RAM", false, 5, 1 },
    { "no entry", false, 7, 0 },
    { "past RAM", false, 7, UINT32_MAX },
    { "outputs", true, -1, 2 },
    { "no resource", true, 0, 2 },
    { "wide scanout", true, 1, WIDTH + 1 },
    { "far scanout", true, 4, UINT32_MAX },
};

static uint8_t *find_words(GString *stream, const uint32_t *words, size_t count)
{
    g_autofree uint8_t *raw = g_malloc(count * 4);
    uint8_t *found;

    for (size_t i = 0; i < count; i++) {
        stl_be_p(raw + 4 * i, words[i]);
    }
    found = memmem(stream->str, stream->len, raw, count * 4);
    g_assert_nonnull(found);
    return found;
}

/* Starts a machine that takes the stream over, and waits for the outcome. */
static void load(Vgpu *g, const char *name, const GString *stream,
                 const char *status)
{
    g_autofree char *arguments = g_strdup_printf("%s -incoming defer",
                                                 g->arguments);
    g_autofree char *uri = g_strdup_printf("file:%s", name);
    QTestState *qts;

    g_assert_true(g_file_set_contents(name, stream->str, stream->len, NULL));
    qts = qtest_init(arguments);
    qtest_qmp_assert_success(qts, "{'execute': 'migrate-incoming', "
                             "'arguments': {'uri': %s, "
                             "'exit-on-error': false}}", uri);
    migration_wait_status(qts, "query-migrate", status);
    qtest_quit(qts);
}

/*
 * A resource with one entry, which is shown as a whole: what does not fit the
 * device is refused, and ends nothing but the migration.
 */
static void test_migrate_broken(void)
{
    const uint32_t resource = 0x1a2b3c4d;
    const uint32_t image[] = { resource, WIDTH, HEIGHT, VGPU_FORMAT, 1 };
    const uint32_t shown[] = { resource, WIDTH, HEIGHT, 0, 0 };
    g_autoptr(Vgpu) g = vgpu_start("", "");
    g_autofree VgpuEntry *entries = make_painted(g, resource, 1, 0).entries;
    g_autofree char *folder = g_dir_make_tmp("vgpu-XXXXXX", NULL);
    g_autofree char *name = g_strdup_printf("%s/stream", folder);
    g_autofree char *uri = g_strdup_printf("file:%s", name);
    GString *stream = g_string_new(NULL);
    g_autofree char *bytes = NULL;
    gsize size;

    vgpu_assert_ok(vgpu_set_scanout(g, 0, resource, all));
    migration_send(g->qts, uri);
    g_assert_true(g_file_get_contents(name, &bytes, &size, NULL));
    g_string_append_len(stream, bytes, size);
    load(g, name, stream, "completed");
    for (size_t i = 0; i < ARRAY_SIZE(broken_streams); i++) {
        uint8_t *at = broken_streams[i].scanout ?
                      find_words(stream, shown, ARRAY_SIZE(shown)) :
                      find_words(stream, image, ARRAY_SIZE(image));
        uint32_t right;

        at += broken_streams[i].word * 4;
        right = ldl_be_p(at);
        g_test_message("%s", broken_streams[i].name);
        stl_be_p(at, broken_streams[i].value);
        load(g, name, stream, "failed");
        stl_be_p(at, right);
    }
    g_string_free(stream, true);
    unlink(name);
    g_assert_cmpint(rmdir(folder), ==, 0);
}

/*
 * While the machine is stopped nothing is taken, as it would be in no stream;
 * it is when the machine goes on.  No guest can see that stock does it at once.
 */
static void test_stopped(void)
{
    g_autoptr(Vgpu) g = vgpu_start("", "");

    post_many(g, 10, false);
    qtest_qmp_assert_success(g->qts, "{'execute': 'stop'}");
    g->pci->vdev.bus->virtqueue_kick(&g->pci->vdev, g->queue[VGPU_CONTROL]);
    for (int i = 0; i < 10; i++) {
        qtest_qmp_assert_success(g->qts, "{'execute': 'query-status'}");
    }
    g_assert_true(vgpu_is_stock() || !vgpu_has_answer(g, VGPU_CONTROL));
    qtest_qmp_assert_success(g->qts, "{'execute': 'cont'}");
    for (int i = 0; i < 10; i++) {
        vgpu_wait(g, VGPU_CONTROL);
        g_assert_cmpuint(g->length, ==, sizeof(struct virtio_gpu_ctrl_hdr));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/virtio-gpu/reset", test_reset);
    qtest_add_func("/virtio-gpu/system-reset", test_system_reset);
    qtest_add_func("/virtio-gpu/reset-in-flight", test_reset_in_flight);
    qtest_add_func("/virtio-gpu/queue-reset", test_queue_reset);
    qtest_add_func("/virtio-gpu/reset-then-silence", test_reset_then_silence);
    qtest_add_func("/virtio-gpu/stopped", test_stopped);
    qtest_add_func("/virtio-gpu/migrate/whole", test_migrate);
    qtest_add_func("/virtio-gpu/migrate/part", test_migrate_part);
    qtest_add_func("/virtio-gpu/migrate/heads", test_migrate_heads);
    qtest_add_func("/virtio-gpu/migrate/odd", test_migrate_odd);
    qtest_add_func("/virtio-gpu/migrate/cursor", test_migrate_cursor);
    qtest_add_func("/virtio-gpu/migrate/dead-cursor",
                   test_migrate_dead_cursor);
    qtest_add_func("/virtio-gpu/migrate/host-memory",
                   test_migrate_host_memory);
    qtest_add_func("/virtio-gpu/migrate/posted", test_migrate_posted);
    qtest_add_func("/virtio-gpu/migrate/then-reset", test_migrate_then_reset);
    if (!vgpu_is_stock()) {
        qtest_add_func("/virtio-gpu/migrate/broken", test_migrate_broken);
    }
    return g_test_run();
}
