/*
 * Agent of the test guest: a disk that is written all the time
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The disk is written in blocks, in order, round and round, past the page
 * cache; each block is read back at once.  A sector repeats two little-endian
 * 64-bit numbers: the seed plus the sector's number, and the round, counted
 * from 1.  So the number of blocks written tells what the whole disk must
 * hold: tests/boot/guest.py checks the image file against it.
 */

#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

#define SECTOR         512
#define BLOCK          (64 * 1024)
#define DISK_PRIORITY  10

/*
 * Progress: shared between the agent and the writer's process
 *
 * @written: blocks written, in all rounds
 * @verified: blocks read and found as written
 * @error: errno of the access that failed, negative; EILSEQ: other data than
 *         written
 */
typedef struct Progress {
    _Atomic uint64_t written;
    _Atomic uint64_t verified;
    _Atomic int error;
} Progress;

/*
 * Disk: what the writer's process works on
 *
 * @expected, @found: a block each, aligned for direct access
 */
typedef struct Disk {
    int file;
    uint64_t blocks;
    uint64_t seed;
    uint8_t *expected;
    uint8_t *found;
} Disk;

static Progress *progress;
static pid_t process;
static volatile sig_atomic_t stopping;

static void stop(int signal)
{
    stopping = 1;
}

static void fill(const Disk *disk, uint64_t block, uint64_t round)
{
    uint64_t *word = (uint64_t *)disk->expected;
    uint64_t sector = block * (BLOCK / SECTOR);

    for (size_t i = 0; i < BLOCK / sizeof(*word); i += 2) {
        word[i] = htole64(disk->seed + sector + i * sizeof(*word) / SECTOR);
        word[i + 1] = htole64(round);
    }
}

static int write_block(const Disk *disk, uint64_t block)
{
    ssize_t done = pwrite(disk->file, disk->expected, BLOCK, block * BLOCK);

    return done == BLOCK ? 0 : done < 0 ? -errno : -EIO;
}

static int verify_block(const Disk *disk, uint64_t block)
{
    ssize_t done = pread(disk->file, disk->found, BLOCK, block * BLOCK);

    if (done != BLOCK) {
        return done < 0 ? -errno : -EIO;
    }
    if (memcmp(disk->expected, disk->found, BLOCK)) {
        return -EILSEQ;
    }
    progress->verified++;
    return 0;
}

static int write_until_stopped(const Disk *disk)
{
    int error = 0;

    while (!stopping && !error) {
        uint64_t block = progress->written % disk->blocks;

        fill(disk, block, progress->written / disk->blocks + 1);
        error = write_block(disk, block);
        if (!error) {
            progress->written++;
            error = verify_block(disk, block);
        }
    }
    return error;
}

static int verify_all(const Disk *disk)
{
    uint64_t rounds = progress->written / disk->blocks;
    uint64_t rest = progress->written % disk->blocks;
    int error = fsync(disk->file) ? -errno : 0;

    for (uint64_t block = 0; block < disk->blocks && !error; block++) {
        uint64_t round = rounds + (block < rest);

        if (round) {
            fill(disk, block, round);
            error = verify_block(disk, block);
        }
    }
    return error;
}

static void writer_main(const Disk *disk)
{
    int error = write_until_stopped(disk);

    progress->error = error ? error : verify_all(disk);
    _exit(progress->error ? 1 : 0);
}

static bool open_disk(Disk *disk, const char *arguments)
{
    char device[64];
    unsigned long long mebibytes, seed;

    if (sscanf(arguments, "%63s %llu %llu", device, &mebibytes, &seed) != 3 ||
        !mebibytes) {
        errno = EINVAL;
        return false;
    }
    disk->blocks = mebibytes * (1024 * 1024 / BLOCK);
    disk->seed = seed;
    disk->file = open(device, O_RDWR | O_DIRECT | O_CLOEXEC);
    disk->expected = aligned_alloc(BLOCK, BLOCK);
    disk->found = aligned_alloc(BLOCK, BLOCK);
    return disk->file >= 0 && disk->expected && disk->found;
}

static void close_disk(Disk *disk)
{
    if (disk->file >= 0) {
        close(disk->file);
    }
    free(disk->expected);
    free(disk->found);
}

static void start_process(const Disk *disk)
{
    struct sigaction on_stop = { .sa_handler = stop };

    process = fork();
    if (process == 0) {
        sigaction(SIGTERM, &on_stop, NULL);
        /* Hotplug is what is tested: let it go first. */
        if (nice(DISK_PRIORITY) < 0) {
            _exit(1);
        }
        writer_main(disk);
    }
}

int writer_start(const char *id, const char *arguments)
{
    Disk disk = { .file = -1 };
    int error = 0;

    if (process > 0) {
        return -EBUSY;
    }
    if (!progress) {
        progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    if (progress == MAP_FAILED) {
        progress = NULL;
        return -ENOMEM;
    }
    *progress = (Progress) { 0 };
    if (open_disk(&disk, arguments)) {
        start_process(&disk);
    }
    error = process > 0 ? 0 : -errno;
    close_disk(&disk);
    return error;
}

int writer_status(const char *id)
{
    if (!progress) {
        return -ESRCH;
    }
    agent_data(id, "written=%llu verified=%llu error=%d",
               (unsigned long long)progress->written,
               (unsigned long long)progress->verified, progress->error);
    return progress->error;
}

int writer_stop(const char *id)
{
    pid_t ended = process;
    int status;

    if (process <= 0) {
        return -ESRCH;
    }
    process = 0;
    kill(ended, SIGTERM);
    if (waitpid(ended, &status, 0) < 0) {
        return -errno;
    }
    if (!WIFEXITED(status) || (WEXITSTATUS(status) && !progress->error)) {
        progress->error = -ECHILD;
    }
    return writer_status(id);
}
