#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hotplug requests that are open while the guest moves: none is lost.

Between two forks on QEMU's machine type and on ours, to stock and from it, and
through snapshots.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment, migration                     # noqa: E402
from qemuhost.requested import (SECOND, NativePort,             # noqa: E402
                                RequestMachine, expect)
from qemuhost.slots import BUTTON, LIGHT_BLINKS, LIGHT_ON       # noqa: E402
from qemuhost.tap import Tap                                    # noqa: E402

STOCKS, OURS = "pc-q35-10.0", "pc-q35-10.0-hotplug"
RNG = ["-device", "virtio-rng-pci,id=rng,bus=port1"]
SNAPSHOT_SIZE = 64 << 20

Prepare = Callable[[RequestMachine], None]
Check = Callable[[RequestMachine], None]


# ---- what is open, and how it ends on the other side -----------------------

def ask(machine: RequestMachine) -> None:
    """Ask the device back."""
    machine.remove("rng")


def listen_and_ask(machine: RequestMachine) -> None:
    """Ask a guest that listens to ACPI's event."""
    machine.acpi_listen()
    machine.remove("rng")


def listen_ask_read(machine: RequestMachine) -> None:
    """Ask it, and have it read that."""
    listen_and_ask(machine)
    machine.take_event()
    expect(machine.read_slots(), (0, 1), "UP and DOWN")


def acpi_listens_and_ejects(machine: RequestMachine) -> None:
    """The guest begins to listen, is asked, and ejects."""
    machine.expect_open("unplug", "queued", "guest-listening")
    machine.acpi_listen()
    acpi_ejects(machine)


def acpi_ejects(machine: RequestMachine) -> None:
    """The guest is asked, once more perhaps, and ejects."""
    machine.expect_open("unplug", "signalled", "guest-reaction")
    expect(machine.take_event(), True, "event")
    expect(machine.read_slots(), (0, 1), "UP and DOWN")
    machine.eject()
    machine.expect_ended("unplug", "completed", "removed", "rng")


def acpi_had_read(machine: RequestMachine) -> None:
    """What was read on the other side counts as read."""
    machine.expect_open("unplug", "acknowledged", "guest-completion")
    expect(machine.read_slots(), (0, 0), "UP and DOWN")
    machine.eject()
    machine.expect_ended("unplug", "completed", "removed", "rng")


def native_deaf(machine: RequestMachine) -> None:
    """A slot that is on; nobody listens."""
    port = NativePort(machine)
    port.power_on()
    port.take()
    machine.configure("rng")
    machine.remove("rng")


def native_blinking(machine: RequestMachine) -> None:
    """A guest whose indicator blinks when it is asked."""
    port = NativePort(machine)
    port.power_on()
    port.take()
    machine.configure("rng")
    port.listen()
    port.light(LIGHT_BLINKS)
    machine.remove("rng")
    machine.expect_open("unplug", "queued", "indicator-steady")


def native_pressed(machine: RequestMachine) -> None:
    """The button is pressed, and the guest has not seen it."""
    port = NativePort(machine)
    port.power_on()
    port.take()
    machine.configure("rng")
    port.listen()
    machine.remove("rng")


def native_taken(machine: RequestMachine) -> None:
    """The guest has taken the press, and blinks."""
    native_pressed(machine)
    port = NativePort(machine)
    expect(port.take(), BUTTON, "events")
    port.light(LIGHT_BLINKS)


def native_listens(machine: RequestMachine) -> None:
    """A driver comes, is asked, and powers the slot off."""
    machine.expect_open("unplug", "queued", "guest-listening")
    port = NativePort(machine)
    expect(port.pressed, False, "button")
    port.listen()
    native_powers_off(machine)


def native_becomes_steady(machine: RequestMachine) -> None:
    """The indicator becomes steady; then the guest is asked."""
    machine.expect_open("unplug", "queued", "indicator-steady")
    port = NativePort(machine)
    expect(port.pressed, False, "button")
    port.light(LIGHT_ON)
    native_powers_off(machine)


