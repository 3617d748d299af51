# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases: devices that share a slot, plugged together and unplugged together."""

import time
from dataclasses import dataclass
from pathlib import Path

import devices
from devices import Device
from guest import Function, Guest, GuestError
from machine import Machine


@dataclass(frozen=True)
class Place:
    """Where to plug.

    @bus: the bus's id in QEMU
    @slot: the device number on it
    @above: the path of the bridges above, as the guest's sysfs has it,
            from the host bridge down; a regular expression
    """

    title: str
    bus: str
    slot: int
    above: str

    def path(self, function: int) -> str:
        """The path of a function plugged here, as a regular expression."""
        return (rf"{self.above}/[0-9a-f]{{4}}:[0-9a-f]{{2}}:{self.slot:02x}"
                rf"\.{function}")


@dataclass(frozen=True)
class Case:
    """The functions of a slot, in the order of their numbers, and its place."""

    devices: list[Device]
    place: Place

    @property
    def title(self) -> str:
        """What is plugged."""
        models = " + ".join(device.model for device in self.devices)
        named = any(isinstance(device, devices.NamedNetwork)
                    for device in self.devices)
        return f"{models} with acpi-index" if named else models

    async def add_backends(self, machine: Machine) -> None:
        """Make what the devices need in QEMU."""
        for device in self.devices:
            await device.add_backend(machine)

    async def remove_backends(self, machine: Machine) -> None:
        """Check and remove it, after the devices."""
        for device in self.devices:
            device.after_unplug()
            await device.remove_backend(machine)

    async def request_plug(self, machine: Machine) -> None:
        """Plug all functions: function 0 is last, and tells the guest."""
        multi = {"multifunction": True} if len(self.devices) > 1 else {}
        for number, device in reversed(list(enumerate(self.devices))):
            await machine.execute(
                "device_add", id=device.id, bus=self.place.bus,
                addr=f"{self.place.slot:#x}.{number}",
                **device.properties(), **multi)

    async def wait_plugged(self, guest: Guest) -> list[Function]:
        """Wait until the guest's drivers have all functions."""
        functions = [await guest.wait_function(self.place.path(number),
                                               device.bound)
                     for number, device in enumerate(self.devices)]
        for function in functions:
            if function.slot == "-":
                raise GuestError(f"the guest has no slot for {function}")
        return functions

    async def check(self, guest: Guest, functions: list[Function]) -> None:
        """Have the guest use all functions.  Raises GuestError."""
        for device, function in zip(self.devices, functions):
            await device.check(guest, function)

    async def request_unplug(self, machine: Machine) -> None:
        """Ask for the slot back."""
        await machine.execute("device_del", id=self.devices[0].id)

    async def wait_unplugged(self, machine: Machine, guest: Guest,
                             mark: int) -> None:
        """Wait until guest and QEMU have lost all functions.

        @mark: Machine.mark() from before the request
        """
        for number, device in enumerate(self.devices):
            await guest.wait_gone(self.place.path(number))
            await machine.wait_deleted(device.id, mark)


@dataclass(frozen=True)
class Times:
    """Seconds from a request until guest and QEMU had answered it."""

    plug: float
    unplug: float


async def cycle(case: Case, machine: Machine, guest: Guest) -> Times:
    """Plug, use, unplug.  Raises GuestError and MachineError."""
    await case.add_backends(machine)
    start = time.monotonic()
    await case.request_plug(machine)
    functions = await case.wait_plugged(guest)
    plugged = time.monotonic()
    await case.check(guest, functions)
    mark = machine.mark()
    request = time.monotonic()
    await case.request_unplug(machine)
    await case.wait_unplugged(machine, guest, mark)
    unplugged = time.monotonic()
    await case.remove_backends(machine)
    return Times(plugged - start, unplugged - request)


def kinds(folder: Path, prefix: str, first: int) -> list[list[Device]]:
    """The functions of a slot, for each kind of device that is tested.

    @folder: for disk images
    @prefix: begins all ids
    @first: the devices' numbers begin after this one
    """
    def make(kind: type[Device], name: str) -> Device:
        nonlocal first
        first += 1
        return kind(f"{prefix}{name}", first, folder)

    return [[make(devices.Network, "net")],
            [make(devices.Disk, "blk")],
            [make(devices.Random, "rng")],
            [make(devices.IntelNetwork, "e1000e")],
            [make(devices.NvmeDisk, "nvme")],
            [make(devices.Random, "multi0"), make(devices.Disk, "multi1")],
            [make(devices.NamedNetwork, "named")]]
