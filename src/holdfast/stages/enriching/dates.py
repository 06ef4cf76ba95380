"""Find the dates of a document: when it was made, and from when it counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from holdfast.stages.enriching.declared_patterns import found_values
from holdfast.stages.enriching.head import HEAD_CHARACTERS, Labelled, labelled_lines

YEARS = range(1900, 2101)

EFFECTIVE_KEYS = (
    "effective",
    "effective date",
    "effective_date",
    "effective-date",
    "valid_from",
    "valid from",
)
EFFECTIVE_LABELS = re.compile(
    r"effective(?: date| from| as of)?|valid(?: from| as of)|in force(?: from| since)?|applies from|"
    r"gültig (?:ab|von)|gueltig ab|in kraft (?:ab|seit)|en vigueur(?: le| depuis)?|date d.effet|"
    r"vigente desde|en vigor desde|in vigore dal|geldig vanaf|ingangsdatum"
)
ISSUED_KEYS = ("date", "issued", "published", "revision date", "revised", "updated", "last updated")
ISSUED_LABELS = re.compile(
    r"(?:date of )?issued?(?: date| on)?|date|dated|published(?: on)?|publication date|release(?:d| date)|"
    r"revision date|(?:last )?(?:revised|updated)(?: on)?|version date|"
    r"datum|stand|ausgabe(?:datum)?|veröffentlicht(?: am)?|erstellt am|geändert am|"
    r"date de publication|publié le|fecha|data|datum van uitgifte"
)
CREATED_KEYS = ("created", "creation date", "creationdate", "date", "published")
CHANGED_KEYS = ("modified", "last modified", "changed", "moddate")

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar januari janvier enero gennaio janeiro jän jänner",
            "feb february februar februari février fevrier febrero febbraio fevereiro",
            "mar march märz maerz mär maart mars marzo março",
            "apr april avril abril aprile",
            "may mai mei mayo maggio maio",
            "jun june juni juin junio giugno junho",
            "jul july juli juillet julio luglio julho",
            "aug august augustus août aout agosto",
            "sep sept september septembre septiembre settembre setembro",
            "oct october okt oktober octobre octubre ottobre outubro",
            "nov november novembre noviembre novembro",
            "dec december dez dezember décembre decembre diciembre dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_FORMS = re.compile(
    rf"""(?<![\w.])(?:
        (?P<y1>\d{{4}})(?P<sep1>[-/.])(?P<m1>\d{{1,2}})(?P=sep1)(?P<d1>\d{{1,2}})(?=\D|$)
      | (?:D:)?(?P<y2>(?:19|20)\d\d)(?P<m2>[01]\d)(?P<d2>[0-3]\d)(?=\D|$|\d{{6}})
      | (?P<d3>\d{{1,2}})\.\s?(?P<m3>\d{{1,2}})\.\s?(?P<y3>\d{{4}}|\d\d)(?!\d|\.\d)
      | (?P<a4>\d{{1,2}})(?P<sep4>[-/])(?P<b4>\d{{1,2}})(?P=sep4)(?P<y4>\d{{4}}|\d\d)(?![\d/-])
      | (?P<d5>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[\s-]+(?:of\s+|de\s+)?
        (?P<m5>{_MONTH})\.?,?[\s-]+(?:de\s+)?(?P<y5>\d{{4}})(?!\d)
      | (?P<m6>{_MONTH})\.?\s+(?P<d6>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y6>\d{{4}})(?!\d)
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def first_date(text: str, *, month_first: bool = False) -> date | None:
    """Return the first date that stands in the text: ISO, PDF, 1.3.2024, 1/3/2024, or in words."""
    for match in _FORMS.finditer(text[:1_000]):
        if found := _date_of(match, month_first=month_first):
            return found
    return None


def created_date(properties: Mapping[str, str], *, month_first: bool = False) -> date | None:
    """Return the day the document says it was made."""
    return _first_property(properties, CREATED_KEYS, month_first=month_first)


def effective_date(
    text: str, properties: Mapping[str, str], *, patterns: Iterable[str] = (), month_first: bool = False
) -> date | None:
    """Return the day from which the document counts; where it does not say, that of its last change.

    The order: front matter, declared patterns, a line such as `Effective: 2024-03-01` near the top,
    a day of issue, and last the change of the document or its file.
    """
    if found := _first_property(properties, EFFECTIVE_KEYS, month_first=month_first):
        return found
    for pattern in patterns:
        for value in found_values(pattern, text[: HEAD_CHARACTERS * 4]):
            if found := first_date(value, month_first=month_first):
                return found
    lines = tuple(labelled_lines(text))
    return (
        _first_labelled(lines, EFFECTIVE_LABELS, month_first=month_first)
        or _first_property(properties, ISSUED_KEYS, month_first=month_first)
        or _first_labelled(lines, ISSUED_LABELS, month_first=month_first)
        or _first_property(properties, (*CHANGED_KEYS, *CREATED_KEYS), month_first=month_first)
    )


def _first_property(properties: Mapping[str, str], keys: Iterable[str], *, month_first: bool) -> date | None:
    values: Iterator[str] = (properties[key] for key in keys if key in properties)
    return next(filter(None, (first_date(value, month_first=month_first) for value in values)), None)


def _first_labelled(lines: Iterable[Labelled], labels: re.Pattern[str], *, month_first: bool) -> date | None:
    values = (line.value for line in lines if labels.fullmatch(line.label))
    return next(filter(None, (first_date(value, month_first=month_first) for value in values)), None)


def _date_of(match: re.Match[str], *, month_first: bool) -> date | None:
    part = match.groupdict()
    for form in "12356":
        if part[f"y{form}"]:
            month = part[f"m{form}"]
            number = int(month) if month.isdigit() else _MONTHS[month.casefold()]
            return _checked(part[f"y{form}"], number, int(part[f"d{form}"]))
    first, second = int(part["a4"]), int(part["b4"])
    if first > 12 or second > 12:  # noqa: PLR2004 - only one of them can be a month
        month_first = second > 12  # noqa: PLR2004
    month, day = (first, second) if month_first else (second, first)
    return _checked(part["y4"], month, day)


def _checked(year: str, month: int, day: int) -> date | None:
    full = int(year) + (0 if len(year) == 4 else 2000)  # noqa: PLR2004 - 24 means 2024
    try:
        return date(full, month, day) if full in YEARS else None
    except ValueError:
        return None
