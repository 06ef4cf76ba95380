"""Number the sources of a text as its reader meets them: the first that is named is 1.

The records keep the numbers of the prompt, in which a source is the place of its passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ONE = r"\d{1,3}(?:\s*[-\N{EN DASH}]\s*\d{1,3})?"
_MARKS = re.compile(rf"\[({_ONE}(?:,\s*{_ONE})*)\](?!\()")
_BEGUN = re.compile(r"\[[\d,\s\N{EN DASH}-]{0,24}\]?$")
"""The end of a piece that may be the beginning of a mark."""
WIDEST = 50
"""Numbers that one mark may span."""


class Numbering:
    """Numbers in the order of their first mark; told piece by piece, the same numbers come of it."""

    def __init__(self) -> None:
        self._shown: dict[int, int] = {}
        self._held = ""

    def of(self, recorded: int) -> int:
        """Return the number that is shown for one of the records."""
        return self._shown.setdefault(recorded, len(self._shown) + 1)

    def text(self, text: str) -> str:
        """Return a text with the shown numbers in its marks, each in brackets of its own."""
        return _MARKS.sub(lambda mark: "".join(f"[{self.of(n)}]" for n in _numbers(mark[1])), text)

    def piece(self, piece: str) -> str:
        """Return as much of a text that comes in pieces as is sure; the rest comes with the next one."""
        whole = self._held + piece
        begun = _BEGUN.search(whole)
        cut = begun.start() if begun else len(whole)
        self._held = whole[cut:]
        return self.text(whole[:cut])

    def rest(self) -> str:
        """Return what was held back."""
        held, self._held = self._held, ""
        return self.text(held)


def numbering_of(texts: Iterable[str], cited: Iterable[int]) -> Numbering:
    """Return the numbering of these texts, then of what is cited beside them."""
    made = Numbering()
    for text in texts:
        made.text(text)
    for n in cited:
        made.of(n)
    return made


def _numbers(marks: str) -> Iterable[int]:
    for one in marks.split(","):
        first, *last = (int(n) for n in re.findall(r"\d+", one))
        end = last[0] if last and first <= last[0] <= first + WIDEST else first
        yield from range(first, end + 1)
