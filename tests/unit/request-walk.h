/*
 * A slot's hotplug requests on a walk: events that choices pick
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_REQUEST_WALK_H
#define TESTS_REQUEST_WALK_H

#include "choices.h"
#include "request-watch.h"

/*
 * RequestWalk
 *
 * @present: functions in the slot, one bit each
 */
typedef struct RequestWalk {
    RequestWatch watch;
    uint8_t present;
} RequestWalk;

/* An empty slot; its guest and the machine's timing are chosen, too. */
void request_walk_start(RequestWalk *walk, Choices *choices);

/* Lets time pass, perhaps, and one event happen that can. */
void request_walk_step(RequestWalk *walk, Choices *choices);

/*
 * The host waits until nothing is due any more, for so many signals at most.
 *
 * A guest that listens has answered nothing; what it was asked has to end.
 */
void request_walk_rest(RequestWalk *walk);

#endif /* TESTS_REQUEST_WALK_H */
