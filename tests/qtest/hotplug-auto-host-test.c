/*
 * QTest of hotplug mode auto: host bridges, and reports that are not theirs
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each host bridge has its own negotiation, under the _UID that its tables
 * give it.  What a guest writes to OSC without such tables changes nothing.
 */

#include "qemu/osdep.h"
#include "hotplug-path-steps.h"

#define AUTO     "-machine pc-q35-10.0,pci-hotplug=auto "
#define COLD     "-device " PATH_DEVICE ",id=cold,bus=port1 "
#define FAR_UID  EXPANDER_BUS

static void expect_choice(Hotplug *h, const char *bus, const char *method,
                          const char *negotiated, const char *evidence)
{
    modes_assert_slot(h, bus, "auto", method, negotiated, evidence);
}

/* ---- hostile reports --------------------------------------------------- */

static void write_nonsense(Hotplug *h)
{
    const uint16_t window = h->board->extension;
    const uint32_t native = HOTPLUG_OSC_NATIVE << HOTPLUG_OSC_CONTROL_SHIFT;

    for (int at = 0; at < ACPI_SLOTS_EXTENSION_SIZE; at++) {
        qtest_outb(h->qts, window + at, HOTPLUG_OSC_NATIVE);
        qtest_outw(h->qts, window + at, native);
        if (at != ACPI_SLOTS_OSC) {
            qtest_outl(h->qts, window + at, native);
        }
    }
    for (uint32_t uid = 1; uid < HOTPLUG_OSC_HOSTS; uid++) {
        if (uid != FAR_UID) {
            modes_write_osc(h, uid);
            modes_write_osc(h, uid | native);
        }
    }
    for (int bit = HOTPLUG_OSC_QUERY_SHIFT + 1; bit < 32; bit++) {
        modes_write_osc(h, UINT32_C(1) << bit);
        modes_write_osc(h, UINT32_C(1) << bit | native);
        modes_write_osc(h, UINT32_C(1) << bit | native | FAR_UID);
    }
    modes_write_osc(h, UINT32_MAX);
}

/* With requests open, so that there is something that could be moved. */
static void check_nonsense(const char *arguments, PathGuest guest)
{
    g_autofree char *all = g_strdup_printf("%s " COLD PATH_EXPANDER, arguments);
    g_autoptr(Hotplug) h = path_start(all);
    QDict *before, *after;

    path_prepare(h, guest);
    hotplug_plug(h, PATH_DEVICE, "dev", &h->board->place[0]);
    hotplug_request_unplug(h, "cold");
    before = modes_query(h);
    write_nonsense(h);
    after = modes_query(h);
    g_assert_true(qobject_is_equal(QOBJECT(before), QOBJECT(after)));
    qobject_unref(before);
    qobject_unref(after);
    for (int port = 0; port < 2; port++) {
        path_expect_registers(h, port, guest == PATH_NATIVE ?
                              HOTPLUG_METHOD_NATIVE : HOTPLUG_METHOD_ACPI,
                              port ? PATH_UNPLUG : PATH_PLUG);
    }
}

static void test_nonsense(void)
{
    check_nonsense(AUTO, PATH_SILENT);
    check_nonsense(AUTO, PATH_WITHOUT);
    check_nonsense(AUTO, PATH_NATIVE);
    check_nonsense("-machine pc-q35-10.0-hotplug", PATH_WITHOUT);
}

/* Native hotplug that _OSC can't have given is not believed. */
static void check_claim(const char *mode, const char *method,
                        const char *negotiated)
{
    g_autofree char *arguments = g_strdup_printf(
        "-machine pc-q35-10.0-hotplug,pci-hotplug=%s", mode);
    g_autoptr(Hotplug) h = path_start(arguments);

    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
    modes_assert_slot(h, "port0", mode, method, NULL, "unknown");
    modes_report(h, 0, 0, false);
    modes_report(h, 0, UINT8_MAX, false);
    modes_assert_slot(h, "port0", mode, method, negotiated, "committed");
}

