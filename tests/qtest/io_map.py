#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The hotplug registers, fast scan's too, lie on no other device's ports.

Looks at the I/O address space of q35 and i440fx with CPU, memory and NVDIMM
hotplug on, and with each ISA device that -device can add, at its defaults.
"""

import dataclasses
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment, hotplug            # noqa: E402
from qemuhost.hotplug import I440FX, Q35, Board      # noqa: E402
from qemuhost.machine import Machine                 # noqa: E402
from qemuhost.qtest_socket import QtestError         # noqa: E402
from qemuhost.tap import Tap                         # noqa: E402

WINDOW, EXTENSION = "acpi-pci-hotplug", "acpi-pci-hotplug-extension"
MACHINES = {"q35": "pc-q35-10.0", "i440fx": "pc-i440fx-10.0"}

# What a device needs besides its name.
_CHARDEV = ["-chardev", "null,id=null"]
_BMC = ["-device", "ipmi-bmc-sim,id=bmc"]
NEEDS: dict[str, tuple[str, list[str]]] = {
    "isa-serial": (",chardev=null", _CHARDEV),
    "isa-parallel": (",chardev=null", _CHARDEV),
    "isa-debugcon": (",chardev=null", _CHARDEV),
    "isa-ipmi-kcs": (",bmc=bmc", _BMC),
    "isa-ipmi-bt": (",bmc=bmc", _BMC),
    "isa-applesmc": (",osk=" + "x" * 64, []),
    "sb16": (",audiodev=none", ["-audiodev", "none,id=none"]),
    "adlib": (",audiodev=none", ["-audiodev", "none,id=none"]),
    "cs4231a": (",audiodev=none", ["-audiodev", "none,id=none"]),
    "gus": (",audiodev=none", ["-audiodev", "none,id=none"]),
}
# These must have been looked at; others may fail to start here.
MUST_START = {"isa-serial", "isa-parallel", "isa-debugcon", "isa-debug-exit",
              "isa-ipmi-kcs", "isa-ipmi-bt", "isa-applesmc", "pvpanic"}

REGION = re.compile(r"^ *([0-9a-f]{16})-([0-9a-f]{16}) \(prio -?\d+, (.+?)\): "
                    r"(.*?)( \[disabled\])?$")


@dataclasses.dataclass(frozen=True)
class Region:
    """A memory region in the I/O address space; @last is inclusive."""

    name: str
    first: int
    last: int

    def overlaps(self, other: "Region") -> bool:
        """Whether both have a port in common."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return f"{self.name} ({self.first:#x}-{self.last:#x})"


def parse_regions(text: str) -> list[Region]:
    """The enabled regions of the I/O address space, without its root.

    @text: what the monitor's "info mtree" prints.
    """
    found = []
    in_io = False
    for line in text.splitlines():
        if line.startswith(("address-space:", "memory-region:")):
            in_io = line.startswith("address-space:") and "I/O" in line
        match = REGION.match(line)
        if in_io and match and not match[5] and match[4] != "io":
            found.append(Region(match[4], int(match[1], 16),
                                int(match[2], 16)))
    return found


def check_regions(regions: list[Region], board: Board) -> None:
    """Both windows are where they should be, and nothing else is."""
    for name, base, size in ((WINDOW, board.base, hotplug.WINDOW_SIZE),
                             (EXTENSION, board.extension_base,
                              hotplug.EXTENSION_SIZE)):
        wanted = Region(name, base, base + size - 1)
        if wanted not in regions:
            raise AssertionError(f"{wanted} is not there")
        others = [str(region) for region in regions
                  if region != wanted and region.overlaps(wanted)]
        if others:
            raise AssertionError(f"{wanted} and {', '.join(others)}")


def start(board: Board, *more: str) -> Machine:
    """A machine with all that has ports of its own turned on."""
    machine = Machine(environment.fork_binary(), [
        "-machine", f"{MACHINES[board.name]},nvdimm=on,vmport=on,smm=on",
        "-m", "32M,slots=4,maxmem=1G", "-smp", "1,maxcpus=8",
        "-global", f"{board.controller}.acpi-pci-hotplug-fast-scan=on",
        "-nodefaults", *more])
    hotplug.map_gpe(machine, board)
    return machine


def look(board: Board, *more: str) -> list[Region]:
    """The regions of a machine of @board."""
    with start(board, *more) as machine:
        return parse_regions(machine.hmp("info mtree"))


def test_board(board: Board) -> str:
    """The board itself, VGA and the usual legacy devices added."""
    regions = look(board, "-vga", "std", "-device", "vmgenid")
    check_regions(regions, board)
    names = {region.name for region in regions}
    for wanted in ("acpi-cpu-hotplug", "acpi-mem-hotplug", "acpi-gpe0"):
        if wanted not in names:
            raise AssertionError(f"{wanted} was not looked at: {names}")
    return f"{len(regions)} regions"


def test_modern_cpu_hotplug(board: Board) -> None:
    """After the guest has left the legacy CPU hotplug interface."""
    port = {"q35": 0x0CD8, "i440fx": 0xAF00}[board.name]
    with start(board) as machine:
        machine.qtest.port_write(port, 4, 0)
        regions = parse_regions(machine.hmp("info mtree"))
    if not any(region.name == "acpi-cpu-hotplug" and region.first == port
               and region.last - region.first < 16 for region in regions):
        raise AssertionError("the CPU hotplug interface did not change")
    check_regions(regions, board)


def test_isa_devices(board: Board) -> str:
    """Each ISA device that can be added."""
    with Machine(environment.fork_binary(), ["-machine", "none"]) as machine:
        types = sorted(entry["name"] for entry in machine.qmp(
            "qom-list-types", implements="isa-device", abstract=False))
    looked_at, not_started = set(), []
    for name in types:
        options, more = NEEDS.get(name, ("", []))
        try:
            regions = look(board, *more, "-device", name + options)
        except QtestError as error:
            not_started.append(f"{name}: {str(error).splitlines()[-1]}")
            continue
        check_regions(regions, board)
        looked_at.add(name)
    if not MUST_START <= looked_at:
        raise AssertionError(f"not looked at: {MUST_START - looked_at}\n"
                             + "\n".join(not_started))
    return "\n".join([f"looked at: {', '.join(sorted(looked_at))}",
                      "cannot be added so:", *not_started])


def test_properties(board: Board) -> None:
    """The windows' places can be read as properties."""
    with start(board) as machine:
        path = next(path for path in object_paths(machine, "/machine")
                    if machine.reply("qom-get", path=path, property="type"
                                     ).get("return") == board.controller)
        for name, value in (("acpi-pcihp-io-base", board.base),
                            ("acpi-pcihp-io-len", hotplug.WINDOW_SIZE),
                            ("acpi-pcihp-extension-io-base",
                             board.extension_base)):
            found = machine.qmp("qom-get", path=path, property=name)
            if found != value:
                raise AssertionError(f"{name} is {found:#x}, not {value:#x}")


def object_paths(machine: Machine, path: str) -> list[str]:
    """@path and the paths of all objects below it."""
    found = [path]
    for entry in machine.qmp("qom-list", path=path):
        if entry["type"].startswith("child<"):
            found += object_paths(machine, f"{path}/{entry['name']}")
    return found


def test_check() -> None:
    """An overlap is found."""
    text = ("address-space: I/O\n"
            "  0000000000000000-000000000000ffff (prio 0, i/o): io\n"
            "    0000000000000cb0-0000000000000cbf (prio 0, i/o): "
            f"{EXTENSION}\n"
            "    0000000000000cc0-0000000000000cd7 (prio 0, i/o): "
            f"{WINDOW}\n")
    other = "    0000000000000cb8-0000000000000cb8 (prio 0, i/o): other"
    check_regions(parse_regions(text), Q35)
    check_regions(parse_regions(f"{text}{other} [disabled]\n"), Q35)
    try:
        check_regions(parse_regions(f"{text}{other}\n"), Q35)
    except AssertionError:
        return
    raise AssertionError("an overlap passes")


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    tap.run("an overlap is found", test_check)
    for board in (Q35, I440FX):
        # pylint: disable=cell-var-from-loop
        tap.run(f"{board.name}: the board's own ports",
                lambda: test_board(board))
        tap.run(f"{board.name}: modern CPU hotplug",
                lambda: test_modern_cpu_hotplug(board))
        tap.run(f"{board.name}: ISA devices", lambda: test_isa_devices(board))
        tap.run(f"{board.name}: properties", lambda: test_properties(board))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
