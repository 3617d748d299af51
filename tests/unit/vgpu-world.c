/*
 * A virtio-gpu, its host and a guest that sends anything
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "vgpu-dump.h"
#include "vgpu-guest.h"
#include "vgpu-world.h"

#define MAPPED_MAX   (1u << 20)
#define CURSOR_SIZE  56

static void expect(VgpuWorld *world, bool true_now, const char *rule)
{
    if (!true_now && !world->broken) {
        world->broken = rule;
    }
}

/* ---- the host's memory --------------------------------------------------- */

/*
 * Host: of a resource
 *
 * @blob_size: 0 for an image
 * @pieces: struct iovec, each an allocation of its own
 * @flat: the same bytes in one
 * @memory: of a blob, if it is none of the pieces
 */
typedef struct Host {
    uint64_t blob_size;
    GArray *pieces;
    GByteArray *flat;
    void *memory;
} Host;

static Host *host_new(VgpuWorld *world, uint64_t blob_size)
{
    Host *host = g_new0(Host, 1);

    host->blob_size = blob_size;
    host->pieces = g_array_new(FALSE, FALSE, sizeof(struct iovec));
    host->flat = g_byte_array_new();
    g_hash_table_add(world->hosts, host);
    return host;
}

static void host_unmap(VgpuWorld *world, Host *host)
{
    for (guint i = 0; i < host->pieces->len; i++) {
        g_free(g_array_index(host->pieces, struct iovec, i).iov_base);
    }
    g_array_set_size(host->pieces, 0);
    world->mapped -= host->flat->len;
    g_byte_array_set_size(host->flat, 0);
    g_clear_pointer(&host->memory, g_free);
}

static void host_free(VgpuWorld *world, Host *host)
{
    host_unmap(world, host);
    g_hash_table_remove(world->hosts, host);
    g_array_unref(host->pieces);
    g_byte_array_unref(host->flat);
    g_free(host);
}

/* What the guest's RAM has */
static uint8_t byte_at(uint64_t address)
{
    return address * 31 ^ address >> 8;
}

static void map_piece(VgpuWorld *world, Host *host, uint64_t address,
                      uint32_t length)
{
    struct iovec piece = { g_malloc(length), length };
    uint8_t *bytes = piece.iov_base;

    for (uint32_t i = 0; i < length; i++) {
        bytes[i] = byte_at(address + i);
    }
    g_array_append_val(host->pieces, piece);
    g_byte_array_append(host->flat, bytes, length);
    world->mapped += length;
}

static VgpuAnswer map_entry(VgpuWorld *world, Host *host, VgpuEntry entry)
{
    if (!entry.length || entry.length > VGPU_RAM_SIZE ||
        entry.address > VGPU_RAM_SIZE - entry.length ||
        entry.length > MAPPED_MAX - world->mapped) {
        return VGPU_ERR_UNSPEC;
    }
    while (entry.length) {
        uint32_t length = MIN(VGPU_RAM_PIECE - entry.address % VGPU_RAM_PIECE,
                              entry.length);

        if (host->pieces->len >= vgpu_pieces_left(&world->core.resources)) {
            return VGPU_ERR_OUT_OF_MEMORY;
        }
        map_piece(world, host, entry.address, length);
        entry.address += length;
        entry.length -= length;
    }
    return VGPU_OK_NODATA;
}

static VgpuAnswer map(VgpuWorld *world, Host *host, const GByteArray *message,
                      const VgpuCommand *command)
{
    const size_t skip = vgpu_command_size(command->header.type);
    VgpuAnswer answer = VGPU_OK_NODATA;

    if (message->len < skip + (size_t)command->entries * VGPU_ENTRY_SIZE) {
        return VGPU_ERR_UNSPEC;
    }
    for (uint32_t i = 0; i < command->entries && answer == VGPU_OK_NODATA;
         i++) {
        answer = map_entry(world, host, vgpu_decode_entry(
            message->data + skip + i * VGPU_ENTRY_SIZE));
    }
    return answer;
}

/* A blob in one piece, if it is one, or if this host can make it one */
static void *memory_of(Host *host, const VgpuCommand *command)
{
    if (!host->blob_size || host->flat->len < host->blob_size) {
        return NULL;
    }
    if (host->pieces->len == 1) {
        return g_array_index(host->pieces, struct iovec, 0).iov_base;
    }
    if (command->entries % 2 == 0) {
        host->memory = g_malloc0(host->blob_size);
    }
    return host->memory;
}

