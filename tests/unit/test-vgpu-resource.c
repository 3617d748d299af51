/*
 * Test of virtio-gpu's resources
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-cmocka.h"
#include "vgpu-dump.h"

#define ROOMY     UINT64_MAX
#define FORMAT    1
#define POWER(exponent)  (UINT64_C(1) << (exponent))

/* ---- resources to test with --------------------------------------------- */

static VgpuResource *add_image(VgpuResources *all, uint32_t id, uint32_t width,
                               uint32_t height)
{
    VgpuLayout layout;

    assert_int_equal(vgpu_check_image(all, id, FORMAT, width, height, &layout),
                     VGPU_OK_NODATA);
    return vgpu_add_image(all, id, FORMAT, &layout,
                          pixman_image_create_bits(layout.format, width, height,
                                                   NULL, layout.stride),
                          NULL);
}

static VgpuResource *add_blob(VgpuResources *all, uint32_t id, uint64_t size)
{
    assert_int_equal(vgpu_check_blob(all, id, size), VGPU_OK_NODATA);
    return vgpu_add_blob(all, id, size, NULL);
}

static VgpuAnswer check_image(const VgpuResources *all, uint32_t id,
                              uint32_t format, uint32_t width, uint32_t height)
{
    const VgpuLayout before = { .width = 77 };
    VgpuLayout layout = before;
    VgpuAnswer answer = vgpu_check_image(all, id, format, width, height,
                                         &layout);

    if (answer != VGPU_OK_NODATA) {
        assert_memory_equal(&layout, &before, sizeof(layout));
    }
    return answer;
}

/* ---- formats ------------------------------------------------------------ */

/* A format of 5.7.6.8, and its bytes from the lowest address on */
typedef struct Format {
    uint32_t number;
    const char *bytes;
} Format;

static const Format formats[] = {
    { 1, "BGRA" }, { 2, "BGRX" }, { 3, "ARGB" }, { 4, "XRGB" },
    { 67, "RGBA" }, { 68, "XBGR" }, { 121, "ABGR" }, { 134, "RGBX" },
};

static const Format *format_of(uint32_t number)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        if (formats[i].number == number) {
            return &formats[i];
        }
    }
    return NULL;
}

/* Draws a pixel of one colour with pixman, and looks for it in memory. */
static void check_bytes(const Format *format)
{
    const pixman_color_t colour = { 0x1100, 0x2200, 0x3300, 0xffff };
    const pixman_rectangle16_t pixel = { 0, 0, 1, 1 };
    pixman_image_t *image = pixman_image_create_bits(
        vgpu_pixman_format(format->number), 1, 1, NULL, VGPU_PIXEL_SIZE);
    const uint8_t *bytes = (uint8_t *)pixman_image_get_data(image);

    assert_true(pixman_image_fill_rectangles(PIXMAN_OP_SRC, image, &colour, 1,
                                             &pixel));
    for (int i = 0; i < VGPU_PIXEL_SIZE; i++) {
        switch (format->bytes[i]) {
        case 'R':
            assert_int_equal(bytes[i], 0x11);
            break;
        case 'G':
            assert_int_equal(bytes[i], 0x22);
            break;
        case 'B':
            assert_int_equal(bytes[i], 0x33);
            break;
        case 'A':
            assert_int_equal(bytes[i], 0xff);
            break;
        }
    }
    assert_int_equal(!PIXMAN_FORMAT_A(vgpu_pixman_format(format->number)),
                     !strchr(format->bytes, 'A'));
    pixman_image_unref(image);
}

static void test_formats(void **state)
{
    for (uint32_t number = 0; number < 300; number++) {
        if (format_of(number)) {
            check_bytes(format_of(number));
        } else {
            assert_int_equal(vgpu_pixman_format(number), 0);
        }
    }
    assert_int_equal(vgpu_pixman_format(POWER(31) + 1), 0);
    assert_int_equal(vgpu_pixman_format(UINT32_MAX), 0);
}

/* ---- images ------------------------------------------------------------- */

