/*
 * Test of virtio-gpu's scanouts and cursors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/vgpu-scanout.h"

#define POWER(exponent)  (UINT64_C(1) << (exponent))
#define MIN_SIDE         VGPU_SCANOUT_MIN
#define OK               VGPU_OK_NODATA
#define WRONG            VGPU_ERR_INVALID_PARAMETER

/* ---- things to show ------------------------------------------------------ */

static VgpuResource make_image(uint32_t width, uint32_t height)
{
    return (VgpuResource) {
        .id = 1,
        .layout = {
            .format = PIXMAN_x8r8g8b8,
            .width = width,
            .height = height,
            .stride = width * VGPU_PIXEL_SIZE,
        },
        .image = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, NULL,
                                          width * VGPU_PIXEL_SIZE),
    };
}

static VgpuScanout shown(VgpuResource *resource, VgpuRect rect)
{
    VgpuScanout scanout = { 0 };

    assert_int_equal(vgpu_check_frame(resource, &rect, &resource->layout,
                                      &scanout), OK);
    return scanout;
}

static void assert_same(const VgpuScanout *a, const VgpuScanout *b)
{
    assert_memory_equal(a, b, sizeof(*a));
}

/* ---- frames -------------------------------------------------------------- */

/* A frame in a blob of @size bytes */
typedef struct Row {
    VgpuRect rect;
    uint32_t width, height, stride;
    uint64_t offset;
    uint64_t size;
    VgpuAnswer answer;
} Row;

#define SQUARE    { 0, 0, 16, 16 }
#define GIB4      UINT32_MAX

static const Row rows[] = {
    /* all of it, and one byte less */
    { SQUARE, 16, 16, 64, 0, 1024, OK },
    { SQUARE, 16, 16, 64, 0, 1023, WRONG },
    { SQUARE, 16, 16, 64, 4, 1028, OK },
    { SQUARE, 16, 16, 64, 4, 1027, WRONG },
    /* what is behind the last row's pixels need not be there */
    { SQUARE, 16, 16, 100, 0, 15 * 100 + 64, OK },
    { SQUARE, 16, 16, 100, 0, 15 * 100 + 63, WRONG },
    { SQUARE, 100, 100, 400, 0, 15 * 400 + 64, OK },
    { SQUARE, 100, 100, 400, 0, 15 * 400 + 63, WRONG },
    { { 84, 84, 16, 16 }, 100, 100, 400, 0, 40000, OK },
    { { 84, 84, 16, 16 }, 100, 100, 400, 0, 39999, WRONG },
    /* less than 16 pixels */
    { { 0, 0, 15, 16 }, 16, 16, 64, 0, 9999, WRONG },
    { { 0, 0, 16, 15 }, 16, 16, 64, 0, 9999, WRONG },
    { { 0, 0, 0, 0 }, 16, 16, 64, 0, 9999, WRONG },
    /* outside of the frame */
    { { 1, 0, 16, 16 }, 16, 16, 64, 0, 9999, WRONG },
    { { 0, 1, 16, 16 }, 16, 16, 64, 0, 9999, WRONG },
    { { 0, 0, 17, 16 }, 16, 16, 64, 0, 9999, WRONG },
    { { 0, 0, 16, 17 }, 16, 16, 64, 0, 9999, WRONG },
    { { UINT32_MAX, 0, 16, 16 }, 16, 16, 64, 0, 9999, WRONG },
    { { 0, UINT32_MAX - 14, 16, 16 }, 16, 16, 64, 0, 9999, WRONG },
    { { 0, 0, UINT32_MAX, 16 }, 16, 16, 64, 0, 9999, WRONG },
    { { 0, 0, 16, UINT32_MAX }, 16, 16, 64, 0, 9999, WRONG },
    /* strides */
    { SQUARE, 16, 16, 63, 0, 9999, WRONG },
    { SQUARE, 16, 16, 60, 0, 9999, WRONG },
    { SQUARE, 16, 16, 0, 0, 9999, WRONG },
    { SQUARE, 17, 16, 64, 0, 9999, WRONG },
    { SQUARE, POWER(30), 16, 0, 0, GIB4, WRONG },      /* times 4 is 0 */
    { SQUARE, POWER(30) + 16, 16, 64, 0, GIB4, WRONG },
    { SQUARE, UINT32_MAX, 16, UINT32_MAX, 0, GIB4, WRONG },
    { SQUARE, 16, 16, POWER(28), 0, 15 * POWER(28) + 64, OK },
    { SQUARE, 16, 16, POWER(31), 0, GIB4, WRONG },
    { SQUARE, 16, 16, UINT32_MAX, 0, GIB4, WRONG },
    { SQUARE, 16, 16, POWER(29), 0, GIB4, WRONG },     /* 15 x is 2^32 - x */
    { SQUARE, 16, UINT32_MAX, 64, 0, 1024, OK },
    { { 0, POWER(26), 16, 16 }, 16, UINT32_MAX, 64, 0, 9999, WRONG },
    { { 0, POWER(30), 16, 16 }, 16, UINT32_MAX, POWER(31) - 4, 0, GIB4, WRONG },
    /* offsets */
    { SQUARE, 16, 16, 64, 1024, 1024, WRONG },
    { SQUARE, 16, 16, 64, 2048, 1024, WRONG },
    { SQUARE, 16, 16, 64, UINT32_MAX - 1027, GIB4, OK },
    { SQUARE, 16, 16, 64, UINT32_MAX - 1023, GIB4, WRONG },
    { SQUARE, 16, 16, 64, POWER(31), 9999, WRONG },
    { SQUARE, 16, 16, 64, UINT32_MAX - 3, 9999, WRONG },
    { SQUARE, 16, 16, 64, POWER(32), 9999, WRONG },
    { SQUARE, 16, 16, 64, UINT64_MAX - 3, 9999, WRONG },
    { SQUARE, 16, 16, 64, UINT64_MAX - 1023, GIB4, WRONG },
    /* no whole pixels, which pixman doesn't show */
    { SQUARE, 16, 16, 65, 0, 9999, WRONG },
    { SQUARE, 16, 16, 66, 0, 9999, WRONG },
    { SQUARE, 16, 16, 64, 1, 9999, WRONG },
    { SQUARE, 16, 16, 64, 2, 9999, WRONG },
    /* a blob of nothing */
    { SQUARE, 16, 16, 64, 0, 0, WRONG },
};

