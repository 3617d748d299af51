/*
 * Cost of virtio-gpu's transfers, in the model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Usage: transfer-cost [ROUNDS]
 *
 * Prints a line for each case: its name, microseconds of the model, and of what
 * it is compared with, separated by tabs; medians of ROUNDS.  What it is
 * compared with is memcpy() of the same pages into the same image; for a small
 * rectangle, the same from contiguous backing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "model/vgpu-transfer.h"

#define PAGE            4096
#define PIXEL           4
#define SMALL           64
#define DEFAULT_ROUNDS  21
#define MAX_ROUNDS      1001
#define REPEATS         100         /* of what takes microseconds */

/*
 * Frame: an image, and backing for it, with the pages in order or not
 *
 * @pages: as they follow one another in the scattered backing
 */
typedef struct Frame {
    uint32_t width;
    uint32_t height;
    size_t size;
    uint8_t *image;
    uint8_t *memory;
    struct iovec *pages;
    size_t count;
    VgpuBacking contiguous;
    VgpuBacking scattered;
} Frame;

/* A rectangle and the backing that it comes from. */
typedef struct Case {
    Frame *frame;
    const VgpuBacking *backing;
    uint32_t x;
    uint32_t y;
    uint32_t width;
    uint32_t height;
} Case;

static uint8_t *new_memory(size_t size)
{
    uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        perror("transfer-cost");
        exit(1);
    }
    memset(memory, 1, size);
    return memory;
}

static void shuffle(struct iovec *pages, size_t count)
{
    srand48(1);
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = lrand48() % (i + 1);
        struct iovec page = pages[i];

        pages[i] = pages[other];
        pages[other] = page;
    }
}

static Frame new_frame(uint32_t width, uint32_t height)
{
    Frame frame = { .width = width, .height = height,
                    .size = (size_t)width * height * PIXEL };
    struct iovec whole;

    frame.count = (frame.size + PAGE - 1) / PAGE;
    frame.image = new_memory(frame.count * PAGE);
    frame.memory = new_memory(frame.count * PAGE);
    frame.pages = calloc(frame.count, sizeof(*frame.pages));
    for (size_t i = 0; i < frame.count; i++) {
        frame.pages[i] = (struct iovec) { frame.memory + i * PAGE, PAGE };
    }
    whole = (struct iovec) { frame.memory, frame.count * PAGE };
    vgpu_backing_init(&frame.contiguous, &whole, 1);
    shuffle(frame.pages, frame.count);
    vgpu_backing_init(&frame.scattered, frame.pages, frame.count);
    return frame;
}

/* ---- what is measured --------------------------------------------------- */

typedef void Repeat(const Case *what);

static void transfer(const Case *what)
{
    uint64_t stride = (uint64_t)what->frame->width * PIXEL;
    uint64_t offset = what->y * stride + (uint64_t)what->x * PIXEL;
    const VgpuImage image = { what->frame->image, what->frame->size, stride };
    const VgpuTransfer rows = {
        .offset = offset, .stride = stride, .image_offset = offset,
        .row_bytes = (uint64_t)what->width * PIXEL, .rows = what->height,
    };

    if (vgpu_transfer(what->backing, &image, &rows) != VGPU_TRANSFER_DONE) {
        abort();
    }
}

static void copy_whole(const Case *what)
{
    memcpy(what->frame->image, what->frame->memory, what->frame->size);
}

static void copy_pages(const Case *what)
{
    for (size_t i = 0; i < what->frame->count; i++) {
        memcpy(what->frame->image + i * PAGE, what->frame->pages[i].iov_base,
               PAGE);
    }
}

static void attach(const Case *what)
{
    VgpuBacking backing;

    vgpu_backing_init(&backing, what->frame->pages, what->frame->count);
    vgpu_backing_clear(&backing);
}

/* ---- how it is measured ------------------------------------------------- */

static double microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static double measure(Repeat *repeat, const Case *what, int repeats)
{
    double start = microseconds();

    for (int i = 0; i < repeats; i++) {
        repeat(what);
    }
    return (microseconds() - start) / repeats;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

/* In turn, so that a busy machine slows both. */
static void report(int rounds, int repeats, const char *name, Repeat *repeat,
                   const Case *what, Repeat *base, const Case *base_what)
{
    double model[MAX_ROUNDS], limit[MAX_ROUNDS];

    for (int i = 0; i < rounds; i++) {
        model[i] = measure(repeat, what, repeats);
        limit[i] = measure(base, base_what, repeats);
    }
    printf("%s\t%.2f\t%.2f\n", name, median(model, rounds),
           median(limit, rounds));
}

static void report_frame(Frame *frame, int rounds)
{
    const uint32_t width = frame->width, height = frame->height;
    const Case contiguous = { frame, &frame->contiguous, 0, 0, width, height };
    const Case scattered = { frame, &frame->scattered, 0, 0, width, height };
    const Case less_one = { frame, &frame->scattered, 1, 0, width - 1,
                            height };
    const uint32_t corners[][2] = {
        { 0, 0 }, { width - SMALL, 0 }, { 0, height - SMALL },
        { width - SMALL, height - SMALL }, { width / 2 + 3, height / 2 + 5 },
    };
    char name[80];

#define NAME(what)  (snprintf(name, sizeof(name), "%ux%u, " what, width, \
                              height), name)
    report(rounds, 1, NAME("full, contiguous"), transfer, &contiguous,
           copy_whole, &contiguous);
    report(rounds, 1, NAME("full, scattered"), transfer, &scattered,
           copy_pages, &scattered);
    report(rounds, 1, NAME("x = 1, width - 1, scattered"), transfer, &less_one,
           copy_pages, &less_one);
    for (size_t i = 0; i < sizeof(corners) / sizeof(corners[0]); i++) {
        const Case small = { frame, &frame->scattered, corners[i][0],
                             corners[i][1], SMALL, SMALL };
        Case base = small;

        base.backing = &frame->contiguous;
        snprintf(name, sizeof(name), "%ux%u, %dx%d at %u,%u, scattered", width,
                 height, SMALL, SMALL, small.x, small.y);
        report(rounds, REPEATS, name, transfer, &small, transfer, &base);
    }
    snprintf(name, sizeof(name), "attach of %zu entries", frame->count);
    report(rounds, REPEATS, name, attach, &scattered, copy_pages, &scattered);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : DEFAULT_ROUNDS;
    Frame hd = new_frame(1920, 1080), uhd = new_frame(3840, 2160);

    if (argc > 2 || rounds < 1 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: transfer-cost [ROUNDS], 1 to %d\n",
                MAX_ROUNDS);
        return 2;
    }
    report_frame(&hd, rounds);
    report_frame(&uhd, rounds);
    return 0;
}