/* CheckedImage: what is asked for while resource 1 is there */
typedef struct CheckedImage {
    uint32_t id, format, width, height;
    VgpuAnswer answer;
} CheckedImage;

static const CheckedImage checked_images[] = {
    { 2, FORMAT, 1, 1, VGPU_OK_NODATA },
    { UINT32_MAX, 134, 1, 1, VGPU_OK_NODATA },
    /* the order of checks */
    { 0, 99, 0, 0, VGPU_ERR_INVALID_RESOURCE_ID },
    { 1, 99, 0, 0, VGPU_ERR_INVALID_RESOURCE_ID },
    { 0, FORMAT, 1, 1, VGPU_ERR_INVALID_RESOURCE_ID },
    { 1, FORMAT, 1, 1, VGPU_ERR_INVALID_RESOURCE_ID },
    { 2, 99, UINT32_MAX, UINT32_MAX, VGPU_ERR_INVALID_PARAMETER },
    { 2, 0, 1, 1, VGPU_ERR_INVALID_PARAMETER },
    { 2, FORMAT, 0, UINT32_MAX, VGPU_ERR_INVALID_PARAMETER },
    { 2, FORMAT, UINT32_MAX, 0, VGPU_ERR_INVALID_PARAMETER },
    { 2, FORMAT, 0, 0, VGPU_ERR_INVALID_PARAMETER },
    /* strides that 31 and 32 bits can't count */
    { 2, FORMAT, POWER(29) - 1, 1, VGPU_OK_NODATA },
    { 2, FORMAT, POWER(29), 1, VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, POWER(30), 1, VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, POWER(30) + 1, 1, VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, UINT32_MAX, 1, VGPU_ERR_OUT_OF_MEMORY },
    /* sizes that 32 and 64 bits can't count */
    { 2, FORMAT, 1, POWER(30) - 1, VGPU_OK_NODATA },
    { 2, FORMAT, 1, POWER(30), VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, 1, POWER(31), VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, 1, UINT32_MAX, VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, POWER(15), POWER(15) - 1, VGPU_OK_NODATA },
    { 2, FORMAT, POWER(15), POWER(15), VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, POWER(16), POWER(16), VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, POWER(16) + 1, POWER(16), VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, POWER(31), POWER(31), VGPU_ERR_OUT_OF_MEMORY },
    { 2, FORMAT, UINT32_MAX, UINT32_MAX, VGPU_ERR_OUT_OF_MEMORY },
};

static void test_check_image(void **state)
{
    VgpuResources all;

    vgpu_resources_init(&all, ROOMY);
    add_image(&all, 1, 1, 1);
    for (size_t i = 0; i < COUNT_OF(checked_images); i++) {
        const CheckedImage *row = &checked_images[i];

        if (check_image(&all, row->id, row->format, row->width,
                        row->height) != row->answer) {
            fail_msg("row %zu", i);
        }
    }
    vgpu_resources_clear(&all);
}

static void test_layout(void **state)
{
    VgpuLayout layout;
    VgpuResources all;

    vgpu_resources_init(&all, ROOMY);
    memset(&layout, 0xff, sizeof(layout));
    assert_int_equal(vgpu_check_image(&all, 1, 67, 640, 480, &layout),
                     VGPU_OK_NODATA);
    assert_int_equal(layout.format, vgpu_pixman_format(67));
    assert_int_equal(layout.width, 640);
    assert_int_equal(layout.height, 480);
    assert_int_equal(layout.stride, 2560);
    assert_int_equal(layout.offset, 0);
    vgpu_resources_clear(&all);
}

