# SPDX-License-Identifier: GPL-2.0-or-later
"""Mode auto: requests at random moments while a guest boots."""

import asyncio
import random

import boot
from cases import Case, Place
from negotiation_kernels import AUTO, KERNELS, Kernel, cold_device
from negotiation_session import Run, Session, Subject, start

#: Boots of each kernel, and requests of either sort in each.
_BOOTS = 4
_REQUESTS = 4

#: Seconds that a boot takes, until one was seen.
_BOOT_TIME = 4.0


class _Moments:
    """A boot with requests.

    @new, @cold: cases to plug, and places whose devices go
    @nudge: a case to plug afterwards: its event carries along what a guest
            with ACPI hotplug dropped
    """

    def __init__(self, session: Session, new: list[Case], cold: list[Place],
                 nudge: Case) -> None:
        self._session = session
        self._new = new
        self._cold = cold
        self._nudge = nudge

    async def request(self, generator: random.Random, span: float) -> None:
        """Make all requests, in random order, within @span seconds."""
        machine = self._session.machine
        requests = [*self._new, *self._cold]
        generator.shuffle(requests)
        moments = sorted(generator.uniform(0, span) for _ in requests)
        for moment, request in zip(moments, requests):
            await asyncio.sleep(max(moment - machine.age(), 0))
            if isinstance(request, Case):
                await request.add_backends(machine)
                await request.request_plug(machine)
            else:
                await machine.execute("device_del", id=f"cold-{request.bus}")

    async def check(self, kernel: Kernel) -> None:
        """Test that each request was carried out."""
        guest, machine = self._session.guest, self._session.machine
        await self._session.wait_plugged(self._new)
        if kernel.method == "acpi":
            await self._session.plug([self._nudge])
        for place in self._cold:
            await guest.wait_gone(place.path(0))
            await machine.wait_deleted(f"cold-{place.bus}", 0)
        await self._session.unplug(self._new)


async def _boot(run: Run, kernel: Kernel, number: int, seed: str,
                span: float) -> float:
    """Boot a kernel with requests meanwhile.  Returns seconds to boot."""
    arguments, places = boot.root_ports(2 * _REQUESTS + 1)
    new, cold = places[:_REQUESTS], places[_REQUESTS:-1]
    for place in cold:
        arguments += cold_device(f"cold-{place.bus}", place)
    subject = Subject(f"{AUTO}, {kernel.title}, boot {number}", AUTO,
                      arguments, kernel.options)
    age = span

    async def check(session: Session) -> None:
        nonlocal age
        requests = _Moments(session, [run.random(f"new-{place.bus}", place)
                                      for place in new],
                            cold, run.random("nudge", places[-1]))
        with session.test(f"{2 * _REQUESTS} requests, seed {seed}: none is "
                          "lost"):
            await requests.request(random.Random(seed), span)
            age = await session.guest.wait_ready()
            await requests.check(kernel)

    await start(run, subject, check)
    return age


async def moments(run: Run) -> None:
    """Several boots of each kernel."""
    for kernel in KERNELS:
        span = _BOOT_TIME
        for number in range(_BOOTS):
            age = await _boot(run, kernel, number,
                              f"{run.seed}-{kernel.options}-{number}", span)
            span = max(age, span)
