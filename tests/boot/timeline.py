# SPDX-License-Identifier: GPL-2.0-or-later
"""A picture of requests in time: asked, signalled, acknowledged, ended."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable
from xml.sax.saxutils import escape

import picture

WIDTH, LEFT, RIGHT = 960, 170, 60
_TOP, _ROW, _BAR, _FOOT = 84, 62, 20, 52
_STATES = [("queued", "#8b95a9"), ("signalled", "#e5c07b"),
           ("acknowledged", "#61afef")]
_TEXT, _QUIET, _GRID, _GOOD, _BAD = ("#d8dee9", "#8b95a9", "#2c3446",
                                     "#8fce7e", "#ff7b72")


@dataclass(frozen=True)
class Lane:
    """A request: milliseconds from asking until each state began.

    @signalled, @acknowledged: None where it was not seen
    """

    title: str
    note: str
    signalled: float | None
    acknowledged: float | None
    ended: float
    outcome: str

    def marks(self) -> list[tuple[float, str, str]]:
        """Start, state and colour of each stretch."""
        starts = [0.0, self.signalled, self.acknowledged]
        return [(start, name, colour) for start, (name, colour)
                in zip(starts, _STATES) if start is not None]


def _label(x: float, y: float, text: str, colour: str = _TEXT,
           anchor: str = "start") -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" '
            f'text-anchor="{anchor}">{escape(text)}</text>')


def _lane(lane: Lane, y: float, scale: float) -> list[str]:
    marks = lane.marks()
    ends = [start for start, _, _ in marks[1:]] + [lane.ended]
    drawn = [_label(24, y + 9, lane.title),
             _label(24, y + 27, lane.note, _QUIET)]
    for (start, _, colour), end in zip(marks, ends):
        drawn.append(
            f'<rect x="{LEFT + start * scale:.1f}" y="{y}" '
            f'width="{max((end - start) * scale, 1.5):.1f}" '
            f'height="{_BAR}" fill="{colour}"/>')
    end = LEFT + lane.ended * scale
    colour = _GOOD if lane.outcome == "completed" else _BAD
    times = "".join(f"{name} {start:.0f} · " for start, name, _ in marks[1:])
    drawn += [f'<circle cx="{end:.1f}" cy="{y + _BAR / 2}" r="6" '
              f'fill="{colour}"/>',
              _label(LEFT, y + _BAR + 16,
                     f"asked 0 · {times}{lane.outcome} {lane.ended:.0f} ms",
                     _QUIET)]
    return drawn


def _axis(longest: float, scale: float, bottom: float) -> list[str]:
    step = next(step for step in (50, 100, 200, 500, 1000, 2000, 5000, 10000,
                                  20000, 50000) if longest / step <= 10)
    drawn = []
    for place in range(int(longest // step) + 1):
        x = LEFT + place * step * scale
        drawn += [f'<path d="M{x:.1f} {_TOP - 12}V{bottom}" '
                  f'stroke="{_GRID}"/>',
                  _label(x, bottom + 18, f"{place * step / 1000:g} s", _QUIET,
                         "middle")]
    return drawn


def svg(lanes: list[Lane]) -> str:
    """The picture of these requests, of which there is at least one."""
    longest = max(lane.ended for lane in lanes)
    scale = (WIDTH - LEFT - RIGHT) / max(longest, 1)
    bottom = _TOP + _ROW * len(lanes)
    x, legend = float(LEFT), []
    for name, colour in [*_STATES, ("ended", _GOOD)]:
        legend += [f'<rect x="{x}" y="42" width="14" height="14" rx="3" '
                   f'fill="{colour}"/>', _label(x + 20, 54, name)]
        x += 40 + 8.5 * len(name)
    body = _axis(longest, scale, bottom) + legend
    for number, lane in enumerate(lanes):
        body += _lane(lane, _TOP + number * _ROW, scale)
    text = "\n".join(body)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}"
     height="{bottom + _FOOT}"
     font-family="DejaVu Sans Mono, monospace" font-size="13">
<rect width="100%" height="100%" rx="8" fill="#1d2330"/>
{_label(24, 28, "An unplug request in time, from device_del to its outcome")}
{text}
</svg>
"""


_TRACED = re.compile(
    r"\d+@(?P<time>[\d.]+):pci_hotplug_request (?P<bus>\S+):\d+: "
    r"(?P<event>.+) -> \S+ (?P<state>\S+), signal (?P<signal>\d), "
    r"ended (?P<ended>\d+)")


def lane(trace: Path, bus: str, outcome: str, title: str,
         note: str) -> Lane | None:
    """The last unplug of a bus's device, from QEMU's trace; None without one.

    QEMU traces pci_hotplug_request, with -msg timestamp=on.
    """
    found = [line for line in map(_TRACED.match, trace.read_text().splitlines())
             if line and line["bus"] == bus]
    asked = [number for number, line in enumerate(found)
             if line["event"] == "unplug"]
    if not asked:
        return None
    found = found[asked[-1]:]

    def since(wanted: Callable[[re.Match[str]], bool]) -> float | None:
        return next(((float(line["time"]) - float(found[0]["time"])) * 1000
                     for line in found if wanted(line)), None)

    ended = since(lambda line: line["ended"] != "0")
    if ended is None:
        return None
    return Lane(title, note, since(lambda line: line["signal"] == "1"),
                since(lambda line: line["state"] == "acknowledged"),
                ended, outcome)


def save(lanes: list[Lane], path: Path) -> list[Path]:
    """Write @path.svg, and @path.png where rsvg-convert is installed.

    Returns what was written.  Stops when rsvg-convert fails.
    """
    return picture.write(svg(lanes), path)
