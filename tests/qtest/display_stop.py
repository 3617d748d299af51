#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine stops, whatever its guest does to virtio-gpu meanwhile.

The guest does nothing but reset the device.  In stock its processor waits for
the main loop, which may be waiting for the processor, to stop it: QEMU hangs,
in each of three runs that were made.  DISPLAY_QEMU may name another emulator.
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment                 # noqa: E402
from qemuhost.machine import Machine             # noqa: E402
from qemuhost.tap import Tap                     # noqa: E402

STOPS = 2000
# microvm's last transport, which the first device gets: its Status
STATUS = 0xfeb02e70

# At 0xff00, from real mode to flat 32 bits, and there: a 0 to Status, for ever
CODE = bytes.fromhex(
    "fa"                            # cli
    "2e660f011658ff"                # lgdtl %cs:0xff58
    "0f20c0 6683c801 0f22c0"        # %cr0 |= 1
    "66ea1affffff 0800"             # ljmpl $8, $0xffffff1a
    "b810000000 8ed8"               # %ds = 16
    f"c705{STATUS.to_bytes(4, 'little').hex()}00000000"
    "ebf4")                         # again
# At 0xff40: segments 8, code, and 16, data; then what lgdtl reads
TABLE = bytes.fromhex("0000000000000000 ffff0000009bcf00 ffff00000093cf00"
                      "1700 40ffffff")
# At 0xfff0: jmp 0xff00
START = bytes.fromhex("e90dff")


def firmware() -> bytes:
    """64 KiB of it, which end where the processor begins."""
    return (CODE.ljust(0x40, b"\0") + TABLE.ljust(0xb0, b"\0")
            + START.ljust(0x10, b"\0")).rjust(0x10000, b"\0")


def check_stops() -> str:
    """Each stop is answered, and the guest has not stopped by itself."""
    named = os.environ.get("DISPLAY_QEMU")
    binary = Path(named) if named else environment.fork_binary()
    with tempfile.NamedTemporaryFile() as file:
        file.write(firmware())
        file.flush()
        with Machine(binary, [
                "-machine", "microvm,x-option-roms=off", "-m", "64",
                "-nodefaults", "-bios", file.name,
                "-global", "virtio-mmio.force-legacy=false",
                "-device", "virtio-gpu-device"],
                accelerator="tcg") as machine:
            for _ in range(STOPS):
                machine.qmp("stop")
                machine.qmp("cont")
            status = machine.qmp("query-status")["status"]
    if status != "running":
        raise AssertionError(f"the guest is {status}")
    return f"{STOPS} stops"


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    tap.run("stop while the guest resets virtio-gpu", check_stops)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
