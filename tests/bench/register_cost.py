# SPDX-License-Identifier: GPL-2.0-or-later
"""Cost of an access in the register model, which needs no QEMU."""

import os
import subprocess
import tempfile
from pathlib import Path

from subjects import settings

_SOURCES = ["tests/bench/register-cost.c", "hw/model/acpi-slots.c"]


def measure(rounds: int) -> list[tuple[str, float, float]]:
    """Kind of access, nanoseconds with 1 bus, nanoseconds with all buses.

    Stops where it can't be compiled.
    """
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "register-cost"
        command = [*os.environ.get("CC", "cc").split(), "-std=gnu11", "-O2",
                   "-Iinclude", "-o", str(program), *_SOURCES]
        made = subprocess.run(command, cwd=settings.PROJECT, check=False,
                              capture_output=True, text=True)
        if made.returncode:
            raise settings.Stop(f"{' '.join(command)} failed: {made.stderr}",
                                "see what the compiler says")
        output = subprocess.run([program, str(rounds)], check=True,
                                capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in output.splitlines()]
    return [(name, float(one), float(every)) for name, one, every in rows]
