"""The JSON of `holdfast review` that other tools rely on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from holdfast.domain.cases import Case
from holdfast.domain.outputs import Record
from holdfast.domain.reviews import Finished, ReviewItem
from holdfast.reviewing.checks import failed_checks
from holdfast.reviewing.review import ReviewCase
from holdfast.reviewing.sources import shown_of
from holdfast.reviewing.verdicts import changes_to, record_of
from holdfast.storage.review_queue import Queue
from holdfast.storage.runs import StoredRun

VERSION = 1


def queue_json(queue: Queue, *, counts: Iterable[Finished] = (), held: Iterable[Case] = ()) -> dict[str, Any]:
    """Return cases of the review queue as `review --json` prints them."""
    return {
        "v": VERSION,
        "cases": [_item_json(item) for item in queue.items],
        "hidden": queue.hidden,
        "more": queue.more,
        "finished": [
            {
                "who": one.who, "accepted": one.accepted, "edited": one.edited, "rejected": one.rejected,
                "median_minutes": round(one.median_minutes, 1),
            }
            for one in counts
        ],
        "held": [{"case": one.id, "file": one.file, "written_by": one.written_by or None} for one in held],
    }  # fmt: skip


def decided_json(item: ReviewItem, *, golden: Case | None = None) -> dict[str, Any]:
    """Return a case after something was done with it, with the golden case that was made of it."""
    made = None if golden is None else {"case": golden.id, "file": golden.file, "held": golden.held}
    return {"v": VERSION, **_item_json(item), "golden": made}


def case_json(case: ReviewCase, *, golden: Iterable[Case] = ()) -> dict[str, Any]:
    """Return one case whole as `review show --json` prints it."""
    return {
        "v": VERSION,
        **_item_json(case.item),
        "fields": case.run.item["fields"],
        "attachments": list(case.run.item.get("attachments") or ()),
        "history": list(case.run.item.get("history") or ()),
        "draft": case.draft or None,
        **_record_json(record_of(case.run), prefix="draft_"),
        "reason": case.run.outcome.get("reason") or None,
        "citations": case.run.outcome.get("citations") or case.run.outcome.get("nearest") or [],
        "passages": [
            {
                "n": one.n, "document": one.document, "title": one.title, "text": one.text,
                "start": one.start, "quote": one.quote or None, "cited": one.is_cited,
                "locator": one.locator,
            }
            for one in shown_of(case.run)
        ],
        "failed_checks": list(failed_checks(case.run)),
        "decisions": [
            {
                "action": one.action.value, "who": one.who, "at": one.at.isoformat(),
                "text": one.text or None, "category": one.category or None,
                "words": one.words or None, "to": one.to or None, **_record_json(one.record),
                "changed": changes_json(case.run, one.record),
            }
            for one in case.decisions
        ],
        "golden": [{"case": one.id, "file": one.file, "held": one.held} for one in golden],
    }  # fmt: skip


def changes_json(run: StoredRun, record: Record | None) -> list[dict[str, Any]]:
    """Return which fields of the draft's record a person's record has otherwise."""
    changes = changes_to(run, record)
    return [{"field": one.path, "before": one.before, "after": one.after} for one in changes]


def _record_json(record: Record | None, prefix: str = "") -> dict[str, Any]:
    """Return a record and its citations; null and none where there is none."""
    cites = {path: list(numbers) for path, numbers in record.cites.items()} if record else {}
    return {f"{prefix}output": record.output if record else None, f"{prefix}cites": cites}


def _item_json(item: ReviewItem) -> dict[str, Any]:
    return {
        "run": item.run, "question": item.question, "outcome": item.kind, "asked_by": item.asker,
        "cause": item.cause.value, "risk": item.risk, "route": item.route or None,
        "confidence": round(item.confidence, 4), "opened_at": item.opened_at.isoformat(),
        "due_at": item.due_at.isoformat(), "owner": item.owner or None,
        "substitute": item.substitute or None, "state": item.state, "claimed_by": item.claimed_by or None,
        "claimed_until": item.claimed_until.isoformat() if item.claimed_until else None,
        "done_by": item.done_by or None, "done_at": item.done_at.isoformat() if item.done_at else None,
        "verdict": item.verdict or None, "category": item.category or None,
    }  # fmt: skip
