/*
 * A bench that runs AML: ACPICA, our models behind the ports, and a record
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "../test-cmocka.h"
#include "bench.h"
#include "osl.h"
#include "tables.h"
#include "acpica-names.h"

#define MOST_STEPS      1000000
#define MOST_TABLES     16
#define MOST_ARGUMENTS  7

static Bench *current;

/* ---- life --------------------------------------------------------------- */

static void notified(ACPI_HANDLE device, UINT32 event, void *context);

static void must(ACPI_STATUS status, const char *what)
{
    if (status != AE_OK) {
        fail_msg("%s: %s\n%s", what, AcpiFormatException(status),
                 osl_messages());
    }
}

static void start_interpreter(Bench *bench)
{
    AcpiGbl_EnableInterpreterSlack = TRUE;
    must(AcpiInitializeSubsystem(), "initialize");
    must(AcpiInitializeTables(NULL, MOST_TABLES, FALSE), "find tables");
    must(AcpiLoadTables(), "load tables");
    must(AcpiEnableSubsystem(ACPI_FULL_INITIALIZATION), "enable");
    must(AcpiInstallNotifyHandler(ACPI_ROOT_OBJECT, ACPI_ALL_NOTIFY, notified,
                                  bench), "install the Notify handler");
    must(AcpiInitializeObjects(ACPI_FULL_INITIALIZATION), "run _INI");
}

static void clear_notification(gpointer notification)
{
    g_free(((BenchNotification *)notification)->path);
}

Bench *bench_new(const BenchSetup *setup, const void *dsdt, size_t length)
{
    Bench *bench = g_new0(Bench, 1);

    assert_null(current);
    current = bench;
    machine_init(&bench->machine, setup->ports, &setup->registers);
    bench->tables = tables_new(setup->ports, dsdt, length);
    bench->notifications = g_array_new(FALSE, TRUE,
                                       sizeof(BenchNotification));
    g_array_set_clear_func(bench->notifications, clear_notification);
    osl_attach(&bench->machine, tables_root_pointer(bench->tables));
    start_interpreter(bench);
    return bench;
}

void bench_free(Bench *bench)
{
    bench->machine.hook = NULL;
    AcpiTerminate();
    osl_detach();
    tables_free(bench->tables);
    machine_clear(&bench->machine);
    g_array_unref(bench->notifications);
    g_free(bench);
    current = NULL;
}

int bench_teardown(void **state)
{
    if (current) {
        bench_free(current);
    }
    return 0;
}

void bench_enable_events(Bench *bench)
{
    must(AcpiUpdateAllGpes(), "enable GPEs");
}

/* ---- time --------------------------------------------------------------- */

bool bench_step(Bench *bench)
{
    bool stepped;

    if (machine_sci(&bench->machine)) {
        stepped = osl_interrupt();
        if (!stepped) {
            fail_msg("nobody took the interrupt\n%s", osl_messages());
        }
    } else {
        stepped = osl_run_one();
    }
    if (osl_failure()) {
        fail_msg("%s\n%s", osl_failure(), osl_messages());
    }
    return stepped;
}

void bench_run(Bench *bench)
{
    for (unsigned i = 0; i < MOST_STEPS; i++) {
        if (!bench_step(bench)) {
            return;
        }
    }
    fail_msg("the guest does not come to rest");
}

/* ---- the record --------------------------------------------------------- */

static char *path_of(ACPI_HANDLE object)
{
    ACPI_BUFFER name = { ACPI_ALLOCATE_BUFFER, NULL };
    char *path;

    must(AcpiGetName(object, ACPI_FULL_PATHNAME_NO_TRAILING, &name),
         "name an object");
    path = g_strdup(name.Pointer);
    AcpiOsFree(name.Pointer);
    return path;
}

static void notified(ACPI_HANDLE device, UINT32 event, void *context)
{
    Bench *bench = context;
    BenchNotification notification = { path_of(device), event };

    g_array_append_val(bench->notifications, notification);
}

void bench_forget(Bench *bench)
{
    machine_forget(&bench->machine);
    g_array_set_size(bench->notifications, 0);
    osl_forget_messages();
}

const BenchNotification *bench_notification(const Bench *bench, unsigned i)
{
    return &g_array_index(bench->notifications, BenchNotification, i);
}

unsigned bench_count_notifications(const Bench *bench, const char *path,
                                   uint32_t value)
{
    unsigned count = 0;

    for (unsigned i = 0; i < bench->notifications->len; i++) {
        const BenchNotification *other = bench_notification(bench, i);

        count += other->value == value && strcmp(other->path, path) == 0;
    }
    return count;
}