static void test_claims(void)
{
    check_claim("acpi", "acpi", "acpi");
    check_claim("none", "none", "none");
}

/* ---- expanders --------------------------------------------------------- */

static const HotplugPlace far_place = {
    "far", "/machine/peripheral/far/far", 0,
};

static void expect_far(Hotplug *h, HotplugMethod method, PathRequest request)
{
    bool acpi = method == HOTPLUG_METHOD_ACPI;
    uint16_t status = modes_slot_status(h, EXPANDER_BUS, 0);

    g_assert_cmphex(hotplug_read_at(h, &far_place, ACPI_SLOTS_UP), ==,
                    acpi && request == PATH_PLUG);
    g_assert_cmphex(hotplug_read_at(h, &far_place, ACPI_SLOTS_DOWN), ==,
                    acpi && request == PATH_UNPLUG);
    g_assert_cmpint(!!(status & PCIE_SLOT_BUTTON), ==,
                    !acpi && request != PATH_NOTHING);
}

/* Each host bridge's guest side negotiates for itself, whichever is first. */
static void check_expander(uint8_t native_uid, const char *near,
                           HotplugMethod near_method, const char *far,
                           HotplugMethod far_method)
{
    g_autoptr(Hotplug) h = path_start(AUTO PATH_EXPANDER);

    hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
    modes_report(h, native_uid, HOTPLUG_OSC_NATIVE, false);
    expect_choice(h, "port0", near, near,
                  native_uid ? "inferred" : "committed");
    expect_choice(h, "far", far, far, native_uid ? "committed" : "inferred");

    hotplug_plug(h, PATH_DEVICE, "near-dev", &h->board->place[0]);
    path_expect(h, 0, near_method, PATH_PLUG);
    expect_far(h, far_method, PATH_NOTHING);
    hotplug_plug(h, PATH_DEVICE, "far-dev", &far_place);
    expect_far(h, far_method, PATH_PLUG);
    path_expect_registers(h, 0, near_method, PATH_NOTHING);
}

static void test_expander(void)
{
    check_expander(0, "native", HOTPLUG_METHOD_NATIVE,
                   "acpi", HOTPLUG_METHOD_ACPI);
    check_expander(FAR_UID, "acpi", HOTPLUG_METHOD_ACPI,
                   "native", HOTPLUG_METHOD_NATIVE);
}

/* A choice on one host bridge leaves requests of the other where they are. */
static void test_expander_moves(void)
{
    g_autoptr(Hotplug) h =
        path_start(AUTO COLD PATH_EXPANDER
                   "-device " PATH_DEVICE ",id=far-dev,bus=far");

    hotplug_request_unplug(h, "cold");
    hotplug_request_unplug(h, "far-dev");
    modes_report(h, FAR_UID, HOTPLUG_OSC_NATIVE, false);
    expect_far(h, HOTPLUG_METHOD_NATIVE, PATH_UNPLUG);
    path_expect_registers(h, 1, HOTPLUG_METHOD_ACPI, PATH_UNPLUG);
    modes_report(h, 0, HOTPLUG_OSC_NATIVE, false);
    modes_report(h, FAR_UID, 0, false);
    expect_far(h, HOTPLUG_METHOD_ACPI, PATH_UNPLUG);
    path_expect_registers(h, 1, HOTPLUG_METHOD_NATIVE, PATH_UNPLUG);
    hotplug_eject(h, &far_place);
    hotplug_expect_deleted(h, "far-dev");
    g_assert_true(hotplug_has_device(h, "cold"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    qtest_add_func("/hotplug-auto-host/nonsense", test_nonsense);
    qtest_add_func("/hotplug-auto-host/claims", test_claims);
    qtest_add_func("/hotplug-auto-host/expander/paths", test_expander);
    qtest_add_func("/hotplug-auto-host/expander/moves", test_expander_moves);

    return g_test_run();
}
