# SPDX-License-Identifier: GPL-2.0-or-later
"""The checks of layering and licence heads find what they are there to find,
and setup says what is missing."""

import subprocess
import unittest
from typing import List

from fake_qemu import ProjectTest, write_files

GOOD = {
    'include/model/lamp.h': '#include <stdint.h>\n'
                            'uint32_t lamp(uint32_t dim);\n',
    'hw/model/lamp.c': '#include <string.h>\n#include "model/lamp.h"\n'
                       'static const char *const names[] = { "on", "off" };\n'
                       'uint32_t lamp(uint32_t dim)\n'
                       '{\n    return strlen(names[dim & 1]);\n}\n',
    'acpi/lamp-aml.c': '#include "qemu/osdep.h"\n'
                       '#include "hw/acpi/aml-build.h"\n'
                       '#include "model/lamp.h"\n',
}


class Layering(ProjectTest):
    """check-layering on small projects, each with one violation."""

    def setUp(self) -> None:
        super().setUp()
        self.install_scripts()
        for name in ('hw/model/new.c', 'include/model/new.h'):
            (self.top / name).unlink()
        write_files(self.top, GOOD)

    def failures(self) -> List[str]:
        """Names of the checks that fail, with the reasons above them."""
        result = self.run_program('scripts/check-layering')
        lines = result.stdout.splitlines()
        failed = [line for line in lines if line.startswith('not ok')]
        self.assertEqual(result.returncode, 1 if failed else 0,
                         result.stdout + result.stderr)
        return [line for line in lines if not line.startswith('ok')][:-1]

    def assert_found(self, file: str, text: str, *words: str) -> None:
        """A violation in a file is found, and nothing else."""
        write_files(self.top, {file: text})
        failures = self.failures()
        self.assertEqual(sum(line.startswith('not ok') for line in failures),
                         1, failures)
        for word in (file, *words):
            self.assertIn(word, '\n'.join(failures))

    def test_good_project(self) -> None:
        self.assertEqual(self.failures(), [])

    def test_model_includes_qemu(self) -> None:
        write_files(self.top, {'include/hw/lamp.h': ''})
        self.assert_found('include/model/lamp.h', '#include "hw/lamp.h"\n'
                          '#include <stdint.h>\nuint32_t lamp(uint32_t);\n',
                          'hw/lamp.h')

    def test_model_includes_a_system_call(self) -> None:
        self.assert_found('hw/model/lamp.c', '#include <sys/mman.h>\n',
                          'sys/mman.h')

    def test_aml_includes_glue(self) -> None:
        self.assert_found('acpi/lamp-aml.c', '# include "hw/pci/pci.h"\n',
                          'hw/pci/pci.h')

    def test_model_variables(self) -> None:
        for text in ('static int count;\nint f(void);\n'
                     'int f(void)\n{\n    return count++;\n}\n',
                     'int level = 1;\n', 'int level;\n',
                     'int f(void);\nint f(void)\n{\n'
                     '    static int calls;\n    return ++calls;\n}\n',
                     '_Thread_local int mine = 1;\n',
                     'char *names[] = { "x" };\n'):
            with self.subTest(text):
                self.assert_found('hw/model/lamp.c', text, 'no variables')

    def test_model_calls_qemu(self) -> None:
        write_files(self.top, {
            'hw/model/lamp.c': 'void qemu_irq_raise(void);\nvoid f(void);\n'
                               'void f(void)\n{\n    qemu_irq_raise();\n}\n'})
        self.assertIn('qemu_irq_raise', '\n'.join(self.failures()))

    def test_model_that_does_not_compile(self) -> None:
        self.assert_found('hw/model/lamp.c', 'int f(void)\n', 'compiles')

    def test_no_models_at_all(self) -> None:
        for name in ('hw/model/lamp.c', 'include/model/lamp.h'):
            (self.top / name).unlink()
        self.assertIn('there are files', '\n'.join(self.failures()))


