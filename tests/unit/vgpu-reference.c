/*
 * What virtio-gpu's commands are answered, told a second time
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "vgpu-reference.h"

typedef unsigned __int128 Wide;

void vgpu_reference_init(VgpuReference *reference, uint32_t outputs,
                         uint64_t hostmem_limit, bool blobs)
{
    *reference = (VgpuReference) {
        .by_id = g_hash_table_new_full(NULL, NULL, NULL, g_free),
        .outputs = outputs,
        .hostmem_limit = hostmem_limit,
        .blobs = blobs,
    };
}

void vgpu_reference_clear(VgpuReference *reference)
{
    g_hash_table_destroy(reference->by_id);
}

static VgpuKnown *known(const VgpuReference *reference, uint32_t id)
{
    return g_hash_table_lookup(reference->by_id, GUINT_TO_POINTER(id));
}

/* ---- checks -------------------------------------------------------------- */

static bool is_format(uint32_t format)
{
    return (format >= 1 && format <= 4) || format == 67 || format == 68 ||
           format == 121 || format == 134;
}

static bool is_outside(const VgpuRect *rect, uint32_t width, uint32_t height)
{
    return (Wide)rect->x + rect->width > width ||
           (Wide)rect->y + rect->height > height;
}

static VgpuAnswer check_create(const VgpuReference *reference,
                               const VgpuCommand *command)
{
    const Wide size = (Wide)command->width * command->height * 4;
    Wide used = 0;
    GHashTableIter all;
    gpointer each;

    if (!command->resource_id || known(reference, command->resource_id)) {
        return VGPU_ERR_INVALID_RESOURCE_ID;
    }
    if (!is_format(command->format) || !size) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    g_hash_table_iter_init(&all, reference->by_id);
    while (g_hash_table_iter_next(&all, NULL, &each)) {
        const VgpuKnown *other = each;

        used += other->is_image ? other->size : 0;
    }
    return size > UINT32_MAX || (Wide)command->width * 4 > INT32_MAX ||
           used + size >= reference->hostmem_limit ||
           g_hash_table_size(reference->by_id) >= 16384
           ? VGPU_ERR_OUT_OF_MEMORY : VGPU_OK_NODATA;
}

static VgpuAnswer check_entries(const VgpuCommand *command)
{
    return !command->entries ? VGPU_ERR_INVALID_PARAMETER :
           command->entries > 16384 ? VGPU_ERR_UNSPEC : VGPU_OK_NODATA;
}

static VgpuAnswer check_create_blob(const VgpuReference *reference,
                                    const VgpuCommand *command)
{
    if (!reference->blobs) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    if (!command->resource_id || known(reference, command->resource_id)) {
        return VGPU_ERR_INVALID_RESOURCE_ID;
    }
    if (!command->size) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    if (command->size > UINT32_MAX ||
        g_hash_table_size(reference->by_id) >= 16384) {
        return VGPU_ERR_OUT_OF_MEMORY;
    }
    if (command->blob_mem != 1 || command->blob_flags > 7) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    return check_entries(command);
}

static VgpuAnswer check_transfer(const VgpuKnown *resource,
                                 const VgpuCommand *command)
{
    const VgpuRect *rect = &command->rect;
    const Wide stride = (Wide)resource->width * 4;
    Wide end = command->offset;

    if (!resource->attached) {
        return VGPU_ERR_UNSPEC;
    }
    if (!resource->is_image) {
        return VGPU_OK_NODATA;
    }
    if (rect->width && rect->height) {
        end += stride * (rect->height - 1) + (Wide)rect->width * 4;
    }
    return is_outside(rect, resource->width, resource->height) ||
           end > resource->backing
           ? VGPU_ERR_INVALID_PARAMETER : VGPU_OK_NODATA;
}

static bool is_small(const VgpuRect *rect)
{
    return rect->width < 16 || rect->height < 16;
}

static VgpuAnswer check_show(const VgpuKnown *resource,
                             const VgpuCommand *command)
{
    const VgpuRect *rect = &command->rect;

    if (!resource->attached) {
        return VGPU_ERR_UNSPEC;
    }
    return !resource->is_image || is_small(rect) ||
           is_outside(rect, resource->width, resource->height)
           ? VGPU_ERR_INVALID_PARAMETER : VGPU_OK_NODATA;
}

static VgpuAnswer check_show_blob(const VgpuKnown *resource,
                                  const VgpuCommand *command)
{
    const VgpuRect *rect = &command->rect;
    const Wide stride = command->strides[0];
    const Wide end = command->offsets[0] + ((Wide)rect->y + rect->height - 1) *
                     stride + ((Wide)rect->x + rect->width) * 4;

    if (!resource->attached) {
        return VGPU_ERR_UNSPEC;
    }
    if (resource->is_image || !is_format(command->format)) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    if (!resource->in_one_piece) {
        return VGPU_ERR_UNSPEC;
    }
    return is_small(rect) || stride < (Wide)command->width * 4 ||
           is_outside(rect, command->width, command->height) ||
           stride % 4 || command->offsets[0] % 4 || end > resource->size
           ? VGPU_ERR_INVALID_PARAMETER : VGPU_OK_NODATA;
}

static VgpuAnswer check_scanout(const VgpuReference *reference,
                                const VgpuCommand *command)
{
    const bool blob = command->header.type == VGPU_SET_SCANOUT_BLOB;
    const VgpuKnown *resource = known(reference, command->resource_id);

    if (blob && !reference->blobs) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    if (command->scanout_id >= reference->outputs) {
        return VGPU_ERR_INVALID_SCANOUT_ID;
    }
    if (!command->resource_id) {
        return VGPU_OK_NODATA;
    }
    if (!resource) {
        return VGPU_ERR_INVALID_RESOURCE_ID;
    }
    return blob ? check_show_blob(resource, command)
                : check_show(resource, command);
}

