/*
 * QTest of query-pci-hotplug: what it says of registers, and that it is all
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The suites of the modes have what it says of them; query.py has machines
 * without PCI, other boards, and moments at which it is asked.
 */

#include "qemu/osdep.h"
#include "hotplug-path-steps.h"
#include "hw/pci/pci_regs.h"

#define AUTO      "-machine pc-q35-10.0,pci-hotplug=auto "
#define NATIVE    "-machine pc-q35-10.0,pci-hotplug=native "
#define COLD      "-device " PATH_DEVICE ",id=cold,bus=port1 "
#define BRIDGE    "-device pcie-pci-bridge,id=bridge,bus=port0 "
#define SHUT      "-device pcie-root-port,id=shut,hotplug=off,chassis=7," \
                  "slot=99 "

static const char *text_of(QDict *slot, const char *field)
{
    return qdict_get_try_str(slot, field);
}

static void expect_text(Hotplug *h, const char *bus, int addr,
                        const char *field, const char *expected)
{
    QDict *slot = modes_query_slot(h, bus, addr);

    g_assert_nonnull(slot);
    g_assert_cmpstr(text_of(slot, field), ==, expected);
    qobject_unref(slot);
}

static void expect_bool(Hotplug *h, const char *bus, int addr,
                        const char *field, bool expected)
{
    QDict *slot = modes_query_slot(h, bus, addr);

    g_assert_nonnull(slot);
    g_assert_cmpint(qdict_get_bool(slot, field), ==, expected);
    qobject_unref(slot);
}

/* ---- names ------------------------------------------------------------- */

static void expect_identity(Hotplug *h, const char *bus, int addr,
                            const char *path, const char *id, int number)
{
    QDict *slot = modes_query_slot(h, bus, addr);

    g_assert_nonnull(slot);
    g_assert_cmpstr(text_of(slot, "qom-path"), ==, path);
    g_assert_cmpstr(text_of(slot, "id"), ==, id);
    g_assert_cmpint(qdict_get_int(slot, "number"), ==, number);
    qobject_unref(slot);
}

/* Slot number 0 is a number, and 8191 the largest that a guest can see. */
static void test_identity(void)
{
    g_autoptr(Hotplug) h = hotplug_start_bare(
        &hotplug_q35, AUTO SHUT
        "-device pcie-root-port,id=port0,chassis=1,addr=4,slot=8191 "
        "-device pcie-root-port,chassis=2,addr=5 " BRIDGE
        "-device pcie-root-port,id=wide,chassis=3,slot=8197 ");

    expect_identity(h, "port0", 0, "/machine/peripheral/port0", "port0", 8191);
    expect_identity(h, "wide", 0, "/machine/peripheral/wide", "wide", 5);
    expect_identity(h, "shut", 0, "/machine/peripheral/shut", "shut", 99);
    expect_identity(h, "bridge", 31, "/machine/peripheral/bridge", "bridge",
                    31);
    expect_identity(h, "pcie.0", 0, "/machine/peripheral-anon/device[0]", NULL,
                    0);
}

/* ---- what is in a slot ------------------------------------------------- */

static void expect_device(const QListEntry *entry, const char *id,
                          const char *type, int function)
{
    QDict *device = qobject_to(QDict, qlist_entry_obj(entry));
    g_autofree char *path = g_strdup_printf("/machine/peripheral/%s", id);

    g_assert_cmpstr(text_of(device, "id"), ==, id);
    g_assert_cmpstr(text_of(device, "qom-path"), ==, path);
    g_assert_cmpstr(text_of(device, "type"), ==, type);
    g_assert_cmpint(qdict_get_int(device, "function"), ==, function);
}

/* In the order of functions, not of plugging; acpi-index is nothing to it. */
static void test_devices(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);
    const HotplugPlace *place = &h->board->place[1];
    const char *more = ",'multifunction': true, 'acpi-index': 7";
    const QListEntry *entry;
    QList *devices;
    QDict *slot;

    hotplug_plug_function(h, PATH_DEVICE, "five", place, 5, more);
    hotplug_plug_function(h, "virtio-balloon-pci", "zero", place, 0,
                          ",'multifunction': true");
    slot = modes_query_slot(h, "port1", 0);
    devices = qdict_get_qlist(slot, "devices");
    g_assert_cmpuint(qlist_size(devices), ==, 2);
    entry = qlist_first(devices);
    expect_device(entry, "zero", "virtio-balloon-pci", 0);
    expect_device(qlist_next(entry), "five", PATH_DEVICE, 5);
    qobject_unref(slot);

    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "zero");
    slot = modes_query_slot(h, "port1", 0);
    g_assert_true(qlist_empty(qdict_get_qlist(slot, "devices")));
    qobject_unref(slot);
}