static void check_row(size_t number)
{
    const Row *row = &rows[number];
    VgpuResource blob = { .blob_size = row->size };
    const VgpuLayout frame = {
        .format = PIXMAN_x8r8g8b8,
        .width = row->width,
        .height = row->height,
        .stride = row->stride,
        .offset = row->offset,
    };
    VgpuScanout scanout, before;

    memset(&scanout, 0x5a, sizeof(scanout));
    before = scanout;
    if (vgpu_check_frame(&blob, &row->rect, &frame, &scanout) != row->answer) {
        fail_msg("row %zu", number);
    }
    assert_memory_equal(&scanout.cursor, &before.cursor,
                        sizeof(before.cursor));
    if (row->answer != OK) {
        assert_same(&scanout, &before);
        return;
    }
    assert_ptr_equal(scanout.resource, &blob);
    assert_memory_equal(&scanout.rect, &row->rect, sizeof(row->rect));
    assert_int_equal(scanout.frame.stride, row->stride);
    assert_int_equal(scanout.frame.offset, row->offset +
                     (uint64_t)row->rect.y * row->stride + row->rect.x * 4);
}

/* CVE-2026-66021: a blob that is smaller than what is to be shown of it. */
static void test_check_frame(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        check_row(i);
    }
}

static void test_check_frame_of_image(void **state)
{
    VgpuResource image = make_image(32, 20);
    VgpuScanout scanout = shown(&image, (VgpuRect) { 0, 0, 32, 20 });
    VgpuScanout before = scanout;

    assert_ptr_equal(vgpu_scanout_memory(&scanout),
                     pixman_image_get_data(image.image));
    assert_int_equal(vgpu_check_frame(&image, &(VgpuRect) { 0, 0, 33, 20 },
                                      &image.layout, &scanout), WRONG);
    assert_int_equal(vgpu_check_frame(&image, &(VgpuRect) { 0, 1, 32, 20 },
                                      &image.layout, &scanout), WRONG);
    assert_same(&scanout, &before);
    scanout = shown(&image, (VgpuRect) { 16, 4, 16, 16 });
    assert_ptr_equal(vgpu_scanout_memory(&scanout),
                     pixman_image_get_data(image.image) + 4 * 32 + 16);
    pixman_image_unref(image.image);
}

