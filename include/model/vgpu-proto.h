/*
 * virtio-gpu's messages, as a model: decode commands, encode answers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * virtio 1.2, 5.7.6.  A command is a header of 24 bytes and fields that depend
 * on its type, all little endian.  Where each field is stands in one table, so
 * that lengths and byte order are the same matter for all commands.
 */

#ifndef MODEL_VGPU_PROTO_H
#define MODEL_VGPU_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VGPU_SCANOUTS_MAX        16
#define VGPU_HEADER_SIZE         24
#define VGPU_COMMAND_SIZE_MAX    96
#define VGPU_ENTRY_SIZE          16
#define VGPU_FLAG_WITH_FENCE     1u
#define VGPU_FLAG_WITH_RING      2u

/* Types of commands (5.7.6.7). */
typedef enum VgpuType {
    VGPU_GET_DISPLAY_INFO = 0x100,
    VGPU_RESOURCE_CREATE_2D,
    VGPU_RESOURCE_UNREF,
    VGPU_SET_SCANOUT,
    VGPU_RESOURCE_FLUSH,
    VGPU_TRANSFER_TO_HOST_2D,
    VGPU_RESOURCE_ATTACH_BACKING,
    VGPU_RESOURCE_DETACH_BACKING,
    VGPU_GET_CAPSET_INFO,
    VGPU_GET_CAPSET,
    VGPU_GET_EDID,
    VGPU_RESOURCE_ASSIGN_UUID,
    VGPU_RESOURCE_CREATE_BLOB,
    VGPU_SET_SCANOUT_BLOB,
    VGPU_UPDATE_CURSOR = 0x300,
    VGPU_MOVE_CURSOR,
} VgpuType;

/* Types of answers (5.7.6.7). */
typedef enum VgpuAnswer {
    VGPU_OK_NODATA = 0x1100,
    VGPU_OK_DISPLAY_INFO,
    VGPU_OK_CAPSET_INFO,
    VGPU_OK_CAPSET,
    VGPU_OK_EDID,
    VGPU_OK_RESOURCE_UUID,
    VGPU_ERR_UNSPEC = 0x1200,
    VGPU_ERR_OUT_OF_MEMORY,
    VGPU_ERR_INVALID_SCANOUT_ID,
    VGPU_ERR_INVALID_RESOURCE_ID,
    VGPU_ERR_INVALID_CONTEXT_ID,
    VGPU_ERR_INVALID_PARAMETER,
} VgpuAnswer;

/* VgpuRect: in pixels, any values */
typedef struct VgpuRect {
    uint32_t x, y, width, height;
} VgpuRect;

/* VgpuHeader: what all messages begin with */
typedef struct VgpuHeader {
    uint32_t type;
    uint32_t flags;
    uint64_t fence;
    uint32_t context;
    uint8_t ring;
} VgpuHeader;

/*
 * VgpuCommand: a command in the host's byte order
 *
 * Fields that its type does not have are 0.
 *
 * @rect: of scanouts, flushes, transfers; the position alone of cursors
 * @offset: of a transfer in its backing, in bytes
 * @entries: number of VgpuEntry that follow the command
 * @size: of a blob, in bytes
 * @strides, @offsets: of a blob's planes, in bytes
 */
typedef struct VgpuCommand {
    VgpuHeader header;
    VgpuRect rect;
    uint32_t scanout_id;
    uint32_t resource_id;
    uint32_t format;
    uint32_t width;
    uint32_t height;
    uint32_t entries;
    uint64_t offset;
    uint64_t size;
    uint64_t blob_id;
    uint32_t blob_mem;
    uint32_t blob_flags;
    uint32_t strides[4];
    uint32_t offsets[4];
    uint32_t hot_x;
    uint32_t hot_y;
    uint32_t capset;
    uint32_t capset_version;
} VgpuCommand;

/* VgpuEntry: a piece of the guest's memory (5.7.6.8) */
typedef struct VgpuEntry {
    uint64_t address;
    uint32_t length;
} VgpuEntry;

/* VgpuDecoded: whether a message is a command */
typedef enum VgpuDecoded {
    VGPU_DECODED,
    VGPU_DECODED_SHORT,      /* fewer bytes than its type has */
    VGPU_DECODED_UNKNOWN,    /* a header of a type that is not known here */
} VgpuDecoded;

/**
 * vgpu_command_size: bytes of a command's fixed part, header included
 *
 * Returns: 0 for types that are not known here
 */
size_t vgpu_command_size(uint32_t type);

/**
 * vgpu_decode: read a command
 * @bytes: the message's first bytes; VGPU_COMMAND_SIZE_MAX of them are enough
 * @size: how many there are; what is behind the command is not looked at
 * @command: filled as far as is known: not at all where the header is cut, the
 *     header alone where the rest is
 */
VgpuDecoded vgpu_decode(VgpuCommand *command, const void *bytes, size_t size);

/**
 * vgpu_decode_entry: read one entry of VGPU_ENTRY_SIZE bytes
 */
VgpuEntry vgpu_decode_entry(const void *bytes);

/**
 * vgpu_encode_answer: write a header that answers @request
 * @bytes: VGPU_HEADER_SIZE of them
 *
 * With FENCE set in the request, fence and context are repeated, otherwise they
 * are 0 (5.7.6.7, fence_id).
 */
void vgpu_encode_answer(void *bytes, uint32_t type, const VgpuHeader *request);

#endif /* MODEL_VGPU_PROTO_H */
