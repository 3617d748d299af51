/*
 * AML of PCI hotplug: names of devices, by _DSM
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PCI Firmware Specification 3.1, 4.6.  Golden files know the order of the
 * code, byte for byte.
 */

#include "qemu/osdep.h"
#include "hw/acpi/pci-hotplug-aml.h"
#include "pci-aml-internal.h"

/* _DSM functions of a PCI device. */
enum {
    DSM_QUERY = 0,
    DSM_DEVICE_NAME = 7,
};

#define PCI_DSM_UUID          "E5C937D0-3553-4D7A-9117-EA4D19C3434D"
#define PCI_DSM_MIN_REVISION  2

/* AIDX of a QEMU that has no such register reads all ones. */
#define ACPI_INDEX_UNSUPPORTED  0xFFFFFFFF

/* Puts what function 0 answers to a stranger into @result, and returns it. */
static void append_dsm_query_guards(Aml *context, Aml *result)
{
    uint8_t no_functions = 0;
    Aml *guard;

    aml_append(context, aml_store(aml_buffer(1, &no_functions), result));

    guard = aml_if(aml_lnot(aml_equal(aml_arg(0), aml_touuid(PCI_DSM_UUID))));
    aml_append(guard, aml_return(result));
    aml_append(context, guard);

    guard = aml_if(aml_lless(aml_arg(1), aml_int(PCI_DSM_MIN_REVISION)));
    aml_append(guard, aml_return(result));
    aml_append(context, guard);
}

static Aml *if_dsm_function(int function)
{
    return aml_if(aml_equal(aml_arg(2), aml_int(function)));
}

static Aml *parameter(int i)
{
    return aml_derefof(aml_index(aml_arg(4), aml_int(i)));
}

/* _DSM of one device: hands its arguments and @params (a package) on. */
static Aml *dsm_forwarder(const char *method_name, Aml *params_package,
                          Aml *fill[2])
{
    Aml *method = aml_method("_DSM", 4, AML_SERIALIZED);
    Aml *params = aml_local(0);

    aml_append(method, aml_store(params_package, params));
    for (int i = 0; i < 2 && fill[i]; i++) {
        aml_append(method, aml_store(fill[i], aml_index(params, aml_int(i))));
    }
    aml_append(method, aml_return(aml_call5(method_name, aml_arg(0),
                                            aml_arg(1), aml_arg(2),
                                            aml_arg(3), params)));
    return method;
}

Aml *aml_pci_slot_dsm(void)
{
    Aml *package = aml_package(2);
    Aml *fill[2] = { aml_name("BSEL"), aml_name("ASUN") };

    aml_append(package, aml_int(0));
    aml_append(package, aml_int(0));
    return dsm_forwarder("PDSM", package, fill);
}

Aml *aml_pci_static_dsm(uint32_t acpi_index)
{
    Aml *package = aml_package(1);
    Aml *nothing[2] = { NULL, NULL };

    aml_append(package, aml_int(acpi_index));
    return dsm_forwarder("EDSM", package, nothing);
}

Aml *aml_pci_static_naming_method(void)
{
    Aml *method = aml_method("EDSM", 5, AML_SERIALIZED);
    Aml *result = aml_local(0);
    Aml *index = aml_local(1);
    Aml *query = if_dsm_function(DSM_QUERY);
    Aml *naming = if_dsm_function(DSM_DEVICE_NAME);
    Aml *answer = aml_package(2);

    append_dsm_query_guards(query, result);
    aml_append(query, aml_store(aml_int(1 << DSM_QUERY | 1 << DSM_DEVICE_NAME),
                                aml_index(result, aml_int(0))));
    aml_append(query, aml_return(result));
    aml_append(method, query);

    /*
     * The index goes in at run time: guests were found that do not evaluate a
     * package initializer which is more than a constant.
     */
    aml_append(answer, aml_int(0));
    aml_append(answer, aml_string("%s", ""));
    aml_append(naming, aml_store(answer, result));
    aml_append(naming, aml_store(parameter(0), index));
    aml_append(naming, aml_store(index, aml_index(result, aml_int(0))));
    aml_append(naming, aml_return(result));
    aml_append(method, naming);
    return method;
}

Aml *aml_pci_slot_naming_method(void)
{
    Aml *method = aml_method("PDSM", 5, AML_SERIALIZED);
    Aml *result = aml_local(0);
    Aml *functions = aml_local(1);
    Aml *index = aml_local(2);
    Aml *none = aml_int(0);
    Aml *unsupported = aml_int(ACPI_INDEX_UNSUPPORTED);
    Aml *query = if_dsm_function(DSM_QUERY);
    Aml *naming = if_dsm_function(DSM_DEVICE_NAME);
    Aml *named;

    append_dsm_query_guards(query, result);
    aml_append(query, aml_store(none, functions));
    aml_append(query, aml_store(aml_call2("AIDX", parameter(0), parameter(1)),
                                index));
    named = aml_if(aml_lnot(aml_or(aml_equal(index, none),
                                   aml_equal(index, unsupported), NULL)));
    aml_append(named, aml_or(functions, aml_int(1), functions));
    aml_append(named, aml_or(functions,
                             aml_shiftleft(aml_int(1),
                                           aml_int(DSM_DEVICE_NAME)),
                             functions));
    aml_append(query, named);
    aml_append(query, aml_store(functions, aml_index(result, none)));
    aml_append(query, aml_return(result));
    aml_append(method, query);

    /*
     * Windows asks for the name whether or not function 0 lists it.  Elements
     * left uninitialized make it drop the answer for a device without index.
     */
    aml_append(naming, aml_store(aml_call2("AIDX", parameter(0), parameter(1)),
                                 index));
    aml_append(naming, aml_store(aml_package(2), result));
    named = aml_if(aml_lnot(aml_lor(aml_equal(index, none),
                                    aml_equal(index, unsupported))));
    aml_append(named, aml_store(index, aml_index(result, aml_int(0))));
    aml_append(named, aml_store(aml_string("%s", ""),
                                aml_index(result, aml_int(1))));
    aml_append(naming, named);
    aml_append(naming, aml_return(result));
    aml_append(method, naming);
    return method;
}
