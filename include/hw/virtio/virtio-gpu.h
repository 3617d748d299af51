/*
 * virtio-gpu: what its 2D device and the devices built on it share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of types, fields and functions are those that QEMU's gl, virgl,
 * rutabaga, udmabuf and vhost-user parts use.  Sections are virtio 1.2's.
 */

#ifndef HW_VIRTIO_GPU_H
#define HW_VIRTIO_GPU_H

#include "hw/virtio/virtio.h"
#include "qemu/log.h"
#include "qemu/queue.h"
#include "qemu/units.h"
#include "qom/object.h"
#include "standard-headers/linux/virtio_gpu.h"
#include "standard-headers/linux/virtio_ids.h"
#include "system/vhost-user-backend.h"
#include "ui/console.h"
#include "ui/qemu-pixman.h"

#define TYPE_VIRTIO_GPU_BASE      "virtio-gpu-base"
#define TYPE_VIRTIO_GPU           "virtio-gpu-device"
#define TYPE_VIRTIO_GPU_GL        "virtio-gpu-gl-device"
#define TYPE_VIRTIO_GPU_RUTABAGA  "virtio-gpu-rutabaga-device"
#define TYPE_VHOST_USER_GPU       "vhost-user-gpu"

OBJECT_DECLARE_TYPE(VirtIOGPUBase, VirtIOGPUBaseClass, VIRTIO_GPU_BASE)
OBJECT_DECLARE_TYPE(VirtIOGPU, VirtIOGPUClass, VIRTIO_GPU)
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOGPUGL, VIRTIO_GPU_GL)
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOGPURutabaga, VIRTIO_GPU_RUTABAGA)
OBJECT_DECLARE_SIMPLE_TYPE(VhostUserGPU, VHOST_USER_GPU)

/* ---- settings ---------------------------------------------------------- */

/* Bits of virtio_gpu_base_conf.flags, by number */
enum virtio_gpu_base_conf_flags {
    VIRTIO_GPU_FLAG_VIRGL_ENABLED = 1,
    VIRTIO_GPU_FLAG_STATS_ENABLED,
    VIRTIO_GPU_FLAG_EDID_ENABLED,
    VIRTIO_GPU_FLAG_DMABUF_ENABLED,
    VIRTIO_GPU_FLAG_BLOB_ENABLED,
    VIRTIO_GPU_FLAG_CONTEXT_INIT_ENABLED,
    VIRTIO_GPU_FLAG_RUTABAGA_ENABLED,
    VIRTIO_GPU_FLAG_VENUS_ENABLED,
    VIRTIO_GPU_FLAG_RESOURCE_UUID_ENABLED,
};

/*
 * @max_outputs: scanouts, 1 to VIRTIO_GPU_MAX_SCANOUTS
 * @xres, @yres: pixels that scanout 0 starts with
 * @hostmem: bytes of the window that the guest maps blobs in; 0: none
 */
struct virtio_gpu_base_conf {
    uint32_t flags;
    uint32_t max_outputs;
    uint32_t xres, yres;
    uint64_t hostmem;
};

