#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each access that the hotplug registers refuse leaves a trace event.

The events go to a file through QEMU's own log backend; each names the window,
the offset, the size, the direction and why.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment, hotplug            # noqa: E402
from qemuhost.hotplug import (AIDX, DOWN, EJ, I440FX, Q35, RMV,  # noqa: E402
                              SEL, UP, Board)
from qemuhost.machine import Machine                 # noqa: E402
from qemuhost.tap import Tap                         # noqa: E402

EVENT = "acpi_pcihp_refused"
Access = tuple[str, Callable[[Machine, Board], object]]


def _read(base: str, offset: int, size: int) -> Access:
    return (f"read of {size} bytes at {base} + {offset:#x}",
            lambda machine, board: machine.qtest.port_read(
                getattr(board, base) + offset, size))


def _write(base: str, offset: int, size: int, value: int) -> Access:
    return (f"write of {value:#x}, {size} bytes, at {base} + {offset:#x}",
            lambda machine, board: machine.qtest.port_write(
                getattr(board, base) + offset, size, value))


REFUSED = [_read("base", UP, 1), _read("base", UP, 2), _read("base", 2, 2),
           _write("base", EJ, 1, 1), _write("base", SEL, 2, 0),
           _write("base", UP, 4, 0), _write("base", DOWN, 4, 1),
           _write("base", RMV, 4, 1), _write("base", EJ, 4, 0),
           _write("base", AIDX, 4, 0), _read("extension_base", 4, 4),
           _read("extension_base", 0, 2), _write("extension_base", 0, 4, 1)]
REFUSED_PAST_END = [_read("base", register, 4)
                    for register in (UP, DOWN, EJ, RMV, SEL, AIDX)]
REFUSED_PAST_END += [_write("base", EJ, 4, 1), _write("base", AIDX, 4, 1)]
ACCEPTED = [_read("base", register, 4)
            for register in (UP, DOWN, EJ, RMV, SEL, AIDX)]
ACCEPTED += [_write("base", SEL, 4, 1), _write("base", EJ, 4, 1),
             _write("base", AIDX, 4, 1), _write("base", SEL, 4, 0),
             _read("extension_base", 0, 4)]


def expect_events(machine: Machine, board: Board, log: Path,
                  accesses: list[Access], refused: bool) -> None:
    """Each of @accesses leaves an event, or none of them does."""
    for name, access in accesses:
        before = log.read_text().count(EVENT)
        access(machine, board)
        events = log.read_text().count(EVENT) - before
        if bool(events) != refused:
            raise AssertionError(f"{name}: {events} events")


def test_board(board: Board, machine_type: str) -> None:
    """The registers of one board."""
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log"
        log.touch()
        arguments = ["-machine", machine_type, "-nodefaults", "-m", "32",
                     "-global",
                     f"{board.controller}.acpi-pci-hotplug-fast-scan=on",
                     "-trace", EVENT, "-D", str(log)]
        with Machine(environment.fork_binary(), arguments) as machine:
            expect_events(machine, board, log, ACCEPTED, False)
            expect_events(machine, board, log, REFUSED, True)
            for bus in (hotplug.BUSES, 1 << 31, 0xFFFFFFFF):
                hotplug.write(machine, board, SEL, bus)
                expect_events(machine, board, log, REFUSED_PAST_END, True)


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    tap.run("q35: refused accesses leave an event, others none",
            lambda: test_board(Q35, "pc-q35-10.0"))
    tap.run("i440fx: refused accesses leave an event, others none",
            lambda: test_board(I440FX, "pc-i440fx-10.0"))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
