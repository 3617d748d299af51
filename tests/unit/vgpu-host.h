/*
 * The host's memory of a virtio-gpu: images and backing
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_VGPU_HOST_H
#define TESTS_VGPU_HOST_H

#include "vgpu-world.h"

/*
 * VgpuHost: what the host has of a resource
 *
 * @blob_size: 0 for an image
 * @pieces: struct iovec, each an allocation of its own
 * @flat: the same bytes in one
 * @memory: of a blob, if it is none of the pieces
 */
typedef struct VgpuHost {
    uint64_t blob_size;
    GArray *pieces;
    GByteArray *flat;
    void *memory;
} VgpuHost;

/* @blob_size: 0 for an image */
VgpuHost *vgpu_host_new(VgpuWorld *world, uint64_t blob_size);

/* Unmaps it, too. */
void vgpu_host_free(VgpuWorld *world, VgpuHost *host);

/* Maps the entries that follow @command in @message. */
VgpuAnswer vgpu_host_map(VgpuWorld *world, VgpuHost *host,
                         const GByteArray *message, const VgpuCommand *command);

void vgpu_host_unmap(VgpuWorld *world, VgpuHost *host);

/* A blob in one piece, if it is one, or if this host can make it one */
void *vgpu_host_memory(VgpuHost *host, const VgpuCommand *command);

pixman_image_t *vgpu_host_image(const VgpuLayout *layout);

#endif /* TESTS_VGPU_HOST_H */
