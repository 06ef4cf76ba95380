"""Tell the language of a question by its small words: it is too short for statistics of letters."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from holdfast.text.stopwords import STOP_WORDS
from holdfast.text.words import words

LANGUAGE_NAMES = {
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
    "pt": "Portuguese",
}  # fmt: skip
_ASKED_WITH = {
    "de": frozenset(
        ["besteht", "beträgt", "betrug", "galt", "gelten", "gibt", "gilt", "heißt", "hoch", "kosten",
         "kostet", "kostete", "lang", "lange", "lautet", "oft"]
    )
}  # fmt: skip
_LANGUAGES_OF = Counter(word for small in STOP_WORDS.values() for word in small)
_LEAST_WORDS = 2
_AHEAD = 2
"""Times as many small words as of any other language: `was`, `in`, `die` stand in several."""


@lru_cache(maxsize=256)
def language_of_question(question: str) -> str:
    """Return the ISO 639-1 code of the language whose small words stand in it, empty where it is unsure."""
    said = {word.casefold() for word in words(question)}
    # a word of several languages counts for each by its share: `wie` and `die` are Dutch words as well
    shares = {word: 1 / count for word in said if (count := _LANGUAGES_OF[word])}
    counts = sorted(
        ((sum(shares[word] for word in said & small), code) for code, small in STOP_WORDS.items()),
        reverse=True,
    )
    (most, code), (second, _) = counts[0], counts[1]
    is_enough = len(said & STOP_WORDS[code]) >= _LEAST_WORDS
    return code if is_enough and most >= _AHEAD * second else ""


def other_small_words(question: str) -> frozenset[str]:
    """Return the small words of a question's language where that is another than English, else none.

    With them stand the words that only ask (`wie hoch`, `was kostet`): no paper needs to hold them.
    """
    return small_words_of(language_of_question(question))


def small_words_of(language: str) -> frozenset[str]:
    """Return the small words of a language, beside those that every text is rid of: none for English."""
    if language == "en":
        return frozenset()
    return STOP_WORDS.get(language, frozenset()) | _ASKED_WITH.get(language, frozenset())


def is_english(question: str) -> bool:
    """Return whether a question may be in English: nothing says that it is in another language."""
    return language_of_question(question) in ("", "en")


def language_name(code: str) -> str:
    """Return a language's English name, the code itself where there is none at hand."""
    return LANGUAGE_NAMES.get(code, code)
