/*
 * A guest that sends commands to a virtio-gpu, most of them sensible
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_VGPU_GUEST_H
#define TESTS_VGPU_GUEST_H

#include "choices.h"
#include "model/vgpu-cmd.h"

/* The guest's RAM begins at 0, and is cut into pieces of the host's. */
#define VGPU_RAM_SIZE    (1u << 20)
#define VGPU_RAM_PIECE   (1u << 16)

/*
 * vgpu_guest_message: a command, with its entries, as bytes
 *
 * It knows the resources of @core, so that it can ask for what there is.
 */
GByteArray *vgpu_guest_message(const VgpuCore *core, Choices *choices);

#endif /* TESTS_VGPU_GUEST_H */
