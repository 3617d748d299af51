/*
 * Random commands for virtio-gpu's models
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rules are in vgpu-world.h.
 */

#include "test-cmocka.h"
#include "vgpu-world.h"

#define WORLDS  300
#define STEPS   400

static const uint32_t types[] = {
    VGPU_RESOURCE_CREATE_2D, VGPU_RESOURCE_UNREF, VGPU_SET_SCANOUT,
    VGPU_RESOURCE_FLUSH, VGPU_TRANSFER_TO_HOST_2D,
    VGPU_RESOURCE_ATTACH_BACKING, VGPU_RESOURCE_DETACH_BACKING,
    VGPU_RESOURCE_CREATE_BLOB, VGPU_SET_SCANOUT_BLOB,
};

static void test_random(void **state)
{
    uint32_t answered[COUNT_OF(types)] = { 0 };
    Random random;
    Choices choices = { .random = &random };

    random_start(&random, "random commands");
    for (int i = 0; i < WORLDS; i++) {
        VgpuWorld world;

        vgpu_world_start(&world, &choices);
        for (int step = 0; step < STEPS && !world.broken; step++) {
            vgpu_world_step(&world, &choices);
        }
        for (size_t type = 0; type < COUNT_OF(types); type++) {
            answered[type] += world.answered[types[type] -
                                             VGPU_GET_DISPLAY_INFO];
        }
        vgpu_world_end(&world);
        if (world.broken) {
            fail_msg("not so: %s", world.broken);
        }
    }
    /* a test of errors alone would tell little */
    for (size_t type = 0; type < COUNT_OF(types); type++) {
        if (answered[type] < WORLDS) {
            fail_msg("%x was OK %u times", types[type], answered[type]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests_name("vgpu-random", tests, NULL, NULL);
}
