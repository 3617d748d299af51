# SPDX-License-Identifier: GPL-2.0-or-later
"""Random sequences of steps that reach far into a machine.

What is likely to mean something comes often, what is nonsense comes too.
"""

import random
from typing import Any

from . import hotplug, pci
from .steps import Step
from .topologies import Topology

REGISTERS = (hotplug.UP, hotplug.DOWN, hotplug.EJ, hotplug.RMV, hotplug.SEL,
             hotplug.AIDX)
ODD_BUSES = (255, 256, 257, 1 << 16, 1 << 31, 0xFFFFFFFF)
ODD_VALUES = (0, 0xFFFFFFFF, 0x80000000, 0x55555555, 0x3)

# Types that unplug cleanly on stock, and what they need.  Not among them are
# i82801b11-bridge, of which stock never reports that it is gone, and
# virtio-balloon-pci: stock aborts when a reset carries out its removal.
DRIVERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("virtio-rng-pci", {}), ("pci-testdev", {}), ("virtio-keyboard-pci", {}),
    ("pvpanic-pci", {}), ("edu", {}), ("nec-usb-xhci", {}),
    ("e1000e", {"romfile": ""}), ("nvme", {"serial": "n"}),
    ("igb", {"romfile": ""}),
    ("pci-bridge", {"chassis_nr": 77}), ("pcie-pci-bridge", {}),
    ("pcie-root-port", {"chassis": 78}), ("x3130-upstream", {}),
    ("no-such-device", {}))
COMMON_DRIVERS = 4
# On this bus the fork refuses all but slot 0, which is taken: the guest would
# not hear of a device there (docs/user/modes.rst).  Stock plugs it in vain.
INSIDE_SWITCH = "up1"
VIRTUAL_FUNCTION_SLOT = 16      # where igb has its virtual functions

SLOT_CONTROL, SLOT_STATUS = 0x18, 0x1A
EXPRESS_CAPABILITY = 0x54       # of pcie-root-port


