/*
 * QTest of ACPI PCI hotplug: the properties that turn it on and off
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PIIX4_PM has acpi-pci-hotplug-with-bridge-support and
 * acpi-root-pci-hotplug, ICH9-LPC the first alone.
 */

#include "qemu/osdep.h"
#include "hotplug-steps.h"
#include "qobject/qdict.h"

#define DEVICE    "virtio-rng-pci"
#define BRIDGES   "acpi-pci-hotplug-with-bridge-support"
#define ROOT      "acpi-root-pci-hotplug"

static const char *on_off(bool on)
{
    return on ? "on" : "off";
}

static Hotplug *start_piix4(bool bridges, bool root)
{
    return hotplug_start_with(
        &hotplug_i440fx, "-global PIIX4_PM." BRIDGES "=%s "
        "-global PIIX4_PM." ROOT "=%s", on_off(bridges), on_off(root));
}

static Hotplug *start_ich9(bool bridges)
{
    return hotplug_start_with(&hotplug_q35, "-global ICH9-LPC." BRIDGES "=%s",
                              on_off(bridges));
}

/* Every register of a window that is not there reads as nothing does. */
static void expect_no_window(Hotplug *h)
{
    for (int offset = 0; offset < ACPI_SLOTS_WINDOW_SIZE; offset += 4) {
        g_assert_cmphex(hotplug_read(h, offset), ==, UINT32_MAX);
    }
}

static void expect_serves(Hotplug *h, const HotplugPlace *place, int bsel)
{
    g_assert_cmpint(hotplug_bsel(h, place->bus_path), ==, bsel);
    hotplug_plug(h, DEVICE, "dev", place);
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));
    hotplug_request_unplug(h, "dev");
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==,
                    hotplug_slot_bit(place));
    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "dev");
}

static void expect_refuses(Hotplug *h, const HotplugPlace *place)
{
    g_autofree char *text = hotplug_refused_plug(h, DEVICE, "dev", place->bus);

    g_assert_cmpint(hotplug_bsel(h, place->bus_path), ==, -1);
    hotplug_assert_names(text, place->bus, NULL);
    if (hotplug_is_fork()) {
        hotplug_assert_names(text, "'" DEVICE "'", NULL);
    }
}

static void test_piix4_both(void)
{
    g_autoptr(Hotplug) h = start_piix4(true, true);

    expect_serves(h, &h->board->place[0], 0);
    expect_serves(h, &h->board->place[1], 1);
}

static void test_piix4_bridges(void)
{
    g_autoptr(Hotplug) h = start_piix4(true, false);

    expect_refuses(h, &h->board->place[0]);
    expect_serves(h, &h->board->place[1], 0);
}

/* SHPC, which is not ACPI's business, serves a bridge that ACPI does not. */
static void expect_left_to_shpc(Hotplug *h, const HotplugPlace *place)
{
    g_assert_cmpint(hotplug_bsel(h, place->bus_path), ==, -1);
    hotplug_plug(h, DEVICE, "shpc-device", place);
    g_assert_cmphex(hotplug_gpe_status(h), ==, 0);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
    hotplug_request_unplug(h, "shpc-device");
    g_assert_cmphex(hotplug_gpe_status(h), ==, 0);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
}

/* Without bridges there is no SEL, and UP stays when it is read. */
static void test_piix4_root(void)
{
    g_autoptr(Hotplug) h = start_piix4(false, true);
    const HotplugPlace *place = &h->board->place[0];

    expect_left_to_shpc(h, &h->board->place[1]);
    expect_serves(h, place, 0);

    hotplug_write(h, ACPI_SLOTS_SEL, 1);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_SEL), ==, 0);
    hotplug_plug(h, DEVICE, "dev", place);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));
    hotplug_write(h, ACPI_SLOTS_SEL, UINT32_MAX);
    hotplug_write(h, ACPI_SLOTS_EJ, hotplug_slot_bit(place));
    hotplug_expect_deleted(h, "dev");
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
}

static void test_piix4_root_reset(void)
{
    g_autoptr(Hotplug) h = start_piix4(false, true);

    hotplug_plug(h, DEVICE, "dev", &h->board->place[0]);
    hotplug_request_unplug(h, "dev");
    qtest_system_reset_nowait(h->qts);
    hotplug_expect_deleted(h, "dev");
}

