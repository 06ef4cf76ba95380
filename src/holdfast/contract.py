"""The JSON that other tools rely on: one function per shape (docs/command-line.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from holdfast.diagnosis.why import Nearest, Why
from holdfast.domain.attempts import Attempt
from holdfast.domain.checks import Citation
from holdfast.domain.hits import Hit, Leg, Retrieved
from holdfast.domain.indexing import LeakTest, SyncReport
from holdfast.domain.items import WorkItem
from holdfast.domain.locators import Locator
from holdfast.domain.outcomes import Answer, Escalation, Outcome, Question, Refusal, citations_of, kind_of
from holdfast.domain.reviews import EarlierCorrection
from holdfast.domain.runs import Run
from holdfast.erasing import Erasable, Erased
from holdfast.storage.forgetting import Forgotten
from holdfast.storage.runs import RunSummary, StoredRun

VERSION = 1
MOST_HIDDEN = 200
"""Documents with hidden text that `sync --json` lists, the most important ones."""


def ask_json(run: Run, *, with_id: bool = False) -> dict[str, Any]:
    """Return a run as `ask --json` prints it; `with_id` adds the item's id, for many items."""
    outcome = run.outcome
    shown: dict[str, Any] = {"v": VERSION, "run": run.id}
    if with_id:
        shown["id"] = id_json(run.item)
    return shown | {
        "outcome": kind_of(outcome),
        "text": outcome.text,
        "output": outcome.output if isinstance(outcome, Answer) else None,
        "cites": {path: list(numbers) for path, numbers in outcome.cites.items()}
        if isinstance(outcome, Answer)
        else {},
        "reason": outcome.reason,
        "confidence": round(outcome.confidence, 4),
        "citations": [citation_json(citation) for citation in citations_of(outcome)],
        **_hand_over(outcome),
        "model": run.model,
        "degraded": run.degraded or None,
        "fallback": run.fallback or None,
        "usage": {
            "input_tokens": run.usage.input_tokens,
            "output_tokens": run.usage.output_tokens,
            "cost_usd": run.known_cost_usd,
        },
        "stages": [
            {"stage": record.stage.value, "took_ms": round(record.took_ms, 2)} for record in run.stages
        ],
        "corrected_before": [_correction_json(one) for one in run.corrected_before],
    }


def _correction_json(one: EarlierCorrection) -> dict[str, Any]:
    return {
        "run": one.run, "by": one.who, "at": one.at.isoformat(), "text": one.text,
        "same_words": one.is_same_words, "citations": [citation_json(cited) for cited in one.citations],
        "changed": list(one.changed), "superseded": list(one.superseded), "output": one.output,
    }  # fmt: skip


def id_json(item: WorkItem) -> str | int | float:
    """Return an item's id as it was given: a number that was written as one comes back as one."""
    if not item.has_number:
        return item.id
    number: int | float = json.loads(item.id)
    return number


def _hand_over(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Escalation):
        drafted = {"draft": outcome.draft, "draft_output": outcome.output}
        return {"route": outcome.route, "contact": outcome.contact, **drafted}
    if isinstance(outcome, Question):
        return {"options": list(outcome.options)}
    if isinstance(outcome, Refusal):
        return {"nearest": [citation_json(citation) for citation in outcome.nearest]}
    return {}


def citation_json(citation: Citation) -> dict[str, Any]:
    """Return one citation."""
    return {
        "n": citation.n,
        "document": citation.document,
        "title": citation.title,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "page": citation.locator.page,
        "section": section_of(citation.locator),
        "locator": str(citation.locator),
    }


def section_of(locator: Locator) -> str | None:
    """Return the heading path in one line, or None."""
    return " > ".join(locator.heading) or None


def search_json(retrieved: Retrieved) -> dict[str, Any]:
    """Return hits as `search --json` prints them."""
    shown: dict[str, Any] = {"v": VERSION, "hits": [_hit_json(hit) for hit in retrieved.hits]}
    return shown | {"degraded": retrieved.degraded or None}


def _hit_json(hit: Hit) -> dict[str, Any]:
    return {
        "document": hit.document,
        "chunk": hit.ordinal,
        "page": hit.locator.page,
        "section": section_of(hit.locator),
        "score": round(hit.score, 6),
        "text": hit.text,
        "legs": _legs_json(hit.legs),
    }


def sync_json(report: SyncReport) -> dict[str, Any]:
    """Return what a sync did as `sync --json` prints it."""
    return {
        "v": VERSION,
        "documents": {
            "added": report.added,
            "updated": report.updated,
            "removed": report.removed,
            "unchanged": report.unchanged,
            "failed": report.failed,
        },
        "access_changed": report.access_changed,
        "chunks": report.chunks,
        "index_version": report.index_version,
        "problems": [
            {"document": problem.document, "stage": problem.stage, "reason": problem.reason}
            for problem in report.problems
        ],
        "notices": list(report.notices),
        "doubts": [
            {
                "document": one.document,
                "claim": one.claim,
                "words": one.words,
                "why": one.why,
                "nearest": one.nearest,
                "nearest_title": one.nearest_title,
            }
            for one in report.doubts
        ],
        "hidden": {
            "documents": len(report.hidden),
            "listed": [
                {"document": one.document, "characters": {**one.characters}}
                for one in report.hidden[:MOST_HIDDEN]
            ],
        },
        "leak_test": _leak_test_json(report.leak_test),
        "embedding": {
            "run": report.run,
            "calls": report.spending.calls,
            "input_tokens": report.spending.usage.input_tokens,
            "cost_usd": report.spending.cost_usd,
        },
        "took_s": round(report.took_s, 3),
    }


