/*
 * Test of the hotplug modes and of the negotiation
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables here are those of docs/specs/hotplug-modes.rst: every mode, and
 * for every mode every choice and event.
 */

#include <string.h>

#include "test-cmocka.h"
#include "model/hotplug-mode.h"

/* ---- modes ------------------------------------------------------------- */

typedef struct ModeRow {
    HotplugMode mode;
    const char *name;
    bool slots, native, shpc, capable;
} ModeRow;

static const ModeRow modes[] = {
    /*                      name      slots  native shpc   HPC */
    { HOTPLUG_MODE_ACPI,   "acpi",   true,  false, true,  true },
    { HOTPLUG_MODE_NATIVE, "native", false, true,  true,  true },
    { HOTPLUG_MODE_AUTO,   "auto",   true,  true,  true,  true },
    { HOTPLUG_MODE_NONE,   "none",   false, false, false, false },
    { HOTPLUG_MODE_Q35_6_1, "acpi",  true,  false, true,  false },
};

static void test_modes(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(modes), HOTPLUG_MODES);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        const HotplugModeRules *rules = hotplug_mode_rules(modes[i].mode);

        assert_string_equal(rules->name, modes[i].name);
        assert_int_equal(rules->slots_in_tables, modes[i].slots);
        assert_int_equal(rules->grants_native, modes[i].native);
        assert_int_equal(rules->grants_shpc, modes[i].shpc);
        assert_int_equal(rules->ports_capable, modes[i].capable);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(hotplug_method_name(HOTPLUG_METHOD_NONE), "none");
    assert_string_equal(hotplug_method_name(HOTPLUG_METHOD_ACPI), "acpi");
    assert_string_equal(hotplug_method_name(HOTPLUG_METHOD_NATIVE), "native");
    assert_string_equal(hotplug_evidence_name(HOTPLUG_COMMITTED), "committed");
    assert_string_equal(hotplug_evidence_name(HOTPLUG_INFERRED), "inferred");
    assert_string_equal(hotplug_evidence_name(HOTPLUG_UNKNOWN), "unknown");
}

/* ---- what is known, and who serves a request --------------------------- */

typedef struct AnswerRow {
    HotplugChoice choice;
    HotplugMethod request[HOTPLUG_MODES];   /* by mode */
    HotplugMethod guest[HOTPLUG_MODES];     /* by mode */
    HotplugEvidence evidence;
} AnswerRow;

#define O  HOTPLUG_METHOD_NONE
#define A  HOTPLUG_METHOD_ACPI
#define N  HOTPLUG_METHOD_NATIVE

static const AnswerRow answers[] = {
    /* Request is for, guest uses: acpi, native, auto, none, pc-q35-6.1. */
    { HOTPLUG_CHOICE_OPEN,           { A, N, A, O, A }, { O, O, O, O, O },
      HOTPLUG_UNKNOWN },
    { HOTPLUG_CHOICE_ACPI_INFERRED,  { A, N, A, O, A }, { A, A, A, A, A },
      HOTPLUG_INFERRED },
    { HOTPLUG_CHOICE_NATIVE_INFERRED, { A, N, N, O, A }, { N, N, N, N, N },
      HOTPLUG_INFERRED },
    { HOTPLUG_CHOICE_WITHOUT_NATIVE, { A, N, A, O, A }, { A, O, A, O, A },
      HOTPLUG_COMMITTED },
    { HOTPLUG_CHOICE_NATIVE,         { A, N, N, O, A }, { N, N, N, N, N },
      HOTPLUG_COMMITTED },
};

static void test_answers(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(answers), HOTPLUG_CHOICES);
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        for (int mode = 0; mode < HOTPLUG_MODES; mode++) {
            const HotplugNegotiation negotiation = {
                .mode = mode, .choice = answers[i].choice,
            };

            assert_int_equal(hotplug_request_method(&negotiation),
                             answers[i].request[mode]);
            assert_int_equal(hotplug_guest_method(&negotiation),
                             answers[i].guest[mode]);
            assert_int_equal(hotplug_guest_evidence(&negotiation),
                             answers[i].evidence);
        }
    }
}

/* ---- every choice and event -------------------------------------------- */

enum {
    OPEN = HOTPLUG_CHOICE_OPEN,
    ACPI = HOTPLUG_CHOICE_ACPI_INFERRED,
    SLOT = HOTPLUG_CHOICE_NATIVE_INFERRED,
    WITHOUT = HOTPLUG_CHOICE_WITHOUT_NATIVE,
    NATIVE = HOTPLUG_CHOICE_NATIVE,
    REFUSED = HOTPLUG_CHOICES,    /* the event; the choice stays */
};

