#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hotplug requests on slots of PCI Express: each ends once, and is reported."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost.machine import CommandFailed                      # noqa: E402
from qemuhost.requested import (SECOND, NativePort,             # noqa: E402
                                RequestMachine, expect)
from qemuhost.request_steps import ask_often                    # noqa: E402
from qemuhost.slots import (BUTTON, INTERRUPT,                  # noqa: E402
                            LIGHT_BLINKS, LIGHT_OFF, LIGHT_ON, POWER_OFF,
                            PRESENCE)
from qemuhost.tap import Tap                                    # noqa: E402

RNG = ["-device", "virtio-rng-pci,id=rng,bus=port1"]
TWO = ["-device", "virtio-rng-pci,id=rng,bus=port1,addr=0.0,multifunction=on",
       "-device", "virtio-rng-pci,id=two,bus=port1,addr=0.1"]


def native(*more: str, machine: str = "pc-q35-10.0") -> RequestMachine:
    """A machine in native mode."""
    return RequestMachine("native", machine=machine, more=more)


def running(machine: RequestMachine) -> NativePort:
    """The driver came: it listens, and a device's slot is on."""
    port = NativePort(machine)
    port.power_on()
    port.take()
    port.listen()
    return port


def asked(machine: RequestMachine, port: NativePort, name: str = "rng"
          ) -> None:
    """Ask a device back; the guest takes the press and blinks."""
    machine.remove(name)
    machine.expect_open("unplug", "signalled", "guest-reaction")
    expect(port.take(), BUTTON, "events")
    machine.expect_open("unplug", "acknowledged", "guest-completion")
    port.light(LIGHT_BLINKS)


def test_plug_and_unplug() -> None:
    """The whole way, with events in order."""
    with native() as machine:
        port = NativePort(machine)
        port.listen()
        machine.add("rng")
        machine.expect_open("plug", "signalled", "guest-reaction")
        assert port.take() & PRESENCE
        machine.expect_open("plug", "acknowledged", "guest-configuration")
        port.light(LIGHT_BLINKS)
        port.power_on()
        machine.configure("rng")
        machine.expect_ended("plug", "completed", "configured", "rng")
        asked(machine, port)
        port.power_off()
        machine.expect_ended("unplug", "completed", "removed", "rng")
        machine.expect_quiet()


def test_deaf() -> None:
    """Nobody listens: queued, the button not pressed; then pressed once."""
    with native(*RNG) as machine:
        port = NativePort(machine)
        port.power_on()
        port.take()
        machine.remove("rng")
        machine.expect_open("unplug", "queued", "guest-listening")
        machine.step(3600 * SECOND)
        expect(port.pressed, False, "button")
        machine.expect_open("unplug", "queued", "guest-listening")
        port.listen()
        machine.expect_open("unplug", "signalled", "guest-reaction")
        expect(port.take(), BUTTON, "events")
        machine.step(20 * SECOND)
        expect(port.pressed, False, "button")
        port.power_off()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_blinking() -> None:
    """While the indicator blinks a press waits; nobody is refused."""
    with native() as machine:
        port = NativePort(machine)
        port.listen()
        machine.add("rng")
        port.take()
        port.light(LIGHT_BLINKS)
        machine.remove("rng")
        machine.expect_ended("plug", "cancelled", "overtaken", "rng")
        machine.expect_open("unplug", "queued", "indicator-steady")
        machine.remove("rng")
        expect(port.pressed, False, "button")
        port.power_on()
        machine.expect_open("unplug", "signalled", "guest-reaction")
        expect(port.take(), BUTTON, "events")
        port.light(LIGHT_BLINKS)
        port.power_off()
        ended = machine.expect_ended("unplug", "completed", "removed", "rng")
        expect(ended["signals"], 1, "signals")
        machine.expect_quiet()


def test_merge() -> None:
    """A second device_del is no second press, which would take it back."""
    with native(*RNG) as machine:
        port = running(machine)
        asked(machine, port)
        for _ in range(5):
            machine.remove("rng")
            machine.step(SECOND)
        expect(port.pressed, False, "button")
        expect(machine.slot()["request"]["signals"], 1, "signals")
        port.power_off()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_device_asks() -> None:
    """As VFIO repeats a request: to a deaf guest, paused, and read."""
    with native(*RNG) as machine:
        port = running(machine)
        port.listen(False)
        ask_often(machine)
        port.listen()
        expect(port.take(), BUTTON, "events")
        port.light(LIGHT_BLINKS)
        for _ in range(50):
            machine.remove("rng")
        expect(port.pressed, False, "button")
        port.power_off()
        machine.expect_ended("unplug", "completed", "removed", "rng")
        machine.expect_quiet()


