# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine with a hotplug mode: its ports, and the devices for them."""

from dataclasses import dataclass, field
from pathlib import Path

import devices
from boot import FIRST_SLOT
from cases import Case, Place
from devices import Device

#: Devices that each mode is tested with, under each firmware.
KINDS: list[type[Device]] = [devices.Network, devices.Disk, devices.NvmeDisk,
                             devices.IntelNetwork]

#: What a port is to reserve for devices to come; and what that makes, as
#: sizes of windows in bytes and as buses, its own included.
RESERVES = ",io-reserve=8K,mem-reserve=8M,pref64-reserve=64M,bus-reserve=4"
RESERVED = {"io": 8 << 10, "memory": 8 << 20, "prefetchable": 64 << 20}
RESERVED_BUSES = 1 + 4

#: The root ports are functions of one device of the root bus, and a switch is
#: behind another.
_FUNCTIONS = 8
_SWITCH = FIRST_SLOT + 1
_ANY = "[0-9a-f]{4}:[0-9a-f]{2}"


@dataclass(frozen=True)
class Port:
    """A port with a slot.

    @number: of its slot
    @place: what is behind it, and is plugged into it
    """

    number: int
    place: Place

    @property
    def id(self) -> str:
        """Its id, and the name of the bus behind it."""
        return self.place.bus


@dataclass
class Layout:
    """All ports of a machine.

    @arguments: QEMU's
    @ports: all that have a slot to plug into, @cases and others
    @cases: what to plug where
    @empty, @reserving: ports that stay empty; the latter has reserves
    """

    arguments: list[str] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    empty: Port | None = None
    reserving: Port | None = None

    def add(self, title: str, options: str = "") -> Port:
        """Add a root port: the functions of one device of the root bus."""
        number = len(self.ports)
        assert number < _FUNCTIONS
        self.arguments += [
            "-device", f"pcie-root-port,id=port{number},bus=pcie.0,"
            f"addr={FIRST_SLOT:#x}.{number},multifunction=on,"
            f"chassis={number + 1},slot={number + 1}{options}"]
        above = rf"pci0000:00/0000:00:{FIRST_SLOT:02x}\.{number}"
        self.ports.append(Port(number + 1,
                               Place(title, f"port{number}", 0, above)))
        return self.ports[-1]

    def add_switch(self, count: int) -> list[Port]:
        """Add a switch behind a root port of its own.

        Returns its downstream ports; the root port is none of @ports.
        """
        self.arguments += [
            "-device", "pcie-root-port,id=above,bus=pcie.0,"
            f"addr={_SWITCH:#x},chassis=20,slot=20",
            "-device", "x3130-upstream,id=switch,bus=above"]
        above = rf"pci0000:00/0000:00:{_SWITCH:02x}\.0/{_ANY}:00\.0"
        added = []
        for number in range(count):
            slot = 21 + number
            self.arguments += [
                "-device", f"xio3130-downstream,id=down{number},bus=switch,"
                f"addr={number:#x},chassis={slot},slot={slot}"]
            added.append(Port(slot, Place(
                "switch", f"down{number}", 0,
                rf"{above}/{_ANY}:{number:02x}\.0")))
        self.ports += added
        return added


def layout(folder: Path, switch: bool) -> Layout:
    """The ports, and what to plug into them.

    @folder: for disk images
    @switch: whether there is a switch, too
    """
    result = Layout()
    made: list[tuple[type[Device], Port]] = [
        (kind, result.add("root port")) for kind in KINDS]
    # A PC's firmware has I/O ports for ten bridges: one does without.
    made.append((devices.Random,
                 result.add("port without power controller",
                            ",power_controller_present=off,io-reserve=0")))
    result.empty = result.add("empty port")
    result.reserving = result.add("port with reserves", RESERVES)
    if switch:
        made += zip([devices.Network, devices.Disk], result.add_switch(2))
    result.cases = [
        Case([kind(f"dev-{port.id}", number + 1, folder)], port.place)
        for number, (kind, port) in enumerate(made)]
    return result


def put_in(plan: Layout) -> None:
    """Have the devices there from the start, instead of plugging them."""
    for case in plan.cases:
        for device in case.devices:
            plan.arguments += device.arguments(bus=case.place.bus,
                                               addr=f"{case.place.slot:#x}")
