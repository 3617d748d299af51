/*
 * What commands of virtio-gpu cost the host
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each case is a few commands that a driver makes available together.  What is
 * measured is QEMU's processor time from the kick until all are used, less the
 * least that as many transfers of a single pixel take, per command: neither the
 * way through qtest nor other programs on the machine count.  The guest's
 * memory is shared with this program, which copies the same pages with memcpy()
 * to compare.
 *
 * As a test, each case runs once, and its answers are checked.  With -m perf
 * it runs ROUNDS times and prints lines for tests/bench/gpu.py:
 *
 *     cost TAB case TAB nanoseconds
 *     memory TAB case TAB bytes
 */

#include "qemu/osdep.h"
#include <sys/mman.h>
#include <time.h>
#include "vgpu-guest.h"
#include "qemu/bswap.h"
#include "qemu/units.h"

#define ROUNDS         5           /* the rest in other processes */
#define PIXEL          4
#define SMALL          64
#define FULL           4           /* transfers of a frame */
#define MANY           30          /* commands that the queue has room for */
#define KICKS          10          /* of many commands, in a round */
#define ROOM           128         /* for an answer */
#define POLLS          120000      /* a minute */
#define POLL           500         /* microseconds; more often slows QEMU */
#define RESOURCES      400         /* whose memory is measured */

/*
 * Bench: the guest, and what is measured with
 *
 * @ram: the guest's memory
 * @processor: QEMU's processor time
 * @empty: a command with next to nothing to do
 */
typedef struct Bench {
    Vgpu *g;
    uint8_t *ram;
    clockid_t processor;
    VgpuEntry empty;
} Bench;

/*
 * Frame: a size of picture, with two resources
 *
 * @count: pages
 * @memory: contiguous backing
 * @pages: scattered backing
 */
typedef struct Frame {
    const char *name;
    uint32_t width;
    uint32_t height;
    uint32_t contiguous;
    uint32_t scattered;
    uint32_t count;
    uint64_t memory;
    VgpuEntry *pages;
} Frame;

/* ---- the guest's memory -------------------------------------------------- */

/* What the guest has, and what QEMU makes images of. */
static uint8_t *new_shared_memory(size_t size, int *file)
{
    uint8_t *memory;

    *file = memfd_create("memory", MFD_CLOEXEC);
    g_assert_cmpint(ftruncate(*file, size), ==, 0);
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *file, 0);
    g_assert_true(memory != MAP_FAILED);
    memset(memory, 1, size);
    return memory;
}

static uint8_t *ram_at(const Bench *bench, uint64_t address)
{
    return bench->ram + (address - (vgpu_ram_end(bench->g) - VGPU_RAM_SIZE));
}

/* A command in the guest's memory, to be sent as often as wanted. */
static VgpuEntry new_command(Bench *bench, uint32_t type,
                             const uint32_t *words, size_t count)
{
    size_t size = sizeof(struct virtio_gpu_ctrl_hdr) + count * sizeof(*words);
    VgpuEntry command = { vgpu_memory(bench->g, size), size };
    uint8_t *request = ram_at(bench, command.address);

    stl_le_p(request, type);
    for (size_t i = 0; i < count; i++) {
        stl_le_p(request + sizeof(struct virtio_gpu_ctrl_hdr) +
                 i * sizeof(*words), words[i]);
    }
    return command;
}

static VgpuEntry new_transfer(Bench *bench, uint32_t resource, uint32_t stride,
                              VgpuArea area)
{
    const uint32_t words[] = {
        area.x, area.y, area.width, area.height,
        area.y * stride + area.x * PIXEL, 0, resource, 0
    };

    return new_command(bench, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, words,
                       ARRAY_SIZE(words));
}

static VgpuEntry new_attach(Bench *bench, uint32_t resource,
                            const VgpuEntry *entries, uint32_t count)
{
    g_autofree uint32_t *words = g_new0(uint32_t, 2 + 4 * count);

    words[0] = resource;
    words[1] = count;
    for (uint32_t i = 0; i < count; i++) {
        words[2 + 4 * i] = entries[i].address;
        words[3 + 4 * i] = entries[i].address >> 32;
        words[4 + 4 * i] = entries[i].length;
    }
    return new_command(bench, VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, words,
                       2 + 4 * count);
}

