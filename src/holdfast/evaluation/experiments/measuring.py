"""Sum up what an experiment's cases scored: a value with its interval per metric, and by kind."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from holdfast.domain.cases import Case
from holdfast.domain.experiments import CaseRun
from holdfast.domain.scores import Metric
from holdfast.evaluation.clusters import Labels
from holdfast.evaluation.intervals import NORMAL, clustered_bootstrap

LEVEL = 0.95
ROUNDS = 4_000
"""Of the bootstrap: the second digit of an interval's end does not move."""
_SMALL = 1e-9
NO_CLUSTERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A mean over some cases."""

    value: float
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One metric of one experiment."""

    metric: Metric
    value: float | None
    """Mean over cases, each the mean of its repeats; None: not computed, for the reason in `why`."""
    interval: tuple[float, float] | None
    """95%, over groups of cases that lean on the same documents; None where one case or group is all."""
    cases: int
    """Cases it could be computed for."""
    by_kind: Mapping[str, Share]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A case that a metric finds fault with."""

    case: str
    metric: str
    why: str
    repeats: int = 1
    """In how many of its repeats."""
    of: int = 1


def run_rows(rows: Iterable[CaseRun]) -> tuple[CaseRun, ...]:
    """Return the rows that were run."""
    return tuple(row for row in rows if not row.not_run)


def case_values(rows: Iterable[CaseRun], metric: str) -> dict[str, float]:
    """Return each case's mean over its repeats in a metric, those without a value left out."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in run_rows(rows):
        score = row.score(metric)
        if score is not None and score.value is not None:
            found[row.case].append(score.value)
    return {case: fmean(values) for case, values in found.items()}


def measured(
    rows: Sequence[CaseRun],
    metrics: Iterable[Metric],
    *,
    seed: int,
    clusters: Mapping[str, str] = NO_CLUSTERS,
) -> tuple[Measured, ...]:
    """Return every metric's figures in their order; `clusters` has the group of cases that are at hand."""
    clusters = case_clusters(rows, clusters)
    kinds = {row.case: row.kind for row in rows}
    return tuple(_measured(rows, metric, clusters, kinds, seed=seed) for metric in metrics)


def case_clusters(rows: Iterable[CaseRun], clusters: Mapping[str, str] = NO_CLUSTERS) -> dict[str, str]:
    """Return each case's group; of a case that `clusters` does not name by the documents of its row."""
    return {row.case: clusters.get(row.case) or _by_document(row.case, row.documents) for row in rows}


def cluster_of(case: Case) -> str:
    """Return a case's group: the declared one, else the document that its evidence names first.

    Cases about one document fail together. Linking them by every further document they share would make
    one group of most of a corpus, about which nothing could be said any more. In a lookup the row that the
    evidence names stands for the document. Cases whose evidence is all in what they carry are a group where
    that is the same text; a case without evidence is one by itself.
    """
    if case.cluster:
        return f"declared {case.cluster}"
    first = next(iter(case.beside_it), None)
    if first is None and case.in_attachments:
        text = case.attached_text(case.in_attachments[0].document)
        return f"attached {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"
    if first is not None and not first.is_in_a_document and first.keys:
        row = ", ".join(f"{name}={value}" for name, value in sorted(first.keys.items()))
        return f"document {first.document} {row}"
    return _by_document(case.id, (first.document,) if first else ())


def _by_document(case: str, documents: Sequence[str]) -> str:
    return f"document {documents[0]}" if documents else f"case {case}"


def _measured(
    rows: Sequence[CaseRun],
    metric: Metric,
    clusters: Mapping[str, str],
    kinds: Mapping[str, str],
    *,
    seed: int,
) -> Measured:
    values = case_values(rows, metric.name)
    if not values:
        return Measured(
            metric=metric, value=None, interval=None, cases=0, by_kind={}, why=_why_not(rows, metric.name)
        )
    by_kind: dict[str, list[float]] = defaultdict(list)
    for case, value in values.items():
        by_kind[kinds[case]].append(value)
    return Measured(
        metric=metric,
        value=fmean(values.values()),
        interval=interval_of(values, clusters, is_share=metric.unit == "share", seed=seed),
        cases=len(values),
        by_kind={
            kind: Share(value=fmean(found), cases=len(found)) for kind, found in sorted(by_kind.items())
        },
    )


