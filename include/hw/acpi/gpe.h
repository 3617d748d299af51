/*
 * ACPI general-purpose event registers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What hw/acpi/gpe.c tells beyond the interface of hw/acpi/acpi.h.
 */

#ifndef HW_ACPI_GPE_H
#define HW_ACPI_GPE_H

#include "hw/acpi/acpi.h"
#include "qemu/notify.h"

/*
 * AcpiGpeEnabled: the guest enabled events, or disabled them
 *
 * @regs: whose
 * @byte: index of the enable byte
 * @events: bits of it that went from 0 to 1
 * @disabled: those that went from 1 to 0
 */
typedef struct AcpiGpeEnabled {
    const ACPIREGS *regs;
    uint32_t byte;
    uint8_t events;
    uint8_t disabled;
} AcpiGpeEnabled;

/**
 * acpi_gpe_add_enabled_notifier: hear of it when a guest enables events, or
 * disables them
 * @notifier: gets an AcpiGpeEnabled; from within the guest's write, before the
 *            interrupt is updated
 */
void acpi_gpe_add_enabled_notifier(Notifier *notifier);

/**
 * acpi_gpe_is_enabled: whether the guest has enabled an event
 * @event: of the first byte
 */
bool acpi_gpe_is_enabled(const ACPIREGS *ar, AcpiEventStatusBits event);

#endif /* HW_ACPI_GPE_H */
