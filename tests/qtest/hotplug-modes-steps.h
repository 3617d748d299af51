/*
 * Steps of the qtests of hotplug modes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a guest finds of a mode: its tables, the ports' slots in configuration
 * space, the OSC register; and what query-pci-hotplug says.
 */

#ifndef TESTS_QTEST_HOTPLUG_MODES_STEPS_H
#define TESTS_QTEST_HOTPLUG_MODES_STEPS_H

#include "hotplug-steps.h"
#include "model/hotplug-mode.h"
#include "model/pcie-slot.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"

/* The ports of hotplug_q35, on the root bus. */
#define PORT0_DEVFN   (4 << 3)
#define PORT1_DEVFN   (5 << 3)

/* Where an expander's bus begins in these tests. */
#define EXPANDER_BUS  64

/* ---- tables ------------------------------------------------------------ */

/* The DSDT as firmware gets it; the caller frees it. */
GByteArray *modes_read_dsdt(Hotplug *h);

/* How often a name (four characters) stands in a table. */
unsigned modes_count_name(const GByteArray *table, const char *name);

/*
 * The control bits that the @nth _OSC in the table grants at the most, or -1
 * where there are not so many.
 */
int modes_osc_grants(const GByteArray *table, unsigned nth);

/* ---- configuration space ------------------------------------------------ */

/* Where a function on a reachable bus has a capability, which it must have. */
uint8_t modes_capability(Hotplug *h, uint8_t bus, uint8_t devfn, uint8_t id);

/* ---- a port's slot ----------------------------------------------------- */

/*
 * A slot as the guest sees it in its port's PCI Express capability; the port is
 * on a bus that is reachable.
 */
uint32_t modes_slot_capabilities(Hotplug *h, uint8_t bus, uint8_t devfn);
uint16_t modes_slot_control(Hotplug *h, uint8_t bus, uint8_t devfn);
uint16_t modes_slot_status(Hotplug *h, uint8_t bus, uint8_t devfn);
/* Leaves Slot Status alone. */
void modes_write_slot_control(Hotplug *h, uint8_t bus, uint8_t devfn,
                              uint16_t value);

void modes_clear_slot_events(Hotplug *h, uint8_t bus, uint8_t devfn);

/* What a guest does that begins to listen to a slot. */
void modes_enable_slot(Hotplug *h, uint8_t bus, uint8_t devfn);
/* What it does with a button press and a power indicator in the end. */
void modes_power_off_slot(Hotplug *h, uint8_t bus, uint8_t devfn);

/* ---- the guest's choice ------------------------------------------------ */

/* What _OSC writes: committed, or with @query only asked for. */
void modes_report(Hotplug *h, uint8_t uid, uint8_t control, bool query);
void modes_write_osc(Hotplug *h, uint32_t value);

/* Suspends to RAM and wakes up again; the GPE block is mapped before. */
void modes_sleep_and_wake(Hotplug *h);

/* ---- the host's side --------------------------------------------------- */

/*
 * The entry of query-pci-hotplug for a slot, or NULL; the caller unrefs it.
 */
QDict *modes_query_slot(Hotplug *h, const char *bus, int addr);
unsigned modes_count_slots(Hotplug *h);
/* All that it says; the caller unrefs it. */
QDict *modes_query(Hotplug *h);

/* Asserts what it says of a slot; NULL for @negotiated: nothing. */
void modes_assert_slot(Hotplug *h, const char *bus, const char *mode,
                       const char *method, const char *negotiated,
                       const char *evidence);

/* A property of the machine's ICH9, of which there is one. */
QDict *modes_get_property(Hotplug *h, const char *path, const char *property);
char *modes_controller_path(Hotplug *h);

/*
 * What QEMU prints when it ends by itself, with exit status 1, at start; the
 * caller frees it.
 */
char *modes_refused_start(const char *arguments);

#endif /* TESTS_QTEST_HOTPLUG_MODES_STEPS_H */