/* Commands of a resource that has to be there */
static VgpuAnswer check_resource(const VgpuKnown *resource,
                                 const VgpuCommand *command)
{
    if (!resource) {
        return VGPU_ERR_INVALID_RESOURCE_ID;
    }
    switch (command->header.type) {
    case VGPU_RESOURCE_ATTACH_BACKING:
        return resource->attached ? VGPU_ERR_UNSPEC : check_entries(command);
    case VGPU_RESOURCE_DETACH_BACKING:
        return resource->attached ? VGPU_OK_NODATA : VGPU_ERR_UNSPEC;
    case VGPU_RESOURCE_FLUSH:
        return resource->is_image && is_outside(&command->rect, resource->width,
                                                resource->height)
               ? VGPU_ERR_INVALID_PARAMETER : VGPU_OK_NODATA;
    case VGPU_TRANSFER_TO_HOST_2D:
        return check_transfer(resource, command);
    default:
        return VGPU_OK_NODATA;
    }
}

VgpuAnswer vgpu_reference_check(const VgpuReference *reference,
                                const VgpuCommand *command)
{
    switch (command->header.type) {
    case VGPU_RESOURCE_CREATE_2D:
        return check_create(reference, command);
    case VGPU_RESOURCE_CREATE_BLOB:
        return check_create_blob(reference, command);
    case VGPU_SET_SCANOUT:
    case VGPU_SET_SCANOUT_BLOB:
        return check_scanout(reference, command);
    case VGPU_RESOURCE_UNREF:
    case VGPU_RESOURCE_ATTACH_BACKING:
    case VGPU_RESOURCE_DETACH_BACKING:
    case VGPU_RESOURCE_FLUSH:
    case VGPU_TRANSFER_TO_HOST_2D:
        return check_resource(known(reference, command->resource_id), command);
    default:
        return VGPU_ERR_UNSPEC;
    }
}

/* ---- changes ------------------------------------------------------------- */

static VgpuKnown *add(VgpuReference *reference, uint32_t id)
{
    VgpuKnown *resource = g_new0(VgpuKnown, 1);

    g_hash_table_insert(reference->by_id, GUINT_TO_POINTER(id), resource);
    return resource;
}

static void forget(VgpuReference *reference, uint32_t id)
{
    for (int i = 0; i < VGPU_SCANOUTS_MAX; i++) {
        if (reference->shown[i] == id) {
            reference->shown[i] = 0;
        }
    }
}

static void apply_attach(VgpuKnown *resource, uint64_t backing,
                         bool in_one_piece)
{
    resource->attached = true;
    resource->backing = backing;
    resource->in_one_piece = in_one_piece;
}

void vgpu_reference_apply(VgpuReference *reference, const VgpuCommand *command,
                          uint64_t backing, bool in_one_piece)
{
    const uint32_t id = command->resource_id;
    VgpuKnown *resource = known(reference, id);

    switch (command->header.type) {
    case VGPU_RESOURCE_CREATE_2D:
        *add(reference, id) = (VgpuKnown) {
            .is_image = true,
            .width = command->width,
            .height = command->height,
            .size = (uint64_t)command->width * command->height * 4,
        };
        break;
    case VGPU_RESOURCE_CREATE_BLOB:
        resource = add(reference, id);
        resource->size = command->size;
        apply_attach(resource, backing, in_one_piece);
        break;
    case VGPU_RESOURCE_UNREF:
        forget(reference, id);
        g_hash_table_remove(reference->by_id, GUINT_TO_POINTER(id));
        break;
    case VGPU_RESOURCE_ATTACH_BACKING:
        apply_attach(resource, backing, in_one_piece);
        break;
    case VGPU_RESOURCE_DETACH_BACKING:
        if (!resource->is_image) {
            forget(reference, id);
        }
        resource->attached = false;
        break;
    case VGPU_SET_SCANOUT:
    case VGPU_SET_SCANOUT_BLOB:
        reference->shown[command->scanout_id] = id;
        break;
    }
}

/* ---- comparison ---------------------------------------------------------- */

static bool is_same(const VgpuKnown *resource, const VgpuResource *other)
{
    return other && resource->is_image == (other->image != NULL) &&
           resource->attached == other->attached &&
           resource->width == other->layout.width &&
           resource->height == other->layout.height &&
           (resource->is_image || resource->size == other->blob_size) &&
           (!resource->attached ||
            resource->backing == other->backing.size);
}

const char *vgpu_reference_compare(const VgpuReference *reference,
                                   const VgpuCore *core)
{
    GHashTableIter all;
    gpointer id, each;

    if (g_hash_table_size(reference->by_id) !=
        g_hash_table_size(core->resources.by_id)) {
        return "the resources are those that were made and not ended";
    }
    g_hash_table_iter_init(&all, reference->by_id);
    while (g_hash_table_iter_next(&all, &id, &each)) {
        if (!is_same(each, vgpu_resource_find(&core->resources,
                                              GPOINTER_TO_UINT(id)))) {
            return "a resource is what it was made";
        }
    }
    for (int i = 0; i < VGPU_SCANOUTS_MAX; i++) {
        const VgpuResource *shown = core->scanouts[i].resource;

        if (reference->shown[i] != (shown ? shown->id : 0)) {
            return "a scanout shows what it was set to";
        }
    }
    return NULL;
}
