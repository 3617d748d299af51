# SPDX-License-Identifier: GPL-2.0-or-later
"""Finding and cutting functions and statements in C source."""

import unittest

from forktools import csource

SOURCE = '''\
#include "lamp.h"

static int dim(int by);

/* A comment that stays */

/*
 * What dim() does; "quoted { brace"
 */
static int dim(int by)
{
    const char *text = "}{ dim(1)";     /* } */
    char brace = '{';

    // dim(2) }
    return by + text[0] + brace;
}

type_init(lamp_register)
static
struct lamp *
lamp_new(int (*start)(void),
         const char *name)
{
#ifdef FAST
    if (start) {
        quick();
#else
    if (start && name) {
#endif
        slow();
    }
    return dim(1) ? NULL : NULL;
}
'''


class Masking(unittest.TestCase):
    """Comments, strings and directives are blanked, offsets stay."""

    def test_length_and_lines_stay(self) -> None:
        masked = csource.mask(SOURCE)
        self.assertEqual(len(masked), len(SOURCE))
        self.assertEqual(masked.count('\n'), SOURCE.count('\n'))

    def test_blanked(self) -> None:
        masked = csource.mask('a "b\\"c" \'\\\'\' /* d\n*/ e // f\n# g \\\n h\ni')
        self.assertEqual(masked.split(), ['a', 'e', 'i'])

    def test_division_and_operators_stay(self) -> None:
        self.assertEqual(csource.mask('a / b * c'), 'a / b * c')


class Finding(unittest.TestCase):
    """Functions are found by name at file scope only."""

    def text_of(self, name: str) -> str:
        place = csource.find_function(SOURCE, name)
        return SOURCE[place.start:place.end]

    def test_definition(self) -> None:
        self.assertTrue(self.text_of('dim').startswith('static int dim(int'))
        self.assertTrue(self.text_of('dim').endswith('brace;\n}'))

    def test_type_on_lines_above_and_macro_before(self) -> None:
        text = self.text_of('lamp_new')
        self.assertTrue(text.startswith('static\nstruct lamp *\nlamp_new('))
        self.assertTrue(text.endswith('NULL;\n}'))

    def test_unbalanced_branches_of_a_directive(self) -> None:
        after = SOURCE + '\nvoid after(void)\n{\n}\n'
        place = csource.find_function(after, 'after')
        self.assertEqual(after[place.start:place.end], 'void after(void)\n{\n}')

    def test_absent_and_called_only(self) -> None:
        for name in ('lamp_old', 'slow', 'di'):
            with self.assertRaises(csource.NotFound):
                csource.find_function(SOURCE, name)

    def test_defined_twice(self) -> None:
        twice = '#if A\nint f(void)\n{\n}\n#else\nint f(void)\n{\n}\n#endif\n'
        with self.assertRaises(csource.NotFound):
            csource.find_function(twice, 'f')


class Cutting(unittest.TestCase):
    """A function goes with its own comment and declarations."""

    def test_cut(self) -> None:
        text = csource.cut_function(SOURCE, 'dim')
        self.assertNotIn('int dim', text)
        self.assertNotIn('What dim', text)
        self.assertIn('A comment that stays', text)
        self.assertIn('return dim(1)', text)
        self.assertNotIn('\n\n\n', text)

    def test_macro_before_stays(self) -> None:
        text = csource.cut_function(SOURCE, 'lamp_new')
        self.assertIn('type_init(lamp_register)\n', text)
        self.assertNotIn('struct lamp', text)

    def test_line_comments_above_go(self) -> None:
        text = csource.cut_function('int a;\n\n// one\n// two\nint f(void)\n'
                                    '{\n}\n\nint b;\n', 'f')
        self.assertEqual(text, 'int a;\n\nint b;\n')

    def test_neighbours_stay_to_the_letter(self) -> None:
        before = 'int f(void)\n{\n    return 1;\n}\n\n'
        after = '/* g */\nint g(void)\n{\n    return 2;\n}\n'
        middle = 'void h(void)\n{\n}\n\n'
        self.assertEqual(csource.cut_function(before + middle + after, 'h'),
                         before + after)


class Statements(unittest.TestCase):
    """The smallest if statement that holds a text."""

    TEXT = '''\
void f(void)
{
    if (a) {
        if (b) {
            one("x");
        } else if (c) {
            two("y)");
        } else
            three();
    }
    if (d)
        for (;;) {
            four();
        }
    five();
}
'''

    def found(self, content: str) -> str:
        start, end = csource.find_if_statement(self.TEXT, 'f', content)
        return self.TEXT[start:end]

    def test_innermost_with_its_else(self) -> None:
        text = self.found('one("x")')
        self.assertTrue(text.startswith('if (b)'))
        self.assertTrue(text.endswith('three();'))

    def test_else_if(self) -> None:
        self.assertTrue(self.found('"y)"').startswith('if (c)'))

    def test_without_braces(self) -> None:
        text = self.found('four')
        self.assertTrue(text.startswith('if (d)'))
        self.assertTrue(text.endswith('}'))

    def test_outside_any_if(self) -> None:
        with self.assertRaises(csource.NotFound):
            self.found('five')

    def test_text_not_there_or_twice(self) -> None:
        for content in ('six', 'if ('):
            with self.assertRaises(csource.NotFound):
                self.found(content)


if __name__ == '__main__':
    unittest.main()
