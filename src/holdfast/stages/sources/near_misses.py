"""Recognise a file that was meant to be a permissions.yaml and is not one."""

from __future__ import annotations

from holdfast.stages.sources.permission_file import FILE_NAME

STEM = "permissions"
MEANT_EXTENSIONS = ("yaml", "yml", "json", "toml", "")
MAX_TYPOS = 2


def is_near_miss(name: str) -> bool:
    """Return whether a file of this name looks like a permission file under a wrong name.

    The first letter has to be right: `emissions.yaml` is two edits away and a document.
    """
    if name == FILE_NAME:
        return False
    stem, _, extension = name.casefold().lstrip("._ ").removesuffix(".txt").partition(".")
    if not stem.startswith(STEM[0]) or (name.casefold() == f"{stem}.txt"):
        return False
    if extension not in MEANT_EXTENSIONS and typos(extension, "yaml", most=1) > 1:
        return False
    return typos(stem.strip("_- "), STEM, most=MAX_TYPOS) <= MAX_TYPOS


def typos(a: str, b: str, *, most: int) -> int:
    """Return the edit distance with swaps of neighbours (optimal string alignment), or `most` + 1."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        above, before, row = before, row, [i]
        for j, y in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return min(row[-1], most + 1)
