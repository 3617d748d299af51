/*
 * QTest of the hotplug modes: the table, and who is refused what
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/specs/hotplug-modes.rst has the table; here it is read from the guest's
 * side: what the DSDT describes, what _OSC lets it have, what its ports show.
 */

#include "qemu/osdep.h"
#include "hotplug-modes-steps.h"

#define DEVICE     "virtio-rng-pci"
#define OURS       "pc-q35-10.0-hotplug"
#define BOOLEAN    "acpi-pci-hotplug-with-bridge-support"
#define EXPANDER   "-device pxb-pcie,id=pxb,bus_nr=64,bus=pcie.0,addr=0x10 " \
                   "-device pcie-root-port,id=far,bus=pxb,chassis=40"

static bool skip_on_stock(void)
{
    if (!hotplug_is_fork()) {
        g_test_skip("this QEMU has no hotplug modes");
        return true;
    }
    return false;
}

/* ---- the table --------------------------------------------------------- */

/*
 * ModeCase: a machine, and what a guest finds
 *
 * @name: for the test's path
 * @arguments: of QEMU
 * @mode: as the properties tell it
 * @slots: the DSDT describes the slots
 * @granted: by _OSC, at the most
 * @capable: the Hot-Plug Capable bit of its ports
 * @boolean: the old property
 * @reports: _OSC reports
 * @expander_granted, @expander_slots: the same of an expander's host bridge
 */
typedef struct ModeCase {
    const char *name;
    const char *arguments;
    const char *mode;
    bool slots;
    int granted;
    bool capable;
    bool boolean;
    bool reports;
    int expander_granted;
    bool expander_slots;
} ModeCase;

#define ACPI_GRANTS    0x1e    /* all but native hotplug and LTR */
#define NATIVE_GRANTS  0x1f
#define NONE_GRANTS    0x1c    /* no SHPC either */

#define MACHINE(type)  "-machine " type
#define GLOBAL(value)  " -global ICH9-LPC." value
#define BOOL(value)    GLOBAL(BOOLEAN "=" value)

/* mode, slots, granted, HPC, boolean, reports, expander: granted, slots */
#define STOCK_ACPI    "acpi", true, ACPI_GRANTS, true, true, false, \
                      NATIVE_GRANTS, false
#define STOCK_NATIVE  "native", false, NATIVE_GRANTS, true, false, false, \
                      NATIVE_GRANTS, false
#define STOCK_6_1     "acpi", true, ACPI_GRANTS, false, true, false, \
                      NATIVE_GRANTS, false
#define OUR_ACPI      "acpi", true, ACPI_GRANTS, true, true, true, \
                      ACPI_GRANTS, true
#define OUR_NATIVE    "native", false, NATIVE_GRANTS, true, false, true, \
                      NATIVE_GRANTS, false
#define AUTO          "auto", true, NATIVE_GRANTS, true, true, true, \
                      NATIVE_GRANTS, true
#define STOCK_NONE    "none", false, NONE_GRANTS, false, false, false, \
                      NONE_GRANTS, false
#define OUR_NONE      "none", false, NONE_GRANTS, false, false, true, \
                      NONE_GRANTS, false

