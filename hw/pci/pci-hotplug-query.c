/*
 * PCI hotplug as management programs see it: query-pci-hotplug
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads registers and changes nothing.
 */

#include "qemu/osdep.h"
#include "hw/hotplug.h"
#include "hw/pci/hotplug-switch.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "hw/pci/pcie_port.h"
#include "hw/pci/shpc.h"
#include "model/acpi-slots.h"
#include "pci-hotplug-internal.h"
#include "pci-internal.h"
#include "qapi/qapi-commands-pci-hotplug.h"

/* The slots that are there, in the order of the answer. */
typedef PciHotplugSlotList **SlotTail;

/* Of the ACPI device (hw/acpi/pcihp.h), which not every machine has. */
#define PROP_BSEL           "acpi-pcihp-bsel"
#define PROP_EVENT_ENABLED  "acpi-pcihp-event-enabled"

/* Slot registers of the SHPC 1.0, 4.10, in its working register set. */
#define SHPC_FIRST_SLOT     0x24
#define SHPC_SLOT_STATE     0x3
#define SHPC_SLOT_POWERED   0x1
#define SHPC_SLOT_ENABLED   0x2
#define SHPC_FIRST_DEVICE   1

/* ---- the host bridge --------------------------------------------------- */

/*
 * Host: a host bridge, and what is known of its guest
 *
 * @root: its bus
 * @covered: the machine's switch is on for it
 * @negotiation: of its PCI Express ports
 */
typedef struct Host {
    PCIBus *root;
    bool covered;
    HotplugNegotiation negotiation;
} Host;

static void note_if_enabled(PCIBus *bus, PCIDevice *pdev, void *opaque)
{
    bool *enabled = opaque;

    if (object_dynamic_cast(OBJECT(pdev), TYPE_PCIE_SLOT) &&
        PCIE_SLOT(pdev)->model.control & PCIE_SLOT_INTERRUPT) {
        *enabled = true;
    }
    if (IS_PCI_BRIDGE(pdev)) {
        pci_for_each_device_under_bus(pci_bridge_get_sec_bus(PCI_BRIDGE(pdev)),
                                      note_if_enabled, opaque);
    }
}

static bool acpi_event_enabled(PCIBus *root)
{
    Object *handler = OBJECT(BUS(root)->hotplug_handler);

    return handler && object_property_find(handler, PROP_EVENT_ENABLED) &&
           object_property_get_bool(handler, PROP_EVENT_ENABLED, NULL);
}

/* What the guest did, from the traces that it left in registers. */
static void infer(Host *host)
{
    bool slot_enabled = false;

    if (acpi_event_enabled(host->root)) {
        hotplug_negotiate(&host->negotiation, HOTPLUG_GPE_ENABLED);
    }
    pci_for_each_device_under_bus(host->root, note_if_enabled, &slot_enabled);
    if (slot_enabled) {
        hotplug_negotiate(&host->negotiation, HOTPLUG_SLOT_ENABLED);
    }
}

/* A conventional host bridge has the slots of its own bus by ACPI, or none. */
static HotplugMode uncovered_mode(PCIBus *root)
{
    return pci_bus_is_express(root) ? HOTPLUG_MODE_NATIVE : HOTPLUG_MODE_ACPI;
}

static Host describe_host(PCIBus *root)
{
    PciHotplugSwitch *hotplug_switch = pci_hotplug_switch_find();
    Host host = { .root = root };

    host.covered = hotplug_switch &&
                   pci_hotplug_switch_covers(hotplug_switch, root);
    host.negotiation.mode = uncovered_mode(root);
    if (host.covered) {
        host.negotiation =
            pci_hotplug_switch_negotiation(hotplug_switch, root);
    }
    if (host.negotiation.choice == HOTPLUG_CHOICE_OPEN) {
        infer(&host);
    }
    return host;
}

/* ---- parts of a slot --------------------------------------------------- */

static PciHotplugMethod qapi_method(HotplugMethod method)
{
    static const PciHotplugMethod methods[HOTPLUG_METHODS] = {
        [HOTPLUG_METHOD_NONE] = PCI_HOTPLUG_METHOD_NONE,
        [HOTPLUG_METHOD_ACPI] = PCI_HOTPLUG_METHOD_ACPI,
        [HOTPLUG_METHOD_NATIVE] = PCI_HOTPLUG_METHOD_NATIVE,
    };

    return methods[method];
}

