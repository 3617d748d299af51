# SPDX-License-Identifier: GPL-2.0-or-later
"""Random sequences of steps for slots of PCI Express ports.

They keep away from accesses after which fork and stock are known to differ
(docs/specs/pcie-slot.rst, "Differences from stock QEMU"):

- the bits that enable interrupts change while no event is there alone;
- 8-bit writes to the upper byte of Slot Control do not release a device;
- 32-bit writes have no ones for Slot Status, and enable no interrupt;
- a slot without power controller keeps its indicator on or blinking, and the
  power bit is not written to it.
"""

import random
from typing import Any

from .native_topologies import NativeTopology
from .slots import (BUTTON, CLEARED_BY_LINUX, COMMAND, EVENTS, INTERLOCK,
                    INTERRUPT, LIGHT, LIGHT_BLINKS, LIGHT_OFF, LIGHT_ON,
                    LINK_EVENT, POWER_OFF, PRESENCE)
from .steps import Step

# What Linux enables, and what others do, all events with the interrupt.
LISTENING = (BUTTON | COMMAND | INTERRUPT | LINK_EVENT,
             BUTTON | PRESENCE | COMMAND | INTERRUPT,
             BUTTON | PRESENCE | INTERRUPT, 0)
ENABLES = 0x3F | LINK_EVENT
ATTENTION = 0xC0

DRIVERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("virtio-rng-pci", {}), ("pci-testdev", {}), ("virtio-keyboard-pci", {}),
    ("e1000e", {"rombar": 0}), ("nvme", {"serial": "n"}),
    ("igb", {"rombar": 0}), ("x3130-upstream", {}), ("pcie-pci-bridge", {}))


