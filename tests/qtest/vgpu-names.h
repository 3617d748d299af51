/*
 * Short names of virtio-gpu's answers and of a test's image, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_QTEST_VGPU_NAMES_H
#define TESTS_QTEST_VGPU_NAMES_H

#include "standard-headers/linux/virtio_gpu.h"

#define OK                 VIRTIO_GPU_RESP_OK_NODATA
#define UNSPEC             VIRTIO_GPU_RESP_ERR_UNSPEC
#define OUT_OF_MEMORY      VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
#define INVALID_SCANOUT    VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID
#define INVALID_RESOURCE   VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define INVALID_PARAMETER  VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER

/* An image in VGPU_FORMAT: pixels, and bytes. */
#define WIDTH   64
#define HEIGHT  48
#define STRIDE  (WIDTH * 4)
#define SIZE    (STRIDE * HEIGHT)
#define ALL     { 0, 0, WIDTH, HEIGHT }

#endif /* TESTS_QTEST_VGPU_NAMES_H */
