# SPDX-License-Identifier: GPL-2.0-or-later
"""PCI configuration space through the PC's ports 0xcf8 and 0xcfc."""

from collections.abc import Iterator

from .qtest_socket import QtestSocket

ADDRESS_PORT = 0xCF8
DATA_PORT = 0xCFC
HEADER_TYPE = 0x0E
BUS_NUMBERS = 0x18
NOTHING_THERE = 0xFFFFFFFF


def devfn(device: int, function: int = 0) -> int:
    """Device and function number in one byte."""
    return device << 3 | function


def config_read(qtest: QtestSocket, bus: int, function: int, offset: int,
                size: int) -> int:
    """Read @size bytes at @offset of the function with devfn @function."""
    _address(qtest, bus, function, offset)
    return qtest.port_read(DATA_PORT + offset % 4, size)


def config_write(qtest: QtestSocket, bus: int, function: int, offset: int,
                 size: int, value: int) -> None:
    """Write @size bytes at @offset of the function with devfn @function."""
    _address(qtest, bus, function, offset)
    qtest.port_write(DATA_PORT + offset % 4, size, value)


def _address(qtest: QtestSocket, bus: int, function: int, offset: int
             ) -> None:
    qtest.port_write(ADDRESS_PORT, 4,
                     1 << 31 | bus << 16 | function << 8 | offset & ~3)


def _bridges(qtest: QtestSocket, bus: int) -> Iterator[int]:
    """The devfn of each function on @bus that has a bus behind it."""
    lines = []
    for function in range(256):
        address = 1 << 31 | bus << 16 | function << 8 | HEADER_TYPE & ~3
        lines += [f"outl {ADDRESS_PORT:#x} {address:#x}",
                  f"inl {DATA_PORT:#x}"]
    values = qtest.commands(lines)[1::2]
    for function, text in enumerate(values):
        value = int(text, 0)
        if value != NOTHING_THERE and value >> 16 & 0x7F == 1:
            yield function


def number_buses(qtest: QtestSocket, bus: int = 0) -> int:
    """Give the buses behind the bridges numbers, as firmware does.

    Returns the highest number given out.  Buses are numbered depth first, in
    the order of their bridges' devfn.
    """
    highest = bus
    for function in _bridges(qtest, bus):
        secondary = highest + 1
        config_write(qtest, bus, function, BUS_NUMBERS, 4,
                     0xFF << 16 | secondary << 8 | bus)
        highest = number_buses(qtest, secondary)
        config_write(qtest, bus, function, BUS_NUMBERS, 4,
                     highest << 16 | secondary << 8 | bus)
    return highest
