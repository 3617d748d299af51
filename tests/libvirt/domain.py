# SPDX-License-Identifier: GPL-2.0-or-later
"""A domain with the project's guest in it, and the devices it is given."""

import asyncio
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import boot
from cases import Place
from firmware import Firmware
from guest import Guest
from image import Image
from session import LibvirtError, Session

NAME = "guest"
KINDS = ("net", "disk", "rng")
DISK_BYTES = 1024 * 1024
CONNECT_TIMEOUT = 30
_QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"


@dataclass(frozen=True)
class Device:
    """A device of libvirt's: "net", "disk" or "rng", behind a root port.

    @port: counts from 0; libvirt's bus is one more
    """

    kind: str
    group: str
    port: int

    @property
    def alias(self) -> str:
        """libvirt's name for it, which is QEMU's id too."""
        return f"ua-{self.group}-{self.kind}"

    def xml(self, folder: Path) -> str:
        """What attach-device and detach-device take."""
        body = {
            "net": "<interface type='user'><mac address="
                   f"'52:54:00:00:00:{self.port:02x}'/>"
                   "<model type='virtio'/>{}</interface>",
            "disk": "<disk type='file' device='disk'>"
                    "<driver name='qemu' type='raw'/>"
                    f"<source file={quoteattr(str(self.image(folder)))}/>"
                    f"<target dev='vd{chr(ord('a') + self.port)}'"
                    " bus='virtio'/>{}</disk>",
            "rng": "<rng model='virtio'><backend model='random'>/dev/urandom"
                   "</backend>{}</rng>",
        }[self.kind]
        return body.format(
            f"<alias name='{self.alias}'/><address type='pci' domain='0x0000' "
            f"bus='{self.port + 1:#04x}' slot='0x00' function='0x0'/>")

    def image(self, folder: Path) -> Path:
        """The file of a disk."""
        return folder / f"{self.alias}.img"

    def write(self, libvirt: Session) -> Path:
        """Make its files; returns that of its XML."""
        if self.kind == "disk":
            self.image(libvirt.folder).write_bytes(bytes(DISK_BYTES))
            libvirt.give(self.image(libvirt.folder))
        return libvirt.write(f"{self.alias}.xml", self.xml(libvirt.folder))


def place(device: Device) -> Place:
    """Where the guest sees it."""
    _, places = boot.root_ports(device.port + 1)
    return places[device.port]


@dataclass(frozen=True)
class Layout:
    """What a domain is made of.

    @options: QEMU arguments that choose the hotplug mode
    """

    emulator: Path
    machine: str
    options: list[str]
    firmware: Firmware
    image: Image
    ports: int
    cold: list[Device]

    def xml(self, libvirt: Session) -> str:
        """The domain for virsh define or create."""
        folder = libvirt.folder
        ports = "".join(_port(number) for number in range(self.ports))
        cold = "".join(device.xml(folder) for device in self.cold)
        arguments = [*self.firmware.arguments(folder), *self.options]
        more = "".join(f"<qemu:arg value={quoteattr(argument)}/>"
                       for argument in arguments)
        line = f"{boot.KERNEL_ARGUMENTS} console=ttyS0 CHANNEL=ttyS1"
        return f"""<domain type='qemu' xmlns:qemu='{_QEMU}'>
<name>{NAME}</name>
<memory unit='MiB'>512</memory>
<vcpu>1</vcpu>
<os><type arch='x86_64' machine='{self.machine}'>hvm</type>
<kernel>{escape(str(libvirt.copy(self.image.vmlinux)))}</kernel>
<initrd>{escape(str(libvirt.copy(self.image.initramfs)))}</initrd>
<cmdline>{escape(line)}</cmdline></os>
<features><acpi/></features>
<on_reboot>destroy</on_reboot>
<devices><emulator>{escape(str(self.emulator))}</emulator>
<controller type='pci' index='0' model='pcie-root'/>{ports}
<controller type='usb' model='none'/>
<serial type='file'><source path='{folder}/console.log'/>
<target port='0'/></serial>
<serial type='unix'><source mode='bind' path='{folder}/channel'/>
<target port='1'/></serial>
<memballoon model='none'/>{cold}
</devices>
<qemu:commandline>{more}</qemu:commandline>
</domain>
"""


def _port(number: int) -> str:
    """A root port where boot.root_ports() has it."""
    slot, function = divmod(number, boot.FUNCTIONS)
    return (f"<controller type='pci' index='{number + 1}' "
            "model='pcie-root-port'>"
            f"<target chassis='{number + 1}' port='{number + 1:#x}'/>"
            "<address type='pci' domain='0x0000' bus='0x00' "
            f"slot='{slot + boot.FIRST_SLOT:#04x}' function='{function:#x}'"
            f"{' multifunction=' + repr('on') if not function else ''}/>"
            "</controller>\n")


class Domain:
    """A domain that runs; what guest.Guest wants of a machine, too."""

    def __init__(self, libvirt: Session) -> None:
        self.libvirt = libvirt
        self.folder = libvirt.folder
        self.channel: socket.socket | None = None
        self._started = time.monotonic()

    async def start(self, layout: Layout) -> Guest:
        """Start it and connect to the guest's agent, which is not up yet."""
        for device in layout.cold:
            device.write(self.libvirt)
        xml = self.libvirt.write("domain.xml", layout.xml(self.libvirt))
        self._started = time.monotonic()
        await self.libvirt.virsh("create", str(xml))
        self._started = time.monotonic()
        self.channel = await self._connect()
        guest = Guest(self)             # type: ignore[arg-type]
        await guest.connect()
        return guest

    async def _connect(self) -> socket.socket:
        end = time.monotonic() + CONNECT_TIMEOUT
        while True:
            channel = socket.socket(socket.AF_UNIX)
            try:
                channel.connect(str(self.folder / "channel"))
                return channel
            except OSError as error:
                channel.close()
                if time.monotonic() > end:
                    raise LibvirtError("the guest's channel does not open: "
                                       f"{error}") from error
                await asyncio.sleep(0.1)

    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def complaints(self) -> str:
        """The last that QEMU said."""
        logs = (self.folder / "cache").glob("libvirt/qemu/log/*.log")
        return "\n".join(line for log in logs for line in
                         log.read_text(errors="replace").splitlines()[-10:])

    async def aliases(self) -> set[str]:
        """The devices that libvirt says it has, of those we name."""
        xml = ElementTree.fromstring(await self.libvirt.virsh("dumpxml", NAME))
        names = {alias.get("name", "") for alias in xml.iter("alias")}
        return {name for name in names if re.match("ua-", name)}

    async def destroy(self) -> None:
        """End it."""
        if self.channel:
            self.channel.close()
        try:
            await self.libvirt.virsh("destroy", NAME)
        except LibvirtError:
            pass
