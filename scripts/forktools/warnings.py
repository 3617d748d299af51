# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/check-warnings: our C code in the fork compiles without a warning.

QEMU's build does not stop for warnings, as its own code must build with
compilers to come; ours is compiled once more, with warnings as errors.
"""

import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, Tuple

from .console import Stop
from .layering import Report
from .places import Places, find_places, read_config
from .qemubuild import environment


def our_commands(places: Places, build: Path) -> List[Tuple[str, List[str]]]:
    """Our sources by relative path, each with a command that compiles it.

    A source that both targets compile is there once for each.
    """
    commands: Dict[str, List[str]] = {}
    for entry in json.loads((build / 'compile_commands.json').read_text()):
        source = (build / entry['file']).resolve()
        if places.top not in source.parents or places.build in source.parents:
            continue
        words = shlex.split(entry['command'])
        output = words.index('-o')
        folder = words[output + 1].split('/')[0]
        del words[output:output + 2]
        name = f'{source.relative_to(places.top)} ({folder})'
        commands[name] = words + ['-fsyntax-only', '-Werror']
    return sorted(commands.items())


def complaints(command: List[str], build: Path,
               settings: Dict[str, str]) -> str:
    """What the compiler says, if it fails."""
    result = subprocess.run(command, cwd=build, env=settings, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            check=False)
    return result.stdout or 'no message' if result.returncode else ''


def main() -> int:
    """Compile our sources with warnings as errors; prints TAP."""
    places = find_places()
    config = read_config(places)
    build = Path(config['QEMU_BUILD'])
    settings = dict(environment(places, config), CCACHE_DISABLE='1')
    commands = our_commands(places, build)
    if not commands:
        raise Stop('the build compiles no source of ours', 'run make')
    report = Report()
    with ThreadPoolExecutor() as pool:
        results = pool.map(lambda item: complaints(item[1], build, settings),
                           commands)
        for (name, _), problem in zip(commands, results):
            report.check(name, problem)
    return report.end()
