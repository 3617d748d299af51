/*
 * Test of the slot model: sequences of a guest that works as Linux's pciehp
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each test runs with and without a power controller, and with a guest that
 * polls; some, at every millisecond of a sequence.
 */

#include <stdio.h>

#include "test-cmocka.h"
#include "pciehp-guest.h"

#define UNPLUG_MS     (BLINK_MS + POWER_OFF_MS)
#define MARGIN_MS     20

/* ---- kinds of ports ---------------------------------------------------- */

typedef struct Kind {
    PcieSlotFeatures features;
    bool polls;
} Kind;

static const Kind kinds[] = {
    { { 1, true, true, true, true }, false },
    { { 1, true, false, true, true }, false },
    { { 1, true, true, true, true }, true },
    { { 1, true, false, true, true }, true },
};

#define FOR_EACH_KIND(kind) \
    for (const Kind *kind = kinds; kind < kinds + COUNT_OF(kinds); kind++)

static Port empty_port(const Kind *kind)
{
    Port port = port_new(kind->features);

    port.polls = kind->polls;
    return port;
}

/* The guest is up and the slot empty. */
static Port idle_port(const Kind *kind)
{
    Port port = empty_port(kind);

    guest_probe(&port, false);
    guest_run(&port, MARGIN_MS);
    return port;
}

/* The guest is up and has found the device while it booted. */
static Port used_port(const Kind *kind)
{
    Port port = empty_port(kind);

    port_plug(&port, PCIE_SLOT_COLD);
    port_reset(&port);
    guest_probe(&port, true);
    guest_run(&port, MARGIN_MS);
    return port;
}

static void assert_in_use(const Port *port)
{
    assert_true(port->device);
    assert_true(port->configured);
    assert_int_equal(port->state, GUEST_ON);
    assert_int_equal(port->removals, 0);
    assert_true(port->slot.status & PCIE_SLOT_PRESENT);
    assert_true(pcie_slot_has_power(&port->slot));
}

static void assert_gone(const Port *port)
{
    assert_false(port->device);
    assert_false(port->configured);
    assert_int_equal(port->state, GUEST_OFF);
    assert_int_equal(port->removals, 1);
    assert_int_equal(port->slot.state, PCIE_SLOT_EMPTY);
    assert_int_equal(pcie_slot_power_indicator(&port->slot),
                     PCIE_SLOT_INDICATOR_OFF);
    assert_int_equal(pcie_slot_has_power(&port->slot),
                     !port->slot.features.power_controller);
}

/* No event is left over, and the interrupt is down. */
static void assert_quiet(const Port *port)
{
    assert_false(port->slot.status & PCIE_SLOT_EVENTS);
    assert_false(port->line);
}

/* ---- plug -------------------------------------------------------------- */

static void test_plug(void **state)
{
    FOR_EACH_KIND(kind) {
        Port port = idle_port(kind);

        port_plug(&port, PCIE_SLOT_HOT);
        guest_run(&port, MARGIN_MS);
        assert_in_use(&port);
        assert_int_equal(port.slot.state, PCIE_SLOT_ON);
        assert_quiet(&port);
    }
}

/* The driver clears everything before it looks: the plug is still there. */
static void test_plug_while_booting(void **state)
{
    FOR_EACH_KIND(kind) {
        Port port = empty_port(kind);

        port_plug(&port, PCIE_SLOT_HOT);
        guest_run(&port, MARGIN_MS);
        guest_probe(&port, false);
        guest_run(&port, BLINK_MS + MARGIN_MS);
        assert_in_use(&port);
        assert_int_equal(port.presses, 1);
        assert_quiet(&port);
    }
}

static void test_guest_fails(void **state)
{
    FOR_EACH_KIND(kind) {
        Port port = idle_port(kind);

        port.broken = true;
        port_plug(&port, PCIE_SLOT_HOT);
        guest_run(&port, UNPLUG_MS + MARGIN_MS);
        assert_gone(&port);
        assert_int_equal(pcie_slot_attention_indicator(&port.slot),
                         PCIE_SLOT_INDICATOR_ON);
        assert_quiet(&port);
    }
}

/* ---- unplug ------------------------------------------------------------ */

static void test_unplug(void **state)
{
    FOR_EACH_KIND(kind) {
        Port port = used_port(kind);

        assert_int_equal(port_unplug(&port), PCIE_SLOT_ACCEPTED);
        assert_int_equal(port.slot.state, PCIE_SLOT_PRESSED);
        guest_run(&port, MARGIN_MS);
        assert_int_equal(port.slot.state, PCIE_SLOT_BLINKING_OFF);
        guest_run(&port, BLINK_MS - 2 * MARGIN_MS);
        assert_true(port.device);
        guest_run(&port, POWER_OFF_MS + 2 * MARGIN_MS);
        assert_gone(&port);
        assert_int_equal(port.presses, 1);
        assert_quiet(&port);
    }
}

static void test_plug_unplug_plug(void **state)
{
    FOR_EACH_KIND(kind) {
        Port port = idle_port(kind);

        port_plug(&port, PCIE_SLOT_HOT);
        guest_run(&port, MARGIN_MS);
        assert_in_use(&port);
        assert_int_equal(port_unplug(&port), PCIE_SLOT_ACCEPTED);
        guest_run(&port, UNPLUG_MS + MARGIN_MS);
        assert_gone(&port);

        port.removals = 0;
        port_plug(&port, PCIE_SLOT_HOT);
        guest_run(&port, MARGIN_MS);
        assert_in_use(&port);
    }
}

