# SPDX-License-Identifier: GPL-2.0-or-later
"""Cost of an access to the hotplug registers: a guest's, and the model's.

The guest is a firmware that makes accesses of one kind after the other in a
loop (access-cost.S) and tells its time stamp counter before and after over
the debug console.  So it covers all of QEMU that an access goes through.  The
model alone, which needs no QEMU and has no counterpart in stock, is measured
by register-cost.c.
"""

import os
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from typing import BinaryIO, Iterator

import boot
import programs
from machine import COMMAND_TIMEOUT, MachineError
from subjects import Spread, Subject, settings

#: What access-cost.S does by the letter that begins it, in its order.
KINDS = {
    "a": "read Vendor ID (no slot register)",
    "b": "write Interrupt Line (no slot register)",
    "c": "read Slot Control",
    "d": "read Slot Status",
    "e": "write Slot Control as it is",
    "f": "write Slot Control, light on or blinking",
    "g": "write Slot Status",
    "h": "command: write Control, read, clear Status",
    "i": "ACPI: write SEL",
    "j": "ACPI: read UP",
    "k": "ACPI: read DOWN",
    "l": "ACPI: write EJ, empty slot",
}

#: As in access-cost.S; a command is three of them.
ACCESSES = 2000

#: What it tells: a letter, the counter before and after.
_RECORD = struct.Struct("<cQQ")

#: Of the machine: stock's EJ walks all buses.
PORTS = 64


def make_firmware(folder: Path) -> Path:
    """Assemble the guest.  Stops where that fails."""
    unlinked, firmware = folder / "access-cost.o", folder / "access-cost.bin"
    programs.build([*programs.compiler(), "-m32", "-c", "-o", str(unlinked),
                    "tests/bench/access-cost.S"])
    programs.build(["ld", "-m", "elf_i386", "-Ttext=0", "-e", "0",
                    "--oformat", "binary", "-o", str(firmware),
                    str(unlinked)])
    return firmware


def _records(console: BinaryIO) -> Iterator[tuple[str, int, int]]:
    """What the guest tells: a kind's letter, the counter before and after."""
    while len(record := console.read(_RECORD.size)) == _RECORD.size:
        letter, before, after = _RECORD.unpack(record)
        yield letter.decode(), before, after


def _listen(console: BinaryIO, rounds: int) -> dict[str, list[float]]:
    """Seconds of each kind, a value for each round.  Raises OSError.

    The first round, in which code is translated, does not count.  How fast the
    counter runs is found by the host's clock.
    """
    found: dict[str, list[int]] = {letter: [] for letter in KINDS}
    last = list(KINDS)[-1]
    first, start = 0, 0.0
    now = 0
    for letter, before, now in _records(console):
        found[letter].append(now - before)
        if letter == last and not first:
            first, start = now, time.monotonic()
        if letter == last and len(found[last]) > rounds:
            break
    seconds = (time.monotonic() - start) / max(now - first, 1)
    return {letter: [value * seconds for value in values[1:]]
            for letter, values in found.items()}


def measure(subject: Subject, firmware: Path,
            rounds: int) -> dict[str, list[float]]:
    """Seconds per access of each kind, by its name.  Raises MachineError."""
    near, far = socket.socketpair()
    near.settimeout(COMMAND_TIMEOUT)
    ports = boot.root_ports(PORTS)[0]
    command = [str(subject.qemu), "-machine", subject.machine,
               *subject.arguments, "-accel", "tcg", "-m", "128",
               "-nodefaults", "-no-user-config", "-display", "none",
               "-bios", str(firmware), *ports,
               "-device", "virtio-rng-pci,bus=port0",
               "-chardev", f"socket,id=console,fd={far.fileno()}",
               "-device", "isa-debugcon,iobase=0x402,chardev=console"]
    with near, far, subprocess.Popen(command, pass_fds=[far.fileno()],
                                     stderr=subprocess.PIPE) as process:
        far.close()
        try:
            with near.makefile("rb") as console:
                found = _listen(console, rounds)
        except OSError:
            found = {}
        process.kill()
        _, complaint = process.communicate()
    if not found or not all(found.values()):
        raise MachineError("QEMU did not make the accesses: "
                           + complaint.decode())
    return {KINDS[letter]: [value / ACCESSES for value in values]
            for letter, values in found.items()}


def measure_model(rounds: int) -> list[tuple[str, float, float]]:
    """Of the model of ACPI's registers: kind of access, nanoseconds with 1
    bus, nanoseconds with all buses.  Stops where it can't be compiled."""
    return programs.measure_model("register-cost", ["acpi-slots", "acpi-ost"],
                                  rounds)


def spreads(values: dict[str, list[float]]) -> dict[str, Spread]:
    """Values by kind as spreads."""
    return {kind: Spread(found) for kind, found in values.items()}