/* The choice after an event, by the choice before it. */
typedef struct EventRow {
    HotplugNegotiationEvent event;
    int after[HOTPLUG_CHOICES];
} EventRow;

/* Events that depend on the mode, and those that do the same in all. */
#define MODE_EVENTS    3
#define COMMON_EVENTS  (HOTPLUG_NEGOTIATION_EVENTS - MODE_EVENTS)

typedef struct ModeEvents {
    HotplugMode mode;
    EventRow row[MODE_EVENTS];
} ModeEvents;

static const EventRow common_rows[COMMON_EVENTS] = {
    { HOTPLUG_COMMIT_WITHOUT,
      { WITHOUT, WITHOUT, WITHOUT, WITHOUT, WITHOUT } },
    { HOTPLUG_COLD_RESET,    { OPEN, OPEN, OPEN, OPEN, OPEN } },
    { HOTPLUG_WAKE_UP,       { OPEN, ACPI, SLOT, WITHOUT, NATIVE } },
};

#define NATIVE_REFUSED \
    { HOTPLUG_COMMIT_NATIVE, \
      { REFUSED, REFUSED, REFUSED, REFUSED, REFUSED } }
#define NATIVE_TAKEN \
    { HOTPLUG_COMMIT_NATIVE, { NATIVE, NATIVE, NATIVE, NATIVE, NATIVE } }
#define GPE_TELLS \
    { HOTPLUG_GPE_ENABLED,   { ACPI, ACPI, SLOT, WITHOUT, NATIVE } }
#define GPE_IGNORED \
    { HOTPLUG_GPE_ENABLED,   { OPEN, ACPI, SLOT, WITHOUT, NATIVE } }
#define SLOT_TELLS \
    { HOTPLUG_SLOT_ENABLED,  { SLOT, SLOT, SLOT, SLOT, NATIVE } }
#define SLOT_IGNORED \
    { HOTPLUG_SLOT_ENABLED,  { OPEN, ACPI, SLOT, WITHOUT, NATIVE } }

static const ModeEvents events[] = {
    { HOTPLUG_MODE_ACPI,
      { GPE_TELLS, SLOT_TELLS, NATIVE_REFUSED } },
    { HOTPLUG_MODE_NATIVE,
      { GPE_IGNORED, SLOT_TELLS, NATIVE_TAKEN } },
    { HOTPLUG_MODE_AUTO,
      { GPE_TELLS, SLOT_TELLS, NATIVE_TAKEN } },
    { HOTPLUG_MODE_NONE,
      { GPE_IGNORED, SLOT_IGNORED, NATIVE_REFUSED } },
    { HOTPLUG_MODE_Q35_6_1,
      { GPE_TELLS, SLOT_TELLS, NATIVE_REFUSED } },
};

/* Where open requests go in mode auto, by the choice before and after. */
static const HotplugMove moves[HOTPLUG_CHOICES][HOTPLUG_CHOICES] = {
#define STAY  HOTPLUG_MOVE_NOTHING
#define TO_A  HOTPLUG_MOVE_TO_ACPI
#define TO_N  HOTPLUG_MOVE_TO_NATIVE
    /*            OPEN  ACPI  SLOT  WITHOUT NATIVE */
    [OPEN]    = { STAY, TO_A, TO_N, TO_A,   TO_N },
    [ACPI]    = { STAY, STAY, TO_N, STAY,   TO_N },
    [SLOT]    = { STAY, TO_A, STAY, TO_A,   STAY },
    [WITHOUT] = { STAY, STAY, TO_N, STAY,   TO_N },
    [NATIVE]  = { STAY, TO_A, STAY, TO_A,   STAY },
};

static void check_event(HotplugMode mode, const EventRow *row, int choice)
{
    HotplugNegotiation negotiation = { .mode = mode, .choice = choice };
    HotplugNegotiationEffect effect = hotplug_negotiate(&negotiation,
                                                        row->event);
    bool refused = row->after[choice] == REFUSED;
    int after = refused ? choice : row->after[choice];
    HotplugMove move = mode != HOTPLUG_MODE_AUTO ||
                       row->event == HOTPLUG_COLD_RESET ? STAY
                                                        : moves[choice][after];

    assert_int_equal(negotiation.mode, mode);
    assert_int_equal(negotiation.choice, after);
    assert_int_equal(effect.refused, refused);
    assert_int_equal(effect.changed, after != choice);
    assert_int_equal(effect.move, move);
}