/* ---- the controller of a port ------------------------------------------ */

static const char *const lights[] = { "reserved", "on", "blinking", "off" };

static void test_indicators(void)
{
    g_autoptr(Hotplug) h = path_start(NATIVE);

    for (unsigned light = 0; light < 4; light++) {
        for (unsigned attention = 0; attention < 4; attention++) {
            modes_write_slot_control(h, 0, PORT1_DEVFN,
                                     light << PCIE_SLOT_LIGHT_SHIFT |
                                     attention << PCIE_SLOT_ATTENTION_SHIFT);
            expect_text(h, "port1", 0, "power-indicator", lights[light]);
            expect_text(h, "port1", 0, "attention-indicator",
                        lights[attention]);
            expect_text(h, "port0", 0, "power-indicator", "off");
        }
    }
}

static void test_power_and_interrupts(void)
{
    g_autoptr(Hotplug) h = path_start(NATIVE COLD);

    expect_bool(h, "port0", 0, "power", false);
    expect_bool(h, "port1", 0, "power", true);
    modes_write_slot_control(h, 0, PORT1_DEVFN, PCIE_SLOT_POWER_OFF);
    expect_bool(h, "port1", 0, "power", false);
    expect_bool(h, "port1", 0, "interrupts", false);
    modes_write_slot_control(h, 0, PORT1_DEVFN, PCIE_SLOT_INTERRUPT);
    expect_bool(h, "port1", 0, "power", true);
    expect_bool(h, "port1", 0, "interrupts", true);
    expect_bool(h, "port0", 0, "interrupts", false);
}

/* Nothing can be plugged there; what the guest uses elsewhere is said. */
static void test_hotplug_off(void)
{
    static const char *const modes[] = {
        "-machine pc-q35-10.0 " SHUT, NATIVE SHUT, AUTO SHUT,
    };

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        g_autoptr(Hotplug) h = path_start(modes[i]);

        modes_assert_slot(h, "shut", "none", "none", NULL, "unknown");
        expect_bool(h, "shut", 0, "hot-plug-capable", false);
        expect_bool(h, "port0", 0, "hot-plug-capable", true);
        path_enable_slots(h);
        modes_assert_slot(h, "shut", "none", "none", "native", "inferred");
    }
}

/* ---- windows ----------------------------------------------------------- */

/*
 * ShownWindow: what a port's registers let through
 *
 * @type: as the query says
 */
typedef struct ShownWindow {
    const char *type;
    uint64_t base;
    uint64_t limit;
} ShownWindow;

static const ShownWindow windows[] = {
    { "io", 0x1000, 0x2fff },
    { "memory", 0xfe800000, 0xfe9fffff },
    { "prefetchable", 0x380000000000, 0x3807ffffffff },
};

static void program_windows(Hotplug *h, uint8_t devfn)
{
    hotplug_config_write(h, 0, devfn, PCI_IO_BASE, 0x2010);
    hotplug_config_write(h, 0, devfn, PCI_MEMORY_BASE, 0xfe90fe80);
    hotplug_config_write(h, 0, devfn, PCI_PREF_MEMORY_BASE, 0xfff00000);
    hotplug_config_write(h, 0, devfn, PCI_PREF_BASE_UPPER32, 0x3800);
    hotplug_config_write(h, 0, devfn, PCI_PREF_LIMIT_UPPER32, 0x3807);
}

