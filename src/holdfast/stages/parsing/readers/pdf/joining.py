"""Text that goes on: words cut at a line's end, sentences that a column or a page cuts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from statistics import median, quantiles

from holdfast.stages.parsing.readers.pdf.bidi import runs_left
from holdfast.stages.parsing.readers.pdf.page import HYPHEN, Line

_PARAGRAPH_GAP = 0.55
"""White space above a paragraph, in heights of its type; between lines there is about -.1 to .2."""
_SET_APART, _ABOVE_LINES = 0.5, 0.35
"""Drafts with double spacing have so much between their lines, and more above their paragraphs."""
_LEAST_PAIRS = 6
_MOST_GAP = 2.0
_CUT = re.compile(rf"[^\W\d_](?:{HYPHEN}|[-\u2010\u00ad])$")
_LEFT_OUT = re.compile(r"(?:und|oder|bzw|sowie|and)(?![\w-])")
_ENDS = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f][^\w\s]*\d{0,3}$")
_MARKED = re.compile(r"(?:[^\w\s(\[\"'\u00ab\u00bb\u2018-\u201e]|\(?\w{1,3}[.)]|\d+(?:\.\d+)*)(?:\s|$)")
_LEADERS = re.compile(r"(?:\.\s?){4,}|\u2026{2,}")
_SAME_SIZE = 0.5
_LEAST_LINES = 3
_LEAST_CHARS = 30
_MOST_INDENT = 3.0
"""Sizes of type by which lines of one column begin apart: first lines of paragraphs, hanging ones."""
_LEAST_INDENT = 0.8
_SPACE = 0.3


def cuts_word(above: str, below: str) -> bool:
    """Tell whether the end of one line and the beginning of the next are one word."""
    return bool(_CUT.search(above)) and below[:1].islower() and not stands_for_more(below)


def stands_for_more(below: str) -> bool:
    """Tell that a hyphen above this text stands for what is said later: `Vor- und Nachteile`."""
    return bool(_LEFT_OUT.match(below))


def are_one_word(above: Line, below: Line) -> bool:
    """Tell two lines that PDFium saw as one cut word, or that look like one."""
    was_seen = (
        above.text.endswith(HYPHEN)
        and bool(above.words and below.words)
        and above.words[-1].order + 1 == below.words[0].order
        and abs(above.size - below.size) <= _SAME_SIZE
    )
    return (was_seen and below.text[:1].isalnum()) or cuts_word(above.text, below.text)


def joined_word(above: str, below: str) -> tuple[str, str]:
    """Return a line with the whole of its cut last word, still marked, and what is left of the next."""
    rest = below.split(maxsplit=1)
    return f"{above[:-1]}{HYPHEN}{rest[0]}", rest[1] if len(rest) > 1 else ""


def goes_on(above: Line, below: Line, column: Sequence[Line]) -> bool:
    """Tell whether a sentence that one line leaves open goes on in another, a column or page further.

    `column`: lines among which those of the first line's column show how far a full line reaches.
    """
    last, first = above.text.rstrip(HYPHEN), below.text
    if abs(above.size - below.size) > _SAME_SIZE or above.bold != below.bold:
        return False
    if cuts_word(above.text, first):
        return True
    if not last or _ENDS.search(last) or _LEADERS.search(last) or _MARKED.match(first):
        return False
    if first[0].islower() or last.endswith(","):
        return True
    is_open = last[-1].isalpha() and first[0].isalpha() and len(last) >= _LEAST_CHARS
    return is_open and not runs_left(last) and _is_full(above, below, column)


def goes_on_over_white(above: Line, below: Line, column: Sequence[Line]) -> bool:
    """Tell a sentence that a figure parts: white is left between a full line and the next."""
    return below.text[0].islower() and goes_on(above, below, column) and _is_full(above, below, column)


def ends_sentence(line: Line) -> bool:
    """Tell whether a line ends with the mark of a sentence's end."""
    return bool(_ENDS.search(line.text))


def paragraph_gap(pages: Iterable[Sequence[Line]]) -> float:
    """Return how much white parts paragraphs, in sizes of type, from pages' lines in the order of reading."""
    gaps = [
        (above.box.bottom - line.box.top) / line.size
        for lines in pages
        for above, line in pairwise(lines)
        if line.text[:1].islower() and 0 < line.size == above.size and not _ENDS.search(above.text)
    ]
    gaps = [gap for gap in gaps if -1 < gap < _MOST_GAP]
    usual = median(gaps) if len(gaps) >= _LEAST_PAIRS else 0.0
    return usual + _ABOVE_LINES if usual > _SET_APART else _PARAGRAPH_GAP


def paragraph_end(lines: Sequence[Line], first: int, gap: float, is_text: Callable[[int], bool]) -> int:
    """Return the number of the line behind the paragraph that line `first` stands in.

    `gap`: how much white parts paragraphs, in sizes of type; `is_text` tells the numbers of lines that are
    neither headings nor in tables.
    """
    for number in range(first + 1, len(lines)):
        if not is_text(number) or begins_paragraph(lines[number - 1], lines[number], lines, gap):
            return number
    return len(lines)


def begins_paragraph(above: Line, line: Line, column: Sequence[Line], gap: float) -> bool:
    """Tell the first line of a paragraph by white above it, an indent, or a short line above it."""
    if above.box.bottom - line.box.top > line.size * gap:
        return not goes_on_over_white(above, line, column)
    if abs(above.size - line.size) > _SAME_SIZE:
        return True
    if not ends_sentence(above):
        return False
    indent = line.box.left - above.box.left
    if line.box.top < above.box.top and _LEAST_INDENT * line.size < indent < 2 * _MOST_INDENT * line.size:
        return True
    return not runs_left(above.text) and not _is_full(above, line, column)


def _is_full(above: Line, below: Line, column: Sequence[Line]) -> bool:
    """Tell a line that the first word of the next would not have fitted on."""
    if not above.words or not below.words:
        return False
    ends = [
        line.box.right
        for line in column
        if abs(line.box.left - above.box.left) <= _MOST_INDENT * above.size
        and abs(line.size - above.size) <= _SAME_SIZE
    ]
    if len(ends) < _LEAST_LINES:
        return False
    word = below.words[0]
    room = quantiles(ends, n=4)[2] - above.words[-1].right
    return room < (word.right - word.left) + _SPACE * above.size
