/*
 * Objects of AML, for tests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <string.h>

#include "bench.h"

#define UUID_BYTES 16

static BenchValue *new_value(BenchType type)
{
    BenchValue *value = g_new0(BenchValue, 1);

    value->type = type;
    return value;
}

BenchValue *bench_integer(uint64_t integer)
{
    BenchValue *value = new_value(BENCH_INTEGER);

    value->integer = integer;
    return value;
}

BenchValue *bench_buffer(const void *bytes, size_t length)
{
    BenchValue *value = new_value(BENCH_BUFFER);

    value->bytes = g_byte_array_new();
    g_byte_array_append(value->bytes, bytes, length);
    return value;
}

BenchValue *bench_empty_package(void)
{
    BenchValue *value = new_value(BENCH_PACKAGE);

    value->elements = g_ptr_array_new_with_free_func(
        (GDestroyNotify)bench_value_free);
    return value;
}

/* The three leading groups are little-endian numbers. */
BenchValue *bench_uuid(const char *text)
{
    static const uint8_t order[UUID_BYTES] = {
        3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15,
    };
    uint8_t bytes[UUID_BYTES];

    for (unsigned i = 0; i < UUID_BYTES; i++) {
        unsigned byte;

        text += *text == '-';
        g_assert(sscanf(text, "%2x", &byte) == 1);
        bytes[order[i]] = byte;
        text += 2;
    }
    return bench_buffer(bytes, sizeof(bytes));
}

static void append_text(GString *text, const BenchValue *value)
{
    static const char *const names[] = {
        [BENCH_UNSET] = "unset", [BENCH_INTEGER] = "integer",
        [BENCH_STRING] = "string", [BENCH_BUFFER] = "buffer",
        [BENCH_PACKAGE] = "package", [BENCH_OTHER] = "other",
    };

    g_string_append(text, names[value->type]);
    if (value->type == BENCH_INTEGER) {
        g_string_append_printf(text, " 0x%" G_GINT64_MODIFIER "x",
                               value->integer);
    }
    for (guint i = 0; value->bytes && i < value->bytes->len; i++) {
        g_string_append_printf(text, " %02x", value->bytes->data[i]);
    }
    for (guint i = 0; value->elements && i < value->elements->len; i++) {
        g_string_append(text, i ? ", " : " (");
        append_text(text, g_ptr_array_index(value->elements, i));
    }
    g_string_append(text, value->elements ? ")" : "");
}

char *bench_value_text(const BenchValue *value)
{
    GString *text = g_string_new(value ? NULL : "nothing");

    if (value) {
        append_text(text, value);
    }
    return g_string_free(text, FALSE);
}

void bench_value_free(BenchValue *value)
{
    if (value && value->bytes) {
        g_byte_array_unref(value->bytes);
    }
    if (value && value->elements) {
        g_ptr_array_unref(value->elements);
    }
    g_free(value);
}