static PciHotplugSlotMode qapi_mode(HotplugMode mode)
{
    static const PciHotplugSlotMode modes[HOTPLUG_MODES] = {
        [HOTPLUG_MODE_ACPI] = PCI_HOTPLUG_SLOT_MODE_ACPI,
        [HOTPLUG_MODE_NATIVE] = PCI_HOTPLUG_SLOT_MODE_NATIVE,
        [HOTPLUG_MODE_AUTO] = PCI_HOTPLUG_SLOT_MODE_AUTO,
        [HOTPLUG_MODE_NONE] = PCI_HOTPLUG_SLOT_MODE_NONE,
        [HOTPLUG_MODE_Q35_6_1] = PCI_HOTPLUG_SLOT_MODE_ACPI,
    };

    return modes[mode];
}

static PciHotplugEvidence qapi_evidence(HotplugEvidence evidence)
{
    static const PciHotplugEvidence evidences[HOTPLUG_EVIDENCES] = {
        [HOTPLUG_COMMITTED] = PCI_HOTPLUG_EVIDENCE_COMMITTED,
        [HOTPLUG_INFERRED] = PCI_HOTPLUG_EVIDENCE_INFERRED,
        [HOTPLUG_UNKNOWN] = PCI_HOTPLUG_EVIDENCE_UNKNOWN,
    };

    return evidences[evidence];
}

static PciHotplugIndicator qapi_indicator(unsigned field)
{
    static const PciHotplugIndicator indicators[] = {
        [PCIE_SLOT_INDICATOR_RESERVED] = PCI_HOTPLUG_INDICATOR_RESERVED,
        [PCIE_SLOT_INDICATOR_ON] = PCI_HOTPLUG_INDICATOR_ON,
        [PCIE_SLOT_INDICATOR_BLINKING] = PCI_HOTPLUG_INDICATOR_BLINKING,
        [PCIE_SLOT_INDICATOR_OFF] = PCI_HOTPLUG_INDICATOR_OFF,
    };

    return indicators[field & 3];
}

static PciHotplugDeviceList *devices_at(PCIBus *bus, unsigned device)
{
    PciHotplugDeviceList *list = NULL;
    PciHotplugDeviceList **tail = &list;

    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = bus->devices[PCI_DEVFN(device, function)];
        PciHotplugDevice *description;

        if (!pdev) {
            continue;
        }
        description = g_new0(PciHotplugDevice, 1);
        description->id = g_strdup(DEVICE(pdev)->id);
        description->qom_path = object_get_canonical_path(OBJECT(pdev));
        description->type = g_strdup(object_get_typename(OBJECT(pdev)));
        description->function = function;
        QAPI_LIST_APPEND(tail, description);
    }
    return list;
}

static void append_window(PciHotplugWindowList ***tail, PCIDevice *bridge,
                          PciHotplugWindowType type)
{
    static const struct {
        uint8_t space;
        uint16_t decoded;
    } windows[PCI_HOTPLUG_WINDOW_TYPE__MAX] = {
        [PCI_HOTPLUG_WINDOW_TYPE_IO] = {
            PCI_BASE_ADDRESS_SPACE_IO, PCI_COMMAND_IO },
        [PCI_HOTPLUG_WINDOW_TYPE_MEMORY] = {
            PCI_BASE_ADDRESS_SPACE_MEMORY, PCI_COMMAND_MEMORY },
        [PCI_HOTPLUG_WINDOW_TYPE_PREFETCHABLE] = {
            PCI_BASE_ADDRESS_MEM_PREFETCH, PCI_COMMAND_MEMORY },
    };
    pcibus_t base = pci_bridge_get_base(bridge, windows[type].space);
    pcibus_t limit = pci_bridge_get_limit(bridge, windows[type].space);
    uint16_t command = pci_get_word(bridge->config + PCI_COMMAND);

    if (base <= limit && command & windows[type].decoded) {
        PciHotplugWindow *window = g_new0(PciHotplugWindow, 1);

        window->type = type;
        window->base = base;
        window->limit = limit;
        QAPI_LIST_APPEND(*tail, window);
    }
}

