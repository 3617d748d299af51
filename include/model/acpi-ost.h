/*
 * What a guest says of a notification: _OST, as a model
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A slot's _OST (ACPI 6.5, 6.3.5) reports how the guest gets on with what it
 * was notified of, or with what it began by itself.  The AML writes the report
 * to the OST register (docs/specs/acpi-pcihp.rst); this is how to read it.
 *
 * What a report says is the guest's word.  None of it proves that a device
 * works, or that it is gone.
 */

#ifndef MODEL_ACPI_OST_H
#define MODEL_ACPI_OST_H

#include <stdint.h>

/*
 * What is written to the OST register, 32 bits:
 *
 *   7:0     bus, by its BSEL
 *   12:8    slot
 *   22:13   source event; ACPI_OST_EVENT_MOST stands for that and all above
 *   31:23   status code; ACPI_OST_STATUS_MOST likewise
 */
#define ACPI_OST_SLOT_SHIFT     8
#define ACPI_OST_EVENT_SHIFT    13
#define ACPI_OST_STATUS_SHIFT   23

#define ACPI_OST_BUS_MOST       0xff
#define ACPI_OST_SLOT_MOST      0x1f
#define ACPI_OST_EVENT_MOST     0x3ff
#define ACPI_OST_STATUS_MOST    0x1ff

/* Source events: notifications (ACPI 6.5, 5.6.6), and the guest's own acts. */
typedef enum AcpiOstEvent {
    ACPI_OST_BUS_CHECK           = 0x000,
    ACPI_OST_DEVICE_CHECK        = 0x001,
    ACPI_OST_EJECTION_REQUEST    = 0x003,
    ACPI_OST_SHUTDOWN            = 0x100,
    ACPI_OST_EJECTION_PROCESSING = 0x103,
    ACPI_OST_INSERTION_PROCESSING = 0x200,
} AcpiOstEvent;

/* Status codes; from 0x80 on they depend on the source event. */
typedef enum AcpiOstStatus {
    ACPI_OST_SUCCESS             = 0x00,
    ACPI_OST_FAILURE             = 0x01,   /* non-specific */
    ACPI_OST_UNRECOGNIZED        = 0x02,   /* notification not known */

    /* ejection request and processing */
    ACPI_OST_EJECT_UNSUPPORTED   = 0x80,
    ACPI_OST_EJECT_IN_USE        = 0x81,
    ACPI_OST_EJECT_BUSY          = 0x82,
    ACPI_OST_EJECT_DEPENDENCY    = 0x83,   /* another one is busy, or in use */
    ACPI_OST_EJECT_IN_PROGRESS   = 0x84,

    /* insertion processing */
    ACPI_OST_INSERT_IN_PROGRESS  = 0x80,
    ACPI_OST_INSERT_DRIVER_FAILED = 0x81,
    ACPI_OST_INSERT_UNSUPPORTED  = 0x82,
} AcpiOstStatus;

/*
 * AcpiOstReport: a write to the OST register
 *
 * @bus: BSEL
 * @slot: below 32
 * @event: an AcpiOstEvent, or any other number that the guest gave
 * @status: an AcpiOstStatus, or any other
 */
typedef struct AcpiOstReport {
    uint32_t bus;
    uint32_t slot;
    uint32_t event;
    uint32_t status;
} AcpiOstReport;

/* What a report is about. */
typedef enum AcpiOstSubject {
    ACPI_OST_OF_PLUG,
    ACPI_OST_OF_UNPLUG,
    ACPI_OST_OF_NEITHER,
} AcpiOstSubject;

/*
 * AcpiOstAnswer: what it says
 *
 * @ACPI_OST_DONE: success
 * @ACPI_OST_NOT_READY: the guest did nothing about it, and did not decide
 *     against it: what is notified again may go better
 * @ACPI_OST_DECLINED: it decided against it, or failed for good
 * @ACPI_OST_UNDER_WAY: another report will follow
 */
typedef enum AcpiOstAnswer {
    ACPI_OST_DONE,
    ACPI_OST_NOT_READY,
    ACPI_OST_DECLINED,
    ACPI_OST_UNDER_WAY,
} AcpiOstAnswer;

/**
 * acpi_ost_report: decode what was written to the OST register
 *
 * Every value is a report.
 */
AcpiOstReport acpi_ost_report(uint32_t value);

/**
 * acpi_ost_subject: what a source event is about
 * @event: any
 *
 * Shutdown, and notifications that hotplug never sends, are about neither.
 */
AcpiOstSubject acpi_ost_subject(uint32_t event);

/**
 * acpi_ost_answer: what a status code says of a source event
 * @event: any
 * @status: any
 *
 * ACPI 6.5, 6.3.5, status codes.  What it reserves is ACPI_OST_NOT_READY: that
 * is no evidence of anything.
 */
AcpiOstAnswer acpi_ost_answer(uint32_t event, uint32_t status);

/**
 * acpi_ost_answer_name: for messages and traces
 */
const char *acpi_ost_answer_name(AcpiOstAnswer answer);

#endif /* MODEL_ACPI_OST_H */
