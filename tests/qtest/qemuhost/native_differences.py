# SPDX-License-Identifier: GPL-2.0-or-later
"""Where slots of the fork differ from stock's, each shown on both binaries.

These are the differences of docs/specs/pcie-slot.rst; one that is no more, or
has become another, fails here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import environment
from .machine import Machine
from .native_topologies import NATIVE
from .port_subject import PortSubject
from .qtest_socket import QtestError
from .slots import (BUTTON, CLEARED_BY_LINUX, INTERRUPT, LIGHT_BLINKS,
                    LIGHT_OFF, LIGHT_ON, POWER_OFF, PRESENCE)
from .steps import Result

PRESENT = 0x40
ATTENTION_OFF = 0xC0
ON = LIGHT_ON | ATTENTION_OFF
RELEASED = POWER_OFF | LIGHT_OFF | ATTENTION_OFF
PORT = "rp1"
NO_START = "QEMU does not start"


class Bench:
    """A machine with the port under test, and the guest's hands on it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._subject = PortSubject(machine, "q35", (PORT,))
        self._subject.perform(["find"])

    def use_messages(self) -> None:
        """Have the slot's events reported by messages."""
        self._subject.perform(["messages"])

    def write(self, value: int, offset: int = 0, size: int = 2) -> bool:
        """Write at @offset from Slot Control; whether a message comes."""
        messages: list[int]
        _, messages, _ = self._subject.perform(["slot-write", PORT, offset,
                                                size, value])
        return any(messages)

    def light_up(self, enable: int = 0) -> None:
        """Power and indicator on, and no event left."""
        self.write(ON | enable)
        self._subject.perform(["acknowledge", PORT])

    def status(self, mask: int) -> int:
        """Bits of Slot Status."""
        registers = self._slot()[0]
        return int(registers[2], 16) & mask

    def line_is_up(self) -> bool:
        """Whether the port's interrupt line is up."""
        self._slot()
        return self._subject.line_is_up()

    def _slot(self) -> Result:
        return self._subject.perform(["slot", PORT])

    def add(self) -> str:
        """Plug a device called dev into the slot; how that ended."""
        return str(self._subject.perform(
            ["add", {"driver": "virtio-rng-pci", "id": "dev", "bus": PORT}]
        )[0][0])

    def ask_for(self, name: str = "dev") -> str:
        """device_del; how that ended."""
        return str(self._subject.perform(["del", name])[0][0])

    def has_device(self) -> bool:
        """Whether the device called dev is there."""
        return any(entry["name"] == "dev" for entry in self.machine.qmp(
            "qom-list", path="/machine/peripheral"))


# ---- what to look at ---------------------------------------------------------

def release_by_upper_byte(bench: Bench) -> bool:
    """Power and indicator go off by an 8-bit write: is the device there?"""
    bench.light_up()
    bench.write(RELEASED >> 8, offset=1, size=1)
    return bench.has_device()


def release_without_controller(bench: Bench) -> bool:
    """A blinking indicator goes off: is the device there?"""
    bench.light_up()
    bench.write(LIGHT_BLINKS | ATTENTION_OFF)
    bench.write(LIGHT_OFF | ATTENTION_OFF)
    return bench.has_device()


def power_bit_without_controller(bench: Bench) -> bool:
    """The power bit that is not there is written: is the device there?"""
    bench.light_up()
    bench.write(RELEASED)
    return bench.has_device()


def clear_by_double_word(bench: Bench) -> int:
    """The button event is cleared by a 32-bit write that also enables."""
    bench.light_up()
    bench.ask_for()
    bench.write(BUTTON << 16 | ON | PRESENCE, size=4)
    return bench.status(BUTTON)


def wipe_by_double_word(bench: Bench) -> int:
    """All events are cleared by a 32-bit write, seen or not."""
    bench.light_up()
    bench.ask_for()
    bench.write(CLEARED_BY_LINUX << 16 | ON, size=4)
    return bench.status(BUTTON)


def enable_by_double_word(bench: Bench) -> bool:
    """An interrupt is enabled by a 32-bit write, its event there: is it sent?"""
    bench.use_messages()
    bench.light_up()
    bench.ask_for()
    return bench.write(ON | BUTTON | INTERRUPT, size=4)


