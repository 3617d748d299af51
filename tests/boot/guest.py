# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's end of the guest agent's channel: guest/agent.h describes it."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Callable, Iterable

from machine import BOOT_TIMEOUT, COMMAND_TIMEOUT, EVENT_TIMEOUT, Machine


#: What a guest's kernel must not say, as a regular expression.
TROUBLE = "BUG:|WARNING:|Oops|Call Trace|hung_task|blocked for more"


class GuestError(Exception):
    """The guest did not see, or do, what it should have."""


@dataclass(frozen=True)
class Uevent:
    """An event of the guest's kernel; @time is the host's, in seconds."""

    action: str
    subsystem: str
    path: str
    name: str
    time: float


@dataclass(frozen=True)
class Function:
    """A PCI function as the guest sees it; guest/pci.c has the fields."""

    path: str
    id: str
    driver: str
    slot: str
    index: str
    label: str
    parts: str

    @classmethod
    def parse(cls, line: str) -> "Function":
        """From a line of the agent's answer to "list"."""
        return cls(**dict(pair.split("=", 1) for pair in line.split(" ")))

    def names(self, kind: str) -> list[str]:
        """The names of what the drivers made of it: "net", "block" …"""
        return [part.split(":", 1)[1] for part in self.parts.split(",")
                if part.startswith(kind + ":")]


@dataclass
class _Answer:
    """The answer to a command, as far as it has come."""

    lines: list[str] = field(default_factory=list)
    status: int | None = None


