/*
 * Test of what virtio-gpu refuses
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of checks is that of docs/specs/virtio-gpu.rst.
 */

#include "test-cmocka.h"
#include "vgpu-dump.h"
#include "vgpu-fixture.h"

#define POWER(exponent)  (UINT64_C(1) << (exponent))

/* ---- refused ----------------------------------------------------------- */

static void test_unknown(void **state)
{
    static const uint32_t types[] = {
        0, 1, 0xff, VGPU_GET_DISPLAY_INFO, VGPU_GET_CAPSET_INFO,
        VGPU_GET_CAPSET, VGPU_GET_EDID, VGPU_RESOURCE_ASSIGN_UUID, 0x10e, 0x1ff,
        0x200, 0x207, 0x208, 0x2ff, VGPU_UPDATE_CURSOR, VGPU_MOVE_CURSOR, 0x302,
        VGPU_OK_NODATA, UINT32_MAX, 0x80000101, 0x10101,
    };
    VgpuCore core;

    start(&core);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        VgpuCommand command = plain(types[i], IMAGE);

        refused(&core, &command, UNSPEC, "unknown", i);
    }
    vgpu_core_clear(&core);
}

static void test_create_refused(void **state)
{
    static const struct {
        uint32_t id, format, width, height;
        VgpuAnswer answer;
    } rows[] = {
        { 0, 9, 0, 0, NO_RESOURCE },
        { IMAGE, 9, 0, 0, NO_RESOURCE },
        { BLOB, 2, 1, 1, NO_RESOURCE },
        { NONE, 9, 1, 1, WRONG },
        { NONE, 2, 0, UINT32_MAX, WRONG },
        { NONE, 2, UINT32_MAX, 0, WRONG },
        { NONE, 2, 5, 5, NO_MEMORY },          /* all that is left */
        { NONE, 2, POWER(16), POWER(16), NO_MEMORY },
        { NONE, 2, POWER(30), 1, NO_MEMORY },
        { NONE, 2, UINT32_MAX, UINT32_MAX, NO_MEMORY },
    };
    VgpuCore core;

    start(&core);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        VgpuCommand command = create(rows[i].id);

        command.format = rows[i].format;
        command.width = rows[i].width;
        command.height = rows[i].height;
        refused(&core, &command, rows[i].answer, "create", i);
    }
    vgpu_core_clear(&core);
}

static void test_create_blob_refused(void **state)
{
    static const struct {
        uint32_t id;
        uint64_t size;
        uint32_t memory, flags, entries;
        VgpuAnswer answer;
    } rows[] = {
        { 0, 0, 0, 99, 0, NO_RESOURCE },
        { IMAGE, 0, 0, 99, 0, NO_RESOURCE },
        { BLOB, 100, 1, 2, 1, NO_RESOURCE },
        { NONE, 0, 1, 2, 1, WRONG },
        { NONE, POWER(32), 0, 99, 0, NO_MEMORY },
        { NONE, UINT64_MAX, 1, 2, 1, NO_MEMORY },
        { NONE, 100, 0, 2, 1, WRONG },
        { NONE, 100, 2, 2, 1, WRONG },      /* of the host's, with 3D */
        { NONE, 100, 3, 2, 1, WRONG },
        { NONE, 100, UINT32_MAX, 2, 16385, WRONG },
        { NONE, 100, 1, 8, 1, WRONG },
        { NONE, 100, 1, POWER(31), 16385, WRONG },
        { NONE, 100, 1, 2, 0, WRONG },
        { NONE, 100, 1, 2, 16385, UNSPEC },
        { NONE, 100, 1, 2, UINT32_MAX, UNSPEC },
    };
    VgpuCore core;

    start(&core);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        VgpuCommand command = create_blob(rows[i].id);

        command.size = rows[i].size;
        command.blob_mem = rows[i].memory;
        command.blob_flags = rows[i].flags;
        command.entries = rows[i].entries;
        refused(&core, &command, rows[i].answer, "create blob", i);
    }
    vgpu_core_clear(&core);
}

