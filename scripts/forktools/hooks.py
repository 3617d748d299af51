# SPDX-License-Identifier: GPL-2.0-or-later
"""Applying hooks: the checked changes to QEMU's own files.

A hook file (hooks/qemu-SERIES.toml) is a list of [[hook]] tables with `name`,
`file`, `operation` and what the operation needs:

  cut-functions      functions = [names]: remove them with the comment above
  insert-before      anchor = regex that matches one line, text = lines
  insert-after       the same
  replace-statement  function, content = text that stands once in it, text:
                     replaces the smallest if statement around the content
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Mapping

from . import csource
from .console import Stop

Values = Mapping[str, str]


@dataclass(frozen=True)
class Hook:
    """One change to one file; `fields` as the operation needs them."""
    name: str
    file: str
    operation: str
    fields: Mapping[str, object]

    def field(self, key: str) -> str:
        """A text field, checked."""
        value = self.fields.get(key)
        if not isinstance(value, str) or not value:
            raise csource.NotFound(f'the hook lacks {key!r}')
        return value


def indented(text: str, margin: str) -> str:
    """The lines of a hook's text, each behind `margin`."""
    return ''.join(f'{margin}{line}\n' if line else '\n'
                   for line in text.strip('\n').split('\n'))


def cut_functions(text: str, hook: Hook) -> str:
    """Remove every function that the hook names."""
    names = hook.fields.get('functions')
    if not isinstance(names, list) or not names:
        raise csource.NotFound("the hook lacks 'functions'")
    for name in names:
        text = csource.cut_function(text, str(name))
    return text


def anchor_line(text: str, hook: Hook) -> 're.Match[str]':
    """The one line that the hook's anchor matches."""
    found = list(re.finditer(rf'^.*?(?:{hook.field("anchor")}).*\n', text,
                             re.MULTILINE))
    if len(found) != 1:
        raise csource.NotFound(f'anchor {hook.field("anchor")!r} matches '
                               f'{len(found)} lines, not one')
    return found[0]


def insert(text: str, hook: Hook) -> str:
    """Add the hook's lines before or after its anchor."""
    added = indented(hook.field('text'), '')
    if added in text:
        raise csource.NotFound('its lines are in the file already: it was '
                               'applied before')
    line = anchor_line(text, hook)
    at = line.start() if hook.operation == 'insert-before' else line.end()
    return text[:at] + added + text[at:]


def replace_statement(text: str, hook: Hook) -> str:
    """Put the hook's lines in the place of an if statement."""
    start, end = csource.find_if_statement(text, hook.field('function'),
                                           hook.field('content'))
    line = text.rfind('\n', 0, start) + 1
    margin = text[line:start]
    if margin.strip() or not text[end:].startswith('\n'):
        raise csource.NotFound('the statement shares a line with others')
    return text[:line] + indented(hook.field('text'), margin) + text[end + 1:]


OPERATIONS: Dict[str, Callable[[str, Hook], str]] = {
    'cut-functions': cut_functions,
    'insert-before': insert,
    'insert-after': insert,
    'replace-statement': replace_statement,
}


def apply_hooks(text: str, hooks: List[Hook], source: Path) -> str:
    """The text with all hooks of one file applied; `source` lists them."""
    for hook in hooks:
        try:
            operation = OPERATIONS.get(hook.operation)
            if operation is None:
                raise csource.NotFound(f'no operation {hook.operation!r}')
            text = operation(text, hook)
        except (csource.NotFound, re.error) as error:
            raise Stop(f'hook {hook.name!r} does not fit {hook.file}: {error}',
                       f'compare {hook.file} of this QEMU with the hook in '
                       f'{source} and change the hook, or use the QEMU that '
                       'configure gets by itself') from error
    return text


def substitute(fields: Mapping[str, object], values: Values) -> Dict[str, object]:
    """Fill in @NAME@ in every text field of a hook."""
    def fill(value: object) -> object:
        if isinstance(value, str):
            for key, replacement in values.items():
                value = value.replace(f'@{key}@', replacement)
        return value
    return {key: fill(value) for key, value in fields.items()}


def load_hooks(source: Path, values: Values) -> Dict[str, List[Hook]]:
    """Read a hook file; return the hooks of each QEMU file, in their order."""
    try:
        tables = tomllib.loads(source.read_text())['hook']
        hooks = [Hook(t['name'], t['file'], t['operation'],
                      substitute(t, values)) for t in tables]
    except (KeyError, tomllib.TOMLDecodeError) as error:
        raise Stop(f'{source} is not a list of hooks: {error}',
                   'correct it: each [[hook]] has name, file and operation'
                   ) from error
    by_file: Dict[str, List[Hook]] = {}
    for hook in hooks:
        by_file.setdefault(hook.file, []).append(hook)
    return by_file
