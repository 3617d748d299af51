# SPDX-License-Identifier: GPL-2.0-or-later
"""A viewer for QEMU's VNC server: RFC 6143, and the community's RFB protocol
for sizes of the desktop that the viewer asks for."""

import asyncio
import struct
from pathlib import Path
from typing import Callable

from machine import COMMAND_TIMEOUT, EVENT_TIMEOUT, MachineError
from screen import Screen

_RAW, _CURSOR, _SIZE, _EXTENDED_SIZE = 0, -239, -223, -308
_ENCODINGS = (_RAW, _CURSOR, _SIZE, _EXTENDED_SIZE)
# 32 bits a pixel, of which the lower 24 are red, green, blue; big-endian.
_FORMAT = struct.pack(">BBBBHHHBBB3x", 32, 24, 1, 1, 255, 255, 255, 16, 8, 0)
CONTROL, ALT = 0xffe3, 0xffe9
_UPDATE, _COLOURS, _BELL, _TEXT = range(4)


def _without_padding(pixels: bytes) -> bytes:
    """Red, green and blue of pixels as the server sends them."""
    colours = bytearray(len(pixels) // 4 * 3)
    for colour in range(3):
        colours[colour::3] = pixels[colour + 1::4]
    return bytes(colours)


class Viewer:
    """One connection.  It looks all the time; see what it shows by wait()."""

    def __init__(self) -> None:
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._rows: list[bytearray] = []
        self._width = 0
        self.cursor: Screen | None = None
        self.updates = 0
        self.ended = ""

    async def connect(self, path: Path) -> None:
        """Connect to a server's socket.  Raises MachineError."""
        self._reader, self._writer = await asyncio.open_unix_connection(path)
        try:
            await asyncio.wait_for(self._introduce(), COMMAND_TIMEOUT)
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            raise MachineError(f"no VNC on {path}: {error!r}") from error
        self._task = asyncio.create_task(self._view())

    async def _introduce(self) -> None:
        """RFC 6143, 7.1 to 7.3; then 7.5.1 and 7.5.2."""
        await self._reader.readexactly(12)
        self._writer.write(b"RFB 003.008\n")
        count, = await self._reader.readexactly(1)
        await self._reader.readexactly(count)
        self._writer.write(b"\1")       # security type: none
        result = await self._reader.readexactly(4)
        if any(result):
            raise MachineError("VNC's server wants no viewer")
        self._writer.write(b"\1")       # shared
        width, height, _, name = struct.unpack(
            ">HH16sI", await self._reader.readexactly(24))
        await self._reader.readexactly(name)
        self._resize(width, height)
        self._writer.write(struct.pack(">B3x16s", 0, _FORMAT) + struct.pack(
            f">BxH{len(_ENCODINGS)}i", 2, len(_ENCODINGS), *_ENCODINGS))
        self._ask(False)

    def _resize(self, width: int, height: int) -> None:
        self._width = width
        self._rows = [bytearray(3 * width) for _ in range(height)]

    def _ask(self, changes: bool = True) -> None:
        """Ask for an update of the whole screen (RFC 6143, 7.5.3)."""
        self._writer.write(struct.pack(">BBHHHH", 3, changes, 0, 0,
                                       self._width, len(self._rows)))

    async def _view(self) -> None:
        try:
            while True:
                await self._message()
        except (EOFError, OSError, ValueError) as error:
            async with self._changed:
                self.ended = repr(error)
                self._changed.notify_all()

    async def _message(self) -> None:
        """Take a message of the server's (RFC 6143, 7.6)."""
        kind, = await self._reader.readexactly(1)
        if kind == _UPDATE:
            count, = struct.unpack(">xH", await self._reader.readexactly(3))
            sized = [await self._rectangle() for _ in range(count)]
            async with self._changed:
                self.updates += 1
                self._changed.notify_all()
            self._ask(not any(sized))
        elif kind == _COLOURS:
            count, = struct.unpack(">x2xH", await self._reader.readexactly(5))
            await self._reader.readexactly(6 * count)
        elif kind == _TEXT:
            length, = struct.unpack(">3xI", await self._reader.readexactly(7))
            await self._reader.readexactly(length)
        elif kind != _BELL:
            raise ValueError(f"VNC: message {kind}")

    async def _rectangle(self) -> bool:
        """Take a part of an update.  Returns whether it is a new size."""
        x, y, width, height, encoding = struct.unpack(
            ">HHHHi", await self._reader.readexactly(12))
        if encoding in (_SIZE, _EXTENDED_SIZE):
            if encoding == _EXTENDED_SIZE:
                screens = (await self._reader.readexactly(4))[0]
                await self._reader.readexactly(16 * screens)
            new = (width, height) != (self._width, len(self._rows))
            if new:
                self._resize(width, height)
            return new
        pixels = _without_padding(
            await self._reader.readexactly(4 * width * height))
        rows = [pixels[start:start + 3 * width]
                for start in range(0, len(pixels), 3 * width)]
        if encoding == _CURSOR:
            await self._reader.readexactly((width + 7) // 8 * height)
            self.cursor = Screen(width, height, 3, rows)
        elif encoding == _RAW:
            for number, row in enumerate(rows):
                self._rows[y + number][3 * x:3 * (x + width)] = row
        else:
            raise ValueError(f"VNC: encoding {encoding}")
        return False

    async def want_size(self, width: int, height: int) -> None:
        """Ask the guest for a size (SetDesktopSize)."""
        self._writer.write(struct.pack(">BxHHBxIHHHHI", 251, width, height, 1,
                                       0, 0, 0, width, height, 0))
        await self._writer.drain()

    async def press(self, *keys: int) -> None:
        """Press keys together, X's names of them (KeyEvent), and let go."""
        for down, order in ((1, keys), (0, keys[::-1])):
            for key in order:
                self._writer.write(struct.pack(">BBxxI", 4, down, key))
        await self._writer.drain()

    def screen(self) -> Screen:
        """What it shows."""
        return Screen(self._width, len(self._rows), 3,
                      [bytes(row) for row in self._rows])

    async def wait(self, shown: Callable[[], bool], what: str,
                   timeout: float = EVENT_TIMEOUT) -> None:
        """Wait until shown() holds, after an update.  Raises MachineError."""
        def over() -> bool:
            return bool(self.ended) or shown()

        try:
            async with self._changed:
                await asyncio.wait_for(self._changed.wait_for(over), timeout)
        except asyncio.TimeoutError:
            raise MachineError(f"VNC does not show within {timeout:g} s: "
                               f"{what}") from None
        if not shown():
            raise MachineError(f"VNC ended ({self.ended}), waiting for: "
                               f"{what}")

    async def close(self) -> None:
        """Stop looking."""
        if self._task:
            self._task.cancel()
            self._writer.close()
