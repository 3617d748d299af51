/*
 * A virtio-gpu, its host and a guest that sends anything
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "vgpu-dump.h"
#include "vgpu-guest.h"
#include "vgpu-host.h"
#include "vgpu-rules.h"

/* ---- viewers ------------------------------------------------------------- */

static void viewer_off(VgpuViewer *viewer)
{
    if (viewer->image) {
        pixman_image_unref(viewer->image);
    }
    *viewer = (VgpuViewer) { 0 };
}

static void viewer_show(VgpuWorld *world, uint32_t head)
{
    const VgpuScanout *scanout = &world->core.scanouts[head];
    VgpuViewer *viewer = &world->viewers[head];

    viewer_off(viewer);
    if (!scanout->resource) {
        vgpu_expect(world, false, "what is shown is there");
        return;
    }
    *viewer = (VgpuViewer) {
        .host = scanout->resource->host,
        .image = scanout->resource->image,
        .pixels = vgpu_scanout_memory(scanout),
        .rect = scanout->rect,
        .frame = scanout->frame,
    };
    if (viewer->image) {
        pixman_image_ref(viewer->image);
    }
    vgpu_expect(world, viewer->pixels, "what is shown has memory");
}

/* Reads pixels, for sanitizers to see. */
static void viewer_look(VgpuWorld *world, uint32_t head, VgpuRect part)
{
    const VgpuViewer *viewer = &world->viewers[head];
    uint8_t seen = 0;

    if (!viewer->pixels ||
        !vgpu_rect_within(&part, viewer->rect.width, viewer->rect.height) ||
        !part.width || !part.height) {
        vgpu_expect(world, false, "damage is a part of the picture");
        return;
    }
    for (uint64_t y = part.y; y < (uint64_t)part.y + part.height; y++) {
        const uint8_t *row = viewer->pixels + y * viewer->frame.stride;

        for (uint64_t x = 4ull * part.x; x < 4ull * (part.x + part.width);
             x++) {
            seen ^= row[x];
        }
    }
    world->seen = seen;
}

static void check_unseen(VgpuWorld *world, const void *host)
{
    vgpu_expect(world, g_hash_table_contains(world->hosts, host),
                "effects are about hosts that there are");
    for (int i = 0; i < VGPU_SCANOUTS_MAX; i++) {
        vgpu_expect(world, world->viewers[i].host != host ||
                    world->viewers[i].image,
                    "pictures are turned off before their memory goes");
    }
}

static void apply(VgpuWorld *world, const VgpuEffects *effects)
{
    for (uint32_t head = 0; head < VGPU_SCANOUTS_MAX; head++) {
        const VgpuRect *rect = &world->core.scanouts[head].rect;

        if (effects->off >> head & 1) {
            viewer_off(&world->viewers[head]);
        }
        if (effects->shown >> head & 1) {
            viewer_show(world, head);
            viewer_look(world, head, (VgpuRect) { 0, 0, rect->width,
                                                  rect->height });
        }
        if (effects->damaged >> head & 1) {
            viewer_look(world, head, effects->damage[head]);
        }
    }
    if (effects->unmap) {
        check_unseen(world, effects->unmap);
        if (!world->broken) {
            vgpu_host_unmap(world, effects->unmap);
        }
    }
    if (effects->gone) {
        check_unseen(world, effects->gone);
        if (!world->broken) {
            vgpu_host_free(world, effects->gone);
        }
    }
}

/* ---- commands ------------------------------------------------------------ */

static void give_image(VgpuWorld *world, const VgpuCommand *command,
                       bool has_memory, VgpuEffects *effects)
{
    VgpuHost *host = vgpu_host_new(world, 0);

    if (!vgpu_give_image(&world->core, command,
                         has_memory ? vgpu_host_image(&effects->layout) : NULL,
                         host, effects)) {
        vgpu_host_free(world, host);
    }
}

