#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Migration between stock and the fork, both ways, in the midst of requests.

Devices have been plugged while the machine ran, insertions are unread, unplug
requests open, SEL and AIDX in use.  The destination must read what the source
reads; unplug, reset and plug must work there.
"""

import dataclasses
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment, hotplug, migration, pci   # noqa: E402
from qemuhost.hotplug import (AIDX, DOWN, EJ, RMV, SEL, UP,  # noqa: E402
                              Board)
from qemuhost.machine import Machine                         # noqa: E402
from qemuhost.tap import Tap                                 # noqa: E402

DEVICE = "virtio-rng-pci"
INDEX = 12
SELECTED = 201
BSELS_READ = 8

BUSES = {
    "q35": ["-device", "pcie-root-port,id=busA,chassis=1,addr=4",
            "-device", "pcie-root-port,id=busB,chassis=2,addr=5",
            "-device", "pcie-root-port,id=busC,chassis=3,addr=6"],
    "i440fx": ["-device", "pci-bridge,id=busA,chassis_nr=1,addr=4",
               "-device", "pci-bridge,id=busB,chassis_nr=2,addr=5",
               "-device", "pci-bridge,id=busC,chassis_nr=3,addr=6"],
}
HOT_DEVICES = {"hotB": "busB", "hotC": "busC"}
PORTS = (pci.devfn(4), pci.devfn(5), pci.devfn(6))
SLOT = {"q35": 0, "i440fx": 7}


@dataclasses.dataclass(frozen=True)
class Route:
    """From which binary to which, on which machine type."""

    machine_type: str
    source: Path
    destination: Path
    name: str

    @property
    def board(self) -> Board:
        """The board of the machine type."""
        return hotplug.board_of(self.machine_type)


def start(binary: Path, route: Route, *more: str) -> Machine:
    """A machine with three buses and the device "cold" on the first."""
    board = route.board
    return Machine(binary, [
        *environment.registers_alone(binary, route.machine_type), "-nodefaults",
        "-m", "32",
        *BUSES[board.name], "-device",
        f"{DEVICE},id=cold,bus=busA,addr={SLOT[board.name]},"
        f"acpi-index={INDEX}", *more])


def plug(machine: Machine, board: Board, name: str, bus: str) -> None:
    """device_add of a device into a bus's slot."""
    machine.qmp("device_add", driver=DEVICE, id=name, bus=bus,
                addr=str(SLOT[board.name]))


def bsel(machine: Machine, bus: str) -> int:
    """The BSEL of a bus."""
    return int(machine.qmp("qom-get", path=f"/machine/peripheral/{bus}/{bus}",
                           property="acpi-pcihp-bsel"))


def observe(machine: Machine, board: Board) -> dict[str, Any]:
    """What the guest can read: hotplug registers, GPE0, ports' registers.

    Takes insertions and a waiting acpi-index away, as reading them does.
    """
    qtest = machine.qtest
    seen: dict[str, Any] = {
        "SEL": hotplug.read(machine, board, SEL),
        "AIDX": hotplug.read(machine, board, AIDX),
        "GPE0": [qtest.port_read(board.gpe + offset, 1)
                 for offset in range(board.gpe_length)],
        "NEXT": [qtest.port_read(board.extension_base, 4)
                 for _ in range(BSELS_READ)],
        "ports": [[pci.config_read(qtest, 0, port, offset, 4)
                   for offset in range(0, 256, 4)] for port in PORTS],
    }
    for number in [*range(BSELS_READ), SELECTED, hotplug.BUSES - 1]:
        hotplug.write(machine, board, SEL, number)
        seen[f"BSEL {number}"] = {
            "RMV": hotplug.read(machine, board, RMV),
            "DOWN": hotplug.read(machine, board, DOWN),
            "UP": hotplug.read(machine, board, UP)}
    return seen


