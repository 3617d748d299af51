# SPDX-License-Identifier: GPL-2.0-or-later
"""Port accesses and latency of plug and unplug by ACPI, by number of ports.

Accesses are counted by QEMU's memory core, which is the same in stock and in
the fork: its trace events memory_region_ops_read and _write name the region,
and those of the hotplug registers are called acpi-pci-hotplug….  The events
are on only while accesses are counted, never while time is measured.

Time is the host's, from the moment before device_add or device_del is sent.
The guest sees a device when its agent reports the kernel's event of that
function; there is a guest with SeaBIOS and one emulated processor.  Four times
are taken: until QEMU has answered device_add (it makes the device and its
memory maps), until the guest sees the device, until it has lost it, and until
DEVICE_DELETED.

The first of them has nothing to do with hotplug registers, but grows with the
number of ports, in stock as in the fork: a memory map then has more to it.
What is left of the plug's time without it is called the guest's part.
"""

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import AsyncIterator, Sequence

import boot
from cases import Place
from firmware import FIRMWARE
from guest import Guest, Uevent
from image import Image
from machine import EVENT_TIMEOUT, Machine
from subjects import Spread, Subject

_ACCESSES = ("memory_region_ops_read", "memory_region_ops_write")
_ACCESS = re.compile(r"memory_region_ops_(\w+) .* addr (0x\w+) .*"
                     r"name 'acpi-pci-hotplug.*'")

#: The register by which the guest's kernel looks up an acpi-index when it
#: names a device.
_INDEX = 0xcd4


@dataclass
class Latency:
    """Seconds from request to answer, a value for each cycle."""

    answer: list[float] = field(default_factory=list)
    plug: list[float] = field(default_factory=list)
    unplug: list[float] = field(default_factory=list)
    deleted: list[float] = field(default_factory=list)

    def extend(self, other: "Latency") -> None:
        """Take over another's values."""
        self.answer += other.answer
        self.plug += other.plug
        self.unplug += other.unplug
        self.deleted += other.deleted

    def spreads(self) -> dict[str, Spread]:
        """By what was waited for."""
        # The guest may have seen it before QEMU's answer was read.
        seen = [max(plug - answer, 0)
                for plug, answer in zip(self.plug, self.answer)]
        return {"plug": Spread(self.plug), "answer": Spread(self.answer),
                "guest": Spread(seen), "unplug": Spread(self.unplug),
                "deleted": Spread(self.deleted)}


@dataclass(frozen=True)
class Accesses:
    """Accesses to the hotplug registers: to handle an event, and for names."""

    event: int
    naming: int


@dataclass
class Boot:
    """What one boot gave.

    @ready, @processor: seconds, and of QEMU's processor time, until the guest
    was up; @dsdt: bytes
    """

    ready: float
    processor: float
    dsdt: int
    latency: Latency
    plug_accesses: Accesses
    unplug_accesses: Accesses


class Trace:
    """QEMU's trace log, and which events go there."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._path = machine.folder / "trace.log"

    @staticmethod
    def arguments(folder: Path) -> list[str]:
        """QEMU's arguments; each line begins with the time."""
        return ["-D", str(folder / "trace.log"), "-msg", "timestamp=on"]

    def lines(self) -> list[str]:
        """What is in the log."""
        return self._path.read_text(errors="replace").splitlines()

    async def enable(self, names: Sequence[str], enable: bool) -> None:
        """Turn events on or off."""
        for name in names:
            await self._machine.execute("trace-event-set-state", name=name,
                                        enable=enable)

    def remove(self) -> None:
        """Remove the log."""
        self._path.unlink()


