# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that measure something, compiled when they are wanted."""

import os
import subprocess
import tempfile
from pathlib import Path

from subjects import settings


def compiler() -> list[str]:
    """The C compiler's command."""
    return os.environ.get("CC", "cc").split()


def build(command: list[str]) -> None:
    """Run a compiler in the project's folder.  Stops where it fails."""
    made = subprocess.run(command, cwd=settings.PROJECT, check=False,
                          capture_output=True, text=True)
    if made.returncode:
        raise settings.Stop(f"{' '.join(command)} failed: {made.stderr}",
                            "see what it says; on x86_64 alone can the part "
                            "registers be measured")


def _glib() -> list[str]:
    """What programs with glib are compiled with.  Stops without it."""
    found = subprocess.run(["pkg-config", "--cflags", "--libs", "glib-2.0"],
                           capture_output=True, text=True, check=False)
    if found.returncode:
        raise settings.Stop(f"no glib: {found.stderr}", "run scripts/setup")
    return found.stdout.split()


def measure_model(name: str, models: list[str],
                  rounds: int) -> list[tuple[str, float, float]]:
    """What tests/bench/@name.c prints of @models: a case, and two values.
    Stops where it can't be compiled."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / name
        build([*compiler(), "-std=gnu11", "-O2", "-Iinclude",
               "-o", str(program), f"tests/bench/{name}.c",
               *(f"hw/model/{model}.c" for model in models), *_glib()])
        output = subprocess.run([program, str(rounds)], check=True,
                                capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in output.splitlines()]
    return [(case, float(first), float(second))
            for case, first, second in rows]
