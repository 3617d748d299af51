# SPDX-License-Identifier: GPL-2.0-or-later
"""./configure: get QEMU's source, make the fork's tree, configure builds."""

import argparse
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Dict, List, Optional

from . import overlay, qemubuild, source
from .console import Stop, locked, missing_tool, need_tools, say, write_if_changed
from .places import CONFIG_FORMAT, Places, find_places

TOOLS = ('make', 'ninja', 'pkg-config', 'flex', 'bison', 'bzip2', 'tar')


def parse(arguments: List[str]) -> argparse.Namespace:
    """Options of configure."""
    parser = argparse.ArgumentParser(
        prog='./configure', allow_abbrev=False,
        description='Get QEMU\'s source, put our code into it, prepare to '
        'build.',
        epilog='Downloads are kept in ~/.cache/qemu-hotplug, or in the folder '
        'that QEMU_HOTPLUG_CACHE names.  CC chooses the compiler.')
    parser.add_argument('--qemu-source', type=Path,
                        metavar='DIR|TARBALL|.dsc', help='QEMU 10.0 source '
                        'to use, instead of Debian 13\'s through apt')
    parser.add_argument('--reference', action='store_true',
                        help='let make build stock QEMU too, to compare with')
    parser.add_argument('--enable-sanitizers', action='store_true',
                        help='let make build x86_64 with address and '
                        'undefined-behaviour sanitizers too')
    parser.add_argument('--prefix', default='/usr/local', metavar='DIR',
                        help='where make install puts the result [%(default)s]')
    parser.add_argument('--mirror', metavar='URL', help='Debian mirror '
                        '[the one in this machine\'s apt sources]')
    parser.add_argument('--meson', type=Path, metavar='DEB', help='Debian '
                        'package of Meson 1.5 or later, instead of Debian 13\'s')
    options = parser.parse_args(arguments)
    for name in ('qemu_source', 'meson'):
        if getattr(options, name):
            setattr(options, name, getattr(options, name).absolute())
    if not os.path.isabs(options.prefix):
        parser.error('--prefix must be an absolute path')
    return options


def check_machine() -> str:
    """The compiler; Stop with one message that names all missing tools."""
    compiler = os.environ.get('CC', 'cc')
    if shutil.which(shlex.split(compiler)[0]) is None:
        raise missing_tool(compiler)
    need_tools(TOOLS)
    return compiler


def configuration(places: Places, options: argparse.Namespace,
                  compiler: str) -> Dict[str, str]:
    """What config.mak will say, but for version and Meson."""
    builds = qemubuild.variants(places)
    return {
        'CONFIG_FORMAT': CONFIG_FORMAT,
        'PROJECT': str(places.top), 'CACHE': str(places.cache),
        'PYTHON': sys.executable, 'CC': compiler,
        'CCACHE': qemubuild.find_ccache(), 'PREFIX': options.prefix,
        'QEMU_PRISTINE': str(places.pristine), 'QEMU_TREE': str(places.tree),
        'QEMU_BUILD': str(builds['fork'].objects),
        'REFERENCE_BUILD': str(builds['stock'].objects),
        'SANITIZER_BUILD': str(builds['asan'].objects),
        'WITH_REFERENCE': 'y' if options.reference else '',
        'WITH_SANITIZERS': 'y' if options.enable_sanitizers else '',
    }


def write_config(places: Places, config: Dict[str, str]) -> None:
    """Write config.mak; its time stays if it says the same already."""
    lines = ['# Made by configure; make reads it']
    lines += [f'{name}={value}' for name, value in config.items()]
    write_if_changed(places.config, '\n'.join(lines) + '\n')


def main(arguments: Optional[List[str]] = None) -> int:
    """Run configure with the given options."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    places = find_places()
    compiler = check_machine()
    if any(c.isspace() or c in '#$:' for c in str(places.top)):
        raise Stop(f'{places.top} holds a character that make cannot take',
                   'move the project to a folder without blanks, #, $ and :')
    places.build.mkdir(exist_ok=True)
    config = configuration(places, options, compiler)
    downloads = source.Downloads(places, options.mirror)
    with locked(places.stock, 'QEMU\'s source'):
        config['QEMU_VERSION'] = source.get_source(
            places, options.qemu_source, downloads)
        meson = source.get_meson(places, config['PYTHON'], options.meson,
                                 downloads)
    config['MESON_PATH'] = str(meson or '')
    with locked(places.fork, 'the fork\'s tree'):
        overlay.update_tree(places)
    wanted = ['fork'] + ['stock'] * options.reference \
        + ['asan'] * options.enable_sanitizers
    for name in wanted:
        variant = qemubuild.variants(places)[name]
        with locked(variant.objects, f'the {name} build'):
            qemubuild.configure(places, variant, config)
    write_config(places, config)
    say(f'configured: QEMU {config["QEMU_VERSION"]}; now run make')
    return 0
