/*
 * QTest of virtio-gpu: plugged into a running machine, and out of it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * On i440fx, whose first bus takes devices without a guest's help and gives
 * them back at a write to EJ.
 */

#include "qemu/osdep.h"
#include "hotplug-steps.h"
#include "qapi/error.h"
#include "qemu/sockets.h"
#include "vgpu-differences.h"
#include "vgpu-display.h"
#include "vgpu-names.h"

#define TYPE        "virtio-gpu-pci"
#define MEMORY      "-m 128 "
#define ROUNDS      30
#define KIB_ALLOWED (24 * 1024)
#define PROMPT      "(qemu) "
#define TIMEOUT_MS  30000

static const HotplugPlace *place(void)
{
    return &hotplug_i440fx.place[0];
}

static Hotplug *start(const char *arguments)
{
    return hotplug_start_bare(&hotplug_i440fx, MEMORY "%s", arguments);
}

/* Whether the device can be plugged at all; skips the test if not. */
static bool can_be_plugged(void)
{
    if (vgpu_is_stock()) {
        vgpu_skip(VGPU_HOT_PLUG, "stock's device cannot be plugged");
    }
    return !vgpu_is_stock();
}

static Vgpu *plug(Hotplug *h)
{
    hotplug_plug(h, TYPE, VGPU_ID, place());
    return vgpu_start_driver(h->qts, place()->slot);
}

static void unplug(Hotplug *h)
{
    hotplug_request_unplug(h, VGPU_ID);
    hotplug_eject(h, place());
    hotplug_expect_deleted(h, VGPU_ID);
}

/* A megabyte of picture, of which a part is shown, and its backing. */
static void use(Vgpu *g, uint32_t seed)
{
    g_autofree uint32_t *pixels = vgpu_paint(seed, 512, 512);
    uint64_t memory = vgpu_make_plain(g, 1, 512, 512);

    qtest_bufwrite(g->qts, memory, pixels, 512 * 512 * 4);
    vgpu_assert_ok(vgpu_transfer(g, 1, vgpu_all(512, 512), 0));
    vgpu_assert_ok(vgpu_set_scanout(g, 0, 1, vgpu_all(WIDTH, HEIGHT)));
    vgpu_assert_ok(vgpu_flush(g, 1, vgpu_all(512, 512)));
    vgpu_cursor(g, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 1, 1, 2, 3, 4);
    g_assert_true(vgpu_shows(g, 0, seed, vgpu_all(WIDTH, HEIGHT)));
}

/* It works as one that was there from the start, and so does the next. */
static void test_plug(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (!can_be_plugged()) {
        return;
    }
    h = start("");
    for (uint32_t round = 0; round < 3; round++) {
        g_autoptr(Vgpu) g = plug(h);

        use(g, round);
        unplug(h);
        qtest_qmp_assert_failure_ref(h->qts, "{'execute': 'screendump', "
                                     "'arguments': {'filename': '/dev/null', "
                                     "'device': 'gpu'}}");
    }
}

/* Beside one that stays: neither sees what becomes of the other. */
static void test_second(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (!can_be_plugged()) {
        return;
    }
    h = start("-device " TYPE ",id=cold,addr=5");
    for (uint32_t round = 0; round < 3; round++) {
        g_autoptr(Vgpu) g = plug(h);

        use(g, round);
        qtest_qmp_assert_success(h->qts, "{'execute': 'screendump', "
                                 "'arguments': {'filename': '/dev/null', "
                                 "'device': 'cold'}}");
        unplug(h);
    }
    g_assert_true(hotplug_has_device(h, "cold"));
}

/* Each round has a picture of a megabyte that is still shown at the end. */
static void test_rounds(void)
{
    g_autoptr(Hotplug) h = NULL;
    size_t before = 0;

    if (!can_be_plugged()) {
        return;
    }
    h = start("");
    for (uint32_t round = 0; round < ROUNDS; round++) {
        g_autoptr(Vgpu) g = plug(h);
        size_t now;

        use(g, round);
        unplug(h);
        now = vgpu_resident_kilobytes(g);
        before = round == 2 ? now : before;
        if (round == ROUNDS - 1) {
            g_test_message("%d rounds: %zu KiB, then %zu", ROUNDS, before,
                           now);
            g_assert_cmpuint(now, <, before + KIB_ALLOWED);
        }
    }
}

/* ---- a viewer that looks while it goes --------------------------------- */

/* A machine that has the device from the start, as a viewer needs it. */
static Hotplug *start_with_viewer(VgpuViewer *viewer, const char *more)
{
    Hotplug *h = hotplug_start_bare(&hotplug_i440fx, MEMORY "-device " TYPE
                                    ",id=" VGPU_ID ",addr=0x%x %s %s",
                                    place()->slot, viewer->arguments, more);

    vgpu_viewer_connect(viewer);
    return h;
}

