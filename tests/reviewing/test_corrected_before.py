"""Whom an earlier correction is told, by what its run rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.reviewing.conftest import SAFETY, Make
from tests.storage.test_runs_records import with_document

from holdfast.domain.access import Principal
from holdfast.domain.reviews import Action
from holdfast.errors import UsageError
from holdfast.reviewing.corrected_before import corrected_before, decided_before
from holdfast.reviewing.review import Review
from holdfast.storage import knowledge
from holdfast.storage.runs import save_run
from holdfast.testing.records import run_of

QUESTION = "What happens with order 4711?"
ITEM = {"question": QUESTION}
ANA, BEN, LENA = Principal(user="ana"), Principal(user="ben"), Principal(user="lena")
DESK = Principal(user="dan", groups=frozenset({"desk"}))


def corrected(
    review: Review, *evidence: str, run: str = "r1", text: str = "It is sent on Monday.", **more: Any
) -> None:
    """Put a run on record that a reviewer answers in their own words."""
    ended = replace(run_of(run, question=QUESTION, **more), outcome=SAFETY)
    with review.database.write() as connection:
        save_run(connection, ended, evidence=evidence)
        review.admit(connection, ended)
    seen_by = Principal(user="lena", groups=frozenset({"desk"}))
    review.finish(run, seen_by, Action.EDIT, text=text)


def told(review: Review, principal: Principal) -> list[str]:
    return [one.text for one in corrected_before(review, ITEM, principal)]


def test_rows_of_a_lookup_are_closed_to_whom_its_access_list_leaves_out(make: Make) -> None:
    review = make()
    corrected(review, "lookup:orders")
    assert told(review, DESK) == ["It is sent on Monday."]
    assert told(review, ANA) == ["It is sent on Monday."]  # they asked for these rows themselves
    assert told(review, BEN) == []


def test_what_rests_on_nothing_is_told_only_to_who_asked_and_who_answered(make: Make) -> None:
    review = make()
    corrected(review)
    assert told(review, ANA) == told(review, LENA) == ["It is sent on Monday."]
    assert told(review, BEN) == []


def test_a_document_that_is_not_on_record_closes_what_rests_on_it(make: Make) -> None:
    review = make()
    with review.database.write() as connection:
        with_document(connection, "a.md", "everyone")
    with pytest.raises(UsageError, match="no case"):
        corrected(review, "gone.md")
    corrected(review, "a.md", run="r2")
    assert told(review, BEN) == []  # it is written, and not published yet
    with review.database.write() as connection:
        knowledge.publish(connection, 1)
    assert told(review, BEN) == ["It is sent on Monday."]


def test_a_case_is_not_told_of_itself_and_reviewers_see_every_verdict(make: Make) -> None:
    review = make()
    corrected(review)
    again = replace(run_of("r2", question=QUESTION), outcome=SAFETY)
    with review.database.write() as connection:
        save_run(connection, again, evidence=[])
        review.admit(connection, again)
    case = review.case("r2", LENA)
    assert [one.run for one in decided_before(review, case, LENA)] == ["r1"]
    review.finish("r2", LENA, Action.REJECT, category="other")
    assert [one.run for one in decided_before(review, review.case("r1", LENA), LENA)] == ["r2"]
    assert corrected_before(review, ITEM, ANA, but="r1") == ()


def test_it_can_be_turned_off(make: Make) -> None:
    corrected(make())
    assert told(make(same_question=0), ANA) == []
    with pytest.raises(ValueError, match=r"`same_question` is 0 \(off\) or from 0.5 to 1"):
        make(same_question=0.2)
