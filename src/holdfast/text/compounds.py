"""Compounds of a corpus: which of its words a word is part of, and of which words one is made.

German, Dutch and the languages of the north write `Kündigungsfrist` where English writes two words, so
that a question after the `Frist` shares no term with the paper that answers. A word of the corpus is
taken for a compound where both of its halves are words of the corpus too, after Koehn and Knight,
"Empirical Methods for Compound Splitting" (2003).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from math import prod

JOINING = frozenset({"da", "de", "fi", "nl", "no", "sv"})
"""Languages that write compounds as one word."""
SHORTEST = 4
"""Letters of a half: shorter words are endings more often than words."""
SURE_FROM = 5
"""Letters from which the end of a word counts as its second half, also where nobody uses the first alone."""
LONGEST_JOINT = 4
"""Letters that may stand between a stem and the second half: `kündig-ungs-frist`."""
LONGEST = 60
"""Letters of a word that is taken apart."""
MOST = 32
"""Compounds of one word, those of the most chunks."""
_LOOKED_AT = 500
"""Words that begin or end alike, at most: a bound on the time of one question."""
_JOINTS = ("s", "es", "n", "en", "er", "e", "o", "u", "a")
_DEEPEST = 2

Stem = Callable[[str], str]


class Compounds:
    """The words of one language in an index, as stems with the number of chunks that have them."""

    def __init__(self, counts: Mapping[str, int], stem: Stem) -> None:
        self._counts = counts
        self._stem = stem
        self._ahead = sorted(word for word in counts if len(word) >= 2 * SHORTEST and word.isalpha())
        self._back = sorted(word[::-1] for word in self._ahead)
        self._halves: dict[str, str] = {}

    def of(self, word: str) -> tuple[str, ...]:
        """Return the words of the corpus that this stem begins or ends, at most MOST, frequent ones first."""
        if len(word) < SHORTEST or not word.isalpha():
            return ()
        ending = (found[::-1] for found in _beginning(self._back, word[::-1]))
        found = {one for one in ending if self._is_half(one[: -len(word)], sure=len(word) >= SURE_FROM)}
        found.update(one for one in _beginning(self._ahead, word) if self._has_half_after(one, len(word)))
        return tuple(sorted(found - {word}, key=lambda one: (-self._counts[one], one))[:MOST])

    def parts(self, word: str) -> tuple[str, ...]:
        """Return the stems that this word is made of, in order; nothing where it is none of several."""
        return self._split(word, _DEEPEST) if len(word) <= LONGEST else ()

    def _split(self, word: str, depth: int) -> tuple[str, ...]:
        """Return the words that make this one, as often used as can be, by the geometric mean."""
        best: tuple[str, ...] = ()
        most = 0.0
        for at in range(SHORTEST, len(word) - SHORTEST + 1):
            if (second := word[at:]) in self._counts and (first := self._first(word[:at], depth)):
                parts = (*first, second)
                used = prod(self._counts[part] for part in parts) ** (1 / len(parts))
                if used > most:
                    best, most = parts, used
        return best

    def _first(self, word: str, depth: int) -> tuple[str, ...]:
        """Return a compound's first half as the corpus has it alone, or the words that make it."""
        if found := self._half(word):
            return (found,)
        forms = self._forms(word) if depth > 1 else ()
        return next((parts for form in forms if (parts := self._split(form, depth - 1))), ())

    def _half(self, word: str) -> str:
        if word not in self._halves:
            known = (form for form in self._forms(word) if len(form) >= SHORTEST and form in self._counts)
            self._halves[word] = next(known, "")
        return self._halves[word]

    def _forms(self, word: str) -> Iterator[str]:
        """Yield the word as it may stand alone: with and without what joins it to the next, and as stems."""
        for one in (word, *(word.removesuffix(joint) for joint in _JOINTS if word.endswith(joint))):
            yield one
            yield self._stem(one)

    def _is_half(self, word: str, *, sure: bool) -> bool:
        return len(word) >= SHORTEST and (sure or bool(self._half(word)))

    def _has_half_after(self, word: str, at: int) -> bool:
        ends = range(at, min(at + LONGEST_JOINT, len(word) - SHORTEST) + 1)
        return any(word[end:] in self._counts or self._split(word[end:], 1) for end in ends)


def _beginning(words: Sequence[str], start: str) -> Iterator[str]:
    """Yield the words that begin so, of a sorted list."""
    those = (words[at] for at in range(bisect_left(words, start), len(words)))
    return islice(takewhile(lambda word: word.startswith(start), those), _LOOKED_AT)
