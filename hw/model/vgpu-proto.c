/*
 * virtio-gpu's messages, as a model: decode commands, encode answers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "model/vgpu-proto.h"

/* ---- bytes ------------------------------------------------------------- */

static uint64_t get(const uint8_t *bytes, size_t width)
{
    uint64_t value = 0;

    while (width--) {
        value = value << 8 | bytes[width];
    }
    return value;
}

static void put(uint8_t *bytes, size_t width, uint64_t value)
{
    for (size_t i = 0; i < width; i++) {
        bytes[i] = value >> 8 * i;
    }
}

/* ---- commands ---------------------------------------------------------- */

/*
 * Field: where a message has it, and where VgpuCommand
 *
 * @width: bytes of one value, 4 or 8; 0 ends a list
 * @count: of values that follow one another in both
 */
typedef struct Field {
    uint8_t width;
    uint8_t count;
    uint16_t message;
    uint16_t command;
} Field;

#define WORDS(at, member, count) \
    { 4, count, at, offsetof(VgpuCommand, member) }
#define WORD(at, member)   WORDS(at, member, 1)
#define QUAD(at, member)   { 8, 1, at, offsetof(VgpuCommand, member) }
#define RECT               WORDS(24, rect, 4)

/* Layout: of the commands of one type; @size has the header, too */
typedef struct Layout {
    uint16_t type;
    uint16_t size;
    Field fields[9];
} Layout;

static const Layout layouts[] = {
    { VGPU_GET_DISPLAY_INFO, 24, { { 0 } } },
    { VGPU_RESOURCE_CREATE_2D, 40, {
        WORD(24, resource_id), WORD(28, format), WORD(32, width),
        WORD(36, height) } },
    { VGPU_RESOURCE_UNREF, 32, { WORD(24, resource_id) } },
    { VGPU_SET_SCANOUT, 48, {
        RECT, WORD(40, scanout_id), WORD(44, resource_id) } },
    { VGPU_RESOURCE_FLUSH, 48, { RECT, WORD(40, resource_id) } },
    { VGPU_TRANSFER_TO_HOST_2D, 56, {
        RECT, QUAD(40, offset), WORD(48, resource_id) } },
    { VGPU_RESOURCE_ATTACH_BACKING, 32, {
        WORD(24, resource_id), WORD(28, entries) } },
    { VGPU_RESOURCE_DETACH_BACKING, 32, { WORD(24, resource_id) } },
    { VGPU_GET_CAPSET_INFO, 32, { WORD(24, capset) } },
    { VGPU_GET_CAPSET, 32, { WORD(24, capset), WORD(28, capset_version) } },
    { VGPU_GET_EDID, 32, { WORD(24, scanout_id) } },
    { VGPU_RESOURCE_ASSIGN_UUID, 32, { WORD(24, resource_id) } },
    { VGPU_RESOURCE_CREATE_BLOB, 56, {
        WORD(24, resource_id), WORD(28, blob_mem), WORD(32, blob_flags),
        WORD(36, entries), QUAD(40, blob_id), QUAD(48, size) } },
    { VGPU_SET_SCANOUT_BLOB, 96, {
        RECT, WORD(40, scanout_id), WORD(44, resource_id), WORD(48, width),
        WORD(52, height), WORD(56, format), WORDS(64, strides, 4),
        WORDS(80, offsets, 4) } },
    { VGPU_UPDATE_CURSOR, 56, {
        WORD(24, scanout_id), WORDS(28, rect, 2), WORD(40, resource_id),
        WORD(44, hot_x), WORD(48, hot_y) } },
    { VGPU_MOVE_CURSOR, 56, {
        WORD(24, scanout_id), WORDS(28, rect, 2), WORD(40, resource_id),
        WORD(44, hot_x), WORD(48, hot_y) } },
};

static const Layout *layout_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (layouts[i].type == type) {
            return &layouts[i];
        }
    }
    return NULL;
}

size_t vgpu_command_size(uint32_t type)
{
    const Layout *layout = layout_of(type);

    return layout ? layout->size : 0;
}

static void read_field(VgpuCommand *command, const uint8_t *message,
                       const Field *field)
{
    uint8_t *to = (uint8_t *)command + field->command;

    for (size_t i = 0; i < field->count; i++) {
        uint64_t value = get(message + field->message + i * field->width,
                             field->width);
        uint32_t word = value;

        memcpy(to + i * field->width,
               field->width == sizeof(word) ? (void *)&word : (void *)&value,
               field->width);
    }
}

VgpuDecoded vgpu_decode(VgpuCommand *command, const void *bytes, size_t size)
{
    const uint8_t *message = bytes;
    const Layout *layout;

    memset(command, 0, sizeof(*command));
    if (size < VGPU_HEADER_SIZE) {
        return VGPU_DECODED_SHORT;
    }
    command->header = (VgpuHeader) {
        .type = get(message, 4),
        .flags = get(message + 4, 4),
        .fence = get(message + 8, 8),
        .context = get(message + 16, 4),
        .ring = message[20],
    };
    layout = layout_of(command->header.type);
    if (!layout) {
        return VGPU_DECODED_UNKNOWN;
    }
    if (size < layout->size) {
        return VGPU_DECODED_SHORT;
    }
    for (const Field *field = layout->fields; field->width; field++) {
        read_field(command, message, field);
    }
    return VGPU_DECODED;
}

VgpuEntry vgpu_decode_entry(const void *bytes)
{
    const uint8_t *message = bytes;

    return (VgpuEntry) { get(message, 8), get(message + 8, 4) };
}

/* ---- answers ----------------------------------------------------------- */

void vgpu_encode_answer(void *bytes, uint32_t type, const VgpuHeader *request)
{
    uint8_t *message = bytes;

    memset(message, 0, VGPU_HEADER_SIZE);
    put(message, 4, type);
    if (request->flags & VGPU_FLAG_WITH_FENCE) {
        put(message + 4, 4, VGPU_FLAG_WITH_FENCE);
        put(message + 8, 8, request->fence);
        put(message + 16, 4, request->context);
    }
}
