/*
 * Steps of qtests that look at both ways in which a guest hears of requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine is hotplug_q35; "port" is 0 or 1, and stands for place[port].
 * A request may show in the registers and interrupts of one method alone, and
 * in those of one port.
 */

#ifndef TESTS_QTEST_HOTPLUG_PATH_STEPS_H
#define TESTS_QTEST_HOTPLUG_PATH_STEPS_H

#include "hotplug-modes-steps.h"

#define PATH_DEVICE  "virtio-rng-pci"

/* Of an expander's host bridge, and of the port below it. */
#define PATH_EXPANDER \
    "-device pxb-pcie,id=pxb,bus_nr=64,bus=pcie.0,addr=0x10 " \
    "-device pcie-root-port,id=far,bus=pxb,chassis=40 "

/*
 * PathRequest: what there is to see of a request that the guest has not reacted
 * to
 *
 * @PATH_FOUND: of a plug, native, that the guest has to find: no button
 */
typedef enum PathRequest {
    PATH_NOTHING,
    PATH_PLUG,
    PATH_UNPLUG,
    PATH_FOUND,
} PathRequest;

/*
 * PathGuest: what a guest has done before a test begins
 *
 * @PATH_SILENT: nothing
 * @PATH_EVENT: enabled the ACPI hotplug event
 * @PATH_SLOTS: enabled the interrupts of both slots
 * @PATH_WITHOUT: enabled the event, and committed _OSC without native hotplug
 * @PATH_NATIVE: the same with native hotplug, and enabled both slots
 */
typedef enum PathGuest {
    PATH_SILENT,
    PATH_EVENT,
    PATH_SLOTS,
    PATH_WITHOUT,
    PATH_NATIVE,
} PathGuest;

/* Starts a machine whose interrupts are watched; the GPE block is mapped. */
Hotplug *path_start(const char *arguments);
void path_prepare(Hotplug *h, PathGuest guest);

/* A guest listens to both slots, or takes its interrupts away. */
void path_enable_slots(Hotplug *h);

/*
 * Asserts what a port shows of @request, that it shows nothing by the other
 * method, and that the other port shows nothing at all; also that the right
 * interrupt is asserted if the guest listens.  Acknowledges what it saw: UP is
 * read, events are cleared.  DOWN stays.
 */
void path_expect(Hotplug *h, int port, HotplugMethod method,
                 PathRequest request);
void path_expect_quiet(Hotplug *h);

/* The same of a port's registers alone, without acknowledging but UP. */
void path_expect_registers(Hotplug *h, int port, HotplugMethod method,
                           PathRequest request);

/* The guest takes a device into use, or gives it back when asked to. */
void path_take(Hotplug *h, int port, HotplugMethod method);
void path_give_back(Hotplug *h, int port, HotplugMethod method);
/* Parts of that, native alone: it begins with the slot; it gives it power. */
void path_blink(Hotplug *h, int port);
void path_power_on(Hotplug *h, int port);

/* Whether the guest finds a function behind a port, in configuration space. */
bool path_is_visible(Hotplug *h, int port, uint8_t function);

/* Three functions of a device, the last one function 0; "one" "two" "zero". */
void path_plug_functions(Hotplug *h, int port);

uint8_t path_devfn(int port);

/* As query-pci-hotplug names it. */
const char *path_method_name(HotplugMethod method);

#endif /* TESTS_QTEST_HOTPLUG_PATH_STEPS_H */
