/*
 * Test of what virtio-gpu's commands do
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-cmocka.h"
#include "vgpu-dump.h"
#include "vgpu-fixture.h"

/* ---- what resources do -------------------------------------------------- */

static void test_transfer(void **state)
{
    uint8_t flat[BYTES];
    VgpuCore core;
    VgpuEffects effects;
    char *before;

    start(&core);
    memcpy(flat, memory + 1000, BYTES - 1000);
    memcpy(flat + BYTES - 1000, memory, 1000);
    effects = accepted(&core, plain(VGPU_TRANSFER_TO_HOST_2D, IMAGE));
    assert_no_effect(&effects);
    assert_memory_equal(pixman_image_get_data(
        vgpu_resource_find(&core.resources, IMAGE)->image), flat, BYTES);
    /* a blob is the guest's memory: whatever the rectangle is */
    before = vgpu_dump(&core);
    for (int i = 0; i < 2; i++) {
        VgpuCommand command = plain(VGPU_TRANSFER_TO_HOST_2D, BLOB);

        command.offset = i ? UINT64_MAX : 0;
        effects = accepted(&core, command);
        assert_no_effect(&effects);
    }
    assert_unchanged(&core, before);
    vgpu_core_clear(&core);
}

static void test_attach_again(void **state)
{
    VgpuCore core;
    VgpuEffects effects;
    char *before, *after;

    start(&core);
    before = vgpu_dump_resources(&core.resources);
    for (int i = 0; i < 100; i++) {
        effects = accepted(&core, plain(VGPU_RESOURCE_DETACH_BACKING, IMAGE));
        assert_ptr_equal(effects.unmap, &hosts[IMAGE]);
        assert_null(effects.gone);
        give(&core, plain(VGPU_RESOURCE_ATTACH_BACKING, IMAGE), NULL);
    }
    after = vgpu_dump_resources(&core.resources);
    assert_string_equal(after, before);
    g_free(after);
    g_free(before);
    give(&core, plain(VGPU_RESOURCE_ATTACH_BACKING, DETACHED), memory);
    accepted(&core, set_blob(1, DETACHED));
    vgpu_core_clear(&core);
}

static void test_unref(void **state)
{
    VgpuCore core;

    start(&core);
    for (uint32_t id = IMAGE; id < NONE; id++) {
        VgpuEffects effects = accepted(&core, plain(VGPU_RESOURCE_UNREF, id));

        assert_ptr_equal(effects.gone, &hosts[id]);
        assert_null(effects.unmap);
        assert_int_equal(effects.off, 0);
        assert_null(vgpu_resource_find(&core.resources, id));
    }
    assert_int_equal(core.resources.hostmem, 0);
    assert_int_equal(core.resources.pieces, 0);
    /* its id is free */
    core.resources.hostmem_limit = HOSTMEM;
    add_image(&core, BLOB);
    vgpu_core_clear(&core);
}

/* ---- what scanouts show -------------------------------------------------- */

static void test_show_and_off(void **state)
{
    VgpuCore core;
    VgpuEffects effects;

    start(&core);
    effects = accepted(&core, set_scanout(1, IMAGE, all));
    assert_int_equal(effects.shown, 2);
    assert_int_equal(effects.off, 0);
    /* the same again is nothing new, another part is */
    effects = accepted(&core, set_scanout(1, IMAGE, all));
    assert_no_effect(&effects);
    effects = accepted(&core, set_scanout(1, IMAGE,
                                          (VgpuRect) { 8, 8, 20, 30 }));
    assert_int_equal(effects.shown, 2);
    effects = accepted(&core, set_scanout(1, 0, (VgpuRect) {
        UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX }));
    assert_int_equal(effects.off, 2);
    assert_int_equal(effects.shown, 0);
    assert_null(core.scanouts[1].resource);
    effects = accepted(&core, set_scanout(1, 0, all));
    assert_no_effect(&effects);
    effects = accepted(&core, set_blob(2, BLOB));
    assert_int_equal(effects.shown, 4);
    assert_ptr_equal(vgpu_scanout_memory(&core.scanouts[2]), memory);
    effects = accepted(&core, set_blob(2, 0));
    assert_int_equal(effects.off, 4);
    vgpu_core_clear(&core);
}

static void test_page_flips(void **state)
{
    VgpuCore core;

    start(&core);
    give(&core, plain(VGPU_RESOURCE_ATTACH_BACKING, BARE), NULL);
    for (int i = 0; i < 10; i++) {
        const uint32_t id = i % 2 ? IMAGE : BARE;
        VgpuEffects effects = accepted(&core, set_scanout(0, id, all));

        assert_int_equal(effects.shown, 1);
        assert_int_equal(effects.off, 0);
        assert_int_equal(core.scanouts[0].resource->id, id);
        effects = accepted(&core, set_blob(0, BLOB));
        assert_int_equal(effects.shown, 1);
        assert_int_equal(effects.off, 0);
    }
    vgpu_core_clear(&core);
}

