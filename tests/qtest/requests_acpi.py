#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hotplug requests by ACPI: each ends once, and is reported once."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost.machine import CommandFailed                      # noqa: E402
from qemuhost.requested import (MILLISECOND, SECOND,            # noqa: E402
                                RequestMachine, expect, rng)
from qemuhost.request_steps import ask_often                    # noqa: E402
from qemuhost.tap import Tap                                    # noqa: E402

Q35, I440FX = "pc-q35-10.0", "pc-i440fx-10.0"
BLOCK = ["-blockdev", "null-co,node-name=disk0"]


def started(machine_type: str, *more: str) -> RequestMachine:
    """A machine in which ACPI has the slots."""
    mode = "acpi" if machine_type.startswith(Q35) else ""
    return RequestMachine(mode, machine_type, more)


def running(machine_type: str, *more: str) -> RequestMachine:
    """A machine whose guest listens to ACPI's event."""
    machine = started(machine_type, *more)
    machine.acpi_listen()
    machine.take_event()
    return machine


def plugged(machine: RequestMachine, name: str = "rng") -> None:
    """Plug a device, and have the guest set it up."""
    machine.add(name)
    expect(machine.take_event(), True, "event of the plug")
    expect(machine.read_slots(), (1, 0), "UP and DOWN")
    machine.configure(name)
    machine.expect_ended("plug", "completed", "configured", name)


def asked(machine: RequestMachine, name: str = "rng") -> None:
    """Ask a device back, and have the guest read that."""
    machine.remove(name)
    expect(machine.take_event(), True, "event of the unplug")
    expect(machine.read_slots(), (0, 1), "UP and DOWN")


def test_plug_and_unplug(board: str) -> None:
    """The whole way, with events in order."""
    with running(board) as machine:
        machine.add("rng")
        machine.expect_open("plug", "signalled", "guest-reaction")
        expect(machine.take_event(), True, "event")
        expect(machine.read_slots(), (1, 0), "UP and DOWN")
        machine.expect_open("plug", "acknowledged", "guest-configuration")
        expect(machine.read_slots(), (0, 0), "UP and DOWN read again")
        machine.configure("rng")
        machine.expect_ended("plug", "completed", "configured", "rng")
        machine.expect_open(None)
        machine.remove("rng")
        machine.expect_open("unplug", "signalled", "guest-reaction")
        expect(machine.take_event(), True, "event")
        expect(machine.read_slots(), (0, 1), "UP and DOWN")
        machine.expect_open("unplug", "acknowledged", "guest-completion")
        expect(machine.read_slots(), (0, 0), "UP and DOWN read again")
        machine.eject()
        ended = machine.expect_ended("unplug", "completed", "removed", "rng")
        expect([event["data"].get("device") for event in machine.before
                if event["event"] == "DEVICE_DELETED"][-1:], ["rng"],
               "DEVICE_DELETED before")
        expect(ended["signals"], 1, "signals")
        kept = machine.slot()["ended"]
        expect([entry["request"] for entry in kept], ["plug", "unplug"],
               "ended requests of the query")
        expect(kept[-1], ended, "last ended request")
        machine.expect_quiet()


def test_last_ended(board: str) -> None:
    """Of the ended requests the query keeps the last four."""
    with running(board) as machine:
        for number in range(3):
            plugged(machine, f"rng{number}")
            asked(machine, f"rng{number}")
            machine.eject()
            machine.expect_ended("unplug", "completed", "removed",
                                 f"rng{number}")
        expect([entry["devices"][0]["id"] for entry
                in machine.slot()["ended"]],
               ["rng1", "rng1", "rng2", "rng2"], "kept")


def test_deaf(board: str) -> None:
    """A guest that does not listen: queued for ever, then signalled."""
    with started(board, *rng(board)) as machine:
        machine.remove("rng")
        machine.expect_open("unplug", "queued", "guest-listening")
        machine.step(3600 * SECOND)
        machine.expect_open("unplug", "queued", "guest-listening")
        machine.expect_quiet()
        machine.acpi_listen()
        machine.expect_open("unplug", "signalled", "guest-reaction")
        expect(machine.take_event(), True, "event")
        expect(machine.read_slots(), (0, 1), "UP and DOWN")
        machine.eject()
        ended = machine.expect_ended("unplug", "completed", "removed", "rng")
        assert ended["queued-ms"] >= 3600 * 1000, ended


def test_polling(board: str) -> None:
    """A guest without the event that reads the registers is served, too."""
    with started(board, *rng(board)) as machine:
        machine.remove("rng")
        expect(machine.read_slots(), (0, 1), "UP and DOWN")
        machine.expect_open("unplug", "acknowledged", "guest-completion")
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_again(board: str) -> None:
    """An open request is signalled again, ever more rarely."""
    with running(board) as machine:
        plugged(machine)
        asked(machine)
        gaps, since = [], 0
        for _ in range(300):
            machine.step(100 * MILLISECOND)
            since += 100
            if machine.take_event():
                expect(machine.read_slots(), (0, 1), "UP and DOWN")
                gaps.append(since)
                since = 0
        expect(gaps, [500, 1000, 2000, 4000, 8000], "gaps between signals")


