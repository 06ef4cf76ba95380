"""Hold the value of a field against the passages that it cites: numbers, dates, codes, names, sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from holdfast.domain.outputs import OutputSpec, field_lines, shown_value
from holdfast.stages.checking.claims import Stated
from holdfast.stages.checking.quantities import is_number_told
from holdfast.stages.checking.support import VERBATIM, Evidence, Support, states_verbatim, support_of
from holdfast.text.identifiers import identifiers, key_of
from holdfast.text.numbers import Day, days, is_unit, quantities
from holdfast.text.words import words

REORDERED = 0.9
"""Support of a short value whose words stand in one sentence, in another order (`Meyer, Anna`)."""
_SHORT_WORDS = 6
"""Words up to which a text is a name, a code or a quantity and is looked for as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedField(Stated):
    """One field of structured output: `text` is its name in words with its value."""

    value: Any
    label: str
    """The field's name in words (`torque nm`)."""
    is_choice: bool
    """Whether the value is one of a list that the schema declares."""


def stated_fields(output: Any, cites: Mapping[str, tuple[int, ...]], spec: OutputSpec) -> list[StatedField]:
    """Return the fields that are to be cited and hold something, in their order."""
    made = []
    for line in field_lines(output, cites):
        if not any(_is_within(line.path, path) for path in spec.cited):
            continue
        label = " ".join(part for part in line.path.replace("_", " ").split(".") if not part.isdecimal())
        made.append(
            StatedField(
                text=f"{label}: {shown_value(line.value)}",
                start=line.start,
                end=line.end,
                cites=line.cites,
                field=line.path,
                value=line.value,
                label=_spaced(label),
                is_choice=_is_choice(spec.schema, line.path),
            )
        )
    return made


def field_support(
    claim: StatedField, evidence: Evidence, *, conflict_ceiling: float, concluded: float
) -> Support:
    """Return how well passages support a field: its weakest entry when it holds several.

    Numbers, dates, codes and short texts have to stand in the passages, in whatever spelling; a longer
    text is scored like a sentence. A conclusion (yes or no, a choice) cannot be compared and gets
    `concluded`; a conflict puts `conflict_ceiling` on the support.
    """
    entries = claim.value if isinstance(claim.value, list) else [claim.value]
    found = [_support(entry, claim, evidence, concluded=concluded) for entry in entries]
    weakest = min(found, key=lambda one: one.probability)
    conflicts = tuple(dict.fromkeys(words for one in found for words in one.conflicts))
    ceiling = conflict_ceiling if conflicts else 1.0
    return Support(
        probability=min(weakest.probability, ceiling), conflicts=conflicts, features=weakest.features
    )


def _support(value: Any, claim: StatedField, evidence: Evidence, *, concluded: float) -> Support:
    whole = "\n".join((*evidence.sentences, evidence.above))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        is_told = is_number_told(value, claim.label, whole)
        return _SAID if is_told else _missing(f"number {value} is in no cited passage")
    if states_verbatim(str(value), evidence) and not isinstance(value, bool):
        return _SAID
    if claim.is_choice or isinstance(value, bool):
        return Support(probability=concluded, conflicts=(), features={"concluded": 1.0})
    return _of_text(str(value), evidence, whole)


def _of_text(text: str, evidence: Evidence, whole: str) -> Support:
    moment = _moment(text)
    if moment is not None:
        return _SAID if _is_day_told(moment, whole) else _missing(f"date {text} is in no cited passage")
    if len(words(text)) > _SHORT_WORDS:
        return support_of(text, evidence)
    return _short(text, evidence, whole)


_SAID = Support(probability=VERBATIM, conflicts=(), features={"verbatim": 1.0})


def _missing(conflict: str) -> Support:
    return Support(probability=0.0, conflicts=(conflict,), features={"verbatim": 0.0})


