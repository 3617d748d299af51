# SPDX-License-Identifier: GPL-2.0-or-later
"""Windows of ports, and what hot-plugged devices get out of them.

A window is what a bridge lets through to the devices behind it, of I/O ports
("io"), memory ("memory") or prefetchable memory ("prefetchable").  Firmware
programs them, Linux adds those that firmware left out; Linux's log has both.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Mapping

from guest import Function, Guest, GuestError

Window = tuple[int, int]
Windows = dict[str, Window]

ALL = {"io", "memory", "prefetchable"}

#: Once Linux has looked at what the firmware of a PC left.
_FIRMWARE_ENDS = "PCI: Using ACPI for IRQ routing"
_LOG = f"bridge window|PCI bridge to|{_FIRMWARE_ENDS}"
_WINDOW = re.compile(r"pci (\S+):\s+bridge window \[(io|mem)\s+"
                     r"0x([0-9a-f]+)-0x([0-9a-f]+)( 64bit)?( pref)?\]$")
_BUSES = re.compile(r"pci (\S+): PCI bridge to "
                    r"\[bus ([0-9a-f]+)(?:-([0-9a-f]+))?\]$")

#: Flags of a line in sysfs' "resource" (include/linux/ioport.h of Linux).
_IO, _PREFETCH, _64_BITS = 0x100, 0x2000, 0x100000
_UNSET, _DISABLED = 0x20000000, 0x10000000

#: Lines of "resource" that are BARs.
_BARS = 6


@dataclass
class Bridge:
    """A bridge's windows, and how many buses are behind it."""

    windows: Windows = field(default_factory=dict)
    buses: int = 0

    def sizes(self) -> dict[str, int]:
        """Sizes of the windows in bytes."""
        return {kind: last - first + 1
                for kind, (first, last) in self.windows.items()}


Bridges = dict[str, Bridge]


def _take(bridges: Bridges, line: str) -> None:
    if found := _WINDOW.search(line):
        address, kind, first, last, _, prefetchable = found.groups()
        name = ("prefetchable" if prefetchable else
                "memory" if kind == "mem" else "io")
        bridge = bridges.setdefault(address, Bridge())
        bridge.windows[name] = int(first, 16), int(last, 16)
    elif found := _BUSES.search(line):
        address, low, high = found.groups()
        bridge = bridges.setdefault(address, Bridge())
        bridge.buses = int(high or low, 16) - int(low, 16) + 1


def parse(lines: list[str]) -> tuple[Bridges, Bridges]:
    """Bridges by address, from Linux's log before anything was plugged.

    Returns what firmware left (nothing, where Linux does not say when it has
    seen it all) and what there was in the end.
    """
    firmware: Bridges = {}
    final: Bridges = {}
    ends = [number for number, line in enumerate(lines)
            if line.endswith(_FIRMWARE_ENDS)]
    for number, line in enumerate(lines):
        if ends and number < ends[0]:
            _take(firmware, line)
        _take(final, line)
    return firmware, final


async def read(guest: Guest) -> tuple[Bridges, Bridges]:
    """The same, of a guest.  Raises GuestError."""
    return parse(await guest.log(_LOG))


def of_slot(slot: Mapping[str, Any]) -> Windows:
    """The windows that query-pci-hotplug has for a slot."""
    return {window["type"]: (window["base"], window["limit"])
            for window in slot["windows"]}


def check_offered(what: str, bridge: Bridge | None, kinds: set[str]) -> None:
    """Test that a bridge has windows of these kinds.  Raises GuestError."""
    have = set(bridge.windows) if bridge else set()
    if not kinds <= have:
        raise GuestError(f"{what}: no window for "
                         + ", ".join(sorted(kinds - have)))


@dataclass(frozen=True)
class Resource:
    """A BAR in the guest: "io", "memory" (32 bits) or "memory64"."""

    kind: str
    prefetchable: bool
    first: int
    last: int

    @property
    def name(self) -> str:
        """Kind and whether it is prefetchable."""
        return self.kind + (" prefetchable" if self.prefetchable else "")

    def fits(self, windows: Windows) -> bool:
        """Whether a window lets it through; memory may use either kind that
        it is fit for.
        """
        usable = (["io"] if self.kind == "io" else
                  ["prefetchable", "memory"] if self.prefetchable else
                  ["memory"])
        return any(windows[kind][0] <= self.first
                   and self.last <= windows[kind][1]
                   for kind in usable if kind in windows)


def parse_resource(line: str) -> Resource | None:
    """A line of sysfs' "resource"; None for a BAR that does not exist.

    Raises GuestError for one that got no addresses.
    """
    first, last, flags = (int(number, 16) for number in line.split())
    if not flags:
        return None
    if flags & (_UNSET | _DISABLED) or not first:
        raise GuestError(f"a BAR has no addresses: {line}")
    kind = ("io" if flags & _IO else
            "memory64" if flags & _64_BITS else "memory")
    return Resource(kind, bool(flags & _PREFETCH), first, last)


#: The BARs that each device has: their kinds.
EXPECTED = {
    "virtio-net-pci": {"memory", "memory64 prefetchable"},
    "virtio-blk-pci": {"memory", "memory64 prefetchable"},
    "virtio-rng-pci": {"memory", "memory64 prefetchable"},
    "nvme": {"memory64"},
    "e1000e": {"io", "memory"},
}


async def check_resources(guest: Guest, function: Function, model: str,
                          windows: Windows) -> None:
    """Test that each BAR of a device has addresses that its port lets
    through.  Raises GuestError.
    """
    address = function.path.rpartition("/")[2]
    lines = await guest.run(f"cat /sys/bus/pci/devices/{address}/resource")
    bars = [bar for line in lines[:_BARS] if (bar := parse_resource(line))]
    kinds = {bar.name for bar in bars}
    if kinds != EXPECTED[model]:
        raise GuestError(f"{model} has in the guest BARs for {sorted(kinds)}, "
                         f"not {sorted(EXPECTED[model])}:\n"
                         + "\n".join(lines[:_BARS]))
    for bar in bars:
        if not bar.fits(windows):
            raise GuestError(f"{model}: no window of {windows} lets through "
                             f"{bar}")
