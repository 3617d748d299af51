/*
 * The machine's PCI hotplug switch
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/hotplug.h"
#include "hw/pci/hotplug-switch.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie_port.h"
#include "hw/vmstate-if.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "system/reset.h"
#include "trace.h"

PciHotplugSwitch *pci_hotplug_switch_find(void)
{
    Object *child = object_resolve_path_component(qdev_get_machine(),
                                                  PCI_HOTPLUG_SWITCH_CHILD);

    return child ? PCI_HOTPLUG_SWITCH(child) : NULL;
}

/* ---- host bridges ------------------------------------------------------ */

bool pci_hotplug_switch_covers(const PciHotplugSwitch *hotplug_switch,
                               PCIBus *root)
{
    return root == hotplug_switch->root ||
           (hotplug_switch->covers_expanders && pci_bus_is_root(root) &&
            pci_bus_is_express(root) && !pci_bus_is_cxl(root));
}

/* The _UID that the tables give a host bridge; an expander's is its bus. */
static uint8_t host_uid(const PciHotplugSwitch *hotplug_switch, PCIBus *root)
{
    return root == hotplug_switch->root ? hotplug_switch->root_uid
                                        : pci_bus_num(root);
}

static PCIBus *host_by_uid(const PciHotplugSwitch *hotplug_switch, uint8_t uid)
{
    PCIBus *child;

    if (uid == hotplug_switch->root_uid) {
        return hotplug_switch->root;
    }
    QLIST_FOREACH(child, &hotplug_switch->root->child, sibling) {
        if (pci_hotplug_switch_covers(hotplug_switch, child) &&
            host_uid(hotplug_switch, child) == uid) {
            return child;
        }
    }
    return NULL;
}

/* ---- negotiation ------------------------------------------------------- */

HotplugNegotiation pci_hotplug_switch_negotiation(
    const PciHotplugSwitch *hotplug_switch, PCIBus *root)
{
    return (HotplugNegotiation) {
        .mode = hotplug_switch->mode,
        .choice = hotplug_switch->choice[host_uid(hotplug_switch, root)],
    };
}

static bool negotiate(PciHotplugSwitch *hotplug_switch, PCIBus *root,
                      HotplugNegotiationEvent event)
{
    HotplugNegotiation negotiation =
        pci_hotplug_switch_negotiation(hotplug_switch, root);
    HotplugNegotiationEffect effect = hotplug_negotiate(&negotiation, event);

    if (effect.changed) {
        hotplug_switch->choice[host_uid(hotplug_switch, root)] =
            negotiation.choice;
        trace_pci_hotplug_negotiated(
            BUS(root)->name,
            hotplug_method_name(hotplug_guest_method(&negotiation)),
            hotplug_evidence_name(hotplug_guest_evidence(&negotiation)));
    }
    if (effect.move != HOTPLUG_MOVE_NOTHING) {
        hotplug_switch->move_requests(hotplug_switch->opaque, root,
                                      effect.move);
    }
    return !effect.refused;
}

/* Each host bridge that the mode is of, if the guest has a choice. */
static void visit_hosts(PciHotplugSwitch *hotplug_switch,
                        void (*visit)(PciHotplugSwitch *hotplug_switch,
                                      PCIBus *root, const void *opaque),
                        const void *opaque)
{
    PCIBus *child;

    if (!hotplug_switch->follows) {
        return;
    }
    visit(hotplug_switch, hotplug_switch->root, opaque);
    QLIST_FOREACH(child, &hotplug_switch->root->child, sibling) {
        if (pci_hotplug_switch_covers(hotplug_switch, child)) {
            visit(hotplug_switch, child, opaque);
        }
    }
}

static void negotiate_one(PciHotplugSwitch *hotplug_switch, PCIBus *root,
                          const void *event)
{
    negotiate(hotplug_switch, root, *(const HotplugNegotiationEvent *)event);
}

static void negotiate_all(PciHotplugSwitch *hotplug_switch,
                          HotplugNegotiationEvent event)
{
    visit_hosts(hotplug_switch, negotiate_one, &event);
}

bool pci_hotplug_switch_osc(PciHotplugSwitch *hotplug_switch, uint32_t value)
{
    HotplugOscReport report = hotplug_osc_report(value);
    PCIBus *root = report.valid ? host_by_uid(hotplug_switch, report.host)
                                : NULL;

    trace_pci_hotplug_osc(report.host, report.control, report.query, !!root);
    if (!root) {
        return false;
    }
    return report.query ||
           negotiate(hotplug_switch, root, hotplug_osc_event(&report));
}

void pci_hotplug_switch_gpe_enabled(PciHotplugSwitch *hotplug_switch)
{
    negotiate_all(hotplug_switch, HOTPLUG_GPE_ENABLED);
}

static void follow_choice(PciHotplugSwitch *hotplug_switch, PCIBus *root,
                          const void *opaque)
{
    HotplugNegotiation negotiation =
        pci_hotplug_switch_negotiation(hotplug_switch, root);
    bool native = hotplug_request_method(&negotiation) ==
                  HOTPLUG_METHOD_NATIVE;

    hotplug_switch->move_requests(hotplug_switch->opaque, root,
                                  native ? HOTPLUG_MOVE_TO_NATIVE
                                         : HOTPLUG_MOVE_TO_ACPI);
}

void pci_hotplug_switch_follow_loaded(void)
{
    PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();

    if (hotplug_switch) {
        visit_hosts(hotplug_switch, follow_choice, NULL);
    }
}