/* ---- measuring ----------------------------------------------------------- */

static double nanoseconds(clockid_t clock)
{
    struct timespec now;

    g_assert_cmpint(clock_gettime(clock, &now), ==, 0);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

static void post(Bench *bench, const VgpuEntry *commands, size_t count)
{
    Vgpu *g = bench->g;

    g_assert_cmpuint(count, <=, MANY);
    qvirtqueue_reset_pool(g->queue[VGPU_CONTROL]);
    for (size_t i = 0; i < count; i++) {
        VgpuEntry in = { g->response + i * ROOM, ROOM };

        memset(ram_at(bench, in.address), 0, ROOM);
        vgpu_post(g, VGPU_CONTROL, &commands[i], 1, &in, 1, false);
    }
}

static void wait_until_used(Bench *bench, size_t count)
{
    QVirtQueue *vq = bench->g->queue[VGPU_CONTROL];
    const uint8_t *used = ram_at(bench, vq->used + 2);

    vq->last_used_idx += count;
    for (int i = 0; i < POLLS; i++) {
        if (lduw_le_p(used) == vq->last_used_idx) {
            return;
        }
        g_usleep(POLL);
    }
    g_error("the device did not answer");
}

/* Nanoseconds that the device works for @count commands. */
static double run(Bench *bench, const VgpuEntry *commands, size_t count)
{
    Vgpu *g = bench->g;
    QVirtioDevice *vdev = &g->pci->vdev;
    double start, end;

    post(bench, commands, count);
    start = nanoseconds(bench->processor);
    vdev->bus->virtqueue_kick(vdev, g->queue[VGPU_CONTROL]);
    wait_until_used(bench, count);
    /* QEMU's main loop has then done all that the commands made it do */
    qtest_readb(g->qts, g->response);
    end = nanoseconds(bench->processor);
    for (size_t i = 0; i < count; i++) {
        vgpu_assert_ok(ldl_le_p(ram_at(bench, g->response + i * ROOM)));
    }
    return end - start;
}

static int rounds(void)
{
    return g_test_perf() ? ROUNDS : 1;
}

/*
 * The least that @count commands take which have next to nothing to do.  A
 * disturbance of these would make what is measured look cheaper than it is.
 */
static double least_empty(Bench *bench, size_t count)
{
    VgpuEntry commands[MANY];
    double least = G_MAXDOUBLE;

    for (size_t i = 0; i < count; i++) {
        commands[i] = bench->empty;
    }
    for (int i = 0; i < rounds(); i++) {
        least = MIN(least, run(bench, commands, count));
    }
    return least;
}

static void print(const char *kind, const char *prefix, const char *name,
                  double value)
{
    if (g_test_perf()) {
        printf("%s\t%s%s\t%.0f\n", kind, prefix, name, value);
    }
}

/*
 * Sequence: commands that are made available @times over, with @kicks
 *
 * A short one is kicked several times, as the queue has no room for more.
 */
typedef struct Sequence {
    const VgpuEntry *commands;
    size_t length;
    size_t times;
    int kicks;
} Sequence;

/* Nanoseconds of a sequence, less @empty: of as many empty commands. */
static double cost(Bench *bench, Sequence sequence, double empty)
{
    size_t count = sequence.length * sequence.times;
    int kicks = g_test_perf() ? sequence.kicks : 1;
    VgpuEntry commands[MANY] = { };
    double time = 0;

    for (size_t i = 0; i < count; i++) {
        commands[i] = sequence.commands[i % sequence.length];
    }
    for (int i = 0; i < kicks; i++) {
        time += run(bench, commands, count) - empty;
    }
    return time / sequence.times / kicks;
}

static void measure(Bench *bench, const char *prefix, const char *name,
                    Sequence sequence)
{
    double empty = least_empty(bench, sequence.length * sequence.times);

    for (int i = 0; i < rounds(); i++) {
        print("cost", prefix, name, cost(bench, sequence, empty));
    }
}

/* ---- frames -------------------------------------------------------------- */

static void shuffle(VgpuEntry *pages, uint32_t count)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);

    for (uint32_t i = count - 1; i > 0; i--) {
        uint32_t other = g_rand_int_range(random, 0, i + 1);
        VgpuEntry page = pages[i];

        pages[i] = pages[other];
        pages[other] = page;
    }
}

