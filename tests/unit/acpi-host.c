/*
 * ACPI hotplug in a nutshell, the host's part: requests, devices and time
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "acpi-host.h"
#include "model/acpi-ost.h"

void acpi_host_expect(AcpiHost *host, bool holds, const char *rule)
{
    if (!holds && !host->broken) {
        host->broken = rule;
    }
}

static HotplugRequestGuest guest_of(const AcpiHost *host)
{
    return (HotplugRequestGuest) {
        .method = HOTPLUG_METHOD_ACPI,
        .listening = host->gpe->enable[0] & ACPI_HOST_EVENT,
    };
}

void acpi_host_start(AcpiHost *host, AcpiSlots *registers, GpeBlock *gpe,
                     AcpiHostSlot *slots, unsigned count,
                     HotplugRequestTiming timing)
{
    *host = (AcpiHost) {
        .registers = registers, .gpe = gpe, .slots = slots, .count = count,
    };
    for (unsigned i = 0; i < count; i++) {
        slots[i].present = 0;
        memset(slots[i].ended, 0, sizeof(slots[i].ended));
        request_watch_start(&slots[i].watch, timing, guest_of(host));
    }
}

AcpiHostSlot *acpi_host_find(AcpiHost *host, uint32_t bus, uint32_t slot)
{
    for (unsigned i = 0; i < host->count; i++) {
        if (host->slots[i].bus == bus && host->slots[i].slot == slot) {
            return &host->slots[i];
        }
    }
    return NULL;
}

bool acpi_host_is_anything_open(const AcpiHost *host)
{
    bool open = false;

    for (unsigned i = 0; i < host->count; i++) {
        open |= host->slots[i].watch.kind && !host->slots[i].watch.hidden;
    }
    return open;
}

/* ---- effects ----------------------------------------------------------- */

static void show(AcpiHost *host, const AcpiHostSlot *slot)
{
    if (slot->watch.request.kind == HOTPLUG_REQUEST_PLUG) {
        acpi_slots_plug(host->registers, slot->bus, slot->slot);
    } else {
        acpi_slots_request_unplug(host->registers, slot->bus, slot->slot);
    }
}

static void happen(AcpiHost *host, AcpiHostSlot *slot, RequestEvent event)
{
    bool was_open = slot->watch.kind != HOTPLUG_REQUEST_NONE;
    HotplugRequestEffect effect;

    slot->watch.now = host->now;
    effect = request_watch(&slot->watch, &event);
    for (unsigned i = 0; i < effect.endings; i++) {
        slot->ended[effect.ending[i].outcome]++;
    }
    if (effect.withdraw && was_open) {
        acpi_slots_take_requests(host->registers, slot->bus, slot->slot);
    }
    if (effect.signal || effect.show) {
        show(host, slot);
    }
    if (effect.signal) {
        gpe_raise(host->gpe, ACPI_HOST_EVENT);
        acpi_host_expect(host, gpe_asserted(host->gpe),
                         "a signal raises the event");
    }
    acpi_host_expect(host, !slot->watch.broken, slot->watch.broken);
}

static void happen_everywhere(AcpiHost *host, RequestEvent event)
{
    for (unsigned i = 0; i < host->count; i++) {
        happen(host, &host->slots[i], event);
    }
}

static void leave(AcpiHost *host, AcpiHostSlot *slot, uint8_t functions,
                  HotplugLeave why)
{
    uint8_t gone = functions & slot->present;

    slot->present &= ~gone;
    if (gone) {
        happen(host, slot, (RequestEvent) {
            .type = REQUEST_GONE, .functions = gone, .left = slot->present,
            .why = why });
    }
}

/* ---- time -------------------------------------------------------------- */

int64_t acpi_host_due(const AcpiHost *host)
{
    int64_t due = HOTPLUG_NEVER;

    for (unsigned i = 0; i < host->count; i++) {
        int64_t one = request_watch_due(&host->slots[i].watch);

        due = one < due ? one : due;
    }
    return due;
}

static void fire(AcpiHost *host)
{
    for (unsigned i = 0; i < host->count; i++) {
        if (request_watch_due(&host->slots[i].watch) <= host->now) {
            happen(host, &host->slots[i],
                   (RequestEvent) { .type = REQUEST_TIME });
        }
    }
}

void acpi_host_pass_time(AcpiHost *host, int64_t milliseconds)
{
    int64_t end = host->now + milliseconds;

    while (acpi_host_due(host) <= end && !host->broken) {
        int64_t due = acpi_host_due(host);

        host->now = due > host->now ? due : host->now;
        fire(host);
    }
    host->now = end;
}

