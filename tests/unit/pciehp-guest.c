/*
 * A port with a slot, and a guest that drives it as Linux's pciehp does
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pciehp-guest.h"

#define STATUS        2
#define LIGHT(indicator) \
    (PCIE_SLOT_INDICATOR_##indicator << PCIE_SLOT_LIGHT_SHIFT)
#define ATTENTION_ON \
    (PCIE_SLOT_INDICATOR_ON << PCIE_SLOT_ATTENTION_SHIFT)

/* What Linux clears when it starts, and what it enables. */
#define CLEARED       (PCIE_SLOT_EVENTS | PCIE_SLOT_POWER_FAULT | \
                       PCIE_SLOT_RETENTION_LATCH)
#define LISTENING     (PCIE_SLOT_BUTTON | PCIE_SLOT_PRESENCE | \
                       PCIE_SLOT_COMMAND | PCIE_SLOT_INTERRUPT)

/* ---- the host's side --------------------------------------------------- */

static void carry_out(Port *port, PcieSlotEffect effect)
{
    if (effect.removal == PCIE_SLOT_REMOVE_ALL) {
        port->device = false;
        port->removals++;
    }
    if (effect.interrupt == PCIE_SLOT_INTERRUPT_RAISE) {
        port->interrupts++;
        port->line = true;
    } else if (effect.interrupt == PCIE_SLOT_INTERRUPT_LOWER) {
        port->line = false;
    }
}

Port port_new(PcieSlotFeatures features)
{
    Port port = { .state = GUEST_BOOTING };

    pcie_slot_init(&port.slot, features);
    port_reset(&port);
    return port;
}

void port_reset(Port *port)
{
    port->line = false;
    carry_out(port, pcie_slot_reset(&port->slot,
                                    port->device ? PCIE_SLOT_OCCUPIED
                                                 : PCIE_SLOT_VACANT));
    port->state = GUEST_BOOTING;
    port->configured = false;
    port->requested = 0;
    port->deadline = 0;
}

void port_plug(Port *port, PcieSlotArrival arrival)
{
    PcieSlotFunction function = { .link_reporting = true };

    port->device = true;
    carry_out(port, pcie_slot_plug(&port->slot, arrival, function));
}

PcieSlotRefusal port_unplug(Port *port)
{
    PcieSlotEffect effect = pcie_slot_request_unplug(&port->slot,
                                                     PCIE_SLOT_VISIBLE);

    carry_out(port, effect);
    return effect.refusal;
}

void port_press(Port *port)
{
    carry_out(port, pcie_slot_press_button(&port->slot));
}

void port_migrate(Port *port)
{
    PcieSlotModel there;

    pcie_slot_init(&there, port->slot.features);
    if (port->device) {
        pcie_slot_plug(&there, PCIE_SLOT_COLD, (PcieSlotFunction) { 0 });
    }
    carry_out(port, pcie_slot_restore(&there, port->slot.control,
                                      port->slot.status,
                                      port->slot.link_active));
    port->slot = there;
}

/* ---- the guest's side: registers --------------------------------------- */

static void write_status(Port *port, uint16_t ones)
{
    carry_out(port, pcie_slot_write(&port->slot, STATUS, 2, ones));
}

static void write_control(Port *port, uint16_t mask, uint16_t value)
{
    uint16_t control = (port->slot.control & ~mask) | value;

    carry_out(port, pcie_slot_write(&port->slot, 0, 2, control));
}

static bool is_present(const Port *port)
{
    return port->slot.status & PCIE_SLOT_PRESENT;
}

static void show(Port *port, uint16_t indicator)
{
    write_control(port, PCIE_SLOT_LIGHT, indicator);
}

/* ---- the guest's side: power ------------------------------------------- */

static void fail_to_configure(Port *port)
{
    if (port->slot.features.power_controller) {
        write_control(port, 0, PCIE_SLOT_POWER_OFF);
    }
    show(port, LIGHT(OFF));
    write_control(port, PCIE_SLOT_ATTENTION, ATTENTION_ON);
    port->state = GUEST_OFF;
}

