/*
 * Register blocks with a recognizable content, for tests of acpi-slots
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_ACPI_SLOTS_FIXTURE_H
#define TESTS_ACPI_SLOTS_FIXTURE_H

#include "model/acpi-slots.h"

#define FIXTURE_INDEX  0x1dead

/* A block as QEMU may have it: banked and fast_scan by the bits of a number. */
typedef struct Variant {
    const char *name;
    bool banked;
    bool fast_scan;
} Variant;

#define VARIANTS  4
extern const Variant variants[VARIANTS];

/* What guests write to SEL: in range, at both ends of it, and far past it. */
#define SELECTS  6
extern const uint32_t selects[SELECTS];

/* Content of the fixture: no two buses and no two registers are alike. */
uint32_t fixture_up(uint32_t bus);
uint32_t fixture_down(uint32_t bus);
uint32_t fixture_removable(uint32_t bus);

/* All buses have requests, AIDX has a result, NEXT has buses to name. */
void fixture_fill(AcpiSlots *slots, const Variant *variant, uint32_t select);

/* Fails the test, naming the first field that differs, unless equal. */
void assert_same_state(const AcpiSlots *expected, const AcpiSlots *actual,
                       const char *what);

#endif /* TESTS_ACPI_SLOTS_FIXTURE_H */