class Bench:
    """Cycles on one booted guest, with one light device."""

    def __init__(self, machine: Machine, guest: Guest) -> None:
        self._machine = machine
        self._guest = guest
        self.trace = Trace(machine)

    async def prepare(self) -> None:
        """Make what the device needs in QEMU."""
        await self._machine.execute("object-add", qom_type="rng-builtin",
                                    id="source")

    async def _event(self, after: int, action: str, place: Place) -> Uevent:
        """The guest's next PCI event of a kind at a place."""
        path = re.compile("/devices/" + place.path(0))

        def found() -> list[Uevent]:
            return [event for event in self._guest.events[after:]
                    if (event.action, event.subsystem) == (action, "pci")
                    and path.fullmatch(event.path)]

        await self._guest.until(lambda: bool(found()), EVENT_TIMEOUT,
                                f"{action} at {place.bus}")
        return found()[0]

    async def _settle(self) -> None:
        """Let the guest finish: its shell runs after the kernel's work."""
        for _ in range(2):
            await self._guest.run("true")

    async def plug(self, place: Place) -> tuple[float, float]:
        """Plug, wait until the driver has it.  Returns latencies: QEMU's
        answer, seen by the guest."""
        after, start = len(self._guest.events), self._machine.age()
        await self._machine.execute("device_add", driver="virtio-rng-pci",
                                    id="device", rng="source", bus=place.bus)
        answered = self._machine.age()
        seen = await self._event(after, "add", place)
        await self._event(after, "bind", place)
        await self._settle()
        return answered - start, seen.time - start

    async def unplug(self, place: Place) -> tuple[float, float]:
        """Unplug.  Returns latencies: seen by the guest, DEVICE_DELETED."""
        mark = self._machine.mark()
        after, start = len(self._guest.events), self._machine.age()
        await self._machine.execute("device_del", id="device")

        async def deleted() -> float:
            await self._machine.wait_deleted("device", mark)
            return self._machine.age()

        gone, end = await asyncio.gather(self._event(after, "remove", place),
                                         deleted())
        await self._settle()
        return gone.time - start, end - start

    async def latency(self, places: list[Place], cycles: int) -> Latency:
        """Plug and unplug, at ports spread over all there are."""
        result = Latency()
        for cycle in range(cycles):
            place = places[cycle * len(places) // cycles]
            answer, seen = await self.plug(place)
            result.answer.append(answer)
            result.plug.append(seen)
            gone, deleted = await self.unplug(place)
            result.unplug.append(gone)
            result.deleted.append(deleted)
        return result

    async def accesses(self, place: Place) -> tuple[Accesses, Accesses]:
        """Count the accesses of a plug and of an unplug."""
        await self.trace.enable(_ACCESSES, True)
        before = len(self.trace.lines())
        await self.plug(place)
        between = len(self.trace.lines())
        await self.unplug(place)
        await self.trace.enable(_ACCESSES, False)
        lines = self.trace.lines()
        return _count(lines[before:between]), _count(lines[between:])


def _count(lines: list[str]) -> Accesses:
    """Tell apart what handles the event and what looks up names.

    A look-up selects the bus, writes the slot to the index register and reads
    it.
    """
    found = [match.groups() for match in map(_ACCESS.search, lines) if match]
    index = sum(int(address, 0) == _INDEX for _, address in found)
    writes = sum(kind == "write" and int(address, 0) == _INDEX
                 for kind, address in found)
    naming = index + writes
    return Accesses(len(found) - naming, naming)


@asynccontextmanager
async def benched(
        subject: Subject, ports: int, image: Image, folder: Path
        ) -> AsyncIterator[tuple[Bench, Machine, Guest, list[Place]]]:
    """A booted guest with so many root ports, and their places."""
    devices, places = boot.root_ports(ports)
    configuration = boot.Configuration(
        subject.qemu, subject.machine, FIRMWARE["seabios"], image, folder,
        [*subject.arguments, *devices, *Trace.arguments(folder)])
    async with boot.booted(configuration) as (machine, guest):
        bench = Bench(machine, guest)
        yield bench, machine, guest, places
        await guest.power_off()
        bench.trace.remove()


async def measure(subject: Subject, ports: int, cycles: int, image: Image,
                  folder: Path) -> Boot:
    """One boot with so many root ports.  Raises GuestError, MachineError."""
    async with benched(subject, ports, image,
                       folder) as (bench, machine, guest, places):
        ready, processor = machine.age(), machine.processor_time()
        [dsdt] = await guest.run("wc -c < /sys/firmware/acpi/tables/DSDT")
        await bench.prepare()
        latency = await bench.latency(places, cycles)
        counts = await bench.accesses(places[len(places) // 2])
    return Boot(ready, processor, int(dsdt), latency, *counts)
