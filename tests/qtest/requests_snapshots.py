#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hotplug requests and snapshots: each ends in one outcome each time.

A snapshot that is loaded brings its guest's open request back, and leaves what
the host has asked for since; the guest is asked anew.  What QEMU resets while
it loads is no answer of the guest's.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from inspect import unwrap
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import request_steps as steps                     # noqa: E402
from qemuhost.request_moves import (I440FX, LONG, OURS,         # noqa: E402
                                    STOCKS, Case)
from qemuhost.request_steps import Step                         # noqa: E402
from qemuhost.requested import (NativePort, RequestMachine,     # noqa: E402
                                expect, rng)
from qemuhost.tap import Tap                                    # noqa: E402
import requests_migration as unplugs                            # noqa: E402
import requests_migration_plug as plugs                         # noqa: E402

IMAGE_SIZE = 64 << 20


# ---- snapshots -------------------------------------------------------------

Events = list[dict[str, Any]]


def job(machine: RequestMachine, command: str, **arguments: object
        ) -> tuple[str, Events]:
    """Run a job to its end; returns its error, if any, and other events."""
    events: Events = []
    status = ""
    machine.qmp(command, **{"job-id": "job"}, **arguments)
    while status != "concluded":
        status = machine.wait_event("JOB_STATUS_CHANGE", events
                                    )["data"]["status"]
    [state] = machine.qmp("query-jobs")
    machine.qmp("job-dismiss", id="job")
    return str(state.get("error", "")), events


@contextmanager
def machine_with_image(mode: str, machine_type: str, *more: str
                       ) -> Iterator[RequestMachine]:
    """A machine with a place for snapshots."""
    with RequestMachine(mode, machine_type, more) as machine, \
            tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "disk"
        path.touch()
        machine.qmp("blockdev-add", driver="file", filename=str(path),
                    **{"node-name": "file"})
        expect(job(machine, "blockdev-create", options={
            "driver": "qcow2", "file": "file", "size": IMAGE_SIZE})[0],
               "", "error of blockdev-create")
        machine.qmp("blockdev-add", driver="qcow2", file="file",
                    **{"node-name": "disk"})
        yield machine


def save(machine: RequestMachine) -> None:
    """Make the snapshot."""
    expect(job(machine, "snapshot-save", tag="then", vmstate="disk",
               devices=["disk"])[0], "", "error of snapshot-save")


def load(machine: RequestMachine) -> tuple[str, list[tuple[str, ...]]]:
    """Load the snapshot; returns QEMU's error, and what ended by it."""
    error, events = job(machine, "snapshot-load", tag="then", vmstate="disk",
                        devices=["disk"])
    return error, [tuple(event["data"][word] for word
                         in ("request", "outcome", "reason"))
                   for event in events if event["event"] == "PCI_HOTPLUG_ENDED"]


def loaded(machine: RequestMachine, *ended: tuple[str, ...]) -> None:
    """Load the snapshot, by which nothing ends but @ended."""
    expect(load(machine), ("", list(ended)), "error, and what ended")


# ---- open when the snapshot was made ---------------------------------------

#: How what the guest had noticed ends when it is asked anew.
ANEW: dict[Step, Step] = {
    steps.listen_ask_read: steps.acpi_ejects,
    steps.acpi_read: steps.acpi_signalled_ends,
    steps.native_taken: steps.native_goes_on_unasked,
}

Q35_CASES = [*unplugs.CASES, *unplugs.AUTO_CASES, *plugs.CASES,
             *plugs.AUTO_CASES]
I440FX_CASES = [*unplugs.I440FX_CASES, *plugs.I440FX_CASES]


def is_unplug(case: Case) -> bool:
    """Whether the device is there before; else it comes with the request."""
    return case in [*unplugs.CASES, *unplugs.AUTO_CASES, *unplugs.I440FX_CASES]


def anew(case: Case) -> Step:
    """How a request ends that is asked anew."""
    return ANEW.get(unwrap(case.prepare), case.after_ours)


def machine_for(case: Case, machine_type: str
                ) -> AbstractContextManager[RequestMachine]:
    """The machine that a case begins with."""
    return machine_with_image(case.mode, machine_type,
                              *(rng(machine_type) if is_unplug(case) else ()))


def test_open(case: Case, machine_type: str) -> None:
    """Open at both times:"""
    with machine_for(case, machine_type) as machine:
        case.prepare(machine)
        save(machine)
        loaded(machine)
        anew(case)(machine)
        machine.step(LONG)
        machine.expect_quiet()


def test_ended(case: Case, machine_type: str) -> None:
    """Ended since, and open once more:"""
    with machine_for(case, machine_type) as machine:
        if is_unplug(case):
            machine.configure("rng")
        case.prepare(machine)
        save(machine)
        case.after_ours(machine)
        if is_unplug(case):
            machine.add("rng")      # or QEMU refuses the snapshot
        loaded(machine, *([("plug", "completed", "configured")]
                          if is_unplug(case) else []))
        case.check(machine_type)(machine)
        machine.step(LONG)
        machine.expect_quiet()


def test_unanswered(case: Case, machine_type: str) -> None:
    """Nobody answers after the load:"""
    with machine_for(case, machine_type) as machine:
        case.prepare(machine)
        save(machine)
        loaded(machine)
        kind = machine.slot()["request"]["request"]
        deaf = machine.slot()["request"]["waits-for"] == "guest-listening"
        machine.step(LONG)
        if deaf:
            machine.expect_open(kind, "queued", "guest-listening")
        else:
            machine.expect_ended(kind, "timed-out", "no-answer", "rng")
        machine.step(LONG)
        machine.expect_quiet()


# ---- opened since ----------------------------------------------------------

