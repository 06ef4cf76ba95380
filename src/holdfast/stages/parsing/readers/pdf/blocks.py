"""Lines of PDF pages to blocks: paragraphs under their headings, tables in their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.pdf.asides import Aside
from holdfast.stages.parsing.readers.pdf.joining import are_one_word, goes_on_over_white
from holdfast.stages.parsing.readers.pdf.layout import Layout, same_title
from holdfast.stages.parsing.readers.pdf.page import HYPHEN, Line, OutlineEntry, Page, PageTable
from holdfast.stages.parsing.readers.tables import looks_like_header, row_line, table_blocks
from holdfast.stages.parsing.units import Block


class LineBlocks:
    """Turns lines into blocks, page after page; knows the heading path and the table seen last."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._last_table: tuple[int, int, str] = (0, 0, "")
        """Page, columns and header of the table seen last."""
        self._path = HeadingPath()

    def blocks(
        self, page: Page, lines: Sequence[Line], placed: Sequence[tuple[int, Aside | Block]]
    ) -> Iterator[Block]:
        """Yield the running text of a page; in front of a line what is placed there, by the line's number."""
        entries = list(self._layout.entries(page.number))
        self._enter_unseen(entries, lines)
        pending: list[Line] = []
        shown: set[int] = set()
        for number, line in enumerate(lines):
            if beside := [each for at, each in placed if at == number]:
                yield from self._text(pending, page)
                pending = []
                yield from (self.aside(each, page) for each in beside)
            held = [place for place, each in enumerate(page.tables) if each.holds(line)]
            if held:
                yield from self._text(pending, page)
                pending = []
                for table in held:
                    if table not in shown:
                        shown.add(table)
                        yield from self._table(page.tables[table], page)
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

    def aside(self, beside: Aside | Block, page: Page) -> Block:
        """Return what stands beside the running text as a block of its own."""
        if isinstance(beside, Block):
            return beside
        place = Locator(page=page.number, heading=self._path.path, part=beside.part or None)
        return Block(text=self._joined(beside.lines), locator=place)

    def is_text(self, line: Line, page: Page) -> bool:
        """Tell a line of running text from headings and from what is in tables."""
        if self._layout.level(line) or any(table.holds(line) for table in page.tables):
            return False
        return not any(same_title(entry.title, line.text) for entry in self._layout.entries(page.number))

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

    def _table(self, table: PageTable, page: Page) -> Iterator[Block]:
        table = self._with_whole_words(table)
        yield from table_blocks(
            table.rows,
            header=self._header(table, page),
            locator=Locator(page=page.number, heading=self._path.path),
        )

    def _with_whole_words(self, table: PageTable) -> PageTable:
        """Return the table with the words whole that the lines of its cells have cut."""
        if not any(HYPHEN in cell for row in table.rows for cell in row):
            return table
        rows = tuple(
            tuple(self._layout.unhyphenated(cell.replace(f"{HYPHEN} ", HYPHEN)) for cell in row)
            for row in table.rows
        )
        return replace(table, rows=rows)

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
        if lines:
            place = Locator(page=page.number, heading=self._path.path)
            yield Block(text=self._joined(lines), locator=place)

    def _joined(self, lines: Sequence[Line]) -> str:
        """Return lines as text, cut words whole, an empty line between paragraphs."""
        pieces = []
        text = lines[0].text
        for above, line in pairwise(lines):
            if are_one_word(above, line):
                text = f"{text[:-1]}{HYPHEN}{line.text}"
                continue
            is_apart = above.box.bottom - line.box.top > line.size * self._layout.paragraph_gap
            ends = is_apart and not goes_on_over_white(above, line, lines)
            pieces += [self._layout.unhyphenated(text), "\n\n" if ends else "\n"]
            text = line.text
        return "".join((*pieces, self._layout.unhyphenated(text)))


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
