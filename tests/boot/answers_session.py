# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU says of the requests of a machine, asked and told."""

import asyncio
from dataclasses import dataclass
from typing import Any, Awaitable, Callable

from guest import GuestError
from machine import Machine


@dataclass(frozen=True)
class Outcome:
    """How a request for a device ended, as PCI_HOTPLUG_ENDED has it."""

    request: str
    outcome: str
    reason: str


CONFIGURED = Outcome("plug", "completed", "configured")
PLUG_UNANSWERED = Outcome("plug", "timed-out", "no-answer")
REMOVED = Outcome("unplug", "completed", "removed")
RESET = Outcome("unplug", "completed", "reset")
UNPLUG_UNANSWERED = Outcome("unplug", "timed-out", "no-answer")
GUEST_REMOVED = Outcome("removal", "completed", "guest-removed")
LATE_EJECT = Outcome("removal", "completed", "late-eject")

#: What an open request may wait for: kind, state, what for.
UNPLUG_UNHEARD = ("unplug", "queued", "guest-listening")
PLUG_UNHEARD = ("plug", "queued", "guest-listening")
UNPLUG_KNOWN = ("unplug", "acknowledged", "guest-completion")
NOTHING = ("", "", "")


async def poll(ready: Callable[[], Awaitable[bool]], timeout: float,
               what: str) -> None:
    """Wait until ready() is true.  Raises GuestError."""
    async def wait() -> None:
        while not await ready():
            await asyncio.sleep(0.1)

    try:
        await asyncio.wait_for(wait(), timeout)
    except asyncio.TimeoutError:
        raise GuestError(f"not within {timeout:g} s: {what}") from None


def outcomes(machine: Machine, device: str, mark: int = 0) -> list[Outcome]:
    """The outcomes that were reported of a device, since @mark."""
    return [Outcome(data["request"], data["outcome"], data["reason"])
            for data in (event["data"] for event in machine.events_since(mark)
                         if event["event"] == "PCI_HOTPLUG_ENDED")
            if any(member.get("id") == device for member in data["devices"])]


async def wait_outcome(machine: Machine, device: str, expected: Outcome,
                       mark: int) -> None:
    """Wait until a request for a device ended, once, and as expected.

    Raises GuestError and MachineError.
    """
    await machine.wait_event(
        "PCI_HOTPLUG_ENDED", mark,
        lambda data: any(member.get("id") == device
                         for member in data["devices"]))
    ended = outcomes(machine, device, mark)
    if ended != [expected]:
        raise GuestError(f"{device}: {ended} where {expected} is due")


def _named(machine: Machine, event: str) -> list[str]:
    """The devices that events of a name were about, in their order."""
    return [found["data"]["device"] for found in machine.events_since(0)
            if found["event"] == event and "device" in found["data"]]


def check_reports(machine: Machine,
                  expected: dict[str, list[Outcome]]) -> None:
    """Check all that was reported since the start, and nothing twice.

    @expected: the outcomes of each device, in their order
    Raises GuestError.
    """
    members = {member.get("id") for event in machine.events_since(0)
               if event["event"] == "PCI_HOTPLUG_ENDED"
               for member in event["data"]["devices"]}
    found = {str(device): outcomes(machine, str(device)) for device in members}
    if found != expected:
        raise GuestError(f"reported: {found}, where {expected} is due")
    gone = [device for device, ends in expected.items() for end in ends
            if end.request != "plug" and end.outcome == "completed"]
    failed = [device for device, ends in expected.items()
              for end in ends if end == UNPLUG_UNANSWERED]
    for event, due in (("DEVICE_DELETED", gone),
                       ("DEVICE_UNPLUG_GUEST_ERROR", failed)):
        if sorted(_named(machine, event)) != sorted(due):
            raise GuestError(f"{event} of {_named(machine, event)}, where "
                             f"{due} are due")


async def open_request(machine: Machine, port: str) -> tuple[str, str, str]:
    """The open request of a port: kind, state, what it waits for; or ""s."""
    request = (await _slot(machine, port)).get("request")
    return ((request["request"], request["state"], request["waits-for"])
            if request else NOTHING)


async def check_open(machine: Machine, port: str,
                     expected: tuple[str, str, str]) -> None:
    """Check kind, state and what is waited for.  Raises GuestError."""
    found = await open_request(machine, port)
    if found != expected:
        raise GuestError(f"{port}: {found} is open where {expected} is due")


async def open_age(machine: Machine, port: str) -> int:
    """Milliseconds since the open request of a port was made."""
    request = (await _slot(machine, port)).get("request")
    if not request:
        raise GuestError(f"{port}: nothing is open")
    return int(request["age-ms"])


async def _slot(machine: Machine, port: str) -> dict[str, Any]:
    answer = await machine.execute("query-pci-hotplug")
    [slot] = [slot for slot in answer["slots"] if slot["id"] == port]
    return dict(slot)