static const ModeCase cases[] = {
    /* what machine types are by themselves */
    { "pc-q35-6.0", MACHINE("pc-q35-6.0"), STOCK_NATIVE },
    { "pc-q35-6.1", MACHINE("pc-q35-6.1"), STOCK_6_1 },
    { "pc-q35-6.2", MACHINE("pc-q35-6.2"), STOCK_ACPI },
    { "pc-q35-10.0", MACHINE("pc-q35-10.0"), STOCK_ACPI },
    { OURS, MACHINE(OURS), OUR_ACPI },
    /* the boolean */
    { "pc-q35-10.0/on", MACHINE("pc-q35-10.0") BOOL("on"), STOCK_ACPI },
    { "pc-q35-10.0/off", MACHINE("pc-q35-10.0") BOOL("off"), STOCK_NATIVE },
    { "pc-q35-6.0/on", MACHINE("pc-q35-6.0") BOOL("on"), STOCK_ACPI },
    { "pc-q35-6.1/off", MACHINE("pc-q35-6.1") BOOL("off"), STOCK_NATIVE },
    { OURS "/off", MACHINE(OURS) BOOL("off"), OUR_NATIVE },
    /* the machine's property */
    { "pc-q35-10.0/acpi", MACHINE("pc-q35-10.0,pci-hotplug=acpi"),
      STOCK_ACPI },
    { "pc-q35-10.0/native", MACHINE("pc-q35-10.0,pci-hotplug=native"),
      STOCK_NATIVE },
    { "pc-q35-10.0/auto", MACHINE("pc-q35-10.0,pci-hotplug=auto"), AUTO },
    { "pc-q35-10.0/none", MACHINE("pc-q35-10.0,pci-hotplug=none"),
      STOCK_NONE },
    { OURS "/acpi", MACHINE(OURS ",pci-hotplug=acpi"), OUR_ACPI },
    { OURS "/native", MACHINE(OURS ",pci-hotplug=native"), OUR_NATIVE },
    { OURS "/auto", MACHINE(OURS ",pci-hotplug=auto"), AUTO },
    { OURS "/none", MACHINE(OURS ",pci-hotplug=none"), OUR_NONE },
    /* what the machine type has for a default is not the user's */
    { "pc-q35-6.0/acpi", MACHINE("pc-q35-6.0,pci-hotplug=acpi"), STOCK_ACPI },
    { "pc-q35-6.0/auto", MACHINE("pc-q35-6.0,pci-hotplug=auto"), AUTO },
    { "pc-q35-6.1/acpi", MACHINE("pc-q35-6.1,pci-hotplug=acpi"), STOCK_6_1 },
    { "pc-q35-6.1/native", MACHINE("pc-q35-6.1,pci-hotplug=native"),
      STOCK_NATIVE },
    { "pc-q35-6.1/auto", MACHINE("pc-q35-6.1,pci-hotplug=auto"), AUTO },
    { "pc-q35-6.1/none", MACHINE("pc-q35-6.1,pci-hotplug=none"), STOCK_NONE },
    /* ICH9's own property, and several that agree */
    { "ich9/auto", MACHINE("pc-q35-10.0") GLOBAL("pci-hotplug=auto"), AUTO },
    { "ich9/none", MACHINE("pc-q35-10.0") GLOBAL("pci-hotplug=none"),
      STOCK_NONE },
    { "agree/acpi", MACHINE("pc-q35-6.0,pci-hotplug=acpi") BOOL("on")
      GLOBAL("pci-hotplug=acpi"), STOCK_ACPI },
    { "agree/native", MACHINE("pc-q35-10.0,pci-hotplug=native") BOOL("off"),
      STOCK_NATIVE },
    /* _OSC's reports on another machine type */
    { "reports", MACHINE("pc-q35-10.0")
      GLOBAL("acpi-pci-hotplug-osc-report=on"), OUR_ACPI },
};

static void check_string(Hotplug *h, const char *path, const char *property,
                         const char *expected)
{
    QDict *reply = modes_get_property(h, path, property);

    g_assert_cmpstr(qdict_get_try_str(reply, "return"), ==, expected);
    qobject_unref(reply);
}

static void check_properties(Hotplug *h, const ModeCase *mode)
{
    g_autofree char *ich9 = modes_controller_path(h);
    QDict *reply = modes_get_property(h, ich9, BOOLEAN);

    g_assert_cmpint(qdict_get_bool(reply, "return"), ==, mode->boolean);
    qobject_unref(reply);
    check_string(h, ich9, "pci-hotplug", mode->mode);
    check_string(h, "/machine", "pci-hotplug", mode->mode);
}

static bool has(const GByteArray *table, const char *name)
{
    return modes_count_name(table, name) > 0;
}

