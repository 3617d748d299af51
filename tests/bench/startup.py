# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's start-up time: from exec to the first answer on its QMP monitor.

The machine is made, with its devices, but does not run (-S).  The monitor's
greeting does not count: it may come before the machine is there.
"""

import os
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import boot
from firmware import FIRMWARE
from machine import COMMAND_TIMEOUT, MachineError
from subjects import Subject


@dataclass(frozen=True)
class Start:
    """Seconds of a start: on the clock, and of processor time."""

    seconds: float
    processor: float


def _arguments(subject: Subject, ports: int, monitor: int,
               folder: Path) -> list[str]:
    devices = boot.root_ports(ports)[0]
    return [str(subject.qemu), "-S", "-machine", subject.machine,
            *subject.arguments, "-accel", "tcg", "-m", "512", "-nodefaults",
            "-no-user-config", "-display", "none",
            *FIRMWARE["seabios"].arguments(folder), *devices,
            "-chardev", f"socket,id=monitor,fd={monitor}",
            "-mon", "chardev=monitor,mode=control"]


def _ask(monitor: socket.socket) -> bool:
    """Ask for QEMU's state.  Returns whether it answered."""
    heard = b""
    try:
        monitor.sendall(b'{"execute": "qmp_capabilities"}'
                        b'{"execute": "query-status", "id": "ready"}')
        while b'"ready"' not in heard:
            more = monitor.recv(4096)
            if not more:
                return False
            heard += more
    except OSError:
        return False
    return True


def measure(subject: Subject, ports: int) -> Start:
    """One start with so many root ports.  Raises MachineError."""
    near, far = socket.socketpair()
    near.settimeout(COMMAND_TIMEOUT)
    with near, far, tempfile.TemporaryDirectory() as folder:
        command = _arguments(subject, ports, far.fileno(), Path(folder))
        start = time.monotonic()
        with subprocess.Popen(command, pass_fds=[far.fileno()],
                              stderr=subprocess.PIPE) as process:
            far.close()
            answered = _ask(near)
            seconds = time.monotonic() - start
            process.kill()
            assert process.stderr
            complaint = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    if not answered:
        raise MachineError(f"QEMU did not start: {complaint.decode()}")
    return Start(seconds, usage.ru_utime + usage.ru_stime)
