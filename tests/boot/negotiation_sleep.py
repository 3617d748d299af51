# SPDX-License-Identifier: GPL-2.0-or-later
"""Mode auto: a guest's choice outlives suspend to RAM."""

import asyncio

import boot
from cases import Place
from negotiation_kernels import AUTO
from negotiation_session import Expected, Run, Session, Subject, boot_up

#: Its answer comes after the wake-up.
_SUSPEND = "echo mem >/sys/power/state && dmesg | grep 'PM: suspend exit'"


async def _check(session: Session, place: Place, expected: Expected) -> None:
    machine, guest = session.machine, session.guest
    with session.test("after suspend to RAM the guest still uses "
                      f"{expected.method}, {expected.evidence}; guest and "
                      "query agree"):
        mark = machine.mark()
        suspended = asyncio.create_task(guest.run(_SUSPEND))
        await machine.wait_event("SUSPEND", mark)
        await machine.execute("system_wakeup")
        await suspended
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
        await boot_up(run, Subject(name, AUTO, arguments, options, "ovmf"),
                      check)
