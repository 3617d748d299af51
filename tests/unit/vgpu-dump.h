/*
 * virtio-gpu's models as text, to compare states
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_VGPU_DUMP_H
#define TESTS_VGPU_DUMP_H

#include "model/vgpu-cmd.h"

/*
 * All that @resources, or a device, has: the same text is the same state, to
 * the last pixel of an image.  The memory that backing points to is not part
 * of it.
 */
char *vgpu_dump_resources(const VgpuResources *resources);
char *vgpu_dump(const VgpuCore *core);

#endif /* TESTS_VGPU_DUMP_H */
