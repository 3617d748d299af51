/*
 * Hotplug requests of a machine
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Binds the model (hw/model/hotplug-request.c) to slots, time and whoever has
 * the slots' registers.  What ended is reported by pci-hotplug-report.c.
 */

#include "qemu/osdep.h"
#include "hw/core/before-reset.h"
#include "hw/pci/pci-hotplug-removal.h"
#include "hw/pci/pci-hotplug-requests.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_host.h"
#include "pci-hotplug-internal.h"
#include "pci-internal.h"
#include "qapi/error.h"
#include "qemu/timer.h"
#include "system/runstate.h"
#include "trace.h"

/* Of a bus: its slots.  Nobody but this file looks at it. */
#define PROP_SLOTS  "x-pci-hotplug-slots"

/* ACPI: signals to a guest that drops what it reads while it starts. */
#define AGAIN_MS       500
#define AGAIN_MOST_MS  32000

/* A driver may hang in the removal of another device for so long. */
#define STALE_MS       30000

/*
 * BusSlots: the slots of a bus, by device number; NULL where there was no
 * request
 */
typedef struct BusSlots {
    PciHotplugSlotRequests *slot[PCI_SLOT_MAX];
} BusSlots;

static int64_t now_ms(void)
{
    return qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL);
}

static HotplugRequestTiming timing_of_machine(void)
{
    return (HotplugRequestTiming) {
        .timeout = pci_hotplug_timeout() * INT64_C(1000),
        .again = AGAIN_MS,
        .again_most = AGAIN_MOST_MS,
        .stale = STALE_MS,
    };
}

/* ---- entries ----------------------------------------------------------- */

static void release_slots(Object *bus, const char *name, void *opaque)
{
    g_autofree BusSlots *slots = opaque;

    for (unsigned device = 0; device < PCI_SLOT_MAX; device++) {
        PciHotplugSlotRequests *slot = slots->slot[device];

        if (slot) {
            pci_hotplug_bus_gone(slot);
            timer_free(slot->timer);
            slot->timer = NULL;
            slot->bus = NULL;
            pci_hotplug_slot_unref(slot);
        }
    }
}

static BusSlots *slots_of(PCIBus *bus)
{
    ObjectProperty *property = object_property_find(OBJECT(bus), PROP_SLOTS);

    return property ? property->opaque : NULL;
}

static PciHotplugSlotRequests *find_slot(PCIBus *bus, unsigned device)
{
    BusSlots *slots = slots_of(bus);

    return slots && device < PCI_SLOT_MAX ? slots->slot[device] : NULL;
}

const PciHotplugSlotRequests *pci_hotplug_requests_of(PCIBus *bus,
                                                      unsigned device)
{
    return find_slot(bus, device);
}

static void slot_timer_expired(void *opaque);

static PciHotplugSlotRequests *new_slot(PCIBus *bus, unsigned device,
                                        const PciHotplugPath *path)
{
    PciHotplugSlotRequests *slot = g_rc_box_new0(PciHotplugSlotRequests);

    slot->bus = bus;
    slot->device = device;
    slot->owner_path = object_get_canonical_path(OBJECT(BUS(bus)->parent));
    slot->owner_id = g_strdup(BUS(bus)->parent->id);
    slot->bus_name = g_strdup(BUS(bus)->name);
    slot->path = path;
    g_queue_init(&slot->to_send);
    slot->timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, slot_timer_expired, slot);
    hotplug_request_init(&slot->request, path->guest(bus, device));
    return slot;
}

static PciHotplugSlotRequests *get_slot(PCIBus *bus, unsigned device,
                                        const PciHotplugPath *path)
{
    BusSlots *slots = slots_of(bus);

    if (!slots) {
        slots = g_new0(BusSlots, 1);
        object_property_add(OBJECT(bus), PROP_SLOTS, "opaque", NULL, NULL,
                            release_slots, slots);
    }
    if (!slots->slot[device]) {
        slots->slot[device] = new_slot(bus, device, path);
    }
    return slots->slot[device];
}

/* ---- visiting slots ---------------------------------------------------- */

static void visit_bus(PCIBus *bus, PciHotplugSlotVisitor *visit, void *opaque)
{
    BusSlots *slots = slots_of(bus);
    PCIBus *child;

    for (unsigned device = 0; slots && device < PCI_SLOT_MAX; device++) {
        if (slots->slot[device]) {
            visit(slots->slot[device], opaque);
        }
    }
    QLIST_FOREACH(child, &bus->child, sibling) {
        visit_bus(child, visit, opaque);
    }
}

