/*
 * PCI hotplug as people see it: info hotplug
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A PCI Express port is always listed; a bus of many slots by those that are
 * occupied, and a line that counts the others.
 */

#include "qemu/osdep.h"
#include "monitor/monitor.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-pci-hotplug.h"
#include "qapi/type-helpers.h"

static const char *method_name(PciHotplugMethod method)
{
    return PciHotplugMethod_str(method);
}

static void print_guest(GString *out, const PciHotplugSlot *slot)
{
    g_string_append_printf(out, "  mode %s, requests go by %s, ",
                           PciHotplugSlotMode_str(slot->mode),
                           method_name(slot->method));
    if (slot->has_negotiated) {
        g_string_append_printf(out, "the guest uses %s (%s)\n",
                               method_name(slot->negotiated),
                               PciHotplugEvidence_str(slot->evidence));
    } else {
        g_string_append(out, "what the guest uses is unknown\n");
    }
}

static void print_controller(GString *out, const PciHotplugSlot *slot)
{
    if (slot->has_hot_plug_capable) {
        g_string_append_printf(out, "  hot-plug capable %s, interrupts %s\n",
                               slot->hot_plug_capable ? "yes" : "no",
                               slot->interrupts ? "on" : "off");
    }
    if (slot->has_power) {
        g_string_append_printf(out, "  power %s, power indicator %s, "
                               "attention indicator %s\n",
                               slot->power ? "on" : "off",
                               PciHotplugIndicator_str(slot->power_indicator),
                               PciHotplugIndicator_str(
                                   slot->attention_indicator));
    }
}

static void print_devices(GString *out, const PciHotplugSlot *slot)
{
    for (PciHotplugDeviceList *entry = slot->devices; entry;
         entry = entry->next) {
        const PciHotplugDevice *device = entry->value;

        g_string_append_printf(out, "  function %u: %s, %s\n",
                               device->function, device->type,
                               device->id ?: device->qom_path);
    }
    if (!slot->devices) {
        g_string_append(out, "  empty\n");
    }
}

static void print_windows(GString *out, const PciHotplugSlot *slot)
{
    for (PciHotplugWindowList *entry = slot->windows; entry;
         entry = entry->next) {
        const PciHotplugWindow *window = entry->value;

        g_string_append_printf(out, "  window 0x%" PRIx64 "-0x%" PRIx64
                               ", %s\n", window->base, window->limit,
                               PciHotplugWindowType_str(window->type));
    }
}

static void print_slot(GString *out, const PciHotplugSlot *slot)
{
    g_string_append_printf(out, "bus %s, device %u, slot number %u: %s\n",
                           slot->bus, slot->addr, slot->number,
                           slot->qom_path);
    print_guest(out, slot);
    print_controller(out, slot);
    print_devices(out, slot);
    print_windows(out, slot);
}

/* Ends the list of a bus of which @empty slots were left out. */
static void print_left_out(GString *out, const char *bus, unsigned empty)
{
    if (empty) {
        g_string_append_printf(out, "bus %s: %u empty slots\n", bus, empty);
    }
}

static HumanReadableText *info_hotplug(Error **errp)
{
    g_autoptr(PciHotplugInfo) info = qmp_query_pci_hotplug(&error_abort);
    g_autoptr(GString) out = g_string_new("");
    const char *bus = NULL;
    unsigned empty = 0;

    for (PciHotplugSlotList *entry = info->slots; entry; entry = entry->next) {
        const PciHotplugSlot *slot = entry->value;

        if (g_strcmp0(bus, slot->bus) != 0) {
            print_left_out(out, bus, empty);
            bus = slot->bus;
            empty = 0;
        }
        if (slot->devices || slot->has_hot_plug_capable) {
            print_slot(out, slot);
        } else {
            empty++;
        }
    }
    print_left_out(out, bus, empty);
    if (!info->slots) {
        g_string_append(out, "no hot-pluggable PCI slots\n");
    }
    return human_readable_text_from_str(out);
}

static void info_hotplug_register(void)
{
    monitor_register_hmp_info_hrt("hotplug", info_hotplug);
}

type_init(info_hotplug_register)
