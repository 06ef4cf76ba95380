"""Headers and footers that run through a PDF's pages, learned from its first ones."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby

from holdfast.stages.parsing.readers.pdf.page import Line, Page

_MARGIN = 0.1
_LEAST_PAGES = 3
_REPEATED_SHARE = 0.6
_PAGE_NUMBER = re.compile(r"^(\d{1,4})(?![\d.,])|(?<![\d.,])(\d{1,4})$")
_LARGER = 1.12
"""A larger line at the head of each page is its title, as on slides."""
_WHITE = 0.5
_PAGES_OF_A_CHAPTER = 2

Place = tuple[bool, int, float, str]
"""Where and how a running line is set: at the head, its height in points, size of type, font."""


class Running:
    """Tells the running lines of one document."""

    def __init__(self, sample: Sequence[Page]) -> None:
        self._repeated = frozenset(key for pages in _sides(sample) for key in _common(pages))
        self._ahead = _numbers_ahead(sample)
        self._body = _body(sample)
        self._places = frozenset(place for pages in _sides(sample) for place in self._of_chapters(pages))

    def is_running(self, line: Line, page: Page) -> bool:
        """Tell a line that most pages repeat, or the outermost with a page's number or a chapter's title."""
        if not _is_in_margin(line, page):
            return False
        if self.is_repeated(line):
            return True
        is_told = not self._ahead.isdisjoint(_ahead(line, page)) or (
            bool(self._places) and self._place(line, page) in self._places
        )
        return is_told and _is_outermost(line, page)

    def is_repeated(self, line: Line) -> bool:
        """Tell a line whose words most pages repeat in their margins."""
        return _key(line.text) in self._repeated

    def _of_chapters(self, pages: Sequence[Page]) -> Iterator[Place]:
        """Yield where most pages say what chapter they belong to: in one place and type, for pages on end."""
        found: dict[Place, list[str]] = defaultdict(list)
        for page in pages:
            outer = [line for line in page.lines if _is_in_margin(line, page) and _is_outermost(line, page)]
            for line in outer:
                place = self._place(line, page)
                if place is not None and _is_set_apart(line, page):
                    found[place].append(_key(line.text))
        least = max(_LEAST_PAGES, len(pages) * _REPEATED_SHARE)
        for place, keys in found.items():
            chapters = len(list(groupby(keys)))
            is_told = len(set(keys)) == chapters and len(keys) >= _PAGES_OF_A_CHAPTER * chapters
            if len(keys) >= least and chapters > 1 and is_told:
                yield place

    def _place(self, line: Line, page: Page) -> Place | None:
        """Return the place of a line that does not look like the body's text, None for one that does."""
        if line.is_recognised or line.size >= self._body[0] * _LARGER:
            return None
        if (_rounded(line.size), line.font) == self._body and not line.text.isupper():
            return None
        height = line.box.middle[1]
        return height > page.height / 2, round(height), _rounded(line.size), line.font


def _sides(sample: Sequence[Page]) -> tuple[Sequence[Page], ...]:
    """Return all pages, the right ones and the left ones."""
    return (
        sample,
        [page for page in sample if page.number % 2],
        [page for page in sample if not page.number % 2],
    )


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


def _body(sample: Sequence[Page]) -> tuple[float, str]:
    """Return the size and the font of most of the text."""
    counts: Counter[tuple[float, str]] = Counter()
    for page in sample:
        for line in page.lines:
            counts[_rounded(line.size), line.font] += len(line.text)
    return counts.most_common(1)[0][0] if counts else (0.0, "")


def _is_set_apart(line: Line, page: Page) -> bool:
    """Tell whether there is white between a line of the margin and what is printed next to it."""
    if line.box.middle[1] > page.height / 2:
        tops = [other.box.top for other in page.lines if other.box.middle[1] < line.box.bottom]
        return line.box.bottom - max(tops, default=0.0) > _WHITE * line.size
    bottoms = [other.box.bottom for other in page.lines if other.box.middle[1] > line.box.top]
    return min(bottoms, default=page.height) - line.box.top > _WHITE * line.size


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


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _key(text: str) -> str:
    """Return what is the same on each page: the line without its numbers."""
    return re.sub(r"\d+", "#", " ".join(text.split()))
