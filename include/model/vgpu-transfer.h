/*
 * virtio-gpu's transfers from guest memory into images, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest gives a resource its backing as a list of pieces of its memory
 * (virtio 1.2, 5.7.6.8, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING), and has
 * rectangles copied from there (VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D).
 *
 * Rules of this model
 *
 * - All is checked, in 64 bits, before the first byte is written: a transfer
 *   that fails leaves the image as it was.
 * - Pieces that follow one another in the host's memory are joined.  What is
 *   left, the runs, has an index by offset: where a transfer begins is found by
 *   bisection, and from there each run is looked at once.
 * - A backing points to memory that is its caller's, and which has to stay
 *   until vgpu_backing_clear().  The guest may write to it at any time: it is
 *   copied from, and nothing is decided by what is in it.
 */

#ifndef MODEL_VGPU_TRANSFER_H
#define MODEL_VGPU_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/*
 * VgpuRun: memory in one piece
 *
 * @limit: the byte behind its last one
 * @end: that byte's offset in the backing, where the next run begins
 */
typedef struct VgpuRun {
    uint8_t *limit;
    uint64_t end;
} VgpuRun;

/*
 * VgpuBacking: guest memory that is in several pieces, seen as one
 *
 * All zero it is one of size 0.
 *
 * @runs: owned; none is empty
 * @count: of runs
 * @size: bytes in all
 */
typedef struct VgpuBacking {
    VgpuRun *runs;
    size_t count;
    uint64_t size;
} VgpuBacking;

/*
 * VgpuImage: the host's memory of an image
 *
 * It must not overlap the backing that is copied from.
 *
 * @data: the first row
 * @size: bytes that may be written, from @data on
 * @stride: bytes from the beginning of a row to that of the next
 */
typedef struct VgpuImage {
    uint8_t *data;
    uint64_t size;
    uint64_t stride;
} VgpuImage;

/*
 * VgpuTransfer: the rows of a rectangle; all in bytes, any value allowed
 *
 * @offset: in the backing, of the rectangle's first byte
 * @stride: in the backing, from the beginning of a row to that of the next;
 *     less than @row_bytes lets rows share bytes
 * @image_offset: in the image, of the rectangle's first byte
 * @row_bytes: of a row of the rectangle
 * @rows: their number
 */
typedef struct VgpuTransfer {
    uint64_t offset;
    uint64_t stride;
    uint64_t image_offset;
    uint64_t row_bytes;
    uint64_t rows;
} VgpuTransfer;

/*
 * VgpuTransferResult
 *
 * @VGPU_TRANSFER_DONE: all is copied
 * @VGPU_TRANSFER_OUTSIDE_BACKING: a row begins or ends behind the backing's end
 * @VGPU_TRANSFER_OUTSIDE_IMAGE: the same for the image, or its rows are shorter
 *     than the rectangle's
 */
typedef enum VgpuTransferResult {
    VGPU_TRANSFER_DONE,
    VGPU_TRANSFER_OUTSIDE_BACKING,
    VGPU_TRANSFER_OUTSIDE_IMAGE,
} VgpuTransferResult;

/**
 * vgpu_backing_init: make a backing of pieces
 * @backing: anything; what was there is not freed
 * @pieces: of guest memory, as it is mapped in the host; empty ones are allowed
 * @count: of pieces; the caller bounds it (virtio 1.2, 5.7.6.8, nr_entries)
 *
 * Reads the pieces once or twice, and allocates at most 16 bytes for each.
 * @pieces itself isn't used any more afterwards.
 *
 * Returns: false where there are more bytes than a uint64_t can count; @backing
 * is one of size 0 then
 */
bool vgpu_backing_init(VgpuBacking *backing, const struct iovec *pieces,
                       size_t count);

/**
 * vgpu_backing_clear: free what a backing owns; it has size 0 afterwards
 */
void vgpu_backing_clear(VgpuBacking *backing);

/**
 * vgpu_backing_data: memory of a backing, if it is in one piece
 * @offset: in bytes, any
 * @size: in bytes, any
 *
 * Returns: the byte at @offset, which @size - 1 more follow, or NULL where they
 * are not in one run, leave the backing, or where @size is 0
 */
void *vgpu_backing_data(const VgpuBacking *backing, uint64_t offset,
                        uint64_t size);

/**
 * vgpu_transfer: copy a rectangle from a backing to an image
 *
 * virtio 1.2, 5.7.6.8, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D.  A rectangle with no
 * bytes copies nothing, and is outside of what its offset is behind the end of.
 *
 * Returns: what became of it; the image is changed by VGPU_TRANSFER_DONE alone
 */
VgpuTransferResult vgpu_transfer(const VgpuBacking *backing,
                                 const VgpuImage *image,
                                 const VgpuTransfer *transfer);

#endif /* MODEL_VGPU_TRANSFER_H */
