"""Write figures of an evaluation for people: in terminals, pages and comments alike."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.domain.scores import Unit

NOTHING = "-"
DIGITS: Mapping[Unit, int] = {"share": 3, "count": 2, "s": 2, "USD": 5, "characters": 0, "points": 2}
AFTER: Mapping[Unit, str] = {"s": " s", "USD": " USD"}


def value(number: float | None, unit: Unit) -> str:
    """Return a figure in its unit: a share as percent, seconds, dollars."""
    if number is None:
        return NOTHING
    if unit == "share":
        return f"{number:.1%}"
    return f"{number:,.{DIGITS[unit]}f}{AFTER.get(unit, '')}"


def interval(ends: tuple[float, float] | None, unit: Unit) -> str:
    """Return an interval in brackets, `-` where there is none."""
    if ends is None:
        return NOTHING
    low, high = ends
    if unit == "share":
        return f"[{low * 100:.1f}, {high * 100:.1f}]"
    digits = DIGITS[unit]
    return f"[{low:,.{digits}f}, {high:,.{digits}f}]"


def difference(number: float | None, unit: Unit) -> str:
    """Return a signed difference; shares in points (percentage points)."""
    if number is None:
        return NOTHING
    digits = 1 if unit == "share" else DIGITS[unit]
    moved = round(number * 100 if unit == "share" else number, digits) + 0.0  # no -0.0
    return f"{moved:+,.{digits}f}{' pt' if unit == 'share' else ''}"


def dollars(cost_usd: float | None) -> str:
    """Return a cost, told as unknown where a price is."""
    return "cost not known" if cost_usd is None else f"{cost_usd:.4f} USD"


def seconds(took_s: float) -> str:
    """Return how long something took, in the unit that suits."""
    return f"{took_s:.1f} s" if took_s < 90 else f"{took_s / 60:.1f} min"  # noqa: PLR2004 -- taste
