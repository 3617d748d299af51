# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU says of the requests of a machine, asked and told."""

from dataclasses import dataclass
from typing import Any

from guest import GuestError
from machine import Machine

#: Seconds of virtual time that a listening guest has.
TIMEOUT = 5

#: Seconds to wait for an outcome, TIMEOUT and more.
PATIENCE = 90


@dataclass(frozen=True)
class Outcome:
    """How a request for a device ended, as PCI_HOTPLUG_ENDED has it."""

    request: str
    outcome: str
    reason: str


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
    await machine.wait_for(lambda: bool(outcomes(machine, device, mark)),
                           PATIENCE, f"an outcome for {device}")
    ended = outcomes(machine, device, mark)
    if ended != [expected]:
        raise GuestError(f"{device}: {ended} where {expected} is due")


async def open_request(machine: Machine, port: str) -> tuple[str, str, str]:
    """The open request of a port: kind, state, what it waits for; or ""s."""
    slot = await _slot(machine, port)
    request = slot.get("request")
    return ((request["request"], request["state"], request["waits-for"])
            if request else ("", "", ""))


async def check_open(machine: Machine, port: str,
                     *expected: str) -> None:
    """Check kind, state and what is waited for.  Raises GuestError."""
    found = await open_request(machine, port)
    if found != expected:
        raise GuestError(f"{port}: {found} is open where {expected} is due")


async def _slot(machine: Machine, port: str) -> dict[str, Any]:
    answer = await machine.execute("query-pci-hotplug")
    [slot] = [slot for slot in answer["slots"] if slot["id"] == port]
    return dict(slot)
