/*
 * Where stock's virtio-gpu answers otherwise than it should, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "vgpu-differences.h"
#include "standard-headers/linux/virtio_gpu.h"

#define FIRST_ERROR  VIRTIO_GPU_RESP_ERR_UNSPEC
#define LAST_ERROR   VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER

/*
 * Difference: one row
 *
 * @name: in test output and in docs/specs/virtio-gpu.rst
 * @stock: its answer
 */
typedef struct Difference {
    const char *name;
    uint32_t stock;
} Difference;

static const Difference differences[VGPU_DIFFERENCES] = {
    [VGPU_TRANSFER_AT_END] = {
        "transfer-at-end", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_TRANSFER_PAST_END] = {
        "transfer-past-end", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_TRANSFER_SHORT] = {
        "transfer-short", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_TRANSFER_31_BITS] = {
        "transfer-offset-31-bits", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_TRANSFER_32_BITS] = {
        "transfer-offset-32-bits", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_TRANSFER_64_BITS] = {
        "transfer-offset-64-bits", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_TRANSFER_CUT] = {
        "transfer-offset-cut", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_ATTACH_PAST_RAM] = {
        "attach-past-ram", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_ATTACH_ACROSS_RAM_END] = {
        "attach-across-ram-end", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_ATTACH_OWN_MMIO] = {
        "attach-own-mmio", VIRTIO_GPU_RESP_OK_NODATA },
    [VGPU_ATTACH_NOTHING] = {
        "attach-nothing", VIRTIO_GPU_RESP_OK_NODATA },
};

bool vgpu_is_stock(void)
{
    return g_strcmp0(getenv("VIRTIO_GPU_DEVICE"), "fork") != 0;
}

void vgpu_assert_answer(uint32_t answer, uint32_t expected)
{
    if (expected == VGPU_ANY_ERROR) {
        g_assert_cmphex(answer, >=, FIRST_ERROR);
        g_assert_cmphex(answer, <=, LAST_ERROR);
    } else {
        g_assert_cmphex(answer, ==, expected);
    }
}

void vgpu_assert_known(VgpuDifference difference, uint32_t answer,
                       uint32_t expected)
{
    const Difference *known = &differences[difference];

    if (difference == VGPU_SAME) {
        vgpu_assert_answer(answer, expected);
        return;
    }
    if (!vgpu_is_stock()) {
        vgpu_assert_answer(answer, expected);
        return;
    }
    g_test_message("known difference %s: stock answers 0x%x", known->name,
                   answer);
    g_assert_cmphex(answer, ==, known->stock);
}
