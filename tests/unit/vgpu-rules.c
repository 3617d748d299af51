/*
 * The rules of vgpu-world.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "vgpu-dump.h"
#include "vgpu-host.h"
#include "vgpu-rules.h"

void vgpu_expect(VgpuWorld *world, bool true_now, const char *rule)
{
    if (!true_now && !world->broken) {
        world->broken = rule;
    }
}

bool vgpu_rules_is_answer(uint32_t answer)
{
    return answer == VGPU_OK_NODATA ||
           (answer >= VGPU_ERR_UNSPEC && answer <= VGPU_ERR_INVALID_PARAMETER);
}

static void check_counts(VgpuWorld *world)
{
    const VgpuResources *all = &world->core.resources;
    uint64_t hostmem = 0, pieces = world->pieces_before;
    GHashTableIter each;
    gpointer id, value;

    g_hash_table_iter_init(&each, all->by_id);
    while (g_hash_table_iter_next(&each, &id, &value)) {
        const VgpuResource *resource = value;
        const VgpuHost *host = resource->host;

        vgpu_expect(world, id && GPOINTER_TO_UINT(id) == resource->id,
                    "resources are found by their id, which is not 0");
        hostmem += (uint64_t)resource->layout.stride * resource->layout.height;
        pieces += resource->pieces;
        if (!g_hash_table_contains(world->hosts, host)) {
            vgpu_expect(world, false, "each resource has its host");
            return;
        }
        vgpu_expect(world, resource->pieces == host->pieces->len &&
                    resource->attached == (host->pieces->len > 0),
                    "a resource has the backing that its host has mapped");
    }
    vgpu_expect(world, g_hash_table_size(world->hosts) ==
                g_hash_table_size(all->by_id), "no host is left behind");
    vgpu_expect(world, hostmem == all->hostmem, "images are counted");
    vgpu_expect(world, !hostmem || hostmem < all->hostmem_limit,
                "images stay below max_hostmem");
    vgpu_expect(world, pieces == all->pieces, "pieces are counted");
    vgpu_expect(world, pieces <= VGPU_PIECES_MAX, "pieces are bounded");
    vgpu_expect(world, g_hash_table_size(all->by_id) <= VGPU_RESOURCES_MAX,
                "resources are bounded");
}

static bool is_resource(const VgpuWorld *world, const VgpuResource *resource)
{
    GHashTableIter each;
    gpointer value;

    g_hash_table_iter_init(&each, world->core.resources.by_id);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        if (value == resource) {
            return true;
        }
    }
    return false;
}

static void check_scanout(VgpuWorld *world, uint32_t head)
{
    const VgpuScanout *scanout = &world->core.scanouts[head];
    const VgpuViewer *viewer = &world->viewers[head];

    if (!scanout->resource) {
        vgpu_expect(world, !viewer->host, "a viewer is told what is off");
        return;
    }
    vgpu_expect(world, head < world->core.outputs,
                "there are so many scanouts");
    if (!is_resource(world, scanout->resource)) {
        vgpu_expect(world, false, "a scanout shows a resource that there is");
        return;
    }
    vgpu_expect(world, viewer->host == scanout->resource->host &&
                viewer->pixels == vgpu_scanout_memory(scanout) &&
                viewer->frame.format == scanout->frame.format &&
                viewer->frame.stride == scanout->frame.stride &&
                viewer->rect.width == scanout->rect.width &&
                viewer->rect.height == scanout->rect.height,
                "a viewer is told what is shown");
}

void vgpu_rules_check_state(VgpuWorld *world)
{
    const char *different = vgpu_reference_compare(&world->reference,
                                                   &world->core);

    vgpu_expect(world, !different, different);
    check_counts(world);
    for (uint32_t head = 0; head < VGPU_SCANOUTS_MAX; head++) {
        check_scanout(world, head);
    }
}

void vgpu_rules_check_refused(VgpuWorld *world, const VgpuEffects *effects)
{
    char *dump = vgpu_dump(&world->core);

    vgpu_expect(world, !strcmp(dump, world->dump),
                "a refused command changes nothing");
    vgpu_expect(world, effects->need == VGPU_NEEDS_NOTHING && !effects->off &&
                !effects->shown && !effects->damaged && !effects->unmap &&
                !effects->gone, "a refused command has no effects");
    g_free(dump);
}

void vgpu_rules_check_answer(VgpuWorld *world, VgpuAnswer answer,
                             const VgpuHeader *header)
{
    static const uint8_t zero[20];
    uint8_t bytes[VGPU_HEADER_SIZE];

    memset(bytes, 0xff, sizeof(bytes));
    vgpu_encode_answer(bytes, answer, header);
    vgpu_expect(world, bytes[0] == (answer & 0xff) && bytes[1] == answer >> 8 &&
                !bytes[2] && !bytes[3], "an answer begins with its type");
    vgpu_expect(world, header->flags & VGPU_FLAG_WITH_FENCE
                ? bytes[4] == 1 && bytes[8] == (header->fence & 0xff)
                : !memcmp(bytes + 4, zero, sizeof(zero)),
                "an answer has the fence of its request");
}

GByteArray *vgpu_rules_transferred(const VgpuWorld *world,
                                   const VgpuCommand *command)
{
    const VgpuResource *resource = vgpu_resource_find(&world->core.resources,
                                                      command->resource_id);
    const VgpuRect *rect = &command->rect;
    const VgpuHost *host;
    GByteArray *image;
    uint64_t stride;

    if (command->header.type != VGPU_TRANSFER_TO_HOST_2D || !resource ||
        !resource->image ||
        vgpu_reference_check(&world->reference, command) != VGPU_OK_NODATA) {
        return NULL;
    }
    host = resource->host;
    stride = resource->layout.stride;
    image = g_byte_array_new();
    g_byte_array_append(image, (void *)pixman_image_get_data(resource->image),
                        stride * resource->layout.height);
    for (uint64_t y = 0; rect->width && y < rect->height; y++) {
        memcpy(image->data + (rect->y + y) * stride + rect->x * 4ull,
               host->flat->data + command->offset + y * stride,
               rect->width * 4ull);
    }
    return image;
}

void vgpu_rules_check_transferred(VgpuWorld *world, const VgpuCommand *command,
                                  GByteArray *expected)
{
    const VgpuResource *resource = vgpu_resource_find(&world->core.resources,
                                                      command->resource_id);

    if (expected) {
        vgpu_expect(world, resource && resource->image &&
                    !memcmp(pixman_image_get_data(resource->image),
                            expected->data, expected->len),
                    "a transfer copies what is in the guest's memory");
        g_byte_array_unref(expected);
    }
}
