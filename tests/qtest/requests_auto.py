#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hotplug requests in auto mode: an open one follows the guest's choice."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost.requested import (SECOND, NativePort,             # noqa: E402
                                RequestMachine, expect)
from qemuhost.slots import BUTTON, LIGHT_BLINKS, PRESENCE       # noqa: E402
from qemuhost.tap import Tap                                    # noqa: E402

RNG = ["-device", "virtio-rng-pci,id=rng,bus=port1"]


def test_before_choice() -> None:
    """Asked before the guest chose anything: queued; ACPI gets it."""
    with RequestMachine("auto", more=RNG) as machine:
        machine.remove("rng")
        machine.expect_open("unplug", "queued", "guest-listening")
        machine.step(100 * SECOND)
        machine.acpi_listen()
        machine.expect_open("unplug", "signalled", "guest-reaction")
        expect(machine.take_event(), True, "event")
        expect(machine.read_slots(), (0, 1), "UP and DOWN")
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_unread_moves() -> None:
    """Signalled by ACPI, not read; the guest turns to its native driver."""
    with RequestMachine("auto", more=RNG) as machine:
        port = NativePort(machine)
        port.power_on()
        port.take()
        machine.acpi_listen()
        machine.remove("rng")
        machine.expect_open("unplug", "signalled", "guest-reaction")
        port.listen()
        machine.expect_open("unplug", "signalled", "guest-reaction")
        expect(machine.read_slots(), (0, 0), "UP and DOWN")
        expect(port.take(), BUTTON, "events")
        port.light(LIGHT_BLINKS)
        port.power_off()
        ended = machine.expect_ended("unplug", "completed", "removed", "rng")
        expect(ended["signals"], 2, "signals")
        machine.expect_quiet()


def test_plug_moves() -> None:
    """A plug that ACPI's guest did not take shows natively."""
    with RequestMachine("auto") as machine:
        port = NativePort(machine)
        port.take()
        machine.acpi_listen()
        machine.add("rng")
        machine.expect_open("plug", "signalled", "guest-reaction")
        port.listen()
        expect(machine.read_slots(), (0, 0), "UP and DOWN")
        assert port.take() & PRESENCE
        port.power_on()
        machine.configure("rng")
        machine.expect_ended("plug", "completed", "configured", "rng")


def test_reset_forgets() -> None:
    """After a cold reset the choice is open again, and so is a plug."""
    with RequestMachine("auto") as machine:
        port = NativePort(machine)
        port.listen()
        machine.add("rng")
        machine.qmp("system_reset")
        machine.wait_event("RESET")
        machine.expect_open("plug", "queued", "guest-listening")
        machine.acpi_listen()
        machine.expect_open("plug", "signalled", "guest-reaction")
        expect(machine.read_slots(), (1, 0), "UP and DOWN")
        machine.configure("rng")
        machine.expect_ended("plug", "completed", "configured", "rng")
        machine.expect_quiet()


TESTS = [test_before_choice, test_unread_moves, test_plug_moves,
         test_reset_forgets]


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for test in TESTS:
        assert test.__doc__
        tap.run(f"auto: {test.__doc__}", test)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
