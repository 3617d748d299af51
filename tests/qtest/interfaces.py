#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What users and management programs name is all there, and unchanged.

Device types, their properties and defaults, machine types and their
properties, QMP commands and events: where fork and stock differ, the fork has
something more.  LEFT_OUT has the exceptions.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment       # noqa: E402
from qemuhost.machine import Machine   # noqa: E402
from qemuhost.tap import Tap           # noqa: E402

# Their help is read from the command line, too, as users read it.
ON_COMMAND_LINE = ("ICH9-LPC", "PIIX4_PM", "pcie-root-port", "pci-bridge",
                   "virtio-gpu-pci", "virtio-vga")
MACHINES_ON_COMMAND_LINE = ("q35", "pc", "pc-q35-10.0", "pc-i440fx-10.0",
                            "pc-q35-6.2")

# What the fork adds to machine types: to q35 ones alone, of every version.
ADDITIONS = ["hotplug-timeout: uint32", "x-hotplug-requests: bool"]
Q35_ADDITIONS = ["pci-hotplug: PciHotplugMode"]
WITHOUT_LEGACY_VGA = ["x-legacy-vga: bool"]

# Arm's boards; the one property is the other's sign
BOARDS_WITHOUT_LEGACY_VGA = re.compile(
    "(virt-|sbsa-ref|versatile|realview-eb|sabrelite|mcimx7d-sabre|imx8mp-evk)")

# Devices that a target's binary lacks on purpose: docs/user/displays.rst
LEFT_OUT = {"aarch64": {"cirrus-vga"}}


def added(ours: Iterable[str], theirs: Iterable[str], what: str) -> list[str]:
    """The lines of @ours that are not among @theirs.

    Raises AssertionError where @ours lacks a line of @theirs, or has them in
    another order.
    """
    extra = []
    ours_left = iter(ours)
    for line in theirs:
        for candidate in ours_left:
            if candidate == line:
                break
            extra.append(candidate)
        else:
            raise AssertionError(f"{what}: the fork lacks, or has elsewhere: "
                                 f"{line}")
    return extra + list(ours_left)


def describe(additions: list[str]) -> str:
    """The additions, as a diagnostic."""
    return "\n".join(f"added: {line.strip()}" for line in additions)


def command_line_help(binary: Path, *arguments: str) -> list[str]:
    """The lines that QEMU prints for a help option."""
    return subprocess.run([binary, *arguments], check=True, text=True,
                          capture_output=True).stdout.splitlines()


def without(lines: Iterable[str], names: set[str]) -> list[str]:
    """The @lines that describe or are none of @names."""
    return [line for line in lines if line not in names and not
            any(line.startswith(f'name "{name}"') for name in names)]


def compare_help(binaries: tuple[Path, Path], left_out: set[str],
                 *arguments: str) -> str:
    """Compare what both binaries print for a help option."""
    fork, stock = (command_line_help(binary, *arguments)
                   for binary in binaries)
    stock = without(stock, left_out)
    return describe(added(fork, stock, " ".join(arguments)))


def device_types(machine: Machine) -> list[str]:
    """The types that -device can name, sorted."""
    return sorted(entry["name"] for entry
                  in machine.qmp("qom-list-types", implements="device",
                                 abstract=False))


def device_help(machine: Machine, name: str) -> list[str]:
    """The lines of -device NAME,help."""
    return machine.hmp(f"device_add {name},help").splitlines()


def compare_device_types(fork: Machine, stock: Machine,
                         left_out: set[str]) -> str:
    """Compare the lists of device types; @left_out are stock's alone."""
    ours, theirs = device_types(fork), device_types(stock)
    if left_out & set(ours) or left_out - set(theirs):
        raise AssertionError(f"only stock is to have {sorted(left_out)}")
    return describe(added(ours, without(theirs, left_out), "device types"))


def compare_devices(fork: Machine, stock: Machine, left_out: set[str]) -> str:
    """Compare properties and their defaults, of each device type."""
    additions = []
    names = without(device_types(stock), left_out)
    for name in names:
        help_text = device_help(stock, name)
        additions += [f"{name}: {line.strip()}" for line
                      in added(device_help(fork, name), help_text, name)]
    with_properties = sum(1 for name in names
                          if len(device_help(stock, name)) > 2)
    if with_properties < len(names) / 4:
        raise AssertionError(f"only {with_properties} of {len(names)} types "
                             "had properties: is help printed at all?")
    return describe(additions) + f"\n{len(names)} types"


