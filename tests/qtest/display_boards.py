#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which displays the binaries list, and which their boards take.

The list is asked for as libvirt does, of a QEMU without a machine.  DISPLAY_QEMU
may name an emulator for Arm with more devices built in; all of them are tried.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import displays, environment       # noqa: E402
from qemuhost.machine import Machine             # noqa: E402
from qemuhost.qtest_socket import QtestError     # noqa: E402
from qemuhost.tap import Tap                     # noqa: E402

INSTEAD = "virtio-gpu-pci instead"
INSIST = "x-legacy-vga=on"
LEGACY = {*displays.LEGACY, "virtio-vga-gl", "virtio-vga-rutabaga"}
TAKE = ("bochs-display", "ramfb", "secondary-vga", "virtio-gpu-pci")
# What this project's builds leave out: they have no SPICE and no vhost-user
NOT_BUILT = {"qxl-vga", "vhost-user-vga"}

# Boards without legacy VGA, with what they need to start
WITHOUT = {"virt-10.0": [], "virt-6.2": [], "sbsa-ref": [],
           "versatilepb": ["-m", "64"], "versatileab": ["-m", "64"],
           "realview-eb": ["-m", "64"], "realview-eb-mpcore": ["-m", "64"],
           "sabrelite": [], "mcimx7d-sabre": [], "imx8mp-evk": []}
WITH = ("pc-q35-10.0", "pc-i440fx-10.0")


def arm_binary() -> Path:
    """The emulator of Arm's boards."""
    named = os.environ.get("DISPLAY_QEMU")
    return Path(named) if named else environment.fork_binary("aarch64")


def devices(machine: Machine) -> set[str]:
    """The types that -device can name."""
    return {entry["name"] for entry
            in machine.qmp("qom-list-types", implements="device",
                           abstract=False)}


def legacy_of(binary: Path) -> list[str]:
    """The legacy VGA functions in a binary."""
    with Machine(binary, ["-machine", "none"]) as machine:
        return sorted(LEGACY & devices(machine))


def check_list(target: str) -> None:
    """A binary lists what the manual says, and tells each one's properties."""
    wanted = displays.documented()[target] - NOT_BUILT
    with Machine(environment.fork_binary(target),
                 ["-machine", "none"]) as machine:
        found = devices(machine) & set(displays.SYMBOLS)
        if found != wanted:
            raise AssertionError(f"lists {sorted(found)}, the manual's table "
                                 f"has {sorted(wanted)}")
        for name in found:
            machine.qmp("device-list-properties", typename=name)


def start(binary: Path, board: str, *arguments: str) -> str:
    """Start a board with more arguments; returns the error, or nothing."""
    try:
        with Machine(binary, ["-machine", board, *arguments]):
            return ""
    except QtestError as error:
        return str(error).partition("\n")[2]


def expect_start(binary: Path, board: str, *arguments: str) -> None:
    """The board starts."""
    error = start(binary, board, *arguments)
    if error:
        raise AssertionError(f"{board} {arguments}: {error}")


def expect_refusal(binary: Path, board: str, name: str, insist: bool,
                   *arguments: str) -> None:
    """The board does not start, and says what to do instead."""
    error = start(binary, board, *arguments)
    for text in (name, board, INSTEAD, *([INSIST] if insist else [])):
        if text not in error:
            raise AssertionError(f"{board} {arguments}: {text!r} is not in "
                                 f"{error!r}")


def check_refusals(board: str, extra: list[str]) -> str:
    """A board refuses every legacy VGA device, -device and device_add."""
    binary = arm_binary()
    built = legacy_of(binary)
    for name in sorted(LEGACY):
        expect_refusal(binary, board, name, name in built, *extra, "-device",
                       name)
    with Machine(binary, ["-machine", board, *extra]) as machine:
        for name in sorted(LEGACY):
            error = machine.reply("device_add", driver=name)["error"]["desc"]
            if INSTEAD not in error or board not in error:
                raise AssertionError(f"device_add {name}: {error}")
    return f"{len(LEGACY)} refused, of which built: {', '.join(built)}"


