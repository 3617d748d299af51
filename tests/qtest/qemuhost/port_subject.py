# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps on slots of PCI Express ports, beside those that steps.py has."""

from . import pci
from .machine import Machine
from .slots import (EVENTS, SLOT_CAPABILITIES, SLOT_CONTROL, SLOT_STATUS,
                    LINK_STATUS, Port, addresses, map_extended_config)
from .steps import Result, Step, Subject


FIRST_PCI_LINE = 16
RIGHT = "line is right"


class PortSubject(Subject):
    """A machine under test; each step also tells which interrupts there are."""

    def __init__(self, machine: Machine, machine_type: str,
                 ports: tuple[str, ...], check_lines: bool = False) -> None:
        """@ports: ids of the ports that steps name.

        @check_lines: report where the ports' interrupt line is not what their
        registers call for; stock gets this wrong, so it can't be compared.
        """
        super().__init__(machine, machine_type)
        self._names = ports
        self._check_lines = check_lines
        self._ports: dict[str, Port] = {}
        self._kinds.update({
            "find": self._find, "messages": self._messages,
            "slot": self._slot, "slot-write": self._slot_write,
            "command": self._command, "acknowledge": self._acknowledge,
            "behind": self._behind, "dump": self._dump,
        })

    def perform(self, step: Step) -> Result:
        result = super().perform(step)
        messages = [port.take_message() for port in self._ports.values()]
        return result, messages, self._line_state()

    def line_is_up(self) -> bool:
        """Whether a PCI interrupt line is up."""
        return any(up for pin, up in self.machine.qtest.interrupts.items()
                   if pin >= FIRST_PCI_LINE)

    def _line_state(self) -> str:
        wanted = any(port.wants_line() for port in self._ports.values())
        if not self._check_lines or wanted == self.line_is_up():
            return RIGHT
        return f"line is {'down' if wanted else 'up'}"

    def _find(self) -> Result:
        """Number the buses and find the ports."""
        map_extended_config(self.machine.qtest)
        pci.number_buses(self.machine.qtest)
        return self.find_again()

    def find_again(self) -> Result:
        """Find the ports; the buses are numbered and all is mapped."""
        found = addresses(self.machine)
        self._ports = {
            name: Port(self.machine.qtest, found[name], number)
            for number, name in enumerate(self._names) if name in found}
        return sorted(self._ports)

    def _messages(self) -> Result:
        for port in self._ports.values():
            port.use_messages()
        return "messages"

    def _slot(self, name: str) -> Result:
        """All registers of the slot."""
        port = self._ports.get(name)
        if port is None:
            return None
        return (f"{port.read(SLOT_CAPABILITIES, 4):08x}",
                *(f"{port.read(at):04x}"
                  for at in (SLOT_CONTROL, SLOT_STATUS, LINK_STATUS)))

    def _slot_write(self, name: str, offset: int, size: int, value: int
                    ) -> Result:
        """Write at @offset from Slot Control."""
        if name in self._ports:
            self._ports[name].write(SLOT_CONTROL + offset, value, size)
        return self._devices(), self._slot(name)

    def _command(self, name: str, clear: int, set_: int) -> Result:
        """Change bits of Slot Control, as drivers do."""
        port = self._ports.get(name)
        if port is not None:
            port.write(SLOT_CONTROL,
                       port.read(SLOT_CONTROL) & ~clear | set_)
        return self._devices(), self._slot(name)

    def _acknowledge(self, name: str) -> Result:
        """What an interrupt handler does: clear the events that are there."""
        port = self._ports.get(name)
        if port is None:
            return None
        seen = []
        while events := port.read(SLOT_STATUS) & EVENTS:
            seen.append(events)
            port.write(SLOT_STATUS, events)
        return seen, self._slot(name)

    def _behind(self, name: str) -> Result:
        port = self._ports.get(name)
        return port and [f"{port.behind(function):08x}"
                         for function in range(3)]

    def _dump(self, name: str) -> Result:
        port = self._ports.get(name)
        return port and port.dump()
