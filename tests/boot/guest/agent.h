/*
 * Agent of the test guest: what its parts share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The agent talks to the host over a terminal, in lines.  tests/boot/guest.py
 * is the other end.
 *
 *   host to guest:  ID VERB [ARGUMENTS]
 *   guest to host:  SEQUENCE MICROSECONDS KIND ...
 *
 * SEQUENCE counts the guest's lines from 1, so that the host sees when one is
 * missing; MICROSECONDS is the guest's monotonic clock.  KIND is one of
 *
 *   ready RELEASE            the agent listens; RELEASE is the kernel's
 *   uevent ACTION SUBSYSTEM DEVPATH [NAME]
 *                            the kernel reports a device; NAME is that of its
 *                            network interface or device node
 *   data ID TEXT             part of the answer to a command
 *   done ID STATUS           end of the answer; STATUS 0 means success
 */

#ifndef AGENT_H
#define AGENT_H

#include <stdint.h>

/* Longest line in either direction, with its newline. */
#define AGENT_LINE  4096

/* Sends a line of kind @kind; the rest is as with printf. */
void agent_send(const char *kind, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sends a data line that belongs to command @id. */
void agent_data(const char *id, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Sends a data line for each PCI function: key=value pairs, read from sysfs.
 * Returns 0 or an errno, negative.
 */
int pci_list(const char *id);

/*
 * The disk writer, a process of its own: writes and reads back block after
 * block of a disk, round and round.
 */

/*
 * Starts it on @arguments: "DEVICE MEBIBYTES SEED".  Returns 0 or an errno,
 * negative.
 */
int writer_start(const char *id, const char *arguments);

/* Sends what it has done so far.  Returns 0 or an errno, negative. */
int writer_status(const char *id);

/*
 * Stops it, lets it read all that it wrote once more and sends what it did.
 * Returns 0 or an errno, negative.
 */
int writer_stop(const char *id);

/*
 * Sends the font of console @path: a data line "WIDTH HEIGHT" in pixels, then
 * for each printable ASCII character "CODE ROWS", its rows from the top in
 * hexadecimal, each of whole bytes, leftmost pixel in bit 7.  Returns 0 or an
 * errno, negative.
 */
int console_font(const char *id, const char *path);

/*
 * Pictures on the outputs of a graphics card, numbered from 0.  A picture is a
 * pattern that @SEED stands for.  All return 0 or an errno, negative.
 */

/*
 * Begins to draw: "CARD OUTPUT WIDTH HEIGHT SEED", the card's device node, and
 * a mode that the output has.
 */
int drawing_start(const char *id, const char *arguments);

/*
 * Draws another picture into the same buffer and tells the kernel of a part of
 * it alone: "OUTPUT X Y WIDTH HEIGHT SEED".
 */
int drawing_dirty(const char *id, const char *arguments);

/* Draws into the other buffer and shows that: "OUTPUT SEED". */
int drawing_flip(const char *id, const char *arguments);

/* Shows a cursor of 64x64 pixels, none transparent: "OUTPUT X Y SEED". */
int drawing_cursor(const char *id, const char *arguments);

/* Gives the card back. */
int drawing_stop(const char *id);

#endif /* AGENT_H */
