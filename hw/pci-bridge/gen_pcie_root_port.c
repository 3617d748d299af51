/*
 * pcie-root-port: a root port that is no model of an existing chip
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie_port.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qom/object.h"

#define TYPE_GEN_PCIE_ROOT_PORT  "pcie-root-port"
OBJECT_DECLARE_SIMPLE_TYPE(GenPCIERootPort, GEN_PCIE_ROOT_PORT)

/* Where the capabilities are and how many vectors there are: migrates. */
#define AER_OFFSET      0x100
#define ACS_OFFSET      (AER_OFFSET + PCI_ERR_SIZEOF)
#define VECTORS         1
#define HOTPLUG_VECTOR  0
#define MSIX_BAR        0

#define NOT_GIVEN       -1

/*
 * @migrate_msix: MSI-X is part of the migration stream
 * @res_reserve: windows that firmware is asked to keep for hot-plug
 */
struct GenPCIERootPort {
    PCIESlot parent_obj;
    bool migrate_msix;
    PCIResReserve res_reserve;
};

/* ---- interrupts -------------------------------------------------------- */

static int root_port_add_msix(PCIDevice *port, Error **errp)
{
    int ret = msix_init_exclusive_bar(port, VECTORS, MSIX_BAR, errp);

    if (ret >= 0) {
        msix_vector_use(port, HOTPLUG_VECTOR);
    }
    return ret;
}

static void root_port_remove_msix(PCIDevice *port)
{
    msix_uninit_exclusive_bar(port);
}

/* Errors are reported by the same vector. */
static uint8_t root_port_aer_vector(const PCIDevice *port)
{
    return HOTPLUG_VECTOR;
}

/* ---- windows ----------------------------------------------------------- */

/*
 * On pc-q35-6.1 guests see ports without hot-plug and give empty ones no I/O
 * window: the port asks for one by itself.
 */
static void choose_io_window(GenPCIERootPort *rp)
{
    const PCIESlot *s = &rp->parent_obj;

    if (s->hotplug && s->hide_native_hotplug_cap &&
        rp->res_reserve.io == NOT_GIVEN) {
        rp->res_reserve.io = 4 * KiB;
    }
}

static void remove_io_window(PCIDevice *port)
{
    port->wmask[PCI_IO_LIMIT] = 0;
    port->wmask[PCI_IO_BASE] = 0;
    pci_word_test_and_clear_mask(port->wmask + PCI_COMMAND, PCI_COMMAND_IO);
}

static void gen_root_port_realize(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    GenPCIERootPort *rp = GEN_PCIE_ROOT_PORT(dev);
    const PCIERootPortClass *kind = PCIE_ROOT_PORT_GET_CLASS(dev);
    PCIDevice *port = PCI_DEVICE(dev);

    kind->parent_realize(dev, errp);
    if (*errp) {
        return;
    }
    choose_io_window(rp);
    if (pci_bridge_qemu_reserve_cap_init(port, 0, rp->res_reserve, errp) < 0) {
        kind->parent_class.exit(port);
        return;
    }
    if (rp->res_reserve.io == 0) {
        remove_io_window(port);
    }
}

/* ---- migration --------------------------------------------------------- */

static bool migrates_msix(void *opaque, int version_id)
{
    const GenPCIERootPort *rp = opaque;

    return rp->migrate_msix;
}

#define SLOTS_PCI_DEVICE  parent_obj.parent_obj.parent_obj

static const VMStateDescription vmstate_root_port = {
    .name = TYPE_GEN_PCIE_ROOT_PORT,
    .version_id = 1,
    .minimum_version_id = 1,
    .priority = MIG_PRI_PCI_BUS,
    .post_load = pcie_cap_slot_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(SLOTS_PCI_DEVICE, PCIESlot),
        VMSTATE_STRUCT(SLOTS_PCI_DEVICE.exp.aer_log, PCIESlot, 0,
                       vmstate_pcie_aer_log, PCIEAERLog),
        VMSTATE_MSIX_TEST(parent_obj.SLOTS_PCI_DEVICE, GenPCIERootPort,
                          migrates_msix),
        VMSTATE_END_OF_LIST()
    }
};

/* ---- type -------------------------------------------------------------- */

static const Property gen_root_port_properties[] = {
    DEFINE_PROP_SIZE("io-reserve", GenPCIERootPort, res_reserve.io, NOT_GIVEN),
    DEFINE_PROP_SIZE("mem-reserve", GenPCIERootPort, res_reserve.mem_non_pref,
                     NOT_GIVEN),
    DEFINE_PROP_SIZE("pref32-reserve", GenPCIERootPort,
                     res_reserve.mem_pref_32, NOT_GIVEN),
    DEFINE_PROP_SIZE("pref64-reserve", GenPCIERootPort,
                     res_reserve.mem_pref_64, NOT_GIVEN),
    DEFINE_PROP_UINT32("bus-reserve", GenPCIERootPort, res_reserve.bus,
                       NOT_GIVEN),
    DEFINE_PROP_PCIE_LINK_WIDTH("x-width", PCIESlot, width,
                                PCIE_LINK_WIDTH_32),
    DEFINE_PROP_PCIE_LINK_SPEED("x-speed", PCIESlot, speed,
                                PCIE_LINK_SPEED_16),
    DEFINE_PROP_BOOL("x-migrate-msix", GenPCIERootPort, migrate_msix, true),
};

static void gen_root_port_class_init(ObjectClass *oc, void *data)
{
    PCIERootPortClass *kind = PCIE_ROOT_PORT_CLASS(oc);
    PCIDeviceClass *pci = PCI_DEVICE_CLASS(oc);
    DeviceClass *dc = DEVICE_CLASS(oc);

    kind->aer_offset = AER_OFFSET;
    kind->acs_offset = ACS_OFFSET;
    kind->aer_vector = root_port_aer_vector;
    kind->interrupts_init = root_port_add_msix;
    kind->interrupts_uninit = root_port_remove_msix;
    pci->device_id = PCI_DEVICE_ID_REDHAT_PCIE_RP;
    pci->vendor_id = PCI_VENDOR_ID_REDHAT;
    dc->desc = "PCI Express Root Port";
    dc->vmsd = &vmstate_root_port;
    device_class_set_props(dc, gen_root_port_properties);
    device_class_set_parent_realize(dc, gen_root_port_realize,
                                    &kind->parent_realize);
}

static const TypeInfo gen_root_port_types[] = {
    {
        .name = TYPE_GEN_PCIE_ROOT_PORT,
        .parent = TYPE_PCIE_ROOT_PORT,
        .instance_size = sizeof(GenPCIERootPort),
        .class_init = gen_root_port_class_init,
    },
};

DEFINE_TYPES(gen_root_port_types)
