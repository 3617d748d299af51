/*
 * A VNC client that looks at a virtio-gpu, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RFC 6143, and two extensions of it as the RFB community's protocol text has
 * them: cursors with alpha, and sizes that the client asks for.  It never asks
 * for pixels: those come by screenshot.
 */

#include "qemu/osdep.h"
#include <sys/un.h>
#include "vgpu-display.h"
#include "qemu/bswap.h"

#define VERSION              "RFB 003.008\n"
#define SECURITY_NONE        1
#define SHARED               1

#define CLIENT_SET_ENCODINGS 2
#define CLIENT_DESKTOP_SIZE  251
#define SERVER_UPDATE        0

#define CURSOR_WITH_ALPHA    (-314)
#define DESKTOP_SIZE         (-308)

#define SERVER_INIT_BYTES    24
#define RECTANGLE_BYTES      12
#define SCREEN_BYTES         16

#define TIMEOUT_MS           60000

VgpuViewer *vgpu_viewer_new(uint32_t head)
{
    VgpuViewer *viewer = g_new0(VgpuViewer, 1);

    viewer->folder = g_dir_make_tmp("vgpu-XXXXXX", NULL);
    viewer->socket_path = g_strdup_printf("%s/vnc", viewer->folder);
    viewer->arguments = g_strdup_printf("-vnc unix:%s,display=" VGPU_ID
                                        ",head=%u", viewer->socket_path, head);
    viewer->fd = -1;
    return viewer;
}

void vgpu_viewer_free(VgpuViewer *viewer)
{
    if (viewer->fd >= 0) {
        close(viewer->fd);
    }
    unlink(viewer->socket_path);
    g_assert_cmpint(rmdir(viewer->folder), ==, 0);
    g_free(viewer->folder);
    g_free(viewer->socket_path);
    g_free(viewer->arguments);
    g_free(viewer);
}

static void put(VgpuViewer *viewer, const void *data, size_t size)
{
    g_assert_cmpint(write(viewer->fd, data, size), ==, size);
}

static void get(VgpuViewer *viewer, void *to, size_t size)
{
    uint8_t *at = to;

    while (size) {
        GPollFD poll_fd = { .fd = viewer->fd, .events = G_IO_IN };
        ssize_t got;

        g_assert_cmpint(g_poll(&poll_fd, 1, TIMEOUT_MS), ==, 1);
        got = read(viewer->fd, at, size);
        g_assert_cmpint(got, >, 0);
        at += got;
        size -= got;
    }
}

static void skip(VgpuViewer *viewer, size_t size)
{
    g_autofree uint8_t *data = g_malloc(size);

    get(viewer, data, size);
}

static void open_socket(VgpuViewer *viewer)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (viewer->fd >= 0) {
        close(viewer->fd);
    }
    g_assert_cmpuint(strlen(viewer->socket_path), <, sizeof(address.sun_path));
    strcpy(address.sun_path, viewer->socket_path);
    viewer->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    g_assert_cmpint(connect(viewer->fd, (struct sockaddr *)&address,
                            sizeof(address)), ==, 0);
}

static void greet(VgpuViewer *viewer)
{
    static const uint8_t security = SECURITY_NONE, shared = SHARED;
    char version[sizeof(VERSION)] = "";
    uint8_t types, init[SERVER_INIT_BYTES];
    uint32_t result;

    get(viewer, version, strlen(VERSION));
    g_assert_cmpstr(version, ==, VERSION);
    put(viewer, VERSION, strlen(VERSION));
    get(viewer, &types, sizeof(types));
    skip(viewer, types);
    put(viewer, &security, sizeof(security));
    get(viewer, &result, sizeof(result));
    g_assert_cmpuint(result, ==, 0);
    put(viewer, &shared, sizeof(shared));
    get(viewer, init, sizeof(init));
    skip(viewer, ldl_be_p(init + 20));
}

void vgpu_viewer_connect(VgpuViewer *viewer)
{
    uint8_t encodings[12] = { CLIENT_SET_ENCODINGS };

    open_socket(viewer);
    greet(viewer);
    stw_be_p(encodings + 2, 2);
    stl_be_p(encodings + 4, CURSOR_WITH_ALPHA);
    stl_be_p(encodings + 8, DESKTOP_SIZE);
    put(viewer, encodings, sizeof(encodings));
}

static void get_cursor(VgpuViewer *viewer, VgpuCursorSeen *cursor)
{
    size_t size = cursor->width * cursor->height * sizeof(uint32_t);

    skip(viewer, sizeof(uint32_t));
    cursor->pixels = g_malloc(size);
    get(viewer, cursor->pixels, size);
}

/* Whether it was a cursor, which is stored in @cursor then. */
static bool get_rectangle(VgpuViewer *viewer, VgpuCursorSeen *cursor)
{
    uint8_t rectangle[RECTANGLE_BYTES], screens[4];
    int32_t encoding;

    get(viewer, rectangle, sizeof(rectangle));
    encoding = ldl_be_p(rectangle + 8);
    if (encoding == DESKTOP_SIZE) {
        get(viewer, screens, sizeof(screens));
        skip(viewer, screens[0] * SCREEN_BYTES);
        return false;
    }
    g_assert_cmpint(encoding, ==, CURSOR_WITH_ALPHA);
    *cursor = (VgpuCursorSeen) {
        .hot_x = lduw_be_p(rectangle),
        .hot_y = lduw_be_p(rectangle + 2),
        .width = lduw_be_p(rectangle + 4),
        .height = lduw_be_p(rectangle + 6),
    };
    get_cursor(viewer, cursor);
    return true;
}

VgpuCursorSeen vgpu_viewer_cursor(VgpuViewer *viewer)
{
    VgpuCursorSeen cursor;
    uint8_t update[4];

    do {
        get(viewer, update, sizeof(update));
        g_assert_cmpuint(update[0], ==, SERVER_UPDATE);
        g_assert_cmpuint(lduw_be_p(update + 2), ==, 1);
    } while (!get_rectangle(viewer, &cursor));
    return cursor;
}

void vgpu_viewer_resize(VgpuViewer *viewer, uint16_t width, uint16_t height)
{
    uint8_t message[8 + SCREEN_BYTES] = { CLIENT_DESKTOP_SIZE };

    stw_be_p(message + 2, width);
    stw_be_p(message + 4, height);
    message[6] = 1;
    stw_be_p(message + 16, width);
    stw_be_p(message + 18, height);
    put(viewer, message, sizeof(message));
}
