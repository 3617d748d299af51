# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/check-layering: what each layer may include, and no globals.

Models (hw/model, include/model) use libc, GLib, pixman and each other, and
keep no state of their own.  AML sources (acpi) use QEMU's AML builder, models
and each other.  Prints TAP.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from .console import Stop, missing_tool, say
from .places import find_places

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"][^>"]+[>"])',
                     re.MULTILINE)
SYSTEM = re.compile(r'<(assert|ctype|errno|inttypes|limits|math|stdarg|'
                    r'stdbool|stddef|stdint|stdio|stdlib|string|time|'
                    r'sys/uio|glib|pixman)\.h>')
MODEL = re.compile(r'"model/[a-z0-9-]+\.h"')
AML = re.compile(r'"(qemu/osdep|hw/acpi/(aml-build|pci-hotplug-aml)|'
                 r'model/[a-z0-9-]+|[a-z0-9-]+-aml(-internal)?)\.h"')
# What nm calls symbols in writable sections, and common ones
WRITABLE = set('bBdDsSgGC')
LAYERS = {
    'models': (('hw/model/*.c', 'include/model/*.h'), (SYSTEM, MODEL)),
    'AML': (('acpi/*.c', 'acpi/*.h', 'include/hw/acpi/*-aml.h'),
            (SYSTEM, AML)),
}


def layer_files(top: Path, patterns: Tuple[str, ...]) -> List[Path]:
    """Files of a layer, sorted."""
    return sorted(path for pattern in patterns for path in top.glob(pattern))


def foreign_includes(text: str, allowed: Tuple['re.Pattern[str]', ...]) -> List[str]:
    """Headers that a source includes though its layer must not."""
    return [header for header in INCLUDE.findall(text)
            if not any(rule.fullmatch(header) for rule in allowed)]


def run_tool(command: List[str], cwd: Optional[Path] = None
             ) -> 'subprocess.CompletedProcess[str]':
    """Run a tool in `cwd`; its output is returned, its failure too."""
    try:
        return subprocess.run(command, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, cwd=cwd)
    except FileNotFoundError as error:
        raise missing_tool(command[0]) from error


def library_flags(what: str) -> List[str]:
    """Flags of GLib and pixman, which models may use."""
    result = run_tool(['pkg-config', what, 'glib-2.0', 'pixman-1'])
    if result.returncode:
        raise Stop('GLib or pixman is not installed', 'run scripts/setup unit')
    return result.stdout.split()


def compile_model(top: Path, source: Path, target: Path) -> str:
    """Compile a model alone; return the compiler's complaints.

    Position-dependent code, so that constant tables of pointers lie in
    read-only sections.
    """
    result = run_tool(['cc', '-std=gnu11', '-O0', '-fno-pie', '-fno-pic',
                       f'-I{top / "include"}', *library_flags('--cflags'),
                       '-c', str(source), '-o', str(target)])
    return result.stdout if result.returncode else ''


def writable_symbols(compiled: Path) -> List[str]:
    """Names of the variables in writable sections of an object file."""
    lines = run_tool(['nm', str(compiled)]).stdout.splitlines()
    words = [line.split() for line in lines]
    return [word[-1] for word in words
            if len(word) >= 2 and word[-2] in WRITABLE]


def undefined_elsewhere(objects: List[Path], folder: Path) -> str:
    """The linker's complaint if models need more than their libraries."""
    result = run_tool(['cc', '-shared', '-Wl,-z,defs', '-Wl,-z,notext',
                       *map(str, objects), '-o', str(folder / 'models.so'),
                       *library_flags('--libs')])
    return result.stdout if result.returncode else ''


class Report:
    """Prints a TAP line for each check and counts."""

    def __init__(self) -> None:
        self.number = 0
        self.failures = 0

    def check(self, name: str, problem: str) -> None:
        """One check: it fails if there is a problem."""
        self.number += 1
        if problem:
            self.failures += 1
            say('\n'.join(f'# {line}' for line in problem.splitlines()))
        say(f'{"not " * bool(problem)}ok {self.number} - {name}')

    def end(self) -> int:
        """Print the plan; exit status."""
        say(f'1..{self.number}')
        return 1 if self.failures else 0


def check_includes(top: Path, report: Report) -> None:
    """Every file of every layer includes only what it may."""
    for layer, (patterns, allowed) in LAYERS.items():
        files = layer_files(top, patterns)
        report.check(f'{layer}: there are files to look at',
                     '' if files else f'none of {", ".join(patterns)}')
        for path in files:
            foreign = foreign_includes(path.read_text(), allowed)
            report.check(f'{path.relative_to(top)}: includes',
                         f'must not include {", ".join(foreign)}'
                         if foreign else '')


def check_models(top: Path, report: Report) -> None:
    """Models compile alone, keep no variables, and link without QEMU."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        objects: Dict[Path, Path] = {}
        for source in layer_files(top, ('hw/model/*.c',)):
            compiled = folder / f'{source.stem}.o'
            problem = compile_model(top, source, compiled)
            report.check(f'{source.relative_to(top)}: compiles without QEMU',
                         problem)
            if not problem:
                objects[source] = compiled
        for source, compiled in objects.items():
            variables = writable_symbols(compiled)
            report.check(f'{source.relative_to(top)}: no variables of its own',
                         f'mutable: {", ".join(variables)}'
                         if variables else '')
            pic = compiled.with_suffix('.pic.o')
            run_tool(['cc', '-std=gnu11', '-fPIC', f'-I{top / "include"}',
                      *library_flags('--cflags'), '-c', str(source),
                      '-o', str(pic)])
        report.check('models: need nothing but their libraries',
                     undefined_elsewhere(sorted(folder.glob('*.pic.o')),
                                         folder))


def main() -> int:
    """Check the layers' rules; prints TAP."""
    parser = argparse.ArgumentParser(prog='check-layering',
                                     description=main.__doc__)
    parser.add_argument('top', nargs='?', type=Path,
                        default=find_places().top,
                        help='the project [the one that this belongs to]')
    top = parser.parse_args().top.resolve()
    report = Report()
    check_includes(top, report)
    check_models(top, report)
    return report.end()
