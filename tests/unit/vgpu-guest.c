/*
 * A guest that sends commands to a virtio-gpu, most of them sensible
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "vgpu-guest.h"

#define COUNT_OF(array)  (sizeof(array) / sizeof((array)[0]))
#define ENTRIES_SENT     40u
#define IDS              8

/* ---- numbers ------------------------------------------------------------- */

static uint64_t odd_number(Choices *choices)
{
    static const uint64_t odd[] = {
        0, 1, 3, 15, 16, 63, 64, 65, 0x1000, 0x3fffffff, 0x40000000, 0x40000001,
        INT32_MAX, 0x80000000, UINT32_MAX - 15, UINT32_MAX - 3, UINT32_MAX,
        UINT64_C(1) << 32, (UINT64_C(1) << 32) + 64, UINT64_C(1) << 62,
        INT64_MAX, UINT64_MAX - 4095, UINT64_MAX - 63, UINT64_MAX - 1,
        UINT64_MAX,
    };

    return odd[choose(choices, COUNT_OF(odd))];
}

/* @likely, or now and then a neighbour, a small number or an odd one */
static uint64_t number(Choices *choices, uint64_t likely)
{
    switch (choose(choices, 48)) {
    case 1:
        return likely - 1;
    case 2:
        return likely + 1;
    case 3:
        return choose_byte(choices);
    case 4:
        return odd_number(choices);
    default:
        return likely;
    }
}

/* Whether a command of that type makes sense for a resource, or for none */
static bool is_likely(uint32_t type, const VgpuResource *resource)
{
    if (!resource) {
        return type == VGPU_RESOURCE_CREATE_2D ||
               type == VGPU_RESOURCE_CREATE_BLOB;
    }
    switch (type) {
    case VGPU_RESOURCE_CREATE_2D:
    case VGPU_RESOURCE_CREATE_BLOB:
        return false;
    case VGPU_RESOURCE_ATTACH_BACKING:
        return !resource->attached;
    case VGPU_SET_SCANOUT:
    case VGPU_TRANSFER_TO_HOST_2D:
        return resource->attached && resource->image;
    case VGPU_SET_SCANOUT_BLOB:
        return resource->memory;
    default:
        return true;
    }
}

static uint32_t any_id(const VgpuCore *core, Choices *choices, uint32_t type)
{
    uint32_t id = 1 + choose(choices, IDS);

    for (int i = 0; i < IDS && !is_likely(type, vgpu_resource_find(
                                              &core->resources, id)); i++) {
        id = id % IDS + 1;
    }
    return number(choices, id);
}

static uint32_t any_format(Choices *choices)
{
    static const uint8_t formats[] = { 1, 2, 3, 4, 67, 68, 121, 134 };

    return number(choices, formats[choose(choices, COUNT_OF(formats))]);
}

/* ---- what a resource makes likely ---------------------------------------- */

/* Likely: of a resource that there is, or one as it could be */
typedef struct Likely {
    uint32_t width, height;
    uint64_t size;
    uint64_t backing;
} Likely;

static Likely likely_of(const VgpuCore *core, uint32_t id)
{
    const VgpuResource *resource = vgpu_resource_find(&core->resources, id);

    if (!resource) {
        return (Likely) { 64, 64, 64 * 64 * 4, 0 };
    }
    if (resource->image) {
        return (Likely) {
            resource->layout.width, resource->layout.height,
            (uint64_t)resource->layout.stride * resource->layout.height,
            resource->backing.size,
        };
    }
    return (Likely) { 16, resource->blob_size / 64, resource->blob_size, 0 };
}

/* All of it, or a part */
static VgpuRect any_rect(Choices *choices, const Likely *likely)
{
    VgpuRect rect = { 0, 0, likely->width, likely->height };

    if (choose(choices, 2)) {
        rect.x = choose(choices, MIN(likely->width, 255) + 1);
        rect.y = choose(choices, MIN(likely->height, 255) + 1);
        rect.width -= rect.x;
        rect.height -= rect.y;
    }
    if (choose(choices, 4) == 1) {
        rect.width = choose(choices, MIN(rect.width, 255) + 1);
        rect.height = choose(choices, MIN(rect.height, 255) + 1);
    }
    if (choose(choices, 8) == 1) {
        rect.x = number(choices, rect.x);
        rect.y = number(choices, rect.y);
        rect.width = number(choices, rect.width);
        rect.height = number(choices, rect.height);
    }
    return rect;
}