void pci_hotplug_visit_slots(PciHotplugSlotVisitor *visit, void *opaque)
{
    PCIHostState *bridge;

    QLIST_FOREACH(bridge, &pci_host_bridges, next) {
        if (bridge->bus) {
            visit_bus(bridge->bus, visit, opaque);
        }
    }
}

/* ---- effects ----------------------------------------------------------- */

static void set_timer(PciHotplugSlotRequests *slot)
{
    HotplugRequestTiming timing = timing_of_machine();
    int64_t due = hotplug_request_due(&slot->request, &timing);

    if (due == HOTPLUG_NEVER) {
        timer_del(slot->timer);
    } else {
        timer_mod(slot->timer, due);
    }
}

/* @before: what was open when the event came */
static void carry_out(PciHotplugSlotRequests *slot, const char *event,
                      HotplugRequestKind before, HotplugRequestEffect effect)
{
    const PciHotplugPath *path = slot->path;
    HotplugRequestKind kind = slot->request.kind;

    trace_pci_hotplug_request(BUS(slot->bus)->name, slot->device, event,
                              hotplug_request_kind_name(kind),
                              hotplug_request_state_name(slot->request.state),
                              effect.signal, effect.endings);
    set_timer(slot);
    if (effect.withdraw && before != HOTPLUG_REQUEST_NONE) {
        path->withdraw(slot->bus, slot->device, before);
    }
    for (unsigned i = 0; i < effect.endings; i++) {
        pci_hotplug_report(slot, &effect.ending[i]);
    }
    if (effect.signal) {
        path->interrupt(slot->bus, slot->device, kind);
    } else if (effect.show) {
        path->show(slot->bus, slot->device, kind);
    }
}

static void slot_timer_expired(void *opaque)
{
    PciHotplugSlotRequests *slot = opaque;
    HotplugRequestTiming timing = timing_of_machine();
    HotplugRequestKind before = slot->request.kind;

    carry_out(slot, "time", before,
              hotplug_request_time(&slot->request, &timing, now_ms()));
}

/* ---- the host's events ------------------------------------------------- */

static uint8_t functions_in(PCIBus *bus, unsigned device)
{
    uint8_t functions = 0;

    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = bus->devices[PCI_DEVFN(device, function)];

        if (pdev && !pci_is_vf(pdev)) {
            functions |= 1U << function;
        }
    }
    return functions;
}

/* The slot that @dev is to come to; -1 if any will do. */
static int wanted_device(PCIBus *bus, PCIDevice *dev)
{
    if (dev->devfn >= 0) {
        return PCI_SLOT(dev->devfn);
    }
    return pci_bus_is_express(bus) && !pci_bus_is_root(bus) ? 0 : -1;
}

bool pci_hotplug_check_plug(PCIBus *bus, PCIDevice *dev, Error **errp)
{
    int device = wanted_device(bus, dev);
    PciHotplugSlotRequests *slot;
    const char *leaving = NULL;

    pci_hotplug_settle();
    slot = device < 0 ? NULL : find_slot(bus, device);
    if (!DEVICE(dev)->hotplugged || !slot ||
        hotplug_request_may_plug(&slot->request)) {
        return true;
    }
    for (unsigned i = 0; i < PCI_FUNC_MAX && !leaving; i++) {
        leaving = slot->members[i] ? slot->members[i]->id ?:
                  slot->members[i]->qom_path : NULL;
    }
    error_setg(errp, "Device '%s' can't come to bus '%s': the guest has been "
               "asked to give back device '%s' there; wait for DEVICE_DELETED "
               "of that, or for PCI_HOTPLUG_ENDED, and try again",
               DEVICE(dev)->id ?: object_get_typename(OBJECT(dev)),
               BUS(bus)->name, leaving ?: "in its slot");
    return false;
}

