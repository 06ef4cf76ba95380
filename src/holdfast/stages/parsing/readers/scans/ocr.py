"""Text recognition: a picture of a page to words with their places, by the tesseract program."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from holdfast.stages.parsing.readers.pdf.aligned import aligned_tables
from holdfast.stages.parsing.readers.pdf.bidi import in_reading_order
from holdfast.stages.parsing.readers.pdf.page import Box, Line, Page
from holdfast.stages.parsing.readers.pdf.turns import Turn
from holdfast.stages.parsing.readers.pdf.words import Word
from holdfast.stages.parsing.readers.scans import tesseract
from holdfast.stages.parsing.units import ReadingLimits

UNSURE = 60.0
"""Mean confidence below which text is not trusted: clean print has above 90, photos of it 70 and more."""
_SHARE_OF_WALL = 0.8
"""What is left of a file's wall time is for reading what else is in it."""
_WORD_LEVEL, _PAGE_LEVEL = "5", "1"
_COLUMNS = 12
_NOISE = 50.0
"""A mark without letter or digit below this confidence is dirt."""
_LARGER = 1.4
_TYPE = 10.0
_ROOM = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A page that was recognised."""

    page: Page
    confidence: float
    """Mean of its words, by their length, from 0 to 100; 0 without words."""


class Recogniser:
    """Recognises pictures of one file, within its time and its number of pages."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits = limits
        self._program = tesseract.program() if limits.ocr else None
        self._until = time.monotonic() + limits.wall_s * _SHARE_OF_WALL
        self._left = limits.ocr_max_pages
        self.looked_at = 0
        """How many pages were looked at, whether or not there was text."""
        self.confidences: dict[int, float] = {}
        """Of the pages that were recognised, by their number."""
        self.stopped = ""
        """Why no more pages are recognised, with the next move; empty while they are."""
        if not limits.ocr:
            self.stopped = "Set parsing.ocr to auto, or run text recognition (OCR) on it"
        elif self._program is None:
            self.stopped = "Install tesseract and sync again, or run text recognition (OCR) on it"

    @property
    def languages(self) -> str:
        """Return the languages it reads, as tesseract takes them."""
        assert self._program is not None
        return self._limits.ocr_languages or tesseract.default_languages(self._program)

    def recognise(self, picture: bytes, number: int, *, page_of_file: int | None = None) -> Seen | None:
        """Return page `number` as recognised in a picture file, None when `stopped` says why not.

        The picture is PNM, PNG, JPEG, TIFF, BMP, GIF or WebP and begins like one; `page_of_file` counts
        from 0. Raises NotRecognised.
        """
        if not self._may_go_on():
            return None
        assert self._program is not None
        table = tesseract.run(
            self._program,
            picture,
            languages=self.languages,
            page_of_file=page_of_file,
            timeout_s=max(0.1, min(self._limits.ocr_page_s, self._until - time.monotonic())),
        )
        self.looked_at += 1
        seen = next((_seen(rows, number) for rows in _pages(table)), None)
        if seen is not None and seen.page.lines:
            self.confidences[number] = seen.confidence
        return seen

    def _may_go_on(self) -> bool:
        if not self.stopped and self._left <= 0:
            self.stopped = "Raise parsing.ocr_max_pages, or run text recognition (OCR) on it"
        if not self.stopped and time.monotonic() > self._until:
            self.stopped = "Raise parsing.wall_s, or run text recognition (OCR) on it"
        self._left -= 1
        return not self.stopped


# --- what it writes: a table of pages, blocks, paragraphs, lines and words


def _pages(table: str) -> Iterator[list[list[str]]]:
    """Yield the rows of each page."""
    page: list[list[str]] = []
    for line in table.splitlines()[1:]:
        row = line.split("\t")
        if len(row) != _COLUMNS:
            continue
        if row[0] == _PAGE_LEVEL and page:
            yield page
            page = []
        page.append(row)
    if page:
        yield page


def _seen(rows: Sequence[Sequence[str]], number: int) -> Seen:
    """Return a page as if its usual type were of one size, its text running to the right.

    Photographs tell no resolution, so that only the sizes against one another mean something.
    """
    found = [(row, float(row[10])) for row in rows if row[0] == _WORD_LEVEL and row[11].strip()]
    kept = [(row, sure) for row, sure in found if sure >= _NOISE or any(map(str.isalnum, row[11]))]
    words = [row for row, _ in kept]
    quarters = _quarters(words)
    height = 8 if quarters % 2 else 9  # type that lies on its side is as high as its box is wide
    usual = median([float(row[height]) for row in words]) if words else 1.0
    scale = _TYPE / max(1.0, usual)
    turn = Turn(quarters=quarters, width=float(rows[0][8]) * scale, height=float(rows[0][9]) * scale)
    lines = tuple(_lines(words, scale, turn))
    page = Page(
        number=number,
        lines=lines,
        tables=tuple(map(in_reading_order, aligned_tables(lines, ()))),
        height=turn.reading_height,
        pictures=True,
        rotated=False,
    )
    letters = sum(len(row[11]) for row in words)
    total = sum(sure * len(row[11]) for row, sure in kept)
    return Seen(page=page, confidence=total / letters if letters else 0.0)


def _quarters(rows: Iterable[Sequence[str]]) -> int:
    """Return how the words follow one another: 0 to the right, 1 up, 2 to the left, 3 down."""
    votes = [0, 0, 0, 0]
    for _, line in groupby(rows, key=lambda row: row[1:5]):
        for one, other in pairwise(line):
            across, down = (
                _middle(other, 6, 8) - _middle(one, 6, 8),
                _middle(other, 7, 9) - _middle(one, 7, 9),
            )
            if abs(across) >= abs(down):
                votes[0 if across > 0 else 2] += 1
            else:
                votes[3 if down > 0 else 1] += 1
    return max(range(4), key=votes.__getitem__)


def _middle(row: Sequence[str], start: int, length: int) -> float:
    return float(row[start]) + float(row[length]) / 2


def _lines(rows: Sequence[Sequence[str]], scale: float, turn: Turn) -> Iterator[Line]:
    order = 0
    for _, line in groupby(rows, key=lambda row: row[1:5]):
        words = []
        for row in line:
            order += 1
            left, top = float(row[6]) * scale, turn.height - float(row[7]) * scale
            right, bottom = left + float(row[8]) * scale, top - float(row[9]) * scale
            words.append(Word(row[11], *turn.straight((left, bottom, right, top)), order))
        height = median([word.top - word.bottom for word in words])
        words = _level(words)
        yield Line(
            text=" ".join(word.text for word in words),
            box=Box(
                left=min(word.left for word in words),
                bottom=words[0].bottom,
                right=max(word.right for word in words),
                top=words[0].top,
            ),
            size=height if height > _TYPE * _LARGER else _TYPE,
            bold=False,
            is_recognised=True,
            words=tuple(words),
        )


def _level(words: Sequence[Word]) -> list[Word]:
    """Return the words of a line with one height, as high as type is: that of ink differs by word."""
    bottom = median([word.bottom for word in words])
    top = median([word.top for word in words])
    room = _ROOM * (top - bottom)
    return [Word(word.text, word.left, bottom - room, word.right, top + room, word.order) for word in words]