def native_powers_off(machine: RequestMachine) -> None:
    """The guest sees the press, and powers the slot off."""
    machine.expect_open("unplug", "signalled", "guest-reaction")
    port = NativePort(machine)
    expect(port.take(), BUTTON, "events")
    native_goes_on(machine)


def native_goes_on(machine: RequestMachine) -> None:
    """The guest powers the slot off."""
    machine.expect_open("unplug", "acknowledged", "guest-completion")
    port = NativePort(machine)
    expect(port.pressed, False, "button")
    port.light(LIGHT_BLINKS)
    port.power_off()
    machine.expect_ended("unplug", "completed", "removed", "rng")


#: Mode, what is open, how it ends after QEMU's stream, and after ours.
CASES: list[tuple[str, Prepare, Check, Check]] = [
    ("acpi", ask, acpi_listens_and_ejects, acpi_listens_and_ejects),
    ("acpi", listen_and_ask, acpi_ejects, acpi_ejects),
    ("acpi", listen_ask_read, acpi_ejects, acpi_had_read),
    ("native", native_deaf, native_listens, native_listens),
    ("native", native_blinking, native_becomes_steady, native_becomes_steady),
    ("native", native_pressed, native_powers_off, native_powers_off),
    ("native", native_taken, native_goes_on, native_goes_on),
]


def incoming(mode: str, machine_type: str, paused: bool = False
             ) -> RequestMachine:
    """A machine that waits for a guest."""
    return RequestMachine(mode, machine_type, [*RNG, "-incoming", "defer",
                                               *(["-S"] if paused else [])])


def test_forks(case: tuple[str, Prepare, Check, Check], machine_type: str
               ) -> None:
    """From fork to fork; what is open is seen before the guest goes on."""
    mode, prepare, after_stock, after_ours = case
    check = after_ours if machine_type == OURS else after_stock
    with RequestMachine(mode, machine_type, RNG) as source, \
            incoming(mode, machine_type) as destination, \
            tempfile.TemporaryDirectory() as folder:
        prepare(source)
        migration.move(source, destination, Path(folder))
        check(destination)
        destination.expect_quiet()


# ---- to stock and from it --------------------------------------------------

class StockMachine(RequestMachine):
    """Stock, with the same machine."""

    def __init__(self, mode: str, *more: str, devices: Sequence[str] = RNG
                 ) -> None:
        boolean = {"acpi": "on", "native": "off"}[mode]
        super().__init__("", STOCKS, [
            *devices, "-global",
            f"ICH9-LPC.acpi-pci-hotplug-with-bridge-support={boolean}",
            *more], environment.stock_binary())


def test_to_stock(case: tuple[str, Prepare, Check, Check]) -> None:
    """Stock's guest can answer what the fork was asked."""
    mode, prepare = case[:2]
    with RequestMachine(mode, STOCKS, RNG) as source, \
            StockMachine(mode, "-incoming", "defer") as destination, \
            tempfile.TemporaryDirectory() as folder:
        prepare(source)
        migration.move(source, destination, Path(folder))
        if mode == "acpi":
            expect(destination.read_slots()[1], 1, "DOWN")
            destination.eject()
        else:
            port = NativePort(destination)
            expect(port.pressed, prepare is not native_taken, "button")
            port.take()
            port.power_off()
        destination.wait_deleted("rng")


def stock_cases() -> list[tuple[str, Prepare, Check]]:
    """What can be open on stock, and what the fork makes of it."""
    return [("acpi", ask, acpi_listens_and_ejects),
            ("acpi", listen_ask_read, acpi_ejects),
            ("native", native_pressed, native_powers_off),
            ("native", native_taken, native_goes_on)]


def test_from_stock(mode: str, prepare: Prepare, check: Check) -> None:
    """What stock's host asked ends in an outcome of ours."""
    with StockMachine(mode) as source, incoming(mode, STOCKS) as destination, \
            tempfile.TemporaryDirectory() as folder:
        prepare(source)
        migration.move(source, destination, Path(folder))
        check(destination)
        destination.expect_quiet()


