# SPDX-License-Identifier: GPL-2.0-or-later
"""The same requests, fired into a booting guest on stock and on the fork.

All come early in the boot, as a device_del by a program does that just started
the guest, and none comes after: a later one would make stock's ACPI hotplug
look at the earlier ones, too.
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import boot
import settings
import timeline
from firmware import FIRMWARE
from forktools.console import say
from guest import GuestError
from image import Image
from machine import Machine, MachineError
from report import table
from torture_ledger import MODEL, Ledger

MACHINE = "pc-q35-10.0"
PORTS = 16
GAP = 0.05              # seconds between requests
MARKER_TIMEOUT = 60
# Linux gives up when a busy host keeps its timer from it while it tests that.
KERNEL_OPTIONS = "no_timer_check"
LATE = 30               # seconds for what is still open when the guest is up
VERDICTS = ["completed", "lost", "refused", "misread"]


@dataclass(frozen=True)
class Subject:
    """A QEMU and how its hotplug mode is chosen."""

    title: str
    qemu: Path
    machine: str
    arguments: list[str]
    reports: bool


@dataclass
class Column:
    """What became of the requests, in their order, on one subject."""

    subject: Subject
    verdicts: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    lanes: list[timeline.Lane] = field(default_factory=list)
    failure: str = ""

    def cells(self) -> list[str]:
        """A cell for each request."""
        if self.failure:
            return ["FAILED"] * PORTS
        return [f"{verdict}, reported" if outcome else verdict
                for verdict, outcome in zip(self.verdicts, self.outcomes)]

    def sums(self) -> list[str]:
        """A cell for each verdict, and one for the reported outcomes."""
        return [*(str(self.verdicts.count(verdict)) for verdict in VERDICTS),
                str(sum(map(bool, self.outcomes)))]

    @property
    def passed(self) -> bool:
        """All was done and reported; nothing is expected of stock."""
        return not self.failure and (not self.subject.reports or (
            self.verdicts.count("completed") == PORTS
            and all(self.outcomes)))


def subjects() -> list[Subject]:
    """The columns.  Stops when a QEMU has not been built."""
    stock, fork = settings.stock_qemu(), settings.fork_qemu()
    boolean = "ICH9-LPC.acpi-pci-hotplug-with-bridge-support="
    return [Subject("10.0, acpi", stock, MACHINE,
                    ["-global", boolean + "on"], False),
            Subject("10.0, native", stock, MACHINE,
                    ["-global", boolean + "off"], False),
            *(Subject(f"fork, {mode}", fork, f"{MACHINE},pci-hotplug={mode}",
                      [], True) for mode in ("acpi", "native"))]


def is_unplug(number: int) -> bool:
    """Requests alternate: device_del, device_add …"""
    return number % 2 == 0


def request_name(number: int) -> str:
    """A request's row."""
    return f"{'device_del' if is_unplug(number) else 'device_add'}, " \
           f"port{number}"


async def wait_marker(machine: Machine) -> None:
    """Wait until firmware has numbered the bus behind the first port.

    It is the same moment of the boot on both QEMUs, and both show it.
    """
    end = time.monotonic() + MARKER_TIMEOUT
    while time.monotonic() < end:
        for bus in await machine.execute("query-pci"):
            for device in bus["devices"]:
                bridge = device.get("pci_bridge")
                if bridge and bridge["bus"]["secondary"]:
                    return
        await asyncio.sleep(0.01)
    raise MachineError("firmware did not number the buses within "
                       f"{MARKER_TIMEOUT} s")


async def _fire(ledger: Ledger, buses: list[str]) -> list[tuple[str, str]]:
    """Make the requests; returns kind and device of each."""
    made = []
    start = time.monotonic()
    for number, bus in enumerate(buses):
        await asyncio.sleep(max(0, start + number * GAP - time.monotonic()))
        if is_unplug(number):
            made.append(("unplug", ledger.wanted[bus] or ""))
            await ledger.remove(bus)
        else:
            made.append(("plug", await ledger.add(bus)))
    return made


