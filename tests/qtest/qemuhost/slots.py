# SPDX-License-Identifier: GPL-2.0-or-later
"""PCI Express ports with slots, as the guest sees them: registers, interrupts.

The guest is the test: it maps the extended configuration space, gives each
port's message a place in memory of its own, and looks there for it.
"""

from dataclasses import dataclass
from typing import Any

from . import pci
from .machine import Machine
from .qtest_socket import QtestSocket

# Offsets in the PCI Express capability.
LINK_STATUS, SLOT_CAPABILITIES, SLOT_CONTROL, SLOT_STATUS = (0x12, 0x14, 0x18,
                                                             0x1A)
CONFIG_SIZE = 0x1000

# Slot Control and Slot Status.
BUTTON, PRESENCE, COMMAND, INTERRUPT = 0x01, 0x08, 0x10, 0x20
EVENTS = BUTTON | PRESENCE | COMMAND
PRESENT = 0x40
CLEARED_BY_LINUX = 0x1F
LIGHT, LIGHT_ON, LIGHT_BLINKS, LIGHT_OFF = 0x300, 0x100, 0x200, 0x300
POWER_OFF, INTERLOCK, LINK_EVENT = 0x400, 0x800, 0x1000

CAPABILITIES = 0x34
EXPRESS, MSI, MSIX = 0x10, 0x05, 0x11
PCI_COMMAND, PCI_STATUS, BAR_0, INTERRUPT_PIN = 0x04, 0x06, 0x10, 0x3D
LINE_STATUS = 0x08
MEMORY_AND_MASTER, NO_INTX = 0x06, 0x400

ECAM_REGISTER, ECAM_BASE = 0x60, 0xB0000000      # of q35's host bridge
BARS_BASE = 0xFE000000
MAILBOXES = 0x100000                             # in the guest's memory
MESSAGE = 0x5A00


@dataclass(frozen=True)
class Address:
    """Where a function is: number of its bus, its devfn on it."""

    bus: int
    function: int


def addresses(machine: Machine) -> dict[str, Address]:
    """Where the devices with an id are, as buses are numbered now."""
    found: dict[str, Address] = {}

    def visit(devices: list[dict[str, Any]]) -> None:
        for device in devices:
            if device["qdev_id"]:
                found[device["qdev_id"]] = Address(
                    device["bus"],
                    pci.devfn(device["slot"], device["function"]))
            visit(device.get("pci_bridge", {}).get("devices", []))

    for root in machine.qmp("query-pci"):
        visit(root["devices"])
    return found


def map_extended_config(qtest: QtestSocket) -> None:
    """Make all 4 KiB of each function's configuration space reachable."""
    pci.config_write(qtest, 0, 0, ECAM_REGISTER + 4, 4, 0)
    pci.config_write(qtest, 0, 0, ECAM_REGISTER, 4, ECAM_BASE | 1)


class Port:
    """One port; the buses have been numbered."""

    def __init__(self, qtest: QtestSocket, address: Address, number: int
                 ) -> None:
        """@number: of the port among those of the test."""
        self._qtest = qtest
        self._address = address
        self._bar = BARS_BASE + 0x1000 * number
        self._mailbox = MAILBOXES + 4 * number
        self._message = MESSAGE + number
        self._express = self._capability(EXPRESS)

    def _capability(self, kind: int) -> int:
        """The offset of a capability; 0 where there is none."""
        at = self.config_read(CAPABILITIES, 1)
        for _ in range(48):
            if not at or self.config_read(at, 1) == kind:
                return at
            at = self.config_read(at + 1, 1)
        return 0

    def config_read(self, offset: int, size: int) -> int:
        """Read from the port's configuration space."""
        return pci.config_read(self._qtest, self._address.bus,
                               self._address.function, offset, size)

    def config_write(self, offset: int, size: int, value: int) -> None:
        """Write to the port's configuration space."""
        pci.config_write(self._qtest, self._address.bus,
                         self._address.function, offset, size, value)

    def read(self, offset: int, size: int = 2) -> int:
        """Read from the PCI Express capability."""
        return self.config_read(self._express + offset, size)

    def write(self, offset: int, value: int, size: int = 2) -> None:
        """Write to the PCI Express capability."""
        self.config_write(self._express + offset, size, value)

    def dump(self) -> dict[str, str]:
        """All of configuration space: each 32 bits that are not 0.

        The state of the interrupt line reads 0.
        """
        base = (ECAM_BASE + (self._address.bus << 20) +
                (self._address.function << 12))
        text = self._qtest.command(f"read {base:#x} {CONFIG_SIZE:#x}")[2:]
        data = bytearray.fromhex(text)
        data[PCI_STATUS] &= ~LINE_STATUS
        words = {f"{at:#05x}": data[at:at + 4].hex()
                 for at in range(0, CONFIG_SIZE, 4)}
        return {at: word for at, word in words.items() if word != "0" * 8}

    def behind(self, function: int) -> int:
        """Vendor and device id of a function in the slot."""
        bus = self.config_read(pci.BUS_NUMBERS + 1, 1)
        return pci.config_read(self._qtest, bus, function, 0, 4) if bus else 0

    def use_messages(self) -> None:
        """Have events reported by messages (MSI-X or MSI) to the mailbox."""
        self._qtest.command(f"writel {self._mailbox:#x} 0")
        at = self._capability(MSIX)
        if at:
            self.config_write(BAR_0, 4, self._bar)
            self.config_write(PCI_COMMAND, 2, MEMORY_AND_MASTER | NO_INTX)
            for offset, value in enumerate((self._mailbox, 0, self._message,
                                            0)):
                self._qtest.command(
                    f"writel {self._bar + 4 * offset:#x} {value:#x}")
            self.config_write(at + 2, 2, 0x8000)
            return
        at = self._capability(MSI)
        wide = self.config_read(at + 2, 2) & 0x80
        self.config_write(PCI_COMMAND, 2, MEMORY_AND_MASTER | NO_INTX)
        self.config_write(at + 4, 4, self._mailbox)
        if wide:
            self.config_write(at + 8, 4, 0)
        self.config_write(at + (12 if wide else 8), 2, self._message)
        self.config_write(at + 2, 2, 1)

    def wants_line(self) -> bool:
        """Whether the slot's registers call for the interrupt line."""
        if (not self.config_read(INTERRUPT_PIN, 1)
                or self.config_read(PCI_COMMAND, 2) & NO_INTX):
            return False
        control = self.read(SLOT_CONTROL)
        return bool(control & INTERRUPT
                    and control & self.read(SLOT_STATUS) & EVENTS)

    def take_message(self) -> int:
        """What is in the mailbox, which is empty afterwards."""
        value = int(self._qtest.command(f"readl {self._mailbox:#x}"), 0)
        if value:
            self._qtest.command(f"writel {self._mailbox:#x} 0")
        return value
