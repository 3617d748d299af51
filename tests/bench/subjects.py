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
    """A QEMU, one of its machine types, and more arguments of QEMU's."""

    name: str
    qemu: Path
    machine: str
    arguments: tuple[str, ...] = ()


STOCK, FORK, FAST, AUTO = "stock", "fork", "fork, fast scan", "fork, auto"

#: The machine type that both have, and what stock knows of modes.
SHARED = "pc-q35-10.0"
_BOOLEAN = "ICH9-LPC.acpi-pci-hotplug-with-bridge-support"


def acpi_subjects() -> list[Subject]:
    """Stock, the fork in stock's place, and the fork's own machine type.

    Stops where one of the two has not been built.
    """
    stock, fork = settings.stock_qemu(), settings.fork_qemu()
    return [Subject(STOCK, stock, SHARED), Subject(FORK, fork, SHARED),
            Subject(FAST, fork, "pc-q35-10.0-hotplug")]


def native_subjects() -> list[Subject]:
    """Stock and the fork with native hotplug, and the fork with a guest that
    chooses it.

    Stops where one of the two has not been built.
    """
    stock, fork = settings.stock_qemu(), settings.fork_qemu()
    return [Subject(STOCK, stock, SHARED, ("-global", f"{_BOOLEAN}=off")),
            Subject(FORK, fork, f"{SHARED},pci-hotplug=native"),
            Subject(AUTO, fork, f"{SHARED},pci-hotplug=auto")]


def alternating(subjects: list[Subject],
                rounds: int) -> Iterator[tuple[int, Subject]]:
    """All subjects, one after the other, @rounds times over."""
    for number in range(rounds):
        for subject in subjects:
            yield number, subject


@dataclass(frozen=True)
class Spread:
    """Repeated measurements of one thing, all in one unit."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def quartile(self) -> float:
        """The first: a quarter of them is not above it."""
        ordered = sorted(self.values)
        return ordered[len(ordered) // 4]

    @property
    def least(self) -> float:
        """The least one, which other work on the machine disturbs least."""
        return min(self.values)

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
