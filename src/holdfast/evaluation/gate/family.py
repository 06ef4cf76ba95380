"""Judge several metrics together: a result for the whole comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.bounds import chance_not_below_zero
from holdfast.evaluation.gate.newly_failed import NewFailure, NewlyFailed
from holdfast.evaluation.gate.pairs import Paired, sampled, sides_of
from holdfast.evaluation.gate.verdict import LEVEL, Verdict, check, verdict_at

WhenUnclear = Literal["pass", "warn", "fail"]
GateResult = Literal["pass", "fail", "unclear"]
NONE_FAILED = NewlyFailed()
NONE_DECIDED: Mapping[str, Verdict] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What the declaration says of one metric's gate."""

    margin: float | None = None
    """In the metric's unit; None: the metric's own."""
    when_unclear: WhenUnclear | None = None
    """None: warn; in a protective metric new harm that no repeat has checked fails, and having no values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the gate says of a candidate."""

    result: GateResult
    """*fail*: a reason below; *unclear*: nothing failed, something warned; *pass*: neither."""
    verdicts: tuple[Verdict, ...]
    """In the order given."""
    failed: tuple[str, ...]
    """Why the gate fails, a line each."""
    warned: tuple[str, ...]
    """What is unclear without failing the gate, a line each."""


def judge_all(
    judged: Sequence[tuple[Metric, Sequence[Paired]]],
    *,
    limits: Mapping[str, Limit] | None = None,
    newly: NewlyFailed = NONE_FAILED,
    decided: Mapping[str, Verdict] = NONE_DECIDED,
    level: float = LEVEL,
) -> Outcome:
    """Return the gate's result over several metrics.

    Two errors are held at (1 - level) / 2 each, whatever the number of metrics and however they depend on
    each other:

    - A false alarm: any metric called *worse* that is not. One *worse* fails the gate, so the chances add
      up: Holm's step-down correction over the metrics, "A simple sequentially rejective multiple test
      procedure" (Scandinavian Journal of Statistics, 1979). Metrics that could not be called *worse* whatever
      their signs, for too few clusters moved, are left out of the count (`_holm`).
    - A false release: the gate passes on *not worse* in all metrics although one is worse by its margin.
      All have to be shown at once, so the chance is no larger than that of one: no correction is needed,
      Berger, "Multiparameter hypothesis testing and acceptance sampling" (Technometrics, 1982). A correction
      here would let more harm stay *unclear*, not less.

    So each metric's interval is wider above than below where there are several, and its `level` says how
    much. What the watched cases say (`newly_failed`) has its own error, as large: a confirmed new failure
    fails the gate. So does, where nothing else is declared, a new failure in a protective metric that
    nothing has checked: harm is taken for real until repeats say otherwise. Harm that comes and goes on both
    sides warns, by name. `decided` has, by metric, the verdicts of an earlier look, which stand. Raises
    ValueError on a limit for a metric that is not judged and on one name for two metrics.
    """
    limits = limits or {}
    names = [metric.name for metric, _ in judged]
    if len(set(names)) < len(names):
        raise ValueError(f"gate: a metric is judged twice: {', '.join(sorted(names))}")
    if unknown := sorted(limits.keys() - set(names)):
        raise ValueError(
            f"gate: a limit for {', '.join(unknown)}, which is not judged; judged: {', '.join(names)}"
        )
    tail = (1 - level) / 2
    verdicts = []
    for (metric, pairs), above in zip(judged, _holm(judged, tail), strict=True):
        declared = limits.get(metric.name, Limit()).margin
        margin = metric.margin if declared is None else declared
        check(margin, level)
        verdicts.append(
            decided.get(metric.name) or verdict_at(metric, pairs, margin=margin, below=tail, above=above)
        )
    return _outcome(verdicts, limits, newly)


def _holm(judged: Sequence[tuple[Metric, Sequence[Paired]]], tail: float) -> list[float]:
    """Return at what tail each metric is tested for *worse*.

    Of m metrics the smallest p-value is tested at tail / m, the next at tail / (m - 1), until the first that
    is too large; all from there on keep its tail. No p-value is below 2^-c where c clusters moved, whatever
    the signs, which are all that chance decides between equal versions once it is known how much each cluster
    moved: metrics that cannot reach the tail are not counted in m. Tarone, "A modified Bonferroni method for
    discrete data" (Biometrics, 1990).
    """
    samples = []
    for metric, pairs in judged:
        computed = [one for one in pairs if one.is_computed]
        samples.append(sampled(metric, computed, sides_of(computed)) if computed else None)
    chances = [1.0 if one is None else chance_not_below_zero(one) for one in samples]
    least = [1.0 if one is None else math.pow(2.0, -int((one.sums != 0).sum())) for one in samples]
    tails = [tail] * len(chances)
    rest = sorted(range(len(chances)), key=lambda row: chances[row])
    while rest:
        here = tail / _that_can_reach([least[row] for row in rest], tail)
        for row in rest:
            tails[row] = here
        if chances[rest[0]] > here:
            break
        rest = rest[1:]
    return tails


def _that_can_reach(least: Sequence[float], tail: float) -> int:
    """Return the least count among which the tail can be shared out so that no more can reach their share."""
    return next(
        count for count in range(1, len(least) + 1) if sum(one <= tail / count for one in least) <= count
    )


def _outcome(verdicts: Sequence[Verdict], limits: Mapping[str, Limit], newly: NewlyFailed) -> Outcome:
    failed = [f"{one.metric.name}: {one.why}" for one in verdicts if one.result == "worse"]
    warned: list[str] = []
    for one in (one for one in verdicts if one.result == "unclear"):
        then = limits.get(one.metric.name, Limit()).when_unclear or _default(one)
        if then != "pass":
            (failed if then == "fail" else warned).append(f"{one.metric.name}: unclear, {one.why}")
    for failure in newly.failures:
        then = _then(failure, limits.get(failure.metric, Limit()).when_unclear)
        if then != "pass":
            (failed if then == "fail" else warned).append(failure.says)
    failed += [one.says for one in newly.sums if one.is_confirmed]
    return Outcome(
        result="fail" if failed else "unclear" if warned else "pass",
        verdicts=tuple(verdicts),
        failed=tuple(failed),
        warned=tuple(warned),
    )


def _then(failure: NewFailure, declared: WhenUnclear | None) -> WhenUnclear:
    """Return what a new failure does: confirmed it fails whatever is declared of what is unclear."""
    if failure.is_confirmed:
        return "fail"
    if not failure.is_protective:
        return "pass" if failure.is_refuted else "warn"
    if declared == "pass" and not failure.is_high_risk:
        return "pass"
    return (declared or "fail") if failure.state == "unchecked" else "warn"


def _default(verdict: Verdict) -> WhenUnclear:
    """Return what *unclear* does where nothing is declared.

    A protective metric warns as others do, for each new harm in it is checked by itself (`newly_failed`); but
    where it cannot be compared at all nothing shows that it still protects.
    """
    return "fail" if verdict.metric.is_protective and verdict.cases == 0 else "warn"
