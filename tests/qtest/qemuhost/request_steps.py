# SPDX-License-Identifier: GPL-2.0-or-later
"""What a request is that is open, and how its guest ends it.

Of a device "rng" in the machine's place; functions that came with it are named
to what ends the request.
"""

from collections.abc import Callable
from functools import wraps
from typing import Protocol

from .requested import SECOND, NativePort, RequestMachine, expect
from .slots import BUTTON, LIGHT_BLINKS, LIGHT_ON, PRESENCE

NAMES = ("rng", )

Step = Callable[[RequestMachine], None]


class Ending(Protocol):
    """How a request ends; about these functions, or "rng" alone."""

    __doc__: str | None

    def __call__(self, machine: RequestMachine, *names: str) -> None: ...


# ---- the guest's choice ----------------------------------------------------

def osc_native(prepare: Step) -> Step:
    """What a guest does that has taken native hotplug by _OSC."""
    @wraps(prepare)
    def taken(machine: RequestMachine) -> None:
        machine.evaluate_osc(native=True)
        prepare(machine)
    taken.__doc__ = f"Native by _OSC: {prepare.__doc__}"
    return taken


def osc_acpi(prepare: Step) -> Step:
    """What a guest does that has left hotplug to ACPI by _OSC."""
    @wraps(prepare)
    def left(machine: RequestMachine) -> None:
        machine.evaluate_osc(native=False)
        prepare(machine)
    left.__doc__ = f"ACPI by _OSC: {prepare.__doc__}"
    return left


# ---- unplugs ---------------------------------------------------------------

def ask(machine: RequestMachine) -> None:
    """Ask the device back."""
    machine.remove("rng")


def ask_often(machine: RequestMachine) -> None:
    """As VFIO's driver asks, of a guest that is deaf and one that is paused."""
    for _ in range(50):
        machine.remove("rng")
        machine.step(SECOND)
    machine.expect_open("unplug", "queued", "guest-listening")
    machine.qmp("stop")
    machine.remove("rng")
    machine.qmp("cont")


def listen_and_ask(machine: RequestMachine) -> None:
    """Ask a guest that listens to ACPI's event."""
    machine.acpi_listen()
    machine.remove("rng")


def listen_ask_read(machine: RequestMachine) -> None:
    """Ask it, and have it read that."""
    listen_and_ask(machine)
    machine.take_event()
    expect(machine.read_slots(), (0, 1), "UP and DOWN")


def acpi_listens_and_ejects(machine: RequestMachine, *names: str) -> None:
    """The guest begins to listen, is asked, and ejects."""
    machine.expect_open("unplug", "queued", "guest-listening")
    machine.acpi_listen()
    acpi_ejects(machine, *names)


def acpi_ejects(machine: RequestMachine, *names: str) -> None:
    """The guest is asked, once more perhaps, and ejects."""
    machine.expect_open("unplug", "signalled", "guest-reaction")
    expect(machine.take_event(), True, "event")
    expect(machine.read_slots(), (0, 1), "UP and DOWN")
    machine.eject()
    machine.expect_ended("unplug", "completed", "removed",
                         *(names or NAMES))


def acpi_had_read(machine: RequestMachine, *names: str) -> None:
    """What was read on the other side counts as read."""
    machine.expect_open("unplug", "acknowledged", "guest-completion")
    expect(machine.read_slots(), (0, 0), "UP and DOWN")
    machine.eject()
    machine.expect_ended("unplug", "completed", "removed",
                         *(names or NAMES))


def native_deaf(machine: RequestMachine) -> None:
    """A slot that is on; nobody listens."""
    port = NativePort(machine)
    port.power_on()
    port.take()
    machine.configure("rng")
    machine.remove("rng")


def native_blinking(machine: RequestMachine) -> None:
    """A guest whose indicator blinks when it is asked."""
    port = NativePort(machine)
    port.power_on()
    port.take()
    machine.configure("rng")
    port.listen()
    port.light(LIGHT_BLINKS)
    machine.remove("rng")
    machine.expect_open("unplug", "queued", "indicator-steady")


def native_in_use(machine: RequestMachine) -> None:
    """A driver that listens uses the device."""
    port = NativePort(machine)
    port.power_on()
    port.take()
    machine.configure("rng")
    port.listen()


def native_is_asked(machine: RequestMachine) -> None:
    """A driver is asked, takes the press, and blinks."""
    machine.remove("rng")
    port = NativePort(machine)
    expect(port.take(), BUTTON, "events")
    port.light(LIGHT_BLINKS)


def native_pressed(machine: RequestMachine) -> None:
    """The button is pressed, and the guest has not seen it."""
    native_in_use(machine)
    machine.remove("rng")