static void choose_size(Choices *choices, VgpuCommand *command)
{
    static const uint16_t sides[][2] = {
        { 64, 64 }, { 16, 16 }, { 17, 33 }, { 100, 20 }, { 5, 7 }, { 32, 64 },
        { 1024, 2 }, { 40, 30 },
    };
    const uint16_t *side = sides[choose(choices, COUNT_OF(sides))];

    command->width = number(choices, side[0]);
    command->height = number(choices, side[1]);
    command->size = number(choices, command->width * command->height * 4);
}

/* A frame that just fits into a blob, or not quite, or any */
static void choose_frame(Choices *choices, const Likely *likely,
                         VgpuCommand *command)
{
    const uint32_t gap = choose(choices, 4) == 1 ? choose_byte(choices) * 4 : 0;
    const uint32_t ahead = choose(choices, 4) == 1 ? choose(choices, 64) * 4
                                                   : 0;

    command->width = likely->width;
    command->strides[0] = likely->width * 4 + gap;
    command->height = (likely->size - MIN(ahead, likely->size)) /
                      MAX(command->strides[0], 1);
    command->offsets[0] = choose(choices, 2) ? ahead :
                          likely->size - command->height * command->strides[0] +
                          choose(choices, 3) * 4;
    command->rect = any_rect(choices, &(Likely) {
        command->width, command->height, 0, 0 });
    if (choose(choices, 4) == 1) {
        command->width = number(choices, command->width);
        command->height = number(choices, command->height);
        command->strides[0] = number(choices, command->strides[0]);
        command->offsets[0] = number(choices, command->offsets[0]);
    }
}

/* Where the rectangle is in the image, or at the end of the backing, or any */
static uint64_t choose_offset(Choices *choices, const Likely *likely,
                              const VgpuRect *rect)
{
    const uint64_t row = (uint64_t)likely->width * 4;

    switch (choose(choices, 4)) {
    case 0:
        return number(choices, 0);
    case 1:
        return number(choices, likely->backing - row * (rect->height - 1ull) -
                      rect->width * 4ull + choose(choices, 3) * 4);
    default:
        return number(choices, rect->y * row + rect->x * 4ull);
    }
}

static VgpuCommand any_command(const VgpuCore *core, Choices *choices)
{
    static const uint32_t types[] = {
        VGPU_RESOURCE_CREATE_2D, VGPU_RESOURCE_CREATE_2D,
        VGPU_RESOURCE_CREATE_BLOB, VGPU_RESOURCE_UNREF, VGPU_SET_SCANOUT,
        VGPU_SET_SCANOUT, VGPU_SET_SCANOUT_BLOB, VGPU_SET_SCANOUT_BLOB,
        VGPU_RESOURCE_FLUSH, VGPU_TRANSFER_TO_HOST_2D,
        VGPU_TRANSFER_TO_HOST_2D, VGPU_RESOURCE_ATTACH_BACKING,
        VGPU_RESOURCE_ATTACH_BACKING, VGPU_RESOURCE_DETACH_BACKING,
        VGPU_UPDATE_CURSOR, VGPU_MOVE_CURSOR, VGPU_GET_EDID,
    };
    const uint8_t kind = choose_byte(choices);
    VgpuCommand command = {
        .header.type = kind < 250 ? types[kind % COUNT_OF(types)]
                                  : choose_word(choices),
    };
    Likely likely;

    command.resource_id = any_id(core, choices, command.header.type);
    likely = likely_of(core, command.resource_id);
    command.scanout_id = number(choices, choose(choices, 4));
    command.format = any_format(choices);
    choose_size(choices, &command);
    command.rect = any_rect(choices, &likely);
    command.offset = choose_offset(choices, &likely, &command.rect);
    command.blob_mem = number(choices, 1);
    command.blob_flags = number(choices, 2);
    command.entries = 1 + choose(choices, 6);
    if (command.header.type == VGPU_SET_SCANOUT_BLOB) {
        choose_frame(choices, &likely, &command);
    }
    if (choose(choices, 16) == 1) {
        command.entries = number(choices, choose(choices, ENTRIES_SENT));
    }
    return command;
}

/* ---- bytes --------------------------------------------------------------- */

static void put(GByteArray *message, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        const uint8_t byte = value >> 8 * i;

        g_byte_array_append(message, &byte, 1);
    }
}

static void put_words(GByteArray *message, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(message, words[i], 4);
    }
}

#define PUT(message, ...)                                       \
    do {                                                        \
        const uint32_t words[] = { __VA_ARGS__ };               \
        put_words(message, words, COUNT_OF(words));             \
    } while (0)

