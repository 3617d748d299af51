# SPDX-License-Identifier: GPL-2.0-or-later
"""A libvirt of our own: its daemon without systemd, and virsh.

It runs in session mode, as an unprivileged user, with sockets, settings and
logs in a folder that goes away with it.  Nothing of the host's own libvirt is
read or changed.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Sequence

import settings

URI = "qemu:///session"
SCALE = float(os.environ.get("TIMEOUT_SCALE", "1"))
START_TIMEOUT = 30 * SCALE
#: libvirt probes a binary that it has not seen, and waits for its own locks.
COMMAND_TIMEOUT = 120 * SCALE
#: Who runs it when we are root, for whom libvirt has no session: nobody.
NOBODY = 65534

DAEMONS = ("virtqemud", "libvirtd")
DAEMON_SETTINGS = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "2:stderr"
log_filters = "2:qemu 3:*"
"""
DRIVER_SETTINGS = """\
security_driver = "none"
stdio_handler = "file"
"""


class LibvirtError(Exception):
    """libvirt refused something, or did not do it in time."""


def _find(names: Sequence[str]) -> str:
    """The first of these programs that there is.  Stops without one."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    raise settings.Stop(
        f"{' or '.join(names)} is not installed",
        "run scripts/setup, or install Debian's packages libvirt-daemon, "
        "libvirt-daemon-driver-qemu and libvirt-clients")


class Session:
    """A running daemon; make one with session()."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemon_program = _find(DAEMONS)
        self._virsh_program = _find(["virsh"])
        self._as_nobody = os.geteuid() == 0
        self._processes: list[asyncio.subprocess.Process] = []
        self._environment = {
            "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8",
            "HOME": str(folder / "home"), "LIBVIRT_AUTOSTART": "0",
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_DATA_HOME": str(folder / "data"),
        }

    # ---- files --------------------------------------------------------------

    def _identity(self) -> dict[str, Any]:
        """Arguments for subprocess: who runs it."""
        if not self._as_nobody:
            return {}
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def give(self, path: Path) -> Path:
        """Make a file or folder the daemon's; returns its path."""
        if self._as_nobody:
            os.chown(path, NOBODY, NOBODY)
        return path

    def copy(self, path: Path) -> Path:
        """A copy that the daemon's guests can read, whatever folder the
        original is in.
        """
        copied = self.folder / path.name
        if not copied.exists():
            shutil.copy(path, copied)
        return self.give(copied)

    def emulator(self, qemu: Path, name: str) -> Path:
        """A QEMU that the daemon can start: this one, or a copy @name."""
        try:
            subprocess.run([str(qemu), "--version"], check=True, cwd="/",
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, **self._identity())
            return qemu
        except (OSError, subprocess.SubprocessError):
            copied = self.folder / name
            if not copied.exists():
                shutil.copy(qemu, copied)
            return self.give(copied)

    def write(self, name: str, text: str) -> Path:
        """A file in the session's folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return self.give(path)

    def _prepare(self) -> None:
        self.give(self.folder)
        for name in ("home", "run", "config", "config/libvirt", "cache",
                     "data"):
            path = self.folder / name
            path.mkdir(mode=0o700)
            self.give(path)
        self.write("daemon.conf", DAEMON_SETTINGS)
        self.write("config/libvirt/qemu.conf", DRIVER_SETTINGS)

    # ---- processes ----------------------------------------------------------

    async def spawn(self, command: Sequence[str], log: Path,
                    errors: Path | None = None) -> asyncio.subprocess.Process:
        """Start a program that runs until the session ends."""
        with log.open("wb") as output, (errors or log).open("ab") as second:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=output,
                stderr=second, cwd=self.folder, env=self._environment,
                **self._identity())
        self._processes.append(process)
        return process

    async def start(self) -> None:
        """Start the daemon and wait until it answers."""
        self._prepare()
        log = self.folder / "daemon.log"
        daemon = await self.spawn(
            [self._daemon_program, "--config",
             str(self.folder / "daemon.conf"),
             "--pid-file", str(self.folder / "run" / "daemon.pid")], log)
        end = time.monotonic() + START_TIMEOUT
        while time.monotonic() < end and daemon.returncode is None:
            status, _, _ = await self._run(["uri"])
            if not status:
                return
            await asyncio.sleep(0.2)
        tail = log.read_text(errors="replace").splitlines()[-10:]
        raise LibvirtError(
            f"{self._daemon_program} does not answer (exit status "
            f"{daemon.returncode}); it says:\n" + "\n".join(tail)
            + "\nsee whether all of scripts/packages is installed "
            "(scripts/setup --check)")

    async def _run(self, arguments: Sequence[str]) -> tuple[int, str, str]:
        """Status, output and errors of a virsh command."""
        process = await asyncio.create_subprocess_exec(
            self._virsh_program, "--quiet", "--connect", URI, *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, cwd=self.folder,
            env=self._environment, **self._identity())
        try:
            output, errors = await asyncio.wait_for(process.communicate(),
                                                    COMMAND_TIMEOUT)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            return 1, "", f"no answer within {COMMAND_TIMEOUT:g} s"
        assert process.returncode is not None
        return process.returncode, output.decode(), errors.decode().strip()

    async def virsh(self, *arguments: str) -> str:
        """The output of a virsh command.  Raises LibvirtError."""
        status, output, errors = await self._run(arguments)
        if status:
            raise LibvirtError(f"virsh {' '.join(arguments)}: {errors}")
        return output

    async def watch(self, name: str, *arguments: str) -> Path:
        """Start a virsh that runs on; returns the file that it writes."""
        log = self.folder / name
        await self.spawn([self._virsh_program, "--connect", URI, *arguments],
                         log, self.folder / f"{name}.errors")
        return log

    def version(self) -> str:
        """The daemon's name and version."""
        result = subprocess.run([self._daemon_program, "--version"],
                                check=True, capture_output=True, text=True)
        return result.stdout.strip()

    async def stop(self) -> None:
        """End the daemon, and guests that are still there."""
        for process in reversed(self._processes):
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), 10)
                except asyncio.TimeoutError:
                    process.kill()
                    await process.wait()
        for path in (self.folder / "run").glob("libvirt/qemu/run/*.pid"):
            _end_guest(path, self.folder)

    def keep_logs(self, folder: Path) -> None:
        """Copy what was said into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        logs = [*self.folder.glob("*.log"),
                *(self.folder / "cache").glob("libvirt/qemu/log/*.log")]
        for log in logs:
            shutil.copyfile(log, folder / log.name)


def _end_guest(pid_file: Path, folder: Path) -> None:
    """End a QEMU that a daemon left behind, if it is still that one."""
    try:
        pid = int(pid_file.read_text())
        if str(folder) in Path(f"/proc/{pid}/cmdline").read_text():
            os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        pass


@asynccontextmanager
async def session(logs: Path) -> AsyncIterator[Session]:
    """A libvirt, ended in any case; what it says is kept in the folder @logs.
    """
    with tempfile.TemporaryDirectory(prefix="libvirt-",
                                     ignore_cleanup_errors=True) as folder:
        libvirt = Session(Path(folder))
        try:
            await libvirt.start()
            yield libvirt
        finally:
            await libvirt.stop()
            libvirt.keep_logs(logs)
