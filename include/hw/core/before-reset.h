/*
 * What has to happen before the machine is reset
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * While devices are being reset none may come or go: those that registered for
 * reset can't take that back then.  Who removes devices on the occasion of a
 * reset does it before.
 */

#ifndef HW_CORE_BEFORE_RESET_H
#define HW_CORE_BEFORE_RESET_H

#include "hw/resettable.h"
#include "qemu/notify.h"

/**
 * before_reset_add: have @notifier called before each reset of the machine
 * @notifier: gets a pointer to the ResetType
 */
void before_reset_add(Notifier *notifier);

/**
 * before_reset_notify: the machine is about to be reset
 */
void before_reset_notify(ResetType type);

#endif /* HW_CORE_BEFORE_RESET_H */
