# SPDX-License-Identifier: GPL-2.0-or-later
"""What virtio-gpu's commands cost: stock, the fork, and memcpy().

tests/qtest/virtio-gpu-cost-test drives the device and prints each value; what
is measured is written there.  Both emulators take turns.

In the device, memcpy() has other pages to copy to, in another process, and
these are quick or slow as the host has them.  So the model is compared with the
same limits, between the same pages: transfer-cost.c.
"""

import os
import subprocess
from collections import defaultdict
from pathlib import Path

import programs
from machine import MachineError
from results import Part
from subjects import Spread, settings

PROGRAM = "tests/qtest/virtio-gpu-cost-test"
SECONDS = 600           # of a run, at the most
FRAMES = ("1080p", "4K")
WHERE = ("at the top left", "in the middle", "at the bottom right")
#: How often the model is measured, of whose cases the median counts.
MODEL_ROUNDS = 101

#: What issue and manual promise, as ratios; noise is a twentieth.
FULL, ODD, SMALL, STOCK, NOISE = 1.05, 1.3, 2.0, 1.0, 0.05

#: A command with no more to do than a pixel takes less than that (seconds);
#: what is shorter is the measurement's own noise.
LEAST = 0.5e-6

#: By the emulator's name and the case: seconds, or bytes.
Values = dict[tuple[str, str], list[float]]


def program() -> Path:
    """The test.  Stops where it has not been built."""
    path = settings.fork_qemu().resolve().parent / PROGRAM
    if not path.exists():
        raise settings.Stop(f"{path} is missing", "run make qemu-tests")
    return path


def measure(name: str, emulator: Path) -> dict[str, list[float]]:
    """One run.  Raises MachineError where it fails."""
    variables = dict(os.environ, QTEST_QEMU_BINARY=str(emulator),
                     VIRTIO_GPU_DEVICE=name)
    done = subprocess.run([program(), "-m", "perf"], env=variables,
                          cwd=program().parents[2], capture_output=True,
                          text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise MachineError(f"{program()} with {emulator}: {done.stdout[-2000:]}"
                           f"{done.stderr[-2000:]}")
    found = defaultdict(list)
    for line in done.stdout.splitlines():
        cells = line.split("\t")
        if len(cells) == 3:
            unit = 1e-9 if cells[0] == "cost" else 1
            found[cells[1]].append(float(cells[2]) * unit)
    return found


def _best(values: Values, name: str, case: str) -> float:
    """The first quartile: other programs on the machine mostly add to it."""
    return max(Spread(values[name, case]).quartile, LEAST)


def _relative(values: Values, name: str, case: str, base: str) -> float:
    """What a case takes of its base.  They were measured by turns: of the pairs
    the median, so that a machine that changes its pace does not count."""
    pairs = zip(values[name, case], values[name, base], strict=True)
    return Spread([max(took, LEAST) / max(of_base, LEAST)
                   for took, of_base in pairs]).median


def _to_stock(values: Values, case: str, base: str = "") -> float:
    """What the fork takes of stock's; by way of memcpy(), where that is
    @base, as the two emulators did not run at the same time."""
    if base.endswith("memcpy"):
        return (_relative(values, "fork", case, base)
                / _relative(values, "stock", case, base))
    return _best(values, "fork", case) / _best(values, "stock", case)


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:.1f}" if seconds < 1e-4 else f"{seconds * 1e6:.0f}"


def _row(values: Values, case: str, base: str = "") -> list[str]:
    """A case's line; @base is what it is compared with beside stock's."""
    stock, fork = (Spread(values[name, case]) for name in ("stock", "fork"))
    against = [f"{_relative(values, name, case, base):.2f}" if base else ""
               for name in ("stock", "fork")]
    return [case, _microseconds(stock.median), _microseconds(fork.median),
            f"{_to_stock(values, case, base):.2f}", *against]


