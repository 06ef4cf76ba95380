"""Tell two texts apart word by word, for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORDS = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
MOST_WORDS = 4_000
"""Beyond this texts are compared line by line: word by word would take seconds."""
FEWEST_SAME = 3
"""Words that have to be the same between two changes: a lone "the" joins nothing."""
KEPT = 60
"""Characters of what is the same that are shown on either side of a change."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text."""

    kind: Literal["same", "gone", "new"]
    text: str


def pieces_of(before: str, now: str) -> tuple[Piece, ...]:
    """Return what is the same, what is gone and what is new, in order.

    The pieces that are not new make `before`, those that are not gone make `now`.
    """
    there, here = _words(before), _words(now)
    if max(len(there), len(here)) > MOST_WORDS:
        there, here = before.splitlines(keepends=True), now.splitlines(keepends=True)
    found, gone, new = list[Piece](), "", ""
    for tag, a, b, c, d in SequenceMatcher(None, there, here, autojunk=False).get_opcodes():
        same = "".join(there[a:b]) if tag == "equal" else ""
        is_island = bool(gone or new) and d < len(here) and len(same.split()) < FEWEST_SAME
        if same and not is_island:
            found += [*_change(gone, new), Piece("same", same)]
            gone, new = "", ""
        else:
            gone, new = gone + "".join(there[a:b]), new + "".join(here[c:d])
    return (*found, *_change(gone, new))


def _change(gone: str, new: str) -> list[Piece]:
    pieces: list[Piece] = []
    if gone:
        pieces.append(Piece("gone", gone))
    if new:
        pieces.append(Piece("new", new))
    return pieces


def shortened(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the pieces with long stretches of what is the same cut down to their ends."""
    last = len(pieces) - 1
    for number, piece in enumerate(pieces):
        if piece.kind != "same" or len(piece.text) <= 2 * KEPT + 5:
            yield piece
            continue
        start = piece.text[:KEPT] if number else ""
        end = piece.text[-KEPT:] if number < last else ""
        yield Piece("same", f"{start} ... {end}")


def in_marks(pieces: Sequence[Piece]) -> str:
    """Return one line for a terminal: `the [-old-] {+new+} words`."""
    marked = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    return " ".join("".join(marked[one.kind].format(one.text) for one in shortened(pieces)).split())


def _words(text: str) -> list[str]:
    return _WORDS.findall(text)
