#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hotplug requests of a guest that is suspended to RAM and wakes up.

What the guest did not answer is asked once more when it listens again; one that
does not is given the time that a listening guest has.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import hotplug, request_steps as steps            # noqa: E402
from qemuhost.request_steps import Step                         # noqa: E402
from qemuhost.requested import (SECOND, NativePort,             # noqa: E402
                                RequestMachine, expect, rng)
from qemuhost.slots import BUTTON, PRESENCE                     # noqa: E402
from qemuhost.tap import Tap                                    # noqa: E402

PM1_CONTROL = hotplug.PM_BASE + 4
SUSPEND_TO_RAM = 1 << 10 | 1 << 13          # SLP_TYP as in _S3, SLP_EN


def started(mode: str, *more: str) -> RequestMachine:
    """A machine that gives a guest 10 s; it listens."""
    machine = RequestMachine(mode, "pc-q35-10.0,hotplug-timeout=10", more)
    if mode == "acpi":
        machine.acpi_listen()
        machine.take_event()
    else:
        port = NativePort(machine)
        port.listen()
        if more:
            port.power_on()
        port.take()
    return machine


def sleep(machine: RequestMachine) -> None:
    """The guest is suspended to RAM, and woken up; it listens to nothing."""
    hotplug.map_gpe(machine, machine.board)
    machine.qtest.port_write(PM1_CONTROL, 2, SUSPEND_TO_RAM)
    machine.wait_event("SUSPEND")
    machine.qmp("system_wakeup")
    machine.wait_event("WAKEUP")


def test_unanswered(mode: str, ask: Step, kind: str, *more: str) -> None:
    """No answer after the wake-up: timed out, once"""
    with started(mode, *more) as machine:
        ask(machine)
        machine.expect_open(kind, "signalled", "guest-reaction")
        sleep(machine)
        machine.expect_open(kind, "queued", "guest-listening")
        machine.step(8 * SECOND)
        machine.expect_open(kind, "queued", "guest-listening")
        machine.expect_quiet()
        machine.step(3 * SECOND)
        machine.expect_ended(kind, "timed-out", "no-answer-after-wake-up",
                             "rng")
        expect([event["event"] for event in machine.before
                if event["event"] == "DEVICE_UNPLUG_GUEST_ERROR"],
               ["DEVICE_UNPLUG_GUEST_ERROR"] if kind == "unplug" else [],
               "guest errors")
        machine.step(60 * SECOND)
        machine.expect_open(None)
        machine.expect_quiet()


def test_listens(mode: str, ask: Step, kind: str, *more: str) -> None:
    """Listens after the wake-up, and does nothing: timed out as ever"""
    with started(mode, *more) as machine:
        ask(machine)
        sleep(machine)
        if mode == "acpi":
            machine.acpi_listen()
            expect(machine.take_event(), True, "event")
        else:
            port = NativePort(machine)
            port.listen()
            expect(bool(port.take() & (PRESENCE if kind == "plug" else BUTTON)),
                   True, "event")
        machine.step(11 * SECOND)
        machine.expect_ended(kind, "timed-out", "no-answer", "rng")
        machine.step(60 * SECOND)
        machine.expect_quiet()


def test_never_listened(mode: str) -> None:
    """A guest that slept and never listened: queued for ever."""
    with RequestMachine(mode, "pc-q35-10.0,hotplug-timeout=10", rng()
                        ) as machine:
        NativePort(machine).power_on()
        machine.remove("rng")
        sleep(machine)
        machine.step(3600 * SECOND)
        machine.expect_open("unplug", "queued", "guest-listening")
        machine.expect_quiet()


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for mode in ("acpi", "native"):
        for kind, ask, more in (("plug", steps.plug, ()),
                                ("unplug", steps.ask, rng())):
            for test in (test_unanswered, test_listens):
                tap.run(f"{mode}, {kind}: {test.__doc__}",
                        lambda t=test, m=mode, a=ask, k=kind, d=more:
                        t(m, a, k, *d))
        tap.run(f"{mode}: {test_never_listened.__doc__}",
                lambda m=mode: test_never_listened(m))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
