#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hotplug requests that are open while the guest moves: none is lost.

Between two forks on QEMU's machine type and on ours, to stock and from it.
Plugs are in requests_migration_plug.py, snapshots in requests_snapshots.py.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import migration, request_steps as steps          # noqa: E402
from qemuhost.request_moves import (FUNCTIONS, I440FX, OURS,    # noqa: E402
                                    STOCKS, Case, StockMachine,
                                    incoming, move)
from qemuhost.request_steps import Step                         # noqa: E402
from qemuhost.requested import (SECOND, NativePort,             # noqa: E402
                                RequestMachine, expect, rng)
from qemuhost.tap import Tap                                    # noqa: E402


CASES = [
    Case("acpi", steps.ask, steps.acpi_listens_and_ejects,
         steps.acpi_listens_and_ejects),
    Case("acpi", steps.listen_and_ask, steps.acpi_ejects, steps.acpi_ejects),
    Case("acpi", steps.listen_ask_read, steps.acpi_ejects,
         steps.acpi_had_read),
    Case("native", steps.native_deaf, steps.native_listens,
         steps.native_listens),
    Case("native", steps.native_blinking, steps.native_becomes_steady,
         steps.native_becomes_steady),
    Case("native", steps.native_pressed, steps.native_powers_off,
         steps.native_powers_off),
    Case("native", steps.native_taken, steps.native_goes_on,
         steps.native_goes_on),
]


#: i440fx has no other mode.
I440FX_CASES = [Case("", case.prepare, case.after_stocks, case.after_ours)
                for case in CASES if case.mode == "acpi"]

#: In mode auto; the guest takes one of both by _OSC, or by what it enables.
AUTO_CASES = [
    Case("auto", steps.ask, steps.acpi_listens_and_ejects,
         steps.acpi_listens_and_ejects),
    Case("auto", steps.listen_and_ask, steps.acpi_ejects, steps.acpi_ejects),
    Case("auto", steps.osc_acpi(steps.listen_ask_read), steps.acpi_ejects,
         steps.acpi_had_read),
    Case("auto", steps.osc_native(steps.native_blinking),
         steps.native_becomes_steady, steps.native_becomes_steady),
    Case("auto", steps.osc_native(steps.native_pressed),
         steps.native_powers_off, steps.native_powers_off),
    Case("auto", steps.osc_native(steps.native_taken), steps.native_goes_on,
         steps.native_goes_on),
    Case("auto", steps.native_pressed, steps.native_powers_off,
         steps.native_powers_off),
]


def test_forks(case: Case, machine_type: str) -> None:
    """From fork to fork; what is open is seen before the guest goes on."""
    devices = rng(machine_type)
    move(RequestMachine(case.mode, machine_type, devices), case.prepare,
         incoming(case.mode, machine_type, devices=devices),
         case.check(machine_type))


def test_functions(case: Case, machine_type: str) -> None:
    """Several functions in the slot:"""
    move(RequestMachine(case.mode, machine_type, FUNCTIONS), case.prepare,
         incoming(case.mode, machine_type, devices=FUNCTIONS),
         lambda machine: case.check(machine_type)(machine, "rng", "two"))


# ---- to stock and from it --------------------------------------------------

def test_to_stock(case: Case) -> None:
    """Stock's guest can answer what the fork was asked."""
    with RequestMachine(case.mode, STOCKS, rng()) as source, \
            StockMachine(case.mode, "-incoming", "defer") as destination, \
            tempfile.TemporaryDirectory() as folder:
        case.prepare(source)
        migration.move(source, destination, Path(folder))
        if case.mode == "acpi":
            expect(destination.read_slots()[1], 1, "DOWN")
            destination.eject()
        else:
            port = NativePort(destination)
            expect(port.pressed, case.prepare is not steps.native_taken,
                   "button")
            port.take()
            port.power_off()
        destination.wait_deleted("rng")


