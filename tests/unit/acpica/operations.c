/*
 * Counts the AML operations that ACPICA executes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ACPICA calls AcpiDsExecBeginOp at the beginning of each operation; the linker
 * leads that call here (--wrap).
 */

#include "bench.h"
#include "acpica-names.h"

static uint64_t operations;

ACPI_STATUS __wrap_AcpiDsExecBeginOp(struct acpi_walk_state *state,
                                     union acpi_parse_object **operation)
{
    operations++;
    return __real_AcpiDsExecBeginOp(state, operation);
}

uint64_t bench_operations(void)
{
    return operations;
}
