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
    VGPU_CREATE_EMPTY,
    VGPU_EDID_OF_NO_SCANOUT,
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
    VGPU_MIGRATE_HEADS,
    VGPU_HOT_PLUG,
    VGPU_DIFFERENCES,
} VgpuDifference;

/*
 * Whether the device under test is stock's: so it is unless the environment has
 * VIRTIO_GPU_DEVICE=fork.
 */
bool vgpu_is_stock(void);

/* Asserts that an answer is @expected. */
void vgpu_assert_answer(uint32_t answer, uint32_t expected);
/*
 * Asserts that an answer is the one in the column of the device under test, and
 * prints the difference where that is stock's.
 */
void vgpu_assert_known(VgpuDifference difference, uint32_t answer);
/* Skips a test of what stock cannot do, with @reason. */
void vgpu_skip(VgpuDifference difference, const char *reason);

#endif /* TESTS_QTEST_VGPU_DIFFERENCES_H */
