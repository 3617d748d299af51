/*
 * virtio-gpu's resources, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A resource is an image that the host has, which the guest copies to from its
 * memory (virtio 1.2, 5.7.6.8, RESOURCE_CREATE_2D), or a blob, which is the
 * guest's memory itself (RESOURCE_CREATE_BLOB).
 *
 * Rules of this model
 *
 * - Functions that check and functions that change are apart.  What a check
 *   allowed, the change that follows it carries out, without an error.
 * - All that a guest can have is bounded: resources, bytes of images, entries
 *   of a backing, pieces of all backings.
 * - Memory is the owner's to make and to map.  It hands a resource a pointer of
 *   its own along, and gets it back when backing or resource are no more.
 */

#ifndef MODEL_VGPU_RESOURCE_H
#define MODEL_VGPU_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include <glib.h>
#include <pixman.h>

#include "model/vgpu-proto.h"
#include "model/vgpu-transfer.h"

#define VGPU_RESOURCES_MAX      16384
#define VGPU_ENTRIES_MAX        16384
#define VGPU_PIECES_MAX         (4u << 20)
#define VGPU_PIXEL_SIZE         4

/*
 * VgpuLayout: how an image's pixels lie in memory
 *
 * @format: PIXMAN_*, of VGPU_PIXEL_SIZE bytes
 * @width, @height: in pixels
 * @stride: bytes from a row to the next
 * @offset: bytes in front of the first pixel
 */
typedef struct VgpuLayout {
    pixman_format_code_t format;
    uint32_t width;
    uint32_t height;
    uint32_t stride;
    uint64_t offset;
} VgpuLayout;

/*
 * VgpuResource
 *
 * @format: the guest's number of an image's, which migrates
 * @layout: of an image; all 0 for a blob
 * @image: owned; NULL for a blob
 * @blob_size: bytes of a blob; 0 for an image
 * @attached: whether it has a backing
 * @pieces: that the backing was made of
 * @memory: of a blob with a backing, in one piece; NULL where the host has none
 * @host: the owner's
 */
typedef struct VgpuResource {
    uint32_t id;
    uint32_t format;
    VgpuLayout layout;
    pixman_image_t *image;
    uint64_t blob_size;
    bool attached;
    size_t pieces;
    VgpuBacking backing;
    uint8_t *memory;
    void *host;
} VgpuResource;

/*
 * VgpuResources: all of a device's
 *
 * @by_id: owned, of VgpuResource
 * @hostmem: bytes of all images, less than @hostmem_limit
 * @pieces: of all backings, VGPU_PIECES_MAX at the most
 */
typedef struct VgpuResources {
    GHashTable *by_id;
    uint64_t hostmem;
    uint64_t hostmem_limit;
    uint64_t pieces;
} VgpuResources;

/**
 * vgpu_resources_init: begin with none
 * @hostmem_limit: bytes that all images together stay below
 */
void vgpu_resources_init(VgpuResources *all, uint64_t hostmem_limit);

/**
 * vgpu_resources_clear: free what there is; the owner has let go of each host
 */
void vgpu_resources_clear(VgpuResources *all);

/* vgpu_resource_find: the resource of that id, or NULL */
VgpuResource *vgpu_resource_find(const VgpuResources *all, uint32_t id);

/**
 * vgpu_pixman_format: a format of 5.7.6.8 as pixman has it on this host
 *
 * Returns: 0 where it is none of the eight
 */
pixman_format_code_t vgpu_pixman_format(uint32_t format);

/**
 * vgpu_check_image: whether there may be such an image (RESOURCE_CREATE_2D)
 * @layout: filled where it may
 *
 * Returns: VGPU_OK_NODATA, or INVALID_RESOURCE_ID (0, or in use),
 * INVALID_PARAMETER (format, no pixels), OUT_OF_MEMORY (too much of anything)
 */
VgpuAnswer vgpu_check_image(const VgpuResources *all, uint32_t id,
                            uint32_t format, uint32_t width, uint32_t height,
                            VgpuLayout *layout);

/**
 * vgpu_add_image: make a resource of what vgpu_check_image() allowed
 * @format: the guest's
 * @image: of that layout; belongs to the resource from now on
 */
VgpuResource *vgpu_add_image(VgpuResources *all, uint32_t id, uint32_t format,
                             const VgpuLayout *layout, pixman_image_t *image,
                             void *host);

/**
 * vgpu_check_blob: whether there may be such a blob (RESOURCE_CREATE_BLOB)
 * @size: in bytes
 *
 * Returns: VGPU_OK_NODATA, or INVALID_RESOURCE_ID (0, or in use),
 * INVALID_PARAMETER (no bytes), OUT_OF_MEMORY (more than 32 bits can count, as
 * in the migration stream, or too many resources)
 */
VgpuAnswer vgpu_check_blob(const VgpuResources *all, uint32_t id,
                           uint64_t size);

/**
 * vgpu_add_blob: make a resource of what vgpu_check_blob() allowed
 */
VgpuResource *vgpu_add_blob(VgpuResources *all, uint32_t id, uint64_t size,
                            void *host);

/**
 * vgpu_check_entries: whether a backing may be made of so many entries
 *
 * Returns: VGPU_OK_NODATA, or INVALID_PARAMETER (none), UNSPEC (more than
 * VGPU_ENTRIES_MAX)
 */
VgpuAnswer vgpu_check_entries(uint32_t entries);

/**
 * vgpu_pieces_left: how many more pieces all backings together may have
 *
 * An entry is several where the machine's memory map cuts it.
 */
size_t vgpu_pieces_left(const VgpuResources *all);

/**
 * vgpu_attach: give a resource that has none its backing
 * (RESOURCE_ATTACH_BACKING)
 * @pieces: its entries as they are mapped; they stay until vgpu_detach()
 * @count: of pieces, vgpu_pieces_left() at the most
 * @memory: of a blob, the pieces as one; NULL where the host has it not
 *
 * Returns: VGPU_OK_NODATA, or INVALID_PARAMETER where a blob is larger than its
 * backing; nothing is changed then
 */
VgpuAnswer vgpu_attach(VgpuResources *all, VgpuResource *resource,
                       const struct iovec *pieces, size_t count,
                       void *memory);

/**
 * vgpu_detach: take a resource's backing (RESOURCE_DETACH_BACKING)
 *
 * The owner unmaps it afterwards.
 */
void vgpu_detach(VgpuResources *all, VgpuResource *resource);

/**
 * vgpu_remove: end a resource (RESOURCE_UNREF), with its backing
 *
 * Returns: what was its host
 */
void *vgpu_remove(VgpuResources *all, VgpuResource *resource);

/**
 * vgpu_copy_from_backing: copy a rectangle of an image (TRANSFER_TO_HOST_2D)
 * @rect: in pixels
 * @offset: in bytes, of the rectangle's first in the backing, which has rows
 *     as long as the image's
 *
 * Returns: VGPU_OK_NODATA, or INVALID_PARAMETER where one of the rectangle's
 * bytes is outside of image or backing; nothing is copied then
 */
VgpuAnswer vgpu_copy_from_backing(VgpuResource *resource, const VgpuRect *rect,
                                  uint64_t offset);

/* vgpu_rect_within: whether no pixel of @rect is outside of width x height */
bool vgpu_rect_within(const VgpuRect *rect, uint32_t width, uint32_t height);

#endif /* MODEL_VGPU_RESOURCE_H */
