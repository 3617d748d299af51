/*
 * Moving a guest to a second process, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_QTEST_MIGRATION_STEPS_H
#define TESTS_QTEST_MIGRATION_STEPS_H

#include "libqtest.h"

/*
 * Waits, in bounded time, until a QMP query that reports a status reports
 * @status.
 */
void migration_wait_status(QTestState *qts, const char *query,
                           const char *status);
/* Sends the guest to @uri and waits until all of it is there. */
void migration_send(QTestState *qts, const char *uri);
/* Waits until the guest that came runs. */
void migration_wait_running(QTestState *qts);

#endif /* TESTS_QTEST_MIGRATION_STEPS_H */
