"""Say which fields of structured output have citations that do not hold."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.domain.checks import Claim

_TOLD_AT_MOST = 5


def fault_of_fields(weak: Sequence[Claim]) -> str:
    """Return in words why these fields do not stand, the weakest first, the first five in full."""
    ordered = sorted(weak, key=lambda claim: claim.support)
    told = "; ".join(f"{claim.field} ({_why(claim)})" for claim in ordered[:_TOLD_AT_MOST])
    more = [claim.field for claim in ordered[_TOLD_AT_MOST:]]
    rest = f"; and {', '.join(more)}" if more else ""
    count = f"{len(weak)} field{'s' if len(weak) > 1 else ''}"
    return f"citations of {count} do not hold: {told}{rest}"


def _why(claim: Claim) -> str:
    return ", ".join(claim.conflicts) or f"its passages hardly state it, {round(100 * claim.support)}% likely"
