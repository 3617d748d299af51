# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading the Test Anything Protocol, as cmocka, GLib and our drivers print it."""

import re
from dataclasses import dataclass, field
from typing import List, Optional

RESULT = re.compile(r'(not )?ok\b *(\d+)? *(?:- )?([^#]*)'
                    r'(?:# *(SKIP|TODO)\b:?\s*(.*))?', re.IGNORECASE)
PLAN = re.compile(r'1\.\.(\d+)\s*(?:# *SKIP\b:?\s*(.*))?', re.IGNORECASE)


@dataclass(frozen=True)
class Result:
    """One test's result: `verdict` is passed, failed or skipped."""
    verdict: str
    name: str
    reason: str = ''


@dataclass
class Tally:
    """All that one or more TAP streams have said so far.

    Programs that one suite runs after each other each bring a plan.
    """
    results: List[Result] = field(default_factory=list)
    planned: Optional[int] = None

    def count(self, verdict: str) -> int:
        """Number of results with a verdict."""
        return sum(result.verdict == verdict for result in self.results)

    def feed(self, line: str) -> Optional[Result]:
        """Take one line of output; return the result it brings, if any."""
        line = line.rstrip('\r\n')
        plan = PLAN.fullmatch(line)
        if plan:
            return self.take_plan(int(plan.group(1)), plan.group(2))
        if line.startswith('Bail out!'):
            return self.add('failed', line)
        match = RESULT.fullmatch(line)
        return self.take_result(match) if match else None

    def take_plan(self, number: int, reason: Optional[str]) -> Optional[Result]:
        """Add a stream's plan; one of no tests is a skip with its reason."""
        self.planned = (self.planned or 0) + number
        if number == 0:
            self.planned += 1
            return self.add('skipped', 'all', reason or 'no reason given')
        return None

    def take_result(self, match: 're.Match[str]') -> Result:
        """Add a test's result.

        A known failure (not ok, TODO) counts as skipped; a test that passes
        though its failure is known counts as passed.
        """
        negative, _, name, directive, reason = match.groups()
        word, name = (directive or '').upper(), name.strip()
        if word == 'SKIP':
            return self.add('skipped', name, reason or 'no reason given')
        if word == 'TODO' and negative:
            return self.add('skipped', name, f'known failure: {reason}')
        return self.add('failed' if negative else 'passed', name)

    def add(self, verdict: str, name: str, reason: str = '') -> Result:
        """Append a result."""
        result = Result(verdict, name, reason)
        self.results.append(result)
        return result

    def finish(self, status: int, timed_out: bool) -> None:
        """Turn a crash, a missing result or an early end into failures."""
        if timed_out:
            self.add('failed', 'ended by the runner: its time was over')
        elif status and not self.count('failed'):
            self.add('failed', f'exit status {status} though no test failed')
        elif not self.results:
            self.add('failed', 'no test was run')
        elif self.planned is not None and self.planned > len(self.results):
            self.add('failed', f'{self.planned} tests were planned, '
                     f'{len(self.results)} reported')
