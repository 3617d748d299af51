/*
 * QTest of ACPI PCI hotplug: fast scan
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The extension window's NEXT leads a guest from one bus that has something
 * to do to the next, docs/specs/acpi-pcihp.rst.  Off unless asked for.
 */

#include "qemu/osdep.h"
#include "hotplug-steps.h"
#include "qobject/qdict.h"

#define DEVICE      "virtio-rng-pci"
#define PROPERTY    "acpi-pci-hotplug-fast-scan"
#define OWN_MACHINE "pc-q35-10.0-hotplug"
#define PORTS       64

static bool skip_on_stock(void)
{
    if (!hotplug_is_fork()) {
        g_test_skip("this QEMU has no fast scan");
        return true;
    }
    return false;
}

static Hotplug *start(const HotplugBoard *board)
{
    return hotplug_start_with(board, "-global %s." PROPERTY "=on",
                              board->controller);
}

static uint32_t read_extension(Hotplug *h, uint32_t offset)
{
    return qtest_inl(h->qts, h->board->extension + offset);
}

static uint32_t next(Hotplug *h)
{
    return read_extension(h, ACPI_SLOTS_NEXT);
}

/* Asserts what NEXT gives until it has no more; the list ends with -1. */
static void expect_visits(Hotplug *h, int first, ...)
{
    va_list buses;

    va_start(buses, first);
    for (int bus = first; bus >= 0; bus = va_arg(buses, int)) {
        g_assert_cmpint(next(h), ==, bus);
    }
    va_end(buses);
    g_assert_cmphex(next(h), ==, ACPI_SLOTS_NO_BUS);
    g_assert_cmphex(next(h), ==, ACPI_SLOTS_NO_BUS);
}

/* The board's place whose bus has this BSEL. */
static const HotplugPlace *place_on(Hotplug *h, int bsel)
{
    const HotplugPlace *place = h->board->place;

    return hotplug_bsel(h, place[0].bus_path) == bsel ? &place[0] : &place[1];
}

/* ---- whether it is there ----------------------------------------------- */

static void test_off(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);

    hotplug_plug(h, DEVICE, "dev", &h->board->place[0]);
    for (int offset = 0; offset < ACPI_SLOTS_EXTENSION_SIZE; offset += 4) {
        g_assert_cmphex(read_extension(h, offset), ==, UINT32_MAX);
    }
}

static void test_own_machine(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, "-machine " OWN_MACHINE);
    expect_visits(h, -1);
    hotplug_plug(h, DEVICE, "dev", place_on(h, 1));
    expect_visits(h, 1, -1);
}

static void test_own_machine_off(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(&hotplug_q35, "-machine " OWN_MACHINE
                           " -global ICH9-LPC." PROPERTY "=off");
    /* the window is there for another register: NEXT is refused in it */
    g_assert_cmphex(next(h), ==, 0);
    hotplug_plug(h, DEVICE, "dev", place_on(h, 0));
    g_assert_cmphex(next(h), ==, 0);
}

/* No window without registers that it could lead to. */
static void test_no_hotplug(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(
        &hotplug_q35, "-global ICH9-LPC." PROPERTY "=on "
        "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off");
    g_assert_cmphex(next(h), ==, UINT32_MAX);
}

/* ---- where it leads ---------------------------------------------------- */

static void test_plug(const void *board)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = start(board);
    expect_visits(h, -1);
    hotplug_plug(h, DEVICE, "one", place_on(h, 1));
    expect_visits(h, 1, -1);
    hotplug_plug(h, DEVICE, "zero", place_on(h, 0));
    /* BSEL 1 has an insertion still that nobody has read */
    expect_visits(h, 0, 1, -1);
    hotplug_read_at(h, place_on(h, 1), ACPI_SLOTS_UP);
    hotplug_request_unplug(h, "zero");
    expect_visits(h, 0, -1);
}

static void test_unplug(const void *board)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = start(board);
    for (int bsel = 0; bsel < 2; bsel++) {
        hotplug_plug(h, DEVICE, bsel ? "one" : "zero", place_on(h, bsel));
        hotplug_read_at(h, place_on(h, bsel), ACPI_SLOTS_UP);
    }
    while (next(h) != ACPI_SLOTS_NO_BUS) {
        continue;
    }
    hotplug_request_unplug(h, "one");
    expect_visits(h, 1, -1);
    /* a new event carries the request along that was not answered */
    hotplug_request_unplug(h, "zero");
    expect_visits(h, 0, 1, -1);
    hotplug_request_unplug(h, "zero");
    hotplug_eject(h, place_on(h, 1));
    hotplug_expect_deleted(h, "one");
    expect_visits(h, 0, -1);
}

/* A request made between two reads of NEXT is not lost. */
static void test_in_between(const void *board)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = start(board);
    hotplug_plug(h, DEVICE, "zero", place_on(h, 0));
    g_assert_cmpint(next(h), ==, 0);
    hotplug_read_at(h, place_on(h, 0), ACPI_SLOTS_UP);
    hotplug_request_unplug(h, "zero");
    hotplug_plug(h, DEVICE, "one", place_on(h, 1));
    expect_visits(h, 0, 1, -1);
}

