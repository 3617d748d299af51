# SPDX-License-Identifier: GPL-2.0-or-later
"""Firmware of the guests, from Debian's packages."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from settings import Stop

# Where Debian's packages keep what QEMU loads by name: seabios,
# qemu-system-data (linuxboot, pvh), ipxe-qemu.
_DATA_FOLDERS = ["/usr/share/seabios", "/usr/share/qemu", "/usr/lib/ipxe/qemu"]


@dataclass(frozen=True)
class Flash:
    """A firmware in flash memory: its code, its variables, Debian's package.
    """

    code: Path
    variables: Path
    package: str


@dataclass(frozen=True)
class Firmware:
    """A firmware: its name, and whether it takes an uncompressed kernel.

    @flash: where it is; None for what QEMU loads by itself
    @architecture: of its guests, as Debian calls it
    """

    name: str
    title: str
    takes_vmlinux: bool
    flash: Flash | None = None
    architecture: str = "amd64"

    def arguments(self, folder: Path) -> list[str]:
        """QEMU's arguments; a copy of the variables goes into @folder.

        Stops where a package is missing.
        """
        arguments = []
        for data in _DATA_FOLDERS:
            arguments += ["-L", data]
        if not self.flash:
            _require(Path(_DATA_FOLDERS[0]) / "bios-256k.bin", "seabios")
            return arguments
        _require(self.flash.code, self.flash.package)
        variables = folder / "variables.fd"
        shutil.copy(self.flash.variables, variables)
        variables.chmod(0o600)
        return [*arguments,
                "-drive", "if=pflash,unit=0,format=raw,readonly=on,"
                          f"file={self.flash.code}",
                "-drive", f"if=pflash,unit=1,format=raw,file={variables}"]


def _require(path: Path, package: str) -> None:
    if not path.exists():
        raise Stop(f"{path} is missing", "run scripts/setup, or install "
                   f"Debian's package {package}")


_OVMF = Flash(Path("/usr/share/OVMF/OVMF_CODE_4M.fd"),
              Path("/usr/share/OVMF/OVMF_VARS_4M.fd"), "ovmf")
_ARM = Flash(Path("/usr/share/AAVMF/AAVMF_CODE.fd"),
             Path("/usr/share/AAVMF/AAVMF_VARS.fd"), "qemu-efi-aarch64")

#: Of PCs.
FIRMWARE = {
    "seabios": Firmware("seabios", "SeaBIOS", True),
    "ovmf": Firmware("ovmf", "OVMF", False, _OVMF),
}

#: Of the Arm board "virt".
ARM_FIRMWARE = Firmware("armvirt", "ArmVirtQemu", False, _ARM, "arm64")