/* Empty for a root bus, and for a bridge that the guest has not set up. */
static PciHotplugWindowList *windows_of(PCIDevice *bridge)
{
    PciHotplugWindowList *list = NULL;
    PciHotplugWindowList **tail = &list;

    for (int type = 0; bridge && type < PCI_HOTPLUG_WINDOW_TYPE__MAX; type++) {
        append_window(&tail, bridge, type);
    }
    return list;
}

/* ---- slots ------------------------------------------------------------- */

/* A slot with what all kinds of them have; nothing is known of its guest. */
static PciHotplugSlot *new_slot(PCIBus *bus, unsigned device)
{
    PciHotplugSlot *slot = g_new0(PciHotplugSlot, 1);
    PCIDevice *bridge = bus->parent_dev;
    DeviceState *owner = BUS(bus)->parent;

    slot->qom_path = object_get_canonical_path(OBJECT(owner));
    slot->id = g_strdup(owner->id);
    slot->bus = g_strdup(BUS(bus)->name);
    slot->addr = device;
    slot->number = device;
    slot->devices = devices_at(bus, device);
    slot->windows = windows_of(pci_bus_is_root(bus) ? NULL : bridge);
    slot->evidence = PCI_HOTPLUG_EVIDENCE_UNKNOWN;
    pci_hotplug_describe_requests(slot, bus, device);
    return slot;
}

static void add_negotiation(PciHotplugSlot *slot,
                            const HotplugNegotiation *negotiation)
{
    slot->mode = qapi_mode(negotiation->mode);
    slot->method = qapi_method(hotplug_request_method(negotiation));
    slot->evidence = qapi_evidence(hotplug_guest_evidence(negotiation));
    slot->has_negotiated = slot->evidence != PCI_HOTPLUG_EVIDENCE_UNKNOWN;
    slot->negotiated = qapi_method(hotplug_guest_method(negotiation));
}

static void add_controller(PciHotplugSlot *slot, const PcieSlotModel *model)
{
    slot->has_hot_plug_capable = true;
    slot->hot_plug_capable = model->features.hot_plug;
    slot->has_interrupts = true;
    slot->interrupts = model->control & PCIE_SLOT_INTERRUPT;
    slot->has_power = true;
    slot->power = pcie_slot_has_power(model);
    slot->has_power_indicator = true;
    slot->power_indicator = qapi_indicator(pcie_slot_power_indicator(model));
    slot->has_attention_indicator = true;
    slot->attention_indicator =
        qapi_indicator(pcie_slot_attention_indicator(model));
}

/* Registers serve so many buses, though more have a number. */
static bool is_served(PCIBus *bus)
{
    Object *obj = OBJECT(bus);

    return object_property_find(obj, PROP_BSEL) &&
           object_property_get_uint(obj, PROP_BSEL, NULL) < ACPI_SLOTS_BUSES;
}

/* Whether device_add would find the port unfit for what would serve it. */
static bool is_deaf(PCIESlot *port, PciHotplugMethod method, PCIBus *bus)
{
    return (method == PCI_HOTPLUG_METHOD_ACPI && !is_served(bus)) ||
           (method == PCI_HOTPLUG_METHOD_NATIVE &&
            !port->model.features.hot_plug);
}

/*
 * A port that came while the machine was running is in no table: ACPI does not
 * serve it, whatever the mode.
 */
static void append_port(SlotTail *tail, const Host *host, PCIBus *bus)
{
    PCIESlot *port = PCIE_SLOT(bus->parent_dev);
    PciHotplugSlot *slot = new_slot(bus, 0);

    slot->number = pcie_slot_capabilities(&port->model) >>
                   PCIE_SLOT_CAP_NUMBER_SHIFT;
    add_negotiation(slot, &host->negotiation);
    if (!port->hotplug) {
        slot->mode = PCI_HOTPLUG_SLOT_MODE_NONE;
        slot->method = PCI_HOTPLUG_METHOD_NONE;
    } else if (is_deaf(port, slot->method, bus)) {
        slot->method = PCI_HOTPLUG_METHOD_NONE;
    }
    add_controller(slot, &port->model);
    QAPI_LIST_APPEND(*tail, slot);
}

