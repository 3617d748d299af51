/*
 * Operating system services for ACPICA: a machine, and a queue of work
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ACPICA's own osunixxf.c has threads, and no I/O ports.
 */

#include <glib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "osl.h"
#include "acpica-names.h"

typedef struct Work {
    ACPI_OSD_EXEC_CALLBACK function;
    void *context;
} Work;

typedef struct Semaphore {
    UINT32 units;
} Semaphore;

static struct {
    Machine *machine;
    const void *root_pointer;
    GQueue work;
    GString *messages;
    const char *failure;
    ACPI_OSD_HANDLER interrupt_handler;
    void *interrupt_context;
    UINT64 timer;
} osl;

/* ---- for the bench ------------------------------------------------------ */

void osl_attach(Machine *machine, const void *root_pointer)
{
    g_assert(!osl.machine);
    osl.machine = machine;
    osl.root_pointer = root_pointer;
    osl.messages = g_string_new(NULL);
    osl.failure = NULL;
    g_queue_init(&osl.work);
}

void osl_detach(void)
{
    g_queue_clear_full(&osl.work, g_free);
    g_string_free(osl.messages, TRUE);
    osl.messages = NULL;
    osl.machine = NULL;
}

bool osl_interrupt(void)
{
    const UINT32 handled = 1;

    return osl.interrupt_handler &&
           osl.interrupt_handler(osl.interrupt_context) == handled;
}

bool osl_run_one(void)
{
    g_autofree Work *work = g_queue_pop_head(&osl.work);

    if (work) {
        work->function(work->context);
    }
    return work != NULL;
}

unsigned osl_queued(void)
{
    return g_queue_get_length(&osl.work);
}

const char *osl_messages(void)
{
    return osl.messages->str;
}

void osl_forget_messages(void)
{
    g_string_truncate(osl.messages, 0);
}

const char *osl_failure(void)
{
    return osl.failure;
}

/* ---- start, end, tables ------------------------------------------------- */

ACPI_STATUS AcpiOsInitialize(void)
{
    return AE_OK;
}

ACPI_STATUS AcpiOsTerminate(void)
{
    return AE_OK;
}

ACPI_PHYSICAL_ADDRESS AcpiOsGetRootPointer(void)
{
    return (ACPI_PHYSICAL_ADDRESS)(uintptr_t)osl.root_pointer;
}

ACPI_STATUS AcpiOsPredefinedOverride(const ACPI_PREDEFINED_NAMES *name,
                                     ACPI_STRING *value)
{
    *value = NULL;
    return AE_OK;
}

ACPI_STATUS AcpiOsTableOverride(ACPI_TABLE_HEADER *table,
                                ACPI_TABLE_HEADER **other)
{
    *other = NULL;
    return AE_OK;
}

ACPI_STATUS AcpiOsPhysicalTableOverride(ACPI_TABLE_HEADER *table,
                                        ACPI_PHYSICAL_ADDRESS *address,
                                        UINT32 *length)
{
    *address = 0;
    return AE_OK;
}

/* ---- memory: addresses of this process are physical addresses ----------- */

void *AcpiOsAllocate(ACPI_SIZE size)
{
    return malloc(size);
}

void AcpiOsFree(void *memory)
{
    free(memory);
}

void *AcpiOsMapMemory(ACPI_PHYSICAL_ADDRESS address, ACPI_SIZE length)
{
    return (void *)(uintptr_t)address;
}

void AcpiOsUnmapMemory(void *address, ACPI_SIZE length)
{
}

/* A cache holds nothing back, so that address sanitizers see each object. */
ACPI_STATUS AcpiOsCreateCache(char *name, UINT16 size, UINT16 depth,
                              ACPI_CACHE_T **cache)
{
    ACPI_SIZE *object_size = malloc(sizeof(*object_size));

    *object_size = size;
    *cache = (ACPI_CACHE_T *)object_size;
    return AE_OK;
}

ACPI_STATUS AcpiOsDeleteCache(ACPI_CACHE_T *cache)
{
    free(cache);
    return AE_OK;
}

ACPI_STATUS AcpiOsPurgeCache(ACPI_CACHE_T *cache)
{
    return AE_OK;
}

void *AcpiOsAcquireObject(ACPI_CACHE_T *cache)
{
    return calloc(1, *(ACPI_SIZE *)cache);
}

ACPI_STATUS AcpiOsReleaseObject(ACPI_CACHE_T *cache, void *object)
{
    free(object);
    return AE_OK;
}

/* ---- locks: with one thread, to wait is to wait for ever ---------------- */

ACPI_STATUS AcpiOsCreateLock(ACPI_SPINLOCK *lock)
{
    *lock = malloc(1);
    return AE_OK;
}

void AcpiOsDeleteLock(ACPI_SPINLOCK lock)
{
    free(lock);
}

ACPI_CPU_FLAGS AcpiOsAcquireLock(ACPI_SPINLOCK lock)
{
    return 0;
}

void AcpiOsReleaseLock(ACPI_SPINLOCK lock, ACPI_CPU_FLAGS flags)
{
}

