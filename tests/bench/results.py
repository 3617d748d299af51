# SPDX-License-Identifier: GPL-2.0-or-later
"""The results of a run: printed as they come, then written to files."""

import json
import os
import platform
import shlex
import subprocess
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from subjects import Verdict, settings, subjects

from forktools.console import say  # pylint: disable=wrong-import-order
from report import rst_table, table  # pylint: disable=wrong-import-order


@dataclass
class Report:
    """All tables, verdicts and raw values of a run."""

    tables: list[tuple[str, list[str], list[list[str]]]] = \
        field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)

    def add_table(self, title: str, head: list[str],
                  rows: list[list[str]]) -> None:
        """Add a table, and print it."""
        self.tables.append((title, head, rows))
        say(f"\n{title}\n")
        say("\n".join(table(head, rows)) + "\n")

    def judge(self, expectation: str, measured: float, limit: float,
              shown: str) -> None:
        """Add a verdict, and print it."""
        verdict = Verdict(expectation, shown, measured <= limit)
        self.verdicts.append(verdict)
        say(verdict.line())


def describe(arguments: list[str]) -> dict[str, str]:
    """Under what conditions the measurements were made."""
    versions = {subject.name: subprocess.run(
        [str(subject.qemu), "--version"], capture_output=True, text=True,
        check=True).stdout.splitlines()[0].removeprefix("QEMU emulator ")
        for subject in subjects()}
    return {"date": date.today().isoformat(),
            "command": shlex.join(["tests/bench/run", *arguments]),
            "machine": f"{platform.machine()}, {os.cpu_count()} processors, "
                       "software emulation (TCG)",
            "load": "{:.1f} at the start".format(os.getloadavg()[0]),
            **{f"QEMU, {name}": text for name, text in versions.items()}}


def save(report: Report, conditions: dict[str, str], folder: Path) -> None:
    """Write results.json and results.rst."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps({
        "conditions": conditions, "values": report.values,
        "tables": [{"title": title, "head": head, "rows": rows}
                   for title, head, rows in report.tables],
        "verdicts": [vars(verdict) for verdict in report.verdicts]},
        indent=2) + "\n", encoding="utf-8")
    lines = [f":{key}: {value}" for key, value in conditions.items()] + [""]
    for title, head, rows in report.tables:
        lines += rst_table(title, head, rows)
    if report.verdicts:
        lines += rst_table("Expectations", ["expectation", "measured", ""],
                           [[verdict.expectation, verdict.measured,
                             "within" if verdict.within else "above"]
                            for verdict in report.verdicts])
    (folder / "results.rst").write_text("\n".join(lines), encoding="utf-8")
    say(f"\nWritten: {folder}/results.json and results.rst")
