"""Tell which month a question asks about, and of which month a row or a table is.

Papers write a month in many ways (`2026-08`, `Aug 2026`, `August`), so that words alone do not bring the row
of August to the question for it, and the row of July is as near.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from holdfast.text.numbers import days
from holdfast.text.sentences import Kind, is_row, split_sentences
from holdfast.text.tables import cells_of


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A month; year 0 where none is said."""

    year: int
    month: int

    def agrees(self, other: Period) -> bool:
        """Return whether both may be the same month."""
        return self.month == other.month and (not self.year or not other.year or self.year == other.year)


@lru_cache(maxsize=256)
def asked_periods(question: str) -> frozenset[Period]:
    """Return the months that a question names: `in August`, `6 October 2026`, `2026-08`."""
    dated = {Period(day.year, day.month) for day in days(question)}
    bare = {Period(0, _MONTH_OF[match["month"].casefold()]) for match in _BARE.finditer(question)}
    told = {one.month for one in dated}
    return frozenset(dated | _in_figures(question) | {one for one in bare if one.month not in told})


@lru_cache(maxsize=1 << 11)
def row_periods(row: str) -> tuple[Period, ...]:
    """Return the months that are whole cells of a row; of a date with its day there is none.

    A lookup's row (`account: 6400; period: 2026-09`) has its cells behind the names of their columns.
    """
    cells = cells_of(row) if is_row(row) else [cell.partition(": ")[2] for cell in row.split("; ")]
    return tuple(period for cell in cells if (period := _whole(cell)))


def fits_row(asked: Iterable[Period], told: tuple[Period, ...]) -> bool:
    """Return whether a row of these months is of an asked one; two months or more are a span."""
    first, last = min(told), max(told)
    return any(
        any(one.agrees(period) for period in told)
        or (bool(one.year) and bool(first.year) and first <= one <= last)
        for one in asked
    )


@lru_cache(maxsize=1 << 9)
def table_periods(text: str) -> tuple[tuple[Period, ...], ...]:
    """Return the months of each row of a passage's text that has any."""
    rows = (piece.text for piece in split_sentences(text) if piece.kind is Kind.ROW)
    return tuple(told for row in rows if (told := row_periods(row)))


@lru_cache(maxsize=1 << 9)
def named_periods(text: str) -> frozenset[Period]:
    """Return the months with a year, and without a day, that a title, heading or file name holds."""
    found = {
        Period(day.year, day.month)
        for day in days(text)
        if day.year and not day.day and not _FROM.search(text[: day.start])
    }
    return frozenset(found | _in_figures(text))


def spoken_months(text: str) -> str:
    """Return the names of the months that stand in figures in a text (`2026-08`), in English and German."""
    return " ".join(_NAMES[int(match["month"])] for match in _FIGURES.finditer(text))


def in_words(periods: Iterable[Period]) -> str:
    """Return months for people: `August 2026`."""
    said = (f"{_NAMES[one.month].split()[0].title()} {one.year or ''}".strip() for one in sorted(periods))
    return ", ".join(said)


_NAMES = dict(
    enumerate(
        (
            "january januar", "february februar", "march märz", "april", "may mai", "june juni", "july juli",
            "august", "september", "october oktober", "november", "december dezember",
        ),
        1,
    )
)  # fmt: skip
_MONTH_OF = {name: number for number, both in _NAMES.items() for name in both.split()}
_CERTAIN = "|".join(name for name in _MONTH_OF if name not in ("may", "march", "mai"))
_BARE = re.compile(
    rf"\b(?P<month>(?:{_CERTAIN})|(?<=\bin )(?:may|march)|(?<=\bof )(?:may|march)|(?<=\bfor )(?:may|march)"
    r"|(?<=\bim )mai)\b",
    re.IGNORECASE,
)
_FIGURES = re.compile(r"(?<![\d-])(?:19|20)\d{2}-(?P<month>0[1-9]|1[0-2])(?:-\d{2})?(?![\d-])")
_ISO_MONTH = re.compile(r"(?<![\d-])(?P<year>(?:19|20)\d{2})-(?P<month>0[1-9]|1[0-2])(?![\d-])")
_IN_FIGURES = re.compile(r"(?<![\d./])(?P<month>0?[1-9]|1[0-2])[./](?P<year>(?:19|20)\d{2})(?!\d)")
_FROM = re.compile(
    r"\b(?:from|since|as of|effective|valid|until|till|ab|seit|bis|gültig|stand)\W*\Z", re.IGNORECASE
)


def _in_figures(text: str) -> set[Period]:
    found = (*_ISO_MONTH.finditer(text), *_IN_FIGURES.finditer(text))
    return {Period(int(match["year"]), int(match["month"])) for match in found}


def _whole(cell: str) -> Period | None:
    """Return the month that a cell is, None where it is more or less than one."""
    if match := _ISO_MONTH.fullmatch(cell) or _IN_FIGURES.fullmatch(cell):
        return Period(int(match["year"]), int(match["month"]))
    if month := _MONTH_OF.get(cell.casefold()):
        return Period(0, month)
    dated = days(cell)
    is_whole = len(dated) == 1 and not dated[0].day and dated[0].text == cell
    return Period(dated[0].year, dated[0].month) if is_whole else None
