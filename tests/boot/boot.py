# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine with the guest in it, up and ready."""

import asyncio
import re
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import AsyncIterator

from cases import Place
from firmware import Firmware
from guest import Guest, GuestError
from image import Image
from machine import Machine, MachineError

KERNEL_ARGUMENTS = "loglevel=4 panic=-1 nokaslr mitigations=off"

#: By architecture: the guest's terminals (its console, the agent's channel),
#: and arguments of QEMU's.
_TERMINALS = {"amd64": "console=ttyS0 CHANNEL=ttyS1",
              "arm64": "console=ttyAMA0 CHANNEL=ttyAMA1"}
_PROCESSORS = {"amd64": ["-vga", "none"], "arm64": ["-cpu", "cortex-a57"]}

#: Where our own devices begin on the root bus.
FIRST_SLOT = 3
FUNCTIONS = 8


@dataclass
class Configuration:
    """What to boot.

    @arguments: QEMU's, for the devices that are there from the start
    @folder: for the logs; emptied first
    @kernel_options: added to the kernel's command line
    @reboots: a reset starts the machine anew; without it, it ends QEMU
    @suspends: the guest will be suspended to RAM.  An uncompressed kernel is
        in memory as QEMU loads it, and QEMU does so at each reset, that which
        wakes the guest up included: it would lose what it has changed in itself
    """

    qemu: Path
    machine: str
    firmware: Firmware
    image: Image
    folder: Path
    arguments: list[str] = field(default_factory=list)
    mebibytes: int = 512
    kernel_options: str = ""
    reboots: bool = False
    suspends: bool = False

    def command(self) -> list[str]:
        """QEMU's arguments."""
        kernel = (self.image.vmlinux
                  if self.firmware.takes_vmlinux and not self.suspends
                  else self.image.kernel)
        return [*self.bare_command(), "-kernel", str(kernel),
                "-initrd", str(self.image.initramfs),
                "-append", self.kernel_line(), *self.arguments]

    def kernel_line(self) -> str:
        """The kernel's command line."""
        options = [KERNEL_ARGUMENTS, _TERMINALS[self.firmware.architecture],
                   self.kernel_options]
        return " ".join(options).strip()

    def bare_command(self) -> list[str]:
        """QEMU's arguments for a machine with firmware and nothing else."""
        return ["-machine", self.machine, "-accel", "tcg",
                "-m", str(self.mebibytes), "-nodefaults", "-no-user-config",
                "-display", "none", *_PROCESSORS[self.firmware.architecture],
                *([] if self.reboots else ["-no-reboot"]),
                *self.firmware.arguments(self.folder)]


async def keep_evidence(machine: Machine, guest: Guest) -> None:
    """Save what the guest's kernel and QEMU say after a failure."""
    try:
        _, lines = await guest.command("run", "dmesg", 20)
        (machine.folder / "dmesg.log").write_text("\n".join(lines) + "\n")
        tree = await machine.execute("human-monitor-command",
                                     command_line="info qtree")
        (machine.folder / "qtree.log").write_text(tree)
    except (GuestError, MachineError, ConnectionError):
        pass


@asynccontextmanager
async def started(configuration: Configuration
                  ) -> AsyncIterator[tuple[Machine, Guest]]:
    """Start QEMU, hand over machine and guest, and end QEMU in any case.

    The guest boots meanwhile, unless QEMU's argument -S holds it back.
    Raises MachineError and GuestError.
    """
    shutil.rmtree(configuration.folder, ignore_errors=True)
    configuration.folder.mkdir(parents=True)
    machine = Machine(configuration.qemu, configuration.command(),
                      configuration.folder)
    guest = Guest(machine)
    await machine.start()
    try:
        await guest.connect()
        yield machine, guest
    except (GuestError, MachineError):
        await keep_evidence(machine, guest)
        raise
    finally:
        await guest.close()
        await machine.stop()


@asynccontextmanager
async def booted(configuration: Configuration
                 ) -> AsyncIterator[tuple[Machine, Guest]]:
    """The same, once the guest is up."""
    async with started(configuration) as (machine, guest):
        await guest.wait_ready()
        yield machine, guest


async def machine_types(qemu: Path) -> list[str]:
    """The machine types that a QEMU has.  Raises MachineError."""
    process = await asyncio.create_subprocess_exec(
        str(qemu), "-machine", "help", stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode:
        raise MachineError(f"{qemu} -machine help failed")
    return [line.split()[0] for line in output.decode().splitlines()[1:]]


def is_q35(machine: str) -> bool:
    """Whether a machine type has a PCI Express root bus."""
    return "q35" in machine


def root_ports(count: int, options: str = "") -> tuple[list[str], list[Place]]:
    """PCI Express root ports, eight to a slot of the root bus.

    Returns QEMU's arguments and the place behind each port.
    """
    arguments, places = [], []
    for number in range(count):
        slot, function = divmod(number, FUNCTIONS)
        slot += FIRST_SLOT
        arguments += ["-device", f"pcie-root-port,id=port{number},bus=pcie.0,"
                      f"addr={slot:#x}.{function},multifunction=on,"
                      f"chassis={number + 1}{options}"]
        places.append(Place("root port", f"port{number}", 0,
                            rf"pci0000:00/0000:00:{slot:02x}\.{function}"))
    return arguments, places


def pci_bridge(slot: int, count: int) -> tuple[list[str], list[Place]]:
    """A PCI bridge in a slot of an i440fx's root bus, and slots behind it."""
    arguments = ["-device", f"pci-bridge,id=bridge,bus=pci.0,addr={slot:#x},"
                 "chassis_nr=1"]
    above = rf"pci0000:00/0000:00:{slot:02x}\.0"
    return arguments, [Place("bridge", "bridge", number, above)
                       for number in range(1, count + 1)]


def root_bus(count: int) -> list[Place]:
    """Free slots of an i440fx's root bus, from the last one down."""
    return [Place("root bus", "pci.0", 31 - number, "pci0000:00")
            for number in range(count)]


def artefact_name(*parts: str) -> str:
    """A folder name made of the parts of a case's name."""
    return re.sub(r"[^\w.]+", "-", "-".join(parts))
