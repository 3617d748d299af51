# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines with virtio's displays, and how they start."""

import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import AsyncIterator

import boot
import settings
from firmware import ARM_FIRMWARE, FIRMWARE, Firmware
from forktools.console import need_tools  # pylint: disable=wrong-import-order
from guest import Guest
from image import Image
from machine import Machine, MachineError

sys.path.insert(0, str(settings.PROJECT / "tests/qtest"))
# pylint: disable=wrong-import-position
from qemuhost.heap import HeapReport, build_library  # noqa: E402

__all__ = ["CASES", "Case", "HeapReport", "build_library", "press_key",
           "started"]

_MEBIBYTES = 96
_PORT = ["-device", "pcie-root-port,id=port0,chassis=1"]
#: Seconds that UEFI waits with its logo before it looks for what to start.
_LOGO = 5


@dataclass(frozen=True)
class Case:
    """A machine: its display, and what its firmware makes of it.

    @texts: what firmware writes; with the last one UEFI's shell waits
    @size: of its screen, in pixels
    @character: size of one, in pixels
    @driven: whether firmware drives the virtio device, rather than VGA
    @options: properties of the device
    @machine_options: of the machine
    @defaults: of properties of other devices, as -global has them
    @kernel_options: added to Linux's command line
    """

    firmware: Firmware
    device: str
    texts: tuple[str, ...]
    size: tuple[int, int]
    character: tuple[int, int]
    driven: bool
    port: bool = False
    options: str = ""
    machine_options: str = ""
    defaults: tuple[str, ...] = ()
    kernel_options: str = ""

    @property
    def name(self) -> str:
        """For people."""
        behind = " behind a root port" if self.port else ""
        return f"{self.firmware.title}, {self.device}{self.options}{behind}"

    @property
    def qemu(self) -> Path:
        """The program.  Stops when it has not been built."""
        arm = self.firmware is ARM_FIRMWARE
        return settings.fork_qemu_arm() if arm else settings.fork_qemu()

    def configuration(self, image: Image, folder: Path,
                      arguments: list[str]) -> boot.Configuration:
        """The machine, with Linux, not yet running."""
        place = ",bus=port0" if self.port else ""
        board = "virt" if self.firmware is ARM_FIRMWARE else "q35"
        return boot.Configuration(
            self.qemu, board + self.machine_options, self.firmware, image,
            folder, ["-S", *(_PORT if self.port else []),
                     *(word for text in self.defaults
                       for word in ("-global", text)), "-device",
                     f"{self.device},id=gpu{place}{self.options}",
                     *arguments], kernel_options=self.kernel_options)


_SHELL = ("UEFI Interactive Shell v",
          "Enter 'q' to quit, any other key to continue:")
_UEFI = (_SHELL, (1280, 800), (8, 19))
_BIOS = (("SeaBIOS (version ",), (720, 400), (9, 16))
_OVMF = FIRMWARE["ovmf"]
CASES = {
    "seabios-vga": Case(FIRMWARE["seabios"], "virtio-vga", *_BIOS, False),
    "seabios-gpu": Case(FIRMWARE["seabios"], "virtio-gpu-pci", (), (0, 0),
                        (0, 0), False),
    "ovmf-vga": Case(_OVMF, "virtio-vga", *_UEFI, False),
    "ovmf-gpu": Case(_OVMF, "virtio-gpu-pci", *_UEFI, True),
    "ovmf-gpu-port": Case(_OVMF, "virtio-gpu-pci", *_UEFI, True, True),
    "armvirt-gpu": Case(ARM_FIRMWARE, "virtio-gpu-pci", *_UEFI, True),
    # Rings and addresses of another kind, and no PCI at all: UEFI connects
    # displays of PCI alone
    "seabios-packed": Case(FIRMWARE["seabios"], "virtio-gpu-pci", (), (0, 0),
                           (0, 0), False,
                           options=",packed=on,iommu_platform=on"),
    "armvirt-mmio": Case(ARM_FIRMWARE, "virtio-gpu-device", (), (0, 0),
                         (0, 0), False,
                         defaults=("virtio-mmio.force-legacy=false",)),
}


def _run(*command: str) -> None:
    """Run a tool of mtools."""
    result = subprocess.run(command, capture_output=True, text=True,
                            check=False)
    if result.returncode:
        raise MachineError(f"{' '.join(command)}: {result.stderr}")


def _write_disk(configuration: boot.Configuration, disk: Path) -> None:
    """A FAT file system from which UEFI's shell starts Linux at a key."""
    need_tools(["mformat", "mcopy"])
    script = configuration.folder / "startup.nsh"
    line = rf"fs0:\kernel initrd=\initramfs {configuration.kernel_line()}"
    script.write_bytes(f"@echo -off\r\npause\r\n{line}\r\n".encode())
    image = configuration.image
    _run("mformat", "-C", "-i", str(disk), "-c", "16",
         "-T", str(_MEBIBYTES * 2048), "::")
    for source, name in ((script, "startup.nsh"), (image.kernel, "kernel"),
                         (image.initramfs, "initramfs")):
        _run("mcopy", "-i", str(disk), str(source), f"::{name}")


def _command(case: Case, configuration: boot.Configuration) -> list[str]:
    """QEMU's arguments: Linux is started from UEFI's shell where firmware has
    something to show there, and at once elsewhere."""
    if not configuration.firmware.flash or not case.texts:
        return configuration.command()
    disk = configuration.folder / "files.img"
    _write_disk(configuration, disk)
    return [*configuration.bare_command(), *configuration.arguments,
            "-boot", f"menu=on,splash-time={1000 * _LOGO}",
            "-blockdev", f"file,node-name=files,read-only=on,filename={disk}",
            "-device", "virtio-blk-pci,drive=files"]


@asynccontextmanager
async def started(case: Case, image: Image, folder: Path,
                  arguments: list[str], heap: HeapReport | None = None
                  ) -> AsyncIterator[tuple[Machine, Guest]]:
    """The machine before its first instruction, and its guest, which takes
    what firmware writes to the second serial port, too: a socket that nobody
    reads is full after some 270 characters, and UEFI's shell then ends with
    "Device Error".

    @heap: will tell what QEMU holds
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    configuration = case.configuration(image, folder, arguments)
    machine = Machine(case.qemu, _command(case, configuration), folder,
                      heap.wrapper if heap else [],
                      [heap.descriptor] if heap else [])
    guest = Guest(machine)
    await machine.start()
    try:
        await guest.connect()
        yield machine, guest
    finally:
        await guest.close()
        await machine.stop()
        (folder / "files.img").unlink(missing_ok=True)


def press_key(machine: Machine) -> None:
    """Press a key on the second serial port, where UEFI has a console."""
    assert machine.channel
    machine.channel.send(b"\r")
