/*
 * QTest of ACPI PCI hotplug: registers, plug, unplug, eject, reset
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * docs/specs/acpi-pcihp.rst has the registers.  Each test runs on q35, below
 * root ports, and on i440fx, on the root bus and below a bridge.
 */

#include "qemu/osdep.h"
#include "hotplug-mode-cases.h"

/* Cheap to plug, and without a backend. */
#define DEVICE  "virtio-rng-pci"

/* ---- the steps that all modes share ------------------------------------ */

#define OURS     "-machine pc-q35-10.0-hotplug"
#define BY_ACPI  .mode = "acpi", .method = HOTPLUG_METHOD_ACPI, \
                 .capable = true, .late = MODE_LATE_PORT_USELESS

static const ModeUnderTest modes[] = {
    { .name = "hotplug-acpi/silent", .arguments = "-machine pc-q35-10.0",
      BY_ACPI, .evidence = "unknown" },
    { .name = "hotplug-acpi/listens", .guest = PATH_EVENT,
      .arguments = "-machine pc-q35-10.0,pci-hotplug=acpi",
      BY_ACPI, .negotiated = "acpi", .evidence = "inferred" },
    { .name = "hotplug-acpi/without", .guest = PATH_WITHOUT,
      .arguments = OURS, BY_ACPI, .negotiated = "acpi",
      .evidence = "committed" },
    /* pcie_ports=native: it is not granted, and the requests stay ACPI's */
    { .name = "hotplug-acpi/slots", .guest = PATH_SLOTS,
      .arguments = OURS, BY_ACPI, .negotiated = "native",
      .evidence = "inferred" },
};

/* ---- registers --------------------------------------------------------- */

static void test_power_on(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);

    for (int i = 0; i < 2; i++) {
        const HotplugPlace *place = &h->board->place[i];

        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==, 0);
        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_DOWN), ==, 0);
        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_EJ), ==, 0);
        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_AIDX), ==, 0);
        g_assert(hotplug_read_at(h, place, ACPI_SLOTS_RMV) &
                 hotplug_slot_bit(place));
    }
}

static void test_select(const void *board)
{
    static const uint32_t valid[] = { 0, 1, 2, 128, ACPI_SLOTS_BUSES - 1 };
    g_autoptr(Hotplug) h = hotplug_start(board);

    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_SEL), ==, 0);
    for (size_t i = 0; i < ARRAY_SIZE(valid); i++) {
        hotplug_write(h, ACPI_SLOTS_SEL, valid[i]);
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_SEL), ==, valid[i]);
    }
}

static void test_two_buses(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *first = &h->board->place[0];
    const HotplugPlace *second = &h->board->place[1];

    g_assert_cmpint(hotplug_bsel(h, first->bus_path), !=,
                    hotplug_bsel(h, second->bus_path));
    hotplug_plug(h, DEVICE, "one", first);
    hotplug_plug(h, DEVICE, "two", second);
    hotplug_request_unplug(h, "two");

    g_assert_cmphex(hotplug_read_at(h, first, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(first));
    g_assert_cmphex(hotplug_read_at(h, first, ACPI_SLOTS_DOWN), ==, 0);
    g_assert_cmphex(hotplug_read_at(h, second, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(second));
    g_assert_cmphex(hotplug_read_at(h, second, ACPI_SLOTS_DOWN), ==,
                    hotplug_slot_bit(second));
}

/* RMV of a bus changes at a reset, not with what is plugged in between. */
static void test_removable(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[1];
    uint32_t before = hotplug_read_at(h, place, ACPI_SLOTS_RMV);

    hotplug_plug(h, DEVICE, "dev", place);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_RMV), ==, before);
    hotplug_write(h, ACPI_SLOTS_RMV, 0);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_RMV), ==, before);
    hotplug_reset(h);
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_RMV), ==, UINT32_MAX);
}

/* On i440fx the chipset's own slots are the ones that can't be removed. */
static void test_chipset_slots(void)
{
    g_autoptr(Hotplug) h = hotplug_start(&hotplug_i440fx);
    uint32_t bridge0 = 1 << 4, host_and_piix3 = 3;

    g_assert_cmphex(hotplug_read_at(h, &h->board->place[0], ACPI_SLOTS_RMV),
                    ==, ~(bridge0 | host_and_piix3));
}

/* ---- plug, unplug, eject ----------------------------------------------- */

static void test_plug(const void *board)
{
    for (int i = 0; i < 2; i++) {
        g_autoptr(Hotplug) h = hotplug_start(board);
        const HotplugPlace *place = &h->board->place[i];

        hotplug_plug(h, DEVICE, "dev", place);
        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                        hotplug_slot_bit(place));
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
        g_assert(hotplug_has_device(h, "dev"));
    }
}