def _leak_test_json(test: LeakTest | None) -> dict[str, Any] | None:
    if test is None:
        return None
    return {"canaries": test.canaries, "askers": test.askers, "took_ms": round(test.took_ms, 1)}


def why_json(why: Why) -> dict[str, Any]:
    """Return what became of a document as `why --json` prints it."""
    stopped = why.stopped_by
    return {
        "v": VERSION,
        "document": why.document,
        "question": why.question,
        "user": why.principal.user,
        "groups": sorted(why.principal.groups),
        "stopped_by": stopped.name if stopped else None,
        "because": stopped.says if stopped else None,
        "move": stopped.move if stopped else None,
        "steps": [{"step": step.name, "holds": step.holds, "says": step.says} for step in why.steps],
        "chunk": None if why.nearest is None else _nearest_json(why.nearest, with_text=why.is_visible),
        "outcome": why.outcome or None,
    }


def _nearest_json(nearest: Nearest, *, with_text: bool) -> dict[str, Any]:
    hit, fused = nearest.hit, nearest.fused
    return {
        "chunk": hit.ordinal,
        "start": hit.start,
        "end": hit.end,
        "page": hit.locator.page,
        "section": section_of(hit.locator) if with_text else None,
        "text": hit.text if with_text else None,
        "legs": _legs_json(nearest.legs),
        "fused": None if fused is None else {"rank": fused.rank, "score": round(fused.score, 6)},
        "reranked": nearest.reranked,
        "passage": nearest.passage,
    }


def _legs_json(legs: Mapping[str, Leg]) -> dict[str, Any]:
    return {name: {"rank": leg.rank, "score": round(leg.score, 6)} for name, leg in sorted(legs.items())}


def forget_json(erased: Erased, planned: Erasable | int) -> dict[str, Any]:
    """Return what was forgotten and what was searched as `forget --json` prints it."""
    gone, person, searched = erased.documents, erased.person, erased.searched
    counts = _gone_json(gone) if gone else _gone_json(Forgotten(runs=person.runs if person else 0))
    return planned_json(planned) | {
        "forgotten": {**counts, "audit_entries": person.audit if person else 0},
        "searched": {
            "pieces": searched.pieces,
            "records": searched.records,
            "files": searched.files,
            "bytes": searched.bytes,
        },
        "left": list(searched.left),
        "notes": list(erased.notes),
    }


def planned_json(planned: Erasable | int) -> dict[str, Any]:
    """Return what would be forgotten as `forget --dry-run --json` prints it; a number counts runs."""
    if isinstance(planned, int):
        return {
            "v": VERSION,
            "planned": _gone_json(Forgotten(runs=planned)) | {"cases": [], "reviews": [], "blocked": None},
            "forgotten": None,
        }
    reviews = [
        {"run": one.run, "holder": one.holder or None, "owner": one.owner or None, "asked_by": one.asker}
        for one in planned.takes.waiting
    ]
    told = {"cases": list(planned.cases), "reviews": reviews, "blocked": planned.blocked or None}
    return {"v": VERSION, "planned": _gone_json(planned.takes) | told, "forgotten": None}


def _gone_json(gone: Forgotten) -> dict[str, int]:
    return {
        "documents": len(gone.documents),
        "revisions": gone.revisions,
        "chunks": gone.chunks,
        "vectors": gone.vectors,
        "runs": gone.runs,
    }


def runs_json(summaries: tuple[RunSummary, ...], hidden: int) -> dict[str, Any]:
    """Return a list of runs as `runs --json` prints it."""
    return {"v": VERSION, "runs": [_summary_json(summary) for summary in summaries], "hidden": hidden}


def run_json(run: StoredRun) -> dict[str, Any]:
    """Return one run, stage by stage, as `runs RUN --json` prints it."""
    return {
        "v": VERSION,
        "run": _summary_json(run.summary),
        "item": run.item,
        "outcome": run.outcome,
        "stages": [
            {
                "stage": stage.stage,
                "part": stage.part,
                "given": stage.given,
                "made": stage.made,
                "took_ms": round(stage.took_ms, 3),
                "cost_usd": stage.cost_usd,
                "error": stage.error or None,
            }
            for stage in run.stages
        ],
        "attempts": [_attempt_json(attempt) for attempt in run.attempts],
    }


def _attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "model": attempt.model,
        "purpose": attempt.purpose,
        "number": attempt.number,
        "status": attempt.status,
        "error": attempt.error or None,
        "returned_model": attempt.returned_model or None,
        "input_tokens": attempt.usage.input_tokens,
        "output_tokens": attempt.usage.output_tokens,
        "cached_tokens": attempt.usage.cached_tokens,
        "written_tokens": attempt.usage.written_tokens,
        "searches": attempt.usage.searches,
        "is_estimated": attempt.is_estimated,
        "is_batch": attempt.is_batch,
        "cost_usd": attempt.cost_usd,
        "saved_usd": attempt.saved_usd,
        "took_ms": round(attempt.took_ms, 3),
        "first_token_ms": attempt.first_token_ms,
    }


def _summary_json(summary: RunSummary) -> dict[str, Any]:
    return {
        "run": summary.id,
        "id": summary.item_id,
        "question": summary.question,
        "outcome": summary.kind,
        "model": summary.model,
        "degraded": summary.degraded or None,
        "fallback": summary.fallback or None,
        "user": summary.user,
        "version": summary.version,
        "index_version": summary.index_version,
        "cost_usd": summary.cost_usd,
        "started_at": summary.started_at.isoformat(),
        "took_ms": round(summary.took_ms, 2),
        "origin": summary.origin,
    }