/* ---- the host's events -------------------------------------------------- */

void acpi_host_plug(AcpiHost *host, AcpiHostSlot *slot, uint8_t function)
{
    if (slot->present & function ||
        !hotplug_request_may_plug(&slot->watch.request)) {
        return;
    }
    slot->present |= function;
    happen(host, slot, (RequestEvent) {
        .type = REQUEST_PLUG, .functions = function,
        .visibility = slot->present & 1 ? HOTPLUG_VISIBLE : HOTPLUG_HIDDEN });
}

void acpi_host_unplug(AcpiHost *host, AcpiHostSlot *slot)
{
    if (slot->present & 1) {
        happen(host, slot, (RequestEvent) {
            .type = REQUEST_UNPLUG, .functions = slot->present });
    } else {
        leave(host, slot, slot->present & -slot->present, HOTPLUG_LEAVE_HOST);
    }
}

void acpi_host_restart(AcpiHost *host, HotplugRestart how)
{
    for (unsigned i = 0; i < host->count; i++) {
        AcpiHostSlot *slot = &host->slots[i];

        if (how == HOTPLUG_RESTART_COLD &&
            slot->watch.kind == HOTPLUG_REQUEST_UNPLUG) {
            leave(host, slot, slot->watch.functions, HOTPLUG_LEAVE_RESET);
        }
        happen(host, slot, (RequestEvent) {
            .type = REQUEST_RESTART, .restart = how });
    }
    gpe_reset(host->gpe);
}

void acpi_host_snapshot(AcpiHost *host)
{
    happen_everywhere(host, (RequestEvent) {
        .type = REQUEST_ASK_ANEW, .guest = guest_of(host) });
}

/* ---- the guest's -------------------------------------------------------- */

void acpi_host_read(AcpiHost *host, uint32_t bus, uint32_t seen)
{
    for (uint32_t left = seen; left; left &= left - 1) {
        AcpiHostSlot *slot = acpi_host_find(host, bus, __builtin_ctz(left));

        if (slot) {
            happen(host, slot, (RequestEvent) { .type = REQUEST_ACKNOWLEDGE });
        }
    }
}

void acpi_host_eject(AcpiHost *host, uint32_t bus, uint32_t number)
{
    AcpiHostSlot *slot = acpi_host_find(host, bus, number);

    if (!slot) {
        return;
    }
    happen(host, slot, (RequestEvent) { .type = REQUEST_EJECT });
    if (slot->watch.eject == HOTPLUG_EJECT_DEVICE) {
        leave(host, slot, UINT8_MAX, HOTPLUG_LEAVE_GUEST);
    }
}

void acpi_host_say(AcpiHost *host, uint32_t bus, uint32_t number,
                   uint32_t event, uint32_t status)
{
    AcpiHostSlot *slot = acpi_host_find(host, bus, number);
    AcpiOstAnswer answer = acpi_ost_answer(event, status);
    HotplugRequestKind about =
        acpi_ost_subject(event) == ACPI_OST_OF_PLUG ? HOTPLUG_REQUEST_PLUG
                                                    : HOTPLUG_REQUEST_UNPLUG;

    if (!slot || acpi_ost_subject(event) == ACPI_OST_OF_NEITHER ||
        slot->watch.request.state != HOTPLUG_REQUEST_ACKNOWLEDGED ||
        slot->watch.kind != about) {
        return;
    }
    if (answer == ACPI_OST_DECLINED || answer == ACPI_OST_NOT_READY) {
        happen(host, slot, (RequestEvent) {
            .type = answer == ACPI_OST_DECLINED ? REQUEST_DECLINE
                                                : REQUEST_DROPPED });
    }
}

void acpi_host_not_ready(AcpiHost *host)
{
    happen_everywhere(host, (RequestEvent) { .type = REQUEST_NOT_READY });
}

void acpi_host_listen(AcpiHost *host, bool on)
{
    happen_everywhere(host, (RequestEvent) {
        .type = REQUEST_LISTEN, .on = on });
}

void acpi_host_configure(AcpiHost *host, AcpiHostSlot *slot, uint8_t functions)
{
    for (uint8_t left = functions & slot->present; left; left &= left - 1) {
        if (slot->watch.kind == HOTPLUG_REQUEST_PLUG) {
            happen(host, slot, (RequestEvent) {
                .type = REQUEST_CONFIGURE, .functions = left & -left });
        }
    }
}
