"""Tell whether sentences chosen for a question speak only of another year than it asks about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from holdfast.domain.prompts import Passage
from holdfast.text.numbers import days, quantities
from holdfast.text.sentences import Kind, split_sentences
from holdfast.text.tables import cells_of

Place = tuple[Passage, int]
"""A passage, and where in its text a sentence that was chosen begins."""


def other_years(question: str, chosen: Sequence[Place]) -> frozenset[int]:
    """Return the years that the chosen sentences are of where none of them is asked about.

    Empty where the question names no year, and where any of the passages may be of an asked one: the year
    may stand anywhere in it, above it, in its title, file name or date, or lie in a span that it names.
    Accused is only a sentence that names a year, or that stands under one: in its paragraph, the header of
    its table, a heading, the title or the file's name.
    """
    asked = asked_years(question)
    if not asked or any(may_be_of(asked, passage) for passage, _ in chosen):
        return frozenset()
    told = [_told(passage, start, asked) for passage, start in chosen]
    return frozenset().union(*told) if all(told) else frozenset()


@lru_cache(maxsize=256)
def asked_years(question: str) -> frozenset[int]:
    """Return the years that a question asks about.

    None is a number with a unit, a price, part of a code, or the year of a day on which something happens:
    rules of an earlier year may hold on it. A balance `as of 31 December 2023` is asked for by its year.
    """
    other = [(one.start, one.end) for one in quantities(question) if one.unit]
    other += [
        (one.start, one.end) for one in days(question) if one.day and not _AS_OF.search(question[: one.start])
    ]
    return frozenset(
        int(match[1])
        for match in _YEAR.finditer(question)
        if not any(start <= match.start(1) < end for start, end in other)
    )


def may_be_of(asked: frozenset[int], passage: Passage) -> bool:
    """Return whether a passage, what stands above it or its date names one of the years or a span with it."""
    if not asked:
        return False
    dated = passage.metadata.effective
    scope = f"{passage.text}\n{passage.context}\n{passage.metadata.title}\n{passage.document}"
    held = _loosely(scope) | ({dated.year} if dated else set())
    return not asked.isdisjoint(held)


def named_years(text: str) -> frozenset[int]:
    """Return the years that stand as such in a text."""
    return frozenset(int(match[1]) for match in _YEAR.finditer(text))


def said_instead(question: str, told: Iterable[int]) -> str:
    """Return for people that something is not of the asked years but of others."""
    asked, others = (", ".join(map(str, sorted(years))) for years in (asked_years(question), told))
    return f"not of {asked} but of {others}"


def _told(passage: Passage, start: int, asked: frozenset[int]) -> frozenset[int]:
    """Return the years of the nearest thing that names any: the sentence, else what stands above it.

    None where that names a time with an open end in which an asked year lies.
    """
    file = passage.document.rpartition("/")[2].replace("_", " ").replace("-", " ")
    above = (*reversed(passage.context.splitlines()), passage.metadata.title, file)
    near = (*_upwards(passage.text, start), *above)
    nearest = next((text for text in near if named_years(text)), "")
    return frozenset() if any(_is_open_to(year, nearest) for year in asked) else named_years(nearest)


def _upwards(text: str, start: int) -> Iterator[str]:
    """Yield a sentence and what stands above it that it may be of: its paragraph, header rows, headings."""
    pieces = split_sentences(text)
    at = next((i for i, piece in enumerate(pieces) if piece.end > start), len(pieces))
    own, is_near = pieces[at : at + 1], True
    for piece, below in zip(reversed(pieces[: at + 1]), (None, *reversed(pieces[: at + 1])), strict=False):
        is_near = is_near and (below is None or "\n\n" not in text[piece.end : below.start])
        is_of_it = piece in own or piece.kind is Kind.HEADING or (piece.kind is Kind.PROSE and is_near)
        if is_of_it or (piece.kind is Kind.ROW and _names_years(piece.text)):
            yield piece.text


def _names_years(row: str) -> bool:
    """Return whether a row names columns by their years: every number in it is of one, and the first is not.

    `Founded | 1998` is a row of its own, `| | 2019 | 2018` is none.
    """
    first, *rest = cells_of(row)
    dated = [cell for cell in rest if named_years(cell)]
    is_header = not first or len(dated) > 1
    return bool(dated) and is_header and all(named_years(cell) or not quantities(cell) for cell in rest)


@lru_cache(maxsize=1 << 9)
def _loosely(text: str) -> frozenset[int]:
    """Return every number of a text that might be a year, those in its spans too (`2019-2023`, `FY22`)."""
    found = {int(match[0]) for match in _LOOSE.finditer(text)}
    for match in _SPAN.finditer(text):
        first, last = int(match["first"]), match["last"]
        until = int(last) if len(last) == len(match["first"]) else first - first % _CENTURY + int(last)
        found |= {*range(first, until + 1)} if until - first <= _LONGEST else {until}
    return frozenset(found | {_CENTURY * 20 + int(match[1]) for match in _SHORT.finditer(text)})


def _is_open_to(year: int, text: str) -> bool:
    """Return whether a text names a time with one end that the year lies in (`since 2020`, `bis 2025`)."""
    return any(
        int(match["year"]) <= year if match["from"] else year <= int(match["year"])
        for match in _OPEN.finditer(text)
    )


_CENTURY, _LONGEST = 100, 60
_AS_OF = re.compile(r"\b(?:as (?:of|at)|at|ended|ending|zum|per)\W+(?:the\W+)?\Z", re.IGNORECASE)
_YEAR = re.compile(r"(?<![\w.,:/$€£#+-])(?:FY ?)?((?:19|20)\d\d)(?![\w%°]|[.,:/-]\d|-[A-Za-z])")
_LOOSE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SPAN = re.compile(
    r"(?<!\d)(?P<first>(?:19|20)\d\d)\s*(?:-|–|/|to|through|until|and|bis|und)\s*(?P<last>(?:19|20)\d\d|\d\d)(?!\d)",  # noqa: RUF001
    re.IGNORECASE,
)
_SHORT = re.compile(r"(?:FY ?|['’])(\d\d)(?!\d)")  # noqa: RUF001
_BETWEEN = r"\s+(?:\S+\s+){0,3}?(?:\d{1,2}\.)*"
_OPEN = re.compile(
    r"\b(?:(?P<from>since|from|after|as of|starting|effective|valid|ab|seit|nach|gültig)"
    r"|until|till|up to|before|by|through|bis|vor)"
    rf"{_BETWEEN}(?P<year>(?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
