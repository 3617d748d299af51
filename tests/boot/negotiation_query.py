# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU says of PCI hotplug: query-pci-hotplug, and its trace."""

from dataclasses import dataclass
from pathlib import Path

from machine import Machine, MachineError

_LOG = "trace.log"

#: Events that tell of hotplug's registers.
_EVENTS = ["acpi_pci_*", "acpi_pcihp_*", "pcie_slot_event", "pci_hotplug_*"]

#: Of ACPI's registers, the guest reads names of devices by SEL and AIDX,
#: whatever hotplug it uses.  These serve hotplug alone, or are QEMU's own.
_ACPI = {"acpi_pci_up_read", "acpi_pci_down_read", "acpi_pci_ej_write",
         "acpi_pci_eject_slot", "acpi_pci_unplug_request"}

#: Of a slot, what the guest does to it, and what QEMU has it tell the guest.
_NATIVE = {"events cleared", "command", "plug", "unplug", "button"}


@dataclass(frozen=True)
class Slot:
    """A slot as query-pci-hotplug describes it; see qapi/pci-hotplug.json.

    @negotiated: "" if it is unknown
    @windows: their types
    """

    id: str
    mode: str
    method: str
    negotiated: str
    evidence: str
    capable: bool
    interrupts: bool
    devices: tuple[str, ...]
    windows: tuple[str, ...]

    @property
    def known(self) -> tuple[str, str]:
        """What the guest uses, and how that is known."""
        return self.negotiated, self.evidence


async def query(machine: Machine) -> dict[str, Slot]:
    """The slots of all ports, by the ports' ids.  Raises MachineError."""
    answer = await machine.execute("query-pci-hotplug")
    return {slot["id"]: Slot(slot["id"], slot["mode"], slot["method"],
                             slot.get("negotiated", ""), slot["evidence"],
                             slot["hot-plug-capable"], slot["interrupts"],
                             tuple(device["id"] for device in slot["devices"]),
                             tuple(window["type"]
                                   for window in slot["windows"]))
            for slot in answer["slots"]}


def trace_arguments(folder: Path) -> list[str]:
    """QEMU's arguments for a trace in @folder."""
    arguments = ["-D", str(folder / _LOG)]
    for event in _EVENTS:
        arguments += ["-trace", event]
    return arguments


class Trace:
    """What QEMU traced so far."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _LOG

    def mark(self) -> int:
        """A point in the trace, for since()."""
        return self._path.stat().st_size if self._path.exists() else 0

    def since(self, mark: int = 0) -> list[str]:
        """The events since a mark, a line each."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as log:
            log.seek(mark)
            return log.read().decode().splitlines()


def methods_used(events: list[str], ports: list[str]) -> dict[str, set[str]]:
    """What was done by which method: "acpi" and "native", each a set.

    @ports: ids of those whose slots count
    """
    used: dict[str, set[str]] = {"acpi": set(), "native": set()}
    paths = {f"/machine/peripheral/{port}" for port in ports}
    for event in events:
        name, _, text = event.partition(" ")
        if name in _ACPI:
            used["acpi"].add(name)
        elif name == "pcie_slot_event":
            path, what = text.split(": ")[:2]
            if path in paths and what in _NATIVE:
                used["native"].add(what)
    return used


#: What a plug and an unplug by a method leave in the trace, at least.
_TRACES = {
    "acpi": {"acpi_pci_up_read", "acpi_pci_down_read", "acpi_pci_ej_write",
             "acpi_pci_eject_slot", "acpi_pci_unplug_request"},
    "native": {"plug", "unplug", "command", "events cleared"},
}


def check_method(method: str, events: list[str], ports: list[str]) -> None:
    """Test that a plug and an unplug went by one method alone.

    @method: "acpi" or "native"
    @events: the trace from before the plug until after the unplug
    Raises MachineError.
    """
    used = methods_used(events, ports)
    missing = _TRACES[method] - used[method]
    [other] = set(used) - {method}
    if missing:
        raise MachineError(f"plug and unplug by {method} left no trace of "
                           + ", ".join(sorted(missing)))
    if used[other]:
        raise MachineError(f"plug and unplug by {method} also had, of {other}, "
                           + ", ".join(sorted(used[other])))
