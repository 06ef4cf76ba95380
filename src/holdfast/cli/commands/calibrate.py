"""`holdfast calibrate`: hold confidence against correctness, choose thresholds for a share of errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from holdfast.cli.commands.evaluate import going_on
from holdfast.cli.eval_progress import telling
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import ready
from holdfast.cli.screen import counted, say, show, show_json
from holdfast.cli.target import local_user, principal_of, target_of
from holdfast.cli.written import put
from holdfast.declaring.differences import Change, setting_changes
from holdfast.evaluating.calibrating import Calibrated, calibrate_flow
from holdfast.evaluating.laboratory import Laboratory, Order
from holdfast.evaluating.measures import measures_of
from holdfast.evaluating.wanted import default_width, wanted_of
from holdfast.evaluation.calibration.calibrating import ERROR, FOLDS, Budgets, Calibration, Level
from holdfast.evaluation.calibration.contract import calibrate_json
from holdfast.evaluation.calibration.page import calibration_parts
from holdfast.evaluation.calibration.reliability import Reliability
from holdfast.evaluation.experiments.page import document
from holdfast.evaluation.intervals import Interval
from holdfast.evaluation.proposing import Proposal, apply, proposed
from holdfast.session import Flow

MOST_WRONG = 10
SURE = f"{1 - ERROR:.0%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """All that is printed of one run."""

    found: Calibrated
    workflow: str
    proposal: Proposal | None
    changes: tuple[Change, ...]
    can_hand_over: bool
    """Whether what falls between the thresholds goes to a person."""
    is_applied: bool = False


def calibrate_confidence(
    *,
    words: list[str],
    folder: Path | None,
    error_budget: float,
    missed_budget: float,
    model: str,
    sample: int,
    seed: int,
    budget: float | None,
    at_once: int | None,
    fresh: bool,
    html: Path | None,
    apply_it: bool,
    as_json: bool,
) -> int:
    """Work the cases, print; write the thresholds when asked to and something can be promised."""
    target = target_of(words, folder, wanted=0)
    budgets = Budgets(wrong=error_budget, missed=missed_budget)
    order = Order(at_once=at_once or 1, sample=sample, seed=seed, budget_usd=budget, is_fresh=fresh)

    async def work() -> _Told:
        async with ready(target) as flow:
            own = replace(order, at_once=at_once or default_width(flow))
            wanted = wanted_of(
                flow, measures_of(flow.wiring), own, reader=principal_of(None, None), who=local_user(),
                model=model,
            )  # fmt: skip
            with telling() as progress, going_on():
                laboratory = Laboratory(flow.wiring.database, user=local_user(), progress=progress)
                found = await calibrate_flow(flow, laboratory, wanted, budgets, seed=seed)
            return _told(flow, found)

    told = finish(work())
    if apply_it:
        told = _applied(told)
    if html is not None:
        title = f"{told.workflow}: calibration"
        put(html, document(title, calibration_parts(title, told.found.calibration)).encode())
    if as_json:
        diff = told.proposal.diff if told.proposal else ""
        show_json(
            calibrate_json(told.found.calibration)
            | {
                "experiment": told.found.experiment,
                "left_out": [{"case": case, "reason": why} for case, why in told.found.left_out],
                "stopped": told.found.stopped,
                "notes": list(told.found.notes),
                "diff": diff,
                "applied": told.is_applied,
                "cost_usd": round(told.found.cost_usd, 6),
                "seed": seed,
            }
        )
    else:
        _show(told)
    return 0


def _told(flow: Flow, found: Calibrated) -> _Told:
    loaded, settings = flow.wiring.loaded, flow.wiring.settings.deciding
    changes = found.calibration.changes()
    file = loaded.file if loaded.is_declared else None
    inner = {name.removeprefix("deciding."): value for name, value in changes.items()}
    return _Told(
        found=found,
        workflow=loaded.name,
        proposal=proposed(file, changes) if changes and file is not None else None,
        changes=tuple(setting_changes(settings, settings.model_copy(update=inner), "deciding")),
        can_hand_over=settings.uncertain == "escalate",
    )


def _applied(told: _Told) -> _Told:
    if told.proposal is None:
        return told
    apply(told.proposal, again="holdfast calibrate")
    return replace(told, is_applied=True)


def _show(told: _Told) -> None:
    found, made = told.found, told.found.calibration
    show(
        f"{told.workflow}: {counted(made.items, 'case')}, {made.drafts} with an answer drafted, in "
        f"{counted(made.clusters, 'group')} that lean on one document each"
    )
    for case, why in found.left_out:
        say(f"left out: {case}: {why}")
    for note in found.notes:
        say(f"note: {note}")
    if found.stopped:
        say(f"warning: not all cases were worked: {found.stopped}")
    if made.reliability is None or made.curve is None:
        show("No answer was drafted for any case, so there is no confidence to calibrate.", style="bold")
        for why, times in found.undrafted[:MOST_WRONG]:
            show(f"  {counted(times, 'case')}: {why}")
        return
    show()
    _show_reliability(made.reliability)
    best = made.curve.aurc_at_best
    show(f"Area under the risk-coverage curve {_interval(made.curve.aurc)}; the best order has {best:.3f}")
    show()
    _show_levels(made)
    show()
    for line in _verdict(told):
        show(line)
    _show_wrong(made)
    _show_next(told)


def _show_reliability(reliability: Reliability) -> None:
    show(f"{'confidence':>12}  {'drafts':>6}  {'stated':>6}  {'right':>6}  interval", style="bold")
    for one in reliability.bins:
        span = f"{one.low:.2f} - {one.high:.2f}"
        reach = f"{one.right_low:.2f} - {one.right_high:.2f}"
        show(f"{span:>12}  {one.count:>6}  {one.confidence:>6.2f}  {one.right:>6.2f}  {reach}")
    way = "too sure" if reliability.is_too_sure else "not sure enough"
    shown = way if reliability.is_shown else "within chance"
    show(
        f"Calibration error {_interval(reliability.ece)}: {shown} (measured {reliability.ece_plain:.3f}; "
        f"confidence that is exactly right stays below {reliability.ece_by_chance:.3f})"
    )
    show(f"Brier score {_interval(reliability.brier)}")


def _show_levels(made: Calibration) -> None:
    show(f"{'':<14}  {'answered':>15}  {'wrong':>15}  at most, {SURE} sure", style="bold")
    show(_level("as declared", made.now, made.items))
    if made.chosen is not None and made.changes():
        show(_level("promised", made.chosen, made.items))


def _level(name: str, level: Level, items: int) -> str:
    answered = f"{level.answered} ({level.answered / items:.0%})"
    share = f" ({level.wrong / level.answered:.1%})" if level.answered else ""
    wrong = f"{level.wrong}{share}"
    return f"{name:<14}  {answered:>15}  {wrong:>15}  {level.bound:.1%}"


def _verdict(told: _Told) -> Iterator[str]:
    made = told.found.calibration
    budget = f"{100 * made.budgets.wrong:g}%"
    if made.promise is None or made.chosen is None:
        yield f"At most {budget} wrong of what is answered cannot be promised with these cases."
        yield from _needed(made)
        return
    yield (
        f"Promised, {SURE} sure: at most {budget} wrong among what is answered without a person, for items "
        "that come as these cases do."
    )
    if not made.changes():
        yield "What is declared keeps it, and nothing laxer was shown to."
    for change in told.changes:
        yield f"  {change}"
    held = made.held_out
    yield (
        f"Held out: thresholds chosen without them answered {held.answered} of the drafts, {held.wrong} "
        f"wrongly ({held.chosen_in} of {FOLDS} folds had enough to choose)."
    )
    yield from _refusing(told)


def _needed(made: Calibration) -> Iterator[str]:
    budget, needed = f"{100 * made.budgets.wrong:g}%", made.needed
    yield (
        f"For {budget} it takes {needed.at_least} answers to cases of documents of their own, not one wrong."
    )
    if needed.items is None and not made.now.wrong:
        yield "None was wrong here, too few to say how frequent errors are: more reviewed cases are needed."
    elif needed.items is None:
        yield "Errors are too frequent here at all thresholds: the answers have to become better first."
    elif needed.items > made.items:
        more = needed.items - made.items
        yield f"With errors as frequent as here, about {more} more reviewed cases are needed for that."
    else:
        yield "With errors as frequent as here these cases could have sufficed; some more will decide."


def _refusing(told: _Told) -> Iterator[str]:
    made, refusing = told.found.calibration, told.found.calibration.refusing
    if not refusing.now:
        return
    yield (
        f"Refused outright as declared: {refusing.now} drafts, {refusing.now_right} of them right"
        + ("." if told.can_hand_over else "; `deciding.uncertain: escalate` hands the nearer ones over.")
    )
    if told.can_hand_over and refusing.refuse_below is not None:
        yield (
            f"`deciding.refuse_below: {refusing.refuse_below:g}` refuses {refusing.refused}, at most "
            f"{refusing.bound:.1%} of them right (budget {made.budgets.missed:.1%}); the rest goes to people."
        )


def _show_wrong(made: Calibration) -> None:
    if not made.wrong:
        return
    show()
    show("Answered wrongly as declared, the surest first:", style="bold")
    for draft in made.wrong[:MOST_WRONG]:
        show(f"  {draft.confidence:.2f}  {draft.case}")
    if len(made.wrong) > MOST_WRONG:
        show(f"  ... and {len(made.wrong) - MOST_WRONG} more; --json has them all")


def _show_next(told: _Told) -> None:
    if not told.found.calibration.changes():
        return
    if told.proposal is None:
        show("There is no workflow.yaml to write them into; write one with `name:` and `sources:`.")
        return
    show()
    show(told.proposal.diff, end="")
    show()
    if told.is_applied:
        show("Written to workflow.yaml; it counts from the next item on. `holdfast eval` measures it.")
    else:
        show("Nothing was written. `holdfast calibrate --apply` writes it.")


def _interval(interval: Interval) -> str:
    return f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
