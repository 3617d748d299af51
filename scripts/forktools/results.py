# SPDX-License-Identifier: GPL-2.0-or-later
"""What the test runner prints and leaves behind about its suites."""

import json
import subprocess
import time
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Dict, List, Optional

from .console import say, tail, write_file
from .places import Places
from .suites import Suite
from .tap import Tally

HEARTBEAT = 30.0
MOST_NAMES = 20             # of failed tests, before "and N more"
BEFORE, AFTER = 12, 12    # lines shown around a failed result


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
        return tail(log, BEFORE + AFTER)
    shown: List[int] = []
    for number in failed[:2]:
        shown += [n for n in range(number - BEFORE, number + AFTER)
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
        names = [result.name for result in run.tally.results
                 if result.verdict == 'failed']
        for name in names[:MOST_NAMES]:
            say(f'        not ok: {name}')
        if failed > MOST_NAMES:
            say(f'        and {failed - MOST_NAMES} more')
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
    for run in sorted((run for run in runs if run.seconds),
                      key=lambda run: -run.seconds):
        say(f'  {run.seconds:8.1f} s  {run.suite.name}')


def picture_page(report: Path) -> str:
    """A page with the pictures of screens that tests left in folders of
    displays, those of a machine in the order in which they were taken."""
    parts = []
    for folder in sorted(report.glob('displays*/*/')):
        title = folder.relative_to(report).as_posix()
        parts.append(f'<h2>{escape(title)}</h2>')
        for path in sorted(folder.glob('*.png'),
                           key=lambda path: path.stat().st_mtime):
            name = escape(path.relative_to(report).as_posix())
            parts.append(f'<figure><figcaption>{name}</figcaption>'
                         f'<img src="{name}" alt="{name}" width="640">'
                         '</figure>')
    body = '\n'.join(parts)
    return ('<!DOCTYPE html>\n<meta charset="utf-8">\n'
            f'<title>Screens</title>\n<h1>Screens</h1>\n{body}\n')


def write_report(runs: List[Run], report: Path) -> None:
    """Leave results and durations for people and programs."""
    durations = past_durations(report)
    durations.update({run.suite.name: round(run.seconds, 2) for run in runs
                      if run.seconds})
    write_file(report / 'durations.json', json.dumps(durations, indent=1))
    write_file(report / 'results.json', json.dumps(
        {run.suite.name: [vars(result) for result in run.tally.results]
         for run in runs}, indent=1))
    write_file(report / 'index.html', picture_page(report))