def test_timeout(board: str) -> None:
    """A guest that listens and does nothing; then a late eject."""
    with running(board) as machine:
        machine.qmp("qom-set", path="/machine", property="hotplug-timeout",
                    value=10)
        plugged(machine)
        asked(machine)
        machine.step(9 * SECOND)
        machine.expect_open("unplug", "signalled", "guest-reaction")
        machine.step(2 * SECOND)
        machine.expect_ended("unplug", "timed-out", "no-answer", "rng")
        names = [event["event"] for event in machine.before]
        expect(names.count("DEVICE_UNPLUG_GUEST_ERROR"), 1, "guest errors")
        expect(machine.read_slots(), (0, 0), "UP and DOWN")
        machine.eject()
        machine.expect_ended("removal", "completed", "late-eject", "rng")


def test_no_timeout(board: str) -> None:
    """hotplug-timeout=0: never."""
    with running(board) as machine:
        machine.qmp("qom-set", path="/machine", property="hotplug-timeout",
                    value=0)
        plugged(machine)
        asked(machine)
        machine.step(24 * 3600 * SECOND)
        assert machine.slot()["request"]["request"] == "unplug"
        machine.expect_quiet()


def test_merge(board: str) -> None:
    """A second device_del is the same request."""
    with running(board) as machine:
        plugged(machine)
        asked(machine)
        for _ in range(5):
            machine.remove("rng")
        expect(machine.take_event(), False, "event")
        expect(machine.slot()["request"]["signals"], 1, "signals")
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")
        machine.expect_quiet()


def test_device_asks(board: str) -> None:
    """As VFIO repeats a request: to a deaf guest, paused, and read."""
    with running(board) as machine:
        plugged(machine)
        machine.acpi_listen(False)
        ask_often(machine)
        machine.acpi_listen()
        expect(machine.take_event(), True, "event")
        expect(machine.read_slots(), (0, 1), "UP and DOWN")
        for _ in range(50):
            machine.remove("rng")
        machine.expect_open("unplug", "acknowledged", "guest-completion")
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")
        machine.expect_quiet()


def test_opposite(board: str) -> None:
    """An unplug overtakes a plug; a plug into an open unplug is refused."""
    with running(board) as machine:
        machine.add("rng")
        machine.remove("rng")
        machine.expect_ended("plug", "cancelled", "overtaken", "rng")
        expect(machine.read_slots(), (0, 1), "UP and DOWN")
        try:
            machine.add("rng2")
        except CommandFailed as error:
            for word in ("rng2", "'rng'", machine.place.bus,
                         "DEVICE_DELETED"):
                assert word in str(error), error
        else:
            raise AssertionError("a device came into an open unplug")
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")
        machine.add("rng2")
        machine.expect_open("plug", "signalled", "guest-reaction")


def test_stale(board: str) -> None:
    """An eject for the device before is not carried out on the next."""
    with running(board) as machine:
        plugged(machine)
        asked(machine)
        machine.step(SECOND)                  # signalled again, read again
        expect(machine.read_slots(), (0, 1), "UP and DOWN")
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")
        machine.add("next")
        machine.eject()                       # what the second reading causes
        machine.expect_quiet()
        machine.expect_open("plug", "signalled", "guest-reaction")
        machine.configure("next")
        machine.expect_ended("plug", "completed", "configured", "next")
        machine.eject()                       # nothing was read: its own
        machine.expect_ended("removal", "completed", "guest-removed", "next")


def test_stale_for_a_while(board: str) -> None:
    """How long a stale eject is expected is bounded."""
    with running(board) as machine:
        plugged(machine)
        asked(machine)
        machine.step(SECOND)
        machine.read_slots()
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")
        plugged(machine, "next")
        machine.step(31 * SECOND)
        machine.eject()
        machine.expect_ended("removal", "completed", "guest-removed", "next")


def test_guest_ejects(board: str) -> None:
    """The guest's own ejects: of a device in use, and of one that is new."""
    with running(board) as machine:
        plugged(machine)
        machine.eject()
        machine.expect_ended("removal", "completed", "guest-removed", "rng")
        machine.add("next")
        expect(machine.read_slots(), (1, 0), "UP and DOWN")
        machine.eject()
        machine.expect_ended("plug", "cancelled", "guest-removed", "next")
        machine.expect_ended("removal", "completed", "guest-removed", "next")
        machine.expect_open(None)
        machine.expect_quiet()


