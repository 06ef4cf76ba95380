"""What holds between two braces of an RTF file."""

from __future__ import annotations

from dataclasses import dataclass, replace

_TINY_HALF_POINTS = 2
LETTERS = ("v", "deleted", "mvf", "fs", "uc", "cb", "highlight", "chcbpat", "chshdng")
"""Words that say how letters are shown; the last four put something behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What holds inside the braces that are open."""

    skipped: bool = False
    hidden: bool = False
    deleted: bool = False
    tiny: bool = False
    """A point or less."""
    white: bool = False
    filled: bool = False
    """Something stands behind the letters."""
    in_label: bool = False
    """In what is shown before a list item."""
    part: str = ""
    field: int = 0
    """How many fields are open."""
    within: str = ""
    """Which part of a field that shows nothing by itself, or who wrote a comment."""
    in_math: bool = False
    resumes: bool = False
    """A group within this one, which is skipped, says the same for programs that can show it."""
    info: str = ""
    encoding: str = "cp1252"
    signs: str = ""
    """The font whose letters are signs of their own."""
    fallback: int = 1
    """Bytes that follow a Unicode character for programs that know none."""

    def told(self, word: str, number: int | None) -> State:
        """Return it as one of the words in `LETTERS` has it."""
        is_on = number != 0
        if word == "v":
            return replace(self, hidden=is_on)
        if word in ("deleted", "mvf"):
            return replace(self, deleted=is_on)
        if word == "fs":
            return replace(self, tiny=number is not None and number <= _TINY_HALF_POINTS)
        if word == "uc":
            return replace(self, fallback=min(max(number or 0, 0), 10))
        return replace(self, filled=is_on and number is not None)

    def plain(self, encoding: str) -> State:
        """Return it with letters as they are where nothing is said of them."""
        return replace(
            self,
            hidden=False,
            deleted=False,
            tiny=False,
            white=False,
            filled=False,
            encoding=encoding,
            signs="",
        )
