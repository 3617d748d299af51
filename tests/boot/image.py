# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest: Debian's kernel and an initramfs of ours, made from packages.

The initramfs has busybox, the modules named in guest/modules* and those that
they need, guest/init, and the agent compiled from guest/*.c.  The same inputs
give the same bytes; the result is kept in the cache under the hash of them.
"""

import fcntl
import hashlib
import json
import lzma
import os
import re
import shutil
import struct
import subprocess
import tarfile
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import debian
from settings import Stop
from forktools.console import missing_tool, need_tools  # pylint: disable=wrong-import-order

GUEST = Path(__file__).parent / "guest"

#: The guest's lists of modules, in /modules, and the files here that say what
#: is in them.  The guest loads those of "order" before the agent starts.
MODULE_LISTS = {"order": "modules", "display": "modules-display"}

#: Seconds that a guest stays in the cache after it was last used.
_KEEP = 14 * 24 * 3600

_COMPILERS = {"amd64": "x86_64-linux-gnu-gcc", "arm64": "aarch64-linux-gnu-gcc"}
_AGENT_FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra",
                "-Wno-unused-parameter", "-static", "-s"]


_REPORT_IT = ("the package's layout has changed: tests/boot/image.py must "
              "follow it")


@dataclass(frozen=True)
class Image:
    """A guest: files to give to QEMU's -kernel and -initrd.

    @vmlinux is the kernel uncompressed, where it could be had, else the same
    as @kernel.  SeaBIOS starts it directly (by its PVH entry), which takes
    half the time; UEFI does not.
    """

    kernel: Path
    vmlinux: Path
    initramfs: Path
    release: str


def _compiler(architecture: str) -> str:
    """The C compiler for the guest.  Stops where there is none."""
    native = architecture == debian.native_architecture()
    names = [os.environ.get("CC", "cc")] if native else []
    names.append(_COMPILERS.get(architecture, "cc"))
    for name in names:
        if shutil.which(name.split()[-1]):
            return name
    raise missing_tool(" or ".join(names))


def _run(command: list[str], folder: Path | None = None,
         feed: str | None = None) -> str:
    """Run a program for its output.  Stops where it fails."""
    result = subprocess.run(command, cwd=folder, input=feed, check=False,
                            capture_output=True, text=True)
    if result.returncode:
        raise Stop(f"{' '.join(command)} failed: {result.stderr}",
                   "see what it says; scripts/setup installs what it needs")
    return result.stdout


def _key(packages: list[Path], compiler: str) -> str:
    """A name for the image that these inputs make."""
    digest = hashlib.sha256()
    sources = sorted(GUEST.iterdir()) + [Path(__file__)]
    for path in [*sources, *packages]:
        digest.update(f"{path.name} {debian.sha256(path)}\n".encode())
    version = _run([*compiler.split(), "--version"]).splitlines()[0]
    digest.update(f"{version} {_AGENT_FLAGS}".encode())
    return digest.hexdigest()[:16]


@contextmanager
def _package_files(package: Path, folder: Path) -> Iterator[tarfile.TarFile]:
    """The files of a Debian package, unpacked into one archive in @folder."""
    archive = folder / "files.tar"
    with archive.open("wb") as output:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)],
                       stdout=output, check=True)
    with tarfile.open(archive) as files:
        yield files
    archive.unlink()


def _read(files: tarfile.TarFile, name: str) -> bytes:
    member = files.extractfile(name)
    if member is None:
        raise Stop(f"{name} is not a file of its package", _REPORT_IT)
    return member.read()


def _find(files: tarfile.TarFile, pattern: str) -> str:
    """The first name in an archive that matches.  Stops without one."""
    for name in files.getnames():
        if re.search(pattern, name):
            return name
    raise Stop(f"a package has no file like {pattern}", _REPORT_IT)


def _module_name(path: str) -> str:
    """A module's name, from the path of its file."""
    return re.sub(r"\.ko(\.xz)?$", "", Path(path).name).replace("-", "_")


def _needs(module: bytes) -> list[str]:
    """The modules that a module's own information says it depends on."""
    found = re.search(rb"\0depends=([^\0]*)\0", module)
    names = found.group(1).decode().split(",") if found else []
    return [name.replace("-", "_") for name in names if name]


class Modules:
    """The modules of a kernel package, and an order to load them in."""

    def __init__(self, files: tarfile.TarFile) -> None:
        self._files = files
        self._paths = {_module_name(name): name for name in files.getnames()
                       if re.search(r"\.ko(\.xz)?$", name)}
        builtin = _read(files, _find(files, r"/modules\.builtin$")).decode()
        self._builtin = {_module_name(path) for path in builtin.split()}
        self.loaded: dict[str, bytes] = {}

    def load(self, name: str) -> None:
        """Take a module, after what it needs.  Stops without one."""
        if name in self.loaded or name in self._builtin:
            return
        if name not in self._paths:
            raise Stop(f"the kernel package has no module {name}", _REPORT_IT)
        path = self._paths[name]
        content = _read(self._files, path)
        if path.endswith(".xz"):
            content = lzma.decompress(content)
        for needed in _needs(content):
            self.load(needed)
        self.loaded[name] = content

    def take(self, names: list[str]) -> list[str]:
        """Take modules.  Returns those that are new, in their order."""
        before = len(self.loaded)
        for name in names:
            self.load(name)
        return list(self.loaded)[before:]


def _wanted_modules(file: str) -> list[str]:
    lines = (GUEST / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _uncompressed(kernel: bytes) -> bytes | None:
    """The ELF file inside an x86 bzImage; None if it has none we can read.

    Documentation/arch/x86/boot.rst of Linux: the set-up header's setup_sects,
    payload_offset and payload_length.
    """
    if kernel[0x202:0x206] != b"HdrS":
        return None
    offset, length = struct.unpack_from("<II", kernel, 0x248)
    start = ((kernel[0x1f1] or 4) + 1) * 512 + offset
    payload = kernel[start:start + length]
    if payload.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(payload)
    if payload.startswith(b"\x28\xb5\x2f\xfd") and shutil.which("zstd"):
        # The payload ends with its size: zstd complains of that, last.
        return subprocess.run(["zstd", "-dcq"], input=payload, check=False,
                              capture_output=True).stdout or None
    return None


def _take_kernel(package: Path, folder: Path, root: Path) -> str:
    """Put the kernel into @folder and its modules into @root.

    Returns the kernel's release.
    """
    (root / "modules").mkdir()
    with _package_files(package, folder) as files:
        path = _find(files, r"/boot/vmlinu[xz]-")
        kernel = _read(files, path)
        modules = Modules(files)
        orders = {list_: modules.take(_wanted_modules(file))
                  for list_, file in MODULE_LISTS.items()}
    (folder / "kernel").write_bytes(kernel)
    if uncompressed := _uncompressed(kernel):
        (folder / "vmlinux").write_bytes(uncompressed)
    for name, content in modules.loaded.items():
        (root / "modules" / f"{name}.ko").write_bytes(content)
    for list_, names in orders.items():
        order = "".join(f"{name}.ko\n" for name in names)
        (root / "modules" / list_).write_text(order, encoding="utf-8")
    return re.sub(r".*/vmlinu[xz]-", "", path)