/* Of @windows those from @first on, @count. */
static void expect_windows(Hotplug *h, const char *bus, size_t first,
                           size_t count)
{
    QDict *slot = modes_query_slot(h, bus, 0);
    QList *list = qdict_get_qlist(slot, "windows");
    const QListEntry *entry;
    size_t i = first;

    g_assert_cmpuint(qlist_size(list), ==, count);
    QLIST_FOREACH_ENTRY(list, entry) {
        QDict *window = qobject_to(QDict, qlist_entry_obj(entry));

        g_assert_cmpstr(text_of(window, "type"), ==, windows[i].type);
        g_assert_cmphex(qdict_get_int(window, "base"), ==, windows[i].base);
        g_assert_cmphex(qdict_get_int(window, "limit"), ==, windows[i].limit);
        i++;
    }
    qobject_unref(slot);
}

static void test_windows(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);

    expect_windows(h, "port1", 0, 0);
    program_windows(h, PORT1_DEVFN);
    /* what is programmed is let through once it is decoded */
    expect_windows(h, "port1", 0, 0);
    hotplug_config_write(h, 0, PORT1_DEVFN, PCI_COMMAND, PCI_COMMAND_IO);
    expect_windows(h, "port1", 0, 1);
    hotplug_config_write(h, 0, PORT1_DEVFN, PCI_COMMAND, PCI_COMMAND_MEMORY);
    expect_windows(h, "port1", 1, 2);
    hotplug_config_write(h, 0, PORT1_DEVFN, PCI_COMMAND,
                         PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
    expect_windows(h, "port1", 0, 3);
    expect_windows(h, "port0", 0, 0);
    /* a base above its limit closes a window */
    hotplug_config_write(h, 0, PORT1_DEVFN, PCI_IO_BASE, 0x1020);
    expect_windows(h, "port1", 1, 2);
    hotplug_config_write(h, 0, PORT1_DEVFN, PCI_PREF_LIMIT_UPPER32, 0);
    expect_windows(h, "port1", 1, 1);
}

/* ---- slots of other kinds ---------------------------------------------- */

static void expect_slots(Hotplug *h, const char *bus, const char *mode,
                         int first, int last)
{
    for (int addr = 0; addr < 32; addr++) {
        QDict *slot = modes_query_slot(h, bus, addr);

        g_assert_cmpint(!!slot, ==, addr >= first && addr <= last);
        if (slot) {
            g_assert_cmpstr(text_of(slot, "mode"), ==, mode);
            g_assert_cmpstr(text_of(slot, "method"), ==, mode);
            g_assert_false(qdict_haskey(slot, "hot-plug-capable"));
            g_assert_false(qdict_haskey(slot, "interrupts"));
            g_assert_cmpint(qdict_haskey(slot, "power"), ==,
                            strcmp(mode, "shpc") == 0);
        }
        qobject_unref(slot);
    }
}

/* Behind a conventional bridge: ACPI's if ACPI is on, else its own SHPC's. */
static void test_bridges(void)
{
    g_autoptr(Hotplug) acpi = path_start("-machine pc-q35-10.0 " BRIDGE);
    g_autoptr(Hotplug) native = path_start(NATIVE BRIDGE);
    g_autoptr(Hotplug) none =
        path_start("-machine pc-q35-10.0,pci-hotplug=none " BRIDGE);

    expect_slots(acpi, "bridge", "acpi", 0, 31);
    expect_slots(native, "bridge", "shpc", 1, 31);
    expect_slots(none, "bridge", "none", 0, -1);
}

/* A device in an SHPC slot that firmware has not touched: on, and lit. */
static void test_shpc_slot(void)
{
    g_autoptr(Hotplug) h = path_start(NATIVE BRIDGE "-device " PATH_DEVICE
                                      ",id=dev,bus=bridge,addr=3");

    for (int addr = 2; addr <= 4; addr++) {
        bool occupied = addr == 3;

        expect_bool(h, "bridge", addr, "power", occupied);
        expect_text(h, "bridge", addr, "power-indicator",
                    occupied ? "on" : "off");
        expect_text(h, "bridge", addr, "attention-indicator", "off");
        expect_text(h, "bridge", addr, "negotiated", NULL);
    }
}

#define PIIX4(property)  "-global PIIX4_PM." property " "
#define PC_BRIDGES       "-device pci-bridge,id=with,chassis_nr=1,shpc=on " \
                         "-device pci-bridge,id=without,chassis_nr=2,shpc=off "

