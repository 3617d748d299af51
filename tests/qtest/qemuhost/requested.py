# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine under test whose hotplug requests are watched.

The guest is the test: it enables the hotplug event and reads registers (ACPI),
or drives a root port's Slot Control (native).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from . import environment, hotplug, pci, slots
from .hotplug import DOWN, HOTPLUG_EVENT, I440FX, Q35, RMV, UP, Board
from .machine import Machine
from .slots import (BUTTON, INTERRUPT, LIGHT, LIGHT_ON, POWER_OFF, PRESENCE,
                    SLOT_CONTROL, SLOT_STATUS, Port)

MILLISECOND = 1_000_000
SECOND = 1000 * MILLISECOND
COMMAND_STATUS, BAR_1, MASTER = 0x04, 0x14, 0x04
ROOT_PORT = "pcie-root-port,id=port1,chassis=1,slot=1,addr=2"
NATIVE_EVENTS = BUTTON | PRESENCE | INTERRUPT
OSC = 0x04                            # of ACPI's further registers
OSC_ALL, OSC_NATIVE_HOTPLUG = 0x1F << 8, 1 << 8

Ended = dict[str, Any]


def expect(found: Any, wanted: Any, what: str) -> None:
    """Raise AssertionError where @found is not @wanted."""
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} instead of {wanted!r}")


@dataclass(frozen=True)
class Place:
    """Where a machine's devices come to."""

    bus: str
    device: int


PLACES = {Q35.name: Place("port1", 0), I440FX.name: Place("pci.0", 6)}


def rng(machine: str = "pc-q35-10.0") -> tuple[str, str]:
    """The arguments for a device "rng" in the place of a machine."""
    place = PLACES[hotplug.board_of(machine).name]
    return ("-device", f"virtio-rng-pci,id=rng,bus={place.bus},"
            f"addr={place.device}")


class RequestMachine(Machine):
    """A machine with a root port "port1" on its root bus.

    Devices come to device 0 behind the port; on i440fx, where ACPI has no
    port, to a device of the root bus.
    """

    def __init__(self, mode: str, machine: str = "pc-q35-10.0",
                 more: Sequence[str] = (), binary: Optional[Path] = None
                 ) -> None:
        self.board: Board = hotplug.board_of(machine)
        self.place = PLACES[self.board.name]
        self.multifunction = False      # of devices that are added
        properties = f"{machine},pci-hotplug={mode}" if mode else machine
        super().__init__(binary or environment.fork_binary(),
                         ["-machine", properties, "-nodefaults", "-m", "32",
                          "-device", ROOT_PORT, *more])
        self.step(SECOND)

    def step(self, nanoseconds: int) -> None:
        """Let virtual time pass."""
        self.qtest.clock_step(nanoseconds)

    # ---- the host ----------------------------------------------------------

    def add(self, name: str, driver: str = "virtio-rng-pci", function: int = 0,
            **properties: Any) -> None:
        """device_add."""
        usual = {"bus": self.place.bus,
                 "addr": f"{self.place.device:x}.{function}",
                 "multifunction": self.multifunction}
        self.qmp("device_add", driver=driver, id=name, **(usual | properties))

    def remove(self, name: str) -> None:
        """device_del."""
        self.qmp("device_del", id=name)

    def slot(self, bus: str = "", addr: int = 0) -> dict[str, Any]:
        """What query-pci-hotplug says of a slot; of the place, without @bus."""
        where = (bus, addr) if bus else (self.place.bus, self.place.device)
        found: list[dict[str, Any]] = [
            slot for slot in self.qmp("query-pci-hotplug")["slots"]
            if (slot["bus"], slot["addr"]) == where]
        expect(len(found), 1, f"slots {where[1]} of {where[0]}")
        return found[0]

    def expect_open(self, request: Optional[str], state: str = "",
                    waits_for: str = "", **place: Any) -> None:
        """What is open, as the query says it."""
        found = self.slot(**place).get("request")
        if request is None:
            expect(found, None, "open request")
            return
        assert found is not None, f"no {request} is open"
        expect((found["request"], found["state"], found["waits-for"]),
               (request, state, waits_for), "open request")

    def expect_ended(self, request: str, outcome: str, reason: str,
                     *devices: str) -> Ended:
        """Wait for the next PCI_HOTPLUG_ENDED; returns its data.

        Events that came before it are in self.before.  The query's last entry
        is the same, and the slot has no open request of that kind.
        """
        self.before: list[dict[str, Any]] = []
        ended: Ended = self.wait_event("PCI_HOTPLUG_ENDED", self.before)["data"]
        expect((ended["request"], ended["outcome"], ended["reason"]),
               (request, outcome, reason), "ended request")
        expect([device.get("id", "") for device in ended["devices"]],
               list(devices), "devices")
        expect(ended["total-ms"], ended["queued-ms"] + ended["signalled-ms"],
               "time in all")
        return ended

    def expect_quiet(self) -> None:
        """No event of a hotplug came since the last that was taken."""
        self.qmp("query-status")
        names = {event["event"] for event in self.events()}
        expect(names & {"PCI_HOTPLUG_ENDED", "DEVICE_DELETED",
                        "DEVICE_UNPLUG_GUEST_ERROR"}, set(), "events")

    # ---- an ACPI guest -----------------------------------------------------

    def acpi_listen(self, on: bool = True) -> None:
        """Enable the hotplug event in GPE0, or disable it."""
        hotplug.map_gpe(self, self.board)
        enable = self.board.gpe + self.board.gpe_length // 2
        self.qtest.port_write(enable, 1, HOTPLUG_EVENT if on else 0)

    def take_event(self) -> bool:
        """Whether GPE0 shows the hotplug event, which is cleared then."""
        status = self.qtest.port_read(self.board.gpe, 1) & HOTPLUG_EVENT
        self.qtest.port_write(self.board.gpe, 1, status)
        return bool(status)

    def read_slots(self, bus: str = "") -> tuple[int, int]:
        """UP and DOWN of a bus, as the event's method reads them.

        Without @bus, of the place's; bit 0 is the place's slot then.
        """
        hotplug.write(self, self.board, hotplug.SEL, self.bsel(bus))
        masks = (hotplug.read(self, self.board, UP),
                 hotplug.read(self, self.board, DOWN))
        first = 0 if bus else self.place.device
        return (_rotate(masks[0], first), _rotate(masks[1], first))

    def removable(self, bus: str = "") -> int:
        """RMV of a bus."""
        hotplug.write(self, self.board, hotplug.SEL, self.bsel(bus))
        return hotplug.read(self, self.board, RMV)

    def bsel(self, bus: str = "") -> int:
        """The BSEL of a bus; of the place's, without @bus."""
        bus = bus or self.place.bus
        path = (f"/machine/peripheral/{bus}/{bus}" if bus != "pci.0"
                else "/machine/i440fx/pci.0")
        return int(self.qmp("qom-get", path=path,
                            property="acpi-pcihp-bsel"))

    def eject(self, bus: str = "", slot: int = 0) -> None:
        """_EJ0; of the place's slot, without @bus."""
        hotplug.eject(self, self.board, self.bsel(bus),
                      slot if bus else self.place.device)

    def evaluate_osc(self, native: bool) -> None:
        """_OSC of host bridge 0: all that it gives, or all but hotplug."""
        self.qtest.port_write(self.board.extension_base + OSC, 4,
                              OSC_ALL if native
                              else OSC_ALL & ~OSC_NATIVE_HOTPLUG)

    # ---- both --------------------------------------------------------------

    def configure(self, name: str) -> None:
        """Enable bus mastering of a device, as a driver does."""
        pci.number_buses(self.qtest)
        place = slots.addresses(self)[name]
        pci.config_write(self.qtest, place.bus, place.function,
                         COMMAND_STATUS, 2, MASTER)

    # ---- a native guest ----------------------------------------------------

    def find_port(self, name: str = "port1") -> Port:
        """Number the buses and find a port."""
        slots.map_extended_config(self.qtest)
        pci.number_buses(self.qtest)
        return Port(self.qtest, slots.addresses(self)[name], 0)


