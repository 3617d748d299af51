/*
 * virtio-gpu's scanouts and cursors, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "model/vgpu-scanout.h"

/* ---- what can be shown ------------------------------------------------- */

static uint64_t resource_size(const VgpuResource *resource)
{
    return resource->image
           ? (uint64_t)resource->layout.stride * resource->layout.height
           : resource->blob_size;
}

/*
 * A row's rest behind its last pixel need not be there: all sums are of numbers
 * below 2^32, or of one product of two of them and less than 2^63.
 */
static bool is_inside(const VgpuResource *resource, const VgpuRect *rect,
                      const VgpuLayout *frame, uint64_t first)
{
    const uint64_t last_row = (uint64_t)frame->stride * (rect->height - 1);
    const uint64_t row = (uint64_t)rect->width * VGPU_PIXEL_SIZE;
    const uint64_t size = resource_size(resource);

    return first <= size && last_row <= size - first &&
           row <= size - first - last_row;
}

/* pixman reads pixels as numbers, and takes no other rows. */
static bool is_aligned(const VgpuResource *resource, const VgpuLayout *frame,
                       uint64_t first)
{
    return frame->stride % VGPU_PIXEL_SIZE == 0 &&
           ((uintptr_t)resource->memory + first) % VGPU_PIXEL_SIZE == 0;
}

VgpuAnswer vgpu_check_frame(VgpuResource *resource, const VgpuRect *rect,
                            const VgpuLayout *frame, VgpuScanout *scanout)
{
    uint64_t first;

    if (rect->width < VGPU_SCANOUT_MIN || rect->height < VGPU_SCANOUT_MIN ||
        !vgpu_rect_within(rect, frame->width, frame->height) ||
        frame->stride > INT32_MAX || frame->offset > UINT32_MAX ||
        frame->stride < (uint64_t)frame->width * VGPU_PIXEL_SIZE) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    first = frame->offset + (uint64_t)rect->y * frame->stride +
            (uint64_t)rect->x * VGPU_PIXEL_SIZE;
    if (!is_inside(resource, rect, frame, first) ||
        !is_aligned(resource, frame, first)) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    scanout->resource = resource;
    scanout->rect = *rect;
    scanout->frame = *frame;
    scanout->frame.offset = first;
    return VGPU_OK_NODATA;
}

uint8_t *vgpu_scanout_memory(const VgpuScanout *scanout)
{
    const VgpuResource *resource = scanout->resource;
    uint8_t *memory = resource->image
                      ? (uint8_t *)pixman_image_get_data(resource->image)
                      : resource->memory;

    return memory ? memory + scanout->frame.offset : NULL;
}

/* ---- showing ----------------------------------------------------------- */

static bool same_rect(const VgpuRect *a, const VgpuRect *b)
{
    return a->x == b->x && a->y == b->y && a->width == b->width &&
           a->height == b->height;
}

bool vgpu_scanout_shows_same(const VgpuScanout *a, const VgpuScanout *b)
{
    return a->resource == b->resource && same_rect(&a->rect, &b->rect) &&
           a->frame.format == b->frame.format &&
           a->frame.stride == b->frame.stride &&
           a->frame.offset == b->frame.offset;
}

void vgpu_scanout_show(VgpuScanout *scanout, const VgpuScanout *shown)
{
    const VgpuCursor cursor = scanout->cursor;

    *scanout = *shown;
    scanout->cursor = cursor;
}

void vgpu_scanout_off(VgpuScanout *scanout)
{
    vgpu_scanout_show(scanout, &(const VgpuScanout) { 0 });
}

uint32_t vgpu_scanouts_forget(VgpuScanout *scanouts, uint32_t count,
                              const VgpuResource *resource)
{
    uint32_t off = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (scanouts[i].resource == resource) {
            vgpu_scanout_off(&scanouts[i]);
            off |= 1u << i;
        }
    }
    return off;
}

/* The part of first..first + size that is in from..from + length */
static bool clip(uint64_t first, uint64_t size, uint64_t from, uint64_t length,
                 uint32_t *clipped_first, uint32_t *clipped_size)
{
    const uint64_t begin = MAX(first, from);
    const uint64_t end = MIN(first + size, from + length);

    if (begin >= end) {
        return false;
    }
    *clipped_first = begin - from;
    *clipped_size = end - begin;
    return true;
}

bool vgpu_scanout_damage(const VgpuScanout *scanout, const VgpuRect *flush,
                         VgpuRect *damage)
{
    const VgpuRect *rect = &scanout->rect;

    return clip(flush->x, flush->width, rect->x, rect->width,
                &damage->x, &damage->width) &&
           clip(flush->y, flush->height, rect->y, rect->height,
                &damage->y, &damage->height);
}

/* ---- cursor ------------------------------------------------------------ */

const void *vgpu_cursor_pixels(const VgpuResource *resource)
{
    if (resource->image) {
        return resource->layout.width == VGPU_CURSOR_WIDTH &&
               resource->layout.height == VGPU_CURSOR_HEIGHT
               ? pixman_image_get_data(resource->image) : NULL;
    }
    return resource->blob_size >= VGPU_CURSOR_PIXELS * VGPU_PIXEL_SIZE
           ? resource->memory : NULL;
}
