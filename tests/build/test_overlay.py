# SPDX-License-Identifier: GPL-2.0-or-later
"""The fork's tree: made, kept up to date, and touched no more than needed."""

import os
import shutil
import unittest
from pathlib import Path
from typing import Dict, Tuple

from forktools import overlay
from forktools.console import Stop

from fake_qemu import HOOKS, ProjectTest, write_files


class Overlay(ProjectTest):
    """A scratch project over a tiny tree."""

    def setUp(self) -> None:
        super().setUp()
        self.places.stock.mkdir(parents=True)
        shutil.copytree(self.qemu, self.places.pristine)
        (self.places.stock / 'source.json').write_text('{"identity": "1"}')
        overlay.update_tree(self.places)
        self.tree = self.places.tree

    def times(self) -> Dict[Path, Tuple[int, int]]:
        """When each file of the tree was written or its link changed."""
        return {path: (path.stat().st_mtime_ns, path.lstat().st_mtime_ns)
                for path in self.tree.rglob('*') if path.is_file()}

    def test_links_and_hooks(self) -> None:
        for file in ('hw/acpi/whole.c', 'hw/model/new.c', 'include/model/new.h',
                     'tests/qtest/our-test.c'):
            self.assertEqual(os.readlink(self.tree / file),
                             str(self.top / file))
        self.assertNotIn('int lamp', (self.tree / 'hw/acpi/lamp.c').read_text())
        self.assertIn("tests += ['our-test']\n",
                      (self.tree / 'tests/qtest/meson.build').read_text())
        self.assertEqual((self.tree / 'include/hw/lamp.h').read_text(),
                         'int lamp(void);\n')

    def test_pristine_untouched(self) -> None:
        for path in self.qemu.rglob('*'):
            if path.is_file():
                copy = self.places.pristine / path.relative_to(self.qemu)
                self.assertEqual(copy.read_text(), path.read_text())

    def test_second_run_changes_nothing(self) -> None:
        before = self.times()
        self.assertEqual(overlay.update_tree(self.places), 0)
        self.assertEqual(self.times(), before)

    def test_changed_hook_rewrites_its_file_alone(self) -> None:
        before = self.times()
        write_files(self.top, {'hooks/qemu-10.0.toml': HOOKS.replace(
            '["lamp"]', '["lamp", "other"]')})
        self.assertEqual(overlay.update_tree(self.places), 1)
        after = self.times()
        changed = {path for path in after if after[path] != before[path]}
        self.assertEqual(changed, {self.tree / 'hw/acpi/lamp.c'})
        self.assertEqual((self.tree / 'hw/acpi/lamp.c').read_text(), '')

    def test_hook_removed(self) -> None:
        write_files(self.top, {'hooks/qemu-10.0.toml':
                               HOOKS[HOOKS.index('[[hook]]', 5):]})
        overlay.update_tree(self.places)
        self.assertIn('int lamp', (self.tree / 'hw/acpi/lamp.c').read_text())

    def test_file_added_and_removed(self) -> None:
        write_files(self.top, {'hw/model/more.c': 'int more;\n'})
        self.assertEqual(overlay.update_tree(self.places), 1)
        self.assertTrue((self.tree / 'hw/model/more.c').is_symlink())
        (self.top / 'hw/model/more.c').unlink()
        (self.top / 'hw/acpi/whole.c').unlink()
        self.assertEqual(overlay.update_tree(self.places), 2)
        self.assertFalse((self.tree / 'hw/model/more.c').is_symlink())
        self.assertEqual((self.tree / 'hw/acpi/whole.c').read_text(),
                         'int whole;\n')
        self.assertFalse((self.tree / 'hw/acpi/whole.c').is_symlink())

    def test_newly_linked_file_is_newer_than_objects(self) -> None:
        (self.places.fork / 'obj').mkdir()
        write_files(self.top, {'include/hw/lamp.h': 'int ours;\n'})
        os.utime(self.top / 'include/hw/lamp.h', (1, 1))
        overlay.update_tree(self.places)
        self.assertGreater((self.tree / 'include/hw/lamp.h').stat().st_mtime,
                           1e9)

    def test_qtest_added_reaches_the_hook(self) -> None:
        write_files(self.top, {'tests/qtest/another-test.c': 'int a;\n'})
        overlay.update_tree(self.places)
        self.assertIn("['another-test', 'our-test']",
                      (self.tree / 'tests/qtest/meson.build').read_text())

    def test_failing_hook_changes_nothing(self) -> None:
        before = self.times()
        write_files(self.top, {
            'hw/model/more.c': 'int more;\n',
            'hooks/qemu-10.0.toml': HOOKS.replace('["lamp"]', '["candle"]')})
        with self.assertRaises(Stop):
            overlay.update_tree(self.places)
        self.assertEqual(self.times(), before)
        write_files(self.top, {'hooks/qemu-10.0.toml': HOOKS})
        self.assertEqual(overlay.update_tree(self.places), 1)

    def test_hooked_file_missing(self) -> None:
        write_files(self.top, {'hooks/qemu-10.0.toml': HOOKS.replace(
            'hw/acpi/lamp.c', 'hw/acpi/candle.c')})
        with self.assertRaises(Stop) as caught:
            overlay.update_tree(self.places)
        self.assertIn('hw/acpi/candle.c', caught.exception.problem)

    def test_file_both_ours_and_hooked(self) -> None:
        write_files(self.top, {'hw/acpi/lamp.c': 'int lamp;\n'})
        with self.assertRaises(Stop):
            overlay.update_tree(self.places)

    def test_qemus_test_is_never_replaced(self) -> None:
        write_files(self.top, {'tests/qtest/q35-test.c': 'int q;\n'})
        with self.assertRaises(Stop):
            overlay.update_tree(self.places)

    def test_interrupted_run_is_made_good(self) -> None:
        (self.tree / 'hw/acpi/lamp.c').write_text('half a fi')
        (self.places.fork / 'manifest.json').unlink()
        (self.tree / 'hw/model/new.c').unlink()
        overlay.update_tree(self.places)
        self.assertIn('int other', (self.tree / 'hw/acpi/lamp.c').read_text())
        self.assertTrue((self.tree / 'hw/model/new.c').exists())

    def test_another_source_makes_another_tree(self) -> None:
        write_files(self.places.pristine, {'include/hw/lamp.h': 'int new;\n'})
        (self.places.stock / 'source.json').write_text('{"identity": "2"}')
        overlay.update_tree(self.places)
        self.assertEqual((self.tree / 'include/hw/lamp.h').read_text(),
                         'int new;\n')
        self.assertTrue((self.tree / 'hw/model/new.c').is_symlink())


if __name__ == '__main__':
    unittest.main()
