#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's 3D and vhost-user forms of virtio-gpu, on our base, PCI and VGA parts.

DISPLAY_QEMU names an emulator that has them, all but rutabaga's: what
tests/build/check-graphics --emulator builds.  Those with virgl start where the
host has a render node for OpenGL; that it does not is the reason for a skip.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost.machine import Machine             # noqa: E402
from qemuhost.qtest_socket import QtestError     # noqa: E402
from qemuhost.tap import Skip, Tap               # noqa: E402

BOARD = ["-machine", "pc-q35-10.0", "-vga", "none"]
NODES = Path("/dev/dri")

# Type, and what its error names when it is started without what it needs
VIRGL = {"virtio-gpu-gl-pci": "OpenGL", "virtio-vga-gl": "OpenGL"}
PROCESS = {"vhost-user-gpu-pci": "vhost", "vhost-user-vga": "vhost"}
# Of the base types, ours
PROPERTIES = {"max_outputs", "edid", "xres", "yres", "vectors", "ioeventfd"}


def binary() -> Path:
    """The emulator under test."""
    if "DISPLAY_QEMU" not in os.environ:
        raise Skip("DISPLAY_QEMU names no emulator; tests/build/check-graphics "
                   "--emulator builds one")
    return Path(os.environ["DISPLAY_QEMU"])


def check_types() -> str:
    """Each type has what our parts give it."""
    names = [*VIRGL, *PROCESS]
    with Machine(binary(), ["-machine", "none"]) as machine:
        for name in names:
            found = {entry["name"] for entry in
                     machine.qmp("device-list-properties", typename=name)}
            if PROPERTIES - found:
                raise AssertionError(f"{name} lacks {PROPERTIES - found}")
    return ", ".join(names)


def start(*arguments: str) -> str:
    """Start a machine with more arguments; returns the error, or nothing."""
    try:
        with Machine(binary(), [*BOARD, *arguments]) as machine:
            machine.qmp("qom-get", path="video0", property="realized")
            return ""
    except QtestError as error:
        return str(error).partition("\n")[2]


def check_refused(name: str, wanted: str) -> str:
    """Without what it needs, a type is refused and says what that is."""
    error = start("-device", f"{name},id=video0")
    if wanted not in error:
        raise AssertionError(f"{wanted!r} is not in {error!r}")
    return error


def check_starts(name: str) -> None:
    """With OpenGL it is there."""
    if not list(NODES.glob("renderD*")):
        raise Skip(f"this host has no render node in {NODES}, which "
                   "-display egl-headless draws with")
    error = start("-display", "egl-headless", "-device", f"{name},id=video0")
    if error:
        raise AssertionError(error)


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    # pylint: disable=cell-var-from-loop
    tap.run("types", check_types)
    for name, wanted in {**VIRGL, **PROCESS}.items():
        tap.run(f"{name}: refused without what it needs",
                lambda: check_refused(name, wanted))
    for name in VIRGL:
        tap.run(f"{name}: starts", lambda: check_starts(name))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
