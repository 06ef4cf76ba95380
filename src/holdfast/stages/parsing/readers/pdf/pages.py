"""A PDF page's lines to blocks: paragraphs, headings, tables in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.pdf.layout import Layout, same_title
from holdfast.stages.parsing.readers.pdf.page import HYPHEN, Line, OutlineEntry, Page, PageTable
from holdfast.stages.parsing.readers.tables import looks_like_header, row_line, table_blocks
from holdfast.stages.parsing.units import Block, Unit

_NUMBER = re.compile(r"\d+(?:[-.\u2013]\d+)*")
"""A number, or one of several parts as pages of a chapter have: 3-12."""
_PARAGRAPH_GAP = 0.55
"""White space above a paragraph, in heights of its type; between lines there is about -.1 to .2."""


class PageBlocks:
    """Turns pages into units one after another; knows the heading path and what was shown before."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._last_table: tuple[int, int, str] = (0, 0, "")
        """Page, columns and header of the table seen last."""
        self._path = HeadingPath()
        self._seen: dict[str, tuple[str, ...]] = {}

    @staticmethod
    def plain(page: Page) -> Unit:
        """Return a page's text without any judgement of its layout."""
        text = "\n".join(line.text.replace(HYPHEN, "-") for line in page.lines)
        shown = Block(text=text, locator=Locator(page=page.number))
        return Unit(key=f"page {page.number}", blocks=(shown, *_hidden(page)))

    def unit(self, page: Page) -> Unit:
        """Return a page in blocks."""
        lines = [line for line in page.lines if not self._is_furniture(line, page)]
        blocks = (*self._blocks(page, lines, page.tables), *_hidden(page))
        return Unit(key=f"page {page.number}", blocks=blocks)

    def _blocks(self, page: Page, lines: Sequence[Line], tables: Sequence[PageTable]) -> Iterator[Block]:
        entries = list(self._layout.entries(page.number))
        self._enter_unseen(entries, lines)
        pending: list[Line] = []
        placed: set[int] = set()
        for number, line in enumerate(lines):
            held = [place for place, each in enumerate(tables) if each.holds(line)]
            if held:
                yield from self._text(pending, page)
                pending = []
                for table in held:
                    if table not in placed:
                        placed.add(table)
                        yield from self._table(tables[table], page)
                continue
            level, title = self._heading(line, entries)
            if level and not self._goes_on(line, level, lines[number - 1] if number and pending else None):
                yield from self._text(pending, page)
                pending = []
                self._path.enter(level, title)
                self._last_level, self._last_title = level, title
            elif level:
                self._last_title = f"{self._last_title} {title}"
                self._path.enter(level, self._last_title)
            pending.append(line)
        yield from self._text(pending, page)

    _last_level = 0
    _last_title = ""

    def _goes_on(self, line: Line, level: int, above: Line | None) -> bool:
        """Tell the second line of a heading that did not fit on one."""
        return (
            above is not None
            and level == self._last_level
            and self._layout.level(above) == level
            and same_title(self._last_title[-len(above.text) :], above.text)
            and -line.size / 2 <= above.box.bottom - line.box.top < line.size
        )

    def _heading(self, line: Line, entries: list[OutlineEntry]) -> tuple[int, str]:
        text = self._layout.unhyphenated(line.text)
        for entry in entries:
            if same_title(entry.title, text):
                entries.remove(entry)
                return entry.level, text
        return self._layout.level(line), text

    def _enter_unseen(self, entries: list[OutlineEntry], lines: Sequence[Line]) -> None:
        """Enter the outline's entries that no line of their page repeats."""
        for entry in list(entries):
            if not any(same_title(entry.title, line.text) for line in lines):
                entries.remove(entry)
                self._path.enter(entry.level, entry.title)

    def _is_furniture(self, line: Line, page: Page) -> bool:
        """Tell a repeated line of the margins, which is kept where it stands first.

        One that differs from it by more than one number says more than its page: figures of a table.
        """
        if not self._layout.is_repeated(line, page):
            return False
        key = _NUMBER.sub("", line.text)
        numbers = tuple(_NUMBER.findall(line.text))
        if key not in self._seen:
            self._seen[key] = numbers
            return False
        changed = {pair for pair in zip(self._seen[key], numbers, strict=False) if pair[0] != pair[1]}
        return len(changed) <= 1

    def _table(self, table: PageTable, page: Page) -> Iterator[Block]:
        yield from table_blocks(
            table.rows,
            header=self._header(table, page),
            locator=Locator(page=page.number, heading=self._path.path),
        )

    def _header(self, table: PageTable, page: Page) -> str:
        """Return the table's header row; that of the page before when it goes on from there; else empty."""
        columns = len(table.rows[0])
        last_page, last_columns, header = self._last_table
        if table.header_rows:
            header = row_line(_flattened(table.rows[: table.header_rows]))
        elif table.header_rows is None and looks_like_header(table.rows):
            header = row_line(table.rows[0])
        elif last_page != page.number - 1 or last_columns != columns:
            header = ""
        self._last_table = (page.number, columns, header)
        return header

    def _text(self, lines: Sequence[Line], page: Page) -> Iterator[Block]:
        """Yield lines as a block, an empty line between paragraphs."""
        if not lines:
            return
        pieces = [self._layout.unhyphenated(lines[0].text)]
        for above, line in pairwise(lines):
            gap = above.box.bottom - line.box.top
            pieces.append("\n\n" if gap > line.size * _PARAGRAPH_GAP else "\n")
            pieces.append(self._layout.unhyphenated(line.text))
        yield Block(text="".join(pieces), locator=Locator(page=page.number, heading=self._path.path))


def _hidden(page: Page) -> tuple[Block, ...]:
    """Return what a reader of the page does not see, at its end."""
    if not page.hidden:
        return ()
    text = "\n".join(line.text.replace(HYPHEN, "-") for line in page.hidden)
    return (Block(text=text, locator=Locator(page=page.number), hidden=True),)


def _flattened(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return one name for each column: what stands over several columns is said with each of them."""
    names = [""] * len(rows[0])
    for level, row in enumerate(rows):
        spanning = ""
        for column, cell in enumerate(row):
            has_lower = any(lower[column] for lower in rows[level + 1 :])
            spanning = cell or (spanning if has_lower else "")
            names[column] = f"{names[column]} {spanning}".strip()
    return names
