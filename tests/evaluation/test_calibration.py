"""A threshold is chosen only where the cases show that the budget holds."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.cases import Expectation, Fact
from holdfast.domain.checks import Checks, Claim
from holdfast.domain.outcomes import Question, Refusal
from holdfast.domain.prompts import Reply
from holdfast.domain.runs import StageRecord
from holdfast.domain.stages import Stage
from holdfast.evaluation.calibration import (
    Point,
    answers_needed,
    calibration_error,
    choose,
    reliability,
    risk_coverage,
    upper_bound,
)
from holdfast.evaluation.confidence import confidences_of
from holdfast.stages.deciding.settings import DecidingSettings
from holdfast.testing.observing import a_run, answered, cited, observed, wanted

POINTS = st.lists(
    st.builds(Point, case=st.just("a"), confidence=st.floats(0, 1), is_right=st.booleans()), max_size=40
)


def points(confidence: float, right: int, wrong: int) -> list[Point]:
    """Return replies of one confidence."""
    return [Point(case="a", confidence=confidence, is_right=at < right) for at in range(right + wrong)]


def test_the_bound_is_clopper_and_pearson_s() -> None:
    assert upper_bound(0, 10) == pytest.approx(0.2589, abs=1e-4)  # 1 - .05 ** (1 / 10)
    assert upper_bound(1, 100) == pytest.approx(0.0466, abs=1e-4)
    assert upper_bound(10, 10) == upper_bound(0, 0) == 1.0


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.5, 0.99))
def test_the_bound_lies_above_the_share_and_grows_with_the_level(
    wrong: int, count: int, level: float
) -> None:
    wrong = min(wrong, count)
    assert (
        wrong / count
        <= upper_bound(wrong, count, level=level)
        <= upper_bound(wrong, count, level=0.995) + 1e-9
    )


def test_so_many_answers_are_needed() -> None:
    assert answers_needed(0.02) == 149
    assert upper_bound(0, 149) <= 0.02 < upper_bound(0, 148)
    assert answers_needed(1.0) == 1
    with pytest.raises(ValueError, match="above 0"):
        answers_needed(0)


def test_bins_and_their_error() -> None:
    found = reliability([*points(0.9, 9, 1), *points(0.15, 0, 10), *points(1.0, 10, 0)])
    assert [(one.count, one.right) for one in found] == [(10, 0.0), (20, 0.95)]
    assert calibration_error(points(0.9, 9, 1)) == pytest.approx(0)
    assert calibration_error(points(0.9, 0, 10)) == pytest.approx(0.9)
    assert calibration_error([]) is None


@given(POINTS)
def test_the_curve_goes_down_in_threshold_and_up_in_coverage(some: list[Point]) -> None:
    curve = risk_coverage(some)
    assert all(one.threshold > other.threshold for one, other in pairwise(curve))
    assert all(one.count < other.count for one, other in pairwise(curve))
    assert not some or curve[-1].coverage == 1
    assert all(one.risk <= one.upper for one in curve)


def test_the_lowest_threshold_that_is_shown_is_chosen() -> None:
    some = [*points(0.9, 100, 0), *points(0.7, 100, 0), *points(0.4, 5, 95)]
    choice = choose(some, budget=0.05)
    assert choice.answered is not None
    assert choice.answered.threshold == 0.7
    assert (choice.answered.count, choice.answered.wrong) == (200, 0)


def test_what_cannot_be_shown_is_not_chosen_and_says_what_is_needed() -> None:
    few = choose(points(0.9, 30, 0), budget=0.02)
    assert few.answered is None
    assert few.reason == (
        "149 answers are needed to show this budget at 95%, and there are 30; 30 without a wrong one would show 9.5%"
    )
    bad = choose(points(0.9, 150, 50), budget=0.02)
    assert bad.answered is None
    assert "50 of 200 answers are wrong" in bad.reason
    assert choose([], budget=0.02).answered is None


def test_a_chosen_threshold_breaks_its_budget_as_seldom_as_the_level_says() -> None:
    chance, broken, rounds = random.Random(7), 0, 200
    for _ in range(rounds):
        drawn = [chance.random() for _ in range(200)]
        some = [Point(case="a", confidence=c, is_right=chance.random() < 0.7 + 0.3 * c) for c in drawn]
        choice = choose(some, budget=0.1)
        if choice.answered is not None:
            t = choice.answered.threshold
            true_risk = 0.3 * (1 - (1 + t) / 2)  # the mean of 0.3 (1 - c) for c between t and 1
            broken += true_risk > 0.1
    assert broken / rounds <= 0.05 + 0.025


def checked(answerability: float, *, own: bool = True, **more: object) -> tuple[StageRecord, ...]:
    """Return the records of a reply that was checked."""
    text = "Tighten the bolts to 24 Nm [1]."
    reply = Reply(text=text, model="m", answerability=answerability if own else None)
    values: dict[str, object] = {
        "claims": (Claim(text=text, start=0, end=len(text), cites=(1,), support=0.8),),
        "citations": (cited("Tighten the bolts to 24 Nm."),), "support": 0.8, "answerability": answerability,
    }  # fmt: skip
    checks = Checks(**(values | more))  # type: ignore[arg-type]
    made = ((Stage.GENERATION, reply), (Stage.CHECKING, checks))
    return tuple(StageRecord(stage=stage, part="t:P", given=(), made=one, took_ms=1) for stage, one in made)


def test_a_reply_that_was_held_back_tells_of_confidence_too() -> None:
    refused = Refusal(text="Not sure.", reason="below answer_at")
    expect = Expectation(outcome="answer", facts=(Fact(number=24, unit="Nm"),))
    seen = observed(expect=expect, run=a_run(refused, stages=checked(0.4)))
    found = confidences_of([seen], DecidingSettings())
    assert found.points == {"deciding.answer_at": (Point(case="bolts", confidence=0.4, is_right=True),)}
    written = observed(expect=expect, run=a_run(refused, stages=checked(0.4, own=False)))
    (point,) = confidences_of([written], DecidingSettings()).points["deciding.support_at"]
    assert point.confidence == 0.8


def test_right_is_what_the_case_expects() -> None:
    def is_right(expect: Expectation, *evidence: str) -> bool:
        places = tuple(wanted(quote) for quote in evidence)
        seen = observed(expect=expect, run=a_run(answered(), stages=checked(0.9)), wanted=places)
        return confidences_of([seen], DecidingSettings()).points["deciding.answer_at"][0].is_right

    assert not is_right(Expectation(outcome="refusal"))
    assert not is_right(Expectation(outcome="answer", facts=(Fact(text="42 Nm"),)))
    assert is_right(Expectation(outcome="answer"), "24 Nm")
    assert not is_right(Expectation(outcome="answer"), "after 50 h")


def test_what_tells_nothing_is_left_out_with_the_reason() -> None:
    expect = Expectation(outcome="answer", facts=(Fact(text="24 Nm"),))
    asked = Question(text="Which?", reason="several")
    runs = {
        "a rule decided": a_run(stages=()),
        "asks back": a_run(asked, stages=checked(0.9)),
        "cites nothing": a_run(stages=checked(0.9, citations=())),
        "below deciding.support_at": a_run(stages=checked(0.9, support=0.1)),
        "gave no answer": a_run(stages=checked(0.9, claims=())),
    }
    for told, run in runs.items():
        found = confidences_of([observed(expect=expect, run=run)], DecidingSettings())
        assert not found.points
        assert told in found.left_out[0][1]
    bare = observed(expect=replace(expect, facts=()), run=a_run(stages=checked(0.9)))
    assert "neither facts nor evidence" in confidences_of([bare], DecidingSettings()).left_out[0][1]
