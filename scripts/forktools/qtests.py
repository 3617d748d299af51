# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/run-qtest: run QEMU's and our qtests on one of the builds."""

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

from . import qemubuild
from .console import Stop, say
from .places import Places, find_places

TARGETS = ('x86_64', 'aarch64')
# Tests that look at QEMU's memory allow for less than the usual quarantine,
# in which freed memory stays.
SANITIZER_OPTIONS = {
    'ASAN_OPTIONS': 'detect_leaks=0:abort_on_error=1'
                    ':detect_stack_use_after_return=0:quarantine_size_mb=16',
    'UBSAN_OPTIONS': 'print_stacktrace=1:halt_on_error=1',
}


@dataclass(frozen=True)
class Harness:
    """A build whose qtests are run, the emulator they test (the build's own
    or stock's), whether KVM is hidden from them, and the emulator that a test
    of migration goes to if that is another one."""
    places: Places
    variant: qemubuild.Variant
    emulator: Path
    hide_kvm: bool
    destination: Optional[Path] = None

    def virtio_gpu(self) -> str:
        """Whose virtio-gpu the emulator has, for the tests of that: the
        fork's once the project has one, and never in stock's binary."""
        stock = qemubuild.variants(self.places)['stock'].objects
        ours = (self.places.top / 'hw/display/virtio-gpu.c').exists()
        return 'fork' if ours and self.emulator.parent != stock else 'stock'

    def variables(self) -> Dict[str, str]:
        """The environment of a qtest."""
        result = dict(os.environ, QTEST_QEMU_BINARY=str(self.emulator))
        if self.hide_kvm:
            result['QEMU_WITHOUT_KVM'] = str(self.emulator)
            result['QTEST_QEMU_BINARY'] = str(
                self.places.top / 'tests/qemu/qemu-system-x86_64')
        if self.destination:
            result['QTEST_QEMU_BINARY_DST'] = str(self.destination)
        result.setdefault('VIRTIO_GPU_DEVICE', self.virtio_gpu())
        result['QEMU'] = str(self.emulator)     # for tests in Python
        if self.variant.name == 'asan':
            result.update(SANITIZER_OPTIONS)
        return result

    def program(self, name: str) -> Path:
        """A qtest's binary or script; Stop if it has not been built."""
        if name.endswith('.py'):
            return self.places.top / 'tests/qtest' / name
        path = self.variant.objects / 'tests/qtest' / name
        if not path.exists():
            raise Stop(f'{path} has not been built', 'run make qemu-tests')
        return path

    def command(self, name: str, arguments: List[str]) -> List[str]:
        """Command line of a qtest."""
        interpreter = [sys.executable] if name.endswith('.py') else []
        return [*interpreter, str(self.program(name)), *arguments]

    def run(self, name: str, arguments: List[str]) -> int:
        """Run a qtest, its TAP going to our own output; its exit status."""
        if not name.endswith('.py'):
            arguments = ['--tap', '-k', *arguments]
        return subprocess.run(
            self.command(name, arguments),
            cwd=self.variant.objects, env=self.variables(),
            stdin=subprocess.DEVNULL, check=False).returncode

    def cases(self, name: str) -> List[str]:
        """Paths of all test cases that a qtest has on this machine."""
        text = subprocess.run(
            self.command(name, ['-l']), cwd=self.variant.objects,
            env=self.variables(), stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, check=True).stdout
        return [line for line in text.splitlines() if line.startswith('/')]

    def passes(self, name: str, case: str, cases: List[str]) -> bool:
        """Run a single case, its output shown as TAP comments."""
        below = [f'-s={other}' for other in cases
                 if other.startswith(case + '/')]
        process = subprocess.run(
            self.command(name, ['--tap', '-k', f'-p={case}', *below]),
            cwd=self.variant.objects, env=self.variables(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, errors='replace', check=False)
        ran = re.search(rf'^ok \d+ {re.escape(case)}$', process.stdout, re.M)
        if process.returncode or not ran:
            say('\n'.join(f'# {line}' for line in process.stdout.splitlines()))
        return process.returncode == 0 and ran is not None


def under(case: str, prefixes: List[str]) -> bool:
    """True if a case is one of the prefixes or below one."""
    return any(case == p or case.startswith(p + '/') for p in prefixes)


def run_each(fork: Harness, stock: Harness, name: str, chosen: List[str],
             skipped: List[str]) -> int:
    """Run the cases of one qtest one by one, so that a crash costs one case.

    A case that fails is run with stock QEMU too: if that fails as well, it is
    reported as a known failure, with this as its reason.
    """
    cases = fork.cases(name)
    wanted = [case for case in cases
              if under(case, chosen or ['']) and not under(case, skipped)]
    say(f'1..{len(wanted)}')
    failures = 0
    for number, case in enumerate(wanted, 1):
        if fork.passes(name, case, cases):
            say(f'ok {number} - {case}')
        elif stock.emulator.exists() and not stock.passes(name, case, cases):
            say(f'not ok {number} - {case} # TODO {case}: stock QEMU fails it '
                'too with this machine\'s firmware')
        else:
            say(f'not ok {number} - {case}')
            failures += 1
    return 1 if failures else 0


def project_tests(places: Places) -> List[str]:
    """Names of the project's own qtests."""
    return sorted(p.stem for p in
                  (places.top / 'tests/qtest').glob('*-test.c'))


def named_tests(places: Places, name: str) -> List[str]:
    """The qtests that a name stands for: "project" for all of ours, the name
    of a family ("virtio-gpu") for it, else itself."""
    ours = project_tests(places)
    if name == 'project':
        return ours
    family = [test for test in ours if test.startswith(f'{name}-')]
    return [name] if name in ours or not family else family


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog='run-qtest', description=main.__doc__)
    parser.add_argument('name')
    parser.add_argument('-p', dest='paths', action='append', default=[],
                        help='only this case and those below')
    parser.add_argument('-s', dest='skipped', action='append', default=[],
                        help='not this case and those below')
    parser.add_argument('--build', choices=('fork', 'asan'), default='fork')
    parser.add_argument('--target', choices=TARGETS, default=TARGETS[0])
    parser.add_argument('--stock', action='store_true',
                        help='test stock QEMU instead')
    parser.add_argument('--destination', choices=('fork', 'stock'),
                        help='what tests of migration go to')
    parser.add_argument('--each', action='store_true',
                        help='one by one; compare failures with stock')
    parser.add_argument('--hide-kvm', action='store_true',
                        help='for tests that would use KVM if they could')
    return parser.parse_args()


def main() -> int:
    """Run qtests of QEMU's, a family of ours (virtio-gpu), one in Python
    (NAME.py) or, as "project", all of ours in C; prints TAP."""
    options = parse()
    places = find_places()
    builds = qemubuild.variants(places)
    variant = builds[options.build]
    program = f'qemu-system-{options.target}'
    tested = builds['stock'] if options.stock else variant
    destination = builds[options.destination].objects / program \
        if options.destination else None
    harness = Harness(places, variant, tested.objects / program,
                      options.hide_kvm, destination)
    if options.each:
        stock = Harness(places, variant, builds['stock'].objects / program,
                        options.hide_kvm)
        return run_each(harness, stock, options.name, options.paths,
                        options.skipped)
    names = named_tests(places, options.name)
    arguments = [f'-p={path}' for path in options.paths]
    arguments += [f'-s={path}' for path in options.skipped]
    statuses = [harness.run(name, arguments) for name in names]
    return 1 if any(statuses) else 0
