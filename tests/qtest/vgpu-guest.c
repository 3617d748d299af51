/*
 * A guest that drives virtio-gpu-pci, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "vgpu-guest.h"
#include "libqos/generic-pcihost.h"
#include "libqos/malloc-pc.h"
#include "libqos/pci-pc.h"
#include "migration-steps.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "qobject/qdict.h"
#include "standard-headers/linux/virtio_config.h"
#include "standard-headers/linux/virtio_pci.h"

#define SLOT                4
#define VIRT_RAM            0x40000000
#define WORD                sizeof(uint32_t)

/* How long the device is waited for: 60 seconds. */
#define POLL_MICROSECONDS   100
#define POLLS               600000

/*
 * VgpuBoard: what depends on the machine
 *
 * @machine: its type, and what it needs
 * @ram_start: first address of RAM
 */
struct VgpuBoard {
    const char *machine;
    uint64_t ram_start;
    void (*init_allocator)(Vgpu *g);
    QPCIBus *(*new_bus)(Vgpu *g);
};

/* ---- boards ------------------------------------------------------------ */

static void init_pc_allocator(Vgpu *g)
{
    pc_alloc_init(&g->allocator, g->qts, 0);
}

static QPCIBus *new_pc_bus(Vgpu *g)
{
    return qpci_new_pc(g->qts, &g->allocator);
}

static void init_virt_allocator(Vgpu *g)
{
    alloc_init(&g->allocator, 0, VIRT_RAM + MiB, VIRT_RAM + VGPU_RAM_SIZE,
               VGPU_PAGE);
}

static QPCIBus *new_virt_bus(Vgpu *g)
{
    QGenericPCIBus *bus = g_new0(QGenericPCIBus, 1);

    qpci_init_generic(bus, g->qts, &g->allocator, false);
    return &bus->bus;
}

static const VgpuBoard q35 = {
    .machine = "pc-q35-10.0",
    .init_allocator = init_pc_allocator,
    .new_bus = new_pc_bus,
};

static const VgpuBoard virt = {
    .machine = "virt-10.0 -cpu max",
    .ram_start = VIRT_RAM,
    .init_allocator = init_virt_allocator,
    .new_bus = new_virt_bus,
};

static void free_bus(Vgpu *g)
{
    if (g->board == &q35) {
        qpci_free_pc(g->bus);
    } else {
        g_free(container_of(g->bus, QGenericPCIBus, bus));
    }
}

uint64_t vgpu_ram_end(const Vgpu *g)
{
    return g->board->ram_start + VGPU_RAM_SIZE;
}

/* ---- machine ----------------------------------------------------------- */

const char *vgpu_type(void)
{
    return getenv("VIRTIO_GPU_TYPE") ?: "virtio-gpu-pci";
}

static void start_driver(Vgpu *g, uint32_t slot)
{
    QPCIAddress address = { .devfn = QPCI_DEVFN(slot, 0) };

    g->board->init_allocator(g);
    g->bus = g->board->new_bus(g);
    g->pci = virtio_pci_new(g->bus, &address);
    g_assert_nonnull(g->pci);
    qvirtio_pci_device_enable(g->pci);
    g->request = guest_alloc(&g->allocator, VGPU_REQUEST_SIZE);
    g->response = guest_alloc(&g->allocator, VGPU_RESPONSE_SIZE);
    vgpu_drive(g);
}

Vgpu *vgpu_start(const char *properties, const char *arguments)
{
    bool arm = g_str_equal(qtest_get_arch(), "aarch64");
    Vgpu *g = g_new0(Vgpu, 1);

    g->board = arm ? &virt : &q35;
    g->arguments = g_strdup_printf(
        "-machine %s -nodefaults -m %d -device %s,id=" VGPU_ID ",addr=%x%s %s",
        g->board->machine, (int)(VGPU_RAM_SIZE / MiB), vgpu_type(), SLOT,
        properties, arguments);
    g->qts = qtest_init(g->arguments);
    start_driver(g, SLOT);
    return g;
}

Vgpu *vgpu_start_driver(QTestState *qts, uint32_t slot)
{
    Vgpu *g = g_new0(Vgpu, 1);

    g->board = &q35;
    g->qts = qts;
    start_driver(g, slot);
    return g;
}

static void free_queues(Vgpu *g)
{
    for (int i = 0; i < VGPU_QUEUES; i++) {
        if (g->queue[i]) {
            qvirtqueue_cleanup(g->pci->vdev.bus, g->queue[i], &g->allocator);
            g->queue[i] = NULL;
        }
    }
}

void vgpu_stop(Vgpu *g)
{
    free_queues(g);
    qos_object_destroy((QOSGraphObject *)g->pci);
    free_bus(g);
    alloc_destroy(&g->allocator);
    if (g->arguments) {
        qtest_quit(g->qts);
    }
    g_free(g->arguments);
    g_free(g);
}

