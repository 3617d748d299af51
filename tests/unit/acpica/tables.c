/*
 * The tables around a DSDT that make an interpreter load it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "tables.h"

#define HEADER_BYTES    36       /* ACPI 6.5, 5.2.6 */
#define LENGTH_OFFSET   4
#define CHECKSUM_OFFSET 9
#define RSDP_BYTES      36       /* 5.2.5.3 */
#define FADT_BYTES      0xf4     /* 5.2.9, as of revision 3 */
#define FADT_REVISION   3
#define FACS_BYTES      64       /* 5.2.10 */
#define FACS_ALIGNMENT  64

struct Tables {
    uint8_t rsdp[RSDP_BYTES];
    uint8_t facs[FACS_BYTES] __attribute__((aligned(FACS_ALIGNMENT)));
    GByteArray *xsdt;
    GByteArray *fadt;
    GByteArray *dsdt;
};

static void put(uint8_t *table, size_t offset, size_t bytes, uint64_t value)
{
    for (size_t i = 0; i < bytes; i++) {
        table[offset + i] = value >> 8 * i;
    }
}

static void put_address(uint8_t *table, size_t offset, const void *address)
{
    put(table, offset, 8, (uintptr_t)address);
}

static void put_checksum(uint8_t *table, size_t offset, size_t length)
{
    uint8_t sum = 0;

    table[offset] = 0;
    for (size_t i = 0; i < length; i++) {
        sum += table[i];
    }
    table[offset] = -sum;
}

GByteArray *tables_wrap(const char *signature, uint8_t revision,
                        const void *body, size_t length)
{
    GByteArray *table = g_byte_array_new();
    uint8_t header[HEADER_BYTES] = { 0 };

    memcpy(header, signature, 4);
    put(header, LENGTH_OFFSET, 4, HEADER_BYTES + length);
    header[8] = revision;
    memcpy(header + 10, "TESTS UNITTEST", 14);
    put(header, 24, 4, 1);
    memcpy(header + 28, "TEST", 4);
    put(header, 32, 4, 1);
    g_byte_array_append(table, header, sizeof(header));
    g_byte_array_append(table, body, length);
    put_checksum(table->data, CHECKSUM_OFFSET, table->len);
    return table;
}

/* Offsets: ACPI 6.5, table 5.9. */
static GByteArray *make_fadt(const MachinePorts *ports, const void *facs,
                             const void *dsdt)
{
    uint8_t fadt[FADT_BYTES] = { 0 };

    put(fadt, 46, 2, MACHINE_SCI);
    put(fadt, 56, 4, ports->power);
    put(fadt, 64, 4, ports->power + 4);
    put(fadt, 76, 4, ports->power + 8);
    put(fadt, 80, 4, ports->gpe);
    put(fadt, 88, 1, 4);
    put(fadt, 89, 1, 2);
    put(fadt, 91, 1, 4);
    put(fadt, 92, 1, 2 * ports->gpe_bytes);
    put_address(fadt, 132, facs);
    put_address(fadt, 140, dsdt);
    return tables_wrap("FACP", FADT_REVISION, fadt + HEADER_BYTES,
                       sizeof(fadt) - HEADER_BYTES);
}

static void make_facs(uint8_t *facs)
{
    memcpy(facs, "FACS", 4);
    put(facs, LENGTH_OFFSET, 4, FACS_BYTES);
}

static void make_rsdp(uint8_t *rsdp, const void *xsdt)
{
    memcpy(rsdp, "RSD PTR TESTS ", 8);
    memcpy(rsdp + 9, "TESTS ", 6);
    rsdp[15] = 2;
    put(rsdp, 20, 4, RSDP_BYTES);
    put_address(rsdp, 24, xsdt);
    put_checksum(rsdp, 8, 20);
    put_checksum(rsdp, 32, RSDP_BYTES);
}

Tables *tables_new(const MachinePorts *ports, const void *dsdt, size_t length)
{
    Tables *tables = g_aligned_alloc0(1, sizeof(*tables), FACS_ALIGNMENT);
    uint8_t entry[8];

    tables->dsdt = g_byte_array_new();
    g_byte_array_append(tables->dsdt, dsdt, length);
    make_facs(tables->facs);
    tables->fadt = make_fadt(ports, tables->facs, tables->dsdt->data);
    put_address(entry, 0, tables->fadt->data);
    tables->xsdt = tables_wrap("XSDT", 1, entry, sizeof(entry));
    make_rsdp(tables->rsdp, tables->xsdt->data);
    return tables;
}

void tables_free(Tables *tables)
{
    g_byte_array_unref(tables->dsdt);
    g_byte_array_unref(tables->fadt);
    g_byte_array_unref(tables->xsdt);
    g_aligned_free(tables);
}

const void *tables_root_pointer(const Tables *tables)
{
    return tables->rsdp;
}
