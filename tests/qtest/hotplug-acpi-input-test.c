/*
 * QTest of ACPI PCI hotplug: bad input from the guest
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever is not an aligned access of 4 bytes to a register that takes it,
 * with a bus selected that can be, reads 0 and changes nothing.  Each test
 * does its accesses in the midst of open requests and looks at them after.
 */

#include "qemu/osdep.h"
#include "hotplug-steps.h"

#define DEVICE       "virtio-rng-pci"
#define INDEX        7
#define SELECTED     200    /* a BSEL that no bus has */

/*
 * The state that accesses must leave alone: an insertion in the first place
 * that nobody has read, an unplug request for the second, a bus selected.
 */
static Hotplug *start_with_requests(const HotplugBoard *board)
{
    const HotplugPlace *cold = &board->place[1];
    Hotplug *h = hotplug_start_with(
        board, "-device " DEVICE ",id=cold,bus=%s,addr=%x,acpi-index=%d",
        cold->bus, cold->slot, INDEX);

    hotplug_plug(h, DEVICE, "hot", &board->place[0]);
    hotplug_request_unplug(h, "cold");
    hotplug_write(h, ACPI_SLOTS_SEL, SELECTED);
    return h;
}

/* Reading it takes the insertion away: for the end of a test. */
static void expect_requests(Hotplug *h)
{
    const HotplugPlace *hot = &h->board->place[0];
    const HotplugPlace *cold = &h->board->place[1];

    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_SEL), ==, SELECTED);
    g_assert(hotplug_has_device(h, "hot"));
    g_assert(hotplug_has_device(h, "cold"));
    g_assert_cmphex(hotplug_read_at(h, cold, ACPI_SLOTS_UP), ==, 0);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==,
                    hotplug_slot_bit(cold));
    g_assert_cmphex(hotplug_read_at(h, hot, ACPI_SLOTS_DOWN), ==, 0);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, hotplug_slot_bit(hot));
}

/* ---- sizes and alignments ---------------------------------------------- */

static uint32_t read_size(Hotplug *h, uint16_t port, int size)
{
    return size == 1 ? qtest_inb(h->qts, port) :
           size == 2 ? qtest_inw(h->qts, port) : qtest_inl(h->qts, port);
}

static void write_size(Hotplug *h, uint16_t port, int size, uint32_t value)
{
    if (size == 1) {
        qtest_outb(h->qts, port, value);
    } else if (size == 2) {
        qtest_outw(h->qts, port, value);
    } else {
        qtest_outl(h->qts, port, value);
    }
}

/* Calls @access with each offset and size that no register takes. */
static void for_each_bad_access(Hotplug *h,
                                void (*access)(Hotplug *h, uint16_t port,
                                               int size))
{
    for (int size = 1; size <= 4; size *= 2) {
        for (int offset = 0; offset + size <= ACPI_SLOTS_WINDOW_SIZE;
             offset++) {
            if (size != 4 || offset % 4) {
                access(h, h->board->registers + offset, size);
            }
        }
    }
}

static void expect_reads_zero(Hotplug *h, uint16_t port, int size)
{
    g_assert_cmphex(read_size(h, port, size), ==, 0);
}

static void write_all_ones(Hotplug *h, uint16_t port, int size)
{
    write_size(h, port, size, UINT32_MAX);
}

static void write_one(Hotplug *h, uint16_t port, int size)
{
    write_size(h, port, size, 1);
}

static void write_slot_bits(Hotplug *h, uint16_t port, int size)
{
    for (int i = 0; i < 2; i++) {
        write_size(h, port, size, hotplug_slot_bit(&h->board->place[i]));
    }
}

static void test_bad_reads(const void *board)
{
    g_autoptr(Hotplug) h = start_with_requests(board);

    for_each_bad_access(h, expect_reads_zero);
    expect_requests(h);
}

static void test_bad_writes(const void *board)
{
    for (int i = 0; i < 2; i++) {
        g_autoptr(Hotplug) h = start_with_requests(board);
        int bsel = hotplug_bsel(h, h->board->place[i].bus_path);

        hotplug_write(h, ACPI_SLOTS_SEL, bsel);
        for_each_bad_access(h, write_all_ones);
        for_each_bad_access(h, write_one);
        for_each_bad_access(h, write_slot_bits);
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_SEL), ==, bsel);
        hotplug_write(h, ACPI_SLOTS_SEL, SELECTED);
        expect_requests(h);
    }
}

