# SPDX-License-Identifier: GPL-2.0-or-later
"""A picture of a program's output: a terminal window, as SVG and PNG."""

import shutil
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

from settings import Stop
from forktools.console import need_tools  # pylint: disable=wrong-import-order

FONT_SIZE = 14
_CHARACTER = 8.43
_LINE = 19
_MARGIN = 18
_BAR = 30

_BACKGROUND, _FRAME, _TEXT = "#1d2330", "#2c3446", "#d8dee9"
_GOOD, _BAD, _QUIET = "#8fce7e", "#ff7b72", "#8b95a9"


def _colour(line: str) -> str:
    """The colour of a line, by how it begins and ends."""
    if line.endswith("FAILED"):
        return _BAD
    if line.startswith("$") or line.startswith("--"):
        return _QUIET
    return _TEXT


def _text(line: str, y: float) -> str:
    """A line of text; a result at its end is green."""
    content = escape(line)
    if line.endswith(" ok"):
        content = f'{content[:-2]}<tspan fill="{_GOOD}">ok</tspan>'
    return (f'<text x="{_MARGIN}" y="{y}" fill="{_colour(line)}" '
            f'xml:space="preserve">{content}</text>')


def svg(lines: list[str]) -> str:
    """The picture of these lines."""
    width = 2 * _MARGIN + _CHARACTER * max(map(len, lines))
    height = _BAR + 2 * _MARGIN + _LINE * len(lines)
    first = _BAR + _MARGIN + FONT_SIZE
    buttons = "".join(
        f'<circle cx="{20 + 20 * place}" cy="{_BAR / 2}" r="5.5" '
        f'fill="{colour}"/>'
        for place, colour in enumerate((_BAD, "#e5c07b", _GOOD)))
    body = "\n".join(_text(line, first + _LINE * number)
                     for number, line in enumerate(lines) if line)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}"
     font-family="DejaVu Sans Mono, monospace" font-size="{FONT_SIZE}">
<rect width="100%" height="100%" rx="8" fill="{_BACKGROUND}"/>
<path d="M0 {_BAR}V8a8 8 0 0 1 8-8H{width - 8:.0f}a8 8 0 0 1 8 8V{_BAR}z"
      fill="{_FRAME}"/>
{buttons}
{body}
</svg>
"""


def write(drawing: str, path: Path) -> list[Path]:
    """Write a drawing to @path.svg and, where rsvg-convert is installed, to
    @path.png.  Returns what was written.  Stops when rsvg-convert fails."""
    vector, pixels = path.with_suffix(".svg"), path.with_suffix(".png")
    vector.parent.mkdir(parents=True, exist_ok=True)
    vector.write_text(drawing, encoding="utf-8")
    if shutil.which("rsvg-convert") is None:
        return [vector]
    result = subprocess.run(
        ["rsvg-convert", "--output", str(pixels), str(vector)],
        capture_output=True, text=True, check=False)
    if result.returncode:
        raise Stop(f"rsvg-convert failed: {result.stderr}",
                   "see what it says")
    return [vector, pixels]


def save(lines: list[str], path: Path) -> None:
    """Write the picture to @path.svg and @path.png.  Stops without
    rsvg-convert."""
    need_tools(["rsvg-convert"])
    write(svg(lines), path)
