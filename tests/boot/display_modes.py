# SPDX-License-Identifier: GPL-2.0-or-later
"""Modes, two outputs, and what a program in the guest draws on them, which
the host must see in every pixel."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import image
import settings
from console import Page, load_driver, read_font
from display_cases import CASES, started
from drawing import CURSOR, Area, Drawing, pattern
from edid import Connector, Edid, read_connector
from guest import Guest
from machine import Machine
from report import Tap
from steps import Steps, require
from view import View
from vnc import Viewer

_FIRST, _SECOND = (1000, 700), (720, 480)
_OTHER = (800, 600)
_NAMES = ("card0-Virtual-1", "card0-Virtual-2")
_AREAS = [Area(13, 17, 101, 203), Area(0, 0, 1, 1), Area(799, 599, 1, 1),
          Area(0, 300, 800, 1), Area(400, 0, 1, 600), Area(1, 0, 798, 600)]


def _fits(connector: Connector, size: tuple[int, int]) -> None:
    """Raises MachineError unless the guest knows an output's size."""
    require(connector.connected, "the guest sees nothing connected")
    require(connector.edid == Edid(*size), f"its EDID says {connector.edid}")
    preferred = f"{size[0]}x{size[1]}"
    require(connector.modes[:1] == [preferred],
            f"its first mode is {connector.modes[:1]}, not {preferred}")


@dataclass
class _Heads:
    """A guest with two outputs, of which a viewer looks at each."""

    machine: Machine
    guest: Guest
    viewers: tuple[Viewer, Viewer]

    def _view(self, head: int) -> View:
        return View(self.machine, head=head)

    async def _seen(self, drawing: Drawing, head: int,
                    name: str = "") -> None:
        """The picture is on the screen, and in the viewer.  A picture of it
        is kept where @name says so: reading that back takes a while."""
        await self._view(head).wait(drawing.is_on, name,
                                    "what the guest drew")
        viewer = self.viewers[head]
        await viewer.wait(lambda: drawing.is_on(viewer.screen()),
                          "what the guest drew")

    async def first(self) -> None:
        """xres and yres are the mode of the first output."""
        await load_driver(self.guest)
        _fits(await read_connector(self.guest, _NAMES[0]), _FIRST)
        second = await read_connector(self.guest, _NAMES[1])
        require(not second.connected, "the second output is connected")
        await self.console("console")

    async def console(self, name: str) -> None:
        """The console is on the first output."""
        page = Page(await read_font(self.guest), *_FIRST, name)
        await self.guest.run(page.command())
        await self._view(0).wait(page.is_on, name, "the console's text")

    async def mode(self, drawing: Drawing) -> None:
        """The guest sets another mode."""
        await drawing.start(1)
        await self._seen(drawing, 0, "mode")

    async def dirty(self, drawing: Drawing) -> None:
        """What the guest says has changed is shown, and nothing else."""
        for seed, area in enumerate(_AREAS, 2):
            await drawing.dirty(area, seed)
            await self._seen(drawing, 0)

    async def flip(self, drawing: Drawing) -> None:
        """Buffers are exchanged, there and back."""
        for seed in (20, 21, 22):
            await drawing.flip(seed)
            await self._seen(drawing, 0)

    async def cursor(self, drawing: Drawing) -> None:
        """The cursor reaches a viewer, and is not in the picture."""
        viewer = self.viewers[0]
        for seed in (30, 31):
            await drawing.cursor(100, 50, seed)
            rows = pattern(CURSOR, CURSOR, seed)
            await viewer.wait(lambda rows=rows: viewer.cursor is not None and
                              viewer.cursor.rows == rows, "the cursor")
        await self._seen(drawing, 0)

    async def back(self, drawing: Drawing) -> None:
        """The guest gives the card back: the console is seen again."""
        await drawing.stop()
        await self.console("console-again")

    async def second(self) -> None:
        """A viewer wants the second output to have a size."""
        seen = len(self.guest.events)
        await self.viewers[1].want_size(*_SECOND)

        def told() -> bool:
            return any(event.subsystem == "drm" and event.action == "change"
                       for event in self.guest.events[seen:])

        await self.guest.until(told, 60, "the guest sees a change")
        _fits(await read_connector(self.guest, _NAMES[1]), _SECOND)
        _fits(await read_connector(self.guest, _NAMES[0]), _FIRST)

    async def both(self) -> None:
        """Each output shows a picture of its own."""
        drawings = [Drawing(self.guest, 0, _FIRST),
                    Drawing(self.guest, 1, _SECOND)]
        for head, drawing in enumerate(drawings):
            await drawing.start(40 + head)
        for head, drawing in enumerate(drawings):
            await self._seen(drawing, head, f"head{head}")
        await drawings[1].flip(50)
        await self._seen(drawings[1], 1)
        await self._seen(drawings[0], 0)
        await drawings[1].stop()

    async def go(self, steps: Steps) -> None:
        """All steps.  Raises MachineError and GuestError."""
        await self.guest.wait_ready()
        drawing = Drawing(self.guest, 0, _OTHER)
        await steps.take("mode and EDID are xres and yres", self.first())
        await steps.take("a mode of the guest's choice", self.mode(drawing))
        await steps.take("dirty rectangles", self.dirty(drawing))
        await steps.take("page flips", self.flip(drawing))
        await steps.take("cursor", self.cursor(drawing))
        await steps.take("the console comes back", self.back(drawing))
        await steps.take("a second output gets a size", self.second())
        await steps.take("two outputs", self.both())
        await self.guest.power_off()


async def test(report: Path, tap: Tap) -> None:
    """One guest; logs and pictures go to @report.  Raises MachineError and
    GuestError."""
    case = replace(CASES["seabios-gpu"], options=",max_outputs=2,xres="
                   f"{_FIRST[0]},yres={_FIRST[1]}")
    with tempfile.TemporaryDirectory(prefix="vnc-") as folder:
        sockets = [Path(folder) / str(head) for head in range(2)]
        arguments = [argument for head, path in enumerate(sockets)
                     for argument in
                     ("-vnc", f"unix:{path},display=gpu,head={head}")]
        guest_image = image.build(settings.CACHE, tap.comment)
        async with started(case, guest_image, report,
                           arguments) as (machine, guest):
            viewers = Viewer(), Viewer()
            for viewer, path in zip(viewers, sockets):
                await viewer.connect(path)
            await machine.execute("cont")
            await _Heads(machine, guest, viewers).go(
                Steps(tap, f"Linux, {case.device}"))
            for viewer in viewers:
                await viewer.close()
