"""What holds between two braces of an RTF file."""

from __future__ import annotations

from dataclasses import dataclass, replace


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
