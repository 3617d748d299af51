# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run says: TAP for the test runner, tables for people."""

import sys
from typing import Sequence, TextIO


class Tap:
    """Test results on a stream, in the Test Anything Protocol (version 13)."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._count = 0
        self.failed = 0
        self._print("TAP version 13")

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)

    def comment(self, text: str) -> None:
        """Say something that is no result."""
        for line in text.splitlines():
            self._print(f"# {line}")

    def result(self, passed: bool, name: str, reason: str = "") -> None:
        """Say how one test went; @reason, for a failure, may have lines."""
        self._count += 1
        self.failed += not passed
        self._print(f"{'ok' if passed else 'not ok'} {self._count} - {name}")
        if not passed and reason:
            self.comment(reason)

    def end(self) -> int:
        """Say how many tests there were.  Returns the exit status."""
        self._print(f"1..{self._count}")
        return 1 if self.failed or not self._count else 0


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a plain text table; numbers go to the right."""
    widths = [max(len(row[column]) for row in [head, *rows])
              for column in range(len(head))]
    numeric = [all(_is_number(row[column]) for row in rows)
               for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [cell.rjust(width) if right else cell.ljust(width)
                 for cell, width, right in zip(row, widths, numeric)]
        return "  ".join(cells).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return [line(head), rule, *map(line, rows)]


def _is_number(cell: str) -> bool:
    """Whether a cell starts as a number does; an empty one may."""
    return not cell or cell[0].isdigit() or cell in ("-", "–")
