# SPDX-License-Identifier: GPL-2.0-or-later
"""What the test runner prints and leaves behind about its suites."""

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional

from .console import say, tail, write_file
from .places import Places
from .suites import Suite
from .tap import Tally

HEARTBEAT = 30.0
EXCERPT = 15


@dataclass
class Run:
    """One suite's run, while it runs and afterwards."""
    suite: Suite
    log: Path
    tally: Tally = field(default_factory=Tally)
    started: float = 0.0
    seconds: float = 0.0
    timed_out: bool = False
    process: Optional['subprocess.Popen[str]'] = None

    def summary(self) -> str:
        """The counts in words."""
        words = [f'{self.tally.count(verdict)} {verdict}'
                 for verdict in ('passed', 'failed', 'skipped')
                 if self.tally.count(verdict)]
        return ', '.join(words)


def failure_excerpt(log: Path) -> str:
    """Lines of a log that tell why tests failed: around the first failed
    results, or its end where no result says so."""
    lines = log.read_text(errors='replace').splitlines()
    failed = [number for number, line in enumerate(lines)
              if line.startswith('not ok') and '# TODO' not in line]
    if not failed:
        return tail(log, EXCERPT)
    shown: List[int] = []
    for number in failed[:3]:
        shown += [n for n in range(number - EXCERPT, number + 4)
                  if n > max(shown, default=-1) and 0 <= n < len(lines)]
    return '\n'.join(f'    {lines[n]}' for n in shown
                     if not lines[n].startswith('ok '))


class Progress:
    """Prints what starts, what ends, and now and then what still runs."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.spoke = time.monotonic()

    def say(self, line: str) -> None:
        """Print a line and remember when."""
        say(line)
        self.spoke = time.monotonic()

    def ended(self, run: Run) -> None:
        """A suite has ended: its result, and what failed."""
        self.done += 1
        failed = run.tally.count('failed')
        passed = run.tally.count('passed')
        word = 'FAIL' if failed else 'ok' if passed else 'skip'
        self.say(f'[{self.done:2}/{self.total}] {word:4} '
                 f'{run.suite.name:32} {run.seconds:7.1f} s  {run.summary()}')
        for result in run.tally.results:
            if result.verdict == 'failed':
                say(f'        not ok: {result.name}')
        if failed:
            say(f'        from {run.log}:\n{failure_excerpt(run.log)}')

    def running(self, runs: List[Run]) -> None:
        """Say what runs if nothing was said for a while."""
        now = time.monotonic()
        if now - self.spoke < HEARTBEAT:
            return
        states = [f'{run.suite.name} ({now - run.started:.0f} s, '
                  f'{len(run.tally.results)} results)' for run in runs]
        self.say(f'        running: {", ".join(states)}')


def past_durations(report: Path) -> Dict[str, float]:
    """Seconds each suite took when it ran last."""
    try:
        return dict(json.loads((report / 'durations.json').read_text()))
    except (OSError, ValueError):
        return {}


def print_skips(runs: List[Run]) -> None:
    """Every skipped test with its reason, equal ones of a suite once."""
    lines: Dict[str, int] = {}
    for run in runs:
        for result in run.tally.results:
            if result.verdict == 'skipped':
                line = f'  {run.suite.name}: {result.reason}'
                lines[line] = lines.get(line, 0) + 1
    if lines:
        say('\nskipped:')
    for line, number in lines.items():
        say(line + (f' ({number} tests)' if number > 1 else ''))


def print_durations(runs: List[Run], places: Places) -> None:
    """What took how long: the builds of this tree, and the suites."""
    say('\nwhat took how long:')
    for name in ('fork', 'stock', 'asan'):
        record = places.build / f'log/seconds-{name}'
        if record.exists():
            say(f'  {record.read_text().strip():>8} s  '
                f'(last build of {name})')
    for run in sorted(runs, key=lambda run: -run.seconds):
        say(f'  {run.seconds:8.1f} s  {run.suite.name}')


def write_report(runs: List[Run], report: Path) -> None:
    """Leave results and durations for people and programs."""
    durations = past_durations(report)
    durations.update({run.suite.name: round(run.seconds, 2) for run in runs
                      if run.seconds})
    write_file(report / 'durations.json', json.dumps(durations, indent=1))
    write_file(report / 'results.json', json.dumps(
        {run.suite.name: [vars(result) for result in run.tally.results]
         for run in runs}, indent=1))
