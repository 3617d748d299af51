/*
 * What virtio-gpu's commands are answered, told a second time
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * After docs/specs/virtio-gpu.rst, as simply as it can be told: no pictures, no
 * memory, and sums in 128 bits.  Random tests compare the models with it.
 */

#ifndef TESTS_VGPU_REFERENCE_H
#define TESTS_VGPU_REFERENCE_H

#include "model/vgpu-cmd.h"

/*
 * VgpuKnown: a resource
 *
 * @size: bytes of the image or the blob
 * @backing: bytes of the backing
 * @in_one_piece: a blob's backing, for the host
 */
typedef struct VgpuKnown {
    bool is_image;
    bool attached;
    bool in_one_piece;
    uint32_t width, height;
    uint64_t size;
    uint64_t backing;
} VgpuKnown;

/*
 * VgpuReference: a device
 *
 * @by_id: of VgpuKnown
 * @shown: by scanout; 0: off
 */
typedef struct VgpuReference {
    GHashTable *by_id;
    uint32_t shown[VGPU_SCANOUTS_MAX];
    uint32_t outputs;
    uint64_t hostmem_limit;
    bool blobs;
} VgpuReference;

void vgpu_reference_init(VgpuReference *reference, uint32_t outputs,
                         uint64_t hostmem_limit, bool blobs);

void vgpu_reference_clear(VgpuReference *reference);

/* What a command is answered, if the host has all the memory that it needs */
VgpuAnswer vgpu_reference_check(const VgpuReference *reference,
                                const VgpuCommand *command);

/*
 * What a command that is OK changes
 * @backing: bytes of that which it brings
 * @in_one_piece: whether the host has it so
 */
void vgpu_reference_apply(VgpuReference *reference, const VgpuCommand *command,
                          uint64_t backing, bool in_one_piece);

/* What is not the same in @core, or NULL */
const char *vgpu_reference_compare(const VgpuReference *reference,
                                   const VgpuCore *core);

#endif /* TESTS_VGPU_REFERENCE_H */
