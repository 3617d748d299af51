/*
 * Hotplug requests: how they ended
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An event names devices that may be gone already, so their names are kept from
 * the moment that the request is made.
 */

#include "qemu/osdep.h"
#include "block/aio.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pci_device.h"
#include "pci-hotplug-internal.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-events-pci-hotplug.h"
#include "qapi/qapi-events-qdev.h"
#include "qapi/qapi-visit-pci-hotplug.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"

/* Of a device that leaves; released when the device is gone for good. */
#define PROP_DEPARTURE  "x-pci-hotplug-departure"

/* ---- QAPI's words ------------------------------------------------------ */

static PciHotplugRequestKind qapi_kind(HotplugRequestKind kind)
{
    switch (kind) {
    case HOTPLUG_REQUEST_PLUG:
        return PCI_HOTPLUG_REQUEST_KIND_PLUG;
    case HOTPLUG_REQUEST_UNPLUG:
        return PCI_HOTPLUG_REQUEST_KIND_UNPLUG;
    case HOTPLUG_REQUEST_REMOVAL:
    case HOTPLUG_REQUEST_NONE:
    case HOTPLUG_REQUEST_KINDS:
        break;
    }
    return PCI_HOTPLUG_REQUEST_KIND_REMOVAL;
}

/* The schema has the words of the model, in the order of the model. */
QEMU_BUILD_BUG_ON((int)HOTPLUG_OUTCOMES != PCI_HOTPLUG_OUTCOME__MAX);
QEMU_BUILD_BUG_ON((int)HOTPLUG_REASONS != PCI_HOTPLUG_REASON__MAX);
QEMU_BUILD_BUG_ON((int)HOTPLUG_CANCELLED != PCI_HOTPLUG_OUTCOME_CANCELLED);
QEMU_BUILD_BUG_ON((int)HOTPLUG_RESET != PCI_HOTPLUG_REASON_RESET);
QEMU_BUILD_BUG_ON((int)HOTPLUG_GONE != PCI_HOTPLUG_REASON_GONE);

/* ---- names ------------------------------------------------------------- */

static PciHotplugMember *new_member(PCIDevice *function)
{
    PciHotplugMember *member = g_new0(PciHotplugMember, 1);

    member->id = g_strdup(DEVICE(function)->id);
    member->qom_path = object_get_canonical_path(OBJECT(function));
    member->function = PCI_FUNC(function->devfn);
    return member;
}

static void replace_member(PciHotplugMember **member, PciHotplugMember *with)
{
    qapi_free_PciHotplugMember(*member);
    *member = with;
}

void pci_hotplug_note_member(PciHotplugSlotRequests *slot, PCIDevice *function)
{
    replace_member(&slot->members[PCI_FUNC(function->devfn)],
                   new_member(function));
}

void pci_hotplug_slot_unref(PciHotplugSlotRequests *slot)
{
    g_rc_box_release_full(slot, pci_hotplug_slot_clear);
}

void pci_hotplug_slot_clear(void *opaque)
{
    PciHotplugSlotRequests *slot = opaque;

    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        replace_member(&slot->members[function], NULL);
        replace_member(&slot->leaving[function], NULL);
    }
    qapi_free_PciHotplugEndedList(slot->ended);
    g_queue_clear_full(&slot->to_send,
                       (GDestroyNotify)qapi_free_PciHotplugEnded);
    g_free(slot->owner_path);
    g_free(slot->owner_id);
    g_free(slot->bus_name);
}

/* ---- events ------------------------------------------------------------ */

/* DEVICE_UNPLUG_GUEST_ERROR has no room for a reason. */
static void send_guest_error(const PciHotplugEnded *ended)
{
    PciHotplugMemberList *item;

    if (ended->request != PCI_HOTPLUG_REQUEST_KIND_UNPLUG ||
        (ended->outcome != PCI_HOTPLUG_OUTCOME_DECLINED &&
         ended->outcome != PCI_HOTPLUG_OUTCOME_TIMED_OUT)) {
        return;
    }
    for (item = ended->devices; item; item = item->next) {
        if (item->value->outcome != PCI_HOTPLUG_OUTCOME_COMPLETED) {
            qapi_event_send_device_unplug_guest_error(item->value->id,
                                                      item->value->qom_path);
        }
    }
}

static void send_events(PciHotplugSlotRequests *slot)
{
    while (!slot->departing && !g_queue_is_empty(&slot->to_send)) {
        g_autoptr(PciHotplugEnded) ended = g_queue_pop_head(&slot->to_send);

        send_guest_error(ended);
        qapi_event_send_pci_hotplug_ended(ended);
    }
}

/* ---- devices that leave ------------------------------------------------ */

static void departed(void *opaque)
{
    PciHotplugSlotRequests *slot = opaque;

    slot->departing--;
    send_events(slot);
    pci_hotplug_slot_unref(slot);
}

/*
 * A device's properties are released right before DEVICE_DELETED is sent, in
 * one go: what is to come after that has to come from the main loop.
 */
static void release_departure(Object *device, const char *name, void *opaque)
{
    aio_bh_schedule_oneshot(qemu_get_aio_context(), departed, opaque);
}

void pci_hotplug_departs(PciHotplugSlotRequests *slot, PCIDevice *function)
{
    replace_member(&slot->leaving[PCI_FUNC(function->devfn)],
                   new_member(function));
    slot->departing++;
    object_property_add(OBJECT(function), PROP_DEPARTURE, "opaque", NULL, NULL,
                        release_departure, g_rc_box_acquire(slot));
}

