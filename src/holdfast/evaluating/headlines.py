"""The figures by which an experiment stands in a list, worked out once for each state of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from holdfast.domain.experiments import CaseRun
from holdfast.errors import StorageError
from holdfast.evaluation.experiments.comparing import Rules
from holdfast.evaluation.experiments.measuring import Measured, measured, percentile_with_interval, run_rows
from holdfast.storage import experiments as store
from holdfast.storage.database import Database
from holdfast.storage.encoding import from_text, to_text
from holdfast.storage.experiments import ExperimentSummary
from holdfast.telemetry.logs import log

HEADLINES = 5
"""Metrics that stand for an experiment in a list: the first ones that the gate judges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """An experiment in a list, figures only."""

    figures: tuple[Measured, ...]
    not_run: int
    """Cases that could not be run."""
    seconds_p50: float | None
    """Of one case; None where none was run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A headline as it is on record."""

    state: str
    """Of everything it was worked out from."""
    headline: Headline


def headline_of(rows: Sequence[CaseRun], rules: Rules, *, seed: int) -> Headline:
    """Return the figures of an experiment that a list shows; nothing of a case is told."""
    judged = rules.judged(rows)[:HEADLINES]
    took = [row.took_s for row in run_rows(rows)]
    return Headline(
        figures=measured(rows, judged, seed=seed, clusters=rules.clusters),
        not_run=len({row.case for row in rows if row.not_run}),
        seconds_p50=percentile_with_interval(took, 0.5)[0] if took else None,
    )


def kept_headline(one: ExperimentSummary, rules: Rules) -> Headline | None:
    """Return the headline on record, None where none is of the experiment as it is and of these rules."""
    if not one.figures:
        return None
    try:
        kept = from_text(_Kept, one.figures)
    except StorageError:  # another version wrote it in another shape
        return None
    return kept.headline if kept.state == state_of(one, rules) else None


def work_out(database: Database, one: ExperimentSummary, rules: Rules) -> Headline:
    """Return an experiment's headline from its rows; that of one which came to its end is kept.

    A database that cannot be written to right now costs the next reader the same work again, no more.
    """
    experiment = one.experiment
    with database.read() as connection:
        rows = store.case_runs_of(connection, experiment.id)
    found = headline_of(rows, rules, seed=experiment.plan.seed)
    if experiment.ended_at is not None:
        text = to_text(_Kept(state=state_of(one, rules), headline=found))
        try:
            with database.write() as connection:
                store.keep_figures(connection, experiment.id, text)
        except StorageError as error:
            log("quality.figures_not_kept", "warning", experiment=experiment.id, error=str(error))
    return found


def keep_headlines(database: Database, experiment_ids: Sequence[str], rules: Rules) -> None:
    """Work out what is missing of these experiments, so that no list has to."""
    with database.read() as connection:
        listed = store.summaries_of(connection, experiment_ids)
    for one in listed:
        if one.experiment.ended_at is not None and kept_headline(one, rules) is None:
            work_out(database, one, rules)


def state_of(one: ExperimentSummary, rules: Rules) -> str:
    """Return what changes whenever a headline has to be worked out anew: with a new version of us too."""
    parts = (
        _code(), one.experiment.ended_at, one.done, one.not_run, one.experiment.plan.seed,
        rules.metrics, sorted(rules.limits), sorted(rules.shown_only),
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:16]


@cache
def _code() -> str:
    try:
        return version("holdfast")
    except PackageNotFoundError:  # run from a folder, not installed
        return ""