def check_others(board: str, extra: list[str]) -> None:
    """A board takes what is not legacy VGA, and -vga none."""
    for name in TAKE:
        if name == "ramfb" and not board.startswith("virt"):
            continue    # its firmware configuration is not on other boards
        expect_start(arm_binary(), board, *extra, "-device", name)
    expect_start(arm_binary(), board, *extra, "-vga", "none")


def check_insisting(board: str, extra: list[str]) -> str:
    """x-legacy-vga=on has the devices all the same; off changes nothing."""
    binary = arm_binary()
    built = [name for name in legacy_of(binary)
             if name in ("VGA", "ati-vga", "cirrus-vga", "virtio-vga",
                         "vmware-svga")]
    for name in built:
        expect_start(binary, f"{board},x-legacy-vga=on", *extra, "-device",
                     name)
        error = start(binary, f"{board},x-legacy-vga=off", *extra, "-device",
                      name)
        if INSTEAD not in error:
            raise AssertionError(f"x-legacy-vga=off, {name}: {error}")
    return "built: " + ", ".join(built)


def check_late_insisting() -> None:
    """A machine that is made can't change its mind."""
    with Machine(arm_binary(), ["-machine", "virt-10.0"]) as machine:
        reply = machine.reply("qom-set", path="/machine",
                              property="x-legacy-vga", value=True)
        if "-machine" not in reply.get("error", {}).get("desc", ""):
            raise AssertionError(f"set while it runs: {reply}")


def check_option(board: str, extra: list[str]) -> None:
    """-vga is refused, whether the binary has the device or not."""
    for model in ("std", "virtio", "cirrus", "vmware", "qxl"):
        expect_refusal(arm_binary(), board, f"-vga {model}", False, *extra,
                       "-vga", model)


def check_boards_with(board: str) -> None:
    """Boards with legacy VGA take all of it, and have no property for it."""
    binary = environment.fork_binary()
    for name in legacy_of(binary):
        if name != "vhost-user-vga":    # wants a process behind it
            expect_start(binary, board, "-vga", "none", "-device", name)
    for model in ("std", "virtio", "cirrus", "vmware"):
        expect_start(binary, board, "-vga", model)
    if "x-legacy-vga" not in start(binary, f"{board},x-legacy-vga=on"):
        raise AssertionError("x-legacy-vga is there")


def check_all_classes() -> None:
    """No other PCI function in the binaries is a legacy VGA one.

    Each that an error would name is asked for on a board without it.
    """
    with Machine(arm_binary(), ["-machine", "virt-10.0"]) as machine:
        names = sorted(entry["name"] for entry
                       in machine.qmp("qom-list-types", abstract=False,
                                      implements="pci-device"))
        refused = {name for name in names if INSTEAD in
                   machine.reply("device_add", driver=name, bus="nowhere")
                   .get("error", {}).get("desc", "")}
        if refused != LEGACY & set(names):
            raise AssertionError(f"refused: {sorted(refused)}")
        if len(names) < 50:
            raise AssertionError(f"only {len(names)} PCI devices")


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    # pylint: disable=cell-var-from-loop
    for target in ("x86_64", "aarch64"):
        tap.run(f"{target}: list", lambda: check_list(target))
    for board, extra in WITHOUT.items():
        tap.run(f"{board}: refusals", lambda: check_refusals(board, extra))
        tap.run(f"{board}: other displays", lambda: check_others(board, extra))
        tap.run(f"{board}: -vga", lambda: check_option(board, extra))
    for board in ("virt-10.0", "sbsa-ref"):
        tap.run(f"{board}: insisting",
                lambda: check_insisting(board, WITHOUT[board]))
    tap.run("insisting later", check_late_insisting)
    tap.run("the class is what counts", check_all_classes)
    for board in WITH:
        tap.run(f"{board}: all displays", lambda: check_boards_with(board))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
