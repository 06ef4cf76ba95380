"""What the headings of a PDF look like, learned from its first pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from holdfast.stages.parsing.readers.pdf.joining import paragraph_gap, stands_for_more
from holdfast.stages.parsing.readers.pdf.page import HYPHEN, Line, OutlineEntry, Page
from holdfast.stages.parsing.readers.pdf.running import Running

_LARGER = 1.12
"""A heading's type against the body's; smaller differences are other fonts, not other ranks."""
_MOST_LEVELS = 4
_MOST_HEADINGS = 0.25
"""More lines than this as headings means a form, a poster or slides: none are taken for one."""
_SHORTEST, _LONGEST = 3, 120
_LEAST_ENTRIES = 3
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[^\W\d_]")
_WORD = re.compile(r"[\w-]{3,}")


class Layout:
    """Tells headings, running lines and hyphens of one document."""

    def __init__(
        self, sample: Sequence[Page], outline: Sequence[OutlineEntry], *, drop_repeated: bool
    ) -> None:
        self.running = Running(sample)
        self.drops_repeated = drop_repeated
        """Whether running lines are left out behind their first appearance."""
        lines = [line for page in sample for line in page.lines if not self.running.is_repeated(line)]
        written = [line for line in lines if not line.is_recognised]
        self._is_all_recognised = not written
        self.body_size = _body_size(written or lines)
        """The size of type that most of the text is set in, in points; 0 without text."""
        self.paragraph_gap = paragraph_gap(page.lines for page in sample)
        """How much white parts paragraphs, in sizes of type."""
        self._is_all_bold = 2 * sum(_length(line) for line in lines if line.bold) > sum(map(_length, lines))
        self._words = frozenset(word.lower() for line in lines for word in _WORD.findall(line.text))
        self._outline = _by_page(outline) if len(outline) >= _LEAST_ENTRIES else {}
        self._sizes = {} if self._outline else self._heading_sizes(written or lines)

    def entries(self, page: int) -> tuple[OutlineEntry, ...]:
        """Return the outline's entries of a page."""
        return tuple(self._outline.get(page, ()))

    def level(self, line: Line) -> int:
        """Return the level of a heading by its looks, 0 for text; an outline makes looks irrelevant."""
        if self._outline or not _may_be_heading(line.text):
            return 0
        if line.is_recognised and not self._is_all_recognised:
            return 0
        rank = self._sizes.get(_rounded(line.size))
        if rank:
            return rank
        numbered = _NUMBERED.match(line.text)
        if numbered and line.bold and not self._is_all_bold and line.size >= self.body_size - 0.5:
            return len(self._sizes) + 1 + numbered[1].count(".")
        return 0

    def unhyphenated(self, text: str) -> str:
        """Join words that a line's end has cut; the hyphen stays where the document elsewhere writes it."""
        while HYPHEN in text:
            before, _, after = text.partition(HYPHEN)
            head = re.search(r"[\w-]*$", before)
            tail = re.match(r"[\w-]*", after)
            parts = head[0].lower() if head else "", tail[0].lower() if tail else ""
            if stands_for_more(after) and "".join(parts) not in self._words:
                text = f"{before}- {after}"
            elif not after or "-".join(parts) in self._words:
                text = f"{before}-{after}"
            else:
                text = before + after
        return text

    def _heading_sizes(self, lines: Sequence[Line]) -> dict[float, int]:
        """Return the sizes of type that headings are set in, with their levels, the largest first."""
        least = self.body_size * _LARGER
        larger = [line for line in lines if line.size >= least and _may_be_heading(line.text)]
        counts = Counter(_rounded(line.size) for line in larger)
        long_lines = Counter(
            _rounded(line.size) for line in lines if line.size >= least and len(line.text) > _LONGEST
        )
        sizes = sorted((size for size, count in counts.items() if long_lines[size] < count), reverse=True)
        if not sizes or sum(counts[size] for size in sizes) > max(2, len(lines) * _MOST_HEADINGS):
            return {}
        return {size: min(rank, _MOST_LEVELS) for rank, size in enumerate(sizes, 1)}


def same_title(left: str, right: str) -> bool:
    """Tell whether an outline's title and a line say the same, numbers and spaces aside."""
    return _letters(left) == _letters(right) != ""


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text).lower()


def _may_be_heading(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    return (
        _SHORTEST <= len(text) <= _LONGEST
        and letters >= max(2, len(text) / 3)
        and not text.endswith((".", ",", ";"))
    )


def _length(line: Line) -> int:
    return len(line.text)


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _body_size(lines: Sequence[Line]) -> float:
    weights: Counter[float] = Counter()
    for line in lines:
        weights[_rounded(line.size)] += len(line.text)
    return max(weights.items(), key=lambda item: item[1])[0] if weights else 0.0


def _by_page(outline: Sequence[OutlineEntry]) -> dict[int, list[OutlineEntry]]:
    pages: dict[int, list[OutlineEntry]] = {}
    for entry in outline:
        if entry.title.strip():
            pages.setdefault(entry.page, []).append(entry)
    return pages
