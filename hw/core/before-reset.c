/*
 * What has to happen before the machine is reset
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/core/before-reset.h"

static NotifierList notifiers = NOTIFIER_LIST_INITIALIZER(notifiers);

void before_reset_add(Notifier *notifier)
{
    notifier_list_add(&notifiers, notifier);
}

void before_reset_notify(ResetType type)
{
    notifier_list_notify(&notifiers, &type);
}
