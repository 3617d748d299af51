# SPDX-License-Identifier: GPL-2.0-or-later
"""Getting QEMU's source and a Meson that is new enough."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Callable, Dict, List, Optional

from .apt import PrivateApt
from .console import Stop, need_space, need_tools, run_logged, say, write_file
from .places import Places

MESON_MINIMUM = (1, 5)


def sha256(path: Path) -> str:
    """Digest of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open('rb') as stream:
        for block in iter(lambda: stream.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()


def clear(folder: Path) -> None:
    """Remove a folder or link, if it is there."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


class Downloads:
    """The cache folder: sets of files that apt has verified, with a record.

    A set is a folder `name` whose record.json holds the files' digests.  It
    comes into being by one rename, and is used as long as the digests fit.
    """

    def __init__(self, places: Places, mirror: Optional[str]) -> None:
        self.places = places
        self.mirror = mirror
        self.apt: Optional[PrivateApt] = None

    def ready_apt(self) -> PrivateApt:
        """The private apt with its lists fetched."""
        if self.apt is None:
            apt = PrivateApt(self.places.build / 'apt', self.mirror)
            apt.update()
            self.apt = apt
        return self.apt

    def recorded(self, name: str) -> List[Path]:
        """Files of a set, or nothing if it is absent or damaged."""
        folder = self.places.cache / name
        try:
            record: Dict[str, str] = json.loads(
                (folder / 'record.json').read_text())
            files = [folder / file for file in record]
            if all(sha256(file) == record[file.name] for file in files):
                return files
        except (OSError, ValueError):
            pass
        return []

    def fetch(self, name: str, what: str,
              download: Callable[[PrivateApt, Path], None]) -> List[Path]:
        """Files of a set, downloaded unless the cache has them."""
        files = self.recorded(name)
        if files:
            say(f'{what}: from the cache {self.places.cache / name}')
            return files
        say(f'{what}: downloading')
        need_space(self.places.cache, 120, 'the download')
        need_space(self.places.build, 250, 'apt\'s package lists')
        self.places.cache.mkdir(parents=True, exist_ok=True)
        unfinished = self.places.cache / f'{name}.part'
        unfinished.mkdir(exist_ok=True)
        download(self.ready_apt(), unfinished)
        record = {file.name: sha256(file)
                  for file in sorted(unfinished.iterdir())}
        write_file(unfinished / 'record.json', json.dumps(record, indent=1))
        clear(self.places.cache / name)
        os.replace(unfinished, self.places.cache / name)
        return self.recorded(name)


def fingerprint(source: Path) -> str:
    """What identifies a source: a file's content, or a folder's path and the
    size and time of all it holds."""
    if source.is_file():
        return sha256(source)
    digest = hashlib.sha256()
    files = [Path(folder) / name for folder, _, names in os.walk(source)
             for name in names if '.git' not in Path(folder).parts]
    for file in sorted(files):
        state = file.lstat()
        digest.update(f'{file}\0{state.st_size}\0{state.st_mtime_ns}\n'.encode())
    return digest.hexdigest()


def copy_tree(source: Path, target: Path) -> None:
    """Copy a tree with its times; blocks are shared where the disk can."""
    if subprocess.run(['cp', '-a', '--reflink=auto', f'{source}/.', target],
                      check=False).returncode:
        need_space(target, 32, 'copying the source tree')
        raise Stop(f'{source} could not be copied to {target}',
                   'see the message above, and run the same command again')


def unpack_tarball(source: Path, target: Path, log: Path) -> None:
    """Unpack a release tarball whose one top folder becomes `target`."""
    need_tools(['tar'])
    target.mkdir()
    run_logged(['tar', '-xf', str(source), '-C', str(target),
                '--strip-components=1'], log, f'{source} could not be unpacked',
               'get the file again, or name another with --qemu-source=')


def unpack(source: Path, target: Path, log: Path) -> None:
    """Make `target` the source tree that a .dsc, tarball or folder holds."""
    if source.is_dir():
        target.mkdir()
        copy_tree(source, target)
        clear(target / '.git')
    elif source.suffix == '.dsc':
        need_tools(['dpkg-source'])
        run_logged(['dpkg-source', '--no-copy', '--extract', str(source),
                    str(target)], log, f'{source} could not be unpacked',
                   'see that the files it names lie beside it and are whole')
    elif tarfile.is_tarfile(source) or '.tar' in source.name:
        unpack_tarball(source, target, log)
    else:
        raise Stop(f'{source} is not a folder, a tarball or a .dsc file',
                   'name one of these with --qemu-source=')


def check_series(tree: Path, places: Places, source: Path) -> str:
    """Version of a QEMU tree; Stop if no hooks exist for its series."""
    try:
        version = (tree / 'VERSION').read_text().strip()
    except OSError:
        version = ''
    match = re.match(r'(\d+\.\d+)\.\d+', version)
    known = sorted(p.stem.partition('-')[2]
                   for p in (places.top / 'hooks').glob('qemu-*.toml'))
    if not match or not (tree / 'hw/acpi').is_dir():
        raise Stop(f'{source} does not hold QEMU\'s source',
                   'name a QEMU source tree, tarball or .dsc file of series '
                   f'{", ".join(known)} with --qemu-source=')
    if match.group(1) not in known:
        raise Stop(f'{source} is QEMU {version}; supported is series '
                   f'{", ".join(known)}', 'use --qemu-source= with a QEMU '
                   'of that series, or leave it away to get Debian 13\'s')
    return version


def get_source(places: Places, given: Optional[Path],
               downloads: Downloads) -> str:
    """Provide the pristine source; return QEMU's version.

    What is there already is kept if it came from the same place.
    """
    if given is not None and not given.exists():
        raise Stop(f'{given} does not exist', 'correct --qemu-source=')
    if given is None:
        files = downloads.fetch('qemu-source', 'QEMU\'s source (40 MB)',
                                lambda apt, to: apt.source('qemu', to))
        given = next(file for file in files if file.suffix == '.dsc')
    identity = fingerprint(given)
    stamp = places.stock / 'source.json'
    try:
        if (json.loads(stamp.read_text())['identity'] == identity
                and places.pristine.is_dir()):
            return check_series(places.pristine, places, given)
    except (OSError, ValueError, KeyError):
        pass
    need_space(places.build, 1000, 'two copies of QEMU\'s source')
    say(f'unpacking {given.name}')
    stamp.unlink(missing_ok=True)
    unfinished = places.stock / 'src.part'
    clear(unfinished)
    places.stock.mkdir(parents=True, exist_ok=True)
    unpack(given, unfinished, places.build / 'log/unpack.log')
    version = check_series(unfinished, places, given)
    clear(places.pristine)
    os.replace(unfinished, places.pristine)
    write_file(stamp, json.dumps({'identity': identity, 'from': str(given),
                                  'version': version}))
    return version


def meson_version(python: str, folder: Optional[Path]) -> tuple:
    """Version of the Meson that `python` finds, () if there is none."""
    environment = dict(os.environ)
    environment.pop('PYTHONPATH', None)
    if folder:
        environment['PYTHONPATH'] = str(folder)
    result = subprocess.run(
        [python, '-c', 'from importlib.metadata import version;'
         'print(version("meson"))'], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return tuple(int(n) for n in re.findall(r'\d+', result.stdout)[:2])


def get_meson(places: Places, python: str, given: Optional[Path],
              downloads: Downloads) -> Optional[Path]:
    """Folder to put on PYTHONPATH for a Meson new enough; None if the
    machine's own will do."""
    if given is None and meson_version(python, None) >= MESON_MINIMUM:
        return None
    folder = places.build / 'meson'
    if meson_version(python, folder) >= MESON_MINIMUM:
        return folder
    if given is None:
        files = downloads.fetch('meson', 'Meson of Debian 13 (0.6 MB)',
                                lambda apt, to: apt.binary('meson', to))
        given = next(file for file in files if file.suffix == '.deb')
    need_tools(['dpkg-deb'])
    unfinished = places.build / 'meson.part'
    clear(unfinished)
    run_logged(['dpkg-deb', '--extract', str(given), str(unfinished)],
               places.build / 'log/meson.log', f'{given} could not be unpacked',
               'name a Debian package of Meson 1.5 or later with --meson=')
    clear(folder)
    os.replace(unfinished / 'usr/lib/python3/dist-packages', folder)
    clear(unfinished)
    if meson_version(python, folder) < MESON_MINIMUM:
        raise Stop(f'{given} does not give {python} a Meson of version 1.5 or '
                   'later', 'name one that does with --meson=')
    return folder