static void test_i440fx(void)
{
    g_autoptr(Hotplug) on = hotplug_start_bare(&hotplug_i440fx, PC_BRIDGES);
    g_autoptr(Hotplug) below = hotplug_start_bare(
        &hotplug_i440fx, PC_BRIDGES
        PIIX4("acpi-pci-hotplug-with-bridge-support=off"));
    g_autoptr(Hotplug) root = hotplug_start_bare(
        &hotplug_i440fx, PC_BRIDGES PIIX4("acpi-root-pci-hotplug=off"));

    /* the chipset is in slots 0 and 1 */
    expect_slots(on, "pci.0", "acpi", 2, 31);
    expect_slots(on, "with", "acpi", 0, 31);
    expect_slots(on, "without", "acpi", 0, 31);
    expect_slots(below, "pci.0", "acpi", 2, 31);
    expect_slots(below, "with", "shpc", 1, 31);
    expect_slots(below, "without", "none", 0, -1);
    expect_slots(root, "pci.0", "none", 0, -1);
    expect_slots(root, "with", "acpi", 0, 31);
}

static void test_i440fx_event(void)
{
    g_autoptr(Hotplug) h = hotplug_start(&hotplug_i440fx);

    expect_text(h, "pci.0", 6, "evidence", "unknown");
    hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
    expect_text(h, "pci.0", 6, "evidence", "inferred");
    expect_text(h, "bridge0", 7, "negotiated", "acpi");
}

/* Of both kinds; stock's tables leave the ports below to the guest. */
static void test_expanders(void)
{
    g_autoptr(Hotplug) plain = path_start("-machine pc-q35-10.0 "
                                          PATH_EXPANDER);
    g_autoptr(Hotplug) ours = path_start("-machine pc-q35-10.0-hotplug "
                                         PATH_EXPANDER);
    g_autoptr(Hotplug) conventional = hotplug_start_with(
        &hotplug_i440fx, "-device pxb,id=pxb,bus_nr=80,bus=pci.0");

    modes_assert_slot(plain, "far", "native", "native", NULL, "unknown");
    modes_assert_slot(plain, "port0", "acpi", "acpi", NULL, "unknown");
    hotplug_enable_gpe(plain, HOTPLUG_GPE_BIT);
    modes_assert_slot(plain, "far", "native", "native", NULL, "unknown");
    /* no event with it: q35 has no place for INTx of an expander's ports */
    modes_write_slot_control(plain, EXPANDER_BUS, 0, PCIE_SLOT_INTERRUPT);
    modes_assert_slot(plain, "far", "native", "native", "native", "inferred");
    modes_assert_slot(plain, "port0", "acpi", "acpi", "acpi", "inferred");
    modes_assert_slot(ours, "far", "acpi", "acpi", NULL, "unknown");
    g_assert_cmpuint(modes_count_slots(conventional), >, 0);
}

/* On pc-q35-6.1 an expander's ports hide the only method that they have. */
static void test_hidden(void)
{
    g_autoptr(Hotplug) h = path_start("-machine pc-q35-6.1 " PATH_EXPANDER);
    g_autofree char *text = hotplug_refused_plug(h, PATH_DEVICE, "dev", "far");

    hotplug_assert_names(text, "'far'", NULL);
    modes_assert_slot(h, "far", "native", "none", NULL, "unknown");
    modes_assert_slot(h, "port0", "acpi", "acpi", NULL, "unknown");
}

/* What the query says of a bus with a number from 256 on: one long answer. */
static void test_too_many_buses(void)
{
    g_autoptr(Hotplug) h = hotplug_start_crowded();

    for (int inner = 1; inner < 31; inner++) {
        g_autofree char *bus = g_strdup_printf("b2-%d", inner);
        g_autofree char *path = g_strdup_printf("/machine/peripheral/%s/%s",
                                                bus, bus);

        if (hotplug_bsel(h, path) >= ACPI_SLOTS_BUSES) {
            QDict *slot = modes_query_slot(h, bus, 1);

            g_assert_cmpstr(qdict_get_str(slot, "method"), ==, "none");
            qobject_unref(slot);
            return;
        }
    }
    g_assert_not_reached();
}

