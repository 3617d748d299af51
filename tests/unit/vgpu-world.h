/*
 * A virtio-gpu, its host and a guest that sends anything
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The host does what the device's glue does: it decodes messages, carries out
 * commands, makes images, maps backing and follows the effects.  Each image and
 * each piece of backing is an allocation of its own, so that sanitizers see
 * what is read or written outside of it.
 *
 * Rules, after each command:
 *
 * - it is answered with one of 5.7.6.7's types, the one that vgpu-reference.h
 *   says;
 * - one that is refused has changed nothing and has no effects;
 * - images are as many bytes as they are counted, below the limit; backing has
 *   as many pieces as are counted, and no more than there may be;
 * - scanouts show resources that there are, and viewers were told all that
 *   changed, before the memory went;
 * - a transfer has copied what the guest's memory has there, and nothing else.
 */

#ifndef TESTS_VGPU_WORLD_H
#define TESTS_VGPU_WORLD_H

#include "choices.h"
#include "vgpu-reference.h"

/*
 * VgpuViewer: what a console has of a scanout
 *
 * @host: the resource's; NULL: it is off
 * @image: a reference to it, NULL for a blob
 */
typedef struct VgpuViewer {
    const void *host;
    pixman_image_t *image;
    const uint8_t *pixels;
    VgpuRect rect;
    VgpuLayout frame;
} VgpuViewer;

/*
 * VgpuWorld
 *
 * @hosts: of all resources, owned
 * @pieces_before: pieces that are counted as if there were more resources
 * @mapped: bytes of backing
 * @seen: of all pixels that were looked at last
 * @dump: the state after the last command
 * @answered: how often commands were OK, by type from VGPU_GET_DISPLAY_INFO on
 * @broken: the rule that was broken, or NULL
 */
typedef struct VgpuWorld {
    VgpuCore core;
    VgpuReference reference;
    GHashTable *hosts;
    VgpuViewer viewers[VGPU_SCANOUTS_MAX];
    uint64_t pieces_before;
    uint64_t mapped;
    uint8_t seen;
    char *dump;
    uint32_t answered[16];
    const char *broken;
} VgpuWorld;

/* A device with any properties */
void vgpu_world_start(VgpuWorld *world, Choices *choices);

/* A command or a reset */
void vgpu_world_step(VgpuWorld *world, Choices *choices);

/* A reset, after which nothing is left */
void vgpu_world_end(VgpuWorld *world);

#endif /* TESTS_VGPU_WORLD_H */
