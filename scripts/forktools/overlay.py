# SPDX-License-Identifier: GPL-2.0-or-later
"""Making and updating the fork's tree: QEMU's files, ours linked in, hooks.

A manifest beside the tree records what was put where, so that a second run
changes only what has to change: ninja then rebuilds just that.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Set

from .console import Stop, need_space, say, write_file, write_if_changed
from .hooks import Hook, apply_hooks, load_hooks
from .places import OVERLAY_FOLDERS, Places
from .source import clear, copy_tree

SUFFIXES = {'.c', '.h', '.inc', '.json', '.hx', '.build', '.txt'}


def project_files(top: Path) -> List[str]:
    """Paths of our files that belong into the tree, relative to `top`."""
    found = [path for folder in OVERLAY_FOLDERS
             for path in sorted((top / folder).rglob('*'))
             if path.is_file() and path.suffix in SUFFIXES
             and not path.name.startswith('.')]
    return [str(path.relative_to(top)) for path in found]


def qtest_values(files: List[str]) -> Mapping[str, str]:
    """What hooks may insert: names of our qtests and what they share."""
    sources = [Path(file) for file in files
               if file.startswith('tests/qtest/') and file.endswith('.c')]
    tests = [p.stem for p in sources if p.stem.endswith('-test')]
    helpers = [p.name for p in sources if not p.stem.endswith('-test')]
    return {'PROJECT_QTESTS': ', '.join(f"'{name}'" for name in tests),
            'PROJECT_QTEST_HELPERS': ', '.join(f"'{name}'" for name in helpers)}


def hook_file(places: Places) -> Path:
    """The hooks for the pristine source's series."""
    version = (places.pristine / 'VERSION').read_text()
    return places.top / f'hooks/qemu-{".".join(version.split(".")[:2])}.toml'


@dataclass
class Manifest:
    """What is ours in the tree: links by path, and hooked files."""
    links: Set[str]
    hooked: Set[str]

    @staticmethod
    def load(path: Path) -> 'Manifest':
        """Read it; an absent or damaged one counts as empty."""
        try:
            data = json.loads(path.read_text())
            return Manifest(set(data['links']), set(data['hooked']))
        except (OSError, ValueError, KeyError):
            return Manifest(set(), set())

    def save(self, path: Path) -> None:
        """Write it, if it changed."""
        write_if_changed(path, json.dumps(
            {'links': sorted(self.links), 'hooked': sorted(self.hooked)},
            indent=1))


def check_names(places: Places, files: List[str], hooks: Set[str]) -> None:
    """Stop if a file of ours would hide one that it must not."""
    for file in files:
        if file in hooks:
            raise Stop(f'{file} is both a file of the project and hooked',
                       'remove one of the two')
        if file.startswith('tests/') and (places.pristine / file).exists():
            raise Stop(f'{file} has the name of a test of QEMU\'s',
                       'rename ours')


def link_file(places: Places, file: str) -> bool:
    """Make the tree's `file` a link to ours; True if that is new."""
    ours, theirs = places.top / file, places.tree / file
    if theirs.is_symlink() and os.readlink(theirs) == str(ours):
        return False
    theirs.parent.mkdir(parents=True, exist_ok=True)
    theirs.unlink(missing_ok=True)
    theirs.symlink_to(ours)
    if (places.fork / 'obj').exists():
        ours.touch()    # it may be older than the object of what it replaces
    return True


def restore(places: Places, file: str) -> None:
    """Give the tree QEMU's own version of a file, or none."""
    pristine, theirs = places.pristine / file, places.tree / file
    theirs.unlink(missing_ok=True)
    if pristine.exists():
        shutil.copyfile(pristine, theirs)
        shutil.copymode(pristine, theirs)


def hooked_texts(places: Places, hooks: Dict[str, List[Hook]],
                 source: Path) -> Dict[str, str]:
    """Each hooked file's new text, all checked before anything is written."""
    texts = {}
    for file, changes in hooks.items():
        try:
            text = (places.pristine / file).read_text()
        except FileNotFoundError as error:
            raise Stop(f'hook {changes[0].name!r} does not fit: this QEMU has '
                       f'no {file}', f'correct the hook in {source}') from error
        texts[file] = apply_hooks(text, changes, source)
    return texts


def make_tree(places: Places) -> None:
    """Start the fork's tree as a copy of the pristine source, if needed."""
    stamp, origin = places.fork / 'origin', places.stock / 'source.json'
    identity = origin.read_text()
    if stamp.exists() and stamp.read_text() == identity and places.tree.is_dir():
        return
    say('copying QEMU\'s source for the fork')
    need_space(places.build, 500, 'the fork\'s tree')
    stamp.unlink(missing_ok=True)
    clear(places.fork / 'src.part')
    (places.fork / 'src.part').mkdir(parents=True)
    copy_tree(places.pristine, places.fork / 'src.part')
    clear(places.tree)
    (places.fork / 'manifest.json').unlink(missing_ok=True)
    os.replace(places.fork / 'src.part', places.tree)
    write_file(stamp, identity)


def update_tree(places: Places) -> int:
    """Bring the fork's tree up to date; return the number of changes."""
    make_tree(places)
    files = project_files(places.top)
    source = hook_file(places)
    hooks = load_hooks(source, qtest_values(files))
    check_names(places, files, set(hooks))
    texts = hooked_texts(places, hooks, source)
    record = places.fork / 'manifest.json'
    before = Manifest.load(record)
    now = Manifest(set(files), set(hooks))
    Manifest(before.links | now.links, before.hooked | now.hooked).save(record)
    gone = (before.links - now.links) | (before.hooked - now.hooked)
    gone -= now.links | now.hooked
    for file in sorted(gone):
        restore(places, file)
    changes = len(gone)
    changes += sum(link_file(places, file) for file in files)
    changes += sum(write_if_changed(places.tree / file, text)
                   for file, text in texts.items())
    now.save(record)
    return changes
