/*
 * ACPI PCI hotplug: between the registers and the devices
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_ACPI_PCIHP_INTERNAL_H
#define HW_ACPI_PCIHP_INTERNAL_H

#include "hw/acpi/pcihp.h"

/**
 * acpi_pcihp_eject_slot: remove the devices of a slot that the guest gave back
 * @bsel: below ACPI_PCIHP_MAX_HOTPLUG_BUS; there may be no such bus
 * @slot: below ACPI_SLOTS_PER_BUS; there may be nothing in it
 *
 * Bridges that the tables describe, virtual functions and devices that can't
 * be unplugged stay.  A device that failover keeps is only told so.
 */
void acpi_pcihp_eject_slot(AcpiPciHpState *s, uint32_t bsel, uint32_t slot);

/**
 * acpi_pcihp_find_index: the acpi-index of the newest device in a slot
 *
 * Returns 0 where there is no bus, no device or no index.
 */
uint32_t acpi_pcihp_find_index(const AcpiPciHpState *s, uint32_t bsel,
                               uint32_t slot);

#endif /* HW_ACPI_PCIHP_INTERNAL_H */
