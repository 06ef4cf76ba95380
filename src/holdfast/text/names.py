"""Find proper names by their capital letters."""

from __future__ import annotations

import re
from functools import lru_cache

from holdfast.text.words import STOP_WORDS

_NAME = re.compile(r"\b[A-Z][\w’'&-]*(?:\s+(?:of|the|de|van|von|and|&)?\s*[A-Z][\w’'&-]*)*")  # noqa: RUF001
_SENTENCE_START = re.compile(r"(?:\A|[.!?:]\s+|\n\s*|[\"“(•*-]\s*)\Z")


@lru_cache(maxsize=1 << 11)
def names(text: str) -> tuple[str, ...]:
    """Return runs of capitalised words in order; a lone one that opens a sentence counts only if rare.

    A word that opens a sentence is capitalised anyway, so it is dropped from the front of its run
    when it is a function word, and as a whole when it stands alone.
    """
    found = []
    for match in _NAME.finditer(text):
        parts = match.group().split()
        opens = bool(_SENTENCE_START.search(text[max(0, match.start() - 3) : match.start()]))
        while parts and parts[0].casefold() in STOP_WORDS:
            parts, opens = parts[1:], False
        if parts and not (opens and len(parts) == 1 and not parts[0].isupper()):
            found.append(" ".join(parts))
    return tuple(found)
