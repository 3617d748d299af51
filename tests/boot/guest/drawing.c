/*
 * Agent of the test guest: pictures on the outputs of a graphics card
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each output that is drawn on has two buffers, of which one is shown.  A
 * picture is a pattern that depends on a number, its seed: see pattern() here
 * and in tests/boot/drawing.py.
 */

#define _GNU_SOURCE
#include <drm.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"

#define OUTPUTS       16
#define MODES         128
#define FLIP_TIMEOUT  60000     /* milliseconds */
#define CURSOR        64        /* pixels, both ways */

/*
 * Buffer: memory of the card's that it can show
 *
 * @handle: the kernel's, of the memory
 * @frame: the kernel's, of the picture in it; 0: the memory is a cursor's
 */
typedef struct Buffer {
    uint32_t handle;
    uint32_t frame;
    uint32_t width;
    uint32_t height;
    uint32_t pitch;
    uint64_t size;
    uint8_t *pixels;
} Buffer;

/*
 * Output: one that is drawn on
 *
 * @shown: which of @buffers
 * @crtc: what drives it, as the kernel calls it
 */
typedef struct Output {
    uint32_t crtc;
    Buffer buffers[2];
    Buffer cursor;
    unsigned int shown;
} Output;

static int card = -1;
static Output outputs[OUTPUTS];

/* The colour of a pixel: 8 bits of each of red, green and blue. */
static uint32_t pattern(uint32_t x, uint32_t y, uint32_t seed)
{
    return (x * 0x10f0b5 + y * 0x3c6ef3 + seed * 0x5bd1e9) & 0xffffff;
}

static void fill(const Buffer *buffer, uint32_t seed, uint32_t alpha)
{
    for (uint32_t y = 0; y < buffer->height; y++) {
        uint32_t *row = (uint32_t *)(buffer->pixels + y * buffer->pitch);

        for (uint32_t x = 0; x < buffer->width; x++) {
            row[x] = pattern(x, y, seed) | alpha << 24;
        }
    }
}

static int control(unsigned long request, void *argument)
{
    int result;

    do {
        result = ioctl(card, request, argument);
    } while (result < 0 && (errno == EINTR || errno == EAGAIN));
    return result < 0 ? -errno : 0;
}

static int map(Buffer *buffer)
{
    struct drm_mode_map_dumb request = { .handle = buffer->handle };
    int error = control(DRM_IOCTL_MODE_MAP_DUMB, &request);

    if (error) {
        return error;
    }
    buffer->pixels = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE,
                          MAP_SHARED, card, request.offset);
    if (buffer->pixels == MAP_FAILED) {
        buffer->pixels = NULL;
        return -errno;
    }
    return 0;
}

static int make_buffer(Buffer *buffer, uint32_t width, uint32_t height)
{
    struct drm_mode_create_dumb request = {
        .width = width, .height = height, .bpp = 32,
    };
    int error = control(DRM_IOCTL_MODE_CREATE_DUMB, &request);

    if (error) {
        return error;
    }
    *buffer = (Buffer) {
        .handle = request.handle, .width = width, .height = height,
        .pitch = request.pitch, .size = request.size,
    };
    return map(buffer);
}

static int make_frame(Buffer *buffer)
{
    struct drm_mode_fb_cmd2 request = {
        .width = buffer->width, .height = buffer->height,
        .pixel_format = DRM_FORMAT_XRGB8888,
        .handles = { buffer->handle }, .pitches = { buffer->pitch },
    };
    int error = control(DRM_IOCTL_MODE_ADDFB2, &request);

    buffer->frame = request.fb_id;
    return error;
}

static void free_buffer(Buffer *buffer)
{
    if (buffer->pixels) {
        munmap(buffer->pixels, buffer->size);
    }
    *buffer = (Buffer) { 0 };
}

/* Finds the card's output number @number: its connector and its CRTC. */
static int find_output(uint32_t number, uint32_t *connector, uint32_t *crtc)
{
    uint32_t crtcs[OUTPUTS], connectors[OUTPUTS];
    struct drm_mode_card_res request = {
        .crtc_id_ptr = (uintptr_t)crtcs, .count_crtcs = OUTPUTS,
        .connector_id_ptr = (uintptr_t)connectors,
        .count_connectors = OUTPUTS,
    };
    int error = control(DRM_IOCTL_MODE_GETRESOURCES, &request);

    if (error) {
        return error;
    }
    if (number >= OUTPUTS || number >= request.count_crtcs ||
        number >= request.count_connectors) {
        return -ENODEV;
    }
    *connector = connectors[number];
    *crtc = crtcs[number];
    return 0;
}

static int find_mode(uint32_t connector, uint32_t width, uint32_t height,
                     struct drm_mode_modeinfo *mode)
{
    static struct drm_mode_modeinfo modes[MODES];
    struct drm_mode_get_connector request = { .connector_id = connector };
    int error = control(DRM_IOCTL_MODE_GETCONNECTOR, &request);

    if (error) {
        return error;
    }
    request = (struct drm_mode_get_connector) {
        .connector_id = connector, .modes_ptr = (uintptr_t)modes,
        .count_modes = MODES,
    };
    error = control(DRM_IOCTL_MODE_GETCONNECTOR, &request);
    if (error) {
        return error;
    }
    for (uint32_t i = 0; i < request.count_modes && i < MODES; i++) {
        if (modes[i].hdisplay == width && modes[i].vdisplay == height) {
            *mode = modes[i];
            return 0;
        }
    }
    return -ENOENT;
}