/* A slot of several is no hot-plug slot while it holds a part of the board. */
static bool holds_fixed(PCIBus *bus, unsigned device)
{
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = bus->devices[PCI_DEVFN(device, function)];

        if (pdev && !DEVICE_GET_CLASS(pdev)->hotpluggable) {
            return true;
        }
    }
    return false;
}

/*
 * Behind a conventional bridge, or on a conventional root bus; of the bus
 * inside a switch the tables describe device 0 alone.
 */
static void append_acpi_slots(SlotTail *tail, const Host *host, PCIBus *bus)
{
    HotplugNegotiation acpi = {
        .mode = HOTPLUG_MODE_ACPI,
        .choice = host->negotiation.choice == HOTPLUG_CHOICE_ACPI_INFERRED ?
                  HOTPLUG_CHOICE_ACPI_INFERRED : HOTPLUG_CHOICE_OPEN,
    };
    unsigned devices = pci_bus_is_express(bus) ? 1 : PCI_SLOT_MAX;

    for (unsigned device = 0; device < devices; device++) {
        PciHotplugSlot *slot;

        if (holds_fixed(bus, device)) {
            continue;
        }
        slot = new_slot(bus, device);
        add_negotiation(slot, &acpi);
        if (!is_served(bus)) {
            slot->method = PCI_HOTPLUG_METHOD_NONE;
        }
        QAPI_LIST_APPEND(*tail, slot);
    }
}

static void append_shpc_slots(SlotTail *tail, PCIBus *bus)
{
    const SHPCDevice *shpc = bus->parent_dev->shpc;

    for (int i = 0; i < shpc->nslots; i++) {
        uint16_t status = pci_get_word(shpc->config + SHPC_FIRST_SLOT + 4 * i);
        unsigned state = status & SHPC_SLOT_STATE;
        PciHotplugSlot *slot = new_slot(bus, SHPC_FIRST_DEVICE + i);

        slot->mode = PCI_HOTPLUG_SLOT_MODE_SHPC;
        slot->method = PCI_HOTPLUG_METHOD_SHPC;
        slot->has_power = true;
        slot->power = state == SHPC_SLOT_POWERED || state == SHPC_SLOT_ENABLED;
        slot->has_power_indicator = true;
        slot->power_indicator = qapi_indicator(status >> 2);
        slot->has_attention_indicator = true;
        slot->attention_indicator = qapi_indicator(status >> 4);
        QAPI_LIST_APPEND(*tail, slot);
    }
}

static void append_slots(SlotTail *tail, const Host *host, PCIBus *bus)
{
    Object *handler = OBJECT(BUS(bus)->hotplug_handler);
    PCIDevice *bridge = pci_bus_is_root(bus) ? NULL : bus->parent_dev;

    if (object_dynamic_cast(OBJECT(bridge), TYPE_PCIE_SLOT)) {
        append_port(tail, host, bus);
    } else if (object_property_find(OBJECT(bus), PROP_BSEL)) {
        append_acpi_slots(tail, host, bus);
    } else if (bridge && handler == OBJECT(bridge) && shpc_present(bridge)) {
        append_shpc_slots(tail, bus);
    }
}

static void append_bus(SlotTail *tail, const Host *host, PCIBus *bus)
{
    append_slots(tail, host, bus);
    for (size_t devfn = 0; devfn < ARRAY_SIZE(bus->devices); devfn++) {
        PCIDevice *pdev = bus->devices[devfn];

        if (pdev && IS_PCI_BRIDGE(pdev)) {
            append_bus(tail, host, pci_bridge_get_sec_bus(PCI_BRIDGE(pdev)));
        }
    }
}

PciHotplugInfo *qmp_query_pci_hotplug(Error **errp)
{
    PciHotplugInfo *info = g_new0(PciHotplugInfo, 1);
    SlotTail tail = &info->slots;
    PCIHostState *bridge;

    pci_hotplug_settle();
    QLIST_FOREACH(bridge, &pci_host_bridges, next) {
        if (bridge->bus) {
            Host host = describe_host(bridge->bus);

            append_bus(&tail, &host, bridge->bus);
        }
    }
    return info;
}