# ---- what goes with a request ----------------------------------------------

def test_time_left() -> None:
    """The time that the guest has left goes with it."""
    with RequestMachine("acpi", OURS + ",hotplug-timeout=10", RNG) as source, \
            incoming("acpi", OURS + ",hotplug-timeout=10") as destination, \
            tempfile.TemporaryDirectory() as folder:
        listen_ask_read(source)
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
    with RequestMachine("acpi", OURS, RNG) as source, \
            incoming("acpi", OURS) as destination, \
            tempfile.TemporaryDirectory() as folder:
        listen_ask_read(source)
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
    with RequestMachine("acpi", STOCKS, RNG) as source, \
            incoming("acpi", STOCKS, paused=True) as destination, \
            tempfile.TemporaryDirectory() as folder:
        listen_ask_read(source)
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
        acpi_ejects(destination)


# ---- snapshots -------------------------------------------------------------

def job(machine: RequestMachine, command: str, **arguments: object) -> None:
    """Run a job to its end."""
    machine.qmp(command, **{"job-id": "job"}, **arguments)
    while True:
        event = machine.wait_event("JOB_STATUS_CHANGE")
        if event["data"]["status"] == "concluded":
            break
    [state] = machine.qmp("query-jobs")
    assert "error" not in state, state
    machine.qmp("job-dismiss", id="job")


def snapshots(machine: RequestMachine, folder: str) -> None:
    """Give the machine a place for snapshots."""
    path = Path(folder) / "disk"
    path.touch()
    machine.qmp("blockdev-add", driver="file", filename=str(path),
                **{"node-name": "file"})
    job(machine, "blockdev-create", options={
        "driver": "qcow2", "file": "file", "size": SNAPSHOT_SIZE})
    machine.qmp("blockdev-add", driver="qcow2", file="file",
                **{"node-name": "disk"})


def test_loadvm(machine_type: str) -> None:
    """What is open when a snapshot is loaded stays open, and is asked anew."""
    with RequestMachine("acpi", machine_type, RNG) as machine, \
            tempfile.TemporaryDirectory() as folder:
        snapshots(machine, folder)
        machine.acpi_listen()
        job(machine, "snapshot-save", tag="before", vmstate="disk",
            devices=["disk"])
        machine.remove("rng")
        machine.take_event()
        expect(machine.read_slots(), (0, 1), "UP and DOWN")
        job(machine, "snapshot-load", tag="before", vmstate="disk",
            devices=["disk"])
        acpi_ejects(machine)
        machine.expect_quiet()


def test_loadvm_open(machine_type: str) -> None:
    """What was open when a snapshot was made is open when it is loaded."""
    with RequestMachine("acpi", machine_type, RNG) as machine, \
            tempfile.TemporaryDirectory() as folder:
        snapshots(machine, folder)
        listen_and_ask(machine)
        job(machine, "snapshot-save", tag="open", vmstate="disk",
            devices=["disk"])
        job(machine, "snapshot-load", tag="open", vmstate="disk",
            devices=["disk"])
        acpi_ejects(machine)
        machine.expect_quiet()


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for machine_type in (STOCKS, OURS):
        for case in CASES:
            tap.run(f"{machine_type}, fork to fork, {case[0]}: "
                    f"{case[1].__doc__}",
                    lambda c=case, m=machine_type: test_forks(c, m))
        for test in (test_loadvm, test_loadvm_open):
            tap.run(f"{machine_type}: {test.__doc__}",
                    lambda t=test, m=machine_type: t(m))
    for case in CASES:
        tap.run(f"fork to stock, {case[0]}: {case[1].__doc__}",
                lambda c=case: test_to_stock(c))
    for mode, prepare, check in stock_cases():
        tap.run(f"stock to fork, {mode}: {prepare.__doc__}",
                lambda m=mode, p=prepare, c=check: test_from_stock(m, p, c))
    for test in (test_time_left, test_stale, test_paused):
        tap.run(test.__doc__ or "", test)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
