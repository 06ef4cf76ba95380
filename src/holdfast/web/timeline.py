"""Bars of a timeline in percent of the whole, one small picture for each row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.web.wording import Wording

THINNEST = 0.5
"""Percent: what took next to nothing is still seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Where one row's bar begins, with its width, in percent; and the same in words."""

    x: str
    width: str
    words: str


def bars(took_ms: Sequence[float], *, total_ms: float, t: Wording) -> list[Bar]:
    """Return a bar for each of the stages, which ran one after the other."""
    whole = max(total_ms, sum(took_ms), 1e-9)
    made, begun = [], 0.0
    for took in took_ms:
        width = max(100 * took / whole, THINNEST)
        made.append(
            Bar(
                x=f"{min(100 * begun / whole, 100 - width):.2f}%",
                width=f"{width:.2f}%",
                words=t("timeline.words", begun=t.took(begun), took=t.took(took)),
            )
        )
        begun += took
    return made


def share_bar(share: float, t: Wording) -> Bar:
    """Return a bar from the left for a share (0 to 1) of the largest; none at all for nothing."""
    width = max(100 * min(share, 1.0), THINNEST) if share else 0.0
    return Bar(x="0%", width=f"{width:.2f}%", words=t.share(share))
