/*
 * What every hotplug mode is put through
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One list of steps, run by the suite of each mode with what that mode is
 * expected to do.
 */

#ifndef TESTS_QTEST_HOTPLUG_MODE_CASES_H
#define TESTS_QTEST_HOTPLUG_MODE_CASES_H

#include "hotplug-path-steps.h"

/* What becomes of a port that is plugged into a switch's bus. */
typedef enum ModeLatePort {
    MODE_LATE_PORT_REFUSED,     /* it does not come */
    MODE_LATE_PORT_USELESS,     /* it comes, and takes no device */
    MODE_LATE_PORT_WORKS,
} ModeLatePort;

/*
 * ModeUnderTest: a machine in a mode, with a guest that has made its choice
 *
 * @name: for test paths
 * @arguments: of QEMU
 * @guest: what the guest has done
 * @mode: as query-pci-hotplug says
 * @method: that serves requests
 * @negotiated, @evidence: as the query says; NULL for nothing
 * @capable: the ports have the Hot-Plug Capable bit
 * @late: see ModeLatePort
 */
typedef struct ModeUnderTest {
    const char *name;
    const char *arguments;
    PathGuest guest;
    const char *mode;
    HotplugMethod method;
    const char *negotiated;
    const char *evidence;
    bool capable;
    ModeLatePort late;
} ModeUnderTest;

/* Adds the steps that make sense; @mode has to live as long as the program. */
void mode_add_cases(const ModeUnderTest *mode);

#endif /* TESTS_QTEST_HOTPLUG_MODE_CASES_H */
