/*
 * cmocka, with the headers that it wants to see before its own
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_TEST_CMOCKA_H
#define TESTS_TEST_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT_OF(array)  (sizeof(array) / sizeof((array)[0]))

#endif /* TESTS_TEST_CMOCKA_H */
