"""Who may review, what enters the queue, how a case ends, who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.reviewing.conftest import SAFETY, UNSURE, WEAK, Make, ended

from holdfast.declaring.review import ReviewSettings
from holdfast.domain.access import Principal
from holdfast.domain.outcomes import Answer, Refusal
from holdfast.domain.reviews import Action, Cause
from holdfast.errors import NotAllowed, UsageError
from holdfast.reviewing.admission import admission_of
from holdfast.reviewing.verdicts import verdict_of
from holdfast.storage import audit
from holdfast.storage.runs import save_run
from holdfast.testing.records import run_of

ANA = Principal(user="ana")
LENA = Principal(user="lena", groups=frozenset({"leads"}))
MARK = Principal(user="mark", groups=frozenset({"leads"}))


def test_escalations_and_answers_below_the_declared_confidence_enter_the_queue(make: Make) -> None:
    review = make(
        below=0.7, risks={"safety": "high"}, owners={"safety": "lena"}, substitutes={"lena": "mark"}
    )
    ended(review, "r1", WEAK)
    ended(review, "r2", SAFETY)
    ended(review, "r3", Answer(text="35 Nm", citations=(), confidence=0.7))
    ended(review, "r4", Refusal(text="no", reason="nothing"))
    first, second = review.queue(LENA).items
    assert (first.run, first.risk, first.cause) == ("r2", "high", Cause.ESCALATION)
    assert (first.owner, first.substitute, first.route) == ("lena", "mark", "safety")
    assert first.due_at - first.opened_at < timedelta(hours=4, seconds=1)
    assert (second.run, second.risk, second.cause, second.confidence) == (
        "r1", "low", Cause.LOW_CONFIDENCE, 0.6,
    )  # fmt: skip


def test_golden_cases_that_are_run_enter_no_queue(make: Make) -> None:
    review = make()
    run = run_of("r1")
    run = replace(run, outcome=SAFETY, item=replace(run.item, origin="golden"))
    with review.database.write() as connection:
        save_run(connection, run, evidence=[])
        review.admit(connection, run)
    assert review.queue(LENA).items == ()


@given(confidence=st.floats(0, 1), below=st.floats(0, 1))
def test_an_answer_is_reviewed_exactly_when_it_is_below(confidence: float, below: float) -> None:
    answer = Answer(text="x", citations=(), confidence=confidence)
    admitted = admission_of(ReviewSettings(below=below), answer, at=datetime.now(UTC))
    assert (admitted is not None) == (confidence < below)


def test_only_declared_reviewers_see_the_queue(make: Make) -> None:
    review = make(groups=["leads"])
    ended(review, "r1", UNSURE)
    assert review.queue(LENA).items
    for call in (
        lambda: review.queue(ANA),
        lambda: review.case("r1", ANA),
        lambda: review.claim("r1", ANA),
        lambda: review.finish("r1", ANA, Action.ACCEPT),
        lambda: review.finished(ANA),
        lambda: review.reassign("r1", ANA, to="ana"),
    ):
        with pytest.raises(NotAllowed, match=r"ana is no reviewer of desk. Reviewers are in leads"):
            call()


def test_nobody_decides_their_own_case_unless_it_is_declared(make: Make) -> None:
    review = make()
    ended(review, "r1", UNSURE)
    for call in (lambda: review.claim("r1", ANA), lambda: review.finish("r1", ANA, Action.ACCEPT)):
        with pytest.raises(
            NotAllowed, match=r"ana asked the case r1 and may not decide it.*own_cases: allow"
        ):
            call()
    assert review.case("r1", ANA).item.state == "open"
    assert review.finish("r1", LENA, Action.ACCEPT).done_by == "lena"


def test_a_declared_workflow_lets_one_person_ask_and_decide(make: Make) -> None:
    review = make(own_cases="allow")
    ended(review, "r1", UNSURE)
    assert review.claim("r1", ANA).claimed_by == "ana"
    assert review.finish("r1", ANA, Action.ACCEPT).done_by == "ana"


def test_rows_of_a_lookup_are_seen_by_its_access_list(make: Make) -> None:
    review = make()
    with review.database.write() as connection:
        run = replace(run_of("r1"), outcome=UNSURE)
        save_run(connection, run, evidence=["lookup:orders"])
        review.admit(connection, run)
    assert review.queue(LENA).hidden == 1
    at_the_desk = Principal(user="lena", groups=frozenset({"desk"}))
    assert review.case("r1", at_the_desk).draft == "35 Nm [1]."


def test_a_held_case_is_nobody_elses_until_it_is_let_go(make: Make) -> None:
    review = make()
    ended(review, "r1", UNSURE)
    assert review.claim("r1", LENA).claimed_by == "lena"
    for call in (
        lambda: review.claim("r1", MARK),
        lambda: review.finish("r1", MARK, Action.ACCEPT),
        lambda: review.reassign("r1", MARK, to="ines"),
        lambda: review.release("r1", MARK),
    ):
        with pytest.raises(NotAllowed, match="lena holds the case r1 until"):
            call()
    review.claim("r1", LENA)  # holds it for longer: no new claim
    with review.database.read() as connection:
        assert [(one.who, one.action) for one in audit.entries(connection)] == [("lena", "review.claim")]
    review.release("r1", LENA)
    assert review.reassign("r1", MARK, to="ines").owner == "ines"
    assert [one.event for one in review.notices(Principal(user="ines"))] == ["opened"]


def test_an_edit_is_sent_and_who_asked_is_told_until_they_look(make: Make) -> None:
    review = make()
    ended(review, "r1", UNSURE)
    done = review.finish("r1", LENA, Action.EDIT, text="24 Nm.", words="the size is M8")
    assert (done.state, done.done_by, done.verdict) == ("done", "lena", "edit")
    (told,) = review.notices(ANA)
    assert (told.run, told.event) == ("r1", "answered")
    case = review.case("r1", LENA)
    reply = verdict_of(case.run, case.decisions)
    assert reply is not None
    assert (reply.who, reply.text, reply.words) == ("lena", "24 Nm.", "the size is M8")
    review.seen("r1", ANA)
    assert review.notices(ANA) == ()
    with pytest.raises(NotAllowed, match="lena has finished the case r1"):
        review.finish("r1", MARK, Action.ACCEPT)
    with review.database.read() as connection:
        assert [(one.who, one.action) for one in audit.entries(connection)] == [("lena", "draft.edit")]


def test_an_approval_sends_the_draft_and_a_rejection_says_why(make: Make) -> None:
    review = make(categories=["outdated", "wrong"])
    for run in ("r1", "r2"):
        ended(review, run, UNSURE)
    review.finish("r1", LENA, Action.ACCEPT)
    review.finish("r2", LENA, Action.REJECT, category="outdated")
    replies = [
        verdict_of(case.run, case.decisions) for case in (review.case("r1", LENA), review.case("r2", LENA))
    ]
    assert [(one.text, one.category) for one in replies if one] == [("35 Nm [1].", ""), ("", "outdated")]
    (lena,) = review.counted()
    assert (lena.accepted, lena.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("action", "said", "words"),
    [
        (Action.EDIT, {}, "an edit has no text"),
        (Action.ACCEPT, {}, "there is no draft to accept"),
        (Action.REJECT, {"category": "boring"}, "Take one of wrong, incomplete"),
        (Action.HAND_OVER, {}, "hand_over ends no case"),
    ],
)
def test_a_decision_that_is_not_whole_changes_nothing(
    make: Make, action: Action, said: dict[str, str], words: str
) -> None:
    review = make()
    ended(review, "r1", SAFETY)
    with pytest.raises(UsageError, match=words):
        review.finish("r1", LENA, action, **said)
    (item,) = review.queue(LENA).items
    assert (item.state, review.decisions("r1")) == ("open", ())


def test_who_asked_may_hand_an_answer_over_and_again_after_it_was_decided(make: Make) -> None:
    review = make(groups=["leads"], risks={"safety": "high"})
    ended(review, "r1", Answer(text="35 Nm", citations=(), confidence=0.9))
    with pytest.raises(UsageError, match="no run 'r1' that ben may decide about"):
        review.hand_over("r1", Principal(user="ben"), to="safety")
    review.hand_over("r1", ANA, to="safety", words="is this so?")
    (item,) = review.queue(LENA).items
    assert (item.cause, item.risk, item.asker) == (Cause.HANDED_OVER, "high", "ana")
    review.finish("r1", LENA, Action.ACCEPT)
    review.hand_over("r1", ANA, to="safety")
    assert [one.state for one in review.queue(LENA).items] == ["open"]
    assert [one.action for one in review.decisions("r1")] == ["hand_over", "accept", "hand_over"]


def test_what_who_asked_decides_is_kept_and_finishes_nothing(make: Make) -> None:
    review = make(groups=["leads"])
    ended(review, "r1", UNSURE)
    review.decide_own("r1", ANA, Action.EDIT, text="34 Nm")
    (kept,) = review.decisions("r1")
    assert (kept.who, kept.text, kept.in_review) == ("ana", "34 Nm", False)
    assert len(review.queue(LENA).items) == 1
    case = review.case("r1", LENA)
    assert verdict_of(case.run, case.decisions) is None


def test_a_case_that_is_none_is_told(make: Make) -> None:
    with pytest.raises(UsageError, match="no case 'r9' in the queue that lena may see"):
        make().claim("r9", LENA)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"substitutes": {"lena": "mark"}}, "owns no route"),
        ({"categories": ["a", "a"]}, "must differ"),
        ({"notify": {"webhook": {"url": "http://example.com/hook"}}}, "https"),
        ({"notify": {"webhook": {"url": "https://me:secret@example.com/hook"}}}, "user or password"),
        ({"notify": {"email": {"host": "mail.example.com", "sender": "a@b.c", "security": "none"}}}, "none"),
        ({"notify": {"email": {"host": "mail.example.com", "sender": "a@b.c", "user": "a"}}}, "together"),
    ],
)
def test_a_declaration_of_review_that_cannot_be_meant_is_refused(
    settings: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        ReviewSettings.model_validate(settings)