def test_line() -> None:
    """The line falls with the button that a removal releases."""
    with native(*RNG) as machine:
        port = running(machine)
        port.command(PRESENCE, 0)
        expect(port.line, False, "line")
        machine.remove("rng")
        expect((port.pressed, port.line), (True, True), "button and line")
        port.command(INTERRUPT, 0)
        expect((port.pressed, port.line), (True, False), "button and line")
        port.command(0, INTERRUPT | POWER_OFF | LIGHT_OFF)
        machine.expect_ended("unplug", "completed", "removed", "rng")
        expect((port.pressed, port.line), (False, False), "button and line")


def test_line_and_messages() -> None:
    """Messages that are switched on take the line down (MSI-X, then MSI)."""
    for driver in ("pcie-root-port", "ioh3420"):
        with native("-device", f"{driver},id=port2,chassis=2,slot=2,addr=3",
                    "-device", "virtio-rng-pci,id=rng,bus=port2") as machine:
            port = NativePort(machine, "port2")
            port.power_on()
            port.take()
            port.listen()
            machine.remove("rng")
            expect((port.pressed, port.line), (True, True), "button and line")
            messages = machine.find_port("port2")
            messages.use_messages()
            expect((port.pressed, port.line), (True, False), "button and line")
            port.command(INTERRUPT, 0)
            port.command(0, INTERRUPT)
            expect(bool(messages.take_message()), True, "message")
            expect(port.line, False, "line")
            port.command(0, POWER_OFF | LIGHT_OFF)
            machine.expect_ended("unplug", "completed", "removed", "rng")
            expect(port.line, False, "line")


def test_decline() -> None:
    """The indicator goes back on without power-off."""
    with native(*RNG) as machine:
        port = running(machine)
        asked(machine, port)
        port.light(LIGHT_ON)
        machine.expect_ended("unplug", "declined", "guest-declined", "rng")
        expect([event["data"]["device"] for event in machine.before
                if event["event"] == "DEVICE_UNPLUG_GUEST_ERROR"], ["rng"],
               "guest errors")
        machine.expect_open(None)
        asked(machine, port)
        port.power_off()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_no_power_controller() -> None:
    """Without one the indicator going from blinking to off is the power-off."""
    with native("-global", "pcie-root-port.power_controller_present=off",
                *RNG) as machine:
        port = running(machine)
        asked(machine, port)
        port.light(LIGHT_OFF)
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_unused() -> None:
    """The slot's power is off: nobody has to be asked."""
    with native() as machine:
        port = NativePort(machine)
        port.light(LIGHT_OFF)
        port.listen()
        machine.add("rng")
        machine.remove("rng")
        machine.expect_ended("plug", "cancelled", "overtaken", "rng")
        machine.expect_ended("unplug", "completed", "gone", "rng")
        machine.expect_open(None)


def test_unused_disk() -> None:
    """The same of a disk with a job: its removal runs the main loop."""
    with native("-blockdev", "null-co,node-name=data,size=8388608,"
                "latency-ns=300000000",
                "-blockdev", "null-co,node-name=copy,size=8388608") as machine:
        NativePort(machine).light(LIGHT_OFF)
        machine.add("disk", driver="virtio-blk-pci", drive="data")
        machine.qmp("blockdev-backup", device="data", target="copy",
                    sync="full", **{"job-id": "job"})
        machine.remove("disk")
        machine.expect_ended("plug", "cancelled", "overtaken", "disk")
        machine.expect_ended("unplug", "completed", "gone", "disk")
        machine.expect_open(None)
        machine.expect_quiet()


def test_timeout() -> None:
    """A guest that blinks for ever; then it gives the device back after all."""
    with native(*RNG) as machine:
        machine.qmp("qom-set", path="/machine", property="hotplug-timeout",
                    value=10)
        port = running(machine)
        asked(machine, port)
        machine.step(11 * SECOND)
        machine.expect_ended("unplug", "timed-out", "no-answer", "rng")
        port.power_off()
        machine.expect_ended("removal", "completed", "late-eject", "rng")


