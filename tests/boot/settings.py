# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are: from the environment that scripts/run-tests gives to a
suite, else from what configure decided."""

import os
import sys
from pathlib import Path

_TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_TOP / "scripts"))
# pylint: disable=wrong-import-position
from forktools.console import Stop  # noqa: E402
from forktools.places import find_places  # noqa: E402
from forktools.suites import environment  # noqa: E402

TIER = os.environ.get("TIER") or "check"
_VARIABLES = {**environment(find_places(), TIER), **os.environ}

PROJECT = Path(_VARIABLES["PROJECT"])
REPORT = Path(_VARIABLES["REPORT"])
CACHE = Path(_VARIABLES["CACHE"])


def _qemu(variable: str, advice: str) -> Path:
    path = Path(_VARIABLES[variable])
    if not path.exists():
        raise Stop(f"{path} is not there",
                   f"{advice}, or set {variable} to such a program")
    return path.absolute()


def fork_qemu() -> Path:
    """The fork's qemu-system-x86_64.  Stops when it has not been built."""
    return _qemu("QEMU", "run make")


def fork_qemu_arm() -> Path:
    """The fork's qemu-system-aarch64.  Stops when it has not been built."""
    return _qemu("QEMU_AARCH64", "run make")


def stock_qemu() -> Path:
    """Stock's qemu-system-x86_64.  Stops when it has not been built."""
    return _qemu("STOCK_QEMU", "run make reference")


def use_qemu_python() -> None:
    """Make QEMU's own Python package, which has its QMP client, importable.

    Stops when there is no QEMU source.
    """
    for variable in ("QEMU_TREE", "QEMU_PRISTINE"):
        package = Path(_VARIABLES[variable]) / "python"
        if (package / "qemu" / "qmp").is_dir():
            sys.path.insert(0, str(package))
            return
    raise Stop("there is no QEMU source, whose Python package is used",
               "run ./configure, or set QEMU_TREE to a QEMU source tree")


__all__ = ["CACHE", "PROJECT", "REPORT", "TIER", "Stop", "fork_qemu",
           "fork_qemu_arm", "stock_qemu", "use_qemu_python"]
