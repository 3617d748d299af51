#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU's Kconfig makes each target list, against the manual's table.

Kconfig is evaluated with QEMU's own minikconf, for every system target, as if
the host had every library.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import displays, environment  # noqa: E402
from qemuhost.tap import Tap                # noqa: E402

HOST = ("TCG", "LINUX", "PIXMAN", "SPICE", "OPENGL", "FDT", "TPM",
        "VHOST_USER", "VHOST_KERNEL")
ASK_FOR_IT = {"i386", "x86_64", "hppa", "ppc64"}
WITHOUT_LEGACY_VGA = ("aarch64", "arm")
NOT_LISTED_THERE = {"virtio-vga", "vmware-svga", "cirrus-vga",
                    "vhost-user-vga", "qxl-vga"}


def targets(tree: Path) -> dict[str, Path]:
    """The system targets by name, each with its description."""
    return {path.stem.removesuffix("-softmmu"): path for path
            in sorted(tree.glob("configs/targets/*-softmmu.mak"))}


def evaluate(tree: Path, target: Path) -> set[str]:
    """The symbols that are on for a target."""
    settings = dict(re.findall(r"^(\w+)=(\S*)", target.read_text(), re.M))
    given = {**dict.fromkeys(HOST, "y"), settings["TARGET_ARCH"].upper(): "y",
             "TARGET_BIG_ENDIAN": settings.get("TARGET_BIG_ENDIAN", "n")}
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            [sys.executable, "scripts/minikconf.py", "--defconfig",
             f"{folder}/mak", f"{folder}/depend",
             f"configs/devices/{target.stem}/default.mak", "Kconfig",
             *(f"CONFIG_{name}={value}" for name, value in given.items())],
            cwd=tree, text=True, capture_output=True, check=False)
    if result.returncode:
        raise AssertionError(result.stderr)
    return set(re.findall(r"^CONFIG_(\w+)=y$", result.stdout, re.M))


def listed(symbols: set[str]) -> set[str]:
    """The display devices that these symbols bring."""
    if "PCI" not in symbols:
        return set()
    return {name for name, needed in displays.SYMBOLS.items()
            if symbols.issuperset(needed)}


def check_target(tree: Path, path: Path, wanted: set[str]) -> None:
    """A target lists what the table says."""
    found = listed(evaluate(tree, path))
    if found != wanted:
        raise AssertionError(f"lists {sorted(found)}, the manual's table has "
                             f"{sorted(wanted)}")


def check_complete(names: set[str], table: dict[str, set[str]]) -> None:
    """Every row is a target's; the promises about some of them hold."""
    if set(table) - names:
        raise AssertionError(f"no such target: {set(table) - names}")
    for name in ASK_FOR_IT:
        if "virtio-vga" not in table[name]:
            raise AssertionError(f"{name} has to list virtio-vga")
    for name in WITHOUT_LEGACY_VGA:
        if table[name] & NOT_LISTED_THERE:
            raise AssertionError(f"{name} lists what it has not to")
        if not table[name].issuperset(displays.OTHERS):
            raise AssertionError(f"{name} lacks what has to stay")


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    tree = environment.path_of("QEMU_TREE", environment.BUILD / "fork" / "src")
    table = displays.documented()
    paths = targets(tree)
    tap.run("the table's targets, and what holds for some of them",
            lambda: check_complete(set(paths), table))
    for name, path in paths.items():
        # pylint: disable=cell-var-from-loop
        tap.run(name, lambda: check_target(tree, path, table.get(name, set())))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
