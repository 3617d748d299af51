/*
 * virtio-gpu's commands, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * virtio 1.2, 5.7.6: what the 2D commands do with resources, scanouts and
 * cursors, and what they are answered.
 *
 * Rules of this model
 *
 * - A command is checked before anything is changed; one that is refused
 *   changes nothing.
 * - It changes its own struct and the pixels of its images.  What else there is
 *   to do comes back as VgpuEffects, which the caller carries out in the order
 *   of its fields: pictures are turned off before their memory goes.
 * - Images and backings are made by the caller.  A command that needs one says
 *   so in its effects, having passed its checks, and vgpu_give_image() or
 *   vgpu_give_backing() ends it, before any other command.
 */

#ifndef MODEL_VGPU_CMD_H
#define MODEL_VGPU_CMD_H

#include "model/vgpu-scanout.h"

/*
 * VgpuCore: a device
 *
 * @scanouts: the first @outputs are in use
 * @blobs: whether RESOURCE_BLOB is offered (5.7.3)
 */
typedef struct VgpuCore {
    VgpuResources resources;
    VgpuScanout scanouts[VGPU_SCANOUTS_MAX];
    uint32_t outputs;
    bool blobs;
} VgpuCore;

/* VgpuNeed: what a command waits for */
typedef enum VgpuNeed {
    VGPU_NEEDS_NOTHING,
    VGPU_NEEDS_IMAGE,       /* of VgpuEffects.layout */
    VGPU_NEEDS_BACKING,     /* of the command's entries */
} VgpuNeed;

/*
 * VgpuEffects
 *
 * @answer: of a command that needs nothing
 * @off: scanouts that show nothing any more, a bit each
 * @shown: scanouts that show something else
 * @damaged: scanouts whose picture has changed in @damage
 * @damage: in pixels of the scanout
 * @unmap: host of the resource that has lost its backing, or NULL
 * @gone: host of the resource that is no more, or NULL
 */
typedef struct VgpuEffects {
    VgpuAnswer answer;
    VgpuNeed need;
    VgpuLayout layout;
    uint32_t off;
    uint32_t shown;
    uint32_t damaged;
    VgpuRect damage[VGPU_SCANOUTS_MAX];
    void *unmap;
    void *gone;
} VgpuEffects;

/*
 * VgpuCursorEffect: what a cursor command changes
 *
 * @scanout: whose cursor it is
 * @defined: it may have another picture, which is copied at once with
 *     vgpu_cursor_pixels(), and another hot spot
 * @visible: whether it is to be seen
 */
typedef struct VgpuCursorEffect {
    uint32_t scanout;
    bool defined;
    bool visible;
} VgpuCursorEffect;

/**
 * vgpu_core_init: a device without resources, all scanouts off
 * @outputs: scanouts, VGPU_SCANOUTS_MAX at the most
 * @hostmem_limit: bytes that all images together stay below
 */
void vgpu_core_init(VgpuCore *core, uint32_t outputs, uint64_t hostmem_limit,
                    bool blobs);

/**
 * vgpu_core_reset: turn all scanouts off, forget all cursors (5.7.6.1)
 *
 * Resources stay, for their owner to take one by one with vgpu_core_remove().
 */
void vgpu_core_reset(VgpuCore *core);

/* vgpu_core_clear: free what there is; the owner has let go of each host */
void vgpu_core_clear(VgpuCore *core);

/**
 * vgpu_command: carry out a command of queue 0
 * @command: of any type; those that are not carried out here, as the 3D ones,
 *     are answered UNSPEC
 * @effects: filled
 */
void vgpu_command(VgpuCore *core, const VgpuCommand *command,
                  VgpuEffects *effects);

/**
 * vgpu_give_image: end a command that needs an image
 * @image: belongs to the resource from now on; NULL where the host has none
 * @host: the owner's, for the resource
 * @effects: of vgpu_command(); filled anew
 *
 * Returns: whether there is a resource now; if not, @host is the owner's still
 */
bool vgpu_give_image(VgpuCore *core, const VgpuCommand *command,
                     pixman_image_t *image, void *host, VgpuEffects *effects);

/**
 * vgpu_give_backing: end a command that needs a backing
 * @pieces: the command's entries, mapped
 * @count: of pieces, vgpu_pieces_left() at the most
 * @memory: for a blob, the pieces as one; NULL where the host has it not
 * @host: the owner's, for a resource that is new with this backing
 * @effects: of vgpu_command(); filled anew
 *
 * Returns: whether the backing is the resource's now; if not, the owner unmaps
 * it
 */
bool vgpu_give_backing(VgpuCore *core, const VgpuCommand *command,
                       const struct iovec *pieces, size_t count, void *memory,
                       void *host, VgpuEffects *effects);

/**
 * vgpu_core_remove: end a resource as RESOURCE_UNREF does
 * @effects: filled
 */
void vgpu_core_remove(VgpuCore *core, VgpuResource *resource,
                      VgpuEffects *effects);

/**
 * vgpu_cursor_command: carry out a command of queue 1
 *
 * Returns: false where it is none, or for no scanout: nothing is changed then
 */
bool vgpu_cursor_command(VgpuCore *core, const VgpuCommand *command,
                         VgpuCursorEffect *effect);

#endif /* MODEL_VGPU_CMD_H */
