"""The paragraphs and tables of an RTF file as blocks under their headings."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.descriptions import DESCRIPTION
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.readers.word.rtf_runs import Paragraph, unseen_runs
from holdfast.stages.parsing.units import Block

_LONGEST_HEADING = 250


class RtfBlocks:
    """Collects blocks as paragraphs, cells and rows end."""

    def __init__(self, headings: Mapping[int, int]) -> None:
        self.done: list[Block] = []
        self.paragraph = Paragraph()
        """The one that is open, or what stands in the open cell."""
        self._headings = headings
        self._path = HeadingPath()
        self._row: list[str] = []
        self._rows: list[list[str]] = []
        self._described: tuple[list[Block], list[Block]] = ([], [])
        """What was written about pictures outside of tables, and in the open one."""

    def here(self) -> Locator:
        """Return the place that the reading has come to."""
        return Locator(heading=self._path.path)

    def described(self, text: str, *, hidden: bool) -> None:
        """Take what was written about a picture; it stands behind its paragraph or table, once."""
        block = Block(text=text, locator=Locator(heading=self._path.path, part=DESCRIPTION), hidden=hidden)
        self._described[self.paragraph.in_table].append(block)

    def end_cell(self) -> None:
        """End a cell of the open row."""
        text = " ".join(self.paragraph.shown.split())
        # The number of an empty item is all that its cell shows.
        self._row.append("" if text == self.paragraph.label == "-" else text)
        self._end_runs()

    def end_row(self) -> None:
        """End a row of the open table."""
        self._rows.append(self._row)
        self._row = []

    def end_paragraph(self) -> None:
        """End a paragraph; one with text ends the table before it."""
        text, label = self.paragraph.shown.strip(), self.paragraph.label
        if text and text != label:
            self.end_table()
            level = self.paragraph.level or self._headings.get(self.paragraph.style, 0)
            if level and len(text) <= _LONGEST_HEADING:
                self._path.enter(level, text)
            elif label:
                text = "  " * self.paragraph.list_level + text
            self.done.append(Block(text=text, locator=self.here()))
        self._end_runs()
        if self._described[False]:
            self.end_table()
            self._put_described(in_table=False)

    def end_table(self) -> None:
        """End the open table, where there is one."""
        if self._row:
            self._rows.append(self._row)
        if self._rows:
            self.done.extend(table_blocks(self._rows, locator=self.here()))
        self._rows, self._row = [], []
        self._put_described(in_table=True)

    def _end_runs(self) -> None:
        self.done.extend(unseen_runs(self.paragraph.runs, self.here()))
        self.paragraph.runs, self.paragraph.label = [], ""

    def _put_described(self, *, in_table: bool) -> None:
        self.done.extend(dict.fromkeys(self._described[in_table]))
        self._described[in_table].clear()
