/*
 * AML of PCI hotplug: _OSC, who drives hotplug and other features
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PCI Firmware Specification 3.2, 4.5; ACPI 6.5, 6.2.11.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pci-hotplug-aml.h"

#define PCI_OSC_UUID  "33DB4D5B-1FF7-401C-9657-7441C03DD766"

/* _OSC control bits (PCI Firmware Specification 3.2, 4.5.1). */
enum {
    OSC_NATIVE_HOTPLUG = 0x01,
    OSC_SHPC_HOTPLUG   = 0x02,
    OSC_NATIVE_PME     = 0x04,
    OSC_NATIVE_AER     = 0x08,
    OSC_CAPABILITY     = 0x10,
};

/* _OSC status bits (ACPI 6.5, 6.2.11.1). */
enum {
    OSC_BAD_UUID       = 0x04,
    OSC_BAD_REVISION   = 0x08,
    OSC_MASKED         = 0x10,
};

static Aml *set_status(int bit)
{
    Aml *status = aml_name("CDW1");

    return aml_or(status, aml_int(bit), status);
}

Aml *aml_pci_osc_method(bool native_hotplug)
{
    const int granted = OSC_SHPC_HOTPLUG | OSC_NATIVE_PME | OSC_NATIVE_AER |
                        OSC_CAPABILITY |
                        (native_hotplug ? OSC_NATIVE_HOTPLUG : 0);
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
