"""Find where a passage stands on a PDF's page, from the geometry of its letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from holdfast.domain.documents import Section
from holdfast.loading import load

FIND = "holdfast.web.page_marks:find"
MOST_LETTERS = 20_000
"""Letters of a passage that are looked for on one page."""
FEWEST = 2
"""Letters that a cell must have to be looked for by itself."""
WIDEST = 1.5
"""Heights of a letter: what lies further apart is not marked in between."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in percent of the page, from its upper left corner."""
_LINES = re.compile(r"[\n|]")
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" viewBox="0 0 100 100" '
    'preserveAspectRatio="none">{rects}</svg>'
)
NO_MARKS = _SVG.format(rects="").encode()


def wanted_on(text: str, sections: Sequence[Section], page: int, start: int, end: int) -> list[str]:
    """Return the lines and cells of a passage that stand on a page."""
    parts = (
        text[max(start, one.start) : min(end, one.end)]
        for one in sections
        if one.locator.page == page and one.start < end and start < one.end
    )
    wanted = "\n".join(parts)[:MOST_LETTERS]
    return [line.strip() for line in _LINES.split(wanted) if letters_of(line)]


def find(arguments: Mapping[str, Any], data: bytes) -> Iterator[tuple[Any, bytes]]:
    """Yield the places of the wanted lines as a picture in percent of the page; the worker's side."""
    document = load("pypdfium2:PdfDocument")(data)
    page = document[arguments["page"] - 1]
    boxes = [] if page.get_rotation() else list(_boxes(page, arguments["wanted"]))
    yield {"boxes": len(boxes)}, picture_of(boxes)


def picture_of(boxes: Sequence[Box]) -> bytes:
    """Return boxes as an SVG that is stretched over the page's picture."""
    rects = "".join(
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" height="{bottom - top:.2f}" '
        'fill="#ffe45c" fill-opacity="0.55"/>'
        for left, top, right, bottom in boxes
    )
    return _SVG.format(rects=rects).encode()


def spans_of(page_text: str, wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the wanted lines stand in a page's text, as spans of its characters.

    Only letters and digits count: a page breaks lines, joins cells and spaces words in its own way. What
    stands together is looked for together first; each further line behind the one before, if it is there.
    """
    places = [i for i, sign in enumerate(page_text) if sign.isalnum()]
    whole = letters_of(page_text)
    if len(whole) != len(places):
        return []  # letters that are longer in lower case: places could not be told
    joined = "".join(letters_of(line) for line in wanted)
    at = whole.find(joined)
    if joined and at >= 0:
        return [(places[at], places[at + len(joined) - 1] + 1)]
    spans, behind = [], 0
    for line in wanted:
        letters = letters_of(line)
        if len(letters) < FEWEST:
            continue
        at = whole.find(letters, behind)
        at = at if at >= 0 else whole.find(letters)
        if at >= 0:
            behind = at + len(letters)
            spans.append((places[at], places[behind - 1] + 1))
    return spans


def letters_of(text: str) -> str:
    """Return the letters and digits of a text in lower case."""
    return "".join(sign.lower() for sign in text if sign.isalnum())


def _boxes(page: Any, wanted: Sequence[str]) -> Iterator[Box]:
    textpage = page.get_textpage()
    count = textpage.count_chars()
    signs = textpage.get_text_range(0, count)
    if len(signs) != count:
        return  # characters outside the basic plane: indices would be off
    left, bottom, right, top = page.get_cropbox()
    width, height = max(right - left, 1), max(top - bottom, 1)
    for first, last in spans_of(signs, wanted):
        for box in _lines(
            [textpage.get_charbox(i, loose=True) for i in range(first, last) if signs[i].isalnum()]
        ):
            yield (
                100 * (box[0] - left) / width,
                100 * (top - box[3]) / height,
                100 * (box[2] - left) / width,
                100 * (top - box[1]) / height,
            )


def _lines(letters: Sequence[Box]) -> Iterator[Box]:
    """Yield one box for each line of letters that follow each other."""
    if not letters:
        return
    cuts = [i for i, (one, other) in enumerate(pairwise(letters), 1) if not _is_beside(one, other)]
    for first, last in pairwise([0, *cuts, len(letters)]):
        lefts, bottoms, rights, tops = zip(*letters[first:last], strict=True)
        yield min(lefts), min(bottoms), max(rights), max(tops)


def _is_beside(one: Box, other: Box) -> bool:
    """Return whether a letter goes on in the line of the one before, in the same cell."""
    is_in_line = other[0] >= one[0] and min(one[3], other[3]) > max(one[1], other[1])
    return is_in_line and other[0] - one[2] < WIDEST * (one[3] - one[1])
