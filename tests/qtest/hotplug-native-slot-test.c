/*
 * QTest of native PCIe hotplug: functions of a device, requests and refusals
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/specs/pcie-slot.rst has the registers.  differential_native.py compares
 * them with stock's; here is what the host does and says.
 */

#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "slot-steps.h"

#define DEVICE    "virtio-rng-pci"
#define NO_DEVICE UINT32_MAX

static Hotplug *start(const char *more)
{
    return hotplug_start_with(&hotplug_q35, SLOT_NATIVE " %s", more);
}

static void plug_functions(Hotplug *h)
{
    const HotplugPlace *place = &h->board->place[1];
    const char *more = ",'multifunction': true";

    hotplug_plug_function(h, DEVICE, "one", place, 1, more);
    hotplug_plug_function(h, DEVICE, "two", place, 2, more);
    g_assert_cmphex(slot_status(h), ==, 0);
    hotplug_plug_function(h, DEVICE, "zero", place, 0, more);
}

/* ---- functions --------------------------------------------------------- */

/* Nothing is there for the guest before function 0, and all of it then. */
static void test_functions(void)
{
    g_autoptr(Hotplug) h = start("");

    plug_functions(h);
    g_assert_true(slot_status(h) & PCIE_SLOT_PRESENT);
    g_assert_cmphex(slot_function_id(h, 0), ==, NO_DEVICE);
    slot_turn_on(h);
    for (int function = 0; function < 3; function++) {
        g_assert_cmphex(slot_function_id(h, function), !=, NO_DEVICE);
    }

    hotplug_request_unplug(h, "one");
    slot_blink(h);
    slot_turn_off(h);
    hotplug_expect_deleted(h, "zero");
    hotplug_expect_deleted(h, "one");
    hotplug_expect_deleted(h, "two");
    g_assert_false(slot_status(h) & PCIE_SLOT_PRESENT);
}

/* The guest never heard of it: it goes alone, and without the guest. */
static void test_function_taken_back(void)
{
    g_autoptr(Hotplug) h = start("");
    const HotplugPlace *place = &h->board->place[1];
    const char *more = ",'multifunction': true";

    hotplug_plug_function(h, DEVICE, "one", place, 1, more);
    hotplug_plug_function(h, DEVICE, "two", place, 2, more);
    hotplug_request_unplug(h, "one");
    hotplug_expect_deleted(h, "one");
    g_assert_true(hotplug_has_device(h, "two"));
    g_assert_cmphex(slot_status(h), ==, 0);
}

/* Offsets of igb's SR-IOV capability, and where its first function is. */
#define SRIOV            0x160
#define SRIOV_CONTROL    (SRIOV + 0x08)
#define SRIOV_NUMBER     (SRIOV + 0x10)
#define FIRST_VIRTUAL    0x80

/* Virtual functions go with their physical one. */
static void test_virtual_functions(void)
{
    g_autoptr(Hotplug) h = start("");

    hotplug_plug_function(h, "igb", "physical", &h->board->place[1], 0,
                          ",'rombar': 0");
    slot_turn_on(h);
    g_assert_cmphex(slot_function_class(h, FIRST_VIRTUAL), ==, NO_DEVICE);
    slot_extended_write(h, SRIOV_NUMBER, 2);
    slot_extended_write(h, SRIOV_CONTROL, 1);
    g_assert_cmphex(slot_function_class(h, FIRST_VIRTUAL), !=, NO_DEVICE);
    g_assert_false(slot_status(h) & PCIE_SLOT_EVENTS);

    hotplug_request_unplug(h, "physical");
    slot_blink(h);
    slot_turn_off(h);
    hotplug_expect_deleted(h, "physical");
    g_assert_cmphex(slot_function_class(h, FIRST_VIRTUAL), ==, NO_DEVICE);
}

/* ---- requests ---------------------------------------------------------- */

static void test_power_is_visible(void)
{
    g_autoptr(Hotplug) h = start("");

    hotplug_plug(h, DEVICE, "dev", &h->board->place[1]);
    g_assert_cmphex(slot_function_id(h, 0), ==, NO_DEVICE);
    slot_command(h, PCIE_SLOT_POWER_OFF, 0);
    g_assert_cmphex(slot_function_id(h, 0), !=, NO_DEVICE);
    slot_light(h, PCIE_SLOT_INDICATOR_ON);
    slot_command(h, 0, PCIE_SLOT_POWER_OFF);
    g_assert_cmphex(slot_function_id(h, 0), ==, NO_DEVICE);
    g_assert_true(hotplug_has_device(h, "dev"));
}

static void test_unplug_before_guest(void)
{
    g_autoptr(Hotplug) h = start("");

    hotplug_plug(h, DEVICE, "dev", &h->board->place[1]);
    hotplug_request_unplug(h, "dev");
    hotplug_expect_deleted(h, "dev");
    g_assert_cmphex(slot_status(h), ==, PCIE_SLOT_PRESENCE);
}

