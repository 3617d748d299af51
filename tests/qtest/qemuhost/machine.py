# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU process whose guest is the test itself (-accel qtest)."""

import asyncio
import logging
import os
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

from . import environment
from .qtest_socket import QtestError, QtestSocket

environment.use_qemu_python()

# pylint: disable=wrong-import-position,wrong-import-order
from qemu.qmp.error import QMPError                 # noqa: E402
from qemu.qmp.legacy import QEMUMonitorProtocol     # noqa: E402

ANSWER_SECONDS = float(os.environ.get("QTEST_ANSWER_SECONDS", "60"))

Reply = dict[str, Any]
Event = dict[str, Any]

logging.getLogger("qemu.qmp").setLevel(logging.CRITICAL)


class CommandFailed(Exception):
    """QEMU answered a QMP command with an error."""


class Machine:
    """One QEMU process with a qtest and a QMP connection.

    The process ends with the driver: on close(), and if the driver dies.
    """

    def __init__(self, binary: Path, arguments: Sequence[str],
                 wrapper: Sequence[str] = (), inherit: Sequence[int] = (),
                 accelerator: str = "qtest") -> None:
        """Start @binary; returns once QMP answers.

        @wrapper is a command line to put before the binary's, @inherit
        descriptors that the process gets besides, @accelerator another than
        qtest where there is a guest.  Raises QtestError with
        QEMU's own words where QEMU does not start.
        """
        self.binary = binary
        self.arguments = ["-accel", accelerator, *arguments]
        self._errors = tempfile.TemporaryFile()
        qtest_socket, self._qtest_peer = socket.socketpair()
        qmp_socket, self._qmp_peer = socket.socketpair()
        self._process = self._spawn(wrapper, inherit)
        self._qtest_peer.close()
        self._qmp_peer.close()
        self.qtest = QtestSocket(qtest_socket, ANSWER_SECONDS)
        self._qmp = QEMUMonitorProtocol(qmp_socket)
        self._qmp.settimeout(ANSWER_SECONDS)
        try:
            self._qmp.connect()
        except (QMPError, OSError):
            raise QtestError(f"{binary} did not start with "
                             f"{' '.join(arguments)}:\n"
                             f"{self.close()}") from None

    def _spawn(self, wrapper: Sequence[str], inherit: Sequence[int]
               ) -> subprocess.Popen[bytes]:
        qtest, qmp = self._qtest_peer.fileno(), self._qmp_peer.fileno()
        # setpriv is util-linux's: QEMU must not outlive the driver
        command = ["setpriv", "--pdeathsig", "KILL", *wrapper,
                   str(self.binary), *environment.firmware_arguments(),
                   "-display", "none", "-audio", "none",
                   "-chardev", f"socket,id=qtest-link,fd={qtest}",
                   "-qtest", "chardev:qtest-link", "-qtest-log", "/dev/null",
                   "-chardev", f"socket,id=qmp-link,fd={qmp}",
                   "-mon", "chardev=qmp-link,mode=control",
                   *self.arguments]
        return subprocess.Popen(command, pass_fds=(qtest, qmp, *inherit),
                                stdin=subprocess.DEVNULL,
                                stdout=self._errors, stderr=self._errors)

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, kind: Optional[type[BaseException]],
                 error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        output = self.close()
        if error is not None and output:
            error.add_note(f"{self.binary} said:\n{output}")

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def close(self) -> str:
        """End the process; returns what it wrote to its output and errors."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self.qtest.close()
        try:
            self._qmp.close()
        except (QMPError, OSError, EOFError):
            pass
        return self.output()

    def output(self) -> str:
        """What the process has written to its output and errors so far."""
        os.lseek(self._errors.fileno(), 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._errors.fileno()), "rb") as stream:
            return stream.read().decode(errors="replace")

    def reply(self, command: str, **arguments: Any) -> Reply:
        """Run a QMP command; returns the whole reply, error or not."""
        try:
            return self._qmp.cmd_raw(command, arguments)
        except (QMPError, OSError, asyncio.TimeoutError) as error:
            raise QtestError(f"no answer to {command} {arguments}: "
                             f"{error!r}\n{self.output()}") from error

    def qmp(self, command: str, **arguments: Any) -> Any:
        """Run a QMP command; returns its value or raises CommandFailed."""
        reply = self.reply(command, **arguments)
        if "error" in reply:
            raise CommandFailed(f"{command} {arguments}: "
                                f"{reply['error']['desc']}")
        return reply["return"]

    def hmp(self, line: str) -> str:
        """Run a command of the human monitor; returns what it prints."""
        text = self.qmp("human-monitor-command", **{"command-line": line})
        return str(text).replace("\r\n", "\n")

    def events(self) -> list[Event]:
        """Take the events that came up to the last QMP reply."""
        return self._qmp.get_events()

    def wait_event(self, name: str, keep: Optional[list[Event]] = None
                   ) -> Event:
        """Wait for an event called @name.

        Events that come before it are dropped, or added to @keep.  Raises
        QtestError where it does not come in ANSWER_SECONDS.
        """
        while True:
            try:
                event = self._qmp.pull_event(wait=ANSWER_SECONDS)
            except (QMPError, OSError, asyncio.TimeoutError) as error:
                raise QtestError(f"no event {name} came: {error!r}\n"
                                 f"{self.output()}") from error
            assert event is not None
            if event["event"] == name:
                return event
            if keep is not None:
                keep.append(event)

    def wait_deleted(self, name: str) -> None:
        """Wait until the device with the id @name has been deleted.

        Raises QtestError where another device with an id goes first.
        """
        deleted = None
        while deleted is None:      # parts of a device have no id
            event = self.wait_event("DEVICE_DELETED")
            deleted = event["data"].get("device")
        if deleted != name:
            raise QtestError(f"{deleted} was deleted instead of {name}")

    def reset(self) -> list[Event]:
        """Reset the machine; returns the events that came before RESET."""
        before: list[Event] = []
        self.qmp("system_reset")
        self.wait_event("RESET", before)
        return before
