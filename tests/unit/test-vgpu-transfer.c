/*
 * Test of virtio-gpu's transfers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pieces of backing are allocations of their own, so that the sanitized
 * program sees a read outside them; an image lies between guard bytes, which
 * are compared with it.
 */

#include <string.h>

#include <glib.h>

#include "test-cmocka.h"
#include "model/vgpu-transfer.h"
#include "random.h"

#define GUARD         64
#define GUARD_BYTE    0xa5
#define MOST_PIECES   24
#define IMAGE_SIZE    700
#define RANDOM_ROUNDS 20000
#define TRANSFERS     12

/* ---- an image between guard bytes --------------------------------------- */

typedef struct Frame {
    uint8_t bytes[GUARD + IMAGE_SIZE + GUARD];
} Frame;

static VgpuImage make_image(Frame *frame, uint64_t size, uint64_t stride)
{
    memset(frame->bytes, GUARD_BYTE, sizeof(frame->bytes));
    return (VgpuImage) {
        .data = frame->bytes + GUARD,
        .size = size,
        .stride = stride,
    };
}

/* ---- backing of three pieces, which count from 0 on --------------------- */

#define FIRST   10
#define SECOND  1
#define THIRD   29
#define WHOLE   (FIRST + SECOND + THIRD)

typedef struct Pieces {
    uint8_t *memory[3];
    VgpuBacking backing;
} Pieces;

static void make_pieces(Pieces *pieces)
{
    static const size_t lengths[] = { FIRST, SECOND, THIRD };
    struct iovec list[5] = { 0 };
    uint8_t value = 0;

    for (int i = 0; i < 3; i++) {
        pieces->memory[i] = g_malloc(lengths[i]);
        for (size_t j = 0; j < lengths[i]; j++) {
            pieces->memory[i][j] = value++;
        }
        /* empty ones at the beginning and at the end */
        list[i + 1].iov_base = pieces->memory[i];
        list[i + 1].iov_len = lengths[i];
    }
    assert_true(vgpu_backing_init(&pieces->backing, list, COUNT_OF(list)));
    assert_int_equal(pieces->backing.size, WHOLE);
    assert_int_equal(pieces->backing.count, 3);
}

static void free_pieces(Pieces *pieces)
{
    vgpu_backing_clear(&pieces->backing);
    for (int i = 0; i < 3; i++) {
        g_free(pieces->memory[i]);
    }
}

/* ---- backing ------------------------------------------------------------ */

static void test_empty(void **state)
{
    const struct iovec empty[2] = { 0 };
    VgpuTransfer transfer = { 0 };
    VgpuBacking backing;
    Frame frame;
    VgpuImage image = make_image(&frame, 16, 4);

    (void)state;
    for (size_t count = 0; count <= COUNT_OF(empty); count++) {
        assert_true(vgpu_backing_init(&backing, empty, count));
        assert_int_equal(backing.size, 0);
        assert_int_equal(backing.count, 0);
        assert_null(vgpu_backing_data(&backing, 0, 0));
        assert_null(vgpu_backing_data(&backing, 0, 1));
        transfer.rows = transfer.row_bytes = 0;
        assert_int_equal(vgpu_transfer(&backing, &image, &transfer),
                         VGPU_TRANSFER_DONE);
        transfer.rows = transfer.row_bytes = 1;
        assert_int_equal(vgpu_transfer(&backing, &image, &transfer),
                         VGPU_TRANSFER_OUTSIDE_BACKING);
        vgpu_backing_clear(&backing);
    }
    assert_int_equal(frame.bytes[GUARD], GUARD_BYTE);
}

