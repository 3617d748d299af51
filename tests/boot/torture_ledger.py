# SPDX-License-Identifier: GPL-2.0-or-later
"""What was asked of a machine, what QEMU said of it, and the verdict.

A request counts as lost when the machine has come to rest and the guest or QEMU
is not in the state that was asked for last; refused when QEMU said no though it
should not have; misread when a device is gone that nobody asked back; doubled
when more than one outcome was reported, or none where outcomes are reported.
"""

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Mapping

from cases import Place
from guest import Function, Guest
from machine import Machine, MachineError

MODEL = "virtio-rng-pci"
PATIENCE = 150          # seconds for outcomes
STOCKS_REST = 20        # seconds without a change, without outcomes to wait for
STOCKS_MOST = 60


@dataclass
class Counts:
    """A line of the table."""

    requests: int = 0
    lost: int = 0
    refused: int = 0
    misread: int = 0
    doubled: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Counts") -> None:
        """Add the counts of another run."""
        self.requests += other.requests
        self.lost += other.lost
        self.refused += other.refused
        self.misread += other.misread
        self.doubled += other.doubled
        self.notes += other.notes

    @property
    def bad(self) -> int:
        """What should be 0."""
        return self.lost + self.refused + self.misread + self.doubled


@dataclass
class Request:
    """One that QEMU accepted."""

    kind: str
    device: str
    time: float