/* A port that came late is listed, with what it is good for. */
static void test_late_port(void)
{
    static const HotplugPlace on_switch = { "up", NULL, 0 };
    g_autoptr(Hotplug) h = path_start(AUTO "-device x3130-upstream,id=up,"
                                      "bus=port0");
    unsigned before = modes_count_slots(h);

    hotplug_plug_function(h, "xio3130-downstream", "late", &on_switch, 0,
                          ",'chassis': 60, 'slot': 12");
    g_assert_cmpuint(modes_count_slots(h), ==, before + 1);
    expect_identity(h, "late", 0, "/machine/peripheral/late", "late", 12);
    modes_assert_slot(h, "late", "auto", "none", NULL, "unknown");
    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
    modes_assert_slot(h, "late", "auto", "native", "native", "committed");
}

/* ---- it changes nothing ------------------------------------------------ */

#define CONFIG_DWORDS  64

/* All that a query could have touched: registers of both ways. */
typedef struct Registers {
    uint32_t config[2][CONFIG_DWORDS];
    uint32_t select;
    uint8_t event;
} Registers;

static Registers read_registers(Hotplug *h)
{
    Registers all = {
        .select = hotplug_read(h, ACPI_SLOTS_SEL),
        .event = hotplug_gpe_status(h),
    };

    for (int port = 0; port < 2; port++) {
        for (int i = 0; i < CONFIG_DWORDS; i++) {
            all.config[port][i] = hotplug_config_read(h, 0, path_devfn(port),
                                                      4 * i);
        }
    }
    return all;
}

static void ask(Hotplug *h)
{
    g_autofree char *text = NULL;

    for (int i = 0; i < 100; i++) {
        qobject_unref(modes_query(h));
    }
    text = qtest_hmp(h->qts, "info hotplug");
    g_assert_nonnull(strstr(text, "port0"));
}

static void check_without_effect(PathGuest guest)
{
    g_autoptr(Hotplug) h = path_start(AUTO COLD);
    const HotplugPlace *hot = &h->board->place[0];
    int bsel = hotplug_bsel(h, hot->bus_path);
    bool native = guest == PATH_NATIVE;
    Registers before, after;

    path_prepare(h, guest);
    hotplug_plug_function(h, PATH_DEVICE, "dev", hot, 0, ",'acpi-index': 9");
    hotplug_request_unplug(h, "cold");
    hotplug_write(h, ACPI_SLOTS_SEL, bsel);
    hotplug_write(h, ACPI_SLOTS_AIDX, hotplug_slot_bit(hot));
    before = read_registers(h);
    ask(h);
    after = read_registers(h);
    g_assert_cmpmem(&before, sizeof(before), &after, sizeof(after));
    g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 9);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, !native);
    g_assert_cmphex(hotplug_read_at(h, &h->board->place[1], ACPI_SLOTS_DOWN),
                    ==, !native);
    g_assert_cmpint(qtest_get_irq(h->qts, 20), ==, native);
    g_assert_cmpint(hotplug_sci(h), ==, guest == PATH_WITHOUT);
}

static void test_without_effect(void)
{
    check_without_effect(PATH_SILENT);
    check_without_effect(PATH_WITHOUT);
    check_without_effect(PATH_NATIVE);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(void);
    } tests[] = {
        { "/hotplug-query/identity", test_identity },
        { "/hotplug-query/devices", test_devices },
        { "/hotplug-query/indicators", test_indicators },
        { "/hotplug-query/power", test_power_and_interrupts },
        { "/hotplug-query/hotplug-off", test_hotplug_off },
        { "/hotplug-query/windows", test_windows },
        { "/hotplug-query/bridges", test_bridges },
        { "/hotplug-query/shpc-slot", test_shpc_slot },
        { "/hotplug-query/i440fx", test_i440fx },
        { "/hotplug-query/i440fx-event", test_i440fx_event },
        { "/hotplug-query/expanders", test_expanders },
        { "/hotplug-query/hidden", test_hidden },
        { "/hotplug-query/too-many-buses", test_too_many_buses },
        { "/hotplug-query/late-port", test_late_port },
        { "/hotplug-query/without-effect", test_without_effect },
    };

    g_test_init(&argc, &argv, NULL);

    if (!hotplug_is_fork()) {
        g_test_message("this QEMU has no query-pci-hotplug: nothing to test");
        return g_test_run();
    }
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        qtest_add_func(tests[i].path, tests[i].test);
    }
    return g_test_run();
}