def _rotate(mask: int, first: int) -> int:
    """@mask with bit @first as bit 0."""
    return (mask >> first | mask << 32 - first) & 0xFFFFFFFF


class NativePort:
    """A root port's slot, as pciehp drives it."""

    def __init__(self, machine: RequestMachine, name: str = "port1") -> None:
        self._port = machine.find_port(name)

    def command(self, clear: int, set_: int) -> None:
        """Change bits of Slot Control."""
        self._port.write(SLOT_CONTROL,
                         self._port.read(SLOT_CONTROL) & ~clear | set_)

    def listen(self, on: bool = True) -> None:
        """Enable the events and the interrupt, or disable them."""
        self.command(NATIVE_EVENTS, NATIVE_EVENTS if on else 0)

    def light(self, value: int) -> None:
        """Set the power indicator."""
        self.command(LIGHT, value)

    def power_on(self) -> None:
        """Power and indicator on."""
        self.command(POWER_OFF | LIGHT, LIGHT_ON)

    def power_off(self) -> None:
        """Power and indicator off, in two commands, as pciehp does."""
        self.command(0, POWER_OFF)
        self.light(slots.LIGHT_OFF)

    def take(self) -> int:
        """The events in Slot Status, which are cleared then."""
        events = self._port.read(SLOT_STATUS) & slots.EVENTS
        self._port.write(SLOT_STATUS, events)
        return events & ~slots.COMMAND

    @property
    def pressed(self) -> bool:
        """Whether the button's event shows; it is left there."""
        return bool(self._port.read(SLOT_STATUS) & BUTTON)

    @property
    def line(self) -> bool:
        """Whether the port asserts its interrupt line (PCI LB 3.0, 6.2.3)."""
        return bool(self._port.config_read(slots.PCI_STATUS, 2) &
                    slots.LINE_STATUS)

    @property
    def present(self) -> bool:
        """Whether Slot Status shows a device."""
        return bool(self._port.read(SLOT_STATUS) & slots.PRESENT)
