# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps of the differential test, and how a machine performs them.

A step is a list: its kind, then plain values, so that a sequence can be
printed, cut down and run again.  What performing it returns can be compared
with ==.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from . import hotplug, pci
from .machine import Event, Machine, Reply
from .qtest_socket import QtestError

Step = list[Any]
Result = Any

GONE = "QEMU is gone"   # the result of a step that QEMU did not survive


class Subject:
    """A machine under test and what it has reported so far."""

    def __init__(self, machine: Machine, machine_type: str) -> None:
        self.machine = machine
        self.board = hotplug.board_of(machine_type)
        self.texts: list[str] = []
        self._seen: list[Event] = []
        self._present = hotplug.devices(machine)
        self._gone: Counter[str] = Counter()
        self._kinds: dict[str, Callable[..., Result]] = {
            "read": self._read, "write": self._write, "next": self._next,
            "gpe-read": self._gpe_read, "gpe-write": self._gpe_write,
            "map-gpe": self._map_gpe, "sci": self._sci,
            "add": self._add, "del": self._del, "reset": self._reset,
            "clock": self._clock, "number": self._number,
            "config-read": self._config_read,
            "config-write": self._config_write,
            "pci": self._pci, "settle": self._settle,
        }
        machine.qtest.intercept_interrupts_in("ioapic")

    def perform(self, step: Step) -> Result:
        """Do what @step says; returns what the guest or the host saw."""
        return self._kinds[step[0]](*step[1:])

    def _read(self, offset: int, size: int) -> Result:
        return self.machine.qtest.port_read(self.board.base + offset, size)

    def _write(self, offset: int, size: int, value: int) -> Result:
        self.machine.qtest.port_write(self.board.base + offset, size, value)
        return self._devices()

    def _devices(self) -> Result:
        """The devices that are there; notes which are gone."""
        present = hotplug.devices(self.machine)
        self._gone.update(self._present - present)
        self._present = present
        return sorted(present)

    def _next(self) -> Result:
        """Read where fast scan has NEXT; the value is not for comparing."""
        self.machine.qtest.port_read(self.board.extension_base, 4)
        return "read"

    def _gpe_read(self, offset: int, size: int) -> Result:
        return self.machine.qtest.port_read(self.board.gpe + offset, size)

    def _gpe_write(self, offset: int, size: int, value: int) -> Result:
        self.machine.qtest.port_write(self.board.gpe + offset, size, value)
        return self._sci()

    def _map_gpe(self) -> Result:
        hotplug.map_gpe(self.machine, self.board)
        return self._sci()

    def _sci(self) -> Result:
        return self.machine.qtest.interrupts.get(hotplug.SCI, False)

    def _add(self, arguments: dict[str, Any]) -> Result:
        reply = self.machine.reply("device_add", **arguments)
        if "return" in reply:
            self._present.add(arguments["id"])
        return self._outcome(reply), self._sci()

    def _del(self, name: str) -> Result:
        return (self._outcome(self.machine.reply("device_del", id=name)),
                self._sci())

    def _outcome(self, reply: Reply) -> str:
        """'done', or the class of the error, whose text is kept aside."""
        if "return" in reply:
            return "done"
        self.texts.append(reply["error"]["desc"])
        return str(reply["error"]["class"])

    def _reset(self) -> Result:
        self._seen += self.machine.reset()
        return self._devices(), self._sci()

    def _clock(self, nanoseconds: int) -> Result:
        return self.machine.qtest.clock_step(nanoseconds), self._sci()

    def _number(self) -> Result:
        return pci.number_buses(self.machine.qtest)

    def _config_read(self, bus: int, function: int, offset: int, size: int
                     ) -> Result:
        return pci.config_read(self.machine.qtest, bus, function, offset, size)

    def _config_write(self, bus: int, function: int, offset: int, size: int,
                      value: int) -> Result:
        pci.config_write(self.machine.qtest, bus, function, offset, size,
                         value)
        return self._devices()

    def _pci(self) -> Result:
        return self.machine.qmp("query-pci"), self._bsels()

    def _bsels(self) -> Result:
        """The BSEL of each bus that has one, by the bus's path."""
        found = {}
        for path in ["/machine/peripheral/" + name
                     for name in sorted(hotplug.devices(self.machine))]:
            for entry in self.machine.qmp("qom-list", path=path):
                if entry["type"] in ("child<PCI>", "child<PCIE>"):
                    bus = f"{path}/{entry['name']}"
                    reply = self.machine.reply("qom-get", path=bus,
                                               property="acpi-pcihp-bsel")
                    found[bus] = reply.get("return")
        return found

    def _settle(self) -> Result:
        """Wait for the event of each device that has gone since.

        Returns, for each kind of event, what came, in its order.  A device is
        finalized, by RCU, some time after it is gone.
        """
        self._devices()
        self._seen += self.machine.events()
        self._gone.subtract(self._deleted(self._seen))
        while +self._gone:
            event = self.machine.wait_event("DEVICE_DELETED", self._seen)
            self._seen.append(event)
            self._gone.subtract(self._deleted([event]))
        seen: dict[str, list[Any]] = {}
        for event in self._seen:
            seen.setdefault(event["event"], []).append(event.get("data"))
        self._seen = []
        return seen

    @staticmethod
    def _deleted(events: list[Event]) -> list[str]:
        return [event["data"]["device"] for event in events
                if event["event"] == "DEVICE_DELETED"
                and "device" in event["data"]]


def perform_all(subject: Subject, steps: list[Step]) -> list[Result]:
    """Perform steps in turn, up to one that QEMU does not survive."""
    results: list[Result] = []
    for step in steps:
        try:
            results.append(subject.perform(step))
        except QtestError as error:
            subject.texts.append(str(error))
            return results + [GONE]
    return results
