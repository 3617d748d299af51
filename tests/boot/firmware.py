# SPDX-License-Identifier: GPL-2.0-or-later
"""Firmware of the x86 guests, from Debian's packages."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from settings import Stop

# Where Debian's packages keep what QEMU loads by name: seabios,
# qemu-system-data (linuxboot, pvh), ipxe-qemu.
_DATA_FOLDERS = ["/usr/share/seabios", "/usr/share/qemu", "/usr/lib/ipxe/qemu"]

_OVMF_CODE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
_OVMF_VARS = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")


@dataclass(frozen=True)
class Firmware:
    """A firmware: its name, and whether it takes an uncompressed kernel."""

    name: str
    title: str
    takes_vmlinux: bool

    def arguments(self, folder: Path) -> list[str]:
        """QEMU's arguments; a copy of the variables goes into @folder.

        Stops where a package is missing.
        """
        arguments = []
        for data in _DATA_FOLDERS:
            arguments += ["-L", data]
        if self.name == "seabios":
            _require(Path(_DATA_FOLDERS[0]) / "bios-256k.bin", "seabios")
            return arguments
        _require(_OVMF_CODE, "ovmf")
        variables = folder / "variables.fd"
        shutil.copy(_OVMF_VARS, variables)
        variables.chmod(0o600)
        return [*arguments,
                "-drive", "if=pflash,unit=0,format=raw,readonly=on,"
                          f"file={_OVMF_CODE}",
                "-drive", f"if=pflash,unit=1,format=raw,file={variables}"]


def _require(path: Path, package: str) -> None:
    if not path.exists():
        raise Stop(f"{path} is missing", "run scripts/setup, or install "
                   f"Debian's package {package}")


FIRMWARE = {
    "seabios": Firmware("seabios", "SeaBIOS", True),
    "ovmf": Firmware("ovmf", "OVMF", False),
}
