# SPDX-License-Identifier: GPL-2.0-or-later
"""Display devices, and the table of docs/user/displays.rst that lists them."""

import re

from . import environment

PAGE = environment.PROJECT / "docs" / "user" / "displays.rst"

# Each device with the Kconfig symbols that it takes
LEGACY = {"VGA": ("VGA_PCI",), "ati-vga": ("ATI_VGA",),
          "cirrus-vga": ("VGA_CIRRUS",), "qxl-vga": ("QXL",),
          "vhost-user-vga": ("VHOST_USER_VGA",),
          "virtio-vga": ("VIRTIO_VGA",), "vmware-svga": ("VMWARE_VGA",)}
OTHERS = {"bochs-display": ("BOCHS_DISPLAY",), "ramfb": ("FW_CFG_DMA",),
          "vfio-pci": ("VFIO_PCI",),
          "virtio-gpu-pci": ("VIRTIO_GPU", "VIRTIO_PCI")}
SYMBOLS = {**LEGACY, **OTHERS}


def documented(text: str = "") -> dict[str, set[str]]:
    """The devices that the page lists for each target.

    @text stands for the page's.  Raises ValueError where the table is not
    made of rows with three cells, or names an unknown device.
    """
    lines = (text or PAGE.read_text(encoding="utf-8")).splitlines()
    start = lines.index(".. table: displays")
    cells = [found[2].strip() for line in lines[start:]
             if (found := re.match(r"   (\* -|  -) (.*)", line))]
    targets: dict[str, set[str]] = {}
    for row in range(3, len(cells), 3):
        names, legacy, others = (cell.split(", ")
                                 for cell in cells[row:row + 3])
        listed = set(legacy + others) - {"none"}
        if listed - set(SYMBOLS):
            raise ValueError(f"unknown: {listed - set(SYMBOLS)}")
        targets.update((name, listed) for name in names)
    return targets
