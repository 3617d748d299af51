# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are: from the environment that scripts/run-tests gives to a
suite, else from build/config.mak, else from where this file is."""

import os
import re
import sys
from pathlib import Path

PROJECT = Path(os.environ.get("PROJECT") or Path(__file__).parents[2]).resolve()
BUILD = Path(os.environ.get("BUILD") or PROJECT / "build").resolve()
REPORT = Path(os.environ.get("REPORT") or BUILD / "report").resolve()
TIER = os.environ.get("TIER") or "check"


class SettingError(Exception):
    """Something that a run needs is not there; the text says what to do."""


def _config() -> dict[str, str]:
    """The assignments in build/config.mak; empty before configure has run."""
    try:
        text = (BUILD / "config.mak").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return dict(re.findall(r"^(\w+)\s*[:?]?=\s*(.*?)\s*$", text, re.MULTILINE))


def setting(name: str, default: str = "") -> str:
    """A variable of the environment, or of build/config.mak, or @default."""
    return os.environ.get(name) or _config().get(name) or default


def cache() -> Path:
    """The folder of downloads and of what is made from them."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(setting("CACHE", str(Path(base) / "qemu-hotplug"))).resolve()


def fork_qemu() -> Path:
    """The fork's qemu-system-x86_64.

    Raises SettingError when it has not been built.
    """
    path = Path(os.environ.get("QEMU") or BUILD / "qemu-system-x86_64")
    if not path.exists():
        raise SettingError(f"{path} is not there: run ./configure && make, "
                           "or set QEMU to a qemu-system-x86_64")
    return path.absolute()


def stock_qemu() -> Path:
    """Stock's qemu-system-x86_64.

    Raises SettingError when it has not been built.
    """
    build = setting("REFERENCE_BUILD", str(BUILD / "stock" / "obj"))
    path = Path(os.environ.get("STOCK_QEMU")
                or Path(build) / "qemu-system-x86_64")
    if not path.exists():
        raise SettingError(f"{path} is not there: run make reference, "
                           "or set STOCK_QEMU to a qemu-system-x86_64")
    return path.absolute()


def use_qemu_python() -> None:
    """Make QEMU's own Python package, which has its QMP client, importable.

    Raises SettingError when there is no QEMU source.
    """
    trees = [setting("QEMU_TREE"), setting("QEMU_PRISTINE"),
             str(BUILD / "fork" / "src"), str(BUILD / "stock" / "src")]
    for tree in filter(None, trees):
        package = Path(tree) / "python"
        if (package / "qemu" / "qmp").is_dir():
            sys.path.insert(0, str(package))
            return
    raise SettingError("no QEMU source with python/qemu/qmp: run ./configure, "
                       "or set QEMU_TREE to a QEMU source tree")
