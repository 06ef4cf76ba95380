"""Tell a case of the queue in the reader's words: what it is, what it rests on, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from holdfast.domain.reviews import ReviewItem
from holdfast.errors import UsageError
from holdfast.reviewing.review import ReviewCase, verdict_of
from holdfast.reviewing.sources import passages_of, sources_of
from holdfast.storage.runs import LOOKUP_PREFIX
from holdfast.web.rendering import query
from holdfast.web.telling import place_of
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


def evidence_of(visit: Visit, case: ReviewCase) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """Return the passages that what was sent or the draft cites, then others in the prompt or found."""
    run, outcome = case.run, case.run.outcome or {}
    cited = list(outcome.get("citations") or ()) or list(outcome.get("nearest") or ())
    sent = verdict_of(run, case.decisions)
    named = sources_of(run, sent.text if sent else "")
    cited = [*named, *(one for one in cited if one["n"] not in {new["n"] for new in named})]
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
