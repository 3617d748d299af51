# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/build-qemu: bring the tree up to date and build one variant."""

import argparse
import time
from typing import Dict, List

from . import overlay, qemubuild
from .console import locked, say, write_file
from .places import Places, find_places, read_config


def wanted(config: Dict[str, str]) -> List[str]:
    """The variants that configure was told to build."""
    return ['fork'] + ['stock'] * bool(config['WITH_REFERENCE']) \
        + ['asan'] * bool(config['WITH_SANITIZERS'])


def build(places: Places, config: Dict[str, str], name: str,
          options: argparse.Namespace) -> None:
    """Build one variant; how long it took stays in build/log."""
    began = time.monotonic()
    variant = qemubuild.variants(places)[name]
    targets = qemubuild.emulators(variant)
    if options.tests:
        targets += qemubuild.qtest_targets(places, variant)
    with locked(variant.objects, f'the {name} build'):
        qemubuild.configure(places, variant, config)
        qemubuild.ninja(places, variant, config, targets, options.jobs)
    if name == 'fork':
        qemubuild.link_results(places)
    if options.tests:
        qemubuild.link_firmware(variant)
    write_file(places.build / f'log/seconds-{name}',
               f'{time.monotonic() - began:.1f}\n')


def main() -> int:
    """Build the emulators of one variant or of all that are configured, and
    with --tests their qtests."""
    parser = argparse.ArgumentParser(prog='build-qemu', description=main.__doc__)
    parser.add_argument('variant', choices=('all', 'fork', 'stock', 'asan'))
    parser.add_argument('--tests', action='store_true', help='the qtests too')
    parser.add_argument('--jobs', type=int, help='compilers at a time')
    options = parser.parse_args()
    places = find_places()
    config = read_config(places)
    with locked(places.fork, 'the fork\'s tree'):
        if overlay.update_tree(places):
            say('the fork\'s tree is up to date again')
    names = wanted(config) if options.variant == 'all' else [options.variant]
    for name in names:
        build(places, config, name, options)
    return 0