/* What lies behind the window, read as QEMU splits unaligned accesses. */
static uint32_t read_behind(Hotplug *h, uint16_t end, int size)
{
    uint32_t value = size == 1 ? qtest_inb(h->qts, end) :
                                 qtest_inw(h->qts, end);

    return size < 3 ? value : value | qtest_inb(h->qts, end + 2) << 16;
}

/* An access that begins before the window or ends behind it. */
static void test_window_edges(const void *board)
{
    g_autoptr(Hotplug) h = start_with_requests(board);
    uint16_t first = h->board->registers;
    uint16_t end = first + ACPI_SLOTS_WINDOW_SIZE;

    for (int before = 1; before < 4; before++) {
        uint32_t below = qtest_inl(h->qts, first - before);

        /* what lies in the window reads 0 */
        g_assert_cmphex(below >> (8 * before), ==, 0);
        qtest_outl(h->qts, first - before, UINT32_MAX);
    }
    for (int inside = 1; inside < 4; inside++) {
        uint32_t above = qtest_inl(h->qts, end - inside);

        g_assert_cmphex(above & ((1u << (8 * inside)) - 1), ==, 0);
        g_assert_cmphex(above >> (8 * inside), ==,
                        read_behind(h, end, 4 - inside));
    }
    expect_requests(h);
}

/* A result that waits in AIDX is read whole or not at all. */
static void test_index_in_pieces(const void *board)
{
    g_autoptr(Hotplug) h = start_with_requests(board);
    const HotplugPlace *cold = &h->board->place[1];

    hotplug_read_at(h, cold, ACPI_SLOTS_UP);
    hotplug_write(h, ACPI_SLOTS_AIDX, hotplug_slot_bit(cold));
    for_each_bad_access(h, expect_reads_zero);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_AIDX), ==, INDEX);
}

/* ---- values ------------------------------------------------------------ */

/* Registers that only tell take writes without effect. */
static void test_read_only(const void *board)
{
    static const AcpiSlotsRegister read_only[] = {
        ACPI_SLOTS_UP, ACPI_SLOTS_DOWN, ACPI_SLOTS_RMV,
    };

    for (int i = 0; i < 2; i++) {
        g_autoptr(Hotplug) h = start_with_requests(board);
        uint32_t removable = hotplug_read_at(h, &h->board->place[i],
                                             ACPI_SLOTS_RMV);

        for (size_t reg = 0; reg < ARRAY_SIZE(read_only); reg++) {
            hotplug_write(h, read_only[reg], UINT32_MAX);
            hotplug_write(h, read_only[reg], 0);
        }
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_RMV), ==, removable);
        hotplug_write(h, ACPI_SLOTS_SEL, SELECTED);
        expect_requests(h);
    }
}

static const uint32_t past_the_end[] = {
    ACPI_SLOTS_BUSES, ACPI_SLOTS_BUSES + 1, 0x10000, 0x7fffffff, 0x80000000,
    0xfffffffe, UINT32_MAX,
};

/* CVE-2014-5388, CVE-2021-4158: the number of buses, and no bus selected. */
static void test_select_past_end(const void *board)
{
    g_autoptr(Hotplug) h = start_with_requests(board);

    for (size_t i = 0; i < ARRAY_SIZE(past_the_end); i++) {
        hotplug_write(h, ACPI_SLOTS_SEL, past_the_end[i]);
        for (int reg = 0; reg < ACPI_SLOTS_WINDOW_SIZE; reg += 4) {
            g_assert_cmphex(hotplug_read(h, reg), ==, 0);
        }
        hotplug_write(h, ACPI_SLOTS_EJ, UINT32_MAX);
        hotplug_write(h, ACPI_SLOTS_AIDX, UINT32_MAX);
        for (int slot = 0; slot < ACPI_SLOTS_PER_BUS; slot++) {
            hotplug_write(h, ACPI_SLOTS_EJ, UINT32_C(1) << slot);
            hotplug_write(h, ACPI_SLOTS_AIDX, UINT32_C(1) << slot);
            g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 0);
        }
    }
    hotplug_write(h, ACPI_SLOTS_SEL, SELECTED);
    expect_requests(h);
}

/* A BSEL that no bus has: it can be selected, and there is nothing there. */
static void test_select_no_bus(const void *board)
{
    g_autoptr(Hotplug) h = start_with_requests(board);

    for (uint32_t bsel = 2; bsel < ACPI_SLOTS_BUSES; bsel++) {
        hotplug_write(h, ACPI_SLOTS_SEL, bsel);
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
        hotplug_write(h, ACPI_SLOTS_EJ, UINT32_MAX);
        hotplug_write(h, ACPI_SLOTS_EJ, 1);
        hotplug_write(h, ACPI_SLOTS_AIDX, 1);
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 0);
    }
    hotplug_write(h, ACPI_SLOTS_SEL, SELECTED);
    expect_requests(h);
}

