/*
 * Screenshots of a virtio-gpu, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "vgpu-display.h"
#include "qemu/bswap.h"

#define SAMPLES  3

/*
 * Binary PPM: "P6", width, height and largest sample, then the samples.  QEMU
 * fills rows up to whole words.
 */
static VgpuPicture *parse(const char *data, size_t size)
{
    VgpuPicture *picture = g_new0(VgpuPicture, 1);
    size_t row, padded;
    int start = 0;

    g_assert_cmpint(sscanf(data, "P6 %u %u 255%n", &picture->width,
                           &picture->height, &start), ==, 2);
    g_assert_cmpint(start, >, 0);
    row = (size_t)picture->width * SAMPLES;
    padded = ROUND_UP(row, sizeof(uint32_t));
    g_assert_cmpuint(size, ==, start + 1 + padded * picture->height);
    picture->rgb = g_malloc(row * picture->height);
    for (size_t y = 0; y < picture->height; y++) {
        memcpy(picture->rgb + y * row, data + start + 1 + y * padded, row);
    }
    return picture;
}

VgpuPicture *vgpu_picture(Vgpu *g, uint32_t head)
{
    g_autofree char *folder = g_dir_make_tmp("vgpu-XXXXXX", NULL);
    g_autofree char *name = g_strdup_printf("%s/picture.ppm", folder);
    g_autofree char *data = NULL;
    VgpuPicture *picture;
    gsize size;

    qtest_qmp_assert_success(g->qts, "{'execute': 'screendump', 'arguments': "
                             "{'filename': %s, 'device': %s, 'head': %u}}",
                             name, VGPU_ID, head);
    g_assert_true(g_file_get_contents(name, &data, &size, NULL));
    picture = parse(data, size);
    unlink(name);
    g_assert_cmpint(rmdir(folder), ==, 0);
    return picture;
}

void vgpu_picture_free(VgpuPicture *picture)
{
    g_free(picture->rgb);
    g_free(picture);
}

uint32_t vgpu_picture_pixel(const VgpuPicture *picture, uint32_t x, uint32_t y)
{
    const uint8_t *rgb;

    g_assert_cmpuint(x, <, picture->width);
    g_assert_cmpuint(y, <, picture->height);
    rgb = picture->rgb + ((size_t)y * picture->width + x) * SAMPLES;
    return rgb[0] << 16 | rgb[1] << 8 | rgb[2];
}

bool vgpu_pictures_equal(const VgpuPicture *one, const VgpuPicture *other)
{
    return one->width == other->width && one->height == other->height &&
           memcmp(one->rgb, other->rgb,
                  (size_t)one->width * one->height * SAMPLES) == 0;
}

uint32_t vgpu_pattern(uint32_t seed, uint32_t x, uint32_t y)
{
    uint32_t mixed = seed * 0x9e3779b1 + x * 0x85ebca77 + y * 0xc2b2ae3d;

    mixed = (mixed ^ mixed >> 15) * 0x2c1b3c6d;
    return (mixed ^ mixed >> 12) & 0xffffff;
}

uint32_t *vgpu_paint(uint32_t seed, uint32_t width, uint32_t height)
{
    uint32_t *pixels = g_new(uint32_t, (size_t)width * height);

    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            pixels[(size_t)y * width + x] =
                cpu_to_le32(vgpu_pattern(seed, x, y));
        }
    }
    return pixels;
}

static bool is_pattern(const VgpuPicture *picture, uint32_t seed, VgpuArea area)
{
    for (uint32_t y = 0; y < area.height; y++) {
        for (uint32_t x = 0; x < area.width; x++) {
            if (vgpu_picture_pixel(picture, x, y) !=
                vgpu_pattern(seed, area.x + x, area.y + y)) {
                return false;
            }
        }
    }
    return true;
}

bool vgpu_shows(Vgpu *g, uint32_t head, uint32_t seed, VgpuArea area)
{
    g_autoptr(VgpuPicture) picture = vgpu_picture(g, head);

    return picture->width == area.width && picture->height == area.height &&
           is_pattern(picture, seed, area);
}