static void free_bits(pixman_image_t *image, void *bits)
{
    g_free(bits);
}

static pixman_image_t *new_image(const VgpuLayout *layout)
{
    uint32_t *bits = g_malloc0((size_t)layout->stride * layout->height);
    pixman_image_t *image = pixman_image_create_bits(
        layout->format, layout->width, layout->height, bits, layout->stride);

    pixman_image_set_destroy_function(image, free_bits, bits);
    return image;
}

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
        expect(world, false, "what is shown is there");
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
    expect(world, viewer->pixels, "what is shown has memory");
}

/* Reads pixels, for sanitizers to see. */
static void viewer_look(VgpuWorld *world, uint32_t head, VgpuRect part)
{
    const VgpuViewer *viewer = &world->viewers[head];
    uint8_t seen = 0;

    if (!viewer->pixels ||
        !vgpu_rect_within(&part, viewer->rect.width, viewer->rect.height) ||
        !part.width || !part.height) {
        expect(world, false, "damage is a part of the picture");
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
    expect(world, g_hash_table_contains(world->hosts, host),
           "effects are about hosts that there are");
    for (int i = 0; i < VGPU_SCANOUTS_MAX; i++) {
        expect(world, world->viewers[i].host != host ||
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
            host_unmap(world, effects->unmap);
        }
    }
    if (effects->gone) {
        check_unseen(world, effects->gone);
        if (!world->broken) {
            host_free(world, effects->gone);
        }
    }
}

/* ---- rules --------------------------------------------------------------- */

static bool is_answer(uint32_t answer)
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
        const Host *host = resource->host;

        expect(world, id && GPOINTER_TO_UINT(id) == resource->id,
               "resources are found by their id, which is not 0");
        hostmem += (uint64_t)resource->layout.stride * resource->layout.height;
        pieces += resource->pieces;
        if (!g_hash_table_contains(world->hosts, host)) {
            expect(world, false, "each resource has its host");
            return;
        }
        expect(world, resource->pieces == host->pieces->len &&
               resource->attached == (host->pieces->len > 0),
               "a resource has the backing that its host has mapped");
    }
    expect(world, g_hash_table_size(world->hosts) ==
           g_hash_table_size(all->by_id), "no host is left behind");
    expect(world, hostmem == all->hostmem, "images are counted");
    expect(world, !hostmem || hostmem < all->hostmem_limit,
           "images stay below max_hostmem");
    expect(world, pieces == all->pieces, "pieces are counted");
    expect(world, pieces <= VGPU_PIECES_MAX, "pieces are bounded");
    expect(world, g_hash_table_size(all->by_id) <= VGPU_RESOURCES_MAX,
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
        expect(world, !viewer->host, "a viewer is told what is off");
        return;
    }
    expect(world, head < world->core.outputs, "there are so many scanouts");
    if (!is_resource(world, scanout->resource)) {
        expect(world, false, "a scanout shows a resource that there is");
        return;
    }
    expect(world, viewer->host == scanout->resource->host &&
           viewer->pixels == vgpu_scanout_memory(scanout) &&
           viewer->frame.format == scanout->frame.format &&
           viewer->frame.stride == scanout->frame.stride &&
           viewer->rect.width == scanout->rect.width &&
           viewer->rect.height == scanout->rect.height,
           "a viewer is told what is shown");
}

static void check_state(VgpuWorld *world)
{
    const char *different = vgpu_reference_compare(&world->reference,
                                                   &world->core);

    expect(world, !different, different);
    check_counts(world);
    for (uint32_t head = 0; head < VGPU_SCANOUTS_MAX; head++) {
        check_scanout(world, head);
    }
}

static void check_refused(VgpuWorld *world, const VgpuEffects *effects)
{
    char *dump = vgpu_dump(&world->core);

    expect(world, !strcmp(dump, world->dump),
           "a refused command changes nothing");
    expect(world, effects->need == VGPU_NEEDS_NOTHING && !effects->off &&
           !effects->shown && !effects->damaged && !effects->unmap &&
           !effects->gone, "a refused command has no effects");
    g_free(dump);
}