size_t vgpu_resident_kilobytes(Vgpu *g)
{
    g_autofree char *name = g_strdup_printf("/proc/%d/status",
                                            (int)qtest_pid(g->qts));
    g_autofree char *text = NULL;
    const char *line;
    unsigned long size;

    g_assert_true(g_file_get_contents(name, &text, NULL, NULL));
    line = strstr(text, "VmRSS:");
    g_assert_nonnull(line);
    g_assert_cmpint(sscanf(line, "VmRSS: %lu", &size), ==, 1);
    return size;
}

void vgpu_drive(Vgpu *g)
{
    QVirtioDevice *vdev = &g->pci->vdev;

    free_queues(g);
    qvirtio_start_device(vdev);
    qvirtio_set_features(vdev, qvirtio_get_features(vdev) &
                         ~(QVIRTIO_F_BAD_FEATURE |
                           UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX |
                           UINT64_C(1) << VIRTIO_F_RING_PACKED));
    for (int i = 0; i < VGPU_QUEUES; i++) {
        g->queue[i] = qvirtqueue_setup(vdev, &g->allocator, i);
    }
    qvirtio_set_driver_ok(vdev);
}

void vgpu_reset(Vgpu *g)
{
    qvirtio_reset(&g->pci->vdev);
}

void vgpu_reset_queue(Vgpu *g, VgpuQueue queue)
{
    QVirtioDevice *vdev = &g->pci->vdev;
    const uint64_t registers = g->pci->common_cfg_offset;

    vdev->bus->queue_select(vdev, queue);
    qpci_io_writew(g->pci->pdev, g->pci->bar,
                   registers + VIRTIO_PCI_COMMON_Q_RESET, 1);
    g_assert_cmpuint(qpci_io_readw(g->pci->pdev, g->pci->bar, registers +
                                   VIRTIO_PCI_COMMON_Q_RESET), ==, 0);
    qvirtqueue_cleanup(vdev->bus, g->queue[queue], &g->allocator);
    g->queue[queue] = qvirtqueue_setup(vdev, &g->allocator, queue);
}

