# SPDX-License-Identifier: GPL-2.0-or-later
"""Results in the Test Anything Protocol, version 13, on standard output."""

import sys
import time
import traceback
from typing import Callable, Optional


class Skip(Exception):
    """Raised by a test that can't run here; its text is the reason."""


class Tap:
    """Numbers test results and prints them as they come.

    Every test is a function without arguments that returns nothing, raises
    Skip, or raises anything else to fail.
    """

    def __init__(self) -> None:
        self.count = 0
        self.failures = 0
        print("TAP version 13", flush=True)

    def run(self, name: str, test: Callable[[], Optional[str]]) -> bool:
        """Run one test and print its result; returns whether it passed.

        A string that @test returns is printed as a diagnostic behind its
        result.
        """
        start = time.monotonic()
        try:
            remark = test()
        except Skip as skip:
            self._result("ok", f"{name} # SKIP {skip}")
            return True
        except Exception as error:  # pylint: disable=broad-except
            self._result("not ok", name)
            self.comment("".join(traceback.format_exception(
                error, limit=-3)))
            self.failures += 1
            return False
        self._result("ok", name)
        self.comment(f"{time.monotonic() - start:.1f} s")
        if remark:
            self.comment(remark)
        return True

    def finish(self) -> int:
        """Print the plan; returns the exit status of the driver."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failures or not self.count else 0

    def _result(self, result: str, text: str) -> None:
        self.count += 1
        print(f"{result} {self.count} - {text}", flush=True)

    @staticmethod
    def comment(text: str) -> None:
        """Print a diagnostic: every line of @text with a # before it."""
        for line in text.rstrip().splitlines():
            print(f"# {line}")
        sys.stdout.flush()
