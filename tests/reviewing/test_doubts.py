"""What becomes of an outcome that who asked found wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from tests.reviewing.conftest import SAFETY, UNSURE, Make, ended

from holdfast.declaring.review import ReviewSettings
from holdfast.domain.access import Principal
from holdfast.domain.outcomes import Answer
from holdfast.domain.reviews import Action, Cause
from holdfast.errors import NotAllowed
from holdfast.reviewing.doubts import doubt_of, weigh
from holdfast.reviewing.review import Review
from holdfast.storage import audit
from holdfast.storage.runs import find_run, save_run
from holdfast.testing.records import run_of

ANA = Principal(user="ana")
LENA = Principal(user="lena", groups=frozenset({"leads"}))
SURE = Answer(text="35 Nm [1].", citations=(), confidence=0.9)


def wrong(review: Review, run: str = "r1", who: Principal = ANA, **more: Any) -> None:
    review.decide_own(run, who, Action.REJECT, category="wrong", words="it is 40 Nm", **more)


def helpful(review: Review) -> None:
    review.decide_own("r1", ANA, Action.ACCEPT)


def test_what_who_asked_found_wrong_is_a_case_with_their_words_and_a_notice(make: Make) -> None:
    review = make(risk="high")
    ended(review, "r1", SURE)
    assert review.queue(LENA).items == ()
    wrong(review)
    (item,) = review.queue(LENA).items
    assert (item.cause, item.risk, item.asker, item.owner) == (Cause.FOUND_WRONG, "high", "ana", "")
    doubt = doubt_of(review.case("r1", LENA).decisions, "ana")
    assert doubt is not None
    assert (doubt.category, doubt.words) == ("wrong", "it is 40 Nm")
    assert [one.run for one in review.notices(Principal(user=""))] == ["r1"]


def test_a_declaration_that_only_records_it_asks_nobody(make: Make) -> None:
    review = make(found_wrong="record")
    ended(review, "r1", SURE)
    wrong(review)
    assert review.queue(LENA).items == ()
    assert doubt_of(review.decisions("r1"), "ana") is not None
    with pytest.raises(ValidationError, match="'review' or 'record'"):
        ReviewSettings.model_validate({"found_wrong": "ignore"})


def test_one_run_is_one_case_however_often_it_is_found_wrong(make: Make) -> None:
    review = make()
    ended(review, "r1", UNSURE)
    review.claim("r1", LENA)
    wrong(review)
    wrong(review)
    (item,) = review.queue(LENA).items
    assert (item.cause, item.claimed_by) == (Cause.ESCALATION, "lena")


def test_a_change_of_mind_takes_the_case_back_as_long_as_nobody_holds_it(make: Make) -> None:
    review = make()
    ended(review, "r1", SURE)
    wrong(review)
    helpful(review)
    assert review.queue(LENA).items == ()
    assert review.notices(Principal(user="")) == ()
    with review.database.read() as connection:
        assert [one.thing for one in audit.entries(connection, action="review.withdraw")] == ["r1"]
    wrong(review)
    review.claim("r1", LENA)
    helpful(review)
    assert [one.claimed_by for one in review.queue(LENA).items] == ["lena"]
    review.finish("r1", LENA, Action.ACCEPT)
    helpful(review)
    assert [one.verdict for one in review.finished(LENA).items] == ["accept"]


def test_helpful_ends_no_case_that_came_in_another_way(make: Make) -> None:
    review = make()
    ended(review, "r1", UNSURE)
    helpful(review)
    assert [one.cause for one in review.queue(LENA).items] == [Cause.ESCALATION]


def test_a_finished_case_waits_again_and_is_finished_again_by_a_change_of_mind(make: Make) -> None:
    review = make(risks={"safety": "high"}, owners={"safety": "lena"})
    ended(review, "r1", SAFETY)
    review.finish("r1", LENA, Action.EDIT, text="Call safety.")
    wrong(review)
    (again,) = review.queue(LENA).items
    assert (again.cause, again.risk, again.owner) == (Cause.FOUND_WRONG, "high", "lena")
    assert again.opened_at <= again.due_at
    assert review.finished(LENA).items == ()
    assert [one.event.value for one in review.notices(LENA)] == ["opened"]
    with review.database.write() as connection:
        run = find_run(connection, "r1", ANA)
        assert run is not None
        weigh(connection, review.settings, run, ANA, Action.ACCEPT, at=datetime.now(UTC))
    (back,) = review.finished(LENA).items
    assert (back.verdict, back.done_by) == ("edit", "lena")
    wrong(review)
    review.finish("r1", LENA, Action.ACCEPT if review.case("r1", LENA).draft else Action.EDIT, text="Call.")
    assert len(review.finished(LENA).items) == 1


def test_nobody_elses_opinion_and_no_measured_run_makes_a_case(make: Make) -> None:
    review = make()
    ended(review, "r1", SURE)
    wrong(review, who=LENA)
    run = run_of("r2")
    run = replace(run, outcome=SURE, item=replace(run.item, origin="golden"))
    with review.database.write() as connection:
        save_run(connection, run, evidence=[])
    wrong(review, "r2")
    assert review.queue(LENA).items == ()


def test_who_asked_does_not_decide_the_case_that_they_made(make: Make) -> None:
    review = make()
    ended(review, "r1", SURE)
    wrong(review)
    with pytest.raises(NotAllowed, match="ana asked the case r1"):
        review.claim("r1", ANA)
