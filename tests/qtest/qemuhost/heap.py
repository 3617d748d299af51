# SPDX-License-Identifier: GPL-2.0-or-later
"""How many bytes a process holds from malloc, to the byte.

The resident set tells of leaks only once they are large: it moves by whole
pages, and with fragmentation.  So a small library is loaded into the process
that answers each byte on a socket with glibc's own account.  One arena and no
per-thread caches make the account exact.  Free pages are given back before, so
that the resident set does not count what waited for RCU at the busiest time.
"""

import os
import socket
import subprocess
import time
from pathlib import Path

ANSWER_SECONDS = 60.0
STEADY_SECONDS = 0.25
ENVIRONMENT = ("MALLOC_ARENA_MAX=1", "GLIBC_TUNABLES=glibc.malloc."
               "tcache_count=0:glibc.malloc.mmap_threshold=1073741824")

SOURCE = r"""
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *answer(void *argument)
{
    int fd = (int)(long)argument;
    char request, line[32];

    while (read(fd, &request, 1) == 1) {
        struct mallinfo2 heap;
        int length;

        malloc_trim(0);
        heap = mallinfo2();
        length = snprintf(line, sizeof(line), "%zu\n",
                          heap.uordblks + heap.hblkhd);
        if (write(fd, line, length) != length) {
            break;
        }
    }
    return NULL;
}

/* The program's own threads keep all the signals. */
__attribute__((constructor)) static void start(void)
{
    const char *fd = getenv("HEAP_REPORT_FD");
    sigset_t all, before;
    pthread_t thread;

    if (fd) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_create(&thread, NULL, answer, (void *)(long)atoi(fd));
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
}
"""


def build_library(folder: Path) -> Path:
    """Compile the library into @folder; returns its path."""
    library = folder / "heap-report.so"
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC",
                    "-pthread", "-x", "c", "-", "-o", str(library)],
                   input=SOURCE, text=True, check=True)
    return library


class HeapReport:
    """The test's end of the socket to one process."""

    def __init__(self, library: Path) -> None:
        self._socket, self._peer = socket.socketpair()
        self._socket.settimeout(ANSWER_SECONDS)
        os.set_inheritable(self._peer.fileno(), True)
        self._library = library

    @property
    def wrapper(self) -> list[str]:
        """What to put before the process's command line."""
        return ["env", f"LD_PRELOAD={self._library}",
                f"HEAP_REPORT_FD={self.descriptor}", *ENVIRONMENT]

    @property
    def descriptor(self) -> int:
        """The descriptor that the process must inherit."""
        return self._peer.fileno()

    def close(self) -> None:
        """Close both ends."""
        self._socket.close()
        self._peer.close()

    def read(self) -> int:
        """Bytes that the process holds now."""
        self._socket.sendall(b"?")
        answer = b""
        while not answer.endswith(b"\n"):
            piece = self._socket.recv(64)
            if not piece:
                raise OSError("the process ended")
            answer += piece
        return int(answer)

    def read_steady(self) -> int:
        """The same once it has stopped changing: RCU frees late."""
        deadline = time.monotonic() + ANSWER_SECONDS
        before, now = -1, self.read()
        while now != before and time.monotonic() < deadline:
            time.sleep(STEADY_SECONDS)
            before, now = now, self.read()
        return now


def resident_kilobytes(pid: int) -> int:
    """The resident set of a process, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise OSError(f"/proc/{pid}/status has no VmRSS")
