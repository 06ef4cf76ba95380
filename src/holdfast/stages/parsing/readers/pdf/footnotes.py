"""The notes at the foot of a PDF page or column: smaller type, behind a short rule or with a mark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from holdfast.stages.parsing.readers.pdf.grids import joined
from holdfast.stages.parsing.readers.pdf.joining import ends_sentence
from holdfast.stages.parsing.readers.pdf.page import Box, Line, Page

_SMALLER = 0.93
"""The type of notes against that of the text: 10 to 11 is the least difference that is in use."""
_RAISED = 0.8
_SAME_SIZE = 0.5
_GAP = 1.1
_BESIDE = 1.2
"""Sizes of type that a note may stand below another, and a mark in front of its note."""
_MOST_LINES = 400
"""Lines of small type on one page: more are a plan or a form."""
_LOOKED_AT = 20
"""Lines that show how high the text's type is."""
_MARK = re.compile(
    r"[(\[]?(?:\d{1,3}|[*\u2020\u2021\u00a7\u00b6#\u00b9\u00b2\u00b3\u2070-\u2079]{1,3})"
    r"(?![.,]?\d)(?=\W|$|[A-Z\u00c0-\u00de][a-z\u00df-\u00ff])"
)
_RAISED_MARK = re.compile(r"[(\[]?[a-z]{1,2}[)\]]?$")
_LEAST_LETTERS = 8
_SHORTEST_RULE = 18.0
_SHORT_RULE = 0.6
"""The rule above notes is no longer than this share of the text above it: a table's or a frame's is."""
_INDENT = 3.0
_FULL = 0.6
_SLACK = 0.4
_TOUCHING = 0.1
_LONGEST_NUMBER = 40
_LONGEST_HEADING = 60
_MARGIN = 0.1


def footnotes(page: Page, lines: Sequence[Line], body_size: float) -> tuple[tuple[Line, ...], ...]:
    """Return the notes at the foot of each column, left to right; `lines` are those of the page's text.

    In doubt there are none: their type is smaller than the body's, nothing but a page's number is printed
    below them, text in the body's type above them, and they begin with a mark or stand behind a short rule.
    """
    small = [line for line in lines if 0 < line.size <= _SMALLER * body_size and not line.is_recognised]
    if not small or len(small) > _MOST_LINES:
        return ()
    body = [line for line in lines if abs(line.size - body_size) <= _SAME_SIZE and line.words]
    if not body or min(line.box.bottom for line in small) > max(line.box.bottom for line in body):
        return ()
    height = median([_height(line) for line in body[:_LOOKED_AT]])
    small = [line for line in small if _height(line) <= height and not _is_in_table(line, page)]
    found = []
    for group in _groups(small):
        around = _Around(group, lines, body_size, page)
        if around.is_at_the_foot() and around.is_told_apart():
            found.append(group)
    return tuple(tuple(_with_marks(group)) for group in sorted(found, key=lambda group: _box(group).left))


def _is_in_table(line: Line, page: Page) -> bool:
    return any(table.holds(line) for table in page.tables)


def _height(line: Line) -> float:
    """Return the height of the type of most words of a line: a raised mark may stand first."""
    return median([word.top - word.bottom for word in line.words]) if line.words else 0.0


def _box(lines: Sequence[Line]) -> Box:
    return Box.around([line.box for line in lines])


def _groups(small: Sequence[Line]) -> list[list[Line]]:
    """Return together what stands close below or beside one another, each group in the order of reading."""
    groups: list[tuple[Box, list[Line]]] = []
    for line in sorted(small, key=lambda line: -line.box.top):
        near = [group for group in groups if _is_near(group[0], line)]
        groups = [group for group in groups if not any(group is each for each in near)]
        joined = [line, *(each for _, lines in near for each in lines)]
        groups.append((Box.around([line.box, *(box for box, _ in near)]), joined))
    order = {id(line): number for number, line in enumerate(small)}
    return [sorted(lines, key=lambda line: order[id(line)]) for _, lines in groups]