/* Commands that have a resource, and no more that counts here */
static void test_resource_refused(void **state)
{
    static const struct {
        uint32_t type, id;
        VgpuAnswer answer;
    } rows[] = {
        { VGPU_RESOURCE_UNREF, 0, NO_RESOURCE },
        { VGPU_RESOURCE_UNREF, NONE, NO_RESOURCE },
        { VGPU_RESOURCE_UNREF, UINT32_MAX, NO_RESOURCE },
        { VGPU_RESOURCE_DETACH_BACKING, 0, NO_RESOURCE },
        { VGPU_RESOURCE_DETACH_BACKING, NONE, NO_RESOURCE },
        { VGPU_RESOURCE_DETACH_BACKING, BARE, UNSPEC },
        { VGPU_RESOURCE_DETACH_BACKING, DETACHED, UNSPEC },
        { VGPU_RESOURCE_ATTACH_BACKING, 0, NO_RESOURCE },
        { VGPU_RESOURCE_ATTACH_BACKING, NONE, NO_RESOURCE },
        { VGPU_RESOURCE_ATTACH_BACKING, IMAGE, UNSPEC },
        { VGPU_RESOURCE_ATTACH_BACKING, BLOB, UNSPEC },
        { VGPU_RESOURCE_FLUSH, 0, NO_RESOURCE },
        { VGPU_RESOURCE_FLUSH, NONE, NO_RESOURCE },
        { VGPU_TRANSFER_TO_HOST_2D, 0, NO_RESOURCE },
        { VGPU_TRANSFER_TO_HOST_2D, NONE, NO_RESOURCE },
        { VGPU_TRANSFER_TO_HOST_2D, BARE, UNSPEC },
        { VGPU_TRANSFER_TO_HOST_2D, DETACHED, UNSPEC },
    };
    VgpuCore core;

    start(&core);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        VgpuCommand command = plain(rows[i].type, rows[i].id);

        refused(&core, &command, rows[i].answer, "resource", i);
        /* whatever else there is */
        command.rect = (VgpuRect) { UINT32_MAX, UINT32_MAX, UINT32_MAX, 1 };
        command.offset = UINT64_MAX;
        command.entries = UINT32_MAX;
        refused(&core, &command, rows[i].answer, "resource and more", i);
    }
    vgpu_core_clear(&core);
}

static void test_attach_refused(void **state)
{
    static const struct {
        uint32_t id, entries;
        VgpuAnswer answer;
    } rows[] = {
        { IMAGE, 0, UNSPEC },
        { BARE, 0, WRONG },
        { BARE, 16385, UNSPEC },
        { BARE, POWER(28), UNSPEC },        /* times 16 is 0 */
        { BARE, UINT32_MAX, UNSPEC },
        { DETACHED, 0, WRONG },
    };
    VgpuCore core;

    start(&core);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        VgpuCommand command = plain(VGPU_RESOURCE_ATTACH_BACKING, rows[i].id);

        command.entries = rows[i].entries;
        refused(&core, &command, rows[i].answer, "attach", i);
    }
    vgpu_core_clear(&core);
}

static void test_set_scanout_refused(void **state)
{
    static const struct {
        uint32_t head, id;
        VgpuRect rect;
        VgpuAnswer answer;
    } rows[] = {
        { OUTPUTS, 0, { 0, 0, 0, 0 }, NO_SCANOUT },
        { OUTPUTS, IMAGE, { 0, 0, SIDE, SIDE }, NO_SCANOUT },
        { 15, NONE, { 0, 0, 0, 0 }, NO_SCANOUT },
        { 16, NONE, { 0, 0, 0, 0 }, NO_SCANOUT },
        { UINT32_MAX, NONE, { 0, 0, 0, 0 }, NO_SCANOUT },
        { 0, NONE, { 0, 0, 0, 0 }, NO_RESOURCE },
        { 0, BARE, { 0, 0, 0, 0 }, UNSPEC },
        { 0, DETACHED, { 0, 0, 0, 0 }, UNSPEC },
        { 0, BLOB, { 0, 0, SIDE, SIDE }, WRONG },
        { 0, IMAGE, { 0, 0, SIDE + 1, SIDE }, WRONG },
        { 0, IMAGE, { 1, 0, SIDE, SIDE }, WRONG },
        { 0, IMAGE, { 0, 1, SIDE, SIDE }, WRONG },
        { 0, IMAGE, { 0, 0, 15, SIDE }, WRONG },
        { 0, IMAGE, { 0, 0, SIDE, 15 }, WRONG },
        { 0, IMAGE, { UINT32_MAX, 0, 17, 17 }, WRONG },
        { 0, IMAGE, { 0, POWER(31), 16, POWER(31) }, WRONG },
    };
    VgpuCore core;

    start(&core);
    accepted(&core, set_scanout(0, IMAGE, all));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        VgpuCommand command = set_scanout(rows[i].head, rows[i].id,
                                          rows[i].rect);

        refused(&core, &command, rows[i].answer, "set scanout", i);
    }
    vgpu_core_clear(&core);
}