def _cases(frame: str) -> list[tuple[str, str]]:
    """Cases of a frame, and the case that each is compared with."""
    copies = [(f"{frame}, {what}, {how}", f"{frame}, {what}, {how}, memcpy")
              for what in ("full", "width - 1")
              for how in ("contiguous", "scattered")]
    small = [(f"{frame}, 64x64 {where}, scattered",
              f"{frame}, 64x64 {where}, contiguous") for where in WHERE]
    other = [(f"{frame}, {what}", "") for what in (
        "64x64 transfer and flush, round trip", "detach and attach, scattered",
        "create, attach, first transfer, unref", "create, attach, unref")]
    return copies + small + other


#: Of the model, the kind of case and its limit, as ratio to what
#: transfer-cost.c compares it with.
LIMITS = {"full": FULL, "width - 1": ODD, "64x64": SMALL}


def _judge(part: Part, case: str, ratio: float) -> None:
    """A verdict, where a case of that kind has a limit."""
    for kind, limit in LIMITS.items():
        if kind in case:
            part.judge(f"{case}: at most {limit} times", ratio, limit,
                       f"{ratio:.2f} times")


def _judge_stock(part: Part, values: Values, case: str,
                 base: str = "") -> None:
    ratio = _to_stock(values, case, base)
    part.judge(f"{case}, not above stock ({NOISE:.0%} allowed for noise)",
               ratio, STOCK + NOISE, f"{ratio:.2f} times")


def report_model(part: Part, rows: list[tuple[str, float, float]]) -> None:
    """Table and verdicts of what transfer-cost.c printed."""
    part.add_table(
        "model", "The model alone, microseconds (medians); base: memcpy() "
        "between the same pages, or, of 64x64, contiguous backing",
        ["case", "model", "base", "model/base"],
        [[case, f"{model:.2f}", f"{base:.2f}", f"{model / base:.2f}"]
         for case, model, base in rows])
    for case, model, base in rows:
        _judge(part, f"model, {case}", model / base)


def report(part: Part, values: Values) -> None:
    """Tables and verdicts of the device."""
    cases = [found for frame in FRAMES for found in _cases(frame)]
    part.add_table(
        "cost", "Processor time of QEMU, microseconds (medians), and ratios; the "
        "last two: to memcpy() of the same pages, or to contiguous backing",
        ["command", "stock", "fork", "fork/stock", "stock/base", "fork/base"],
        [_row(values, case, base) for case, base in cases])
    memory = sorted({case for _, case in values if case.startswith("resource")})
    part.add_table(
        "memory", "Bytes that a resource takes beside its pixels",
        ["resource", "stock", "fork"],
        [[case, *(f"{Spread(values[name, case]).median:.0f}"
                  for name in ("stock", "fork"))] for case in memory])
    for frame in FRAMES:
        for how in ("contiguous", "scattered"):
            case = f"{frame}, full, {how}"
            _judge_stock(part, values, case, f"{case}, memcpy")
        for case, base in _cases(frame):
            if base and ("full" in case or "scattered" in case):
                _judge(part, case, _relative(values, "fork", case, base))
        _judge_stock(part, values,
                     f"{frame}, 64x64 transfer and flush, round trip")
        _judge_stock(part, values, f"{frame}, detach and attach, scattered")
    part.values["seconds"] = {
        f"{name}, {case}": Spread(found).as_json()
        for (name, case), found in values.items()}


def run(part: Part, rounds: int) -> None:
    """Measure the model, and both emulators by turns, and report."""
    report_model(part, programs.measure_model("transfer-cost",
                                              ["vgpu-transfer"], MODEL_ROUNDS))
    emulators = {"stock": settings.stock_qemu(), "fork": settings.fork_qemu()}
    values: Values = defaultdict(list)
    for number in range(rounds):
        for name, emulator in emulators.items():
            part.say(f"  round {number + 1} of {rounds}, {name}")
            for case, found in measure(name, emulator).items():
                values[name, case] += found
    report(part, values)
