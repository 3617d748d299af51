/*
 * Test of virtio-gpu's messages
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each byte of a message is its own position plus 1, so that a field that is
 * read from elsewhere, or in the other byte order, has another value.
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/vgpu-proto.h"

#define BYTE_AT(at)  ((at) + 1u)
static uint32_t word_at(size_t at)
{
    return (at + 1) | (at + 2) << 8 | (at + 3) << 16 | (at + 4) << 24;
}

static uint64_t quad_at(size_t at)
{
    return word_at(at) | (uint64_t)word_at(at + 4) << 32;
}

static void make_message(uint8_t *message, uint32_t type)
{
    for (size_t i = 0; i < VGPU_COMMAND_SIZE_MAX; i++) {
        message[i] = i + 1;
    }
    message[0] = type;
    message[1] = type >> 8;
    message[2] = message[3] = 0;
}

static VgpuCommand decode(uint32_t type)
{
    uint8_t message[VGPU_COMMAND_SIZE_MAX];
    VgpuCommand command;

    make_message(message, type);
    assert_int_equal(vgpu_decode(&command, message, sizeof(message)),
                     VGPU_DECODED);
    assert_int_equal(command.header.type, type);
    return command;
}

static void test_header(void **state)
{
    VgpuCommand command = decode(VGPU_GET_DISPLAY_INFO);

    assert_int_equal(command.header.flags, word_at(4));
    assert_int_equal(command.header.fence, quad_at(8));
    assert_int_equal(command.header.context, word_at(16));
    assert_int_equal(command.header.ring, 21);
    assert_int_equal(command.resource_id, 0);
}

static void assert_rect(const VgpuCommand *command)
{
    assert_int_equal(command->rect.x, word_at(24));
    assert_int_equal(command->rect.y, word_at(28));
    assert_int_equal(command->rect.width, word_at(32));
    assert_int_equal(command->rect.height, word_at(36));
}

static void test_resources(void **state)
{
    VgpuCommand c = decode(VGPU_RESOURCE_CREATE_2D);

    assert_int_equal(c.resource_id, word_at(24));
    assert_int_equal(c.format, word_at(28));
    assert_int_equal(c.width, word_at(32));
    assert_int_equal(c.height, word_at(36));
    c = decode(VGPU_RESOURCE_ATTACH_BACKING);
    assert_int_equal(c.resource_id, word_at(24));
    assert_int_equal(c.entries, word_at(28));
    c = decode(VGPU_RESOURCE_CREATE_BLOB);
    assert_int_equal(c.resource_id, word_at(24));
    assert_int_equal(c.blob_mem, word_at(28));
    assert_int_equal(c.blob_flags, word_at(32));
    assert_int_equal(c.entries, word_at(36));
    assert_int_equal(c.blob_id, quad_at(40));
    assert_int_equal(c.size, quad_at(48));
    assert_int_equal(decode(VGPU_RESOURCE_UNREF).resource_id, word_at(24));
    assert_int_equal(decode(VGPU_RESOURCE_DETACH_BACKING).resource_id,
                     word_at(24));
    assert_int_equal(decode(VGPU_RESOURCE_ASSIGN_UUID).resource_id,
                     word_at(24));
    assert_int_equal(decode(VGPU_GET_CAPSET_INFO).capset, word_at(24));
    assert_int_equal(decode(VGPU_GET_CAPSET).capset, word_at(24));
    assert_int_equal(decode(VGPU_GET_CAPSET).capset_version, word_at(28));
    assert_int_equal(decode(VGPU_MOVE_CURSOR).rect.y, word_at(32));
    assert_int_equal(decode(VGPU_GET_EDID).scanout_id, word_at(24));
}

static void test_pictures(void **state)
{
    VgpuCommand c = decode(VGPU_SET_SCANOUT);

    assert_rect(&c);
    assert_int_equal(c.scanout_id, word_at(40));
    assert_int_equal(c.resource_id, word_at(44));
    c = decode(VGPU_RESOURCE_FLUSH);
    assert_rect(&c);
    assert_int_equal(c.resource_id, word_at(40));
    c = decode(VGPU_TRANSFER_TO_HOST_2D);
    assert_rect(&c);
    assert_int_equal(c.offset, quad_at(40));
    assert_int_equal(c.resource_id, word_at(48));
    c = decode(VGPU_SET_SCANOUT_BLOB);
    assert_rect(&c);
    assert_int_equal(c.scanout_id, word_at(40));
    assert_int_equal(c.resource_id, word_at(44));
    assert_int_equal(c.width, word_at(48));
    assert_int_equal(c.height, word_at(52));
    assert_int_equal(c.format, word_at(56));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(c.strides[i], word_at(64 + 4 * i));
        assert_int_equal(c.offsets[i], word_at(80 + 4 * i));
    }
    c = decode(VGPU_UPDATE_CURSOR);
    assert_int_equal(c.scanout_id, word_at(24));
    assert_int_equal(c.rect.x, word_at(28));
    assert_int_equal(c.rect.y, word_at(32));
    assert_int_equal(c.resource_id, word_at(40));
    assert_int_equal(c.hot_x, word_at(44));
    assert_int_equal(c.hot_y, word_at(48));
}

/* Every type, cut at every length; sanitizers see to what is behind. */
static void test_lengths(void **state)
{
    for (uint32_t type = 0; type < 0x400; type++) {
        size_t whole = vgpu_command_size(type);
        uint8_t message[VGPU_COMMAND_SIZE_MAX];
        VgpuCommand command;

        make_message(message, type);
        assert_true(whole <= sizeof(message));
        for (size_t size = 0; size <= sizeof(message); size++) {
            VgpuDecoded expected =
                size < VGPU_HEADER_SIZE ? VGPU_DECODED_SHORT :
                !whole ? VGPU_DECODED_UNKNOWN :
                size < whole ? VGPU_DECODED_SHORT : VGPU_DECODED;

            assert_int_equal(vgpu_decode(&command, message, size), expected);
            assert_int_equal(command.header.type,
                             size < VGPU_HEADER_SIZE ? 0 : type);
        }
    }
}

static void test_entry(void **state)
{
    static const uint8_t bytes[VGPU_ENTRY_SIZE] = {
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    };
    VgpuEntry entry = vgpu_decode_entry(bytes);

    assert_int_equal(entry.address, 0x0807060504030201);
    assert_int_equal(entry.length, 0x0c0b0a09);
}

static void test_fences(void **state)
{
    static const uint8_t fenced[VGPU_HEADER_SIZE] = {
        0x00, 0x11, 0, 0, 1, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1, 9,
    };
    static const uint8_t plain[VGPU_HEADER_SIZE] = { 0x05, 0x12 };
    VgpuHeader request = {
        .flags = VGPU_FLAG_WITH_FENCE | VGPU_FLAG_WITH_RING,
        .fence = 0x0102030405060708, .context = 9, .ring = 3,
    };
    uint8_t answer[VGPU_HEADER_SIZE];

    vgpu_encode_answer(answer, VGPU_OK_NODATA, &request);
    assert_memory_equal(answer, fenced, sizeof(answer));
    request.flags = VGPU_FLAG_WITH_RING;
    vgpu_encode_answer(answer, VGPU_ERR_INVALID_PARAMETER, &request);
    assert_memory_equal(answer, plain, sizeof(answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_entry),
        cmocka_unit_test(test_fences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