static void test_neighbours_are_joined(void **state)
{
    uint8_t memory[40];
    const struct iovec list[] = {
        { memory, 10 }, { memory + 10, 5 }, { memory + 30, 0 },
        { memory + 15, 5 },                     /* follows an empty one */
        { memory + 21, 4 }, { memory + 25, 15 },
        { memory, 10 }, { memory, 10 },         /* the same memory, twice */
    };
    VgpuBacking backing;

    (void)state;
    assert_true(vgpu_backing_init(&backing, list, COUNT_OF(list)));
    assert_int_equal(backing.size, 59);
    assert_int_equal(backing.count, 4);
    assert_ptr_equal(vgpu_backing_data(&backing, 0, 20), memory);
    assert_ptr_equal(vgpu_backing_data(&backing, 19, 1), memory + 19);
    assert_null(vgpu_backing_data(&backing, 0, 21));
    assert_ptr_equal(vgpu_backing_data(&backing, 20, 19), memory + 21);
    assert_ptr_equal(vgpu_backing_data(&backing, 38, 1), memory + 39);
    assert_ptr_equal(vgpu_backing_data(&backing, 39, 10), memory);
    assert_ptr_equal(vgpu_backing_data(&backing, 49, 10), memory);
    vgpu_backing_clear(&backing);
    assert_int_equal(backing.size, 0);
    assert_null(backing.runs);
}

static void test_data_outside(void **state)
{
    Pieces pieces;

    (void)state;
    make_pieces(&pieces);
    assert_ptr_equal(vgpu_backing_data(&pieces.backing, FIRST, SECOND),
                     pieces.memory[1]);
    assert_null(vgpu_backing_data(&pieces.backing, FIRST, SECOND + 1));
    assert_null(vgpu_backing_data(&pieces.backing, FIRST, 0));
    assert_null(vgpu_backing_data(&pieces.backing, FIRST, UINT64_MAX));
    assert_null(vgpu_backing_data(&pieces.backing, WHOLE, 1));
    assert_null(vgpu_backing_data(&pieces.backing, UINT64_MAX, 1));
    assert_null(vgpu_backing_data(&pieces.backing, UINT64_MAX, 2));
    free_pieces(&pieces);
}

static void test_too_much_to_count(void **state)
{
    uint8_t memory[4];
    struct iovec list[] = { { memory, 4 }, { memory, SIZE_MAX - 3 } };
    VgpuBacking backing;

    (void)state;
    if (sizeof(size_t) < sizeof(uint64_t)) {
        skip();
    }
    assert_false(vgpu_backing_init(&backing, list, COUNT_OF(list)));
    assert_int_equal(backing.size, 0);
    assert_null(backing.runs);
    vgpu_backing_clear(&backing);
}

/* ---- transfers ---------------------------------------------------------- */

static void test_rectangle(void **state)
{
    /* rows of 7 at 2, 14 and 26: in one piece, over three, and in the last */
    const VgpuTransfer transfer = { .offset = 2, .stride = 12,
        .image_offset = 3, .row_bytes = 10, .rows = 3 };
    Frame frame;
    VgpuImage image = make_image(&frame, 3 + 2 * 11 + 10, 11);
    Frame expected = frame;
    Pieces pieces;

    (void)state;
    make_pieces(&pieces);
    for (int row = 0; row < 3; row++) {
        for (int i = 0; i < 10; i++) {
            expected.bytes[GUARD + 3 + 11 * row + i] = 2 + 12 * row + i;
        }
    }
    assert_int_equal(vgpu_transfer(&pieces.backing, &image, &transfer),
                     VGPU_TRANSFER_DONE);
    assert_memory_equal(&frame, &expected, sizeof(frame));
    free_pieces(&pieces);
}

static void test_whole_rows(void **state)
{
    const VgpuTransfer transfer = { .stride = 8, .image_offset = 8,
                                    .row_bytes = 8, .rows = WHOLE / 8 };
    Frame frame;
    VgpuImage image = make_image(&frame, 8 + WHOLE, 8);
    Frame expected = frame;
    Pieces pieces;

    (void)state;
    make_pieces(&pieces);
    for (int i = 0; i < WHOLE; i++) {
        expected.bytes[GUARD + 8 + i] = i;
    }
    assert_int_equal(vgpu_transfer(&pieces.backing, &image, &transfer),
                     VGPU_TRANSFER_DONE);
    assert_memory_equal(&frame, &expected, sizeof(frame));
    free_pieces(&pieces);
}

