"""Tell a case of the queue in the reader's words: what it is, what it rests on, what became of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from holdfast.domain.items import is_attached
from holdfast.domain.reviews import Decision, ReviewItem
from holdfast.errors import UsageError
from holdfast.reviewing.record_sources import sources_of_verdict
from holdfast.reviewing.sources import Shown, shown_of
from holdfast.reviewing.support import Unsupported
from holdfast.reviewing.support import unsupported_by as unsupported
from holdfast.reviewing.verdicts import verdict_of
from holdfast.storage.runs import LOOKUP_PREFIX, StoredRun
from holdfast.web.laid_out import Block, blocks_of_passage
from holdfast.web.rendering import href_of_attached, query
from holdfast.web.telling import located, place_of
from holdfast.web.visits import Visit

MINUTES = 60
HOURS = 48
"""From so many minutes hours are told, from so many hours days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage beside a draft, laid out as its document's page is, its cited words marked."""

    n: int
    title: str
    document: str
    place: str
    blocks: list[Block]
    href: str


def told_due(visit: Visit, item: ReviewItem) -> str:
    """Return how long a case may still wait, or since when it is overdue."""
    left = item.due_at - datetime.now(UTC)
    return visit.t("review.overdue" if left < timedelta() else "review.left", span=_span(visit, abs(left)))


def told_span_left(visit: Visit, item: ReviewItem) -> str:
    """Return in a sentence how long a case may still wait, or since when it is overdue."""
    left = item.due_at - datetime.now(UTC)
    return visit.t("reply.late" if left < timedelta() else "reply.due", span=_span(visit, abs(left)))


def told_age(visit: Visit, item: ReviewItem) -> str:
    """Return how long ago a case entered the queue."""
    return _span(visit, datetime.now(UTC) - item.opened_at)


def _span(visit: Visit, span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < MINUTES:
        return visit.t("span.minutes", n=max(0, minutes))
    hours = minutes // MINUTES
    return visit.t("span.hours", n=hours) if hours < HOURS else visit.t("span.days", n=hours // 24)


def evidence_of(
    visit: Visit, run: StoredRun, decisions: Collection[Decision]
) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """Return the passages that were cited, in what was sent, too, or came nearest; then the others found."""
    sent = verdict_of(run, decisions)
    named = {one["n"]: one for one in (sources_of_verdict(run, sent) if sent else ())}
    told = []
    for one in shown_of(run):
        now = named.get(one.n)
        is_new = now is not None and not one.quote
        shown = replace(one, quote=now["quote"], quote_start=now["start"]) if now and is_new else one
        told.append((shown, _passage(visit, shown, run.summary.index_version)))
    first = tuple(passage for one, passage in told if one.quote)
    return first, tuple(passage for one, passage in told if not one.quote)


def _passage(visit: Visit, one: Shown, version: int) -> Passage:
    place, begin = located(one.locator), one.quote_start - one.start
    end = begin + len(one.quote)
    span = {"start": one.quote_start, "end": one.start + (end if one.quote else len(one.text))}
    above = f"{one.header}\n" if one.header else ""
    where = query(path=one.document, at=version, **span)
    href = "" if one.document.startswith(LOOKUP_PREFIX) else f"{visit.home}/document?{where}#passage"
    if is_attached(one.document):
        href = href_of_attached(one.document)
    return Passage(
        n=one.n, title=one.title, document=one.document, place=place_of(visit.t, place),
        blocks=blocks_of_passage(
            above + one.text, place, start=len(above) + begin, end=len(above) + end
        ),
        href=href,
    )  # fmt: skip


def unsupported_by(visit: Visit, run: StoredRun, sent: Decision | None) -> tuple[Unsupported, ...]:
    """Return what of an edit its sources do not say; it was sent all the same."""
    is_record = sent is not None and sent.record is not None
    shape = visit.desk.flow.review.shape if is_record else None
    return unsupported(visit.desk.flow.wiring.checker, run, sent, shape=shape.spec if shape else None)


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
