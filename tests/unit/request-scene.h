/*
 * Hotplug requests by ACPI, with the guest's AML between host and guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ACPICA runs the tables against the registers, and what it reads and writes
 * there reaches the requests, as in hw/acpi/pcihp.c.  The guest's handler of
 * notifications is here, with habits good and bad.
 */

#ifndef TESTS_REQUEST_SCENE_H
#define TESTS_REQUEST_SCENE_H

#include "acpi-host.h"
#include "acpica/hotplug-guest.h"

#define BUSES   5
#define MINUTE  60000

extern const HotplugRequestTiming scene_timing;

/*
 * What the guest does when it is told to eject
 *
 * @EJECTS: as Linux does: _EJ0, then _OST where there is one
 * @IGNORES: nothing, not even an answer
 */
typedef enum Habit {
    EJECTS,
    EJECTS_TWICE,
    SAYS_IN_PROGRESS_FIRST,
    SAYS_SUCCESS_FIRST,
    DECLINES,
    IGNORES,
    HABITS,
} Habit;

/*
 * Scene: host, guest, and how much of the guest's record the host has seen
 *
 * @handled: notifications that the guest's handler took
 */
typedef struct Scene {
    TestGuest guest;
    AcpiHost host;
    AcpiHostSlot slots[BUSES];
    Habit habit;
    bool listening;
    unsigned handled;
    unsigned ejects;
    unsigned osts;
    unsigned reports;
} Scene;

/* @listening: whether the guest has enabled its events already */
void scene_start(Scene *scene, const TestBoard *board, bool listening);

void scene_end(Scene *scene);

/* ---- the guest ---------------------------------------------------------- */

/* It evaluates a slot's _OST, where there is one. */
void scene_say(Scene *scene, const AcpiHostSlot *slot, uint32_t event,
               uint32_t status);

void scene_eject(Scene *scene, const AcpiHostSlot *slot);

/* It runs until it has nothing to do, at this time. */
void scene_run(Scene *scene);

/* Time passes until all is done. */
void scene_settle(Scene *scene);

/* It enables its events, or masks them. */
void scene_listen(Scene *scene, bool on);

/* How many notifications there were */
unsigned scene_told(const Scene *scene);

/* ---- host's requests ---------------------------------------------------- */

void scene_plug_all(Scene *scene);
void scene_unplug_all(Scene *scene);

/* Each slot has had so many that ended so. */
void assert_ended(const Scene *scene, HotplugOutcome outcome, unsigned count);

/* Each slot has these functions. */
void assert_present(const Scene *scene, uint8_t functions);

#endif /* TESTS_REQUEST_SCENE_H */
