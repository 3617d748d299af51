# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps of a test with one machine, each a result."""

from dataclasses import dataclass
from typing import Awaitable

import settings
from guest import GuestError
from machine import MachineError
from report import Tap

FAILURES = (GuestError, MachineError, ValueError, OSError, settings.Stop)


def require(holds: bool, complaint: str) -> None:
    """Raises MachineError unless it holds."""
    if not holds:
        raise MachineError(complaint)


@dataclass(frozen=True)
class Steps:
    """Results of steps, whose names begin with @subject."""

    tap: Tap
    subject: str

    async def take(self, what: str, work: Awaitable[None]) -> None:
        """Do it, and say how it went.  Raises what it raises."""
        try:
            await work
        except FAILURES as error:
            self.tap.result(False, f"{self.subject}: {what}", str(error))
            raise
        self.tap.result(True, f"{self.subject}: {what}")
