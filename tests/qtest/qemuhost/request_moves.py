# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines whose guests move while requests are open."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import environment, migration
from .request_steps import Ending, Step
from .requested import SECOND, RequestMachine, rng

STOCKS, OURS = "pc-q35-10.0", "pc-q35-10.0-hotplug"
I440FX = "pc-i440fx-10.0"
FUNCTIONS = ("-device", "virtio-rng-pci,id=rng,bus=port1,addr=0.0,"
             "multifunction=on",
             "-device", "virtio-rng-pci,id=two,bus=port1,addr=0.1")

#: Longer than a guest that listens has time.
LONG = 120 * SECOND


@dataclass(frozen=True)
class Case:
    """What is open, and how it ends after QEMU's stream, and after ours."""

    mode: str
    prepare: Step
    after_stocks: Ending
    after_ours: Ending

    def check(self, machine_type: str) -> Ending:
        """How it ends on a machine type."""
        return self.after_ours if machine_type == OURS else self.after_stocks


def incoming(mode: str, machine_type: str, *more: str,
             devices: Sequence[str] = rng()) -> RequestMachine:
    """A machine that waits for a guest."""
    return RequestMachine(mode, machine_type,
                          [*devices, "-incoming", "defer", *more])


class StockMachine(RequestMachine):
    """Stock, with the same machine."""

    def __init__(self, mode: str, *more: str, devices: Sequence[str] = rng()
                 ) -> None:
        boolean = {"acpi": "on", "native": "off"}[mode]
        super().__init__("", STOCKS, [
            *devices, "-global",
            f"ICH9-LPC.acpi-pci-hotplug-with-bridge-support={boolean}",
            *more], environment.stock_binary())


def move(source: RequestMachine, prepare: Step, destination: RequestMachine,
         check: Step) -> None:
    """Prepare @source, move its guest, check @destination; both are closed.

    @check ends all that came.
    """
    with source, destination, tempfile.TemporaryDirectory() as folder:
        prepare(source)
        migration.move(source, destination, Path(folder))
        check(destination)
        destination.step(LONG)
        destination.expect_quiet()