static void check_tables(const GByteArray *dsdt, const ModeCase *mode)
{
    g_assert_cmpint(has(dsdt, "BSEL"), ==, mode->slots);
    g_assert_cmpint(has(dsdt, "B0EJ"), ==, mode->slots);
    g_assert_cmpint(has(dsdt, "_E01"), ==, mode->slots);
    g_assert_cmpint(has(dsdt, "PCOS"), ==, mode->reports);
    g_assert_cmpint(has(dsdt, "PHPR"), ==, mode->slots || mode->reports);
    g_assert_cmphex(modes_osc_grants(dsdt, 0), ==, mode->granted);
}

static bool is_capable(Hotplug *h, uint8_t bus, uint8_t devfn)
{
    return modes_slot_capabilities(h, bus, devfn) & PCIE_SLOT_CAP_HOT_PLUG;
}

static void test_mode(const void *opaque)
{
    const ModeCase *mode = opaque;
    g_autoptr(GByteArray) dsdt = NULL;
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, "%s", mode->arguments);
    dsdt = modes_read_dsdt(h);
    check_properties(h, mode);
    check_tables(dsdt, mode);
    g_assert_cmpint(is_capable(h, 0, PORT0_DEVFN), ==, mode->capable);
    g_assert_cmpint(is_capable(h, 0, PORT1_DEVFN), ==, mode->capable);
}

/* An expander's host bridge has an _OSC of its own, behind that of PCI0. */
static void test_expander(const void *opaque)
{
    const ModeCase *mode = opaque;
    g_autoptr(GByteArray) plain = NULL, dsdt = NULL;
    g_autoptr(Hotplug) without = NULL, h = NULL;
    int slots;

    if (skip_on_stock()) {
        return;
    }
    without = hotplug_start_with(&hotplug_q35, "%s", mode->arguments);
    plain = modes_read_dsdt(without);
    h = hotplug_start_with(&hotplug_q35, "%s " EXPANDER, mode->arguments);
    dsdt = modes_read_dsdt(h);
    g_assert_cmphex(modes_osc_grants(dsdt, 0), ==, mode->granted);
    g_assert_cmphex(modes_osc_grants(dsdt, 1), ==, mode->expander_granted);
    /* each slot has one */
    slots = modes_count_name(dsdt, "ASUN") - modes_count_name(plain, "ASUN");
    g_assert_cmpint(slots > 0, ==, mode->expander_slots);
    g_assert_cmpint(is_capable(h, EXPANDER_BUS, 0), ==,
                    g_strcmp0(mode->mode, "none") != 0 && mode->capable);
}

/* ---- mode none --------------------------------------------------------- */

static void expect_refused(Hotplug *h, const char *driver, const char *bus)
{
    g_autofree char *text = hotplug_refused_plug(h, driver, "new", bus);

    hotplug_assert_names(text, driver, bus, "pci-hotplug=none",
                         "-machine pci-hotplug=auto", NULL);
    g_assert(!hotplug_has_device(h, "new"));
}

static void test_none_refuses(void)
{
    g_autoptr(Hotplug) h = NULL;
    g_autofree char *text = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(
        &hotplug_q35, "-machine pc-q35-10.0,pci-hotplug=none " EXPANDER
        " -device pcie-pci-bridge,id=bridge,bus=port1"
        " -device pci-bridge,id=br9,chassis_nr=9,bus=bridge,addr=3"
        " -device " DEVICE ",id=cold,bus=far");
    expect_refused(h, DEVICE, "port0");
    expect_refused(h, "virtio-net-pci", "br9");
    expect_refused(h, "virtio-net-pci", "bridge");
    expect_refused(h, DEVICE, "pcie.0");
    text = hotplug_refused_unplug(h, "cold");
    hotplug_assert_names(text, "cold", "far", "pci-hotplug=none", NULL);
}

/* A device that was there from the start is where the guest finds it. */
static void test_none_cold(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, "-machine pc-q35-10.0,"
                           "pci-hotplug=none -device " DEVICE ",bus=port0");
    g_assert(modes_slot_status(h, 0, PORT0_DEVFN) & PCIE_SLOT_PRESENT);
    g_assert(!(modes_slot_control(h, 0, PORT0_DEVFN) & PCIE_SLOT_POWER_OFF));
    g_assert(!(modes_slot_status(h, 0, PORT1_DEVFN) & PCIE_SLOT_PRESENT));
}

