/*
 * DSDTs with hot-pluggable buses, as QEMU makes them, for tests
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Only what PCI hotplug needs: the host bridges, the buses, the event.
 */

#ifndef TESTS_ACPICA_HOTPLUG_DSDT_H
#define TESTS_ACPICA_HOTPLUG_DSDT_H

#include "qemu/osdep.h"
#include "hw/acpi/pci-hotplug-aml.h"
#include "bench.h"

/*
 * TestBoard: a machine to make tables for
 *
 * @express: as q35; otherwise as i440fx
 * @fast_scan: with the extension window
 * @native: _OSC of PCI0 grants native hotplug
 * @expander: there is a second host bridge, \_SB.PC40
 * @reports: _OSC of both reports
 * @ost: the slots have _OST, which reports
 * @no_shpc: _OSC of both grants no SHPC either
 * @described: the expander's slots are described, like PCI0's
 */
typedef struct TestBoard {
    bool express;
    bool fast_scan;
    bool native;
    bool expander;
    bool reports;
    bool ost;
    bool no_shpc;
    bool described;
} TestBoard;

#define TEST_EXPANDER_NUMBER  0x40

const MachinePorts *test_board_ports(const TestBoard *board);

/* ---- buses -------------------------------------------------------------- */

/* A root bus without functions; a BSEL or PCI_BUS_NO_BSEL. */
PciBusDescription *test_root_bus(int bsel);

/* A function on a bus; they must come in ascending order of @devfn. */
PciFunctionDescription *test_add_function(PciBusDescription *bus,
                                          uint8_t devfn);

/* A bridge that stays, on @bus; returns the empty bus behind it. */
PciBusDescription *test_add_bridge(PciBusDescription *bus, uint8_t devfn,
                                   int bsel, bool express);

/*
 * test_buses: a machine with @count buses that can be hot-plugged
 *
 * Express: root ports, one slot each, on as many device and function numbers
 * as it takes; half of them below an expander that is described.  Otherwise:
 * the root bus and below it bridges in bridges, 32 slots each.  BSELs count
 * from 0, depth first.
 */
PciBusDescription *test_buses(const TestBoard *board, unsigned count);

/* The bus with a BSEL, below @root or @root itself; NULL if there is none. */
const PciBusDescription *test_find_bus(const PciBusDescription *root, int bsel);

/* Path of a bus's scope: of the bridge before it, or of PCI0. */
char *test_bus_path(const PciBusDescription *root, int bsel);

/* Path of the device that stands for a slot. */
char *test_slot_path(const PciBusDescription *root, int bsel, unsigned slot);

/* ---- tables ------------------------------------------------------------- */

/* The whole DSDT. */
GByteArray *test_dsdt(const TestBoard *board, const PciBusDescription *root);

/* A guest that has loaded test_dsdt(). */
Bench *test_bench(const TestBoard *board, const PciBusDescription *root);

/* The same with events enabled, and nothing on record. */
Bench *test_listening_bench(const TestBoard *board,
                            const PciBusDescription *root);

#endif /* TESTS_ACPICA_HOTPLUG_DSDT_H */
