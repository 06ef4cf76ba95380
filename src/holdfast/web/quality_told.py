"""Tell figures of an evaluation in the reader's words, with their marks in a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdfast.domain.scores import Unit
from holdfast.evaluation.experiments.measuring import Measured
from holdfast.evaluation.experiments.report import Line
from holdfast.evaluation.experiments.wording import AFTER, DIGITS
from holdfast.web.wording import NONE, Wording

_LEAST = 0.02
"""Half of an axis at least: below it nothing is seen anyway."""
_INSIDE = 4.0
"""Percent left free at the ends of a mark, so that its dot is whole."""
_SHARED: frozenset[Unit] = frozenset({"share", "count"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A value in its interval, each a place in percent of the picture's width; and the same in words."""

    at: str
    low: str
    high: str
    zero: str
    """Empty: no line at 0."""
    kind: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One experiment in a trend, in percent of the picture's width and height."""

    x: str
    y: str
    low: str
    high: str
    before: tuple[str, str] | None
    """Where the line to it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A metric over experiments, the oldest first."""

    metric: str
    says: str
    steps: tuple[Step, ...]
    ends: tuple[str, str]
    """What the lower and the upper edge of the picture stand for."""
    first: str
    last: str
    difference: str
    words: str


def value(t: Wording, number: float | None, unit: Unit) -> str:
    """Return a figure in its unit."""
    if number is None:
        return NONE
    if unit == "share":
        return f"{t.number(100 * number, 1)} %"
    return f"{t.number(number, DIGITS[unit])}{AFTER.get(unit, '')}"


def interval(t: Wording, ends: tuple[float, float] | None, unit: Unit) -> str:
    """Return an interval in brackets, empty where there is none."""
    if ends is None:
        return ""
    low, high = (t.number(100 * end, 1) if unit == "share" else t.number(end, DIGITS[unit]) for end in ends)
    return f"[{low} … {high}]".replace("-", "\N{MINUS SIGN}")


def difference(t: Wording, number: float | None, unit: Unit) -> str:
    """Return a signed difference; shares in percentage points."""
    if number is None:
        return NONE
    moved, digits = (100 * number, 1) if unit == "share" else (number, DIGITS[unit])
    moved = round(moved, digits) + 0.0  # no -0.0
    sign = "+" if moved > 0 else "±" if moved == 0 else "\N{MINUS SIGN}"
    return f"{sign}{t.number(abs(moved), digits)}{' pt' if unit == 'share' else AFTER.get(unit, '')}"


def difference_marks(t: Wording, lines: Iterable[Line]) -> dict[str, Mark]:
    """Return a mark by metric for every difference with an interval, all on one axis about 0."""
    shown = [
        (line, line.difference, line.difference_interval)
        for line in lines
        if line.difference is not None
        and line.difference_interval is not None
        and line.metric.unit in _SHARED
    ]
    reach = max([abs(end) for _, _, ends in shown for end in ends], default=0.0)
    reach = max(reach, _LEAST)
    marks = {}
    for line, moved, ends in shown:
        words = f"{difference(t, moved, line.metric.unit)} {interval(t, ends, line.metric.unit)}"
        marks[line.metric.name] = _mark(moved, ends, -reach, reach, words, kind=line.result, zero=True)
    return marks


def value_marks(t: Wording, figures: Iterable[Measured]) -> dict[str, Mark]:
    """Return a mark by metric for every share with an interval, from 0 to 100 %."""
    marks = {}
    for one in figures:
        if one.value is not None and one.interval is not None and one.metric.unit == "share":
            words = f"{value(t, one.value, 'share')} {interval(t, one.interval, 'share')}"
            marks[one.metric.name] = _mark(one.value, one.interval, 0.0, 1.0, words)
    return marks


def _mark(
    at: float, ends: tuple[float, float], least: float, most: float, words: str, *, kind: str = "",
    zero: bool = False,
) -> Mark:  # fmt: skip
    def place(number: float) -> str:
        share = min(1.0, max(0.0, (number - least) / (most - least)))
        return f"{_INSIDE + (100 - 2 * _INSIDE) * share:.2f}%"

    return Mark(
        at=place(at), low=place(ends[0]), high=place(ends[1]), zero=place(0.0) if zero else "", kind=kind,
        words=words,
    )  # fmt: skip


def trend(t: Wording, figures: Sequence[Measured]) -> Trend | None:
    """Return the trend of one metric, the oldest figure first; None with less than two that have a value."""
    known = [(one, one.value) for one in figures if one.value is not None]
    if len(known) < 2:  # noqa: PLR2004 -- one is no trend
        return None
    metric = known[0][0].metric
    ends = [one.interval or (number, number) for one, number in known]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    low, high = (low, high) if high - low > _LEAST else (low - _LEAST, high + _LEAST)

    def height(number: float) -> str:
        return f"{_INSIDE + (100 - 2 * _INSIDE) * (high - number) / (high - low):.2f}%"

    across = [f"{2 + 96 * number / (len(known) - 1):.2f}%" for number in range(len(known))]
    steps = tuple(
        Step(
            x=across[number], y=height(at), low=height(ends[number][0]), high=height(ends[number][1]),
            before=(across[number - 1], height(known[number - 1][1])) if number else None,
        )
        for number, (_, at) in enumerate(known)
    )  # fmt: skip
    first, last = known[0][1], known[-1][1]
    told = [value(t, number, metric.unit) for _, number in known]
    return Trend(
        metric=metric.name, says=t.measures(metric), steps=steps,
        ends=(value(t, low, metric.unit), value(t, high, metric.unit)),
        first=told[0], last=told[-1], difference=difference(t, last - first, metric.unit),
        words=f"{metric.name}: {', '.join(told)}",
    )  # fmt: skip
