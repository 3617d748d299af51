# SPDX-License-Identifier: GPL-2.0-or-later
"""Suspend to RAM: what a guest chose, and ACPI's events, outlive it."""

import asyncio

import boot
from cases import Place
from negotiation_kernels import AUTO
from negotiation_session import Expected, Run, Session, Subject, boot_up

#: Its answer comes after the wake-up.
_SUSPEND = "echo mem >/sys/power/state && dmesg | grep 'PM: suspend exit'"

#: The machine type of ours, with ACPI hotplug.
_OURS = "pc-q35-10.0-hotplug"


async def _suspend(session: Session) -> None:
    """Suspend the guest, wake it up, and wait until it says that it is."""
    machine = session.machine
    mark = machine.mark()
    suspended = asyncio.create_task(session.guest.run(_SUSPEND))
    await machine.wait_event("SUSPEND", mark)
    await machine.execute("system_wakeup")
    await suspended


async def _check(session: Session, place: Place, expected: Expected) -> None:
    with session.test("after suspend to RAM the guest still uses "
                      f"{expected.method}, {expected.evidence}; guest and "
                      "query agree"):
        await _suspend(session)
        await session.check_agreement(place, expected)
    with session.test(f"plug and unplug by {expected.method} alone"):
        await session.cycle(expected.method,
                            [session.run.random("device", place)])


async def sleep(run: Run) -> None:
    """A guest with native hotplug, and one with ACPI hotplug, under OVMF."""
    arguments, [place] = boot.root_ports(1)

    for options, expected in [("", Expected("native", "committed")),
                              ("pcie_ports=compat",
                               Expected("acpi", "inferred"))]:
        async def check(session: Session, due: Expected = expected) -> None:
            await _check(session, place, due)

        name = f"{AUTO}, suspended, Linux {options}".strip()
        await boot_up(run, Subject(name, AUTO, arguments, options, "ovmf",
                                   suspends=True), check)


async def _check_wake(session: Session, places: list[Place]) -> None:
    """Twice, since the second time finds what the first has left behind."""
    stays, goes = [session.run.random(f"device{number}", place)
                   for number, place in enumerate(places)]

    with session.test("plug before suspend to RAM"):
        await session.plug([stays])
    for time in ("first", "second"):
        with session.test(f"{time} suspend to RAM, plug and unplug by ACPI "
                          "alone"):
            await _suspend(session)
            await session.cycle("acpi", [goes])
    with session.test("what was there before can be unplugged"):
        await session.unplug([stays])


async def wake(run: Run) -> None:
    """ACPI hotplug after suspend to RAM, whatever the firmware does."""
    arguments, places = boot.root_ports(2)

    async def check(session: Session) -> None:
        await _check_wake(session, places)

    for firmware in ("seabios", "ovmf"):
        await boot_up(run, Subject(f"{_OURS} with {firmware}, suspended",
                                   _OURS, arguments, firmware=firmware,
                                   suspends=True), check)