void pci_hotplug_request_plug(const PciHotplugPath *path, PCIDevice *function)
{
    PCIBus *bus = pci_get_bus(function);
    unsigned device = PCI_SLOT(function->devfn);
    HotplugRequestTiming timing = timing_of_machine();
    PciHotplugSlotRequests *slot;
    HotplugRequestKind before;

    if (!pci_hotplug_requests_enabled()) {
        return;
    }
    slot = get_slot(bus, device, path);
    before = slot->request.kind;
    pci_hotplug_note_member(slot, function);
    carry_out(slot, "plug", before,
              hotplug_request_plug(&slot->request, &timing,
                                   PCI_FUNC(function->devfn),
                                   pci_get_function_0(function) ?
                                   HOTPLUG_VISIBLE : HOTPLUG_HIDDEN,
                                   now_ms()));
}

static void note_members(PciHotplugSlotRequests *slot, uint8_t functions)
{
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        unsigned devfn = PCI_DEVFN(slot->device, function);

        if (functions & 1U << function) {
            pci_hotplug_note_member(slot, slot->bus->devices[devfn]);
        }
    }
}

void pci_hotplug_request_unplug(const PciHotplugPath *path,
                                PCIDevice *function)
{
    PCIBus *bus = pci_get_bus(function);
    unsigned device = PCI_SLOT(function->devfn);
    HotplugRequestTiming timing = timing_of_machine();
    uint8_t functions = functions_in(bus, device);
    PciHotplugSlotRequests *slot;
    HotplugRequestKind before;

    pci_hotplug_settle();
    slot = get_slot(bus, device, path);
    before = slot->request.kind;
    note_members(slot, functions);
    carry_out(slot, "unplug", before,
              hotplug_request_unplug(&slot->request, &timing, functions,
                                     now_ms()));
}

/* ---- functions that leave ---------------------------------------------- */

void pci_hotplug_begin_removal(const PciHotplugPath *path, PCIBus *bus,
                               unsigned device)
{
    if (pci_hotplug_requests_enabled()) {
        PciHotplugSlotRequests *slot = get_slot(bus, device, path);

        slot->before = functions_in(bus, device);
        slot->kept = 0;
    }
}

/* What is behind a bridge goes with it, and so does what was asked of that. */
static void note_departure(PciHotplugSlotRequests *slot, void *opaque)
{
    uint8_t functions = functions_in(slot->bus, slot->device);

    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        if (functions & 1U << function) {
            pci_hotplug_departs(
                slot, slot->bus->devices[PCI_DEVFN(slot->device, function)]);
        }
    }
}

void pci_hotplug_removing(PCIDevice *function)
{
    PciHotplugSlotRequests *slot = find_slot(pci_get_bus(function),
                                             PCI_SLOT(function->devfn));

    if (slot && !pci_is_vf(function)) {
        pci_hotplug_departs(slot, function);
    }
    if (IS_PCI_BRIDGE(function)) {
        visit_bus(pci_bridge_get_sec_bus(PCI_BRIDGE(function)), note_departure,
                  NULL);
    }
}

void pci_hotplug_keeping(PCIDevice *function)
{
    PciHotplugSlotRequests *slot = find_slot(pci_get_bus(function),
                                             PCI_SLOT(function->devfn));

    if (slot) {
        slot->kept |= 1U << PCI_FUNC(function->devfn);
    }
}

static void leave(PciHotplugSlotRequests *slot, uint8_t functions, uint8_t left,
                  HotplugLeave why)
{
    HotplugRequestTiming timing = timing_of_machine();
    HotplugRequestKind before = slot->request.kind;

    if (functions) {
        carry_out(slot, "left", before,
                  hotplug_request_gone(&slot->request, &timing, functions,
                                       left, why, now_ms()));
    }
}

void pci_hotplug_end_removal(PCIBus *bus, unsigned device, HotplugLeave why)
{
    PciHotplugSlotRequests *slot = find_slot(bus, device);
    uint8_t left = functions_in(bus, device);

    if (slot) {
        leave(slot, slot->before & ~left, left, why);
        leave(slot, slot->kept & left, left & ~slot->kept,
              HOTPLUG_LEAVE_FAILOVER);
    }
}

