/*
 * What the host shows of a virtio-gpu, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A VgpuPicture is a screenshot; a VgpuViewer is a VNC client, which alone sees
 * the cursor and asks for another size.
 */

#ifndef TESTS_QTEST_VGPU_DISPLAY_H
#define TESTS_QTEST_VGPU_DISPLAY_H

#include "vgpu-guest.h"

/* @rgb: three bytes per pixel, rows without gaps */
typedef struct VgpuPicture {
    uint32_t width;
    uint32_t height;
    uint8_t *rgb;
} VgpuPicture;

/* A screenshot of one head, taken over QMP. */
VgpuPicture *vgpu_picture(Vgpu *g, uint32_t head);
void vgpu_picture_free(VgpuPicture *picture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VgpuPicture, vgpu_picture_free)

/* 0xRRGGBB. */
uint32_t vgpu_picture_pixel(const VgpuPicture *picture, uint32_t x,
                            uint32_t y);
bool vgpu_pictures_equal(const VgpuPicture *one, const VgpuPicture *other);

/* ---- a test picture ---------------------------------------------------- */

/* The colour of a pixel, 0xRRGGBB, in one of 2^32 pictures. */
uint32_t vgpu_pattern(uint32_t seed, uint32_t x, uint32_t y);
/* A whole picture in VGPU_FORMAT; the caller frees it. */
uint32_t *vgpu_paint(uint32_t seed, uint32_t width, uint32_t height);
/* Whether a head is as large as @area and shows that part of a pattern. */
bool vgpu_shows(Vgpu *g, uint32_t head, uint32_t seed, VgpuArea area);

/* ---- a VNC client (RFC 6143) ------------------------------------------- */

typedef struct VgpuViewer {
    char *folder;
    char *socket_path;
    char *arguments;
    int fd;
} VgpuViewer;

/* @pixels: as in memory of the host; freed by the caller */
typedef struct VgpuCursorSeen {
    uint16_t hot_x;
    uint16_t hot_y;
    uint16_t width;
    uint16_t height;
    uint32_t *pixels;
} VgpuCursorSeen;

/*
 * Reserves a socket; ->arguments is what QEMU has to be started with to serve
 * @head there.
 */
VgpuViewer *vgpu_viewer_new(uint32_t head);
/* Connects; again after vgpu_migrate().  The cursor there is comes first. */
void vgpu_viewer_connect(VgpuViewer *viewer);
void vgpu_viewer_free(VgpuViewer *viewer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VgpuViewer, vgpu_viewer_free)

/* Waits, in bounded time, for the next cursor. */
VgpuCursorSeen vgpu_viewer_cursor(VgpuViewer *viewer);
/* Asks for another size of the display. */
void vgpu_viewer_resize(VgpuViewer *viewer, uint16_t width, uint16_t height);

#endif /* TESTS_QTEST_VGPU_DISPLAY_H */
