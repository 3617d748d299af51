/*
 * QTest of ACPI PCI hotplug: kinds of devices and buses
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Multi-function devices, bridges, SR-IOV functions, and buses that do not
 * take devices while the machine runs.
 */

#include "qemu/osdep.h"
#include "hotplug-steps.h"
#include "hw/pci/pci_regs.h"

#define DEVICE  "pci-testdev"

#define MULTIFUNCTION  ",'multifunction': true"

/* ---- several functions ------------------------------------------------- */

static void plug_three_functions(Hotplug *h, const HotplugPlace *place)
{
    hotplug_plug_function(h, DEVICE, "fn1", place, 1, MULTIFUNCTION);
    hotplug_plug_function(h, DEVICE, "fn2", place, 2, MULTIFUNCTION);
    hotplug_plug_function(h, DEVICE, "fn0", place, 0, MULTIFUNCTION);
}

static void expect_three_deleted(Hotplug *h)
{
    /* newest first */
    hotplug_expect_deleted(h, "fn0");
    hotplug_expect_deleted(h, "fn2");
    hotplug_expect_deleted(h, "fn1");
}

static void test_functions(const void *board)
{
    for (int i = 0; i < 2; i++) {
        g_autoptr(Hotplug) h = hotplug_start(board);
        const HotplugPlace *place = &h->board->place[i];

        plug_three_functions(h, place);
        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                        hotplug_slot_bit(place));
        hotplug_request_unplug(h, "fn2");
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==,
                        hotplug_slot_bit(place));
        hotplug_eject(h, place);
        expect_three_deleted(h);
    }
}

static void test_functions_reset(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[1];

    plug_three_functions(h, place);
    hotplug_request_unplug(h, "fn1");
    qtest_system_reset_nowait(h->qts);
    expect_three_deleted(h);
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_DOWN), ==, 0);
}

/*
 * A device that has registered for resets of its own goes before the reset
 * begins: stock ends with an assertion.
 */
static void test_registered_reset(const void *board)
{
    g_autoptr(Hotplug) h = NULL;

    if (!hotplug_is_fork()) {
        g_test_skip("this QEMU aborts");
        return;
    }
    h = hotplug_start(board);
    hotplug_plug(h, "virtio-balloon-pci", "balloon", &h->board->place[1]);
    hotplug_request_unplug(h, "balloon");
    qtest_system_reset_nowait(h->qts);
    hotplug_expect_deleted(h, "balloon");
    g_assert(!hotplug_has_device(h, "balloon"));
    g_assert_cmphex(hotplug_read_at(h, &h->board->place[1], ACPI_SLOTS_DOWN),
                    ==, 0);
}

/* Function 0 completes a device: nothing can be added to it any more. */
static void test_function_late(const void *opaque)
{
    const HotplugBoard *board = opaque;
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &board->place[0];
    g_autofree char *address = g_strdup_printf("%x.1", place->slot);
    QDict *error;

    hotplug_plug_function(h, DEVICE, "fn0", place, 0, MULTIFUNCTION);
    hotplug_read_at(h, place, ACPI_SLOTS_UP);
    error = qtest_qmp_assert_failure_ref(
        h->qts, "{'execute': 'device_add', 'arguments': {'driver': %s, "
        "'id': 'fn1', 'bus': %s, 'addr': %s}}", DEVICE, place->bus, address);
    qobject_unref(error);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
    g_assert(!hotplug_has_device(h, "fn1"));
}

static void test_functions_index(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[0];

    hotplug_plug_function(h, DEVICE, "fn1", place, 1,
                          MULTIFUNCTION ",'acpi-index': 31");
    hotplug_plug_function(h, DEVICE, "fn0", place, 0,
                          MULTIFUNCTION ",'acpi-index': 30");
    hotplug_read_at(h, place, ACPI_SLOTS_UP);
    hotplug_write(h, ACPI_SLOTS_AIDX, hotplug_slot_bit(place));
    /* the function that was added last stands for its slot */
    g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 30);
}

/* ---- bridges ----------------------------------------------------------- */

