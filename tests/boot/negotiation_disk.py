# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that UEFI can read: FAT16 without partitions, written in one go.

Microsoft's "FAT: General Overview of On-Disk Format", version 1.03.
"""

import struct
from pathlib import Path

_SECTOR = 512
_SECTORS_PER_CLUSTER = 8
_CLUSTER = _SECTOR * _SECTORS_PER_CLUSTER
_RESERVED_SECTORS = 1
_FATS = 2
_ROOT_ENTRIES = 512
_ENTRY = 32
_MEDIA = 0xf8
_END = 0xffff

#: FAT16 has more clusters than FAT12 may have, and fewer than FAT32.
_LEAST_CLUSTERS, _MOST_CLUSTERS = 4085, 65524


def _clusters(size: int) -> int:
    """How many clusters a file takes."""
    return -(-size // _CLUSTER)


def _boot_sector(sectors: int, fat_sectors: int) -> bytes:
    """Sector 0: the parameters, and nothing to boot."""
    head = struct.pack(
        "<3s8sHBHBHHBHHHII", b"\xeb\x3c\x90", b"MSWIN4.1", _SECTOR,
        _SECTORS_PER_CLUSTER, _RESERVED_SECTORS, _FATS, _ROOT_ENTRIES,
        sectors if sectors < 0x10000 else 0, _MEDIA, fat_sectors, 63, 255, 0,
        sectors if sectors >= 0x10000 else 0)
    rest = struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 1, b"KERNELS    ",
                       b"FAT16   ")
    return (head + rest).ljust(_SECTOR - 2, b"\0") + b"\x55\xaa"


def _entry(name: str, first: int, size: int) -> bytes:
    """A file's entry in the root directory; 2020-01-01, 00:00."""
    base, _, extension = name.partition(".")
    assert len(base) <= 8 and len(extension) <= 3 and name == name.upper()
    date = (2020 - 1980) << 9 | 1 << 5 | 1
    return struct.pack("<8s3sBBBHHHHHHHI", base.ljust(8).encode(),
                       extension.ljust(3).encode(), 0x20, 0, 0, 0, date, date,
                       0, 0, date, first, size)


def write_disk(path: Path, files: dict[str, bytes]) -> None:
    """Write an image with files in its root directory.

    @files: contents by name; names are upper case, at most 8.3 characters,
            and no file is empty
    """
    table, directory, data = [0xff00 | _MEDIA, _END], b"", b""
    for name, content in files.items():
        first, count = len(table), _clusters(len(content))
        directory += _entry(name, first, len(content))
        table += [*range(first + 1, first + count), _END]
        data += content.ljust(count * _CLUSTER, b"\0")
    clusters = max(len(table) - 2, _LEAST_CLUSTERS)
    assert clusters <= _MOST_CLUSTERS
    fat_sectors = -(-(clusters + 2) * 2 // _SECTOR)
    fat = struct.pack(f"<{len(table)}H", *table).ljust(fat_sectors * _SECTOR,
                                                       b"\0")
    root = directory.ljust(_ROOT_ENTRIES * _ENTRY, b"\0")
    sectors = (_RESERVED_SECTORS + (_FATS * len(fat) + len(root)) // _SECTOR
               + clusters * _SECTORS_PER_CLUSTER)
    path.write_bytes(_boot_sector(sectors, fat_sectors) + _FATS * fat + root
                     + data.ljust(clusters * _CLUSTER, b"\0"))
