#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hotplug requests of a bus that goes away while they are open.

The guest gives a bridge back, and with it go the devices behind it: what was
asked of these ends in one outcome, after they are deleted.
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost.requested import (SECOND, NativePort,             # noqa: E402
                                RequestMachine, expect)
from qemuhost.tap import Tap                                    # noqa: E402

SWITCH = ["-device", "x3130-upstream,id=bridge,bus=port1",
          "-device", "xio3130-downstream,id=inner,bus=bridge,chassis=8,slot=8"]

Ending = tuple[str, str, str, list[str]]
Start = Callable[[str], RequestMachine]


# ---- a bridge and a slot behind it -----------------------------------------

def in_use(machine: RequestMachine, name: str) -> NativePort:
    """A port whose driver listens; the slot is on."""
    port = NativePort(machine, name)
    port.take()
    port.power_on()
    port.listen()
    port.take()
    return port


def with_switch(mode: str) -> RequestMachine:
    """A switch that was there from the start."""
    machine = RequestMachine(mode, more=SWITCH)
    in_use(machine, "port1")
    in_use(machine, "inner")
    return machine


def with_port(mode: str) -> RequestMachine:
    """A port that came while the machine was running."""
    machine = RequestMachine(mode)
    port = in_use(machine, "port1")
    machine.add("inner", driver="pcie-root-port", chassis=8, slot=8)
    port.take()
    port.power_on()
    in_use(machine, "port1")
    machine.expect_ended("plug", "completed", "configured", "inner")
    in_use(machine, "inner")
    return machine


# ---- what is open ----------------------------------------------------------

def plug(machine: RequestMachine, name: str = "rng", **more: object) -> None:
    """A plug that the guest has not looked at."""
    machine.add(name, bus="inner", addr="0.0", **more)
    machine.expect_open("plug", "signalled", "guest-reaction", bus="inner")


def unplug(machine: RequestMachine) -> None:
    """An unplug that the guest has not looked at."""
    plug(machine)
    NativePort(machine, "inner").power_on()
    machine.configure("rng")
    machine.expect_ended("plug", "completed", "configured", "rng")
    NativePort(machine, "inner").take()
    machine.remove("rng")
    machine.expect_open("unplug", "signalled", "guest-reaction", bus="inner")


def unplug_taken(machine: RequestMachine) -> None:
    """An unplug that the guest is at work on."""
    unplug(machine)
    NativePort(machine, "inner").take()
    machine.expect_open("unplug", "acknowledged", "guest-completion",
                        bus="inner")


OPEN = [(plug, ("plug", "cancelled", "gone", ["rng"])),
        (unplug, ("unplug", "completed", "gone", ["rng"])),
        (unplug_taken, ("unplug", "completed", "gone", ["rng"]))]


# ---- tests -----------------------------------------------------------------

def endings(machine: RequestMachine, count: int) -> list[Ending]:
    """The next endings, in any order; what they name was deleted before."""
    deleted: set[str] = set()
    found: list[Ending] = []
    while len(found) < count:
        before: list[dict[str, object]] = []
        data = machine.wait_event("PCI_HOTPLUG_ENDED", before)["data"]
        deleted |= {event["data"].get("device") for event in before
                    if event["event"] == "DEVICE_DELETED"}
        names = [device["id"] for device in data["devices"]]
        assert deleted >= set(names), (deleted, names)
        found.append((data["request"], data["outcome"], data["reason"], names))
    return sorted(found)


def taken_away(machine: RequestMachine, bridge: str, asked: bool,
               ending: Ending) -> None:
    """The guest gives the bridge back, asked or not."""
    if asked:
        machine.remove(bridge)
    NativePort(machine, "port1").power_off()
    outer = (("unplug", "completed", "removed", [bridge]) if asked else
             ("removal", "completed", "guest-removed", [bridge]))
    expect(endings(machine, 2), sorted([outer, ending]), "endings")
    machine.step(120 * SECOND)
    machine.qmp("query-status")
    expect([event for event in machine.events()
            if event["event"] == "PCI_HOTPLUG_ENDED"], [], "later endings")
    machine.expect_open(None)


def test_power_off(mode: str, start: Start, asked: bool,
                   ask: Callable[[RequestMachine], None],
                   ending: Ending) -> None:
    """The guest cuts the power of the bridge's slot."""
    bridge = "bridge" if start is with_switch else "inner"
    with start(mode) as machine:
        ask(machine)
        taken_away(machine, bridge, asked, ending)
        NativePort(machine).listen()
        machine.add("next")
        machine.expect_open("plug", "signalled", "guest-reaction")


def test_reset(mode: str, start: Start) -> None:
    """A reset carries out the bridge's unplug and the device's."""
    bridge = "bridge" if start is with_switch else "inner"
    with start(mode) as machine:
        unplug(machine)
        machine.remove(bridge)
        machine.qmp("system_reset")
        expect(endings(machine, 2),
               [("unplug", "completed", "gone", ["rng"]),
                ("unplug", "completed", "reset", [bridge])], "endings")


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for mode in ("native", "auto"):
        for start in ((with_switch, with_port) if mode == "native"
                      else (with_switch,)):
            for ask, ending in OPEN:
                for asked in (False, True):
                    tap.run(f"{mode}: {start.__doc__} {ask.__doc__} "
                            f"{'Asked' if asked else 'Not asked'} for the "
                            "bridge.",
                            lambda m=mode, s=start, a=asked, o=ask, e=ending:
                            test_power_off(m, s, a, o, e))
            tap.run(f"{mode}: {start.__doc__} {test_reset.__doc__}",
                    lambda m=mode, s=start: test_reset(m, s))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