static void test_piix4_neither(void)
{
    g_autoptr(Hotplug) h = start_piix4(false, false);

    expect_no_window(h);
    expect_refuses(h, &h->board->place[0]);
    g_assert_cmpint(hotplug_bsel(h, h->board->place[1].bus_path), ==, -1);
    hotplug_plug(h, DEVICE, "dev", &h->board->place[1]);
    g_assert_cmphex(hotplug_gpe_status(h), ==, 0);
    expect_no_window(h);
}

static void test_ich9_on(void)
{
    g_autoptr(Hotplug) h = start_ich9(true);

    /* newest first */
    expect_serves(h, &h->board->place[1], 0);
    expect_serves(h, &h->board->place[0], 1);
}

/* Root ports hot-plug natively then: the window and the event are not used. */
static void test_ich9_off(void)
{
    g_autoptr(Hotplug) h = start_ich9(false);
    const HotplugPlace *place = &h->board->place[0];

    expect_no_window(h);
    hotplug_map_gpe(h);
    g_assert_cmpint(hotplug_bsel(h, place->bus_path), ==, -1);
    hotplug_plug(h, DEVICE, "dev", place);
    expect_no_window(h);
    g_assert_cmphex(hotplug_gpe_status(h), ==, 0);
    hotplug_write(h, ACPI_SLOTS_EJ, hotplug_slot_bit(place));
    g_assert(hotplug_has_device(h, "dev"));
}

/* The path of the one object of a type, from the indented tree of them all. */
static char *find_object(Hotplug *h, const char *type)
{
    g_autofree char *tree = qtest_hmp(h->qts, "info qom-tree");
    g_auto(GStrv) lines = g_strsplit(tree, "\r\n", 0);
    g_autofree char *end = g_strdup_printf(" (%s)", type);
    g_autoptr(GString) path = g_string_new("");
    size_t length_at_depth[32] = { 0 };

    for (int i = 0; lines[i]; i++) {
        size_t depth = strspn(lines[i], " ") / 2;
        const char *name = g_strchug(lines[i]);

        g_assert_cmpuint(depth + 1, <, ARRAY_SIZE(length_at_depth));
        g_string_truncate(path, length_at_depth[depth]);
        g_string_append_len(path, name, strcspn(name, " "));
        length_at_depth[depth + 1] = path->len;
        if (g_str_has_suffix(name, end)) {
            return g_string_free(g_steal_pointer(&path), false);
        }
    }
    g_assert_not_reached();
}

static int64_t read_number(Hotplug *h, const char *path, const char *property)
{
    QDict *reply = qtest_qmp(h->qts, "{'execute': 'qom-get', 'arguments': "
                             "{'path': %s, 'property': %s}}", path, property);
    int64_t value = qdict_get_try_int(reply, "return", -1);

    qobject_unref(reply);
    return value;
}

/* Management programs and table builders read where the window is. */
static void test_window_properties(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    g_autofree char *path = find_object(h, h->board->controller);

    g_assert_cmpint(read_number(h, path, "acpi-pcihp-io-base"), ==,
                    h->board->registers);
    g_assert_cmpint(read_number(h, path, "acpi-pcihp-io-len"), ==,
                    ACPI_SLOTS_WINDOW_SIZE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/hotplug-acpi/property/piix4/both", test_piix4_both);
    qtest_add_func("/hotplug-acpi/property/piix4/bridges",
                   test_piix4_bridges);
    qtest_add_func("/hotplug-acpi/property/piix4/root", test_piix4_root);
    qtest_add_func("/hotplug-acpi/property/piix4/root-reset",
                   test_piix4_root_reset);
    qtest_add_func("/hotplug-acpi/property/piix4/neither",
                   test_piix4_neither);
    qtest_add_func("/hotplug-acpi/property/ich9/on", test_ich9_on);
    qtest_add_func("/hotplug-acpi/property/ich9/off", test_ich9_off);
    hotplug_add_test("hotplug-acpi/property/window", test_window_properties);

    return g_test_run();
}
