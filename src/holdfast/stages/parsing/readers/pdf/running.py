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

Look = tuple[float, str]
"""Size of type and font."""
Place = tuple[bool, int, float, str]
"""Where and how a running line is set: at the head, its height in points, size of type, font."""


class Running:
    """Tells the running lines of one document."""

    def __init__(self, sample: Sequence[Page]) -> None:
        self._body = _body(sample)
        sides = _sides([_Margins(page, self._body) for page in sample])
        self._repeated = frozenset(key for pages in sides for key in _common(pages))
        self._ahead = _numbers_ahead(sides[0])
        self._places = frozenset(place for pages in sides for place in _of_chapters(pages))

    def is_running(self, line: Line, page: Page) -> bool:
        """Tell a line that most pages repeat, or the outermost with a page's number or a chapter's title."""
        if not _is_in_margin(line, page):
            return False
        if self.is_repeated(line):
            return True
        is_told = not self._ahead.isdisjoint(_ahead(line, page)) or (
            bool(self._places) and _place(line, page, self._body) in self._places
        )
        return is_told and _is_outermost(line, page)

    def is_repeated(self, line: Line) -> bool:
        """Tell a line whose words most pages repeat in their margins."""
        return _key(line.text) in self._repeated


class _Margins:
    """The lines in the margins of one page, as far as running ones are learned from them."""

    def __init__(self, page: Page, body: Look) -> None:
        self.number = page.number
        lines = [line for line in page.lines if _is_in_margin(line, page)]
        outer = [line for line in lines if _is_outermost(line, page)]
        self.keys = {_key(line.text) for line in lines}
        self.ahead = {ahead for line in outer for ahead in _ahead(line, page)}
        self.titles = [
            (place, _key(line.text))
            for line in outer
            if (place := _place(line, page, body)) is not None and _is_set_apart(line, page)
        ]


def _sides(pages: Sequence[_Margins]) -> tuple[Sequence[_Margins], ...]:
    """Return all pages, the right ones and the left ones."""
    return pages, [page for page in pages if page.number % 2], [page for page in pages if not page.number % 2]


def _common(pages: Sequence[_Margins]) -> Iterator[str]:
    counts = Counter(key for page in pages for key in page.keys)
    yield from (key for key, count in counts.items() if count >= _most_of(pages))


def _numbers_ahead(pages: Sequence[_Margins]) -> frozenset[int]:
    """Return how far the printed page numbers of most pages are ahead of the pages' places."""
    counts = Counter(ahead for page in pages for ahead in page.ahead)
    return frozenset(ahead for ahead, count in counts.items() if count >= _most_of(pages))


def _of_chapters(pages: Sequence[_Margins]) -> Iterator[Place]:
    """Yield where most pages say what chapter they belong to: in one place and type, for pages on end."""
    found: dict[Place, list[str]] = defaultdict(list)
    for page in pages:
        for place, key in page.titles:
            found[place].append(key)
    for place, keys in found.items():
        chapters = len(list(groupby(keys)))
        is_told = len(set(keys)) == chapters and len(keys) >= _PAGES_OF_A_CHAPTER * chapters
        if len(keys) >= _most_of(pages) and chapters > 1 and is_told:
            yield place


def _most_of(pages: Sequence[_Margins]) -> float:
    return max(_LEAST_PAGES, len(pages) * _REPEATED_SHARE)


def _ahead(line: Line, page: Page) -> set[int]:
    """Return how far the number that a line begins or ends with is ahead of its page's place."""
    return {int(match[1] or match[2]) - page.number for match in _PAGE_NUMBER.finditer(line.text)}


def _place(line: Line, page: Page, body: Look) -> Place | None:
    """Return the place of a line that does not look like the body's text, None for one that does."""
    if line.is_recognised or line.size >= body[0] * _LARGER:
        return None
    if (_rounded(line.size), line.font) == body and not line.text.isupper():
        return None
    height = line.box.middle[1]
    return height > page.height / 2, round(height), _rounded(line.size), line.font


def _body(sample: Sequence[Page]) -> Look:
    """Return the size and the font of most of the text."""
    counts: Counter[Look] = Counter()
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
