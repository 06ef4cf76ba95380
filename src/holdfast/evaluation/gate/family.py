"""Judge several metrics together: a result for the whole comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.bounds import chance_not_below_zero
from holdfast.evaluation.gate.high_risk import NewFailure
from holdfast.evaluation.gate.pairs import Paired, sampled, sides_of
from holdfast.evaluation.gate.verdict import LEVEL, Verdict, check, verdict_at

WhenUnclear = Literal["pass", "warn", "fail"]
GateResult = Literal["pass", "fail", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What the declaration says of one metric's gate."""

    margin: float | None = None
    """In the metric's unit; None: the metric's own."""
    when_unclear: WhenUnclear | None = None
    """None: warn; a protective metric fails where any case got worse, else warns."""


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
    new_failures: Sequence[NewFailure] = (),
    level: float = LEVEL,
) -> Outcome:
    """Return the gate's result over several metrics.

    Two errors are held at (1 - level) / 2 each, whatever the number of metrics and however they depend on
    each other:

    - A false alarm: any metric called *worse* that is not. One *worse* fails the gate, so the chances add
      up: Holm's step-down correction over the metrics, "A simple sequentially rejective multiple test
      procedure" (Scandinavian Journal of Statistics, 1979).
    - A false release: the gate passes on *not worse* in all metrics although one is worse by its margin.
      All have to be shown at once, so the chance is no larger than that of one: no correction is needed,
      Berger, "Multiparameter hypothesis testing and acceptance sampling" (Technometrics, 1982). A correction
      here would let more harm stay *unclear*, not less.

    So each metric's interval is wider above than below where there are several, and its `level` says how
    much. A confirmed new failure of a high-risk case fails the gate, with its own error
    (`confirmed_failures`). Raises ValueError on a limit for a metric that is not judged and on one name
    for two metrics.
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
        verdicts.append(verdict_at(metric, pairs, margin=margin, below=tail, above=above))
    return _outcome(verdicts, limits, new_failures)


def _holm(judged: Sequence[tuple[Metric, Sequence[Paired]]], tail: float) -> list[float]:
    """Return at what tail each metric is tested for *worse*.

    The k-th smallest of m p-values is tested at tail / (m - k + 1), until the first that is too large;
    all from there on keep its tail.
    """
    chances = []
    for metric, pairs in judged:
        computed = [one for one in pairs if one.is_computed]
        chances.append(
            chance_not_below_zero(sampled(metric, computed, sides_of(computed))) if computed else 1.0
        )
    tails = [tail] * len(chances)
    here, stopped = tail, False
    for rank, row in enumerate(sorted(range(len(chances)), key=lambda row: chances[row])):
        if not stopped:
            here = tail / (len(chances) - rank)
            stopped = chances[row] > here
        tails[row] = here
    return tails


def _outcome(
    verdicts: Sequence[Verdict], limits: Mapping[str, Limit], new_failures: Sequence[NewFailure]
) -> Outcome:
    failed = [f"{one.metric.name}: {one.why}" for one in verdicts if one.result == "worse"]
    warned: list[str] = []
    for one in (one for one in verdicts if one.result == "unclear"):
        then = limits.get(one.metric.name, Limit()).when_unclear or _default(one)
        if then != "pass":
            (failed if then == "fail" else warned).append(f"{one.metric.name}: unclear, {one.why}")
    failed += [one.says for one in new_failures if one.is_confirmed]
    warned += [one.says for one in new_failures if not one.is_confirmed and not one.is_refuted]
    return Outcome(
        result="fail" if failed else "unclear" if warned else "pass",
        verdicts=tuple(verdicts),
        failed=tuple(failed),
        warned=tuple(warned),
    )


def _default(verdict: Verdict) -> WhenUnclear:
    """Return what *unclear* does where nothing is declared.

    A protective metric in which no case got worse only warns: a gate that fails on a change that changed
    nothing is switched off.
    """
    is_doubtful = verdict.worse_cases > 0 or verdict.cases == 0
    return "fail" if verdict.metric.is_protective and is_doubtful else "warn"
