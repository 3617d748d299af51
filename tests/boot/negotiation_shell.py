# SPDX-License-Identifier: GPL-2.0-or-later
"""Mode auto in UEFI's shell, where nobody negotiates."""

import asyncio
import re
import shutil
from contextlib import asynccontextmanager
from typing import AsyncIterator

import boot
from machine import BOOT_TIMEOUT, COMMAND_TIMEOUT, Machine, MachineError
from negotiation_kernels import AUTO, cold_device
from negotiation_query import Slot, query
from negotiation_session import (FAILURES, Run, Subject, checked, require)

_PROMPT = "Shell> "
_RANDOM = "Vendor 1AF4 Device 1044"


class Shell:
    """The shell of a machine, on the guest's second serial port."""

    def __init__(self, reader: asyncio.StreamReader,
                 writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read_prompt(self, timeout: float = COMMAND_TIMEOUT) -> str:
        """Wait for a prompt.  Returns what came before, as plain text."""
        text = b""

        async def read() -> None:
            nonlocal text
            while not self._plain(text).endswith(_PROMPT):
                more = await self._reader.read(4096)
                if not more:
                    raise MachineError("the shell's channel was closed")
                text += more

        try:
            await asyncio.wait_for(read(), timeout)
        except asyncio.TimeoutError:
            raise MachineError(f"no prompt within {timeout:g} s, but:\n"
                               + self._plain(text)[-2000:]) from None
        return self._plain(text)

    @staticmethod
    def _plain(text: bytes) -> str:
        """Without what moves a terminal's cursor and sets its colours."""
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "",
                      text.decode("ascii", "replace"))

    async def run(self, command: str) -> str:
        """The output of a command."""
        self._writer.write(command.encode() + b"\r")
        await self._writer.drain()
        return await self.read_prompt()

    def close(self) -> None:
        """Let go of the channel."""
        self._writer.close()


class _Firmware:
    """A machine in the shell.

    "cold" is there from the start, behind port1; "new" comes behind port0.
    """

    def __init__(self, run: Run, name: str, machine: Machine,
                 shell: Shell) -> None:
        self._run = run
        self._name = name
        self._machine = machine
        self._shell = shell

    async def _slots(self) -> dict[str, Slot]:
        """The slots, of which nothing may be known of the guest."""
        slots = await query(self._machine)
        for slot in slots.values():
            require(slot.known == ("", "unknown") and slot.method == "acpi",
                    f"in the shell {slot}")
        return slots

    async def _seen(self) -> int:
        """How many of our devices the shell sees."""
        listing = await self._shell.run("pci")
        require("Vendor 8086" in listing, f"no list of devices:\n{listing}")
        return listing.count(_RANDOM)

    async def check(self) -> None:
        """All tests, in their order."""
        with checked(self._run.tap, f"{self._name}: nothing is known"):
            await self._shell.read_prompt(BOOT_TIMEOUT)
            slots = await self._slots()
            require(slots["port1"].devices == ("cold",), f"{slots['port1']}")
            require(await self._seen() == 1, "the shell misses a device")
        with checked(self._run.tap, f"{self._name}: device_add is accepted, "
                     "and the device can be seen"):
            await self._machine.execute("device_add", driver="virtio-rng-pci",
                                        id="new", bus="port0")
            require((await self._slots())["port0"].devices == ("new",),
                    "the query does not know it")
            require(await self._seen() == 2, "the shell does not see it")
        with checked(self._run.tap, f"{self._name}: device_del is accepted, "
                     "twice, and waits"):
            for _ in range(2):
                await self._machine.execute("device_del", id="cold")
            require(await self._seen() == 2, "a device has left")
            require((await self._slots())["port1"].devices == ("cold",),
                    "the query misses it")
        with checked(self._run.tap, f"{self._name}: a reset carries it out, "
                     "and leaves what came"):
            await self._check_reset()

    async def _check_reset(self) -> None:
        mark = self._machine.mark()
        await self._machine.execute("system_reset")
        await self._machine.wait_deleted("cold", mark)
        await self._shell.read_prompt(BOOT_TIMEOUT)
        slots = await self._slots()
        require(not slots["port1"].devices and
                slots["port0"].devices == ("new",), f"{slots}")
        require(await self._seen() == 1, "the shell sees something else")


@asynccontextmanager
async def in_shell(run: Run, subject: Subject
                   ) -> AsyncIterator[tuple[Machine, Shell]]:
    """A machine whose firmware has nothing to boot, and its shell; what fails
    is a failed test.
    """
    configuration = subject.configuration(run)
    shutil.rmtree(configuration.folder, ignore_errors=True)
    configuration.folder.mkdir(parents=True)
    machine = Machine(configuration.qemu, [*configuration.bare_command(),
                                           *configuration.arguments],
                      configuration.folder)
    try:
        await machine.start()
        try:
            console = Shell(*await asyncio.open_connection(
                sock=machine.channel))
            yield machine, console
            console.close()
        finally:
            await machine.stop()
    except FAILURES as error:
        run.tap.result(False, f"{subject.name}: the run comes to its end",
                       str(error))


async def shell(run: Run) -> None:
    """OVMF with nothing to boot."""
    arguments, places = boot.root_ports(2)
    subject = Subject(f"{AUTO}, UEFI shell", AUTO,
                      [*arguments, *cold_device("cold", places[1])],
                      firmware="ovmf", reboots=True)
    async with in_shell(run, subject) as (machine, console):
        await _Firmware(run, subject.name, machine, console).check()