def native_taken(machine: RequestMachine) -> None:
    """The guest has taken the press, and blinks."""
    native_in_use(machine)
    native_is_asked(machine)


def native_listens(machine: RequestMachine, *names: str) -> None:
    """A driver comes, is asked, and powers the slot off."""
    machine.expect_open("unplug", "queued", "guest-listening")
    port = NativePort(machine)
    expect(port.pressed, False, "button")
    port.listen()
    native_powers_off(machine, *names)


def native_becomes_steady(machine: RequestMachine, *names: str) -> None:
    """The indicator becomes steady; then the guest is asked."""
    machine.expect_open("unplug", "queued", "indicator-steady")
    port = NativePort(machine)
    expect(port.pressed, False, "button")
    port.light(LIGHT_ON)
    native_powers_off(machine, *names)


def native_powers_off(machine: RequestMachine, *names: str) -> None:
    """The guest sees the press, and powers the slot off."""
    machine.expect_open("unplug", "signalled", "guest-reaction")
    port = NativePort(machine)
    expect(port.take(), BUTTON, "events")
    native_goes_on(machine, *names)


def native_goes_on(machine: RequestMachine, *names: str) -> None:
    """The guest powers the slot off."""
    machine.expect_open("unplug", "acknowledged", "guest-completion")
    port = NativePort(machine)
    expect(port.pressed, False, "button")
    port.light(LIGHT_BLINKS)
    port.power_off()
    machine.expect_ended("unplug", "completed", "removed",
                         *(names or NAMES))


def native_goes_on_unasked(machine: RequestMachine, *names: str) -> None:
    """The guest blinks already: nobody presses, and it powers the slot off."""
    machine.expect_open("unplug", "queued", "indicator-steady")
    port = NativePort(machine)
    expect(port.pressed, False, "button")
    port.power_off()
    machine.expect_ended("unplug", "completed", "removed",
                         *(names or NAMES))


# ---- plugs -----------------------------------------------------------------

def plug(machine: RequestMachine) -> None:
    """A device comes, and nobody listens."""
    machine.add("rng")


def acpi_signalled(machine: RequestMachine) -> None:
    """A guest that listens to ACPI's event has not looked yet."""
    machine.acpi_listen()
    machine.add("rng")


def acpi_read(machine: RequestMachine) -> None:
    """It has looked, and not set the device up."""
    acpi_signalled(machine)
    machine.take_event()
    expect(machine.read_slots(), (1, 0), "UP and DOWN")


def native_signalled(machine: RequestMachine) -> None:
    """A slot's driver has not looked yet."""
    NativePort(machine).listen()
    machine.add("rng")


def configured(machine: RequestMachine, *names: str) -> None:
    """The guest sets the device up."""
    for name in names or NAMES:
        machine.configure(name)
    machine.expect_ended("plug", "completed", "configured", *(names or NAMES))
    machine.expect_open(None)


def acpi_queued_ends(machine: RequestMachine, *names: str) -> None:
    """The guest listens, finds it, and sets it up."""
    machine.expect_open("plug", "queued", "guest-listening")
    machine.acpi_listen()
    acpi_signalled_ends(machine, *names)


def acpi_signalled_ends(machine: RequestMachine, *names: str) -> None:
    """The guest finds the device, and sets it up."""
    machine.expect_open("plug", "signalled", "guest-reaction")
    expect(machine.take_event(), True, "event")
    expect(machine.read_slots(), (1, 0), "UP and DOWN")
    configured(machine, *names)


def acpi_read_ends(machine: RequestMachine, *names: str) -> None:
    """The guest has found the device, and sets it up."""
    machine.expect_open("plug", "acknowledged", "guest-configuration")
    expect(machine.read_slots(), (0, 0), "UP and DOWN")
    configured(machine, *names)


def acpi_read_is_gone(machine: RequestMachine, *names: str) -> None:
    """QEMU 10.0's stream has nothing of it."""
    machine.expect_open(None)
    for name in names or NAMES:
        machine.configure(name)


def native_queued_ends(machine: RequestMachine, *names: str) -> None:
    """A driver comes, turns the slot on, and sets the device up."""
    machine.expect_open("plug", "queued", "guest-listening")
    port = NativePort(machine)
    port.listen()
    native_signalled_ends(machine, *names)


def native_signalled_ends(machine: RequestMachine, *names: str) -> None:
    """The guest takes the event, turns the slot on, and sets it up."""
    machine.expect_open("plug", "signalled", "guest-reaction")
    port = NativePort(machine)
    expect(bool(port.take() & PRESENCE), True, "presence changed")
    port.power_on()
    configured(machine, *names)