def test_guest_removes() -> None:
    """The guest cuts the power by itself (sysfs)."""
    with native(*RNG) as machine:
        port = running(machine)
        port.power_off()
        machine.expect_ended("removal", "completed", "guest-removed", "rng")


def test_refused() -> None:
    """A device cannot come into an open unplug."""
    with native(*RNG) as machine:
        port = running(machine)
        asked(machine, port)
        try:
            machine.add("next")
        except CommandFailed as error:
            for word in ("next", "'rng'", "port1", "DEVICE_DELETED"):
                assert word in str(error), error
        else:
            raise AssertionError("a device came into an open unplug")
        port.power_off()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_functions() -> None:
    """All functions leave together, each with its outcome."""
    with native(*TWO) as machine:
        port = running(machine)
        asked(machine, port, "two")
        port.power_off()
        ended = machine.expect_ended("unplug", "completed", "removed", "rng",
                                     "two")
        expect([device["outcome"] for device in ended["devices"]],
               ["completed", "completed"], "outcomes")
        expect(sorted(event["data"]["device"] for event in machine.before
                      if event["event"] == "DEVICE_DELETED"
                      and "device" in event["data"]), ["rng", "two"],
               "deleted before")


def test_backends_leave() -> None:
    """netdev_del, chardev-remove and blockdev-del while an unplug is open."""
    devices = [("virtio-net-pci,netdev=back", "netdev_del", {"id": "back"},
                ["-netdev", "socket,id=back,listen=127.0.0.1:0"]),
               ("pci-serial,chardev=back", "chardev-remove", {"id": "back"},
                ["-chardev", "null,id=back"]),
               ("virtio-blk-pci,drive=back", "blockdev-del",
                {"node-name": "back"}, ["-blockdev", "null-co,node-name=back"])]
    for device, command, name, backend in devices:
        with native(*backend, "-device", f"{device},id=dev,bus=port1"
                    ) as machine:
            port = running(machine)
            asked(machine, port, "dev")
            machine.reply(command, **name)
            machine.expect_open("unplug", "acknowledged", "guest-completion")
            port.power_off()
            machine.expect_ended("unplug", "completed", "removed", "dev")
            machine.expect_quiet()


def test_reset() -> None:
    """A cold reset carries out an unplug, pressed or not; the slot is empty."""
    for pressed in (False, True):
        with native(*RNG) as machine:
            port = NativePort(machine)
            port.power_on()
            if pressed:
                port.listen()
            machine.remove("rng")
            machine.qmp("system_reset")
            machine.expect_ended("unplug", "completed", "reset", "rng")
            expect(NativePort(machine).present, False, "presence")


def test_deaf_again() -> None:
    """The driver leaves: what it did not answer waits for the next one."""
    with native(*RNG) as machine:
        port = running(machine)
        port.listen(False)
        machine.remove("rng")
        machine.expect_open("unplug", "queued", "guest-listening")
        port.listen()
        expect(port.take(), BUTTON, "events")
        port.power_off()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_off() -> None:
    """x-hotplug-requests=off: a busy guest is refused, as by QEMU 10.0."""
    with native(*RNG, machine="pc-q35-10.0,x-hotplug-requests=off"
                ) as machine:
        port = running(machine)
        machine.remove("rng")
        expect(port.take(), BUTTON, "events")
        port.light(LIGHT_BLINKS)
        machine.step(6 * SECOND)
        try:
            machine.remove("rng")
        except CommandFailed as error:
            assert "busy" in str(error), error
        else:
            raise AssertionError("device_del was not refused")
        port.power_off()
        machine.wait_deleted("rng")
        machine.expect_quiet()


TESTS = [test_plug_and_unplug, test_deaf, test_blinking, test_merge,
         test_device_asks, test_line, test_line_and_messages, test_decline,
         test_no_power_controller, test_unused, test_unused_disk, test_timeout,
         test_guest_removes, test_refused, test_functions, test_backends_leave,
         test_reset, test_deaf_again, test_off]


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for test in TESTS:
        assert test.__doc__
        tap.run(f"native: {test.__doc__}", test)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