bool vgpu_needs_reset(Vgpu *g)
{
    QVirtioDevice *vdev = &g->pci->vdev;

    return vdev->bus->get_status(vdev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

uint64_t vgpu_memory(Vgpu *g, size_t size)
{
    uint64_t address = guest_alloc(&g->allocator, size);

    qtest_memset(g->qts, address, 0, size);
    return address;
}

/* ---- migration --------------------------------------------------------- */

void vgpu_migrate(Vgpu *g)
{
    const char *variable = getenv("QTEST_QEMU_BINARY_DST") ?
                           "QTEST_QEMU_BINARY_DST" : "QTEST_QEMU_BINARY";
    g_autofree char *folder = g_dir_make_tmp("vgpu-XXXXXX", NULL);
    g_autofree char *uri = g_strdup_printf("file:%s/stream", folder);
    g_autofree char *arguments = g_strdup_printf("%s -incoming %s",
                                                 g->arguments, uri);

    migration_send(g->qts, uri);
    qtest_quit(g->qts);
    g->qts = qtest_init_with_env(variable, arguments, true);
    g->bus->qts = g->qts;
    migration_wait_running(g->qts);
    unlink(uri + strlen("file:"));
    g_assert_cmpint(rmdir(folder), ==, 0);
}

/* ---- queues ------------------------------------------------------------ */

uint32_t vgpu_post(Vgpu *g, VgpuQueue queue, const VgpuEntry *out,
                   size_t out_count, const VgpuEntry *in, size_t in_count,
                   bool kick)
{
    QVirtQueue *vq = g->queue[queue];
    size_t total = out_count + in_count;
    uint32_t head = 0;
    uint16_t index;

    if (vq->free_head + total > vq->size) {
        qvirtqueue_reset_pool(vq);
    }
    for (size_t i = 0; i < total; i++) {
        const VgpuEntry *entry = i < out_count ? &out[i] : &in[i - out_count];
        uint32_t at = qvirtqueue_add(g->qts, vq, entry->address, entry->length,
                                     i >= out_count, i + 1 < total);

        /* libqos writes no link: a pool that was reset has the old ones */
        qtest_writew(g->qts, vq->desc + 16 * at + 14, at + 1);
        head = i ? head : at;
    }
    if (kick) {
        qvirtqueue_kick(g->qts, &g->pci->vdev, vq, head);
        return head;
    }
    index = qtest_readw(g->qts, vq->avail + 2);
    qtest_writew(g->qts, vq->avail + 4 + 2 * (index % vq->size), head);
    qtest_writew(g->qts, vq->avail + 2, index + 1);
    return head;
}

bool vgpu_has_answer(Vgpu *g, VgpuQueue queue)
{
    const QVirtQueue *vq = g->queue[queue];

    return qtest_readw(g->qts, vq->used + 2) != vq->last_used_idx;
}

uint32_t vgpu_wait(Vgpu *g, VgpuQueue queue)
{
    uint32_t head;

    for (int i = 0; i < POLLS; i++) {
        if (qvirtqueue_get_buf(g->qts, g->queue[queue], &head, &g->length)) {
            return head;
        }
        g_usleep(POLL_MICROSECONDS);
    }
    g_error("the device did not answer");
}

void vgpu_wait_taken(Vgpu *g, VgpuQueue queue)
{
    uint16_t posted = qtest_readw(g->qts, g->queue[queue]->avail + 2);

    for (int i = 0; i < POLLS; i++) {
        QDict *reply = qtest_qmp_assert_success_ref(
            g->qts, "{'execute': 'x-query-virtio-queue-status', 'arguments': "
            "{'path': %s, 'queue': %d}}", VGPU_QOM_PATH "/virtio-backend",
            queue);
        bool taken = qdict_get_int(reply, "last-avail-idx") == posted;

        qobject_unref(reply);
        if (taken) {
            return;
        }
        g_usleep(POLL_MICROSECONDS);
    }
    g_error("the device did not take what was in its queue");
}

/* ---- commands ---------------------------------------------------------- */

static void read_header(Vgpu *g)
{
    struct virtio_gpu_ctrl_hdr raw;

    qtest_bufread(g->qts, g->response, &raw, sizeof(raw));
    g->header = raw;
    g->header.type = le32_to_cpu(raw.type);
    g->header.flags = le32_to_cpu(raw.flags);
    g->header.fence_id = le64_to_cpu(raw.fence_id);
    g->header.ctx_id = le32_to_cpu(raw.ctx_id);
}

uint32_t vgpu_send(Vgpu *g, const void *request, size_t size)
{
    VgpuEntry out = { g->request, size };
    VgpuEntry in = { g->response, VGPU_RESPONSE_SIZE };

    g_assert_cmpuint(size, <=, VGPU_REQUEST_SIZE);
    qtest_bufwrite(g->qts, g->request, request, size);
    qtest_memset(g->qts, g->response, 0, VGPU_RESPONSE_SIZE);
    vgpu_post(g, VGPU_CONTROL, &out, 1, &in, 1, true);
    vgpu_wait(g, VGPU_CONTROL);
    read_header(g);
    return g->header.type;
}

uint32_t vgpu_command_of(Vgpu *g, const struct virtio_gpu_ctrl_hdr *header,
                         const uint32_t *words, size_t count)
{
    size_t size = sizeof(*header) + count * WORD;
    g_autofree uint8_t *request = g_malloc0(size);

    stl_le_p(request, header->type);
    stl_le_p(request + 4, header->flags);
    stq_le_p(request + 8, header->fence_id);
    stl_le_p(request + 16, header->ctx_id);
    request[20] = header->ring_idx;
    for (size_t i = 0; i < count; i++) {
        stl_le_p(request + sizeof(*header) + i * WORD, words[i]);
    }
    return vgpu_send(g, request, size);
}

uint32_t vgpu_command(Vgpu *g, uint32_t type, const uint32_t *words,
                      size_t count)
{
    struct virtio_gpu_ctrl_hdr header = { .type = type };

    return vgpu_command_of(g, &header, words, count);
}

void vgpu_answer(Vgpu *g, size_t offset, void *to, size_t size)
{
    g_assert_cmpuint(offset + size, <=, VGPU_RESPONSE_SIZE);
    qtest_bufread(g->qts, g->response + offset, to, size);
}

uint32_t vgpu_answer_word(Vgpu *g, size_t offset)
{
    uint32_t word;

    vgpu_answer(g, offset, &word, sizeof(word));
    return le32_to_cpu(word);
}

uint32_t vgpu_create(Vgpu *g, uint32_t resource, uint32_t format,
                     uint32_t width, uint32_t height)
{
    const uint32_t words[] = { resource, format, width, height };

    return vgpu_command(g, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, words,
                        ARRAY_SIZE(words));
}

uint32_t vgpu_unref(Vgpu *g, uint32_t resource)
{
    const uint32_t words[] = { resource, 0 };

    return vgpu_command(g, VIRTIO_GPU_CMD_RESOURCE_UNREF, words,
                        ARRAY_SIZE(words));
}

uint32_t vgpu_attach(Vgpu *g, uint32_t resource, const VgpuEntry *entries,
                     uint32_t count)
{
    g_autofree uint32_t *words = g_new0(uint32_t, 2 + 4 * count);

    words[0] = resource;
    words[1] = count;
    for (uint32_t i = 0; i < count; i++) {
        words[2 + 4 * i] = entries[i].address;
        words[3 + 4 * i] = entries[i].address >> 32;
        words[4 + 4 * i] = entries[i].length;
    }
    return vgpu_command(g, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, words,
                        2 + 4 * count);
}

uint32_t vgpu_detach(Vgpu *g, uint32_t resource)
{
    const uint32_t words[] = { resource, 0 };

    return vgpu_command(g, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, words,
                        ARRAY_SIZE(words));
}

uint32_t vgpu_transfer(Vgpu *g, uint32_t resource, VgpuArea area,
                       uint64_t offset)
{
    const uint32_t words[] = {
        area.x, area.y, area.width, area.height, offset, offset >> 32,
        resource, 0
    };

    return vgpu_command(g, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, words,
                        ARRAY_SIZE(words));
}

uint32_t vgpu_set_scanout(Vgpu *g, uint32_t scanout, uint32_t resource,
                          VgpuArea area)
{
    const uint32_t words[] = {
        area.x, area.y, area.width, area.height, scanout, resource
    };

    return vgpu_command(g, VIRTIO_GPU_CMD_SET_SCANOUT, words,
                        ARRAY_SIZE(words));
}

uint32_t vgpu_flush(Vgpu *g, uint32_t resource, VgpuArea area)
{
    const uint32_t words[] = {
        area.x, area.y, area.width, area.height, resource, 0
    };

    return vgpu_command(g, VIRTIO_GPU_CMD_RESOURCE_FLUSH, words,
                        ARRAY_SIZE(words));
}

uint32_t vgpu_get_edid(Vgpu *g, uint32_t scanout)
{
    const uint32_t words[] = { scanout, 0 };

    return vgpu_command(g, VIRTIO_GPU_CMD_GET_EDID, words, ARRAY_SIZE(words));
}

void vgpu_cursor(Vgpu *g, uint32_t type, uint32_t scanout, uint32_t resource,
                 uint32_t x, uint32_t y, uint32_t hot_x, uint32_t hot_y)
{
    const uint32_t words[] = {
        type, 0, 0, 0, 0, 0, scanout, x, y, 0, resource, hot_x, hot_y, 0
    };
    uint32_t request[ARRAY_SIZE(words)];
    VgpuEntry out = { g->request, sizeof(request) };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        request[i] = cpu_to_le32(words[i]);
    }
    qtest_bufwrite(g->qts, g->request, request, sizeof(request));
    vgpu_post(g, VGPU_CURSOR, &out, 1, NULL, 0, true);
    vgpu_wait(g, VGPU_CURSOR);
}

/* ---- what drivers do --------------------------------------------------- */

void vgpu_assert_ok(uint32_t answer)
{
    g_assert_cmphex(answer, ==, VIRTIO_GPU_RESP_OK_NODATA);
}

VgpuEntry *vgpu_make(Vgpu *g, uint32_t resource, uint32_t width,
                     uint32_t height, size_t piece, uint32_t *count)
{
    size_t size = (size_t)width * height * WORD;
    size_t each = piece ? piece : size;
    size_t number = DIV_ROUND_UP(size, each);
    uint64_t memory = vgpu_memory(g, number * each);
    VgpuEntry *entries = g_new(VgpuEntry, number);

    for (size_t i = 0; i < number; i++) {
        /* backwards: no entry goes on where the one before it ended */
        entries[i].address = memory + (number - 1 - i) * each;
        entries[i].length = each;
    }
    vgpu_assert_ok(vgpu_create(g, resource, VGPU_FORMAT, width, height));
    vgpu_assert_ok(vgpu_attach(g, resource, entries, number));
    *count = number;
    return entries;
}

uint64_t vgpu_make_plain(Vgpu *g, uint32_t resource, uint32_t width,
                         uint32_t height)
{
    uint32_t count;
    g_autofree VgpuEntry *entries = vgpu_make(g, resource, width, height, 0,
                                              &count);

    return entries[0].address;
}

void vgpu_write_backing(Vgpu *g, const VgpuEntry *entries, uint32_t count,
                        size_t offset, const void *data, size_t size)
{
    const uint8_t *from = data;

    for (uint32_t i = 0; i < count && size; i++) {
        size_t length = entries[i].length;

        if (offset < length) {
            size_t part = MIN(size, length - offset);

            qtest_bufwrite(g->qts, entries[i].address + offset, from, part);
            from += part;
            size -= part;
            offset = 0;
        } else {
            offset -= length;
        }
    }
    g_assert_cmpuint(size, ==, 0);
}
