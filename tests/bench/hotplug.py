# SPDX-License-Identifier: GPL-2.0-or-later
"""Port accesses and latency of plug and unplug, by number of root ports.

Accesses are counted by QEMU's memory core, which is the same in stock and in
the fork: its trace events memory_region_ops_read and _write name the region,
and those of the hotplug registers are called acpi-pci-hotplug….  The events
are on only while accesses are counted, never while time is measured.

Time is the host's, from the moment before device_add or device_del is sent.
The guest sees a device when its agent reports the kernel's event of that
function; there is a guest with SeaBIOS and one emulated processor.
"""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path

import boot
from cases import Place
from firmware import FIRMWARE
from guest import Guest, Uevent
from image import Image
from machine import EVENT_TIMEOUT, Machine
from subjects import Spread, Subject

_TRACED = ("memory_region_ops_read", "memory_region_ops_write")
_ACCESS = re.compile(r"memory_region_ops_(\w+) .* addr (0x\w+) .*"
                     r"name 'acpi-pci-hotplug.*'")

#: The register by which the guest's kernel looks up an acpi-index when it
#: names a device.
_INDEX = 0xcd4


@dataclass
class Latency:
    """Seconds from request to answer, a value for each cycle."""

    plug: list[float] = field(default_factory=list)
    unplug: list[float] = field(default_factory=list)
    deleted: list[float] = field(default_factory=list)

    def extend(self, other: "Latency") -> None:
        """Take over another's values."""
        self.plug += other.plug
        self.unplug += other.unplug
        self.deleted += other.deleted

    def spreads(self) -> dict[str, Spread]:
        """By what was waited for."""
        return {"plug": Spread(self.plug), "unplug": Spread(self.unplug),
                "deleted": Spread(self.deleted)}


@dataclass(frozen=True)
class Accesses:
    """Accesses to the hotplug registers: to handle an event, and for names."""

    event: int
    naming: int


@dataclass
class Boot:
    """What one boot gave; @ready in seconds, @dsdt in bytes."""

    ready: float
    dsdt: int
    latency: Latency
    plug_accesses: Accesses
    unplug_accesses: Accesses


class Bench:
    """Cycles on one booted guest, with one light device."""

    def __init__(self, machine: Machine, guest: Guest, trace: Path) -> None:
        self._machine = machine
        self._guest = guest
        self._trace = trace

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

    async def plug(self, place: Place) -> float:
        """Plug, wait until the driver has it.  Returns the latency."""
        after, start = len(self._guest.events), self._machine.age()
        await self._machine.execute("device_add", driver="virtio-rng-pci",
                                    id="device", rng="source", bus=place.bus)
        seen = await self._event(after, "add", place)
        await self._event(after, "bind", place)
        await self._settle()
        return seen.time - start

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
        await self._machine.execute("object-add", qom_type="rng-builtin",
                                    id="source")
        result = Latency()
        for cycle in range(cycles):
            place = places[cycle * len(places) // cycles]
            result.plug.append(await self.plug(place))
            gone, deleted = await self.unplug(place)
            result.unplug.append(gone)
            result.deleted.append(deleted)
        return result

    async def _count(self, done: int) -> list[tuple[str, int]]:
        """Accesses traced since the first @done: read or write, address."""
        text = self._trace.read_text(errors="replace")
        return [(kind, int(address, 0))
                for kind, address in _ACCESS.findall(text)][done:]

    async def _tracing(self, enable: bool) -> None:
        for name in _TRACED:
            await self._machine.execute("trace-event-set-state", name=name,
                                        enable=enable)

    async def accesses(self, place: Place) -> tuple[Accesses, Accesses]:
        """Count the accesses of a plug and of an unplug."""
        await self._tracing(True)
        await self.plug(place)
        plugged = await self._count(0)
        await self.unplug(place)
        unplugged = await self._count(len(plugged))
        await self._tracing(False)
        return _sort(plugged), _sort(unplugged)


def _sort(accesses: list[tuple[str, int]]) -> Accesses:
    """Tell apart what handles the event and what looks up names.

    A look-up selects the bus, writes the slot to the index register and reads
    it.
    """
    index = sum(address == _INDEX for _, address in accesses)
    writes = sum(access == ("write", _INDEX) for access in accesses)
    naming = index + writes
    return Accesses(len(accesses) - naming, naming)


async def measure(subject: Subject, ports: int, cycles: int, image: Image,
                  folder: Path) -> Boot:
    """One boot with so many root ports.  Raises GuestError, MachineError."""
    devices, places = boot.root_ports(ports)
    trace = folder / "trace.log"
    devices += ["-D", str(trace)]
    configuration = boot.Configuration(
        subject.qemu, subject.machine, FIRMWARE["seabios"], image, folder,
        devices)
    async with boot.booted(configuration) as (machine, guest):
        ready = machine.age()
        [dsdt] = await guest.run("wc -c < /sys/firmware/acpi/tables/DSDT")
        bench = Bench(machine, guest, trace)
        latency = await bench.latency(places, cycles)
        counts = await bench.accesses(places[len(places) // 2])
        await guest.power_off()
    trace.unlink()
    return Boot(ready, int(dsdt), latency, *counts)
