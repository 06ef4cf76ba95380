"""The lines that Excel prints above and below pages, as it keeps them: sections and codes between words."""

from __future__ import annotations

import re

_CODE = re.compile(r'&(?:"[^"]*"|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d{1,3}|[PN](?:[+-]\d+)?|[A-Za-z])')
_DOUBLED = "\0"
"""In the place of `&&`, which prints one `&`."""
_SECTIONS = re.compile(r"&[LCR]")
_COUNTING = frozenset(
    ("", "page", "of", "seite", "von", "pagina", "di", "página", "de", "sur", "blz", "pag", "sida", "av",
     "side", "af", "sivu", "strana", "z", "стр", "из")
)  # fmt: skip
"""Words that stand around the number of a page and say nothing without it."""


def printed_line(kept: str) -> str:
    """Return a line's own words, its sections parted by ` | `; empty where it only counts pages."""
    sections = [
        own_words(_CODE.sub("", section).replace(_DOUBLED, "&"))
        for section in _SECTIONS.split(kept.replace("&&", _DOUBLED))
    ]
    return " | ".join(section for section in sections if section)


def own_words(section: str) -> str:
    """Return what a section says without its codes, empty where its words only count pages."""
    words = " ".join(section.split())
    is_counting = all(word.strip(".:,-/()").casefold() in _COUNTING for word in words.split())
    return "" if is_counting else words
