# SPDX-License-Identifier: GPL-2.0-or-later
"""Finding functions and statements in C source, by name and by brace."""

import re
from dataclasses import dataclass
from typing import List, Tuple

TOKEN = re.compile(
    r'//(?:[^\n\\]|\\.|\\\n)*'                       # line comment
    r'|/\*.*?\*/'                                    # block comment
    r'|"(?:[^"\\\n]|\\.|\\\n)*"'                     # string
    r"|'(?:[^'\\\n]|\\.)*'"                          # character
    r'|^[ \t]*\#(?:/\*.*?\*/|[^\n\\]|\\\n|\\.)*',    # preprocessor line
    re.DOTALL | re.MULTILINE)
CONDITIONAL = re.compile(r'[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b')
CLOSING = {'(': ')', '[': ']', '{': '}'}


class NotFound(Exception):
    """What was looked for is not in the text, or not just once."""


@dataclass(frozen=True)
class Function:
    """One function's definition, as offsets into the text."""
    start: int
    body: int       # of the opening brace
    end: int        # behind the closing brace


def mask(text: str) -> str:
    """The text with comments, strings and directives blanked.

    Length and line breaks stay, so offsets are valid in both.
    """
    def blank(match: 're.Match[str]') -> str:
        return re.sub(r'[^\n]', ' ', match.group())
    return TOKEN.sub(blank, text)


def brace_depths(text: str, masked: str) -> List[int]:
    """For each offset the number of braces open before it.

    The branches of a conditional directive each start at the depth that its
    #if had.
    """
    found = [CONDITIONAL.match(m.group()) and (m.end() - 1, m.group())
             for m in TOKEN.finditer(text)]
    directives = {end: CONDITIONAL.match(line).group(1)
                  for end, line in filter(None, found)}
    depths, saved, depth = [], [], 0
    for offset, character in enumerate(masked):
        word = directives.get(offset)
        if word in ('if', 'ifdef', 'ifndef'):
            saved.append(depth)
        elif word in ('elif', 'else') and saved:
            depth = saved[-1]
        elif word == 'endif' and saved:
            saved.pop()
        if character == '}':
            depth -= 1
        depths.append(depth)
        if character == '{':
            depth += 1
    depths.append(depth)
    return depths


def matching(masked: str, opening: int) -> int:
    """Offset of the bracket that closes the one at `opening`."""
    closing, depth = CLOSING[masked[opening]], 0
    for offset in range(opening, len(masked)):
        if masked[offset] == masked[opening]:
            depth += 1
        elif masked[offset] == closing:
            depth -= 1
            if depth == 0:
                return offset
    raise NotFound(f'no {closing} closes the {masked[opening]} at offset '
                   f'{opening}')


def body_end(masked: str, depths: List[int], opening: int) -> int:
    """Offset behind the brace that closes a function's body, whatever the
    branches of directives in it hold."""
    for offset in range(opening + 1, len(masked)):
        if masked[offset] == '}' and depths[offset] == depths[opening]:
            return offset + 1
    raise NotFound(f'no }} closes the {{ at offset {opening}')


def skip_space(masked: str, offset: int) -> int:
    """The first offset at or behind `offset` that is not white space."""
    while offset < len(masked) and masked[offset].isspace():
        offset += 1
    return offset


def head_start(text: str, masked: str, name_at: int) -> int:
    """Start of the line on which the declaration of a name begins.

    Goes back over the words and stars of its type, not past a blank line.
    """
    offset = name_at
    while offset and (masked[offset - 1].isalnum()
                      or masked[offset - 1] in '_* \t\n'):
        if masked[offset - 1] == ' ' and text[offset - 1] != ' ':
            break               # the end of a comment, string or directive
        offset -= 1
    offset += max((blank.end() for blank in
                   re.finditer(r'\n[ \t]*\n', text[offset:name_at])), default=0)
    offset = skip_space(masked, offset)
    return text.rfind('\n', 0, offset) + 1


def named_heads(text: str, name: str) -> Tuple[List[Function], List[Tuple[int, int]]]:
    """All definitions and all declarations of a function at file scope."""
    masked = mask(text)
    depths = brace_depths(text, masked)
    definitions, declarations = [], []
    for match in re.finditer(rf'\b{re.escape(name)}\s*\(', masked):
        if depths[match.start()] != 0:
            continue
        behind = skip_space(masked, matching(masked, match.end() - 1) + 1)
        start = head_start(text, masked, match.start())
        if masked[behind:behind + 1] == '{':
            end = body_end(masked, depths, behind)
            definitions.append(Function(start, behind, end))
        elif masked[behind:behind + 1] == ';':
            declarations.append((start, behind + 1))
    return definitions, declarations


def find_function(text: str, name: str) -> Function:
    """The one definition of a function; NotFound if there are none or more."""
    definitions, _ = named_heads(text, name)
    if len(definitions) != 1:
        raise NotFound(f'function {name} is defined {len(definitions)} times, '
                       'not once')
    return definitions[0]


def comment_start(text: str, start: int) -> int:
    """Start of the comment directly above `start`, or `start` itself."""
    above = text[:start]
    block = re.search(r'^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n\Z', above,
                      re.DOTALL | re.MULTILINE)
    if block:
        return block.start()
    lines = re.search(r'(?:^[ \t]*//[^\n]*\n)+\Z', above, re.MULTILINE)
    return lines.start() if lines else start


def remove_span(text: str, start: int, end: int) -> str:
    """The text without a span of whole lines and one side's blank lines."""
    before, after = text[:start], text[end:].lstrip(' \t')
    if after.startswith('\n'):
        after = after[1:]
    if before.endswith('\n\n') or not before:
        after = re.sub(r'\A(?:[ \t]*\n)+', '', after)
    return before + after


def cut_function(text: str, name: str) -> str:
    """Remove a function with the comment above it and its declarations."""
    function = find_function(text, name)
    text = remove_span(text, comment_start(text, function.start), function.end)
    while True:
        _, declarations = named_heads(text, name)
        if not declarations:
            return text
        start, end = declarations[0]
        text = remove_span(text, comment_start(text, start), end)


def statement_end(masked: str, offset: int) -> int:
    """Offset behind the C statement that begins at or after `offset`."""
    offset = skip_space(masked, offset)
    if masked[offset] == '{':
        return matching(masked, offset) + 1
    word = re.compile(r'(if|for|while|switch)\b\s*').match(masked, offset)
    if not word:
        while masked[offset] != ';':
            if masked[offset] in CLOSING:
                offset = matching(masked, offset)
            offset += 1
        return offset + 1
    end = statement_end(masked, matching(masked, word.end()) + 1)
    otherwise = re.compile(r'\s*else\b').match(masked, end)
    if word.group(1) == 'if' and otherwise:
        return statement_end(masked, otherwise.end())
    return end


def find_if_statement(text: str, function: str, content: str) -> Tuple[int, int]:
    """Start and end of the smallest if statement of a function that holds
    `content`, which must stand there just once."""
    place = find_function(text, function)
    if text.count(content, place.body, place.end) != 1:
        raise NotFound(f'{content!r} stands '
                       f'{text.count(content, place.body, place.end)} times in '
                       f'{function}, not once')
    wanted = text.index(content, place.body, place.end)
    masked = mask(text)
    spans = [(m.start(), statement_end(masked, m.start()))
             for m in re.compile(r'\bif\s*\(').finditer(masked, place.body,
                                                        place.end)]
    around = [span for span in spans if span[0] <= wanted < span[1]]
    if not around:
        raise NotFound(f'no if statement of {function} holds {content!r}')
    return min(around, key=lambda span: span[1] - span[0])
