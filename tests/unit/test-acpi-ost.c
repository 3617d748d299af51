/*
 * Test of what _OST reports mean (ACPI 6.5, 6.3.5)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/acpi-ost.h"

#define EVENTS    (ACPI_OST_EVENT_MOST + 1)
#define STATUSES  (ACPI_OST_STATUS_MOST + 1)
#define FAR_EVENT   UINT32_C(0xdeadbeef)

/* ---- the register ------------------------------------------------------- */

static uint32_t encode(const AcpiOstReport *report)
{
    return report->bus | report->slot << 8 | report->event << 13 |
           report->status << 23;
}

static void check_decoding(AcpiOstReport wanted)
{
    AcpiOstReport report = acpi_ost_report(encode(&wanted));

    assert_int_equal(report.bus, wanted.bus);
    assert_int_equal(report.slot, wanted.slot);
    assert_int_equal(report.event, wanted.event);
    assert_int_equal(report.status, wanted.status);
}

/* Each field over its whole range, with nothing and with all ones beside it. */
static void test_fields_do_not_overlap(void **state)
{
    static const AcpiOstReport beside[] = {
        { 0, 0, 0, 0 }, { 0xff, 0x1f, 0x3ff, 0x1ff },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(beside); i++) {
        AcpiOstReport report = beside[i];

        for (report.bus = 0; report.bus <= 0xff; report.bus++) {
            check_decoding(report);
        }
        report = beside[i];
        for (report.slot = 0; report.slot <= 0x1f; report.slot++) {
            check_decoding(report);
        }
        report = beside[i];
        for (report.event = 0; report.event < EVENTS; report.event++) {
            check_decoding(report);
        }
        report = beside[i];
        for (report.status = 0; report.status < STATUSES; report.status++) {
            check_decoding(report);
        }
    }
}

/* No bit is left out: what is decoded is all that was written. */
static void test_every_bit_counts(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 32; bit++) {
        AcpiOstReport report = acpi_ost_report(UINT32_C(1) << bit);

        assert_int_equal(encode(&report), UINT32_C(1) << bit);
    }
}

/* ---- what it means ------------------------------------------------------ */

typedef struct Meaning {
    uint32_t event;
    uint32_t status;
    AcpiOstAnswer answer;
} Meaning;

/* All codes that mean something but success, by the specification's tables. */
static const Meaning meanings[] = {
    { 0x003, 0x80, ACPI_OST_DECLINED },
    { 0x003, 0x81, ACPI_OST_DECLINED },
    { 0x003, 0x82, ACPI_OST_DECLINED },
    { 0x003, 0x83, ACPI_OST_DECLINED },
    { 0x003, 0x84, ACPI_OST_UNDER_WAY },
    { 0x103, 0x80, ACPI_OST_DECLINED },
    { 0x103, 0x81, ACPI_OST_DECLINED },
    { 0x103, 0x82, ACPI_OST_DECLINED },
    { 0x103, 0x83, ACPI_OST_DECLINED },
    { 0x103, 0x84, ACPI_OST_UNDER_WAY },
    { 0x200, 0x80, ACPI_OST_UNDER_WAY },
    { 0x200, 0x81, ACPI_OST_DECLINED },
    { 0x200, 0x82, ACPI_OST_DECLINED },
};

static AcpiOstAnswer expected(uint32_t event, uint32_t status)
{
    if (status == 0) {
        return ACPI_OST_DONE;
    }
    for (size_t i = 0; i < COUNT_OF(meanings); i++) {
        if (meanings[i].event == event && meanings[i].status == status) {
            return meanings[i].answer;
        }
    }
    return ACPI_OST_NOT_READY;
}

static void test_every_code(void **state)
{
    (void)state;
    for (uint32_t event = 0; event < EVENTS; event++) {
        for (uint32_t status = 0; status < STATUSES; status++) {
            assert_int_equal(acpi_ost_answer(event, status),
                             expected(event, status));
        }
    }
    assert_int_equal(acpi_ost_answer(FAR_EVENT, 0x81), ACPI_OST_NOT_READY);
    assert_int_equal(acpi_ost_answer(3, FAR_EVENT), ACPI_OST_NOT_READY);
    assert_int_equal(acpi_ost_answer(FAR_EVENT, 0), ACPI_OST_DONE);
}

static void test_subjects(void **state)
{
    (void)state;
    for (uint32_t event = 0; event < EVENTS; event++) {
        bool plug = event == 0 || event == 1 || event == 0x200;
        bool unplug = event == 3 || event == 0x103;

        assert_int_equal(acpi_ost_subject(event),
                         plug ? ACPI_OST_OF_PLUG :
                         unplug ? ACPI_OST_OF_UNPLUG : ACPI_OST_OF_NEITHER);
    }
    assert_int_equal(acpi_ost_subject(FAR_EVENT), ACPI_OST_OF_NEITHER);
}

static void test_names(void **state)
{
    static const AcpiOstAnswer answers[] = {
        ACPI_OST_DONE, ACPI_OST_NOT_READY, ACPI_OST_DECLINED,
        ACPI_OST_UNDER_WAY,
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        const char *name = acpi_ost_answer_name(answers[i]);

        assert_string_not_equal(name, "unknown");
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(name, acpi_ost_answer_name(answers[j]));
        }
    }
    assert_string_equal(acpi_ost_answer_name((AcpiOstAnswer)77), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_do_not_overlap),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_every_code),
        cmocka_unit_test(test_subjects),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
