"""Find product codes, bulletin numbers and the like: words that must match exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from holdfast.text.numbers import is_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A code such as `HX-200`, as it is written and as it is compared."""

    text: str
    key: str
    """Case-folded letters and digits only: `HX-200`, `hx200` and `HX 200` are one."""
    start: int
    end: int

    @property
    def family(self) -> str:
        """Return the letters in front, which related codes share (`hx`)."""
        return _LETTERS.match(self.key)[0]  # type: ignore[index]  # the pattern matches the empty text


@lru_cache(maxsize=1 << 11)
def identifiers(text: str) -> tuple[Identifier, ...]:
    """Return the identifiers of a text in order."""
    found = (
        Identifier(text=match.group(), key=key_of(match.group()), start=match.start(), end=match.end())
        for match in _CODE.finditer(text)
        if _is_code(match.group())
    )
    return tuple(found)


def identifier_keys(text: str) -> frozenset[str]:
    """Return the keys of a text's identifiers."""
    return frozenset(identifier.key for identifier in identifiers(text))


def named_in(question: str, known: Iterable[str]) -> frozenset[str]:
    """Return those known keys that a question names in any spelling (`hx 200`, `claude-3`)."""
    keys = frozenset(known)
    parts = [part.casefold() for part in _PART.findall(question)]
    runs = ("".join(parts[i : i + size]) for size in (1, 2, 3) for i in range(len(parts) - size + 1))
    return frozenset(run for run in runs if run in keys)


def key_of(text: str) -> str:
    """Return the form in which two spellings of a code are compared."""
    return "".join(_PART.findall(text)).casefold()


def family_of(key: str) -> str:
    """Return the letters in front of a key."""
    return _LETTERS.match(key)[0]  # type: ignore[index]  # the pattern matches the empty text


_DASH = "\u2010\u2011\u2012\u2013_/.-"
_PART = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]*")
_CODE = re.compile(
    rf"(?<![\w{_DASH}])(?:"
    rf"[A-Z]{{2,6}} \d{{2,6}}[A-Z]?(?:[{_DASH}][A-Za-z0-9]+)*"  # VG 46, EN 10204
    rf"|[A-Za-z]+\d[A-Za-z0-9]*(?:[{_DASH}][A-Za-z0-9]+)*"  # M8, PU55-A
    rf"|[A-Za-z]{{1,12}}(?:[{_DASH}][A-Za-z0-9]{{1,12}}){{0,3}}[{_DASH}]\d[A-Za-z0-9]*(?:[{_DASH}][A-Za-z0-9]+)*"
    rf"|\d+[A-Za-z]+[{_DASH}]?\d+(?:[{_DASH}][A-Za-z0-9]+)*"  # 10W-40
    rf"|\d{{2,}}-\d{{2,}}(?:-\d+)+"  # 4711-08-15
    r")(?!\w)"
)
_ORDINARY = re.compile(
    r"(?:top|pre|post|mid|non|sub|under|over|late|early|since|circa|part|step|no|page|chapter|section|phase"
    r"|level|type|class|grade|version)[-.\s]?\d+\Z|[au][-.\s]\d+\Z|\d{4}-\d\d-\d\d\Z",
    re.IGNORECASE,
)
_SHORT_FAMILY = 4


def _is_code(text: str) -> bool:
    """Return whether letters and digits together look like a code rather than like ordinary words."""
    if _ORDINARY.match(text) or is_unit(text):
        return False
    letters = [character for character in text if character.isalpha()]
    has_upper = any(character.isupper() for character in letters)
    return not letters or has_upper or len(letters) <= _SHORT_FAMILY