/* For 5 s a request is not made again. */
static void test_ask_again(void)
{
    g_autoptr(Hotplug) h = start("-device " DEVICE ",id=dev,bus=port1");
    g_autofree char *text = NULL;

    hotplug_request_unplug(h, "dev");
    slot_clear_events(h);
    qtest_clock_step(h->qts, 5 * NANOSECONDS_PER_SECOND - 1000000);
    text = hotplug_refused_unplug(h, "dev");
    hotplug_assert_names(text, "dev", NULL);
    g_assert_false(slot_status(h) & PCIE_SLOT_BUTTON);

    qtest_clock_step(h->qts, 1000000);
    hotplug_request_unplug(h, "dev");
    g_assert_true(slot_status(h) & PCIE_SLOT_BUTTON);
}

static void test_without_power_controller(void)
{
    g_autoptr(Hotplug) h =
        start("-global pcie-root-port.power_controller_present=off");
    const HotplugPlace *place = &h->board->place[1];

    for (int round = 0; round < 3; round++) {
        hotplug_plug(h, DEVICE, "dev", place);
        g_assert_cmphex(slot_function_id(h, 0), !=, NO_DEVICE);
        slot_blink(h);
        slot_light(h, PCIE_SLOT_INDICATOR_ON);
        hotplug_request_unplug(h, "dev");
        g_assert_true(slot_status(h) & PCIE_SLOT_BUTTON);
        slot_blink(h);
        slot_light(h, PCIE_SLOT_INDICATOR_OFF);
        hotplug_expect_deleted(h, "dev");
        g_assert_false(slot_status(h) & PCIE_SLOT_PRESENT);
    }
}

/* ---- refusals: each names the device, the port and what to do ---------- */

static void test_busy(void)
{
    g_autoptr(Hotplug) h = start("-device " DEVICE ",id=dev,bus=port1");
    g_autofree char *text = NULL;

    slot_blink(h);
    text = hotplug_refused_unplug(h, "dev");
    hotplug_assert_names(text, "'dev'", "'port1'", "power indicator blinking",
                         "try again", NULL);
    slot_light(h, PCIE_SLOT_INDICATOR_ON);
    hotplug_request_unplug(h, "dev");
}

static void test_locked(void)
{
    g_autoptr(Hotplug) h = start("");
    g_autofree char *plug = NULL, *unplug = NULL;

    slot_command(h, 0, PCIE_SLOT_INTERLOCK);
    plug = hotplug_refused_plug(h, DEVICE, "dev", "port1");
    hotplug_assert_names(plug, "'dev'", "'port1'", "lock", NULL);
    slot_command(h, 0, PCIE_SLOT_INTERLOCK);
    hotplug_plug(h, DEVICE, "dev", &h->board->place[1]);
    slot_turn_on(h);
    slot_command(h, 0, PCIE_SLOT_INTERLOCK);
    unplug = hotplug_refused_unplug(h, "dev");
    hotplug_assert_names(unplug, "'dev'", "'port1'", "lock", NULL);
}

static void test_hidden(void)
{
    g_autoptr(Hotplug) h =
        start("-global pcie-root-port.x-do-not-expose-native-hotplug-cap=on "
              "-device " DEVICE ",id=cold,bus=port1");
    g_autofree char *plug = hotplug_refused_plug(h, DEVICE, "dev", "port0");
    g_autofree char *unplug = hotplug_refused_unplug(h, "cold");

    hotplug_assert_names(plug, "'dev'", "'port0'", "pc-q35-6.2", NULL);
    hotplug_assert_names(unplug, "'cold'", "'port1'", "pc-q35-6.2", NULL);
}

/* It keeps its place, loses its power and gets it back. */
static void test_fixed(void)
{
    g_autoptr(Hotplug) h =
        start("-device VGA,id=vga,bus=port1,addr=0.0,multifunction=on "
              "-device " DEVICE ",id=mate,bus=port1,addr=0.1");
    g_autofree char *text = NULL;

    slot_turn_on(h);
    slot_turn_off(h);
    g_assert_true(hotplug_has_device(h, "vga"));
    g_assert_true(slot_status(h) & PCIE_SLOT_PRESENT);
    g_assert_cmphex(slot_function_id(h, 0), ==, NO_DEVICE);
    slot_turn_on(h);
    g_assert_cmphex(slot_function_id(h, 0), !=, NO_DEVICE);
    text = hotplug_refused_unplug(h, "mate");
    hotplug_assert_names(text, "'mate'", "'port1'", NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/hotplug-native/functions", test_functions);
    qtest_add_func("/hotplug-native/function-taken-back",
                   test_function_taken_back);
    qtest_add_func("/hotplug-native/virtual-functions",
                   test_virtual_functions);
    qtest_add_func("/hotplug-native/power-is-visible", test_power_is_visible);
    qtest_add_func("/hotplug-native/unplug-before-guest",
                   test_unplug_before_guest);
    qtest_add_func("/hotplug-native/ask-again", test_ask_again);
    qtest_add_func("/hotplug-native/without-power-controller",
                   test_without_power_controller);
    qtest_add_func("/hotplug-native/busy", test_busy);
    qtest_add_func("/hotplug-native/locked", test_locked);
    qtest_add_func("/hotplug-native/hidden", test_hidden);
    qtest_add_func("/hotplug-native/fixed", test_fixed);

    return g_test_run();
}
