#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest says of hotplug requests: _OST (ACPI 6.5, 6.3.5) and _OSC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost.requested import (SECOND, RequestMachine,         # noqa: E402
                                expect)
from qemuhost.tap import Tap                                    # noqa: E402
from requests_acpi import asked, plugged                        # noqa: E402

OURS = "pc-q35-10.0-hotplug"
OST = 0x08
DEVICE_CHECK, EJECTION_REQUEST = 0x001, 0x003
SHUTDOWN, EJECTION_PROCESSING, INSERTION_PROCESSING = 0x100, 0x103, 0x200
SUCCESS, FAILURE = 0x00, 0x01
BUSY, IN_PROGRESS, DRIVER_FAILED = 0x82, 0x84, 0x81
DECLINES = (0x80, 0x81, BUSY, 0x83)
MOST_AT_CUES = 4


def running(machine_type: str = OURS) -> RequestMachine:
    """A machine whose guest listens to ACPI's event."""
    machine = RequestMachine("acpi", machine_type)
    machine.acpi_listen()
    machine.take_event()
    return machine


def say(machine: RequestMachine, event: int, status: int, slot: int = 0,
        bsel: int = -1) -> None:
    """Evaluate _OST of a slot."""
    bus = machine.bsel() if bsel < 0 else bsel
    machine.qtest.port_write(machine.board.extension_base + OST, 4,
                             bus | slot << 8 | event << 13 | status << 23)


def read_again(machine: RequestMachine) -> None:
    """The guest was signalled again, and reads."""
    expect(machine.take_event(), True, "event")
    expect(machine.read_slots(), (0, 1), "UP and DOWN")


def test_decline() -> None:
    """Each status that declines an unplug ends it; the device stays."""
    with running() as machine:
        plugged(machine)
        for status in DECLINES:
            asked(machine)
            say(machine, EJECTION_REQUEST, status)
            machine.expect_ended("unplug", "declined", "guest-declined", "rng")
            expect([event["data"]["device"] for event in machine.before
                    if event["event"] == "DEVICE_UNPLUG_GUEST_ERROR"], ["rng"],
                   "guest errors")
            machine.expect_open(None)
            expect(machine.read_slots(), (0, 0), "UP and DOWN")
            say(machine, EJECTION_REQUEST, status)
            machine.step(120 * SECOND)
            machine.expect_quiet()
        machine.eject()
        machine.expect_ended("removal", "completed", "late-eject", "rng")


def test_decline_plug() -> None:
    """A plug that the guest's driver fails ends; no guest error of unplugs."""
    with running() as machine:
        machine.add("rng")
        expect(machine.read_slots(), (1, 0), "UP and DOWN")
        say(machine, INSERTION_PROCESSING, DRIVER_FAILED)
        machine.expect_ended("plug", "declined", "guest-declined", "rng")
        expect([event["event"] for event in machine.before
                if event["event"] == "DEVICE_UNPLUG_GUEST_ERROR"], [],
               "guest errors")
        machine.configure("rng")
        machine.expect_quiet()
        machine.take_event()
        asked(machine)
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_no_evidence() -> None:
    """Success, progress, and what is about something else end nothing."""
    with running() as machine:
        machine.add("rng")
        say(machine, INSERTION_PROCESSING, DRIVER_FAILED)     # before reading
        machine.expect_open("plug", "signalled", "guest-reaction")
        expect(machine.take_event(), True, "event")
        expect(machine.read_slots(), (1, 0), "UP and DOWN")
        say(machine, DEVICE_CHECK, SUCCESS)
        say(machine, EJECTION_REQUEST, BUSY)
        machine.expect_open("plug", "acknowledged", "guest-configuration")
        machine.configure("rng")
        machine.expect_ended("plug", "completed", "configured", "rng")
        machine.remove("rng")
        say(machine, EJECTION_REQUEST, BUSY)                  # before reading
        machine.expect_open("unplug", "signalled", "guest-reaction")
        read_again(machine)
        say(machine, EJECTION_REQUEST, SUCCESS)
        say(machine, EJECTION_PROCESSING, IN_PROGRESS)
        say(machine, EJECTION_REQUEST, IN_PROGRESS)
        say(machine, INSERTION_PROCESSING, DRIVER_FAILED)
        say(machine, SHUTDOWN, BUSY)
        say(machine, EJECTION_REQUEST, BUSY, slot=1)
        say(machine, EJECTION_REQUEST, BUSY, bsel=0xFF)
        machine.expect_open("unplug", "acknowledged", "guest-completion")
        expect(machine.take_event(), False, "event")
        machine.eject()
        say(machine, EJECTION_REQUEST, SUCCESS)
        say(machine, EJECTION_REQUEST, BUSY)                  # too late
        machine.expect_ended("unplug", "completed", "removed", "rng")
        machine.expect_quiet()


def test_dropped() -> None:
    """One that the guest dropped is signalled at once; after some, rarely."""
    with running() as machine:
        plugged(machine)
        asked(machine)
        for _ in range(MOST_AT_CUES):
            say(machine, EJECTION_REQUEST, FAILURE)
            read_again(machine)
        for _ in range(50):
            say(machine, EJECTION_REQUEST, FAILURE)
        expect(machine.take_event(), False, "event")
        machine.step(60 * SECOND)
        machine.expect_ended("unplug", "timed-out", "no-answer", "rng")


def test_dropped_eject() -> None:
    """No eject comes of a reading that was dropped: the next is not stale."""
    with running() as machine:
        plugged(machine)
        asked(machine)
        say(machine, EJECTION_REQUEST, FAILURE)
        read_again(machine)
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")
        machine.take_event()
        plugged(machine, "next")
        machine.eject()
        machine.expect_ended("removal", "completed", "guest-removed", "next")


def test_osc() -> None:
    """A guest that evaluates _OSC looks for slots after it: asked again."""
    with running() as machine:
        plugged(machine)
        asked(machine)
        for _ in range(MOST_AT_CUES):
            machine.evaluate_osc(native=False)
            read_again(machine)
        machine.evaluate_osc(native=False)
        expect(machine.take_event(), False, "event")
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_without() -> None:
    """QEMU's machine types have neither register."""
    with running("pc-q35-10.0") as machine:
        plugged(machine)
        asked(machine)
        say(machine, EJECTION_REQUEST, BUSY)
        say(machine, EJECTION_REQUEST, FAILURE)
        machine.evaluate_osc(native=False)
        expect(machine.take_event(), False, "event")
        machine.expect_open("unplug", "acknowledged", "guest-completion")
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for test in (test_decline, test_decline_plug, test_no_evidence,
                 test_dropped, test_dropped_eject, test_osc, test_without):
        tap.run(test.__doc__ or "", test)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
