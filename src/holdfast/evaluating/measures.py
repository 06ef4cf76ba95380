"""What an opened workflow's runs are measured by: its evaluators, and the limits of its gate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from holdfast.app import Wiring
from holdfast.casework import cites_attachments, documents_at
from holdfast.declaring.evaluation import JudgeSettings
from holdfast.domain.cases import Case
from holdfast.domain.documents import Document
from holdfast.domain.observed import Observed, Wanted
from holdfast.domain.runs import Run
from holdfast.domain.scores import Metric, Score
from holdfast.evaluating.laboratory import ScoreRun
from holdfast.evaluation.experiments.comparing import Rules
from holdfast.evaluation.experiments.measuring import cluster_of
from holdfast.evaluation.gate.family import Limit
from holdfast.evaluation.gate.verdict import LEVEL
from holdfast.evaluation.scoring.composing import locator_of
from holdfast.evaluation.scoring.judging import Judge, judge_agreement, may_gate
from holdfast.evaluation.scoring.kappa import Agreement
from holdfast.evaluation.scoring.labels import labelled_in
from holdfast.evaluation.scoring.scoring import metrics_of, score_run
from holdfast.protocols import Evaluator
from holdfast.storage import counters

OF_A_STAGE = (
    "recall@{k}", "mrr@{k}", "ndcg@{k}", "context_recall", "citation_valid", "citation_precision",
    "citation_coverage", "unsupported_answer", "escalation_right",
)  # fmt: skip
"""Metrics that tell how a stage does, or part of what another tells: shown, and judged where the declaration
names them under `evaluation.metrics`. Each metric that is judged makes every interval wider."""


NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Metrics in their order, how a run is scored in them, and how the gate judges them."""

    metrics: tuple[Metric, ...]
    evaluators: tuple[Evaluator, ...]
    limits: Mapping[str, Limit]
    level: float = LEVEL
    shown_only: Collection[str] = field(default=())
    """Metrics that the gate does not judge: judges that were not shown to agree with people."""
    notes: tuple[str, ...] = ()

    def rules(self, cases: Collection[Case] = (), *, names: Mapping[str, str] = NO_NAMES) -> Rules:
        """Return how the gate judges these cases: which are dear, which fail together."""
        return Rules(
            metrics=self.metrics,
            limits=self.limits,
            high_risk=frozenset(names.get(case.id, case.id) for case in cases if case.is_high_risk),
            clusters={names.get(case.id, case.id): cluster_of(case) for case in cases},
            level=self.level,
            shown_only=frozenset(self.shown_only),
        )

    def score_with(self, wiring: Wiring, cases: Sequence[Case]) -> ScoreRun:
        """Return what scores runs of these cases, their evidence looked up in the wiring's documents."""
        locate = _locator(wiring, cases)
        located: dict[str, tuple[tuple[Wanted, ...], str]] = {}

        async def score(case: Case, run: Run, first_sentence_s: float | None) -> Sequence[Score]:
            if case.id not in located:
                located[case.id] = locate(case)
            wanted, why = located[case.id]
            seen = Observed(
                run=run, case=case, wanted=wanted, unlocated=why, first_sentence_s=first_sentence_s
            )
            return await score_run(self.evaluators, seen)

        return score


def measures_of(wiring: Wiring) -> Measures:
    """Return what the declaration asks for, judges shown only; raise DeclarationError, NotAllowed."""
    settings = wiring.settings.evaluation
    evaluators = wiring.evaluators
    limits = {
        name: Limit(margin=one.margin, when_unclear=one.when_unclear)
        for name, one in settings.metrics.items()
    }
    judges = {judge.name for judge in settings.judges}
    parts = {*(name.format(k=settings.hits) for name in OF_A_STAGE)} - limits.keys()
    return Measures(
        metrics=metrics_of(evaluators), evaluators=evaluators, limits=limits, shown_only=judges | parts
    )


async def measures_with_judges(wiring: Wiring) -> Measures:
    """Return the measures with those judges in the gate that agree with people as far as is declared.

    A judge is asked about its labels once for each state of judge and labels; the agreement is on record
    then. Raises ProviderError when it cannot be asked, UsageError for labels that cannot be read.
    """
    agreements = {
        judge.name: await _agreement(wiring, judge)
        for judge in wiring.settings.evaluation.judges
        if judge.labels
    }
    return _gated(wiring, agreements)


def measures_on_record(wiring: Wiring) -> Measures:
    """Return the same without asking a judge: one whose agreement is not on record yet is shown only."""
    agreements: dict[str, Agreement] = {}
    for judge in wiring.settings.evaluation.judges:
        kept = _remembered(wiring, _name_of(wiring, judge)) if judge.labels else None
        if kept is not None:
            agreements[judge.name] = kept
    return _gated(wiring, agreements)


def _gated(wiring: Wiring, agreements: Mapping[str, Agreement]) -> Measures:
    found = measures_of(wiring)
    refused, notes = set(found.shown_only), list[str]()
    for judge in wiring.settings.evaluation.judges:
        refused.discard(judge.name)
        agreement = agreements.get(judge.name)
        why = may_gate(judge.name, agreement, least=judge.agreement)
        if why:
            refused.add(judge.name)
            notes.append(f"shown, not judged: {why}")
        elif agreement is not None and agreement.interval is not None:
            low, high = agreement.interval
            notes.append(
                f"{judge.name} agrees with people by kappa {agreement.kappa:.2f} [{low:.2f}, {high:.2f}]"
            )
    return Measures(
        metrics=found.metrics, evaluators=found.evaluators, limits=found.limits,
        shown_only=frozenset(refused), notes=tuple(notes),
    )  # fmt: skip


async def _agreement(wiring: Wiring, settings: JudgeSettings) -> Agreement:
    name = _name_of(wiring, settings)
    kept = _remembered(wiring, name)
    if kept is not None:
        return kept
    judge = Judge(
        wiring.answer_parts(settings.model).ladder[0].model, name=settings.name, asks=settings.asks,
        budget_usd=settings.budget_usd, timeout_s=settings.timeout_s,
    )  # fmt: skip
    found, _ = await judge_agreement(judge, labelled_in(wiring.folder / settings.labels))
    with wiring.database.write() as connection:
        values = {name: getattr(found, name) for name in type(found).__dataclass_fields__}
        counters.remember(connection, name, json.dumps(values))
    return found


def _name_of(wiring: Wiring, settings: JudgeSettings) -> str:
    """Return under what name a judge's agreement is kept: another for every state of judge and labels."""
    labelled = labelled_in(wiring.folder / settings.labels)
    told = json.dumps([settings.model_dump(mode="json"), [repr(one) for one in labelled]])
    return f"judge:{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _remembered(wiring: Wiring, name: str) -> Agreement | None:
    with wiring.database.read() as connection:
        kept = counters.remembered(connection, name)
    if not kept:
        return None
    values = json.loads(kept)
    interval = values.pop("interval")
    return Agreement(**values, interval=tuple(interval) if interval else None)


def _locator(wiring: Wiring, cases: Sequence[Case]) -> Callable[[Case], tuple[tuple[Wanted, ...], str]]:
    """Return what finds a case's evidence among the documents that the case's principal may see."""
    documents = documents_at(wiring, {one.document for case in cases for one in case.in_documents})

    def located(case: Case) -> tuple[tuple[Wanted, ...], str]:
        def document_at(path: str) -> Document | None:
            there = documents.get(path, [])
            return next((one for one in there if one.access.allows(case.principal)), next(iter(there), None))

        return locator_of(document_at, cites_attachments=cites_attachments(wiring))(case)

    return located
