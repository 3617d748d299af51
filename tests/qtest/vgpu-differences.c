/*
 * Where stock's virtio-gpu answers otherwise than it should, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "vgpu-differences.h"
#include "vgpu-names.h"

/*
 * Difference: one row
 *
 * @name: in test output and in docs/specs/virtio-gpu.rst
 * @stock, @fork: their answers, or 0 where it is not an answer that differs
 */
typedef struct Difference {
    const char *name;
    uint32_t stock;
    uint32_t fork;
} Difference;

/* tests/docs/check-differences reads this, and compares it with that page */
static const Difference differences[VGPU_DIFFERENCES] = {
    [VGPU_CREATE_EMPTY] = {
        "create-empty", OUT_OF_MEMORY, INVALID_PARAMETER },
    [VGPU_EDID_OF_NO_SCANOUT] = {
        "edid-of-no-scanout", INVALID_PARAMETER, INVALID_SCANOUT },
    [VGPU_TRANSFER_AT_END] = {
        "transfer-at-end", OK, INVALID_PARAMETER },
    [VGPU_TRANSFER_PAST_END] = {
        "transfer-past-end", OK, INVALID_PARAMETER },
    [VGPU_TRANSFER_SHORT] = {
        "transfer-short", OK, INVALID_PARAMETER },
    [VGPU_TRANSFER_31_BITS] = {
        "transfer-offset-31-bits", OK, INVALID_PARAMETER },
    [VGPU_TRANSFER_32_BITS] = {
        "transfer-offset-32-bits", OK, INVALID_PARAMETER },
    [VGPU_TRANSFER_64_BITS] = {
        "transfer-offset-64-bits", OK, INVALID_PARAMETER },
    [VGPU_TRANSFER_CUT] = {
        "transfer-offset-cut", OK, INVALID_PARAMETER },
    [VGPU_ATTACH_PAST_RAM] = {
        "attach-past-ram", OK, UNSPEC },
    [VGPU_ATTACH_ACROSS_RAM_END] = {
        "attach-across-ram-end", OK, UNSPEC },
    [VGPU_ATTACH_OWN_MMIO] = {
        "attach-own-mmio", OK, UNSPEC },
    [VGPU_ATTACH_NOTHING] = {
        "attach-nothing", OK, INVALID_PARAMETER },
    [VGPU_MIGRATE_HEADS] = {
        "migrate-heads", 0, 0 },
    [VGPU_HOT_PLUG] = {
        "hot-plug", 0, 0 },
};

bool vgpu_is_stock(void)
{
    return g_strcmp0(getenv("VIRTIO_GPU_DEVICE"), "fork") != 0;
}

void vgpu_assert_answer(uint32_t answer, uint32_t expected)
{
    g_assert_cmphex(answer, ==, expected);
}

void vgpu_assert_known(VgpuDifference difference, uint32_t answer)
{
    const Difference *known = &differences[difference];

    if (vgpu_is_stock()) {
        g_test_message("known difference %s: stock answers 0x%x, not 0x%x",
                       known->name, known->stock, known->fork);
    }
    g_assert_cmphex(answer, ==, vgpu_is_stock() ? known->stock : known->fork);
}

void vgpu_skip(VgpuDifference difference, const char *reason)
{
    g_autofree char *text = g_strdup_printf("%s (%s)", reason,
                                            differences[difference].name);

    g_test_skip(text);
}
