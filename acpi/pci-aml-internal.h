/*
 * AML of PCI hotplug: what its sources share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef ACPI_PCI_AML_INTERNAL_H
#define ACPI_PCI_AML_INTERNAL_H

#include "hw/acpi/aml-build.h"

/* The mutex in PCI0 that goes with the registers, and a time-out for it. */
#define PCI_HOTPLUG_LOCK  "BLCK"
#define WAIT_FOREVER      0xFFFF

/* The field in PCI0 that _OSC reports to. */
#define PCI_OSC_REGISTER  "PCOS"

/* The field in PCI0 that a slot's _OST reports to, and the method between. */
#define PCI_OST_REGISTER  "PCOT"
#define PCI_OST_METHOD    "POST"

/**
 * aml_pci_slot_dsm: _DSM of a slot; asks the registers for the name
 */
Aml *aml_pci_slot_dsm(void);

/**
 * aml_pci_static_dsm: _DSM of a device that stays; knows its name
 * @acpi_index: not 0
 */
Aml *aml_pci_static_dsm(uint32_t acpi_index);

/**
 * aml_pci_slot_naming_method: PDSM, which all slots' _DSM methods call
 */
Aml *aml_pci_slot_naming_method(void);

/**
 * aml_pci_slot_ost: _OST of a slot
 */
Aml *aml_pci_slot_ost(void);

/**
 * aml_pci_ost_method: POST(bsel, slot, event, status), which all slots' _OST
 * methods call; it writes the report
 */
Aml *aml_pci_ost_method(void);

/**
 * aml_pci_ost_forwarder: POST in an expander's scope; calls PCI0's
 */
Aml *aml_pci_ost_forwarder(void);

#endif /* ACPI_PCI_AML_INTERNAL_H */
