# SPDX-License-Identifier: GPL-2.0-or-later
"""The results of a run: printed as they come, kept in files.

A run has parts, which can be measured one by one.  Each is kept in its own
file, PART.json, from which tests/bench/make-tables makes the tables of
docs/devel/measurements.rst; what was printed is in PART.log.
"""

import json
import os
import platform
import shlex
import subprocess
import time
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from subjects import Verdict, acpi_subjects

from forktools.console import say  # pylint: disable=wrong-import-order
from report import table  # pylint: disable=wrong-import-order


@dataclass
class Table:
    """A table: what the manual calls it, its title, head and cells."""

    name: str
    title: str
    head: list[str]
    rows: list[list[str]]


@dataclass
class Part:
    """Tables, verdicts and raw values of one part of a run."""

    name: str
    command: list[str]
    tables: list[Table] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)
    _lines: list[str] = field(default_factory=list)
    _load: float = field(default_factory=lambda: os.getloadavg()[0])
    _start: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Print, and keep in the log."""
        say(text)
        self._lines.append(text)

    def add_table(self, name: str, title: str, head: list[str],
                  rows: list[list[str]]) -> None:
        """Add a table, and print it."""
        self.tables.append(Table(name, title, head, rows))
        self.say(f"\n{title}\n")
        self.say("\n".join(table(head, rows)) + "\n")

    def judge(self, expectation: str, measured: float, limit: float,
              shown: str) -> None:
        """Add a verdict, and print it."""
        verdict = Verdict(expectation, shown, measured <= limit)
        self.verdicts.append(verdict)
        self.say(verdict.line())

    def _conditions(self) -> dict[str, str]:
        """Under what conditions the measurements were made."""
        versions = {subject.name: subprocess.run(
            [str(subject.qemu), "--version"], capture_output=True, text=True,
            check=True).stdout.splitlines()[0].removeprefix("QEMU emulator ")
            for subject in acpi_subjects()[:2]}
        minutes = (time.monotonic() - self._start) / 60
        return {"date": date.today().isoformat(),
                "command": shlex.join(["tests/bench/run", *self.command]),
                "machine": f"{platform.machine()}, {os.cpu_count()} "
                           "processors, software emulation (TCG)",
                "load": f"{self._load:.1f} at the start, "
                        f"{os.getloadavg()[0]:.1f} at the end",
                "duration": f"{minutes:.1f} minutes",
                **{f"QEMU, {name}": text for name, text in versions.items()}}

    def save(self, folder: Path) -> None:
        """Write PART.json and PART.log."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.json").write_text(json.dumps({
            "conditions": self._conditions(),
            "tables": [asdict(found) for found in self.tables],
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
            "values": self.values}, indent=2) + "\n", encoding="utf-8")
        (folder / f"{self.name}.log").write_text(
            "\n".join(self._lines) + "\n", encoding="utf-8")
        say(f"\nWritten: {folder}/{self.name}.json and .log")
