/*
 * virtio-gpu-device: properties, reset, and what QEMU needs to know of the type
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Specification: docs/specs/virtio-gpu.rst.  QEMU's renderers (virgl, rutabaga)
 * inherit from this device, and have their own class hooks for commands.
 */

#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/cpus.h"
#include "virtio-gpu-internal.h"

/* ---- reset ------------------------------------------------------------- */

/* What resources of the 2D device and of renderers that have no more do */
static void resource_destroy(VirtIOGPU *g,
                             struct virtio_gpu_simple_resource *res,
                             Error **errp)
{
    VgpuResource *resource = vgpu_resource_find(&g->core->resources,
                                                res->resource_id);
    VgpuEffects effects;

    if (resource && resource->host == res) {
        vgpu_core_remove(g->core, resource, &effects);
        virtio_gpu_apply(g, &effects);
        return;
    }
    for (int head = 0; head < VIRTIO_GPU_MAX_SCANOUTS; head++) {
        if (extract32(res->scanout_bitmask, head, 1)) {
            virtio_gpu_disable_scanout(g, head);
        }
    }
    g_clear_pointer(&res->image, pixman_image_unref);
    virtio_gpu_host_free(g, res);
}

static void destroy_resources(VirtIOGPU *g)
{
    struct virtio_gpu_simple_resource *res, *next;

    QTAILQ_FOREACH_SAFE(res, &g->reslist, next, next) {
        Error *err = NULL;

        VIRTIO_GPU_GET_CLASS(g)->resource_destroy(g, res, &err);
        if (err) {
            error_reportf_err(err, "%s: a resource could not be freed: ",
                              object_get_typename(OBJECT(g)));
        }
    }
}

/* Pictures are off before the memory of what they show goes. */
static void reset_displays(VirtIOGPU *g)
{
    vgpu_core_reset(g->core);
    for (uint32_t head = 0; head < g->parent_obj.conf.max_outputs; head++) {
        QemuConsole *con = g->parent_obj.scanout[head].con;

        virtio_gpu_forget_dmabuf(g, head);
        dpy_gfx_replace_surface(con, NULL);
        dpy_mouse_set(con, 0, 0, false);
    }
    destroy_resources(g);
    virtio_gpu_base_reset(VIRTIO_GPU_BASE(g));
    g->reset_pending = false;
    qemu_cond_broadcast(&g->reset_cond);
}

void virtio_gpu_finish_reset(VirtIOGPU *g)
{
    if (g->reset_pending) {
        reset_displays(g);
    }
}

static void reset_bh(void *opaque)
{
    virtio_gpu_finish_reset(opaque);
}

/* All that the guest knows of; their hosts stay for the main loop. */
static void forget_resources(VirtIOGPU *g)
{
    VirtIOGPUHost *host;

    vgpu_core_reset(g->core);
    QTAILQ_FOREACH(host, &g->reslist, next) {
        VgpuResource *resource = vgpu_resource_find(&g->core->resources,
                                                    host->resource_id);
        VgpuEffects effects;

        if (resource && resource->host == host) {
            vgpu_core_remove(g->core, resource, &effects);
        }
    }
}

/*
 * Viewers and renderers may be called in the main loop's thread alone.  A
 * virtual processor does not wait for that: the main loop may be waiting for
 * it, to stop the machine.  With a renderer it has to.
 */
static void reset_by_guest(VirtIOGPU *g)
{
    g->reset_pending = true;
    qemu_bh_schedule(g->reset_bh);
    if (!virtio_gpu_has_renderer(g)) {
        forget_resources(g);
        return;
    }
    while (g->reset_pending) {
        qemu_cond_wait_bql(&g->reset_cond);
    }
}

void virtio_gpu_reset(VirtIODevice *vdev)
{
    VirtIOGPU *g = VIRTIO_GPU(vdev);

    if (qemu_in_vcpu_thread()) {
        reset_by_guest(g);
    } else {
        reset_displays(g);
    }
    virtio_gpu_drop_commands(g);
}

/* ---- device ------------------------------------------------------------ */

static void get_config(VirtIODevice *vdev, uint8_t *config)
{
    const VirtIOGPUBase *g = VIRTIO_GPU_BASE(vdev);

    memcpy(config, &g->virtio_config, sizeof(g->virtio_config));
}

/* Bits written to events_clear are cleared (5.7.4). */
static void set_config(VirtIODevice *vdev, const uint8_t *config)
{
    struct virtio_gpu_config written;

    memcpy(&written, config, sizeof(written));
    VIRTIO_GPU_BASE(vdev)->virtio_config.events_read &= ~written.events_clear;
}

#if defined(VIRGL_VERSION_MAJOR) && VIRGL_VERSION_MAJOR < 1
#define OLD_VIRGL true
#else
#define OLD_VIRGL false
#endif

