"""`holdfast calibrate`: choose the thresholds of deciding for an error budget, on the golden cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import ready
from holdfast.cli.screen import progress, say, show, show_json
from holdfast.cli.target import target_of
from holdfast.domain.cases import Case
from holdfast.domain.observed import Observed
from holdfast.errors import ProviderError, UsageError
from holdfast.evaluation.calibration import (
    LEVEL,
    Answered,
    Choice,
    Point,
    at_threshold,
    calibration_error,
    choose,
    reliability,
    risk_coverage,
)
from holdfast.evaluation.cases import load_cases, to_run
from holdfast.evaluation.confidence import Confidences, confidences_of
from holdfast.evaluation.proposing import Proposal, apply, proposed
from holdfast.evaluation.scoring.composing import locator_of, seen_of
from holdfast.session import Flow
from holdfast.trials import Trials

MOST_LEFT_OUT = 5
MOST_ROWS = 12
MEANS = {
    "deciding.answer_at": "answerability of replies that bring their own estimate",
    "deciding.support_at": "support of the weakest claim, where a model writes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """All that is printed of one run."""

    confidences: Confidences
    choices: Mapping[str, Choice]
    now: Mapping[str, float]
    proposal: Proposal | None
    budget: float
    not_run: tuple[str, ...]
    is_applied: bool = False


def calibrate(*, words: list[str], folder: Path | None, budget: float, apply_it: bool, as_json: bool) -> int:
    """Measure, choose, print; write the thresholds when asked to."""
    target = target_of(words, folder, wanted=0)

    async def work() -> _Told:
        async with ready(target) as flow:
            return await _calibrated(flow, budget=budget)

    told = finish(work())
    if apply_it and told.proposal is not None:
        apply(told.proposal)
        told = replace(told, is_applied=True)
    if as_json:
        show_json(_json(told))
    else:
        _show(told)
    return 0


async def _calibrated(flow: Flow, *, budget: float) -> _Told:
    loaded = flow.wiring.loaded
    if part := loaded.settings.deciding.use:
        raise UsageError(
            f"deciding.use names {part}, a part of your own whose thresholds are not known here",
            move="Leave deciding.use out to calibrate Holdfast's own.",
        )
    cases = to_run(load_cases(loaded.folder))
    if not cases:
        raise UsageError(
            f"{loaded.folder} has no golden case to measure on",
            move="Write golden/NAME.yaml; see docs/golden.md.",
        )
    seen, not_run = await _worked(flow, cases)
    deciding = loaded.settings.deciding
    confidences = confidences_of(seen, deciding)
    choices = {name: choose(points, budget=budget) for name, points in confidences.points.items()}
    now = {name: float(getattr(deciding, name.rpartition(".")[2])) for name in choices}
    changes = _changes(confidences, choices, now, refuse_below=deciding.refuse_below)
    proposal = proposed(loaded.file, changes) if changes and loaded.file is not None else None
    return _Told(
        confidences=confidences, choices=choices, now=now, proposal=proposal, budget=budget, not_run=not_run
    )


async def _worked(flow: Flow, cases: Sequence[Case]) -> tuple[list[Observed], tuple[str, ...]]:
    paths = {evidence.document for case in cases for evidence in case.in_documents}
    located = locator_of(Trials(flow.wiring, deepest=1).documents(paths).get)
    seen, not_run = list[Observed](), list[str]()
    with progress() as telling:
        for done, case in enumerate(cases):
            telling("cases", done, len(cases))
            try:
                run = await flow.ask(case.item())
            except ProviderError as error:
                not_run.append(f"{case.id}: {error}")
                continue
            seen.append(seen_of(run, case, located))
    return seen, tuple(not_run)


def _changes(
    confidences: Confidences, choices: Mapping[str, Choice], now: Mapping[str, float], *, refuse_below: float
) -> dict[str, float]:
    """Return the thresholds to write: those that let out other replies than today's.

    One below `refuse_below`, which refuses first, would change nothing.
    """
    changes: dict[str, float] = {}
    for name, choice in choices.items():
        if choice.answered is None:
            continue
        threshold = choice.answered.threshold
        if name == "deciding.answer_at":
            threshold = max(threshold, refuse_below)
        points = confidences.points[name]
        if at_threshold(points, threshold).count != at_threshold(points, now[name]).count:
            changes[name] = threshold
    return changes


def _json(told: _Told) -> dict[str, Any]:
    return {
        "v": 1,
        "budget": told.budget,
        "level": LEVEL,
        "thresholds": {name: _threshold_json(told, name, points) for name, points in _each(told)},
        "left_out": [{"case": case, "reason": why} for case, why in told.confidences.left_out],
        "not_run": list(told.not_run),
        "diff": told.proposal.diff if told.proposal else "",
        "applied": told.is_applied,
    }


def _threshold_json(told: _Told, name: str, points: Sequence[Point]) -> dict[str, Any]:
    error, choice = calibration_error(points), told.choices[name]
    return {
        "now": told.now[name],
        "chosen": choice.answered.threshold if choice.answered else None,
        "reason": choice.reason,
        "replies": len(points),
        "right": sum(point.is_right for point in points),
        "ece": None if error is None else round(error, 4),
        "bins": [
            {
                "from": one.low, "to": one.high, "replies": one.count,
                "confidence": round(one.confidence, 4), "right": round(one.right, 4),
            }
            for one in reliability(points)
        ],
        "curve": [_row_json(one) for one in risk_coverage(points)],
    }  # fmt: skip


def _row_json(one: Answered) -> dict[str, Any]:
    return {
        "threshold": one.threshold, "answered": one.count, "wrong": one.wrong,
        "coverage": round(one.coverage, 4), "risk": round(one.risk, 4), "upper": round(one.upper, 4),
    }  # fmt: skip


def _each(told: _Told) -> list[tuple[str, tuple[Point, ...]]]:
    return sorted(told.confidences.points.items())


def _show(told: _Told) -> None:
    for line in told.not_run:
        say(f"not run: {line}")
    for name, points in _each(told):
        _show_threshold(told, name, points)
    if not told.confidences.points:
        show("No reply can be judged, so no threshold can be chosen.", style="bold")
    _show_left_out(told)
    if told.proposal is not None:
        show()
        show(told.proposal.diff, end="")
        show()
        if told.is_applied:
            show("Written to workflow.yaml; it counts from the next question on.")
        else:
            show("Nothing was written. `holdfast calibrate --apply` writes it.")


def _show_threshold(told: _Told, name: str, points: Sequence[Point]) -> None:
    error, choice = calibration_error(points), told.choices[name]
    show(f"{name}: {MEANS[name]}", style="bold")
    show(f"{len(points)} replies, {sum(one.is_right for one in points)} right; calibration error {error:.3f}")
    show()
    show("confidence  replies  mean  right", style="bold")
    for one in reliability(points):
        show(f"{one.low:.1f} to {one.high:.1f}  {one.count:>7}  {one.confidence:.2f}  {one.right:>5.2f}")
    show()
    show("threshold  answered  coverage  wrong  at most", style="bold")
    for row in _thinned(risk_coverage(points)):
        counts = f"{row.threshold:>9.2f}  {row.count:>8}  {row.coverage:>8.0%}"
        show(f"{counts}  {row.risk:>5.1%}  {row.upper:>7.1%}")
    show()
    if choice.answered is None:
        show(f"Keep {told.now[name]:.2f}: a budget of {told.budget:.1%} cannot be shown.", style="bold")
    else:
        show(f"Chosen: {choice.answered.threshold:.2f} (now {told.now[name]:.2f})", style="bold")
    show(f"{choice.reason}.")
    show()


def _thinned(curve: Sequence[Answered]) -> Sequence[Answered]:
    """Return at most so many rows as fit a screen, spread over the curve."""
    step = -(-len(curve) // MOST_ROWS) or 1
    return curve[::-1][::step][::-1]


def _show_left_out(told: _Told) -> None:
    reasons: dict[str, int] = {}
    for _, why in told.confidences.left_out:
        reasons[why] = reasons.get(why, 0) + 1
    for why, count in sorted(reasons.items(), key=lambda one: -one[1])[:MOST_LEFT_OUT]:
        show(f"left out: {count} {'case' if count == 1 else 'cases'}: {why}")
    show("Asking back depends on deciding.ask_about, not on a threshold.")
