/*
 * Fuzz target: virtio-gpu's command stream
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rules are in tests/unit/vgpu-world.h.
 */

#include "fuzz.h"
#include "vgpu-world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Choices choices = { .bytes = data, .left = size };
    VgpuWorld world;

    vgpu_world_start(&world, &choices);
    while (choices_are_left(&choices) && !world.broken) {
        vgpu_world_step(&world, &choices);
    }
    vgpu_world_end(&world);
    fuzz_expect(world.broken);
    return 0;
}