static void put_rect(GByteArray *message, const VgpuRect *rect)
{
    PUT(message, rect->x, rect->y, rect->width, rect->height);
}

/* The structures of 5.7.6.8 and 5.7.6.10, behind their header */
static void put_body(GByteArray *message, const VgpuCommand *command)
{
    switch (command->header.type) {
    case VGPU_RESOURCE_CREATE_2D:
        PUT(message, command->resource_id, command->format, command->width,
            command->height);
        break;
    case VGPU_RESOURCE_CREATE_BLOB:
        PUT(message, command->resource_id, command->blob_mem,
            command->blob_flags, command->entries);
        put(message, command->blob_id, 8);
        put(message, command->size, 8);
        break;
    case VGPU_RESOURCE_ATTACH_BACKING:
        PUT(message, command->resource_id, command->entries);
        break;
    case VGPU_SET_SCANOUT:
        put_rect(message, &command->rect);
        PUT(message, command->scanout_id, command->resource_id);
        break;
    case VGPU_SET_SCANOUT_BLOB:
        put_rect(message, &command->rect);
        PUT(message, command->scanout_id, command->resource_id, command->width,
            command->height, command->format, 0);
        put_words(message, command->strides, 4);
        put_words(message, command->offsets, 4);
        break;
    case VGPU_RESOURCE_FLUSH:
        put_rect(message, &command->rect);
        PUT(message, command->resource_id, 0);
        break;
    case VGPU_TRANSFER_TO_HOST_2D:
        put_rect(message, &command->rect);
        put(message, command->offset, 8);
        PUT(message, command->resource_id, 0);
        break;
    case VGPU_UPDATE_CURSOR:
    case VGPU_MOVE_CURSOR:
        PUT(message, command->scanout_id, command->rect.x, command->rect.y, 0,
            command->resource_id, command->hot_x, command->hot_y, 0);
        break;
    default:
        PUT(message, command->resource_id, 0);
        break;
    }
}

/* Pieces of RAM that are enough in all, most of the time */
static void put_entries(GByteArray *message, Choices *choices,
                        uint32_t entries, uint64_t size)
{
    const uint32_t sent = MIN(entries, ENTRIES_SENT);
    const uint64_t length = sent ? size / sent + choose(choices, 2) : 0;

    for (uint32_t i = 0; i < sent; i++) {
        uint64_t address = choose_byte(choices) * 0x1000ull +
                           choose(choices, 4) * 0x100;

        if (choose(choices, 16) == 1) {
            put(message, number(choices, VGPU_RAM_SIZE - length), 8);
            put(message, number(choices, length), 4);
        } else {
            put(message, address, 8);
            put(message, length, 4);
        }
        put(message, 0, 4);
    }
}

static GByteArray *raw_message(Choices *choices)
{
    GByteArray *message = g_byte_array_new();

    for (uint8_t left = choose_byte(choices); left; left--) {
        put(message, choose_byte(choices), 1);
    }
    return message;
}

static void damage(GByteArray *message, Choices *choices)
{
    switch (choose(choices, 4)) {
    case 0:
        message->data[choose_byte(choices) % message->len] =
            choose_byte(choices);
        break;
    case 1:
        message->data[choose_byte(choices) % message->len] ^=
            1 << choose(choices, 8);
        break;
    case 2:
        g_byte_array_set_size(message, choose_word(choices) % message->len);
        break;
    default:
        put(message, choose_word(choices), 4);
        break;
    }
}

GByteArray *vgpu_guest_message(const VgpuCore *core, Choices *choices)
{
    GByteArray *message;
    VgpuCommand command;
    Likely likely;

    if (choose(choices, 64) == 1) {
        return raw_message(choices);
    }
    message = g_byte_array_new();
    command = any_command(core, choices);
    likely = likely_of(core, command.resource_id);
    PUT(message, command.header.type, choose(choices, 4), choose_byte(choices),
        0, 0, 0);
    put_body(message, &command);
    if (command.header.type == VGPU_RESOURCE_CREATE_BLOB) {
        put_entries(message, choices, command.entries,
                    MIN(command.size, VGPU_RAM_SIZE));
    } else if (command.header.type == VGPU_RESOURCE_ATTACH_BACKING) {
        put_entries(message, choices, command.entries,
                    MIN(likely.size, VGPU_RAM_SIZE));
    }
    if (choose(choices, 16) == 1) {
        damage(message, choices);
    }
    return message;
}
