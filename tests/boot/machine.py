# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU process with its QMP monitor and the guest's channel.

Both are socket pairs that QEMU inherits, so there is nothing to wait for and
no path to clash.  Every wait is bounded.  What was said is kept in a folder:

    command     QEMU's command line
    qmp.log     commands, answers and events, with seconds since the start
    console.log the guest's console
    agent.log   the guest agent's lines
    stderr.log  QEMU's messages
"""

import asyncio
import json
import os
import shlex
import socket
import time
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import settings

settings.use_qemu_python()
# pylint: disable=wrong-import-position,import-error
from qemu.qmp import EventListener, ExecuteError, QMPClient, QMPError  # noqa: E402

# Upper bounds in seconds, generous: emulated guests on busy machines.
SCALE = float(os.environ.get("TIMEOUT_SCALE", "1"))
BOOT_TIMEOUT = 240 * SCALE
EVENT_TIMEOUT = 120 * SCALE
COMMAND_TIMEOUT = 60 * SCALE

Event = Mapping[str, Any]


class MachineError(Exception):
    """QEMU ended, refused something, or did not do it in time."""


class Machine:
    """One QEMU process.  Use start() and, whatever happens, stop().

    @wrapper: a command that starts QEMU
    @descriptors: of files that the process inherits, besides its own
    """

    def __init__(self, qemu: Path, arguments: Sequence[str], folder: Path,
                 wrapper: Sequence[str] = (),
                 descriptors: Sequence[int] = ()) -> None:
        self.folder = folder
        self._command = [*wrapper, str(qemu), *arguments]
        self._descriptors = descriptors
        self._qmp = QMPClient("machine")
        self._listener = EventListener()
        self._events: list[Event] = []
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._process: asyncio.subprocess.Process | None = None
        self._started = 0.0
        self.channel: socket.socket | None = None

    async def start(self) -> None:
        """Start QEMU and connect.  Raises MachineError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "qmp.log").write_text("")
        monitor, monitor_far = socket.socketpair()
        self.channel, channel_far = socket.socketpair()
        command = [*self._command, *self._connections(monitor_far, channel_far)]
        (self.folder / "command").write_text(shlex.join(command) + "\n")
        self._started = time.monotonic()
        with (self.folder / "stderr.log").open("wb") as stderr:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=stderr,
                stderr=stderr,
                pass_fds=[monitor_far.fileno(), channel_far.fileno(),
                          *self._descriptors])
        monitor_far.close()
        channel_far.close()
        await self._connect(monitor)

    def _connections(self, monitor: socket.socket,
                     channel: socket.socket) -> list[str]:
        """The arguments for console, channel and monitor, in that order."""
        console = self.folder / "console.log"
        return ["-chardev", f"file,id=console,path={console}",
                "-serial", "chardev:console",
                "-chardev", f"socket,id=channel,fd={channel.fileno()}",
                "-serial", "chardev:channel",
                "-chardev", f"socket,id=monitor,fd={monitor.fileno()}",
                "-mon", "chardev=monitor,mode=control"]

    async def _connect(self, monitor: socket.socket) -> None:
        self._qmp.register_listener(self._listener)
        try:
            await asyncio.wait_for(self._qmp.connect(monitor), COMMAND_TIMEOUT)
        except (QMPError, OSError, asyncio.TimeoutError) as error:
            await self.stop()
            raise MachineError(f"QEMU did not start: {error}\n"
                               + self.complaints()) from error
        self._tasks = [asyncio.create_task(self._watch_events()),
                       asyncio.create_task(self._watch_process())]

    def _log(self, kind: str, what: object) -> None:
        text = what if isinstance(what, str) else json.dumps(what)
        with (self.folder / "qmp.log").open("a", encoding="utf-8") as log:
            log.write(f"{self.age():10.4f} {kind} {text}\n")

    def age(self) -> float:
        """Seconds since QEMU was started."""
        return time.monotonic() - self._started

    def processor_time(self) -> float:
        """Seconds of processor time that QEMU has used, in all threads."""
        assert self._process
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        # proc(5): utime and stime are the 12th and 13th after the name.
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def complaints(self) -> str:
        """What QEMU wrote to its standard error, at most the last lines."""
        path = self.folder / "stderr.log"
        lines = path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-10:])

    async def _watch_events(self) -> None:
        async for event in self._listener:
            self._log("event", dict(event))
            async with self._changed:
                self._events.append(event)
                self._changed.notify_all()

    async def _watch_process(self) -> None:
        assert self._process
        await self._process.wait()
        self._log("ended", f"status {self._process.returncode}")
        async with self._changed:
            self._changed.notify_all()

    @property
    def status(self) -> int | None:
        """QEMU's exit status; None while it runs."""
        return self._process.returncode if self._process else None

    async def execute(self, command: str, **arguments: object) -> Any:
        """Run a QMP command; "_" in argument names stands for "-".

        Raises MachineError with QEMU's message.
        """
        named = {key.replace("_", "-"): value
                 for key, value in arguments.items()}
        self._log("->", {"execute": command, "arguments": named})
        try:
            answer = await asyncio.wait_for(
                self._qmp.execute(command, named), COMMAND_TIMEOUT)
        except ExecuteError as error:
            self._log("<-", f"error: {error}")
            raise MachineError(f"{command}: {error}") from error
        except (QMPError, OSError, asyncio.TimeoutError) as error:
            raise MachineError(f"{command}: no answer from QEMU ({error!r})\n"
                               + self.complaints()) from error
        self._log("<-", {"return": answer})
        return answer

    def mark(self) -> int:
        """A point in the sequence of events, for wait_event()."""
        return len(self._events)

    def events_since(self, mark: int) -> list[Event]:
        """The events that came since a mark."""
        return self._events[mark:]

    async def wait_event(self, name: str, after: int = 0,
                         matches: Callable[[Event], bool] = lambda event: True,
                         timeout: float = EVENT_TIMEOUT) -> Event:
        """The first event called @name since the mark @after that matches.

        Raises MachineError when there is none in time or QEMU has ended.
        """
        def found() -> Event | None:
            return next((event for event in self._events[after:]
                         if event["event"] == name
                         and matches(event.get("data", {}))), None)

        def ready() -> bool:
            return found() is not None or self.status is not None

        try:
            async with self._changed:
                await asyncio.wait_for(self._changed.wait_for(ready), timeout)
        except asyncio.TimeoutError:
            raise MachineError(f"no event {name} within {timeout:g} s"
                               ) from None
        event = found()
        if event is None:
            raise MachineError(f"QEMU ended (status {self.status}) before "
                               f"the event {name}\n" + self.complaints())
        return event

    async def wait_deleted(self, device: str, after: int,
                           timeout: float = EVENT_TIMEOUT) -> Event:
        """Wait for DEVICE_DELETED of a device, by its id."""
        return await self.wait_event(
            "DEVICE_DELETED", after,
            lambda data: data.get("device") == device, timeout)

    async def wait_end(self) -> int:
        """Wait until QEMU has ended by itself.  Returns its exit status."""
        assert self._process
        try:
            return await asyncio.wait_for(self._process.wait(), EVENT_TIMEOUT)
        except asyncio.TimeoutError:
            raise MachineError("QEMU did not end after the guest's power-off"
                               ) from None

    async def stop(self) -> None:
        """End QEMU, if it still runs, and let go of everything."""
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await asyncio.wait_for(self._qmp.disconnect(), COMMAND_TIMEOUT)
        except (QMPError, OSError, EOFError, asyncio.TimeoutError):
            pass
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self.channel:
            self.channel.close()
        for end in ends:
            if isinstance(end, Exception):
                raise end
