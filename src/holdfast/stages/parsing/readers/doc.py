"""DOC: text, headings, tables and notes of Word before 2007; hidden and deleted text marked.

Layout from Microsoft's open specification [MS-DOC].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.doc_runs import HiddenSpans, ParagraphRuns
from holdfast.stages.parsing.readers.doc_text import DocText, Stretch
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.ole import OleFile
from holdfast.stages.parsing.readers.ole_properties import properties_of
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.units import Block, Properties, Reading, ReadingLimits, Size, Unit

_LONGEST_HEADING = 250
_CELL_END, _PARAGRAPH_ENDS = "\x07", "\r\x07\x0c"
_FIELD_BEGIN, _FIELD_SEPARATOR, _FIELD_END = "\x13", "\x14", "\x15"
_SIGNS = str.maketrans(
    {
        "\x0b": "\n", "\x0e": "\n", "\x1e": "-", "\x1f": "", "\x01": "", "\x02": "", "\x03": "", "\x04": "",
        "\x05": "", "\x08": "", "\0": "", "\r": "", "\x07": "", "\x0c": "",
    }
)  # fmt: skip
_ASIDE = (
    ("footnotes", "footnote", False),
    ("endnotes", "endnote", False),
    ("comments", "comment", True),
    ("headers", "page header", False),
    ("boxes", "", False),
)
"""Part of the text, its name in a locator, and whether the page does not show it."""


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, the text as one unit, then notes, comments, page headers and text boxes."""
    ole = OleFile(data)
    text = DocText(ole, limits.max_chars)
    yield Size(text_bytes=text.length)
    if properties := properties_of(ole):
        yield Properties(values=properties)
    runs, hidden = ParagraphRuns(text), HiddenSpans(text)
    yield Unit(key="text", blocks=tuple(_Body(runs).blocks(_paragraphs(text, "text", hidden))))
    for part, name, unseen in _ASIDE:
        blocks = _aside(text, part, name, hidden, unseen=unseen)
        yield Unit(key=part, blocks=tuple(blocks))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paragraph:
    text: str
    unseen: str
    end: int
    """Place in the file of its last character: its properties are found by it."""
    ends_cell: bool


class _Body:
    """Walks paragraphs; knows the heading path and the table that is open."""

    def __init__(self, runs: ParagraphRuns) -> None:
        self._runs = runs
        self._path = HeadingPath()
        self._cell: list[str] = []
        self._row: list[str] = []
        self._rows: list[list[str]] = []

    def blocks(self, paragraphs: Iterator[_Paragraph]) -> Iterator[Block]:
        """Yield the blocks in reading order."""
        for paragraph in paragraphs:
            facts = self._runs.at(paragraph.end)
            if paragraph.unseen:
                yield Block(text=paragraph.unseen, locator=self._here(), hidden=True)
            if facts.in_table or paragraph.ends_cell:
                self._in_table(paragraph, ends_row=facts.ends_row)
                continue
            yield from self._table()
            if not paragraph.text:
                continue
            if facts.heading and len(paragraph.text) <= _LONGEST_HEADING:
                self._path.enter(facts.heading, paragraph.text)
            yield Block(text=paragraph.text, locator=self._here())
        yield from self._table()

    def _in_table(self, paragraph: _Paragraph, *, ends_row: bool) -> None:
        if ends_row:
            self._rows.append(self._row)
            self._row = []
            return
        if paragraph.text:
            self._cell.append(paragraph.text)
        if paragraph.ends_cell:
            self._row.append(" ".join(self._cell))
            self._cell = []

    def _table(self) -> Iterator[Block]:
        if self._cell or self._row:
            self._rows.append([*self._row, *([" ".join(self._cell)] if self._cell else [])])
        if self._rows:
            yield from table_blocks(self._rows, locator=self._here())
        self._cell, self._row, self._rows = [], [], []

    def _here(self) -> Locator:
        return Locator(heading=self._path.path)


def _aside(text: DocText, part: str, name: str, hidden: HiddenSpans, *, unseen: bool) -> Iterator[Block]:
    """Yield notes, comments or page headers; a page header that repeats comes once."""
    seen: set[str] = set()
    for paragraph in _paragraphs(text, part, hidden):
        if paragraph.text and paragraph.text not in seen:
            seen.add(paragraph.text)
            yield Block(text=paragraph.text, locator=Locator(part=name or None), hidden=unseen)


@dataclass(slots=True)
class _Open:
    """A paragraph that is being put together, and the fields that are open in it."""

    shown: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)


def _paragraphs(text: DocText, part: str, hidden: HiddenSpans) -> Iterator[_Paragraph]:
    """Yield the paragraphs of a part of the text; a field is its result, not its instruction."""
    fields: list[bool] = []
    open_ = _Open()
    for stretch in text.stretches(part):
        for at, char, is_hidden in _characters(stretch, hidden):
            if char == _FIELD_BEGIN:
                fields.append(True)
            elif char == _FIELD_SEPARATOR and fields:
                fields[-1] = False
            elif char == _FIELD_END and fields:
                fields.pop()
            elif char in _PARAGRAPH_ENDS:
                yield _paragraph(open_, at, ends_cell=char == _CELL_END)
                open_ = _Open()
            elif not any(fields):
                (open_.unseen if is_hidden else open_.shown).append(char)
    yield _paragraph(open_, -1, ends_cell=False)


def _characters(stretch: Stretch, hidden: HiddenSpans) -> Iterator[tuple[int, str, bool]]:
    """Yield each character with its place in the file and whether it is hidden."""
    at, any_hidden = stretch.start, hidden.touch(stretch.start, stretch.end)
    for char in stretch.text:
        yield at, char, any_hidden and hidden.cover(at)
        at += stretch.width


def _paragraph(open_: _Open, end: int, *, ends_cell: bool) -> _Paragraph:
    return _Paragraph(
        text="".join(open_.shown).translate(_SIGNS).strip(),
        unseen="".join(open_.unseen).translate(_SIGNS).strip(),
        end=end,
        ends_cell=ends_cell,
    )
