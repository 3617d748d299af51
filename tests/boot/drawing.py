# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures that the guest draws: what must be seen of them, pixel by pixel."""

from dataclasses import dataclass

from guest import Guest, GuestError
from screen import Screen

CURSOR = 64


def pattern(width: int, height: int, seed: int) -> list[bytes]:
    """The rows of a picture, as guest/drawing.c draws it: red, green and blue
    of each pixel."""
    across = [x * 0x10f0b5 for x in range(width)]
    rows = []
    for y in range(height):
        first = y * 0x3c6ef3 + seed * 0x5bd1e9
        rows.append(b"".join([(first + x & 0xffffff).to_bytes(3, "big")
                              for x in across]))
    return rows


@dataclass(frozen=True)
class Area:
    """A part of a picture, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Drawing:
    """A guest's picture on an output: what it must look like on the host."""

    def __init__(self, guest: Guest, output: int, size: tuple[int, int],
                 card: str = "/dev/dri/card0") -> None:
        self._guest = guest
        self._output = output
        self._size = size
        self._card = card
        self._rows: list[bytes] = []

    async def _tell(self, verb: str, *arguments: object) -> None:
        text = " ".join(map(str, arguments))
        status, _ = await self._guest.command(verb, text)
        if status:
            raise GuestError(f"in the guest: {verb} {text}: error {status}")

    async def start(self, seed: int) -> None:
        """Set the mode and draw a first picture."""
        await self._tell("draw", self._card, self._output, *self._size, seed)
        self._rows = pattern(*self._size, seed)

    async def dirty(self, area: Area, seed: int) -> None:
        """Draw another picture, of which an area alone shall be seen."""
        await self._tell("dirty", self._output, area.x, area.y, area.width,
                         area.height, seed)
        new = pattern(*self._size, seed)
        left, right = 3 * area.x, 3 * (area.x + area.width)
        for y in range(area.y, area.y + area.height):
            old = self._rows[y]
            self._rows[y] = old[:left] + new[y][left:right] + old[right:]

    async def flip(self, seed: int) -> None:
        """Draw another picture into the other buffer, and show that."""
        await self._tell("flip", self._output, seed)
        self._rows = pattern(*self._size, seed)

    async def cursor(self, x: int, y: int, seed: int) -> None:
        """Show a cursor, which is no part of the picture."""
        await self._tell("cursor", self._output, x, y, seed)

    async def stop(self) -> None:
        """Give the card back."""
        await self._tell("undraw")

    def is_on(self, screen: Screen) -> bool:
        """Whether a picture shows it, in each pixel."""
        return ((screen.width, screen.height) == self._size
                and screen.rows == self._rows)
