/*
 * A bench that runs AML: ACPICA, our models behind the ports, and a record
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A Bench is a small guest.  It loads a DSDT as Linux's ACPI core does, takes
 * interrupts, runs GPE methods and Notify handlers, and writes down what the
 * AML did.  A test plays the host (machine_plug() and so on), lets the guest
 * run (bench_run(), or bench_step() for a race) and looks at the record.
 *
 * ACPICA has global state: there is one Bench at a time.  Functions that find
 * something impossible (tables that do not load, AML that hangs) fail the
 * running cmocka test.
 */

#ifndef TESTS_ACPICA_BENCH_H
#define TESTS_ACPICA_BENCH_H

#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"

/* A Notify that reached the guest's handler; @path is owned. */
typedef struct BenchNotification {
    char *path;
    uint32_t value;
} BenchNotification;

/*
 * Bench
 *
 * @notifications: of BenchNotification, in the order of their handlers
 * @status: how the last bench_evaluate() ended, as ACPICA names it
 */
typedef struct Bench {
    Machine machine;
    struct Tables *tables;
    GArray *notifications;
    const char *status;
} Bench;

typedef struct BenchSetup {
    const MachinePorts *ports;
    MachineRegisters registers;
} BenchSetup;

/* ---- life --------------------------------------------------------------- */

/*
 * bench_new: a guest that has loaded its tables and listens to no event yet
 * @dsdt: with its header; copied
 *
 * _INI and _STA of its devices have run.  Free it with bench_free(), or let
 * bench_teardown() do so.
 */
Bench *bench_new(const BenchSetup *setup, const void *dsdt, size_t length);
void bench_free(Bench *bench);

/* For cmocka: frees the Bench of a test that ended, whichever way. */
int bench_teardown(void **state);

/* The guest enables all GPEs that have a method, as Linux does late in boot. */
void bench_enable_events(Bench *bench);

/* ---- time --------------------------------------------------------------- */

/* One interrupt, or else one piece of queued work; false if there is none. */
bool bench_step(Bench *bench);

/* Steps until nothing is left to do. */
void bench_run(Bench *bench);

/* AML operations executed so far, in the whole process. */
uint64_t bench_operations(void);

/* ---- the record --------------------------------------------------------- */

/* Forgets all that was written down, complaints too. */
void bench_forget(Bench *bench);

const BenchNotification *bench_notification(const Bench *bench, unsigned i);

/* Number of notifications of @path with @value. */
unsigned bench_count_notifications(const Bench *bench, const char *path,
                                   uint32_t value);

/* What the interpreter complained about, "" if it did not. */
const char *bench_complaints(const Bench *bench);

/* ---- objects ------------------------------------------------------------ */

typedef enum BenchType {
    BENCH_UNSET,              /* an uninitialized element; no return value */
    BENCH_INTEGER,
    BENCH_STRING,
    BENCH_BUFFER,
    BENCH_PACKAGE,
    BENCH_OTHER,
} BenchType;

/*
 * BenchValue: an object of AML
 *
 * @bytes: of a buffer, or of a string without its end
 * @elements: of BenchValue *, of a package
 */
typedef struct BenchValue {
    BenchType type;
    uint64_t integer;
    GByteArray *bytes;
    GPtrArray *elements;
} BenchValue;

BenchValue *bench_integer(uint64_t integer);
BenchValue *bench_buffer(const void *bytes, size_t length);
BenchValue *bench_empty_package(void);

/* A buffer with a UUID, as ToUUID makes it (ACPI 6.5, 19.6.143). */
BenchValue *bench_uuid(const char *text);

/* A value in words, for comparisons and messages; NULL is "nothing". */
char *bench_value_text(const BenchValue *value);

void bench_value_free(BenchValue *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BenchValue, bench_value_free)

/*
 * bench_evaluate: what the guest gets from a method or an object
 * @path: absolute
 * @...: arguments (BenchValue *, which it takes over), NULL at the end
 *
 * Returns NULL if it failed; the reason is in @bench->status.
 */
BenchValue *bench_evaluate(Bench *bench, const char *path, ...)
    G_GNUC_NULL_TERMINATED;

/* The guest gives a device back: _EJ0 (ACPI 6.5, 6.3.3), which must succeed. */
void bench_eject(Bench *bench, const char *device);

/* An object that must be there and be an integer. */
uint64_t bench_get_integer(Bench *bench, const char *path);

bool bench_exists(Bench *bench, const char *path);

/* Absolute paths (char *) of the devices right below a path. */
GPtrArray *bench_devices(Bench *bench, const char *path);

#endif /* TESTS_ACPICA_BENCH_H */
