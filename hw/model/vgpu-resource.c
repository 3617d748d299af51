/*
 * virtio-gpu's resources, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "model/vgpu-resource.h"

/* pixman's and QEMU's sizes of rows are signed. */
#define STRIDE_MAX  INT32_MAX
#define IMAGE_MAX   UINT32_MAX

static void free_resource(gpointer data)
{
    VgpuResource *resource = data;

    vgpu_backing_clear(&resource->backing);
    if (resource->image) {
        pixman_image_unref(resource->image);
    }
    g_free(resource);
}

void vgpu_resources_init(VgpuResources *all, uint64_t hostmem_limit)
{
    *all = (VgpuResources) {
        .by_id = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL,
                                       free_resource),
        .hostmem_limit = hostmem_limit,
    };
}

void vgpu_resources_clear(VgpuResources *all)
{
    g_clear_pointer(&all->by_id, g_hash_table_destroy);
    all->hostmem = 0;
    all->pieces = 0;
}

VgpuResource *vgpu_resource_find(const VgpuResources *all, uint32_t id)
{
    return g_hash_table_lookup(all->by_id, GUINT_TO_POINTER(id));
}

static VgpuResource *add(VgpuResources *all, uint32_t id, void *host)
{
    VgpuResource *resource = g_new0(VgpuResource, 1);

    resource->id = id;
    resource->host = host;
    g_hash_table_insert(all->by_id, GUINT_TO_POINTER(id), resource);
    return resource;
}

static VgpuAnswer check_id(const VgpuResources *all, uint32_t id)
{
    if (!id || vgpu_resource_find(all, id)) {
        return VGPU_ERR_INVALID_RESOURCE_ID;
    }
    return VGPU_OK_NODATA;
}

static bool is_full(const VgpuResources *all)
{
    return g_hash_table_size(all->by_id) >= VGPU_RESOURCES_MAX;
}

/* ---- images ------------------------------------------------------------ */

/*
 * The names of 5.7.6.8 list bytes from the lowest address on, pixman's those of
 * a number from the highest on.
 */
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define HOST_FORMAT(little, big) (little)
#else
#define HOST_FORMAT(little, big) (big)
#endif

pixman_format_code_t vgpu_pixman_format(uint32_t format)
{
    switch (format) {
    case 1:     /* B8G8R8A8 */
        return HOST_FORMAT(PIXMAN_a8r8g8b8, PIXMAN_b8g8r8a8);
    case 2:     /* B8G8R8X8 */
        return HOST_FORMAT(PIXMAN_x8r8g8b8, PIXMAN_b8g8r8x8);
    case 3:     /* A8R8G8B8 */
        return HOST_FORMAT(PIXMAN_b8g8r8a8, PIXMAN_a8r8g8b8);
    case 4:     /* X8R8G8B8 */
        return HOST_FORMAT(PIXMAN_b8g8r8x8, PIXMAN_x8r8g8b8);
    case 67:    /* R8G8B8A8 */
        return HOST_FORMAT(PIXMAN_a8b8g8r8, PIXMAN_r8g8b8a8);
    case 68:    /* X8B8G8R8 */
        return HOST_FORMAT(PIXMAN_r8g8b8x8, PIXMAN_x8b8g8r8);
    case 121:   /* A8B8G8R8 */
        return HOST_FORMAT(PIXMAN_r8g8b8a8, PIXMAN_a8b8g8r8);
    case 134:   /* R8G8B8X8 */
        return HOST_FORMAT(PIXMAN_x8b8g8r8, PIXMAN_r8g8b8x8);
    default:
        return 0;
    }
}

static uint64_t image_size(const VgpuLayout *layout)
{
    return (uint64_t)layout->stride * layout->height;
}

VgpuAnswer vgpu_check_image(const VgpuResources *all, uint32_t id,
                            uint32_t format, uint32_t width, uint32_t height,
                            VgpuLayout *layout)
{
    const uint64_t stride = (uint64_t)width * VGPU_PIXEL_SIZE;
    const VgpuAnswer answer = check_id(all, id);

    if (answer != VGPU_OK_NODATA) {
        return answer;
    }
    if (!vgpu_pixman_format(format) || !width || !height) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    if (is_full(all) || stride > STRIDE_MAX || height > STRIDE_MAX ||
        stride * height > IMAGE_MAX ||
        stride * height >= all->hostmem_limit - all->hostmem) {
        return VGPU_ERR_OUT_OF_MEMORY;
    }
    *layout = (VgpuLayout) {
        .format = vgpu_pixman_format(format),
        .width = width,
        .height = height,
        .stride = stride,
    };
    return VGPU_OK_NODATA;
}

