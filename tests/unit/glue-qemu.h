/*
 * What QEMU has for every file of the glue, as tests of such a file need it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Casts succeed, messages and trace events go nowhere.
 */

#ifndef TESTS_UNIT_GLUE_QEMU_H
#define TESTS_UNIT_GLUE_QEMU_H

#include "qom/object.h"

extern bool message_with_timestamp;
extern uint32_t trace_events_enabled_count;

/* The class of all objects; the test's to set. */
extern ObjectClass *glue_class;

#endif /* TESTS_UNIT_GLUE_QEMU_H */