/* Tables describe no removal of a bridge that they name: CVE-2011-1751. */
static void test_bridge_stays(void)
{
    const HotplugPlace *root = &hotplug_i440fx.place[0];
    HotplugPlace bridge0 = { root->bus, root->bus_path, 4 };
    g_autoptr(Hotplug) h = hotplug_start(&hotplug_i440fx);

    g_assert(!(hotplug_read_at(h, root, ACPI_SLOTS_RMV) &
               hotplug_slot_bit(&bridge0)));
    hotplug_eject(h, &bridge0);
    g_assert(hotplug_has_device(h, "bridge0"));

    hotplug_request_unplug(h, "bridge0");
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==,
                    hotplug_slot_bit(&bridge0));
    hotplug_eject(h, &bridge0);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
    hotplug_request_unplug(h, "bridge0");
    hotplug_reset(h);
    g_assert_cmphex(hotplug_read_at(h, root, ACPI_SLOTS_DOWN), ==, 0);
    g_assert(hotplug_has_device(h, "bridge0"));
}

/* A bridge in a switch, and what is below it, stays too. */
static void test_switch_stays(void)
{
    g_autoptr(Hotplug) h = hotplug_start_with(
        &hotplug_q35, "-device x3130-upstream,id=up,bus=port0 "
        "-device xio3130-downstream,id=down,bus=up,chassis=9 "
        "-device " DEVICE ",id=dev,bus=down");
    HotplugPlace below = { "down", "/machine/peripheral/down/down", 0 };

    hotplug_eject(h, &h->board->place[0]);
    g_assert(hotplug_has_device(h, "up"));
    g_assert(hotplug_has_device(h, "dev"));
    hotplug_eject(h, &below);
    hotplug_expect_deleted(h, "dev");
    g_assert(hotplug_has_device(h, "down"));
}

static void test_hot_bridge(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[0];

    hotplug_plug_function(h, "pci-bridge", "hot", place, 0,
                          ",'chassis_nr': 40");
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));
    g_assert_cmpint(hotplug_bsel(h, "/machine/peripheral/hot/hot"), ==, -1);
    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "hot");
}

/* ---- SR-IOV ------------------------------------------------------------ */

#define MCH_ECAM_BASE     0x60
#define ECAM_BASE         0xb0000000
#define SECONDARY_BUS     1

/* igb's first virtual function is 0x80 behind its physical function. */
#define FIRST_VF_DEVFN    0x80
#define FIRST_VF_SLOT     (FIRST_VF_DEVFN >> 3)

static uint64_t ecam(uint8_t devfn, uint32_t offset)
{
    return ECAM_BASE + (SECONDARY_BUS << 20) + (devfn << 12) + offset;
}

static uint32_t find_extended_capability(QTestState *qts, uint16_t id)
{
    uint32_t offset = PCI_CFG_SPACE_SIZE;

    while (offset) {
        uint32_t header = qtest_readl(qts, ecam(0, offset));

        if (PCI_EXT_CAP_ID(header) == id) {
            return offset;
        }
        offset = PCI_EXT_CAP_NEXT(header);
    }
    g_assert_not_reached();
}

/* Makes two virtual functions of the device below port0. */
static void enable_virtual_functions(Hotplug *h)
{
    uint32_t sriov;

    hotplug_config_write(h, 0, 0, MCH_ECAM_BASE, ECAM_BASE | 1);
    hotplug_config_write(h, 0, 4 << 3, PCI_PRIMARY_BUS,
                         SECONDARY_BUS << 16 | SECONDARY_BUS << 8);
    sriov = find_extended_capability(h->qts, PCI_EXT_CAP_ID_SRIOV);
    qtest_writew(h->qts, ecam(0, sriov + PCI_SRIOV_NUM_VF), 2);
    qtest_writew(h->qts, ecam(0, sriov + PCI_SRIOV_CTRL),
                 PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE);
}

/* Reading a function that is not there gives all ones. */
static bool virtual_function_is_there(Hotplug *h)
{
    return qtest_readl(h->qts, ecam(FIRST_VF_DEVFN, PCI_CLASS_REVISION)) !=
           UINT32_MAX;
}

static void test_virtual_functions(void)
{
    const HotplugPlace *port = &hotplug_q35.place[0];
    HotplugPlace virtual = { port->bus, port->bus_path, FIRST_VF_SLOT };
    g_autoptr(Hotplug) h = hotplug_start(&hotplug_q35);

    hotplug_plug_function(h, "igb", "nic", port, 0, ",'romfile': ''");
    enable_virtual_functions(h);
    g_assert(virtual_function_is_there(h));

    hotplug_eject(h, &virtual);
    g_assert(virtual_function_is_there(h));
    g_assert(hotplug_has_device(h, "nic"));

    hotplug_eject(h, port);
    hotplug_expect_deleted(h, "nic");
    g_assert(!virtual_function_is_there(h));
}