class LicenceHeads(ProjectTest):
    """check-style finds files without a head."""

    def setUp(self) -> None:
        super().setUp()
        self.install_scripts()
        subprocess.run(['git', 'init', '-q', str(self.top)], check=True)
        (self.top / '.gitignore').write_text('/build\n')
        for path in [*self.top.glob('h*/**/*'), *self.top.glob('i*/**/*'),
                     *self.top.glob('tests/**/*')]:
            if path.is_file():
                path.write_text('/* SPDX-License-Identifier: '
                                'GPL-2.0-or-later */\n')

    def failed(self) -> List[str]:
        """Checks that failed."""
        result = self.run_program('scripts/check-style', '--heads')
        return [line for line in result.stdout.splitlines()
                if line.startswith('not ok')]

    def test_all_have_one(self) -> None:
        self.assertEqual(self.failed(), [])

    def test_lacking_head(self) -> None:
        write_files(self.top, {'hw/model/bare.c': 'int x;\n'})
        self.assertIn('hw/model/bare.c', self.failed()[0])

    def test_another_licence_text(self) -> None:
        write_files(self.top, {
            'hw/model/two.c': '/* SPDX-License-Identifier: GPL-2.0-or-later\n'
                              ' * This is free ' 'software; you can '
                              'redistribute it */\n'})
        self.assertIn('hw/model/two.c', self.failed()[0])


class Setup(ProjectTest):
    """scripts/setup with stand-ins for Debian's tools."""

    def setUp(self) -> None:
        super().setUp()
        self.install_scripts()
        self.fake_program('dpkg-query',
                          'test "$4" = ccache || printf installed')
        self.fake_program('apt-get', 'echo "apt-get $*"')
        self.fake_program('sudo', 'echo "sudo $*"; "$@"')
        self.fake_program('id', 'echo 0')

    def setup(self, *options: str) -> 'subprocess.CompletedProcess[str]':
        """Run setup."""
        return self.run_program('scripts/setup', *options)

    def test_installs_what_is_missing(self) -> None:
        result = self.setup()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('quick second builds', result.stdout)
        self.assertRegex(result.stdout,
                         'apt-get .*install .*--yes.* ccache *\n')
        self.assertNotIn('sudo', result.stdout)

    def test_sudo_where_not_root(self) -> None:
        self.fake_program('id', 'echo 1000')
        self.assertRegex(self.setup().stdout, 'sudo .*apt-get .*install')

    def test_neither_root_nor_sudo(self) -> None:
        self.fake_program('id', 'echo 1000')
        tools = self.scratch / 'tools'
        tools.mkdir()
        for name in ('sh', 'dirname', 'tr', 'grep', 'sed', 'mktemp', 'env'):
            (tools / name).symlink_to(f'/usr/bin/{name}')
        (self.scratch / 'bin/sudo').unlink()
        result = self.run_program('scripts/setup',
                                  PATH=f'{self.scratch}/bin:{tools}')
        self.assertEqual(result.returncode, 1)
        self.assertIn('as root, run: apt-get install ccache', result.stderr)

    def test_check_installs_nothing(self) -> None:
        result = self.setup('--check')
        self.assertEqual(result.returncode, 1)
        self.assertIn('ccache', result.stdout)
        self.assertNotIn('apt-get', result.stdout)

    def test_nothing_missing(self) -> None:
        self.fake_program('dpkg-query', 'printf installed')
        for options in ((), ('--check',)):
            result = self.setup(*options)
            self.assertEqual(result.returncode, 0)
            self.assertIn('all packages are installed', result.stdout)

    def test_section(self) -> None:
        result = self.setup('--check', 'unit')
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual(self.setup('--check', 'unit', 'build').returncode, 1)

    def test_other_system(self) -> None:
        tools = self.scratch / 'tools'
        tools.mkdir()
        for name in ('sh', 'dirname', 'tr', 'sed', 'cat'):
            (tools / name).symlink_to(f'/usr/bin/{name}')
        result = self.run_program('scripts/setup', PATH=str(tools))
        self.assertEqual(result.returncode, 0)
        self.assertIn('not a Debian system', result.stdout)
        self.assertIn('libpixman-1-dev', result.stdout)

    def test_apt_fails(self) -> None:
        self.fake_program('apt-get', 'echo "E: broken" >&2; exit 100')
        result = self.setup()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count('setup: what to do'), 1)

    def test_every_package_has_a_reason(self) -> None:
        for line in self.setup('--list').stdout.splitlines():
            self.assertRegex(line, r'^\S+ +\S+')


if __name__ == '__main__':
    unittest.main()