static bool check_blobs(VirtIOGPU *g, Error **errp)
{
    const struct virtio_gpu_base_conf conf = g->parent_obj.conf;
    const char *type = object_get_typename(OBJECT(g));

    if (virtio_gpu_venus_enabled(conf) &&
        (OLD_VIRGL || !virtio_gpu_blob_enabled(conf) ||
         !virtio_gpu_hostmem_enabled(conf))) {
        error_setg(errp, "%s: venus=on needs %s", type, OLD_VIRGL
                   ? "virglrenderer 1.0, and this binary has an older one"
                   : "blob=on and hostmem=SIZE");
        return false;
    }
    if (!virtio_gpu_blob_enabled(conf)) {
        return true;
    }
    if (OLD_VIRGL && virtio_gpu_virgl_enabled(conf)) {
        error_setg(errp, "%s: blob=on needs virglrenderer 1.0, and this binary "
                   "has an older one", type);
        return false;
    }
    if (!virtio_gpu_has_renderer(g) && !virtio_gpu_have_udmabuf()) {
        error_setg(errp, "%s: blob=on needs rutabaga or udmabuf: /dev/udmabuf "
                   "on the host, and guest memory of "
                   "-object memory-backend-memfd", type);
        return false;
    }
    return true;
}

void virtio_gpu_device_realize(DeviceState *qdev, Error **errp)
{
    VirtIOGPU *g = VIRTIO_GPU(qdev);

    if (!check_blobs(g, errp) || !virtio_gpu_queues_init(g, errp)) {
        return;
    }
    g->core = g_new(VgpuCore, 1);
    vgpu_core_init(g->core, g->parent_obj.conf.max_outputs, g->conf_max_hostmem,
                   virtio_gpu_blob_enabled(g->parent_obj.conf));
    g->reset_bh = virtio_bh_io_new_guarded(qdev, reset_bh, g);
}

static void virtio_gpu_device_unrealize(DeviceState *qdev)
{
    VirtIOGPU *g = VIRTIO_GPU(qdev);

    virtio_gpu_queues_stop(g);
    g_clear_pointer(&g->reset_bh, qemu_bh_delete);
    reset_displays(g);
    virtio_gpu_base_device_unrealize(qdev);
    vgpu_core_clear(g->core);
    g_clear_pointer(&g->core, g_free);
}

static void virtio_gpu_init(Object *obj)
{
    VirtIOGPU *g = VIRTIO_GPU(obj);

    QTAILQ_INIT(&g->cmdq);
    QTAILQ_INIT(&g->fenceq);
    QTAILQ_INIT(&g->reslist);
    QTAILQ_INIT(&g->dmabuf.bufs);
    qemu_cond_init(&g->reset_cond);
}

static void virtio_gpu_finalize(Object *obj)
{
    qemu_cond_destroy(&VIRTIO_GPU(obj)->reset_cond);
}

static const Property properties[] = {
    VIRTIO_GPU_BASE_PROPERTIES(VirtIOGPU, parent_obj.conf),
    DEFINE_PROP_SIZE("max_hostmem", VirtIOGPU, conf_max_hostmem, 256 * MiB),
    DEFINE_PROP_BIT("blob", VirtIOGPU, parent_obj.conf.flags,
                    VIRTIO_GPU_FLAG_BLOB_ENABLED, false),
    DEFINE_PROP_SIZE("hostmem", VirtIOGPU, parent_obj.conf.hostmem, 0),
    DEFINE_PROP_UINT8("x-scanout-vmstate-version", VirtIOGPU,
                      scanout_vmstate_version, 2),
};

static void virtio_gpu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);
    VirtIOGPUClass *kind = VIRTIO_GPU_CLASS(klass);

    kind->parent.gl_flushed = virtio_gpu_gl_flushed;
    kind->handle_ctrl = virtio_gpu_handle_ctrl;
    kind->process_cmd = virtio_gpu_simple_process_cmd;
    kind->update_cursor_data = virtio_gpu_update_cursor_data;
    kind->resource_destroy = resource_destroy;
    vdc->realize = virtio_gpu_device_realize;
    vdc->unrealize = virtio_gpu_device_unrealize;
    vdc->reset = virtio_gpu_reset;
    vdc->queue_reset = virtio_gpu_reset_queue;
    vdc->get_config = get_config;
    vdc->set_config = set_config;
    dc->vmsd = &vmstate_virtio_gpu;
    device_class_set_props(dc, properties);
}

static const TypeInfo device_type = {
    .name = TYPE_VIRTIO_GPU,
    .parent = TYPE_VIRTIO_GPU_BASE,
    .instance_size = sizeof(VirtIOGPU),
    .instance_init = virtio_gpu_init,
    .instance_finalize = virtio_gpu_finalize,
    .class_size = sizeof(VirtIOGPUClass),
    .class_init = virtio_gpu_class_init,
};
module_obj(TYPE_VIRTIO_GPU);
module_kconfig(VIRTIO_GPU);

static void virtio_gpu_register(void)
{
    type_register_static(&device_type);
}

type_init(virtio_gpu_register)