def test_reset(board: str) -> None:
    """A cold reset carries out unplugs and leaves plugs to the guest."""
    with running(board) as machine:
        machine.add("rng")
        machine.qmp("system_reset")
        machine.wait_event("RESET")
        machine.expect_open("plug", "queued", "guest-listening")
        machine.configure("rng")
        machine.expect_ended("plug", "completed", "configured", "rng")
        machine.remove("rng")
        machine.expect_open("unplug", "queued", "guest-listening")
        machine.qmp("system_reset")
        machine.expect_ended("unplug", "completed", "reset", "rng")


def test_functions(board: str) -> None:
    """Several functions come and go together."""
    with running(board) as machine:
        machine.add("one", function=1, multifunction=True)
        machine.expect_open("plug", "queued", "function-0")
        machine.add("zero", multifunction=True)
        machine.expect_open("plug", "signalled", "guest-reaction")
        machine.configure("zero")
        machine.expect_open("plug", "signalled", "guest-reaction")
        machine.configure("one")
        machine.expect_ended("plug", "completed", "configured", "zero", "one")
        machine.remove("one")
        machine.read_slots()
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "zero", "one")


def test_hidden_function(board: str) -> None:
    """One that the guest can't see goes without asking."""
    with running(board) as machine:
        machine.add("one", function=1, multifunction=True)
        machine.remove("one")
        machine.expect_ended("plug", "cancelled", "gone", "one")
        machine.expect_ended("unplug", "completed", "gone", "one")
        machine.expect_open(None)


def test_backend_leaves(board: str) -> None:
    """A disk's backend cannot be taken from an open unplug."""
    with running(board, *BLOCK) as machine:
        machine.add("disk", driver="virtio-blk-pci", drive="disk0")
        machine.configure("disk")
        machine.expect_ended("plug", "completed", "configured", "disk")
        machine.remove("disk")
        machine.reply("blockdev-del", **{"node-name": "disk0"})
        machine.read_slots()
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "disk")
        machine.qmp("blockdev-del", **{"node-name": "disk0"})


def test_netdev_leaves(board: str) -> None:
    """netdev_del while the unplug is open: CVE-2023-3301."""
    with running(board, "-netdev", "socket,id=net0,listen=127.0.0.1:0"
                 ) as machine:
        machine.add("nic", driver="virtio-net-pci", netdev="net0")
        machine.configure("nic")
        machine.expect_ended("plug", "completed", "configured", "nic")
        machine.remove("nic")
        machine.qmp("netdev_del", id="net0")
        machine.expect_open("unplug", "signalled", "guest-reaction")
        machine.read_slots()
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "nic")


def test_chardev_leaves(board: str) -> None:
    """chardev-remove while the unplug is open: refused until it is done."""
    with running(board, "-chardev", "null,id=char0") as machine:
        machine.add("serial", driver="pci-serial", chardev="char0")
        machine.configure("serial")
        machine.expect_ended("plug", "completed", "configured", "serial")
        machine.remove("serial")
        assert "busy" in str(machine.reply("chardev-remove", id="char0"))
        machine.expect_open("unplug", "signalled", "guest-reaction")
        machine.read_slots()
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "serial")
        machine.qmp("chardev-remove", id="char0")


def test_paused(board: str) -> None:
    """Time in which the guest does not run is not the guest's."""
    with running(board) as machine:
        plugged(machine)
        asked(machine)
        machine.qmp("stop")
        machine.remove("rng")
        machine.expect_open("unplug", "acknowledged", "guest-completion")
        machine.qmp("cont")
        machine.eject()
        machine.expect_ended("unplug", "completed", "removed", "rng")


def test_off(board: str) -> None:
    """x-hotplug-requests=off: no events and no requests."""
    with running(board + ",x-hotplug-requests=off") as machine:
        machine.add("rng")
        machine.expect_open(None)
        machine.remove("rng")
        expect(machine.read_slots()[1], 1, "DOWN")
        expect(machine.read_slots()[1], 1, "DOWN read again")
        machine.eject()
        machine.wait_deleted("rng")
        machine.expect_quiet()


TESTS = [test_plug_and_unplug, test_last_ended, test_deaf, test_polling,
         test_again, test_timeout, test_no_timeout, test_merge,
         test_device_asks, test_opposite, test_stale, test_stale_for_a_while,
         test_guest_ejects, test_reset, test_functions, test_hidden_function,
         test_backend_leaves, test_netdev_leaves, test_chardev_leaves,
         test_paused, test_off]


def main() -> int:
    """Run the tests; returns the exit status."""
    tap = Tap()
    for board in (Q35, I440FX):
        for test in TESTS:
            assert test.__doc__
            tap.run(f"{board}: {test.__doc__}",
                    lambda t=test, b=board: t(b))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
