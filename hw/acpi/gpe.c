/*
 * ACPI general-purpose event registers and the System Control Interrupt
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Binds the block that ACPIREGS keeps, and that PIIX4 and ICH9 migrate, to the
 * model (model/gpe.h).
 */

#include "qemu/osdep.h"
#include "hw/acpi/acpi.h"
#include "hw/acpi/gpe.h"
#include "hw/irq.h"
#include "model/gpe.h"
#include "trace.h"

static NotifierList enabled_notifiers =
    NOTIFIER_LIST_INITIALIZER(enabled_notifiers);

static GpeBlock block_of(ACPIREGS *ar)
{
    return (GpeBlock) {
        .status = ar->gpe.sts,
        .enable = ar->gpe.en,
        .length = ar->gpe.len / 2,
    };
}

void acpi_gpe_add_enabled_notifier(Notifier *notifier)
{
    notifier_list_add(&enabled_notifiers, notifier);
}

bool acpi_gpe_is_enabled(const ACPIREGS *ar, AcpiEventStatusBits event)
{
    return ar->gpe.en && ar->gpe.en[0] & event;
}

void acpi_gpe_init(ACPIREGS *ar, uint8_t len)
{
    /* ICH9 migrates @len bytes of each row, though half of them are used. */
    ar->gpe.sts = g_new0(uint8_t, len);
    ar->gpe.en = g_new0(uint8_t, len);
    ar->gpe.len = len;
}

void acpi_gpe_reset(ACPIREGS *ar)
{
    GpeBlock block = block_of(ar);

    gpe_reset(&block);
}

void acpi_gpe_ioport_writeb(ACPIREGS *ar, uint32_t addr, uint32_t val)
{
    GpeBlock block = block_of(ar);
    GpeEffect effect = gpe_write(&block, addr, val);

    if (effect.refused) {
        trace_acpi_gpe_refused(addr);
    } else if (gpe_is_status(&block, addr)) {
        trace_acpi_gpe_sts_ioport_writeb(addr, val);
    } else {
        trace_acpi_gpe_en_ioport_writeb(addr - block.length, val);
    }
    if (effect.enabled || effect.disabled) {
        AcpiGpeEnabled what = {
            .regs = ar,
            .byte = addr - block.length,
            .events = effect.enabled,
            .disabled = effect.disabled,
        };

        notifier_list_notify(&enabled_notifiers, &what);
    }
}

uint32_t acpi_gpe_ioport_readb(ACPIREGS *ar, uint32_t addr)
{
    GpeBlock block = block_of(ar);
    uint8_t value = gpe_read(&block, addr);

    if (addr >= ar->gpe.len) {
        trace_acpi_gpe_refused(addr);
    } else if (gpe_is_status(&block, addr)) {
        trace_acpi_gpe_sts_ioport_readb(addr, value);
    } else {
        trace_acpi_gpe_en_ioport_readb(addr - block.length, value);
    }
    return value;
}

void acpi_send_gpe_event(ACPIREGS *ar, qemu_irq irq, AcpiEventStatusBits status)
{
    GpeBlock block = block_of(ar);

    gpe_raise(&block, status);
    acpi_update_sci(ar, irq);
}

/* ACPI 6.5, 4.8.3.1 and 4.8.4.1: fixed events and general-purpose ones. */
void acpi_update_sci(ACPIREGS *regs, qemu_irq irq)
{
    const GpeBlock block = block_of(regs);
    uint16_t status = acpi_pm1_evt_get_sts(regs);
    uint16_t enable = regs->pm1.evt.en;
    bool timer_armed = (enable & ACPI_BITMASK_TIMER_ENABLE) &&
                       !(status & ACPI_BITMASK_TIMER_STATUS);

    qemu_set_irq(irq, (status & enable & ACPI_BITMASK_PM1_COMMON_ENABLED) ||
                      gpe_asserted(&block));
    acpi_pm_tmr_update(regs, timer_armed);
}
