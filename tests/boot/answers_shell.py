# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest in UEFI's shell, which listens to no hotplug."""

import boot
from answers_session import (CONFIGURED, NOTHING, PLUG_UNHEARD, RESET,
                             UNPLUG_UNHEARD, check_open, check_reports,
                             wait_outcome)
from machine import BOOT_TIMEOUT, Machine
from negotiation_kernels import cold_device
from negotiation_session import Run, Subject, checked, require
from negotiation_shell import Shell, in_shell

_RANDOM = "Vendor 1AF4 Device 1044"

#: How many devices the shell sees while a plug is open: in mode native the
#: slot of the new one has no power.
_SEEN = {"acpi": 2, "native": 1}


async def _seen(shell_: Shell) -> int:
    """How many of our devices the shell sees."""
    return (await shell_.run("pci")).count(_RANDOM)


async def _check(run: Run, name: str, mode: str, machine: Machine,
                 shell_: Shell) -> None:
    """"cold" is there from the start, behind port1; "new" comes to port0."""
    with checked(run.tap, f"{name}: plug and unplug are queued until the "
                 "guest listens"):
        await shell_.read_prompt(BOOT_TIMEOUT)
        await machine.execute("device_add", driver="virtio-rng-pci", id="new",
                              bus="port0")
        await machine.execute("device_del", id="cold")
        await check_open(machine, "port0", PLUG_UNHEARD)
        await check_open(machine, "port1", UNPLUG_UNHEARD)
        seen = await _seen(shell_)
        require(seen == _SEEN[mode], f"the shell sees {seen} devices")
        check_reports(machine, {})
    with checked(run.tap, f"{name}: a reset completes both, each once"):
        mark = machine.mark()
        await machine.execute("system_reset")
        await wait_outcome(machine, "cold", RESET, mark)
        await wait_outcome(machine, "new", CONFIGURED, mark)
        await shell_.read_prompt(BOOT_TIMEOUT)
        for port in ("port0", "port1"):
            await check_open(machine, port, NOTHING)
        require(await _seen(shell_) == 1, "the shell does not see one device")
        check_reports(machine, {"cold": [RESET], "new": [CONFIGURED]})


async def _test(run: Run, mode: str) -> None:
    arguments, places = boot.root_ports(2)
    subject = Subject(f"UEFI shell, {mode}",
                      f"q35,pci-hotplug={mode},hotplug-timeout=1",
                      [*arguments, *cold_device("cold", places[1])],
                      firmware="ovmf", reboots=True)
    async with in_shell(run, subject) as (machine, console):
        await _check(run, subject.name, mode, machine, console)


async def shell(run: Run) -> None:
    """OVMF with nothing to boot."""
    for mode in _SEEN:
        await _test(run, mode)