/* ---- contradictions ---------------------------------------------------- */

/* Options, and two texts of which the error must speak. */
static const char *const contradictions[][3] = {
    { "-machine q35,pci-hotplug=acpi" BOOL("off"),
      "-machine pci-hotplug=acpi", BOOLEAN "=off" },
    { "-machine q35,pci-hotplug=native" BOOL("on"),
      "-machine pci-hotplug=native", BOOLEAN "=on" },
    { "-machine q35,pci-hotplug=auto" BOOL("on"),
      "-machine pci-hotplug=auto", BOOLEAN "=on" },
    { "-machine q35,pci-hotplug=auto" BOOL("off"),
      "-machine pci-hotplug=auto", BOOLEAN "=off" },
    { "-machine q35,pci-hotplug=none" BOOL("off"),
      "-machine pci-hotplug=none", BOOLEAN "=off" },
    { "-machine q35" BOOL("on") GLOBAL("pci-hotplug=native"),
      "ICH9-LPC.pci-hotplug=native", BOOLEAN "=on" },
    { "-machine q35,pci-hotplug=acpi" GLOBAL("pci-hotplug=auto"),
      "-machine pci-hotplug=acpi", "ICH9-LPC.pci-hotplug=auto" },
    { "-machine q35,pci-hotplug=auto"
      GLOBAL("acpi-pci-hotplug-osc-report=off"),
      "pci-hotplug=auto", "acpi-pci-hotplug-osc-report=off" },
    { "-machine q35,pci-hotplug=auto" GLOBAL("x-keep-pci-slot-hpc=off"),
      "pci-hotplug=auto", "x-keep-pci-slot-hpc=off" },
    { "-machine q35,pci-hotplug=none "
      "-device pcie-root-port,id=port7,hotplug=on",
      "'port7' has hotplug=on", "pci-hotplug=none" },
    { "-machine pc-q35-5.1,pci-hotplug=auto "
      "-device pxb-pcie,id=pxb7,bus_nr=1", "pxb7", "bus_nr=1" },
    { "-machine q35,pci-hotplug=sometimes", "sometimes", "pci-hotplug" },
    { "-machine pc,pci-hotplug=acpi", "pc", "pci-hotplug" },
};

static void test_contradictions(void)
{
    if (skip_on_stock()) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(contradictions); i++) {
        g_autofree char *text = modes_refused_start(contradictions[i][0]);

        hotplug_assert_names(text, contradictions[i][1], contradictions[i][2],
                             NULL);
    }
}

/* ---- the running machine ------------------------------------------------ */

/* What the mode was made of stays as it is. */
static void test_settled(void)
{
    static const char *const booleans[] = {
        BOOLEAN, "x-keep-pci-slot-hpc", "acpi-pci-hotplug-osc-report",
    };
    g_autofree char *ich9 = NULL;
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start(&hotplug_q35);
    ich9 = modes_controller_path(h);
    for (size_t i = 0; i < ARRAY_SIZE(booleans); i++) {
        QDict *error = qtest_qmp_assert_failure_ref(
            h->qts, "{'execute': 'qom-set', 'arguments': {'path': %s, "
            "'property': %s, 'value': false}}", ich9, booleans[i]);

        hotplug_assert_names(qdict_get_str(error, "desc"), booleans[i],
                             "-global", NULL);
        qobject_unref(error);
    }
}

/* ---- a bridge that came while the machine was running ------------------ */

#define SWITCH  "-device x3130-upstream,id=up,bus=port0"

static void plug_downstream(Hotplug *h, const char *id)
{
    const HotplugPlace place = { "up", NULL, 0 };

    hotplug_plug_function(h, "xio3130-downstream", id, &place, 0,
                          ",'chassis': 60");
}

static void test_late_port_refuses(const void *arguments)
{
    g_autofree char *text = NULL;
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, "%s " SWITCH,
                           (const char *)arguments);
    plug_downstream(h, "late");
    text = hotplug_refused_plug(h, DEVICE, "new", "late");
    hotplug_assert_names(text, DEVICE, "'late'", "pci-hotplug=",
                         "came while the machine was running", "'port1'",
                         "start the machine with 'late'", NULL);
    g_assert(!strstr(text, "pci-hotplug=native"));
    g_assert(!hotplug_has_device(h, "new"));
}

