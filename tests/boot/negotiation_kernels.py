# SPDX-License-Identifier: GPL-2.0-or-later
"""Mode auto: kernels that take native hotplug, that don't, that never ask.

Each gets two requests before it has run at all: a device comes, and one that
is there from the start is to go.
"""

import asyncio
from dataclasses import dataclass

import boot
from cases import Case, Place
from machine import BOOT_TIMEOUT
from negotiation_session import (Expected, Run, Session, Subject, require,
                                 start)

AUTO = "q35,pci-hotplug=auto"
OURS = "pc-q35-10.0-hotplug,pci-hotplug=auto"


@dataclass(frozen=True)
class Kernel:
    """Options of a kernel, and what comes of them in mode auto."""

    options: str
    method: str
    evidence: str

    @property
    def title(self) -> str:
        """What to call it."""
        return f"Linux {self.options}".strip()


KERNELS = [
    Kernel("", "native", "committed"),
    Kernel("pcie_ports=compat", "acpi", "inferred"),
    Kernel("pci=nomsi", "acpi", "inferred"),
    Kernel("acpi=off", "native", "inferred"),
    Kernel("pcie_ports=native", "native", "committed"),
]


def cold_device(name: str, place: Place) -> list[str]:
    """QEMU's arguments for a device that is there from the start."""
    return ["-device", f"virtio-rng-pci,id={name},bus={place.bus}"]


class _Early:
    """The requests that a guest gets before it runs."""

    def __init__(self, session: Session, new: Case, cold: Place) -> None:
        self._session = session
        self.new = new
        self.cold = cold

    async def request(self) -> None:
        """Make them: QEMU accepts both, though nobody has chosen."""
        session = self._session
        with session.test("before the start nothing is known, and both "
                          "requests are accepted"):
            await self.new.add_backends(session.machine)
            await self.new.request_plug(session.machine)
            await session.machine.execute("device_del", id="cold")
            for slot in (await session.slots()).values():
                require(slot.known == ("", "unknown"),
                        f"{slot}, before the guest has run")
            await session.check_devices([self.new], True)

    async def wait_gone(self) -> None:
        """Wait until the device from the start is gone."""
        await self._session.guest.wait_gone(self.cold.path(0))
        await self._session.machine.wait_deleted("cold", 0)

    def moved(self) -> bool:
        """Whether the request went from ACPI to the port."""
        return any(event.startswith("acpi_pcihp_move /machine/peripheral/"
                                    f"{self.cold.bus}: ")
                   and event.endswith("native")
                   for event in self._session.trace.since())


async def _plug_at_scan(session: Session, case: Case) -> None:
    """Plug a device when the guest has just scanned its buses.

    SeaBIOS gives empty ports no I/O window, and Linux does after its scan,
    some 0.2 s before a driver takes the slots.
    """
    end = session.machine.age() + BOOT_TIMEOUT
    while "io" not in (await session.slots())[case.place.bus].windows:
        require(session.machine.age() < end, "the guest sets up no windows")
        await asyncio.sleep(0.01)
    await session.machine.execute("stop")
    await case.add_backends(session.machine)
    await case.request_plug(session.machine)
    await session.machine.execute("cont")


async def _check_kernel(session: Session, kernel: Kernel, early: _Early,
                        middle: Case, late: Case) -> None:
    """All tests of a kernel; the machine waits to be let go.

    @middle, @late: devices to plug while it boots, and afterwards
    """
    await early.request()
    await session.machine.execute("cont")
    await _plug_at_scan(session, middle)
    await session.guest.wait_ready()
    with session.test("the devices that came before the start, and between "
                      "its bus scan and its drivers, are there"):
        await session.wait_plugged([early.new, middle])
    if kernel.method == "native":
        with session.test("the device_del from before the start moves from "
                          "ACPI to the port, and is carried out"):
            await early.wait_gone()
            require(early.moved(), "its request did not move")
    if kernel.method == "acpi":
        # Linux reads the request before acpiphp knows the slot, and drops it.
        with session.test("the device_del from before the start is carried "
                          "out, with no other event after it"):
            await early.wait_gone()
            require(not early.moved(), "its request moved to the port")
    with session.test(f"the guest uses {kernel.method}, {kernel.evidence}; "
                      "guest and query agree"):
        for place in [early.new.place, early.cold, late.place]:
            await session.check_agreement(
                place, Expected(kernel.method, kernel.evidence))
    with session.test(f"plug and unplug by {kernel.method} alone"):
        await session.cycle(kernel.method, [late], [early.new, middle])


async def _test_kernel(run: Run, kernel: Kernel, machine: str,
                       firmware: str) -> None:
    arguments, places = boot.root_ports(4)
    subject = Subject(f"{machine}, {firmware}, {kernel.title}", machine,
                      [*arguments, *cold_device("cold", places[1]), "-S"],
                      kernel.options, firmware)

    async def check(session: Session) -> None:
        await _check_kernel(session, kernel,
                            _Early(session, run.random("early", places[0]),
                                   places[1]),
                            run.random("middle", places[2]),
                            run.random("late", places[3]))

    await start(run, subject, check)


async def kernels(run: Run) -> None:
    """Each kernel, in full also on our machine type and under OVMF."""
    for kernel in KERNELS:
        await _test_kernel(run, kernel, AUTO, "seabios")
    for kernel in KERNELS if run.full else []:
        await _test_kernel(run, kernel, OURS, "seabios")
        await _test_kernel(run, kernel, AUTO, "ovmf")
