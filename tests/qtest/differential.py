#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Differential test: the fork and stock do the same, step by step.

Random sequences of register accesses, device_add, device_del, ejects, resets
and GPE accesses run on both binaries side by side.  Every value read, every
QMP outcome and every event must be the same.  A sequence that shows a
difference is cut down and printed, one step a line, in the form that --steps
takes.
"""

import argparse
import dataclasses
import itertools
import json
import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Optional

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment, hotplug                      # noqa: E402
from qemuhost.machine import Machine                           # noqa: E402
from qemuhost.random_steps import StepMaker                    # noqa: E402
from qemuhost.steps import (GONE, Result, Step, Subject,        # noqa: E402
                            perform_all)
from qemuhost.tap import Tap                                   # noqa: E402
from qemuhost.topologies import (TOPOLOGIES, Topology,         # noqa: E402
                                 topology_named)

MACHINE_TYPES = ("pc-q35-10.0", "pc-i440fx-10.0", "pc-q35-6.2",
                 "pc-i440fx-6.2", "pc-q35-6.1", "pc-i440fx-5.1",
                 "pc-q35-6.0", "pc-i440fx-4.2", "pc-q35-8.2",
                 "pc-i440fx-8.2", "pc-q35-2.12", "pc-i440fx-2.12")
SEQUENCE_LENGTH = 250
CHECK_SECONDS, FULL_SECONDS = 45.0, 1200.0
SHRINK_SECONDS = 90.0
FAILURES_ENOUGH = 5
QUOTED = re.compile(r"'[^']*'")


@dataclasses.dataclass(frozen=True)
class Case:
    """One sequence: on what machine, and the seed that makes it.

    @fast_scan: the fork has its extension window, which must change nothing
    about the registers that both have
    """

    machine_type: str
    topology: Topology
    seed: int
    fast_scan: bool = False

    @property
    def name(self) -> str:
        """What the case is called in the results."""
        return (f"{self.machine_type} {self.topology.name} seed {self.seed}"
                + (" with fast scan" if self.fast_scan else ""))

    def options(self) -> str:
        """The command line options that run it again."""
        return (f"--machine {self.machine_type} "
                f"--topology {self.topology.name} --seed {self.seed}"
                + (" --fast-scan" if self.fast_scan else ""))


@dataclasses.dataclass(frozen=True)
class Run:
    """What one binary answered: a result for each step, and error texts."""

    results: list[Result]
    texts: list[str]


class Pair:
    """The two binaries, and how to run one sequence on both."""

    def __init__(self, binaries: tuple[Path, Path]) -> None:
        self.binaries = binaries
        self.differing_texts: set[tuple[str, str]] = set()
        self.happened: Counter[str] = Counter()
        self.steps_done = 0

    def start(self, binary: Path, case: Case) -> Machine:
        """A machine for @case, as after power-on."""
        arguments = [
            *environment.registers_alone(binary, case.machine_type),
            "-nodefaults", "-m", "32", *case.topology.arguments]
        if case.fast_scan and binary == self.binaries[0]:
            controller = hotplug.board_of(case.machine_type).controller
            arguments += ["-global",
                          f"{controller}.acpi-pci-hotplug-fast-scan=on"]
        return Machine(binary, arguments)

    def buses(self, case: Case) -> int:
        """How many BSELs stock gives out for the machine of @case."""
        with self.start(self.binaries[1], case) as machine:
            _, bsels = Subject(machine, case.machine_type).perform(["pci"])
            return max((number + 1 for number in bsels.values()
                        if number is not None), default=1)

    def difference(self, case: Case, steps: list[Step]) -> Optional[str]:
        """Run @steps on both; returns the first difference, or None."""
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(
                lambda binary: self._perform(binary, case, steps),
                self.binaries)
        self.steps_done += len(second.results)
        for number, results in enumerate(zip(first.results, second.results)):
            if results[0] != results[1]:
                return self._describe(number, steps[number], results)
        self._note(steps, first, second)
        return None

    def _perform(self, binary: Path, case: Case, steps: list[Step]) -> Run:
        with self.start(binary, case) as machine:
            subject = Subject(machine, case.machine_type)
            return Run(perform_all(subject, steps), subject.texts)

    def _describe(self, number: int, step: Step, results: Sequence[Result]
                  ) -> str:
        lines = [f"step {number}: {json.dumps(step)}"]
        lines += [f"  {binary}: {json.dumps(result, sort_keys=True)}"
                  for binary, result in zip(self.binaries, results)]
        return "\n".join(lines)

    def _note(self, steps: list[Step], first: Run, second: Run) -> None:
        """Count what happened, so that a dull test can be seen as such."""
        for step, result in zip(steps, second.results):
            if step[0] in ("add", "del"):
                self.happened[f"{step[0]} {result[0]}"] += 1
            elif step[0] == "settle":
                self.happened["devices removed"] += len(
                    result.get("DEVICE_DELETED", ()))
            else:
                self.happened[step[0]] += 1
            if result == GONE:
                self.happened["both ended early"] += 1
        for texts in zip(first.texts, second.texts):
            if texts[0] != texts[1]:
                self.differing_texts.add(texts)


def shrink(steps: list[Step], fails: Callable[[list[Step]], bool],
           seconds: float) -> list[Step]:
    """Leave out what a failing sequence does not need, in bounded time.

    Tries to drop pieces of half the sequence, then of a quarter, and so on.
    """
    deadline = time.monotonic() + seconds
    size = len(steps) // 2
    while size and time.monotonic() < deadline:
        position = 0
        while position < len(steps) and time.monotonic() < deadline:
            shorter = steps[:position] + steps[position + size:]
            if shorter and fails(shorter):
                steps = shorter
            else:
                position += size
        size //= 2
    return steps


def run_case(pair: Pair, case: Case, length: int, seconds: float) -> None:
    """Run the sequence of @case; raises AssertionError with a short trace."""
    # on i440fx fast scan's window lies right behind the registers
    maker = StepMaker(case.seed, case.topology, pair.buses(case),
                      past_end=not case.fast_scan)
    check_steps(pair, case, maker.sequence(length), seconds)


def check_steps(pair: Pair, case: Case, steps: list[Step], seconds: float
                ) -> None:
    """Run @steps; raises AssertionError with a trace where they fail.

    The trace is shortened for @seconds.
    """
    found = pair.difference(case, steps)
    if found is None:
        return
    text = f"{case.options()}\n{found}\n"
    if pair.difference(case, steps) is None:
        raise AssertionError(text + "the same steps passed when repeated")
    short = shrink(steps, lambda some: pair.difference(case, some) is not None,
                   seconds)
    trace = "\n".join(json.dumps(step) for step in short)
    raise AssertionError(f"{text}shortest sequence found ({len(short)} of "
                         f"{len(steps)} steps), for --steps FILE:\n{trace}\n"
                         f"it gives {pair.difference(case, short)}")


def cases(first_seed: int, fast_scan: bool) -> Iterator[Case]:
    """All machines with all topologies that fit, again and again.

    Every third has fast scan on, where @fast_scan.
    """
    fitting = [(machine_type, topology)
               for topology in TOPOLOGIES for machine_type in MACHINE_TYPES
               if any(board in machine_type for board in topology.boards)]
    # one of each topology first, then the next machine type of each
    fitting.sort(key=lambda pair: MACHINE_TYPES.index(pair[0]))
    for number, (machine_type, topology) in enumerate(
            itertools.cycle(fitting)):
        yield Case(machine_type, topology, first_seed + number,
                   fast_scan and number % 3 == 2)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="of the first sequence")
    parser.add_argument("--machine", help="one machine type alone")
    parser.add_argument("--topology", help="one topology alone")
    parser.add_argument("--fast-scan", action="store_true",
                        help="with --machine and --topology: turn fast scan "
                        "on in the fork")
    parser.add_argument("--length", type=int, default=SEQUENCE_LENGTH,
                        help="steps in a sequence")
    parser.add_argument("--seconds", type=float,
                        help="start no sequence after this time")
    parser.add_argument("--steps", type=Path,
                        help="run the steps in this file instead")
    parser.add_argument("--shrink", type=float, default=SHRINK_SECONDS,
                        help="seconds to spend on shortening a failing "
                        "sequence")
    parser.add_argument("--same", action="store_true",
                        help="run stock beside stock: must find nothing")
    return parser.parse_args()


def run(tap: Tap, pair: Pair, options: argparse.Namespace) -> None:
    """Run what the command line asks for."""
    seed = (secrets.randbelow(1 << 31) if options.seed is None
            else options.seed)
    chosen: Iterator[Case]
    if options.machine and options.topology:
        chosen = itertools.repeat(Case(
            options.machine, topology_named(options.topology), seed,
            options.fast_scan), 1)
    else:
        tap.comment(f"first seed: --seed {seed}")
        chosen = cases(seed, fast_scan=not options.same)
    if options.steps:
        steps = [json.loads(line) for line
                 in options.steps.read_text().splitlines() if line.strip()]
        case = next(chosen)
        tap.run(f"{case.name}, steps of {options.steps}",
                lambda: check_steps(pair, case, steps, options.shrink))
        return
    limit = options.seconds or (FULL_SECONDS if environment.full_tier()
                                else CHECK_SECONDS)
    end = time.monotonic() + limit
    for case in chosen:
        if time.monotonic() > end or tap.failures >= FAILURES_ENOUGH:
            break
        # pylint: disable=cell-var-from-loop
        tap.run(case.name, lambda: run_case(pair, case, options.length,
                                            options.shrink))


def report(tap: Tap, pair: Pair) -> None:
    """Print what was done and where error texts differ."""
    tap.comment(f"{pair.steps_done} steps on each binary: " + ", ".join(
        f"{name} {count}" for name, count in sorted(pair.happened.items())))
    kinds: dict[str, list[str]] = {}
    for ours, theirs in pair.differing_texts:
        kinds.setdefault(QUOTED.sub("'...'", theirs), []).append(ours)
    for theirs, texts in kinds.items():
        tap.comment(f"error text differs from stock's: {theirs}\n"
                    f"  for instance: {max(texts, key=len)}")


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
        pair = Pair((found[0], found[1]))
        run(tap, pair, options)
        report(tap, pair)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