def differences(first: dict[str, Any], second: dict[str, Any]) -> str:
    """Where two observations differ, a line each."""
    return "\n".join(f"{key}: source {first[key]}, destination {second[key]}"
                     for key in first if first[key] != second[key])


def open_requests(machine: Machine, board: Board) -> None:
    """An unread insertion, an unplug request, a look-up, GPE0 in use."""
    hotplug.map_gpe(machine, board)
    machine.qtest.port_write(board.gpe + board.gpe_length // 2, 1,
                             hotplug.HOTPLUG_EVENT)
    plug(machine, board, "hotB", "busB")
    hotplug.write(machine, board, SEL, bsel(machine, "busB"))
    hotplug.read(machine, board, UP)
    plug(machine, board, "hotC", "busC")
    machine.qmp("device_del", id="cold")


def look_up_index(machine: Machine, board: Board) -> None:
    """Leave an acpi-index to be read and its bus selected."""
    hotplug.write(machine, board, SEL, bsel(machine, "busA"))
    hotplug.write(machine, board, AIDX, 1 << SLOT[board.name])


def select_far(machine: Machine, board: Board) -> None:
    """Leave a BSEL selected that no bus has."""
    hotplug.write(machine, board, SEL, SELECTED)


def nothing(_machine: Machine, _board: Board) -> None:
    """Leave the machine as it started."""


def receive_from(source: Machine, route: Route, names: Iterable[str],
                 hot: bool) -> Machine:
    """Move the guest; @names: devices that were plugged into @source.

    They are on the destination's command line, or, where @hot, are plugged
    into it before the guest comes.
    """
    slot = SLOT[route.board.name]
    more = ["-incoming", "defer"]
    for name in names if not hot else []:
        more += ["-device", f"{DEVICE},id={name},bus={HOT_DEVICES[name]},"
                            f"addr={slot}"]
    machine = start(route.destination, route, *more)
    try:
        for name in names if hot else []:
            plug(machine, route.board, name, HOT_DEVICES[name])
        with tempfile.TemporaryDirectory() as folder:
            migration.move(source, machine, Path(folder))
    except Exception as error:
        error.add_note(machine.close())
        raise
    return machine


def expect(condition: bool, text: str) -> None:
    """Raise AssertionError with @text unless @condition."""
    if not condition:
        raise AssertionError(text)


def test_registers(route: Route,
                   leave: Callable[[Machine, Board], None]) -> None:
    """The destination reads what the source reads."""
    board = route.board
    for requests, names in ((nothing, ()), (open_requests, HOT_DEVICES)):
        with start(route.source, route) as source:
            requests(source, board)
            numbers = [bsel(source, bus) for bus in ("busC", "busA")]
            leave(source, board)
            with receive_from(source, route, names, False) as destination:
                seen = observe(source, board)
                found = differences(seen, observe(destination, board))
        expect(not found, f"after {requests.__name__}:\n{found}")
        wanted = 1 << SLOT[board.name] if names else 0
        expect(seen[f"BSEL {numbers[0]}"]["UP"] == wanted and
               seen[f"BSEL {numbers[1]}"]["DOWN"] == wanted,
               f"the source had not what was to be moved: {seen}")


def test_unplug_after(route: Route, hot: bool) -> None:
    """Devices plugged before can be unplugged after, and their places used."""
    board = route.board
    with start(route.source, route) as source:
        open_requests(source, board)
        with receive_from(source, route, HOT_DEVICES, hot) as machine:
            machine.qmp("device_del", id="hotB")
            for name, bus in (("hotB", "busB"), ("cold", "busA")):
                hotplug.write(machine, board, SEL, bsel(machine, bus))
                down = hotplug.read(machine, board, DOWN)
                expect(down == 1 << SLOT[board.name],
                       f"{name}: DOWN reads {down:#x}")
                hotplug.write(machine, board, EJ, down)
                machine.wait_deleted(name)
            expect(hotplug.devices(machine) == {"busA", "busB", "busC",
                                                "hotC"}, "wrong devices left")
            plug(machine, board, "new", "busB")
            hotplug.write(machine, board, SEL, bsel(machine, "busB"))
            expect(hotplug.read(machine, board, UP) == 1 << SLOT[board.name],
                   "a plug after the migration is not seen")


