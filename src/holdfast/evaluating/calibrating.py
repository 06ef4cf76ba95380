"""Calibrate an opened workflow on its golden cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.app import Wiring
from holdfast.domain.cases import Case
from holdfast.domain.checks import Checks
from holdfast.domain.experiments import CaseRun
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Ruling
from holdfast.domain.prompts import Prompt, Reply
from holdfast.errors import StorageError, UsageError
from holdfast.evaluating.evaluate import Wanted
from holdfast.evaluating.laboratory import Laboratory, Side
from holdfast.evaluation.calibration.calibrating import Budgets, Calibration, calibrate
from holdfast.evaluation.calibration.drafts import Draft, Thresholds, columns_of
from holdfast.evaluation.calibration.reliability import Reliability, reliability_of
from holdfast.evaluation.calibration.replaying import Decide, draft_of, drafting_rungs
from holdfast.evaluation.calibration.risk_coverage import RiskCoverage, risk_coverage_of
from holdfast.evaluation.experiments.measuring import cluster_of
from holdfast.evaluation.rebuilding import run_of
from holdfast.session import Flow
from holdfast.stages.deciding.decider import decider_for
from holdfast.stages.deciding.settings import DecidingSettings
from holdfast.storage.runs import find_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A calibration, with what it was made of."""

    calibration: Calibration
    experiment: str
    left_out: tuple[tuple[str, str], ...]
    """Cases that tell nothing, each with the reason."""
    undrafted: tuple[tuple[str, int], ...]
    """How often no answer was drafted, by reason."""
    notes: tuple[str, ...]
    stopped: str
    """Why not all cases were worked; empty: they were."""
    cost_usd: float


async def calibrate_flow(
    flow: Flow, laboratory: Laboratory, wanted: Wanted, budgets: Budgets, *, seed: int
) -> Calibrated:
    """Work the cases as `eval` does, and return how far confidence can be trusted.

    What is on record of the same Version and cases is not worked again. Raises UsageError for a decider of
    the workflow's own and when no case could be run, else what running cases raises.
    """
    wiring = flow.wiring
    settings = _own_thresholds(wiring)
    side = Side(wiring=wiring, score=wanted.score_with(wiring), model=wanted.model)
    ran = laboratory.finished(side, wanted.cases, wanted.order) or await laboratory.run(
        side, wanted.cases, wanted.order
    )
    now = _declared(settings)
    read = await _read(wiring, wanted.cases, ran.rows, _lax(settings))
    if not read.items:
        why = ran.stopped or "no run of them is on record"
        raise UsageError(f"no golden case could be run: {why}", stage="evaluation", move="`holdfast doctor`.")
    calibration = calibrate(read.drafts, now, budgets, items=read.items, seed=seed)
    notes = [*wanted.notes, *_notes(read, now)]
    return Calibrated(
        calibration=calibration,
        experiment=ran.experiment.id,
        left_out=tuple(read.left_out),
        undrafted=tuple(Counter(read.undrafted).most_common()),
        notes=tuple(notes),
        stopped=ran.stopped,
        cost_usd=ran.spent_usd,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """How far the confidence that an experiment's runs stated could be trusted."""

    items: int
    """Cases that tell something, those without a draft among them."""
    drafts: int
    reliability: Reliability | None
    """None: nothing was drafted."""
    curve: RiskCoverage | None
    answered: int
    """Drafts that the thresholds declared now let through."""
    wrong: int
    """Of those."""
    left_out: int
    """Cases that tell nothing: not run, changed since, no longer on record."""


async def stated_in(wiring: Wiring, cases: Sequence[Case], rows: Sequence[CaseRun], *, seed: int) -> Stated:
    """Return what the runs of an experiment on record say of confidence; nothing is worked.

    Raises UsageError for a decider of the workflow's own.
    """
    settings = _own_thresholds(wiring)
    read = await _read(wiring, cases, rows, _lax(settings))
    columns, now = columns_of(read.drafts), _declared(settings)
    given = [draft for draft in read.drafts if now.answers(draft)]
    known = {case.id for case in cases}
    return Stated(
        items=read.items,
        drafts=len(read.drafts),
        reliability=reliability_of(columns, seed=seed) if read.drafts else None,
        curve=risk_coverage_of(columns, items=read.items, seed=seed) if read.drafts else None,
        answered=len(given),
        wrong=sum(not draft.is_right for draft in given),
        left_out=len(read.left_out) + len({row.case for row in rows} - known),
    )


@dataclass(slots=True)
class _Read:
    """What the runs tell."""

    drafts: list[Draft]
    undrafted: list[str]
    left_out: list[tuple[str, str]]
    items: int = 0
    several_rungs: int = 0


async def _read(wiring: Wiring, cases: Sequence[Case], rows: Sequence[CaseRun], decide: Decide) -> _Read:
    read, by_id = _Read([], [], []), {case.id: case for case in cases}
    for row in rows:
        case = by_id.get(row.case)
        if case is None or row.repeat:
            continue
        if row.not_run:
            read.left_out.append((row.case, f"not run: {row.not_run}"))
            continue
        with wiring.database.read() as connection:
            stored = find_run(connection, row.run, case.principal)
        try:
            run = run_of(stored) if stored is not None else None
        except StorageError as error:
            read.left_out.append((row.case, error.what))
            continue
        if run is None:
            read.left_out.append((row.case, "its run is no longer on record, or not for its principal"))
            continue
        made = await draft_of(case, run, decide, cluster=cluster_of(case))
        if isinstance(made, Draft):
            read.drafts.append(made)
            read.several_rungs += drafting_rungs(run) > 1
        elif not made.is_judged:
            read.left_out.append((row.case, made.why))
            continue
        else:
            read.undrafted.append(made.why)
        read.items += 1
    return read


def _notes(read: _Read, now: Thresholds) -> list[str]:
    notes = []
    if read.several_rungs:
        notes.append(
            f"drafts of which an earlier rung had another one: {read.several_rungs}; the last counts"
        )
    otherwise = sum(now.answers(draft) != draft.was_answered for draft in read.drafts)
    if otherwise:
        notes.append(
            f"drafts that ended otherwise than the thresholds alone say (a rung's `accept`, a conflict): "
            f"{otherwise}"
        )
    return notes


def _own_thresholds(wiring: Wiring) -> DecidingSettings:
    settings = wiring.settings.deciding
    if settings.use:
        raise UsageError(
            f"deciding.use names {settings.use}, a decider of your own whose thresholds are not known here",
            move="Leave deciding.use out to calibrate Holdfast's own.",
        )
    return settings


def _declared(settings: DecidingSettings) -> Thresholds:
    return Thresholds(
        answer_at=settings.answer_at, refuse_below=settings.refuse_below, support_at=settings.support_at
    )


def _lax(settings: DecidingSettings) -> Decide:
    """Return the decider with every threshold at 0: what it does not answer then, no threshold answers."""
    lax = settings.model_copy(update={"answer_at": 0.0, "refuse_below": 0.0, "support_at": 0.0})
    decider = decider_for(lax)

    def decide(item: WorkItem, prompt: Prompt, reply: Reply, checks: Checks) -> Ruling:
        return decider.decide(item, prompt, reply, checks)

    return decide
