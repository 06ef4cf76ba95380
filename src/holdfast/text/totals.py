"""Add up the rows that a lookup fetched, and tell whether a stated total is theirs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from holdfast.text.listing import fitting_rows
from holdfast.text.relevance import Candidate
from holdfast.text.words import content_stems


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of a column over rows that are all at hand."""

    rows: tuple[Candidate, ...]
    column: str
    value: Decimal

    @property
    def text(self) -> str:
        """Return it in words, as `is_total` reads it."""
        return f"{self.column} in total: {self.value}"


def wants_total(question: str) -> bool:
    """Return whether a question wants several amounts added up."""
    return bool(_WANTS.search(question))


def summands(question: str, ranked: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the rows that a question for a total is about; empty where words do not tell which."""
    return tuple(row.candidate for row in fitting_rows(question, ranked, fillers=_FILLERS))


def total_of(rows: Sequence[Candidate]) -> Total | None:
    """Return the total of rows of a lookup, None where they are others or it is not plain what to add.

    Plain are rows with the same columns, one of which is called an amount and holds a plain number in each;
    a column for a currency or unit says the same in all of them.
    """
    if len(rows) < _SEVERAL or any(row.passage.chunk_id is not None for row in rows):
        return None
    values = [_values(row.passage.text) for row in rows]
    names = values[0].keys()
    if not names or any(one.keys() != names for one in values):
        return None
    amounts = [name for name in names if _is_amount(name)]
    if len(amounts) != 1 or any(len({one[name] for one in values}) > 1 for name in names if _says_unit(name)):
        return None
    found = _sum([one[amounts[0]] for one in values])
    return Total(rows=tuple(rows), column=amounts[0], value=found) if found is not None else None


def says_total(row: Candidate) -> bool:
    """Return whether a row, its column or what stands above it says that it is a total already."""
    return not (row.stems | row.wide).isdisjoint(_TOTAL)


def is_total(text: str, rows: Sequence[str]) -> bool:
    """Return whether a text states the total of a column of these rows, each as a lookup writes it."""
    said = _STATED.fullmatch(text.strip())
    values = [_values(row) for row in rows]
    if said is None or len(rows) < _SEVERAL or not all(said["column"] in one for one in values):
        return False
    return _sum([one[said["column"]] for one in values]) == Decimal(said["value"])


_SEVERAL = 2
_WANTS = re.compile(
    r"\b(?:in total|(?:the|what) (?:sum|total)|sum of|total (?:of|amount|cost|spend\w*)|altogether"
    r"|add(?:s|ed)? up|insgesamt|gesamt\w*|(?:die )?summe)\b",
    re.IGNORECASE,
)
_FILLERS = """
    total sum altogether overall amount cost costs spend spent spending pay paid payment book booked booking
    posted posting postings much added up insgesamt summe gesamt gesamtbetrag gesamtsumme gesamtkosten betrag
    kosten kostet gekostet ausgegeben ausgaben gebucht buchung buchungen bezahlt wie viel hoch
"""
_AMOUNT = frozenset(
    content_stems("amount betrag cost costs kosten expense expenses ausgaben value wert spend")
)
_NO_AMOUNT = frozenset(
    content_stems(
        "center centre stelle unit per rate percent balance saldo running cumulative number nr no id code"
        " account konto type art date datum budget"
    )
)
_TOTAL = frozenset(content_stems("total sum summe gesamt insgesamt gesamtbetrag gesamtsumme"))
_UNIT = frozenset(content_stems("currency waehrung währung curr unit einheit uom"))
_PLAIN = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")
_STATED = re.compile(rf"(?P<column>[^:;]{{1,80}}) in total: (?P<value>{_PLAIN.pattern})")


def _values(row: str) -> dict[str, str]:
    """Return the columns of a lookup's row, none where a value cannot be told from further columns."""
    pairs = [cell.partition(": ") for cell in row.split("; ")]
    found = {name: value for name, between, value in pairs if between}
    return found if len(found) == len(pairs) else {}


def _labels(name: str) -> frozenset[str]:
    return frozenset(content_stems(name.replace("_", " ")))


def _is_amount(name: str) -> bool:
    return not _labels(name).isdisjoint(_AMOUNT) and _labels(name).isdisjoint(_NO_AMOUNT)


def _says_unit(name: str) -> bool:
    return not _labels(name).isdisjoint(_UNIT)


def _sum(values: Sequence[str]) -> Decimal | None:
    """Return the sum of plain numbers, None where one of them is anything else."""
    if not all(_PLAIN.fullmatch(value) for value in values):
        return None
    return sum(map(Decimal, values), Decimal(0))
