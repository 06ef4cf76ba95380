"""Tell a case of the queue in the reader's words: what it is, what it rests on, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from holdfast.domain.reviews import FORGOTTEN, ReviewItem
from holdfast.errors import StorageError, UsageError
from holdfast.reviewing.review import Verdict, verdict_of
from holdfast.reviewing.sources import Shown, shown_of, sources_of
from holdfast.storage import review_queue
from holdfast.storage.runs import LOOKUP_PREFIX, StoredRun
from holdfast.web.rendering import query
from holdfast.web.telling import citation, place_of
from holdfast.web.visits import Visit

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
    if item.verdict == FORGOTTEN:
        return ToldReview(title=t("reply.forgotten"), when=t.moment(item.done_at or item.opened_at))
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
    version = run.summary.index_version
    return ToldReview(
        title=t("reply.answered", who=reply.who), when=t.moment(reply.at), text=reply.text,
        words=reply.words,
        sources=tuple(citation(visit, one, version) for one in sources_of(run, reply.text)),
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
    """Return the passages that the draft cites or that came nearest, then the others that were found."""
    told = [(one, _passage(visit, one, run.summary.index_version)) for one in shown_of(run)]
    first = tuple(passage for one, passage in told if one.quote)
    return first, tuple(passage for one, passage in told if not one.quote)


def _passage(visit: Visit, one: Shown, version: int) -> Passage:
    begin = one.quote_start - one.start
    end = begin + len(one.quote)
    span = {"start": one.quote_start, "end": one.start + (end if one.quote else len(one.text))}
    where = query(path=one.document, at=version, **span)
    return Passage(
        n=one.n, title=one.title, document=one.document, place=place_of(one.locator),
        before=one.text[:begin], quote=one.quote, after=one.text[end:],
        href="" if one.document.startswith(LOOKUP_PREFIX) else f"{visit.home}/document?{where}#passage",
    )  # fmt: skip


def neighbours(visit: Visit, run: str) -> tuple[int, int, str]:
    """Return a case's place in the queue from 1 (0: not in it), how many wait, the next one's run."""
    try:
        waiting = visit.desk.flow.review.queue(visit.principal).items
    except UsageError:
        return 0, 0, ""
    runs = [one.run for one in waiting]
    at = runs.index(run) + 1 if run in runs else 0
    review = visit.desk.flow.review
    free = [
        one.run
        for one in waiting
        if one.run != run
        and one.claimed_by in ("", visit.principal.user)
        and not review.is_closed_to(one, visit.principal)
    ]
    behind = [one for one in free if one in runs[at:]]
    return at, len(runs), next(iter(behind or free), "")
