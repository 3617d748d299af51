/*
 * QTest of hotplug mode auto: what the guest chooses, and what follows
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/specs/hotplug-modes.rst has the rules.  Requests that are open when the
 * choice changes are in hotplug-auto-move-test.c.
 */

#include "qemu/osdep.h"
#include "hotplug-mode-cases.h"
#include "hw/pci/pci_regs.h"

#define AUTO  "-machine pc-q35-10.0,pci-hotplug=auto "
#define OURS  "-machine pc-q35-10.0-hotplug,pci-hotplug=auto "
#define COLD  "-device " PATH_DEVICE ",id=cold,bus=port1 "

#define FAR_UID  EXPANDER_BUS

/* ---- the steps that all modes share ------------------------------------ */

#define BY_ACPI    .mode = "auto", .method = HOTPLUG_METHOD_ACPI, \
                   .capable = true, .late = MODE_LATE_PORT_USELESS
#define BY_NATIVE  .mode = "auto", .method = HOTPLUG_METHOD_NATIVE, \
                   .capable = true, .late = MODE_LATE_PORT_WORKS

static const ModeUnderTest modes[] = {
    { .name = "hotplug-auto/silent", .arguments = AUTO, BY_ACPI,
      .evidence = "unknown" },
    { .name = "hotplug-auto/event", .arguments = AUTO, .guest = PATH_EVENT,
      BY_ACPI, .negotiated = "acpi", .evidence = "inferred" },
    { .name = "hotplug-auto/slots", .arguments = AUTO, .guest = PATH_SLOTS,
      BY_NATIVE, .negotiated = "native", .evidence = "inferred" },
    { .name = "hotplug-auto/without", .arguments = AUTO, BY_ACPI,
      .guest = PATH_WITHOUT, .negotiated = "acpi", .evidence = "committed" },
    { .name = "hotplug-auto/native", .arguments = AUTO, BY_NATIVE,
      .guest = PATH_NATIVE, .negotiated = "native", .evidence = "committed" },
    { .name = "hotplug-auto/native/pc-q35-10.0-hotplug", .arguments = OURS,
      BY_NATIVE, .guest = PATH_NATIVE, .negotiated = "native",
      .evidence = "committed" },
};

/* ---- the choice -------------------------------------------------------- */

static void expect_choice(Hotplug *h, const char *bus, const char *method,
                          const char *negotiated, const char *evidence)
{
    modes_assert_slot(h, bus, "auto", method, negotiated, evidence);
}

static void expect_unknown(Hotplug *h)
{
    expect_choice(h, "port0", "acpi", NULL, "unknown");
    expect_choice(h, "port1", "acpi", NULL, "unknown");
}

/* What is known already is not made worse by weaker evidence. */
static void test_evidence(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);

    expect_unknown(h);
    hotplug_enable_gpe(h, 0xff & ~HOTPLUG_GPE_BIT);
    expect_unknown(h);
    hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
    expect_choice(h, "port0", "acpi", "acpi", "inferred");
    modes_enable_slot(h, 0, PORT1_DEVFN);
    expect_choice(h, "port0", "native", "native", "inferred");
    hotplug_enable_gpe(h, 0);
    hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
    expect_choice(h, "port0", "native", "native", "inferred");
    modes_report(h, 0, HOTPLUG_OSC_SHPC, false);
    expect_choice(h, "port0", "acpi", "acpi", "committed");
    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
    expect_choice(h, "port0", "native", "native", "committed");
    modes_enable_slot(h, 0, PORT0_DEVFN);
    expect_choice(h, "port0", "native", "native", "committed");
}

/* Indicators and power alone, or events without the interrupt, say nothing. */
static void test_slot_writes(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);
    const uint16_t others = PCIE_SLOT_EVENTS | PCIE_SLOT_LIGHT |
                            PCIE_SLOT_ATTENTION | PCIE_SLOT_POWER_OFF |
                            PCIE_SLOT_INTERLOCK;

    for (uint32_t control = 0; control <= UINT16_MAX; control += 0x11) {
        modes_write_slot_control(h, 0, PORT0_DEVFN, control & others);
    }
    expect_unknown(h);
    modes_write_slot_control(h, 0, PORT0_DEVFN, PCIE_SLOT_INTERRUPT);
    expect_choice(h, "port0", "native", "native", "inferred");
}

/* _OSC with the query bit asks; what it gets is no commitment. */
static void test_query_bit(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);

    for (unsigned control = 0; control <= UINT8_MAX; control++) {
        modes_report(h, 0, control, true);
    }
    expect_unknown(h);
    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
    for (unsigned control = 0; control <= UINT8_MAX; control++) {
        modes_report(h, 0, control, true);
    }
    expect_choice(h, "port0", "native", "native", "committed");
}