#: Mode, what is open on stock, and what the fork makes of it.
STOCK_CASES = [
    ("acpi", steps.ask, steps.acpi_listens_and_ejects),
    ("acpi", steps.listen_ask_read, steps.acpi_ejects),
    ("native", steps.native_pressed, steps.native_powers_off),
    ("native", steps.native_taken, steps.native_goes_on),
]


def test_from_stock(mode: str, prepare: Step, check: Step) -> None:
    """What stock's host asked ends in an outcome of ours."""
    move(StockMachine(mode), prepare, incoming(mode, STOCKS), check)


# ---- what goes with a request ----------------------------------------------

def test_time_left() -> None:
    """The time that the guest has left goes with it."""
    machine_type = OURS + ",hotplug-timeout=10"
    with RequestMachine("acpi", machine_type, rng()) as source, \
            incoming("acpi", machine_type) as destination, \
            tempfile.TemporaryDirectory() as folder:
        steps.listen_ask_read(source)
        for machine in (source, destination):    # qtest's clock stays behind
            machine.step(8 * SECOND)
        migration.move(source, destination, Path(folder))
        destination.step(SECOND)
        expect("request" in destination.slot(), True, "still open")
        destination.step(2 * SECOND)
        ended = destination.expect_ended("unplug", "timed-out", "no-answer",
                                         "rng")
        assert 10_000 <= ended["total-ms"] < 12_000, ended


def test_stale() -> None:
    """An eject for a device that left before is not carried out after."""
    with RequestMachine("acpi", OURS, rng()) as source, \
            incoming("acpi", OURS) as destination, \
            tempfile.TemporaryDirectory() as folder:
        steps.listen_ask_read(source)
        source.step(SECOND)
        source.read_slots()
        source.eject()
        source.expect_ended("unplug", "completed", "removed", "rng")
        source.add("rng")
        migration.move(source, destination, Path(folder))
        destination.eject()
        destination.expect_quiet()
        destination.expect_open("plug", "signalled", "guest-reaction")


def test_paused() -> None:
    """-incoming of a paused machine: the query shows what came at once."""
    with RequestMachine("acpi", STOCKS, rng()) as source, \
            incoming("acpi", STOCKS, "-S") as destination, \
            tempfile.TemporaryDirectory() as folder:
        steps.listen_ask_read(source)
        socket = f"unix:{folder}/stream"
        destination.qmp("migrate-set-capabilities", capabilities=[
            {"capability": "events", "state": True}])
        destination.qmp("migrate-incoming", uri=socket)
        migration.send(source, socket)
        while destination.wait_event("MIGRATION")["data"]["status"] != \
                "completed":
            pass
        destination.expect_open("unplug", "signalled", "guest-reaction")
        destination.qmp("cont")
        steps.acpi_ejects(destination)


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for machine_type in (STOCKS, OURS):
        for case in CASES:
            tap.run(f"{machine_type}, fork to fork, {case.mode}: "
                    f"{case.prepare.__doc__}",
                    lambda c=case, m=machine_type: test_forks(c, m))
    for machine_type in (STOCKS, OURS):
        for case in AUTO_CASES:
            tap.run(f"{machine_type}, fork to fork, auto: "
                    f"{case.prepare.__doc__}",
                    lambda c=case, m=machine_type: test_forks(c, m))
        for case in CASES:
            tap.run(f"{machine_type}, fork to fork, {case.mode}: "
                    f"{test_functions.__doc__} {case.prepare.__doc__}",
                    lambda c=case, m=machine_type: test_functions(c, m))
    for case in I440FX_CASES:
        tap.run(f"{I440FX}, fork to fork: {case.prepare.__doc__}",
                lambda c=case: test_forks(c, I440FX))
    for case in CASES:
        tap.run(f"fork to stock, {case.mode}: {case.prepare.__doc__}",
                lambda c=case: test_to_stock(c))
    for mode, prepare, check in STOCK_CASES:
        tap.run(f"stock to fork, {mode}: {prepare.__doc__}",
                lambda m=mode, p=prepare, c=check: test_from_stock(m, p, c))
    for test in (test_time_left, test_stale, test_paused):
        tap.run(test.__doc__ or "", test)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