/* The last row's end is where the blob ends, wherever that is. */
static void test_frame_in_blob(void **state)
{
    VgpuCommand command = set_blob(0, BLOB);
    VgpuCore core;

    start(&core);
    command.rect = (VgpuRect) { 0, 0, 16, 16 };
    command.width = 16;
    command.height = UINT32_MAX;
    command.strides[0] = 1000;
    command.offsets[0] = BYTES - 15 * 1000 - 64;
    command.strides[1] = command.offsets[1] = UINT32_MAX;
    accepted(&core, command);
    assert_ptr_equal(vgpu_scanout_memory(&core.scanouts[0]),
                     memory + command.offsets[0]);
    command.offsets[0] += 4;
    refused(&core, &command, WRONG, "frame", 0);
    vgpu_core_clear(&core);
}

static void test_unref_turns_off(void **state)
{
    VgpuCore core;
    VgpuEffects effects;

    start(&core);
    accepted(&core, set_scanout(0, IMAGE, all));
    accepted(&core, set_blob(1, BLOB));
    accepted(&core, set_scanout(2, IMAGE, (VgpuRect) { 1, 1, 16, 16 }));
    effects = accepted(&core, plain(VGPU_RESOURCE_UNREF, IMAGE));
    assert_int_equal(effects.off, 5);
    assert_ptr_equal(effects.gone, &hosts[IMAGE]);
    assert_null(core.scanouts[0].resource);
    assert_null(core.scanouts[2].resource);
    assert_int_equal(core.scanouts[1].resource->id, BLOB);
    effects = accepted(&core, plain(VGPU_RESOURCE_UNREF, BLOB));
    assert_int_equal(effects.off, 2);
    assert_null(core.scanouts[1].resource);
    vgpu_core_clear(&core);
}

/* An image is the host's: it outlives its backing.  A blob does not. */
static void test_detach_turns_off(void **state)
{
    VgpuCore core;
    VgpuEffects effects;

    start(&core);
    accepted(&core, set_scanout(0, IMAGE, all));
    accepted(&core, set_blob(1, BLOB));
    accepted(&core, set_blob(2, BLOB));
    effects = accepted(&core, plain(VGPU_RESOURCE_DETACH_BACKING, IMAGE));
    assert_int_equal(effects.off, 0);
    assert_ptr_equal(effects.unmap, &hosts[IMAGE]);
    assert_int_equal(core.scanouts[0].resource->id, IMAGE);
    effects = accepted(&core, plain(VGPU_RESOURCE_DETACH_BACKING, BLOB));
    assert_int_equal(effects.off, 6);
    assert_ptr_equal(effects.unmap, &hosts[BLOB]);
    assert_null(effects.gone);
    assert_null(core.scanouts[1].resource);
    assert_null(core.scanouts[2].resource);
    assert_null(vgpu_resource_find(&core.resources, BLOB)->memory);
    vgpu_core_clear(&core);
}

/* ---- flushes ------------------------------------------------------------- */

static void test_flush(void **state)
{
    VgpuCommand flush = plain(VGPU_RESOURCE_FLUSH, IMAGE);
    VgpuCore core;
    VgpuEffects effects;

    start(&core);
    effects = accepted(&core, flush);
    assert_no_effect(&effects);
    accepted(&core, set_scanout(0, IMAGE, (VgpuRect) { 0, 0, 32, SIDE }));
    accepted(&core, set_scanout(1, IMAGE, (VgpuRect) { 32, 0, 32, SIDE }));
    accepted(&core, set_blob(2, BLOB));
    flush.rect = (VgpuRect) { 30, 10, 5, 6 };
    effects = accepted(&core, flush);
    assert_int_equal(effects.damaged, 3);
    assert_memory_equal(&effects.damage[0], &((VgpuRect) { 30, 10, 2, 6 }),
                        sizeof(VgpuRect));
    assert_memory_equal(&effects.damage[1], &((VgpuRect) { 0, 10, 3, 6 }),
                        sizeof(VgpuRect));
    flush.rect = (VgpuRect) { 40, 10, 5, 0 };
    effects = accepted(&core, flush);
    assert_no_effect(&effects);
    /* nothing to copy: no backing is needed */
    accepted(&core, plain(VGPU_RESOURCE_DETACH_BACKING, IMAGE));
    flush.rect = (VgpuRect) { 0, 0, 32, 1 };
    effects = accepted(&core, flush);
    assert_int_equal(effects.damaged, 1);
    /* a blob has no size in pixels */
    flush = plain(VGPU_RESOURCE_FLUSH, BLOB);
    flush.rect = (VgpuRect) { 60, 0, UINT32_MAX, UINT32_MAX };
    effects = accepted(&core, flush);
    assert_int_equal(effects.damaged, 4);
    assert_memory_equal(&effects.damage[2], &((VgpuRect) { 60, 0, 4, SIDE }),
                        sizeof(VgpuRect));
    vgpu_core_clear(&core);
}

/* ---- cursor -------------------------------------------------------------- */