class Ledger:
    """The requests of one machine."""

    def __init__(self, machine: Machine, guest: Guest, places: list[Place],
                 reports: bool) -> None:
        """@reports: whether QEMU reports outcomes, which the fork does."""
        self.machine = machine
        self.guest = guest
        self.places = places
        self.reports = reports
        self.counts = Counts()
        self.accepted: list[Request] = []
        self.wanted: dict[str, str | None] = {}     # device by bus
        self.asked_back: set[str] = set()
        self.faults: dict[tuple[str, str], str] = {}    # by kind and device
        self._devices = 0
        self._start = machine.mark()

    def cold(self, bus: str, device: str) -> None:
        """A device that is there from the start."""
        self.wanted[bus] = device

    async def add(self, bus: str) -> str:
        """device_add; returns the new device's id."""
        self._devices += 1
        device = f"{bus}-{self._devices}"
        if await self._ask("plug", device, "device_add", driver=MODEL,
                           id=device, bus=bus):
            self.wanted[bus] = device
        return device

    async def remove(self, bus: str) -> None:
        """device_del of what is wanted on a bus."""
        device = self.wanted.get(bus)
        assert device
        if await self._ask("unplug", device, "device_del", id=device):
            self.wanted[bus] = None
            self.asked_back.add(device)

    async def reverse(self, bus: str) -> None:
        """Ask for the opposite of what was asked for last."""
        if self.wanted.get(bus):
            await self.remove(bus)
        else:
            await self.add(bus)

    async def _ask(self, kind: str, device: str, command: str,
                   **arguments: object) -> bool:
        self.counts.requests += 1
        try:
            await self.machine.execute(command, **arguments)
        except MachineError as error:
            self.counts.refused += 1
            self.faults[kind, device] = "refused"
            self.note(f"{device}: {error}")
            return False
        self.accepted.append(Request(kind, device, self.machine.age()))
        return True

    def note(self, text: str) -> None:
        """What the log should say of something that is wrong."""
        self.counts.notes.append(f"{self.machine.age():.2f} s: {text}")

    async def wait_deleted(self, device: str) -> None:
        """Wait until a device is gone."""
        await self.machine.wait_deleted(device, self._start)

    # ---- rest ---------------------------------------------------------------

    def _ended(self) -> Counter[tuple[str, str]]:
        """How often outcomes were reported, by device and kind."""
        return Counter(
            (device.get("id", ""), event["data"]["request"])
            for event in self.machine.events_since(self._start)
            if event["event"] == "PCI_HOTPLUG_ENDED"
            for device in event["data"]["devices"])

    def _outcomes(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        return {(device.get("id", ""), event["data"]["request"]): event["data"]
                for event in self.machine.events_since(self._start)
                if event["event"] == "PCI_HOTPLUG_ENDED"
                for device in event["data"]["devices"]}

    def outcome(self, kind: str, device: str) -> str:
        """The outcome that QEMU reported of a request; empty without one."""
        data = self._outcomes().get((device, kind))
        return data["outcome"] if data else ""

    def _all_ended(self) -> bool:
        ended = self._ended()
        return all(ended[(request.device, request.kind)]
                   for request in self.accepted)

    async def wait_ended(self) -> None:
        """Wait until each request has an outcome, where they are reported."""
        await self._wait_for_rest(PATIENCE)

    async def _wait_for_rest(self, limit: float) -> None:
        end = time.monotonic() + (limit if self.reports else STOCKS_MOST)
        quiet_since = time.monotonic()
        seen = -1
        while time.monotonic() < end:
            if self.reports and self._all_ended():
                break
            if seen != self.machine.mark():
                seen = self.machine.mark()
                quiet_since = time.monotonic()
            if (not self.reports and
                    time.monotonic() - quiet_since > STOCKS_REST):
                break
            await asyncio.sleep(0.2)

    async def judge(self, limit: float = PATIENCE) -> Counts:
        """Wait until the machine is at rest, and count what is wrong."""
        await self._wait_for_rest(limit)
        await self._settle()
        present = await self._present()
        functions = await self.guest.functions()
        for place in self.places:
            self._judge_place(place, present.get(place.bus), functions)
        self._judge_misread()
        if self.reports:
            self._judge_reports()
        return self.counts

    async def _settle(self) -> None:
        """Drivers may be busy with what was reported; stock's have rested."""
        for _ in range(50 if self.reports else 5):
            functions = await self.guest.functions()
            if all(self._agrees(place, functions) for place in self.places):
                return
            await asyncio.sleep(0.3)

    def _agrees(self, place: Place, functions: list[Function]) -> bool:
        return bool(self._seen(place, functions)) == \
            bool(self.wanted.get(place.bus))

    @staticmethod
    def _seen(place: Place, functions: list[Function]) -> list[Function]:
        return [function for function in functions
                if re.fullmatch(place.path(0), function.path)]

    async def _present(self) -> dict[str, str]:
        """The devices that QEMU has, by bus."""
        found = await self.machine.execute("qom-list",
                                           path="/machine/peripheral")
        names = {entry["name"] for entry in found}
        return {bus: device for bus, device
                in ((name.rpartition("-")[0], name) for name in names)
                if device != bus and bus}

    def _judge_place(self, place: Place, present: str | None,
                     functions: list[Function]) -> None:
        wanted = self.wanted.get(place.bus)
        seen = self._seen(place, functions)
        if present == wanted and bool(seen) == bool(wanted) and \
                all(function.driver for function in seen):
            return
        if wanted and not present:
            return                              # see _judge_misread()
        self.counts.lost += 1
        self.faults["plug" if wanted else "unplug",
                    wanted or present or ""] = "lost"
        self.note(f"{place.bus}: wanted {wanted}, QEMU has {present}, the "
                  f"guest sees {seen or 'nothing'}")

    def _judge_misread(self) -> None:
        for event in self.machine.events_since(self._start):
            device = event.get("data", {}).get("device")
            if event["event"] == "DEVICE_DELETED" and device and \
                    device not in self.asked_back:
                self.counts.misread += 1
                self.faults["plug", device] = "misread"
                self.note(f"{device} is gone, and nobody asked it back")

    def _judge_reports(self) -> None:
        ended = self._ended()
        for request in self.accepted:
            count = ended.pop((request.device, request.kind), 0)
            if count != 1:
                self.counts.doubled += 1
                self.note(f"{request.kind} of {request.device}: {count} "
                          "outcomes")
        for (device, kind), count in ended.items():
            self.counts.doubled += count
            self.note(f"{kind} of {device}: reported, and not asked for")
        for (device, kind), data in self._outcomes().items():
            if data["outcome"] in ("timed-out", "declined"):
                self.note(f"{kind} of {device}: {data['outcome']}, "
                          f"{data['reason']}")
