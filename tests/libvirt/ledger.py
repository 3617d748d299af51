# SPDX-License-Identifier: GPL-2.0-or-later
"""What was asked of libvirt, what it reported, and the verdict.

A request counts as refused when virsh fails; lost when, with everything at rest
and before anything else is asked, the device is not where it should be in what
libvirt, QEMU or the guest says; misread when a device is removed that nobody
asked back.  Its reports are wrong when libvirt had not exactly one event for it,
or the fork not exactly one outcome.
"""

import asyncio
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain import NAME, Device, Domain, place
from guest import Guest, GuestError
from session import SCALE, LibvirtError

PATIENCE = 150 * SCALE      # seconds for outcomes
STOCKS_REST = 15            # seconds without an event, where some never come
SETTLE = 20 * SCALE

#: libvirt's events, by what was asked for: the last is the failure.
EVENTS = {"attach": ("device-added",),
          "detach": ("device-removed", "device-removal-failed")}
_QEMUS = {"attach": "plug", "detach": "unplug"}


@dataclass
class Counts:
    """A line of the table."""

    requests: int = 0
    refused: int = 0
    lost: int = 0
    misread: int = 0
    reports: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def bad(self) -> int:
        """What should be 0."""
        return self.refused + self.lost + self.misread + self.reports


@dataclass
class Request:
    """One that libvirt took; @part is the part of the run that made it."""

    kind: str
    device: Device
    part: str


