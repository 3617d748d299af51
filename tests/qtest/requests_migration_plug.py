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
from qemuhost import migration, request_steps as steps          # noqa: E402
from qemuhost.request_moves import (FUNCTIONS, I440FX, LONG,    # noqa: E402
                                    OURS, STOCKS, Case, StockMachine,
                                    incoming, move)
from qemuhost.request_steps import Step                         # noqa: E402
from qemuhost.requested import RequestMachine, expect, rng      # noqa: E402
from qemuhost.tap import Tap                                    # noqa: E402

PARTS = ["-device", "virtio-rng-pci,id=one,bus=port1,addr=0.1,multifunction=on"]

CASES = [
    Case("acpi", steps.plug, steps.acpi_queued_ends, steps.acpi_queued_ends),
    Case("acpi", steps.acpi_signalled, steps.acpi_signalled_ends,
         steps.acpi_signalled_ends),
    Case("acpi", steps.acpi_read, steps.acpi_read_is_gone,
         steps.acpi_read_ends),
    Case("native", steps.plug, steps.native_queued_ends,
         steps.native_queued_ends),
    Case("native", steps.native_signalled, steps.native_signalled_ends,
         steps.native_signalled_ends),
]


#: i440fx has no other mode.
I440FX_CASES = [Case("", case.prepare, case.after_stocks, case.after_ours)
                for case in CASES if case.mode == "acpi"]

#: In mode auto; the guest takes one of both by _OSC, or by what it enables.
AUTO_CASES = [
    Case("auto", steps.plug, steps.acpi_queued_ends, steps.acpi_queued_ends),
    Case("auto", steps.acpi_signalled, steps.acpi_signalled_ends,
         steps.acpi_signalled_ends),
    Case("auto", steps.osc_acpi(steps.acpi_read), steps.acpi_read_is_gone,
         steps.acpi_read_ends),
    Case("auto", steps.osc_native(steps.native_signalled),
         steps.native_signalled_ends, steps.native_signalled_ends),
    Case("auto", steps.native_signalled, steps.native_signalled_ends,
         steps.native_signalled_ends),
    Case("auto", steps.plug, steps.native_queued_ends,
         steps.native_queued_ends),
]


def test_forks(case: Case, machine_type: str) -> None:
    """From fork to fork."""
    move(RequestMachine(case.mode, machine_type), case.prepare,
         incoming(case.mode, machine_type, devices=rng(machine_type)),
         case.check(machine_type))


def with_another(prepare: Step) -> Step:
    """A function that waits for function 0 comes first."""
    def both(machine: RequestMachine) -> None:
        machine.multifunction = True
        machine.add("two", function=1, multifunction=False)
        prepare(machine)
    return both


def test_functions(case: Case, machine_type: str) -> None:
    """Several functions in the slot:"""
    move(RequestMachine(case.mode, machine_type), with_another(case.prepare),
         incoming(case.mode, machine_type, devices=FUNCTIONS),
         lambda machine: case.check(machine_type)(machine, "rng", "two"))


def test_timeout(machine_type: str) -> None:
    """A guest that was asked and does nothing ends in one outcome, too."""
    with RequestMachine("acpi", machine_type) as source, \
            incoming("acpi", machine_type) as destination, \
            tempfile.TemporaryDirectory() as folder:
        steps.acpi_signalled(source)
        migration.move(source, destination, Path(folder))
        destination.step(LONG)
        destination.expect_ended("plug", "timed-out", "no-answer", "rng")
        destination.configure("rng")
        destination.expect_quiet()


def test_opposite(machine_type: str) -> None:
    """An unplug overtakes a plug that came with the guest."""
    with RequestMachine("acpi", machine_type) as source, \
            incoming("acpi", machine_type) as destination, \
            tempfile.TemporaryDirectory() as folder:
        steps.acpi_signalled(source)
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
            incoming("acpi", OURS, devices=PARTS) as destination, \
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


def test_from_stock(mode: str, prepare: Step, check: Step) -> None:
    """What stock's host plugged ends in an outcome of ours."""
    move(StockMachine(mode, devices=()), prepare, incoming(mode, STOCKS), check)


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for machine_type in (STOCKS, OURS):
        for case in CASES:
            tap.run(f"{machine_type}, fork to fork, {case.mode}: "
                    f"{case.prepare.__doc__}",
                    lambda c=case, m=machine_type: test_forks(c, m))
        for case in AUTO_CASES:
            tap.run(f"{machine_type}, fork to fork, auto: "
                    f"{case.prepare.__doc__}",
                    lambda c=case, m=machine_type: test_forks(c, m))
        for case in CASES:
            tap.run(f"{machine_type}, fork to fork, {case.mode}: "
                    f"{test_functions.__doc__} {case.prepare.__doc__}",
                    lambda c=case, m=machine_type: test_functions(c, m))
        for test in (test_timeout, test_opposite):
            tap.run(f"{machine_type}: {test.__doc__}",
                    lambda t=test, m=machine_type: t(m))
    for case in I440FX_CASES:
        tap.run(f"{I440FX}, fork to fork: {case.prepare.__doc__}",
                lambda c=case: test_forks(c, I440FX))
    tap.run(test_parts.__doc__ or "", test_parts)
    for mode, prepare, check in (
            ("acpi", steps.plug, steps.acpi_queued_ends),
            ("acpi", steps.acpi_signalled, steps.acpi_signalled_ends),
            ("native", steps.native_signalled,
             steps.native_signalled_ends)):
        tap.run(f"stock to fork, {mode}: {prepare.__doc__}",
                lambda m=mode, p=prepare, c=check: test_from_stock(m, p, c))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
