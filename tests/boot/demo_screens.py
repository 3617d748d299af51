# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo's pictures: what firmware and Linux show on virtio's displays."""

import asyncio
import io

import settings
from display_cases import CASES
from display_journey import test
from forktools.console import say  # pylint: disable=wrong-import-order
from report import Tap
from steps import FAILURES

_NAMES = ("seabios-vga", "ovmf-gpu", "armvirt-gpu")
_SHOWN = ("logo", "firmware", "linux")


async def _take(name: str) -> tuple[list[str], bool]:
    """One machine's pictures.  Returns lines, and whether it went well."""
    title, folder = CASES[name].name, settings.REPORT / "displays" / name
    try:
        await test(name, folder, Tap(io.StringIO()))
    except FAILURES as error:
        say(f"  [{title}] FAILED: {error}")
        return [f"  {title}: FAILED"], False
    paths = [folder / f"{shown}.png" for shown in _SHOWN]
    say(f"  [{title}] firmware's screen and Linux's console are as expected")
    return [f"  {path}" for path in paths if path.exists()], True


async def _take_all() -> list[tuple[list[str], bool]]:
    """One machine after the other."""
    return [await _take(name) for name in _NAMES]


def pictures() -> tuple[list[str], bool]:
    """Take them.  Returns lines that say where they are, and whether all
    screens were as expected."""
    say("\nNow firmware and Linux on virtio's displays: about a minute")
    answers = asyncio.run(_take_all())
    lines = ["Pictures of the screens:"]
    for more, _ in answers:
        lines += more
    return lines, all(passed for _, passed in answers)