static void test_events(void **state)
{
    unsigned checked = 0;

    (void)state;
    assert_int_equal(COUNT_OF(events), HOTPLUG_MODES);
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        unsigned seen = 0;

        for (int e = 0; e < HOTPLUG_NEGOTIATION_EVENTS; e++) {
            const EventRow *row = e < MODE_EVENTS ?
                &events[i].row[e] : &common_rows[e - MODE_EVENTS];

            seen |= 1u << row->event;
            for (int choice = 0; choice < HOTPLUG_CHOICES; choice++) {
                check_event(events[i].mode, row, choice);
                checked++;
            }
        }
        assert_int_equal(seen, (1u << HOTPLUG_NEGOTIATION_EVENTS) - 1);
    }
    assert_int_equal(checked, HOTPLUG_MODES * HOTPLUG_NEGOTIATION_EVENTS *
                              HOTPLUG_CHOICES);
}

/* ---- what guests do ---------------------------------------------------- */

static void after_events(HotplugNegotiation *negotiation, int count,
                         const HotplugNegotiationEvent *done)
{
    for (int i = 0; i < count; i++) {
        hotplug_negotiate(negotiation, done[i]);
    }
}

#define AFTER(negotiation, ...) do { \
    static const HotplugNegotiationEvent done_[] = { __VA_ARGS__ }; \
    after_events(&(negotiation), COUNT_OF(done_), done_); \
} while (0)

static void assert_guest(const HotplugNegotiation *negotiation,
                         HotplugMethod method, HotplugEvidence evidence)
{
    assert_int_equal(hotplug_guest_method(negotiation), method);
    assert_int_equal(hotplug_guest_evidence(negotiation), evidence);
}

static void test_guests(void **state)
{
    HotplugNegotiation guest = { .mode = HOTPLUG_MODE_AUTO };

    (void)state;
    /* firmware alone */
    assert_guest(&guest, HOTPLUG_METHOD_NONE, HOTPLUG_UNKNOWN);
    assert_int_equal(hotplug_request_method(&guest), HOTPLUG_METHOD_ACPI);
    /* Linux that takes native hotplug */
    AFTER(guest, HOTPLUG_GPE_ENABLED);
    assert_guest(&guest, HOTPLUG_METHOD_ACPI, HOTPLUG_INFERRED);
    AFTER(guest, HOTPLUG_COMMIT_NATIVE, HOTPLUG_SLOT_ENABLED,
          HOTPLUG_GPE_ENABLED);
    assert_guest(&guest, HOTPLUG_METHOD_NATIVE, HOTPLUG_COMMITTED);
    /* it sleeps, wakes, and starts anew with acpi=off */
    AFTER(guest, HOTPLUG_WAKE_UP);
    assert_guest(&guest, HOTPLUG_METHOD_NATIVE, HOTPLUG_COMMITTED);
    AFTER(guest, HOTPLUG_COLD_RESET, HOTPLUG_SLOT_ENABLED);
    assert_guest(&guest, HOTPLUG_METHOD_NATIVE, HOTPLUG_INFERRED);
    /* another kernel, without a reset, that leaves native hotplug alone */
    AFTER(guest, HOTPLUG_GPE_ENABLED, HOTPLUG_COMMIT_WITHOUT);
    assert_guest(&guest, HOTPLUG_METHOD_ACPI, HOTPLUG_COMMITTED);
    assert_int_equal(hotplug_request_method(&guest), HOTPLUG_METHOD_ACPI);
}

/* ---- reports ----------------------------------------------------------- */

static void test_report_fields(void **state)
{
    (void)state;
    for (uint32_t host = 0; host < HOTPLUG_OSC_HOSTS; host++) {
        for (uint32_t control = 0; control <= UINT8_MAX; control++) {
            for (uint32_t query = 0; query <= 1; query++) {
                HotplugOscReport report = hotplug_osc_report(
                    host | control << 8 | query << 16);

                assert_true(report.valid);
                assert_int_equal(report.host, host);
                assert_int_equal(report.control, control);
                assert_int_equal(report.query, query);
                assert_int_equal(hotplug_osc_event(&report),
                                 control & 1 ? HOTPLUG_COMMIT_NATIVE
                                             : HOTPLUG_COMMIT_WITHOUT);
            }
        }
    }
}

static void test_report_reserved(void **state)
{
    (void)state;
    for (int bit = 17; bit < 32; bit++) {
        assert_false(hotplug_osc_report(UINT32_C(1) << bit).valid);
        assert_false(hotplug_osc_report(UINT32_C(1) << bit | 0x1ff2a).valid);
    }
    assert_false(hotplug_osc_report(UINT32_MAX).valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_guests),
        cmocka_unit_test(test_report_fields),
        cmocka_unit_test(test_report_reserved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
