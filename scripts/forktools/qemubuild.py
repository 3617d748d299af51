# SPDX-License-Identifier: GPL-2.0-or-later
"""Running QEMU's configure and ninja for the fork, stock and sanitizers."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

from .console import (Stop, disk_is_full, full_disk, need_space, need_tools,
                      run_logged, say, write_file)
from .places import Places
from .source import clear

TARGETS = ('x86_64', 'aarch64')
FEATURES = ('system', 'kvm', 'tcg', 'pixman', 'fdt=system', 'slirp', 'png',
            'vnc')
FIRMWARE = ('/usr/share/qemu', '/usr/share/seabios', '/usr/lib/ipxe/qemu')
QEMU_TESTS = ('device-introspect-test', 'device-plug-test',
              'display-vga-test', 'q35-test', 'i440fx-test', 'lpc-ich9-test',
              'ioh3420-test', 'cxl-test', 'virtio-net-failover', 'qos-test',
              'bios-tables-test')
# Little optimization and short debug information halve the compiler's time
SANITIZER_FLAGS = ('--enable-asan', '--enable-ubsan', '-Doptimization=1',
                   '--extra-cflags=-g1')
CCACHE_SIZE = '4G'
STATUS_INTERVAL = 10.0  # seconds


@dataclass(frozen=True)
class Variant:
    """One of the builds: its folders, targets and extra flags."""
    name: str
    source: Path
    objects: Path
    targets: tuple
    flags: tuple
    megabytes: int


def variants(places: Places) -> Dict[str, Variant]:
    """The three builds by name."""
    return {
        'fork': Variant('fork', places.tree, places.fork / 'obj', TARGETS, (),
                        1500),
        'stock': Variant('stock', places.pristine, places.stock / 'obj',
                         TARGETS, (), 1500),
        'asan': Variant('asan', places.tree, places.fork / 'obj-asan',
                        ('x86_64',), SANITIZER_FLAGS, 1500),
    }


def environment(places: Places, config: Dict[str, str]) -> Dict[str, str]:
    """The environment for QEMU's configure and for ninja.

    The build folder is ccache's base, so that stock's objects are found in
    the fork's cache: both trees lie in it at the same depth.  QEMU's
    decodetree.py writes sets in their order, which the hash seed decides.
    """
    result = dict(os.environ, PYTHONHASHSEED='0')
    result.pop('PYTHONPATH', None)
    if config.get('MESON_PATH'):
        result['PYTHONPATH'] = config['MESON_PATH']
    if config.get('CCACHE'):
        result['CCACHE_BASEDIR'] = str(places.build)
        result['CCACHE_NOHASHDIR'] = '1'
        if 'CCACHE_DIR' not in result:
            result['CCACHE_DIR'] = str(places.cache / 'ccache')
            result.setdefault('CCACHE_MAXSIZE', CCACHE_SIZE)
    return result


def configure_command(variant: Variant, config: Dict[str, str]) -> List[str]:
    """The command that configures one build."""
    targets = ','.join(f'{name}-softmmu' for name in variant.targets)
    return [os.path.relpath(variant.source / 'configure', variant.objects),
            f'--python={config["PYTHON"]}', f'--target-list={targets}',
            '--without-default-features',
            *(f'--enable-{feature}' for feature in FEATURES),
            '--disable-install-blobs', '--disable-docs', '--disable-download',
            f'--firmwarepath={":".join(FIRMWARE)}', *variant.flags]


def add_meson_path(variant: Variant, config: Dict[str, str]) -> None:
    """Let the build's own Python find Meson, so that a bare ninja works."""
    if not config.get('MESON_PATH'):
        return
    for folder in variant.objects.glob('pyvenv/lib/python3*/site-packages'):
        write_file(folder / 'meson.pth', config['MESON_PATH'] + '\n')


