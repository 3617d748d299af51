# SPDX-License-Identifier: GPL-2.0-or-later
"""A driver that hangs in the removal of its device, and comes back later."""

import boot
from answers_session import (CONFIGURED, LATE_EJECT, NOTHING, REMOVED,
                             UNPLUG_KNOWN, UNPLUG_UNANSWERED, check_open,
                             check_reports, open_request, poll,
                             wait_outcome)
from cases import Case
from devices import Disk
from machine import EVENT_TIMEOUT, Machine
from negotiation_session import Run, Session, Subject, boot_up, require

#: Seconds that a guest has: enough for the 5 s for which Linux blinks.
_TIMEOUT = 12

_MACHINES = {"acpi": "q35,pci-hotplug=acpi",
             "native": "q35,pci-hotplug=native",
             "auto": "q35,pci-hotplug=auto",
             "acpi with _OST": "pc-q35-10.0-hotplug,pci-hotplug=acpi"}


async def _throttle(machine: Machine, device: str, bytes_: int) -> None:
    """Let a disk have so many bytes a second; 0 for all it wants."""
    complaint = await machine.execute(
        "human-monitor-command",
        command_line="block_set_io_throttle /machine/peripheral/"
                     f"{device}/virtio-backend {bytes_} 0 0 0 0 0")
    require(not complaint, f"block_set_io_throttle: {complaint}")


async def _hang(session: Session, disk: Case) -> None:
    """Have the guest wait for a disk that no longer answers."""
    [function] = await disk.wait_plugged(session.guest)
    [name] = function.names("block")
    await _throttle(session.machine, disk.devices[0].id, 1)
    await session.guest.run(f"while dd if=/dev/{name} of=/dev/null bs=64k "
                            "iflag=direct; do :; done >/dev/null 2>&1 & true")

    async def waits() -> bool:
        [line] = await session.guest.run(f"cat /sys/block/{name}/inflight")
        return any(int(count) for count in line.split())

    await poll(waits, EVENT_TIMEOUT, "the guest waits for its disk")


async def _check(session: Session, disk: Case) -> None:
    machine, device = session.machine, disk.devices[0].id
    port = disk.place.bus
    with session.test("a driver that hangs in removal: the query says that "
                      "the guest knows"):
        await disk.add_backends(machine)
        mark = machine.mark()
        await disk.request_plug(machine)
        await wait_outcome(machine, device, CONFIGURED, mark)
        await _hang(session, disk)
        mark = machine.mark()
        await disk.request_unplug(machine)

        async def known() -> bool:
            return await open_request(machine, port) == UNPLUG_KNOWN

        await poll(known, EVENT_TIMEOUT, f"{port}: {UNPLUG_KNOWN} is open")
    with session.test("it ends in timed-out, no-answer, and the device stays"):
        await wait_outcome(machine, device, UNPLUG_UNANSWERED, mark)
        await check_open(machine, port, NOTHING)
        await session.check_devices([disk], True)
    with session.test("the driver comes back: a removal, late-eject"):
        mark = machine.mark()
        await _throttle(machine, device, 0)
        await machine.wait_deleted(device, mark)
        await wait_outcome(machine, device, LATE_EJECT, mark)
    again = session.run.random("again", disk.place)
    with session.test("the port, filled again at once, works"):
        mark = machine.mark()
        await session.plug([again])
        await wait_outcome(machine, "again", CONFIGURED, mark)
        mark = machine.mark()
        await session.unplug([again])
        await wait_outcome(machine, "again", REMOVED, mark)
    with session.test("each request was reported once"):
        check_reports(machine, {
            device: [CONFIGURED, UNPLUG_UNANSWERED, LATE_EJECT],
            "again": [CONFIGURED, REMOVED]})
        require(not await session.guest.log("BUG:|Oops"),
                "the guest's kernel complains")


async def _test(run: Run, mode: str) -> None:
    arguments, [place] = boot.root_ports(1)
    subject = Subject(f"hang, {mode}",
                      f"{_MACHINES[mode]},hotplug-timeout={_TIMEOUT}",
                      arguments)

    async def check(session: Session) -> None:
        disk = Case([Disk("disk", 200, run.folder)], place)
        await _check(session, disk)

    await boot_up(run, subject, check)


async def hang(run: Run) -> None:
    """By ACPI; in full by each method and with _OST."""
    for mode in _MACHINES if run.full else ["acpi"]:
        await _test(run, mode)
