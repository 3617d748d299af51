/*
 * The rules of vgpu-world.h
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first one that is broken is kept in the world.
 */

#ifndef TESTS_VGPU_RULES_H
#define TESTS_VGPU_RULES_H

#include "vgpu-world.h"

/* @rule is broken, unless it is true now. */
void vgpu_expect(VgpuWorld *world, bool true_now, const char *rule);

/* Resources, their hosts, scanouts and what viewers have */
void vgpu_rules_check_state(VgpuWorld *world);

/* What a refused command must not do */
void vgpu_rules_check_refused(VgpuWorld *world, const VgpuEffects *effects);

/* Whether it is one of 5.7.6.7's, of those that commands have */
bool vgpu_rules_is_answer(uint32_t answer);

/* An answer as bytes; @header: the command's */
void vgpu_rules_check_answer(VgpuWorld *world, VgpuAnswer answer,
                             const VgpuHeader *header);

/* An image's bytes as a transfer that is OK has to leave them, or NULL */
GByteArray *vgpu_rules_transferred(const VgpuWorld *world,
                                   const VgpuCommand *command);

/* Frees @expected, which is of the time before the command, or NULL. */
void vgpu_rules_check_transferred(VgpuWorld *world, const VgpuCommand *command,
                                  GByteArray *expected);

#endif /* TESTS_VGPU_RULES_H */