static void test_add_and_remove(void **state)
{
    VgpuResource *image, *blob;
    VgpuResources all;
    VgpuLayout layout;
    char *empty, *end;
    int host[2];

    vgpu_resources_init(&all, ROOMY);
    empty = vgpu_dump_resources(&all);
    assert_null(vgpu_resource_find(&all, 0));
    assert_null(vgpu_resource_find(&all, 7));
    assert_int_equal(vgpu_check_image(&all, 7, 2, 3, 5, &layout),
                     VGPU_OK_NODATA);
    image = vgpu_add_image(&all, 7, 2, &layout,
                           pixman_image_create_bits(layout.format, 3, 5, NULL,
                                                    layout.stride), &host[0]);
    blob = vgpu_add_blob(&all, UINT32_MAX, 100, &host[1]);
    assert_ptr_equal(vgpu_resource_find(&all, 7), image);
    assert_ptr_equal(vgpu_resource_find(&all, UINT32_MAX), blob);
    assert_int_equal(image->id, 7);
    assert_int_equal(image->format, 2);
    assert_memory_equal(&image->layout, &layout, sizeof(layout));
    assert_int_equal(image->blob_size, 0);
    assert_false(image->attached);
    assert_int_equal(all.hostmem, 60);
    assert_int_equal(blob->blob_size, 100);
    assert_null(blob->image);
    assert_false(blob->attached);
    assert_ptr_equal(vgpu_remove(&all, blob), &host[1]);
    assert_null(vgpu_resource_find(&all, UINT32_MAX));
    assert_ptr_equal(vgpu_remove(&all, image), &host[0]);
    end = vgpu_dump_resources(&all);
    assert_string_equal(end, empty);
    g_free(end);
    g_free(empty);
    vgpu_resources_clear(&all);
}

/* All images together stay below the limit, whatever is created and removed. */
static void test_hostmem(void **state)
{
    VgpuResources all;

    vgpu_resources_init(&all, 4001);
    assert_int_equal(check_image(&all, 1, FORMAT, 1001, 1),
                     VGPU_ERR_OUT_OF_MEMORY);
    add_image(&all, 1, 600, 1);
    assert_int_equal(check_image(&all, 2, FORMAT, 401, 1),
                     VGPU_ERR_OUT_OF_MEMORY);
    add_image(&all, 2, 1, 400);
    assert_int_equal(all.hostmem, 4000);
    assert_int_equal(check_image(&all, 3, FORMAT, 1, 1),
                     VGPU_ERR_OUT_OF_MEMORY);
    /* blobs are the guest's memory */
    add_blob(&all, 3, UINT32_MAX);
    assert_int_equal(all.hostmem, 4000);
    vgpu_remove(&all, vgpu_resource_find(&all, 1));
    assert_int_equal(all.hostmem, 1600);
    assert_int_equal(check_image(&all, 1, FORMAT, 600, 1), VGPU_OK_NODATA);
    assert_int_equal(check_image(&all, 1, FORMAT, 601, 1),
                     VGPU_ERR_OUT_OF_MEMORY);
    vgpu_remove(&all, vgpu_resource_find(&all, 3));
    assert_int_equal(all.hostmem, 1600);
    vgpu_resources_clear(&all);
    assert_int_equal(all.hostmem, 0);
}

static void test_no_hostmem(void **state)
{
    for (uint64_t limit = 0; limit <= 4; limit++) {
        VgpuResources all;

        vgpu_resources_init(&all, limit);
        assert_int_equal(check_image(&all, 1, FORMAT, 1, 1),
                         VGPU_ERR_OUT_OF_MEMORY);
        vgpu_resources_clear(&all);
    }
}

