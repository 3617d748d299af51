# SPDX-License-Identifier: GPL-2.0-or-later
"""EDID as a guest reads it (VESA E-EDID standard, release A)."""

from dataclasses import dataclass

from guest import Guest

_HEADER = bytes([0, *[255] * 6, 0])
_BLOCK = 128
_FIRST_TIMING = 54      # 3.10.2: it is the preferred one


@dataclass(frozen=True)
class Edid:
    """What it says: the preferred mode's size in pixels."""

    width: int
    height: int


def parse(data: bytes) -> Edid:
    """Raises ValueError for what is no EDID."""
    if data[:8] != _HEADER or len(data) != _BLOCK * (1 + data[126]):
        raise ValueError(f"no EDID: {data.hex()}")
    for start in range(0, len(data), _BLOCK):
        if sum(data[start:start + _BLOCK]) % 256:
            raise ValueError(f"EDID's checksum is wrong: {data.hex()}")
    timing = data[_FIRST_TIMING:]
    return Edid(timing[2] | (timing[4] & 0xf0) << 4,
                timing[5] | (timing[7] & 0xf0) << 4)


@dataclass(frozen=True)
class Connector:
    """An output of a graphics card, as the guest's sysfs has it."""

    connected: bool
    modes: list[str]
    edid: Edid | None


async def read_connector(guest: Guest, name: str) -> Connector:
    """The output @name: "card0-Virtual-1".  Raises GuestError."""
    folder = f"/sys/class/drm/{name}"
    status = await guest.run(f"cat {folder}/status")
    modes = await guest.run(f"cat {folder}/modes")
    digits = "".join(await guest.run(f"od -An -v -tx1 {folder}/edid"))
    data = bytes.fromhex(digits)
    return Connector(status == ["connected"], modes,
                     parse(data) if data else None)