/* The viewer asks for a size, and the driver hears of it. */
static void expect_wish(Hotplug *h, VgpuViewer *viewer, uint16_t width)
{
    const uint32_t info = VIRTIO_GPU_CMD_GET_DISPLAY_INFO;
    const size_t mode = sizeof(struct virtio_gpu_ctrl_hdr);
    g_autoptr(Vgpu) g = vgpu_start_driver(h->qts, place()->slot);

    vgpu_viewer_resize(viewer, width, 600);
    qvirtio_wait_config_isr(&g->pci->vdev, TIMEOUT_MS * 1000);
    g_assert_cmphex(vgpu_command(g, info, NULL, 0), ==,
                    VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
    g_assert_cmpuint(vgpu_answer_word(g, mode + 8), ==, width);
}

/* What it asked of one device, it asks of the next, and is not ignored. */
static void test_viewer(void)
{
    g_autoptr(VgpuViewer) viewer = vgpu_viewer_new(0);
    g_autoptr(Hotplug) h = NULL;

    if (!can_be_plugged()) {
        return;
    }
    h = start_with_viewer(viewer, "");
    for (int round = 0; round < 3; round++) {
        expect_wish(h, viewer, 1000);
        unplug(h);
        vgpu_viewer_resize(viewer, 640, 480);
        hotplug_plug(h, TYPE, VGPU_ID, place());
    }
}

/* Reads from the human monitor until it has written @text. */
static void monitor_wait(int fd, const char *text)
{
    g_autoptr(GString) seen = g_string_new("");
    GPollFD poll_fd = { .fd = fd, .events = G_IO_IN };

    while (!g_str_has_suffix(seen->str, text)) {
        char byte;

        g_assert_cmpint(g_poll(&poll_fd, 1, TIMEOUT_MS), ==, 1);
        g_assert_cmpint(read(fd, &byte, 1), ==, 1);
        g_string_append_c(seen, byte);
    }
}

/*
 * Types an ejection of the device into the human monitor, all but the return
 * key: there QEMU takes commands in the same loop as a viewer's messages, and
 * behind those of a viewer that connected before.
 */
static int monitor_type_eject(Hotplug *h, const char *path)
{
    int fd = unix_connect(path, &error_abort);
    g_autofree char *line = g_strdup_printf(
        "o/w 0x%x 0x%x", h->board->registers + ACPI_SLOTS_EJ,
        hotplug_slot_bit(place()));

    monitor_wait(fd, PROMPT);
    for (const char *key = line; *key; key++) {
        const char text[] = { *key, 0 };

        g_assert_cmpint(write(fd, key, 1), ==, 1);
        monitor_wait(fd, text);
    }
    return fd;
}

/* Both messages are there when QEMU looks the next time. */
static void resize_and_eject(Hotplug *h, VgpuViewer *viewer, int monitor,
                             uint16_t width)
{
    pid_t pid = qtest_pid(h->qts);
    int status;

    g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
    g_assert_cmpint(waitpid(pid, &status, WUNTRACED), ==, pid);
    g_assert_true(WIFSTOPPED(status));
    vgpu_viewer_resize(viewer, width, 600);
    g_assert_cmpint(write(monitor, "\n", 1), ==, 1);
    g_assert_cmpint(kill(pid, SIGCONT), ==, 0);
    monitor_wait(monitor, PROMPT);
    hotplug_expect_deleted(h, VGPU_ID);
}

/* A viewer asks for a size, and the device goes before it is told. */
static void test_resize(void)
{
    g_autoptr(VgpuViewer) viewer = vgpu_viewer_new(0);
    g_autofree char *path = g_strconcat(viewer->folder, "/monitor", NULL);
    g_autofree char *more = g_strdup_printf(
        "-chardev socket,id=late,path=%s,server=on,wait=off -mon late", path);
    g_autoptr(Hotplug) h = NULL;

    if (!can_be_plugged()) {
        return;
    }
    h = start_with_viewer(viewer, more);
    for (int round = 0; round < 3; round++) {
        int monitor = monitor_type_eject(h, path);

        hotplug_read_at(h, place(), ACPI_SLOTS_UP);
        hotplug_request_unplug(h, VGPU_ID);
        resize_and_eject(h, viewer, monitor, 1000 + 8 * round);
        close(monitor);
        hotplug_plug(h, TYPE, VGPU_ID, place());
    }
    unlink(path);
}

/* Those that stay cold-plugged, and stock's, say so. */
static void test_refused(void)
{
    g_autoptr(Hotplug) h = start("");
    const char *type = vgpu_is_stock() ? TYPE : "virtio-vga";
    g_autofree char *text = hotplug_refused_plug(h, type, VGPU_ID, "pci.0");

    hotplug_assert_names(text, type, "hotplugging", NULL);
    g_assert_false(hotplug_has_device(h, VGPU_ID));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    if (g_str_equal(qtest_get_arch(), "x86_64")) {
        qtest_add_func("/virtio-gpu/plug/again", test_plug);
        qtest_add_func("/virtio-gpu/plug/second", test_second);
        qtest_add_func("/virtio-gpu/plug/rounds", test_rounds);
        qtest_add_func("/virtio-gpu/plug/viewer", test_viewer);
        qtest_add_func("/virtio-gpu/plug/resize", test_resize);
        qtest_add_func("/virtio-gpu/plug/refused", test_refused);
    }
    return g_test_run();
}
