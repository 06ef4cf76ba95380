"""Tell the language of a text, or nothing where it is too short or unsure."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SAMPLE_CHARACTERS = 1_000
"""Enough for a language; three times as much made a sync of short documents slower by a tenth."""
FEWEST_LETTERS = 40
LEAST_CONFIDENCE = 0.6

_loading = Lock()
"""The first documents of a sync come at once: without it each thread loads the model for itself."""


def language_of(text: str, languages: tuple[str, ...]) -> str:
    """Return the ISO 639-1 code of the most probable of these languages, or an empty string."""
    sample = text[:SAMPLE_CHARACTERS]
    if not languages or sum(map(str.isalpha, sample)) < FEWEST_LETTERS:
        return ""
    with _loading:
        identifier = _identifier(languages)
    language, confidence = identifier.classify(sample)
    return str(language) if confidence >= LEAST_CONFIDENCE else ""


@lru_cache(maxsize=4)
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    """Load the model; with all of its languages it would see rare ones in lists of part numbers."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(languages)
    return identifier
