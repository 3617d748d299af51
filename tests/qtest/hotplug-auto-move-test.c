/*
 * QTest of hotplug mode auto: requests that are open when the choice changes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An unplug request is made again by the other method, and taken from the one
 * that had it.  Of a plug, ACPI tells the guest; a guest that takes the slots
 * over finds the device in them.
 */

#include "qemu/osdep.h"
#include "hotplug-path-steps.h"

#define AUTO  "-machine pc-q35-10.0,pci-hotplug=auto "
#define COLD  "-device " PATH_DEVICE ",id=cold,bus=port1 "
/* A device of three functions that was there from the start. */
#define COLD_FUNCTIONS \
    "-device " PATH_DEVICE ",id=zero,bus=port1,addr=0.0,multifunction=on " \
    "-device " PATH_DEVICE ",id=one,bus=port1,addr=0.1 " \
    "-device " PATH_DEVICE ",id=two,bus=port1,addr=0.2 "

/* ---- choices ----------------------------------------------------------- */

static void commit_native(Hotplug *h)
{
    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
}

static void commit_without(Hotplug *h)
{
    modes_report(h, 0, HOTPLUG_OSC_SHPC, false);
}

static void enable_event(Hotplug *h)
{
    hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
}

/* Of the other port: it is the host bridge that is chosen for. */
static void enable_slot(Hotplug *h)
{
    modes_enable_slot(h, 0, PORT0_DEVFN);
    modes_clear_slot_events(h, 0, PORT0_DEVFN);
}

/*
 * Move: a change of the guest's choice
 *
 * @guest: what it did before
 * @choose: what it does
 * @from, @to: the methods before and after
 */
typedef struct Move {
    const char *name;
    PathGuest guest;
    void (*choose)(Hotplug *h);
    HotplugMethod from;
    HotplugMethod to;
} Move;

#define ACPI    HOTPLUG_METHOD_ACPI
#define NATIVE  HOTPLUG_METHOD_NATIVE

static const Move moves[] = {
    { "silent-event", PATH_SILENT, enable_event, ACPI, ACPI },
    { "silent-without", PATH_SILENT, commit_without, ACPI, ACPI },
    { "silent-native", PATH_SILENT, commit_native, ACPI, NATIVE },
    { "silent-slot", PATH_SILENT, enable_slot, ACPI, NATIVE },
    { "event-native", PATH_EVENT, commit_native, ACPI, NATIVE },
    { "event-slot", PATH_EVENT, enable_slot, ACPI, NATIVE },
    { "without-native", PATH_WITHOUT, commit_native, ACPI, NATIVE },
    { "without-slot", PATH_WITHOUT, enable_slot, ACPI, NATIVE },
    { "slots-without", PATH_SLOTS, commit_without, NATIVE, ACPI },
    { "native-without", PATH_NATIVE, commit_without, NATIVE, ACPI },
};

/* The interrupt that was on its way goes first: the new one counts. */
static void choose(Hotplug *h, const Move *move)
{
    hotplug_clear_gpe_status(h, HOTPLUG_GPE_BIT);
    move->choose(h);
}

static Hotplug *start(const Move *move, const char *more)
{
    g_autofree char *arguments = g_strdup_printf(AUTO "%s", more);
    Hotplug *h = path_start(arguments);

    path_prepare(h, move->guest);
    path_expect_quiet(h);
    return h;
}

/* ---- unplug ------------------------------------------------------------ */

static void move_unplug(Hotplug *h, const Move *move, const char *id)
{
    hotplug_request_unplug(h, id);
    choose(h, move);
    path_expect(h, 1, move->to, PATH_UNPLUG);
    g_assert_true(hotplug_has_device(h, id));
    path_give_back(h, 1, move->to);
    hotplug_expect_deleted(h, id);
    modes_clear_slot_events(h, 0, PORT1_DEVFN);
    path_expect_quiet(h);
}

static void test_unplug(const void *opaque)
{
    g_autoptr(Hotplug) h = start(opaque, COLD);

    move_unplug(h, opaque, "cold");
}

/* Whichever function was asked for, the slot is one request. */
static void test_unplug_functions(const void *opaque)
{
    static const char *const ids[] = { "zero", "one", "two" };

    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        g_autoptr(Hotplug) h = start(opaque, COLD_FUNCTIONS);

        move_unplug(h, opaque, ids[i]);
        for (size_t other = 0; other < ARRAY_SIZE(ids); other++) {
            g_assert_false(hotplug_has_device(h, ids[other]));
        }
    }
}

/* The guest has begun by the old method, and changes its mind. */
static void test_unplug_begun(const void *opaque)
{
    const Move *move = opaque;
    g_autoptr(Hotplug) h = start(move, COLD);

    hotplug_request_unplug(h, "cold");
    if (move->from == NATIVE) {
        path_blink(h, 1);
    } else {
        g_assert_cmphex(hotplug_read_at(h, &h->board->place[1],
                                        ACPI_SLOTS_DOWN), ==, 1);
    }
    choose(h, move);
    path_expect(h, 1, move->to, PATH_UNPLUG);
    path_give_back(h, 1, move->to);
    hotplug_expect_deleted(h, "cold");
}

