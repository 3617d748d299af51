/*
 * What QEMU's virtio-gpu-rutabaga.c uses of rutabaga, to compile it without
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Declarations alone, for tests/build/check-graphics where Debian has no such
 * library: names and types as QEMU's calls need them, in no order that a binary
 * could rely on.
 */

#ifndef TESTS_BUILD_RUTABAGA_GFX_FFI_H
#define TESTS_BUILD_RUTABAGA_GFX_FFI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct rutabaga;

enum {
    RUTABAGA_CAPSET_GFXSTREAM_VULKAN = 3,
    RUTABAGA_CAPSET_CROSS_DOMAIN = 5,
    RUTABAGA_CAPSET_GFXSTREAM_GLES = 8,
    RUTABAGA_CAPSET_GFXSTREAM_COMPOSER = 9,
};

#define RUTABAGA_WSI_SURFACELESS       1
#define RUTABAGA_CHANNEL_TYPE_WAYLAND  1
#define RUTABAGA_FLAG_INFO_RING_IDX    2
#define RUTABAGA_MAP_CACHE_MASK        0xf

enum {
    RUTABAGA_DEBUG_ERROR = 1,
    RUTABAGA_DEBUG_WARN,
    RUTABAGA_DEBUG_INFO,
};

struct rutabaga_debug {
    uint32_t debug_type;
    const char *message;
};

struct rutabaga_fence {
    uint64_t fence_id;
    uint32_t flags, ctx_id, ring_idx;
};

struct rutabaga_channel {
    const char *channel_name;
    uint32_t channel_type;
};

struct rutabaga_channels {
    struct rutabaga_channel *channels;
    size_t num_channels;
};

struct rutabaga_builder {
    uint64_t user_data, capset_mask, wsi;
    void (*fence_cb)(uint64_t user_data, const struct rutabaga_fence *fence);
    void (*debug_cb)(uint64_t user_data, const struct rutabaga_debug *debug);
    struct rutabaga_channels *channels;
};

struct rutabaga_create_3d {
    uint32_t target, format, bind, width, height, depth;
    uint32_t array_size, last_level, nr_samples, flags;
};

struct rutabaga_create_blob {
    uint64_t blob_id, size;
    uint32_t blob_mem, blob_flags;
};

struct rutabaga_transfer {
    uint64_t offset;
    uint32_t x, y, z, w, h, d;
    uint32_t level, stride, layer_stride;
};

struct rutabaga_iovecs {
    struct iovec *iovecs;
    size_t num_iovecs;
};

struct rutabaga_mapping {
    void *ptr;
    uint64_t size;
};

struct rutabaga_command {
    uint32_t ctx_id, cmd_size;
    uint8_t *cmd;
};

struct rutabaga_handle;

int32_t rutabaga_init(const struct rutabaga_builder *builder,
                      struct rutabaga **made);
int32_t rutabaga_get_num_capsets(struct rutabaga *r, uint32_t *count);
int32_t rutabaga_get_capset_info(struct rutabaga *r, uint32_t index,
                                 uint32_t *id, uint32_t *version,
                                 uint32_t *size);
int32_t rutabaga_get_capset(struct rutabaga *r, uint32_t id, uint32_t version,
                            uint8_t *data, uint32_t size);

int32_t rutabaga_context_create(struct rutabaga *r, uint32_t context,
                                uint32_t init, const char *name,
                                uint32_t name_size);
int32_t rutabaga_context_destroy(struct rutabaga *r, uint32_t context);
int32_t rutabaga_context_attach_resource(struct rutabaga *r, uint32_t context,
                                         uint32_t resource);
int32_t rutabaga_context_detach_resource(struct rutabaga *r, uint32_t context,
                                         uint32_t resource);

int32_t rutabaga_resource_create_3d(struct rutabaga *r, uint32_t resource,
                                    const struct rutabaga_create_3d *create);
int32_t rutabaga_resource_create_blob(struct rutabaga *r, uint32_t context,
                                      uint32_t resource,
                                      const struct rutabaga_create_blob *create,
                                      const struct rutabaga_iovecs *iovecs,
                                      const struct rutabaga_handle *handle);
int32_t rutabaga_resource_unref(struct rutabaga *r, uint32_t resource);
int32_t rutabaga_resource_attach_backing(struct rutabaga *r, uint32_t resource,
                                         const struct rutabaga_iovecs *iovecs);
int32_t rutabaga_resource_detach_backing(struct rutabaga *r, uint32_t resource);
int32_t rutabaga_resource_transfer_read(struct rutabaga *r, uint32_t context,
                                        uint32_t resource,
                                        const struct rutabaga_transfer *part,
                                        const struct iovec *iov);
int32_t rutabaga_resource_transfer_write(struct rutabaga *r, uint32_t context,
                                         uint32_t resource,
                                         const struct rutabaga_transfer *part);
int32_t rutabaga_resource_map(struct rutabaga *r, uint32_t resource,
                              struct rutabaga_mapping *mapping);
int32_t rutabaga_resource_map_info(struct rutabaga *r, uint32_t resource,
                                   uint32_t *info);
int32_t rutabaga_resource_unmap(struct rutabaga *r, uint32_t resource);

int32_t rutabaga_submit_command(struct rutabaga *r,
                                struct rutabaga_command *command);
int32_t rutabaga_create_fence(struct rutabaga *r,
                              const struct rutabaga_fence *fence);

#endif /* TESTS_BUILD_RUTABAGA_GFX_FFI_H */
