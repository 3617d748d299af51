# SPDX-License-Identifier: GPL-2.0-or-later
"""What a machine's display shows: pictures by QMP's screendump."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from machine import EVENT_TIMEOUT, Machine, MachineError
from screen import Screen, read_png, read_ppm

_PAUSE = 1.0


@dataclass(frozen=True)
class View:
    """The display of the device @device, and its output @head.

    Threads look at pictures: it takes a second, and firmware gives up its
    serial port when nobody reads from that for so long.
    """

    machine: Machine
    device: str = "gpu"
    head: int = 0

    async def _dump(self, path: Path, kind: str) -> None:
        await self.machine.execute("screendump", filename=str(path),
                                   format=kind, device=self.device,
                                   head=self.head)

    async def look(self) -> Screen:
        """What it shows now."""
        path = self.machine.folder / "look.ppm"
        await self._dump(path, "ppm")
        try:
            return await asyncio.to_thread(read_ppm, path)
        finally:
            path.unlink()

    async def keep(self, name: str) -> Screen:
        """What it shows now, left in the report as @name.png."""
        path = self.machine.folder / f"{name}.png"
        await self._dump(path, "png")
        return await asyncio.to_thread(read_png, path)

    async def wait(self, shown: Callable[[Screen], Any], name: str, what: str,
                   timeout: float = EVENT_TIMEOUT) -> Screen:
        """Wait until shown() holds for what it shows, and for the picture
        that is left in the report, where @name says so.  Returns it.

        Raises MachineError.
        """
        end = asyncio.get_running_loop().time() + timeout
        last = None
        while asyncio.get_running_loop().time() < end:
            screen = await self.look()
            if screen != last and await asyncio.to_thread(shown, screen):
                if not name:
                    return screen
                kept = await self.keep(name)
                if await asyncio.to_thread(shown, kept):
                    return kept
            last = screen
            await asyncio.sleep(_PAUSE)
        await self.keep(name or "unexpected")
        raise MachineError(f"not on {self.device}'s screen within "
                           f"{timeout:g} s: {what}")