def _is_near(box: Box, line: Line) -> bool:
    beside = _BESIDE * line.size
    is_beside = line.box.left < box.right + beside and box.left < line.box.right + beside
    return is_beside and box.bottom - line.box.top <= _GAP * line.size


class _Around:
    """What stands above and below a group of small lines, among the lines of its page."""

    def __init__(self, group: Sequence[Line], lines: Sequence[Line], body_size: float, page: Page) -> None:
        self._group = group
        self._box = box = _box(group)
        self._size = body_size
        self._page = page
        own = set(map(id, group))
        over = [
            line
            for line in lines
            if id(line) not in own and line.box.left < box.right and box.left < line.box.right
        ]
        self._above = [line for line in over if line.box.middle[1] > box.top]
        self._not_above = [line for line in over if line.box.middle[1] <= box.top]

    def is_at_the_foot(self) -> bool:
        """Tell a group below text in the body's type, with nothing but a page's number below it."""
        if not all(_is_page_number(line, self._box, self._page) for line in self._not_above):
            return False
        text = [line for line in self._above if abs(line.size - self._size) <= _SAME_SIZE]
        if not text or self._box.left > min(line.box.left for line in text) + _INDENT * self._size:
            return False
        return sum(map(str.isalpha, "".join(line.text for line in self._group))) >= _LEAST_LETTERS

    def is_told_apart(self) -> bool:
        """Tell notes, by a mark or a rule, from those below a table and from a list below its heading."""
        above = min(self._above, key=lambda line: line.box.bottom)
        has_rule, has_mark = self._has_rule(above), _has_mark(self._group)
        if above.size < self._size - _SAME_SIZE:
            return False
        if _is_in_table(above, self._page):
            return has_rule and has_mark
        widest = max(line.box.right - line.box.left for line in self._above)
        is_short = above.box.right - above.box.left < _FULL * widest and len(above.text) < _LONGEST_HEADING
        return has_rule or (has_mark and (not is_short or ends_sentence(above)))

    def _has_rule(self, above: Line) -> bool:
        """Tell whether a short rule stands between the group and what is above it."""
        slack = _SLACK * self._size
        rules = [
            rule for rule in self._page.rules if self._box.top - slack <= rule.at <= above.box.bottom + slack
        ]
        left, right = min(line.box.left for line in self._above), max(line.box.right for line in self._above)
        return any(
            _SHORTEST_RULE <= rule.end - rule.start <= _SHORT_RULE * (right - left)
            and abs(rule.start - self._box.left) <= _INDENT * self._size
            for rule in joined(rules)
        )


def _is_page_number(line: Line, box: Box, page: Page) -> bool:
    is_in_margin = line.box.middle[1] < _MARGIN * page.height and line.box.top <= box.bottom
    return is_in_margin and len(line.text) <= _LONGEST_NUMBER


def _has_mark(group: Sequence[Line]) -> bool:
    first = max(group, key=lambda line: line.box.top)
    if _RAISED_MARK.match(first.text):
        return first.size <= _RAISED * max(line.size for line in group)
    return bool(_MARK.match(first.text))


def _with_marks(group: Sequence[Line]) -> Iterator[Line]:
    """Yield the lines of notes, a mark that is printed higher in front of its note."""
    pending: Line | None = None
    for line in group:
        if pending is not None and _are_on_one_line(pending, line):
            is_apart = line.box.left - pending.box.right > _TOUCHING * max(pending.size, line.size)
            text = f"{pending.text} {line.text}" if is_apart else pending.text + line.text
            box = Box.around([pending.box, line.box])
            pending = replace(line, text=text, box=box, words=(*pending.words, *line.words))
            continue
        if pending is not None:
            yield pending
        pending = line
    if pending is not None:
        yield pending


def _are_on_one_line(left: Line, right: Line) -> bool:
    shared = min(left.box.top, right.box.top) - max(left.box.bottom, right.box.bottom)
    return shared > 0 and left.box.right <= right.box.left + left.size / 2
