# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of test suites, tests/suites.toml, and what each needs to run."""

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

from .console import Stop
from .places import Places, read_config

TIERS = ('unit', 'check', 'full')
KINDS = ('unit', 'build', 'qtest', 'qemu', 'boot', 'other')
FIELDS = {'name', 'tier', 'kind', 'command', 'needs', 'timeout', 'exclusive'}


@dataclass(frozen=True)
class Suite:
    """One suite: a shell command, run in the project's folder, that prints
    TAP.

    `tier` is the smallest tier that runs it; `timeout` is in seconds; an
    `exclusive` suite has the machine to itself.
    """
    name: str
    tier: str
    kind: str
    command: str
    needs: tuple = ()
    timeout: int = 900
    exclusive: bool = False


def check_suite(table: Dict[str, object], source: Path) -> Suite:
    """A suite from its table, with every field's value checked."""
    unknown = set(table) - FIELDS
    lacking = {'name', 'tier', 'kind', 'command'} - set(table)
    if unknown or lacking or table['tier'] not in TIERS \
            or table['kind'] not in KINDS:
        raise Stop(f'{source}: suite {table.get("name")!r} has a wrong or '
                   'missing field',
                   f'it has name, command, a tier of {", ".join(TIERS)}, a '
                   f'kind of {", ".join(KINDS)}, and may have needs, timeout '
                   'and exclusive')
    return Suite(**{**table, 'needs': tuple(table.get('needs', ()))})


def load_suites(source: Path) -> List[Suite]:
    """All suites of a file, in its order; names are unique."""
    try:
        tables = tomllib.loads(source.read_text()).get('suite', [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Stop(f'{source} cannot be read: {error}', 'correct it') from error
    suites = [check_suite(table, source) for table in tables]
    names = [suite.name for suite in suites]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Stop(f'{source}: two suites are called {twice[0]}',
                   'rename one of them')
    return suites


def select(suites: List[Suite], tier: str, kind: Optional[str],
           names: List[str]) -> List[Suite]:
    """The suites of a tier and those below it, of one kind or by name."""
    if names:
        unknown = set(names) - {suite.name for suite in suites}
        if unknown:
            raise Stop(f'there is no suite {sorted(unknown)[0]}',
                       'see scripts/run-tests --list')
        return [suite for suite in suites if suite.name in names]
    return [suite for suite in suites
            if TIERS.index(suite.tier) <= TIERS.index(tier)
            and kind in (None, suite.kind)]


def environment(places: Places, tier: str) -> Dict[str, str]:
    """Variables that every suite gets; paths are absolute."""
    try:
        config = read_config(places)
    except Stop:
        config = {}
    fork = config.get('QEMU_BUILD', str(places.fork / 'obj'))
    stock = config.get('REFERENCE_BUILD', str(places.stock / 'obj'))
    asan = config.get('SANITIZER_BUILD', str(places.fork / 'obj-asan'))
    return {
        'PROJECT': str(places.top), 'BUILD': str(places.build),
        'CACHE': str(places.cache), 'REPORT': str(places.build / 'report'),
        'QEMU': f'{fork}/qemu-system-x86_64',
        'QEMU_AARCH64': f'{fork}/qemu-system-aarch64',
        'STOCK_QEMU': f'{stock}/qemu-system-x86_64',
        'SANITIZER_QEMU': f'{asan}/qemu-system-x86_64',
        'QEMU_TREE': str(places.tree), 'QEMU_BUILD': fork,
        'REFERENCE_BUILD': stock, 'SANITIZER_BUILD': asan,
        'QEMU_PRISTINE': str(places.pristine), 'TIER': tier,
        'CMOCKA_MESSAGE_OUTPUT': 'TAP', 'PYTHONDONTWRITEBYTECODE': '1',
    }


def unmet(suite: Suite, variables: Dict[str, str]) -> str:
    """Why a suite cannot run now, or nothing.

    `needs` names builds (build, reference, asan), the configured tree (tree),
    or programs.
    """
    files = {'build': ('QEMU', 'the fork is not built: run make'),
             'reference': ('STOCK_QEMU',
                           'stock QEMU is not built: run make reference'),
             'asan': ('SANITIZER_QEMU', 'the sanitizer build is missing: run '
                      'make sanitizers'),
             'tree': ('QEMU_TREE', 'there is no QEMU tree: run ./configure')}
    for need in suite.needs:
        if need in files:
            variable, reason = files[need]
            if not Path(variables[variable]).exists():
                return reason
        elif shutil.which(need) is None:
            return f'{need} is not installed: run scripts/setup'
    return ''
