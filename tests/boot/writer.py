# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that the guest writes and verifies all the time: guest/writer.c."""

import os
import struct
from pathlib import Path

from guest import Guest, GuestError

SECTOR = 512
BLOCK = 64 * 1024
MEBIBYTE = 1024 * 1024


class Writer:
    """The guest's process that writes and verifies a disk all the time."""

    def __init__(self, guest: Guest, image: Path, seed: int) -> None:
        self._guest = guest
        self._image = image
        self._seed = seed
        self._blocks = image.stat().st_size // BLOCK

    async def start(self, device: str) -> None:
        """Start it on /dev/@device.  Raises GuestError."""
        size = self._image.stat().st_size // MEBIBYTE
        await self._checked("writer-start",
                            f"/dev/{device} {size} {self._seed}")

    async def _checked(self, verb: str, arguments: str = "") -> list[str]:
        status, lines = await self._guest.command(verb, arguments)
        if status:
            raise GuestError(f"{verb} {arguments}: {os.strerror(status)}; "
                             + " ".join(lines))
        return lines

    @staticmethod
    def _written(lines: list[str]) -> int:
        return int(dict(pair.split("=") for pair in lines[0].split())["written"])

    async def written(self) -> int:
        """Blocks written so far.  Raises GuestError if one was wrong."""
        return self._written(await self._checked("writer-status"))

    async def stop(self) -> int:
        """Stop it; the guest reads everything once more.

        Returns the blocks written.  Raises GuestError if one was wrong.
        """
        return self._written(await self._checked("writer-stop"))

    def check_image(self, written: int) -> None:
        """Compare the image file, of a QEMU that has ended, with what
        @written blocks must have left in it.  Raises GuestError.
        """
        rounds, rest = divmod(written, self._blocks)
        with self._image.open("rb") as image:
            for block in range(self._blocks):
                expected = self._block(block, rounds + (block < rest))
                if image.read(BLOCK) != expected:
                    raise GuestError(f"{self._image.name}: block {block} is "
                                     f"not as {written} written blocks "
                                     "must have left it")

    def _block(self, block: int, written_rounds: int) -> bytes:
        """What a block holds; zeros before it was written."""
        if not written_rounds:
            return bytes(BLOCK)
        per_block = BLOCK // SECTOR
        return b"".join(
            struct.pack("<QQ", self._seed + sector, written_rounds)
            * (SECTOR // 16)
            for sector in range(block * per_block, (block + 1) * per_block))