def _take_busybox(package: Path, folder: Path, root: Path) -> None:
    with _package_files(package, folder) as files:
        content = _read(files, _find(files, r"/bin/busybox$"))
    (root / "bin" / "busybox").write_bytes(content)
    (root / "bin" / "busybox").chmod(0o755)
    (root / "bin" / "sh").symlink_to("busybox")


def _compile_agent(compiler: str, root: Path) -> None:
    # DRM's headers are the same for all architectures.
    includes = _run(["pkg-config", "--cflags", "libdrm"]).split()
    sources = sorted(path.name for path in GUEST.glob("*.c"))
    _run([*compiler.split(), *_AGENT_FLAGS, *includes,
          "-o", str(root / "bin" / "agent"), *sources], GUEST)


def _pack(root: Path, output: Path) -> None:
    """Make an initramfs of a folder: same contents, same bytes."""
    paths = sorted(root.rglob("*"))
    for path in [*paths, root]:
        if not path.is_symlink() and not path.is_file():
            path.chmod(0o755)
        os.utime(path, (0, 0), follow_symlinks=False)
    names = "\n".join(str(path.relative_to(root)) for path in paths) + "\n"
    _run(["cpio", "--create", "--format=newc", "--reproducible",
          "--owner=+0:+0", "--quiet", f"--file={output}"], root, names)


def _make(packages: list[Path], compiler: str, folder: Path) -> None:
    """Make kernel, initramfs and manifest.json in @folder."""
    root = folder / "root"
    (root / "bin").mkdir(parents=True)
    release = _take_kernel(packages[0], folder, root)
    _take_busybox(packages[1], folder, root)
    _compile_agent(compiler, root)
    shutil.copy(GUEST / "init", root / "init")
    (root / "init").chmod(0o755)
    _pack(root, folder / "initramfs")
    shutil.rmtree(root)
    manifest = {"release": release, "packages": [p.name for p in packages]}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=4) + "\n",
                                          encoding="utf-8")


def _forget_unused(store: Path) -> None:
    """Remove guests that nobody has used for long."""
    for manifest in store.glob("*/manifest.json"):
        if time.time() - manifest.stat().st_mtime > _KEEP:
            shutil.rmtree(manifest.parent)


def _load(folder: Path) -> Image:
    (folder / "manifest.json").touch()
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    kernel, vmlinux = folder / "kernel", folder / "vmlinux"
    return Image(kernel, vmlinux if vmlinux.exists() else kernel,
                 folder / "initramfs", manifest["release"])


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process at a time makes guests in a cache."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(cache: Path, progress: debian.Progress,
          architecture: str = "amd64") -> Image:
    """The guest for an architecture, made where the cache does not have it.

    Stops where packages or tools are missing.
    """
    need_tools(["apt-get", "dpkg-deb", "cpio", "pkg-config"])
    store = cache / "guest"
    with _locked(store):
        packages = debian.fetch(["kernel", "busybox-static"], cache,
                                architecture, progress)
        compiler = _compiler(architecture)
        result = store / f"{architecture}-{_key(packages, compiler)}"
        if not (result / "manifest.json").exists():
            _forget_unused(store)
            progress(f"making the guest from {packages[0].name} "
                     f"and {packages[1].name}")
            with tempfile.TemporaryDirectory(dir=store) as folder:
                made = Path(folder) / "image"
                made.mkdir()
                _make(packages, compiler, made)
                shutil.rmtree(result, ignore_errors=True)
                made.rename(result)
        return _load(result)
