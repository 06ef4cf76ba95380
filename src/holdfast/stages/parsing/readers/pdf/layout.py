"""What headings and page furniture of a PDF look like, learned from its first pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from holdfast.stages.parsing.readers.pdf.joining import paragraph_gap, stands_for_more
from holdfast.stages.parsing.readers.pdf.page import HYPHEN, Line, OutlineEntry, Page

_LARGER = 1.12
"""A heading's type against the body's; smaller differences are other fonts, not other ranks."""
_MOST_LEVELS = 4
_MOST_HEADINGS = 0.25
"""More lines than this as headings means a form, a poster or slides: none are taken for one."""
_SHORTEST, _LONGEST = 3, 120
_LEAST_ENTRIES = 3
_MARGIN = 0.1
_LEAST_PAGES = 3
_REPEATED_SHARE = 0.6
_PAGE_NUMBER = re.compile(r"^(\d{1,4})(?![\d.,])|(?<![\d.,])(\d{1,4})$")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[^\W\d_]")
_WORD = re.compile(r"[\w-]{3,}")


class Layout:
    """Tells headings, repeated lines and hyphens of one document."""

    def __init__(
        self, sample: Sequence[Page], outline: Sequence[OutlineEntry], *, drop_repeated: bool
    ) -> None:
        self._repeated = _repeated(sample) if drop_repeated else frozenset()
        self._ahead = _numbers_ahead(sample) if drop_repeated else frozenset()
        lines = [line for page in sample for line in page.lines if _key(line.text) not in self._repeated]
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

    def is_repeated(self, line: Line, page: Page) -> bool:
        """Tell a header or footer: a line that most pages repeat, or the outermost with the page's number."""
        if not _is_in_margin(line, page):
            return False
        return _key(line.text) in self._repeated or (
            not self._ahead.isdisjoint(_ahead(line, page)) and _is_outermost(line, page)
        )

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


def _repeated(sample: Sequence[Page]) -> frozenset[str]:
    """Return what most pages repeat in their margins, or most of the left or of the right pages."""
    sides = (
        sample,
        [page for page in sample if page.number % 2],
        [page for page in sample if not page.number % 2],
    )
    return frozenset(key for pages in sides for key in _common(pages))


def _common(pages: Sequence[Page]) -> Iterator[str]:
    counts: Counter[str] = Counter()
    for page in pages:
        counts.update({_key(line.text) for line in page.lines if _is_in_margin(line, page)})
    least = max(_LEAST_PAGES, len(pages) * _REPEATED_SHARE)
    yield from (key for key, count in counts.items() if count >= least)


def _numbers_ahead(sample: Sequence[Page]) -> frozenset[int]:
    """Return how far the printed page numbers of most pages are ahead of the pages' places."""
    counts: Counter[int] = Counter()
    for page in sample:
        outer = [line for line in page.lines if _is_in_margin(line, page) and _is_outermost(line, page)]
        counts.update({ahead for line in outer for ahead in _ahead(line, page)})
    least = max(_LEAST_PAGES, len(sample) * _REPEATED_SHARE)
    return frozenset(ahead for ahead, count in counts.items() if count >= least)


def _ahead(line: Line, page: Page) -> set[int]:
    """Return how far the number that a line begins or ends with is ahead of its page's place."""
    return {int(match[1] or match[2]) - page.number for match in _PAGE_NUMBER.finditer(line.text)}


def _is_outermost(line: Line, page: Page) -> bool:
    """Tell a line of no table, with no line between it and the edge of the page that is nearer."""
    if any(table.holds(line) for table in page.tables):
        return False
    if line.box.middle[1] > page.height / 2:
        return not any(other.box.bottom >= line.box.top for other in page.lines)
    return not any(other.box.top <= line.box.bottom for other in page.lines)


def _is_in_margin(line: Line, page: Page) -> bool:
    if page.rotated or not page.height:
        return False
    height = line.box.middle[1] / page.height
    return height < _MARGIN or height > 1 - _MARGIN


def _key(text: str) -> str:
    """Return what is the same on each page: the line without its numbers."""
    return re.sub(r"\d+", "#", " ".join(text.split()))