def test_reset_after(route: Route) -> None:
    """A reset after the migration carries out what was asked before it."""
    with start(route.source, route) as source:
        open_requests(source, route.board)
        with receive_from(source, route, HOT_DEVICES, False) as machine:
            machine.reset()
            left = hotplug.devices(machine)
            expect("cold" not in left and {"hotB", "hotC"} <= left,
                   f"devices left: {left}")


def test_there_and_back(route: Route) -> None:
    """A guest that comes back finds what it left."""
    back = dataclasses.replace(route, source=route.destination,
                               destination=route.source)
    with start(route.source, route) as source:
        open_requests(source, route.board)
        look_up_index(source, route.board)
        with receive_from(source, route, HOT_DEVICES, False) as away, \
                receive_from(away, back, HOT_DEVICES, False) as home:
            found = differences(observe(source, route.board),
                                observe(home, route.board))
            expect(not found, found)


def test_vanished_bus(route: Route) -> None:
    """A stream with a request for a bus that is not there harms nobody."""
    marker, request, number = 0x5A5AA5A5, 0x80010001, 200
    board = route.board
    with tempfile.TemporaryDirectory() as name, \
            start(route.source, route) as source:
        stream = Path(name) / "stream"
        hotplug.write(source, board, SEL, marker)
        migration.send(source, f"file:{stream}")
        content = bytearray(stream.read_bytes())
        place = content.find(struct.pack(">I", marker))
        expect(place > 0, "SEL is not in the stream")
        # behind SEL: UP and DOWN of each BSEL
        struct.pack_into(">II", content, place + 4 + 8 * number, 0, request)
        stream.write_bytes(content)
        with start(route.destination, route, "-incoming", "defer") as machine:
            migration.receive(machine, f"file:{stream}")
            hotplug.write(machine, board, SEL, number)
            down = hotplug.read(machine, board, DOWN)
            expect(down == request, f"the stream set DOWN to {down:#x}")
            machine.reset()
            hotplug.write(machine, board, SEL, number)
            expect(hotplug.read(machine, board, DOWN) == 0,
                   "the request outlived the reset")


def routes() -> list[Route]:
    """All pairs of binaries and machine types that are tested."""
    fork, stock = environment.fork_binary(), environment.stock_binary()
    found = [Route("pc-q35-10.0-hotplug", fork, fork, "fork to fork")]
    for machine_type in ("pc-q35-10.0", "pc-q35-6.2", "pc-i440fx-10.0"):
        found += [Route(machine_type, stock, fork, "stock to fork"),
                  Route(machine_type, fork, stock, "fork to stock"),
                  Route(machine_type, fork, fork, "fork to fork")]
    return found


def run(tap: Tap, route: Route) -> None:
    """All tests of one route."""
    title = f"{route.machine_type} {route.name}"
    tap.run(f"{title}: registers, an acpi-index looked up",
            lambda: test_registers(route, look_up_index))
    tap.run(f"{title}: registers, a far bus selected",
            lambda: test_registers(route, select_far))
    tap.run(f"{title}: unplug after, devices on the command line",
            lambda: test_unplug_after(route, False))
    tap.run(f"{title}: unplug after, devices plugged before",
            lambda: test_unplug_after(route, True))
    tap.run(f"{title}: reset after", lambda: test_reset_after(route))
    tap.run(f"{title}: there and back", lambda: test_there_and_back(route))
    if route.destination == environment.fork_binary():
        tap.run(f"{title}: a request for a bus that is not there",
                lambda: test_vanished_bus(route))


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    found: list[Route] = []
    tap.run("both binaries are there", lambda: found.extend(routes()))
    for route in found:
        run(tap, route)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
