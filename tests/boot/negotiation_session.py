# SPDX-License-Identifier: GPL-2.0-or-later
"""A booted guest whose account of PCI hotplug is held against QEMU's."""

from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Awaitable, Callable, Iterator

import boot
import devices
import firmware
import settings
from cases import Case, Place
from guest import Guest, GuestError
from image import Image
from machine import Machine, MachineError
from negotiation_guest import Osc, Port, read_osc, read_ports
from negotiation_query import (Slot, Trace, check_method, query,
                               trace_arguments)
from report import Tap

FAILURES = (GuestError, MachineError)


@contextmanager
def checked(tap: Tap, name: str) -> Iterator[None]:
    """A test: passed unless it raises GuestError or MachineError."""
    try:
        yield
    except FAILURES as error:
        tap.result(False, name, str(error))
    else:
        tap.result(True, name)


def require(true: bool, otherwise: str) -> None:
    """Raise GuestError with a reason unless something is true."""
    if not true:
        raise GuestError(otherwise)


@dataclass
class Run:
    """What all guests of a run share.

    @folder: for files of this run
    @seed: of what is random
    """

    tap: Tap
    image: Image
    folder: Path
    seed: int
    devices: int = 0

    @property
    def full(self) -> bool:
        """Whether time does not matter."""
        return settings.TIER == "full"

    def random(self, name: str, place: Place) -> Case:
        """A source of random numbers, to be plugged at @place."""
        self.devices += 1
        return Case([devices.Random(name, self.devices, self.folder)], place)


@dataclass
class Subject:
    """A machine and its guest's kernel.

    @machine: QEMU's argument of that name
    @arguments: QEMU's, for its devices
    @reports: the guest's _OSC tells QEMU what it commits
    """

    name: str
    machine: str
    arguments: list[str]
    kernel_options: str = ""
    firmware: str = "seabios"
    reports: bool = True
    reboots: bool = False
    suspends: bool = False
    qemu: Path = field(default_factory=settings.fork_qemu)

    def configuration(self, run: Run) -> boot.Configuration:
        """What to boot."""
        folder = settings.REPORT / "boot" / boot.artefact_name(
            "negotiation", self.name)
        return boot.Configuration(
            self.qemu, self.machine, firmware.FIRMWARE[self.firmware],
            run.image, folder, [*self.arguments, *trace_arguments(folder)],
            kernel_options=self.kernel_options, reboots=self.reboots,
            suspends=self.suspends)


@dataclass(frozen=True)
class Expected:
    """What is expected of a port, once the guest is up.

    @method: "acpi" or "native": what the guest uses, and what serves requests
    @evidence: how QEMU knows; "" where stock QEMU can't be asked
    """

    method: str
    evidence: str
    capable: bool = True

    @property
    def driver(self) -> str:
        """Who has the slot in the guest."""
        return {"acpi": "acpiphp", "native": "pciehp"}[self.method]


def address_of(place: Place) -> str:
    """The address of the port in front of a place, as in "0000:00:03.0"."""
    return place.above.rpartition("/")[2].replace("\\", "")


def _bus_of(place: Place) -> int:
    """The number of the root bus that a place is below."""
    return int(place.above.partition("/")[0].rpartition(":")[2], 16)


def _guest_uses(osc: Osc | None, port: Port, reports: bool) -> tuple[str, str]:
    """What QEMU should make of what the guest says: method and evidence.

    @osc: None where the kernel knows of no _OSC
    """
    if reports and osc and osc.controls is not None:
        return "native" if osc.native else "acpi", "committed"
    return "native" if port.interrupts else "acpi", "inferred"


