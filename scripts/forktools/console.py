# SPDX-License-Identifier: GPL-2.0-or-later
"""Progress lines, the one-message error, and running other programs."""

import contextlib
import errno
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator, Mapping, NoReturn, Optional, Sequence

LOW_SPACE = 32 * 1024 * 1024


class Stop(Exception):
    """An error the user can act upon: what went wrong, and what to do."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


def say(line: str) -> None:
    """Print one progress line at once."""
    print(line, flush=True)


def disk_is_full(folder: Path) -> bool:
    """True if the file system that holds `folder` has next to nothing left."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free < LOW_SPACE


def full_disk(folder: Path) -> Stop:
    """The error for a file system without room."""
    return Stop(f'the disk that holds {folder} is full',
                'free some space there (a whole build takes about 3 GB) and '
                'run the same command again: it goes on where it stopped')


def need_space(folder: Path, megabytes: int, purpose: str) -> None:
    """Stop if `folder` has less than `megabytes` of free space."""
    present = folder
    while not present.exists():
        present = present.parent
    free = shutil.disk_usage(present).free // (1024 * 1024)
    if free < megabytes:
        raise Stop(f'not enough disk space in {folder}: {purpose} needs '
                   f'{megabytes} MB, {free} MB are free',
                   'free some space there, or make it a link to a folder on '
                   'a bigger disk, and run the same command again')


def tail(log: Path, lines: int = 25) -> str:
    """The last lines of a log, indented."""
    try:
        text = log.read_text(errors='replace').splitlines()
    except OSError:
        return ''
    return '\n'.join('    ' + line for line in text[-lines:])


def run_logged(command: Sequence[str], log: Path, problem: str, advice: str,
               cwd: Optional[Path] = None,
               env: Optional[Mapping[str, str]] = None) -> None:
    """Run a program with its output in `log`; Stop with `problem` if it fails.

    The log's tail is shown first.  A full disk is named as the cause where
    there is one, whatever the program said.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('wb') as output:
        status = run_status(command, cwd=cwd, env=env, output=output)
    if status == 0:
        return
    if disk_is_full(log.parent) or (cwd and disk_is_full(cwd)):
        raise full_disk(log.parent)
    print(tail(log), file=sys.stderr)
    raise Stop(f'{problem} (log: {log})', advice)


def run_status(command: Sequence[str], cwd: Optional[Path] = None,
               env: Optional[Mapping[str, str]] = None,
               output: Optional[object] = None) -> int:
    """Run a program; return its exit status.  A missing program is a Stop."""
    try:
        return subprocess.run(
            list(command), cwd=cwd, env=env, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT if output else None,
            check=False).returncode
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise
        raise missing_tool(Path(command[0]).name) from error


def missing_tool(name: str) -> Stop:
    """The error for a program that is not installed."""
    return Stop(f'{name} is not installed', 'run scripts/setup, which installs '
                'all that is needed, and then the same command again')


def need_tools(names: Sequence[str]) -> None:
    """Stop with one message that names every missing program."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise missing_tool(' and '.join(missing))


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        unfinished.write_text(text)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_if_changed(path: Path, text: str) -> bool:
    """Write a file unless it holds `text` already; return True if written."""
    try:
        if not path.is_symlink() and path.read_text() == text:
            return False
    except OSError:
        pass
    write_file(path, text)
    return True


@contextlib.contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder's lock; wait for whoever has it, and say so."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / '.lock').open('a') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f'waiting for another run that uses {what}')
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fail(name: str, stop: Stop) -> NoReturn:
    """Print the error in its one form and exit with status 1."""
    sys.stdout.flush()
    print(f'{name}: error: {stop.problem}\n{name}: what to do: {stop.advice}',
          file=sys.stderr, flush=True)
    sys.exit(1)


def guarded(name: str, main: Callable[[], int]) -> NoReturn:
    """Run a script's main function, turning known failures into one message."""
    try:
        sys.exit(main())
    except Stop as stop:
        fail(name, stop)
    except KeyboardInterrupt:
        fail(name, Stop('interrupted', 'run the same command again: it goes '
                        'on where it stopped'))
    except OSError as error:
        where = Path(str(error.filename)) if error.filename else Path.cwd()
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            fail(name, full_disk(where.parent))
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            fail(name, Stop(f'no permission to use {where}',
                            'make it writable for you (was it made by root?) '
                            'and run the same command again'))
        raise
