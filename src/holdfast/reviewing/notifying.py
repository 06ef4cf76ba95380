"""Tell people of cases and answers: each notice is a job per channel, tried until it is taken."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from holdfast.domain.reviews import Event, Notice, ReviewItem
from holdfast.engines.jobs import LocalJobEngine
from holdfast.reviewing.mailing import mail, recipients
from holdfast.reviewing.review import Review
from holdfast.reviewing.webhook import post
from holdfast.storage import decisions as kept
from holdfast.storage import review_queue
from holdfast.storage.jobs import JobRecords
from holdfast.telemetry.logs import log

HANDLER = "holdfast.reviewing.notifying:deliver"
ATTEMPTS = 10
BACKOFF_S = 15.0
"""Before the second attempt; doubled each time: the last comes about two hours after the first."""
_WORKING_FOR: ContextVar[Review] = ContextVar("holdfast_working_for")
_TITLES = {
    Event.OPENED: "A case waits for a person",
    Event.OVERDUE: "A case waits too long",
    Event.ANSWERED: "Your question has an answer",
    Event.CLOSED: "A case was closed: a document that it rests on was forgotten",
}


async def tell(review: Review, *, limit: int = 50) -> int:
    """Make the jobs of new notices, then work due ones, at most `limit`; return how many ran.

    Safe to call often, from several processes at once: a job is held by one of them.
    """
    if not review.settings.notify.channels:
        await asyncio.to_thread(note_overdue, review)
        return 0
    await asyncio.to_thread(_enqueue, review)
    engine = LocalJobEngine(
        JobRecords(review.database), handlers=(HANDLER,), attempts=ATTEMPTS, backoff_s=BACKOFF_S
    )
    token = _WORKING_FOR.set(review)
    try:
        return await engine.work(limit=limit)
    finally:
        _WORKING_FOR.reset(token)


def note_overdue(review: Review) -> None:
    """Give notice of the cases that wait longer than they should, once each."""
    with review.database.read() as connection:
        late = review_queue.overdue(connection, datetime.now(UTC))
    if not late:
        return
    with review.database.write() as connection:
        for run, to in late:
            kept.give_notice(connection, run, Event.OVERDUE, to=to)


def _enqueue(review: Review) -> None:
    note_overdue(review)
    with review.database.read() as connection:
        fresh = kept.unqueued(connection)
    engine = LocalJobEngine(JobRecords(review.database))
    for notice in fresh:
        for channel in review.settings.notify.channels:
            moment = notice.at.isoformat()
            arguments = {"notice": notice.id, "channel": channel, "at": moment}
            engine.enqueue(HANDLER, arguments, key=f"notice:{notice.id}:{channel}:{moment}")
        with review.database.write() as connection:
            kept.mark_queued(connection, notice)


def deliver(notice: str, channel: str, at: str) -> None:
    """Send one notice by one channel; the job's handler.

    One whose run is gone, or that was made fresh since, is not sent. Raises what the channel raises.
    """
    review = _WORKING_FOR.get()
    with review.database.read() as connection:
        found = kept.find_notice(connection, notice)
        item = None if found is None else review_queue.any_item(connection, found.run)
    if found is None or item is None or found.at.isoformat() != at:
        log("notice.dropped", notice=notice, channel=channel)
        return
    told, key = told_of(review, found, item), f"{notice}:{at}"
    settings = review.settings.notify
    if channel == "webhook" and settings.webhook is not None:
        post(settings.webhook, {name: value for name, value in told.items() if name != "lines"}, key=key)
    elif channel == "email" and settings.email is not None:
        to = recipients(settings.email, found.to, is_for_reviewers=found.event is not Event.ANSWERED)
        if not to:
            log("notice.nobody", "warning", notice=notice, channel=channel)
            return
        mail(settings.email, told, to, key=key)
    log("notice.sent", notice=notice, channel=channel)


def told_of(review: Review, notice: Notice, item: ReviewItem) -> dict[str, Any]:
    """Return what a notice says: never a word of the question, the draft or a document."""
    link = review.settings.notify.link.rstrip("/")
    page = "ask?run=" if notice.event is Event.ANSWERED else "review?case="
    url = f"{link}/{page}{notice.run}" if link else ""
    due = item.due_at.astimezone(UTC)
    lines = [f"{_TITLES[notice.event]}.", "", f"Workflow: {review.workflow}", f"Case: {notice.run}"]
    if notice.event is not Event.ANSWERED:
        owner = f"{item.owner}, substitute {item.substitute}" if item.substitute else item.owner
        lines += [f"Risk: {item.risk}", f"Due: {due:%Y-%m-%d %H:%M} UTC"]
        lines += [f"Owner: {owner}"] if owner else []
    lines += ["", url or f"See it with: holdfast review show {notice.run[:8]}"]
    return {
        "v": 1, "event": f"review.{notice.event.value}", "id": notice.id, "workflow": review.workflow,
        "run": notice.run, "to": notice.to or None, "title": _title(notice, item), "risk": item.risk,
        "cause": item.cause.value, "route": item.route or None, "owner": item.owner or None,
        "substitute": item.substitute or None, "due": due.isoformat(), "verdict": item.verdict or None,
        "at": notice.at.isoformat(), "url": url or None, "lines": lines,
    }  # fmt: skip


def _title(notice: Notice, item: ReviewItem) -> str:
    if notice.event in (Event.ANSWERED, Event.CLOSED):
        return _TITLES[notice.event]
    return f"{_TITLES[notice.event]} ({item.risk} risk, due {item.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
