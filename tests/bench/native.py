# SPDX-License-Identifier: GPL-2.0-or-later
"""Latency of plug and unplug by the ports' own controllers.

An unplug is mostly waiting: Linux's pciehp lets the power indicator blink for
5 s, so that the button can be pressed again to cancel, and waits 1 s after
power-off.  The guest's clock gives these waits up to a quarter of a second
more, another each time.  So they are measured and taken off: a gap of more
than LONGEST_WORK between two accesses to configuration space, by QEMU's trace
events pci_cfg_read and pci_cfg_write, which stock has as well.  They are on
during unplugs, of some dozens of accesses each.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from cases import Place
from hotplug import Bench, benched
from image import Image
from machine import Machine, MachineError
from subjects import STOCK, Spread, Subject

#: Seconds: no guest is silent for so long while it works, none waits shorter.
LONGEST_WORK = 0.5

#: Seconds that the driver wants to wait: blinking, and after power-off.
DRIVER_WAITS = 6.0

PORTS = 8

_TRACED = ("pci_cfg_read", "pci_cfg_write")
_ACCESS = re.compile(r"\d+@(\d+\.\d+):pci_cfg_(?:read|write) ")


@dataclass
class Latency:
    """Seconds, a value for each cycle.

    @answer, @plug: from device_add to QEMU's answer, and to the guest seeing
    the device
    @deleted: from device_del to DEVICE_DELETED; @waits of it the guest waited
    """

    answer: list[float] = field(default_factory=list)
    plug: list[float] = field(default_factory=list)
    deleted: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def extend(self, other: "Latency") -> None:
        """Take over another's values."""
        self.answer += other.answer
        self.plug += other.plug
        self.deleted += other.deleted
        self.waits += other.waits

    def spreads(self) -> dict[str, Spread]:
        """By what was waited for."""
        seen = [max(plug - answer, 0)
                for plug, answer in zip(self.plug, self.answer)]
        left = [deleted - waits
                for deleted, waits in zip(self.deleted, self.waits)]
        return {"plug": Spread(self.plug), "answer": Spread(self.answer),
                "guest": Spread(seen), "left": Spread(left),
                "waits": Spread(self.waits), "deleted": Spread(self.deleted)}


def waits(lines: list[str]) -> float:
    """Seconds that the guest waited, by its configuration space accesses."""
    times = [float(match[1]) for match in map(_ACCESS.match, lines) if match]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    return sum(gap for gap in gaps if gap > LONGEST_WORK)


async def _unplug(bench: Bench, place: Place) -> tuple[float, float]:
    """Unplug.  Returns seconds until DEVICE_DELETED, and of waits in it.

    Raises MachineError where the guest did not wait as it does natively.
    """
    await bench.trace.enable(_TRACED, True)
    before = len(bench.trace.lines())
    _, deleted = await bench.unplug(place)
    await bench.trace.enable(_TRACED, False)
    waited = waits(bench.trace.lines()[before:])
    if not DRIVER_WAITS <= waited <= deleted:
        raise MachineError(f"an unplug of {deleted:.3f} s with waits of "
                           f"{waited:.3f} s is no native one")
    return deleted, waited


async def _check_mode(machine: Machine, subject: Subject) -> None:
    """The fork knows what the guest uses.  Raises MachineError."""
    if subject.name != STOCK:
        answer = await machine.execute("query-pci-hotplug")
        if any(slot.get("negotiated") != "native"
               for slot in answer["slots"]):
            raise MachineError(f"not all ports are native: {answer}")


async def measure(subject: Subject, cycles: int, image: Image,
                  folder: Path) -> Latency:
    """One boot.  Raises GuestError, MachineError."""
    result = Latency()
    async with benched(subject, PORTS, image,
                       folder) as (bench, machine, _, places):
        await _check_mode(machine, subject)
        await bench.prepare()
        for cycle in range(cycles):
            place = places[cycle % len(places)]
            answer, seen = await bench.plug(place)
            deleted, waited = await _unplug(bench, place)
            result.answer.append(answer)
            result.plug.append(seen)
            result.deleted.append(deleted)
            result.waits.append(waited)
    return result
