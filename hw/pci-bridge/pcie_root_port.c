/*
 * PCI Express root ports: what all kinds of them share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A kind of root port says in its PCIERootPortClass where its capabilities are
 * and how it interrupts.
 */

#include "qemu/osdep.h"
#include "hw/pci/pcie_port.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"

/* The guest may change the number of vectors, and with it the right one. */
static void update_error_vector(PCIDevice *port)
{
    const PCIERootPortClass *kind = PCIE_ROOT_PORT_GET_CLASS(port);

    if (kind->aer_vector) {
        pcie_aer_root_set_vector(port, kind->aer_vector(port));
    }
}

static void root_port_write(PCIDevice *port, uint32_t address, uint32_t value,
                            int length)
{
    uint8_t *errors = port->config + port->exp.aer_cap;
    uint32_t old_command = pci_get_long(errors + PCI_ERR_ROOT_COMMAND);
    uint16_t old_control, old_status;

    pcie_cap_slot_get(port, &old_control, &old_status);
    pci_bridge_write_config(port, address, value, length);
    update_error_vector(port);
    pcie_cap_slot_write_config(port, old_control, old_status, address, value,
                               length);
    pcie_aer_write_config(port, address, value, length);
    pcie_aer_root_write_config(port, address, value, length, old_command);
    pcie_slot_hold_interrupt(port);
}

static void root_port_reset(Object *obj, ResetType type)
{
    PCIDevice *port = PCI_DEVICE(obj);

    update_error_vector(port);
    pcie_cap_root_reset(port);
    pcie_cap_deverr_reset(port);
    pcie_cap_arifwd_reset(port);
    pcie_cap_slot_reset(port);
    pcie_aer_root_reset(port);
    pcie_acs_reset(port);
    pci_bridge_reset(DEVICE(obj));
    pci_bridge_disable_base_limit(port);
}

/* ---- realize, in steps that each clean up what they began --------------- */

static bool take_place(PCIDevice *port, Error **errp)
{
    PCIESlot *s = PCIE_SLOT(port);
    PCIESlot *other;

    pcie_chassis_create(s->chassis);
    if (pcie_chassis_add_slot(s) == 0) {
        return true;
    }
    other = pcie_chassis_find_slot(s->chassis, s->slot);
    error_setg(errp, "Can't add chassis slot: port '%s' has chassis %d and "
               "slot %d already; give port '%s' another chassis=",
               DEVICE(other)->id ?: DEVICE(other)->canonical_path,
               s->chassis, s->slot, DEVICE(port)->id ?: "without id");
    return false;
}

static bool add_error_reporting(PCIDevice *port, Error **errp)
{
    const PCIERootPortClass *kind = PCIE_ROOT_PORT_GET_CLASS(port);

    if (pcie_aer_init(port, PCI_ERR_VER, kind->aer_offset, PCI_ERR_SIZEOF,
                      errp) < 0) {
        return false;
    }
    pcie_aer_root_init(port);
    update_error_vector(port);
    return true;
}

static bool add_express(PCIDevice *port, Error **errp)
{
    const PCIERootPortClass *kind = PCIE_ROOT_PORT_GET_CLASS(port);
    PCIESlot *s = PCIE_SLOT(port);

    if (pcie_cap_init(port, kind->exp_offset, PCI_EXP_TYPE_ROOT_PORT,
                      PCIE_PORT(port)->port, errp) < 0) {
        error_append_hint(errp, "The root port has no room for its PCI "
                          "Express capability\n");
        return false;
    }
    pcie_cap_root_init(port);
    pcie_cap_deverr_init(port);
    pcie_cap_arifwd_init(port);
    pcie_cap_slot_init(port, s);
    if (take_place(port, errp)) {
        if (add_error_reporting(port, errp)) {
            return true;
        }
        pcie_chassis_del_slot(s);
    }
    pcie_cap_exit(port);
    return false;
}

static void remove_interrupts(PCIDevice *port)
{
    const PCIERootPortClass *kind = PCIE_ROOT_PORT_GET_CLASS(port);

    if (kind->interrupts_uninit) {
        kind->interrupts_uninit(port);
    }
}

static bool add_capabilities(PCIDevice *port, Error **errp)
{
    const PCIERootPortClass *kind = PCIE_ROOT_PORT_GET_CLASS(port);

    if (pci_bridge_ssvid_init(port, kind->ssvid_offset,
                              PCI_DEVICE_GET_CLASS(port)->vendor_id,
                              kind->ssid, errp) < 0) {
        error_append_hint(errp, "The root port has no room for its subsystem "
                          "id\n");
        return false;
    }
    if (kind->interrupts_init && kind->interrupts_init(port, errp) < 0) {
        return false;
    }
    if (!add_express(port, errp)) {
        remove_interrupts(port);
        return false;
    }
    return true;
}

static void root_port_realize(PCIDevice *port, Error **errp)
{
    const PCIERootPortClass *kind = PCIE_ROOT_PORT_GET_CLASS(port);
    bool cxl = port->cap_present & QEMU_PCIE_CAP_CXL;

    pci_config_set_interrupt_pin(port->config, 1);
    pci_bridge_initfn(port, cxl ? TYPE_CXL_BUS : TYPE_PCIE_BUS);
    pcie_port_init_reg(port);
    if (!add_capabilities(port, errp)) {
        pci_bridge_exitfn(port);
        return;
    }
    if (kind->acs_offset && !PCIE_SLOT(port)->disable_acs) {
        pcie_acs_init(port, kind->acs_offset);
    }
}

static void root_port_exit(PCIDevice *port)
{
    pcie_chassis_del_slot(PCIE_SLOT(port));
    pcie_aer_exit(port);
    pcie_cap_exit(port);
    remove_interrupts(port);
    pci_bridge_exitfn(port);
}

/* ---- type -------------------------------------------------------------- */

/* Properties of a kind of root port may have set them. */
static void root_port_set_link(Object *obj)
{
    PCIESlot *s = PCIE_SLOT(obj);

    s->width = s->width ?: QEMU_PCI_EXP_LNK_X1;
    s->speed = s->speed ?: QEMU_PCI_EXP_LNK_2_5GT;
}

static const Property root_port_properties[] = {
    DEFINE_PROP_BOOL("disable-acs", PCIESlot, disable_acs, false),
    DEFINE_PROP_BIT(COMPAT_PROP_PCP, PCIDevice, cap_present,
                    QEMU_PCIE_SLTCAP_PCP_BITNR, true),
};

static void root_port_class_init(ObjectClass *oc, void *data)
{
    PCIDeviceClass *pci = PCI_DEVICE_CLASS(oc);
    DeviceClass *dc = DEVICE_CLASS(oc);

    pci->realize = root_port_realize;
    pci->exit = root_port_exit;
    pci->config_write = root_port_write;
    RESETTABLE_CLASS(oc)->phases.hold = root_port_reset;
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
    device_class_set_props(dc, root_port_properties);
}

static const TypeInfo root_port_types[] = {
    {
        .name = TYPE_PCIE_ROOT_PORT,
        .parent = TYPE_PCIE_SLOT,
        .abstract = true,
        .class_size = sizeof(PCIERootPortClass),
        .class_init = root_port_class_init,
        .instance_post_init = root_port_set_link,
        .interfaces = (InterfaceInfo[]) {
            { INTERFACE_PCIE_DEVICE },
            { },
        },
    },
};

DEFINE_TYPES(root_port_types)
