"""DOC: text, headings, tables and notes of Word before 2007; hidden and deleted text marked.

Layout from Microsoft's open specification [MS-DOC].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.ole.properties import properties_of
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.readers.unseen import Unseen, unseen_blocks
from holdfast.stages.parsing.readers.word.doc_fields import END, DocForms, Fields
from holdfast.stages.parsing.readers.word.doc_lists import DocLists
from holdfast.stages.parsing.readers.word.doc_runs import HiddenSpans, Letters, ParagraphRuns
from holdfast.stages.parsing.readers.word.doc_styles import DocStyles
from holdfast.stages.parsing.readers.word.doc_text import DocText, Stretch
from holdfast.stages.parsing.units import Block, Properties, Reading, ReadingLimits, Size, Unit

_LONGEST_HEADING = 250
_CELL_END, _PARAGRAPH_END, _PARAGRAPH_ENDS = "\x07", "\r", "\r\x07\x0c"
_ON_PAGE = (Letters.SHOWN, Letters.WHITE)
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
    styles = DocStyles(text)
    runs, hidden = ParagraphRuns(text, styles), HiddenSpans(text, styles)
    forms = DocForms(ole, text)
    yield Unit(
        key="text", blocks=tuple(_Body(runs, DocLists(text)).blocks(_paragraphs(text, "text", hidden, forms)))
    )
    for part, name, unseen in _ASIDE:
        blocks = _aside(_paragraphs(text, part, hidden, forms), name, unseen=unseen)
        yield Unit(key=part, blocks=tuple(blocks))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paragraph:
    runs: tuple[tuple[str, Letters], ...]
    end: int
    """Place in the file of its last character: its properties are found by it."""
    ends_cell: bool
    takes_place: bool
    """Whether the page has a line for it, with nothing on it too: its mark is shown."""

    def text(self, *, in_table: bool = False) -> str:
        """Return what is shown; in a table white letters may stand on a dark cell, so they count as shown."""
        shown = (Letters.SHOWN, Letters.WHITE) if in_table else (Letters.SHOWN,)
        return _joined(char for char, how in self.runs if how in shown)

    def unseen(self, *, in_table: bool = False) -> tuple[Unseen, Unseen]:
        """Return the letters that are not shown, and what was deleted."""
        unseen = (Letters.HIDDEN,) if in_table else (Letters.HIDDEN, Letters.WHITE)
        letters = _joined(char for char, how in self.runs if how in unseen)
        gone = _joined(char for char, how in self.runs if how is Letters.DELETED)
        return Unseen(text=letters), Unseen(text=gone, deleted=True)


class _Body:
    """Walks paragraphs; knows the heading path and the table that is open."""

    def __init__(self, runs: ParagraphRuns, lists: DocLists) -> None:
        self._runs = runs
        self._lists = lists
        self._path = HeadingPath()
        self._cell: list[str] = []
        self._row: list[str] = []
        self._rows: list[list[str]] = []

    def blocks(self, paragraphs: Iterator[_Paragraph]) -> Iterator[Block]:
        """Yield the blocks in reading order."""
        for paragraph in paragraphs:
            facts = self._runs.at(paragraph.end)
            in_table = facts.in_table or paragraph.ends_cell
            text = paragraph.text(in_table=in_table)
            yield from unseen_blocks(paragraph.unseen(in_table=in_table), self._here())
            if in_table:
                # In a table the number of an empty item is all that its cell shows.
                label = "" if facts.ends_row else self._lists.label(facts)
                text = f"{label} {text}".strip() if text or label != "-" else ""
                self._in_table(text, ends_cell=paragraph.ends_cell, ends_row=facts.ends_row)
                continue
            yield from self._table()
            # An empty item's number stands alone on the page: it is counted, but there is nothing to find.
            label = self._lists.label(facts) if text or paragraph.takes_place else ""
            if not text:
                continue
            text = f"{label} {text}" if label else text
            if facts.heading and len(text) <= _LONGEST_HEADING:
                self._path.enter(facts.heading, text)
            elif label:
                text = "  " * self._lists.level(facts) + text
            yield Block(text=text, locator=self._here())
        yield from self._table()

    def _in_table(self, text: str, *, ends_cell: bool, ends_row: bool) -> None:
        if ends_row:
            self._rows.append(self._row)
            self._row = []
            return
        if text:
            self._cell.append(text)
        if ends_cell:
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


def _aside(paragraphs: Iterator[_Paragraph], name: str, *, unseen: bool) -> Iterator[Block]:
    """Yield notes, comments or page headers; a page header that repeats comes once."""
    seen: set[str] = set()
    for paragraph in paragraphs:
        shown = paragraph.text()
        if shown and shown not in seen:
            seen.add(shown)
            yield Block(text=shown, locator=Locator(part=name or None), hidden=unseen)


def _paragraphs(text: DocText, part: str, hidden: HiddenSpans, forms: DocForms) -> Iterator[_Paragraph]:
    """Yield the paragraphs of a part of the text; a field is its result, not its instruction."""
    fields = Fields(forms)
    runs: list[tuple[str, Letters]] = []
    for stretch in text.stretches(part):
        for at, char, how in _characters(stretch, hidden):
            if char == END:
                runs += ((letter, how) for letter in fields.ends())
            elif char in _PARAGRAPH_ENDS:
                takes_place = (
                    char == _PARAGRAPH_END and how in _ON_PAGE and all(one in _ON_PAGE for _, one in runs)
                )
                yield _Paragraph(
                    runs=tuple(runs), end=at, ends_cell=char == _CELL_END, takes_place=takes_place
                )
                runs = []
            elif not fields.takes(char, at):
                runs.append((char, how))
    yield _Paragraph(runs=tuple(runs), end=-1, ends_cell=False, takes_place=False)


def _characters(stretch: Stretch, hidden: HiddenSpans) -> Iterator[tuple[int, str, Letters]]:
    """Yield each character with its place in the file and how it is shown."""
    at, any_hidden = stretch.start, hidden.touch(stretch.start, stretch.end)
    for char in stretch.text:
        yield at, char, hidden.at(at) if any_hidden else Letters.SHOWN
        at += stretch.width


def _joined(chars: Iterable[str]) -> str:
    return "".join(chars).translate(_SIGNS).strip()
