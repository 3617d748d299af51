/*
 * virtio-gpu's commands, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "model/vgpu-cmd.h"

#define BLOB_MEM_GUEST      1
#define BLOB_FLAGS_KNOWN    7u  /* MAPPABLE, SHAREABLE, CROSS_DEVICE */

void vgpu_core_init(VgpuCore *core, uint32_t outputs, uint64_t hostmem_limit,
                    bool blobs)
{
    *core = (VgpuCore) {
        .outputs = MIN(outputs, VGPU_SCANOUTS_MAX),
        .blobs = blobs,
    };
    vgpu_resources_init(&core->resources, hostmem_limit);
}

void vgpu_core_reset(VgpuCore *core)
{
    for (uint32_t i = 0; i < core->outputs; i++) {
        core->scanouts[i] = (VgpuScanout) { 0 };
    }
}

void vgpu_core_clear(VgpuCore *core)
{
    vgpu_core_reset(core);
    vgpu_resources_clear(&core->resources);
}

/* ---- what commands have in common -------------------------------------- */

/* The command's resource; if there is none, @answer says so. */
static VgpuResource *find(VgpuCore *core, const VgpuCommand *command,
                          VgpuAnswer *answer)
{
    VgpuResource *resource = vgpu_resource_find(&core->resources,
                                                command->resource_id);

    *answer = resource ? VGPU_OK_NODATA : VGPU_ERR_INVALID_RESOURCE_ID;
    return resource;
}

static VgpuResource *find_attached(VgpuCore *core, const VgpuCommand *command,
                                   VgpuAnswer *answer)
{
    VgpuResource *resource = find(core, command, answer);

    if (resource && !resource->attached) {
        *answer = VGPU_ERR_UNSPEC;
        return NULL;
    }
    return resource;
}

static uint32_t forget(VgpuCore *core, const VgpuResource *resource)
{
    return vgpu_scanouts_forget(core->scanouts, core->outputs, resource);
}

/* ---- resources --------------------------------------------------------- */

static VgpuAnswer create_2d(VgpuCore *core, const VgpuCommand *command,
                            VgpuEffects *effects)
{
    VgpuAnswer answer = vgpu_check_image(&core->resources,
                                         command->resource_id, command->format,
                                         command->width, command->height,
                                         &effects->layout);

    effects->need = answer == VGPU_OK_NODATA ? VGPU_NEEDS_IMAGE
                                             : VGPU_NEEDS_NOTHING;
    return answer;
}

bool vgpu_give_image(VgpuCore *core, const VgpuCommand *command,
                     pixman_image_t *image, void *host, VgpuEffects *effects)
{
    const VgpuLayout layout = effects->layout;

    *effects = (VgpuEffects) { .answer = VGPU_ERR_OUT_OF_MEMORY };
    if (!image) {
        return false;
    }
    vgpu_add_image(&core->resources, command->resource_id, command->format,
                   &layout, image, host);
    effects->answer = VGPU_OK_NODATA;
    return true;
}

static VgpuAnswer create_blob(VgpuCore *core, const VgpuCommand *command,
                              VgpuEffects *effects)
{
    VgpuAnswer answer;

    if (!core->blobs) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    answer = vgpu_check_blob(&core->resources, command->resource_id,
                             command->size);
    if (answer == VGPU_OK_NODATA && (command->blob_mem != BLOB_MEM_GUEST ||
                                     command->blob_flags & ~BLOB_FLAGS_KNOWN)) {
        answer = VGPU_ERR_INVALID_PARAMETER;
    }
    if (answer == VGPU_OK_NODATA) {
        answer = vgpu_check_entries(command->entries);
    }
    effects->need = answer == VGPU_OK_NODATA ? VGPU_NEEDS_BACKING
                                             : VGPU_NEEDS_NOTHING;
    return answer;
}

static VgpuAnswer attach(VgpuCore *core, const VgpuCommand *command,
                         VgpuEffects *effects)
{
    VgpuAnswer answer;
    VgpuResource *resource = find(core, command, &answer);

    if (!resource) {
        return answer;
    }
    answer = resource->attached ? VGPU_ERR_UNSPEC
                                : vgpu_check_entries(command->entries);
    effects->need = answer == VGPU_OK_NODATA ? VGPU_NEEDS_BACKING
                                             : VGPU_NEEDS_NOTHING;
    return answer;
}