void pci_hotplug_remove_hidden(const PciHotplugPath *path, PCIDevice *function)
{
    PCIBus *bus = pci_get_bus(function);
    unsigned device = PCI_SLOT(function->devfn);
    uint8_t bit = 1U << PCI_FUNC(function->devfn);
    PciHotplugSlotRequests *slot;

    pci_hotplug_begin_removal(path, bus, device);
    pci_hotplug_remove(function);
    pci_hotplug_end_removal(bus, device, HOTPLUG_LEAVE_HOST);
    slot = find_slot(bus, device);
    if (slot) {
        pci_hotplug_report(slot, &(HotplugEnding) {
            .kind = HOTPLUG_REQUEST_UNPLUG,
            .outcome = HOTPLUG_COMPLETED,
            .reason = HOTPLUG_GONE,
            .functions = bit,
            .completed = bit,
        });
    }
}

void pci_hotplug_move(const PciHotplugPath *path, PCIBus *bus, unsigned device)
{
    HotplugRequestTiming timing = timing_of_machine();
    PciHotplugSlotRequests *slot = find_slot(bus, device);
    const PciHotplugPath *from;
    HotplugRequestKind kind;
    HotplugRequestEffect effect;

    if (!slot || slot->path == path) {
        return;
    }
    from = slot->path;
    kind = slot->request.kind;
    effect = hotplug_request_move(&slot->request, &timing,
                                  path->guest(bus, device), now_ms());
    if (effect.withdraw) {
        from->withdraw(bus, device, kind);
        effect.withdraw = false;
    }
    slot->path = path;
    carry_out(slot, "move", kind, effect);
}

/* ---- the guest's events ------------------------------------------------ */

typedef struct Listening {
    const PciHotplugPath *path;
    bool on;
} Listening;

static void set_listening(PciHotplugSlotRequests *slot, void *opaque)
{
    const Listening *listening = opaque;
    HotplugRequestTiming timing = timing_of_machine();
    HotplugRequestKind before = slot->request.kind;

    if (slot->path == listening->path) {
        carry_out(slot, listening->on ? "listening" : "deaf", before,
                  hotplug_request_listen(&slot->request, &timing,
                                         listening->on, now_ms()));
    }
}

void pci_hotplug_listen(const PciHotplugPath *path, PCIBus *bus,
                        bool listening)
{
    Listening what = { .path = path, .on = listening };
    PciHotplugSlotRequests *slot;

    if (!bus) {
        pci_hotplug_visit_slots(set_listening, &what);
        return;
    }
    slot = find_slot(bus, 0);
    if (slot) {
        set_listening(slot, &what);
    }
}

void pci_hotplug_indicate(const PciHotplugPath *path, PCIBus *bus,
                          unsigned device, bool busy)
{
    HotplugRequestTiming timing = timing_of_machine();
    PciHotplugSlotRequests *slot = find_slot(bus, device);

    if (slot && slot->path == path) {
        HotplugRequestKind before = slot->request.kind;

        carry_out(slot, busy ? "blinking" : "steady", before,
                  hotplug_request_indicate(&slot->request, &timing, busy,
                                           now_ms()));
    }
}

void pci_hotplug_acknowledge(const PciHotplugPath *path, PCIBus *bus,
                             unsigned device)
{
    PciHotplugSlotRequests *slot = find_slot(bus, device);

    if (slot && slot->path == path) {
        HotplugRequestKind before = slot->request.kind;

        carry_out(slot, "acknowledged", before,
                  hotplug_request_acknowledge(&slot->request, now_ms()));
    }
}

void pci_hotplug_misread(PCIBus *bus, unsigned device)
{
    HotplugRequestTiming timing = timing_of_machine();
    PciHotplugSlotRequests *slot = find_slot(bus, device);

    if (slot) {
        HotplugRequestKind before = slot->request.kind;

        carry_out(slot, "misread", before,
                  hotplug_request_misread(&slot->request, &timing, now_ms()));
    }
}

void pci_hotplug_decline(PCIBus *bus, unsigned device)
{
    PciHotplugSlotRequests *slot = find_slot(bus, device);

    if (slot) {
        HotplugRequestKind before = slot->request.kind;

        carry_out(slot, "declined", before,
                  hotplug_request_decline(&slot->request, now_ms()));
    }
}

static void set_not_ready(PciHotplugSlotRequests *slot, void *opaque)
{
    HotplugRequestTiming timing = timing_of_machine();
    HotplugRequestKind before = slot->request.kind;

    if (slot->path == opaque) {
        carry_out(slot, "not ready", before,
                  hotplug_request_not_ready(&slot->request, &timing,
                                            now_ms()));
    }
}

