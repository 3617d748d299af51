/*
 * QTest of ACPI PCI hotplug: migration in the middle of requests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guest goes on in a second process of the same binary: what it had not
 * read yet is there, what it was doing can be finished.
 */

#include "qemu/osdep.h"
#include "hotplug-steps.h"
#include "migration-steps.h"

#define DEVICE     "virtio-rng-pci"
#define SELECTED   77
#define INDEX      5

/* "cold" in the second place; the destination has "hot" in the first, too. */
static Hotplug *start(const HotplugBoard *board, const char *more)
{
    const HotplugPlace *place = &board->place[1];

    return hotplug_start_with(
        board, "-device " DEVICE ",id=cold,bus=%s,addr=%x,acpi-index=%d %s",
        place->bus, place->slot, INDEX, more);
}

/* Starts the second process and moves the guest there. */
static Hotplug *migrate(Hotplug *source)
{
    const HotplugPlace *place = &source->board->place[0];
    g_autofree char *folder = g_dir_make_tmp("hotplug-XXXXXX", NULL);
    g_autofree char *uri = g_strdup_printf("unix:%s/stream", folder);
    g_autofree char *arguments = g_strdup_printf(
        "-device " DEVICE ",id=hot,bus=%s,addr=%x -incoming %s", place->bus,
        place->slot, uri);
    Hotplug *destination = start(source->board, arguments);

    migration_send(source->qts, uri);
    migration_wait_running(destination->qts);
    unlink(uri + strlen("unix:"));
    g_assert_cmpint(rmdir(folder), ==, 0);
    return destination;
}

/* ---- requests ---------------------------------------------------------- */

static void test_registers(const void *board)
{
    g_autoptr(Hotplug) source = start(board, "");
    g_autoptr(Hotplug) h = NULL;
    const HotplugPlace *hot = &source->board->place[0];
    const HotplugPlace *cold = &source->board->place[1];

    hotplug_plug(source, DEVICE, "hot", hot);
    hotplug_request_unplug(source, "cold");
    hotplug_write(source, ACPI_SLOTS_SEL, SELECTED);
    h = migrate(source);

    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_SEL), ==, SELECTED);
    g_assert_cmphex(hotplug_read_at(h, hot, ACPI_SLOTS_UP), ==,
                    hotplug_slot_bit(hot));
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
    g_assert_cmphex(hotplug_read_at(h, cold, ACPI_SLOTS_UP), ==, 0);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==,
                    hotplug_slot_bit(cold));
}

/* The guest wrote AIDX there and reads it here. */
static void test_index(const void *board)
{
    g_autoptr(Hotplug) source = start(board, "");
    g_autoptr(Hotplug) h = NULL;

    hotplug_plug(source, DEVICE, "hot", &source->board->place[0]);
    hotplug_read_at(source, &source->board->place[1], ACPI_SLOTS_UP);
    hotplug_write(source, ACPI_SLOTS_AIDX,
                  hotplug_slot_bit(&source->board->place[1]));
    h = migrate(source);
    g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, INDEX);
    g_assert_cmpuint(hotplug_read(h, ACPI_SLOTS_AIDX), ==, 0);
}

/* The guest read DOWN there and ejects here. */
static void test_finish_unplug(const void *board)
{
    g_autoptr(Hotplug) source = start(board, "");
    g_autoptr(Hotplug) h = NULL;
    const HotplugPlace *hot = &source->board->place[0];
    int bsel = hotplug_bsel(source, hot->bus_path);

    hotplug_plug(source, DEVICE, "hot", hot);
    hotplug_request_unplug(source, "hot");
    hotplug_write(source, ACPI_SLOTS_SEL, bsel);
    g_assert_cmphex(hotplug_read(source, ACPI_SLOTS_DOWN), ==,
                    hotplug_slot_bit(hot));
    h = migrate(source);
    /* SEL has come along */
    hotplug_write(h, ACPI_SLOTS_EJ, hotplug_slot_bit(hot));
    hotplug_expect_deleted(h, "hot");
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_UP), ==, 0);
    g_assert_cmphex(hotplug_read(h, ACPI_SLOTS_DOWN), ==, 0);
}

static void test_reset_after(const void *board)
{
    g_autoptr(Hotplug) source = start(board, "");
    g_autoptr(Hotplug) h = NULL;

    hotplug_plug(source, DEVICE, "hot", &source->board->place[0]);
    hotplug_request_unplug(source, "cold");
    h = migrate(source);
    qtest_system_reset_nowait(h->qts);
    hotplug_expect_deleted(h, "cold");
    g_assert(hotplug_has_device(h, "hot"));
}

/* The interrupt that had not been served is raised on the other side. */
static void test_event(const void *board)
{
    g_autoptr(Hotplug) source = start(board, "");
    g_autoptr(Hotplug) h = NULL;

    hotplug_map_gpe(source);
    hotplug_enable_gpe(source, HOTPLUG_GPE_BIT);
    hotplug_plug(source, DEVICE, "hot", &source->board->place[0]);
    h = migrate(source);
    g_assert_cmphex(hotplug_gpe_status(h), ==, HOTPLUG_GPE_BIT);
    hotplug_watch_sci(h);
    hotplug_clear_gpe_status(h, HOTPLUG_GPE_BIT);
    hotplug_request_unplug(h, "hot");
    g_assert(hotplug_sci(h));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    hotplug_add_test("hotplug-acpi/migration/registers", test_registers);
    hotplug_add_test("hotplug-acpi/migration/index", test_index);
    hotplug_add_test("hotplug-acpi/migration/finish-unplug",
                     test_finish_unplug);
    hotplug_add_test("hotplug-acpi/migration/reset-after", test_reset_after);
    hotplug_add_test("hotplug-acpi/migration/event", test_event);

    return g_test_run();
}
