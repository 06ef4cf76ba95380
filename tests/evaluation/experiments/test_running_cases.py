"""Cases side by side, made of fakes: what is counted, kept, stopped and left for later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Expectation
from holdfast.domain.experiments import CaseRun
from holdfast.domain.runs import Run, StageRecord
from holdfast.domain.scores import Score
from holdfast.domain.stages import Stage
from holdfast.errors import (
    BreakerOpen,
    BudgetExhausted,
    DeadlineOver,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    StorageError,
)
from holdfast.evaluation.experiments.patience import Patience, may_pass
from holdfast.evaluation.experiments.running import (
    STOP_AFTER,
    Desk,
    Job,
    Progress,
    Worked,
    provider_failure,
    run_cases,
)
from holdfast.testing.records import an_attempt, run_of


def cases(count: int) -> list[Job]:
    return [
        Job(case=Case(id=f"c{n}", question="How much?", principal=Principal(user="ana"), expect=Expectation(outcome="answer")), digest="d")
        for n in range(count)
    ]  # fmt: skip


@dataclass
class Office:
    """A desk of fakes that writes down what it was asked and what it kept."""

    answer: Callable[[Case], Run] = lambda case: replace(run_of(case.id), cost_usd=0.01)
    kept: list[CaseRun] = field(default_factory=list)
    under_way: int = 0
    most: int = 0

    def desk(self) -> Desk:
        async def keep(row: CaseRun) -> None:
            self.kept.append(row)

        async def work(job: Job) -> Worked:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(0)
            self.under_way -= 1
            return Worked(run=self.answer(job.case), keep=keep)

        async def score(case: Case, run: Run, first: float | None) -> Sequence[Score]:
            return (Score(metric="right", value=1.0),)

        return Desk(work=work, score=score, keep_unrun=keep)


def raising(error: Exception, *, of: set[str] | None = None) -> Callable[[Case], Run]:
    def answer(case: Case) -> Run:
        if of is None or case.id in of:
            raise error
        return replace(run_of(case.id), cost_usd=0.01)

    return answer


def test_every_case_is_kept_once_and_no_more_are_under_way_than_may_be() -> None:
    office, told = Office(), list[Progress]()
    tally = asyncio.run(run_cases(cases(30), office.desk(), at_once=4, progress=told.append))
    assert sorted(row.case for row in office.kept) == sorted(job.case.id for job in cases(30))
    assert office.most == 4
    assert tally.cost_usd == pytest.approx(0.3)
    assert (told[-1].done, told[-1].left_s) == (30, 0)
    assert told[0].expected_usd == pytest.approx(0.3)


def test_an_error_of_a_provider_or_of_a_hook_is_not_run_and_the_others_go_on() -> None:
    office = Office(answer=raising(ProviderUnavailable("503"), of={"c1"}))
    asyncio.run(run_cases(cases(3), office.desk(), at_once=1))
    assert {row.case: row.not_run for row in office.kept} == {"c0": "", "c1": "503", "c2": ""}
    office = Office(answer=raising(ValueError("in a hook"), of={"c1"}))
    asyncio.run(run_cases(cases(3), office.desk(), at_once=1))
    assert {row.case: row.not_run for row in office.kept}["c1"] == "ValueError: in a hook"


def test_a_database_that_cannot_be_used_ends_it() -> None:
    office = Office(answer=raising(StorageError("full")))
    with pytest.raises(StorageError):
        asyncio.run(run_cases(cases(3), office.desk(), at_once=2))


def test_after_many_failures_in_a_row_the_rest_is_left_for_later() -> None:
    office = Office(answer=raising(ProviderUnavailable("503")))
    tally = asyncio.run(run_cases(cases(200), office.desk(), at_once=2))
    assert STOP_AFTER <= len(tally.rows) <= STOP_AFTER + 4
    assert "503" in tally.stopped


def test_a_rate_limit_narrows_what_is_under_way() -> None:
    limited = {f"c{n}" for n in range(8)}
    office = Office(answer=raising(RateLimited("429"), of=limited))
    asyncio.run(run_cases(cases(8), office.desk(), at_once=8))
    first = office.most
    office.most = 0
    calm = Office(answer=raising(RateLimited("429"), of={"c0", "c1", "c2"}))
    asyncio.run(run_cases(cases(40), calm.desk(), at_once=8))
    assert first == 8
    assert calm.most <= 8


@settings(deadline=None)
@given(budget=st.floats(0.0, 1.0), cost=st.floats(0.001, 0.1), at_once=st.integers(1, 8))
def test_no_budget_is_gone_over_where_cases_cost_alike(budget: float, cost: float, at_once: int) -> None:
    office = Office(answer=lambda case: replace(run_of(case.id), cost_usd=cost))
    tally = asyncio.run(run_cases(cases(20), office.desk(), at_once=at_once, budget_usd=budget))
    assert tally.cost_usd <= max(budget, cost) + 1e-9, "the first case tells what a case costs"
    if tally.cost_usd + cost <= budget:
        assert len(tally.rows) == 20


def test_a_budget_cannot_be_held_without_a_price() -> None:
    unpriced = replace(an_attempt(), status="ok", cost_usd=None)
    office = Office(answer=lambda case: replace(run_of(case.id), attempts=(unpriced,)))
    tally = asyncio.run(run_cases(cases(20), office.desk(), at_once=4, budget_usd=1.0))
    assert len(tally.rows) == 1
    assert "without a known price" in tally.stopped
    assert replace(run_of("r"), attempts=(unpriced,)).known_cost_usd is None


@pytest.mark.parametrize(
    ("status", "degraded", "is_lost"),
    [("ok", "", False), ("unavailable", "m: 503", True), ("too_large", "m: too large", False),
     ("refused", "m: refused", False), ("quota", "m: quota", True)],
)  # fmt: skip
def test_a_lesser_route_tells_nothing_of_the_version_when_a_provider_is_to_blame(
    status: str, degraded: str, *, is_lost: bool
) -> None:
    run = replace(run_of("r"), attempts=(replace(an_attempt(), status=status),), degraded=degraded)
    assert bool(provider_failure(run)) == is_lost


def failing(times: int, error: Exception) -> Callable[[Case], Run]:
    """Return a provider that fails so many calls, then answers all."""
    left = iter(range(times))

    def answer(case: Case) -> Run:
        if next(left, None) is not None:
            raise error
        return replace(run_of(case.id), cost_usd=0.01)

    return answer


@pytest.mark.parametrize(
    "error",
    [ProviderUnavailable("503"), RateLimited("429"), BreakerOpen("left alone", retry_after_s=0.01)],
)
def test_cases_wait_for_a_provider_that_comes_back(error: ProviderError) -> None:
    office, told = Office(answer=failing(12, error)), list[Progress]()
    tally = asyncio.run(
        run_cases(cases(20), office.desk(), at_once=4, patience=Patience(60, first_s=0.01), progress=told.append)
    )  # fmt: skip
    assert [row.not_run for row in office.kept] == [""] * 20
    assert (tally.not_run, tally.stopped, tally.waiting) == (0, "", 0)
    assert max(one.waiting for one in told) == 4, "all that are under way wait, no other is begun meanwhile"


def test_a_provider_that_stays_down_for_longer_is_not_run_and_nobody_waits_again() -> None:
    office = Office(answer=raising(ProviderUnavailable("503")))
    tally = asyncio.run(run_cases(cases(200), office.desk(), at_once=2, patience=Patience(0.1, first_s=0.04)))
    assert STOP_AFTER <= len(tally.rows) <= STOP_AFTER + 4
    assert {row.not_run for row in office.kept} == {"503"}


def test_a_rest_longer_than_the_patience_is_not_waited_for() -> None:
    office = Office(answer=failing(1, RateLimited("429", retry_after_s=3600)))
    tally = asyncio.run(run_cases(cases(2), office.desk(), at_once=1, patience=Patience(600)))
    assert tally.not_run == 1


def test_a_case_that_fails_among_others_that_are_answered_is_given_up_as_well() -> None:
    asked = list[str]()
    fails = raising(ProviderUnavailable("503"), of={"c1"})

    def answer(case: Case) -> Run:
        asked.append(case.id)
        return fails(case)

    office = Office(answer=answer)
    patience = Patience(0.2, first_s=0.05)
    tally = asyncio.run(run_cases(cases(400), office.desk(), at_once=4, patience=patience))
    assert [row.case for row in tally.rows if row.not_run] == ["c1"]
    assert 2 <= asked.count("c1") <= 8, "it is not asked anew whenever another one is answered"


def test_what_earlier_tries_of_a_case_cost_is_counted() -> None:
    lost = iter([replace(run_of("c0"), degraded="m: 503", cost_usd=0.25, attempts=(replace(an_attempt(), status="unavailable"),))])  # fmt: skip
    office = Office(answer=lambda case: next(lost, replace(run_of(case.id), cost_usd=0.01)))
    tally = asyncio.run(run_cases(cases(1), office.desk(), at_once=1, patience=Patience(60, first_s=0.01)))
    assert tally.cost_usd == pytest.approx(0.26)
    assert tally.not_run == 0


def refused_by(error: str) -> Run:
    """Return a run whose model was not asked, which leaves no attempt."""
    record = StageRecord(stage=Stage.GENERATION, part="m", given=[], made=None, took_ms=1.0, error=error)
    return replace(run_of("r"), stages=(record,), degraded="m: left alone")


@pytest.mark.parametrize(
    ("end", "passes"),
    [
        (BreakerOpen("left alone"), True),
        (DeadlineOver("30 s"), False),
        (BudgetExhausted("the day's budget"), False),
        (ValueError("in a hook"), False),
        (refused_by("BreakerOpen: left alone"), True),
        (refused_by("Busy: its turn can't come"), True),
        (refused_by("BudgetExhausted: the day's budget"), False),
        (replace(run_of("r"), attempts=(replace(an_attempt(), status="rate_limited"),)), True),
        (replace(run_of("r"), attempts=(replace(an_attempt(), status="deadline"),)), False),
    ],
)
def test_only_what_another_time_may_be_otherwise_is_waited_for(end: Exception | Run, *, passes: bool) -> None:
    assert may_pass(end) == passes
