# SPDX-License-Identifier: GPL-2.0-or-later
"""Moving a guest from one QEMU process to another, or to a file and back."""

from pathlib import Path

from .machine import Machine
from .qtest_socket import QtestError


def _report_events(machine: Machine) -> None:
    machine.qmp("migrate-set-capabilities",
                capabilities=[{"capability": "events", "state": True}])


def _wait(machine: Machine, status: str) -> None:
    """Wait until the migration has come to @status; raises if it failed."""
    while True:
        event = machine.wait_event("MIGRATION")
        if event["data"]["status"] == status:
            return
        if event["data"]["status"] in ("failed", "cancelled"):
            state = machine.qmp("query-migrate")
            raise QtestError(f"migration {event['data']['status']} on "
                             f"{machine.binary}: {state}\n"
                             f"{machine.output()}")


def send(machine: Machine, uri: str) -> None:
    """Send the guest to @uri; returns when all of it has been sent."""
    _report_events(machine)
    machine.qmp("migrate", uri=uri)
    _wait(machine, "completed")


def receive(machine: Machine, uri: str) -> None:
    """Receive a guest; @machine was started with -incoming defer."""
    _report_events(machine)
    machine.qmp("migrate-incoming", uri=uri)
    _wait(machine, "completed")
    if machine.qmp("query-status")["status"] == "inmigrate":
        machine.wait_event("RESUME")


def move(source: Machine, destination: Machine, folder: Path) -> None:
    """Move the guest of @source to @destination by a socket in @folder.

    @destination was started with -incoming defer.  @source is left stopped;
    its registers can still be read.
    """
    socket = folder / "stream"
    uri = f"unix:{socket}"
    _report_events(destination)
    destination.qmp("migrate-incoming", uri=uri)
    send(source, uri)
    _wait(destination, "completed")
    if destination.qmp("query-status")["status"] == "inmigrate":
        destination.wait_event("RESUME")
    socket.unlink(missing_ok=True)
