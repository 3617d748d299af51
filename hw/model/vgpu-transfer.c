/*
 * virtio-gpu's transfers from guest memory into images, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glib.h>
#include <string.h>

#include "model/vgpu-transfer.h"

/* ---- backing ----------------------------------------------------------- */

/* Bytes of all pieces; false where they can't be counted. */
static bool sum_up(const struct iovec *pieces, size_t count, uint64_t *size)
{
    *size = 0;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].iov_len > UINT64_MAX - *size) {
            return false;
        }
        *size += pieces[i].iov_len;
    }
    return true;
}

/* Appends a piece: to the last run where it follows that, else as a new one. */
static void add_piece(VgpuBacking *backing, const struct iovec *piece)
{
    VgpuRun *last = backing->count ? &backing->runs[backing->count - 1] : NULL;
    uint8_t *data = piece->iov_base;

    if (!piece->iov_len) {
        return;
    }
    if (!last || last->limit != data) {
        last = &backing->runs[backing->count++];
    }
    backing->size += piece->iov_len;
    last->limit = data + piece->iov_len;
    last->end = backing->size;
}

bool vgpu_backing_init(VgpuBacking *backing, const struct iovec *pieces,
                       size_t count)
{
    uint64_t size;

    *backing = (VgpuBacking) { 0 };
    if (!sum_up(pieces, count, &size)) {
        return false;
    }
    backing->runs = g_new(VgpuRun, count);
    for (size_t i = 0; i < count; i++) {
        add_piece(backing, &pieces[i]);
    }
    backing->runs = g_renew(VgpuRun, backing->runs, backing->count);
    return true;
}

void vgpu_backing_clear(VgpuBacking *backing)
{
    g_free(backing->runs);
    *backing = (VgpuBacking) { 0 };
}

/* The run that has the byte at @offset, which is below the backing's size. */
static const VgpuRun *run_at(const VgpuBacking *backing, uint64_t offset)
{
    size_t first = 0;
    size_t last = backing->count - 1;

    while (first < last) {
        size_t middle = first + (last - first) / 2;

        if (backing->runs[middle].end > offset) {
            last = middle;
        } else {
            first = middle + 1;
        }
    }
    return &backing->runs[first];
}

void *vgpu_backing_data(const VgpuBacking *backing, uint64_t offset,
                        uint64_t size)
{
    const VgpuRun *run;

    if (!size || offset >= backing->size) {
        return NULL;
    }
    run = run_at(backing, offset);
    return size <= run->end - offset ? run->limit - (run->end - offset) : NULL;
}

/* ---- transfer ---------------------------------------------------------- */

/*
 * Whether @rows of @bytes each, the first at @offset, the others @stride apart,
 * are within @size.
 */
static bool fits(uint64_t size, uint64_t offset, uint64_t stride,
                 uint64_t bytes, uint64_t rows)
{
    if (offset > size || !rows || !bytes) {
        return offset <= size;
    }
    return bytes <= size - offset &&
           (!stride || rows - 1 <= (size - offset - bytes) / stride);
}

static VgpuTransferResult check(const VgpuBacking *backing,
                                const VgpuImage *image,
                                const VgpuTransfer *transfer)
{
    if (!fits(backing->size, transfer->offset, transfer->stride,
              transfer->row_bytes, transfer->rows)) {
        return VGPU_TRANSFER_OUTSIDE_BACKING;
    }
    /* rows that share no byte bound what there is to copy */
    if ((transfer->rows > 1 && image->stride < transfer->row_bytes) ||
        !fits(image->size, transfer->image_offset, image->stride,
              transfer->row_bytes, transfer->rows)) {
        return VGPU_TRANSFER_OUTSIDE_IMAGE;
    }
    return VGPU_TRANSFER_DONE;
}

/* Copies from @offset on, which @run has.  Returns the last byte's run. */
static const VgpuRun *copy(uint8_t *to, const VgpuRun *run, uint64_t offset,
                           uint64_t bytes)
{
    uint64_t left = run->end - offset;

    while (left < bytes) {
        memcpy(to, run->limit - left, left);
        to += left;
        bytes -= left;
        offset = run->end;
        run++;
        left = run->end - offset;
    }
    memcpy(to, run->limit - left, bytes);
    return run;
}

/* The run that has the byte at @offset: @run, or the first behind it. */
static const VgpuRun *skip(const VgpuRun *run, uint64_t offset)
{
    while (run->end <= offset) {
        run++;
    }
    return run;
}

/* Where all rows follow one another without a gap they are one. */
static VgpuTransfer join_rows(const VgpuImage *image, VgpuTransfer transfer)
{
    if (transfer.row_bytes == transfer.stride &&
        transfer.row_bytes == image->stride) {
        transfer.row_bytes *= transfer.rows;
        transfer.rows = 1;
    }
    return transfer;
}

VgpuTransferResult vgpu_transfer(const VgpuBacking *backing,
                                 const VgpuImage *image,
                                 const VgpuTransfer *transfer)
{
    VgpuTransferResult result = check(backing, image, transfer);
    VgpuTransfer rest = *transfer;
    uint8_t *to;
    const VgpuRun *run;

    if (result != VGPU_TRANSFER_DONE || !rest.rows || !rest.row_bytes) {
        return result;
    }
    rest = join_rows(image, rest);
    to = image->data + rest.image_offset;
    run = run_at(backing, rest.offset);
    for (;;) {
        const VgpuRun *last = copy(to, run, rest.offset, rest.row_bytes);

        if (!--rest.rows) {
            return VGPU_TRANSFER_DONE;
        }
        rest.offset += rest.stride;
        to += image->stride;
        run = skip(rest.stride < rest.row_bytes ? run : last, rest.offset);
    }
}
