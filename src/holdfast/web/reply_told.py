"""Tell who asked what became of their run with people: where it waits, what was sent in its place."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from holdfast.casework import cases_seen_by
from holdfast.correcting import cases_of_run
from holdfast.domain.cases import Case
from holdfast.domain.reviews import FORGOTTEN, Action, Cause, ReviewItem
from holdfast.errors import HoldfastError, StorageError
from holdfast.reviewing.record_sources import sources_of_verdict
from holdfast.reviewing.verdicts import Verdict, verdicts_of
from holdfast.storage import review_queue
from holdfast.storage.runs import StoredRun
from holdfast.web.people import Right
from holdfast.web.record_told import Changed, changes_of
from holdfast.web.rendering import query
from holdfast.web.review_told import told_span_left
from holdfast.web.telling import citation
from holdfast.web.visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a reviewer sent in the place of an outcome."""

    state: str
    """How the case stands by it, in a word."""
    by: str
    text: str
    """Empty where there is no answer to give."""
    words: str
    folded: str
    """What is said of the outcome that it took the place of."""
    sources: tuple[Mapping[str, Any], ...] = ()
    """What the marks of the text stand for, as a template shows citations."""
    changed: tuple[Changed, ...] = ()
    """Of an edited record: what it has otherwise than the draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A golden case that was made of a run."""

    id: str
    state: str
    """Whether it waits for a second person, or who confirmed it."""
    href: str
    """Empty for those who may not open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldReply:
    """How far people are with a run."""

    sent: Sent | None = None
    """The newest."""
    earlier: tuple[Sent, ...] = ()
    """Newest first."""
    standing: str = ""
    """In a word; empty: as the run ended."""
    waits: str = ""
    """Where it waits now, and how long it may."""
    golden: tuple[Made, ...] = ()
    """Golden cases that were made of it, as far as who is here may see their evidence."""


def told_reply(visit: Visit, run: StoredRun) -> ToldReply | None:
    """Return how far people are with a run, and note that who is here has seen it; None where none looked."""
    review, run_id = visit.desk.flow.review, run.summary.id
    with review.database.read() as connection:
        item = review_queue.any_item(connection, run_id)
    if item is None:
        return None
    found = [_sent(visit, run, one) for one in reversed(verdicts_of(run, review.decisions(run_id)))]
    if item.state == "done":
        with suppress(StorageError):  # a disk that is full ends no reading: the answer is told again then
            review.seen(run_id, visit.principal)
    told = ToldReply(
        sent=found[0] if found else None, earlier=tuple(found[1:]),
        standing=standing(visit, item, run.summary.kind),
        waits=visit.t("reply.forgotten") if item.verdict == FORGOTTEN
        else told_waiting(visit, item) if item.state != "done" else "",
    )  # fmt: skip
    return replace(told, golden=_golden(visit, run_id)) if found else told


def told_waiting(visit: Visit, item: ReviewItem) -> str:
    """Return with whom a case waits and how long it may."""
    t, desk = visit.t, item.route or item.owner
    if item.cause is Cause.FOUND_WRONG:
        return told_doubt(visit, item)
    name = "reply.handed" if item.cause is Cause.HANDED_OVER and desk else "reply.waits"
    return f"{t(name, to=desk or t('reply.reviewer'))} {told_span_left(visit, item)}"


def told_doubt(visit: Visit, item: ReviewItem) -> str:
    """Return that a reviewer looks at what who asked found wrong, and how long it may take."""
    return f"{visit.t('reply.doubted')} {told_span_left(visit, item)}"


def standings(visit: Visit, runs: Mapping[str, str]) -> dict[str, str]:
    """Return in a word what people made of runs, by run; `runs` are their kinds.

    A run that nobody decided about, or whose answer was found right, stands as it ended: it is left out.
    """
    with visit.desk.flow.wiring.database.read() as connection:
        items = review_queue.items_of(connection, tuple(runs))
    found = {run: standing(visit, item, runs[run]) for run, item in items.items()}
    return {run: state for run, state in found.items() if state}


def standing(visit: Visit, item: ReviewItem, kind: str) -> str:
    """Return in a word what people made of a run, empty where it stands as it ended."""
    if item.state != "done":
        if item.cause is Cause.FOUND_WRONG:
            return visit.t("standing.doubted")
        return visit.t.kind("escalation") if item.cause is Cause.HANDED_OVER else ""
    if item.verdict == Action.ACCEPT and kind == "answer":
        return ""
    if item.verdict == FORGOTTEN:
        return visit.t("standing.forgotten")
    return _state(visit, Action(item.verdict), kind)


def _state(visit: Visit, action: Action, kind: str) -> str:
    if action is Action.REJECT:
        return visit.t("standing.rejected")
    return visit.t("standing.corrected" if kind == "answer" else "standing.answered")


def _sent(visit: Visit, run: StoredRun, reply: Verdict) -> Sent:
    t, reasons = visit.t, visit.t.under("reason.")
    by = t("reply.by", who=reply.who, at=t.moment(reply.at))
    version = run.summary.index_version
    why = reasons.get(reply.category, reply.category) if reply.action is Action.REJECT else ""
    is_kept = reply.action is Action.ACCEPT and run.summary.kind == "answer"
    return Sent(
        state=t("standing.confirmed") if is_kept else _state(visit, reply.action, run.summary.kind),
        by=by if reply.text else f"{by}: {t('reply.rejected', who=reply.who)}",
        text=reply.text, words=": ".join(filter(None, (why, reply.words))),
        folded=t(f"reply.folded.{reply.action.value}", who=reply.who),
        changed=changes_of(run, reply.record) if _was_given(visit, run) else (),
        sources=tuple(
            citation(visit, one, version, run=run.summary.id, numbers=None)
            for one in sources_of_verdict(run, reply)
        ),
    )  # fmt: skip


def _was_given(visit: Visit, run: StoredRun) -> bool:
    """Return whether who is here may compare: a draft that was handed over is no answer to who asked."""
    return run.summary.kind == "answer" or visit.person.may(Right.DECIDE)


def _golden(visit: Visit, run_id: str) -> tuple[Made, ...]:
    wiring = visit.desk.flow.wiring
    try:
        made = cases_seen_by(wiring, cases_of_run(wiring, run_id), visit.principal)
    except HoldfastError:
        return ()  # the Review page says what is wrong with the golden files
    may_open = visit.person.may(Right.SEE_QUALITY)
    return tuple(
        Made(
            id=one.id, state=told_state(visit, one),
            href=f"{visit.home}/golden?{query(case=one.id)}" if may_open else "",
        )
        for one in made
    )  # fmt: skip


def told_state(visit: Visit, case: Case) -> str:
    """Return whether a golden case waits for a second person, or who confirmed it."""
    if case.held:
        return visit.t("golden.waits")
    return (
        visit.t("golden.confirmed", who=case.confirmed_by) if case.confirmed_by else visit.t("golden.counted")
    )
