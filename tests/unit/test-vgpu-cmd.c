/*
 * Test of virtio-gpu's commands
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of checks is that of docs/specs/virtio-gpu.rst.
 */

#include <string.h>

#include "test-cmocka.h"
#include "vgpu-dump.h"

#define POWER(exponent)  (UINT64_C(1) << (exponent))
#define OUTPUTS     3
#define SIDE        64
#define BYTES       (SIDE * SIDE * 4)
#define HOSTMEM     (2 * BYTES + 100)
#define NO_RESOURCE VGPU_ERR_INVALID_RESOURCE_ID
#define NO_SCANOUT  VGPU_ERR_INVALID_SCANOUT_ID
#define NO_MEMORY   VGPU_ERR_OUT_OF_MEMORY
#define WRONG       VGPU_ERR_INVALID_PARAMETER
#define UNSPEC      VGPU_ERR_UNSPEC
#define OK          VGPU_OK_NODATA

/* ---- a device with a resource of each kind ------------------------------- */

/* Ids of resources */
enum {
    IMAGE = 1,      /* with a backing of BYTES in two pieces */
    BARE,           /* an image without */
    BLOB,           /* of BYTES, in one piece */
    SCATTERED,      /* a blob that the host has not in one piece */
    DETACHED,       /* a blob without backing */
    NONE,           /* does not exist */
};

static uint8_t memory[BYTES] __attribute__((aligned(8)));
static int hosts[NONE];

static const struct iovec pieces[] = {
    { memory + 1000, BYTES - 1000 }, { memory, 1000 },
};

static VgpuEffects send(VgpuCore *core, const VgpuCommand *command)
{
    VgpuEffects effects;

    memset(&effects, 0xff, sizeof(effects));
    vgpu_command(core, command, &effects);
    return effects;
}

static VgpuCommand create(uint32_t id)
{
    return (VgpuCommand) {
        .header.type = VGPU_RESOURCE_CREATE_2D, .resource_id = id,
        .format = 2, .width = SIDE, .height = SIDE,
    };
}

static VgpuCommand create_blob(uint32_t id)
{
    return (VgpuCommand) {
        .header.type = VGPU_RESOURCE_CREATE_BLOB, .resource_id = id,
        .blob_mem = 1, .blob_flags = 2, .entries = 2, .size = BYTES,
    };
}

/* A command that has a resource alone, and what else some have */
static VgpuCommand plain(uint32_t type, uint32_t id)
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

static void add_image(VgpuCore *core, uint32_t id)
{
    VgpuCommand command = create(id);
    VgpuEffects effects = send(core, &command);

    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_IMAGE);
    assert_null(vgpu_resource_find(&core->resources, id));
    assert_true(vgpu_give_image(core, &command, new_image(&effects.layout),
                                &hosts[id], &effects));
    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_NOTHING);
}

static void give(VgpuCore *core, VgpuCommand command, void *blob)
{
    VgpuEffects effects = send(core, &command);

    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_BACKING);
    assert_true(vgpu_give_backing(core, &command, pieces, 2, blob,
                                  &hosts[command.resource_id], &effects));
    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_NOTHING);
}

static void start(VgpuCore *core)
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
    effects = send(core, &detach);
    assert_int_equal(effects.answer, OK);
    assert_ptr_equal(effects.unmap, &hosts[DETACHED]);
}

static void assert_no_effect(const VgpuEffects *effects)
{
    assert_int_equal(effects->need, VGPU_NEEDS_NOTHING);
    assert_int_equal(effects->off, 0);
    assert_int_equal(effects->shown, 0);
    assert_int_equal(effects->damaged, 0);
    assert_null(effects->unmap);
    assert_null(effects->gone);
}

/* A command that is refused so, and leaves no trace. */
static void refused(VgpuCore *core, const VgpuCommand *command,
                    VgpuAnswer answer, const char *what, size_t row)
{
    char *before = vgpu_dump(core);
    VgpuEffects effects = send(core, command);
    char *after = vgpu_dump(core);

    if (effects.answer != answer || strcmp(before, after)) {
        fail_msg("%s, row %zu: %x", what, row, effects.answer);
    }
    assert_no_effect(&effects);
    g_free(before);
    g_free(after);
}

static VgpuEffects accepted(VgpuCore *core, VgpuCommand command)
{
    VgpuEffects effects = send(core, &command);

    assert_int_equal(effects.answer, OK);
    assert_int_equal(effects.need, VGPU_NEEDS_NOTHING);
    return effects;
}

static VgpuCommand set_scanout(uint32_t head, uint32_t id, VgpuRect rect)
{
    VgpuCommand command = plain(VGPU_SET_SCANOUT, id);

    command.scanout_id = head;
    command.rect = rect;
    return command;
}

static VgpuCommand set_blob(uint32_t head, uint32_t id)
{
    VgpuCommand command = plain(VGPU_SET_SCANOUT_BLOB, id);

    command.scanout_id = head;
    return command;
}

static const VgpuRect all = { 0, 0, SIDE, SIDE };

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
    char *before, *after;

    start(&core);
    core.resources.hostmem_limit = UINT64_MAX;
    before = vgpu_dump(&core);
    effects = send(&core, &command);
    assert_int_equal(effects.need, VGPU_NEEDS_IMAGE);
    assert_int_equal(effects.layout.stride, SIDE * 4);
    assert_false(vgpu_give_image(&core, &command, NULL, &hosts[0], &effects));
    assert_int_equal(effects.answer, NO_MEMORY);
    assert_no_effect(&effects);
    after = vgpu_dump(&core);
    assert_string_equal(after, before);
    g_free(before);
    g_free(after);
    vgpu_core_clear(&core);
}

static void give_too_little(VgpuCore *core, VgpuCommand command)
{
    char *before = vgpu_dump(core), *after;
    VgpuEffects effects = send(core, &command);

    assert_int_equal(effects.need, VGPU_NEEDS_BACKING);
    assert_false(vgpu_give_backing(core, &command, pieces, 1, memory,
                                   &hosts[0], &effects));
    assert_int_equal(effects.answer, WRONG);
    assert_no_effect(&effects);
    after = vgpu_dump(core);
    assert_string_equal(after, before);
    g_free(before);
    g_free(after);
}

static void test_too_little_backing(void **state)
{
    VgpuCore core;

    start(&core);
    give_too_little(&core, create_blob(NONE));
    give_too_little(&core, plain(VGPU_RESOURCE_ATTACH_BACKING, DETACHED));
    vgpu_core_clear(&core);
}

/* ---- what resources do -------------------------------------------------- */

static void test_transfer(void **state)
{
    uint8_t flat[BYTES];
    VgpuCore core;
    VgpuEffects effects;
    char *before, *after;

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
    after = vgpu_dump(&core);
    assert_string_equal(after, before);
    g_free(before);
    g_free(after);
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
    char *before, *after;

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
    after = vgpu_dump(&core);
    assert_string_equal(after, before);
    g_free(before);
    g_free(after);
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
