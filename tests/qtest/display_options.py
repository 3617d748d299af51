#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""virtio-gpu's options that make no sense are refused, at start and later.

A value that stock ends with an assertion is an error here.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment                 # noqa: E402
from qemuhost.machine import Machine             # noqa: E402
from qemuhost.qtest_socket import QtestError     # noqa: E402
from qemuhost.tap import Tap                     # noqa: E402

BOARD = ["-machine", "pc-q35-10.0", "-vga", "none"]
TYPES = ("virtio-gpu-pci", "virtio-vga")

# Option, and what its error has to say; the device's own name goes without
REFUSED = {
    "max_outputs=0": ("max_outputs=0", "1 to 16"),
    "max_outputs=17": ("max_outputs=17", "1 to 16", "second device"),
    "hostmem=3M": ("3145728", "power of two", "2 MiB"),
    "hostmem=4294967297": ("power of two", "4 GiB"),
}
TAKEN = ("max_outputs=1", "max_outputs=16", "hostmem=16", "hostmem=2M",
         "hostmem=8G")


def start(device: str) -> str:
    """Start a machine with a device; returns the error, or nothing."""
    try:
        with Machine(environment.fork_binary(), [*BOARD, "-device", device]):
            return ""
    except QtestError as error:
        return str(error).partition("\n")[2]


def check_refused(name: str) -> None:
    """A type refuses each, and says what would do."""
    for option, texts in REFUSED.items():
        error = start(f"{name},{option}")
        for text in texts:
            if text not in error:
                raise AssertionError(f"{name},{option}: {text!r} is not in "
                                     f"{error!r}")


def check_taken(name: str) -> None:
    """A type takes what is at the bounds."""
    for option in TAKEN:
        error = start(f"{name},{option}")
        if error:
            raise AssertionError(f"{name},{option}: {error}")


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    # pylint: disable=cell-var-from-loop
    for name in TYPES:
        tap.run(f"{name}: refused", lambda: check_refused(name))
        tap.run(f"{name}: at the bounds", lambda: check_taken(name))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
