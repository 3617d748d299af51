/*
 * The host's memory of a virtio-gpu: images and backing
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "vgpu-guest.h"
#include "vgpu-host.h"

#define MAPPED_MAX   (1u << 20)

VgpuHost *vgpu_host_new(VgpuWorld *world, uint64_t blob_size)
{
    VgpuHost *host = g_new0(VgpuHost, 1);

    host->blob_size = blob_size;
    host->pieces = g_array_new(FALSE, FALSE, sizeof(struct iovec));
    host->flat = g_byte_array_new();
    g_hash_table_add(world->hosts, host);
    return host;
}

void vgpu_host_unmap(VgpuWorld *world, VgpuHost *host)
{
    for (guint i = 0; i < host->pieces->len; i++) {
        g_free(g_array_index(host->pieces, struct iovec, i).iov_base);
    }
    g_array_set_size(host->pieces, 0);
    world->mapped -= host->flat->len;
    g_byte_array_set_size(host->flat, 0);
    g_clear_pointer(&host->memory, g_free);
}

void vgpu_host_free(VgpuWorld *world, VgpuHost *host)
{
    vgpu_host_unmap(world, host);
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

static void map_piece(VgpuWorld *world, VgpuHost *host, uint64_t address,
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

static VgpuAnswer map_entry(VgpuWorld *world, VgpuHost *host, VgpuEntry entry)
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

VgpuAnswer vgpu_host_map(VgpuWorld *world, VgpuHost *host,
                         const GByteArray *message, const VgpuCommand *command)
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

void *vgpu_host_memory(VgpuHost *host, const VgpuCommand *command)
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

pixman_image_t *vgpu_host_image(const VgpuLayout *layout)
{
    uint32_t *bits = g_malloc0((size_t)layout->stride * layout->height);
    pixman_image_t *image = pixman_image_create_bits(
        layout->format, layout->width, layout->height, bits, layout->stride);

    pixman_image_set_destroy_function(image, free_bits, bits);
    return image;
}
