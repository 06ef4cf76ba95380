"""The styles of a DOC file: which of them are headings, list items or hidden letters."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from holdfast.stages.parsing.readers.word.doc_properties import (
    LAST_HEADING,
    ParagraphFacts,
    with_properties,
)
from holdfast.stages.parsing.readers.word.doc_text import DocText

_STYLES_AT = 0x00A2
_TITLE = 62
"""The number that Word gives to its own style of that name."""
_PARAGRAPH, _LETTERS = 1, 2
_SHORTEST_BASE = 10
_MOST_STYLES, _MOST_BASES = 4095, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    kind: int
    base: int
    own_number: int
    paragraph: bytes = b""
    letters: bytes = b""


class DocStyles:
    """The styles by their number in the file."""

    def __init__(self, text: DocText) -> None:
        self._styles = {} if text.is_old else dict(_styles(text.table_part(_STYLES_AT)))
        self._known: dict[int, ParagraphFacts] = {}

    def paragraph(self, number: int) -> ParagraphFacts:
        """Return what a paragraph of this style is, unless it says otherwise itself."""
        if number not in self._known:
            facts = ParagraphFacts(heading=number if 1 <= number <= LAST_HEADING else 0)
            for style in reversed(self._chain(number, _PARAGRAPH)):
                if style.own_number == _TITLE:
                    facts = replace(facts, heading=1)
                facts = with_properties(facts, style.paragraph)
            self._known[number] = replace(facts, style=number)
        return self._known[number]

    def letters(self, number: int) -> bytes:
        """Return the properties of letters of this style, those that it is based on first."""
        return b"".join(style.letters for style in reversed(self._chain(number, _LETTERS)))

    def _chain(self, number: int, kind: int) -> list[_Style]:
        """Return a style and those that it is based on, the farthest last."""
        chain: list[_Style] = []
        while len(chain) < _MOST_BASES:
            style = self._styles.get(number)
            if style is None or style.kind != kind:
                break
            chain.append(style)
            number = style.base
        return chain


def _styles(sheet: bytes) -> Iterator[tuple[int, _Style]]:
    """Yield number and style; damage ends the list."""
    if len(sheet) < 6:  # noqa: PLR2004 - up to the length of a style's fixed part
        return
    head, count, fixed = struct.unpack_from("<HHH", sheet)
    at = 2 + head
    for number in range(min(count, _MOST_STYLES)):
        if at > len(sheet) - 2:
            return
        size = struct.unpack_from("<H", sheet, at)[0]
        body = sheet[at + 2 : at + 2 + size]
        at += 2 + size + size % 2
        if len(body) >= max(fixed, _SHORTEST_BASE) + 2:
            yield number, _style(body, max(fixed, _SHORTEST_BASE))


def _style(body: bytes, fixed: int) -> _Style:
    own, based, _ = struct.unpack_from("<HHH", body)
    kind, base = based & 0xF, based >> 4
    name_length = struct.unpack_from("<H", body, fixed)[0]
    lists = list(_lists(body, fixed + 2 + 2 * name_length + 2))
    if kind == _PARAGRAPH and lists:
        return _Style(kind=kind, base=base, own_number=own & 0xFFF, paragraph=lists[0][2:])
    letters = lists[0] if kind == _LETTERS and lists else b""
    return _Style(kind=kind, base=base, own_number=own & 0xFFF, letters=letters)


def _lists(body: bytes, at: int) -> Iterator[bytes]:
    """Yield the lists of properties of a style; each begins at an even place."""
    while at <= len(body) - 2:
        size = struct.unpack_from("<H", body, at)[0]
        yield body[at + 2 : at + 2 + size]
        at += 2 + size + size % 2
