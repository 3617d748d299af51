/*
 * ACPI general-purpose event register block, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "model/gpe.h"

void gpe_reset(GpeBlock *block)
{
    memset(block->status, 0, block->length);
    memset(block->enable, 0, block->length);
}

bool gpe_asserted(const GpeBlock *block)
{
    for (uint32_t i = 0; i < block->length; i++) {
        if (block->status[i] & block->enable[i]) {
            return true;
        }
    }
    return false;
}

bool gpe_is_status(const GpeBlock *block, uint64_t offset)
{
    return offset < block->length;
}

/* The byte at @offset of the block, or NULL behind its end. */
static uint8_t *byte_at(const GpeBlock *block, uint64_t offset)
{
    if (gpe_is_status(block, offset)) {
        return &block->status[offset];
    }
    if (offset - block->length < block->length) {
        return &block->enable[offset - block->length];
    }
    return NULL;
}

uint8_t gpe_read(const GpeBlock *block, uint64_t offset)
{
    const uint8_t *byte = byte_at(block, offset);

    return byte ? *byte : 0;
}

GpeEffect gpe_write(GpeBlock *block, uint64_t offset, uint8_t value)
{
    uint8_t *byte = byte_at(block, offset);
    GpeEffect effect = { .refused = !byte };

    if (byte && gpe_is_status(block, offset)) {
        *byte &= ~value;
    } else if (byte) {
        effect.enabled = value & ~*byte;
        effect.disabled = *byte & ~value;
        *byte = value;
    }
    effect.asserted = gpe_asserted(block);
    return effect;
}

GpeEffect gpe_raise(GpeBlock *block, uint8_t events)
{
    GpeEffect effect = { .refused = !block->length };

    if (block->length) {
        block->status[0] |= events;
    }
    effect.asserted = gpe_asserted(block);
    return effect;
}
