/*
 * What a guest says of a notification: _OST, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "model/acpi-ost.h"

AcpiOstReport acpi_ost_report(uint32_t value)
{
    return (AcpiOstReport) {
        .bus = value & ACPI_OST_BUS_MOST,
        .slot = value >> ACPI_OST_SLOT_SHIFT & ACPI_OST_SLOT_MOST,
        .event = value >> ACPI_OST_EVENT_SHIFT & ACPI_OST_EVENT_MOST,
        .status = value >> ACPI_OST_STATUS_SHIFT & ACPI_OST_STATUS_MOST,
    };
}

AcpiOstSubject acpi_ost_subject(uint32_t event)
{
    switch (event) {
    case ACPI_OST_BUS_CHECK:
    case ACPI_OST_DEVICE_CHECK:
    case ACPI_OST_INSERTION_PROCESSING:
        return ACPI_OST_OF_PLUG;
    case ACPI_OST_EJECTION_REQUEST:
    case ACPI_OST_EJECTION_PROCESSING:
        return ACPI_OST_OF_UNPLUG;
    default:
        return ACPI_OST_OF_NEITHER;
    }
}

static AcpiOstAnswer answer_to_ejection(uint32_t status)
{
    switch (status) {
    case ACPI_OST_EJECT_UNSUPPORTED:
    case ACPI_OST_EJECT_IN_USE:
    case ACPI_OST_EJECT_BUSY:
    case ACPI_OST_EJECT_DEPENDENCY:
        return ACPI_OST_DECLINED;
    case ACPI_OST_EJECT_IN_PROGRESS:
        return ACPI_OST_UNDER_WAY;
    default:
        return ACPI_OST_NOT_READY;
    }
}

static AcpiOstAnswer answer_to_insertion(uint32_t status)
{
    switch (status) {
    case ACPI_OST_INSERT_IN_PROGRESS:
        return ACPI_OST_UNDER_WAY;
    case ACPI_OST_INSERT_DRIVER_FAILED:
    case ACPI_OST_INSERT_UNSUPPORTED:
        return ACPI_OST_DECLINED;
    default:
        return ACPI_OST_NOT_READY;
    }
}

AcpiOstAnswer acpi_ost_answer(uint32_t event, uint32_t status)
{
    if (status == ACPI_OST_SUCCESS) {
        return ACPI_OST_DONE;
    }
    switch (event) {
    case ACPI_OST_EJECTION_REQUEST:
    case ACPI_OST_EJECTION_PROCESSING:
        return answer_to_ejection(status);
    case ACPI_OST_INSERTION_PROCESSING:
        return answer_to_insertion(status);
    default:
        return ACPI_OST_NOT_READY;
    }
}

const char *acpi_ost_answer_name(AcpiOstAnswer answer)
{
    switch (answer) {
    case ACPI_OST_DONE:
        return "done";
    case ACPI_OST_NOT_READY:
        return "not ready";
    case ACPI_OST_DECLINED:
        return "declined";
    case ACPI_OST_UNDER_WAY:
        return "under way";
    }
    return "unknown";
}
