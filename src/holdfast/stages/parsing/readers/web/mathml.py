"""A formula of a page as one line, from the tags of MathML as they go by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from holdfast.stages.parsing.readers.formulas import grouped, scripts

_DEEPEST = 60
_MOST_PARTS = 20_000
_SILENT = frozenset({"annotation", "annotation-xml", "mphantom", "none", "mprescripts", "mspace"})
"""What says the same in other words, or takes up room only."""
_UNWRITTEN = dict.fromkeys(range(0x2061, 0x2065))
"""Signs for "applied to" and "times" that are not drawn."""
_SPOKEN_BESIDE = ("katex-mathml", "MJX_Assistive_MathML", "mjx-assistive-mml")


def is_spoken(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Return whether an element holds a formula for those who listen, which is drawn beside it."""
    names = (attributes.get("class") or "").split()
    return any(name in _SPOKEN_BESIDE for name in (tag, *names))


@dataclass(slots=True, kw_only=True)
class _Part:
    tag: str
    inner: list[_Part | str] = field(default_factory=list)
    around: tuple[str, str] = ("", "")


class Formula:
    """Takes the tags between `<math>` and its end; too deep or too many parts are read on as plain text."""

    def __init__(self, attributes: Mapping[str, str | None]) -> None:
        self.attributes = attributes
        """Those of the `<math>` itself."""
        self._root = _Part(tag="math")
        self._open = [self._root]
        self._parts = 0

    def begin(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Take a tag."""
        self._parts += 1
        if len(self._open) < _DEEPEST and self._parts < _MOST_PARTS:
            fenced = tag == "mfenced"
            around = (attributes.get("open") or "(", attributes.get("close") or ")") if fenced else ("", "")
            part = _Part(tag=tag, around=around)
            self._open[-1].inner.append(part)
            self._open.append(part)

    def end(self, tag: str) -> None:
        """Take the end of an element; one that was never begun ends nothing."""
        for number in range(len(self._open) - 1, 0, -1):
            if self._open[number].tag == tag:
                del self._open[number:]
                return

    def said(self, text: str) -> None:
        """Take letters."""
        if kept := " ".join(text.translate(_UNWRITTEN).split()):
            self._open[-1].inner.append(kept)

    @property
    def line(self) -> str:
        """Return all of it, from left to right."""
        return _line(self._root)


def _line(part: _Part | str) -> str:
    if isinstance(part, str):
        return part
    if part.tag in _SILENT:
        return ""
    shape = _SHAPES.get(part.tag)
    # Letters that stand between parts by themselves were too deep to be followed.
    is_sound = part.tag in _OF_ANY or not any(isinstance(inner, str) for inner in part.inner)
    return shape(part) if shape is not None and is_sound else _inside(part)


def _inside(part: _Part) -> str:
    return "".join(map(_line, part.inner))


def _at(part: _Part, place: int) -> str:
    parts = [inner for inner in part.inner if isinstance(inner, _Part)]
    return _line(parts[place]) if place < len(parts) else ""


def _fenced(part: _Part) -> str:
    begin, end = part.around
    return begin + ", ".join(map(_line, part.inner)) + end


def _rows(part: _Part) -> str:
    rows = [row for row in part.inner if isinstance(row, _Part)]
    return "; ".join(", ".join(map(_line, row.inner)) for row in rows)


_OF_ANY = ("msqrt", "mfenced")
"""Shapes that have no places of their own for their parts."""
_SHAPES: Mapping[str, Callable[[_Part], str]] = {
    "mfrac": lambda part: f"{grouped(_at(part, 0))}/{grouped(_at(part, 1))}",
    "msup": lambda part: scripts(_at(part, 0), above=_at(part, 1)),
    "msub": lambda part: scripts(_at(part, 0), below=_at(part, 1)),
    "mover": lambda part: scripts(_at(part, 0), above=_at(part, 1)),
    "munder": lambda part: scripts(_at(part, 0), below=_at(part, 1)),
    "msubsup": lambda part: scripts(_at(part, 0), below=_at(part, 1), above=_at(part, 2)),
    "munderover": lambda part: scripts(_at(part, 0), below=_at(part, 1), above=_at(part, 2)),
    "msqrt": lambda part: f"√({_inside(part).strip()})",
    "mroot": lambda part: f"{_at(part, 1).strip()}√({_at(part, 0).strip()})",
    "mtable": _rows,
    "mfenced": _fenced,
}