static void test_set_scanout_blob_refused(void **state)
{
    static const struct {
        uint32_t head, id, format, width, height, stride, offset;
        VgpuAnswer answer;
    } rows[] = {
        { OUTPUTS, 0, 2, SIDE, SIDE, SIDE * 4, 0, NO_SCANOUT },
        { UINT32_MAX, NONE, 9, 0, 0, 0, 0, NO_SCANOUT },
        { 0, NONE, 9, 0, 0, 0, 0, NO_RESOURCE },
        { 0, BARE, 9, 0, 0, 0, 0, UNSPEC },
        { 0, DETACHED, 9, 0, 0, 0, 0, UNSPEC },
        { 0, IMAGE, 2, SIDE, SIDE, SIDE * 4, 0, WRONG },
        { 0, BLOB, 9, SIDE, SIDE, SIDE * 4, 0, WRONG },
        { 0, SCATTERED, 9, SIDE, SIDE, SIDE * 4, 0, WRONG },
        { 0, SCATTERED, 2, SIDE, SIDE, SIDE * 4, 0, UNSPEC },
        { 0, BLOB, 2, SIDE - 1, SIDE, SIDE * 4, 0, WRONG },
        { 0, BLOB, 2, SIDE, SIDE - 1, SIDE * 4, 0, WRONG },
        { 0, BLOB, 2, SIDE, SIDE, SIDE * 4 - 4, 0, WRONG },
        { 0, BLOB, 2, SIDE, SIDE, SIDE * 4 + 4, 0, WRONG },
        { 0, BLOB, 2, SIDE, SIDE, 0, 0, WRONG },
        { 0, BLOB, 2, SIDE, SIDE, UINT32_MAX - 3, 0, WRONG },
        { 0, BLOB, 2, SIDE, SIDE, POWER(31), 0, WRONG },
        { 0, BLOB, 2, SIDE, SIDE, SIDE * 4, 4, WRONG },
        { 0, BLOB, 2, SIDE, SIDE, SIDE * 4, POWER(31), WRONG },
        { 0, BLOB, 2, SIDE, SIDE, SIDE * 4, UINT32_MAX - 3, WRONG },
        { 0, BLOB, 2, UINT32_MAX, UINT32_MAX, SIDE * 4, 0, WRONG },
    };
    VgpuCore core;

    start(&core);
    accepted(&core, set_blob(0, BLOB));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        VgpuCommand command = set_blob(rows[i].head, rows[i].id);

        command.format = rows[i].format;
        command.width = rows[i].width;
        command.height = rows[i].height;
        command.strides[0] = rows[i].stride;
        command.offsets[0] = rows[i].offset;
        refused(&core, &command, rows[i].answer, "set scanout blob", i);
    }
    vgpu_core_clear(&core);
}

static void test_no_blobs(void **state)
{
    VgpuCommand commands[] = { create_blob(NONE), set_blob(0, BLOB),
                               create_blob(0), set_blob(OUTPUTS, 0) };
    VgpuCore core;

    start(&core);
    core.blobs = false;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        refused(&core, &commands[i], WRONG, "no blobs", i);
    }
    vgpu_core_clear(&core);
}