void pci_hotplug_slot_enabled(PCIDevice *port)
{
    PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();
    PCIBus *root = pci_device_root_bus(port);

    if (hotplug_switch && hotplug_switch->follows &&
        pci_hotplug_switch_covers(hotplug_switch, root)) {
        negotiate(hotplug_switch, root, HOTPLUG_SLOT_ENABLED);
    }
}

/* ---- reset and migration ----------------------------------------------- */

static ResettableState *switch_reset_state(Object *obj)
{
    return &PCI_HOTPLUG_SWITCH(obj)->reset_state;
}

static void switch_reset_hold(Object *obj, ResetType type)
{
    if (type == RESET_TYPE_COLD || type == RESET_TYPE_WAKEUP) {
        negotiate_all(PCI_HOTPLUG_SWITCH(obj),
                      type == RESET_TYPE_COLD ? HOTPLUG_COLD_RESET
                                              : HOTPLUG_WAKE_UP);
    }
}

static int switch_post_load(void *opaque, int version_id)
{
    PciHotplugSwitch *hotplug_switch = opaque;

    for (unsigned uid = 0; uid < HOTPLUG_OSC_HOSTS; uid++) {
        if (hotplug_switch->choice[uid] >= HOTPLUG_CHOICES) {
            error_report("migration stream: no hotplug choice has the number "
                         "%u", hotplug_switch->choice[uid]);
            return -EINVAL;
        }
    }
    return 0;
}

/* Ahead of the ports, whose complaints about another mode explain nothing. */
static const VMStateDescription vmstate_switch = {
    .name = "pci_hotplug_negotiation",
    .version_id = 1,
    .minimum_version_id = 1,
    .priority = MIG_PRI_PCI_BUS,
    .post_load = switch_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8_EQUAL(migrated_mode, PciHotplugSwitch,
                            "start both sides with the same pci-hotplug"),
        VMSTATE_UINT8_ARRAY(choice, PciHotplugSwitch, HOTPLUG_OSC_HOSTS),
        VMSTATE_END_OF_LIST()
    }
};

/* ---- mode none: nothing comes or goes ---------------------------------- */

static void none_pre_plug(HotplugHandler *handler, DeviceState *dev,
                          Error **errp)
{
    if (object_dynamic_cast(OBJECT(dev), TYPE_PCIE_SLOT) &&
        PCIE_SLOT(dev)->hotplug) {
        error_setg(errp, "%s '%s' has hotplug=on, and the machine has "
                   PCI_HOTPLUG_PROP_MODE "=none: leave out one of the two",
                   object_get_typename(OBJECT(dev)), dev->id ?: "");
    }
}

/* The bus behind a bridge or an expander, or NULL. */
static PCIBus *bus_behind(PCIDevice *pdev)
{
    PCIBus *child;

    QLIST_FOREACH(child, &pci_get_bus(pdev)->child, sibling) {
        if (child->parent_dev == pdev) {
            return child;
        }
    }
    return NULL;
}

static void none_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCIDevice *pdev = PCI_DEVICE(dev);
    PCIDevice *port = pci_bridge_get_device(pci_get_bus(pdev));
    PCIBus *behind = bus_behind(pdev);

    if (object_dynamic_cast(OBJECT(port), TYPE_PCIE_SLOT)) {
        pcie_cap_slot_plug_cb(HOTPLUG_HANDLER(port), dev, errp);
    }
    if (behind) {
        qbus_set_hotplug_handler(BUS(behind), OBJECT(handler));
    }
}

static bool none_is_hotpluggable_bus(HotplugHandler *handler, BusState *bus)
{
    return false;
}

/* ---- the object -------------------------------------------------------- */

PciHotplugSwitch *pci_hotplug_switch_create(
    DeviceState *owner, const PciHotplugSwitchSettings *settings)
{
    Object *obj = object_new(TYPE_PCI_HOTPLUG_SWITCH);
    PciHotplugSwitch *hotplug_switch = PCI_HOTPLUG_SWITCH(obj);

    hotplug_switch->mode = settings->mode;
    hotplug_switch->migrated_mode = settings->mode;
    hotplug_switch->follows = settings->follows;
    hotplug_switch->covers_expanders = settings->covers_expanders;
    hotplug_switch->root = settings->root;
    hotplug_switch->root_uid = settings->root_uid;
    hotplug_switch->move_requests = settings->move_requests;
    hotplug_switch->opaque = settings->opaque;

    object_property_add_child(qdev_get_machine(), PCI_HOTPLUG_SWITCH_CHILD,
                              obj);
    object_unref(obj);
    qemu_register_resettable(obj);
    if (settings->follows) {
        vmstate_register(VMSTATE_IF(owner), VMSTATE_INSTANCE_ID_ANY,
                         &vmstate_switch, hotplug_switch);
    }
    if (settings->mode == HOTPLUG_MODE_NONE) {
        object_register_sugar_prop(TYPE_PCIE_SLOT, "hotplug", "off", true);
        qbus_set_hotplug_handler(BUS(settings->root), obj);
    }
    return hotplug_switch;
}

static void switch_class_init(ObjectClass *oc, void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(oc);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    rc->get_state = switch_reset_state;
    rc->phases.hold = switch_reset_hold;
    hc->pre_plug = none_pre_plug;
    hc->plug = none_plug;
    hc->is_hotpluggable_bus = none_is_hotpluggable_bus;
}

static const TypeInfo switch_info = {
    .name = TYPE_PCI_HOTPLUG_SWITCH,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(PciHotplugSwitch),
    .class_init = switch_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_RESETTABLE_INTERFACE },
        { TYPE_HOTPLUG_HANDLER },
        { }
    },
};

static void switch_register(void)
{
    type_register_static(&switch_info);
}

type_init(switch_register)