/* It ends by the old method after all: nothing of it stays in the new one. */
static void test_unplug_late_answer(const void *opaque)
{
    const Move *move = opaque;
    g_autoptr(Hotplug) h = start(move, COLD);

    hotplug_request_unplug(h, "cold");
    choose(h, move);
    path_give_back(h, 1, move->from);
    hotplug_expect_deleted(h, "cold");
    hotplug_clear_gpe_status(h, HOTPLUG_GPE_BIT);
    modes_clear_slot_events(h, 0, PORT1_DEVFN);
    path_expect_quiet(h);
    g_assert_false(modes_slot_status(h, 0, PORT1_DEVFN) & PCIE_SLOT_PRESENT);
    hotplug_plug(h, PATH_DEVICE, "next", &h->board->place[1]);
    path_expect(h, 1, move->to, PATH_PLUG);
}

/* ---- plug -------------------------------------------------------------- */

static void expect_present(Hotplug *h)
{
    g_assert_true(modes_slot_status(h, 0, PORT1_DEVFN) & PCIE_SLOT_PRESENT);
}

/*
 * A guest that commits itself scans its buses afterwards, and finds what came
 * before; one that only enables slots has scanned them already.
 */
static PathRequest moved_plug(const Move *move)
{
    return move->to == ACPI ? PATH_PLUG :
           move->choose == enable_slot ? PATH_FOUND : PATH_NOTHING;
}

static void move_plug(Hotplug *h, const Move *move)
{
    choose(h, move);
    g_assert_cmpint(path_is_visible(h, 1, 0), ==,
                    moved_plug(move) != PATH_FOUND);
    path_expect(h, 1, move->to, moved_plug(move));
    expect_present(h);
    path_take(h, 1, move->to);
    g_assert_true(path_is_visible(h, 1, 0));
    path_expect_quiet(h);
}

static void test_plug(const void *opaque)
{
    g_autoptr(Hotplug) h = start(opaque, "");

    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
    move_plug(h, opaque);
    g_assert_true(hotplug_has_device(h, "dev"));
}

static void test_plug_functions(const void *opaque)
{
    g_autoptr(Hotplug) h = start(opaque, "");

    path_plug_functions(h, 1);
    move_plug(h, opaque);
    for (uint8_t function = 0; function < 3; function++) {
        g_assert_true(path_is_visible(h, 1, function));
    }
}

/* A part of a device is no device: function 0 is still to come. */
static void test_plug_part(const void *opaque)
{
    const Move *move = opaque;
    g_autoptr(Hotplug) h = start(move, "");
    const HotplugPlace *place = &h->board->place[1];

    hotplug_plug_function(h, PATH_DEVICE, "one", place, 1,
                          ",'multifunction': true");
    choose(h, move);
    g_assert_false(modes_slot_status(h, 0, PORT1_DEVFN) & PCIE_SLOT_PRESENT);
    hotplug_read_at(h, place, ACPI_SLOTS_UP);
    hotplug_clear_gpe_status(h, HOTPLUG_GPE_BIT);
    hotplug_plug_function(h, PATH_DEVICE, "zero", place, 0,
                          ",'multifunction': true");
    path_expect(h, 1, move->to, PATH_PLUG);
    expect_present(h);
}

/* Asked back before function 0 came: no slot has to be asked for it. */
static void test_unplug_part(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);

    for (uint32_t function = 1; function < 4; function++) {
        g_autofree char *id = g_strdup_printf("part%u", function);

        hotplug_plug_function(h, PATH_DEVICE, id, &h->board->place[1],
                              function, ",'multifunction': true");
    }
    hotplug_request_unplug(h, "part1");
    hotplug_request_unplug(h, "part3");
    g_assert_true(hotplug_has_device(h, "part1"));
    commit_native(h);
    hotplug_expect_deleted(h, "part1");
    hotplug_expect_deleted(h, "part3");
    g_assert_true(hotplug_has_device(h, "part2"));
    g_assert_cmphex(hotplug_read_at(h, &h->board->place[1], ACPI_SLOTS_DOWN),
                    ==, 0);
    g_assert_false(modes_slot_status(h, 0, PORT1_DEVFN) & PCIE_SLOT_EVENTS);
}

/* The guest had begun with the device, and had not given it power. */
static void test_plug_begun(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);

    path_prepare(h, PATH_SLOTS);
    modes_power_off_slot(h, 0, PORT1_DEVFN);
    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
    path_blink(h, 1);
    g_assert_false(path_is_visible(h, 1, 0));
    commit_without(h);
    path_expect(h, 1, ACPI, PATH_PLUG);
    g_assert_true(path_is_visible(h, 1, 0));
}

/* The slot had power before: what tells of the device is its events alone. */
static void test_plug_with_power(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);

    path_prepare(h, PATH_SLOTS);
    path_power_on(h, 1);
    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
    g_assert_true(path_is_visible(h, 1, 0));
    commit_without(h);
    path_expect(h, 1, ACPI, PATH_PLUG);
}

