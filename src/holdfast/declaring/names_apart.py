"""Check that the entries of a list can be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from holdfast.declaring.mistakes import Mistake
from holdfast.declaring.yaml_text import YamlText


def names_twice(names: Sequence[str], section: str, text: YamlText, *, file: str) -> list[Mistake]:
    """Return a mistake for each entry of `section` whose name an earlier one has."""
    first: dict[str, int] = {}
    mistakes = []
    for position, name in enumerate(names):
        line = text.line((section, position))
        if name in first:
            what = f"two entries of {section} are named '{name}' (the other one is in line {first[name]})"
            mistakes.append(Mistake(file=file, line=line, what=what, move="give one of them another `name`"))
        first.setdefault(name, line)
    return mistakes


def folders_inside(roots: Sequence[Path | None], text: YamlText, *, file: str) -> list[Mistake]:
    """Return a mistake for each source whose folder lies in that of an earlier one, or holds it.

    A document in two sources would be found twice, with two access lists.
    """
    real = [root.resolve() if root else None for root in roots]
    mistakes = []
    for later, one in enumerate(real):
        for earlier, other in enumerate(real[:later]):
            if one and other and (one.is_relative_to(other) or other.is_relative_to(one)):
                relation = "is" if one == other else "lies in" if one.is_relative_to(other) else "holds"
                line = text.line(("sources", later))
                there = text.line(("sources", earlier))
                what = f"the folder of this source {relation} the folder of the source in line {there}"
                move = "name folders apart, or use one source with include and exclude"
                mistakes.append(Mistake(file=file, line=line, what=what, move=move))
    return mistakes
