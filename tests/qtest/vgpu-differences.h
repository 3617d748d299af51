/*
 * Where stock's virtio-gpu answers otherwise than it should, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/specs/virtio-gpu.rst explains each difference.  The tests hold either
 * device to its column, so neither can change unnoticed.
 */

#ifndef TESTS_QTEST_VGPU_DIFFERENCES_H
#define TESTS_QTEST_VGPU_DIFFERENCES_H

typedef enum VgpuDifference {
    VGPU_SAME,
    VGPU_TRANSFER_AT_END,
    VGPU_TRANSFER_PAST_END,
    VGPU_TRANSFER_SHORT,
    VGPU_TRANSFER_31_BITS,
    VGPU_TRANSFER_32_BITS,
    VGPU_TRANSFER_64_BITS,
    VGPU_TRANSFER_CUT,
    VGPU_ATTACH_PAST_RAM,
    VGPU_ATTACH_ACROSS_RAM_END,
    VGPU_ATTACH_OWN_MMIO,
    VGPU_ATTACH_NOTHING,
    VGPU_DIFFERENCES,
} VgpuDifference;

/*
 * Whether the device under test is stock's: so it is unless the environment has
 * VIRTIO_GPU_DEVICE=fork.
 */
bool vgpu_is_stock(void);

/* Stands for any answer that is an error of the protocol's. */
#define VGPU_ANY_ERROR  UINT32_MAX

/* Asserts that an answer is @expected, which may be VGPU_ANY_ERROR. */
void vgpu_assert_answer(uint32_t answer, uint32_t expected);
/*
 * Asserts that an answer is what the device under test is known to give, and
 * prints the difference; for VGPU_SAME, that it is @expected.
 */
void vgpu_assert_known(VgpuDifference difference, uint32_t answer,
                       uint32_t expected);

#endif /* TESTS_QTEST_VGPU_DIFFERENCES_H */
