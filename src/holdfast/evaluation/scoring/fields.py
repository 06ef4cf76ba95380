"""Score the fields of a structured output against the expected ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from holdfast.domain.cases import ExpectedField
from holdfast.domain.observed import Observed
from holdfast.domain.outcomes import Answer
from holdfast.domain.scores import Metric, Score
from holdfast.evaluation.scoring.citations import NO_ANSWER
from holdfast.evaluation.scoring.marks import missing, score, shortened
from holdfast.evaluation.scoring.outcome import NO_CASE
from holdfast.text.numbers import days, quantities

FIELDS_RIGHT = Metric(
    name="fields_right", unit="share", higher_is_better=True, margin=0.02,
    says="share of the expected fields of the structured output that are right",
)  # fmt: skip
_ROUNDING = 1e-9


class FieldsEvaluator:
    """Compares field by field: exactly, as a number, as a set, as a date, or as holding nothing."""

    metrics: tuple[Metric, ...] = (FIELDS_RIGHT,)

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        """Return the share of expected fields that are right."""
        if seen.case is None:
            return (missing(FIELDS_RIGHT, NO_CASE),)
        wanted = seen.case.expect.fields
        if not wanted:
            return (missing(FIELDS_RIGHT, "the case names no field"),)
        if not isinstance(seen.run.outcome, Answer):
            return (score(FIELDS_RIGHT, 0, NO_ANSWER),)
        given = _fields(seen.run.outcome.output)
        wrong = {name: _wrong(given, name, field) for name, field in wanted.items()}
        faults = [f"{name} {words}" for name, words in wrong.items() if words]
        return (score(FIELDS_RIGHT, 1 - len(faults) / len(wanted), "; ".join(faults)),)


def is_same(value: Any, expected: ExpectedField) -> bool:
    """Return whether a value is the expected one, compared as the field says; any value may come."""
    match expected.compare:
        case "number":
            mine, theirs = _number(value), _number(expected.value)
            if mine is None or theirs is None:
                return False
            return abs(mine - theirs) <= expected.tolerance + _ROUNDING * max(1.0, abs(theirs))
        case "set":
            return _set(value) == _set(expected.value)
        case "date":
            return _day(value) is not None and _day(value) == _day(expected.value)
        case "empty":
            return value in (None, "", [], {})
        case "exact":
            return bool(_plain(value) == _plain(expected.value))


def _fields(output: Any) -> Mapping[str, Any]:
    """Return the output's fields by name, those inside others as `outer.inner`."""
    if hasattr(output, "model_dump"):
        output = output.model_dump()
    if not isinstance(output, Mapping):
        return {}
    found: dict[str, Any] = {}
    for name, value in output.items():
        found[str(name)] = value
        if isinstance(value, Mapping):
            found.update({f"{name}.{inner}": one for inner, one in value.items()})
    return found


def _wrong(given: Mapping[str, Any], name: str, expected: ExpectedField) -> str:
    if expected.compare == "empty":
        held = given.get(name)
        return "" if is_same(held, expected) else f"is {shortened(repr(held))} and should hold nothing"
    if name not in given:
        return "is not there"
    if is_same(given[name], expected):
        return ""
    return f"is {shortened(repr(given[name]))} instead of {shortened(repr(expected.value))}"


def _number(value: Any) -> float | None:
    """Return the number, also out of text that holds exactly one (`1,200 EUR`); True is no number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _finite(value)
    found = quantities(value) if isinstance(value, str) else ()
    return _finite(found[0].value) if len(found) == 1 else None


def _finite(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _day(value: Any) -> tuple[int, int, int] | None:
    found = days(str(value)) if value is not None else ()
    return (found[0].year, found[0].month, found[0].day) if len(found) == 1 else None


def _set(value: Any) -> frozenset[Any]:
    many = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
    return frozenset(_plain(one) for one in many)


def _plain(value: Any) -> Any:
    """Return text without the space around it; True and 1 are different values, 1 and 1.0 are not."""
    if isinstance(value, str):
        return ("text", " ".join(value.split()))
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, (int, float)):
        return ("number", value)
    if isinstance(value, (list, tuple)):
        return ("list", tuple(_plain(one) for one in value))
    return ("other", repr(value))
