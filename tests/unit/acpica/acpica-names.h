/*
 * ACPICA's interface, by the names of its own documentation
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's copy of ACPICA is the same library with every name rewritten to
 * the kernel's style.  Where it is used (ACPICA_FROM_LINUX), this header gives
 * back the names that the test bench uses.  It must come after all other
 * headers, because it names fields of structs.
 */

#ifndef TESTS_ACPICA_NAMES_H
#define TESTS_ACPICA_NAMES_H

#ifndef ACPICA_FROM_LINUX

#include "acpi.h"

#else

#include <acpi/acpi.h>

typedef u8 UINT8;
typedef u16 UINT16;
typedef u32 UINT32;
typedef u64 UINT64;
typedef acpi_status ACPI_STATUS;
typedef acpi_handle ACPI_HANDLE;
typedef acpi_size ACPI_SIZE;
typedef acpi_string ACPI_STRING;
typedef acpi_object_type ACPI_OBJECT_TYPE;
typedef acpi_physical_address ACPI_PHYSICAL_ADDRESS;
typedef acpi_io_address ACPI_IO_ADDRESS;
typedef acpi_execute_type ACPI_EXECUTE_TYPE;
typedef acpi_osd_handler ACPI_OSD_HANDLER;
typedef acpi_osd_exec_callback ACPI_OSD_EXEC_CALLBACK;
typedef union acpi_object ACPI_OBJECT;
typedef struct acpi_object_list ACPI_OBJECT_LIST;
typedef struct acpi_buffer ACPI_BUFFER;
typedef struct acpi_predefined_names ACPI_PREDEFINED_NAMES;
typedef struct acpi_table_header ACPI_TABLE_HEADER;
typedef struct acpi_pci_id ACPI_PCI_ID;

#define BOOLEAN                     u8
#define ACPI_CACHE_T                acpi_cache_t
#define ACPI_CPU_FLAGS              acpi_cpu_flags
#define ACPI_SEMAPHORE              acpi_semaphore
#define ACPI_SPINLOCK               acpi_spinlock
#define ACPI_THREAD_ID              acpi_thread_id

/* Fields of ACPI_OBJECT, ACPI_OBJECT_LIST and ACPI_BUFFER */
#define Buffer                      buffer
#define Count                       count
#define Elements                    elements
#define Integer                     integer
#define Length                      length
#define Package                     package
#define Pointer                     pointer
#define String                      string
#define Type                        type
#define Value                       value

/* What the bench calls and sets */
#define AcpiGbl_EnableInterpreterSlack acpi_gbl_enable_interpreter_slack
#define AcpiEnableSubsystem         acpi_enable_subsystem
#define AcpiEvaluateObject          acpi_evaluate_object
#define AcpiFormatException         acpi_format_exception
#define AcpiGetHandle               acpi_get_handle
#define AcpiGetName                 acpi_get_name
#define AcpiGetNextObject           acpi_get_next_object
#define AcpiGetType                 acpi_get_type
#define AcpiInitializeObjects       acpi_initialize_objects
#define AcpiInitializeSubsystem     acpi_initialize_subsystem
#define AcpiInitializeTables        acpi_initialize_tables
#define AcpiInstallNotifyHandler    acpi_install_notify_handler
#define AcpiLoadTables              acpi_load_tables
#define AcpiTerminate               acpi_terminate
#define AcpiUpdateAllGpes           acpi_update_all_gpes

/* What ACPICA calls: operating system services */
#define AcpiOsAcquireLock           acpi_os_acquire_lock
#define AcpiOsAcquireObject         acpi_os_acquire_object
#define AcpiOsAllocate              acpi_os_allocate
#define AcpiOsCreateCache           acpi_os_create_cache
#define AcpiOsCreateLock            acpi_os_create_lock
#define AcpiOsCreateSemaphore       acpi_os_create_semaphore
#define AcpiOsDeleteCache           acpi_os_delete_cache
#define AcpiOsDeleteLock            acpi_os_delete_lock
#define AcpiOsDeleteSemaphore       acpi_os_delete_semaphore
#define AcpiOsEnterSleep            acpi_os_enter_sleep
#define AcpiOsExecute               acpi_os_execute
#define AcpiOsFree                  acpi_os_free
#define AcpiOsGetRootPointer        acpi_os_get_root_pointer
#define AcpiOsGetThreadId           acpi_os_get_thread_id
#define AcpiOsGetTimer              acpi_os_get_timer
#define AcpiOsInitialize            acpi_os_initialize
#define AcpiOsInstallInterruptHandler acpi_os_install_interrupt_handler
#define AcpiOsMapMemory             acpi_os_map_memory
#define AcpiOsPhysicalTableOverride acpi_os_physical_table_override
#define AcpiOsPredefinedOverride    acpi_os_predefined_override
#define AcpiOsPrintf                acpi_os_printf
#define AcpiOsPurgeCache            acpi_os_purge_cache
#define AcpiOsReadMemory            acpi_os_read_memory
#define AcpiOsReadPciConfiguration  acpi_os_read_pci_configuration
#define AcpiOsReadPort              acpi_os_read_port
#define AcpiOsReleaseLock           acpi_os_release_lock
#define AcpiOsReleaseObject         acpi_os_release_object
#define AcpiOsRemoveInterruptHandler acpi_os_remove_interrupt_handler
#define AcpiOsSignal                acpi_os_signal
#define AcpiOsSignalSemaphore       acpi_os_signal_semaphore
#define AcpiOsSleep                 acpi_os_sleep
#define AcpiOsStall                 acpi_os_stall
#define AcpiOsTableOverride         acpi_os_table_override
#define AcpiOsTerminate             acpi_os_terminate
#define AcpiOsUnmapMemory           acpi_os_unmap_memory
#define AcpiOsVprintf               acpi_os_vprintf
#define AcpiOsWaitEventsComplete    acpi_os_wait_events_complete
#define AcpiOsWaitSemaphore         acpi_os_wait_semaphore
#define AcpiOsWriteMemory           acpi_os_write_memory
#define AcpiOsWritePciConfiguration acpi_os_write_pci_configuration
#define AcpiOsWritePort             acpi_os_write_port

/* Made by the linker's --wrap, see operations.c */
#define __real_AcpiDsExecBeginOp    __real_acpi_ds_exec_begin_op
#define __wrap_AcpiDsExecBeginOp    __wrap_acpi_ds_exec_begin_op

#endif /* ACPICA_FROM_LINUX */

struct acpi_walk_state;
union acpi_parse_object;

ACPI_STATUS __real_AcpiDsExecBeginOp(struct acpi_walk_state *state,
                                     union acpi_parse_object **operation);
ACPI_STATUS __wrap_AcpiDsExecBeginOp(struct acpi_walk_state *state,
                                     union acpi_parse_object **operation);

#endif /* TESTS_ACPICA_NAMES_H */