/* Each row begins before the last one ended, by one or more pieces. */
static void test_rows_that_share_bytes(void **state)
{
    Frame frame;
    Pieces pieces;

    (void)state;
    make_pieces(&pieces);
    for (uint64_t stride = 0; stride <= 3; stride++) {
        const VgpuTransfer transfer = { .offset = 7, .stride = stride,
                                        .row_bytes = 6, .rows = 5 };
        VgpuImage image = make_image(&frame, 30, 6);

        assert_int_equal(vgpu_transfer(&pieces.backing, &image, &transfer),
                         VGPU_TRANSFER_DONE);
        for (uint64_t i = 0; i < 30; i++) {
            assert_int_equal(image.data[i], 7 + stride * (i / 6) + i % 6);
        }
        assert_int_equal(image.data[30], GUARD_BYTE);
    }
    free_pieces(&pieces);
}

/*
 * Refused: @transfer, with the image's size and stride.  What is not named is
 * that of a rectangle that just fits: rows of 8, 5 of them.
 */
typedef struct Refused {
    VgpuTransfer transfer;
    uint64_t size;
    uint64_t stride;
    VgpuTransferResult result;
} Refused;

#define BACKING  VGPU_TRANSFER_OUTSIDE_BACKING
#define IMAGE    VGPU_TRANSFER_OUTSIDE_IMAGE
#define POWER(exponent)  (UINT64_C(1) << (exponent))

static const Refused refused[] = {
    /* offset, stride, image's offset, row, rows */
    { { 1, 8, 0, 8, 5 }, 40, 8, BACKING },
    { { WHOLE, 8, 0, 8, 1 }, 40, 8, BACKING },
    { { WHOLE, 8, 0, 1, 1 }, 40, 8, BACKING },
    { { WHOLE - 1, 8, 0, 2, 1 }, 40, 8, BACKING },
    { { WHOLE + 1, 8, 0, 0, 5 }, 40, 8, BACKING },
    { { WHOLE + 1, 8, 0, 8, 0 }, 40, 8, BACKING },
    { { POWER(31), 8, 0, 8, 1 }, 40, 8, BACKING },
    { { POWER(32), 8, 0, 8, 1 }, 40, 8, BACKING },
    { { POWER(32) + 8, 8, 0, 8, 1 }, 40, 8, BACKING },
    { { UINT64_MAX, 8, 0, 8, 1 }, 40, 8, BACKING },
    { { UINT64_MAX, 1, 0, 1, 2 }, 40, 8, BACKING },
    { { UINT64_MAX - 7, 8, 0, 8, 2 }, 40, 8, BACKING },
    { { 0, 8, 0, 8, 6 }, 48, 8, BACKING },
    { { 0, 9, 0, 8, 5 }, 40, 8, BACKING },
    { { 0, POWER(31), 0, 8, 2 }, 40, 8, BACKING },
    { { 0, POWER(32), 0, 8, 2 }, 40, 8, BACKING },
    { { 0, POWER(62), 0, 8, 5 }, 40, 8, BACKING },   /* times 4 is 0 */
    { { 8, UINT64_MAX, 0, 8, 2 }, 40, 8, BACKING },  /* one back */
    { { 0, 8, 0, WHOLE + 1, 1 }, 700, 700, BACKING },
    { { 0, 8, 0, UINT64_MAX, 1 }, 40, 8, BACKING },
    { { 1, 8, 0, UINT64_MAX, 1 }, 40, 8, BACKING },
    { { 0, 8, 0, 8, UINT64_MAX }, 40, 8, BACKING },
    { { 0, 8, 0, 8, POWER(61) + 1 }, 40, 8, BACKING },
    { { 0, 8, 1, 8, 5 }, 40, 8, IMAGE },
    { { 0, 8, 0, 8, 5 }, 39, 8, IMAGE },
    { { 0, 8, 0, 8, 5 }, 40, 9, IMAGE },
    { { 0, 8, 40, 8, 1 }, 40, 8, IMAGE },
    { { 0, 8, 41, 0, 1 }, 40, 8, IMAGE },
    { { 0, 8, POWER(32), 8, 1 }, 40, 8, IMAGE },
    { { 0, 8, UINT64_MAX, 8, 1 }, 40, 8, IMAGE },
    { { 0, 8, UINT64_MAX - 7, 8, 2 }, 40, 8, IMAGE },
    { { 0, 8, 0, 8, 5 }, 40, POWER(62), IMAGE },
    { { 0, 8, 8, 8, 2 }, 40, UINT64_MAX, IMAGE },
    { { 0, 8, 0, 8, 2 }, 40, 7, IMAGE },
    { { 0, 0, 0, 8, 2 }, 40, 0, IMAGE },
    { { 0, 0, 0, 8, UINT64_MAX }, 40, 0, IMAGE },
    { { 0, 0, 0, 8, UINT64_MAX }, 40, 8, IMAGE },
    { { 0, 0, 0, 8, 6 }, 40, 8, IMAGE },
};