static void make_frame(Bench *bench, Frame *frame)
{
    Vgpu *g = bench->g;
    size_t size = (size_t)frame->width * frame->height * PIXEL;
    VgpuEntry whole = { 0, size };
    uint64_t memory;

    frame->count = DIV_ROUND_UP(size, VGPU_PAGE);
    frame->memory = whole.address = vgpu_memory(g, size);
    memory = vgpu_memory(g, frame->count * VGPU_PAGE);
    frame->pages = g_new(VgpuEntry, frame->count);
    for (uint32_t i = 0; i < frame->count; i++) {
        frame->pages[i] = (VgpuEntry) { memory + i * VGPU_PAGE, VGPU_PAGE };
    }
    shuffle(frame->pages, frame->count);
    vgpu_assert_ok(vgpu_create(g, frame->contiguous, VGPU_FORMAT,
                               frame->width, frame->height));
    vgpu_assert_ok(vgpu_attach(g, frame->contiguous, &whole, 1));
    vgpu_assert_ok(vgpu_create(g, frame->scattered, VGPU_FORMAT,
                               frame->width, frame->height));
    vgpu_assert_ok(vgpu_attach(g, frame->scattered, frame->pages,
                               frame->count));
}

/*
 * Copy: a frame's pages, copied by a thread of its own
 *
 * @time: nanoseconds of a copy, once @done
 */
typedef struct Copy {
    Bench *bench;
    const Frame *frame;
    bool contiguous;
    uint8_t *to;
    double time;
    int done;
} Copy;

static void *copy_frame(void *opaque)
{
    Copy *copy = opaque;
    const Frame *frame = copy->frame;
    double start = nanoseconds(CLOCK_THREAD_CPUTIME_ID);

    for (int i = 0; i < FULL; i++) {
        if (copy->contiguous) {
            memcpy(copy->to, ram_at(copy->bench, frame->memory),
                   (size_t)frame->width * frame->height * PIXEL);
            continue;
        }
        for (uint32_t j = 0; j < frame->count; j++) {
            memcpy(copy->to + j * VGPU_PAGE,
                   ram_at(copy->bench, frame->pages[j].address), VGPU_PAGE);
        }
    }
    copy->time = (nanoseconds(CLOCK_THREAD_CPUTIME_ID) - start) / FULL;
    g_atomic_int_set(&copy->done, true);
    return NULL;
}

/*
 * Copies all pages of a frame, as often as the device does, in a thread that
 * wakes up for it as QEMU's does: nanoseconds of its processor time for a copy.
 */
static double cost_of_memcpy(Bench *bench, const Frame *frame,
                             uint32_t resource, uint8_t *to)
{
    Copy copy = { bench, frame, resource == frame->contiguous, to };
    GThread *thread = g_thread_new("copy", copy_frame, &copy);

    while (!g_atomic_int_get(&copy.done)) {
        g_usleep(POLL);
    }
    g_thread_join(thread);
    return copy.time;
}

/* Rows of the full height, and by turns memcpy() of the same pages. */
static void measure_full(Bench *bench, const Frame *frame, const char *name,
                         uint32_t resource, uint32_t x)
{
    VgpuArea area = { x, 0, frame->width - x, frame->height };
    VgpuEntry command = new_transfer(bench, resource, frame->width * PIXEL,
                                     area);
    Sequence sequence = { &command, 1, FULL, 1 };
    g_autofree char *copy = g_strdup_printf("%s, memcpy", name);
    size_t size = (size_t)frame->count * VGPU_PAGE;
    double empty = least_empty(bench, FULL);
    int file;
    uint8_t *to = new_shared_memory(size, &file);

    /* all of the image is there before it is measured */
    vgpu_assert_ok(vgpu_transfer(bench->g, resource, area, x * PIXEL));
    for (int i = 0; i < rounds(); i++) {
        print("cost", frame->name, name, cost(bench, sequence, empty));
        print("cost", frame->name, copy,
              cost_of_memcpy(bench, frame, resource, to));
    }
    munmap(to, size);
    close(file);
}

