/*
 * A virtio-gpu with a resource of each kind, for tests of its commands
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-cmocka.h"
#include "vgpu-dump.h"
#include "vgpu-fixture.h"

const VgpuRect all = { 0, 0, SIDE, SIDE };
uint8_t memory[BYTES] __attribute__((aligned(8)));
int hosts[NONE];

const struct iovec pieces[PIECES] = {
    { memory + 1000, BYTES - 1000 }, { memory, 1000 },
};

VgpuEffects send_command(VgpuCore *core, const VgpuCommand *command)
{
    VgpuEffects effects;

    memset(&effects, 0xff, sizeof(effects));
    vgpu_command(core, command, &effects);
    return effects;
}

VgpuCommand create(uint32_t id)
{
    return (VgpuCommand) {
        .header.type = VGPU_RESOURCE_CREATE_2D, .resource_id = id,
        .format = 2, .width = SIDE, .height = SIDE,
    };
}

VgpuCommand create_blob(uint32_t id)
{
    return (VgpuCommand) {
        .header.type = VGPU_RESOURCE_CREATE_BLOB, .resource_id = id,
        .blob_mem = 1, .blob_flags = 2, .entries = 2, .size = BYTES,
    };
}

VgpuCommand plain(uint32_t type, uint32_t id)
{
    return (VgpuCommand) {
        .header.type = type, .resource_id = id, .entries = 2,
        .rect = { 0, 0, SIDE, SIDE }, .width = SIDE, .height = SIDE,
        .strides = { SIDE * 4 }, .format = 2,
    };
}

static pixman_image_t *new_image(const VgpuLayout *layout)
{
    return pixman_image_create_bits(layout->format, layout->width,
                                    layout->height, NULL, layout->stride);
}

void add_image(VgpuCore *core, uint32_t id)
{
    VgpuCommand command = create(id);
    VgpuEffects effects = send_command(core, &command);

    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_IMAGE);
    assert_null(vgpu_resource_find(&core->resources, id));
    assert_true(vgpu_give_image(core, &command, new_image(&effects.layout),
                                &hosts[id], &effects));
    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_NOTHING);
}

void give(VgpuCore *core, VgpuCommand command, void *blob)
{
    VgpuEffects effects = send_command(core, &command);

    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_BACKING);
    assert_true(vgpu_give_backing(core, &command, pieces, 2, blob,
                                  &hosts[command.resource_id], &effects));
    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_NOTHING);
}

void start(VgpuCore *core)
{
    VgpuEffects effects;
    VgpuCommand detach = plain(VGPU_RESOURCE_DETACH_BACKING, DETACHED);

    for (size_t i = 0; i < sizeof(memory); i++) {
        memory[i] = i * 7 + i / 256;
    }
    vgpu_core_init(core, OUTPUTS, HOSTMEM, true);
    add_image(core, IMAGE);
    give(core, plain(VGPU_RESOURCE_ATTACH_BACKING, IMAGE), NULL);
    add_image(core, BARE);
    give(core, create_blob(BLOB), memory);
    give(core, create_blob(SCATTERED), NULL);
    give(core, create_blob(DETACHED), memory);
    effects = send_command(core, &detach);
    assert_int_equal(effects.answer, OK);
    assert_ptr_equal(effects.unmap, &hosts[DETACHED]);
}

void assert_unchanged(const VgpuCore *core, char *before)
{
    char *after = vgpu_dump(core);

    assert_string_equal(after, before);
    g_free(before);
    g_free(after);
}

void assert_no_effect(const VgpuEffects *effects)
{
    assert_int_equal(effects->need, VGPU_NEEDS_NOTHING);
    assert_int_equal(effects->off, 0);
    assert_int_equal(effects->shown, 0);
    assert_int_equal(effects->damaged, 0);
    assert_null(effects->unmap);
    assert_null(effects->gone);
}

void refused(VgpuCore *core, const VgpuCommand *command,
             VgpuAnswer answer, const char *what, size_t row)
{
    char *before = vgpu_dump(core);
    VgpuEffects effects = send_command(core, command);
    char *after = vgpu_dump(core);

    if (effects.answer != answer || strcmp(before, after)) {
        fail_msg("%s, row %zu: %x", what, row, effects.answer);
    }
    assert_no_effect(&effects);
    g_free(before);
    g_free(after);
}

VgpuEffects accepted(VgpuCore *core, VgpuCommand command)
{
    VgpuEffects effects = send_command(core, &command);

    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_NOTHING);
    return effects;
}

VgpuCommand set_scanout(uint32_t head, uint32_t id, VgpuRect rect)
{
    VgpuCommand command = plain(VGPU_SET_SCANOUT, id);

    command.scanout_id = head;
    command.rect = rect;
    return command;
}

VgpuCommand set_blob(uint32_t head, uint32_t id)
{
    VgpuCommand command = plain(VGPU_SET_SCANOUT_BLOB, id);

    command.scanout_id = head;
    return command;
}
