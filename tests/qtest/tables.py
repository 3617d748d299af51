#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The fork gives guests stock's DSDT, byte for byte.

QEMU's bios-tables-test compares a few machines with golden files.  This test
takes many: each topology of the differential test on machine types of several
ages, as it is made, and again after devices were plugged and the machine was
reset.  Both binaries are asked, over the firmware configuration device.
"""

import itertools
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment                                # noqa: E402
from qemuhost.machine import CommandFailed, Machine             # noqa: E402
from qemuhost.tap import Tap                                    # noqa: E402
from qemuhost.topologies import TOPOLOGIES, Topology            # noqa: E402

SELECTOR, DATA = 0x510, 0x511
DIRECTORY_KEY, ENTRY_BYTES = 0x19, 64
TABLE_HEADER_BYTES = 36
BATCH = 4096

MACHINE_TYPES = {
    "q35": ("pc-q35-10.0", "pc-q35-6.2", "pc-q35-6.1", "pc-q35-6.0"),
    "i440fx": ("pc-i440fx-10.0", "pc-i440fx-6.2", "pc-i440fx-2.12"),
}

# What the topologies lack: several functions below a port, and on both boards
# a device that was plugged with all its functions.
FUNCTIONS_BELOW_A_PORT = Topology(
    "functions-below-a-port", ("q35",),
    ("-device", "pcie-root-port,id=rp1,chassis=1",
     "-device", "virtio-rng-pci,id=cold1,bus=rp1,addr=0.0,multifunction=on",
     "-device", "virtio-rng-pci,id=cold2,bus=rp1,addr=0.1,acpi-index=7",
     "-device", "pcie-root-port,id=rp2,chassis=2"),
    ("rp2",))


class FirmwareConfiguration:
    """Reads files of the firmware configuration device, byte by byte."""

    def __init__(self, machine: Machine) -> None:
        self._qtest = machine.qtest

    def select(self, key: int) -> None:
        """Start to read the item with this key from its beginning."""
        self._qtest.command(f"outw {SELECTOR:#x} {key:#x}")

    def read(self, count: int) -> bytes:
        """The next @count bytes of the item."""
        result = bytearray()
        while len(result) < count:
            batch = min(BATCH, count - len(result))
            answers = self._qtest.commands([f"inb {DATA:#x}"] * batch)
            result += bytes(int(answer, 0) for answer in answers)
        return bytes(result)

    def key_of(self, name: str) -> int:
        """The key of a file; raises KeyError if there is none."""
        self.select(DIRECTORY_KEY)
        (count,) = struct.unpack(">I", self.read(4))
        for _ in range(count):
            entry = self.read(ENTRY_BYTES)
            if entry[8:].split(b"\0")[0].decode() == name:
                return struct.unpack(">H", entry[4:6])[0]
        raise KeyError(name)


def dsdt(machine: Machine) -> bytes:
    """The machine's DSDT, as its firmware would find it now."""
    configuration = FirmwareConfiguration(machine)
    configuration.select(configuration.key_of("etc/acpi/tables"))
    while True:
        header = configuration.read(8)
        length = struct.unpack("<I", header[4:])[0]
        table = header + configuration.read(length - 8)
        if table.startswith(b"DSDT"):
            return table


def plug_everywhere(machine: Machine, topology: Topology) -> list[str]:
    """Plug a device with two functions into each bus; returns how that went.

    Function 0 comes last, which is what shows the device to the guest.
    """
    outcomes = []
    for bus, function in itertools.product(topology.buses, (1, 0)):
        slot = 0 if machine.hmp("info qtree").count(f"bus: {bus}\n"
                                                    "                type PCIE"
                                                    ) else 20
        try:
            machine.qmp("device_add", driver="pci-testdev", bus=bus,
                        addr=f"{slot:x}.{function}", multifunction=True)
            outcomes.append("plugged")
        except CommandFailed:
            outcomes.append("refused")
    machine.reset()
    return outcomes


def compare(tables: Sequence[bytes], when: str) -> None:
    """Raise AssertionError with the place where two tables begin to differ."""
    ours, theirs = tables
    if ours != theirs:
        place = next((i for i, pair in enumerate(zip(ours, theirs))
                      if pair[0] != pair[1]), min(map(len, tables)))
        around = slice(max(place - 16, 0), place + 16)
        raise AssertionError(
            f"{when}: the DSDT differs from byte {place:#x} on "
            f"({len(ours)} and {len(theirs)} bytes)\n"
            f"fork:  {ours[around]!r}\nstock: {theirs[around]!r}")


def check(machine_type: str, topology: Topology) -> str:
    """Compare the two binaries' tables for one machine."""
    arguments = ["-machine", machine_type, "-nodefaults", "-m", "32",
                 *topology.arguments]
    with Machine(environment.fork_binary(), arguments) as fork, \
            Machine(environment.stock_binary(), arguments) as stock:
        pair = (fork, stock)
        first = [dsdt(machine) for machine in pair]
        compare(first, "as made")
        outcomes = [plug_everywhere(machine, topology) for machine in pair]
        assert outcomes[0] == outcomes[1], outcomes
        second = [dsdt(machine) for machine in pair]
        compare(second, "after plugging and a reset")
    return (f"{len(first[0])} bytes, then {len(second[0])}; "
            f"{outcomes[0].count('plugged')} functions plugged")


def main() -> int:
    """Compare every topology on its machine types."""
    tap = Tap()
    for topology in (*TOPOLOGIES, FUNCTIONS_BELOW_A_PORT):
        for board in topology.boards:
            for machine_type in MACHINE_TYPES[board]:
                tap.run(f"{machine_type}, {topology.name}",
                        lambda m=machine_type, t=topology: check(m, t))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
