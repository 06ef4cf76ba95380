"""The review of one workflow: its queue, claims, decisions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from holdfast.declaring.review import ReviewSettings
from holdfast.domain.access import AccessList, Principal
from holdfast.domain.outputs import Record
from holdfast.domain.reviews import (
    FINISHING,
    FORGOTTEN,
    Action,
    Cause,
    Decision,
    Event,
    Finished,
    Notice,
    ReviewItem,
)
from holdfast.domain.runs import Run
from holdfast.errors import NotAllowed, UsageError
from holdfast.reviewing.admission import admission_of, admission_to
from holdfast.reviewing.doubts import MEASURED, weigh
from holdfast.reviewing.records import Cites, record_of_edit
from holdfast.reviewing.sources import check_marks
from holdfast.reviewing.verdicts import draft_of
from holdfast.reviewing.whole import check_whole
from holdfast.stages.generation.output import Shape
from holdfast.storage import audit, review_queue
from holdfast.storage import decisions as kept
from holdfast.storage.database import Database
from holdfast.storage.gists import keep_gist
from holdfast.storage.review_figures import CLAIM
from holdfast.storage.review_queue import Queue
from holdfast.storage.runs import LOOKUP_PREFIX, StoredRun, find_run

STAGE = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """A case with all that a reviewer needs: the question, the draft, its evidence, what was decided."""

    item: ReviewItem
    run: StoredRun
    decisions: tuple[Decision, ...]

    @property
    def draft(self) -> str:
        """Return the text that `accept` would send; empty where the workflow wrote none."""
        return draft_of(self.run)


class Review:
    """The queue of one workflow with its rules; its calls block on the database."""

    def __init__(
        self,
        database: Database,
        settings: ReviewSettings,
        *,
        workflow: str,
        lookups: Mapping[str, AccessList],
        shape: Callable[[], Shape | None] = lambda: None,
    ) -> None:
        """Take the records, the rules and, for records as answers, what returns their declared shape."""
        self.database = database
        self.settings = settings
        self.workflow = workflow
        self._lookups = lookups
        self._shape = shape

    @property
    def shape(self) -> Shape | None:
        """Return the declared output, None where answers are text; raises what its own model raises."""
        return self._shape()

    # --- who may review ---

    def may_review(self, principal: Principal) -> bool:
        """Return whether the declaration lets this person review."""
        return not self.settings.groups or not principal.entries.isdisjoint(self.settings.groups)

    def needs_reviewer(self, principal: Principal) -> None:
        """Raise NotAllowed for somebody whom the declaration does not let review."""
        if not self.may_review(principal):
            raise NotAllowed(
                f"{principal.user} is no reviewer of {self.workflow}",
                stage=STAGE,
                move=f"Reviewers are in {', '.join(self.settings.groups)} (review.groups in workflow.yaml).",
            )

    def is_closed_to(self, item: ReviewItem, principal: Principal) -> bool:
        """Return whether somebody else has to decide a case, as the principal asked it."""
        return item.asker == principal.user and self.settings.own_cases == "refuse"

    def _refuse_own(self, item: ReviewItem, principal: Principal) -> None:
        if item.state != "done" and self.is_closed_to(item, principal):
            raise NotAllowed(
                f"{principal.user} asked the case {item.run[:8]} and may not decide it",
                stage=STAGE,
                move="Let another reviewer decide it; `review: {own_cases: allow}` in workflow.yaml lets one "
                "person do both.",
            )

    def seen_lookups(self, principal: Principal) -> Collection[str]:
        """Return the lookups (`lookup:NAME`) whose access list lets the principal in."""
        return [f"{LOOKUP_PREFIX}{name}" for name, one in self._lookups.items() if one.allows(principal)]

    # --- what enters the queue ---

    def admit(self, connection: sa.Connection, run: Run) -> None:
        """Put a run that has just ended into the queue if a person has to look at it, with its notice."""
        now = datetime.now(UTC)
        admission = admission_of(self.settings, run.outcome, at=now)
        if admission is None or run.item.origin in MEASURED:
            return
        if review_queue.admit(connection, run.id, run.item.principal.user, admission):
            kept.give_notice(connection, run.id, Event.OPENED, to=admission.owner)

    def hand_over(self, run_id: str, principal: Principal, *, to: str, words: str = "") -> str:
        """Put a run of one's own (as a reviewer: of anybody's) into the queue; return its whole id.

        `to` is a declared route or a name. Raises UsageError when there is no such run to be seen.
        """
        if not to.strip():
            raise UsageError("a hand-over names nobody", stage=STAGE, move="Name who takes over.")
        now = datetime.now(UTC)
        with self.database.write() as connection:
            run = self._run(connection, run_id, principal)
            admission = admission_to(self.settings, to.strip(), cause=Cause.HANDED_OVER, at=now)
            asker = run.summary.user
            self._keep(
                connection, run.summary.id, principal, Action.HAND_OVER, at=now, to=to.strip(), words=words
            )
            if review_queue.admit(connection, run.summary.id, asker, admission):
                kept.give_notice(connection, run.summary.id, Event.OPENED, to=admission.owner)
        return run.summary.id

    # --- looking ---

    def queue(self, principal: Principal, *, limit: int = 200) -> Queue:
        """Return the cases that wait and that the principal may see now: highest risk, then oldest, first."""
        self.needs_reviewer(principal)
        with self.database.read() as connection:
            return review_queue.waiting(
                connection, principal, lookups=self.seen_lookups(principal), limit=limit
            )

    def finished(self, principal: Principal, *, limit: int = 50) -> Queue:
        """Return the cases that were finished, newest first."""
        self.needs_reviewer(principal)
        with self.database.read() as connection:
            return review_queue.finished(
                connection, principal, lookups=self.seen_lookups(principal), limit=limit
            )

    def case(self, run_id: str, principal: Principal) -> ReviewCase:
        """Return one case whole; raise UsageError when there is none that the principal may see."""
        self.needs_reviewer(principal)
        with self.database.read() as connection:
            return self._case(connection, run_id, principal)

    def counted(self, *, since: datetime | None = None) -> tuple[Finished, ...]:
        """Return who finished how much since a moment."""
        with self.database.read() as connection:
            return review_queue.counted(connection, since=since)

    # --- holding a case ---

    def claim(self, run_id: str, principal: Principal) -> ReviewItem:
        """Hold a case for `claim_minutes`; raise NotAllowed when another holds it or it is done."""
        self.needs_reviewer(principal)
        with self.database.write() as connection:
            item = self._case(connection, run_id, principal).item
            self._refuse_own(item, principal)
            self._claim(connection, item.run, principal)
            if item.claimed_by != principal.user:
                audit.append(connection, who=principal.user, action=CLAIM, thing=item.run)
            return self._case(connection, item.run, principal).item

    def release(self, run_id: str, principal: Principal) -> ReviewItem:
        """Let go of a case; raise NotAllowed when it is not held by the principal."""
        self.needs_reviewer(principal)
        with self.database.write() as connection:
            item = self._case(connection, run_id, principal).item
            if not review_queue.release(connection, item.run, principal.user):
                raise _not_held(item, principal)
            return self._case(connection, item.run, principal).item

    def reassign(self, run_id: str, principal: Principal, *, to: str, words: str = "") -> ReviewItem:
        """Make somebody else the owner, who is told; the note stays with the case.

        Raises NotAllowed when another holds the case.
        """
        self.needs_reviewer(principal)
        if not to.strip():
            raise UsageError("nobody is named", stage=STAGE, move="Name the new owner.")
        with self.database.write() as connection:
            run = self._case(connection, run_id, principal).item.run
            self._claim(connection, run, principal)
            substitute = self.settings.substitutes.get(to, "")
            review_queue.reassign(connection, run, principal.user, owner=to.strip(), substitute=substitute)
            kept.give_notice(connection, run, Event.OPENED, to=to.strip())
            given = Decision(
                run=run, who=principal.user, action=Action.HAND_OVER, at=datetime.now(UTC), to=to.strip(),
                words=words,
            )  # fmt: skip
            kept.keep_decision(connection, given)
            audit.append(connection, who=principal.user, action="review.reassign", thing=run, detail=to)
            return self._case(connection, run, principal).item

    def _claim(self, connection: sa.Connection, run: str, principal: Principal) -> None:
        until = datetime.now(UTC) + timedelta(minutes=self.settings.claim_minutes)
        if not review_queue.claim(connection, run, principal.user, until=until.timestamp()):
            raise _not_held(self._case(connection, run, principal).item, principal)

    # --- deciding ---

    def finish(
        self,
        run_id: str,
        principal: Principal,
        action: Action,
        *,
        text: str = "",
        output: Any = None,
        cites: Cites | None = None,
        category: str = "",
        words: str = "",
        unasked: bool = False,
    ) -> ReviewItem:
        """End a case: accept and edit send an answer to who asked, a rejection says why there is none.

        Claims it first, where nobody else holds it. With `unasked` a run that nobody handed over counts as
        a case as well, and one that was finished is decided anew. `output` is the record of an edit, `cites`
        which passages its fields stand in. Raises NotAllowed when another does or it is done, UsageError when
        the decision is not whole, and RecordMisfits when a record does not fit.
        """
        self.needs_reviewer(principal)
        if action not in FINISHING:
            raise UsageError(f"{action.value} ends no case", stage=STAGE, move="Accept, edit or reject it.")
        now, record = datetime.now(UTC), self._record(run_id, principal, action, text, output, cites)
        text = record.text if record is not None else text
        with self.database.write() as connection:
            if unasked:
                self._open(connection, run_id, principal, at=now)
            case = self._case(connection, run_id, principal)
            self._refuse_own(case.item, principal)
            self._claim(connection, case.item.run, principal)
            check_whole(action, self.settings, text=text, category=category, draft=case.draft, record=record)
            check_marks(case.run, text if action is Action.EDIT else "")
            run = case.item.run
            review_queue.finish(connection, run, principal.user, verdict=action, category=category)
            keep_gist(connection, run, case.run.item)
            self._keep(
                connection, run, principal, action, at=now, text=text, category=category, words=words,
                in_review=True, record=record,
            )  # fmt: skip
            kept.end_notice(connection, run, Event.OPENED)
            kept.give_notice(connection, run, Event.ANSWERED, to=case.item.asker)
            return self._case(connection, run, principal).item

    def _open(self, connection: sa.Connection, run_id: str, principal: Principal, *, at: datetime) -> None:
        """Make a waiting case of a run, where it is none yet; nobody is told that it waits."""
        run = self._run(connection, run_id, principal).summary
        if not review_queue.reopen(connection, run.id):
            admission = admission_to(self.settings, "", cause=Cause.CORRECTED, at=at)
            review_queue.admit(connection, run.id, run.user, admission)

    def decide_own(
        self,
        run_id: str,
        principal: Principal,
        action: Action,
        *,
        text: str = "",
        output: Any = None,
        cites: Cites | None = None,
        category: str = "",
        words: str = "",
    ) -> str:
        """Keep what somebody decided about a draft outside of the queue; return the run's whole id.

        What who asked found wrong so comes into the queue, unless the declaration only records it. Raises as
        `finish` does.
        """
        now, record = datetime.now(UTC), self._record(run_id, principal, action, text, output, cites)
        text = record.text if record is not None else text
        with self.database.write() as connection:
            run = self._run(connection, run_id, principal)
            check_whole(
                action, self.settings, text=text, category=category, draft=draft_of(run), record=record
            )
            self._keep(
                connection, run.summary.id, principal, action, at=now, text=text, category=category,
                words=words, record=record,
            )  # fmt: skip
            weigh(connection, self.settings, run, principal, action, at=now)
        return run.summary.id

    def _record(
        self, run_id: str, principal: Principal, action: Action, text: str, output: Any, cites: Cites | None
    ) -> Record | None:
        """Return the record that an edit sends; held against its shape before anything is locked."""
        if action is not Action.EDIT:
            return None
        with self.database.read() as connection:
            run = find_run(connection, run_id, principal, lookups=self.seen_lookups(principal))
            if run is None:
                return None  # what decides about it says so
            decided = kept.decisions_on(connection, run.summary.id)
        return record_of_edit(self.shape, run, decided, text=text, output=output, cites=cites)

    def _keep(
        self,
        connection: sa.Connection,
        run: str,
        principal: Principal,
        action: Action,
        *,
        at: datetime,
        **said: Any,
    ) -> None:
        kept.keep_decision(connection, Decision(run=run, who=principal.user, action=action, at=at, **said))
        detail = said.get("category") or said.get("to") or ""
        audit.append(connection, who=principal.user, action=f"draft.{action.value}", thing=run, detail=detail)

    # --- what became of it ---

    def decisions(self, run: str) -> tuple[Decision, ...]:
        """Return what was decided about a run that the caller found visible, oldest first."""
        with self.database.read() as connection:
            return kept.decisions_on(connection, run)

    def notices(self, principal: Principal) -> tuple[Notice, ...]:
        """Return what the principal is to be told and has not seen, newest first."""
        with self.database.read() as connection:
            return kept.notices_to(connection, principal.user)

    def still_open(self, runs: Collection[str]) -> frozenset[str]:
        """Return which of these runs wait for a person."""
        with self.database.read() as connection:
            found = review_queue.items_of(connection, runs)
        return frozenset(run for run, item in found.items() if item.state != "done")

    def seen(self, run: str, principal: Principal) -> None:
        """Note that the principal has looked at a run."""
        with self.database.write() as connection:
            kept.mark_seen(connection, run, principal.user)

    def _run(self, connection: sa.Connection, run_id: str, principal: Principal) -> StoredRun:
        """Return a run of the principal's own, or as a reviewer anybody's that they may see."""
        asked_by = "" if self.may_review(principal) else principal.user
        found = find_run(
            connection, run_id, principal, asked_by=asked_by, lookups=self.seen_lookups(principal)
        )
        if found is None:
            raise UsageError(
                f"there is no run {run_id!r} that {principal.user} may decide about",
                stage=STAGE,
                move="`holdfast runs` lists them.",
            )
        return found

    def _case(self, connection: sa.Connection, run_id: str, principal: Principal) -> ReviewCase:
        lookups = self.seen_lookups(principal)
        item = review_queue.find_item(connection, run_id, principal, lookups=lookups)
        run = None
        if item is not None:
            run = find_run(connection, item.run, principal, lookups=lookups)
        if item is None or run is None:
            raise UsageError(
                f"there is no case {run_id!r} in the queue that {principal.user} may see",
                stage=STAGE,
                move="`holdfast review` lists them.",
            )
        return ReviewCase(item=item, run=run, decisions=kept.decisions_on(connection, item.run))


def _not_held(item: ReviewItem, principal: Principal) -> NotAllowed:
    if item.verdict == FORGOTTEN:
        what = f"the case {item.run[:8]} was closed, as a document that it rests on was forgotten"
        move = "Take the next one."
    elif item.state == "done":
        what, move = f"{item.done_by} has finished the case {item.run[:8]}", "Take the next one."
    elif item.claimed_by and item.claimed_until:
        until = f"{item.claimed_until.astimezone():%H:%M}"
        what, move = f"{item.claimed_by} holds the case {item.run[:8]} until {until}", "Take another one."
    else:
        what, move = f"{principal.user} does not hold the case {item.run[:8]}", "Claim it first."
    return NotAllowed(what, stage=STAGE, move=move)
