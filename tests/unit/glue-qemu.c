/*
 * What QEMU has for every file of the glue, as tests of such a file need it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qom/object.h"
#include "glue-qemu.h"

int qemu_loglevel;
bool message_with_timestamp;
uint32_t trace_events_enabled_count;
ObjectClass *glue_class;

void qemu_log(const char *format, ...)
{
}

int qemu_get_thread_id(void)
{
    return 1;
}

Object *object_dynamic_cast_assert(Object *object, const char *type,
                                   const char *file, int line,
                                   const char *function)
{
    return object;
}

ObjectClass *object_class_dynamic_cast_assert(ObjectClass *kind,
                                              const char *type,
                                              const char *file, int line,
                                              const char *function)
{
    return kind;
}

ObjectClass *object_get_class(Object *object)
{
    return glue_class;
}
