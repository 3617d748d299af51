/*
 * Steps of qtests with slots of PCI Express ports
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine is hotplug_q35 with native hotplug; the slot is that of port1,
 * of place[1].  The steps are what a driver does.
 */

#ifndef TESTS_QTEST_SLOT_STEPS_H
#define TESTS_QTEST_SLOT_STEPS_H

#include "hotplug-steps.h"
#include "model/pcie-slot.h"

#define SLOT_NATIVE  "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"

uint16_t slot_control(Hotplug *h);
uint16_t slot_status(Hotplug *h);

/* Write Slot Control; take away, then add bits of it. */
void slot_command(Hotplug *h, uint16_t clear, uint16_t set);
void slot_clear_events(Hotplug *h);
void slot_light(Hotplug *h, PcieSlotIndicator indicator);

/* The guest takes a device into use, gives it back, or is about to. */
void slot_turn_on(Hotplug *h);
void slot_blink(Hotplug *h);
void slot_turn_off(Hotplug *h);

/* Vendor and device id of a function in the slot; all ones where none is. */
uint32_t slot_function_id(Hotplug *h, uint8_t function);
/* Class and revision: virtual functions have no id of their own. */
uint32_t slot_function_class(Hotplug *h, uint8_t function);

/* 16 bits into the extended configuration space of function 0 in the slot. */
void slot_extended_write(Hotplug *h, uint16_t offset, uint16_t value);

#endif /* TESTS_QTEST_SLOT_STEPS_H */
