# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/build-qemu: bring the tree up to date and build one variant."""

import argparse

from . import overlay, qemubuild
from .console import say
from .places import find_places, read_config


def main() -> int:
    """Build one variant's emulators, and its qtests with --tests."""
    parser = argparse.ArgumentParser(prog='build-qemu', description=main.__doc__)
    parser.add_argument('variant', choices=('fork', 'stock', 'asan'))
    parser.add_argument('--tests', action='store_true', help='the qtests too')
    parser.add_argument('--jobs', type=int, help='compilers at a time')
    options = parser.parse_args()
    places = find_places()
    config = read_config(places)
    if overlay.update_tree(places):
        say('the fork\'s tree is up to date again')
    variant = qemubuild.variants(places)[options.variant]
    qemubuild.configure(places, variant, config)
    targets = qemubuild.emulators(variant)
    if options.tests:
        targets += qemubuild.qtest_targets(places, variant)
    qemubuild.ninja(places, variant, config, targets, options.jobs)
    if options.variant == 'fork':
        qemubuild.link_results(places)
    if options.tests:
        qemubuild.link_firmware(variant)
    return 0