def _trace(folder: Path) -> list[str]:
    """QEMU's arguments for what a timeline is drawn from."""
    return ["-trace", "pci_hotplug_request", "-msg", "timestamp=on",
            "-D", str(folder / "trace.log")]


async def _lanes(subject: Subject, ledger: Ledger,
                 folder: Path) -> list[timeline.Lane]:
    """The first unplug, made early, and one that is made now."""
    early, now = "port0", "port1"
    device = ledger.wanted.get(now)
    if not subject.reports or not device:
        return []
    await ledger.remove(now)
    await ledger.wait_ended()
    asked = [(early, f"{early}-0", "while it boots"),
             (now, device, "while it runs")]
    mode = subject.title.rpartition(" ")[2]
    lanes = [timeline.lane(folder / "trace.log", bus,
                           ledger.outcome("unplug", name), mode, note)
             for bus, name, note in asked]
    return [lane for lane in lanes if lane]


async def _run(subject: Subject, guest: Image) -> Column:
    ports, places = boot.root_ports(PORTS)
    cold = {place.bus: f"{place.bus}-0"
            for number, place in enumerate(places) if is_unplug(number)}
    for bus, device in cold.items():
        ports += ["-device", f"{MODEL},id={device},bus={bus}"]
    folder = settings.REPORT / "boot" / boot.artefact_name(
        "comparison", subject.title)
    configuration = boot.Configuration(
        subject.qemu, subject.machine, FIRMWARE["seabios"], guest, folder,
        [*subject.arguments, *ports, *(_trace(folder) if subject.reports
                                       else [])],
        kernel_options=KERNEL_OPTIONS)
    async with boot.started(configuration) as (machine, agent):
        ledger = Ledger(machine, agent, places, subject.reports)
        for bus, device in cold.items():
            ledger.cold(bus, device)
        await wait_marker(machine)
        made = await _fire(ledger, [place.bus for place in places])
        up = await agent.wait_ready()
        say(f"  [{subject.title}] {PORTS} requests made; the guest is up "
            f"after {up:.1f} s; waiting for what becomes of them")
        await ledger.judge(LATE)
        lanes = await _lanes(subject, ledger, folder)
        return Column(
            subject, [ledger.faults.get(request, "completed")
                      for request in made],
            [ledger.outcome(*request) for request in made], lanes)


async def _column(subject: Subject, guest: Image) -> Column:
    try:
        column = await _run(subject, guest)
    except (GuestError, MachineError) as error:
        say(f"  [{subject.title}] FAILED: {error}")
        return Column(subject, failure=str(error))
    say(f"  [{subject.title}] " + ", ".join(
        f"{count} {verdict}" for count, verdict
        in zip(column.sums(), VERDICTS)))
    return column


async def compare(guest: Image) -> list[Column]:
    """Fire the requests into each subject's guest, all at a time: they mostly
    wait."""
    return list(await asyncio.gather(
        *(_column(subject, guest) for subject in subjects())))


def lines(columns: list[Column]) -> list[str]:
    """The table, and what it means."""
    head = ["request", *(column.subject.title for column in columns)]
    cells = [column.cells() for column in columns]
    rows = [[request_name(number), *(column[number] for column in cells)]
            for number in range(PORTS)]
    sums = [column.sums() if not column.failure else ["FAILED"] * 5
            for column in columns]
    rows += [[name, *(column[number] for column in sums)]
             for number, name in enumerate([*VERDICTS, "outcome reported"])]
    return [f"The same {PORTS} requests, {GAP * 1000:.0f} ms apart, from the "
            "moment that firmware has numbered the buses; none after.", "",
            *table(head, rows), "",
            "lost: accepted, and neither done nor reported 20 s after the "
            "guest was up.  QEMU 10.0 reports no outcome."]
