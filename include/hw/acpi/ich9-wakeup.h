/*
 * ICH9: the ACPI register block outlives suspend to RAM
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_ACPI_ICH9_WAKEUP_H
#define HW_ACPI_ICH9_WAKEUP_H

#include "hw/pci/pci_device.h"

#define ICH9_PROP_KEEP_PM_BLOCK  "keep-pm-block-on-wakeup"

/**
 * ich9_keep_pm_block: keep a bridge's ACPI registers at their ports in resets
 * that wake the machine up
 * @lpc: an ICH9 LPC bridge, realizing; asked for once
 *
 * PMBASE and ACPI_CNTL keep their values (ICH9 data sheet, 13.1.13 and
 * 13.1.14); what is in the block is reset.
 */
void ich9_keep_pm_block(PCIDevice *lpc);

#endif /* HW_ACPI_ICH9_WAKEUP_H */
