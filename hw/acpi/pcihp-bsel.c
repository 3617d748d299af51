/*
 * ACPI PCI hotplug: buses and their numbers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "pcihp-internal.h"

/*
 * BselClaim: a bus has a BSEL
 *
 * Lives as long as the bus's property, and takes the bus out of the table when
 * it goes; it keeps the owner, and with it the table, until then.
 */
typedef struct BselClaim {
    AcpiPciHpState *s;
    uint32_t bsel;
} BselClaim;

static void bsel_get(Object *bus, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    BselClaim *claim = opaque;
    uint32_t bsel = claim->bsel;

    visit_type_uint32(v, name, &bsel, errp);
}

static void bsel_release(Object *bus, const char *name, void *opaque)
{
    g_autofree BselClaim *claim = opaque;

    if (claim->bsel < ACPI_PCIHP_MAX_HOTPLUG_BUS) {
        claim->s->bus[claim->bsel] = NULL;
    }
    object_unref(claim->s->owner);
}

static void bsel_claim(AcpiPciHpState *s, PCIBus *bus, uint32_t bsel)
{
    BselClaim *claim = g_new(BselClaim, 1);

    *claim = (BselClaim) { .s = s, .bsel = bsel };
    object_ref(s->owner);
    object_property_add(OBJECT(bus), ACPI_PCIHP_PROP_BSEL, "uint32",
                        bsel_get, NULL, bsel_release, claim);
    if (bsel < ACPI_PCIHP_MAX_HOTPLUG_BUS) {
        s->bus[bsel] = bus;
    }
}

int acpi_pcihp_served_bsel(PCIBus *bus)
{
    uint64_t bsel;

    if (!object_property_find(OBJECT(bus), ACPI_PCIHP_PROP_BSEL)) {
        return -1;
    }
    bsel = object_property_get_uint(OBJECT(bus), ACPI_PCIHP_PROP_BSEL,
                                    &error_abort);
    return bsel < ACPI_PCIHP_MAX_HOTPLUG_BUS ? bsel : -1;
}

typedef struct BselAllocation {
    AcpiPciHpState *s;
    uint32_t next;
} BselAllocation;

static void *claim_if_hotpluggable(PCIBus *bus, void *opaque)
{
    BselAllocation *allocation = opaque;
    DeviceState *parent = BUS(bus)->parent;
    bool below_root = IS_PCI_BRIDGE(parent);

    if (qbus_is_hotpluggable(BUS(bus)) &&
        (!below_root || (!parent->hotplugged &&
                         allocation->s->use_acpi_hotplug_bridge))) {
        bsel_claim(allocation->s, bus, allocation->next++);
    }
    return allocation;
}

/* Guests carry BSELs across migration: the order of the walk is an ABI. */
void acpi_pcihp_give_out_bsels(AcpiPciHpState *s)
{
    BselAllocation allocation = { .s = s, .next = ACPI_PCIHP_BSEL_DEFAULT };

    if (!s->bsels_given) {
        s->bsels_given = true;
        pci_for_each_bus_depth_first(s->root, claim_if_hotpluggable, NULL,
                                     &allocation);
    }
}

PCIBus *acpi_pcihp_bus_by_bsel(const AcpiPciHpState *s, uint32_t bsel)
{
    PCIBus *bus = s->bus[bsel];

    return bus && qbus_is_hotpluggable(BUS(bus)) ? bus : NULL;
}

AcpiPciHpState *acpi_pcihp_server_of(PCIBus *bus)
{
    BselClaim *claim = object_property_find(OBJECT(bus),
                                            ACPI_PCIHP_PROP_BSEL)->opaque;

    return claim->bsel < ACPI_PCIHP_MAX_HOTPLUG_BUS ? claim->s : NULL;
}