/* The same rectangle of both resources by turns. */
static void measure_small(Bench *bench, const Frame *frame, const char *where,
                          uint32_t x, uint32_t y)
{
    VgpuArea area = { x, y, SMALL, SMALL };
    uint32_t stride = frame->width * PIXEL;
    VgpuEntry whole = new_transfer(bench, frame->contiguous, stride, area);
    VgpuEntry pages = new_transfer(bench, frame->scattered, stride, area);
    g_autofree char *contiguous = g_strdup_printf("%s, contiguous", where);
    g_autofree char *scattered = g_strdup_printf("%s, scattered", where);
    double empty = least_empty(bench, MANY);

    for (int i = 0; i < rounds(); i++) {
        print("cost", frame->name, contiguous,
              cost(bench, (Sequence) { &whole, 1, MANY, KICKS }, empty));
        print("cost", frame->name, scattered,
              cost(bench, (Sequence) { &pages, 1, MANY, KICKS }, empty));
    }
}

static void measure_frame(Bench *bench, const Frame *frame)
{
    uint32_t right = frame->width - SMALL, bottom = frame->height - SMALL;

    measure_full(bench, frame, "full, contiguous", frame->contiguous, 0);
    measure_full(bench, frame, "full, scattered", frame->scattered, 0);
    measure_full(bench, frame, "width - 1, contiguous", frame->contiguous, 1);
    measure_full(bench, frame, "width - 1, scattered", frame->scattered, 1);
    measure_small(bench, frame, "64x64 at the top left", 0, 0);
    measure_small(bench, frame, "64x64 in the middle", right / 2, bottom / 2);
    measure_small(bench, frame, "64x64 at the bottom right", right, bottom);
}

/* ---- other commands ------------------------------------------------------ */

/* What a driver does for a small change of what is shown. */
static void measure_pair(Bench *bench, const Frame *frame)
{
    VgpuArea all = vgpu_all(frame->width, frame->height);
    const uint32_t flush[] = { 0, 0, SMALL, SMALL, frame->contiguous, 0 };
    VgpuEntry commands[] = {
        new_transfer(bench, frame->contiguous, frame->width * PIXEL,
                     vgpu_all(SMALL, SMALL)),
        new_command(bench, VIRTIO_GPU_CMD_RESOURCE_FLUSH, flush,
                    ARRAY_SIZE(flush)),
    };

    vgpu_assert_ok(vgpu_set_scanout(bench->g, 0, frame->contiguous, all));
    for (int i = 0; i < (g_test_perf() ? ROUNDS * MANY : 1); i++) {
        print("cost", frame->name, "64x64 transfer and flush, round trip",
              run(bench, commands, ARRAY_SIZE(commands)));
    }
}

static void measure_attach(Bench *bench, const Frame *frame)
{
    const uint32_t detach[] = { frame->scattered, 0 };
    VgpuEntry commands[] = {
        new_command(bench, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, detach,
                    ARRAY_SIZE(detach)),
        new_attach(bench, frame->scattered, frame->pages, frame->count),
    };

    measure(bench, frame->name, "detach and attach, scattered",
            (Sequence) { commands, ARRAY_SIZE(commands), 5, KICKS });
}

/* A resource from create to unref, with and without a transfer between. */
static void measure_fresh(Bench *bench, const Frame *frame)
{
    enum { FRESH = 100 };
    const uint32_t create[] = { FRESH, VGPU_FORMAT, frame->width,
                                frame->height };
    const uint32_t unref[] = { FRESH, 0 };
    const VgpuEntry whole = { frame->memory,
                              frame->width * frame->height * PIXEL };
    VgpuEntry commands[] = {
        new_command(bench, VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, create,
                    ARRAY_SIZE(create)),
        new_attach(bench, FRESH, &whole, 1),
        new_transfer(bench, FRESH, frame->width * PIXEL,
                     vgpu_all(frame->width, frame->height)),
        new_command(bench, VIRTIO_GPU_CMD_RESOURCE_UNREF, unref,
                    ARRAY_SIZE(unref)),
    };
    VgpuEntry without[] = { commands[0], commands[1], commands[3] };

    measure(bench, frame->name, "create, attach, first transfer, unref",
            (Sequence) { commands, ARRAY_SIZE(commands), 2, 1 });
    measure(bench, frame->name, "create, attach, unref",
            (Sequence) { without, ARRAY_SIZE(without), 5, KICKS });
}