static void test_reset(const void *board)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = start(board);
    hotplug_plug(h, DEVICE, "zero", place_on(h, 0));
    hotplug_plug(h, DEVICE, "one", place_on(h, 1));
    hotplug_request_unplug(h, "zero");
    qtest_system_reset_nowait(h->qts);
    hotplug_expect_deleted(h, "zero");
    /* the removal is done, the insertion still unread */
    expect_visits(h, 1, -1);
}

/* Where there is no SEL the root bus is all that there is. */
static void test_root_alone(void)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start_with(
        &hotplug_i440fx, "-global PIIX4_PM." PROPERTY "=on "
        "-global PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off");
    expect_visits(h, -1);
    hotplug_plug(h, DEVICE, "dev", &h->board->place[0]);
    expect_visits(h, 0, -1);
}

/* As many visits as there are buses with something to do, of many. */
static void test_many_ports(void)
{
    g_autoptr(GString) ports = g_string_new("");
    g_autoptr(Hotplug) h = NULL;
    int wanted[] = { 3, 31, 32, 40 };

    if (skip_on_stock()) {
        return;
    }
    for (int i = 0; i < PORTS; i++) {
        g_string_append_printf(ports, "-device pcie-root-port,id=p%d,"
                               "chassis=%d,addr=%x.%x,multifunction=on ",
                               i, i + 1, 2 + i / 8, i % 8);
    }
    h = hotplug_start_bare(&hotplug_q35, "-machine " OWN_MACHINE " %s",
                           ports->str);
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        /* BSELs count from the newest port */
        g_autofree char *bus = g_strdup_printf("p%d", PORTS - 1 - wanted[i]);
        g_autofree char *path = g_strdup_printf("/machine/peripheral/%s/%s",
                                                bus, bus);
        g_autofree char *id = g_strdup_printf("dev%zu", i);
        HotplugPlace place = { bus, path, 0 };

        g_assert_cmpint(hotplug_bsel(h, path), ==, wanted[i]);
        hotplug_plug(h, DEVICE, id, &place);
    }
    expect_visits(h, wanted[0], wanted[1], wanted[2], wanted[3], -1);
}

/* ---- bad input --------------------------------------------------------- */

static void read_and_write_nonsense(Hotplug *h, uint16_t port)
{
    g_assert_cmphex(qtest_inb(h->qts, port), ==, 0);
    qtest_outb(h->qts, port, UINT8_MAX);
    if (port + 2 <= h->board->extension + ACPI_SLOTS_EXTENSION_SIZE) {
        g_assert_cmphex(qtest_inw(h->qts, port), ==, 0);
        qtest_outw(h->qts, port, UINT16_MAX);
    }
    if (port + 4 <= h->board->extension + ACPI_SLOTS_EXTENSION_SIZE) {
        if (port != h->board->extension) {
            g_assert_cmphex(qtest_inl(h->qts, port), ==, 0);
        }
        qtest_outl(h->qts, port, UINT32_MAX);
        qtest_outl(h->qts, port, 0);
    }
}

/* Only a whole read of NEXT takes a bus off the list. */
static void test_bad_input(const void *board)
{
    g_autoptr(Hotplug) h = NULL;

    if (skip_on_stock()) {
        return;
    }
    h = start(board);
    hotplug_plug(h, DEVICE, "dev", place_on(h, 1));
    for (int offset = 0; offset < ACPI_SLOTS_EXTENSION_SIZE; offset++) {
        read_and_write_nonsense(h, h->board->extension + offset);
    }
    expect_visits(h, 1, -1);
    g_assert_cmphex(hotplug_read_at(h, place_on(h, 1), ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place_on(h, 1)));
}

/* Tables are made from the property: it must not change under them. */
static void test_fixed_property(void)
{
    g_autoptr(Hotplug) h = NULL;
    QDict *error;

    if (skip_on_stock()) {
        return;
    }
    h = hotplug_start(&hotplug_q35);
    error = qtest_qmp_assert_failure_ref(
        h->qts, "{'execute': 'qom-set', 'arguments': {"
        "'path': '/machine/unattached/device[2]', "
        "'property': '" PROPERTY "', 'value': true}}");
    hotplug_assert_names(qdict_get_str(error, "desc"), PROPERTY, "-global",
                         NULL);
    qobject_unref(error);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    hotplug_add_test("hotplug-fast-scan/off", test_off);
    qtest_add_func("/hotplug-fast-scan/own-machine", test_own_machine);
    qtest_add_func("/hotplug-fast-scan/own-machine-off",
                   test_own_machine_off);
    qtest_add_func("/hotplug-fast-scan/no-hotplug", test_no_hotplug);
    hotplug_add_test("hotplug-fast-scan/plug", test_plug);
    hotplug_add_test("hotplug-fast-scan/unplug", test_unplug);
    hotplug_add_test("hotplug-fast-scan/in-between", test_in_between);
    hotplug_add_test("hotplug-fast-scan/reset", test_reset);
    qtest_add_func("/hotplug-fast-scan/root-alone", test_root_alone);
    qtest_add_func("/hotplug-fast-scan/many-ports", test_many_ports);
    hotplug_add_test("hotplug-fast-scan/bad-input", test_bad_input);
    qtest_add_func("/hotplug-fast-scan/fixed-property", test_fixed_property);

    return g_test_run();
}
