"""Captions of figures and tables that stand in the middle of a PDF page's sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from holdfast.stages.parsing.readers.pdf.joining import (
    begins_paragraph,
    ends_sentence,
    goes_on,
    paragraph_end,
)
from holdfast.stages.parsing.readers.pdf.page import Line

_CAPTION = re.compile(
    r"(?:fig(?:ure|ura|\.)?|abb(?:ildung|\.)?|tab(?:le|elle|leau|\.)?|chart|exhibit)\s*\d+", re.IGNORECASE
)


def captions(
    lines: Sequence[Line], before: Line | None, gap: float, is_text: Callable[[int], bool]
) -> Iterator[tuple[int, int]]:
    """Yield the numbers of the first line of captions and of the line behind them.

    Only those are told that part a sentence: the text above goes on below, or is left open at the page's end.
    `before`: the last line of the page before; `gap` and `is_text` as `paragraph_end` takes them.
    """
    for number, line in enumerate(lines):
        above = lines[number - 1] if number else before
        if above is None or not _CAPTION.match(line.text) or not is_text(number):
            continue
        if number and not (is_text(number - 1) and begins_paragraph(above, line, lines, gap)):
            continue
        end = paragraph_end(lines, number, gap, is_text)
        if end == len(lines):
            parts = number > 0 and not ends_sentence(above)
        else:
            parts = is_text(end) and goes_on(above, lines[end], lines)
        if parts:
            yield number, end
