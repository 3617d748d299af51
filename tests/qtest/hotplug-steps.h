/*
 * Steps that the qtests of PCI hotplug share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A HotplugBoard says where a board has its registers and which buses a test
 * finds there; a Hotplug is a running machine of such a board.  Steps end the
 * test (g_assert) where QEMU refuses what it should not.
 */

#ifndef TESTS_QTEST_HOTPLUG_STEPS_H
#define TESTS_QTEST_HOTPLUG_STEPS_H

#include "libqtest.h"
#include "model/acpi-slots.h"

#define HOTPLUG_GPE_BIT  0x02

/*
 * HotplugPlace: a slot that a test may use, free when the machine starts
 *
 * @bus: as device_add names it
 * @bus_path: of the bus object
 * @slot: device number
 */
typedef struct HotplugPlace {
    const char *bus;
    const char *bus_path;
    uint32_t slot;
} HotplugPlace;

/*
 * HotplugBoard: a board, and the buses that hotplug_start() gives it
 *
 * @name: for test paths
 * @machine: its machine type
 * @controller: type that has the hotplug properties
 * @buses: command line that makes the places
 * @registers, @extension, @gpe: I/O ports
 * @gpe_length: bytes of the GPE block, status and enable
 * @place: slots on two different hot-pluggable buses
 */
typedef struct HotplugBoard {
    const char *name;
    const char *machine;
    const char *controller;
    const char *buses;
    uint16_t registers;
    uint16_t extension;
    uint16_t gpe;
    uint16_t gpe_length;
    HotplugPlace place[2];
} HotplugBoard;

/*
 * For tests of registers: as in QEMU 10.0, without requests.  hotplug_start()
 * and its like say so to the fork; HOTPLUG_REQUESTS among their arguments
 * turns requests on again.
 */
#define HOTPLUG_REGISTERS_ALONE  ",x-hotplug-requests=off"
#define HOTPLUG_REQUESTS         " -machine x-hotplug-requests=on "

extern const HotplugBoard hotplug_q35;
extern const HotplugBoard hotplug_i440fx;

typedef struct Hotplug {
    const HotplugBoard *board;
    QTestState *qts;
} Hotplug;

/* Adds a test of each board, called /NAME/BOARD; it gets the board. */
void hotplug_add_test(const char *name, GTestDataFunc test);

/* Whether the binary under test is the fork's; else the caller must skip. */
bool hotplug_is_fork(void);

/* Starts a machine of @board with its buses, and with more arguments. */
Hotplug *hotplug_start(const HotplugBoard *board);
Hotplug *hotplug_start_with(const HotplugBoard *board, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
/* The same without the board's own buses. */
Hotplug *hotplug_start_bare(const HotplugBoard *board, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
/*
 * An i440fx with more hot-pluggable buses than BSELs: bridges b2 to b10 on the
 * root bus, b2-1 to b2-30 below b2, and so on.
 */
Hotplug *hotplug_start_crowded(void);
void hotplug_stop(Hotplug *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hotplug, hotplug_stop)

/* ---- the guest's side -------------------------------------------------- */

uint32_t hotplug_read(Hotplug *h, AcpiSlotsRegister reg);
void hotplug_write(Hotplug *h, AcpiSlotsRegister reg, uint32_t value);

/* Selects a place's bus, then reads a register of it. */
uint32_t hotplug_read_at(Hotplug *h, const HotplugPlace *place,
                         AcpiSlotsRegister reg);
/* What _EJ0 does: selects the bus, then writes the slot's bit to EJ. */
void hotplug_eject(Hotplug *h, const HotplugPlace *place);

uint32_t hotplug_slot_bit(const HotplugPlace *place);

/* Makes the GPE block reachable, which is firmware's work on q35. */
void hotplug_map_gpe(Hotplug *h);
uint8_t hotplug_gpe_status(Hotplug *h);
void hotplug_clear_gpe_status(Hotplug *h, uint8_t bits);
void hotplug_enable_gpe(Hotplug *h, uint8_t bits);
/* The interrupt line at the I/O APIC; to be called once before any event. */
void hotplug_watch_sci(Hotplug *h);
bool hotplug_sci(Hotplug *h);

uint32_t hotplug_config_read(Hotplug *h, uint8_t bus, uint8_t devfn,
                             uint8_t offset);
void hotplug_config_write(Hotplug *h, uint8_t bus, uint8_t devfn,
                          uint8_t offset, uint32_t value);

/* ---- the host's side --------------------------------------------------- */

/* The BSEL of a bus, or -1. */
int hotplug_bsel(Hotplug *h, const char *bus_path);

/* device_add; @more: further properties as JSON, "" or beginning with ",". */
void hotplug_plug(Hotplug *h, const char *driver, const char *id,
                  const HotplugPlace *place);
void hotplug_plug_function(Hotplug *h, const char *driver, const char *id,
                           const HotplugPlace *place, uint32_t function,
                           const char *more);
/* The error text of a device_add that must fail; the caller frees it. */
char *hotplug_refused_plug(Hotplug *h, const char *driver, const char *id,
                           const char *bus);

void hotplug_request_unplug(Hotplug *h, const char *id);
/* The error text of a device_del that must fail; the caller frees it. */
char *hotplug_refused_unplug(Hotplug *h, const char *id);

/* Waits, in bounded time, for an event; the caller drops the reference. */
QDict *hotplug_wait_event(Hotplug *h, const char *name);
void hotplug_reset(Hotplug *h);

bool hotplug_has_device(Hotplug *h, const char *id);
/* Waits for DEVICE_DELETED of @id; events of other devices are dropped. */
void hotplug_expect_deleted(Hotplug *h, const char *id);

/* Asserts that a text names each of the words that follow; ends with NULL. */
void hotplug_assert_names(const char *text, ...) G_GNUC_NULL_TERMINATED;

#endif /* TESTS_QTEST_HOTPLUG_STEPS_H */
