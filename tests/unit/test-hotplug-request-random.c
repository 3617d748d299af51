/*
 * Test of hotplug requests: random events and time, and what must hold
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rules are in request-watch.h.
 */

#include "test-cmocka.h"
#include "request-walk.h"

#define WALKS  2000
#define STEPS  400

static void test_walks(void **state)
{
    Random random;
    Choices choices = { .random = &random };
    unsigned opened = 0, ended = 0;

    (void)state;
    random_start(&random, "test-hotplug-request-random");
    for (unsigned i = 0; i < WALKS; i++) {
        RequestWalk walk;
        unsigned step = 0;

        request_walk_start(&walk, &choices);
        while (step < STEPS && !walk.watch.broken) {
            request_walk_step(&walk, &choices);
            step++;
        }
        request_walk_rest(&walk);
        if (walk.watch.broken) {
            fail_msg("walk %u, step %u: not so: %s", i, step,
                     walk.watch.broken);
        }
        opened += walk.watch.opened;
        ended += walk.watch.ended;
    }
    print_message("# %u requests, %u ended\n", opened, ended);
    assert_true(ended > WALKS && opened - ended <= WALKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walks),
    };

    return cmocka_run_group_tests_name("requests, random events", tests, NULL,
                                       NULL);
}