static void test_no_slot_bit(const void *board)
{
    for (int i = 0; i < 2; i++) {
        g_autoptr(Hotplug) h = start_with_requests(board);

        hotplug_write(h, ACPI_SLOTS_SEL,
                      hotplug_bsel(h, h->board->place[i].bus_path));
        hotplug_write(h, ACPI_SLOTS_EJ, 0);
        hotplug_write(h, ACPI_SLOTS_AIDX, 0);
        g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 0);
        hotplug_write(h, ACPI_SLOTS_SEL, SELECTED);
        expect_requests(h);
    }
}

/* Of several slot bits the lowest counts. */
static void test_several_slot_bits(void)
{
    const HotplugPlace *bridge = &hotplug_i440fx.place[1];
    HotplugPlace low = { bridge->bus, bridge->bus_path, 9 };
    HotplugPlace high = { bridge->bus, bridge->bus_path, 31 };
    g_autoptr(Hotplug) h = hotplug_start(&hotplug_i440fx);

    hotplug_plug(h, DEVICE, "high", &high);
    hotplug_plug_function(h, DEVICE, "low", &low, 0, ",'acpi-index': 3");
    hotplug_read_at(h, bridge, ACPI_SLOTS_UP);
    hotplug_write(h, ACPI_SLOTS_AIDX,
                  hotplug_slot_bit(&low) | hotplug_slot_bit(&high));
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 3);
    hotplug_write(h, ACPI_SLOTS_EJ,
                  hotplug_slot_bit(&low) | hotplug_slot_bit(&high));
    hotplug_expect_deleted(h, "low");
    g_assert(hotplug_has_device(h, "high"));
    /* slot 0 is the lowest of all, and empty */
    hotplug_write(h, ACPI_SLOTS_EJ, UINT32_MAX);
    g_assert(hotplug_has_device(h, "high"));
}

/* ---- when -------------------------------------------------------------- */

/* Nothing of the chipset is set up, and nothing asked for. */
static void test_before_set_up(const void *board)
{
    g_autoptr(Hotplug) h = hotplug_start(board);
    const HotplugPlace *place = &h->board->place[0];

    for_each_bad_access(h, expect_reads_zero);
    for_each_bad_access(h, write_all_ones);
    for (int slot = 0; slot < ACPI_SLOTS_PER_BUS; slot++) {
        hotplug_write(h, ACPI_SLOTS_EJ, UINT32_C(1) << slot);
    }
    hotplug_plug(h, DEVICE, "dev", place);
    g_assert_cmphex(hotplug_read_at(h, place, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(place));
}

static void test_after_reset(const void *board)
{
    g_autoptr(Hotplug) h = start_with_requests(board);
    const HotplugPlace *hot = &h->board->place[0];

    qtest_system_reset_nowait(h->qts);
    hotplug_expect_deleted(h, "cold");
    for_each_bad_access(h, expect_reads_zero);
    for_each_bad_access(h, write_all_ones);
    for_each_bad_access(h, write_slot_bits);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_SEL), ==, SELECTED);
    g_assert(hotplug_has_device(h, "hot"));
    g_assert_cmphex(hotplug_read_at(h, hot, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(hot));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    hotplug_add_test("hotplug-acpi/input/bad-reads", test_bad_reads);
    hotplug_add_test("hotplug-acpi/input/bad-writes", test_bad_writes);
    hotplug_add_test("hotplug-acpi/input/window-edges", test_window_edges);
    hotplug_add_test("hotplug-acpi/input/index-in-pieces",
                     test_index_in_pieces);
    hotplug_add_test("hotplug-acpi/input/read-only", test_read_only);
    hotplug_add_test("hotplug-acpi/input/select-past-end",
                     test_select_past_end);
    hotplug_add_test("hotplug-acpi/input/select-no-bus", test_select_no_bus);
    hotplug_add_test("hotplug-acpi/input/no-slot-bit", test_no_slot_bit);
    qtest_add_func("/hotplug-acpi/input/several-slot-bits/i440fx",
                   test_several_slot_bits);
    hotplug_add_test("hotplug-acpi/input/before-set-up", test_before_set_up);
    hotplug_add_test("hotplug-acpi/input/after-reset", test_after_reset);

    return g_test_run();
}
