"""How the paragraphs of a shape on a slide are counted, whatever file they stand in."""

from __future__ import annotations

from holdfast.stages.parsing.readers.list_numbers import ListCounts, ListLevel
from holdfast.stages.parsing.readers.xml import whole_number

_FORMS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_PATTERNS = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}", "Minus": "{}-"}


class SlideCounts:
    """Counts the paragraphs of one shape as they go by.

    Another paragraph of its level without a number, or with one of another kind, ends a list; paragraphs
    further in do not.
    """

    def __init__(self) -> None:
        self._counts = ListCounts()
        self._open: dict[int, tuple[str, int]] = {}
        """The kind of number and the list of each level that is being counted."""
        self._begun = 0

    def unnumbered(self, level: int) -> None:
        """Take a paragraph that shows something and has no number."""
        self._end_deeper(level)
        self._open.pop(level, None)

    def label(self, level: int, kind: str, start: str) -> str:
        """Return the number before the next paragraph; `kind` as PPTX names it, `romanLcParenR`."""
        self._end_deeper(level)
        before = self._open.get(level)
        if before is None or before[0] != kind + start:
            self._begun += 1
            before = self._open[level] = kind + start, self._begun
        return self._counts.label(str(before[1]), {0: _shape(kind, start)}, 0)

    def _end_deeper(self, level: int) -> None:
        for other in [other for other in self._open if other > level]:
            del self._open[other]


def _shape(kind: str, start: str) -> ListLevel:
    """Return how a kind is shown; kinds of other scripts are shown in figures."""
    form = next((form for name, form in _FORMS.items() if kind.startswith(name)), "decimal")
    pattern = next((pattern for name, pattern in _PATTERNS.items() if kind.endswith(name)), "{}")
    return ListLevel(form=form, pattern=pattern.format("%1"), start=whole_number(start, 1))