static void test_unplug(const void *board)
{
    for (int i = 0; i < 2; i++) {
        g_autoptr(Hotplug) h = hotplug_start(board);
        const HotplugPlace *place = &h->board->place[i];

        hotplug_plug(h, DEVICE, "dev", place);
        hotplug_request_unplug(h, "dev");
        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_DOWN), ==,
                        hotplug_slot_bit(place));
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==,
                        hotplug_slot_bit(place));
        g_assert(hotplug_has_device(h, "dev"));

        hotplug_eject(h, place);
        hotplug_expect_deleted(h, "dev");
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
    }
}

static void test_unplug_cold(const void *opaque)
{
    const HotplugBoard *board = opaque;
    const HotplugPlace *place = &board->place[1];
    g_autoptr(Hotplug) h = hotplug_start_with(
        board, "-device " DEVICE ",id=dev,bus=%s,addr=%x", place->bus,
        place->slot);

    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==, 0);
    hotplug_request_unplug(h, "dev");
    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "dev");
}

/* device_del may be repeated: the guest may have missed the first. */
static void test_ask_again(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[0];

    hotplug_map_gpe(h);
    hotplug_plug(h, DEVICE, "dev", place);
    for (int i = 0; i < 3; i++) {
        hotplug_clear_gpe_status(h, 0xff);
        hotplug_request_unplug(h, "dev");
        g_assert_cmphex(hotplug_gpe_status(h), ==, HOTPLUG_GPE_BIT);
    }
    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "dev");
}

/* Without a request behind it, an eject is the guest's own removal. */
static void test_eject_unasked(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[1];

    hotplug_plug(h, DEVICE, "dev", place);
    hotplug_eject(h, place);
    hotplug_expect_deleted(h, "dev");
    /* the insertion that nobody has read went with the device */
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
}

static void test_eject_empty(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[1];

    hotplug_eject(h, place);
    hotplug_plug(h, DEVICE, "dev", place);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));
    g_assert(hotplug_has_device(h, "dev"));
}

static void test_fill_again(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[0];

    for (int i = 0; i < 3; i++) {
        hotplug_plug(h, DEVICE, "dev", place);
        g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                        hotplug_slot_bit(place));
        hotplug_request_unplug(h, "dev");
        hotplug_eject(h, place);
        hotplug_expect_deleted(h, "dev");
    }
}

/* ---- the event --------------------------------------------------------- */

static void expect_sci(Hotplug *h)
{
    g_assert_cmphex(hotplug_gpe_status(h), ==, HOTPLUG_GPE_BIT);
    g_assert(hotplug_sci(h));
    hotplug_clear_gpe_status(h, HOTPLUG_GPE_BIT);
    g_assert_cmphex(hotplug_gpe_status(h), ==, 0);
    g_assert(!hotplug_sci(h));
}

static void test_event(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);

    hotplug_watch_sci(h);
    hotplug_map_gpe(h);
    hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
    g_assert(!hotplug_sci(h));

    hotplug_plug(h, DEVICE, "dev", &h->board->place[0]);
    expect_sci(h);
    hotplug_request_unplug(h, "dev");
    expect_sci(h);
    hotplug_eject(h, &h->board->place[0]);
    g_assert(!hotplug_sci(h));
    g_assert_cmphex(hotplug_gpe_status(h), ==, 0);
}

/* An event that is not enabled waits: its status stays until it is. */
static void test_event_disabled(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);

    hotplug_watch_sci(h);
    hotplug_map_gpe(h);
    hotplug_plug(h, DEVICE, "dev", &h->board->place[0]);
    g_assert_cmphex(hotplug_gpe_status(h), ==, HOTPLUG_GPE_BIT);
    g_assert(!hotplug_sci(h));
    hotplug_enable_gpe(h, 0xff & ~HOTPLUG_GPE_BIT);
    g_assert(!hotplug_sci(h));
    hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
    expect_sci(h);
}

static void test_event_reset(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);

    hotplug_watch_sci(h);
    hotplug_map_gpe(h);
    hotplug_enable_gpe(h, HOTPLUG_GPE_BIT);
    hotplug_plug(h, DEVICE, "dev", &h->board->place[0]);
    g_assert(hotplug_sci(h));
    hotplug_reset(h);
    g_assert(!hotplug_sci(h));
    hotplug_map_gpe(h);
    g_assert_cmphex(hotplug_gpe_status(h), ==, 0);
}

/* ---- reset ------------------------------------------------------------- */

static void test_reset_removes(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);

    for (int i = 0; i < 2; i++) {
        hotplug_plug(h, DEVICE, i ? "two" : "one", &h->board->place[i]);
    }
    hotplug_request_unplug(h, "two");
    qtest_system_reset_nowait(h->qts);
    hotplug_expect_deleted(h, "two");
    g_assert(hotplug_has_device(h, "one"));

    g_assert_cmphex(hotplug_read_at(h, &h->board->place[1], ACPI_SLOTS_DOWN),
                    ==, 0);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
}

