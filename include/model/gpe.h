/*
 * ACPI general-purpose event register block, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ACPI 6.5, 4.8.4.1: a block is a row of status bytes and, behind it, a row of
 * as many enable bytes.  A status bit is set by the hardware and cleared by
 * the guest, which writes 1 to it; an enable bit is the guest's alone.  The
 * block asks for the System Control Interrupt while a status bit is set whose
 * enable bit is set too.
 *
 * The bytes are the caller's (QEMU migrates them from where they are): the
 * struct is a view, made for a call or kept, that owns nothing.
 */

#ifndef MODEL_GPE_H
#define MODEL_GPE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * GpeBlock: a view of a block
 *
 * @status: @length bytes
 * @enable: @length bytes
 * @length: bytes in each row: half the size of the block
 */
typedef struct GpeBlock {
    uint8_t *status;
    uint8_t *enable;
    uint32_t length;
} GpeBlock;

/*
 * GpeEffect: what came of an access or an event
 *
 * @refused: there is no byte at that offset; nothing changed
 * @asserted: the block asks for the interrupt now
 * @enabled: enable bits of the byte written that went from 0 to 1
 * @disabled: those that went from 1 to 0
 */
typedef struct GpeEffect {
    bool refused;
    bool asserted;
    uint8_t enabled;
    uint8_t disabled;
} GpeEffect;

/**
 * gpe_reset: clear both rows, as at power-on
 */
void gpe_reset(GpeBlock *block);

/**
 * gpe_asserted: whether an event is both set and enabled
 */
bool gpe_asserted(const GpeBlock *block);

/**
 * gpe_is_status: whether @offset is a byte of the status row
 */
bool gpe_is_status(const GpeBlock *block, uint64_t offset);

/**
 * gpe_read: the guest reads a byte
 * @offset: from the start of the block, in bytes
 *
 * Returns 0 where there is no byte at @offset.
 */
uint8_t gpe_read(const GpeBlock *block, uint64_t offset);

/**
 * gpe_write: the guest writes a byte
 * @offset: from the start of the block, in bytes
 * @value: clears the status bits that are 1 in it, or is the new enable byte
 */
GpeEffect gpe_write(GpeBlock *block, uint64_t offset, uint8_t value);

/**
 * gpe_raise: the hardware has events to report
 * @events: status bits of the first byte (GPE 0 to 7) to set
 */
GpeEffect gpe_raise(GpeBlock *block, uint8_t events);

#endif /* MODEL_GPE_H */
