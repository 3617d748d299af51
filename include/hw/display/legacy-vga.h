/*
 * Boards without legacy VGA, and the devices that are not for them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Legacy VGA is what a PC's firmware and boot screens draw on: the I/O ports
 * 0x3b0-0x3df and the memory window at 0xa0000.  A PCI function that has it
 * says so by its class code, 0x0300 (PCI Code and ID Assignment, 1.4).
 */

#ifndef HW_DISPLAY_LEGACY_VGA_H
#define HW_DISPLAY_LEGACY_VGA_H

#include "qom/object.h"

/*
 * The property, a boolean, of machines whose board has no legacy VGA: on lets
 * them have the devices all the same.
 */
#define LEGACY_VGA_PROP  "x-legacy-vga"

/*
 * legacy_vga_set_absent: a board says that it has no legacy VGA
 *
 * @machine_class: the class that says so, for all types derived from it; to be
 *                 called once, from its class_init
 */
void legacy_vga_set_absent(ObjectClass *machine_class);

/*
 * legacy_vga_may_realize: may a device be on this machine's board
 *
 * @device_class: any device's class
 *
 * Returns true unless it is a legacy VGA function, the board has no legacy VGA
 * and nobody insists; then sets @errp, which names what to use instead.
 */
bool legacy_vga_may_realize(ObjectClass *device_class, Error **errp);

/*
 * legacy_vga_may_add: the same, for a device that a user asks for
 *
 * @driver: as -device and device_add give it.  A legacy VGA device that this
 *          binary lacks is refused, too, so that the error says what to use.
 */
bool legacy_vga_may_add(const char *driver, Error **errp);

/*
 * legacy_vga_check_option: end QEMU where -vga is of no use to the board
 *
 * @model:     what the user gave to -vga
 * @available: the binary has such a device
 *
 * Does nothing on boards with legacy VGA, for -vga none, and, where the device
 * is available, if the user insists.
 */
void legacy_vga_check_option(const char *model, bool available);

#endif
