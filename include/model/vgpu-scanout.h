/*
 * virtio-gpu's scanouts and cursors, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A scanout shows a rectangle of a frame, which is an image or lies in a blob
 * (virtio 1.2, 5.7.6.8, SET_SCANOUT, SET_SCANOUT_BLOB).  It never shows a
 * resource that is gone: vgpu_scanouts_forget() is called before.
 */

#ifndef MODEL_VGPU_SCANOUT_H
#define MODEL_VGPU_SCANOUT_H

#include "model/vgpu-resource.h"

#define VGPU_CURSOR_WIDTH   64
#define VGPU_CURSOR_HEIGHT  64
#define VGPU_CURSOR_PIXELS  (VGPU_CURSOR_WIDTH * VGPU_CURSOR_HEIGHT)
#define VGPU_SCANOUT_MIN    16

/*
 * VgpuCursor: what the guest said last (5.7.6.10)
 *
 * @resource_id: whose picture was copied; 0: none, the cursor is hidden
 * @hot_x, @hot_y: the pixel that points
 * @x, @y: where it is
 */
typedef struct VgpuCursor {
    uint32_t resource_id;
    uint32_t hot_x, hot_y;
    uint32_t x, y;
} VgpuCursor;

/*
 * VgpuScanout: all 0: it is off
 *
 * @resource: what is shown
 * @rect: the part of @frame, in pixels
 * @frame: how the pixels lie in the resource's memory; its offset is that of
 *     @rect's first pixel
 */
typedef struct VgpuScanout {
    VgpuResource *resource;
    VgpuRect rect;
    VgpuLayout frame;
    VgpuCursor cursor;
} VgpuScanout;

/**
 * vgpu_check_frame: whether a scanout can show this
 * @scanout: filled where it can, but for its cursor
 * @rect: in pixels of @frame
 * @frame: its offset is that of its first pixel
 *
 * Returns: VGPU_OK_NODATA, or INVALID_PARAMETER: less than VGPU_SCANOUT_MIN
 * pixels wide or high, outside of the frame, a stride below a row's length, a
 * byte outside of the resource, a pixel that is not where VGPU_PIXEL_SIZE
 * divides its address
 */
VgpuAnswer vgpu_check_frame(VgpuResource *resource, const VgpuRect *rect,
                            const VgpuLayout *frame, VgpuScanout *scanout);

/* vgpu_scanout_memory: the first pixel that is shown, in the host's memory */
uint8_t *vgpu_scanout_memory(const VgpuScanout *scanout);

/* vgpu_scanout_shows_same: whether both show the same pixels */
bool vgpu_scanout_shows_same(const VgpuScanout *a, const VgpuScanout *b);

/* vgpu_scanout_show: show what vgpu_check_frame() filled; the cursor stays */
void vgpu_scanout_show(VgpuScanout *scanout, const VgpuScanout *shown);

/* vgpu_scanout_off: show nothing; the cursor stays */
void vgpu_scanout_off(VgpuScanout *scanout);

/**
 * vgpu_scanouts_forget: turn off all that show @resource
 *
 * Returns: a bit for each that did
 */
uint32_t vgpu_scanouts_forget(VgpuScanout *scanouts, uint32_t count,
                              const VgpuResource *resource);

/**
 * vgpu_scanout_damage: the part of a scanout that a flush is about
 * @flush: in pixels of the frame (5.7.6.8, RESOURCE_FLUSH)
 * @damage: in pixels of the scanout
 *
 * Returns: false where there is none
 */
bool vgpu_scanout_damage(const VgpuScanout *scanout, const VgpuRect *flush,
                         VgpuRect *damage);

/**
 * vgpu_cursor_pixels: a resource's pixels, if it can be a cursor
 *
 * Returns: VGPU_CURSOR_PIXELS of four bytes each, the resource's own, or NULL
 * where it is an image of another size, or a blob with less memory
 */
const void *vgpu_cursor_pixels(const VgpuResource *resource);

#endif /* MODEL_VGPU_SCANOUT_H */
