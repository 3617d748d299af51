# SPDX-License-Identifier: GPL-2.0-or-later
"""A second display comes and goes while Linux runs, with the console on it
and a VNC viewer that looks at it.

The first one has no frame buffer for Linux's console.  With two frame buffers,
Linux 6.1 keeps that of a display that is gone ("Memory manager not clean during
takedown") and lays its consoles onto the next one no more.
"""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import boot
import image
import settings
from cases import Place
from console import Font, Page, load_driver, read_font
from display_cases import CASES, HeapReport, build_library, started
from guest import TROUBLE, Function, Guest
from machine import Machine
from report import Tap
from screen import find_text
from steps import Steps, require
from view import View
from vnc import ALT, CONTROL, Viewer

#: By name of the test: the machine, with its first display.
_BIOS = replace(CASES["seabios-gpu"], device="VGA")
MACHINES = {
    **{mode: replace(_BIOS, machine_options=f",pci-hotplug={mode}")
       for mode in ("acpi", "native", "auto")},
    # Firmware draws there, and Linux would go on to.
    "virt": replace(CASES["armvirt-gpu"], device="bochs-display", texts=(),
                    kernel_options="initcall_blacklist=sysfb_init"),
}
_SIZE = (1280, 800)
_ID = "second"
_GONE = "Guest display has been unplugged"
_QEMUS = (8, 16)
#: Rounds after which QEMU's heap has its size, and what a round may add then:
#: tables of emulated code grow.  A picture has 4,096,000 bytes.
_WARM_UP = 20
_BYTES = 4096


@dataclass
class _Second:
    """A guest with a display, and a port for another.

    @viewer: looks at the first, then at the other
    @heap: tells what QEMU holds, where that is measured
    @font: the console's
    """

    machine: Machine
    guest: Guest
    place: Place
    viewer: Viewer
    tap: Tap
    heap: HeapReport | None
    font: Font | None = None

    async def shown(self, text: str) -> None:
        """The console is on the second display, and the viewer sees it."""
        if not self.font:
            self.font = await read_font(self.guest)
        page = Page(self.font, *_SIZE, text)
        await self.guest.run(page.command())
        await View(self.machine, _ID).wait(page.is_on, _ID, text)
        await self.viewer.wait(lambda: page.is_on(self.viewer.screen()), text)

    async def arrive(self) -> None:
        """It comes; the viewer asks for QEMU's second console."""
        await self.plug()
        await self.viewer.press(CONTROL, ALT, ord("2"))
        await self.shown("Plugged for the first time")

    async def unplug(self) -> None:
        """With the console bound."""
        mark = self.machine.mark()
        await self.machine.execute("device_del", id=_ID)
        await self.guest.wait_gone(self.place.path(0))
        await self.machine.wait_deleted(_ID, mark)
        await self.viewer.wait(
            lambda: find_text(self.viewer.screen(), _GONE, *_QEMUS)
            is not None, _GONE)

    async def plug(self) -> None:
        """And wait until the guest has a frame buffer there."""
        await self.machine.execute("device_add", driver="virtio-gpu-pci",
                                   id=_ID, bus=self.place.bus)

        def works(function: Function) -> bool:
            return (function.driver == "virtio-pci" and
                    bool(function.names("graphics")))

        await self.guest.wait_function(self.place.path(0), works)

    async def rounds(self, count: int) -> None:
        """Out and in again.  Few rounds say nothing of memory."""
        before = 0
        for number in range(1, count + 1):
            await self.unplug()
            await self.plug()
            await self.shown(f"Plugged, round {number}")
            if self.heap and number == _WARM_UP:
                before = self.heap.read_steady()
        if self.heap:
            self._check_heap(count - _WARM_UP,
                             self.heap.read_steady() - before)

    def _check_heap(self, count: int, added: int) -> None:
        """Little was added in the last @count rounds."""
        self.tap.comment(f"QEMU's heap has {added} bytes more than {count} "
                         "rounds before")
        require(added <= _BYTES * count, f"{added} bytes in {count} rounds")

    async def quiet(self) -> None:
        """The kernel did not complain."""
        complaints = await self.guest.log(TROUBLE)
        require(not complaints, "\n".join(complaints))

    async def go(self, steps: Steps, rounds: int) -> None:
        """All steps.  Raises MachineError and GuestError."""
        await self.guest.wait_ready()
        await load_driver(self.guest)
        await steps.take("a second display with the console comes",
                         self.arrive())
        await steps.take(f"unplugged and plugged again, {rounds} times",
                         self.rounds(rounds))
        await steps.take("the guest's kernel is content", self.quiet())
        await self.guest.power_off()


async def test(name: str, rounds: int, report: Path, tap: Tap) -> None:
    """One guest; logs and pictures go to @report.  Raises MachineError and
    GuestError."""
    arguments, places = boot.root_ports(1)
    case = MACHINES[name]
    with tempfile.TemporaryDirectory(prefix="vnc-") as folder:
        socket = Path(folder) / "vnc"
        arguments += ["-vnc", f"unix:{socket}"]
        guest_image = image.build(settings.CACHE, tap.comment,
                                  case.firmware.architecture)
        heap = (HeapReport(build_library(Path(folder)))
                if rounds > _WARM_UP else None)
        async with started(case, guest_image, report, arguments,
                           heap) as (machine, guest):
            viewer = Viewer()
            await viewer.connect(socket)
            await machine.execute("cont")
            await _Second(machine, guest, places[0], viewer, tap, heap).go(
                Steps(tap, f"Linux, {name}"), rounds)
            await viewer.close()
            tap.comment(f"after {machine.age():.0f} s")