class Session:
    """A machine and its guest."""

    def __init__(self, run: Run, subject: Subject, machine: Machine,
                 guest: Guest) -> None:
        self.run = run
        self.subject = subject
        self.machine = machine
        self.guest = guest
        self.trace = Trace(machine.folder)

    def test(self, name: str) -> AbstractContextManager[None]:
        """A test of this subject, as checked() has it."""
        return checked(self.run.tap, f"{self.subject.name}: {name}")

    async def slots(self) -> dict[str, Slot]:
        """What QEMU says of all ports."""
        return await query(self.machine)

    async def check_guest(self, place: Place, expected: Expected) -> Port:
        """Test who has a slot in the guest, and why."""
        port = (await read_ports(self.guest))[address_of(place)]
        osc = (await read_osc(self.guest)).get(_bus_of(place))
        require(port.capable == expected.capable and
                port.driver == expected.driver,
                f"the guest sees {port} where {expected} is due")
        if osc and osc.controls is not None:
            require(osc.native == (expected.method == "native"),
                    f"the guest logged {osc} where {expected} is due")
        return port

    async def check_commits(self, place: Place) -> None:
        """Test that the guest committed itself to something by _OSC."""
        log = await read_osc(self.guest)
        osc = log.get(_bus_of(place), Osc())
        require(osc.controls is not None, f"no _OSC for {place.title}: {log}")

    async def check_agreement(self, place: Place, expected: Expected) -> None:
        """Test what the guest says, what QEMU says, and that both agree.
        """
        port = await self.check_guest(place, expected)
        osc = (await read_osc(self.guest)).get(_bus_of(place))
        slot = (await self.slots())[place.bus]
        require(slot.known == _guest_uses(osc, port, self.subject.reports),
                f"{slot}, but the guest has {port} and {osc}")
        require((slot.capable, slot.interrupts) ==
                (port.capable, port.interrupts),
                f"{slot}, but the guest sees {port}")
        require(slot.known == (expected.method, expected.evidence),
                f"{slot} where {expected} is due")
        require(slot.method == expected.method,
                f"requests go by {slot.method}: {slot}")

    async def check_devices(self, cases: list[Case], there: bool) -> None:
        """Test that QEMU says that devices are in their slots, or not."""
        slots = await self.slots()
        for case in cases:
            due = tuple(device.id for device in case.devices if there)
            slot = slots[case.place.bus]
            require(slot.devices == due, f"{slot}, where {due} are due")

    async def plug(self, cases: list[Case]) -> None:
        """Plug devices and have the guest use them."""
        for case in cases:
            await case.add_backends(self.machine)
            await case.request_plug(self.machine)
        await self.wait_plugged(cases)

    async def wait_plugged(self, cases: list[Case]) -> None:
        """Wait until the guest has devices, and have it use them."""
        for case in cases:
            await case.check(self.guest, await case.wait_plugged(self.guest))

    async def unplug(self, cases: list[Case]) -> None:
        """Unplug devices, and wait until guest and QEMU have lost them."""
        mark = self.machine.mark()
        for case in cases:
            await case.request_unplug(self.machine)
        for case in cases:
            await case.wait_unplugged(self.machine, self.guest, mark)
            await case.remove_backends(self.machine)

    async def cycle(self, method: str, new: list[Case],
                    old: list[Case] | None = None) -> None:
        """Test that devices come and go by one method alone.

        @new: devices to plug
        @old: others, there already, that go together with them
        """
        mark = self.trace.mark()
        await self.plug(new)
        await self.check_devices([*new, *(old or [])], True)
        await self.unplug([*new, *(old or [])])
        await self.check_devices([*new, *(old or [])], False)
        check_method(method, self.trace.since(mark),
                     [case.place.bus for case in [*new, *(old or [])]])


async def start(run: Run, subject: Subject,
                check: Callable[[Session], Awaitable[None]]) -> None:
    """Start a machine, have it checked, and end it.

    The guest boots meanwhile, unless -S holds it back.  What stops the check
    is a failed test as well.
    """
    failed = run.tap.failed
    try:
        async with boot.started(subject.configuration(run)) as (machine, guest):
            await check(Session(run, subject, machine, guest))
            if run.tap.failed != failed:
                await boot.keep_evidence(machine, guest)
    except (*FAILURES, OSError) as error:
        run.tap.result(False, f"{subject.name}: the run comes to its end",
                       str(error))


async def boot_up(run: Run, subject: Subject,
                  check: Callable[[Session], Awaitable[None]]) -> None:
    """The same, once the guest is up."""
    async def check_when_up(session: Session) -> None:
        await session.guest.wait_ready()
        await check(session)

    await start(run, subject, check_when_up)
