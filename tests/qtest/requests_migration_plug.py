#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Plugs that are open while the guest moves: each ends on the other side.

There the device is one of the command line, as management programs have it.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import migration                                  # noqa: E402
from qemuhost.requested import (SECOND, NativePort,             # noqa: E402
                                RequestMachine, expect)
from qemuhost.slots import PRESENCE                             # noqa: E402
from qemuhost.tap import Tap                                    # noqa: E402
from requests_migration import (OURS, STOCKS, Check, Prepare,   # noqa: E402
                                StockMachine, incoming)

PARTS = ["-device", "virtio-rng-pci,id=one,bus=port1,addr=0.1,multifunction=on"]


# ---- what is open, and how it ends on the other side -----------------------

def plug(machine: RequestMachine) -> None:
    """A device comes, and nobody listens."""
    machine.add("rng")


def acpi_signalled(machine: RequestMachine) -> None:
    """A guest that listens to ACPI's event has not looked yet."""
    machine.acpi_listen()
    machine.add("rng")


def acpi_read(machine: RequestMachine) -> None:
    """It has looked, and not set the device up."""
    acpi_signalled(machine)
    machine.take_event()
    expect(machine.read_slots(), (1, 0), "UP and DOWN")


def native_signalled(machine: RequestMachine) -> None:
    """A slot's driver has not looked yet."""
    NativePort(machine).listen()
    machine.add("rng")


def configured(machine: RequestMachine) -> None:
    """The guest sets the device up."""
    machine.configure("rng")
    machine.expect_ended("plug", "completed", "configured", "rng")
    machine.expect_open(None)


def acpi_queued_ends(machine: RequestMachine) -> None:
    """The guest listens, finds it, and sets it up."""
    machine.expect_open("plug", "queued", "guest-listening")
    machine.acpi_listen()
    acpi_signalled_ends(machine)


def acpi_signalled_ends(machine: RequestMachine) -> None:
    """The guest finds the device, and sets it up."""
    machine.expect_open("plug", "signalled", "guest-reaction")
    expect(machine.take_event(), True, "event")
    expect(machine.read_slots(), (1, 0), "UP and DOWN")
    configured(machine)


def acpi_read_ends(machine: RequestMachine) -> None:
    """The guest has found the device, and sets it up."""
    machine.expect_open("plug", "acknowledged", "guest-configuration")
    expect(machine.read_slots(), (0, 0), "UP and DOWN")
    configured(machine)


def acpi_read_is_gone(machine: RequestMachine) -> None:
    """QEMU 10.0's stream has nothing of it."""
    machine.expect_open(None)
    machine.configure("rng")


def native_queued_ends(machine: RequestMachine) -> None:
    """A driver comes, turns the slot on, and sets the device up."""
    machine.expect_open("plug", "queued", "guest-listening")
    port = NativePort(machine)
    port.listen()
    native_signalled_ends(machine)


def native_signalled_ends(machine: RequestMachine) -> None:
    """The guest takes the event, turns the slot on, and sets it up."""
    machine.expect_open("plug", "signalled", "guest-reaction")
    port = NativePort(machine)
    expect(bool(port.take() & PRESENCE), True, "presence changed")
    port.power_on()
    configured(machine)


#: Mode, what is open, how it ends after QEMU's stream, and after ours.
CASES: list[tuple[str, Prepare, Check, Check]] = [
    ("acpi", plug, acpi_queued_ends, acpi_queued_ends),
    ("acpi", acpi_signalled, acpi_signalled_ends, acpi_signalled_ends),
    ("acpi", acpi_read, acpi_read_is_gone, acpi_read_ends),
    ("native", plug, native_queued_ends, native_queued_ends),
    ("native", native_signalled, native_signalled_ends, native_signalled_ends),
]


def test_forks(case: tuple[str, Prepare, Check, Check], machine_type: str
               ) -> None:
    """From fork to fork."""
    mode, prepare, after_stock, after_ours = case
    check = after_ours if machine_type == OURS else after_stock
    with RequestMachine(mode, machine_type) as source, \
            incoming(mode, machine_type) as destination, \
            tempfile.TemporaryDirectory() as folder:
        prepare(source)
        migration.move(source, destination, Path(folder))
        check(destination)
        destination.step(120 * SECOND)
        destination.expect_quiet()


def test_timeout(machine_type: str) -> None:
    """A guest that was asked and does nothing ends in one outcome, too."""
    with RequestMachine("acpi", machine_type) as source, \
            incoming("acpi", machine_type) as destination, \
            tempfile.TemporaryDirectory() as folder:
        acpi_signalled(source)
        migration.move(source, destination, Path(folder))
        destination.step(120 * SECOND)
        destination.expect_ended("plug", "timed-out", "no-answer", "rng")
        destination.configure("rng")
        destination.expect_quiet()


def test_opposite(machine_type: str) -> None:
    """An unplug overtakes a plug that came with the guest."""
    with RequestMachine("acpi", machine_type) as source, \
            incoming("acpi", machine_type) as destination, \
            tempfile.TemporaryDirectory() as folder:
        acpi_signalled(source)
        migration.move(source, destination, Path(folder))
        destination.remove("rng")
        destination.expect_ended("plug", "cancelled", "overtaken", "rng")
        expect(destination.read_slots(), (0, 1), "UP and DOWN")
        destination.eject()
        destination.expect_ended("unplug", "completed", "removed", "rng")
        destination.expect_quiet()


def test_parts() -> None:
    """A function that waits for function 0 does so on the other side."""
    with RequestMachine("acpi", OURS) as source, \
            RequestMachine("acpi", OURS, [*PARTS, "-incoming", "defer"]
                           ) as destination, \
            tempfile.TemporaryDirectory() as folder:
        source.acpi_listen()
        source.add("one", addr="0.1", multifunction=True)
        migration.move(source, destination, Path(folder))
        destination.expect_open("plug", "queued", "function-0")
        destination.add("zero", addr="0.0", multifunction=True)
        destination.expect_open("plug", "signalled", "guest-reaction")
        destination.configure("zero")
        destination.configure("one")
        destination.expect_ended("plug", "completed", "configured", "zero",
                                 "one")


def test_from_stock(mode: str, prepare: Prepare, check: Check) -> None:
    """What stock's host plugged ends in an outcome of ours."""
    with StockMachine(mode, devices=()) as source, \
            incoming(mode, STOCKS) as destination, \
            tempfile.TemporaryDirectory() as folder:
        prepare(source)
        migration.move(source, destination, Path(folder))
        check(destination)
        destination.expect_quiet()


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for machine_type in (STOCKS, OURS):
        for case in CASES:
            tap.run(f"{machine_type}, fork to fork, {case[0]}: "
                    f"{case[1].__doc__}",
                    lambda c=case, m=machine_type: test_forks(c, m))
        for test in (test_timeout, test_opposite):
            tap.run(f"{machine_type}: {test.__doc__}",
                    lambda t=test, m=machine_type: t(m))
    tap.run(test_parts.__doc__ or "", test_parts)
    for mode, prepare, check in (
            ("acpi", plug, acpi_queued_ends),
            ("acpi", acpi_signalled, acpi_signalled_ends),
            ("native", native_signalled, native_signalled_ends)):
        tap.run(f"stock to fork, {mode}: {prepare.__doc__}",
                lambda m=mode, p=prepare, c=check: test_from_stock(m, p, c))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
