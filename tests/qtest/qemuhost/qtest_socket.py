# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of QEMU's qtest protocol: port and memory accesses by text lines.

One command is one line; the answer is a line that starts with OK or FAIL.
Once interrupts are intercepted, lines that start with IRQ come between.
"""

import socket
from collections.abc import Sequence

PORT_SUFFIX = {1: "b", 2: "w", 4: "l"}


class QtestError(Exception):
    """QEMU refused a command, closed the connection or did not answer."""


class QtestSocket:
    """Sends commands over a connected socket and waits for their answers."""

    def __init__(self, connection: socket.socket, timeout: float) -> None:
        """@timeout: seconds to wait for an answer before giving up."""
        self._connection = connection
        self._connection.settimeout(timeout)
        self._reader = connection.makefile("rb")
        self.interrupts: dict[int, bool] = {}

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()
        self._connection.close()

    def command(self, line: str) -> str:
        """Send one command; returns what follows OK in its answer."""
        return self.commands([line])[0]

    def commands(self, lines: Sequence[str]) -> list[str]:
        """Send many commands at once; returns their answers in order.

        Raises QtestError where one fails or no answer comes in time.
        """
        try:
            self._connection.sendall(("\n".join(lines) + "\n").encode())
            return [self._answer(line) for line in lines]
        except OSError as error:
            raise QtestError(f"no answer to '{lines[0]}' (the first of "
                             f"{len(lines)}): {error}") from error

    def _answer(self, line: str) -> str:
        while True:
            answer = self._reader.readline().decode().rstrip("\n")
            if not answer:
                raise QtestError(f"QEMU closed the connection at '{line}'")
            if answer.startswith("IRQ "):
                _, change, number = answer.split()
                self.interrupts[int(number)] = change == "raise"
                continue
            status, _, rest = answer.partition(" ")
            if status != "OK":
                raise QtestError(f"'{line}' failed: {answer}")
            return rest

    def port_read(self, port: int, size: int) -> int:
        """Read @size bytes (1, 2 or 4) from an I/O port."""
        return int(self.command(f"in{PORT_SUFFIX[size]} {port:#x}"), 0)

    def port_write(self, port: int, size: int, value: int) -> None:
        """Write @size bytes (1, 2 or 4) to an I/O port."""
        self.command(f"out{PORT_SUFFIX[size]} {port:#x} {value:#x}")

    def clock_step(self, nanoseconds: int) -> int:
        """Let virtual time pass; returns the new time in nanoseconds."""
        return int(self.command(f"clock_step {nanoseconds}"))

    def intercept_interrupts_in(self, device: str) -> None:
        """Report the input pins of @device from now on in .interrupts."""
        self.command(f"irq_intercept_in {device}")