/* Returns what the answer has to be. */
static VgpuAnswer give_backing(VgpuWorld *world, const GByteArray *message,
                               const VgpuCommand *command, VgpuEffects *effects)
{
    const VgpuResource *resource = vgpu_resource_find(&world->core.resources,
                                                      command->resource_id);
    VgpuHost *host = resource ? resource->host
                              : vgpu_host_new(world, command->size);
    VgpuAnswer answer = vgpu_host_map(world, host, message, command);
    void *memory = vgpu_host_memory(host, command);

    if (answer == VGPU_OK_NODATA && host->flat->len < host->blob_size) {
        answer = VGPU_ERR_INVALID_PARAMETER;
    }
    if (answer == VGPU_OK_NODATA || answer == VGPU_ERR_INVALID_PARAMETER) {
        if (vgpu_give_backing(&world->core, command, (void *)host->pieces->data,
                              host->pieces->len, memory, host, effects)) {
            vgpu_reference_apply(&world->reference, command, host->flat->len,
                                 memory);
            return answer;
        }
    } else {
        *effects = (VgpuEffects) { .answer = answer };
    }
    if (resource) {
        vgpu_host_unmap(world, host);
    } else {
        vgpu_host_free(world, host);
    }
    return answer;
}

static void count(VgpuWorld *world, uint32_t type)
{
    if (type - VGPU_GET_DISPLAY_INFO < 16) {
        world->answered[type - VGPU_GET_DISPLAY_INFO]++;
    }
}

/* What an answer has to be; effects are those of the command. */
static VgpuAnswer carry_out(VgpuWorld *world, const GByteArray *message,
                            const VgpuCommand *command, bool has_memory,
                            VgpuEffects *effects)
{
    VgpuAnswer expected = vgpu_reference_check(&world->reference, command);

    vgpu_command(&world->core, command, effects);
    vgpu_expect(world, effects->answer == expected,
                "a command is answered as the specification says");
    if (world->broken) {
        return expected;
    }
    if (effects->need == VGPU_NEEDS_BACKING) {
        return give_backing(world, message, command, effects);
    }
    if (effects->need == VGPU_NEEDS_IMAGE) {
        give_image(world, command, has_memory, effects);
        expected = has_memory ? VGPU_OK_NODATA : VGPU_ERR_OUT_OF_MEMORY;
    }
    if (expected == VGPU_OK_NODATA) {
        vgpu_reference_apply(&world->reference, command, 0, false);
    }
    return expected;
}

static void send(VgpuWorld *world, const GByteArray *message, bool has_memory)
{
    VgpuEffects effects = { .answer = VGPU_ERR_INVALID_PARAMETER };
    VgpuAnswer expected = VGPU_ERR_INVALID_PARAMETER;
    GByteArray *image = NULL;
    VgpuCommand command;

    if (vgpu_decode(&command, message->data,
                    MIN(message->len, VGPU_COMMAND_SIZE_MAX)) !=
        VGPU_DECODED_SHORT) {
        image = vgpu_rules_transferred(world, &command);
        expected = carry_out(world, message, &command, has_memory, &effects);
    }
    vgpu_expect(world, effects.answer == expected,
                "a command is answered as the specification says");
    vgpu_expect(world, vgpu_rules_is_answer(effects.answer),
                "an answer is one of 5.7.6.7's");
    vgpu_rules_check_answer(world, effects.answer, &command.header);
    vgpu_rules_check_transferred(world, &command, image);
    if (effects.answer == VGPU_OK_NODATA) {
        count(world, command.header.type);
        apply(world, &effects);
        g_free(world->dump);
        world->dump = vgpu_dump(&world->core);
    } else {
        vgpu_rules_check_refused(world, &effects);
    }
}