static void test_refused(void **state)
{
    Pieces pieces;

    (void)state;
    make_pieces(&pieces);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        const Refused *row = &refused[i];
        Frame frame;
        VgpuImage image = make_image(&frame, row->size, row->stride);
        const Frame unchanged = frame;
        VgpuTransferResult result = vgpu_transfer(&pieces.backing, &image,
                                                  &row->transfer);

        if (result != row->result) {
            fail_msg("row %zu: result %d", i, result);
        }
        assert_memory_equal(&frame, &unchanged, sizeof(frame));
    }
    free_pieces(&pieces);
}

/* Transfers with no byte, at the very end of backing and image too. */
static void test_nothing_to_copy(void **state)
{
    static const uint64_t sizes[][2] = { { 0, 0 }, { 0, 5 }, { 8, 0 },
                                         { UINT64_MAX, 0 }, { 0, UINT64_MAX } };
    Frame frame;
    VgpuImage image = make_image(&frame, 40, 8);
    const Frame unchanged = frame;
    Pieces pieces;

    (void)state;
    make_pieces(&pieces);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const VgpuTransfer transfer = {
            .offset = WHOLE, .stride = 8, .image_offset = 40,
            .row_bytes = sizes[i][0], .rows = sizes[i][1],
        };

        /* whether rows of no byte fit a stride of 8 is no question */
        assert_int_equal(vgpu_transfer(&pieces.backing, &image, &transfer),
                         sizes[i][0] > 8 && sizes[i][1] > 1 ? IMAGE :
                         VGPU_TRANSFER_DONE);
        assert_memory_equal(&frame, &unchanged, sizeof(frame));
    }
    free_pieces(&pieces);
}