bool vgpu_give_backing(VgpuCore *core, const VgpuCommand *command,
                       const struct iovec *pieces, size_t count, void *memory,
                       void *host, VgpuEffects *effects)
{
    VgpuResources *all = &core->resources;
    VgpuResource *resource = vgpu_resource_find(all, command->resource_id);
    const bool is_new = !resource;

    *effects = (VgpuEffects) { 0 };
    if (is_new) {
        resource = vgpu_add_blob(all, command->resource_id, command->size,
                                 host);
    }
    effects->answer = vgpu_attach(all, resource, pieces, count, memory);
    if (effects->answer == VGPU_OK_NODATA) {
        return true;
    }
    if (is_new) {
        vgpu_remove(all, resource);
    }
    return false;
}

static VgpuAnswer detach(VgpuCore *core, const VgpuCommand *command,
                         VgpuEffects *effects)
{
    VgpuAnswer answer;
    VgpuResource *resource = find_attached(core, command, &answer);

    if (!resource) {
        return answer;
    }
    if (!resource->image) {
        effects->off = forget(core, resource);
    }
    effects->unmap = resource->host;
    vgpu_detach(&core->resources, resource);
    return VGPU_OK_NODATA;
}

void vgpu_core_remove(VgpuCore *core, VgpuResource *resource,
                      VgpuEffects *effects)
{
    *effects = (VgpuEffects) {
        .answer = VGPU_OK_NODATA,
        .off = forget(core, resource),
    };
    effects->gone = vgpu_remove(&core->resources, resource);
}

static VgpuAnswer unref(VgpuCore *core, const VgpuCommand *command,
                        VgpuEffects *effects)
{
    VgpuAnswer answer;
    VgpuResource *resource = find(core, command, &answer);

    if (resource) {
        vgpu_core_remove(core, resource, effects);
    }
    return answer;
}

/* A blob is the guest's own memory: there is nothing to copy. */
static VgpuAnswer transfer(VgpuCore *core, const VgpuCommand *command,
                           VgpuEffects *effects)
{
    VgpuAnswer answer;
    VgpuResource *resource = find_attached(core, command, &answer);

    if (!resource || !resource->image) {
        return answer;
    }
    return vgpu_copy_from_backing(resource, &command->rect, command->offset);
}

/* ---- scanouts ---------------------------------------------------------- */

static VgpuAnswer show(VgpuCore *core, const VgpuCommand *command,
                       const VgpuLayout *frame, VgpuResource *resource,
                       VgpuEffects *effects)
{
    VgpuScanout *scanout = &core->scanouts[command->scanout_id];
    VgpuScanout shown = { 0 };
    VgpuAnswer answer = vgpu_check_frame(resource, &command->rect, frame,
                                         &shown);

    if (answer != VGPU_OK_NODATA) {
        return answer;
    }
    if (!vgpu_scanout_shows_same(scanout, &shown)) {
        effects->shown = 1u << command->scanout_id;
    }
    vgpu_scanout_show(scanout, &shown);
    return VGPU_OK_NODATA;
}

static VgpuAnswer turn_off(VgpuCore *core, const VgpuCommand *command,
                           VgpuEffects *effects)
{
    VgpuScanout *scanout = &core->scanouts[command->scanout_id];

    if (scanout->resource) {
        effects->off = 1u << command->scanout_id;
    }
    vgpu_scanout_off(scanout);
    return VGPU_OK_NODATA;
}

static VgpuAnswer set_scanout(VgpuCore *core, const VgpuCommand *command,
                              VgpuEffects *effects)
{
    VgpuAnswer answer;
    VgpuResource *resource;

    if (command->scanout_id >= core->outputs) {
        return VGPU_ERR_INVALID_SCANOUT_ID;
    }
    if (!command->resource_id) {
        return turn_off(core, command, effects);
    }
    resource = find_attached(core, command, &answer);
    if (!resource) {
        return answer;
    }
    return resource->image ? show(core, command, &resource->layout, resource,
                                  effects) : VGPU_ERR_INVALID_PARAMETER;
}

