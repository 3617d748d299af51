/*
 * The boards that most tests of AML run on
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_ACPICA_BOARDS_H
#define TESTS_ACPICA_BOARDS_H

#include "hotplug-dsdt.h"
#include "test-cmocka.h"

#define TEST_BOARDS  4
extern const TestBoard test_boards[TEST_BOARDS];

/*
 * test_on_all_boards: run tests on each board; the board is their state
 *
 * Returns what cmocka_run_group_tests() does.
 */
int test_on_all_boards(const struct CMUnitTest *tests, size_t count);

#endif /* TESTS_ACPICA_BOARDS_H */