static void test_memory_of_blob(void **state)
{
    static uint32_t memory[32 * 32];
    VgpuResource blob = { .blob_size = sizeof(memory),
                          .memory = (uint8_t *)memory };
    const VgpuLayout frame = { .format = PIXMAN_x8r8g8b8, .width = 31,
                               .height = 31, .stride = 128, .offset = 8 };
    VgpuScanout scanout = { 0 };

    assert_int_equal(vgpu_check_frame(&blob, &(VgpuRect) { 3, 2, 16, 16 },
                                      &frame, &scanout), OK);
    assert_ptr_equal(vgpu_scanout_memory(&scanout), memory + 2 + 2 * 32 + 3);
    /* memory that is not where pixels are */
    blob.memory++;
    assert_int_equal(vgpu_check_frame(&blob, &(VgpuRect) { 3, 2, 16, 16 },
                                      &frame, &scanout), WRONG);
    blob.memory = NULL;
    assert_null(vgpu_scanout_memory(&scanout));
}

/* ---- showing ------------------------------------------------------------- */

static void test_shows_same(void **state)
{
    VgpuResource resource = { .blob_size = 1 << 20 }, other = resource;
    const VgpuScanout one = {
        .resource = &resource,
        .rect = { 1, 2, 30, 40 },
        .frame = { PIXMAN_a8r8g8b8, 100, 100, 400, 804 },
    };
    const VgpuScanout off = { 0 };

    for (int change = 0; change < 9; change++) {
        VgpuScanout two = one;

        two.cursor.x = 77;
        two.frame.width = two.frame.height = 90;
        assert_true(vgpu_scanout_shows_same(&one, &two));
        two.rect.x += change == 0;
        two.rect.y += change == 1;
        two.rect.width += change == 2;
        two.rect.height += change == 3;
        two.frame.format = change == 4 ? PIXMAN_x8r8g8b8 : two.frame.format;
        two.frame.stride += change == 5;
        two.frame.offset += change == 6;
        two.resource = change == 7 ? &other : two.resource;
        two = change == 8 ? off : two;
        assert_false(vgpu_scanout_shows_same(&one, &two));
        assert_false(vgpu_scanout_shows_same(&two, &one));
    }
    assert_true(vgpu_scanout_shows_same(&off, &off));
}

static void test_cursor_stays(void **state)
{
    VgpuResource image = make_image(32, 32);
    const VgpuCursor cursor = { 5, 1, 2, 3, 4 };
    const VgpuScanout nothing = { .cursor = cursor };
    VgpuScanout next = shown(&image, (VgpuRect) { 8, 8, 20, 20 });
    VgpuScanout scanout = nothing;

    next.cursor.resource_id = 99;
    vgpu_scanout_show(&scanout, &next);
    assert_memory_equal(&scanout.cursor, &cursor, sizeof(cursor));
    assert_true(vgpu_scanout_shows_same(&scanout, &next));
    vgpu_scanout_off(&scanout);
    assert_same(&scanout, &nothing);
    pixman_image_unref(image.image);
}

static void test_forget(void **state)
{
    VgpuResource one = make_image(16, 16), two = make_image(16, 16);
    const VgpuRect all = { 0, 0, 16, 16 };
    VgpuScanout scanouts[VGPU_SCANOUTS_MAX] = { 0 };

    assert_int_equal(vgpu_scanouts_forget(scanouts, VGPU_SCANOUTS_MAX, &one),
                     0);
    for (int i = 0; i < VGPU_SCANOUTS_MAX; i++) {
        scanouts[i] = shown(i % 3 ? &one : &two, all);
        scanouts[i].cursor.x = i;
    }
    /* those behind the device's are not looked at */
    assert_int_equal(vgpu_scanouts_forget(scanouts, 4, &two), 0x9);
    assert_null(scanouts[0].resource);
    assert_null(scanouts[3].resource);
    assert_ptr_equal(scanouts[6].resource, &two);
    assert_int_equal(vgpu_scanouts_forget(scanouts, VGPU_SCANOUTS_MAX, &one),
                     0x6db6);
    assert_int_equal(vgpu_scanouts_forget(scanouts, VGPU_SCANOUTS_MAX, &two),
                     0x9240);
    for (int i = 0; i < VGPU_SCANOUTS_MAX; i++) {
        const VgpuScanout off = { .cursor.x = i };

        assert_same(&scanouts[i], &off);
    }
    pixman_image_unref(one.image);
    pixman_image_unref(two.image);
}

