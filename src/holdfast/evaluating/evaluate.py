"""Evaluate an opened workflow on golden cases, alone or against what it was compared with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from holdfast.app import Wiring
from holdfast.declaring.git_tree import Point, point_of
from holdfast.domain.access import Principal
from holdfast.domain.cases import Case
from holdfast.domain.experiments import CaseRun, Experiment
from holdfast.errors import ProviderUnavailable, StorageError, UsageError
from holdfast.evaluating.apart import Building, at_point
from holdfast.evaluating.headlines import keep_headlines
from holdfast.evaluating.laboratory import Laboratory, Order, Ran, ScoreRun, Side
from holdfast.evaluation.experiments.baseline_files import Baseline, read_baseline
from holdfast.evaluation.experiments.comparing import Comparison, Rules, compare, further_runs, look_again
from holdfast.evaluation.experiments.pairing import NO_MODEL
from holdfast.evaluation.experiments.report import Report
from holdfast.evaluation.experiments.reporting import Found, report_of
from holdfast.evaluation.gate.repeats import Repeat
from holdfast.session import Flow
from holdfast.storage import experiments as store

LAST = "last"
FILE_ENDING = ".json"
_HEX = re.compile(r"[0-9a-f]{4,16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an evaluation is to be."""

    cases: tuple[Case, ...]
    """All of them, in their order; a sample was drawn before."""
    order: Order
    rules: Rules
    score_with: Callable[[Wiring], ScoreRun]
    """Makes what scores the runs of a wiring."""
    model: str = ""
    extra_runs: int | None = None
    """Runs on cases that are undecided, both sides together; None: twice the cases where that can help."""
    reader: Principal
    """Who is shown the cases."""
    may_reuse: bool = False
    """Whether an experiment that came to its end under the same plan serves as it is."""
    notes: tuple[str, ...] = ()


