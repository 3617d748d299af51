/*
 * The tables around a DSDT that make an interpreter load it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_ACPICA_TABLES_H
#define TESTS_ACPICA_TABLES_H

#include <stddef.h>

#include "machine.h"

typedef struct Tables Tables;

/*
 * tables_new: RSDP, XSDT, FADT and FACS for a board
 * @dsdt: a whole DSDT with its header; copied
 */
Tables *tables_new(const MachinePorts *ports, const void *dsdt, size_t length);
void tables_free(Tables *tables);

/* Where the interpreter starts; lives as long as @tables. */
const void *tables_root_pointer(const Tables *tables);

/*
 * tables_wrap: put a header with lengths and checksum before a table's body
 * @signature: four characters
 */
GByteArray *tables_wrap(const char *signature, uint8_t revision,
                        const void *body, size_t length);

#endif /* TESTS_ACPICA_TABLES_H */
