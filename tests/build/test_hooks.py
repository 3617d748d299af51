# SPDX-License-Identifier: GPL-2.0-or-later
"""Hooks: each operation, and each way in which a hook may not fit."""

import tempfile
import unittest
from pathlib import Path

from forktools.console import Stop
from forktools.hooks import Hook, apply_hooks, load_hooks

HERE = Path('hooks/qemu-9.9.toml')
TEXT = '''\
one = 1
two = 2

void f(void)
{
    before();
    if (ready) {
        start("engine");
    }
    after();
}
'''


def hook(operation: str, **fields: object) -> Hook:
    """A hook on a file called engine.c."""
    return Hook('test hook', 'hw/engine.c', operation, fields)


class Operations(unittest.TestCase):
    """What each operation makes of a text."""

    def applied(self, *hooks: Hook) -> str:
        return apply_hooks(TEXT, list(hooks), HERE)

    def test_insert_after(self) -> None:
        self.assertIn('one = 1\nextra\ntwo', self.applied(
            hook('insert-after', anchor='^one', text='extra')))

    def test_insert_before(self) -> None:
        self.assertIn('one = 1\nextra\n\nmore\ntwo', self.applied(
            hook('insert-before', anchor='= 2$', text='\nextra\n\nmore\n')))

    def test_replace_statement_keeps_margin(self) -> None:
        self.assertIn('    before();\n    if (x) {\n        y();\n    }\n'
                      '    after();\n', self.applied(
                          hook('replace-statement', function='f',
                               content='"engine"',
                               text='if (x) {\n    y();\n}')))

    def test_cut(self) -> None:
        self.assertEqual(self.applied(hook('cut-functions', functions=['f'])),
                         'one = 1\ntwo = 2\n\n')

    def test_several_in_order(self) -> None:
        text = self.applied(hook('insert-after', anchor='^one', text='extra'),
                            hook('insert-after', anchor='^extra', text='more'))
        self.assertIn('one = 1\nextra\nmore\ntwo', text)


class Refusals(unittest.TestCase):
    """A hook that does not fit stops with its file, its name and advice."""

    def assert_refused(self, *hooks: Hook, says: str) -> None:
        with self.assertRaises(Stop) as caught:
            apply_hooks(TEXT, list(hooks), HERE)
        for word in ('test hook', 'hw/engine.c', says):
            self.assertIn(word, caught.exception.problem)
        self.assertIn('hooks/qemu-9.9.toml', caught.exception.advice)

    def test_anchor_absent(self) -> None:
        self.assert_refused(hook('insert-after', anchor='three', text='x'),
                            says='0 lines')

    def test_anchor_ambiguous(self) -> None:
        self.assert_refused(hook('insert-after', anchor=' = ', text='x'),
                            says='2 lines')

    def test_anchor_not_a_regex(self) -> None:
        self.assert_refused(hook('insert-after', anchor='(', text='x'),
                            says='')

    def test_applied_twice(self) -> None:
        insert = hook('insert-after', anchor='^one', text='extra')
        self.assert_refused(insert, insert, says='applied before')

    def test_cut_twice(self) -> None:
        cut = hook('cut-functions', functions=['f'])
        self.assert_refused(cut, cut, says='function f is defined 0 times')

    def test_replaced_twice(self) -> None:
        replace = hook('replace-statement', function='f', content='"engine"',
                       text='x();')
        self.assert_refused(replace, replace, says='stands 0 times')

    def test_lacking_field(self) -> None:
        self.assert_refused(hook('insert-after', anchor='^one'), says='text')
        self.assert_refused(hook('cut-functions'), says='functions')

    def test_unknown_operation(self) -> None:
        self.assert_refused(hook('improve'), says='improve')


class Files(unittest.TestCase):
    """Reading a file of hooks."""

    def load(self, text: str):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'qemu-9.9.toml'
            path.write_text(text)
            return load_hooks(path, {'WHO': 'us'})

    def test_values_filled_in(self) -> None:
        hooks = self.load('[[hook]]\nname = "n"\nfile = "f"\n'
                          'operation = "insert-after"\ntext = "by @WHO@"\n')
        self.assertEqual(hooks['f'][0].field('text'), 'by us')

    def test_damaged(self) -> None:
        for text in ('[[hook]]\nname = "n"\n', 'hook', 'x = 1\n'):
            with self.assertRaises(Stop):
                self.load(text)


if __name__ == '__main__':
    unittest.main()