BOTH_TODAY = (
    "both sides read today's documents: what a changed or missing document does shows against an experiment "
    "or a committed baseline (`--against golden/baseline.json`)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Whom to tell what happens on the way."""

    building: Callable[[Building], None] = lambda _building: None
    """An index apart is about to be built; may raise to stop."""
    note: Callable[[str], None] = lambda _note: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """An evaluation at its end."""

    report: Report
    experiment: Experiment
    rows: tuple[CaseRun, ...]
    comparison: Comparison | None = None
    baseline_experiment: str = ""
    """Its id, where the baseline is an experiment on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Against:
    """What is compared with: a baseline at hand, and how to run more of it, if it can be."""

    baseline: Baseline
    experiment: str = ""
    side: Side | None = None
    ran: Ran | None = None
    notes: tuple[str, ...] = field(default=())


async def evaluate(
    flow: Flow, laboratory: Laboratory, wanted: Wanted, *, against: str = "", told: Told | None = None
) -> Evaluated:
    """Return the evaluation of the declaration as it is; what it is compared with is run first.

    Raises UsageError when there is nothing of the name `against`, and what running cases raises. A stopped
    experiment is on record and goes on with the next call.
    """
    told = told or Told()
    here = Side(wiring=flow.wiring, score=wanted.score_with(flow.wiring), model=wanted.model)
    async with _opened(flow, laboratory, wanted, against, told) as there:
        ran = await _run(
            laboratory, here, wanted, told, spent_usd=there.ran.spent_usd if there and there.ran else 0
        )
        _refuse_nothing_run(ran)
        if there is None:
            found = _evaluated(flow, wanted, here, ran, None, None)
        else:
            found = await _compared(flow, laboratory, wanted, here, ran, there, told)
        ids = [ran.experiment.id, *([there.experiment] if there and there.experiment else ())]
        await asyncio.to_thread(keep_headlines, flow.wiring.database, ids, wanted.rules)
        return found


async def _compared(
    flow: Flow, laboratory: Laboratory, wanted: Wanted, here: Side, ran: Ran, there: _Against, told: Told
) -> Evaluated:
    """Look once, and a second time after repeats where they can help."""
    budget = _extra_runs(wanted, there, ran)
    first = wanted.order.repeats if there.side else 0
    comparison = compare(there.baseline, ran.rows, wanted.rules, first=first, may_repeat=budget > 0)
    if budget > 0 and not ran.stopped:
        plan, more = further_runs(comparison, budget_runs=budget, seed=wanted.order.seed)
        if more:
            told.note(f"{len({one.case for one in more})} undecided cases are run again")
            there, ran = await _again(laboratory, wanted, there, here, ran, more)
        comparison = look_again(comparison, there.baseline, ran.rows, wanted.rules, plan)
    return _evaluated(flow, wanted, here, ran, there, comparison)


async def _again(
    laboratory: Laboratory, wanted: Wanted, there: _Against, here: Side, ran: Ran, more: Sequence[Repeat]
) -> tuple[_Against, Ran]:
    assert there.side is not None
    assert there.ran is not None
    before = await _repeated(laboratory, wanted, there.side, there.ran, _most(more, "baseline_times"))
    ran = await _repeated(laboratory, wanted, here, ran, _most(more, "times"))
    return replace(there, baseline=replace(there.baseline, rows=before.rows), ran=before), ran


def _most(more: Sequence[Repeat], name: Literal["times", "baseline_times"]) -> dict[str, int]:
    times: dict[str, int] = {}
    for one in more:
        times[one.case] = max(times.get(one.case, 0), getattr(one, name))
    return times


async def _repeated(
    laboratory: Laboratory, wanted: Wanted, side: Side, ran: Ran, times: Mapping[str, int]
) -> Ran:
    for count in sorted(set(times.values()) - {0}):
        cases = [case for case in wanted.cases if times.get(case.id, 0) >= count]
        repeats = wanted.order.repeats + count
        ran = await laboratory.again(side, ran, cases, repeats=repeats, order=wanted.order)
    return ran


def _extra_runs(wanted: Wanted, there: _Against, ran: Ran) -> int:
    """Return how many runs may go to undecided cases; none where no repeat could differ."""
    if there.side is None or there.ran is None:
        return 0
    if wanted.extra_runs is not None:
        return wanted.extra_runs
    is_written = any(row.model not in NO_MODEL for row in (*ran.rows, *there.baseline.rows))
    return 4 * len(wanted.cases) if is_written else 0


def _evaluated(
    flow: Flow, wanted: Wanted, side: Side, ran: Ran, there: _Against | None, comparison: Comparison | None
) -> Evaluated:
    lookups = flow.wiring.review.seen_lookups(wanted.reader)
    with flow.wiring.database.read() as connection:
        closed = store.closed_cases(connection, ran.rows, wanted.reader, lookups=lookups)
    found = Found(
        experiment=ran.experiment, rows=ran.rows, name=side.name, took_s=ran.took_s, stopped=ran.stopped,
        closed=closed, notes=(*wanted.notes, *(there.notes if there else ())),
    )  # fmt: skip
    report = report_of(
        found, wanted.rules, baseline=there.baseline if there else None, comparison=comparison
    )  # fmt: skip
    return Evaluated(
        report=report, experiment=ran.experiment, rows=ran.rows, comparison=comparison,
        baseline_experiment=there.experiment if there else "",
    )  # fmt: skip


async def _run(
    laboratory: Laboratory, side: Side, wanted: Wanted, told: Told, *, spent_usd: float = 0.0
) -> Ran:
    budget = wanted.order.budget_usd
    order = replace(wanted.order, budget_usd=None if budget is None else max(budget - spent_usd, 0.0))
    if wanted.may_reuse and (found := laboratory.finished(side, wanted.cases, wanted.order)) is not None:
        told.note(f"{side.name} was worked before (experiment {found.experiment.id})")
        return found
    ran = await laboratory.run(side, wanted.cases, order)
    if ran.found:
        told.note(
            f"experiment {ran.experiment.id} of {side.name} went on: "
            f"{ran.found} of {len(ran.rows)} cases were on record"
        )
    return ran


def _refuse_nothing_run(ran: Ran) -> None:
    """Raise when no case at all could be run: then there is nothing to tell."""
    if ran.rows and all(row.not_run for row in ran.rows):
        few = len(ran.rows) == 1
        tried = "the only case could not be run" if few else f"none of the {len(ran.rows)} cases could be run"
        raise ProviderUnavailable(
            f"{tried} ({ran.rows[0].not_run})",
            stage="evaluation",
            move="Mend that and run the same command again: it goes on from there.",
        )


# --- what is compared with ------------------------------------------------------------------------


@asynccontextmanager
async def _opened(
    flow: Flow, laboratory: Laboratory, wanted: Wanted, named: str, told: Told
) -> AsyncIterator[_Against | None]:
    """Yield what `named` is: nothing, a file, an experiment, a Version, or a git ref that is run first."""
    if not named:
        yield None
        return
    found = find_against(flow, named)
    if isinstance(found, _Against):
        yield found
        return
    label = f"{found.ref} ({found.commit[:8]})"
    async with at_point(flow.wiring, found, told=told.building) as wiring:
        side = Side(wiring=wiring, score=wanted.score_with(wiring), label=label, model=wanted.model)
        ran = laboratory.finished(side, wanted.cases, wanted.order)
        if ran is not None:
            told.note(f"{label} was worked before (experiment {ran.experiment.id}); --fresh works it anew")
        else:
            ran = await _run(laboratory, side, wanted, told)
        if ran.stopped:
            raise UsageError(
                f"the baseline {label} did not come to its end: {ran.stopped}",
                stage="evaluation",
                move="Run the same command again with more budget: it goes on from there.",
            )
        _refuse_nothing_run(ran)
        baseline = Baseline(
            name=label, version=ran.experiment.plan.version,
            cases_digest=ran.experiment.plan.cases_digest, rows=ran.rows,
        )  # fmt: skip
        yield _Against(
            baseline=baseline, experiment=ran.experiment.id, side=side, ran=ran, notes=(BOTH_TODAY,)
        )  # fmt: skip


def find_against(flow: Flow, named: str) -> _Against | Point:
    """Return the baseline of a name, or the commit to run; raise UsageError when there is neither."""
    if named.endswith(FILE_ENDING):
        file = Path(named)
        file = file if file.exists() else flow.wiring.folder / named
        return _Against(baseline=replace(read_baseline(file), name=named))
    with flow.wiring.database.read() as connection:
        if named == LAST:
            found = store.newest_experiment(connection)
            if found is None:
                raise UsageError("no experiment came to its end yet", move="Run `holdfast eval` once.")
        else:
            found = None
            if _HEX.fullmatch(named):
                found = store.find_experiment(connection, named) or store.newest_experiment(
                    connection, version=named
                )
        if found is not None:
            rows = store.case_runs_of(connection, found.id)
            return _Against(baseline=baseline_of(found, rows), experiment=found.id, notes=_stopped(found))
    point = point_of(flow.wiring.folder, named)
    if point is None:
        raise UsageError(
            f"there is no git ref, experiment, Version or file {named!r} to compare with",
            move="`last`, an id that `holdfast eval` printed, a branch, or a FILE.json are.",
        )
    return point


def baseline_of(experiment: Experiment, rows: tuple[CaseRun, ...]) -> Baseline:
    """Return an experiment as what is compared with."""
    plan = experiment.plan
    called = " ".join(filter(None, (plan.label, plan.model)))
    name = f"experiment {experiment.id}{f' of {called}' if called else ''}"
    return Baseline(name=name, version=plan.version, cases_digest=plan.cases_digest, rows=rows)


def _stopped(experiment: Experiment) -> tuple[str, ...]:
    if experiment.ended_at is not None:
        return ()
    return (f"experiment {experiment.id} was stopped before its end: it holds some of its cases only",)


def stored_experiment(flow: Flow, named: str) -> tuple[Experiment, tuple[CaseRun, ...]]:
    """Return an experiment on record with its rows; raise StorageError when there is none."""
    with flow.wiring.database.read() as connection:
        found = (
            store.newest_experiment(connection) if named == LAST else store.find_experiment(connection, named)
        )
        if found is None:
            raise StorageError(
                f"there is no experiment {named!r}", stage="storage", move="`holdfast report` lists them."
            )
        return found, store.case_runs_of(connection, found.id)