static void test_cursor(void **state)
{
    VgpuCommand command = {
        .header.type = VGPU_UPDATE_CURSOR, .scanout_id = 1,
        .resource_id = NONE, .hot_x = 1, .hot_y = UINT32_MAX,
        .rect = { 100, UINT32_MAX, 0, 0 },
    };
    VgpuCursorEffect effect;
    VgpuCore core;

    start(&core);
    assert_true(vgpu_cursor_command(&core, &command, &effect));
    assert_int_equal(effect.scanout, 1);
    assert_true(effect.defined);
    assert_true(effect.visible);
    assert_memory_equal(&core.scanouts[1].cursor, &((VgpuCursor) {
        NONE, 1, UINT32_MAX, 100, UINT32_MAX }), sizeof(VgpuCursor));
    command.header.type = VGPU_MOVE_CURSOR;
    command.rect.x = 5;
    command.hot_x = 77;
    command.resource_id = 88;
    assert_true(vgpu_cursor_command(&core, &command, &effect));
    assert_false(effect.defined);
    assert_true(effect.visible);
    assert_memory_equal(&core.scanouts[1].cursor, &((VgpuCursor) {
        NONE, 1, UINT32_MAX, 5, UINT32_MAX }), sizeof(VgpuCursor));
    command.resource_id = 0;
    assert_true(vgpu_cursor_command(&core, &command, &effect));
    assert_false(effect.visible);
    command.header.type = VGPU_UPDATE_CURSOR;
    assert_true(vgpu_cursor_command(&core, &command, &effect));
    assert_true(effect.defined);
    assert_false(effect.visible);
    assert_int_equal(core.scanouts[1].cursor.resource_id, 0);
    vgpu_core_clear(&core);
}

static void test_cursor_refused(void **state)
{
    static const struct {
        uint32_t type, head;
    } rows[] = {
        { VGPU_UPDATE_CURSOR, OUTPUTS }, { VGPU_MOVE_CURSOR, OUTPUTS },
        { VGPU_UPDATE_CURSOR, 16 }, { VGPU_UPDATE_CURSOR, UINT32_MAX },
        { 0x302, 0 }, { 0x2ff, 0 }, { VGPU_RESOURCE_UNREF, 0 }, { 0, 0 },
    };
    VgpuCore core;
    char *before;

    start(&core);
    before = vgpu_dump(&core);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        VgpuCommand command = {
            .header.type = rows[i].type, .scanout_id = rows[i].head,
            .resource_id = IMAGE, .rect = { 1, 2, 3, 4 },
        };
        VgpuCursorEffect effect;

        assert_false(vgpu_cursor_command(&core, &command, &effect));
    }
    assert_unchanged(&core, before);
    vgpu_core_clear(&core);
}

/* ---- the device ---------------------------------------------------------- */

static void test_reset(void **state)
{
    VgpuCore core, empty;
    VgpuEffects effects;
    char *after, *expected;

    start(&core);
    accepted(&core, set_scanout(0, IMAGE, all));
    core.scanouts[0].cursor.x = 7;
    vgpu_core_reset(&core);
    for (uint32_t id = IMAGE; id < NONE; id++) {
        vgpu_core_remove(&core, vgpu_resource_find(&core.resources, id),
                         &effects);
        assert_int_equal(effects.off, 0);
        assert_ptr_equal(effects.gone, &hosts[id]);
    }
    vgpu_core_init(&empty, OUTPUTS, HOSTMEM, true);
    after = vgpu_dump(&core);
    expected = vgpu_dump(&empty);
    assert_string_equal(after, expected);
    g_free(after);
    g_free(expected);
    vgpu_core_clear(&core);
    vgpu_core_clear(&empty);
}

static void test_outputs(void **state)
{
    VgpuCore core;

    vgpu_core_init(&core, 1000, HOSTMEM, false);
    assert_int_equal(core.outputs, VGPU_SCANOUTS_MAX);
    assert_false(core.blobs);
    add_image(&core, IMAGE);
    give(&core, plain(VGPU_RESOURCE_ATTACH_BACKING, IMAGE), NULL);
    assert_int_equal(accepted(&core, set_scanout(15, IMAGE, all)).shown,
                     1 << 15);
    for (uint32_t head = 0; head < VGPU_SCANOUTS_MAX; head++) {
        accepted(&core, set_scanout(head, IMAGE, all));
    }
    assert_int_equal(accepted(&core, plain(VGPU_RESOURCE_UNREF, IMAGE)).off,
                     0xffff);
    vgpu_core_clear(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer),
        cmocka_unit_test(test_attach_again),
        cmocka_unit_test(test_unref),
        cmocka_unit_test(test_show_and_off),
        cmocka_unit_test(test_page_flips),
        cmocka_unit_test(test_frame_in_blob),
        cmocka_unit_test(test_unref_turns_off),
        cmocka_unit_test(test_detach_turns_off),
        cmocka_unit_test(test_flush),
        cmocka_unit_test(test_cursor),
        cmocka_unit_test(test_cursor_refused),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_outputs),
    };

    return cmocka_run_group_tests_name("vgpu-cmd", tests, NULL, NULL);
}
