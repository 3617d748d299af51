/*
 * The boards that most tests of AML run on
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "boards.h"

const TestBoard test_boards[TEST_BOARDS] = {
    { .express = true },
    { .express = true, .fast_scan = true },
    { .express = false },
    { .express = false, .fast_scan = true },
};

int test_on_all_boards(const struct CMUnitTest *tests, size_t count)
{
    g_autofree struct CMUnitTest *all = g_new0(struct CMUnitTest,
                                               count * TEST_BOARDS);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < count * TEST_BOARDS; i++) {
        const TestBoard *board = &test_boards[i / count];

        all[i] = tests[i % count];
        all[i].initial_state = (void *)board;
        all[i].teardown_func = bench_teardown;
        all[i].name = g_strdup_printf("%s: %s%s", all[i].name,
                                      board->express ? "q35" : "i440fx",
                                      board->fast_scan ? ", fast scan" : "");
        g_ptr_array_add(names, (void *)all[i].name);
    }
    return _cmocka_run_group_tests("tests", all, count * TEST_BOARDS, NULL,
                                   NULL);
}