static int show(const Output *output, uint32_t connector,
                const struct drm_mode_modeinfo *mode)
{
    struct drm_mode_crtc request = {
        .crtc_id = output->crtc, .fb_id = output->buffers[0].frame,
        .set_connectors_ptr = (uintptr_t)&connector, .count_connectors = 1,
        .mode = *mode, .mode_valid = 1,
    };

    return control(DRM_IOCTL_MODE_SETCRTC, &request);
}

static int make_buffers(Output *output, uint32_t width, uint32_t height)
{
    int error = 0;

    for (int i = 0; i < 2 && !error; i++) {
        error = make_buffer(&output->buffers[i], width, height);
        if (!error) {
            error = make_frame(&output->buffers[i]);
        }
    }
    return error;
}

static int start(Output *output, uint32_t number, uint32_t width,
                 uint32_t height, uint32_t seed)
{
    struct drm_mode_modeinfo mode;
    uint32_t connector;
    int error = find_output(number, &connector, &output->crtc);

    if (!error) {
        error = find_mode(connector, width, height, &mode);
    }
    if (!error) {
        error = make_buffers(output, width, height);
    }
    if (error) {
        return error;
    }
    fill(&output->buffers[0], seed, 0);
    return show(output, connector, &mode);
}

static int dirty(Output *output, const struct drm_clip_rect *clip,
                 uint32_t seed)
{
    Buffer *buffer = &output->buffers[output->shown];
    struct drm_mode_fb_dirty_cmd request = {
        .fb_id = buffer->frame, .clips_ptr = (uintptr_t)clip, .num_clips = 1,
    };

    fill(buffer, seed, 0);
    return control(DRM_IOCTL_MODE_DIRTYFB, &request);
}

static int wait_flip(void)
{
    struct pollfd source = { .fd = card, .events = POLLIN };
    char events[256];

    if (poll(&source, 1, FLIP_TIMEOUT) != 1) {
        return -ETIMEDOUT;
    }
    return read(card, events, sizeof(events)) > 0 ? 0 : -EIO;
}

static int flip(Output *output, uint32_t seed)
{
    Buffer *next = &output->buffers[!output->shown];
    struct drm_mode_crtc_page_flip request = {
        .crtc_id = output->crtc, .fb_id = next->frame,
        .flags = DRM_MODE_PAGE_FLIP_EVENT,
    };
    int error;

    fill(next, seed, 0);
    error = control(DRM_IOCTL_MODE_PAGE_FLIP, &request);
    if (error) {
        return error;
    }
    output->shown = !output->shown;
    return wait_flip();
}

static int set_cursor(Output *output, int32_t x, int32_t y, uint32_t seed)
{
    struct drm_mode_cursor2 request = {
        .flags = DRM_MODE_CURSOR_BO | DRM_MODE_CURSOR_MOVE,
        .crtc_id = output->crtc, .x = x, .y = y,
        .width = CURSOR, .height = CURSOR,
    };
    int error = 0;

    if (!output->cursor.pixels) {
        error = make_buffer(&output->cursor, CURSOR, CURSOR);
    }
    if (error) {
        return error;
    }
    fill(&output->cursor, seed, 255);
    request.handle = output->cursor.handle;
    return control(DRM_IOCTL_MODE_CURSOR2, &request);
}

static Output *drawn_on(uint32_t number)
{
    return card >= 0 && number < OUTPUTS && outputs[number].buffers[0].frame ?
           &outputs[number] : NULL;
}

int drawing_start(const char *id, const char *arguments)
{
    char path[64];
    uint32_t number, width, height, seed;

    if (sscanf(arguments, "%63s %u %u %u %u", path, &number, &width, &height,
               &seed) != 5 || number >= OUTPUTS) {
        return -EINVAL;
    }
    if (drawn_on(number)) {
        return -EBUSY;
    }
    if (card < 0) {
        card = open(path, O_RDWR | O_CLOEXEC);
    }
    return card < 0 ? -errno :
           start(&outputs[number], number, width, height, seed);
}

int drawing_dirty(const char *id, const char *arguments)
{
    uint32_t number, x, y, width, height, seed;
    struct drm_clip_rect clip;
    Output *output;

    if (sscanf(arguments, "%u %u %u %u %u %u", &number, &x, &y, &width,
               &height, &seed) != 6) {
        return -EINVAL;
    }
    clip = (struct drm_clip_rect) { x, y, x + width, y + height };
    output = drawn_on(number);
    return output ? dirty(output, &clip, seed) : -ENOENT;
}

int drawing_flip(const char *id, const char *arguments)
{
    uint32_t number, seed;
    Output *output;

    if (sscanf(arguments, "%u %u", &number, &seed) != 2) {
        return -EINVAL;
    }
    output = drawn_on(number);
    return output ? flip(output, seed) : -ENOENT;
}

int drawing_cursor(const char *id, const char *arguments)
{
    uint32_t number, seed;
    int32_t x, y;
    Output *output;

    if (sscanf(arguments, "%u %d %d %u", &number, &x, &y, &seed) != 4) {
        return -EINVAL;
    }
    output = drawn_on(number);
    return output ? set_cursor(output, x, y, seed) : -ENOENT;
}

int drawing_stop(const char *id)
{
    for (int i = 0; i < OUTPUTS; i++) {
        free_buffer(&outputs[i].buffers[0]);
        free_buffer(&outputs[i].buffers[1]);
        free_buffer(&outputs[i].cursor);
        outputs[i] = (Output) { 0 };
    }
    if (card < 0) {
        return -ENOENT;
    }
    /* The kernel frees all that was made, and shows the console again. */
    close(card);
    card = -1;
    return 0;
}