static void test_cancel(void **state)
{
    FOR_EACH_KIND(kind) {
        Port port = used_port(kind);

        assert_int_equal(port_unplug(&port), PCIE_SLOT_ACCEPTED);
        guest_run(&port, BLINK_MS / 2);
        port_press(&port);
        guest_run(&port, UNPLUG_MS + MARGIN_MS);
        assert_in_use(&port);
        assert_int_equal(port.slot.state, PCIE_SLOT_ON);
        assert_int_equal(port.presses, 2);
        assert_quiet(&port);
    }
}

/* A request at any moment of an unplug does not cancel it. */
static void test_ask_again(void **state)
{
    FOR_EACH_KIND(kind) {
        for (unsigned when = 0; when < UNPLUG_MS + MARGIN_MS; when += 7) {
            Port port = used_port(kind);
            PcieSlotRefusal refusal;
            bool blinks;

            assert_int_equal(port_unplug(&port), PCIE_SLOT_ACCEPTED);
            guest_run(&port, when);
            if (!port.device) {
                break;
            }
            blinks = pcie_slot_power_indicator(&port.slot) ==
                     PCIE_SLOT_INDICATOR_BLINKING;
            refusal = port_unplug(&port);
            assert_int_equal(refusal, blinks ? PCIE_SLOT_BUSY
                                             : PCIE_SLOT_ACCEPTED);
            guest_run(&port, UNPLUG_MS + MARGIN_MS);
            assert_gone(&port);
            assert_int_equal(port.presses, 1);
        }
    }
}

/* The press waits for the driver, which clears all events as it starts. */
static void test_unplug_while_booting(void **state)
{
    FOR_EACH_KIND(kind) {
        Port port = empty_port(kind);

        port_plug(&port, PCIE_SLOT_COLD);
        port_reset(&port);
        assert_int_equal(port_unplug(&port), PCIE_SLOT_ACCEPTED);
        guest_run(&port, MARGIN_MS);
        guest_probe(&port, true);
        guest_run(&port, UNPLUG_MS + 2 * MARGIN_MS);
        assert_gone(&port);
        assert_quiet(&port);
    }
}

/* Nobody knows of the device yet: it goes at once, and its press with it. */
static void test_unplug_unseen(void **state)
{
    FOR_EACH_KIND(kind) {
        Port port = empty_port(kind);

        if (!kind->features.power_controller) {
            continue;
        }
        port_plug(&port, PCIE_SLOT_HOT);
        assert_int_equal(port_unplug(&port), PCIE_SLOT_ACCEPTED);
        assert_false(port.device);
        guest_probe(&port, false);
        guest_run(&port, UNPLUG_MS + MARGIN_MS);
        assert_gone(&port);
        assert_int_equal(port.presses, 0);
        assert_quiet(&port);
    }
}

/* ---- resets and migration in between ----------------------------------- */

static void test_reset_while_unplugging(void **state)
{
    FOR_EACH_KIND(kind) {
        for (unsigned when = 0; when < UNPLUG_MS - MARGIN_MS; when += 7) {
            Port port = used_port(kind);

            if (!kind->features.power_controller && when >= BLINK_MS) {
                break;
            }
            port_unplug(&port);
            guest_run(&port, when);
            port_reset(&port);
            assert_int_equal(port.slot.state, PCIE_SLOT_POWERED);
            guest_probe(&port, true);
            guest_run(&port, UNPLUG_MS + MARGIN_MS);
            assert_in_use(&port);
            assert_quiet(&port);
        }
    }
}

/* At each moment of plug and unplug, the registers are all that counts. */
static void test_migration(void **state)
{
    const unsigned all = 3 * MARGIN_MS + UNPLUG_MS;

    FOR_EACH_KIND(kind) {
        for (unsigned when = 0; when < all; when += 3) {
            Port port = idle_port(kind);

            for (unsigned now = 0; now < all; now++) {
                if (now == 0) {
                    port_plug(&port, PCIE_SLOT_HOT);
                } else if (now == 2 * MARGIN_MS) {
                    assert_in_use(&port);
                    assert_int_equal(port_unplug(&port), PCIE_SLOT_ACCEPTED);
                }
                if (now == when) {
                    port_migrate(&port);
                }
                guest_run(&port, 1);
            }
            assert_gone(&port);
            assert_int_equal(port.presses, 2);
            assert_quiet(&port);
        }
    }
}

/* An interrupt for each event that the guest had not been told of. */
static void test_interrupts(void **state)
{
    Port port = idle_port(&kinds[0]);
    unsigned before = port.interrupts;

    port_plug(&port, PCIE_SLOT_HOT);
    assert_int_equal(port.interrupts, before + 1);
    assert_true(port.line);
    port_press(&port);
    assert_int_equal(port.interrupts, before + 1);
    guest_run(&port, MARGIN_MS);
    assert_false(port.line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plug),
        cmocka_unit_test(test_plug_while_booting),
        cmocka_unit_test(test_guest_fails),
        cmocka_unit_test(test_unplug),
        cmocka_unit_test(test_plug_unplug_plug),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_ask_again),
        cmocka_unit_test(test_unplug_while_booting),
        cmocka_unit_test(test_unplug_unseen),
        cmocka_unit_test(test_reset_while_unplugging),
        cmocka_unit_test(test_migration),
        cmocka_unit_test(test_interrupts),
    };

    return cmocka_run_group_tests_name("slot, driven as by pciehp", tests,
                                       NULL, NULL);
}
