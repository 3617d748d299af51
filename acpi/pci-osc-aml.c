/*
 * AML of PCI hotplug: _OSC, who drives hotplug and other features
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PCI Firmware Specification 3.2, 4.5; ACPI 6.5, 6.2.11.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pci-hotplug-aml.h"
#include "model/hotplug-mode.h"
#include "pci-aml-internal.h"

#define PCI_OSC_UUID  "33DB4D5B-1FF7-401C-9657-7441C03DD766"

/* _OSC control bits (PCI Firmware Specification 3.2, 4.5.1). */
enum {
    OSC_NATIVE_HOTPLUG = HOTPLUG_OSC_NATIVE,
    OSC_SHPC_HOTPLUG   = HOTPLUG_OSC_SHPC,
    OSC_NATIVE_PME     = 0x04,
    OSC_NATIVE_AER     = 0x08,
    OSC_CAPABILITY     = 0x10,
};

/* _OSC status bits (ACPI 6.5, 6.2.11.1). */
enum {
    OSC_QUERY          = 0x01,
    OSC_BAD_UUID       = 0x04,
    OSC_BAD_REVISION   = 0x08,
    OSC_MASKED         = 0x10,
};

static Aml *set_status(int bit)
{
    Aml *status = aml_name("CDW1");

    return aml_or(status, aml_int(bit), status);
}

/* One write, so that two host bridges' methods can't mix their reports. */
static Aml *write_report(Aml *control)
{
    Aml *query = aml_and(aml_name("CDW1"), aml_int(OSC_QUERY), NULL);
    Aml *report = aml_or(aml_name("_UID"),
                         aml_shiftleft(control,
                                       aml_int(HOTPLUG_OSC_CONTROL_SHIFT)),
                         NULL);

    report = aml_or(report,
                    aml_shiftleft(query, aml_int(HOTPLUG_OSC_QUERY_SHIFT)),
                    NULL);
    return aml_store(report, aml_name("\\_SB.PCI0." PCI_OSC_REGISTER));
}

Aml *aml_pci_osc_method(const PciOscDescription *osc)
{
    const int granted = OSC_NATIVE_PME | OSC_NATIVE_AER | OSC_CAPABILITY |
                        (osc->shpc_hotplug ? OSC_SHPC_HOTPLUG : 0) |
                        (osc->native_hotplug ? OSC_NATIVE_HOTPLUG : 0);
    Aml *method = aml_method("_OSC", 4, AML_NOTSERIALIZED);
    Aml *capabilities = aml_arg(3);
    Aml *control = aml_local(0);
    Aml *known = aml_if(aml_equal(aml_arg(0), aml_touuid(PCI_OSC_UUID)));
    Aml *unknown = aml_else();
    Aml *complaint;

    aml_append(method, aml_create_dword_field(capabilities, aml_int(0),
                                              "CDW1"));
    aml_append(known, aml_create_dword_field(capabilities, aml_int(4),
                                             "CDW2"));
    aml_append(known, aml_create_dword_field(capabilities, aml_int(8),
                                             "CDW3"));
    aml_append(known, aml_store(aml_name("CDW3"), control));
    aml_append(known, aml_and(control, aml_int(granted), control));

    complaint = aml_if(aml_lnot(aml_equal(aml_arg(1), aml_int(1))));
    aml_append(complaint, set_status(OSC_BAD_REVISION));
    aml_append(known, complaint);
    if (osc->reports) {
        Aml *valid = aml_else();

        aml_append(valid, write_report(control));
        aml_append(known, valid);
    }

    complaint = aml_if(aml_lnot(aml_equal(aml_name("CDW3"), control)));
    aml_append(complaint, set_status(OSC_MASKED));
    aml_append(known, complaint);

    aml_append(known, aml_store(control, aml_name("CDW3")));
    aml_append(method, known);
    aml_append(unknown, set_status(OSC_BAD_UUID));
    aml_append(method, unknown);
    aml_append(method, aml_return(capabilities));
    return method;
}