def interval_of(
    values: Mapping[str, float], clusters: Mapping[str, str], *, is_share: bool, seed: int
) -> tuple[float, float] | None:
    """Return the 95% interval of a mean over cases, None where nothing tells how far they vary.

    Shares by Wilson's interval at the effective number of cases, n / design effect, where the design
    effect is the variance of the mean between clusters over that of independent cases, at least 1
    (Kish, "Survey Sampling" (1965), section 8.2; Brown, Cai and DasGupta, "Interval Estimation for a
    Binomial Proportion" (2001) for Wilson's); others by the bootstrap over clusters.
    """
    array = np.asarray(list(values.values()), dtype=np.float64)
    labels = np.unique([clusters[case] for case in values], return_inverse=True)[1].astype(np.intp)
    groups = int(labels.max()) + 1
    if groups < 2:  # noqa: PLR2004 -- one group says nothing of how groups differ
        return None
    if is_share and array.min() >= -_SMALL and array.max() <= 1 + _SMALL:
        return _wilson(float(array.mean()), _effective(array, labels))
    found = clustered_bootstrap(array, labels, level=LEVEL, rounds=ROUNDS, seed=seed)
    return (found.low, found.high)


def _effective(values: np.ndarray[tuple[int], np.dtype[np.float64]], labels: Labels) -> float:
    """Return how many independent cases of shares 0 or 1 would vary as much."""
    count, mean = len(values), float(values.mean())
    independent = mean * (1 - mean) / count
    if independent < _SMALL:  # all alike: nothing tells how much a group's cases go together
        return float(int(labels.max()) + 1)
    sums = np.bincount(labels, weights=values - mean)
    groups = len(sums)
    between = float(groups / (groups - 1) * (sums**2).sum() / count**2)
    return count / max(1.0, between / independent)


def _wilson(share: float, count: float) -> tuple[float, float]:
    z = NORMAL.inv_cdf((1 + LEVEL) / 2)
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (max(0.0, centre - reach), min(1.0, centre + reach))


def _why_not(rows: Sequence[CaseRun], metric: str) -> str:
    """Return the commonest reason why a metric has no value in any case."""
    reasons = Counter(
        score.why for row in run_rows(rows) if (score := row.score(metric)) is not None and score.why
    )
    if reasons:
        return reasons.most_common(1)[0][0]
    return "no case was run" if not run_rows(rows) else "it applies to none of these cases"


def failures_of(
    rows: Sequence[CaseRun], metrics: Iterable[Metric], closed: Iterable[str]
) -> tuple[Failure, ...]:
    """Return what is wrong with which case, by metric in their order and then by case.

    A score with a value and a reason is a fault. Of a closed case only that there is one is told.
    """
    shut, found = set(closed), list[Failure]()
    repeats = Counter(row.case for row in run_rows(rows))
    for metric in metrics:
        faults: dict[str, list[str]] = defaultdict(list)
        for row in run_rows(rows):
            score = row.score(metric.name)
            if score is not None and score.value is not None and score.why:
                faults[row.case].append(score.why)
        for case, whys in faults.items():
            why = CLOSED if case in shut else whys[0]
            found.append(Failure(case=case, metric=metric.name, why=why, repeats=len(whys), of=repeats[case]))
    return tuple(found)


CLOSED = "its evidence is closed to you (--as USER, --group G)"


def percentile_with_interval(
    values: Sequence[float], share: float
) -> tuple[float, tuple[float, float] | None]:
    """Return a quantile with its distribution-free 95% interval, None where there are too few values.

    Between order statistics whose binomial coverage is at least 95%: David and Nagaraja, "Order
    Statistics" (2003), section 7.1.
    """
    ordered = sorted(values)
    count = len(ordered)
    point = float(np.quantile(ordered, share))
    below = np.cumsum([_binomial(count, k, share) for k in range(count + 1)])
    tail = (1 - LEVEL) / 2
    low = int(np.searchsorted(below, tail, side="right"))
    high = int(np.searchsorted(below, 1 - tail, side="left")) + 1
    if low < 1 or high > count:
        return point, None
    return point, (ordered[low - 1], ordered[high - 1])


def _binomial(count: int, successes: int, share: float) -> float:
    choices = math.lgamma(count + 1) - math.lgamma(successes + 1) - math.lgamma(count - successes + 1)
    return math.exp(choices + successes * math.log(share) + (count - successes) * math.log(1 - share))
