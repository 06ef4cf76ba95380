"""Draw figures of an evaluation as SVG that needs no script and follows the page's colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

ROW = 26
"""Pixels from one line to the next."""
LABEL = 200
PLOT = 420
TOLD = 190
TOP = 26
_TICKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A value with its interval, on one line of a plot."""

    label: str
    value: float
    low: float
    high: float
    told: str
    """The figures, written beside it."""
    kind: str = ""
    """CSS class: `worse`, `unclear`, or empty."""


def interval_plot(marks: Sequence[Mark], *, title: str, zero: bool, percent: bool = True) -> str:
    """Return a plot with a line for each mark: a dot in its interval.

    With `zero` the axis is symmetric about a line at 0, else it goes from 0 to the largest end, or 1.
    """
    ends = [abs(end) for mark in marks for end in (mark.low, mark.high, mark.value)]
    reach = max([*ends, 0.05 if zero else 0.0]) * 1.05 if zero else max([*ends, 1.0 if percent else 0.0])
    low, high = (-reach, reach) if zero else (0.0, reach or 1.0)
    width, height = LABEL + PLOT + TOLD, TOP + ROW * len(marks) + 8
    parts = [
        f'<svg class="plot" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<title>{escape(title)}</title>",
        *_axis(low, high, height, percent=percent),
    ]
    if zero:
        x = _x(0, low, high)
        parts.append(f'<line class="zero" x1="{x}" y1="{TOP - 4}" x2="{x}" y2="{height}"/>')
    for number, mark in enumerate(marks):
        parts += _line(mark, TOP + ROW * number + ROW / 2, low, high)
    return "\n".join([*parts, "</svg>"])


def _axis(low: float, high: float, height: float, *, percent: bool) -> list[str]:
    parts = []
    for tick in range(_TICKS):
        at = low + (high - low) * tick / (_TICKS - 1)
        x = _x(at, low, high)
        told = f"{at * 100:.0f}" if percent else f"{at:.3g}"
        parts.append(f'<line class="grid" x1="{x}" y1="{TOP - 4}" x2="{x}" y2="{height}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{TOP - 9}" text-anchor="middle">{told}</text>')
    return parts


def _line(mark: Mark, y: float, low: float, high: float) -> list[str]:
    left, right = (_x(max(low, min(high, end)), low, high) for end in (mark.low, mark.high))
    shown = escape(mark.kind, quote=True)
    return [
        f'<text class="label" x="{LABEL - 10}" y="{y + 4}" text-anchor="end">{escape(mark.label)}</text>',
        f'<line class="reach {shown}" x1="{left}" y1="{y}" x2="{right}" y2="{y}"/>',
        f'<circle class="dot {shown}" cx="{_x(mark.value, low, high)}" cy="{y}" r="4.5"/>',
        f'<text class="told" x="{LABEL + PLOT + 10}" y="{y + 4}">{escape(mark.told)}</text>',
    ]


def _x(value: float, low: float, high: float) -> float:
    return round(LABEL + PLOT * (value - low) / (high - low), 1)