static void send_cursor(VgpuWorld *world, const GByteArray *message)
{
    const VgpuResource *resource;
    VgpuCursorEffect effect;
    VgpuCommand command;

    if (vgpu_decode(&command, message->data, message->len) != VGPU_DECODED ||
        !vgpu_cursor_command(&world->core, &command, &effect)) {
        vgpu_rules_check_refused(world, &(const VgpuEffects) { 0 });
        return;
    }
    vgpu_expect(world, effect.scanout < world->core.outputs,
                "a cursor is on a scanout");
    resource = vgpu_resource_find(&world->core.resources, command.resource_id);
    if (effect.defined && resource) {
        uint8_t copy[VGPU_CURSOR_PIXELS * VGPU_PIXEL_SIZE];
        const void *pixels = vgpu_cursor_pixels(resource);

        if (pixels) {
            memcpy(copy, pixels, sizeof(copy));
        }
    }
    g_free(world->dump);
    world->dump = vgpu_dump(&world->core);
}

static void reset(VgpuWorld *world)
{
    static const VgpuScanout off;
    const VgpuReference old = world->reference;
    GList *resources = g_hash_table_get_values(world->core.resources.by_id);

    vgpu_core_reset(&world->core);
    for (int head = 0; head < VGPU_SCANOUTS_MAX; head++) {
        vgpu_expect(world, !memcmp(&world->core.scanouts[head], &off,
                                   sizeof(off)),
                    "a reset turns all off, and forgets cursors");
        viewer_off(&world->viewers[head]);
    }
    for (const GList *each = resources; each && !world->broken;
         each = each->next) {
        VgpuEffects effects;

        vgpu_core_remove(&world->core, each->data, &effects);
        apply(world, &effects);
    }
    g_list_free(resources);
    vgpu_reference_clear(&world->reference);
    vgpu_reference_init(&world->reference, old.outputs, old.hostmem_limit,
                        old.blobs);
    g_free(world->dump);
    world->dump = vgpu_dump(&world->core);
}

/* ---- the world ----------------------------------------------------------- */

void vgpu_world_start(VgpuWorld *world, Choices *choices)
{
    static const uint32_t limits[] = { 40001, 16385, 100000, 4, 65536 };
    const uint32_t outputs = 1 + choose(choices, 16) % 5;
    const uint64_t limit = limits[choose(choices, G_N_ELEMENTS(limits))];
    const bool blobs = choose(choices, 8) != 1;

    *world = (VgpuWorld) {
        .hosts = g_hash_table_new(NULL, NULL),
        .pieces_before = choose(choices, 2) ? VGPU_PIECES_MAX - 20 : 0,
    };
    vgpu_core_init(&world->core, outputs, limit, blobs);
    world->core.resources.pieces = world->pieces_before;
    vgpu_reference_init(&world->reference, outputs, limit, blobs);
    world->dump = vgpu_dump(&world->core);
}

void vgpu_world_step(VgpuWorld *world, Choices *choices)
{
    const uint8_t kind = choose_byte(choices);
    GByteArray *message;

    if (kind == 255) {
        reset(world);
        vgpu_rules_check_state(world);
        return;
    }
    message = vgpu_guest_message(&world->core, choices);
    if (message->len > 1 && message->data[1] == VGPU_UPDATE_CURSOR >> 8 &&
        kind < 240) {
        send_cursor(world, message);
    } else {
        send(world, message, kind % 16 != 9);
    }
    vgpu_rules_check_state(world);
    g_byte_array_unref(message);
}

void vgpu_world_end(VgpuWorld *world)
{
    if (!world->broken) {
        reset(world);
        vgpu_rules_check_state(world);
        vgpu_expect(world, !world->core.resources.hostmem &&
                    world->core.resources.pieces == world->pieces_before,
                    "a reset leaves nothing");
    }
    if (!world->broken) {
        vgpu_core_clear(&world->core);
        vgpu_reference_clear(&world->reference);
        g_hash_table_destroy(world->hosts);
        g_free(world->dump);
    }
}
