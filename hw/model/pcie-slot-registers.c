/*
 * Slot of a PCI Express port: what its registers say
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "model/pcie-slot.h"

PcieSlotIndicator pcie_slot_power_indicator(const PcieSlotModel *slot)
{
    return (slot->control & PCIE_SLOT_LIGHT) >> PCIE_SLOT_LIGHT_SHIFT;
}

PcieSlotIndicator pcie_slot_attention_indicator(const PcieSlotModel *slot)
{
    return (slot->control & PCIE_SLOT_ATTENTION) >> PCIE_SLOT_ATTENTION_SHIFT;
}

/* Without a power controller the bit means nothing, whatever was loaded. */
bool pcie_slot_has_power(const PcieSlotModel *slot)
{
    return !slot->features.power_controller ||
           !(slot->control & PCIE_SLOT_POWER_OFF);
}

uint32_t pcie_slot_capabilities(const PcieSlotModel *slot)
{
    const PcieSlotFeatures *features = &slot->features;
    uint32_t capabilities = PCIE_SLOT_CAP_BUTTON | PCIE_SLOT_CAP_ATTENTION |
                            PCIE_SLOT_CAP_LIGHT;

    capabilities |= (uint32_t)features->number << PCIE_SLOT_CAP_NUMBER_SHIFT;
    if (features->hot_plug) {
        capabilities |= PCIE_SLOT_CAP_HOT_PLUG | PCIE_SLOT_CAP_SURPRISE;
    }
    if (features->power_controller) {
        capabilities |= PCIE_SLOT_CAP_POWER;
    }
    if (features->interlock) {
        capabilities |= PCIE_SLOT_CAP_INTERLOCK;
    }
    return capabilities;
}

uint16_t pcie_slot_writable(const PcieSlotModel *slot)
{
    return PCIE_SLOT_EVENTS | PCIE_SLOT_INTERRUPT | PCIE_SLOT_ATTENTION |
           PCIE_SLOT_LIGHT |
           (slot->features.power_controller ? PCIE_SLOT_POWER_OFF : 0);
}

const char *pcie_slot_state_name(PcieSlotState state)
{
    switch (state) {
    case PCIE_SLOT_EMPTY:
        return "empty";
    case PCIE_SLOT_INSERTED:
        return "inserted";
    case PCIE_SLOT_BLINKING_ON:
        return "blinking-on";
    case PCIE_SLOT_POWERED:
        return "powered";
    case PCIE_SLOT_ON:
        return "on";
    case PCIE_SLOT_PRESSED:
        return "pressed";
    case PCIE_SLOT_BLINKING_OFF:
        return "blinking-off";
    case PCIE_SLOT_POWERED_OFF:
        return "powered-off";
    }
    return "unknown";
}

const char *pcie_slot_indicator_name(PcieSlotIndicator indicator)
{
    switch (indicator) {
    case PCIE_SLOT_INDICATOR_RESERVED:
        return "reserved";
    case PCIE_SLOT_INDICATOR_ON:
        return "on";
    case PCIE_SLOT_INDICATOR_BLINKING:
        return "blinking";
    case PCIE_SLOT_INDICATOR_OFF:
        return "off";
    }
    return "unknown";
}
