# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux's console on a display: its whole picture, from the kernel's font."""

from dataclasses import dataclass

from guest import Guest, GuestError
from machine import COMMAND_TIMEOUT
from screen import Screen, ink

_TERMINAL = "/dev/tty1"
_CLEAR = r"\033[2J\033[?25l"        # with the cursor out of sight
_GREY = bytes([0xaa] * 3)           # what the kernel writes with, on black
_BLACK = bytes(3)
_CHARACTERS = "".join(map(chr, range(ord(" "), 127)))


@dataclass(frozen=True)
class Font:
    """Characters of one size; rows of each from the top, 1 for ink."""

    width: int
    height: int
    glyphs: dict[str, list[bytes]]


def _glyph(rows: str, width: int) -> list[bytes]:
    """A character's rows, from the agent's digits."""
    digits = 2 * ((width + 7) // 8)
    bits = [f"{int(rows[place:place + digits], 16):0{4 * digits}b}"[:width]
            for place in range(0, len(rows), digits)]
    return [bytes(map(int, row)) for row in bits]


async def read_font(guest: Guest) -> Font:
    """The console's font.  Raises GuestError."""
    status, lines = await guest.command("font", _TERMINAL)
    if status:
        raise GuestError(f"the guest's console has no font: {status}")
    width, height = map(int, lines[0].split())
    codes = dict(line.split() for line in lines[1:])
    return Font(width, height, {chr(int(code)): _glyph(rows, width)
                                for code, rows in codes.items()})


@dataclass(frozen=True)
class Page:
    """Lines of text on an otherwise empty screen of so many pixels: every
    character in the left upper corner, a text in the right lower one."""

    font: Font
    width: int
    height: int
    text: str

    def _lines(self) -> dict[tuple[int, int], str]:
        """Texts by column and line, from 0."""
        columns = self.width // self.font.width
        last = self.height // self.font.height - 1
        text = self.text[:columns - 1]
        half = len(_CHARACTERS) // 2
        # The last place stays free: text there would scroll.
        return {(0, 0): _CHARACTERS[:half], (0, 1): _CHARACTERS[half:],
                (columns - 1 - len(text), last): text}

    def command(self) -> str:
        """For the guest's shell: write it."""
        parts = [_CLEAR]
        for (column, line), text in self._lines().items():
            escaped = text.replace("\\", r"\\").replace("%", "%%")
            parts.append(rf"\033[{line + 1};{column + 1}H{escaped}")
        quoted = "".join(parts).replace("'", r"'\''")
        return f"printf '{quoted}' >{_TERMINAL}"

    def ink(self) -> list[bytes]:
        """Each row of pixels: 1 where there is ink."""
        rows = [bytearray(self.width) for _ in range(self.height)]
        for (column, line), text in self._lines().items():
            left = column * self.font.width
            for y in range(self.font.height):
                drawn = b"".join(self.font.glyphs[character][y]
                                 for character in text)
                row = rows[line * self.font.height + y]
                row[left:left + len(drawn)] = drawn
        return [bytes(row) for row in rows]

    def is_on(self, screen: Screen) -> bool:
        """Whether a picture shows this and nothing else."""
        return ((screen.width, screen.height) == (self.width, self.height)
                and screen.colours() == {_GREY, _BLACK}
                and ink(screen) == self.ink())


async def load_driver(guest: Guest) -> None:
    """Load virtio_gpu and what it needs.  Raises GuestError."""
    await guest.run("while read module; do insmod /modules/$module || exit; "
                    "done </modules/display", 2 * COMMAND_TIMEOUT)
