#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Migration of PCI Express slots between stock and the fork, both ways.

At each step of a device's life in a slot, as Linux drives it: the destination
reads what the source reads, gets each interrupt once, and the rest of the
steps do there what they do without migration.
"""

import itertools
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment, migration                      # noqa: E402
from qemuhost.machine import Machine                             # noqa: E402
from qemuhost.native_topologies import NATIVE                    # noqa: E402
from qemuhost.port_subject import PortSubject                    # noqa: E402
from qemuhost.slots import (BUTTON, CLEARED_BY_LINUX, COMMAND,   # noqa: E402
                            INTERRUPT, LIGHT, LIGHT_BLINKS, LIGHT_OFF,
                            LIGHT_ON, POWER_OFF)
from qemuhost.steps import Result, Step                          # noqa: E402
from qemuhost.tap import Tap                                     # noqa: E402

PORTS = {
    "pcie-root-port": ("pcie-root-port,id=slot1,chassis=1,addr=4",),
    "ioh3420": ("ioh3420,id=slot1,chassis=1,addr=4",),
    "xio3130": ("pcie-root-port,id=root,chassis=1,addr=4",
                "x3130-upstream,id=up,bus=root",
                "xio3130-downstream,id=slot1,bus=up,chassis=2"),
}
PORT, DEVICE = "slot1", "dev"
DEVICE_ARGUMENTS = {"driver": "virtio-rng-pci", "id": DEVICE, "bus": PORT}

PROBE: list[Step] = [["slot-write", PORT, 2, 2, CLEARED_BY_LINUX],
                     ["command", PORT, 0, BUTTON | COMMAND | INTERRUPT],
                     ["acknowledge", PORT]]
LIFE: list[Step] = [
    ["add", DEVICE_ARGUMENTS],
    ["acknowledge", PORT],
    ["command", PORT, LIGHT, LIGHT_BLINKS],
    ["command", PORT, POWER_OFF, 0],
    ["command", PORT, LIGHT, LIGHT_ON],
    ["acknowledge", PORT],
    ["del", DEVICE],
    ["acknowledge", PORT],
    ["command", PORT, LIGHT, LIGHT_BLINKS],
    ["command", PORT, 0, POWER_OFF],
    ["command", PORT, LIGHT, LIGHT_OFF],
    ["acknowledge", PORT],
]
HAS_DEVICE = range(1, 11)     # after so many steps of LIFE
# machine type, port, whether the slot's events come by messages
MACHINES = (("pc-q35-10.0", "pcie-root-port", True),
            ("pc-q35-10.0", "pcie-root-port", False),
            ("pc-q35-10.0", "ioh3420", True),
            ("pc-q35-10.0", "xio3130", True),
            ("pc-q35-6.0", "pcie-root-port", True))
LOOK: list[Step] = [["slot", PORT], ["dump", PORT]]


@dataclass(frozen=True)
class Route:
    """From which binary to which, on which machine type and port."""

    machine_type: str
    port: str
    messages: bool
    source: Path
    destination: Path
    name: str


def start(binary: Path, route: Route, *more: str) -> Machine:
    """A machine with the port; its slot is empty."""
    devices = [part for device in PORTS[route.port]
               for part in ("-device", device)]
    return Machine(binary, [
        *environment.registers_alone(binary, route.machine_type),
        "-nodefaults", "-m", "32", *NATIVE, *devices, *more])


def perform(subject: PortSubject, steps: list[Step]) -> list[Result]:
    """What each of @steps gives, with the messages that it causes."""
    return [subject.perform(step)[:2] for step in steps]


def begin(machine: Machine, route: Route) -> PortSubject:
    """Let firmware and driver start."""
    subject = PortSubject(machine, route.machine_type, (PORT,))
    first: list[Step] = [["find"]]
    perform(subject, first + [["messages"]] * route.messages + PROBE)
    return subject


def expected(route: Route) -> list[Result]:
    """What the whole life gives without migration."""
    with start(route.source, route) as machine:
        return perform(begin(machine, route), LIFE)


def move(route: Route, done: int, rest: Callable[[list[Result]], None]) -> None:
    """Migrate after @done steps; hands the results of the others to @rest."""
    with start(route.source, route) as source:
        subject = begin(source, route)
        perform(subject, LIFE[:done])
        device = (["-device", f"virtio-rng-pci,id={DEVICE},bus={PORT}"]
                  if done in HAS_DEVICE else [])
        with start(route.destination, route, "-incoming", "defer",
                   *device) as machine:
            there = PortSubject(machine, route.machine_type, (PORT,))
            with tempfile.TemporaryDirectory() as folder:
                migration.move(source, machine, Path(folder))
            there.find_again()
            seen = perform(subject, LOOK), perform(there, LOOK)
            assert seen[0] == seen[1], (f"source: {seen[0]}\n"
                                        f"destination: {seen[1]}")
            rest(perform(there, LIFE[done:]))


def test_route(route: Route) -> None:
    """Migrate at every step of a device's life."""
    whole = expected(route)

    for done in range(len(LIFE) + 1):
        def compare(results: list[Result]) -> None:
            # pylint: disable=cell-var-from-loop
            for step, found, wanted in zip(LIFE[done:], results,
                                           whole[done:]):
                assert found == wanted, (
                    f"migrated after {done} steps, {step}: {found}, "
                    f"and without migration {wanted}")
        move(route, done, compare)


def routes(fork: Path, stock: Path) -> list[Route]:
    """Every kind of machine, both ways, and fork to fork."""
    ways = (("stock to fork", stock, fork), ("fork to stock", fork, stock),
            ("fork to fork", fork, fork))
    return [Route(machine_type, port, messages, source, destination,
                  f"{way}, {port}, {machine_type}, "
                  f"{'messages' if messages else 'INTx'}")
            for (machine_type, port, messages), (way, source, destination)
            in itertools.product(MACHINES, ways)]


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    found: list[Path] = []
    tap.run("both binaries are there", lambda: found.extend(
        [environment.fork_binary(), environment.stock_binary()]))
    if found:
        for route in routes(*found):
            # pylint: disable=cell-var-from-loop
            tap.run(route.name, lambda: test_route(route))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