class Ledger:
    """The requests of one domain."""

    def __init__(self, domain: Domain, guest: Guest, reports: bool) -> None:
        """@reports: whether QEMU reports outcomes, which the fork does."""
        self.domain = domain
        self.guest = guest
        self.reports = reports
        self.parts: dict[str, Counts] = {}
        self.requests: list[Request] = []
        self.wanted: dict[str, tuple[Device, bool, str]] = {}
        self._lost: set[str] = set()
        self._virsh_log = Path()
        self._qemu_log = Path()

    async def watch(self) -> None:
        """Let virsh write down all that happens."""
        libvirt = self.domain.libvirt
        self._virsh_log = await libvirt.watch(
            "events.log", "event", "--all", "--loop", "--timestamp")
        self._qemu_log = await libvirt.watch(
            "qemu-events.log", "qemu-monitor-event", "--loop", "--timestamp")

    def counts(self, part: str) -> Counts:
        """Those of a part of the run."""
        return self.parts.setdefault(part, Counts())

    def note(self, part: str, text: str) -> None:
        """What the log should say of something that is wrong."""
        self.counts(part).notes.append(f"{self.domain.age():.1f} s: {text}")

    # ---- requests -----------------------------------------------------------

    def cold(self, device: Device, part: str) -> None:
        """A device that is there from the start."""
        self.wanted[device.alias] = device, True, part

    async def attach(self, device: Device, part: str) -> None:
        """virsh attach-device --live."""
        xml = device.write(self.domain.libvirt)
        await self._ask("attach", device, part, "attach-device", NAME,
                        str(xml), "--live")

    async def detach(self, device: Device, part: str,
                     wait: bool = True) -> None:
        """virsh detach-device --live, which waits 5 s for the device to go;
        without @wait detach-device-alias, which does not.
        """
        if wait:
            xml = self.domain.folder / f"{device.alias}.xml"
            what = ["detach-device", NAME, str(xml), "--live"]
        else:
            what = ["detach-device-alias", NAME, device.alias, "--live"]
        await self._ask("detach", device, part, *what)

    async def _ask(self, kind: str, device: Device, part: str,
                   *command: str) -> None:
        self.counts(part).requests += 1
        try:
            await self.domain.libvirt.virsh(*command)
        except LibvirtError as error:
            self.counts(part).refused += 1
            self.note(part, str(error))
            return
        self.wanted[device.alias] = device, kind == "attach", part
        self.requests.append(Request(kind, device, part))

    # ---- events -------------------------------------------------------------

    def _events(self) -> Counter[tuple[str, str]]:
        """libvirt's events of devices: how often, by name and device."""
        found = re.findall(
            rf"event '(device-[\w-]+)' for domain '?{NAME}'?: (\S+)",
            self._virsh_log.read_text(errors="replace"))
        return Counter(found)

    def _ended(self) -> Counter[tuple[str, str]]:
        """QEMU's outcomes as libvirt passes them on: how often, by kind and
        device.
        """
        return Counter((event["request"], device.get("id", ""))
                       for event in self.ended()
                       for device in event["devices"])

    def ended(self) -> list[dict[str, Any]]:
        """The data of each PCI_HOTPLUG_ENDED."""
        found = re.findall(r"event PCI_HOTPLUG_ENDED for domain '?" + NAME +
                           r"'?: (\{.*\})$",
                           self._qemu_log.read_text(errors="replace"), re.M)
        return [json.loads(data) for data in found]

    def _reported(self, request: Request) -> int:
        events = self._events()
        return sum(events[name, request.device.alias]
                   for name in EVENTS[request.kind])

    def open(self) -> int:
        """How many requests have not been reported yet."""
        ended = self._ended()
        return sum(not self._reported(request) or self.reports and
                   not ended[_QEMUS[request.kind], request.device.alias]
                   for request in self.requests)

    async def wait_reported(self) -> None:
        """Wait until each request was reported; stock may never do that."""
        end = time.monotonic() + PATIENCE
        quiet_since, seen = time.monotonic(), -1
        while self.open() and time.monotonic() < end:
            if seen != self._virsh_log.stat().st_size:
                seen = self._virsh_log.stat().st_size
                quiet_since = time.monotonic()
            if not self.reports and \
                    time.monotonic() - quiet_since > STOCKS_REST:
                return
            await asyncio.sleep(0.2)

    async def wait_works(self, device: Device) -> bool:
        """Wait until the guest has a driver on a device; False if never."""
        if not self.wanted.get(device.alias, (device, False, ""))[1]:
            return False
        try:
            await self.guest.wait_function(
                place(device).path(0), lambda it: it.driver == "virtio-pci",
                PATIENCE if self.reports else STOCKS_REST)
        except GuestError:
            return False
        return True

    # ---- verdict ------------------------------------------------------------

    async def rest(self) -> None:
        """Wait until everything is at rest, and count what is lost."""
        await self.wait_reported()
        wrong = await self._wrong()
        end = time.monotonic() + SETTLE
        while wrong and self.reports and time.monotonic() < end:
            await asyncio.sleep(0.5)
            wrong = await self._wrong()
        for device, text in wrong.items():
            part = self.wanted[device][2]
            if device not in self._lost:
                self.counts(part).lost += 1
            self._lost.add(device)
            self.note(part, text)

    async def judge(self) -> None:
        """The same at the end of the run, and count what was reported."""
        await self.rest()
        self._judge_events()

    async def _wrong(self) -> dict[str, str]:
        """Devices that are not where they should be, and who says so."""
        libvirts = await self.domain.aliases()
        answer = json.loads(await self.domain.libvirt.virsh(
            "qemu-monitor-command", NAME,
            '{"execute": "qom-list", '
            '"arguments": {"path": "/machine/peripheral"}}'))
        qemus = {entry["name"] for entry in answer["return"]}
        functions = await self.guest.functions()
        wrong = {}
        for alias, (device, wanted, _) in self.wanted.items():
            seen = [function.driver for function in functions
                    if re.fullmatch(place(device).path(0), function.path)]
            views = {"libvirt": alias in libvirts, "QEMU": alias in qemus,
                     "the guest": bool(seen)}
            if set(views.values()) == {wanted} and \
                    all(driver == "virtio-pci" for driver in seen):
                continue
            has = [name for name, it in views.items() if it] or ["nobody"]
            wrong[alias] = (f"{alias} should be "
                            f"{'there' if wanted else 'gone'}; it is seen by "
                            f"{', '.join(has)}; its driver: {seen}")
        return wrong

    def _judge_events(self) -> None:
        ended = self._ended()
        for request in self.requests:
            count = self._reported(request)
            outcomes = ended[_QEMUS[request.kind], request.device.alias]
            if count != 1 or self.reports and outcomes != 1:
                self.counts(request.part).reports += 1
                self.note(request.part,
                          f"{request.kind} of {request.device.alias}: {count} "
                          f"events of libvirt's, {outcomes} PCI_HOTPLUG_ENDED")
        asked = {request.device.alias for request in self.requests
                 if request.kind == "detach"}
        for (name, alias), count in self._events().items():
            if name != "device-added" and alias not in asked:
                _, _, part = self.wanted.get(alias, (None, None, "others"))
                self.counts(part).misread += count
                self.note(part, f"{alias}: {name}, and nobody asked it back")
