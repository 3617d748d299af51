#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What virtio-gpu refuses: options that make no sense, and hot-plug.

A value that stock ends with an assertion is an error here.  DISPLAY_QEMU may name
an emulator with more types built in; all of them are tried.
"""

import os
import sys
from pathlib import Path
from typing import Union

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
    "hostmem=3145728": ("3145728", "power of two", "2 MiB"),
    "hostmem=4294967297": ("power of two", "4 GiB"),
}
TAKEN = ("max_outputs=1", "max_outputs=16", "hostmem=16", "hostmem=2M",
         "hostmem=8G")


# Types that are there from the start or not at all, and why
LEGACY_VGA = "firmware finds legacy VGA"
RENDERER = "3D renderer"
PROCESS = "another process"
COLD = {
    "virtio-vga": LEGACY_VGA, "virtio-vga-gl": LEGACY_VGA,
    "virtio-vga-rutabaga": LEGACY_VGA, "vhost-user-vga": LEGACY_VGA,
    "virtio-gpu-gl-pci": RENDERER, "virtio-gpu-rutabaga-pci": RENDERER,
    "vhost-user-gpu-pci": PROCESS,
}
HOT = "virtio-gpu-pci"
PORT = ["-device", "pcie-root-port,id=port1,chassis=1"]


def binary() -> Path:
    """The emulator under test."""
    named = os.environ.get("DISPLAY_QEMU")
    return Path(named) if named else environment.fork_binary()


def start(device: str) -> str:
    """Start a machine with a device; returns the error, or nothing."""
    try:
        with Machine(binary(), [*BOARD, "-device", device]):
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


def check_later() -> None:
    """device_add refuses the same, and leaves place for one that is right.

    That one is found by its name, though its console is behind text consoles.
    """
    with Machine(binary(), [*BOARD, *PORT]) as machine:
        for option, texts in REFUSED.items():
            key, _, value = option.partition("=")
            text = refusal(machine, "device_add", driver=HOT, id="video0",
                           bus="port1", **{key: int(value)})
            expect(text, list(texts))
        machine.qmp("device_add", driver=HOT, id="video0", bus="port1")
        machine.qmp("system_reset")
        machine.qmp("screendump", filename="/dev/null", device="video0")


def built_cold() -> list[str]:
    """Those of COLD that the emulator has."""
    with Machine(binary(), ["-machine", "none"]) as machine:
        found = {entry["name"] for entry
                 in machine.qmp("qom-list-types", implements="device",
                                abstract=False)}
    return sorted(found & set(COLD))


def refusal(machine: Machine, command: str, **arguments: Union[int, str]
            ) -> str:
    """The error of a command that has to fail."""
    reply = machine.reply(command, **arguments)
    if "error" not in reply:
        raise AssertionError(f"{command} {arguments}: {reply}")
    return str(reply["error"]["desc"])


def expect(text: str, wanted: list[str]) -> None:
    """All that is wanted is in the text."""
    missing = [part for part in wanted if part not in text]
    if missing:
        raise AssertionError(f"{missing} not in {text!r}")


def check_cold_plugged(name: str) -> str:
    """device_add says why not, and what to use if that can be plugged."""
    with Machine(binary(), [*BOARD, *PORT]) as machine:
        text = refusal(machine, "device_add", driver=name, id="video0",
                       bus="port1")
        expect(text, [f"'{name}' does not support hotplugging", COLD[name],
                      "-device"])
        hot = "error" not in machine.reply("device_add", driver=HOT,
                                           id="video0", bus="port1")
        if (HOT in text) != hot:
            raise AssertionError(f"{HOT} can be plugged: {hot}; but {text!r}")
    return text


def check_removal() -> str:
    """device_del of what was there from the start says that it stays."""
    with Machine(binary(), [*BOARD, "-device", "virtio-vga,id=video0"]
                 ) as machine:
        text = refusal(machine, "device_del", id="video0")
        expect(text, [LEGACY_VGA, "'video0' (virtio-vga) stays"])
    return text


def check_others() -> str:
    """Another type without hot-plug gets no reason, and is named."""
    with Machine(binary(), [*BOARD, *PORT]) as machine:
        text = refusal(machine, "device_add", driver="VGA",
                       bus="port1")
        expect(text, ["'VGA' does not support hotplugging: start"])
    return text


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    # pylint: disable=cell-var-from-loop
    for name in TYPES:
        tap.run(f"{name}: refused", lambda: check_refused(name))
        tap.run(f"{name}: at the bounds", lambda: check_taken(name))
    tap.run(f"{HOT}: refused later", check_later)
    for name in built_cold():
        tap.run(f"{name}: hot-plug", lambda: check_cold_plugged(name))
    tap.run("unplug", check_removal)
    tap.run("types without a reason", check_others)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
