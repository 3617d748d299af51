/*
 * Steps of qtests with slots of PCI Express ports
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "slot-steps.h"

#define PORT1_DEVFN   (5 << 3)
#define PORT1_BUS     2
#define EXPRESS       0x54          /* its capability, of pcie-root-port */
#define REGISTERS     (EXPRESS + PCI_EXP_SLTCTL)
#define CONFIG_DATA   0x0cfc
/* Where q35's host bridge shows all 4 KiB of each function, if told to. */
#define PCIEXBAR      0x60
#define ECAM_BASE     0xb0000000

/* Leaves the address of the two registers set. */
static uint32_t read_registers(Hotplug *h)
{
    return hotplug_config_read(h, 0, PORT1_DEVFN, REGISTERS);
}

uint16_t slot_control(Hotplug *h)
{
    return read_registers(h);
}

uint16_t slot_status(Hotplug *h)
{
    return read_registers(h) >> 16;
}

void slot_command(Hotplug *h, uint16_t clear, uint16_t set)
{
    uint16_t control = slot_control(h);

    qtest_outw(h->qts, CONFIG_DATA, (control & ~clear) | set);
}

void slot_clear_events(Hotplug *h)
{
    uint16_t events = slot_status(h) & PCIE_SLOT_EVENTS;

    qtest_outw(h->qts, CONFIG_DATA + 2, events);
}

void slot_light(Hotplug *h, PcieSlotIndicator indicator)
{
    slot_command(h, PCIE_SLOT_LIGHT, indicator << PCIE_SLOT_LIGHT_SHIFT);
    slot_clear_events(h);
}

void slot_turn_on(Hotplug *h)
{
    slot_command(h, PCIE_SLOT_POWER_OFF, 0);
    slot_light(h, PCIE_SLOT_INDICATOR_BLINKING);
    slot_light(h, PCIE_SLOT_INDICATOR_ON);
}

void slot_blink(Hotplug *h)
{
    slot_clear_events(h);
    slot_light(h, PCIE_SLOT_INDICATOR_BLINKING);
}

void slot_turn_off(Hotplug *h)
{
    slot_command(h, 0, PCIE_SLOT_POWER_OFF);
    slot_light(h, PCIE_SLOT_INDICATOR_OFF);
}

static void give_bus_number(Hotplug *h)
{
    hotplug_config_write(h, 0, PORT1_DEVFN, PCI_PRIMARY_BUS,
                         PORT1_BUS << 16 | PORT1_BUS << 8);
}

uint32_t slot_function_id(Hotplug *h, uint8_t function)
{
    give_bus_number(h);
    return hotplug_config_read(h, PORT1_BUS, function, PCI_VENDOR_ID);
}

uint32_t slot_function_class(Hotplug *h, uint8_t function)
{
    give_bus_number(h);
    return hotplug_config_read(h, PORT1_BUS, function, PCI_CLASS_REVISION);
}

void slot_extended_write(Hotplug *h, uint16_t offset, uint16_t value)
{
    give_bus_number(h);
    hotplug_config_write(h, 0, 0, PCIEXBAR, ECAM_BASE | 1);
    qtest_writew(h->qts, ECAM_BASE + (PORT1_BUS << 20) + offset, value);
}
