"""Tell a case of the queue in the reader's words: what it is, what it rests on, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from holdfast.domain.reviews import ReviewItem
from holdfast.errors import StorageError, UsageError
from holdfast.reviewing.review import Verdict, verdict_of
from holdfast.reviewing.sources import passages_of, sources_of
from holdfast.storage import review_queue
from holdfast.storage.runs import LOOKUP_PREFIX, StoredRun
from holdfast.web.numbering import numbering_of
from holdfast.web.rendering import query
from holdfast.web.telling import citation, place_of
from holdfast.web.visits import Visit

MOST_EVIDENCE = 12
MINUTES = 60
HOURS = 48
"""From so many minutes hours are told, from so many hours days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage beside a draft, its cited words apart."""

    n: int
    title: str
    document: str
    place: str
    before: str
    quote: str
    """Empty where nothing of it is cited."""
    after: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldReview:
    """What who asked is told of the review of their run."""

    title: str
    when: str
    text: str = ""
    words: str = ""
    sources: tuple[Mapping[str, Any], ...] = ()
    """What the marks of the text stand for, as a template shows citations."""


def told_review(visit: Visit, run: StoredRun) -> ToldReview | None:
    """Return how far the review of one's own run is, and note that its answer was seen; None without one."""
    review, run_id = visit.desk.flow.review, run.summary.id
    with review.database.read() as connection:
        item = review_queue.any_item(connection, run_id)
    if item is None:
        return None
    t = visit.t
    reply = verdict_of(run, review.decisions(run_id))
    if item.state == "done" and reply is not None:
        with suppress(StorageError):  # a disk that is full ends no reading: the answer is told again then
            review.seen(run_id, visit.principal)
        return _answered(visit, run, reply)
    title = t("reply.waits", to=item.owner or item.route or t("reply.reviewer"))
    return ToldReview(title=title, when=t("reply.due", at=t.moment(item.due_at)))


def _answered(visit: Visit, run: StoredRun, reply: Verdict) -> ToldReview:
    t = visit.t
    reasons = t.under("reason.")
    if not reply.text:
        why = reasons.get(reply.category, reply.category)
        return ToldReview(
            title=t("reply.rejected", who=reply.who), when=t.moment(reply.at),
            words=": ".join(filter(None, (why, reply.words))),
        )  # fmt: skip
    version, numbers = run.summary.index_version, numbering_of((reply.text,), ())
    return ToldReview(
        title=t("reply.answered", who=reply.who), when=t.moment(reply.at), text=numbers.text(reply.text),
        words=reply.words,
        sources=tuple(
            citation(visit, one, version, run=run.summary.id, numbers=numbers)
            for one in sources_of(run, reply.text)
        ),
    )  # fmt: skip


def told_due(visit: Visit, item: ReviewItem) -> str:
    """Return how long a case may still wait, or since when it is overdue."""
    left = item.due_at - datetime.now(UTC)
    return visit.t("review.overdue" if left < timedelta() else "review.left", span=_span(visit, abs(left)))


def told_age(visit: Visit, item: ReviewItem) -> str:
    """Return how long ago a case entered the queue."""
    return _span(visit, datetime.now(UTC) - item.opened_at)


def _span(visit: Visit, span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < MINUTES:
        return visit.t("span.minutes", n=max(0, minutes))
    hours = minutes // MINUTES
    return visit.t("span.hours", n=hours) if hours < HOURS else visit.t("span.days", n=hours // 24)


def evidence_of(visit: Visit, run: StoredRun) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """Return the passages that the draft cites, then the others that were in the prompt or found."""
    outcome = run.outcome or {}
    cited = list(outcome.get("citations") or ()) or list(outcome.get("nearest") or ())
    shown = passages_of(run)
    first = tuple(_cited(visit, one, shown, run.summary.index_version) for one in cited)
    places = {(one["document"], one["start"]) for one in shown for citation in cited if _holds(one, citation)}
    others = tuple(
        _passage(visit, one, 0, 0, run.summary.index_version)
        for one in shown
        if (one["document"], one["start"]) not in places
    )
    return first, others[:MOST_EVIDENCE]


def _holds(passage: Mapping[str, Any], citation: Mapping[str, Any]) -> bool:
    same = passage["document"] == citation["document"]
    return bool(same and passage["start"] <= citation["start"] and citation["end"] <= passage["end"])


def _cited(visit: Visit, citation: Mapping[str, Any], shown: list[dict[str, Any]], version: int) -> Passage:
    around = next((one for one in shown if _holds(one, citation)), None)
    start, end = citation["start"], citation["end"]
    if around is None or around["text"][start - around["start"] : end - around["start"]] != citation["quote"]:
        around = {**citation, "text": citation["quote"]}
    begin = start - around["start"]
    told = {**around, **{key: citation[key] for key in ("n", "title", "locator")}}
    return _passage(visit, told, begin, begin + len(citation["quote"]), version)


def _passage(visit: Visit, one: Mapping[str, Any], begin: int, end: int, version: int) -> Passage:
    document, text = one["document"], one["text"]
    title = one.get("title") or (one.get("metadata") or {}).get("title") or document
    span = {"start": one["start"] + begin, "end": one["start"] + (end or len(text))}
    where = query(path=document, at=version, **span)
    return Passage(
        n=one["n"], title=title, document=document, place=place_of(one.get("locator")),
        before=text[:begin], quote=text[begin:end], after=text[end:],
        href="" if document.startswith(LOOKUP_PREFIX) else f"{visit.home}/document?{where}#passage",
    )  # fmt: skip


def neighbours(visit: Visit, run: str) -> tuple[int, int, str]:
    """Return a case's place in the queue from 1 (0: not in it), how many wait, the next one's run."""
    try:
        waiting = visit.desk.flow.review.queue(visit.principal).items
    except UsageError:
        return 0, 0, ""
    runs = [one.run for one in waiting]
    at = runs.index(run) + 1 if run in runs else 0
    free = [one.run for one in waiting if one.run != run and one.claimed_by in ("", visit.principal.user)]
    behind = [one for one in free if one in runs[at:]]
    return at, len(runs), next(iter(behind or free), "")