/* ---- endings ----------------------------------------------------------- */

/*
 * What the ending is about: of removals, what left.  An unplug that overtook a
 * plug is about the same functions.
 */
static PciHotplugMember *take_member(PciHotplugSlotRequests *slot,
                                     HotplugRequestKind kind,
                                     unsigned function)
{
    PciHotplugMember *member = slot->members[function];

    if (kind == HOTPLUG_REQUEST_REMOVAL || !member) {
        return g_steal_pointer(&slot->leaving[function]);
    }
    if (slot->request.functions & 1U << function) {
        return QAPI_CLONE(PciHotplugMember, member);
    }
    return g_steal_pointer(&slot->members[function]);
}

static PciHotplugMemberList *list_members(PciHotplugSlotRequests *slot,
                                          const HotplugEnding *ending)
{
    PciHotplugMemberList *list = NULL;
    PciHotplugMemberList **tail = &list;

    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        PciHotplugMember *member = ending->functions & 1U << function ?
            take_member(slot, ending->kind, function) : NULL;

        if (member) {
            member->has_outcome = true;
            member->outcome = ending->completed & 1U << function ?
                PCI_HOTPLUG_OUTCOME_COMPLETED :
                (PciHotplugOutcome)ending->outcome;
            QAPI_LIST_APPEND(tail, member);
        }
    }
    return list;
}

static void keep_ended(PciHotplugSlotRequests *slot, PciHotplugEnded *ended)
{
    PciHotplugEndedList **tail = &slot->ended;
    unsigned kept = 0;

    for (; *tail; tail = &(*tail)->next) {
        kept++;
    }
    QAPI_LIST_APPEND(tail, QAPI_CLONE(PciHotplugEnded, ended));
    if (kept == PCI_HOTPLUG_ENDED_KEPT) {
        PciHotplugEndedList *oldest = slot->ended;

        slot->ended = oldest->next;
        oldest->next = NULL;
        qapi_free_PciHotplugEndedList(oldest);
    }
}

void pci_hotplug_report(PciHotplugSlotRequests *slot,
                        const HotplugEnding *ending)
{
    PciHotplugEnded *ended = g_new0(PciHotplugEnded, 1);

    ended->qom_path = g_strdup(slot->owner_path);
    ended->id = g_strdup(slot->owner_id);
    ended->bus = g_strdup(slot->bus_name);
    ended->addr = slot->device;
    ended->request = qapi_kind(ending->kind);
    ended->outcome = (PciHotplugOutcome)ending->outcome;
    ended->reason = (PciHotplugReason)ending->reason;
    ended->devices = list_members(slot, ending);
    ended->queued_ms = ending->queued;
    ended->signalled_ms = ending->signalled;
    ended->total_ms = ending->total;
    ended->signals = ending->signals;

    keep_ended(slot, ended);
    g_queue_push_tail(&slot->to_send, ended);
    send_events(slot);
}

/* ---- the query --------------------------------------------------------- */

static PciHotplugRequest *describe_open(const PciHotplugSlotRequests *slot)
{
    const HotplugRequest *model = &slot->request;
    PciHotplugRequest *request = g_new0(PciHotplugRequest, 1);
    PciHotplugMemberList **tail = &request->devices;

    request->request = qapi_kind(model->kind);
    request->state = (PciHotplugRequestState)(model->state - 1);
    request->waits_for =
        (PciHotplugWait)(hotplug_request_waits_for(model) - 1);
    request->age_ms = MAX(qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) - model->asked,
                          0);
    request->signals = model->signals;
    for (unsigned function = 0; function < PCI_FUNC_MAX; function++) {
        if (slot->members[function] && model->functions & 1U << function) {
            QAPI_LIST_APPEND(tail, QAPI_CLONE(PciHotplugMember,
                                              slot->members[function]));
        }
    }
    return request;
}

/* The model's first word of each is for no request at all. */
QEMU_BUILD_BUG_ON((int)HOTPLUG_REQUEST_ACKNOWLEDGED - 1 !=
                  PCI_HOTPLUG_REQUEST_STATE_ACKNOWLEDGED);
QEMU_BUILD_BUG_ON((int)HOTPLUG_WAIT_CONFIGURATION - 1 !=
                  PCI_HOTPLUG_WAIT_GUEST_CONFIGURATION);
QEMU_BUILD_BUG_ON((int)HOTPLUG_WAITS - 1 != PCI_HOTPLUG_WAIT__MAX);

void pci_hotplug_describe_requests(PciHotplugSlot *description, PCIBus *bus,
                                   unsigned device)
{
    const PciHotplugSlotRequests *slot = pci_hotplug_requests_of(bus, device);

    if (slot && slot->request.kind != HOTPLUG_REQUEST_NONE) {
        description->request = describe_open(slot);
    }
    if (slot && slot->ended) {
        description->ended = QAPI_CLONE(PciHotplugEndedList, slot->ended);
    }
}

void pci_hotplug_bus_gone(PciHotplugSlotRequests *slot)
{
    const HotplugRequestTiming timing = { 0 };
    HotplugRequestEffect effect =
        hotplug_request_gone(&slot->request, &timing, UINT8_MAX, 0,
                             HOTPLUG_LEAVE_HOST, slot->request.since);

    for (unsigned i = 0; i < effect.endings; i++) {
        pci_hotplug_report(slot, &effect.ending[i]);
    }
}
