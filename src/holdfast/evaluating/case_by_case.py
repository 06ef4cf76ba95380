"""Put two experiments side by side, case by case, with what each answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.domain.access import Principal
from holdfast.domain.experiments import CaseRun, Experiment
from holdfast.domain.scores import Metric
from holdfast.evaluating.evaluate import baseline_of
from holdfast.evaluation.experiments.comparing import changed_cases
from holdfast.evaluation.experiments.measuring import run_rows
from holdfast.evaluation.experiments.report import Changed
from holdfast.evaluation.experiments.wordwise import Piece, pieces_of
from holdfast.session import Flow
from holdfast.storage import experiments as store
from holdfast.storage.runs import outcomes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a case ended in one experiment, its first repeat."""

    outcome: str
    text: str
    cited: tuple[str, ...]
    """Documents, in the order of their citation."""
    is_kept: bool = True
    """Whether its run is still on record: its figures outlive it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A case that ended otherwise in the second experiment."""

    change: Changed
    before: Ended
    now: Ended

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return the texts' difference, word by word."""
        return pieces_of(self.before.text, self.now.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """Two experiments."""

    before: Experiment
    now: Experiment
    compared: int
    differences: tuple[Difference, ...]
    reworded: tuple[Difference, ...]
    """Cases with the same outcome and scores whose text is another."""
    hidden: int
    """Cases that changed, and whose evidence the reader may not see."""
    notes: tuple[str, ...]


def side_by_side(
    flow: Flow,
    before: tuple[Experiment, tuple[CaseRun, ...]],
    now: tuple[Experiment, tuple[CaseRun, ...]],
    metrics: tuple[Metric, ...],
    *,
    reader: Principal,
    closed: Collection[str] = (),
) -> SideBySide:
    """Return what changed from one experiment to the other, of the cases that the reader may see.

    `closed` are further cases that they may not see.
    """
    there, here = _first(before[1]), _first(now[1])
    common = [case for case in here if case in there and there[case].digest == here[case].digest]
    changes = {one.case: one for one in changed_cases(before[1], now[1], metrics)}
    lookups = flow.wiring.review.seen_lookups(reader)
    with flow.wiring.database.read() as connection:
        rows = (*before[1], *now[1])
        shut = {*closed, *store.closed_cases(connection, rows, reader, lookups=lookups)}
        asked = [row.run for case in common for row in (there[case], here[case]) if row.run]
        outcomes = outcomes_of(connection, asked, reader, lookups=lookups)
    differences, reworded = [], []
    for case in sorted(common):
        if case in shut:
            continue
        ends = _ended(there[case], outcomes), _ended(here[case], outcomes)
        change = changes.get(case)
        if change is not None:
            differences.append(Difference(change=change, before=ends[0], now=ends[1]))
        elif ends[0].is_kept and ends[1].is_kept and ends[0].text != ends[1].text:
            same = Changed(case=case, before=there[case].outcome, now=here[case].outcome)
            reworded.append(Difference(change=same, before=ends[0], now=ends[1]))
    order = {case: number for number, case in enumerate(changes)}
    return SideBySide(
        before=before[0],
        now=now[0],
        compared=len(common),
        differences=tuple(sorted(differences, key=lambda one: order[one.change.case])),
        reworded=tuple(reworded),
        hidden=len(shut & changes.keys()),
        notes=_notes(baseline_of(*before).rows, now[1], common),
    )


def texts_of(
    flow: Flow,
    changes: Sequence[Changed],
    before: tuple[CaseRun, ...],
    now: tuple[CaseRun, ...],
    *,
    reader: Principal,
) -> tuple[Difference, ...]:
    """Return these changes of common cases with what was answered, as far as the reader may see it."""
    there, here = _first(before), _first(now)
    asked = [row.run for one in changes for row in (there[one.case], here[one.case]) if row.run]
    lookups = flow.wiring.review.seen_lookups(reader)
    with flow.wiring.database.read() as connection:
        outcomes = outcomes_of(connection, asked, reader, lookups=lookups)
    return tuple(
        Difference(change=one, before=_ended(there[one.case], outcomes), now=_ended(here[one.case], outcomes))
        for one in changes
    )


def _first(rows: tuple[CaseRun, ...]) -> dict[str, CaseRun]:
    return {row.case: row for row in sorted(run_rows(rows), key=lambda row: -row.repeat)}


def _ended(row: CaseRun, outcomes: Mapping[str, Any]) -> Ended:
    outcome = outcomes.get(row.run)
    if outcome is None:
        return Ended(outcome=row.outcome, text="", cited=(), is_kept=False)
    citations = outcome.get("citations") or ()
    return Ended(
        outcome=row.outcome,
        text=outcome.get("text") or "",
        cited=tuple(dict.fromkeys(citation["document"] for citation in citations)),
    )


def _notes(before: tuple[CaseRun, ...], now: tuple[CaseRun, ...], common: list[str]) -> tuple[str, ...]:
    there, here = {row.case for row in run_rows(before)}, {row.case for row in run_rows(now)}
    others = len((there | here) - set(common))
    return (f"{others} cases are not in both, or ask something else there",) if others else ()