/* The interpreter also tells which tables it loads; that is no complaint. */
const char *bench_complaints(const Bench *bench)
{
    static const char *const marks[] = { "Error", "Warning", "Exception" };
    const char *text = osl_messages();

    for (unsigned i = 0; i < COUNT_OF(marks); i++) {
        if (strstr(text, marks[i])) {
            return text;
        }
    }
    return "";
}

/* ---- objects ------------------------------------------------------------ */

static void set_argument(ACPI_OBJECT *object, const BenchValue *argument)
{
    static uint8_t nothing[1];

    switch (argument->type) {
    case BENCH_INTEGER:
        object->Type = ACPI_TYPE_INTEGER;
        object->Integer.Value = argument->integer;
        break;
    case BENCH_BUFFER:
        object->Type = ACPI_TYPE_BUFFER;
        object->Buffer.Length = argument->bytes->len;
        object->Buffer.Pointer = argument->bytes->data ?: nothing;
        break;
    case BENCH_PACKAGE:
        object->Type = ACPI_TYPE_PACKAGE;
        object->Package.Count = 0;
        object->Package.Elements = NULL;
        break;
    default:
        fail_msg("no argument can be of type %d", argument->type);
    }
}

static BenchValue *take_object(const ACPI_OBJECT *object)
{
    BenchValue *result;

    switch (object->Type) {
    case ACPI_TYPE_INTEGER:
        return bench_integer(object->Integer.Value);
    case ACPI_TYPE_STRING:
        result = bench_buffer(object->String.Pointer, object->String.Length);
        result->type = BENCH_STRING;
        return result;
    case ACPI_TYPE_BUFFER:
        return bench_buffer(object->Buffer.Pointer, object->Buffer.Length);
    case ACPI_TYPE_PACKAGE:
        result = bench_empty_package();
        for (UINT32 i = 0; i < object->Package.Count; i++) {
            g_ptr_array_add(result->elements,
                            take_object(&object->Package.Elements[i]));
        }
        return result;
    default:
        result = g_new0(BenchValue, 1);
        result->type = object->Type == ACPI_TYPE_ANY ? BENCH_UNSET
                                                     : BENCH_OTHER;
        return result;
    }
}

static BenchValue *take_result(ACPI_BUFFER *answer)
{
    BenchValue *result = answer->Pointer ? take_object(answer->Pointer)
                                         : g_new0(BenchValue, 1);

    AcpiOsFree(answer->Pointer);
    return result;
}

BenchValue *bench_evaluate(Bench *bench, const char *path, ...)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(
        (GDestroyNotify)bench_value_free);
    ACPI_OBJECT objects[MOST_ARGUMENTS];
    ACPI_OBJECT_LIST arguments = { 0, objects };
    ACPI_BUFFER answer = { ACPI_ALLOCATE_BUFFER, NULL };
    ACPI_STATUS status;
    BenchValue *value;
    va_list list;

    va_start(list, path);
    while ((value = va_arg(list, BenchValue *))) {
        g_ptr_array_add(values, value);
        assert_in_range(values->len, 1, MOST_ARGUMENTS);
        set_argument(&objects[arguments.Count++], value);
    }
    va_end(list);
    status = AcpiEvaluateObject(NULL, (ACPI_STRING)path, &arguments, &answer);
    bench->status = AcpiFormatException(status);
    return status == AE_OK ? take_result(&answer) : NULL;
}

void bench_eject(Bench *bench, const char *device)
{
    g_autofree char *method = g_strdup_printf("%s._EJ0", device);
    g_autoptr(BenchValue) result = bench_evaluate(bench, method,
                                                  bench_integer(1), NULL);

    if (!result) {
        fail_msg("%s: %s", method, bench->status);
    }
}

uint64_t bench_get_integer(Bench *bench, const char *path)
{
    g_autoptr(BenchValue) value = bench_evaluate(bench, path, NULL);

    if (!value || value->type != BENCH_INTEGER) {
        fail_msg("%s is no integer: %s", path, bench->status);
    }
    return value->integer;
}

bool bench_exists(Bench *bench, const char *path)
{
    ACPI_HANDLE object;

    return AcpiGetHandle(NULL, (ACPI_STRING)path, &object) == AE_OK;
}

GPtrArray *bench_devices(Bench *bench, const char *path)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    ACPI_HANDLE parent;
    ACPI_HANDLE device = NULL;

    must(AcpiGetHandle(NULL, (ACPI_STRING)path, &parent), path);
    while (AcpiGetNextObject(ACPI_TYPE_DEVICE, parent, device,
                             &device) == AE_OK) {
        g_ptr_array_add(paths, path_of(device));
    }
    return paths;
}