/* ---- memory -------------------------------------------------------------- */

/* QEMU's memory, in bytes; the guest's is all there from the start. */
static uint64_t resident_memory(Bench *bench)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status",
                                            qtest_pid(bench->g->qts));
    g_autofree char *status = NULL;
    const char *line;

    g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
    line = strstr(status, "VmRSS:");
    g_assert_nonnull(line);
    return g_ascii_strtoull(line + strlen("VmRSS:"), NULL, 10) * KiB;
}

/* Bytes per resource beside its image, all of which has been written. */
static void measure_memory(Bench *bench, const char *name, uint32_t first,
                           uint32_t width, const VgpuEntry *pages,
                           uint32_t count, uint32_t resources)
{
    uint32_t height = (uint64_t)count * VGPU_PAGE / PIXEL / width;
    uint64_t before = resident_memory(bench);
    double more;

    for (uint32_t i = first; i < first + resources; i++) {
        vgpu_assert_ok(vgpu_create(bench->g, i, VGPU_FORMAT, width, height));
        vgpu_assert_ok(vgpu_attach(bench->g, i, pages, count));
        vgpu_assert_ok(vgpu_transfer(bench->g, i, vgpu_all(width, height), 0));
    }
    more = (double)resident_memory(bench) - before;
    print("memory", "", name, more / resources -
          (double)width * height * PIXEL);
    for (uint32_t i = first; i < first + resources; i++) {
        vgpu_assert_ok(vgpu_unref(bench->g, i));
    }
}

/* ---- cases --------------------------------------------------------------- */

static Bench *new_bench(void)
{
    Bench *bench = g_new0(Bench, 1);
    g_autofree char *arguments = NULL;
    int file;

    bench->ram = new_shared_memory(VGPU_RAM_SIZE, &file);
    arguments = g_strdup_printf(
        "-object memory-backend-file,id=ram,size=%lld,share=on,prealloc=on,"
        "mem-path=/proc/%d/fd/%d -machine memory-backend=ram",
        (long long)VGPU_RAM_SIZE, getpid(), file);
    bench->g = vgpu_start("", arguments);
    close(file);
    g_assert_cmpint(clock_getcpuclockid(qtest_pid(bench->g->qts),
                                        &bench->processor), ==, 0);
    return bench;
}

static void free_bench(Bench *bench)
{
    vgpu_stop(bench->g);
    munmap(bench->ram, VGPU_RAM_SIZE);
    g_free(bench);
}

static void run_frame(Frame *frame)
{
    Bench *bench = new_bench();

    make_frame(bench, frame);
    bench->empty = new_transfer(bench, frame->contiguous,
                                frame->width * PIXEL, vgpu_all(1, 1));
    measure_frame(bench, frame);
    measure_pair(bench, frame);
    measure_attach(bench, frame);
    measure_fresh(bench, frame);
    g_free(frame->pages);
    free_bench(bench);
}

static void test_1080p(void)
{
    Frame frame = { .name = "1080p, ", .width = 1920, .height = 1080,
                    .contiguous = 1, .scattered = 2 };

    run_frame(&frame);
}

static void test_4k(void)
{
    Frame frame = { .name = "4K, ", .width = 3840, .height = 2160,
                    .contiguous = 1, .scattered = 2 };

    run_frame(&frame);
}

static void test_memory(void)
{
    Bench *bench = new_bench();
    Frame frame = { .width = 3840, .height = 2160, .contiguous = 1,
                    .scattered = 2 };

    make_frame(bench, &frame);
    measure_memory(bench, "resource of 64x64, 4 entries", 10, SMALL,
                   frame.pages, 4, RESOURCES);
    measure_memory(bench, "resource of 4K, 8,100 entries", 10, frame.width,
                   frame.pages, frame.count, 2);
    g_free(frame.pages);
    free_bench(bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/virtio-gpu/cost/1080p", test_1080p);
    qtest_add_func("/virtio-gpu/cost/4k", test_4k);
    qtest_add_func("/virtio-gpu/cost/memory", test_memory);
    return g_test_run();
}
