"""Put the rows of two experiments side by side, as the gate takes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from holdfast.domain.experiments import CaseRun
from holdfast.domain.scores import Metric
from holdfast.evaluation.experiments.measuring import NO_CLUSTERS, case_clusters, run_rows
from holdfast.evaluation.gate.pairs import Paired, pair
from holdfast.evaluation.gate.repeats import Repeat, repeated

NO_MODEL = frozenset({"", "extractive"})
"""Runs whose outcome no language model wrote: they end alike every time."""
NONE: Mapping[str, Repeat] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The common cases of a baseline and a candidate: run by both, and asked alike."""

    rows: Mapping[str, tuple[tuple[CaseRun, ...], tuple[CaseRun, ...]]]
    """By case, the baseline's repeats and the candidate's, in their order."""
    clusters: Mapping[str, str]
    high_risk: frozenset[str]
    first: int
    """Repeats of the first look; 0: all there are."""

    @property
    def steady(self) -> frozenset[str]:
        """Return the cases of which no run was left to chance: no model wrote any."""
        return frozenset(
            case
            for case, both in self.rows.items()
            if all(row.model in NO_MODEL for side in both for row in side)
        )

    def pairs(self, metric: Metric, again: Mapping[str, Repeat] = NONE) -> tuple[Paired, ...]:
        """Return the cases that have a value on both sides, those in `again` with their added repeats."""
        end = self.first or None
        common = pair(
            {case: _values(before, metric.name, 0, end) for case, (before, _) in self.rows.items()},
            {case: _values(now, metric.name, 0, end) for case, (_, now) in self.rows.items()},
            cluster_of=self.clusters,
            high_risk=self.high_risk,
        )
        return tuple(self._with(one, metric, again.get(one.case)) for one in common.pairs)

    def _with(self, one: Paired, metric: Metric, repeat: Repeat | None) -> Paired:
        if repeat is None or not self.first:
            return one
        there, here = self.rows[one.case]
        ends = self.first + repeat.baseline_times, self.first + repeat.times
        before = [value for value in _values(there, metric.name, self.first, ends[0]) if value is not None]
        now = [value for value in _values(here, metric.name, self.first, ends[1]) if value is not None]
        return repeated(one, repeat, baseline=before, candidate=now) if before or now else one


def sides_of(
    before: Sequence[CaseRun],
    now: Sequence[CaseRun],
    *,
    high_risk: frozenset[str],
    first: int,
    clusters: Mapping[str, str] = NO_CLUSTERS,
) -> Sides:
    """Return the common cases of two experiments; `clusters` has the group of cases that are at hand."""
    there, here = by_case(before), by_case(now)
    common = {
        case: (there[case], rows)
        for case, rows in here.items()
        if case in there and there[case][0].digest == rows[0].digest
    }
    groups = case_clusters([*before, *now], clusters)
    return Sides(rows=common, clusters=groups, high_risk=high_risk, first=first)


def by_case(rows: Iterable[CaseRun]) -> dict[str, tuple[CaseRun, ...]]:
    """Return the rows that were run by their case, the repeats in their order."""
    found: dict[str, list[CaseRun]] = defaultdict(list)
    for row in sorted(run_rows(rows), key=lambda row: row.repeat):
        found[row.case].append(row)
    return {case: tuple(rows) for case, rows in found.items()}


def values_of(rows: Sequence[CaseRun], metric: str) -> list[float]:
    """Return the values that a case's repeats have in a metric."""
    return [value for value in _values(rows, metric, 0, None) if value is not None]


def _values(rows: Sequence[CaseRun], metric: str, start: int, end: int | None) -> list[float | None]:
    """Return the values of the repeats from `start` up to `end`; rows without this score have none."""
    wanted = [row for row in rows if row.repeat >= start and (end is None or row.repeat < end)]
    scores = [row.score(metric) for row in wanted]
    return [None if score is None else score.value for score in scores]