static void test_most_resources(void **state)
{
    VgpuResources all;

    vgpu_resources_init(&all, ROOMY);
    for (uint32_t id = 1; id <= VGPU_RESOURCES_MAX; id++) {
        if (id % 2) {
            add_image(&all, id, 1, 1);
        } else {
            add_blob(&all, id, 1);
        }
    }
    assert_int_equal(check_image(&all, UINT32_MAX, FORMAT, 1, 1),
                     VGPU_ERR_OUT_OF_MEMORY);
    assert_int_equal(vgpu_check_blob(&all, UINT32_MAX, 1),
                     VGPU_ERR_OUT_OF_MEMORY);
    /* what is wrong anyway is said first */
    assert_int_equal(check_image(&all, 1, FORMAT, 1, 1),
                     VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(check_image(&all, UINT32_MAX, 0, 1, 1),
                     VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(vgpu_check_blob(&all, 2, 1),
                     VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(vgpu_check_blob(&all, UINT32_MAX, 0),
                     VGPU_ERR_INVALID_PARAMETER);
    vgpu_remove(&all, vgpu_resource_find(&all, 100));
    assert_int_equal(vgpu_check_blob(&all, UINT32_MAX, 1), VGPU_OK_NODATA);
    add_image(&all, UINT32_MAX, 1, 1);
    assert_int_equal(vgpu_check_blob(&all, 100, 1), VGPU_ERR_OUT_OF_MEMORY);
    vgpu_resources_clear(&all);
}

/* ---- blobs -------------------------------------------------------------- */

static void test_check_blob(void **state)
{
    VgpuResources all;

    vgpu_resources_init(&all, 0);
    add_blob(&all, 1, 1);
    assert_int_equal(vgpu_check_blob(&all, 0, 0),
                     VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(vgpu_check_blob(&all, 1, UINT64_MAX),
                     VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(vgpu_check_blob(&all, 2, 0), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(vgpu_check_blob(&all, 2, 1), VGPU_OK_NODATA);
    assert_int_equal(vgpu_check_blob(&all, 2, UINT32_MAX), VGPU_OK_NODATA);
    assert_int_equal(vgpu_check_blob(&all, 2, POWER(32)),
                     VGPU_ERR_OUT_OF_MEMORY);
    assert_int_equal(vgpu_check_blob(&all, 2, POWER(32) + 1),
                     VGPU_ERR_OUT_OF_MEMORY);
    assert_int_equal(vgpu_check_blob(&all, 2, POWER(63)),
                     VGPU_ERR_OUT_OF_MEMORY);
    assert_int_equal(vgpu_check_blob(&all, 2, UINT64_MAX),
                     VGPU_ERR_OUT_OF_MEMORY);
    vgpu_resources_clear(&all);
}

/* ---- backing ------------------------------------------------------------ */

static void test_check_entries(void **state)
{
    assert_int_equal(vgpu_check_entries(0), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(vgpu_check_entries(1), VGPU_OK_NODATA);
    assert_int_equal(vgpu_check_entries(16384), VGPU_OK_NODATA);
    assert_int_equal(vgpu_check_entries(16385), VGPU_ERR_UNSPEC);
    assert_int_equal(vgpu_check_entries(POWER(28)), VGPU_ERR_UNSPEC);
    assert_int_equal(vgpu_check_entries(POWER(31)), VGPU_ERR_UNSPEC);
    assert_int_equal(vgpu_check_entries(UINT32_MAX), VGPU_ERR_UNSPEC);
}

static void test_attach_and_detach(void **state)
{
    uint8_t memory[64];
    const struct iovec pieces[] = {
        { memory, 10 }, { memory + 10, 10 }, { memory + 30, 20 },
    };
    VgpuResource *image, *blob;
    VgpuResources all;
    char *before, *after;

    vgpu_resources_init(&all, ROOMY);
    image = add_image(&all, 1, 1, 1);
    blob = add_blob(&all, 2, 40);
    before = vgpu_dump_resources(&all);
    assert_int_equal(vgpu_pieces_left(&all), VGPU_PIECES_MAX);
    assert_int_equal(vgpu_attach(&all, image, pieces, 3, NULL),
                     VGPU_OK_NODATA);
    assert_true(image->attached);
    assert_int_equal(image->backing.size, 40);
    assert_int_equal(image->pieces, 3);
    assert_null(image->memory);
    assert_int_equal(vgpu_attach(&all, blob, pieces, 3, memory),
                     VGPU_OK_NODATA);
    assert_ptr_equal(blob->memory, memory);
    assert_int_equal(vgpu_pieces_left(&all), VGPU_PIECES_MAX - 6);
    vgpu_detach(&all, image);
    assert_int_equal(vgpu_pieces_left(&all), VGPU_PIECES_MAX - 3);
    vgpu_detach(&all, blob);
    after = vgpu_dump_resources(&all);
    assert_string_equal(after, before);
    g_free(after);
    g_free(before);
    assert_int_equal(vgpu_attach(&all, blob, pieces, 3, NULL),
                     VGPU_OK_NODATA);
    vgpu_remove(&all, blob);
    assert_int_equal(vgpu_pieces_left(&all), VGPU_PIECES_MAX);
    /* what is attached still, goes with the rest */
    assert_int_equal(vgpu_attach(&all, image, pieces, 3, NULL),
                     VGPU_OK_NODATA);
    vgpu_resources_clear(&all);
    assert_int_equal(vgpu_pieces_left(&all), VGPU_PIECES_MAX);
}

static void test_attach_refused(void **state)
{
    uint8_t memory[64];
    const struct iovec pieces[] = { { memory, 10 }, { memory + 30, 20 } };
    const struct iovec endless[] = { { memory, 10 }, { memory, SIZE_MAX } };
    VgpuResource *image, *blob;
    VgpuResources all;
    char *before, *after;

    vgpu_resources_init(&all, ROOMY);
    image = add_image(&all, 1, 1, 1);
    blob = add_blob(&all, 2, 31);
    before = vgpu_dump_resources(&all);
    assert_int_equal(vgpu_attach(&all, blob, pieces, 2, memory),
                     VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(vgpu_attach(&all, blob, pieces, 0, memory),
                     VGPU_ERR_INVALID_PARAMETER);
    if (sizeof(size_t) == sizeof(uint64_t)) {
        assert_int_equal(vgpu_attach(&all, image, endless, 2, NULL),
                         VGPU_ERR_INVALID_PARAMETER);
        assert_int_equal(vgpu_attach(&all, blob, endless, 2, NULL),
                         VGPU_ERR_INVALID_PARAMETER);
    }
    after = vgpu_dump_resources(&all);
    assert_string_equal(after, before);
    g_free(after);
    g_free(before);
    /* an image's backing may have any size: transfers look at it */
    assert_int_equal(vgpu_attach(&all, image, pieces, 1, NULL),
                     VGPU_OK_NODATA);
    vgpu_resources_clear(&all);
}

/* ---- rectangles --------------------------------------------------------- */

static void test_rect_within(void **state)
{
    static const struct {
        VgpuRect rect;
        bool within;
    } rows[] = {
        { { 0, 0, 10, 20 }, true },
        { { 10, 20, 0, 0 }, true },
        { { 9, 19, 1, 1 }, true },
        { { 0, 0, 0, 0 }, true },
        { { 0, 0, 11, 20 }, false },
        { { 0, 0, 10, 21 }, false },
        { { 1, 0, 10, 20 }, false },
        { { 0, 1, 10, 20 }, false },
        { { 11, 0, 0, 0 }, false },
        { { 0, 21, 0, 0 }, false },
        { { UINT32_MAX, 0, 1, 1 }, false },
        { { UINT32_MAX, 0, 2, 1 }, false },
        { { 0, UINT32_MAX, 1, 2 }, false },
        { { 2, 2, UINT32_MAX, 1 }, false },
        { { 2, 2, 1, UINT32_MAX }, false },
        { { 0x80000000, 0, 0x80000000, 1 }, false },
        { { 0x80000000, 0, 0x80000001, 1 }, false },
        { { 0, 0x80000000, 1, 0x80000001 }, false },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(vgpu_rect_within(&rows[i].rect, 10, 20),
                         rows[i].within);
    }
    assert_true(vgpu_rect_within(&(VgpuRect) { 1, 1, UINT32_MAX - 1, 0 },
                                 UINT32_MAX, UINT32_MAX));
}

/* ---- transfers ---------------------------------------------------------- */

#define WIDTH   8
#define HEIGHT  4
#define STRIDE  (WIDTH * VGPU_PIXEL_SIZE)
#define BYTES   (STRIDE * HEIGHT)

/* Transfers from a backing of BYTES */
static const struct {
    VgpuRect rect;
    uint64_t offset;
    VgpuAnswer answer;
} copies[] = {
    { { 0, 0, WIDTH, HEIGHT }, 0, VGPU_OK_NODATA },
    { { 7, 3, 1, 1 }, BYTES - 4, VGPU_OK_NODATA },
    { { 8, 4, 0, 0 }, BYTES, VGPU_OK_NODATA },
    { { 0, 0, 1, 1 }, BYTES, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, 1, 1 }, BYTES - 3, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, 0, 0 }, BYTES + 1, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, WIDTH, HEIGHT }, 1, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, 1, 1 }, POWER(31), VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, 1, 1 }, POWER(32), VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, 1, 2 }, POWER(32) - STRIDE, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, 1, 1 }, UINT64_MAX, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, 1, 1 }, UINT64_MAX - 3, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, 1, 2 }, UINT64_MAX - STRIDE + 1, VGPU_ERR_INVALID_PARAMETER },
    { { 1, 0, WIDTH, 1 }, 0, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 1, 1, HEIGHT }, 0, VGPU_ERR_INVALID_PARAMETER },
    { { 9, 0, 0, 0 }, 0, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, UINT32_MAX, 1 }, 0, VGPU_ERR_INVALID_PARAMETER },
    { { 0, 0, 1, UINT32_MAX }, 0, VGPU_ERR_INVALID_PARAMETER },
    { { UINT32_MAX, 0, 1, 1 }, 0, VGPU_ERR_INVALID_PARAMETER },
    { { 0, UINT32_MAX, 1, 1 }, 0, VGPU_ERR_INVALID_PARAMETER },
    { { 0, POWER(30), 1, 1 }, 0, VGPU_ERR_INVALID_PARAMETER },
};