VgpuResource *vgpu_add_image(VgpuResources *all, uint32_t id, uint32_t format,
                             const VgpuLayout *layout, pixman_image_t *image,
                             void *host)
{
    VgpuResource *resource = add(all, id, host);

    resource->format = format;
    resource->layout = *layout;
    resource->image = image;
    all->hostmem += image_size(layout);
    return resource;
}

/* ---- blobs ------------------------------------------------------------- */

VgpuAnswer vgpu_check_blob(const VgpuResources *all, uint32_t id,
                           uint64_t size)
{
    const VgpuAnswer answer = check_id(all, id);

    if (answer != VGPU_OK_NODATA) {
        return answer;
    }
    if (!size) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    return is_full(all) || size > UINT32_MAX ? VGPU_ERR_OUT_OF_MEMORY
                                             : VGPU_OK_NODATA;
}

VgpuResource *vgpu_add_blob(VgpuResources *all, uint32_t id, uint64_t size,
                            void *host)
{
    VgpuResource *resource = add(all, id, host);

    resource->blob_size = size;
    return resource;
}

/* ---- backing ----------------------------------------------------------- */

VgpuAnswer vgpu_check_entries(uint32_t entries)
{
    if (!entries) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    return entries > VGPU_ENTRIES_MAX ? VGPU_ERR_UNSPEC : VGPU_OK_NODATA;
}

size_t vgpu_pieces_left(const VgpuResources *all)
{
    return VGPU_PIECES_MAX - all->pieces;
}

VgpuAnswer vgpu_attach(VgpuResources *all, VgpuResource *resource,
                       const struct iovec *pieces, size_t count,
                       void *memory)
{
    VgpuBacking backing;

    if (!vgpu_backing_init(&backing, pieces, count) ||
        backing.size < resource->blob_size) {
        vgpu_backing_clear(&backing);
        return VGPU_ERR_INVALID_PARAMETER;
    }
    resource->backing = backing;
    resource->attached = true;
    resource->pieces = count;
    resource->memory = memory;
    all->pieces += count;
    return VGPU_OK_NODATA;
}

void vgpu_detach(VgpuResources *all, VgpuResource *resource)
{
    vgpu_backing_clear(&resource->backing);
    all->pieces -= resource->pieces;
    resource->pieces = 0;
    resource->attached = false;
    resource->memory = NULL;
}

void *vgpu_remove(VgpuResources *all, VgpuResource *resource)
{
    void *host = resource->host;

    vgpu_detach(all, resource);
    if (resource->image) {
        all->hostmem -= image_size(&resource->layout);
    }
    g_hash_table_remove(all->by_id, GUINT_TO_POINTER(resource->id));
    return host;
}

bool vgpu_rect_within(const VgpuRect *rect, uint32_t width, uint32_t height)
{
    return (uint64_t)rect->x + rect->width <= width &&
           (uint64_t)rect->y + rect->height <= height;
}

VgpuAnswer vgpu_copy_from_backing(VgpuResource *resource, const VgpuRect *rect,
                                  uint64_t offset)
{
    const VgpuLayout *layout = &resource->layout;
    const bool is_empty = !rect->width || !rect->height;
    const VgpuImage image = {
        .data = (uint8_t *)pixman_image_get_data(resource->image),
        .size = image_size(layout),
        .stride = layout->stride,
    };
    const VgpuTransfer transfer = {
        .offset = offset,
        .stride = layout->stride,
        .image_offset = is_empty ? 0 : (uint64_t)rect->y * layout->stride +
                                       (uint64_t)rect->x * VGPU_PIXEL_SIZE,
        .row_bytes = (uint64_t)rect->width * VGPU_PIXEL_SIZE,
        .rows = rect->height,
    };

    if (!vgpu_rect_within(rect, layout->width, layout->height) ||
        vgpu_transfer(&resource->backing, &image, &transfer) !=
        VGPU_TRANSFER_DONE) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    return VGPU_OK_NODATA;
}
