# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the binaries and QEMU's own Python package are.

Everything comes from the environment that scripts/run-tests sets; without it
the folders that configure and make create below the project's are taken.
"""

import os
import sys
from pathlib import Path

from .tap import Skip

FIRMWARE = "bios-256k.bin"

PROJECT = Path(os.environ.get("PROJECT", Path(__file__).parents[3]))
BUILD = Path(os.environ.get("BUILD", PROJECT / "build"))
REPORT = Path(os.environ.get("REPORT", BUILD / "report"))


def path_of(variable: str, default: Path) -> Path:
    """The path that an environment variable names, or @default."""
    value = os.environ.get(variable)
    return Path(value) if value else default


def fork_binary(target: str = "x86_64") -> Path:
    """The fork's emulator; raises Skip where it has not been built."""
    variable = "QEMU" if target == "x86_64" else f"QEMU_{target.upper()}"
    binary = path_of(variable, BUILD / f"qemu-system-{target}")
    if not binary.exists():
        raise Skip(f"{binary} is missing: run make, or set {variable}")
    return binary


def stock_binary(target: str = "x86_64") -> Path:
    """Stock's emulator; raises Skip where it has not been built."""
    folder = path_of("REFERENCE_BUILD", BUILD / "stock" / "obj")
    binary = folder / f"qemu-system-{target}"
    if target == "x86_64":
        binary = path_of("STOCK_QEMU", binary)
    if not binary.exists():
        raise Skip(f"{binary} is missing: run make reference, or set "
                   "STOCK_QEMU and REFERENCE_BUILD")
    return binary


def registers_alone(binary: Path, machine_type: str) -> list[str]:
    """-machine for registers as in stock QEMU: the fork without requests."""
    fork = binary != stock_binary()
    return ["-machine", machine_type + (",x-hotplug-requests=off" if fork
                                        else "")]


def source_tree() -> Path:
    """A QEMU source tree, for its scripts and its Python package."""
    for variable, default in (("QEMU_PRISTINE", BUILD / "stock" / "src"),
                              ("QEMU_TREE", BUILD / "fork" / "src")):
        tree = path_of(variable, default)
        if (tree / "python" / "qemu" / "qmp").is_dir():
            return tree
    raise Skip("no QEMU source tree with python/qemu/qmp: run ./configure, "
               "or set QEMU_PRISTINE")


def firmware_arguments() -> list[str]:
    """Where both binaries find the same firmware: with the fork's build.

    Empty where that has none; QEMU then looks in its own places.
    """
    build = path_of("QEMU_BUILD", BUILD / "fork" / "obj")
    folder = build / "qemu-bundle" / "usr" / "local" / "share" / "qemu"
    return ["-L", str(folder)] if (folder / FIRMWARE).exists() else []


def full_tier() -> bool:
    """Whether the long forms of the tests are asked for (TIER=full)."""
    return os.environ.get("TIER", "check") == "full"


def use_qemu_python() -> None:
    """Make QEMU's own package qemu.qmp importable."""
    folder = str(source_tree() / "python")
    if folder not in sys.path:
        sys.path.insert(0, folder)
