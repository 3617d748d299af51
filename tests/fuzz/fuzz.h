/*
 * What fuzz targets share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libFuzzer's entry: plays @data; returns 0, or ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, so that the input is kept, if a rule was broken. */
static inline void fuzz_expect(const char *broken)
{
    if (broken) {
        fprintf(stderr, "not so: %s\n", broken);
        abort();
    }
}

#endif /* TESTS_FUZZ_H */