static void test_flush_refused(void **state)
{
    static const VgpuRect rows[] = {
        { 0, 0, SIDE + 1, SIDE }, { 0, 0, SIDE, SIDE + 1 },
        { SIDE, 0, 1, 1 }, { 0, SIDE, 1, 1 }, { SIDE + 1, 0, 0, 0 },
        { UINT32_MAX, 0, 2, 2 }, { 0, 0, 1, UINT32_MAX },
        { POWER(31), POWER(31), POWER(31), POWER(31) },
    };
    VgpuCore core;

    start(&core);
    accepted(&core, set_scanout(0, IMAGE, all));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        VgpuCommand command = plain(VGPU_RESOURCE_FLUSH, IMAGE);

        command.rect = rows[i];
        refused(&core, &command, WRONG, "flush", i);
    }
    vgpu_core_clear(&core);
}

static void test_transfer_refused(void **state)
{
    static const struct {
        VgpuRect rect;
        uint64_t offset;
    } rows[] = {
        { { 0, 0, SIDE, SIDE }, 1 },
        { { 0, 0, SIDE, SIDE }, BYTES },
        { { 0, 0, 1, 1 }, BYTES },
        { { 0, 0, 1, 1 }, BYTES - 3 },
        { { 0, 0, 1, 1 }, POWER(31) },
        { { 0, 0, 1, 1 }, POWER(32) },
        { { 0, 0, 1, 2 }, POWER(32) - 1 },
        { { 0, 0, 1, 1 }, UINT64_MAX },
        { { 0, 0, SIDE, SIDE }, UINT64_MAX - BYTES + 1 },
        { { 1, 0, SIDE, SIDE }, 0 },
        { { 0, 1, SIDE, SIDE }, 0 },
        { { UINT32_MAX, 0, 2, 1 }, 0 },
        { { 0, 0, POWER(30), 1 }, 0 },
    };
    VgpuCore core;

    start(&core);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        VgpuCommand command = plain(VGPU_TRANSFER_TO_HOST_2D, IMAGE);

        command.rect = rows[i].rect;
        command.offset = rows[i].offset;
        refused(&core, &command, WRONG, "transfer", i);
    }
    vgpu_core_clear(&core);
}

/* ---- images and backing that the host has not -------------------------- */

static void test_no_image(void **state)
{
    VgpuCommand command = create(NONE);
    VgpuEffects effects;
    VgpuCore core;
    char *before;

    start(&core);
    core.resources.hostmem_limit = UINT64_MAX;
    before = vgpu_dump(&core);
    effects = send_command(&core, &command);
    assert_int_equal(effects.need, VGPU_NEEDS_IMAGE);
    assert_int_equal(effects.layout.stride, SIDE * 4);
    assert_false(vgpu_give_image(&core, &command, NULL, &hosts[0], &effects));
    assert_int_equal(effects.answer, NO_MEMORY);
    assert_no_effect(&effects);
    assert_unchanged(&core, before);
    vgpu_core_clear(&core);
}

static void give_too_little(VgpuCore *core, VgpuCommand command)
{
    char *before = vgpu_dump(core);
    VgpuEffects effects = send_command(core, &command);

    assert_int_equal(effects.need, VGPU_NEEDS_BACKING);
    assert_false(vgpu_give_backing(core, &command, pieces, 1, memory,
                                   &hosts[0], &effects));
    assert_int_equal(effects.answer, WRONG);
    assert_no_effect(&effects);
    assert_unchanged(core, before);
}

static void test_too_little_backing(void **state)
{
    VgpuCore core;

    start(&core);
    give_too_little(&core, create_blob(NONE));
    give_too_little(&core, plain(VGPU_RESOURCE_ATTACH_BACKING, DETACHED));
    vgpu_core_clear(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_create_refused),
        cmocka_unit_test(test_create_blob_refused),
        cmocka_unit_test(test_resource_refused),
        cmocka_unit_test(test_attach_refused),
        cmocka_unit_test(test_set_scanout_refused),
        cmocka_unit_test(test_set_scanout_blob_refused),
        cmocka_unit_test(test_no_blobs),
        cmocka_unit_test(test_flush_refused),
        cmocka_unit_test(test_transfer_refused),
        cmocka_unit_test(test_no_image),
        cmocka_unit_test(test_too_little_backing),
    };

    return cmocka_run_group_tests_name("vgpu-cmd-refused", tests, NULL, NULL);
}
