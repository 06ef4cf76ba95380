"""A declared share of production runs is scored, without what needs an expectation."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from holdfast.declaring.evaluation import EvaluationSettings
from holdfast.evaluating.online import score_runs
from holdfast.evaluation.scoring.composing import evaluators_of
from holdfast.evaluation.scoring.online import is_sampled
from holdfast.testing.observing import a_run

OWN = evaluators_of(EvaluationSettings())


def test_runs_are_scored_by_what_needs_no_expectation() -> None:
    found = asyncio.run(score_runs(OWN, [a_run()]))
    names = {score.metric for score in found["run-1"]}
    assert {"support", "citation_valid", "citation_coverage", "latency", "cost"} <= names
    assert names.isdisjoint({"outcome_right", "facts_stated", "recall@10", "evidence_cited", "fields_right"})


def test_the_sample_is_the_declared_share() -> None:
    picked = sum(is_sampled(f"run-{n}", 0.1) for n in range(2_000))
    assert 150 <= picked <= 250


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_sample_holds_the_smaller_one(run_id: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert is_sampled(run_id, large) or not is_sampled(run_id, small)
    assert is_sampled(run_id, 1.0)
    assert not is_sampled(run_id, 0.0)