static void power_on(Port *port)
{
    if (!is_present(port)) {
        show(port, LIGHT(OFF));
        port->state = GUEST_OFF;
        return;
    }
    if (port->slot.features.power_controller) {
        write_control(port, PCIE_SLOT_POWER_OFF, 0);
    }
    show(port, LIGHT(BLINKING));
    if (port->broken || !port->slot.link_active) {
        fail_to_configure(port);
        return;
    }
    port->configured = true;
    show(port, LIGHT(ON));
    port->state = GUEST_ON;
}

static void begin_power_off(Port *port)
{
    port->configured = false;
    if (port->slot.features.power_controller) {
        write_control(port, 0, PCIE_SLOT_POWER_OFF);
        port->state = GUEST_POWERING_OFF;
        port->deadline = port->now + POWER_OFF_MS;
    } else {
        show(port, LIGHT(OFF));
        port->state = GUEST_OFF;
    }
}

/* ---- the guest's side: events ------------------------------------------ */

static void blink(Port *port, GuestState state)
{
    show(port, LIGHT(BLINKING));
    port->state = state;
    port->deadline = port->now + BLINK_MS;
}

static void handle_button(Port *port)
{
    port->presses++;
    switch (port->state) {
    case GUEST_OFF:
        blink(port, GUEST_BLINKING_ON);
        break;
    case GUEST_ON:
        blink(port, GUEST_BLINKING_OFF);
        break;
    case GUEST_BLINKING_ON:
        show(port, LIGHT(OFF));
        port->state = GUEST_OFF;
        break;
    case GUEST_BLINKING_OFF:
        show(port, LIGHT(ON));
        port->state = GUEST_ON;
        break;
    case GUEST_BOOTING:
    case GUEST_POWERING_OFF:
        break;
    }
}

static void handle_presence(Port *port)
{
    bool waits = port->state == GUEST_OFF || port->state == GUEST_BLINKING_ON;

    if (is_present(port) && waits) {
        power_on(port);
    } else if (!is_present(port) && port->state == GUEST_BLINKING_ON) {
        power_on(port);     /* which finds that there is nothing */
    }
}

/* As Linux does: take all events first, then handle them in this order. */
static void handle_events(Port *port)
{
    uint16_t seen = port->requested, events;

    port->requested = 0;
    while ((events = port->slot.status & PCIE_SLOT_EVENTS)) {
        seen |= events;
        write_status(port, events);
    }
    if (seen & PCIE_SLOT_BUTTON) {
        handle_button(port);
    }
    if (seen & PCIE_SLOT_PRESENCE) {
        handle_presence(port);
    }
}

static void handle_timer(Port *port)
{
    switch (port->state) {
    case GUEST_BLINKING_ON:
        power_on(port);
        break;
    case GUEST_BLINKING_OFF:
        begin_power_off(port);
        break;
    case GUEST_POWERING_OFF:
        show(port, LIGHT(OFF));
        port->state = GUEST_OFF;
        break;
    case GUEST_BOOTING:
    case GUEST_OFF:
    case GUEST_ON:
        break;
    }
}

void guest_probe(Port *port, bool found)
{
    write_status(port, CLEARED);
    write_control(port, LISTENING, 0);
    port->configured = found;
    port->state = found ? GUEST_ON : GUEST_OFF;
    write_control(port, 0, port->polls ? LISTENING & ~PCIE_SLOT_INTERRUPT
                                       : LISTENING);
    if (is_present(port) && !found) {
        port->requested = PCIE_SLOT_PRESENCE;
    }
}

static bool is_called(const Port *port)
{
    bool events = port->polls ? port->slot.status & PCIE_SLOT_EVENTS
                              : port->line;

    return port->state != GUEST_BOOTING && (events || port->requested);
}

void guest_run(Port *port, unsigned milliseconds)
{
    for (unsigned end = port->now + milliseconds; port->now < end;
         port->now++) {
        if (is_called(port)) {
            handle_events(port);
        }
        if (port->deadline && port->now >= port->deadline) {
            port->deadline = 0;
            handle_timer(port);
        }
    }
}