void pci_hotplug_not_ready(const PciHotplugPath *path)
{
    pci_hotplug_visit_slots(set_not_ready, (void *)path);
}

void pci_hotplug_dropped(const PciHotplugPath *path, PCIBus *bus,
                         unsigned device)
{
    HotplugRequestTiming timing = timing_of_machine();
    PciHotplugSlotRequests *slot = find_slot(bus, device);

    if (slot && slot->path == path) {
        HotplugRequestKind before = slot->request.kind;

        carry_out(slot, "dropped", before,
                  hotplug_request_dropped(&slot->request, &timing, now_ms()));
    }
}

HotplugEject pci_hotplug_eject(const PciHotplugPath *path, PCIBus *bus,
                               unsigned device)
{
    HotplugRequestTiming timing = timing_of_machine();
    PciHotplugSlotRequests *slot = find_slot(bus, device);
    HotplugEject eject = HOTPLUG_EJECT_DEVICE;
    HotplugRequestEffect effect;

    if (slot && slot->path == path) {
        HotplugRequestKind before = slot->request.kind;

        eject = hotplug_request_eject(&slot->request, &timing, now_ms(),
                                      &effect);
        carry_out(slot, eject == HOTPLUG_EJECT_STALE ? "stale eject" : "eject",
                  before, effect);
    }
    return eject;
}

void pci_hotplug_config_written(PCIDevice *function)
{
    PciHotplugSlotRequests *slot = find_slot(pci_get_bus(function),
                                             PCI_SLOT(function->devfn));

    if (slot && slot->request.kind == HOTPLUG_REQUEST_PLUG &&
        pci_hotplug_is_set_up(function)) {
        carry_out(slot, "configured", HOTPLUG_REQUEST_PLUG,
                  hotplug_request_configure(&slot->request,
                                            PCI_FUNC(function->devfn),
                                            now_ms()));
    }
}

/* The address in a BAR; the low half of a 64-bit one may be 0. */
static uint64_t address_in(PCIDevice *pdev, int bar)
{
    uint8_t type = pdev->io_regions[bar].type;
    const uint8_t *at = pdev->config + pci_bar(pdev, bar);

    if (type & PCI_BASE_ADDRESS_SPACE_IO) {
        return pci_get_long(at) & PCI_BASE_ADDRESS_IO_MASK;
    }
    if (type & PCI_BASE_ADDRESS_MEM_TYPE_64) {
        return pci_get_quad(at) & PCI_BASE_ADDRESS_MEM_MASK;
    }
    return pci_get_long(at) & PCI_BASE_ADDRESS_MEM_MASK;
}

/* Guests write all ones to a BAR to learn its size. */
static bool has_address(PCIDevice *pdev)
{
    for (int i = 0; i < PCI_ROM_SLOT; i++) {
        const PCIIORegion *region = &pdev->io_regions[i];
        uint64_t address = region->size ? address_in(pdev, i) : 0;

        if (address && (uint32_t)address != (uint32_t)-region->size &&
            address != -region->size) {
            return true;
        }
    }
    return false;
}

bool pci_hotplug_is_set_up(PCIDevice *function)
{
    uint16_t command = pci_get_word(function->config + PCI_COMMAND);

    return command & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                      PCI_COMMAND_MASTER) ||
           has_address(function) ||
           (IS_PCI_BRIDGE(function) && function->config[PCI_SECONDARY_BUS]);
}

/* ---- resets ------------------------------------------------------------ */

/* Removes all that an open unplug is about. */
static void carry_out_unplug(PciHotplugSlotRequests *slot)
{
    PCIBus *bus = slot->bus;

    pci_hotplug_begin_removal(slot->path, bus, slot->device);
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = bus->devices[PCI_DEVFN(slot->device, function)];

        if (pdev && slot->request.functions & 1U << function &&
            DEVICE_GET_CLASS(pdev)->hotpluggable) {
            pci_hotplug_remove(pdev);
        }
    }
    pci_hotplug_end_removal(bus, slot->device, HOTPLUG_LEAVE_RESET);
}

static void restart_slot(PciHotplugSlotRequests *slot, void *opaque)
{
    const HotplugRestart *restart = opaque;
    HotplugRequestKind before;

    g_rc_box_acquire(slot);
    if (*restart == HOTPLUG_RESTART_COLD &&
        slot->request.kind == HOTPLUG_REQUEST_UNPLUG) {
        carry_out_unplug(slot);
    }
    if (slot->bus) {
        before = slot->request.kind;
        carry_out(slot, "restart", before,
                  hotplug_request_restart(&slot->request, *restart, now_ms()));
    }
    pci_hotplug_slot_unref(slot);
}