class Guest:
    """The guest of a machine, through its agent."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._changed = asyncio.Condition()
        self._answers: dict[str, _Answer] = {}
        self._lost = ""
        self._sequence = 0
        self._commands = 0
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.events: list[Uevent] = []
        self.release = ""

    async def connect(self) -> None:
        """Listen to the agent.  Call it before the guest can have booted."""
        reader, self._writer = await asyncio.open_connection(
            sock=self._machine.channel)
        self._task = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        log_path = self._machine.folder / "agent.log"
        with log_path.open("w", encoding="utf-8") as log:
            while raw := await reader.readline():
                line = raw.decode(errors="replace").rstrip("\r\n")
                print(f"{self._machine.age():10.4f} {line}", file=log,
                      flush=True)
                async with self._changed:
                    self._take(line)
                    self._changed.notify_all()
        async with self._changed:
            self._lost = self._lost or "the agent's channel was closed"
            self._changed.notify_all()

    def _take(self, line: str) -> None:
        """Note what one line says.

        Firmware may have used the channel as a console before the agent.
        """
        if not self._sequence:
            first = re.search(r"1 \d+ ready \S+$", line)
            if not first:
                return
            line = first.group()
        found = re.fullmatch(r"(\d+) \d+ (ready|uevent|data|done) (.*)", line)
        if not found:
            self._lost = f"not a line of the agent's: {line!r}"
            return
        number, kind, rest = found.groups()
        self._sequence += 1
        if int(number) != self._sequence:
            self._lost = (f"a line of the agent's is missing: number {number} "
                          f"came where {self._sequence} was due")
        elif kind == "ready":
            self.release = rest
        elif kind == "uevent":
            action, subsystem, path, *name = rest.split(" ")
            self.events.append(Uevent(action, subsystem, path, " ".join(name),
                                      self._machine.age()))
        else:
            self._take_answer(kind, rest)

    def _take_answer(self, kind: str, rest: str) -> None:
        number, _, text = rest.partition(" ")
        answer = self._answers.setdefault(number, _Answer())
        if kind == "data":
            answer.lines.append(text)
        else:
            answer.status = int(text)

    async def until(self, ready: Callable[[], bool], timeout: float,
                    what: str) -> None:
        """Wait until something that the agent says makes ready() true.

        Raises GuestError when it does not in time or the channel is lost.
        """
        def over() -> bool:
            return bool(self._lost) or ready()

        try:
            async with self._changed:
                await asyncio.wait_for(self._changed.wait_for(over), timeout)
        except asyncio.TimeoutError:
            raise GuestError(f"not within {timeout:g} s: {what}") from None
        if not ready():
            raise GuestError(f"{self._lost}, waiting for: {what}\n"
                             + self._machine.complaints())

    async def wait_ready(self) -> float:
        """Wait until the guest is up.  Returns seconds since QEMU's start."""
        await self.until(lambda: bool(self.release), BOOT_TIMEOUT,
                         "the guest is up")
        return self._machine.age()

    def forget(self) -> None:
        """The machine is about to be reset: the agent will start anew."""
        self._sequence = 0
        self._answers.clear()
        self._lost = ""
        self.events.clear()
        self.release = ""

    async def command(self, verb: str, arguments: str = "",
                      timeout: float = COMMAND_TIMEOUT
                      ) -> tuple[int, list[str]]:
        """Let the agent do something.  Returns its status and its lines."""
        assert self._writer
        self._commands += 1
        number = str(self._commands)
        answer = self._answers.setdefault(number, _Answer())
        self._writer.write(f"{number} {verb} {arguments}".strip().encode()
                           + b"\n")
        await self._writer.drain()
        await self.until(lambda: answer.status is not None, timeout,
                         f"answer to {verb} {arguments}")
        del self._answers[number]
        assert answer.status is not None
        return answer.status, answer.lines

    async def run(self, command: str,
                  timeout: float = COMMAND_TIMEOUT) -> list[str]:
        """The output of a shell command.  Raises GuestError if it fails."""
        status, lines = await self.command("run", f"{{ {command}; }} 2>&1",
                                           timeout)
        if status:
            raise GuestError(f"in the guest, status {status}: {command}\n"
                             + "\n".join(lines))
        return lines

    async def log(self, pattern: str) -> list[str]:
        """The lines of the kernel's log that match an extended regular
        expression, without single quotes, which grep takes.
        """
        status, lines = await self.command("run",
                                           f"dmesg | grep -E '{pattern}'")
        if status > 1:
            raise GuestError(f"grep in the guest refuses {pattern}")
        return lines

    async def functions(self) -> list[Function]:
        """All PCI functions that the guest sees now."""
        status, lines = await self.command("list")
        if status:
            raise GuestError(f"the guest could not list its devices: {status}")
        return [Function.parse(line) for line in lines]

    async def _wait_functions(self, done: Callable[[list[Function]], bool],
                              timeout: float, what: str) -> list[Function]:
        """Look at the functions, again after each event, until done()."""
        end = asyncio.get_running_loop().time() + timeout
        while True:
            seen = len(self.events)
            functions = await self.functions()
            if done(functions):
                return functions
            rest = end - asyncio.get_running_loop().time()
            shown = "\n".join(map(str, functions))
            await self.until(lambda: len(self.events) > seen, max(rest, 0),
                             f"{what}; the guest sees\n{shown}")

    async def wait_function(self, path: str, works: Callable[[Function], bool],
                            timeout: float = EVENT_TIMEOUT) -> Function:
        """Wait for a function whose path matches and for which works() holds.

        @path is a regular expression.  Raises GuestError.
        """
        def chosen(functions: Iterable[Function]) -> list[Function]:
            return [function for function in functions
                    if re.fullmatch(path, function.path) and works(function)]

        functions = await self._wait_functions(
            lambda functions: bool(chosen(functions)), timeout,
            f"a working function at {path}")
        return chosen(functions)[0]

    async def wait_gone(self, path: str,
                        timeout: float = EVENT_TIMEOUT) -> None:
        """Wait until no function's path matches @path.  Raises GuestError."""
        await self._wait_functions(
            lambda functions: not any(re.fullmatch(path, function.path)
                                      for function in functions),
            timeout, f"no function at {path} any more")

    async def power_down(self) -> None:
        """Power the guest off, which gives no answer."""
        task = asyncio.ensure_future(self.command("poweroff"))
        try:
            mark = self._machine.mark()
            await self._machine.wait_event("SHUTDOWN", mark)
        finally:
            task.cancel()

    async def power_off(self) -> None:
        """Power the guest off; QEMU ends.  Raises MachineError."""
        try:
            await self.command("poweroff")
        except GuestError:
            pass
        await self._machine.wait_end()

    async def close(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
        if self._writer:
            self._writer.close()
