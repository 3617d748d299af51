# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest without a driver for the hotplug method that it is offered."""

import boot
from answers_session import (CONFIGURED, NOTHING, PLUG_UNANSWERED,
                             PLUG_UNHEARD, RESET, UNPLUG_UNANSWERED,
                             UNPLUG_UNHEARD, check_open, check_reports,
                             open_age, wait_outcome)
from cases import Place
from negotiation_kernels import cold_device
from negotiation_session import Run, Session, Subject, boot_up, require, start


async def _check_silent(session: Session, places: list[Place]) -> None:
    """Linux with acpiphp.disable=1 reads ACPI's registers, and is silent."""
    machine = session.machine
    new = session.run.random("new", places[0])
    with session.test("plug and unplug end in timed-out, no-answer"):
        await new.add_backends(machine)
        mark = machine.mark()
        await new.request_plug(machine)
        await machine.execute("device_del", id="cold")
        await wait_outcome(machine, "new", PLUG_UNANSWERED, mark)
        await wait_outcome(machine, "cold", UNPLUG_UNANSWERED, mark)
    with session.test("nothing is open, both devices are there"):
        slots = await session.slots()
        for place, device in zip(places, ("new", "cold")):
            await check_open(machine, place.bus, NOTHING)
            require(slots[place.bus].devices == (device,),
                    f"{slots[place.bus]} where {device} is due")
    with session.test("each request was reported once"):
        check_reports(machine, {"new": [PLUG_UNANSWERED],
                                "cold": [UNPLUG_UNANSWERED]})


async def silent(run: Run) -> None:
    """Mode acpi: it listens and does not answer."""
    arguments, places = boot.root_ports(2)

    async def check(session: Session) -> None:
        await _check_silent(session, places)

    await boot_up(run, Subject(
        "deaf, acpi, acpiphp.disable=1", "q35,pci-hotplug=acpi,"
        "hotplug-timeout=5", [*arguments, *cold_device("cold", places[1])],
        "acpiphp.disable=1"), check)


#: Milliseconds: less than a boot takes.
_SHORT = 1000


async def _check_deaf(session: Session, places: list[Place]) -> None:
    """The machine waits to be let go."""
    machine = session.machine
    new = session.run.random("new", places[0])
    with session.test("an unplug stays queued, longer than a guest that "
                      "listens has"):
        await machine.execute("device_del", id="cold")
        await machine.execute("cont")
        await session.guest.wait_ready()
        await check_open(machine, places[1].bus, UNPLUG_UNHEARD)
        age = await open_age(machine, places[1].bus)
        require(age > _SHORT, f"it is open for {age} ms alone")
    with session.test("so does a plug"):
        await new.add_backends(machine)
        await new.request_plug(machine)
        await check_open(machine, places[0].bus, PLUG_UNHEARD)
        check_reports(machine, {})
    with session.test("a reset completes both"):
        session.guest.forget()
        mark = machine.mark()
        await machine.execute("system_reset")
        await machine.wait_deleted("cold", mark)
        await wait_outcome(machine, "cold", RESET, mark)
        await wait_outcome(machine, "new", CONFIGURED, mark)
    with session.test("each request was reported once"):
        await session.guest.wait_ready()
        check_reports(machine, {"new": [CONFIGURED], "cold": [RESET]})


async def deaf(run: Run) -> None:
    """Mode native: it never listens."""
    arguments, places = boot.root_ports(2)

    async def check(session: Session) -> None:
        await _check_deaf(session, places)

    await start(run, Subject(
        "deaf, native, pcie_ports=compat", "q35,pci-hotplug=native,"
        f"hotplug-timeout={_SHORT // 1000}",
        [*arguments, *cold_device("cold", places[1]), "-S"],
        "pcie_ports=compat", reboots=True), check)
