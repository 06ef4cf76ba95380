"""Read a carelessly typed question as it was meant, by the words of what was found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.text.languages import other_small_words
from holdfast.text.weights import is_everyday
from holdfast.text.wordforms import as_written
from holdfast.text.words import STOP_WORDS, stem, words

SHORTEST, LONG = 5, 9
"""Letters from which a word is taken for a slip at all, and from which for one with a wrong letter."""

_WORD = re.compile(r"(?<![\w-])[a-z]+(?![\w-])")
"""A word in small letters: what has a capital or a digit may be a name or a code."""
_GREETING = re.compile(
    r"^\s*(?:(?:hey|hi|hello)(?: there| all)?[,!.]*\s+"
    r"|(?:pls|plz|please|quick question|sorry to bother you)\b[,:!.]*\s+)+"
    r"(?=\S+\s+\S)",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"[\s,.!?]*\b(?:thx|thanks|thank you|pls|plz|please)(?: in advance)?[\s!.?]*$", re.IGNORECASE
)
_ASKS = re.compile(
    r"\b(what|how|where|who|when)s\b(?=\s+(?:the|a|an|my|our|your|this|that)\b)", re.IGNORECASE
)
_ENDS = re.compile(r"\?[?!.]+\s*$|\.{2,}\?*\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A question as it was read."""

    text: str
    changes: tuple[str, ...] = ()
    """`'torqe' as 'torque'`, one for each word that was read as another."""


def as_meant(question: str, texts: Iterable[str]) -> Reading:
    """Return the question without greeting and thanks, misspelt words read as what they are a slip of.

    A question in another language than English is read in the word forms of the texts first.

    A word is taken for a slip where no text holds it, everyday English does not know it, and it is one
    slip away from the words of exactly one stem in the texts, the first letter the same.
    The texts are what who asks may see, so that no reading tells of a word that stands elsewhere.
    """
    texts = tuple(texts)
    written = as_written(plainly(question), texts)
    held = {word for one in texts for word in words(one) if word.isalpha()}
    stems = {stem(word) for word in held}
    small = STOP_WORDS | other_small_words(question)
    changes = [f"'{word}' as '{form}'" for word, form in written.changes]

    def read(match: re.Match[str]) -> str:
        word = match[0]
        if len(word) < SHORTEST or word in small or stem(word) in stems or is_everyday(stem(word)):
            return word
        meant = _slip_of(word, held)
        if meant is None:
            return word
        changes.append(f"'{word}' as '{meant}'")
        return meant

    return Reading(text=_WORD.sub(read, written.text), changes=tuple(dict.fromkeys(changes)))


def plainly(question: str) -> str:
    """Return the question without what only greets, thanks or hurries; a question of nothing else stays."""
    text = _THANKS.sub("?", _GREETING.sub("", question)) if "?" in question else _GREETING.sub("", question)
    text = _ENDS.sub("?", _ASKS.sub(lambda found: f"{found[1]} is", text))
    return text if words(text) else question


def _slip_of(word: str, held: Iterable[str]) -> str | None:
    """Return the word of the texts that this one is a slip of, None where there is none or more than one."""
    near = sorted(other for other in held if other[0] == word[0] and is_slip(word, other))
    return near[0] if len({stem(other) for other in near}) == 1 else None


def is_slip(word: str, meant: str) -> bool:
    """Return whether one letter is missing, too many, or swapped with its neighbour; in a long word: wrong.

    A wrong letter makes another word of a short one too often (`paint`, `point`) to be taken for a slip.
    The four are those of Damerau, "A technique for computer detection and correction of spelling errors"
    (1964), which found more than 80% of misspelt words to have exactly one of them.
    """
    if len(word) > len(meant):
        return len(word) == len(meant) + 1 and any(
            word[:at] + word[at + 1 :] == meant for at in range(1, len(word))
        )
    if len(word) < len(meant):
        return is_slip(meant, word)
    wrong = [at for at, (one, other) in enumerate(zip(word, meant, strict=True)) if one != other]
    if len(wrong) == 1:
        return len(word) >= LONG
    if len(wrong) != 2:  # noqa: PLR2004 -- two neighbours that changed places
        return False
    first, second = wrong
    return second == first + 1 and word[first] == meant[second] and word[second] == meant[first]
