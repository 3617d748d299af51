/*
 * Operating system services for ACPICA: a machine, and a queue of work
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * There is one thread.  What ACPICA wants done later (GPE methods, Notify
 * handlers, enabling a GPE again) is queued and run in that order by
 * osl_run_one(), so that a test decides what happens when.
 *
 * ACPICA keeps its state in global variables; so does this layer.  It serves
 * one machine at a time.
 */

#ifndef TESTS_ACPICA_OSL_H
#define TESTS_ACPICA_OSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"

/*
 * osl_attach: serve @machine from now on
 * @root_pointer: address of the RSDP in this process
 */
void osl_attach(Machine *machine, const void *root_pointer);

/* osl_detach: drop what is queued and all that was printed */
void osl_detach(void);

/* osl_interrupt: call the interrupt handler; false if it did not feel meant */
bool osl_interrupt(void);

/* osl_run_one: run the oldest queued work; false if there was none */
bool osl_run_one(void);

/* osl_queued: amount of work that waits */
unsigned osl_queued(void);

/* osl_messages: what ACPICA complained about since osl_attach() */
const char *osl_messages(void);

/* osl_forget_messages: start anew with what osl_messages() gives */
void osl_forget_messages(void);

/* osl_failure: why the services were used in a way they can't serve, or NULL */
const char *osl_failure(void);

#endif /* TESTS_ACPICA_OSL_H */
