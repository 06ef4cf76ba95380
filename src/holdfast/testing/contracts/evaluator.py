"""The laws of an Evaluator."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest

from holdfast.domain.cases import Expectation, ExpectedField, Fact
from holdfast.domain.observed import Observed
from holdfast.domain.outcomes import Answer, Escalation, Outcome, Question, Refusal
from holdfast.domain.scores import Score
from holdfast.protocols import Evaluator
from holdfast.testing.contracts.samples import ODD_TEXTS, shown
from holdfast.testing.observing import a_run, answered, observed, wanted

EXPECT = Expectation(
    outcome="answer",
    facts=(Fact(number=24, unit="Nm"), Fact(text="bolts")),
    must_not_state=("42 Nm",),
    fields={"torque": ExpectedField(value=24, compare="number")},
)
HALF = 0.5 + 1e-9
OUTCOMES: tuple[Outcome, ...] = (
    answered(),
    Answer(text="", citations=(), confidence=0.0),
    Question(text="Which bolts?", reason="there are two"),
    Refusal(text="No.", reason="it is not held"),
    Escalation(text="Handed over.", reason="high risk", draft="24 Nm"),
)


class EvaluatorContract:
    """Override `part`."""

    @pytest.fixture
    def part(self) -> Evaluator:
        """Return the evaluator under test."""
        raise NotImplementedError("override the fixture `part`: return an Evaluator")

    def test_every_metric_says_what_it_is(self, part: Evaluator) -> None:
        """Its name is its own, and a line tells a person what it measures."""
        names = [metric.name for metric in part.metrics]
        assert names
        assert len(set(names)) == len(names)
        assert all(metric.says and metric.margin >= 0 for metric in part.metrics)

    @pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda one: type(one).__name__)
    def test_every_metric_gets_one_score(self, part: Evaluator, outcome: Outcome) -> None:
        """With a finite value, or None with the reason; with a case or without."""
        seen = observed(outcome, expect=EXPECT, wanted=(wanted("24 Nm"),))
        for one in (seen, replace(seen, case=None, wanted=())):
            _check(part, one)

    def test_a_run_without_stages_is_no_failure(self, part: Evaluator) -> None:
        """A rule may have decided before anything was looked for."""
        _check(part, observed(expect=EXPECT, run=a_run(stages=()), wanted=(wanted("24 Nm"),)))

    @pytest.mark.parametrize("text", ODD_TEXTS, ids=shown)
    def test_no_text_is_too_odd(self, part: Evaluator, text: str) -> None:
        """Whatever a model writes, and whatever its output holds."""
        outcome = Answer(text=text, citations=(), confidence=0.5, output={"torque": [text, None, math.nan]})
        _check(part, observed(outcome, expect=EXPECT, wanted=(wanted("24 Nm"),)))

    def test_the_same_run_gets_the_same_score(self, part: Evaluator) -> None:
        """Where the metric says that it is deterministic."""
        fixed = {metric.name for metric in part.metrics if metric.is_deterministic}
        seen = observed(expect=EXPECT, wanted=(wanted("24 Nm"),))
        first, second = ([one for one in _scores(part, seen) if one.metric in fixed] for _ in range(2))
        assert first == second


def _check(part: Evaluator, seen: Observed) -> None:
    units = {metric.name: metric.unit for metric in part.metrics}
    given = _scores(part, seen)
    assert sorted(one.metric for one in given) == sorted(units)
    for one in given:
        if one.value is None:
            assert one.why
        else:
            assert math.isfinite(one.value)
            assert units[one.metric] != "share" or abs(one.value - 0.5) <= HALF


def _scores(part: Evaluator, seen: Observed) -> tuple[Score, ...]:
    return asyncio.run(part.score(seen))