class StepMaker:
    """Makes the steps of one sequence for one machine."""

    def __init__(self, seed: int, topology: Topology, buses: int,
                 past_end: bool) -> None:
        """@buses: how many BSELs the machine has given out.

        @past_end: an access may reach over the end of the window; what lies
        behind it must be the same on both binaries then.
        """
        self._random = random.Random(seed)
        self._past_end = past_end
        self._topology = topology
        self._buses = buses
        self._ids: list[str] = list(topology.devices)
        self._slots: list[int] = [0]
        self._serial = 0
        # the place that was used longest ago comes first
        self._places = [(bus, device) for bus in topology.buses
                        for device in self._devices_of(bus)]
        self._random.shuffle(self._places)

    @staticmethod
    def _devices_of(bus: str) -> tuple[int, ...]:
        """Device numbers worth trying: a PCIe port takes 0 alone."""
        return (1, 2, 3, 6, 31) if bus.startswith(("pb", "ppb", "pci")
                                                  ) else (0,)

    def sequence(self, length: int) -> list[Step]:
        """A whole sequence of about @length steps."""
        kinds = {self._access: 40, self._add: 10, self._add_functions: 1,
                 self._del: 14, self._eject: 16, self._remove: 8,
                 self._look_up: 8, self._next: 4, self._gpe: 8,
                 self._config: 4, self._slot_control: 3, self._settle: 3,
                 self._reset: 1.5, self._clock: 2, self._pci: 1}
        steps: list[Step] = [["map-gpe"], ["number"], ["pci"]]
        while len(steps) < length:
            kind, = self._random.choices(list(kinds), list(kinds.values()))
            steps += kind()
        return steps + [["settle"], ["pci"]]

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _bus(self) -> int:
        """A value for SEL: mostly one that has been given out."""
        if self._chance(0.85):
            return self._random.randrange(self._buses + 1)
        return self._random.choice(ODD_BUSES + (self._random.getrandbits(32),))

    def _slot_bits(self) -> int:
        if self._chance(0.8):
            return 1 << self._random.choice(self._slots)
        return self._random.choice(
            ODD_VALUES + (1 << VIRTUAL_FUNCTION_SLOT,
                          1 << self._random.randrange(32),
                          self._random.getrandbits(32)))

    def _access(self) -> list[Step]:
        """A read or write of the window, aligned and of 4 bytes mostly."""
        if self._chance(0.75):
            offset, size = self._random.choice(REGISTERS), 4
        else:
            offset = self._random.randrange(hotplug.WINDOW_SIZE)
            size = self._random.choice((1, 2, 4))
        if not self._past_end:
            offset = min(offset, hotplug.WINDOW_SIZE - size)
        if self._chance(0.55):
            return [["read", offset, size]]
        value = self._bus() if offset == hotplug.SEL else self._slot_bits()
        return [["write", offset, size, value & (1 << 8 * size) - 1]]

    def _eject(self) -> list[Step]:
        """What _EJ0 does, often after the reads that lead to it."""
        steps: list[Step] = [["write", hotplug.SEL, 4, self._bus()]]
        if self._chance(0.5):
            steps += [["read", hotplug.UP, 4], ["read", hotplug.DOWN, 4]]
        return steps + [["write", hotplug.EJ, 4, self._slot_bits()]]

    def _remove(self) -> list[Step]:
        """Ask for a recent device, then eject its slot on every bus."""
        steps = self._del()
        for bsel in range(self._buses):
            slot = self._slots[-1] if self._chance(0.5) else 0
            steps += [["write", hotplug.SEL, 4, bsel],
                      ["read", hotplug.DOWN, 4],
                      ["write", hotplug.EJ, 4, 1 << slot]]
        return steps

    def _look_up(self) -> list[Step]:
        """Ask for an acpi-index, and do something else before reading it."""
        steps: list[Step] = [["write", hotplug.SEL, 4, self._bus()],
                             ["write", hotplug.AIDX, 4, self._slot_bits()]]
        if self._chance(0.5):
            steps += self._access()
        return steps + [["read", hotplug.AIDX, 4]]

    def _new_id(self) -> str:
        if self._ids and self._chance(0.1):
            return self._random.choice(self._ids)
        self._serial += 1
        name = f"d{self._serial}"
        self._ids.append(name)
        return name

    def _driver(self) -> tuple[str, dict[str, Any]]:
        if self._chance(0.7):
            return DRIVERS[self._random.randrange(COMMON_DRIVERS)]
        return self._random.choice(DRIVERS)

    def _place(self) -> tuple[str, int]:
        """A bus and a device number: likely free, seldom nonsense."""
        if self._chance(0.85):
            place = self._places.pop(self._random.randrange(2) %
                                     len(self._places))
            self._places.append(place)
        else:
            bus = self._random.choice([*self._topology.buses,
                                       *self._topology.refusing,
                                       *self._ids[-8:], "no-such-bus"])
            device = self._random.choice((0, 0, 1, 4, 31))
            place = (bus, 0 if bus == INSIDE_SWITCH else device)
        if place[1] not in self._slots:
            self._slots.append(place[1])
        return place

    def _add(self) -> list[Step]:
        driver, needs = self._driver()
        bus, device = self._place()
        arguments: dict[str, Any] = {"driver": driver, "id": self._new_id(),
                                     "bus": bus, **needs}
        if self._chance(0.8) or bus == INSIDE_SWITCH:
            arguments["addr"] = f"{device:x}.0"
        if self._chance(0.5):
            arguments["acpi-index"] = self._random.choice(
                (0, 16383, 16384, *range(1, 30)))
        return [["add", arguments]]

    def _add_functions(self) -> list[Step]:
        """A device of several functions, function 0 last."""
        bus, device = self._place()
        functions = [*range(1, self._random.randint(2, 4)), 0]
        return [["add", {"driver": "pci-testdev", "id": self._new_id(),
                         "bus": bus, "addr": f"{device:x}.{function}",
                         "multifunction": True}]
                for function in functions]

    def _del(self) -> list[Step]:
        if self._chance(0.05) or not self._ids:
            return [["del", "no-such-device"]]
        recent = self._ids[-4:] if self._chance(0.8) else self._ids
        return [["del", self._random.choice(recent)]]

    def _gpe(self) -> list[Step]:
        size = self._random.choice((1, 1, 1, 2, 4))
        offset = self._random.choice((0, 0, 1, 2, 8))
        if self._chance(0.5):
            return [["gpe-read", offset, size]]
        value = self._random.choice((0, 2, 2, 0xFF, 6, 4))
        return [["gpe-write", offset, size, value]]

    def _config(self) -> list[Step]:
        """A look at configuration space, of a port or anywhere."""
        if self._topology.ports and self._chance(0.6):
            bus, function = self._random.choice(self._topology.ports)
        else:
            bus = self._random.randrange(8)
            function = pci.devfn(self._random.choice(self._slots))
        offset = self._random.randrange(0, 0xC0, 4)
        return [["config-read", bus, function, offset, 4]]

    def _slot_control(self) -> list[Step]:
        """A native hotplug register of a port."""
        if not self._topology.ports:
            return []
        bus, function = self._random.choice(self._topology.ports)
        offset = EXPRESS_CAPABILITY + self._random.choice(
            (SLOT_CONTROL, SLOT_STATUS))
        value = self._random.choice((0, 0x0300, 0x0400, 0x0700, 0x07C0,
                                     0x1000, 0xFFFF))
        return [["config-write", bus, function, offset, 2, value],
                ["config-read", bus, function, offset & ~3, 4]]

    def _reset(self) -> list[Step]:
        """A reset, and often what firmware does after it."""
        if self._chance(0.3):
            return [["reset"]]
        return [["reset"], ["map-gpe"], ["number"]]

    def _clock(self) -> list[Step]:
        return [["clock", self._random.choice((1, 1000000, 6000000000))]]

    @staticmethod
    def _next() -> list[Step]:
        return [["next"]]

    @staticmethod
    def _settle() -> list[Step]:
        return [["settle"]]

    @staticmethod
    def _pci() -> list[Step]:
        return [["pci"]]