/* An insertion that the guest has not read survives; so does SEL. */
static void test_reset_keeps(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[1];

    hotplug_plug(h, DEVICE, "dev", place);
    hotplug_write(h, ACPI_SLOTS_SEL, 77);
    hotplug_reset(h);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_SEL), ==, 77);
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));
    g_assert(hotplug_has_device(h, "dev"));
}

static void test_reset_keeps_bsels(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    int before[2];

    for (int i = 0; i < 2; i++) {
        before[i] = hotplug_bsel(h, h->board->place[i].bus_path);
    }
    hotplug_reset(h);
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(hotplug_bsel(h, h->board->place[i].bus_path), ==,
                        before[i]);
    }
}

/* ---- acpi-index -------------------------------------------------------- */

static void test_acpi_index(const void *opaque)
{
    const HotplugBoard *board = opaque;
    g_autoptr(Hotplug) h = hotplug_start_with(
        board, "-device " DEVICE ",id=cold,bus=%s,addr=%x,acpi-index=11",
        board->place[0].bus, board->place[0].slot);
    const HotplugPlace *cold = &board->place[0], *hot = &board->place[1];

    hotplug_plug_function(h, DEVICE, "hot", hot, 0, ",'acpi-index': 22");
    hotplug_read_at(h, cold, ACPI_SLOTS_UP);
    hotplug_write(h, ACPI_SLOTS_AIDX, hotplug_slot_bit(cold));
    g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 11);
    g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 0);

    hotplug_read_at(h, hot, ACPI_SLOTS_UP);
    hotplug_write(h, ACPI_SLOTS_AIDX, hotplug_slot_bit(hot));
    g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 22);

    /* an empty slot has none */
    hotplug_write(h, ACPI_SLOTS_AIDX, UINT32_C(1) << 30);
    g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 0);
}

/* A result that was not read yet is dropped by the next write, to anything. */
static void test_acpi_index_dropped(const void *opaque)
{
    static const AcpiSlotsRegister any[] = {
        ACPI_SLOTS_UP, ACPI_SLOTS_DOWN, ACPI_SLOTS_RMV, ACPI_SLOTS_SEL,
    };
    const HotplugBoard *board = opaque;
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &board->place[0];

    hotplug_plug_function(h, DEVICE, "dev", place, 0, ",'acpi-index': 5");
    hotplug_read_at(h, place, ACPI_SLOTS_UP);
    for (size_t i = 0; i < ARRAY_SIZE(any); i++) {
        hotplug_write(h, ACPI_SLOTS_AIDX, hotplug_slot_bit(place));
        hotplug_write(h, any[i], hotplug_read(h, ACPI_SLOTS_SEL));
        g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 0);
    }
    /* reading another register does not drop it */
    hotplug_write(h, ACPI_SLOTS_AIDX, hotplug_slot_bit(place));
    hotplug_read(h, ACPI_SLOTS_RMV);
    g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    hotplug_add_test("hotplug-acpi/registers/power-on", test_power_on);
    hotplug_add_test("hotplug-acpi/registers/select", test_select);
    hotplug_add_test("hotplug-acpi/registers/two-buses", test_two_buses);
    hotplug_add_test("hotplug-acpi/registers/removable", test_removable);
    qtest_add_func("/hotplug-acpi/registers/chipset-slots/i440fx",
                   test_chipset_slots);
    hotplug_add_test("hotplug-acpi/plug", test_plug);
    hotplug_add_test("hotplug-acpi/unplug/hot", test_unplug);
    hotplug_add_test("hotplug-acpi/unplug/cold", test_unplug_cold);
    hotplug_add_test("hotplug-acpi/unplug/ask-again", test_ask_again);
    hotplug_add_test("hotplug-acpi/eject/unasked", test_eject_unasked);
    hotplug_add_test("hotplug-acpi/eject/empty", test_eject_empty);
    hotplug_add_test("hotplug-acpi/eject/fill-again", test_fill_again);
    hotplug_add_test("hotplug-acpi/event/enabled", test_event);
    hotplug_add_test("hotplug-acpi/event/disabled", test_event_disabled);
    hotplug_add_test("hotplug-acpi/event/reset", test_event_reset);
    hotplug_add_test("hotplug-acpi/reset/removes", test_reset_removes);
    hotplug_add_test("hotplug-acpi/reset/keeps", test_reset_keeps);
    hotplug_add_test("hotplug-acpi/reset/bsels", test_reset_keeps_bsels);
    hotplug_add_test("hotplug-acpi/acpi-index/look-up", test_acpi_index);
    hotplug_add_test("hotplug-acpi/acpi-index/dropped",
                     test_acpi_index_dropped);
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        mode_add_cases(&modes[i]);
    }

    return g_test_run();
}
