/*
 * virtio-gpu's models as text, to compare states
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <inttypes.h>

#include "vgpu-dump.h"

static uint64_t image_size(const VgpuResource *resource)
{
    return (uint64_t)resource->layout.stride * resource->layout.height;
}

/* FNV-1a */
static uint64_t hash(const uint8_t *bytes, uint64_t size)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);

    for (uint64_t i = 0; i < size; i++) {
        value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return value;
}

static void dump_layout(GString *text, const VgpuLayout *layout)
{
    g_string_append_printf(text, " %x %ux%u/%u+%" PRIu64, layout->format,
                           layout->width, layout->height, layout->stride,
                           layout->offset);
}

static void dump_resource(GString *text, const VgpuResource *resource)
{
    const VgpuBacking *backing = &resource->backing;

    g_string_append_printf(text, "resource %u format %u", resource->id,
                           resource->format);
    dump_layout(text, &resource->layout);
    g_string_append_printf(text, " image %p", resource->image);
    if (resource->image) {
        const void *pixels = pixman_image_get_data(resource->image);

        g_string_append_printf(text, " %" PRIx64,
                               hash(pixels, image_size(resource)));
    }
    g_string_append_printf(text, " blob %" PRIu64 " at %p host %p\n"
                           " attached %d pieces %zu size %" PRIu64 ":",
                           resource->blob_size, resource->memory,
                           resource->host, resource->attached,
                           resource->pieces, backing->size);
    for (size_t i = 0; i < backing->count; i++) {
        g_string_append_printf(text, " %p %" PRIu64, backing->runs[i].limit,
                               backing->runs[i].end);
    }
    g_string_append_c(text, '\n');
}

static gint by_id(gconstpointer a, gconstpointer b)
{
    return GPOINTER_TO_UINT(a) < GPOINTER_TO_UINT(b) ? -1 : 1;
}

static void dump_resources(GString *text, const VgpuResources *all)
{
    GList *ids = g_list_sort(g_hash_table_get_keys(all->by_id), by_id);

    g_string_append_printf(text, "hostmem %" PRIu64 " of %" PRIu64 " pieces %"
                           PRIu64 "\n", all->hostmem, all->hostmem_limit,
                           all->pieces);
    for (const GList *id = ids; id; id = id->next) {
        dump_resource(text, g_hash_table_lookup(all->by_id, id->data));
    }
    g_list_free(ids);
}

static void dump_scanout(GString *text, const VgpuScanout *scanout)
{
    const VgpuRect *rect = &scanout->rect;
    const VgpuCursor *cursor = &scanout->cursor;

    g_string_append_printf(text, "scanout %p %u+%u+%ux%u", scanout->resource,
                           rect->x, rect->y, rect->width, rect->height);
    dump_layout(text, &scanout->frame);
    g_string_append_printf(text, " cursor %u hot %u,%u at %u,%u\n",
                           cursor->resource_id, cursor->hot_x, cursor->hot_y,
                           cursor->x, cursor->y);
}

char *vgpu_dump_resources(const VgpuResources *resources)
{
    GString *text = g_string_new(NULL);

    dump_resources(text, resources);
    return g_string_free(text, FALSE);
}

char *vgpu_dump(const VgpuCore *core)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "outputs %u blobs %d\n", core->outputs,
                           core->blobs);
    dump_resources(text, &core->resources);
    for (uint32_t i = 0; i < VGPU_SCANOUTS_MAX; i++) {
        dump_scanout(text, &core->scanouts[i]);
    }
    return g_string_free(text, FALSE);
}