static VgpuAnswer set_scanout_blob(VgpuCore *core, const VgpuCommand *command,
                                   VgpuEffects *effects)
{
    const VgpuLayout frame = {
        .format = vgpu_pixman_format(command->format),
        .width = command->width,
        .height = command->height,
        .stride = command->strides[0],
        .offset = command->offsets[0],
    };
    VgpuAnswer answer;
    VgpuResource *resource;

    if (!core->blobs) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    if (command->scanout_id >= core->outputs) {
        return VGPU_ERR_INVALID_SCANOUT_ID;
    }
    if (!command->resource_id) {
        return turn_off(core, command, effects);
    }
    resource = find_attached(core, command, &answer);
    if (!resource) {
        return answer;
    }
    if (resource->image || !frame.format) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    return resource->memory ? show(core, command, &frame, resource, effects)
                            : VGPU_ERR_UNSPEC;
}

static VgpuAnswer flush(VgpuCore *core, const VgpuCommand *command,
                        VgpuEffects *effects)
{
    VgpuAnswer answer;
    VgpuResource *resource = find(core, command, &answer);

    if (!resource) {
        return answer;
    }
    if (resource->image && !vgpu_rect_within(&command->rect,
                                             resource->layout.width,
                                             resource->layout.height)) {
        return VGPU_ERR_INVALID_PARAMETER;
    }
    for (uint32_t i = 0; i < core->outputs; i++) {
        if (core->scanouts[i].resource == resource &&
            vgpu_scanout_damage(&core->scanouts[i], &command->rect,
                                &effects->damage[i])) {
            effects->damaged |= 1u << i;
        }
    }
    return VGPU_OK_NODATA;
}

/* ---- queues ------------------------------------------------------------ */

typedef VgpuAnswer Handler(VgpuCore *core, const VgpuCommand *command,
                           VgpuEffects *effects);

static Handler *handler_of(uint32_t type)
{
    switch (type) {
    case VGPU_RESOURCE_CREATE_2D:
        return create_2d;
    case VGPU_RESOURCE_CREATE_BLOB:
        return create_blob;
    case VGPU_RESOURCE_UNREF:
        return unref;
    case VGPU_RESOURCE_ATTACH_BACKING:
        return attach;
    case VGPU_RESOURCE_DETACH_BACKING:
        return detach;
    case VGPU_SET_SCANOUT:
        return set_scanout;
    case VGPU_SET_SCANOUT_BLOB:
        return set_scanout_blob;
    case VGPU_TRANSFER_TO_HOST_2D:
        return transfer;
    case VGPU_RESOURCE_FLUSH:
        return flush;
    default:
        return NULL;
    }
}

void vgpu_command(VgpuCore *core, const VgpuCommand *command,
                  VgpuEffects *effects)
{
    Handler *handler = handler_of(command->header.type);
    VgpuAnswer answer = VGPU_ERR_UNSPEC;

    *effects = (VgpuEffects) { 0 };
    if (handler) {
        answer = handler(core, command, effects);
    }
    effects->answer = answer;
}

bool vgpu_cursor_command(VgpuCore *core, const VgpuCommand *command,
                         VgpuCursorEffect *effect)
{
    const uint32_t type = command->header.type;
    VgpuCursor *cursor;

    *effect = (VgpuCursorEffect) { .scanout = command->scanout_id };
    if (command->scanout_id >= core->outputs ||
        (type != VGPU_UPDATE_CURSOR && type != VGPU_MOVE_CURSOR)) {
        return false;
    }
    cursor = &core->scanouts[command->scanout_id].cursor;
    if (type == VGPU_UPDATE_CURSOR) {
        cursor->resource_id = command->resource_id;
        cursor->hot_x = command->hot_x;
        cursor->hot_y = command->hot_y;
        effect->defined = true;
    }
    cursor->x = command->rect.x;
    cursor->y = command->rect.y;
    effect->visible = command->resource_id != 0;
    return true;
}
