"""Draw a calibration as SVG: confidence against correctness, wrong answers against what is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from holdfast.evaluation.calibration.reliability import Bin, Reliability
from holdfast.evaluation.calibration.risk_coverage import RiskCoverage

SIDE = 320
"""Pixels of a plot's inner square."""
LEFT, BOTTOM, TOP, RIGHT = 64, 52, 30, 24
_TICKS = 5
_LEAST_RISK = 0.05
STYLE = """
.calibration { --ink: #1c2024; --soft: #60646c; --line: #d9dce1; --dot: #2f5fd0; --band: #2f5fd033;
  --limit: #c62a2f; max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { .calibration { --ink: #e8eaed; --soft: #a0a6af; --line: #363a41;
  --dot: #8db0ff; --band: #8db0ff33; --limit: #ff8a8d; } }
.calibration text { fill: var(--ink); } .calibration .tick, .calibration .note { fill: var(--soft); }
.calibration .grid { stroke: var(--line); }
.calibration .ideal { stroke: var(--soft); stroke-dasharray: 4 4; }
.calibration .reach { stroke: var(--dot); stroke-width: 2; } .calibration .dot { fill: var(--dot); }
.calibration .curve { fill: none; stroke: var(--dot); stroke-width: 2; }
.calibration .band { fill: var(--band); } .calibration .limit { stroke: var(--limit); }
.calibration .limit-text { fill: var(--limit); } .calibration .now { fill: none; stroke: var(--ink); }
"""


def told_bin(one: Bin) -> str:
    """Return a bin in words."""
    return (
        f"{one.count} drafts from {one.low:.2f} to {one.high:.2f}: {one.confidence:.2f} stated, "
        f"{one.right:.2f} right [{one.right_low:.2f}, {one.right_high:.2f}]"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a plot, for a page in another language or with a style sheet of its own."""

    title: str
    across: str
    up: str
    now: str = "as declared"
    one: Callable[[Bin], str] = told_bin
    """A bin in words."""
    style: str = STYLE
    """Goes into the picture; empty where the page brings it."""


def reliability_plot(reliability: Reliability, words: Words | None = None) -> str:
    """Return the reliability diagram: a dot with its interval for each bin, the diagonal of right ones."""
    words = words or Words(
        title=f"Confidence against correctness in {len(reliability.bins)} groups; expected calibration error "
        f"{reliability.ece.mean:.3f}",
        across="confidence stated",
        up="share that was right",
    )
    parts = _frame(words, reach=1.0)
    parts.append(_line("ideal", (0, 0), (1, 1), 1.0))
    for one in reliability.bins:
        x, y = _place(one.confidence, one.right, 1.0)
        parts.append(f"<g><title>{escape(words.one(one))}</title>")
        parts.append(_line("reach", (one.confidence, one.right_low), (one.confidence, one.right_high), 1.0))
        parts.append(f'<circle class="dot" cx="{x}" cy="{y}" r="4.5"/></g>')
    return "\n".join([*parts, "</svg>"])


def risk_coverage_plot(
    curve: RiskCoverage,
    words: Words | None = None,
    *,
    budget: float | None = None,
    now: tuple[float, float] | None = None,
) -> str:
    """Return the curve with the interval of each point, the declared budget and where the workflow stands.

    `now` is (share answered, share of those that is wrong), 0 to 1 each.
    """
    ends = [point.risk for point in curve.points] + [budget or 0.0, now[1] if now else 0.0, _LEAST_RISK]
    reach = min(1.0, max(ends) * 1.3)
    words = words or Words(
        title=f"Share of wrong answers against the share that is answered; mean risk {curve.aurc.mean:.3f}",
        across="share of items answered",
        up="share of those that is wrong",
    )
    parts = _frame(words, reach=reach)
    above = [(point.coverage, min(point.risk_high, reach)) for point in curve.points]
    below = [(point.coverage, point.risk_low) for point in reversed(curve.points)]
    parts.append(f'<polygon class="band" points="{_points([*above, *below], reach)}"/>')
    line = [(point.coverage, min(point.risk, reach)) for point in curve.points]
    parts.append(f'<polyline class="curve" points="{_points(line, reach)}"/>')
    if budget is not None:
        parts.append(_line("limit", (0, budget), (1, budget), reach))
        x, y = _place(1, budget, reach)
        parts.append(
            f'<text class="limit-text" x="{x}" y="{y - 5}" text-anchor="end">budget {budget:.1%}</text>'
        )
    if now is not None:
        x, y = _place(now[0], min(now[1], reach), reach)
        told = f"{words.now}: {words.across} {now[0]:.0%}, {words.up} {now[1]:.1%}"
        parts.append(
            f'<g><title>{escape(told)}</title><circle class="now" cx="{x}" cy="{y}" r="6"/>'
            f'<text class="note" x="{x}" y="{y - 11}" text-anchor="middle">{escape(words.now)}</text></g>'
        )
    return "\n".join([*parts, "</svg>"])


def _frame(words: Words, *, reach: float) -> list[str]:
    width, height = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
    parts = [
        '<svg class="calibration" role="img" xmlns="http://www.w3.org/2000/svg"',
        f' viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<title>{escape(words.title)}</title>",
        f"<style>{words.style}</style>" if words.style else "",
    ]
    for tick in range(_TICKS):
        share = tick / (_TICKS - 1)
        parts += [
            _line("grid", (share, 0), (share, reach), reach),
            _line("grid", (0, share * reach), (1, share * reach), reach),
        ]
        x, low = _place(share, 0, reach)
        left, y = _place(0, share * reach, reach)
        parts.append(f'<text class="tick" x="{x}" y="{low + 17}" text-anchor="middle">{share:.0%}</text>')
        shown = f"{share * reach:.0%}" if reach > 0.2 else f"{share * reach:.1%}"  # noqa: PLR2004 -- a digit more
        parts.append(f'<text class="tick" x="{left - 8}" y="{y + 4}" text-anchor="end">{shown}</text>')
    middle = TOP + SIDE / 2
    parts.append(
        f'<text x="{LEFT + SIDE / 2}" y="{height - 12}" text-anchor="middle">{escape(words.across)}</text>'
        f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">'
        f"{escape(words.up)}</text>"
    )
    return parts


def _line(kind: str, one: tuple[float, float], other: tuple[float, float], reach: float) -> str:
    (x1, y1), (x2, y2) = _place(*one, reach), _place(*other, reach)
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _points(places: Sequence[tuple[float, float]], reach: float) -> str:
    return " ".join(f"{x},{y}" for x, y in (_place(*place, reach) for place in places))


def _place(across: float, up: float, reach: float) -> tuple[float, float]:
    return round(LEFT + SIDE * across, 1), round(TOP + SIDE * (1 - min(up, reach) / reach), 1)