ACPI_STATUS AcpiOsCreateSemaphore(UINT32 max_units, UINT32 initial_units,
                                  ACPI_SEMAPHORE *handle)
{
    Semaphore *semaphore = malloc(sizeof(*semaphore));

    semaphore->units = initial_units;
    *handle = semaphore;
    return AE_OK;
}

ACPI_STATUS AcpiOsDeleteSemaphore(ACPI_SEMAPHORE handle)
{
    free(handle);
    return AE_OK;
}

ACPI_STATUS AcpiOsWaitSemaphore(ACPI_SEMAPHORE handle, UINT32 units,
                                UINT16 timeout)
{
    Semaphore *semaphore = (Semaphore *)handle;

    if (semaphore->units < units) {
        if (timeout == ACPI_WAIT_FOREVER) {
            osl.failure = "the interpreter waits for ever";
        }
        return AE_TIME;
    }
    semaphore->units -= units;
    return AE_OK;
}

ACPI_STATUS AcpiOsSignalSemaphore(ACPI_SEMAPHORE handle, UINT32 units)
{
    ((Semaphore *)handle)->units += units;
    return AE_OK;
}

/* ---- threads and time --------------------------------------------------- */

ACPI_THREAD_ID AcpiOsGetThreadId(void)
{
    return (ACPI_THREAD_ID)1;
}

ACPI_STATUS AcpiOsExecute(ACPI_EXECUTE_TYPE type,
                          ACPI_OSD_EXEC_CALLBACK function, void *context)
{
    Work *work = g_new(Work, 1);

    work->function = function;
    work->context = context;
    g_queue_push_tail(&osl.work, work);
    return AE_OK;
}

void AcpiOsWaitEventsComplete(void)
{
    bool busy;

    do {
        busy = osl_run_one();
    } while (busy);
}

void AcpiOsSleep(UINT64 milliseconds)
{
    osl.timer += milliseconds * 10000;
}

void AcpiOsStall(UINT32 microseconds)
{
    osl.timer += microseconds * 10;
}

/* In units of 100 ns; stands still but for sleeping, so no loop times out. */
UINT64 AcpiOsGetTimer(void)
{
    return osl.timer;
}

/* ---- interrupt ---------------------------------------------------------- */

ACPI_STATUS AcpiOsInstallInterruptHandler(UINT32 number,
                                          ACPI_OSD_HANDLER handler,
                                          void *context)
{
    if (number != MACHINE_SCI || osl.interrupt_handler) {
        return AE_BAD_PARAMETER;
    }
    osl.interrupt_handler = handler;
    osl.interrupt_context = context;
    return AE_OK;
}

ACPI_STATUS AcpiOsRemoveInterruptHandler(UINT32 number,
                                         ACPI_OSD_HANDLER handler)
{
    osl.interrupt_handler = NULL;
    return AE_OK;
}

/* ---- ports, memory, configuration space --------------------------------- */

ACPI_STATUS AcpiOsReadPort(ACPI_IO_ADDRESS port, UINT32 *value, UINT32 bits)
{
    *value = machine_read(osl.machine, port, bits / 8);
    return AE_OK;
}

ACPI_STATUS AcpiOsWritePort(ACPI_IO_ADDRESS port, UINT32 value, UINT32 bits)
{
    machine_write(osl.machine, port, bits / 8, value);
    return AE_OK;
}

ACPI_STATUS AcpiOsReadMemory(ACPI_PHYSICAL_ADDRESS address, UINT64 *value,
                             UINT32 bits)
{
    osl.failure = "a table reads memory";
    *value = 0;
    return AE_SUPPORT;
}

ACPI_STATUS AcpiOsWriteMemory(ACPI_PHYSICAL_ADDRESS address, UINT64 value,
                              UINT32 bits)
{
    osl.failure = "a table writes memory";
    return AE_SUPPORT;
}

/* An empty configuration space: all that is asked for is not there. */
ACPI_STATUS AcpiOsReadPciConfiguration(ACPI_PCI_ID *id, UINT32 reg,
                                       UINT64 *value, UINT32 bits)
{
    *value = UINT64_MAX >> (64 - bits);
    return AE_OK;
}

ACPI_STATUS AcpiOsWritePciConfiguration(ACPI_PCI_ID *id, UINT32 reg,
                                        UINT64 value, UINT32 bits)
{
    return AE_OK;
}

/* ---- messages ----------------------------------------------------------- */

void AcpiOsVprintf(const char *format, va_list arguments)
{
    g_string_append_vprintf(osl.messages, format, arguments);
}

void AcpiOsPrintf(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    AcpiOsVprintf(format, arguments);
    va_end(arguments);
}

ACPI_STATUS AcpiOsSignal(UINT32 function, void *information)
{
    osl.failure = "a table executed Fatal or Breakpoint";
    return AE_OK;
}

ACPI_STATUS AcpiOsEnterSleep(UINT8 state, UINT32 a, UINT32 b)
{
    return AE_OK;
}
