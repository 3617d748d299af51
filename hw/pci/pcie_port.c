/*
 * PCI Express ports: types, ports on a bus, places in a chassis
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/hotplug.h"
#include "hw/pci/pcie_port.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "qemu/module.h"

/* Bits of Bridge Control that read 0 in a port (PCIe r4.0, sec 7.5.1.3.13). */
#define NOT_IN_A_PORT                                            \
    (PCI_BRIDGE_CTL_MASTER_ABORT | PCI_BRIDGE_CTL_FAST_BACK |    \
     PCI_BRIDGE_CTL_DISCARD | PCI_BRIDGE_CTL_SEC_DISCARD |       \
     PCI_BRIDGE_CTL_DISCARD_STATUS | PCI_BRIDGE_CTL_DISCARD_SERR)

void pcie_port_init_reg(PCIDevice *d)
{
    pci_word_test_and_clear_mask(d->wmask + PCI_BRIDGE_CONTROL, NOT_IN_A_PORT);
    /* Neither 66 MHz nor fast back-to-back, which bridges have. */
    pci_set_word(d->config + PCI_SEC_STATUS, 0);
    pci_set_word(d->config + PCI_STATUS, 0);
}

/* ---- ports on a bus ---------------------------------------------------- */

/* The next port on @bus at or after *@devfn, which is then behind it. */
static PCIEPort *next_port(PCIBus *bus, unsigned *devfn)
{
    while (*devfn < ARRAY_SIZE(bus->devices)) {
        PCIDevice *d = bus->devices[(*devfn)++];

        if (d && d->exp.exp_cap && pci_is_express(d) &&
            object_dynamic_cast(OBJECT(d), TYPE_PCIE_PORT)) {
            return PCIE_PORT(d);
        }
    }
    return NULL;
}

PCIDevice *pcie_find_port_by_pn(PCIBus *bus, uint8_t pn)
{
    unsigned devfn = 0;
    PCIEPort *port;

    do {
        port = next_port(bus, &devfn);
    } while (port && port->port != pn);
    return port ? PCI_DEVICE(port) : NULL;
}

PCIDevice *pcie_find_port_first(PCIBus *bus)
{
    unsigned devfn = 0;
    PCIEPort *port = next_port(bus, &devfn);

    return port ? PCI_DEVICE(port) : NULL;
}

int pcie_count_ds_ports(PCIBus *bus)
{
    unsigned devfn = 0;
    int count = 0;

    while (next_port(bus, &devfn)) {
        count++;
    }
    return count;
}

/* ---- places in a chassis ----------------------------------------------- */

/* Chassis are what ports say of themselves: there is nothing to make. */
void pcie_chassis_create(uint8_t chassis_number)
{
}

/*
 * SlotSearch: for the port at a place
 *
 * @found: NULL until it was found
 */
typedef struct SlotSearch {
    uint8_t chassis;
    uint16_t slot;
    PCIESlot *found;
} SlotSearch;

/* Ends the walk over the machine's devices, by what it returns, if found. */
static int is_at_place(DeviceState *dev, void *opaque)
{
    SlotSearch *search = opaque;
    PCIESlot *s = (PCIESlot *)object_dynamic_cast(OBJECT(dev), TYPE_PCIE_SLOT);

    if (s && s->in_chassis && s->chassis == search->chassis &&
        s->slot == search->slot) {
        search->found = s;
    }
    return search->found ? -1 : 0;
}

PCIESlot *pcie_chassis_find_slot(uint8_t chassis, uint16_t slot)
{
    SlotSearch search = { .chassis = chassis, .slot = slot };

    qbus_walk_children(sysbus_get_default(), is_at_place, NULL, NULL, NULL,
                       &search);
    return search.found;
}

int pcie_chassis_add_slot(PCIESlot *slot)
{
    if (pcie_chassis_find_slot(slot->chassis, slot->slot)) {
        return -EBUSY;
    }
    slot->in_chassis = true;
    return 0;
}

void pcie_chassis_del_slot(PCIESlot *s)
{
    s->in_chassis = false;
}

/* ---- types ------------------------------------------------------------- */

static const Property pcie_port_properties[] = {
    DEFINE_PROP_UINT16("aer_log_max", PCIEPort,
                       parent_obj.parent_obj.exp.aer_log.log_max,
                       PCIE_AER_LOG_MAX_DEFAULT),
    DEFINE_PROP_UINT8("port", PCIEPort, port, 0),
};

static void pcie_port_class_init(ObjectClass *oc, void *data)
{
    device_class_set_props(DEVICE_CLASS(oc), pcie_port_properties);
}

static const Property pcie_slot_properties[] = {
    DEFINE_PROP_BOOL("hotplug", PCIESlot, hotplug, true),
    DEFINE_PROP_BOOL("x-do-not-expose-native-hotplug-cap", PCIESlot,
                     hide_native_hotplug_cap, false),
    DEFINE_PROP_UINT8("chassis", PCIESlot, chassis, 0),
    DEFINE_PROP_UINT16("slot", PCIESlot, slot, 0),
};

static bool pcie_slot_takes_hotplug(HotplugHandler *port, BusState *bus)
{
    return PCIE_SLOT(bus->parent)->hotplug;
}

static void pcie_slot_class_init(ObjectClass *oc, void *data)
{
    HotplugHandlerClass *handler = HOTPLUG_HANDLER_CLASS(oc);

    handler->is_hotpluggable_bus = pcie_slot_takes_hotplug;
    handler->pre_plug = pcie_cap_slot_pre_plug_cb;
    handler->plug = pcie_cap_slot_plug_cb;
    handler->unplug_request = pcie_cap_slot_unplug_request_cb;
    handler->unplug = pcie_cap_slot_unplug_cb;
    device_class_set_props(DEVICE_CLASS(oc), pcie_slot_properties);
}

static const TypeInfo pcie_port_types[] = {
    {
        .name = TYPE_PCIE_PORT,
        .parent = TYPE_PCI_BRIDGE,
        .abstract = true,
        .instance_size = sizeof(PCIEPort),
        .class_init = pcie_port_class_init,
    },
    {
        .name = TYPE_PCIE_SLOT,
        .parent = TYPE_PCIE_PORT,
        .abstract = true,
        .instance_size = sizeof(PCIESlot),
        .class_init = pcie_slot_class_init,
        .interfaces = (InterfaceInfo[]) {
            { TYPE_HOTPLUG_HANDLER },
            { },
        },
    },
};

DEFINE_TYPES(pcie_port_types)