def line_after_write(bench: Bench) -> bool:
    """INTx is enabled while an event is there."""
    bench.light_up()
    bench.ask_for()
    bench.write(ON | BUTTON | INTERRUPT)
    return bench.line_is_up()


def disable_with_event(bench: Bench) -> bool:
    """Interrupts are disabled while an event is there: is one sent?"""
    bench.use_messages()
    bench.light_up(BUTTON | INTERRUPT)
    bench.ask_for()
    return bench.write(ON)


def press_without_device(bench: Bench) -> bool:
    """A device goes before the guest saw the button: does the line stay up?"""
    bench.write(RELEASED | BUTTON | INTERRUPT)
    bench.add()
    bench.ask_for()
    return bench.line_is_up()


def release_fixed(bench: Bench) -> tuple[bool, int]:
    """The guest turns off a device that does not support hotplugging."""
    bench.light_up()
    bench.write(RELEASED)
    return bench.has_device(), bench.status(PRESENT)


def ask_beside_fixed(bench: Bench) -> str:
    """device_del of a function whose neighbour does not support it."""
    bench.light_up()
    return bench.ask_for("mate")


def start(_bench: Bench) -> str:
    """Nothing: QEMU is there."""
    return "QEMU starts"


# ---- the differences -----------------------------------------------------------

@dataclass(frozen=True)
class Difference:
    """One difference, and a way to see it.

    @port: properties of the port, @devices: what else is on the command line
    @ours, @stocks: what @observe must return
    """

    name: str
    observe: Callable[[Bench], Any]
    ours: Any
    stocks: Any
    port: str = ""
    devices: tuple[str, ...] = ("virtio-rng-pci,id=dev,bus=rp1",)

    def check(self, ours: Path, stock: Path) -> None:
        """Raises AssertionError where a binary does not do what it should."""
        for binary, expected in ((ours, self.ours), (stock, self.stocks)):
            found = self._observe_on(binary)
            assert found == expected, (f"{binary}: {found!r}, and not "
                                       f"{expected!r}")

    def _observe_on(self, binary: Path) -> Any:
        devices = (f"pcie-root-port,id={PORT},chassis=1{self.port}",
                   *self.devices)
        arguments = [part for device in devices
                     for part in ("-device", device)]
        try:
            machine = Machine(binary, [
                *environment.registers_alone(binary, "pc-q35-10.0"),
                "-nodefaults", "-m", "32", *NATIVE, *arguments])
        except QtestError:
            return NO_START
        with machine:
            return self.observe(Bench(machine))


PLAIN = ",power_controller_present=off"
DIFFERENCES = (
    Difference("device released by an 8-bit write", release_by_upper_byte,
               False, True),
    Difference("device released without power controller",
               release_without_controller, False, True, PLAIN),
    Difference("power bit written without power controller",
               power_bit_without_controller, True, False, PLAIN),
    Difference("event cleared by a 32-bit write", clear_by_double_word, 0,
               BUTTON),
    Difference("all events cleared by a 32-bit write", wipe_by_double_word,
               BUTTON, 0),
    Difference("interrupt enabled by a 32-bit write", enable_by_double_word,
               True, False),
    Difference("INTx after a write to configuration space", line_after_write,
               True, False),
    Difference("interrupt disabled while an event is there",
               disable_with_event, False, True),
    Difference("button event of a device that is gone", press_without_device,
               False, True, devices=()),
    Difference("device that can't be unplugged", release_fixed,
               (True, PRESENT), (False, 0),
               devices=("VGA,id=dev,bus=rp1",)),
    Difference("function beside one that can't be unplugged",
               ask_beside_fixed, "GenericError", "done",
               devices=("VGA,id=dev,bus=rp1,addr=0.0,multifunction=on",
                        "virtio-rng-pci,id=mate,bus=rp1,addr=0.1")),
    Difference("two ports with the same place", start, NO_START,
               "QEMU starts", ",slot=300",
               ("pcie-root-port,id=rp2,chassis=1,slot=300",)),
    Difference("ports with slot numbers that differ by 256", start,
               "QEMU starts", NO_START, ",slot=0",
               ("pcie-root-port,id=rp2,chassis=1,slot=256",)),
)