def test_unplug_since(mode: str, machine_type: str) -> None:
    """Asked since, and noticed: asked anew."""
    with machine_with_image(mode, machine_type, *rng()) as machine:
        if mode == "acpi":
            machine.acpi_listen()
            save(machine)
            steps.listen_ask_read(machine)
            loaded(machine)
            steps.acpi_ejects(machine)
        else:
            steps.native_in_use(machine)
            save(machine)
            steps.native_is_asked(machine)
            loaded(machine)
            steps.native_powers_off(machine)
        machine.step(LONG)
        machine.expect_quiet()


def test_plug_since(mode: str, machine_type: str) -> None:
    """Plugged since, and noticed: the snapshot's guest finds it, too."""
    with machine_with_image(mode, machine_type) as machine:
        if mode == "acpi":
            machine.acpi_listen()
            save(machine)
            steps.acpi_read(machine)
            loaded(machine)
            steps.acpi_signalled_ends(machine)
        else:
            port = NativePort(machine)
            port.listen()
            save(machine)
            machine.add("rng")
            port.take()
            port.power_on()
            loaded(machine)
            steps.native_signalled_ends(machine)
        machine.step(LONG)
        machine.expect_quiet()


def test_both_since(mode: str, machine_type: str) -> None:
    """Plugged since, and asked back: what the guest never saw goes."""
    with machine_with_image(mode, machine_type) as machine:
        if mode == "acpi":
            machine.acpi_listen()
            save(machine)
            steps.acpi_signalled(machine)
            machine.configure("rng")
            machine.expect_ended("plug", "completed", "configured", "rng")
            steps.listen_ask_read(machine)
            loaded(machine)
            steps.acpi_ejects(machine)
        else:
            NativePort(machine).listen()
            save(machine)
            machine.add("rng")
            steps.native_in_use(machine)
            machine.expect_ended("plug", "completed", "configured", "rng")
            steps.native_is_asked(machine)
            error, ended = load(machine)
            expect(error, "", "error of snapshot-load")
            if not ended:           # the main loop was faster than the job
                machine.expect_ended("unplug", "completed", "gone", "rng")
            else:
                expect(ended, [("unplug", "completed", "gone")], "ended")
        machine.step(LONG)
        machine.expect_quiet()


def test_opposite(mode: str, machine_type: str) -> None:
    """An unplug of the snapshot's, and another device's plug since."""
    with machine_with_image(mode, machine_type) as machine:
        port = NativePort(machine)
        if mode == "acpi":
            machine.acpi_listen()
        else:
            port.listen()
        machine.add("rng")
        port.take()
        port.power_on()
        machine.remove("rng")
        machine.expect_ended("plug", "cancelled", "overtaken", "rng")
        save(machine)
        if mode == "acpi":
            steps.acpi_ejects(machine)
        else:
            steps.native_powers_off(machine)
        machine.add("rng")
        loaded(machine)
        if mode == "acpi":
            steps.acpi_signalled_ends(machine)
        else:
            machine.expect_open("plug", "signalled", "guest-reaction")
            expect(NativePort(machine).pressed, False, "button")
            steps.configured(machine)
        machine.step(LONG)
        machine.expect_quiet()


def test_button_of_plug(machine_type: str) -> None:
    """The button of a plug, which may be all that a guest looks at, stays."""
    with machine_with_image("native", machine_type) as machine:
        port = NativePort(machine)
        port.listen()
        machine.add("rng")
        expect(port.pressed, True, "button")
        save(machine)
        loaded(machine)
        expect(NativePort(machine).pressed, True, "button after the load")
        steps.native_signalled_ends(machine)
        machine.expect_quiet()


def test_other_method(machine_type: str) -> None:
    """The guest had taken native hotplug, and was started again since."""
    with machine_with_image("auto", machine_type, *rng()) as machine:
        machine.evaluate_osc(native=True)
        steps.native_in_use(machine)
        save(machine)
        machine.qmp("system_reset")
        machine.wait_event("RESET")
        machine.remove("rng")
        machine.expect_open("unplug", "queued", "guest-listening")
        loaded(machine)
        steps.native_powers_off(machine)
        machine.step(LONG)
        machine.expect_quiet()


def test_refused(mode: str, machine_type: str) -> None:
    """A device of the snapshot's is gone: QEMU refuses; nothing is open."""
    with machine_with_image(mode, machine_type, *rng()) as machine:
        if mode == "acpi":
            steps.listen_ask_read(machine)
            save(machine)
            steps.acpi_had_read(machine)
        else:
            steps.native_taken(machine)
            save(machine)
            steps.native_goes_on(machine)
        error, ended = load(machine)
        assert error and not ended, (error, ended)
        machine.qmp("cont")
        machine.expect_open(None)
        machine.step(LONG)
        machine.expect_quiet()
        machine.add("rng")
        machine.configure("rng")
        machine.expect_ended("plug", "completed", "configured", "rng")


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for machine_type in (STOCKS, OURS, I440FX):
        for case in I440FX_CASES if machine_type == I440FX else Q35_CASES:
            for test in (test_open, test_ended, test_unanswered):
                tap.run(f"{machine_type}, {case.mode or 'acpi'}: "
                        f"{test.__doc__} {case.prepare.__doc__}",
                        lambda t=test, c=case, m=machine_type: t(c, m))
    for machine_type in (STOCKS, OURS):
        for plain in (test_button_of_plug, test_other_method):
            tap.run(f"{machine_type}: {plain.__doc__}",
                    lambda t=plain, m=machine_type: t(m))
        for mode in ("acpi", "native"):
            for since in (test_unplug_since, test_plug_since, test_both_since,
                          test_opposite, test_refused):
                tap.run(f"{machine_type}, {mode}: {since.__doc__}",
                        lambda t=since, k=mode, m=machine_type: t(k, m))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
