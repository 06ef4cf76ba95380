"""Words, stems and the function words that carry no content."""

from __future__ import annotations

import re
from functools import lru_cache

import snowballstemmer

STEMMERS = {
    "de": "german", "en": "english", "es": "spanish", "fr": "french", "it": "italian", "nl": "dutch",
    "pt": "portuguese", "sv": "swedish", "da": "danish", "no": "norwegian", "fi": "finnish",
}  # fmt: skip
"""Languages with a stemmer, by ISO 639-1 code; text in any other keeps its words as they are."""
STOP_WORDS = frozenset(
    """
    a about above after again all also although am an and any are as at be because been before being
    below between both but by can could did do does doing down during each either else etc ever every
    few for from further get gets got had has have having he her here hers herself him himself his how
    however i if in into is it its itself just let lets many may me might mine more most much must my
    myself neither nor now of off on once one only onto or other others our ours ourselves out over own
    per please same shall she should since so some such tell than that the their theirs them themselves
    then there these they this those through thus to too under until up upon us use used uses using very
    via was we were what whatever when where whether which while who whom whose why will with within
    would you your yours yourself no not s t d ll m re ve isn aren wasn weren don doesn didn won wouldn
    couldn shouldn hasn haven hadn cannot know want need like explain describe give show mean
    means
    """.split()  # noqa: SIM905 - a list of words reads better than a list of literals
)
_SHORTEST_WITH_SUFFIX = 3
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Return every run of letters and digits, case-folded, in order."""
    return _WORD.findall(text.casefold())


@lru_cache(maxsize=1 << 12)
def content_stems(text: str, small: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the stems of the words that carry content, in order, repeats kept.

    `small` are function words of another language than English, which are left out as well.
    """
    return tuple(stem(word) for word in words(text) if word not in STOP_WORDS and word not in small)


@lru_cache(maxsize=1 << 16)
def stem(word: str, language: str = "english") -> str:
    """Return the stem of a case-folded word; words with digits stay as they are."""
    if len(word) < _SHORTEST_WITH_SUFFIX or not word.isalpha():
        return word
    # A stemmer keeps the word it works on in itself, so threads must not share one. Making one costs
    # nothing; stemming is pure Python (33 µs a word measured), which is why the cache is large.
    return str(snowballstemmer.stemmer(language).stemWord(word))
