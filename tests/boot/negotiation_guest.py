# SPDX-License-Identifier: GPL-2.0-or-later
"""What a Linux guest says of PCI hotplug: _OSC, its ports, who drives them."""

import re
from dataclasses import dataclass

from guest import Guest, GuestError

#: Configuration space as sysfs has it: offsets (PCI Local Bus Specification
#: 3.0, 6.1 and 6.7; PCI Express Base Specification 4.0, 7.5.3).
_CAPABILITIES = 0x34
_SECONDARY_BUS = 0x19
_EXPRESS = 0x10
_SLOT_CAPABILITIES, _SLOT_CONTROL = 0x14, 0x18
_CAPABLE, _INTERRUPTS = 1 << 6, 1 << 5

#: What Linux calls native hotplug in its messages about _OSC.
NATIVE = "PCIeHotplug"

_PORTS = ("cd /sys/bus/pci/devices; for port in *; do "
          "case $(cat $port/class) in 0x0604*) "
          "echo $port $(od -An -v -tx1 -N 256 $port/config);; esac; done")
_PCIEHP = "ls /sys/bus/pci_express/drivers/pciehp 2>/dev/null; true"
_SLOTS = ("cd /sys/bus/pci/slots && for slot in *; do "
          "[ -e $slot ] && echo $slot $(cat $slot/address); done; true")
_ACPIPHP = "dmesg | grep 'acpiphp: Slot .* registered'; true"
_LOG = "dmesg | grep -E 'PCI Root Bridge|_OSC'; true"


@dataclass(frozen=True)
class Osc:
    """What Linux logged of _OSC on a host bridge.

    @controls: what it was given; None if it committed itself to nothing
    @denied: what the platform did not let it have
    """

    controls: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()

    @property
    def native(self) -> bool:
        """Whether it was given native hotplug."""
        return bool(self.controls and NATIVE in self.controls)


def _names(line: str) -> frozenset[str]:
    """The words between brackets at the end of a message."""
    found = re.search(r"\[([^]]*)\]$", line)
    return frozenset(found.group(1).split() if found else [])


def parse_osc(lines: list[str]) -> dict[int, Osc]:
    """From the kernel's log: what became of _OSC, by number of the root bus.

    Empty for a kernel that found no host bridge by ACPI.
    """
    result: dict[int, Osc] = {}
    bus = -1
    for line in lines:
        bridge = re.search(r"PCI Root Bridge .*\[bus ([0-9a-f]+)-", line)
        if bridge:
            bus = int(bridge.group(1), 16)
            result[bus] = Osc()
        elif "_OSC: platform does not support" in line:
            result[bus] = Osc(result[bus].controls, _names(line))
        elif "_OSC: OS now controls" in line:
            result[bus] = Osc(_names(line), result[bus].denied)
    return result


async def read_osc(guest: Guest) -> dict[int, Osc]:
    """What became of _OSC in this guest.  Raises GuestError."""
    return parse_osc(await guest.run(_LOG))


@dataclass(frozen=True)
class Port:
    """A bridge with a PCI Express slot.

    @capable: its Hot-Plug Capable bit
    @interrupts: its Hot-Plug Interrupt Enable bit
    @driver: who has the slot: pciehp, acpiphp, or nobody: ""
    """

    address: str
    capable: bool
    interrupts: bool
    driver: str


def _express(config: bytes) -> int:
    """Offset of the PCI Express capability.  Raises GuestError."""
    at = config[_CAPABILITIES]
    for _ in range(48):
        if not at:
            break
        if config[at] == _EXPRESS:
            return at
        at = config[at + 1]
    raise GuestError("a bridge has no PCI Express capability")


def _word(config: bytes, at: int) -> int:
    return int.from_bytes(config[at:at + 2], "little")


async def _acpiphp_buses(guest: Guest) -> set[int]:
    """The buses on which acpiphp has a slot.

    acpiphp says which slots it registered, by name; sysfs says where they are.
    """
    names = {found.group(1) for line in await guest.run(_ACPIPHP)
             if (found := re.search(r"Slot \[([^]]*)\]", line))}
    pairs = [line.split() for line in await guest.run(_SLOTS)]
    return {int(address.split(":")[1], 16) for name, address in pairs
            if name in names}


async def read_ports(guest: Guest) -> dict[str, Port]:
    """All ports, by their address as in "0000:00:03.0".  Raises GuestError."""
    pciehp = {line.rpartition(":")[0] for line in await guest.run(_PCIEHP)}
    acpiphp = await _acpiphp_buses(guest)
    ports = {}
    for line in await guest.run(_PORTS):
        address, *bytes_ = line.split()
        config = bytes(int(byte, 16) for byte in bytes_)
        at = _express(config)
        drivers = (["pciehp"] if address in pciehp else []) + \
                  (["acpiphp"] if config[_SECONDARY_BUS] in acpiphp else [])
        ports[address] = Port(
            address, bool(_word(config, at + _SLOT_CAPABILITIES) & _CAPABLE),
            bool(_word(config, at + _SLOT_CONTROL) & _INTERRUPTS),
            "+".join(drivers))
    return ports
