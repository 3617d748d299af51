# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian packages, downloaded through apt into a cache and not installed.

The machine's own apt configuration says which release and which mirrors; apt
checks the signatures.  Nothing here needs root or changes the machine's apt.
"""

import hashlib
import os
import platform
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from settings import Stop

Progress = Callable[[str], None]

_ADVICE = ("check the network and the machine's /etc/apt, and run the same "
           "command again")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class PackageFile:
    """A package as apt's lists describe it: file name and SHA256 in hex."""

    package: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Lists:
    """A set of package lists: the machine's, or our own in the cache."""

    architecture: str
    folder: Path | None = None
    options: list[str] = field(default_factory=list)

    def run(self, program: str, *arguments: str,
            cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run apt-get or apt-cache on these lists, in English."""
        return subprocess.run([program, *self.options, *arguments], cwd=cwd,
                              env={**os.environ, "LC_ALL": "C"}, check=False,
                              capture_output=True, text=True)


def native_architecture() -> str:
    """Debian's name of this machine's architecture."""
    return _MACHINES.get(platform.machine(), platform.machine())


def machine_lists(architecture: str) -> Lists:
    """The lists that the machine has, as of its last apt-get update."""
    options = ["-q", "-o", "APT::Sandbox::User=root"]
    return Lists(architecture, None, options)


def own_lists(cache: Path, architecture: str) -> Lists:
    """Lists of our own, from the machine's sources, in the cache folder."""
    folder = cache / "apt" / architecture
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    options = ["-q", "-o", "APT::Sandbox::User=root",
               "-o", f"Dir::State={folder}/state",
               "-o", f"Dir::Cache={folder}/cache",
               "-o", "Dir::State::status=/dev/null",
               "-o", "Acquire::Languages=none",
               "-o", f"APT::Architecture={architecture}",
               "-o", f"APT::Architectures={architecture}"]
    return Lists(architecture, folder, options)


def update(lists: Lists) -> None:
    """Get lists of our own anew.  Stops where apt can't."""
    result = lists.run("apt-get", "update")
    if result.returncode:
        raise Stop("apt-get update failed: " + result.stderr.strip(), _ADVICE)


def kernel_package(lists: Lists) -> str | None:
    """The package that linux-image-ARCHITECTURE stands for, if known."""
    result = lists.run("apt-cache", "depends",
                       f"linux-image-{lists.architecture}")
    found = re.search(r"^\s*Depends: (linux-image-\d\S+)$", result.stdout,
                      re.MULTILINE)
    return found.group(1) if found else None


def locate(lists: Lists, packages: list[str]) -> dict[str, PackageFile]:
    """What these lists have for each package; empty where one is missing."""
    result = lists.run("apt-get", "download", "--print-uris", *packages)
    found = re.findall(r"^'\S+' ((\S+?)_\S+) \d+ SHA256:([0-9a-f]{64})$",
                       result.stdout, re.MULTILINE)
    return {package: PackageFile(package, name, digest)
            for name, package, digest in found}


def sha256(path: Path) -> str:
    """The SHA256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cached(store: Path, wanted: PackageFile | None) -> Path | None:
    """The package file if it is in @store and is what apt says it must be."""
    path = store / wanted.name if wanted else None
    if path and path.exists() and sha256(path) == wanted.sha256:
        return path
    return None


def _download(lists: Lists, store: Path,
              wanted: PackageFile) -> tuple[Path | None, str]:
    """Get one package file; the second value is apt's complaint."""
    with tempfile.TemporaryDirectory(dir=store) as folder:
        result = lists.run("apt-get", "download", wanted.package,
                           cwd=Path(folder))
        path = Path(folder) / wanted.name
        if result.returncode or not path.exists():
            return None, result.stderr.strip()
        path.chmod(0o644)
        path.replace(store / wanted.name)
    return store / wanted.name, ""


def _names(lists: Lists, packages: list[str]) -> list[str]:
    """@packages, with "kernel" replaced by what it is in these lists."""
    kernel = kernel_package(lists) if "kernel" in packages else None
    return [kernel if name == "kernel" else name for name in packages
            if name != "kernel" or kernel]


def _fetch_from(lists: Lists, store: Path, packages: list[str],
                progress: Progress | None) -> tuple[list[Path], str]:
    """Package files by these lists; from the cache alone without @progress.

    Returns fewer files than asked for, and a reason, where that failed.
    """
    files: list[Path] = []
    names = _names(lists, packages)
    known = locate(lists, names)
    for name in names:
        wanted = known.get(name)
        path, reason = cached(store, wanted), "not in the package lists"
        if not path and wanted and progress:
            progress(f"downloading {wanted.name}")
            path, reason = _download(lists, store, wanted)
        if not path:
            return files, f"{name}: {reason}"
        files.append(path)
    return files, "no kernel package in the package lists"


def fetch(packages: list[str], cache: Path, architecture: str,
          progress: Progress) -> list[Path]:
    """Package files, in the order of @packages.

    The name "kernel" stands for the release's standard kernel.  What is in
    the cache already and still is what apt's lists name is not downloaded.
    Stops where apt can't have one.
    """
    store = cache / "packages"
    store.mkdir(parents=True, exist_ok=True)
    own = own_lists(cache, architecture)
    machine = ([machine_lists(architecture)]
               if architecture == native_architecture() else [])
    for lists, how in ([(lists, None) for lists in [*machine, own]] +
                       [(lists, progress) for lists in machine]):
        files, reason = _fetch_from(lists, store, packages, how)
        if len(files) == len(packages):
            return files
    progress("getting package lists of our own: the machine's are missing or "
             "out of date")
    update(own)
    files, reason = _fetch_from(own, store, packages, progress)
    if len(files) < len(packages):
        raise Stop(f"apt could not get a package: {reason}", _ADVICE)
    return files
