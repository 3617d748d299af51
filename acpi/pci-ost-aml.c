/*
 * AML of PCI hotplug: _OST, what the guest says of a notification
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ACPI 6.5, 6.3.5.  A report is one write, so it needs no lock: guests evaluate
 * _OST of several slots, and _EJ0 and the event's method, at the same time.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pci-hotplug-aml.h"
#include "model/acpi-ost.h"
#include "pci-aml-internal.h"

Aml *aml_pci_slot_ost(void)
{
    Aml *method = aml_method("_OST", 3, AML_NOTSERIALIZED);

    aml_append(method, aml_call4(PCI_OST_METHOD, aml_name("BSEL"),
                                 aml_name("ASUN"), aml_arg(0), aml_arg(1)));
    return method;
}

/* Puts @value, or @most if that is less, into @result. */
static void append_limited(Aml *method, Aml *value, uint32_t most, Aml *result)
{
    Aml *too_large = aml_if(aml_lgreater(value, aml_int(most)));

    aml_append(method, aml_store(value, result));
    aml_append(too_large, aml_store(aml_int(most), result));
    aml_append(method, too_large);
}

static Aml *at(Aml *value, int shift)
{
    return aml_shiftleft(value, aml_int(shift));
}

Aml *aml_pci_ost_method(void)
{
    Aml *method = aml_method(PCI_OST_METHOD, 4, AML_NOTSERIALIZED);
    Aml *event = aml_local(0);
    Aml *status = aml_local(1);
    Aml *slot = aml_or(aml_arg(0), at(aml_arg(1), ACPI_OST_SLOT_SHIFT), NULL);
    Aml *said;

    append_limited(method, aml_arg(2), ACPI_OST_EVENT_MOST, event);
    append_limited(method, aml_arg(3), ACPI_OST_STATUS_MOST, status);
    said = aml_or(at(event, ACPI_OST_EVENT_SHIFT),
                  at(status, ACPI_OST_STATUS_SHIFT), NULL);
    aml_append(method, aml_store(aml_or(slot, said, NULL),
                                 aml_name(PCI_OST_REGISTER)));
    return method;
}

Aml *aml_pci_ost_forwarder(void)
{
    Aml *method = aml_method(PCI_OST_METHOD, 4, AML_NOTSERIALIZED);

    aml_append(method, aml_call4("\\_SB.PCI0." PCI_OST_METHOD, aml_arg(0),
                                 aml_arg(1), aml_arg(2), aml_arg(3)));
    return method;
}
