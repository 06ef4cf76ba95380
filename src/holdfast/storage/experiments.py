"""Keep experiments, and show each case to who may see its evidence today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.experiments import CaseRun, Experiment, Plan
from holdfast.domain.scores import Score
from holdfast.storage.access_lists import entries_of
from holdfast.storage.encoding import from_text, pack, to_text, unpack
from holdfast.storage.inserting import insert_for
from holdfast.storage.moments import aware
from holdfast.storage.parts import in_parts
from holdfast.storage.runs import LOOKUP_PREFIX, hidden_runs
from holdfast.storage.schema import access_entries, case_runs, documents, experiments


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentSummary:
    """An experiment in a list."""

    experiment: Experiment
    done: int
    """Rows on record, those that were not run among them."""
    not_run: int
    """Rows of cases that could not be run."""
    cost_usd: float
    figures: str
    """What a list shows of it, as `keep_figures` was given it; empty: nothing is kept."""


def begin_experiment(connection: sa.Connection, experiment: Experiment) -> None:
    """Put an experiment on record that has no row yet."""
    plan = experiment.plan
    connection.execute(
        sa.insert(experiments),
        {
            "id": experiment.id,
            "workflow": plan.workflow,
            "version": plan.version,
            "label": plan.label,
            "model": plan.model,
            "cases": pack(plan.cases),
            "cases_digest": plan.cases_digest,
            "repeats": plan.repeats,
            "seed": plan.seed,
            "sample": plan.sample,
            "settings": pack(experiment.settings),
            "prices": to_text(experiment.prices),
            "environment": to_text(experiment.environment),
            "principal": experiment.user,
            "started_at": experiment.started_at,
            "ended_at": experiment.ended_at,
        },
    )


def record_case_runs(connection: sa.Connection, experiment_id: str, rows: Sequence[CaseRun]) -> None:
    """Write rows with one statement; one that says `not run` gives way to a later try, every other stays."""
    if rows:
        connection.execute(_upsert(connection.dialect.name), [_row(experiment_id, one) for one in rows])


@cache
def _upsert(dialect: str) -> sa.Insert:
    """Return the statement, made once: to put it together took three times as long as to run it."""
    insert = insert_for(dialect, case_runs)
    keys = [column.name for column in case_runs.primary_key]
    return insert.on_conflict_do_update(
        index_elements=keys,
        set_={column.name: insert.excluded[column.name] for column in case_runs.c if column.name not in keys},
        where=case_runs.c.not_run != "",
    )


def end_experiment(connection: sa.Connection, experiment_id: str, at: datetime) -> None:
    """Note that every case was worked."""
    connection.execute(
        sa.update(experiments).where(experiments.c.id == experiment_id).values(ended_at=at)
    )  # fmt: skip


def widen_experiment(connection: sa.Connection, experiment_id: str, repeats: int) -> None:
    """Note that cases were worked more often than planned."""
    wider = (experiments.c.id == experiment_id) & (experiments.c.repeats < repeats)
    connection.execute(sa.update(experiments).where(wider).values(repeats=repeats))


def unfinished_experiment(connection: sa.Connection, plan: Plan) -> Experiment | None:
    """Return the newest experiment of this plan that was stopped, to be gone on with."""
    return _newest(connection, _of_plan(plan) & experiments.c.ended_at.is_(None))


def finished_experiment(connection: sa.Connection, plan: Plan) -> Experiment | None:
    """Return the newest experiment of this plan that came to its end: nothing of it need be paid again."""
    return _newest(connection, _of_plan(plan) & experiments.c.ended_at.is_not(None))


def _of_plan(plan: Plan) -> sa.ColumnElement[bool]:
    return sa.and_(
        experiments.c.workflow == plan.workflow,
        experiments.c.version == plan.version,
        experiments.c.cases_digest == plan.cases_digest,
        experiments.c.model == plan.model,
        experiments.c.repeats >= plan.repeats,
        experiments.c.sample == plan.sample,
        experiments.c.seed == plan.seed,
    )


def find_experiment(connection: sa.Connection, named: str) -> Experiment | None:
    """Return an experiment by its id or an unambiguous beginning of it."""
    query = sa.select(experiments).where(experiments.c.id.startswith(named, autoescape=True)).limit(2)
    rows = connection.execute(query).all()
    return _experiment(rows[0]) if len(rows) == 1 else None


def newest_experiment(connection: sa.Connection, *, but: str = "", version: str = "") -> Experiment | None:
    """Return the newest that came to its end, of the declaration as it was (no other model or ref asked)."""
    wanted = experiments.c.ended_at.is_not(None) & (experiments.c.id != but)
    if version:
        return _newest(connection, wanted & experiments.c.version.startswith(version, autoescape=True))
    return _newest(connection, wanted & (experiments.c.label == "") & (experiments.c.model == ""))


def _newest(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> Experiment | None:
    query = sa.select(experiments).where(wanted).order_by(experiments.c.started_at.desc()).limit(1)
    row = connection.execute(query).first()
    return _experiment(row) if row is not None else None


def list_experiments(
    connection: sa.Connection, *, limit: int, since: datetime | None = None
) -> tuple[ExperimentSummary, ...]:
    """Return the newest experiments with what they cost; no case of them is told."""
    query = sa.select(experiments).order_by(experiments.c.started_at.desc()).limit(limit)
    if since is not None:
        query = query.where(experiments.c.started_at >= since)
    return _summaries(connection, connection.execute(query).all())


def summaries_of(connection: sa.Connection, ids: Sequence[str]) -> tuple[ExperimentSummary, ...]:
    """Return these experiments with what they cost, in no order."""
    query = sa.select(experiments).where(experiments.c.id.in_(ids))
    return _summaries(connection, connection.execute(query).all())


def _summaries(connection: sa.Connection, rows: Sequence[Any]) -> tuple[ExperimentSummary, ...]:
    runs, summed = case_runs.c, sa.func.sum
    query = sa.select(
        runs.experiment,
        sa.func.count(),
        summed(sa.case((runs.not_run != "", 1), else_=0)),
        sa.func.coalesce(summed(runs.cost_usd), 0.0),
    )
    query = query.where(runs.experiment.in_([row.id for row in rows])).group_by(runs.experiment)
    sums = {key: (int(done), int(gone), float(cost)) for key, done, gone, cost in connection.execute(query)}
    found = []
    for row in rows:
        done, not_run, cost_usd = sums.get(row.id, (0, 0, 0.0))
        experiment = _experiment(row)
        found.append(
            ExperimentSummary(
                experiment=experiment, done=done, not_run=not_run, cost_usd=cost_usd, figures=row.figures
            )
        )
    return tuple(found)


def keep_figures(connection: sa.Connection, experiment_id: str, text: str) -> None:
    """Keep what a list shows of an experiment; it goes with the experiment."""
    connection.execute(
        sa.update(experiments).where(experiments.c.id == experiment_id).values(figures=text)
    )  # fmt: skip


def case_runs_of(connection: sa.Connection, experiment_id: str) -> tuple[CaseRun, ...]:
    """Return every row of an experiment, by case and repeat; whom a row may be shown is not asked here."""
    query = sa.select(case_runs).where(case_runs.c.experiment == experiment_id)
    ordered = query.order_by(case_runs.c.case_id, case_runs.c.repeat)
    return tuple(_case_run(row) for row in connection.execute(ordered))


def closed_cases(
    connection: sa.Connection, rows: Iterable[CaseRun], principal: Principal, *, lookups: Collection[str] = ()
) -> set[str]:
    """Return the cases of these rows that the principal may not be shown today.

    A case is closed where its evidence, or any text in one of its runs, stands in a document that the
    principal may not see, or in one that is no longer on record: nothing says who may see that.
    `lookups` are as for `hidden_runs`.
    """
    listed = list(rows)
    named = {document for one in listed for document in one.documents}
    named = {document for document in named if not document.startswith(LOOKUP_PREFIX)}
    shut = closed_documents(connection, named, principal)
    closed = {one.case for one in listed if not shut.isdisjoint(one.documents)}
    run_ids = [one.run for one in listed if one.run]
    hidden: set[str] = set()
    for some in in_parts(run_ids):
        hidden |= hidden_runs(connection, some, principal, lookups=lookups)
    return closed | {one.case for one in listed if one.run in hidden}


def closed_documents(connection: sa.Connection, paths: Iterable[str], principal: Principal) -> set[str]:
    """Return those of these documents that the principal may not see today, or that are not on record."""
    allowed = sa.select(access_entries.c.access_id).where(access_entries.c.entry.in_(entries_of(principal)))
    wanted = sorted(set(paths))
    seen: set[str] = set()
    for some in in_parts(wanted):
        is_open = sa.func.min(sa.case((documents.c.access_id.in_(allowed), 1), else_=0))
        query = sa.select(documents.c.path, is_open.label("is_open")).where(documents.c.path.in_(some))
        rows = connection.execute(query.group_by(documents.c.path))
        seen.update(row.path for row in rows if row.is_open)
    return set(wanted) - seen


def empty_whys(connection: sa.Connection, run_ids: Sequence[str] | sa.Select[tuple[str]]) -> None:
    """Take the reasons out of the rows of these runs: they may repeat what a run said."""
    connection.execute(sa.update(case_runs).where(case_runs.c.run_id.in_(run_ids)).values(whys=None))


def forget_documents(connection: sa.Connection, paths: Sequence[str], *, by: str) -> None:
    """Put `by` where experiments name one of these documents, and drop what is said of their cases."""
    query = sa.select(case_runs.c.experiment, case_runs.c.case_id, case_runs.c.repeat, case_runs.c.documents)
    for row in connection.execute(query).all():
        named: list[str] = from_text(list[str], row.documents)
        if set(paths).isdisjoint(named):
            continue
        kept = [by if name in paths else name for name in named]
        told = sa.case((case_runs.c.not_run == "", ""), else_="forgotten")
        this = (
            (case_runs.c.experiment == row.experiment)
            & (case_runs.c.case_id == row.case_id)
            & (case_runs.c.repeat == row.repeat)
        )
        connection.execute(
            sa.update(case_runs).where(this).values(documents=to_text(kept), whys=None, not_run=told)
        )
    for held in connection.execute(sa.select(experiments.c.id, experiments.c.settings)).all():
        settings: dict[str, str] = unpack(held.settings)
        cleaned = {name: _without(text, paths, by) for name, text in settings.items()}
        if cleaned != settings:
            change = sa.update(experiments).where(experiments.c.id == held.id).values(settings=pack(cleaned))
            connection.execute(change)


def _without(text: str, paths: Sequence[str], by: str) -> str:
    for path in paths:
        text = text.replace(to_text(path)[1:-1], by)
    return text


def forget_runner(connection: sa.Connection, user: str, *, by: str) -> None:
    """Put `by` where a person is named as who ran an experiment."""
    connection.execute(
        sa.update(experiments).where(experiments.c.principal == user).values(principal=by)
    )  # fmt: skip


def _row(experiment_id: str, one: CaseRun) -> dict[str, Any]:
    whys = {score.metric: score.why for score in one.scores if score.why}
    return {
        "experiment": experiment_id,
        "case_id": one.case,
        "repeat": one.repeat,
        "digest": one.digest,
        "kind": one.kind,
        "run_id": one.run,
        "outcome": one.outcome,
        "model": one.model,
        "scores": to_text({score.metric: score.value for score in one.scores}),
        "whys": pack(whys) if whys else None,
        "not_run": one.not_run,
        "cost_usd": one.cost_usd,
        "took_s": one.took_s,
        "documents": to_text(list(one.documents)),
    }


def _case_run(row: Any) -> CaseRun:
    whys: dict[str, str] = unpack(row.whys) if row.whys is not None else {}
    scores: dict[str, float | None] = from_text(dict[str, float | None], row.scores)
    return CaseRun(
        case=row.case_id,
        digest=row.digest,
        repeat=row.repeat,
        kind=row.kind,
        run=row.run_id,
        outcome=row.outcome,
        model=row.model,
        scores=tuple(
            Score(metric=metric, value=value, why=whys.get(metric, "")) for metric, value in scores.items()
        ),
        not_run=row.not_run,
        cost_usd=row.cost_usd,
        took_s=row.took_s,
        documents=tuple(from_text(list[str], row.documents)),
    )


def _experiment(row: Any) -> Experiment:
    plan = Plan(
        workflow=row.workflow, version=row.version, cases=unpack(row.cases), cases_digest=row.cases_digest,
        repeats=row.repeats, model=row.model, seed=row.seed, sample=row.sample, label=row.label,
    )  # fmt: skip
    return Experiment(
        id=row.id,
        plan=plan,
        settings=unpack(row.settings),
        prices=from_text(dict[str, str], row.prices),
        environment=from_text(dict[str, str], row.environment),
        user=row.principal,
        started_at=aware(row.started_at),
        ended_at=aware(row.ended_at) if row.ended_at is not None else None,
    )
