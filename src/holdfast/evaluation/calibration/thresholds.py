"""Lay the thresholds of deciding out from the strictest to the laxest, through those that are declared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from holdfast.evaluation.calibration.drafts import Draft, Flags, Thresholds

STEPS = 100
"""Places between the strictest thresholds and the declared ones, and as many from there to none."""
DIGITS = 3
"""Decimal places of a threshold, so that what is tested is what is written."""


def path_of(now: Thresholds, drafts: Sequence[Draft]) -> tuple[Thresholds, ...]:
    """Return thresholds from the strictest to the laxest; none is ever lower than the next one's.

    All that hold back these drafts move together, each at the same part of its way from 1 over what is
    declared to 0: `answer_at` where a model judged itself, `refuse_below` where one did not, `support_at`
    always. Which drafts are right has no part in it.
    """
    with_estimate = any(draft.has_own_estimate for draft in drafts)
    without = any(not draft.has_own_estimate and not draft.is_form for draft in drafts)
    made = []
    for step in range(2 * STEPS + 1):
        answer_at = _moved(now.answer_at, step) if with_estimate else now.answer_at
        refuse_below = _moved(now.refuse_below, step) if without else now.refuse_below
        if with_estimate:
            refuse_below = min(refuse_below, answer_at)
        else:
            answer_at = max(answer_at, refuse_below)
        made.append(
            Thresholds(
                answer_at=answer_at, refuse_below=refuse_below, support_at=_moved(now.support_at, step)
            )
        )
    return tuple(made)


def refusals_of(now: Thresholds) -> tuple[Thresholds, ...]:
    """Return thresholds that refuse more and more outright, and answer what they answer now."""
    most = round(now.answer_at * 10**DIGITS)
    places = sorted({round(most * step / STEPS) for step in range(STEPS + 1)})
    return tuple(replace(now, refuse_below=place / 10**DIGITS) for place in places)


def answered_at(levels: Iterable[Thresholds], drafts: Sequence[Draft]) -> list[Flags]:
    """Return which drafts each level answers, as `Thresholds.answers` has it; a flag for each draft."""
    answerability = np.array([draft.answerability for draft in drafts], dtype=np.float64)
    support = np.array([draft.support for draft in drafts], dtype=np.float64)
    is_form = np.array([draft.is_form for draft in drafts], dtype=np.bool_)
    has_no_estimate = np.array([not draft.has_own_estimate for draft in drafts], dtype=np.bool_)
    return [
        (is_form | (answerability >= level.refuse_below))
        & (support >= level.support_at)
        & (has_no_estimate | (answerability >= level.answer_at))
        for level in levels
    ]


def refused_at(levels: Iterable[Thresholds], drafts: Sequence[Draft]) -> list[Flags]:
    """Return which drafts each level refuses outright; a flag for each draft."""
    answerability = np.array([draft.answerability for draft in drafts], dtype=np.float64)
    is_form = np.array([draft.is_form for draft in drafts], dtype=np.bool_)
    return [~is_form & (answerability < level.refuse_below) for level in levels]


def _moved(now: float, step: int) -> float:
    """Return the threshold at a place of the path; the declared one stands in its middle."""
    if step == STEPS:
        return now
    if step < STEPS:
        return max(now, round(1 - (1 - now) * step / STEPS, DIGITS))
    return min(now, round(now * (2 * STEPS - step) / STEPS, DIGITS))
