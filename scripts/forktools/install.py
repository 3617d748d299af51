# SPDX-License-Identifier: GPL-2.0-or-later
"""make install and scripts/export-fork: the fork for use elsewhere."""

import argparse
import os
import shutil
from pathlib import Path

from . import overlay, qemubuild
from .console import Stop, need_space, say
from .places import Places, find_places, read_config
from .source import copy_tree


def install() -> int:
    """Copy the fork's emulators to DESTDIR/PREFIX/bin.

    They find their firmware in the distribution's folders from anywhere.
    """
    places = find_places()
    prefix = Path(read_config(places)['PREFIX'])
    target = Path(os.environ.get('DESTDIR', '') + str(prefix)) / 'bin'
    fork = qemubuild.variants(places)['fork']
    target.mkdir(parents=True, exist_ok=True)
    need_space(target, 500, 'installing')
    for name in qemubuild.emulators(fork):
        unfinished = target / f'.{name}.part'
        shutil.copyfile(fork.objects / name, unfinished)
        unfinished.chmod(0o755)
        os.replace(unfinished, target / name)
        say(f'installed {target / name}')
    return 0


def write_tree(places: Places, target: Path) -> None:
    """Copy the fork's tree to `target`, our files as ordinary ones."""
    target.mkdir(parents=True)
    copy_tree(places.tree, target)
    for file in overlay.project_files(places.top):
        (target / file).unlink()
        shutil.copy(places.top / file, target / file)


def export() -> int:
    """Write the fork as an ordinary QEMU source tree."""
    parser = argparse.ArgumentParser(prog='export-fork',
                                     description=export.__doc__)
    parser.add_argument('folder', type=Path, metavar='DIR',
                        help='where to; must not exist yet')
    target = parser.parse_args().folder.absolute()
    places = find_places()
    version = read_config(places)['QEMU_VERSION']
    if target.exists():
        raise Stop(f'{target} exists already', 'remove it or name another')
    if places.tree in (target, *target.parents):
        raise Stop(f'{target} is inside the fork\'s tree', 'name another')
    overlay.update_tree(places)
    need_space(target.parent, 500, 'the exported tree')
    unfinished = target.with_name(f'{target.name}.part')
    if unfinished.exists():
        shutil.rmtree(unfinished)
    write_tree(places, unfinished)
    os.replace(unfinished, target)
    say(f'QEMU {version} with our code is in {target}; build it with its own '
        'configure')
    return 0
