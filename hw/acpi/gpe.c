/*
 * ACPI general-purpose event registers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Binds the block that ACPIREGS keeps, and that PIIX4 and ICH9 migrate, to the
 * model (model/gpe.h).  The interrupt line stays with acpi_update_sci(), which
 * weighs PM1 events too.
 */

#include "qemu/osdep.h"
#include "hw/acpi/acpi.h"
#include "model/gpe.h"
#include "trace.h"

static GpeBlock block_of(ACPIREGS *ar)
{
    return (GpeBlock) {
        .status = ar->gpe.sts,
        .enable = ar->gpe.en,
        .length = ar->gpe.len / 2,
    };
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
}

uint32_t acpi_gpe_ioport_readb(ACPIREGS *ar, uint32_t addr)
{
    GpeBlock block = block_of(ar);
    uint8_t value = gpe_read(&block, addr);

    if (gpe_is_status(&block, addr)) {
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