/* In auto such a port serves its slot once the guest took native hotplug. */
static void test_late_port_auto(void)
{
    const HotplugPlace place = { "late", NULL, 0 };
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, "-machine pc-q35-10.0,"
                           "pci-hotplug=auto " SWITCH);
    plug_downstream(h, "late");
    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
    hotplug_plug(h, DEVICE, "new", &place);
    g_assert(hotplug_has_device(h, "new"));
}

/* Of the bus inside a switch the tables describe device 0 alone. */
static void test_inside_switch(const void *arguments)
{
    g_autofree char *text = NULL;
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, "%s " SWITCH " -device "
                           "xio3130-downstream,id=down,bus=up,addr=0,"
                           "chassis=50", (const char *)arguments);
    text = hotplug_refused_plug(h, DEVICE, "new", "up");
    hotplug_assert_names(text, DEVICE, "'up'", "inside a switch",
                         "pci-hotplug=", NULL);
    g_assert(!strstr(text, "free bus that does: 'up'"));
    g_assert(!strstr(text, "pci-hotplug=native"));
    g_assert(!hotplug_has_device(h, "new"));
    hotplug_plug(h, DEVICE, "new", &(HotplugPlace) { "down", NULL, 0 });
}

/* A switch that comes late has a bus that takes nothing, in every mode. */
static void test_late_switch(const void *arguments)
{
    g_autofree char *text = NULL;
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, "%s", (const char *)arguments);
    hotplug_plug(h, "x3130-upstream", "up", &h->board->place[0]);
    text = hotplug_refused_plug(h, "xio3130-downstream", "late", "up");
    hotplug_assert_names(text, "xio3130-downstream", "'up'", "pci-hotplug=",
                         "came while the machine was running", NULL);
}

int main(int argc, char **argv)
{
    static const char *const acpi_types[] = {
        "pc-q35-6.1", "pc-q35-10.0", OURS,
    };

    g_test_init(&argc, &argv, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *path = g_strdup_printf("/hotplug-modes/table/%s",
                                                cases[i].name);
        g_autofree char *far = g_strdup_printf("/hotplug-modes/expander/%s",
                                               cases[i].name);

        qtest_add_data_func(path, &cases[i], test_mode);
        qtest_add_data_func(far, &cases[i], test_expander);
    }
    qtest_add_func("/hotplug-modes/none/refuses", test_none_refuses);
    qtest_add_func("/hotplug-modes/none/cold", test_none_cold);
    qtest_add_func("/hotplug-modes/contradictions", test_contradictions);
    qtest_add_func("/hotplug-modes/settled", test_settled);
    for (size_t i = 0; i < ARRAY_SIZE(acpi_types); i++) {
        g_autofree char *path =
            g_strdup_printf("/hotplug-modes/late/port/%s", acpi_types[i]);
        char *arguments = g_strdup_printf("-machine %s", acpi_types[i]);

        qtest_add_data_func_full(path, arguments, test_late_port_refuses,
                                 g_free);
    }
    qtest_add_data_func("/hotplug-modes/late/port/auto",
                        "-machine pc-q35-10.0,pci-hotplug=auto",
                        test_late_port_refuses);
    qtest_add_func("/hotplug-modes/late/port-native/auto",
                   test_late_port_auto);
    qtest_add_data_func("/hotplug-modes/inside-switch/acpi",
                        "-machine pc-q35-10.0", test_inside_switch);
    qtest_add_data_func("/hotplug-modes/inside-switch/auto",
                        "-machine pc-q35-10.0,pci-hotplug=auto",
                        test_inside_switch);
    qtest_add_data_func("/hotplug-modes/late/switch/acpi",
                        "-machine pc-q35-10.0", test_late_switch);
    qtest_add_data_func("/hotplug-modes/late/switch/native",
                        "-machine pc-q35-10.0,pci-hotplug=native",
                        test_late_switch);

    return g_test_run();
}
