# SPDX-License-Identifier: GPL-2.0-or-later
"""A tiny tree that looks like QEMU's, and a project around it, for tests."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Dict, Optional

from forktools.places import Places

TOP = Path(__file__).resolve().parents[2]

# Stands in for QEMU's configure: its ninja file makes binaries out of sources
CONFIGURE = '''\
#!/bin/sh
echo "$@" >arguments
mkdir -p pyvenv/lib/python3.99/site-packages
cat >build.ninja <<'EOT'
rule join
  command = cat $in >$out
build qemu-system-x86_64: join ../src/hw/acpi/lamp.c ../src/hw/model/new.c
build qemu-system-aarch64: join ../src/hw/acpi/whole.c
EOT
'''
TREE = {
    'VERSION': '10.0.99\n',
    'configure': CONFIGURE,
    'hw/acpi/lamp.c': 'int lamp(void)\n{\n    return 1;\n}\n\n'
                      'int other(void)\n{\n    return 2;\n}\n',
    'hw/acpi/whole.c': 'int whole;\n',
    'include/hw/lamp.h': 'int lamp(void);\n',
    'tests/qtest/meson.build': "tests = ['q35-test']\n",
    'tests/qtest/q35-test.c': 'int q35;\n',
}
HOOKS = '''\
[[hook]]
name = "cut the lamp"
file = "hw/acpi/lamp.c"
operation = "cut-functions"
functions = ["lamp"]

[[hook]]
name = "our qtests"
file = "tests/qtest/meson.build"
operation = "insert-after"
anchor = '^tests = '
text = "tests += [@PROJECT_QTESTS@]"
'''
OURS = {
    'hooks/qemu-10.0.toml': HOOKS,
    'hw/acpi/whole.c': 'int ours;\n',
    'hw/model/new.c': 'int model;\n',
    'include/model/new.h': 'extern int model;\n',
    'tests/qtest/our-test.c': 'int main;\n',
    'tests/qtest/shared.c': 'int shared;\n',
}


def write_files(folder: Path, files: Dict[str, str]) -> None:
    """Write files by relative path."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def in_namespace(mounts: str, command: str
                 ) -> 'subprocess.CompletedProcess[str]':
    """Run a shell command where `mounts` have changed the file system.

    They are seen by the command alone.  Skips the test where the machine does
    not let us do so.
    """
    allowed = subprocess.run(
        ['unshare', '--map-root-user', '--mount', 'mount', '-t', 'tmpfs',
         'tmpfs', '/mnt'], stderr=subprocess.DEVNULL, check=False)
    if allowed.returncode:
        raise unittest.SkipTest('this machine allows no user namespaces')
    return subprocess.run(
        ['unshare', '--map-root-user', '--mount', '/bin/sh', '-ec',
         f'{mounts}\n{command}'], text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


class ProjectTest(unittest.TestCase):
    """A test with a scratch project, its cache, and a QEMU tree beside it."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory(prefix='qemu-hotplug-')
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.top = self.scratch / 'project'
        self.qemu = self.scratch / 'qemu'
        write_files(self.qemu, TREE)
        (self.qemu / 'configure').chmod(0o755)
        write_files(self.top, OURS)
        self.places = Places(self.top, self.scratch / 'cache')

    def tarball(self, name: str = 'qemu-10.0.99.tar.xz') -> Path:
        """The QEMU tree as a release tarball."""
        path = self.scratch / name
        subprocess.run(['tar', '-C', str(self.scratch), '-caf', str(path),
                        'qemu'], check=True)
        return path

    def install_scripts(self) -> None:
        """Give the scratch project our configure, Makefile and scripts."""
        shutil.copytree(TOP / 'scripts', self.top / 'scripts')
        for name in ('configure', 'Makefile'):
            shutil.copy2(TOP / name, self.top / name)

    def run_program(self, *command: str, **variables: str
                    ) -> 'subprocess.CompletedProcess[str]':
        """Run a program of the scratch project, by its relative path."""
        environment = {'PATH': f'{self.scratch}/bin:/usr/bin:/bin',
                       'PYTHON': sys.executable, 'HOME': str(self.scratch),
                       'QEMU_HOTPLUG_CACHE': str(self.places.cache),
                       **variables}
        return subprocess.run(
            [str(self.top / command[0]), *command[1:]], env=environment,
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False)

    def run_configure(self, *options: str, **variables: str
                      ) -> 'subprocess.CompletedProcess[str]':
        """Run the scratch project's configure."""
        return self.run_program('configure', *options, **variables)

    def fake_program(self, name: str, script: str) -> None:
        """Put a shell script before the machine's program of that name."""
        write_files(self.scratch / 'bin', {name: f'#!/bin/sh\n{script}\n'})
        (self.scratch / 'bin' / name).chmod(0o755)

    def assert_one_message(self, result: 'subprocess.CompletedProcess[str]',
                           *words: str) -> None:
        """configure failed with one error, one advice, and these words."""
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(result.stderr.count('configure: error: '), 1,
                         result.stderr)
        self.assertEqual(result.stderr.count('configure: what to do: '), 1,
                         result.stderr)
        self.assertNotIn('Traceback', result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
