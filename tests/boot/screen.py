# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of a guest's screen: files read, and text found in them.

Firmware's text is found without its font, by which of its characters are the
same: equal characters are equal pictures, different ones differ, and a space
is one plain colour.  Use it with texts of some length in which characters come
again.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BYTES = {0: 1, 2: 3, 6: 4}     # of a pixel, by colour type
_IS_SET = bytes([0] + [1] * 255)


@dataclass(frozen=True)
class Screen:
    """A picture: its size, and its rows with so many bytes to a pixel."""

    width: int
    height: int
    pixel: int
    rows: list[bytes]

    def colours(self) -> set[bytes]:
        """Those of all pixels."""
        return {row[place:place + self.pixel] for row in set(self.rows)
                for place in range(0, len(row), self.pixel)}


def read_ppm(path: Path) -> Screen:
    """The picture in a file of the kind P6, as QEMU writes it.

    Raises ValueError for anything else.
    """
    kind, size, most, pixels = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    if kind != b"P6" or most != b"255" or len(pixels) != 3 * width * height:
        raise ValueError(f"{path} is no PPM file as QEMU writes it")
    stride = 3 * width
    return Screen(width, height, 3, [pixels[start:start + stride] for start in
                                     range(0, len(pixels), stride)])


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _unfilter(kind: int, row: bytearray, above: bytes, pixel: int) -> None:
    """Undo a row's filter (PNG, third edition, 9.2), in place."""
    if kind == 2:
        row[:] = bytes((a + b) & 255 for a, b in zip(row, above))
    elif kind and (any(row) or any(above)):
        for place, value in enumerate(row):
            left = row[place - pixel] if place >= pixel else 0
            corner = above[place - pixel] if place >= pixel else 0
            up = above[place]
            add = {1: left, 3: (left + up) // 2}.get(kind)
            row[place] = (value + (_paeth(left, up, corner)
                                   if add is None else add)) & 255


def read_png(path: Path) -> Screen:
    """The picture in a file with 8 bits a channel, as QEMU writes it.

    Raises ValueError for anything else.
    """
    data = path.read_bytes()
    if data[:8] != _SIGNATURE:
        raise ValueError(f"{path} is no PNG file")
    width, height, depth, colour, *_, interlaced = struct.unpack_from(
        ">IIBBBBB", data, 16)
    if depth != 8 or colour not in _BYTES or interlaced:
        raise ValueError(f"{path}: depth {depth}, colour type {colour}")
    packed, place = b"", 8
    while place < len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        if kind == b"IDAT":
            packed += data[place + 8:place + 8 + size]
        place += 12 + size
    pixels, pixel = zlib.decompress(packed), _BYTES[colour]
    stride = width * pixel
    rows, above = [], bytes(stride)
    for start in range(0, height * (stride + 1), stride + 1):
        row = bytearray(pixels[start + 1:start + 1 + stride])
        _unfilter(pixels[start], row, above, pixel)
        above = bytes(row)
        rows.append(above)
    return Screen(width, height, pixel, rows)


def ink(screen: Screen) -> list[bytes]:
    """Each row: 1 where a pixel is not black, 0 where it is."""
    colours = range(min(screen.pixel, 3))
    rows = []
    for row in screen.rows:
        bright = 0
        for colour in colours:
            bright |= int.from_bytes(row[colour::screen.pixel], "big")
        rows.append(bright.to_bytes(screen.width, "big").translate(_IS_SET))
    return rows


def _is(cells: Sequence[bytes], text: str) -> bool:
    """Whether the pictures of characters can be this text."""
    glyphs = dict(zip(text, cells))
    return (all(glyphs[character] == cell
                for character, cell in zip(text, cells))
            and len(set(glyphs.values())) == len(glyphs)
            and all(any(glyph) == (character != " ")
                    for character, glyph in glyphs.items()))


def find_text(screen: Screen, text: str, width: int, height: int
              ) -> tuple[int, int] | None:
    """Where a line of text is, in characters of this size, on a black
    background: its left and upper edge; None if it is nowhere."""
    rows = ink(screen)
    columns = [bytes(column) for column in zip(*rows)]
    inked = [any(row) for row in rows]
    for y in range(screen.height - height + 1):
        if not any(inked[y:y + height]) or (y and inked[y - 1]):
            continue
        strip = [column[y:y + height] for column in columns]
        for left in range(width):
            cells = [b"".join(strip[x:x + width])
                     for x in range(left, screen.width - width + 1, width)]
            for first in range(len(cells) - len(text) + 1):
                if _is(cells[first:first + len(text)], text):
                    return left + first * width, y
    return None


def _coloured(screen: Screen) -> list[list[int]]:
    """Of each row, the places of pixels that are not grey."""
    return [[x for x, (red, green, blue) in
             enumerate(zip(row[::screen.pixel], row[1::screen.pixel],
                           row[2::screen.pixel]))
             if not red == green == blue]
            if row[::screen.pixel] != row[2::screen.pixel] else []
            for row in screen.rows]


def is_logo(screen: Screen, colours: int = 32, off: int = 8) -> bool:
    """Whether there is a picture of at least so many colours, and its centre
    is the screen's, within @off pixels."""
    rows = _coloured(screen)
    used = [y for y, row in enumerate(rows) if row]
    if not used or len(screen.colours()) < colours:
        return False
    left = min(row[0] for row in rows if row)
    right = max(row[-1] for row in rows if row)
    return (abs(left + right - screen.width) <= 2 * off and
            abs(used[0] + used[-1] - screen.height) <= 2 * off)
