/*
 * Moving a guest to a second process, for qtests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "migration-steps.h"
#include "qobject/qdict.h"

/* 60 seconds */
#define POLL_MICROSECONDS  1000
#define POLLS              60000

static bool status_is(QTestState *qts, const char *query, const char *status)
{
    QDict *reply = qtest_qmp_assert_success_ref(qts, "{'execute': %s}", query);
    bool is = g_strcmp0(qdict_get_try_str(reply, "status"), status) == 0;

    qobject_unref(reply);
    return is;
}

void migration_wait_status(QTestState *qts, const char *query,
                           const char *status)
{
    for (int i = 0; i < POLLS; i++) {
        if (status_is(qts, query, status)) {
            return;
        }
        g_usleep(POLL_MICROSECONDS);
    }
    g_error("%s never said '%s'", query, status);
}

void migration_send(QTestState *qts, const char *uri)
{
    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': "
                             "{'uri': %s}}", uri);
    migration_wait_status(qts, "query-migrate", "completed");
}

void migration_wait_running(QTestState *qts)
{
    migration_wait_status(qts, "query-status", "running");
}
