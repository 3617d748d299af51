# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured side by side, and the tools of the boot tests."""

import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "boot"))
# pylint: disable=wrong-import-position
import settings  # noqa: E402


@dataclass(frozen=True)
class Subject:
    """A QEMU and one of its machine types."""

    name: str
    qemu: Path
    machine: str


STOCK, FORK, FAST = "stock", "fork", "fork, fast scan"


def subjects() -> list[Subject]:
    """Stock, the fork in stock's place, and the fork's own machine type.

    Stops where one of the two has not been built.
    """
    stock, fork = settings.stock_qemu(), settings.fork_qemu()
    return [Subject(STOCK, stock, "pc-q35-10.0"),
            Subject(FORK, fork, "pc-q35-10.0"),
            Subject(FAST, fork, "pc-q35-10.0-hotplug")]


def alternating(rounds: int) -> Iterator[tuple[int, Subject]]:
    """All subjects, one after the other, @rounds times over."""
    for number in range(rounds):
        for subject in subjects():
            yield number, subject


@dataclass(frozen=True)
class Spread:
    """Repeated measurements of one thing, all in one unit."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def as_json(self) -> dict[str, object]:
        """For the JSON report."""
        return {"median": self.median, "values": list(self.values)}


@dataclass(frozen=True)
class Verdict:
    """Whether a measurement is as the project expects it to be."""

    expectation: str
    measured: str
    within: bool

    def line(self) -> str:
        """As a line of text."""
        word = "within" if self.within else "ABOVE"
        return f"{word}: {self.expectation}: {self.measured}"
