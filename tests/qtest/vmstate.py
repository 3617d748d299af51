#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What migrates is the same on the fork and on stock, for each machine type.

Both binaries describe what they migrate (-dump-vmstate); QEMU's own
scripts/vmstate-static-checker.py compares the descriptions, in both
directions.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment      # noqa: E402
from qemuhost.tap import Skip, Tap    # noqa: E402

OWN_TYPES = {"pc-q35-10.0-hotplug": "pc-q35-10.0"}
ARM_TYPES = "virt-"

# Sections that stock describes and the fork does not have, with the reason
LEFT_OUT = {
    "aarch64": {"cirrus-vga"},      # no legacy VGA: docs/user/displays.rst
}
DUMP_SECONDS = 120


def machine_types(binary: Path) -> list[str]:
    """The machine types of a binary, without aliases and 'none'."""
    output = subprocess.run([binary, "-machine", "help"], check=True,
                            capture_output=True, text=True).stdout
    lines = [line for line in output.splitlines()[1:]
             if "(alias of" not in line]
    return [line.split()[0] for line in lines if not line.startswith("none ")]


def dump(binary: Path, machine_type: str, folder: Path, name: str) -> Path:
    """Write what @binary migrates for @machine_type; returns the file."""
    file = folder / f"{machine_type}-{name}.json"
    result = subprocess.run(
        [binary, *environment.firmware_arguments(),
         "-machine", machine_type, "-nodefaults", "-display", "none",
         "-accel", "qtest", "-dump-vmstate", file], check=False,
        capture_output=True, text=True, timeout=DUMP_SECONDS)
    if result.returncode or not file.stat().st_size:
        raise AssertionError(f"{binary} -machine {machine_type}: "
                             f"{result.stderr}")
    return file


def leave_out(file: Path, sections: set[str]) -> None:
    """Drop sections from a description; each has to be there."""
    description = json.loads(file.read_text())
    for section in sections:
        if description.pop(section, None) is None:
            raise AssertionError(f"{file} has no {section} to leave out")
    file.write_text(json.dumps(description))


def rename_machine(file: Path, name: str, new_name: str) -> None:
    """Let a description be of another machine type: the checker compares."""
    description = json.loads(file.read_text())
    machine = description["vmschkmachine"]
    if machine["Name"] != name:
        raise AssertionError(f"{file} describes {machine['Name']}")
    machine["Name"] = new_name
    file.write_text(json.dumps(description))


def findings(source: Path, destination: Path) -> str:
    """What the checker says of a migration from one to the other."""
    checker = (environment.source_tree() / "scripts"
               / "vmstate-static-checker.py")
    result = subprocess.run(
        [sys.executable, checker, "-s", source, "-d", destination],
        check=False, capture_output=True, text=True)
    if result.stderr:
        raise AssertionError(f"{checker}: {result.stderr}")
    if result.returncode and not result.stdout:
        return f"{checker} ended with {result.returncode}"
    return result.stdout.strip()


def compare(fork: Path, stock: Path, fork_type: str, stock_type: str,
            left_out: set[str]) -> None:
    """Raise AssertionError where the checker finds anything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = dump(fork, fork_type, folder, "fork")
        rename_machine(ours, fork_type, stock_type)
        theirs = dump(stock, stock_type, folder, "stock")
        leave_out(theirs, left_out)
        found = {"stock to fork": findings(theirs, ours),
                 "fork to stock": findings(ours, theirs)}
    text = "\n".join(f"{direction}: {what}"
                     for direction, what in found.items() if what)
    if text:
        raise AssertionError(text)


def check_checker(stock: Path) -> None:
    """The checker does find a difference where there is one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good = dump(stock, "pc-q35-10.0", folder, "good")
        bad = folder / "bad.json"
        text = good.read_text()
        changed = text.replace('"acpi_pci_hotplug.hotplug_select"',
                               '"acpi_pci_hotplug.hotplug_selected"')
        if changed == text:
            raise AssertionError("stock's description lacks hotplug_select")
        bad.write_text(changed)
        if not findings(good, bad) or not findings(bad, good):
            raise AssertionError("the checker overlooks a renamed field")


def check_target(tap: Tap, target: str) -> None:
    """Compare the machine types that both binaries of @target have."""
    try:
        fork = environment.fork_binary(target)
        stock = environment.stock_binary(target)
    except Skip as skip:
        reason = str(skip)

        def skipped() -> None:
            raise Skip(reason)

        tap.run(f"{target}: migration descriptions", skipped)
        return
    types = {name: name for name in machine_types(stock)}
    if target == "x86_64":
        types.update(OWN_TYPES)
    else:
        types = {name: name for name in types if name.startswith(ARM_TYPES)}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        pending = {name: pool.submit(compare, fork, stock, name, other,
                                     LEFT_OUT.get(target, set()))
                   for name, other in types.items()}
        for name, other in types.items():
            title = name if name == other else f"{name} (stock: {other})"
            tap.run(f"{target} {title}: migrates the same",
                    pending[name].result)


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    tap.run("the checker finds a renamed field",
            lambda: check_checker(environment.stock_binary()))
    check_target(tap, "x86_64")
    check_target(tap, "aarch64")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
