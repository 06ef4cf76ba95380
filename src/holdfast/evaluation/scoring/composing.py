"""Compose the evaluators that a declaration asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from holdfast.declaring.evaluation import EvaluationSettings, EvaluatorSettings
from holdfast.domain.cases import Case
from holdfast.domain.documents import Document
from holdfast.domain.observed import Observed, Wanted
from holdfast.domain.runs import Run
from holdfast.domain.scores import Metric, Score
from holdfast.errors import DeclarationError
from holdfast.evaluation.reading import targets_of, wanted_in_attachments
from holdfast.evaluation.scoring.citations import CitationEvaluator
from holdfast.evaluation.scoring.effort import EffortEvaluator
from holdfast.evaluation.scoring.facts import FactsEvaluator
from holdfast.evaluation.scoring.fields import FieldsEvaluator
from holdfast.evaluation.scoring.finding import FindingEvaluator
from holdfast.evaluation.scoring.judging import Judge
from holdfast.evaluation.scoring.outcome import OutcomeEvaluator
from holdfast.evaluation.scoring.reviews import ReviewEvaluator
from holdfast.evaluation.scoring.scoring import metrics_of
from holdfast.evaluation.scoring.support import SupportEvaluator
from holdfast.protocols import Evaluator, Model


def evaluators_of(
    settings: EvaluationSettings,
    *,
    model: Callable[[str], Model] | None = None,
    made: Callable[[EvaluatorSettings], Evaluator] | None = None,
) -> tuple[Evaluator, ...]:
    """Return Holdfast's evaluators, then the declared ones, then the judges.

    `model` makes a judge's model from its name, `made` an evaluator from what `use` names; without them
    judges and declared evaluators are left out. Raises DeclarationError for a metric that is declared and
    that no evaluator has, for one that two have, and whatever `model` and `made` raise.
    """
    own: list[Evaluator] = [
        OutcomeEvaluator(),
        FactsEvaluator(),
        FieldsEvaluator(),
        CitationEvaluator(supported_at=settings.supported_at),
        SupportEvaluator(supported_at=settings.supported_at),
        FindingEvaluator(k=settings.hits),
        ReviewEvaluator(),
        EffortEvaluator(),
    ]
    if made is not None:
        own += [made(one) for one in settings.evaluators]
    if model is not None:
        own += [
            Judge(
                model(one.model),
                name=one.name,
                asks=one.asks,
                budget_usd=one.budget_usd,
                timeout_s=one.timeout_s,
            )
            for one in settings.judges
        ]
    _refuse_twice(own)
    if made is not None and model is not None:
        _refuse_unknown(settings, [metric.name for metric in metrics_of(own)])
    return tuple(_Chosen.of(one, settings) for one in own if _is_wanted(one, settings))


def locator_of(
    document_at: Callable[[str], Document | None], *, cites_attachments: bool = False
) -> Callable[[Case], tuple[tuple[Wanted, ...], str]]:
    """Return what locates a case's evidence in the index: the places, or why there are none.

    Evidence in attachments is located in the case itself where the workflow cites them.
    """

    def located(case: Case) -> tuple[tuple[Wanted, ...], str]:
        targets, left_out = targets_of([case], document_at)
        if left_out:
            return (), left_out[0].reason
        in_documents = targets[0].wanted if targets else ()
        if case.expect.outcome != "answer" or not case.in_attachments:
            return in_documents, ""
        if not cites_attachments:
            return (), NOT_CITED
        attached, why = wanted_in_attachments(case)
        return ((*in_documents, *attached), "") if attached else ((), why)

    return located


NOT_CITED = "the case rests on an attachment, and output.cite_attachments is not set"


def seen_of(
    run: Run, case: Case | None, locate: Callable[[Case], tuple[tuple[Wanted, ...], str]]
) -> Observed:
    """Return a run as evaluators see it, with its case's evidence located."""
    if case is None:
        return Observed(run=run)
    wanted, why = locate(case)
    return Observed(run=run, case=case, wanted=wanted, unlocated=why)


def margins_of(settings: EvaluationSettings, metrics: Iterable[Metric]) -> Mapping[str, float]:
    """Return each metric's margin: the declared one, else its own."""
    declared = {name: one.margin for name, one in settings.metrics.items() if one.margin is not None}
    return {metric.name: declared.get(metric.name, metric.margin) for metric in metrics}


@dataclass(slots=True)
class _Chosen:
    """An evaluator with the declared margins, without the metrics that are left out."""

    evaluator: Evaluator
    metrics: tuple[Metric, ...]

    @classmethod
    def of(cls, evaluator: Evaluator, settings: EvaluationSettings) -> _Chosen:
        kept = [metric for metric in evaluator.metrics if metric.name not in settings.leave_out]
        margins = margins_of(settings, kept)
        return cls(evaluator, tuple(replace(metric, margin=margins[metric.name]) for metric in kept))

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        """Return the scores of the metrics that are kept."""
        kept = {metric.name for metric in self.metrics}
        return tuple(score for score in await self.evaluator.score(seen) if score.metric in kept)


def _is_wanted(evaluator: Evaluator, settings: EvaluationSettings) -> bool:
    return any(metric.name not in settings.leave_out for metric in evaluator.metrics)


def _refuse_twice(evaluators: Iterable[Evaluator]) -> None:
    names = [metric.name for evaluator in evaluators for metric in evaluator.metrics]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeclarationError(
            f"two evaluators have the metric {twice[0]}",
            stage="evaluation",
            move="Give one of them another name, or remove one.",
        )


def _refuse_unknown(settings: EvaluationSettings, known: list[str]) -> None:
    for name in (*settings.metrics, *settings.leave_out):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            move = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
            raise DeclarationError(f"there is no metric {name!r}", stage="evaluation", move=move)