static void check_copy(VgpuResource *image, const uint8_t *memory, size_t row)
{
    uint8_t *pixels = (uint8_t *)pixman_image_get_data(image->image);
    const VgpuRect *rect = &copies[row].rect;
    uint8_t expected[BYTES];

    memset(pixels, 0xee, BYTES);
    memset(expected, 0xee, BYTES);
    if (copies[row].answer == VGPU_OK_NODATA) {
        for (uint32_t y = 0; y < rect->height; y++) {
            memcpy(expected + (rect->y + y) * STRIDE +
                   rect->x * VGPU_PIXEL_SIZE,
                   memory + copies[row].offset + y * STRIDE,
                   rect->width * VGPU_PIXEL_SIZE);
        }
    }
    if (vgpu_copy_from_backing(image, rect, copies[row].offset) !=
        copies[row].answer || memcmp(pixels, expected, BYTES)) {
        fail_msg("row %zu", row);
    }
}

static void test_copy(void **state)
{
    uint8_t *memory = g_malloc(BYTES);
    const struct iovec pieces[] = {
        { memory + 50, BYTES - 50 }, { memory, 50 },
    };
    uint8_t flat[BYTES];
    VgpuResources all;
    VgpuResource *image;

    for (int i = 0; i < BYTES; i++) {
        memory[i] = i;
    }
    memcpy(flat, memory + 50, BYTES - 50);
    memcpy(flat + BYTES - 50, memory, 50);
    vgpu_resources_init(&all, ROOMY);
    image = add_image(&all, 1, WIDTH, HEIGHT);
    vgpu_attach(&all, image, pieces, 2, NULL);
    for (size_t i = 0; i < COUNT_OF(copies); i++) {
        check_copy(image, flat, i);
    }
    vgpu_resources_clear(&all);
    g_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_check_image),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_add_and_remove),
        cmocka_unit_test(test_hostmem),
        cmocka_unit_test(test_no_hostmem),
        cmocka_unit_test(test_most_resources),
        cmocka_unit_test(test_check_blob),
        cmocka_unit_test(test_check_entries),
        cmocka_unit_test(test_attach_and_detach),
        cmocka_unit_test(test_attach_refused),
        cmocka_unit_test(test_rect_within),
        cmocka_unit_test(test_copy),
    };

    return cmocka_run_group_tests_name("vgpu-resource", tests, NULL, NULL);
}