/* Of the control bits that a guest commits itself to, one counts. */
static void test_control_bits(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);

    for (unsigned control = 0; control <= UINT8_MAX; control++) {
        const char *method = control & HOTPLUG_OSC_NATIVE ? "native" : "acpi";

        modes_report(h, 0, control, false);
        expect_choice(h, "port1", method, method, "committed");
    }
}

static const PathGuest guests[] = {
    PATH_SILENT, PATH_EVENT, PATH_SLOTS, PATH_WITHOUT, PATH_NATIVE,
};

static void test_reset_forgets(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(guests); i++) {
        g_autoptr(Hotplug) h = path_start(AUTO PATH_EXPANDER);

        path_prepare(h, guests[i]);
        modes_report(h, FAR_UID, HOTPLUG_OSC_NATIVE, false);
        hotplug_reset(h);
        expect_unknown(h);
        expect_choice(h, "far", "acpi", NULL, "unknown");
    }
}

/* One that changes between two boots: both are believed. */
static void test_next_boot(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO);

    path_prepare(h, PATH_NATIVE);
    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
    path_expect(h, 1, HOTPLUG_METHOD_NATIVE, PATH_PLUG);
    hotplug_reset(h);
    hotplug_map_gpe(h);
    path_prepare(h, PATH_WITHOUT);
    hotplug_request_unplug(h, "dev");
    path_expect(h, 1, HOTPLUG_METHOD_ACPI, PATH_UNPLUG);
    path_give_back(h, 1, HOTPLUG_METHOD_ACPI);
    hotplug_expect_deleted(h, "dev");
    hotplug_reset(h);
    hotplug_map_gpe(h);
    path_prepare(h, PATH_SLOTS);
    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
    path_expect(h, 1, HOTPLUG_METHOD_NATIVE, PATH_PLUG);
}

static void test_wake_up_keeps(void)
{
    static const char *const methods[] = {
        [PATH_EVENT] = "acpi", [PATH_SLOTS] = "native",
        [PATH_WITHOUT] = "acpi", [PATH_NATIVE] = "native",
    };

    for (size_t i = 1; i < ARRAY_SIZE(guests); i++) {
        PathGuest guest = guests[i];
        bool inferred = guest == PATH_EVENT || guest == PATH_SLOTS;
        g_autoptr(Hotplug) h = path_start(AUTO PATH_EXPANDER);

        path_prepare(h, guest);
        modes_report(h, FAR_UID, HOTPLUG_OSC_NATIVE, false);
        modes_sleep_and_wake(h);
        expect_choice(h, "port0", methods[guest], methods[guest],
                      inferred ? "inferred" : "committed");
        expect_choice(h, "far", "native", "native", "committed");
    }
}

/* ---- one path alone ---------------------------------------------------- */

/*
 * A guest whose slots may still interrupt, and that then took ACPI.  Nothing of
 * a request, of its end, and of the next device is to be seen of the slot.
 */
static void test_slots_stay_quiet(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO COLD);

    path_prepare(h, PATH_NATIVE);
    modes_report(h, 0, 0, false);
    hotplug_request_unplug(h, "cold");
    path_expect(h, 1, HOTPLUG_METHOD_ACPI, PATH_UNPLUG);
    path_give_back(h, 1, HOTPLUG_METHOD_ACPI);
    hotplug_expect_deleted(h, "cold");
    path_expect_quiet(h);
    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
    path_expect(h, 1, HOTPLUG_METHOD_ACPI, PATH_PLUG);
    hotplug_plug(h, PATH_DEVICE, "next", &h->board->place[0]);
    path_expect(h, 0, HOTPLUG_METHOD_ACPI, PATH_PLUG);
}

#define MSI_ADDRESS  0x300000
#define MSI_DATA     0x41
#define IOH3420      "-device ioh3420,id=port0,chassis=1,addr=4 " \
                     "-device ioh3420,id=port1,chassis=2,addr=5 "

static void enable_msi(Hotplug *h, uint8_t devfn)
{
    uint8_t at = modes_capability(h, 0, devfn, PCI_CAP_ID_MSI);
    uint32_t head = hotplug_config_read(h, 0, devfn, at);
    uint32_t command = hotplug_config_read(h, 0, devfn, PCI_COMMAND);

    hotplug_config_write(h, 0, devfn, at + PCI_MSI_ADDRESS_LO, MSI_ADDRESS);
    hotplug_config_write(h, 0, devfn, at + PCI_MSI_DATA_32, MSI_DATA);
    hotplug_config_write(h, 0, devfn, at, head | PCI_MSI_FLAGS_ENABLE << 16);
    hotplug_config_write(h, 0, devfn, PCI_COMMAND,
                         command | PCI_COMMAND_MASTER);
}

