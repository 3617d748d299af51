# SPDX-License-Identifier: GPL-2.0-or-later
"""The devices that are plugged: how, and how the guest shows that they work.

A device has a backend in QEMU (a network, a disk image, a source of random
numbers), which comes before it and goes after it.  check() has the guest use
the device; after_unplug() looks at what the guest left behind.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from guest import Function, Guest, GuestError
from machine import Machine

DISK_SIZE = 1024 * 1024
_BLOCK = 64 * 1024

#: Packets to send, one a second, until one is answered.
PINGS = 30


@dataclass
class Device(ABC):
    """A device to plug.

    @id: its id in QEMU; unique, as is @number, from 1 to 250
    @folder: where it may put files
    """

    id: str
    number: int
    folder: Path

    #: QEMU's driver, the guest's driver, and how the guest must name a part
    #: of it, as in "net:" (see guest/pci.c).
    model = ""
    driver = "virtio-pci"
    part = ""

    #: QMP's command and the command line's option that make its backend.
    adds = "netdev_add"
    option = "-netdev"

    def properties(self) -> dict[str, object]:
        """Arguments of device_add, but for id and place."""
        return {"driver": self.model}

    def bound(self, function: Function) -> bool:
        """Whether the guest's driver has made of it what it should."""
        return function.driver == self.driver and self.part in function.parts

    @abstractmethod
    def backend(self) -> dict[str, object]:
        """What QEMU is to make for the device: arguments of @adds."""

    def prepare(self) -> None:
        """Make the files that the backend needs."""

    async def add_backend(self, machine: Machine) -> None:
        """Make what the device needs in QEMU."""
        self.prepare()
        await machine.execute(self.adds, **self.backend())

    def arguments(self, **place: object) -> list[str]:
        """QEMU's arguments for a device that is there from the start.

        @place: properties that say where it is
        """
        self.prepare()
        device = {**self.properties(), "id": self.id, **place}
        return [self.option, json.dumps(self.backend()),
                "-device", json.dumps(device)]

    @abstractmethod
    async def remove_backend(self, machine: Machine) -> None:
        """Remove it again, after the device."""

    @abstractmethod
    async def check(self, guest: Guest, function: Function) -> None:
        """Have the guest use the device.  Raises GuestError."""

    def after_unplug(self) -> None:
        """Check what the guest left behind.  Raises GuestError."""


class Network(Device):
    """A network interface; the guest reaches QEMU's built-in gateway."""

    model, part = "virtio-net-pci", "net:"

    def properties(self) -> dict[str, object]:
        return {"driver": self.model, "netdev": f"{self.id}-net",
                "romfile": ""}

    def backend(self) -> dict[str, object]:
        return {"type": "user", "id": f"{self.id}-net",
                "net": f"10.0.{self.number}.0/24", "restrict": True}

    async def remove_backend(self, machine: Machine) -> None:
        await machine.execute("netdev_del", id=f"{self.id}-net")

    async def check(self, guest: Guest, function: Function) -> None:
        [interface] = function.names("net")
        await guest.run(f"ip link set {interface} up && ip address add "
                        f"10.0.{self.number}.15/24 dev {interface}")
        await guest.run("tries=1; "
                        f"until ping -c 1 -W 1 10.0.{self.number}.2; do "
                        f"[ $((tries += 1)) -le {PINGS} ] || exit 1; done")


class IntelNetwork(Network):
    """The same, on an emulated Intel 82574."""

    model, driver = "e1000e", "e1000e"


class NamedNetwork(Network):
    """A network interface with an acpi-index, from which udev makes a name."""

    def index(self) -> int:
        """The acpi-index that it is given."""
        return 100 + self.number

    def properties(self) -> dict[str, object]:
        return {**super().properties(), "acpi-index": self.index()}

    async def check(self, guest: Guest, function: Function) -> None:
        if function.index != str(self.index()):
            raise GuestError(f"acpi-index is {function.index} in the guest "
                             f"where {self.index()} was given")
        await super().check(guest, function)


class Disk(Device):
    """A disk; the guest reads it and copies a block of it."""

    model, part = "virtio-blk-pci", "block:"
    adds, option = "blockdev-add", "-blockdev"

    def properties(self) -> dict[str, object]:
        return {"driver": self.model, "drive": f"{self.id}-disk"}

    def _image(self) -> Path:
        return self.folder / f"{self.id}.img"

    def _content(self) -> bytes:
        """What the image holds at first: every block is another."""
        return b"".join(hashlib.sha256(f"{self.id} {n}".encode()).digest()
                        for n in range(DISK_SIZE // 32))

    def prepare(self) -> None:
        self._image().write_bytes(self._content())

    def backend(self) -> dict[str, object]:
        return {"node-name": f"{self.id}-disk", "driver": "raw",
                "file": {"driver": "file", "filename": str(self._image())}}

    async def remove_backend(self, machine: Machine) -> None:
        await machine.execute("blockdev-del", node_name=f"{self.id}-disk")
        self._image().unlink()

    async def check(self, guest: Guest, function: Function) -> None:
        [disk] = function.names("block")
        lines = await guest.run(f"dd if=/dev/{disk} bs=64k iflag=direct "
                                "2>/dev/null | md5sum")
        expected = hashlib.md5(self._content()).hexdigest()
        if lines[0].split()[0] != expected:
            raise GuestError(f"/dev/{disk} reads as {lines[0]} in the guest, "
                             f"the image has {expected}")
        await guest.run(f"dd if=/dev/{disk} of=/dev/{disk} bs=64k count=1 "
                        "skip=1 iflag=direct oflag=direct")

    def after_unplug(self) -> None:
        content = self._content()
        expected = content[_BLOCK:2 * _BLOCK] + content[_BLOCK:]
        if self._image().read_bytes() != expected:
            raise GuestError(f"{self._image().name} does not hold what the "
                             "guest wrote")


class NvmeDisk(Disk):
    """The same, as an NVMe controller with a namespace."""

    model, driver = "nvme", "nvme"

    def properties(self) -> dict[str, object]:
        return {**super().properties(), "serial": self.id}


class Random(Device):
    """A source of random numbers; the guest takes some."""

    model, part = "virtio-rng-pci", "virtio:virtio_rng"
    adds, option = "object-add", "-object"

    def properties(self) -> dict[str, object]:
        return {"driver": self.model, "rng": f"{self.id}-rng"}

    def backend(self) -> dict[str, object]:
        return {"qom-type": "rng-builtin", "id": f"{self.id}-rng"}

    async def remove_backend(self, machine: Machine) -> None:
        await machine.execute("object-del", id=f"{self.id}-rng")

    async def check(self, guest: Guest, function: Function) -> None:
        lines = await guest.run("cat /sys/class/misc/hw_random/rng_available; "
                                "dd if=/dev/hwrng bs=16 count=1 2>/dev/null "
                                "| wc -c")
        if "virtio_rng" not in lines[0] or lines[-1].strip() != "16":
            raise GuestError("no random numbers in the guest: "
                             + " ".join(lines))
