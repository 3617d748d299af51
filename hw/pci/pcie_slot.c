/*
 * Slots of PCI Express ports: registers, plug and unplug
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an event does is decided by the model (hw/model/pcie-slot.c); this file
 * copies its registers to the port's configuration space and carries out its
 * effects.  Each port is a PCIESlot, which has the model.
 */

#include "qemu/osdep.h"
#include "hw/pci/hotplug-switch.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci-hotplug-removal.h"
#include "hw/pci/pci-hotplug-requests.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_port.h"
#include "pcie-slot-internal.h"
#include "qapi/error.h"
#include "qemu/range.h"
#include "qemu/timer.h"
#include "trace.h"

/* For so long a second device_del gets an error, and failover waits. */
#define UNPLUG_PENDING_MS  5000

static const char *name_of(const DeviceState *dev)
{
    return dev->id ?: dev->canonical_path ?: "without id";
}

/* ---- functions -------------------------------------------------------- */

/* Whether Link Status of @port shows the link to a device like @what. */
static bool reports_link(PCIDevice *port, PCIDevice *what)
{
    uint8_t *capability = port->config + port->exp.exp_cap;

    return (what->cap_present & QEMU_PCIE_LNKSTA_DLLLA) ||
           (pci_get_long(capability + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC);
}

PcieSlotFunction pcie_slot_describe(PCIDevice *port, PCIDevice *function)
{
    return (PcieSlotFunction) {
        .link_reporting = reports_link(port, function),
        .fixed = !DEVICE_GET_CLASS(function)->hotpluggable,
    };
}

/* ---- effects ----------------------------------------------------------- */

void pcie_slot_store_registers(PCIDevice *port)
{
    const PcieSlotModel *slot = slot_of(port);
    uint8_t *capability = port->config + port->exp.exp_cap;
    uint16_t link = pci_get_word(capability + PCI_EXP_LNKSTA);

    link = slot->link_active ? link | PCI_EXP_LNKSTA_DLLLA
                             : link & ~PCI_EXP_LNKSTA_DLLLA;
    pci_set_word(capability + PCI_EXP_LNKSTA, link);
    pci_set_word(capability + PCI_EXP_SLTCTL, slot->control);
    pci_set_word(capability + PCI_EXP_SLTSTA, slot->status);
}

/* Function 0 first; virtual functions may go with their physical one. */
static void remove_all_functions(PCIBus *bus, HotplugLeave why)
{
    pci_hotplug_begin_removal(&pcie_slot_path, bus, 0);
    for (size_t devfn = 0; devfn < ARRAY_SIZE(bus->devices); devfn++) {
        if (bus->devices[devfn]) {
            pci_hotplug_remove(bus->devices[devfn]);
        }
    }
    pci_hotplug_end_removal(bus, 0, why);
}

static void power_function(PCIBus *bus, PCIDevice *function, void *power)
{
    pci_set_power(function, *(bool *)power);
}

static void update_power(PCIDevice *port, PcieSlotPower change)
{
    bool power = change == PCIE_SLOT_TURN_ON;

    if (change != PCIE_SLOT_POWER_KEEP) {
        pci_for_each_device_under_bus(bus_behind(port), power_function, &power);
    }
}

/* A removal may have released the button since: the line's level is now's. */
static void update_interrupt(PCIDevice *port, PcieSlotInterrupt change)
{
    bool raise = change == PCIE_SLOT_INTERRUPT_RAISE;

    if (change == PCIE_SLOT_INTERRUPT_KEEP) {
        return;
    }
    if (msix_enabled(port)) {
        if (raise) {
            msix_notify(port, pcie_cap_flags_get_vector(port));
        }
    } else if (msi_enabled(port)) {
        if (raise) {
            msi_notify(port, pcie_cap_flags_get_vector(port));
        }
    } else if (pci_intx(port) >= 0) {
        pci_set_irq(port, slot_of(port)->notified);
    }
}

void pcie_slot_hold_interrupt(PCIDevice *port)
{
    if (slot_of(port)->notified && !msix_enabled(port) && !msi_enabled(port) &&
        pci_intx(port) >= 0) {
        pci_irq_assert(port);
    }
}

/* @why: devices leave, if they do */
static void carry_out_for(PCIDevice *port, const char *event,
                          PcieSlotEffect effect, HotplugLeave why)
{
    if (trace_event_get_state_backends(TRACE_PCIE_SLOT_EVENT)) {
        trace_pcie_slot_event(DEVICE(port)->canonical_path, event,
                              pcie_slot_state_name(effect.from),
                              pcie_slot_state_name(effect.to));
    }
    pcie_slot_store_registers(port);
    if (effect.removal == PCIE_SLOT_REMOVE_ALL) {
        remove_all_functions(bus_behind(port), why);
    }
    update_power(port, effect.power);
    update_interrupt(port, effect.interrupt);
}

void pcie_slot_apply(PCIDevice *port, const char *event, PcieSlotEffect effect)
{
    carry_out_for(port, event, effect, HOTPLUG_LEAVE_HOST);
}

/* ---- the port's own life ----------------------------------------------- */

/* What migration and the writing of configuration space must know. */
static void describe_registers(PCIDevice *port)
{
    const PcieSlotModel *slot = slot_of(port);
    uint32_t at = port->exp.exp_cap;

    pci_word_test_and_set_mask(port->wmask + at + PCI_EXP_SLTCTL,
                               pcie_slot_writable(slot) | PCIE_SLOT_INTERLOCK);
    pci_word_test_and_set_mask(port->w1cmask + at + PCI_EXP_SLTSTA,
                               PCIE_SLOT_EVENTS);
    /* A device that left does not stop a stream from being loaded. */
    pci_word_test_and_clear_mask(port->cmask + at + PCI_EXP_SLTSTA,
                                 PCIE_SLOT_PRESENT);
}

void pcie_cap_slot_init(PCIDevice *dev, PCIESlot *s)
{
    uint8_t *capability = dev->config + dev->exp.exp_cap;
    bool exposed = !s->hide_native_hotplug_cap || DEVICE(dev)->hotplugged;

    pcie_slot_init(&s->model, (PcieSlotFeatures) {
        .number = s->slot,
        .hot_plug = s->hotplug && exposed,
        .power_controller = dev->cap_present & QEMU_PCIE_SLTCAP_PCP,
        .interlock = true,
        .link_reporting = reports_link(dev, dev),
    });
    pci_word_test_and_set_mask(capability + PCI_EXP_FLAGS, PCI_EXP_FLAGS_SLOT);
    pci_set_long(capability + PCI_EXP_SLTCAP,
                 pcie_slot_capabilities(&s->model));
    describe_registers(dev);
    pcie_slot_store_registers(dev);
    pci_hotplug_requests_attend(&pcie_slot_path, HOTPLUG_METHOD_NATIVE);
    qbus_set_hotplug_handler(BUS(bus_behind(dev)), OBJECT(dev));
}

/*
 * A guest that wakes up writes back what Slot Control was before: off, if the
 * slot was empty.  That must not look as if it gave a device back that it
 * doesn't know.
 */
static bool is_overslept(PCIDevice *port)
{
    const PciHotplugSlotRequests *requests =
        pci_hotplug_requests_of(bus_behind(port), 0);

    return requests && requests->path == &pcie_slot_path &&
           hotplug_request_is_overslept(&requests->request);
}

void pcie_cap_slot_reset(PCIDevice *dev)
{
    PcieSlotOccupancy vacant = pci_hotplug_requests_enabled() ?
        PCIE_SLOT_VACANT : PCIE_SLOT_VACANT_AS_BEFORE;
    PcieSlotOccupancy occupancy = bus_behind(dev)->devices[0] ?
        PCIE_SLOT_OCCUPIED : vacant;

    pcie_slot_apply(dev, "reset", pcie_slot_reset(slot_of(dev), occupancy));
    if (is_overslept(dev)) {
        pcie_slot_leave_to_guest(dev);
    }
}

int pcie_cap_slot_post_load(void *opaque, int version_id)
{
    PCIDevice *port = opaque;
    uint8_t *capability = port->config + port->exp.exp_cap;
    uint16_t link = pci_get_word(capability + PCI_EXP_LNKSTA);

    pcie_slot_apply(port, "loaded",
                    pcie_slot_restore(slot_of(port),
                                      pci_get_word(capability + PCI_EXP_SLTCTL),
                                      pci_get_word(capability + PCI_EXP_SLTSTA),
                                      link & PCI_EXP_LNKSTA_DLLLA));
    pci_hotplug_loaded();
    return 0;
}

/* ---- the guest's writes ------------------------------------------------ */

void pcie_cap_slot_get(PCIDevice *dev, uint16_t *slt_ctl, uint16_t *slt_sta)
{
    *slt_ctl = slot_of(dev)->control;
    *slt_sta = slot_of(dev)->status;
}

static const char *occupant_of(PCIDevice *port)
{
    PCIBus *bus = bus_behind(port);

    for (size_t devfn = 0; devfn < ARRAY_SIZE(bus->devices); devfn++) {
        if (bus->devices[devfn]) {
            return DEVICE(bus->devices[devfn])->canonical_path;
        }
    }
    return "no device";
}

static void trace_command(PCIDevice *port, const PcieSlotModel *before)
{
    const PcieSlotModel *now = slot_of(port);

    trace_pcie_cap_slot_write_config(
        DEVICE(port)->canonical_path, occupant_of(port),
        before->status & PCIE_SLOT_PRESENT ? "present" : "not present",
        pcie_slot_indicator_name(pcie_slot_power_indicator(before)),
        pcie_slot_indicator_name(pcie_slot_power_indicator(now)),
        pcie_slot_indicator_name(pcie_slot_attention_indicator(before)),
        pcie_slot_indicator_name(pcie_slot_attention_indicator(now)),
        pcie_slot_has_power(before) ? "on" : "off",
        pcie_slot_has_power(now) ? "on" : "off");
}

static void write_registers(PCIDevice *dev, int32_t offset, uint32_t value,
                            int size, bool commands)
{
    PcieSlotModel *slot = slot_of(dev);
    const PcieSlotModel before = *slot;
    PcieSlotEffect effect = pcie_slot_write(slot, offset, size, value);

    if (commands &&
        trace_event_get_state_backends(TRACE_PCIE_CAP_SLOT_WRITE_CONFIG)) {
        trace_command(dev, &before);
    }
    carry_out_for(dev, commands ? "command" : "events cleared", effect,
                  HOTPLUG_LEAVE_GUEST);
    if (~before.control & slot->control & PCIE_SLOT_INTERRUPT) {
        pci_hotplug_slot_enabled(dev);
    }
    pcie_slot_note_write(dev, &before, &effect);
}

/* The model keeps the registers from before the write by itself. */
void pcie_cap_slot_write_config(PCIDevice *dev,
                                uint16_t old_slt_ctl, uint16_t old_slt_sta,
                                uint32_t addr, uint32_t val, int len)
{
    uint32_t control = dev->exp.exp_cap + PCI_EXP_SLTCTL;
    bool commands = ranges_overlap(addr, len, control, sizeof(uint16_t));

    if (commands || ranges_overlap(addr, len, control, sizeof(uint32_t))) {
        write_registers(dev, (int32_t)(addr - control), val, len, commands);
    }
}

/* ---- plug -------------------------------------------------------------- */

static PcieSlotArrival arrival_of(PCIDevice *function)
{
    if (!DEVICE(function)->hotplugged) {
        return PCIE_SLOT_COLD;
    }
    return pci_get_function_0(function) ? PCIE_SLOT_HOT : PCIE_SLOT_HOT_PART;
}

/* The error for @refusal to do @what to @dev; nothing for none. */
static void report_refusal(PcieSlotRefusal refusal, const char *what,
                           DeviceState *port, DeviceState *dev, Error **errp)
{
    switch (refusal) {
    case PCIE_SLOT_ACCEPTED:
        return;
    case PCIE_SLOT_NO_HOT_PLUG:
        error_setg(errp, "%s failed: device '%s' can't come or go while the "
                   "machine runs, because its port '%s' %s", what,
                   name_of(dev), name_of(port),
                   PCIE_SLOT(port)->hotplug ?
                   "hides hot-plug from the guest, as pc-q35-6.1 asks it to "
                   "(x-do-not-expose-native-hotplug-cap); use pc-q35-6.2 or "
                   "later" : "has hotplug=off; use another port");
        return;
    case PCIE_SLOT_INTERLOCKED:
        error_setg(errp, "%s failed: the guest has locked the slot of port "
                   "'%s' (electromechanical interlock), so device '%s' can't "
                   "come or go; it has to be unlocked in the guest", what,
                   name_of(port), name_of(dev));
        return;
    case PCIE_SLOT_FIXED:
        error_setg(errp, "%s failed: port '%s' also has a device that does "
                   "not support hotplugging, so '%s' stays with it until the "
                   "machine is stopped", what, name_of(port), name_of(dev));
        return;
    case PCIE_SLOT_BUSY:
        error_setg(errp, "%s failed: guest is busy (power indicator blinking) "
                   "with the slot of port '%s'; try again in some seconds to "
                   "unplug device '%s'", what, name_of(port), name_of(dev));
        return;
    }
}

void pcie_cap_slot_pre_plug_cb(HotplugHandler *hotplug_dev, DeviceState *dev,
                               Error **errp)
{
    PcieSlotArrival arrival = dev->hotplugged ? PCIE_SLOT_HOT : PCIE_SLOT_COLD;

    if (!pci_hotplug_check_plug(bus_behind(PCI_DEVICE(hotplug_dev)),
                                PCI_DEVICE(dev), errp)) {
        return;
    }
    report_refusal(pcie_slot_check_plug(slot_of(PCI_DEVICE(hotplug_dev)),
                                        arrival),
                   "Hot-plug", DEVICE(hotplug_dev), dev, errp);
}

void pcie_cap_slot_plug_cb(HotplugHandler *hotplug_dev, DeviceState *dev,
                           Error **errp)
{
    PCIDevice *port = PCI_DEVICE(hotplug_dev);
    PCIDevice *function = PCI_DEVICE(dev);

    if (pci_is_vf(function)) {
        return;    /* not a thing that one could put into a slot */
    }
    pcie_slot_apply(port, "plug",
                    pcie_slot_plug(slot_of(port), arrival_of(function),
                                   pcie_slot_describe(port, function)));
    if (dev->hotplugged) {
        pci_hotplug_request_plug(&pcie_slot_path, function);
    }
}

void pcie_cap_slot_enable_power(PCIDevice *dev)
{
    pcie_slot_apply(dev, "power", pcie_slot_enable_power(slot_of(dev)));
}

/* ---- another controller's part ----------------------------------------- */

void pcie_slot_report_device(PCIDevice *port, PCIDevice *function)
{
    pcie_slot_apply(port, "shown",
                    pcie_slot_show_device(slot_of(port),
                                          pcie_slot_describe(port, function)));
}

void pcie_slot_report_empty(PCIDevice *port)
{
    pcie_slot_apply(port, "shown empty", pcie_slot_show_empty(slot_of(port)));
}

void pcie_slot_withdraw_events(PCIDevice *port)
{
    pcie_slot_apply(port, "withdrawn", pcie_slot_withdraw(slot_of(port)));
}

void pcie_slot_leave_to_guest(PCIDevice *port)
{
    pcie_slot_apply(port, "left to find",
                    pcie_slot_leave_device(slot_of(port)));
}

/* ---- unplug ------------------------------------------------------------ */

void pcie_cap_slot_push_attention_button(PCIDevice *dev)
{
    pcie_slot_apply(dev, "button", pcie_slot_press_button(slot_of(dev)));
}

/* 0 would be never. */
#define LONG_AGO  (-1)

/* Asks, or waits until the guest can be asked. */
static void request_unplug(PCIDevice *port, PCIDevice *function, bool hidden,
                           Error **errp)
{
    DeviceState *dev = DEVICE(function);
    PcieSlotRefusal refusal = pcie_slot_check_unplug(slot_of(port));

    if (refusal != PCIE_SLOT_ACCEPTED) {
        report_refusal(refusal, "Hot-unplug", DEVICE(port), dev, errp);
        return;
    }
    /* For failover, which waits for it; device_del may come again. */
    dev->pending_deleted_event = true;
    dev->pending_deleted_expires_ms = LONG_AGO;
    if (hidden) {
        pci_hotplug_remove_hidden(&pcie_slot_path, function);
        return;
    }
    pci_hotplug_request_unplug(&pcie_slot_path, function);
    pcie_slot_remove_if_unused(port);
}

void pcie_cap_slot_unplug_request_cb(HotplugHandler *hotplug_dev,
                                     DeviceState *dev, Error **errp)
{
    PCIDevice *port = PCI_DEVICE(hotplug_dev);
    PCIDevice *function = PCI_DEVICE(dev);
    bool hidden = function->devfn && !bus_behind(port)->devices[0];
    PcieSlotEffect effect;

    if (pci_hotplug_requests_enabled()) {
        request_unplug(port, function, hidden, errp);
        return;
    }
    effect = pcie_slot_request_unplug(slot_of(port),
                                      hidden ? PCIE_SLOT_HIDDEN
                                             : PCIE_SLOT_VISIBLE);
    if (effect.refusal != PCIE_SLOT_ACCEPTED) {
        report_refusal(effect.refusal, "Hot-unplug", DEVICE(port), dev, errp);
        return;
    }
    dev->pending_deleted_event = true;
    dev->pending_deleted_expires_ms =
        qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + UNPLUG_PENDING_MS;

    pcie_slot_apply(port, "unplug", effect);
    if (effect.removal == PCIE_SLOT_REMOVE_FUNCTION) {
        pci_hotplug_remove(function);
    }
}

void pcie_cap_slot_unplug_cb(HotplugHandler *hotplug_dev, DeviceState *dev,
                             Error **errp)
{
    qdev_unrealize(dev);
}