static void test_virtual_functions_reset(void)
{
    const HotplugPlace *port = &hotplug_q35.place[0];
    g_autoptr(Hotplug) h = hotplug_start(&hotplug_q35);

    hotplug_plug_function(h, "igb", "nic", port, 0, ",'romfile': ''");
    hotplug_reset(h);
    g_assert_cmphex(hotplug_read_at(h, port, ACPI_SLOTS_RMV) &
                    (1 << FIRST_VF_SLOT | 1), ==, 1);
    enable_virtual_functions(h);
    hotplug_request_unplug(h, "nic");
    qtest_system_reset_nowait(h->qts);
    hotplug_expect_deleted(h, "nic");
}

/* ---- buses that take nothing while the machine runs -------------------- */

/* The fork's errors name the device, the bus, and a bus that would do. */
static void expect_helpful(const char *text, const char *device,
                           const char *bus, const char *instead)
{
    if (hotplug_is_fork()) {
        hotplug_assert_names(text, device, bus, instead, NULL);
    }
}

static void test_port_off(void)
{
    g_autoptr(Hotplug) h = hotplug_start_with(
        &hotplug_q35, "-device pcie-root-port,id=off,chassis=3,hotplug=off "
        "-device " DEVICE ",id=dev,bus=off");
    g_autofree char *no_unplug = hotplug_refused_unplug(h, "dev");
    g_autofree char *no_plug = NULL;

    expect_helpful(no_unplug, "'dev'", "'off'", "hotplug=off");
    g_assert_cmpint(hotplug_bsel(h, "/machine/peripheral/off/off"), ==, -1);
    g_assert(hotplug_has_device(h, "dev"));

    no_plug = hotplug_refused_plug(h, DEVICE, "new", "off");
    expect_helpful(no_plug, "'" DEVICE "'", "'off'", "'port0'");
    hotplug_assert_names(no_plug, "'off'", NULL);
    g_assert(!hotplug_has_device(h, "new"));
}

static void test_root_bus(void)
{
    g_autoptr(Hotplug) h = hotplug_start_with(
        &hotplug_q35, "-device " DEVICE ",id=dev,bus=pcie.0");
    g_autofree char *no_plug = hotplug_refused_plug(h, DEVICE, "new",
                                                    "pcie.0");
    g_autofree char *no_unplug = hotplug_refused_unplug(h, "dev");

    expect_helpful(no_plug, "'" DEVICE "'", "'pcie.0'", "'port0'");
    expect_helpful(no_unplug, "'dev'", "'pcie.0'", DEVICE);
    g_assert(hotplug_has_device(h, "dev"));
}

/* With more hot-pluggable buses than BSELs the last ones have to refuse. */
static void test_too_many_buses(void)
{
    g_autoptr(Hotplug) h = hotplug_start_crowded();
    int refused = 0;

    for (int inner = 1; inner < 31; inner++) {
        g_autofree char *bus = g_strdup_printf("b2-%d", inner);
        g_autofree char *path = g_strdup_printf("/machine/peripheral/%s/%s",
                                                bus, bus);

        if (hotplug_bsel(h, path) >= ACPI_SLOTS_BUSES) {
            g_autofree char *text = hotplug_refused_plug(h, DEVICE, "dev",
                                                         bus);

            expect_helpful(text, "'dev'", bus, "256");
            g_assert(!hotplug_has_device(h, "dev"));
            refused++;
        }
    }
    g_assert_cmpint(refused, ==, 1 + 9 * 31 - ACPI_SLOTS_BUSES);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    hotplug_add_test("hotplug-acpi/functions/all-go", test_functions);
    hotplug_add_test("hotplug-acpi/functions/reset", test_functions_reset);
    hotplug_add_test("hotplug-acpi/reset/registered", test_registered_reset);
    hotplug_add_test("hotplug-acpi/functions/late", test_function_late);
    hotplug_add_test("hotplug-acpi/functions/acpi-index",
                     test_functions_index);
    qtest_add_func("/hotplug-acpi/bridge/stays/i440fx", test_bridge_stays);
    qtest_add_func("/hotplug-acpi/bridge/stays/q35", test_switch_stays);
    hotplug_add_test("hotplug-acpi/bridge/hot", test_hot_bridge);
    qtest_add_func("/hotplug-acpi/sriov/eject", test_virtual_functions);
    qtest_add_func("/hotplug-acpi/sriov/reset", test_virtual_functions_reset);
    qtest_add_func("/hotplug-acpi/refused/port-off", test_port_off);
    qtest_add_func("/hotplug-acpi/refused/root-bus", test_root_bus);
    qtest_add_func("/hotplug-acpi/refused/too-many-buses",
                   test_too_many_buses);

    return g_test_run();
}
