# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/check-style: QEMU's checkpatch on our C code, and licence heads."""

import argparse
import re
import subprocess
from pathlib import Path
from typing import List

from .console import Stop, need_tools
from .layering import Report, run_tool
from .places import find_places

LICENCE = 'SPDX-License-Identifier: GPL-2.0-or-later'
OTHER_LICENCE = re.compile(r'free software; you can redistribute|'
                           r'WITHOUT ANY WARRANTY', re.IGNORECASE)
# Texts that have no place for a head, or are the licence itself
WITHOUT_HEAD = {'COPYING', '.gitignore'}
FUZZ_CORPUS = 'tests/fuzz/corpus/'      # bytes for programs
WITHOUT_HEAD_SUFFIXES = {'.md', '.png', '.txt', '.log', '.aml'}
# Complaints that an interface of QEMU's forces: file, message, reason
ACCEPTED = (
    ('include/hw/acpi/pcihp.h', 'Macros with complex values',
     'VMSTATE_PCI_HOTPLUG is a list of fields, which its users take as such'),
    ('include/hw/virtio/virtio-gpu.h', 'Macros with complex values',
     'VIRTIO_GPU_BASE_PROPERTIES is a list, which QEMU\'s types take as such'),
)
C_FOLDERS = ('hw', 'include', 'acpi', 'tests', 'qapi')


def project_files(top: Path) -> List[Path]:
    """All files that git tracks, or would if they were added."""
    result = subprocess.run(
        ['git', '-C', str(top), 'ls-files', '-z', '--cached', '--others',
         '--exclude-standard'], text=True, stdout=subprocess.PIPE, check=False)
    if result.returncode:
        raise Stop(f'git does not know {top}', 'run this in a clone')
    paths = [top / name for name in sorted(result.stdout.split('\0')) if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def licence_problem(path: Path) -> str:
    """What is wrong with a file's licence head, or nothing."""
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return ''
    head = '\n'.join(text.split('\n')[:5])
    if text and LICENCE not in head:
        return f'its first lines lack "{LICENCE}"'
    if OTHER_LICENCE.search(text) and path.name != 'style.py':
        return 'holds another licence text beside the head'
    return ''


def checkpatch_problem(checkpatch: Path, top: Path, relative: Path) -> str:
    """checkpatch's complaints about a file, or nothing.

    It is given the path inside the project, by which it knows tests.
    """
    result = run_tool(['perl', str(checkpatch), '--no-tree', '--terse',
                       '--no-summary', '-f', str(relative)], top)
    accepted = [message for file, message, _ in ACCEPTED
                if file == str(relative)]
    return '\n'.join(line for line in result.stdout.splitlines()
                     if not any(message in line for message in accepted))


def main() -> int:
    """Check licence heads, and C style with QEMU's checkpatch; prints TAP."""
    parser = argparse.ArgumentParser(prog='check-style',
                                     description=main.__doc__)
    parser.add_argument('--heads', action='store_true',
                        help='licence heads alone, for which no QEMU is needed')
    options = parser.parse_args()
    places = find_places()
    report = Report()
    files = project_files(places.top)
    for path in files:
        name = str(path.relative_to(places.top))
        if path.name not in WITHOUT_HEAD \
                and not name.startswith(FUZZ_CORPUS) \
                and path.suffix not in WITHOUT_HEAD_SUFFIXES:
            report.check(f'{name}: licence',
                         licence_problem(path))
    if not options.heads:
        need_tools(['perl'])
        checkpatch = places.pristine / 'scripts/checkpatch.pl'
        for path in files:
            relative = path.relative_to(places.top)
            if path.suffix in ('.c', '.h') and relative.parts[0] in C_FOLDERS:
                report.check(f'{relative}: style',
                             checkpatch_problem(checkpatch, places.top,
                                                relative))
    return report.end()