class NativeStepMaker:
    """Makes the steps of one sequence for one machine."""

    def __init__(self, seed: int, topology: NativeTopology) -> None:
        self._random = random.Random(seed)
        self._topology = topology
        self._ids = list(topology.devices)
        self._serial = 0

    def sequence(self, length: int) -> list[Step]:
        """A whole sequence of about @length steps."""
        kinds = {self._add: 10, self._add_functions: 3, self._del: 12,
                 self._press: 4, self._command: 16, self._acknowledge: 10,
                 self._wipe: 3, self._clear: 4, self._power_on: 8,
                 self._power_off: 8, self._probe: 4, self._narrow: 6,
                 self._wide: 3, self._lock: 1.5, self._slot: 4,
                 self._behind: 4, self._dump: 3, self._clock: 3,
                 self._settle: 2, self._reset: 1.5}
        steps: list[Step] = self._start()
        while len(steps) < length:
            kind, = self._random.choices(list(kinds), list(kinds.values()))
            steps += kind()
        return steps + [["settle"], ["pci"],
                        *(["dump", port] for port in self._topology.buses)]

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _start(self) -> list[Step]:
        """What firmware does, and with or without messages."""
        return [["find"], *([["messages"]] if self._chance(0.6) else [])]

    def _port(self) -> str:
        return self._random.choice(self._topology.buses)

    def _id(self, newest: int) -> str:
        """An id that may be that of a device, among the @newest ones."""
        return self._random.choice(self._ids[-newest:] or ["nobody"])

    def _is_plain(self, port: str) -> bool:
        return port in self._topology.plain

    # ---- the host -----------------------------------------------------------

    def _arguments(self, port: str, function: int) -> dict[str, Any]:
        driver, needs = self._random.choice(DRIVERS)
        self._serial += 1
        name = f"d{self._serial}"
        self._ids.append(name)
        return {"driver": driver, "id": name, "bus": port,
                "addr": f"0.{function:x}", **needs}

    def _add(self) -> list[Step]:
        port = self._port()
        return [["add", self._arguments(port, 0)], *self._seen(port)]

    def _seen(self, port: str) -> list[Step]:
        """A guest with interrupts handles each event before the next."""
        return [["acknowledge", port]]

    def _add_functions(self) -> list[Step]:
        """Function 1 first; then function 0, or function 1 is taken back."""
        port = self._port()
        part = {**self._arguments(port, 1), "multifunction": True}
        steps: list[Step] = [["add", part], ["slot", port]]
        if self._chance(0.5):
            steps += [["del", part["id"]], *self._seen(port), ["settle"]]
        elif self._chance(0.8):
            whole = {**self._arguments(port, 0), "multifunction": True}
            steps += [["add", whole], *self._seen(port), ["behind", port]]
        return steps

    def _del(self) -> list[Step]:
        steps: list[Step] = [["del", self._id(8)]]
        if self._chance(0.7):
            steps += [["acknowledge", port] for port in self._topology.buses]
        return steps

    def _press(self) -> list[Step]:
        """Ask for one device again and again, in time."""
        name = self._id(3)
        return [["del", name], ["clock", self._random.choice(
            (1, 4_999_000_000, 5_000_000_000))], ["del", name]]

    def _clock(self) -> list[Step]:
        return [["clock", self._random.choice((1000000, 1000000000,
                                               5100000000))]]

    def _reset(self) -> list[Step]:
        return [["reset"], *([["slot", self._port()]]), *self._start()]

    @staticmethod
    def _settle() -> list[Step]:
        return [["settle"]]

    # ---- the guest ----------------------------------------------------------

    def _light(self, port: str) -> int:
        choice = [LIGHT_ON, LIGHT_BLINKS]
        if not self._is_plain(port):
            choice += [LIGHT_OFF, LIGHT_OFF, 0]
        return self._random.choice(choice)

    def _power(self, port: str) -> int:
        return 0 if self._is_plain(port) else self._random.choice(
            (0, POWER_OFF))

    def _command(self) -> list[Step]:
        """Any combination of power and indicators."""
        port = self._port()
        return [["command", port, LIGHT | POWER_OFF | ATTENTION,
                 self._light(port) | self._power(port) |
                 self._random.randrange(4) << 6]]

    def _acknowledge(self) -> list[Step]:
        return [["acknowledge", self._port()]]

    def _wipe(self) -> list[Step]:
        ones = self._random.choice((CLEARED_BY_LINUX, 0xFFFF, 0x17, 0x11F))
        return [["slot-write", self._port(), 2, 2, ones]]

    def _clear(self) -> list[Step]:
        size = self._random.choice((1, 2, 2))
        ones = self._random.choice((BUTTON, PRESENCE, COMMAND, EVENTS,
                                    self._random.getrandbits(8 * size)))
        return [["slot-write", self._port(), 2, size, ones]]

    def _probe(self) -> list[Step]:
        """A driver starts: clear, disable, enable."""
        port = self._port()
        listening = self._random.choice(LISTENING)
        return [["slot-write", port, 2, 2, CLEARED_BY_LINUX],
                ["acknowledge", port], ["command", port, ENABLES, 0],
                ["acknowledge", port], ["command", port, ENABLES, listening],
                ["acknowledge", port]]

    def _power_on(self) -> list[Step]:
        port = self._port()
        steps: list[Step] = []
        if self._chance(0.5):
            steps += [["command", port, LIGHT, LIGHT_BLINKS],
                      ["acknowledge", port]]
        if not self._is_plain(port):
            steps += [["command", port, POWER_OFF, 0],
                      ["acknowledge", port], ["behind", port]]
        return steps + [["command", port, LIGHT, LIGHT_BLINKS],
                        ["acknowledge", port],
                        ["command", port, LIGHT, LIGHT_ON],
                        ["acknowledge", port]]

    def _power_off(self) -> list[Step]:
        """Blink; often asked again meanwhile; then off, or after all not."""
        port = self._port()
        steps: list[Step] = [["command", port, LIGHT, LIGHT_BLINKS],
                             ["acknowledge", port]]
        if self._chance(0.5):
            steps += [["del", self._id(3)]]
        if self._is_plain(port) or self._chance(0.2):
            return steps + [["command", port, LIGHT, LIGHT_ON]]
        return steps + [["command", port, 0, POWER_OFF],
                        ["acknowledge", port], ["behind", port],
                        ["command", port, LIGHT, LIGHT_OFF],
                        ["acknowledge", port]]

    def _narrow(self) -> list[Step]:
        """8-bit writes to Slot Control and Slot Status."""
        port = self._port()
        offset = self._random.choice((1, 3))
        value = self._random.getrandbits(8)
        if offset == 1:
            value = (self._light(port) | self._power(port)) >> 8
            if value & 0x07 == 0x07:
                value &= ~0x04
        return [["acknowledge", port],
                ["slot-write", port, offset, 1, value]]

    def _wide(self) -> list[Step]:
        """32-bit writes; the guest does not listen afterwards."""
        port = self._port()
        value = self._light(port) | self._power(port) | ATTENTION
        return [["acknowledge", port], ["slot-write", port, 0, 4, value]]

    def _lock(self) -> list[Step]:
        port = self._port()
        steps: list[Step] = [["command", port, 0, INTERLOCK], ["slot", port]]
        if self._chance(0.8):
            steps += [["add", self._arguments(port, 0)],
                      ["del", self._id(3)],
                      ["command", port, 0, INTERLOCK]]
        return steps

    def _slot(self) -> list[Step]:
        return [["slot", self._port()]]

    def _behind(self) -> list[Step]:
        return [["behind", self._port()]]

    def _dump(self) -> list[Step]:
        return [["dump", self._port()]]