def _short(text: str, evidence: Evidence, whole: str) -> Support:
    """Return the support of a name, a code or a quantity written as text."""
    codes, found = identifiers(text), quantities(text)
    wanted = frozenset(words(text))
    if found and _is_all_quantity(text):  # before codes: `EUR 1940` has the form of one
        told = quantities(whole)
        is_told = all(any(one.agrees(other) for other in told) for one in found)
    elif codes and len(wanted) <= len(words(" ".join(code.text for code in codes))):
        known = {code.key for code in identifiers(whole)} | {key_of(part) for part in whole.split()}
        is_told = all(code.key in known for code in codes)
    elif "@" in text or "://" in text:
        is_told = text.casefold() in whole.casefold()
    elif wanted and any(wanted <= frozenset(words(sentence)) for sentence in evidence.sentences):
        return Support(probability=REORDERED, conflicts=(), features={"reordered": 1.0})
    else:
        is_told = False
    return _SAID if is_told else _missing(f'"{text}" is in no cited passage')


def _is_all_quantity(text: str) -> bool:
    rest = text
    for one in quantities(text):
        rest = rest.replace(one.text, " ")
    return not words(rest) or all(map(is_unit, words(rest)))


def _moment(text: str) -> datetime | Day | None:
    """Return the day or moment that a whole text is."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = date.fromisoformat(text)
            return Day(year=day.year, month=day.month, day=day.day, text=text, start=0, end=len(text))
        if re.match(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}", text):
            return datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    found = days(text)
    return found[0] if len(found) == 1 and (found[0].end - found[0].start) == len(text.strip()) else None


_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?![\d/])")
_CENTURY = 100


def _is_day_told(moment: datetime | Day, whole: str) -> bool:
    """Return whether a text names the day, as precisely, and for a moment also the time."""
    if isinstance(moment, datetime):
        hours = moment.hour, moment.minute
        if any(hours) and not any(hours == time for time in _times(whole)):
            return False
    told = [*days(whole), *_slashed(whole)]
    years = {int(one.value) for one in quantities(whole) if one.value.is_integer()}
    return any(
        (day.month, day.day) == (moment.month, moment.day)
        and (day.year == moment.year or (not day.year and moment.year in years) or not moment.year)
        for day in told
    )


def _slashed(whole: str) -> Iterator[Day]:
    """Yield the dates written with strokes in both readings: whether 4/5 is April or May, no text says."""
    for match in _SLASHED.finditer(whole):
        one, other, year = int(match[1]), int(match[2]), int(match[3])
        year += 2000 if year < _CENTURY else 0
        for month, day in ((one, other), (other, one)):
            yield Day(year=year, month=month, day=day, text=match[0], start=match.start(), end=match.end())


_TIME = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*(a\.?m\b|p\.?m\b|h\b|Uhr\b)?", re.IGNORECASE)
_NOON = 12


def _times(whole: str) -> Iterator[tuple[int, int]]:
    for match in _TIME.finditer(whole):
        hour, half = int(match[1]), (match[3] or "").casefold()
        if match[2] or half:
            hour = (
                hour % _NOON + _NOON
                if half.startswith("p")
                else hour % _NOON
                if half.startswith("a")
                else hour
            )
            yield hour, int(match[2] or 0)


def _is_within(path: str, wanted: tuple[str, ...]) -> bool:
    """Return whether a field is the one that a path names, or lies in it."""
    parts = path.split(".")
    return len(parts) >= len(wanted) and all(
        one == part or (one == "*" and part.isdecimal()) for one, part in zip(wanted, parts, strict=False)
    )


def _is_choice(schema: Any, path: str) -> bool:
    """Return whether a field's schema, as far as its path is followed, lists the values it may have."""
    found = _inside(schema, schema)
    for part in path.split("."):
        found = found.get("items", {}) if part.isdecimal() else found.get("properties", {}).get(part, {})
        found = _inside(found, schema)
    items = _inside(found.get("items", {}), schema)
    return "enum" in found or "const" in found or "enum" in items


def _inside(schema: Any, root: Any) -> Mapping[str, Any]:
    """Return a schema with its reference followed and, where it is nullable, its one real form."""
    while isinstance(schema, Mapping):
        reference = str(schema.get("$ref", ""))
        if reference.startswith("#/$defs/"):
            schema = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
            continue
        forms = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
        if len(forms) != 1:
            return schema
        schema = forms[0]
    return {}


def _spaced(label: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).casefold()
