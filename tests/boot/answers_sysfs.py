# SPDX-License-Identifier: GPL-2.0-or-later
"""Removals that the guest starts itself, by its sysfs."""

import boot
from answers_session import (CONFIGURED, GUEST_REMOVED, NOTHING, REMOVED,
                             check_open, check_reports, wait_outcome)
from cases import Place
from negotiation_kernels import cold_device
from negotiation_session import Run, Session, Subject, boot_up, require


async def _address(session: Session, place: Place) -> str:
    """The address of a device, as in "0000:01:00.0"."""
    function = await session.guest.wait_function(
        place.path(0), lambda function: bool(function.driver))
    return function.path.rpartition("/")[2]


async def _check(session: Session, places: list[Place]) -> None:
    machine, guest = session.machine, session.guest
    with session.test("a slot that the guest powers off: a removal, "
                      "guest-removed"):
        address = (await _address(session, places[0])).partition(".")[0]
        mark = machine.mark()
        await guest.run("for slot in /sys/bus/pci/slots/*; do "
                        f"[ $(cat $slot/address) != {address} ] || "
                        "echo 0 >$slot/power; done")
        await machine.wait_deleted("cold0", mark)
        await wait_outcome(machine, "cold0", GUEST_REMOVED, mark)
    with session.test("a device that the guest forgets: QEMU keeps it, and "
                      "nothing is reported"):
        address = await _address(session, places[1])
        await guest.run(f"echo 1 >/sys/bus/pci/devices/{address}/remove")
        await guest.wait_gone(places[1].path(0))
        await check_open(machine, places[1].bus, NOTHING)
        slot = (await session.slots())[places[1].bus]
        require(slot.devices == ("cold1",), f"{slot}")
        check_reports(machine, {"cold0": [GUEST_REMOVED]})
    with session.test("an unplug of that completes all the same"):
        mark = machine.mark()
        await machine.execute("device_del", id="cold1")
        await machine.wait_deleted("cold1", mark)
        await wait_outcome(machine, "cold1", REMOVED, mark)
    again = session.run.random("again", places[0])
    with session.test("the slot takes another device; each was reported once"):
        await session.plug([again])
        check_reports(machine, {"cold0": [GUEST_REMOVED], "cold1": [REMOVED],
                                "again": [CONFIGURED]})


async def sysfs(run: Run) -> None:
    """By ACPI, in full natively, too."""
    for mode in ["acpi", "native"] if run.full else ["acpi"]:
        arguments, places = boot.root_ports(2)
        for number, place in enumerate(places):
            arguments += cold_device(f"cold{number}", place)

        async def check(session: Session,
                        due: list[Place] = places) -> None:
            await _check(session, due)

        await boot_up(run, Subject(f"sysfs, {mode}",
                                   f"q35,pci-hotplug={mode}", arguments),
                      check)