/* ---- damage -------------------------------------------------------------- */

static void test_damage(void **state)
{
    static const struct {
        VgpuRect flush, damage;
    } flushes[] = {
        { { 100, 200, 30, 40 }, { 0, 0, 30, 40 } },
        { { 0, 0, 1000, 1000 }, { 0, 0, 30, 40 } },
        { { 0, 0, UINT32_MAX, UINT32_MAX }, { 0, 0, 30, 40 } },
        { { 110, 220, 5, 6 }, { 10, 20, 5, 6 } },
        { { 90, 190, 11, 11 }, { 0, 0, 1, 1 } },
        { { 129, 239, 100, 100 }, { 29, 39, 1, 1 } },
        { { 129, 239, UINT32_MAX, UINT32_MAX }, { 29, 39, 1, 1 } },
        { { 120, 0, 100, 220 }, { 20, 0, 10, 20 } },
        /* none: a width of 0 */
        { { 0, 0, 100, 1000 }, { 0, 0, 0, 0 } },
        { { 0, 0, 1000, 200 }, { 0, 0, 0, 0 } },
        { { 130, 200, 10, 10 }, { 0, 0, 0, 0 } },
        { { 100, 240, 10, 10 }, { 0, 0, 0, 0 } },
        { { 110, 220, 0, 10 }, { 0, 0, 0, 0 } },
        { { 110, 220, 10, 0 }, { 0, 0, 0, 0 } },
        { { UINT32_MAX, 200, UINT32_MAX, 10 }, { 0, 0, 0, 0 } },
        { { 100, UINT32_MAX, 10, UINT32_MAX }, { 0, 0, 0, 0 } },
    };
    const VgpuScanout scanout = { .rect = { 100, 200, 30, 40 } };
    const VgpuScanout off = { 0 };

    for (size_t i = 0; i < COUNT_OF(flushes); i++) {
        const bool any = flushes[i].damage.width;
        VgpuRect damage = { 0 };

        assert_false(vgpu_scanout_damage(&off, &flushes[i].flush, &damage));
        if (vgpu_scanout_damage(&scanout, &flushes[i].flush, &damage) != any ||
            (any && memcmp(&damage, &flushes[i].damage, sizeof(damage)))) {
            fail_msg("row %zu", i);
        }
    }
}

/* ---- cursor -------------------------------------------------------------- */

static bool is_cursor(uint32_t width, uint32_t height)
{
    VgpuResource image = make_image(width, height);
    const void *pixels = vgpu_cursor_pixels(&image);

    assert_true(!pixels || pixels == pixman_image_get_data(image.image));
    pixman_image_unref(image.image);
    return pixels;
}

static void test_cursor_pixels(void **state)
{
    uint8_t memory[1];
    VgpuResource blob = { .blob_size = 64 * 64 * 4, .memory = memory };

    assert_true(is_cursor(64, 64));
    assert_false(is_cursor(64, 63));
    assert_false(is_cursor(63, 64));
    assert_false(is_cursor(64, 65));
    assert_false(is_cursor(65, 64));
    assert_false(is_cursor(128, 32));
    assert_false(is_cursor(32, 128));
    assert_false(is_cursor(4096, 1));
    assert_ptr_equal(vgpu_cursor_pixels(&blob), memory);
    blob.blob_size = UINT32_MAX;
    assert_ptr_equal(vgpu_cursor_pixels(&blob), memory);
    blob.blob_size = 64 * 64 * 4 - 1;
    assert_null(vgpu_cursor_pixels(&blob));
    blob = (VgpuResource) { .blob_size = UINT32_MAX };
    assert_null(vgpu_cursor_pixels(&blob));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_frame),
        cmocka_unit_test(test_check_frame_of_image),
        cmocka_unit_test(test_memory_of_blob),
        cmocka_unit_test(test_shows_same),
        cmocka_unit_test(test_cursor_stays),
        cmocka_unit_test(test_forget),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_cursor_pixels),
    };

    return cmocka_run_group_tests_name("vgpu-scanout", tests, NULL, NULL);
}