def configure(places: Places, variant: Variant, config: Dict[str, str]) -> None:
    """Run QEMU's configure unless the folder is configured just so."""
    command = configure_command(variant, config)
    compiler = f'{config["CCACHE"]} {config["CC"]}'.strip()
    stamp = variant.objects / 'qemu-hotplug.json'
    wanted = json.dumps({'command': command, 'cc': compiler,
                         'source': str(variant.source),
                         'meson': config.get('MESON_PATH', ''),
                         'version': config['QEMU_VERSION']})
    if (stamp.exists() and stamp.read_text() == wanted
            and (variant.objects / 'build.ninja').exists()):
        return
    say(f'configuring the {variant.name} build (half a minute)')
    need_space(places.build, variant.megabytes, f'the {variant.name} build')
    stamp.unlink(missing_ok=True)
    if (variant.objects / 'pyvenv').exists():
        clear(variant.objects / 'pyvenv')
    variant.objects.mkdir(parents=True, exist_ok=True)
    run_logged(command, places.build / f'log/configure-{variant.name}.log',
               f'QEMU\'s configure failed for the {variant.name} build',
               'run scripts/setup, which installs all that QEMU needs; if '
               'that does not help, the log says what is missing',
               cwd=variant.objects,
               env=dict(environment(places, config), CC=compiler))
    add_meson_path(variant, config)
    write_file(stamp, wanted)


def ninja(places: Places, variant: Variant, config: Dict[str, str],
          targets: List[str], jobs: Optional[int] = None) -> None:
    """Build targets; ninja's own status is the progress shown, on a terminal
    in place, elsewhere as a line now and then."""
    need_tools(['ninja'])
    settings = dict(environment(places, config),
                    NINJA_STATUS=f'{variant.name} [%f/%t, %es] ')
    command = ['ninja', *([f'-j{jobs}'] if jobs else []), *targets]
    if sys.stdout.isatty():
        status = subprocess.run(command, cwd=variant.objects, env=settings,
                                stdin=subprocess.DEVNULL,
                                check=False).returncode
    else:
        status = ninja_in_lines(command, variant, settings)
    if status and disk_is_full(variant.objects):
        raise full_disk(variant.objects)
    if status:
        raise Stop(f'the {variant.name} build failed',
                   'the compiler\'s messages are above; after a change run '
                   'the same command again')


def ninja_in_lines(command: List[str], variant: Variant,
                   settings: Dict[str, str]) -> int:
    """Run ninja, passing on messages but few of its status lines; its exit
    status."""
    process = subprocess.Popen(command, cwd=variant.objects, env=settings,
                               stdin=subprocess.DEVNULL, text=True,
                               errors='replace', stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    spoke, held = 0.0, ''
    for line in process.stdout:
        if not line.startswith(f'{variant.name} ['):
            say((held + line).rstrip('\n'))
            held = ''
        elif time.monotonic() - spoke > STATUS_INTERVAL:
            say(line.rstrip('\n'))
            spoke, held = time.monotonic(), ''
        else:
            held = line     # to be shown if a message or the end follows
    if held:
        say(held.rstrip('\n'))
    return process.wait()


def emulators(variant: Variant) -> List[str]:
    """Names of a build's emulator binaries."""
    return [f'qemu-system-{target}' for target in variant.targets]


def qtest_targets(places: Places, variant: Variant) -> List[str]:
    """Ninja targets of QEMU's and our qtests."""
    names = list(QEMU_TESTS) if variant.name != 'asan' else []
    if variant.name != 'stock':
        names += sorted(p.stem for p in
                        (places.top / 'tests/qtest').glob('*-test.c'))
    return [f'tests/qtest/{name}' for name in names]


def link_results(places: Places) -> None:
    """Put links to the fork's binaries into the build folder."""
    fork = variants(places)['fork']
    for name in emulators(fork):
        link = places.build / name
        target = os.path.relpath(fork.objects / name, places.build)
        if not link.is_symlink() or os.readlink(link) != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target)


def link_firmware(variant: Variant) -> None:
    """Let binaries find firmware where they were built.

    Next to a folder qemu-bundle QEMU looks for every installed file in there.
    """
    for folder in FIRMWARE:
        link = variant.objects / f'qemu-bundle{folder}'
        if not link.is_symlink():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(folder)


def find_ccache() -> str:
    """The ccache program's name, or nothing where it is absent."""
    return 'ccache' if shutil.which('ccache') else ''
