# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests at bad moments: each scenario is a machine of its own."""

import asyncio
import random
from dataclasses import dataclass
from typing import Awaitable, Callable

import boot
from cases import Place
from guest import Guest
from machine import Machine, MachineError
from torture_ledger import MODEL, Counts, Ledger

PORTS = 8
SUSPEND = "echo mem >/sys/power/state && dmesg | grep 'PM: suspend exit'"
GAPS = [0, 0.01, 0.05, 0.2, 1, 3]


@dataclass(frozen=True)
class Scene:
    """What a scenario is given.

    @dice: of this run
    @rounds: how often what can be repeated is
    @boot_seconds: how long the guest takes to come up
    """

    ledger: Ledger
    machine: Machine
    guest: Guest
    dice: random.Random
    rounds: int
    boot_seconds: float

    @property
    def buses(self) -> list[str]:
        """The ports."""
        return [place.bus for place in self.ledger.places]


async def _after(seconds: float, request: Awaitable[None]) -> None:
    await asyncio.sleep(seconds)
    await request


async def _at_random(scene: Scene, seconds: float) -> None:
    """One request for each port at a random moment of a span of time."""
    await asyncio.gather(*(_after(scene.dice.uniform(0, seconds),
                                  scene.ledger.reverse(bus))
                           for bus in scene.buses))


async def moments(scene: Scene) -> None:
    """Requests while the guest starts, and none after."""
    await _at_random(scene, scene.boot_seconds)
    await scene.guest.wait_ready()


async def early(scene: Scene) -> None:
    """The same before the guest has its drivers."""
    await _at_random(scene, scene.boot_seconds / 3)
    await scene.guest.wait_ready()


async def _fill(scene: Scene) -> None:
    """Have a device in each port, and the guest know them."""
    for bus in scene.buses:
        if not scene.ledger.wanted.get(bus):
            await scene.ledger.add(bus)
    for place in scene.ledger.places:
        await scene.guest.wait_function(place.path(0),
                                        lambda function: bool(function.driver))


async def refill(scene: Scene) -> None:
    """Ports filled again as soon as DEVICE_DELETED comes."""
    await scene.guest.wait_ready()
    for _ in range(scene.rounds):
        await _fill(scene)

        async def one(bus: str) -> None:
            device = scene.ledger.wanted[bus]
            assert device
            await scene.ledger.remove(bus)
            await scene.ledger.wait_deleted(device)
            await scene.ledger.add(bus)

        await asyncio.gather(*map(one, scene.buses))


async def opposite(scene: Scene) -> None:
    """Plug, and ask back so much later, all ports at once."""
    await scene.guest.wait_ready()
    for _ in range(scene.rounds):
        async def one(bus: str) -> None:
            if scene.ledger.wanted.get(bus):
                device = scene.ledger.wanted[bus]
                assert device
                await scene.ledger.remove(bus)
                await scene.ledger.wait_deleted(device)
            device = await scene.ledger.add(bus)
            await asyncio.sleep(scene.dice.choice(GAPS))
            await scene.ledger.remove(bus)
            await scene.ledger.wait_deleted(device)

        await asyncio.gather(*map(one, scene.buses))


async def pause(scene: Scene) -> None:
    """Requests while the machine is paused, and while it goes on."""
    await scene.guest.wait_ready()
    await scene.machine.execute("stop")
    for bus in scene.buses:
        await scene.ledger.reverse(bus)
    await scene.machine.execute("cont")


async def reboot(scene: Scene) -> None:
    """Requests right before a reset, and while the guest starts again."""
    await scene.guest.wait_ready()
    half = scene.buses[::2]
    for bus in half:
        await scene.ledger.reverse(bus)
    scene.guest.forget()
    mark = scene.machine.mark()
    await scene.machine.execute("system_reset")
    await scene.machine.wait_event("RESET", mark)

    await asyncio.gather(*(_after(scene.dice.uniform(0, scene.boot_seconds),
                                  scene.ledger.reverse(bus))
                           for bus in scene.buses if bus not in half))
    await scene.guest.wait_ready()


async def shutdown(scene: Scene) -> None:
    """Requests around the guest's power-off, while it is off, and when it is
    started again: what libvirt makes a reboot of."""
    ledger, machine = scene.ledger, scene.machine
    await scene.guest.wait_ready()
    await machine.execute("set-action", shutdown="pause")
    mark = machine.mark()
    await asyncio.gather(
        scene.guest.power_down(),
        *(_after(scene.dice.uniform(0, 0.2), ledger.reverse(bus))
          for bus in scene.buses[:4]))
    await machine.wait_event("SHUTDOWN", mark)
    for bus in scene.buses[4:6]:
        await ledger.reverse(bus)
    scene.guest.forget()
    mark = machine.mark()
    await machine.execute("system_reset")
    await machine.wait_event("RESET", mark)
    await machine.execute("cont")
    await asyncio.gather(*(_after(scene.dice.uniform(0, scene.boot_seconds),
                                  ledger.reverse(bus))
                           for bus in scene.buses[6:]))
    await scene.guest.wait_ready()


async def suspend(scene: Scene) -> None:
    """Requests right before suspend to RAM, while asleep, and at wake-up."""
    ledger, machine = scene.ledger, scene.machine
    await scene.guest.wait_ready()
    for _ in range(scene.rounds):
        buses = scene.dice.sample(scene.buses, PORTS)
        mark = machine.mark()
        asleep = asyncio.create_task(scene.guest.run(SUSPEND))
        await asyncio.gather(*(_after(scene.dice.uniform(0, 1),
                                      ledger.reverse(bus))
                               for bus in buses[:2]))
        await machine.wait_event("SUSPEND", mark)
        for bus in buses[2:5]:
            await ledger.reverse(bus)
        await machine.execute("system_wakeup")
        await asyncio.gather(*(_after(scene.dice.uniform(0, 1),
                                      ledger.reverse(bus))
                               for bus in buses[5:]))
        await asleep
        await ledger.wait_ended()


SCENARIOS: dict[str, Callable[[Scene], Awaitable[None]]] = {
    scenario.__name__: scenario
    for scenario in (moments, early, refill, opposite, pause, reboot,
                     shutdown, suspend)
}


def arguments(dice: random.Random) -> tuple[list[str], list[Place],
                                            dict[str, str]]:
    """QEMU's arguments; the places; the devices that are there from the start.
    """
    ports, places = boot.root_ports(PORTS)
    cold = {place.bus: f"{place.bus}-0" for place in places
            if dice.random() < 0.5}
    for bus, device in cold.items():
        ports += ["-device", f"{MODEL},id={device},bus={bus}"]
    return ports, places, cold


async def run(name: str, configuration: boot.Configuration,
              places: list[Place], cold: dict[str, str], reports: bool,
              dice: random.Random, rounds: int, boot_seconds: float
              ) -> Counts:
    """Run a scenario on a machine of its own; returns what is wrong."""
    async with boot.started(configuration) as (machine, guest):
        ledger = Ledger(machine, guest, places, reports)
        for bus, device in cold.items():
            ledger.cold(bus, device)
        scene = Scene(ledger, machine, guest, dice, rounds, boot_seconds)
        try:
            # On stock what is waited for may never come.
            await asyncio.wait_for(SCENARIOS[name](scene),
                                   300 + 60 * rounds if reports else 150)
        except asyncio.TimeoutError:
            ledger.note("the scenario did not come to its end")
            if reports:
                ledger.counts.lost += 1
        except MachineError as error:
            if reports:
                raise
            ledger.note(f"the scenario did not come to its end: {error}")
        return await ledger.judge()