/* The guest has the device already: there is nothing to tell. */
static void test_plug_done(const void *opaque)
{
    const Move *move = opaque;
    g_autoptr(Hotplug) h = start(move, "");

    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
    path_expect(h, 1, move->from, PATH_PLUG);
    path_take(h, 1, move->from);
    choose(h, move);
    path_expect_quiet(h);
    g_assert_true(path_is_visible(h, 1, 0));
    hotplug_request_unplug(h, "dev");
    path_expect(h, 1, move->to, PATH_UNPLUG);
}

/* ---- more than one change ---------------------------------------------- */

static void test_back_and_forth(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO COLD);

    path_prepare(h, PATH_EVENT);
    hotplug_request_unplug(h, "cold");
    path_expect(h, 1, ACPI, PATH_UNPLUG);
    for (int round = 0; round < 3; round++) {
        commit_native(h);
        path_expect_registers(h, 1, NATIVE, PATH_UNPLUG);
        commit_without(h);
        path_expect(h, 1, ACPI, PATH_UNPLUG);
    }
    path_give_back(h, 1, ACPI);
    hotplug_expect_deleted(h, "cold");
}

/* A plug and an unplug at once, of two ports. */
static void test_both_ports(const void *opaque)
{
    const Move *move = opaque;
    g_autoptr(Hotplug) h = start(move, COLD);

    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[0]);
    hotplug_request_unplug(h, "cold");
    choose(h, move);
    path_expect_registers(h, 0, move->to,
                          move->to == ACPI ? PATH_PLUG : PATH_NOTHING);
    path_expect_registers(h, 1, move->to, PATH_UNPLUG);
    path_give_back(h, 1, move->to);
    hotplug_expect_deleted(h, "cold");
    g_assert_true(hotplug_has_device(h, "dev"));
}

/* ---- what is asked for goes with its port ------------------------------ */

#define SWITCH \
    "-device x3130-upstream,id=up,bus=port1 " \
    "-device xio3130-downstream,id=down,bus=up,chassis=50 " \
    "-device " PATH_DEVICE ",id=leaf,bus=down "

/* A request below a switch that the guest gives back whole. */
static void test_port_goes(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO SWITCH);

    path_prepare(h, PATH_EVENT);
    hotplug_request_unplug(h, "leaf");
    g_assert_cmphex(hotplug_gpe_status(h), ==, HOTPLUG_GPE_BIT);
    commit_native(h);
    hotplug_request_unplug(h, "up");
    path_give_back(h, 1, NATIVE);
    hotplug_expect_deleted(h, "up");
    g_assert_false(hotplug_has_device(h, "down"));
    g_assert_false(hotplug_has_device(h, "leaf"));
    commit_without(h);
    commit_native(h);
    modes_clear_slot_events(h, 0, PORT1_DEVFN);
    hotplug_clear_gpe_status(h, HOTPLUG_GPE_BIT);
    path_expect_quiet(h);
    for (uint32_t bsel = 0; bsel < 8; bsel++) {
        hotplug_write(h, ACPI_SLOTS_SEL, bsel);
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
    }
}

/* ---- a move that can't be ---------------------------------------------- */

/*
 * The guest blinks at the slot when it takes native hotplug: a press would be
 * misread.  The device can be asked for again.
 */
static void test_busy(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO COLD);

    path_blink(h, 1);
    hotplug_request_unplug(h, "cold");
    commit_native(h);
    g_assert_false(modes_slot_status(h, 0, PORT1_DEVFN) & PCIE_SLOT_BUTTON);
    path_take(h, 1, NATIVE);
    hotplug_request_unplug(h, "cold");
    path_give_back(h, 1, NATIVE);
    hotplug_expect_deleted(h, "cold");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        GTestDataFunc test;
    } tests[] = {
        { "unplug", test_unplug },
        { "unplug-functions", test_unplug_functions },
        { "unplug-begun", test_unplug_begun },
        { "unplug-late-answer", test_unplug_late_answer },
        { "plug", test_plug },
        { "plug-functions", test_plug_functions },
        { "plug-part", test_plug_part },
        { "plug-done", test_plug_done },
        { "both-ports", test_both_ports },
    };

    g_test_init(&argc, &argv, NULL);

    for (size_t t = 0; t < ARRAY_SIZE(tests); t++) {
        for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
            g_autofree char *path =
                g_strdup_printf("/hotplug-auto-move/%s/%s", tests[t].name,
                                moves[i].name);

            qtest_add_data_func(path, &moves[i], tests[t].test);
        }
    }
    qtest_add_func("/hotplug-auto-move/back-and-forth", test_back_and_forth);
    qtest_add_func("/hotplug-auto-move/unplug-part", test_unplug_part);
    qtest_add_func("/hotplug-auto-move/plug-begun", test_plug_begun);
    qtest_add_func("/hotplug-auto-move/plug-with-power",
                   test_plug_with_power);
    qtest_add_func("/hotplug-auto-move/port-goes", test_port_goes);
    qtest_add_func("/hotplug-auto-move/busy", test_busy);

    return g_test_run();
}