void pci_hotplug_restart(ResetType type)
{
    HotplugRestart restart = type == RESET_TYPE_WAKEUP ? HOTPLUG_RESTART_WAKE_UP
                                                       : HOTPLUG_RESTART_COLD;

    if (type == RESET_TYPE_COLD || type == RESET_TYPE_WAKEUP) {
        pci_hotplug_visit_slots(restart_slot, &restart);
    }
}

/* ---- guests that were loaded ------------------------------------------- */

/*
 * The guest that was loaded knows a device that came again for it.  What the
 * slot shows came with the guest, too, and stays.
 */
static void find_configured(PciHotplugSlotRequests *slot)
{
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = slot->bus->devices[PCI_DEVFN(slot->device, function)];
        HotplugRequestKind before = slot->request.kind;
        HotplugRequestEffect effect;

        if (pdev && pci_hotplug_is_set_up(pdev)) {
            effect = hotplug_request_configure(&slot->request, function,
                                               now_ms());
            effect.withdraw = false;
            carry_out(slot, "configured", before, effect);
        }
    }
}

static void ask_anew(PciHotplugSlotRequests *slot, void *opaque)
{
    HotplugRequestTiming timing = timing_of_machine();

    find_configured(slot);
    carry_out(slot, "snapshot", slot->request.kind,
              hotplug_request_ask_anew(&slot->request, &timing,
                                       slot->path->guest(slot->bus,
                                                         slot->device),
                                       now_ms()));
}

void pci_hotplug_ask_anew(void)
{
    pci_hotplug_visit_slots(ask_anew, NULL);
}

void pci_hotplug_install(const PciHotplugPath *path, PCIBus *bus,
                         unsigned device, const HotplugRequest *request)
{
    HotplugRequestTiming timing = timing_of_machine();
    PciHotplugSlotRequests *slot = get_slot(bus, device, path);
    HotplugRequestKind kind = request->kind;
    HotplugRequestEffect effect;

    if (slot->request.kind != HOTPLUG_REQUEST_NONE) {
        return;
    }
    slot->path = path;
    slot->request = *request;
    slot->request.functions &= functions_in(bus, device);
    slot->request.done &= slot->request.functions;
    if (kind != HOTPLUG_REQUEST_NONE && !slot->request.functions) {
        hotplug_request_init(&slot->request, path->guest(bus, device));
        return;
    }
    note_members(slot, slot->request.functions);
    effect = hotplug_request_move(&slot->request, &timing,
                                  path->guest(bus, device), now_ms());
    effect.show |= slot->request.state == HOTPLUG_REQUEST_QUEUED ||
                   slot->request.state == HOTPLUG_REQUEST_SIGNALLED;
    effect.show &= !slot->request.hidden;
    carry_out(slot, "loaded", kind, effect);
}

/* Function 0, and with it what the guest has not set up either. */
static void adopt_plug(const PciHotplugPath *path, PCIBus *bus, unsigned device)
{
    uint8_t functions = functions_in(bus, device);

    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PCIDevice *pdev = bus->devices[PCI_DEVFN(device, function)];

        if (functions & 1U << function &&
            (!function || !pci_hotplug_is_set_up(pdev))) {
            pci_hotplug_request_plug(path, pdev);
        }
    }
}

void pci_hotplug_adopt(const PciHotplugPath *path, PCIBus *bus,
                       unsigned device, HotplugRequestKind kind,
                       bool acknowledged)
{
    PciHotplugSlotRequests *slot = get_slot(bus, device, path);
    PCIDevice *function0 = bus->devices[PCI_DEVFN(device, 0)];

    if (slot->request.kind != HOTPLUG_REQUEST_NONE || !function0 ||
        !DEVICE_GET_CLASS(function0)->hotpluggable) {
        return;
    }
    if (kind == HOTPLUG_REQUEST_PLUG) {
        adopt_plug(path, bus, device);
    } else {
        pci_hotplug_request_unplug(path, function0);
    }
    if (acknowledged) {
        pci_hotplug_acknowledge(path, bus, device);
    }
}
