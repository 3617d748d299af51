#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Differential test of slots: the fork and stock do the same, step by step.

As differential.py, for the slots of PCI Express ports: random sequences of
register accesses, of what drivers do when a device comes or goes, device_add,
device_del, resets and passing time, on ports of every kind.  Every register,
message, interrupt line, QMP outcome and event must be the same, and so must
all of each port's configuration space.

Where the two are known to differ, the last tests make sure that they do, as
docs/specs/pcie-slot.rst says: see qemuhost/native_differences.py.
"""

import argparse
import itertools
import json
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
import differential                                              # noqa: E402
from differential import Case, Run                               # noqa: E402
from qemuhost import environment                                 # noqa: E402
from qemuhost.native_differences import DIFFERENCES              # noqa: E402
from qemuhost.native_steps import NativeStepMaker                # noqa: E402
from qemuhost.native_topologies import (TOPOLOGIES,              # noqa: E402
                                        NativeTopology, topology_named)
from qemuhost.port_subject import PortSubject                    # noqa: E402
from qemuhost.steps import Step, perform_all                     # noqa: E402
from qemuhost.tap import Tap                                     # noqa: E402

MACHINE_TYPES = ("pc-q35-10.0", "pc-q35-6.0", "pc-q35-6.1", "pc-q35-6.2",
                 "pc-q35-2.12", "pc-q35-8.2")
SEQUENCE_LENGTH = 200
CHECK_SECONDS, FULL_SECONDS = 60.0, 1200.0


class NativePair(differential.Pair):
    """The two binaries; a step also tells of the ports' interrupts."""

    def _perform(self, binary: Path, case: Case, steps: list[Step]) -> Run:
        with self.start(binary, case) as machine:
            is_ours = binary != self.binaries[1]
            subject = PortSubject(machine, case.machine_type,
                                  case.topology.buses, check_lines=is_ours)
            return Run(perform_all(subject, steps), subject.texts)

    def _note(self, steps: list[Step], first: Run, second: Run) -> None:
        plain = [Run([result[0] if isinstance(result, tuple) else result
                      for result in run.results], run.texts)
                 for run in (first, second)]
        super()._note(steps, *plain)
        for result in second.results:
            if isinstance(result, tuple):
                self.happened["with messages"] += any(result[1])


def cases(first_seed: int) -> Iterator[Case]:
    """All topologies on the first machine type, then on the next, and again."""
    pairs = itertools.product(MACHINE_TYPES, TOPOLOGIES)
    for number, (machine_type, topology) in enumerate(itertools.cycle(pairs)):
        yield Case(machine_type, topology, first_seed + number)


def run_case(pair: NativePair, case: Case, options: argparse.Namespace) -> None:
    """Run the sequence of @case; raises AssertionError with a short trace."""
    assert isinstance(case.topology, NativeTopology)
    steps = NativeStepMaker(case.seed, case.topology).sequence(options.length)
    if options.steps:
        steps = [json.loads(line) for line
                 in options.steps.read_text().splitlines() if line.strip()]
    differential.check_steps(pair, case, steps, options.shrink)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="of the first sequence")
    parser.add_argument("--machine", help="one machine type alone")
    parser.add_argument("--topology", help="one topology alone")
    parser.add_argument("--length", type=int, default=SEQUENCE_LENGTH,
                        help="steps in a sequence")
    parser.add_argument("--seconds", type=float,
                        help="start no sequence after this time")
    parser.add_argument("--steps", type=Path, help="with --machine and "
                        "--topology: run the steps in this file instead")
    parser.add_argument("--shrink", type=float,
                        default=differential.SHRINK_SECONDS,
                        help="seconds to spend on shortening a failing "
                        "sequence")
    parser.add_argument("--same", action="store_true",
                        help="run stock beside stock: must find nothing")
    return parser.parse_args()


def run_sequences(tap: Tap, pair: NativePair, options: argparse.Namespace
                  ) -> None:
    """Run what the command line asks for."""
    seed = (secrets.randbelow(1 << 31) if options.seed is None
            else options.seed)
    chosen = cases(seed)
    if options.machine and options.topology:
        chosen = iter([Case(options.machine, topology_named(options.topology),
                            seed)])
    else:
        tap.comment(f"first seed: --seed {seed}")
    limit = options.seconds or (FULL_SECONDS if environment.full_tier()
                                else CHECK_SECONDS)
    end = time.monotonic() + limit
    for case in chosen:
        if time.monotonic() > end:
            break
        # pylint: disable=cell-var-from-loop
        tap.run(case.name, lambda: run_case(pair, case, options))


def run_differences(tap: Tap, binaries: tuple[Path, Path]) -> None:
    """Check that fork and stock differ where, and as, the page says."""
    for difference in DIFFERENCES:
        # pylint: disable=cell-var-from-loop
        tap.run(f"difference: {difference.name}",
                lambda: difference.check(*binaries))


def main() -> int:
    """Run the test; returns the exit status."""
    options = parse_arguments()
    tap = Tap()
    found: list[Path] = []

    def find_binaries() -> None:
        stock = environment.stock_binary()
        found.extend([stock if options.same else environment.fork_binary(),
                      stock])

    tap.run("both binaries are there", find_binaries)
    if found:
        pair = NativePair((found[0], found[1]))
        run_sequences(tap, pair, options)
        if not (options.same or options.machine):
            run_differences(tap, pair.binaries)
        differential.report(tap, pair)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