#define VIRTIO_GPU_CONF_HAS(conf, name) \
    (((conf).flags >> VIRTIO_GPU_FLAG_##name##_ENABLED) & 1)

#define virtio_gpu_virgl_enabled(conf)    VIRTIO_GPU_CONF_HAS(conf, VIRGL)
#define virtio_gpu_stats_enabled(conf)    VIRTIO_GPU_CONF_HAS(conf, STATS)
#define virtio_gpu_edid_enabled(conf)     VIRTIO_GPU_CONF_HAS(conf, EDID)
#define virtio_gpu_dmabuf_enabled(conf)   VIRTIO_GPU_CONF_HAS(conf, DMABUF)
#define virtio_gpu_blob_enabled(conf)     VIRTIO_GPU_CONF_HAS(conf, BLOB)
#define virtio_gpu_rutabaga_enabled(conf) VIRTIO_GPU_CONF_HAS(conf, RUTABAGA)
#define virtio_gpu_venus_enabled(conf)    VIRTIO_GPU_CONF_HAS(conf, VENUS)
#define virtio_gpu_context_init_enabled(conf) \
    VIRTIO_GPU_CONF_HAS(conf, CONTEXT_INIT)
#define virtio_gpu_resource_uuid_enabled(conf) \
    VIRTIO_GPU_CONF_HAS(conf, RESOURCE_UUID)
#define virtio_gpu_hostmem_enabled(conf)  ((conf).hostmem != 0)

#define VIRTIO_GPU_BASE_PROPERTIES(type, conf)                              \
    DEFINE_PROP_UINT32("max_outputs", type, conf.max_outputs, 1),           \
    DEFINE_PROP_BIT("edid", type, conf.flags, VIRTIO_GPU_FLAG_EDID_ENABLED, \
                    true),                                                  \
    DEFINE_PROP_UINT32("xres", type, conf.xres, 1280),                      \
    DEFINE_PROP_UINT32("yres", type, conf.yres, 800)

/* ---- resources, scanouts, commands ------------------------------------- */

/*
 * A resource (5.7.6.8)
 *
 * @addrs, @iov, @iov_cnt: its backing, as the guest and as the host sees it
 * @scanout_bitmask: scanouts that show it
 * @image, @share_handle: its picture, unless it is a blob
 * @hostmem: bytes that it counts against max_hostmem
 * @blob, @blob_size, @dmabuf_fd, @remapped: of a blob
 * @view: of a blob of the 2D device, which has the last two
 */
struct virtio_gpu_simple_resource {
    QTAILQ_ENTRY(virtio_gpu_simple_resource) next;
    uint32_t resource_id;
    uint32_t width, height, format;
    uint32_t scanout_bitmask;
    uint64_t hostmem;
    pixman_image_t *image;
    qemu_pixman_shareable share_handle;

    struct iovec *iov;
    uint64_t *addrs;
    unsigned int iov_cnt;

    void *blob;
    uint64_t blob_size;
    uint8_t *remapped;
    int dmabuf_fd;
    struct VirtIOGPUView *view;
};

/* How a picture lies in a resource's memory: bytes, but for the size */
struct virtio_gpu_framebuffer {
    uint32_t width, height;
    uint32_t stride, offset;
    pixman_format_code_t format;
};

/* What a scanout's console shows; all zero but @con: nothing */
struct virtio_gpu_scanout {
    QemuConsole *con;
    uint32_t resource_id;
    int x, y;
    uint32_t width, height;
    int invalidate;
    DisplaySurface *ds;
    struct virtio_gpu_framebuffer fb;
    QEMUCursor *current_cursor;
    struct virtio_gpu_update_cursor cursor;
};

/* What the viewer of a scanout asked for; @refresh_rate in mHz */
struct virtio_gpu_requested_state {
    int x, y;
    uint32_t width, height;
    uint32_t refresh_rate;
    uint16_t width_mm, height_mm;
};

/* A command between the queue and its answer */
struct virtio_gpu_ctrl_command {
    VirtQueueElement elem;
    QTAILQ_ENTRY(virtio_gpu_ctrl_command) next;
    VirtQueue *vq;
    struct virtio_gpu_ctrl_hdr cmd_hdr;
    uint32_t error;
    bool finished;
};

typedef struct VGPUDMABuf {
    QTAILQ_ENTRY(VGPUDMABuf) next;
    uint32_t scanout_id;
    QemuDmaBuf *buf;
} VGPUDMABuf;

/* ---- devices ----------------------------------------------------------- */

/*
 * @enable: the guest drives the scanouts, not legacy VGA
 * @renderer_blocked: viewers that still use what was rendered last
 * @enabled_output_bitmask, @req_state: modes for GET_DISPLAY_INFO (5.7.6.7)
 * @hw_ops: of the consoles; virtio-vga puts its own before them
 */
struct VirtIOGPUBase {
    VirtIODevice parent_obj;

    struct virtio_gpu_base_conf conf;
    struct virtio_gpu_config virtio_config;
    Error *migration_blocker;
    MemoryRegion hostmem;

    int enable;
    int renderer_blocked;
    int enabled_output_bitmask;
    struct virtio_gpu_requested_state req_state[VIRTIO_GPU_MAX_SCANOUTS];
    struct virtio_gpu_scanout scanout[VIRTIO_GPU_MAX_SCANOUTS];
    const GraphicHwOps *hw_ops;
};

/* @gl_flushed: no viewer blocks rendering any more */
struct VirtIOGPUBaseClass {
    VirtioDeviceClass parent;

    void (*gl_flushed)(VirtIOGPUBase *g);
};

/*
 * @core: resources and scanouts of the 2D device (include/model/vgpu-cmd.h)
 * @shared_images: of @core that have a share handle
 * @stop: called when the machine stops and goes on
 * @cmdq: commands to carry out; @fenceq: carried out, fence not complete
 * @inflight: length of @fenceq
 * @hostmem: bytes of all resources, at most @conf_max_hostmem
 */
struct VirtIOGPU {
    VirtIOGPUBase parent_obj;

    struct VgpuCore *core;
    unsigned int shared_images;
    VMChangeStateEntry *stop;

    VirtQueue *ctrl_vq, *cursor_vq;
    QEMUBH *ctrl_bh, *cursor_bh;

    QEMUBH *reset_bh;
    QemuCond reset_cond;
    bool reset_pending;

    bool processing_cmdq;
    QTAILQ_HEAD(, virtio_gpu_ctrl_command) cmdq;
    QTAILQ_HEAD(, virtio_gpu_ctrl_command) fenceq;
    uint32_t inflight;

    QTAILQ_HEAD(, virtio_gpu_simple_resource) reslist;
    uint64_t conf_max_hostmem;
    uint64_t hostmem;

    GArray *capset_ids;
    uint8_t scanout_vmstate_version;

    struct {
        VGPUDMABuf *primary[VIRTIO_GPU_MAX_SCANOUTS];
        QTAILQ_HEAD(, VGPUDMABuf) bufs;
    } dmabuf;

    struct {
        uint32_t requests;
        uint32_t max_inflight;
        uint32_t req_3d;
        uint32_t bytes_3d;
    } stats;
};

struct VirtIOGPUClass {
    VirtIOGPUBaseClass parent;

    void (*handle_ctrl)(VirtIODevice *vdev, VirtQueue *vq);
    void (*process_cmd)(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd);
    void (*update_cursor_data)(VirtIOGPU *g, struct virtio_gpu_scanout *s,
                               uint32_t resource_id);
    void (*resource_destroy)(VirtIOGPU *g,
                             struct virtio_gpu_simple_resource *res,
                             Error **errp);
};

/* The renderer of virtio-gpu-gl: RS_RESET is inited, to be started anew */
typedef enum {
    RS_START,
    RS_INIT_FAILED,
    RS_INITED,
    RS_RESET,
} RenderState;

struct VirtIOGPUGL {
    VirtIOGPU parent_obj;

    RenderState renderer_state;
    QEMUBH *cmdq_resume_bh;
    QEMUTimer *fence_poll, *print_stats;
};

#define MAX_SLOTS 4096

struct MemoryRegionInfo {
    MemoryRegion mr;
    uint32_t resource_id;
    int used;
};

struct rutabaga;

struct VirtIOGPURutabaga {
    VirtIOGPU parent_obj;

    struct rutabaga *rutabaga;
    char *wayland_socket_path, *wsi;
    uint64_t capset_mask;
    uint32_t num_capsets;
    bool headless;
    struct MemoryRegionInfo memory_regions[MAX_SLOTS];
};

/* @vhost_gpu_fd: belongs to @vhost_chr, which closes it */
struct VhostUserGPU {
    VirtIOGPUBase parent_obj;

    VhostUserBackend *vhost;
    CharBackend vhost_chr;
    int vhost_gpu_fd;
    bool backend_blocked;
    QemuDmaBuf *dmabuf[VIRTIO_GPU_MAX_SCANOUTS];
};

/* ---- virtio-gpu-base.c ------------------------------------------------- */

/**
 * virtio_gpu_base_device_realize: make queues and a console for each scanout
 * @qdev: a virtio-gpu-base
 * @ctrl_cb, @cursor_cb: called for buffers in queues 0 and 1
 * @errp: gets an error that says which property is out of bounds
 *
 * Returns: false if it failed; nothing has been made then
 */
bool virtio_gpu_base_device_realize(DeviceState *qdev,
                                    VirtIOHandleOutput ctrl_cb,
                                    VirtIOHandleOutput cursor_cb, Error **errp);

/* virtio_gpu_base_device_unrealize: give consoles, queues and blocker back */
void virtio_gpu_base_device_unrealize(DeviceState *qdev);

/* virtio_gpu_base_reset: no scanout shows anything; its users' to free it */
void virtio_gpu_base_reset(VirtIOGPUBase *g);

/* virtio_gpu_base_fill_display_info: modes of scanouts that are on (5.7.6.7) */
void virtio_gpu_base_fill_display_info(VirtIOGPUBase *g,
                                       struct virtio_gpu_resp_display_info *);

/* virtio_gpu_base_generate_edid: of @scanout, which is below max_outputs */
void virtio_gpu_base_generate_edid(VirtIOGPUBase *g, int scanout,
                                   struct virtio_gpu_resp_edid *edid);

/**
 * virtio_gpu_fill_cmd: copy a request's structure, however it is cut
 * @size: bytes of @request
 *
 * Returns: false if it is shorter; it has been answered INVALID_PARAMETER then
 */
bool virtio_gpu_fill_cmd(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd,
                         void *request, size_t size);

/* In functions without a result, with the device as g, its command as cmd */
#define VIRTIO_GPU_FILL_CMD(request)                                        \
    do {                                                                    \
        if (!virtio_gpu_fill_cmd(g, cmd, &(request), sizeof(request))) {    \
            return;                                                         \
        }                                                                   \
    } while (0)

/* Bytes of SUBMIT_3D: as many as a chain of 1024 pages can have */
#define VIRTIO_GPU_MAX_CMD_SUBMIT_SIZE (4 * MiB)

/* ---- virtio-gpu.c ------------------------------------------------------ */

/* virtio_gpu_device_realize: @errp names what the host or @qdev lacks */
void virtio_gpu_device_realize(DeviceState *qdev, Error **errp);

/* virtio_gpu_reset: neither resources nor commands are left (2.4) */
void virtio_gpu_reset(VirtIODevice *vdev);

/* virtio_gpu_process_cmdq: carry out what is queued, unless blocked */
void virtio_gpu_process_cmdq(VirtIOGPU *g);

/**
 * virtio_gpu_simple_process_cmd: carry out a command of the 2D device
 * @cmd: is answered, unless it is to be tried again later (@finished is false)
 */
void virtio_gpu_simple_process_cmd(VirtIOGPU *g,
                                   struct virtio_gpu_ctrl_command *cmd);

/**
 * virtio_gpu_ctrl_response: answer a command (5.7.6.7)
 * @cmd: becomes finished; its fence is told in the answer, if it has one
 * @resp: header in the host's byte order, the rest in the guest's
 * @resp_len: bytes of @resp; the guest gets as many as it has room for
 */
void virtio_gpu_ctrl_response(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd,
                              struct virtio_gpu_ctrl_hdr *resp,
                              size_t resp_len);

/* virtio_gpu_ctrl_response_nodata: the same, for answers that are a header */
void virtio_gpu_ctrl_response_nodata(VirtIOGPU *g,
                                     struct virtio_gpu_ctrl_command *cmd,
                                     enum virtio_gpu_ctrl_type type);

/* virtio_gpu_get_display_info, _get_edid: carry out these two and answer */
void virtio_gpu_get_display_info(VirtIOGPU *g,
                                 struct virtio_gpu_ctrl_command *cmd);
void virtio_gpu_get_edid(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd);

/* virtio_gpu_find_resource: NULL if the guest has no such resource */
struct virtio_gpu_simple_resource *
virtio_gpu_find_resource(VirtIOGPU *g, uint32_t resource_id);

/**
 * virtio_gpu_create_mapping_iov: map a backing's entries (5.7.6.8)
 * @nr_entries: of struct virtio_gpu_mem_entry, at @offset bytes in @cmd
 * @addr: gets the guest's addresses, one for each part of @iov; or NULL
 * @iov: gets the host's addresses
 * @niov: gets the number of parts, which may be more than @nr_entries
 *
 * Returns: 0, or -1 with nothing mapped and nothing to free
 */
int virtio_gpu_create_mapping_iov(VirtIOGPU *g, uint32_t nr_entries,
                                  uint32_t offset,
                                  struct virtio_gpu_ctrl_command *cmd,
                                  uint64_t **addr, struct iovec **iov,
                                  uint32_t *niov);

/* virtio_gpu_cleanup_mapping_iov: unmap @count parts, and free @iov */
void virtio_gpu_cleanup_mapping_iov(VirtIOGPU *g, struct iovec *iov,
                                    uint32_t count);

/* virtio_gpu_cleanup_mapping: @res has no backing any more */
void virtio_gpu_cleanup_mapping(VirtIOGPU *g,
                                struct virtio_gpu_simple_resource *res);

/* virtio_gpu_update_cursor_data: copy a resource of the cursor's size */
void virtio_gpu_update_cursor_data(VirtIOGPU *g, struct virtio_gpu_scanout *s,
                                   uint32_t resource_id);

/* virtio_gpu_update_scanout: the scanout shows @r of @res, as @fb says */
void virtio_gpu_update_scanout(VirtIOGPU *g, uint32_t scanout_id,
                               struct virtio_gpu_simple_resource *res,
                               struct virtio_gpu_framebuffer *fb,
                               struct virtio_gpu_rect *r);

/* virtio_gpu_disable_scanout: it shows nothing */
void virtio_gpu_disable_scanout(VirtIOGPU *g, int scanout_id);

/**
 * virtio_gpu_check_scanout_bounds: may a scanout show a part of a picture
 * @width, @height: of the picture, in pixels
 * @r: the part
 * @error: gets INVALID_PARAMETER if it is outside, or too small to be shown
 */
bool virtio_gpu_check_scanout_bounds(uint32_t scanout_id, uint32_t resource_id,
                                     uint32_t width, uint32_t height,
                                     const struct virtio_gpu_rect *r,
                                     uint32_t *error);

/**
 * virtio_gpu_scanout_blob_to_fb: how a blob's picture lies in it (5.7.6.8)
 * @fb: is filled
 * @ss: SET_SCANOUT_BLOB, in the host's byte order
 * @blob_size: bytes of the blob
 *
 * Returns: false for an unknown format or a picture that is larger than that
 */
bool virtio_gpu_scanout_blob_to_fb(struct virtio_gpu_framebuffer *fb,
                                   struct virtio_gpu_set_scanout_blob *ss,
                                   uint64_t blob_size);

/* ---- virtio-gpu-udmabuf.c, QEMU's -------------------------------------- */

bool virtio_gpu_have_udmabuf(void);
void virtio_gpu_init_udmabuf(struct virtio_gpu_simple_resource *res);
void virtio_gpu_fini_udmabuf(struct virtio_gpu_simple_resource *res);
int virtio_gpu_update_dmabuf(VirtIOGPU *g, uint32_t scanout_id,
                             struct virtio_gpu_simple_resource *res,
                             struct virtio_gpu_framebuffer *fb,
                             struct virtio_gpu_rect *r);

/* ---- virtio-gpu-virgl.c, QEMU's ---------------------------------------- */

int virtio_gpu_virgl_init(VirtIOGPU *g);
void virtio_gpu_virgl_reset(VirtIOGPU *g);
void virtio_gpu_virgl_reset_scanout(VirtIOGPU *g);
void virtio_gpu_virgl_fence_poll(VirtIOGPU *g);
void virtio_gpu_virgl_process_cmd(VirtIOGPU *g,
                                  struct virtio_gpu_ctrl_command *cmd);
GArray *virtio_gpu_virgl_get_capsets(VirtIOGPU *g);

#endif /* HW_VIRTIO_GPU_H */
