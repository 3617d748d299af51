#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""10,000 plug and eject cycles: the fork keeps no more memory than stock.

Both binaries do the same in the same run, side by side.  Compared is what each
holds from malloc, to the byte, after some cycles and after all of them, and
the resident set.  Each cycle is two requests, of which the fork must report
each once; the full tier makes 100,000.
"""

import argparse
import dataclasses
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment, hotplug                       # noqa: E402
from qemuhost.heap import (HeapReport, build_library,           # noqa: E402
                           resident_kilobytes)
from qemuhost.hotplug import DOWN, EJ, SEL, UP, Board           # noqa: E402
from qemuhost.machine import Event, Machine                     # noqa: E402
from qemuhost.tap import Tap                                    # noqa: E402

CYCLES = 10000
FULL_CYCLES = 50000
WARM_UP = 500           # caches and pools have their size by then
BATCH = 50              # devices that may wait for RCU at a time

# Bytes a cycle: tables that grow now and then.  A leaked block has 32.
HEAP_ALLOWANCE = 8
RESIDENT_ALLOWANCE = 2048       # KiB: fragmentation differs from run to run

PLACES: dict[str, tuple[str, int, list[str]]] = {
    "q35": ("port0", 0, ["-device", "pcie-root-port,id=port0,chassis=1"]),
    "i440fx": ("pci.0", 8, []),
}
PROPERTIES = {"nvme": {"serial": "cycle"}}      # that a driver can't be without
MACHINES = {"q35": "pc-q35-10.0", "i440fx": "pc-i440fx-10.0"}


@dataclasses.dataclass(frozen=True)
class Growth:
    """What a process gained from the warm-up to the end."""

    heap: int           # bytes
    resident: int       # KiB
    seconds: float


class Cycler:
    """Plugs and ejects one device again and again."""

    def __init__(self, machine: Machine, board: Board, driver: str) -> None:
        self._machine = machine
        self._board = board
        self._driver = driver
        self._bus, self._slot, _ = PLACES[board.name]
        self._waiting = 0
        self.ended: Counter[str] = Counter()

    def run(self, cycles: int) -> None:
        """Do @cycles cycles; returns when all devices are finalized."""
        for number in range(cycles):
            self._cycle(number)
            if number % BATCH == 0:
                self._drain()
        self._drain()

    def check(self, cycles: int) -> None:
        """Each of the last @cycles devices has two ended requests."""
        expected = {f"dev{number}": 2 for number in range(cycles)}
        if self.ended != expected:
            wrong = sorted(set(self.ended.items()) ^ set(expected.items()))
            raise AssertionError(f"ended requests by device: {wrong[:4]}")

    def _cycle(self, number: int) -> None:
        name = f"dev{number}"
        self._machine.qmp("device_add", driver=self._driver, id=name,
                          bus=self._bus, addr=f"{self._slot:x}",
                          **PROPERTIES.get(self._driver, {}))
        self._expect(UP)
        self._machine.qmp("device_del", id=name)
        self._expect(DOWN)
        hotplug.write(self._machine, self._board, EJ, 1 << self._slot)
        self._waiting += 1

    def _expect(self, register: int) -> None:
        hotplug.write(self._machine, self._board, SEL, 0)
        value = hotplug.read(self._machine, self._board, register)
        if value != 1 << self._slot:
            raise AssertionError(f"register {register:#x} reads {value:#x}")

    def _drain(self) -> None:
        events: list[Event] = []
        while self._waiting:
            event = self._machine.wait_event("DEVICE_DELETED", events)
            self._waiting -= "device" in event["data"]
        self._machine.qmp("query-status")
        events += self._machine.events()
        self.ended.update(device["id"] for event in events
                          if event["event"] == "PCI_HOTPLUG_ENDED"
                          for device in event["data"]["devices"])


def measure(binary: Path, library: Path, board: Board, driver: str,
            cycles: int) -> Growth:
    """Run @cycles cycles on @binary; returns what it gained."""
    report = HeapReport(library)
    arguments = ["-machine", MACHINES[board.name], "-nodefaults", "-m", "32",
                 *PLACES[board.name][2]]
    with Machine(binary, arguments, report.wrapper,
                 [report.descriptor]) as machine:
        cycler = Cycler(machine, board, driver)
        cycler.run(WARM_UP)
        start = time.monotonic()
        heap = report.read_steady()
        resident = resident_kilobytes(machine.pid)
        cycler.ended.clear()
        cycler.run(cycles)
        if binary == environment.fork_binary():
            cycler.check(cycles)
        growth = Growth(report.read_steady() - heap,
                        resident_kilobytes(machine.pid) - resident,
                        time.monotonic() - start)
    report.close()
    return growth


def compare(board: Board, driver: str, cycles: int) -> str:
    """Measure both; raises AssertionError where the fork gains more."""
    binaries = (environment.fork_binary(), environment.stock_binary())
    with tempfile.TemporaryDirectory() as folder:
        library = build_library(Path(folder))
        with ThreadPoolExecutor(2) as pool:
            fork, stock = pool.map(
                lambda binary: measure(binary, library, board, driver,
                                       cycles), binaries)
    text = (f"{cycles} cycles of {driver}: fork gained {fork.heap} bytes of "
            f"heap, {fork.resident} KiB resident, in {fork.seconds:.0f} s; "
            f"stock {stock.heap} bytes, {stock.resident} KiB, in "
            f"{stock.seconds:.0f} s")
    if (fork.heap > stock.heap + HEAP_ALLOWANCE * cycles or
            fork.resident > stock.resident + RESIDENT_ALLOWANCE):
        raise AssertionError(text)
    return text


def main() -> int:
    """Run the test; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int,
                        default=FULL_CYCLES if environment.full_tier()
                        else CYCLES)
    options = parser.parse_args()
    tap = Tap()
    runs = [(hotplug.Q35, "pci-testdev")]
    if environment.full_tier():
        runs += [(hotplug.I440FX, "pci-testdev"),
                 (hotplug.Q35, "virtio-rng-pci"), (hotplug.Q35, "nvme")]
    for board, driver in runs:
        # pylint: disable=cell-var-from-loop
        tap.run(f"{board.name}, {driver}: no more memory than stock",
                lambda: compare(board, driver, options.cycles))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
