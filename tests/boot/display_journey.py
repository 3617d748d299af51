# SPDX-License-Identifier: GPL-2.0-or-later
"""A display from before the machine's start to Linux's console."""

from dataclasses import dataclass
from pathlib import Path

import image
import settings
from console import Page, load_driver, read_font
from display_cases import CASES, Case, press_key, started
from guest import Guest
from machine import BOOT_TIMEOUT, Machine
from report import Tap
from screen import Screen, find_text, is_logo
from steps import Steps, require
from view import View

#: What QEMU itself shows where there is no picture, and its characters' size.
_PLACEHOLDER = "Display output is not active."
_QEMUS = (8, 16)


async def driver(machine: Machine) -> str:
    """Who drives the virtio device, by what was negotiated: UEFI's driver does
    not ask for EDID, Linux's does."""
    path, = [device["path"] for device in
             await machine.execute("x-query-virtio")
             if (device["path"] + "/").startswith("/machine/peripheral/gpu/")]
    answer = await machine.execute("x-query-virtio-status", path=path)
    if not any("DRIVER_OK" in word for word in answer["status"]["statuses"]):
        return "nobody"
    features = answer["guest-features"].get("dev-features", [])
    return "Linux" if any("EDID" in word for word in features) else "UEFI"


@dataclass
class _Journey:
    """One machine.  @release: the guest's system"""

    case: Case
    machine: Machine
    guest: Guest
    release: str
    before: Screen | None = None

    def __post_init__(self) -> None:
        self._view = View(self.machine)

    async def go(self, steps: Steps) -> None:
        """All steps.  Raises MachineError and GuestError."""
        await steps.take("QEMU's own text before the start", self._not_yet())
        await self.machine.execute("cont")
        if self.case.firmware.flash and self.case.texts:
            await steps.take("the logo", self._logo())
        if self.case.texts:
            await steps.take("firmware's text", self._firmware())
        if self.case.firmware.flash and self.case.texts:
            press_key(self.machine)
        await self.guest.wait_ready()
        if not self.case.texts:
            await steps.take("QEMU's own text while nobody drives it",
                             self._nobody())
        await steps.take("Linux's console", self._console())
        await self.guest.power_off()

    async def _not_yet(self) -> None:
        self.before = await self._view.keep("before")
        require(find_text(self.before, _PLACEHOLDER, *_QEMUS) is not None,
                f"no {_PLACEHOLDER!r}")

    async def _nobody(self) -> None:
        screen = await self._view.keep("nobody")
        require(screen == self.before, "the screen has changed")
        await self._driven_by("nobody")

    async def _driven_by(self, expected: str) -> None:
        found = await driver(self.machine)
        require(found == expected, f"{found} drives the virtio device")

    def _sized(self, screen: Screen) -> bool:
        return (screen.width, screen.height) == self.case.size

    async def _logo(self) -> None:
        await self._view.wait(
            lambda screen: self._sized(screen) and is_logo(screen), "logo",
            "firmware's logo", BOOT_TIMEOUT)

    async def _firmware(self) -> None:
        def shown(screen: Screen) -> bool:
            return self._sized(screen) and all(
                find_text(screen, text, *self.case.character)
                for text in self.case.texts)

        await self._view.wait(shown, "firmware",
                              " and ".join(self.case.texts), BOOT_TIMEOUT)
        await self._driven_by("UEFI" if self.case.driven else "nobody")

    async def _console(self) -> None:
        await load_driver(self.guest)
        font = await read_font(self.guest)
        page = Page(font, 1280, 800, f"{self.case.name}, {self.release}")
        await self.guest.run(page.command())
        await self._view.wait(page.is_on, "linux", "the text written to "
                              "Linux's console, and nothing else")
        await self._driven_by("Linux")


async def test(name: str, folder: Path, tap: Tap) -> None:
    """One machine; logs and pictures go to @folder.  Raises MachineError and
    GuestError."""
    case = CASES[name]
    guest_image = image.build(settings.CACHE, tap.comment,
                              case.firmware.architecture)
    async with started(case, guest_image, folder, []) as (machine, guest):
        await _Journey(case, machine, guest,
                       f"Linux {guest_image.release}").go(
                           Steps(tap, case.name))
        tap.comment(f"after {machine.age():.0f} s; pictures: {folder}")
