"""Tell whether one passage repeats another.

Only passages that add nothing count: ordering by diversity lowers nDCG on every set it was measured on
(FACTS), and two revisions of one table that differ in a single number are not duplicates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from holdfast.domain.hits import Hit

_WORDS = re.compile(r"\w+(?:[.,]\d+)*")
_DIGIT = re.compile(r"\d")
_SHINGLE_WORDS = 5
_TURNS = frozenset(
    {
        "cannot",
        "except",
        "kein",
        "keine",
        "never",
        "nicht",
        "nie",
        "no",
        "none",
        "not",
        "ohne",
        "unless",
        "without",
    }
)
"""Words that turn a statement round: as telling as a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is compared of a passage: its word sequences, and the words that decide what it says."""

    shingles: frozenset[tuple[str, ...]]
    telling: frozenset[str]
    """Words with a digit, and negations."""


def shape_of(hit: Hit) -> Shape:
    """Return the shape of a hit; telling words of its context (heading path, table header) count too."""
    words = _words(hit.text)
    length = min(_SHINGLE_WORDS, max(1, len(words)))
    return Shape(
        shingles=frozenset(tuple(words[at : at + length]) for at in range(len(words) - length + 1)),
        telling=frozenset(
            word for word in {*_words(hit.context), *words} if word in _TURNS or _DIGIT.search(word)
        ),
    )


def repeats(later: Shape, earlier: Shape, *, share: float) -> bool:
    """Return whether `earlier` already says what `later` says.

    Containment of the later in the earlier; a Jaccard similarity of the same share implies it.
    """
    if not later.shingles:
        return True
    if not later.telling <= earlier.telling:
        return False
    common = len(later.shingles & earlier.shingles)
    return common >= share * len(later.shingles)


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.lower().replace("n't", " not").replace("n\u2019t", " not"))