/* Whether a message came since the last time. */
static bool take_message(Hotplug *h)
{
    uint32_t data = qtest_readl(h->qts, MSI_ADDRESS);

    qtest_writel(h->qts, MSI_ADDRESS, 0);
    g_assert_true(data == 0 || data == MSI_DATA);
    return data;
}

/* Slots with MSI: a message for native requests, none for the others. */
static void test_messages(void)
{
    g_autoptr(Hotplug) h = hotplug_start_bare(&hotplug_q35, AUTO IOH3420);

    hotplug_map_gpe(h);
    enable_msi(h, PORT1_DEVFN);
    path_prepare(h, PATH_NATIVE);
    take_message(h);
    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
    g_assert_true(take_message(h));
    g_assert_cmphex(hotplug_gpe_status(h), ==, 0);
    path_take(h, 1, HOTPLUG_METHOD_NATIVE);
    take_message(h);

    modes_report(h, 0, 0, false);
    hotplug_request_unplug(h, "dev");
    g_assert_cmphex(hotplug_gpe_status(h), ==, HOTPLUG_GPE_BIT);
    hotplug_eject(h, &h->board->place[1]);
    hotplug_expect_deleted(h, "dev");
    hotplug_plug(h, PATH_DEVICE, "next", &h->board->place[1]);
    g_assert_false(take_message(h));
}

/* Whatever power the slots had, a device that ACPI reports is to be seen. */
static void test_power(void)
{
    static const PathGuest by_acpi[] = {
        PATH_SILENT, PATH_EVENT, PATH_WITHOUT,
    };

    for (size_t i = 0; i < ARRAY_SIZE(by_acpi); i++) {
        g_autoptr(Hotplug) h = path_start(AUTO);

        path_prepare(h, by_acpi[i]);
        modes_power_off_slot(h, 0, PORT1_DEVFN);
        hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[1]);
        g_assert_true(path_is_visible(h, 1, 0));
        g_assert_false(modes_slot_control(h, 0, PORT1_DEVFN) &
                       PCIE_SLOT_POWER_OFF);
        g_assert_true(modes_slot_status(h, 0, PORT1_DEVFN) &
                      PCIE_SLOT_PRESENT);
    }
}

/* Native, an unplug that is open is not asked for again so soon. */
static void test_ask_twice(void)
{
    g_autoptr(Hotplug) h = path_start(AUTO COLD);
    g_autofree char *text = NULL;

    path_prepare(h, PATH_EVENT);
    for (int i = 0; i < 3; i++) {
        hotplug_request_unplug(h, "cold");
        path_expect(h, 1, HOTPLUG_METHOD_ACPI, PATH_UNPLUG);
    }
    path_enable_slots(h);
    g_assert_cmphex(hotplug_read_at(h, &h->board->place[1], ACPI_SLOTS_DOWN),
                    ==, 0);
    text = hotplug_refused_unplug(h, "cold");
    hotplug_assert_names(text, "cold", NULL);
    path_expect_quiet(h);
    path_give_back(h, 1, HOTPLUG_METHOD_NATIVE);
    hotplug_expect_deleted(h, "cold");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        mode_add_cases(&modes[i]);
    }
    qtest_add_func("/hotplug-auto/choice/evidence", test_evidence);
    qtest_add_func("/hotplug-auto/choice/slot-writes", test_slot_writes);
    qtest_add_func("/hotplug-auto/choice/query-bit", test_query_bit);
    qtest_add_func("/hotplug-auto/choice/control-bits", test_control_bits);
    qtest_add_func("/hotplug-auto/choice/reset", test_reset_forgets);
    qtest_add_func("/hotplug-auto/choice/next-boot", test_next_boot);
    qtest_add_func("/hotplug-auto/choice/wake-up", test_wake_up_keeps);
    qtest_add_func("/hotplug-auto/path/slots-stay-quiet",
                   test_slots_stay_quiet);
    qtest_add_func("/hotplug-auto/path/messages", test_messages);
    qtest_add_func("/hotplug-auto/path/power", test_power);
    qtest_add_func("/hotplug-auto/path/ask-twice", test_ask_twice);

    return g_test_run();
}
