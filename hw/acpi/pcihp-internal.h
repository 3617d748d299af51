/*
 * ACPI PCI hotplug: between the registers and the devices
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_ACPI_PCIHP_INTERNAL_H
#define HW_ACPI_PCIHP_INTERNAL_H

#include "hw/acpi/pcihp.h"
#include "hw/pci/pci-hotplug-requests.h"

/* Of slots that ACPI's registers serve. */
extern const PciHotplugPath acpi_pcihp_path;

/**
 * acpi_pcihp_seen: the guest read requests for some slots of a bus
 * @slots: one bit each
 */
void acpi_pcihp_seen(AcpiPciHpState *s, uint32_t bsel, uint32_t slots);

/**
 * acpi_pcihp_add_bool: a property that is set before the owner is realized
 * @setting: what it sets
 */
void acpi_pcihp_add_bool(Object *owner, const char *name, bool *setting,
                         const char *description);

/**
 * acpi_pcihp_map_extension: map the extension window, if it is not there yet
 * @owner: realizing
 * @io: the I/O ports' region
 */
void acpi_pcihp_map_extension(Object *owner, AcpiPciHpState *s,
                              MemoryRegion *io);

/**
 * acpi_pcihp_eject_slot: remove the devices of a slot that the guest gave back
 * @bsel: below ACPI_PCIHP_MAX_HOTPLUG_BUS; there may be no such bus
 * @slot: below ACPI_SLOTS_PER_BUS; there may be nothing in it
 *
 * Bridges that the tables describe, virtual functions and devices that can't
 * be unplugged stay.  A device that failover keeps is only told so.
 */
void acpi_pcihp_eject_slot(AcpiPciHpState *s, uint32_t bsel, uint32_t slot);

/**
 * acpi_pcihp_ost: the guest says how it gets on with a slot
 * @bsel: below ACPI_PCIHP_MAX_HOTPLUG_BUS; there may be no such bus
 * @slot: below ACPI_SLOTS_PER_BUS; there may be nothing in it
 * @event, @status: see model/acpi-ost.h; the guest's word, to be checked
 */
void acpi_pcihp_ost(AcpiPciHpState *s, uint32_t bsel, uint32_t slot,
                    uint32_t event, uint32_t status);

/**
 * acpi_pcihp_osc_evaluated: the guest asked by _OSC what it may drive, or took
 * it
 *
 * It is about to look at its slots: a cue for requests that it was not ready
 * for.  What it negotiated has been acted on before.
 */
void acpi_pcihp_osc_evaluated(AcpiPciHpState *s);

/**
 * acpi_pcihp_before_reset: carry out what was asked of the guest and not
 * answered
 * @notifier: in an AcpiPciHpState
 *
 * Removes each device with an open unplug request.
 */
void acpi_pcihp_before_reset(Notifier *notifier, void *type);

/**
 * acpi_pcihp_find_index: the acpi-index of the newest device in a slot
 *
 * Returns 0 where there is no bus, no device or no index.
 */
uint32_t acpi_pcihp_find_index(const AcpiPciHpState *s, uint32_t bsel,
                               uint32_t slot);

/* ---- pcihp-bsel.c ------------------------------------------------------ */

/**
 * acpi_pcihp_give_out_bsels: number the machine's buses, once
 */
void acpi_pcihp_give_out_bsels(AcpiPciHpState *s);

/**
 * acpi_pcihp_served_bsel: the BSEL of a bus that the registers serve, or -1
 */
int acpi_pcihp_served_bsel(PCIBus *bus);

/**
 * acpi_pcihp_bus_by_bsel: the hot-pluggable bus with this BSEL, or NULL
 * @bsel: below ACPI_PCIHP_MAX_HOTPLUG_BUS
 */
PCIBus *acpi_pcihp_bus_by_bsel(const AcpiPciHpState *s, uint32_t bsel);

/**
 * acpi_pcihp_server_of: who serves a bus that has a BSEL, or NULL if the BSEL
 * is past the last
 */
AcpiPciHpState *acpi_pcihp_server_of(PCIBus *bus);

/* ---- pcihp-refusal.c --------------------------------------------------- */

/**
 * acpi_pcihp_refuse: the error for a device of which the guest would not hear
 *
 * Its bus has no BSEL, or one past the last that the registers serve; or its
 * slot is in no table.
 */
void acpi_pcihp_refuse(DeviceState *dev, Error **errp);

/* ---- pcihp-route.c ----------------------------------------------------- */

/**
 * acpi_pcihp_routed_port: the port above a bus if its requests can go two ways
 *
 * Returns NULL but in mode auto.
 */
PCIDevice *acpi_pcihp_routed_port(const PCIBus *bus);

/**
 * acpi_pcihp_goes_native: whether a request is for the port's own slot now
 * @port: routed
 */
bool acpi_pcihp_goes_native(PCIDevice *port);

/**
 * acpi_pcihp_show_device: let a port's registers show a device that ACPI
 * reports
 * @port: routed
 */
void acpi_pcihp_show_device(PCIDevice *port, PCIDevice *pdev);

/**
 * acpi_pcihp_show_empty: let a port's registers show it empty, if it is
 * @port: routed
 */
void acpi_pcihp_show_empty(PCIDevice *port);

/**
 * acpi_pcihp_move_requests: carry out a move, see PciHotplugMoveRequests
 * @opaque: the AcpiPciHpState
 */
void acpi_pcihp_move_requests(void *opaque, PCIBus *root, HotplugMove move);

#endif /* HW_ACPI_PCIHP_INTERNAL_H */
