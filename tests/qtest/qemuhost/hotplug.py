# SPDX-License-Identifier: GPL-2.0-or-later
"""The ACPI PCI hotplug registers and GPE0, as the guest sees them."""

from dataclasses import dataclass

from . import pci
from .machine import Machine

UP, DOWN, EJ, RMV, SEL, AIDX = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14
WINDOW_SIZE = 0x18
EXTENSION_SIZE = 0x10
BUSES = 256
NO_BUS = 0xFFFFFFFF

HOTPLUG_EVENT = 1 << 1          # of GPE0's first status and enable byte
SCI = 9                         # interrupt pin of the I/O APIC

LPC = pci.devfn(0x1F)           # ICH9 on q35
LPC_PM_BASE, LPC_ACPI_CONTROL = 0x40, 0x44
LPC_ACPI_ENABLE = 0x80


@dataclass(frozen=True)
class Board:
    """Where a board has its registers (I/O ports).

    @gpe_length: bytes of the GPE0 block; the first half is status
    @controller: the type that has the hotplug properties
    """

    name: str
    base: int
    extension_base: int
    gpe: int
    gpe_length: int
    controller: str
    root_bus: str


Q35 = Board("q35", 0x0CC0, 0x0CB0, 0x0620, 16, "ICH9-LPC", "pcie.0")
I440FX = Board("i440fx", 0xAE00, 0xAE18, 0xAFE0, 4, "PIIX4_PM", "pci.0")
PM_BASE = 0x600


def board_of(machine_type: str) -> Board:
    """The board that a machine type is of."""
    return Q35 if "q35" in machine_type else I440FX


def map_gpe(machine: Machine, board: Board) -> None:
    """Make GPE0 reachable, which is firmware's work on q35."""
    if board is Q35:
        pci.config_write(machine.qtest, 0, LPC, LPC_PM_BASE, 4, PM_BASE | 1)
        pci.config_write(machine.qtest, 0, LPC, LPC_ACPI_CONTROL, 1,
                         LPC_ACPI_ENABLE)


def read(machine: Machine, board: Board, register: int) -> int:
    """Read a hotplug register."""
    return machine.qtest.port_read(board.base + register, 4)


def write(machine: Machine, board: Board, register: int, value: int) -> None:
    """Write a hotplug register."""
    machine.qtest.port_write(board.base + register, 4, value)


def eject(machine: Machine, board: Board, bsel: int, slot: int) -> None:
    """What _EJ0 does: select the bus, write the slot's bit."""
    write(machine, board, SEL, bsel)
    write(machine, board, EJ, 1 << slot)


def devices(machine: Machine) -> set[str]:
    """The ids of the devices that are there."""
    return {entry["name"] for entry
            in machine.qmp("qom-list", path="/machine/peripheral")
            if entry["type"].startswith("child<")}