def machine_types(machine: Machine) -> list[str]:
    """The types of machines, sorted."""
    return sorted(entry["name"] for entry
                  in machine.qmp("qom-list-types", implements="machine",
                                 abstract=False))


def machine_properties(machine: Machine, name: str) -> list[str]:
    """A machine type's properties with their types, sorted."""
    return sorted(f"{entry['name']}: {entry['type']}" for entry
                  in machine.qmp("qom-list-properties", typename=name))


def compare_machines(fork: Machine, stock: Machine) -> str:
    """Compare the properties of each machine type.

    Raises AssertionError where the fork has anything but ADDITIONS more, on
    q35 Q35_ADDITIONS, on boards without legacy VGA WITHOUT_LEGACY_VGA.
    """
    names = machine_types(stock)
    for name in names:
        additions = added(machine_properties(fork, name),
                          machine_properties(stock, name), name)
        expected = sorted(ADDITIONS + (Q35_ADDITIONS if
                                       name.startswith("pc-q35-") else []) +
                          (WITHOUT_LEGACY_VGA if
                           BOARDS_WITHOUT_LEGACY_VGA.match(name) else []))
        if additions != expected:
            raise AssertionError(f"{name}: added {additions}, and not "
                                 f"{expected}")
    return f"{len(names)} types"


def schema_names(machine: Machine) -> list[str]:
    """Names of QMP's commands and events, sorted."""
    return sorted(f"{entry['meta-type']} {entry['name']}" for entry
                  in machine.qmp("query-qmp-schema")
                  if entry["meta-type"] in ("command", "event"))


def compare_schema(fork: Machine, stock: Machine) -> str:
    """Compare QMP's commands and events."""
    return describe(added(schema_names(fork), schema_names(stock),
                          "QMP schema"))


def check_comparison() -> None:
    """The comparison does find what it looks for."""
    stock = ["a=1", "b=2", "c=3"]
    if added(["a=1", "b=2", "new", "c=3"], stock, "test") != ["new"]:
        raise AssertionError("an addition is not seen")
    for wrong in (["a=1", "c=3"], ["a=1", "b=4", "c=3"], ["b=2", "a=1"]):
        try:
            added(wrong, stock, "test")
        except AssertionError:
            continue
        raise AssertionError(f"{wrong} passes for {stock}")


def check_binaries(tap: Tap, target: str) -> None:
    """Compare fork's and stock's emulator of @target."""
    found: list[Path] = []
    tap.run(f"{target}: both binaries are there",
            lambda: found.extend((environment.fork_binary(target),
                                  environment.stock_binary(target))))
    if len(found) < 2:
        return
    binaries = (found[0], found[1])
    left_out = LEFT_OUT.get(target, set())
    options = [("-device", "help"), ("-machine", "help")]
    if target == "x86_64":
        options += [("-device", f"{name},help") for name in ON_COMMAND_LINE]
        options += [("-machine", f"{name},help")
                    for name in MACHINES_ON_COMMAND_LINE]
    for option in options:
        # pylint: disable=cell-var-from-loop
        tap.run(f"{target}: {' '.join(option)}",
                lambda: compare_help(binaries, left_out, *option))
    with Machine(binaries[0], ["-machine", "none"]) as fork, \
            Machine(binaries[1], ["-machine", "none"]) as stock:
        tap.run(f"{target}: device types",
                lambda: compare_device_types(fork, stock, left_out))
        tap.run(f"{target}: properties of every device type",
                lambda: compare_devices(fork, stock, left_out))
        tap.run(f"{target}: properties of every machine type",
                lambda: compare_machines(fork, stock))
        tap.run(f"{target}: QMP commands and events",
                lambda: compare_schema(fork, stock))


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    tap.run("a line that is missing or changed is found", check_comparison)
    for target in ("x86_64", "aarch64"):
        check_binaries(tap, target)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