static void check_answer_bytes(VgpuWorld *world, VgpuAnswer answer,
                               const VgpuHeader *header)
{
    static const uint8_t zero[20];
    uint8_t bytes[VGPU_HEADER_SIZE];

    memset(bytes, 0xff, sizeof(bytes));
    vgpu_encode_answer(bytes, answer, header);
    expect(world, bytes[0] == (answer & 0xff) && bytes[1] == answer >> 8 &&
           !bytes[2] && !bytes[3], "an answer begins with its type");
    expect(world, header->flags & VGPU_FLAG_WITH_FENCE
           ? bytes[4] == 1 && bytes[8] == (header->fence & 0xff)
           : !memcmp(bytes + 4, zero, sizeof(zero)),
           "an answer has the fence of its request");
}

/* ---- transfers ----------------------------------------------------------- */

/* An image's bytes as a transfer that is OK has to leave them, or NULL */
static GByteArray *transferred(const VgpuWorld *world,
                               const VgpuCommand *command)
{
    const VgpuResource *resource = vgpu_resource_find(&world->core.resources,
                                                      command->resource_id);
    const VgpuRect *rect = &command->rect;
    const Host *host;
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

static void check_transferred(VgpuWorld *world, const VgpuCommand *command,
                              GByteArray *expected)
{
    const VgpuResource *resource = vgpu_resource_find(&world->core.resources,
                                                      command->resource_id);

    if (expected) {
        expect(world, resource && resource->image &&
               !memcmp(pixman_image_get_data(resource->image), expected->data,
                       expected->len),
               "a transfer copies what is in the guest's memory");
        g_byte_array_unref(expected);
    }
}

/* ---- commands ------------------------------------------------------------ */

static void give_image(VgpuWorld *world, const VgpuCommand *command,
                       bool has_memory, VgpuEffects *effects)
{
    Host *host = host_new(world, 0);

    if (!vgpu_give_image(&world->core, command,
                         has_memory ? new_image(&effects->layout) : NULL, host,
                         effects)) {
        host_free(world, host);
    }
}

/* Returns what the answer has to be. */
static VgpuAnswer give_backing(VgpuWorld *world, const GByteArray *message,
                               const VgpuCommand *command, VgpuEffects *effects)
{
    const VgpuResource *resource = vgpu_resource_find(&world->core.resources,
                                                      command->resource_id);
    Host *host = resource ? resource->host : host_new(world, command->size);
    VgpuAnswer answer = map(world, host, message, command);
    void *memory = memory_of(host, command);

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
        host_unmap(world, host);
    } else {
        host_free(world, host);
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
    expect(world, effects->answer == expected,
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
        image = transferred(world, &command);
        expected = carry_out(world, message, &command, has_memory, &effects);
    }
    expect(world, effects.answer == expected,
           "a command is answered as the specification says");
    expect(world, is_answer(effects.answer), "an answer is one of 5.7.6.7's");
    check_answer_bytes(world, effects.answer, &command.header);
    check_transferred(world, &command, image);
    if (effects.answer == VGPU_OK_NODATA) {
        count(world, command.header.type);
        apply(world, &effects);
        g_free(world->dump);
        world->dump = vgpu_dump(&world->core);
    } else {
        check_refused(world, &effects);
    }
}

static void send_cursor(VgpuWorld *world, const GByteArray *message)
{
    const VgpuResource *resource;
    VgpuCursorEffect effect;
    VgpuCommand command;

    if (message->len != CURSOR_SIZE ||
        vgpu_decode(&command, message->data, message->len) != VGPU_DECODED ||
        !vgpu_cursor_command(&world->core, &command, &effect)) {
        check_refused(world, &(const VgpuEffects) { 0 });
        return;
    }
    expect(world, effect.scanout < world->core.outputs,
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
        expect(world, !memcmp(&world->core.scanouts[head], &off, sizeof(off)),
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
        check_state(world);
        return;
    }
    message = vgpu_guest_message(&world->core, choices);
    if (message->len > 1 && message->data[1] == VGPU_UPDATE_CURSOR >> 8 &&
        kind < 240) {
        send_cursor(world, message);
    } else {
        send(world, message, kind % 16 != 9);
    }
    check_state(world);
    g_byte_array_unref(message);
}

void vgpu_world_end(VgpuWorld *world)
{
    if (!world->broken) {
        reset(world);
        check_state(world);
        expect(world, !world->core.resources.hostmem &&
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