/* Backing of more than 4 GiB, most of which is the same memory. */
static void test_above_4_gib(void **state)
{
    const size_t piece = 1 << 20;
    const size_t below = POWER(32) / piece;
    g_autofree uint8_t *memory = g_malloc0(piece);
    g_autofree struct iovec *list = g_new(struct iovec, below + 1);
    uint8_t above[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    VgpuTransfer transfer = { .offset = POWER(32) + 2, .row_bytes = 4,
                              .rows = 1 };
    VgpuBacking backing;
    Frame frame;
    VgpuImage image = make_image(&frame, 8, 4);

    (void)state;
    for (size_t i = 0; i < below; i++) {
        list[i] = (struct iovec) { memory, piece };
    }
    list[below] = (struct iovec) { above, sizeof(above) };
    assert_true(vgpu_backing_init(&backing, list, below + 1));
    assert_int_equal(backing.size, POWER(32) + 8);
    assert_int_equal(vgpu_transfer(&backing, &image, &transfer),
                     VGPU_TRANSFER_DONE);
    assert_memory_equal(image.data, above + 2, 4);
    transfer = (VgpuTransfer) { .offset = 7, .stride = POWER(32) - 2,
                                .row_bytes = 3, .rows = 2 };
    assert_int_equal(vgpu_transfer(&backing, &image, &transfer),
                     VGPU_TRANSFER_DONE);
    assert_memory_equal(image.data, "\0\0\0\6\6\7\10", 7);
    transfer.offset++;
    assert_int_equal(vgpu_transfer(&backing, &image, &transfer),
                     VGPU_TRANSFER_OUTSIDE_BACKING);
    vgpu_backing_clear(&backing);
}

/* ---- random transfers, compared with a naive copy ------------------------ */

/*
 * Scatter: random pieces and what they are in a row
 *
 * @memory: allocations, each of which has one or more pieces
 */
typedef struct Scatter {
    GPtrArray *memory;
    struct iovec pieces[MOST_PIECES];
    size_t count;
    GByteArray *flat;
} Scatter;

static void add_pieces(Random *random, Scatter *scatter)
{
    size_t length = random_below(random, 4) ? random_below(random, 60) : 1;
    uint8_t *memory = g_malloc(length);
    size_t at = 0;

    g_ptr_array_add(scatter->memory, memory);
    for (size_t i = 0; i < length; i++) {
        memory[i] = random_word(random);
    }
    while (scatter->count < MOST_PIECES && at < length) {
        size_t some = random_below(random, length - at + 1);

        scatter->pieces[scatter->count++] =
            (struct iovec) { memory + at, some };
        at += some;
    }
}

static void make_scatter(Random *random, Scatter *scatter)
{
    size_t wanted = random_below(random, MOST_PIECES + 1);

    scatter->memory = g_ptr_array_new_with_free_func(g_free);
    scatter->flat = g_byte_array_new();
    scatter->count = 0;
    while (scatter->count < wanted) {
        add_pieces(random, scatter);
    }
    for (size_t i = 0; i < scatter->count; i++) {
        size_t other = random_below(random, scatter->count);
        struct iovec piece = scatter->pieces[i];

        if (!random_below(random, 3)) {
            scatter->pieces[i] = scatter->pieces[other];
            scatter->pieces[other] = piece;
        }
    }
    for (size_t i = 0; i < scatter->count; i++) {
        g_byte_array_append(scatter->flat, scatter->pieces[i].iov_base,
                            scatter->pieces[i].iov_len);
    }
}

static void free_scatter(Scatter *scatter)
{
    g_ptr_array_unref(scatter->memory);
    g_byte_array_unref(scatter->flat);
}

/* A number up to @most, or now and then one that nothing can have. */
static uint64_t any_number(Random *random, uint64_t most)
{
    static const uint64_t odd[] = {
        0, POWER(31), POWER(32) - 1, POWER(32), POWER(32) + 1, POWER(62),
        POWER(63), UINT64_MAX - 7, UINT64_MAX - 1, UINT64_MAX,
    };

    return random_below(random, 40) ? random_below(random, most + 1) :
           odd[random_below(random, COUNT_OF(odd))];
}

static VgpuTransfer any_transfer(Random *random, uint64_t size)
{
    uint64_t rows = random_below(random, 2) ? any_number(random, 12) :
                    random_below(random, 2);
    uint64_t length = any_number(random, MIN(size / (rows % 16 + 1), 80));

    return (VgpuTransfer) {
        .offset = any_number(random, size / 4 + 2),
        .stride = random_below(random, 3) ? any_number(random, 70) : length,
        .image_offset = any_number(random, 40),
        .row_bytes = length,
        .rows = rows,
    };
}

/* Whether all of the rectangle lies within @size bytes. */
static bool naive_fits(uint64_t size, uint64_t offset, uint64_t stride,
                       const VgpuTransfer *transfer)
{
    unsigned __int128 end = offset;

    if (transfer->rows && transfer->row_bytes) {
        end += (unsigned __int128)stride * (transfer->rows - 1) +
               transfer->row_bytes;
    }
    return end <= size;
}

static VgpuTransferResult naive_transfer(const GByteArray *backing,
                                         const VgpuImage *image,
                                         const VgpuTransfer *transfer)
{
    if (!naive_fits(backing->len, transfer->offset, transfer->stride,
                    transfer)) {
        return VGPU_TRANSFER_OUTSIDE_BACKING;
    }
    if (!naive_fits(image->size, transfer->image_offset, image->stride,
                    transfer) ||
        (transfer->rows > 1 && transfer->row_bytes > image->stride)) {
        return VGPU_TRANSFER_OUTSIDE_IMAGE;
    }
    if (!transfer->row_bytes) {
        return VGPU_TRANSFER_DONE;
    }
    for (uint64_t row = 0; row < transfer->rows; row++) {
        for (uint64_t i = 0; i < transfer->row_bytes; i++) {
            image->data[transfer->image_offset + row * image->stride + i] =
                backing->data[transfer->offset + row * transfer->stride + i];
        }
    }
    return VGPU_TRANSFER_DONE;
}

/* Returns whether the transfer copied something. */
static bool compare(Random *random, const Scatter *scatter,
                    const VgpuBacking *backing)
{
    VgpuTransfer transfer = any_transfer(random, backing->size);
    uint64_t stride = random_below(random, 3) ? any_number(random, 70) :
                      transfer.row_bytes;
    Frame frame, expected;
    VgpuImage image = make_image(&frame, random_below(random, IMAGE_SIZE + 1),
                                 stride);
    VgpuImage naive = image;
    VgpuTransferResult result;

    expected = frame;
    naive.data = expected.bytes + GUARD;
    result = naive_transfer(scatter->flat, &naive, &transfer);
    assert_int_equal(vgpu_transfer(backing, &image, &transfer), result);
    assert_memory_equal(&frame, &expected, sizeof(frame));
    return result == VGPU_TRANSFER_DONE && transfer.rows && transfer.row_bytes;
}

static void compare_data(Random *random, const Scatter *scatter,
                         const VgpuBacking *backing)
{
    uint64_t offset = any_number(random, backing->size);
    uint64_t size = any_number(random, 12);
    const uint8_t *data = vgpu_backing_data(backing, offset, size);

    if (data) {
        assert_true(offset + size <= scatter->flat->len);
        assert_memory_equal(data, scatter->flat->data + offset, size);
    }
}

static void test_random(void **state)
{
    uint64_t copied = 0;
    Random random;

    (void)state;
    random_start(&random, "random transfers");
    for (int i = 0; i < RANDOM_ROUNDS; i++) {
        Scatter scatter;
        VgpuBacking backing;

        make_scatter(&random, &scatter);
        assert_true(vgpu_backing_init(&backing, scatter.pieces,
                                      scatter.count));
        assert_int_equal(backing.size, scatter.flat->len);
        for (int j = 0; j < TRANSFERS; j++) {
            copied += compare(&random, &scatter, &backing);
            compare_data(&random, &scatter, &backing);
        }
        vgpu_backing_clear(&backing);
        free_scatter(&scatter);
    }
    /* a test of errors alone would tell little */
    assert_true(copied > RANDOM_ROUNDS * TRANSFERS / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_neighbours_are_joined),
        cmocka_unit_test(test_data_outside),
        cmocka_unit_test(test_too_much_to_count),
        cmocka_unit_test(test_rectangle),
        cmocka_unit_test(test_whole_rows),
        cmocka_unit_test(test_rows_that_share_bytes),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nothing_to_copy),
        cmocka_unit_test(test_above_4_gib),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests_name("vgpu-transfer", tests, NULL, NULL);
}
