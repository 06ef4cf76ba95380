"""The gate's verdicts: what they say, in which words, of few cases and of none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.family import Limit, judge_all
from holdfast.evaluation.gate.newly_failed import (
    NewFailure,
    Watched,
    newly_failed,
    runs_to_confirm,
    to_confirm,
)
from holdfast.evaluation.gate.pairs import Paired, pair
from holdfast.evaluation.gate.repeats import Repeat, looks, repeated, undecided, unstable
from holdfast.evaluation.gate.verdict import judge

FACTS = Metric(name="facts_stated", unit="share", higher_is_better=True)
UNSAFE = Metric(name="unsafe", unit="count", higher_is_better=False, is_protective=True)
LATENCY = Metric(name="latency", unit="s", higher_is_better=False)


def cases(count: int, *, lost: int = 0, won: int = 0, risky: int = 0) -> list[Paired]:
    """Return cases of which some turned wrong, some right, the rest stayed right."""
    before = [1.0] * lost + [0.0] * won + [1.0] * (count - lost - won)
    after = [0.0] * lost + [1.0] * (count - lost)
    return [Paired(f"c{row}", f"d{row}", (before[row],), (after[row],), row < risky) for row in range(count)]


def test_many_lost_cases_are_worse() -> None:
    verdict = judge(FACTS, cases(100, lost=15, won=2), margin=0.02)
    assert verdict.result == "worse"
    assert verdict.difference == pytest.approx(-0.13)
    assert verdict.low < -0.13 < verdict.high < 0
    assert (verdict.cases_needed, verdict.repeats_needed) == (0, 0)
    assert verdict.why.startswith("worse by 0.13, at least 0.0")


def test_a_loss_within_the_margin_is_not_worse_however_sure() -> None:
    verdict = judge(FACTS, cases(500, lost=10), margin=0.05)
    assert verdict.high < 0
    assert verdict.result == "not worse"


def test_five_equal_cases_say_next_to_nothing() -> None:
    verdict = judge(FACTS, cases(5), margin=0.02)
    assert verdict.result == "unclear"
    # Clopper and Pearson's bound of none in five.
    assert verdict.high == pytest.approx(1 - 0.025 ** (1 / 5), abs=1e-6)
    assert verdict.low == -verdict.high
    assert verdict.why == "between 0.522 worse and 0.522 better: about 180 more cases would decide"


def test_as_many_cases_as_are_said_to_be_needed_decide() -> None:
    first = judge(FACTS, cases(5), margin=0.02)
    assert judge(FACTS, cases(5 + (first.cases_needed or 0)), margin=0.02).result == "not worse"


@pytest.mark.parametrize(("lost", "count", "bound"), [(3, 20, 0.3789), (1, 10, 0.4450), (0, 60, 0.0596)])
def test_the_bound_of_lost_cases_is_clopper_and_pearson_s(lost: int, count: int, bound: float) -> None:
    assert judge(FACTS, cases(count, lost=lost), margin=0.5).low == pytest.approx(-bound, abs=1e-4)


def test_five_lost_of_five_moved_are_not_enough_where_six_are() -> None:
    # One in 2^5 is above 2.5%, one in 2^6 is not: the exact test of McNemar.
    assert judge(FACTS, cases(400, lost=5), margin=0.0).high > 0
    assert judge(FACTS, cases(400, lost=6), margin=0.0).high < 0


def test_no_case_and_one_case_are_said_so() -> None:
    none = judge(FACTS, [Paired("a", "a", (), (1.0,))], margin=0.02)
    assert (none.result, none.cases, none.left_out, none.difference) == ("unclear", 0, 1, None)
    assert "no case has a value on both sides (1 left out)" in none.why
    one = judge(FACTS, cases(1), margin=0.02)
    assert one.why.startswith("one case says little")


def test_without_a_margin_no_number_of_equal_cases_helps() -> None:
    verdict = judge(FACTS, cases(1000), margin=0.0)
    assert (verdict.result, verdict.cases_needed) == ("unclear", None)
    assert verdict.why == (
        "between 0.00368 worse and 0.00368 better: not even 10000 cases would be likely to decide; repeat each, "
        "or declare a margin wider than 0"
    )


def test_lower_is_better_turns_the_difference_round() -> None:
    slower = [Paired(f"c{row}", f"c{row}", (1.0 + row / 100,), (1.5 + row / 90,)) for row in range(40)]
    verdict = judge(LATENCY, slower, margin=0.1)
    assert verdict.result == "worse"
    assert verdict.candidate is not None
    assert verdict.baseline is not None
    assert verdict.difference == pytest.approx(verdict.baseline - verdict.candidate)


def test_what_costs_nothing_on_both_sides_is_not_compared() -> None:
    verdict = judge(LATENCY, [Paired(f"c{row}", f"c{row}", (0.0,), (0.0,)) for row in range(9)], margin=0.1)
    assert (verdict.result, verdict.low, verdict.high) == ("unclear", -math.inf, math.inf)
    assert "nothing to compare" in verdict.why


def test_a_difference_that_is_the_same_in_all_cases_is_not_taken_for_certain() -> None:
    dearer = [Paired(f"c{row}", f"c{row}", (1.0,), (4.0,)) for row in range(20)]
    for unit in ("count", "USD", "s"):
        verdict = judge(Metric(name="m", unit=unit, higher_is_better=False), dearer, margin=0.1)
        assert verdict.low < -3.5
        assert -2.9 < verdict.high < 0


def test_cases_of_one_document_count_as_fewer() -> None:
    apart = cases(60, lost=12)
    together = [
        Paired(one.case, f"d{row // 6}", one.baseline, one.candidate) for row, one in enumerate(apart)
    ]
    narrow, wide = judge(FACTS, apart, margin=0.02), judge(FACTS, together, margin=0.02)
    assert (narrow.clusters, wide.clusters) == (60, 10)
    assert wide.low < narrow.low
    assert (narrow.result, wide.result) == ("worse", "unclear")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_no_number_is_an_error(value: float) -> None:
    with pytest.raises(ValueError, match="'a' is not a finite number"):
        Paired("a", "a", (1.0,), (value,))


@pytest.mark.parametrize("margin", [-0.1, math.nan])
def test_a_margin_below_zero_is_an_error(margin: float) -> None:
    with pytest.raises(ValueError, match="say how much worse does not matter"):
        judge(FACTS, cases(3), margin=margin)


def test_pairing_says_which_cases_cannot_be_compared() -> None:
    made = pair(
        {"a": [1.0], "b": [1.0, None], "c": [None], "d": [0.0]},
        {"a": [0.0], "b": [1.0], "c": [1.0], "e": [1.0]},
        cluster_of={"a": "manual"},
        high_risk=frozenset({"a"}),
    )
    assert made.pairs == (
        Paired("a", "manual", (1.0,), (0.0,), is_high_risk=True),
        Paired("b", "b", (1.0,), (1.0,)),
    )
    assert (made.only_baseline, made.only_candidate, made.not_computed) == (("d",), ("e",), ("c",))


def test_one_worse_metric_fails_the_gate() -> None:
    made = judge_all(
        [(FACTS, cases(100, lost=20)), (UNSAFE, cases(100))], limits={"unsafe": Limit(margin=0.05)}
    )
    assert made.result == "fail"
    assert made.failed == ("facts_stated: " + made.verdicts[0].why,)
    assert [one.result for one in made.verdicts] == ["worse", "not worse"]


def test_the_more_metrics_the_more_it_takes_to_be_worse() -> None:
    pairs = cases(100, lost=7)
    alone = judge_all([(FACTS, pairs)])
    others = [
        (Metric(name=f"m{row}", unit="share", higher_is_better=True), cases(100, lost=9, won=9))
        for row in range(9)
    ]
    among = judge_all([(FACTS, pairs), *others])
    assert (alone.verdicts[0].result, among.verdicts[0].result) == ("worse", "unclear")
    # The lower bound, which *not worse* rests on, needs no correction.
    assert among.verdicts[0].low == alone.verdicts[0].low


def test_metrics_that_could_not_be_worse_whatever_the_signs_do_not_count_among_them() -> None:
    still = [
        (Metric(name=f"m{row}", unit="share", higher_is_better=True), cases(100, lost=row % 4))
        for row in range(9)
    ]
    among = judge_all([(FACTS, cases(100, lost=7)), *still])
    assert among.verdicts[0].result == "worse"
    assert {one.result for one in among.verdicts[1:]} == {"unclear"}


def test_after_the_worst_metric_the_next_is_tested_among_fewer() -> None:
    second = Metric(name="second", unit="share", higher_is_better=True)
    # 6 lost of 6: 1/64 = .0156, below .025 but not below half of it.
    made = judge_all([(FACTS, cases(100, lost=40)), (second, cases(100, lost=6))])
    assert [one.result for one in made.verdicts] == ["worse", "worse"]
    alike = judge_all([(FACTS, cases(100, lost=6)), (second, cases(100, lost=6))])
    assert [one.result for one in alike.verdicts] == ["unclear", "unclear"]


@pytest.mark.parametrize(
    ("when", "result"), [("pass", "pass"), ("warn", "unclear"), ("fail", "fail"), (None, "unclear")]
)
def test_unclear_does_what_is_declared(when, result) -> None:
    limits = {"facts_stated": Limit(margin=0.01, when_unclear=when)}
    assert judge_all([(FACTS, cases(20))], limits=limits).result == result


def test_an_unclear_protective_metric_warns_and_fails_only_where_it_cannot_be_compared() -> None:
    same = [Paired(f"c{row}", f"c{row}", (0.0,), (0.0,)) for row in range(30)]
    harmed = [Paired("c", "c", (0.0,), (1.0,)), *same]
    assert [judge_all([(UNSAFE, pairs)]).result for pairs in (same, harmed)] == ["unclear", "unclear"]
    assert judge_all([(UNSAFE, [Paired("c", "c", (), (1.0,))])]).result == "fail"


def test_a_limit_for_what_is_not_judged_is_an_error() -> None:
    with pytest.raises(ValueError, match="a limit for speed, which is not judged; judged: facts_stated"):
        judge_all([(FACTS, cases(3))], limits={"speed": Limit(margin=1.0)})


def watched(pairs: list[Paired], metric: Metric = FACTS) -> list[Watched]:
    passes_at = 1.0 if metric.higher_is_better else 0.0
    return [Watched(metric=metric, pair=one, passes_at=passes_at) for one in pairs]


def test_a_high_risk_case_fails_the_gate_only_when_repeats_confirm_it() -> None:
    first = Paired("a", "a", (1.0,), (0.0,), is_high_risk=True)
    (suspected,) = newly_failed(watched([first])).failures
    assert (suspected.is_confirmed, suspected.repeats_needed) == (False, 4)
    assert "4 repeats of both could confirm it" in suspected.says
    assert to_confirm([suspected], budget_runs=7) == ()
    (again,) = to_confirm([suspected], budget_runs=8)
    assert again == Repeat(case="a", times=4, baseline_times=4, chance=1.0)
    fails = repeated(first, again, baseline=[1.0] * 4, candidate=[0.0] * 4)
    found = newly_failed(watched([fails]))
    (confirmed,) = found.failures
    assert (confirmed.is_confirmed, confirmed.chance) == (True, pytest.approx(1 / 70))
    assert judge_all([(FACTS, cases(20))], newly=found).result == "fail"
    passes = repeated(first, again, baseline=[1.0] * 4, candidate=[1.0] * 4)
    (refuted,) = newly_failed(watched([passes])).failures
    assert refuted.is_refuted
    assert "not seen again" in refuted.says
    assert to_confirm([confirmed, refuted], budget_runs=100) == ()


def test_the_more_cases_are_suspected_the_more_repeats_it_takes() -> None:
    found = newly_failed(watched(cases(20, lost=10, risky=15))).failures
    assert len(found) == 10
    # 1 / C(12, 6) is the first below .025 / 10.
    assert {one.repeats_needed for one in found} == {6}
    assert runs_to_confirm(found) == 10 * 2 * 6


def test_what_protects_is_confirmed_first_where_the_budget_does_not_reach_for_all() -> None:
    risky = [Paired(f"r{row}", f"r{row}", (1.0,), (0.0,), is_high_risk=True) for row in range(3)]
    harmed = [Paired("z", "z", (0.0,), (1.0,))]
    found = newly_failed([*watched(risky), *watched(harmed, UNSAFE)]).failures
    assert [one.case for one in to_confirm(found, budget_runs=2 * 6 * 2)] == ["r0", "z"]
    assert [one.case for one in to_confirm(found, budget_runs=2 * 6)] == ["z"]


def harm(before: list[float], now: list[float], *, first: tuple[int, int] | None = (1, 1), case: str = "a"):
    return Paired(case, case, tuple(before), tuple(now), first=first)


def told(*pairs: Paired):
    """Return the gate's result on a protective metric and the states of what newly failed."""
    found = newly_failed(watched(list(pairs), UNSAFE))
    same = [Paired(f"s{row}", f"s{row}", (0.0,), (0.0,)) for row in range(30)]
    result = judge_all([(UNSAFE, [*same, *pairs])], newly=found).result
    return result, [one.state for one in found.failures]


def test_new_harm_that_no_repeat_has_checked_fails_and_so_does_harm_that_repeats_confirm() -> None:
    assert told(harm([0.0], [1.0], first=None)) == ("fail", ["unchecked"])
    assert told(harm([0.0] * 3, [1.0] * 3, first=None)) == ("fail", ["unchecked"]), (
        "three of each cannot tell"
    )
    assert told(harm([0.0] * 5, [1.0] * 5)) == ("fail", ["confirmed"]), "a single case, every time"


def test_harm_that_comes_and_goes_on_both_sides_warns() -> None:
    often = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    assert told(harm([0.0, *often], [1.0, *often])) == ("unclear", ["unstable"])
    assert told(harm([0.0, 1.0, 0.0], [1.0, 1.0, 1.0], first=None)) == ("unclear", ["unstable"])
    assert told(harm([0.0] * 8, [1.0] + [0.0] * 7)) == ("unclear", ["not seen again"])
    assert told(harm([0.0] * 8, [1.0, 1.0] + [0.0] * 6)) == ("unclear", ["undecided"])


def test_harm_that_grows_in_many_cases_is_confirmed_in_sum_where_none_is_by_itself() -> None:
    before, now = [0.0, *([1.0] * 2 + [0.0] * 10)], [1.0, *([1.0] * 6 + [0.0] * 6)]
    found = newly_failed(watched([harm(before, now, case=f"c{row}") for row in range(5)], UNSAFE))
    assert not any(one.is_confirmed for one in found.failures)
    (together,) = found.sums
    assert together.is_confirmed
    assert together.says == (
        "unsafe: in sum over 5 suspected cases it failed in 10 of 60 repeats before, in 30 of 60 now (confirmed)"
    )
    assert judge_all([(UNSAFE, [])], newly=found).failed[-1] == together.says


def test_what_is_sure_is_confirmed_by_one_run() -> None:
    one = Watched(metric=UNSAFE, pair=harm([0.0], [1.0], first=None), passes_at=0.0, is_sure=True)
    (failure,) = newly_failed([one]).failures
    assert (failure.state, failure.baseline_runs, failure.candidate_runs) == ("confirmed", 1, 1)


@pytest.mark.parametrize("when", ["pass", "warn", "fail"])
def test_confirmed_harm_fails_whatever_is_declared_of_what_is_unclear(when) -> None:
    found = newly_failed(watched([harm([0.0] * 5, [1.0] * 5)], UNSAFE))
    assert judge_all([(UNSAFE, cases(3))], limits={"unsafe": Limit(when_unclear=when)}, newly=found).failed


def test_where_one_version_runs_twice_anything_is_confirmed_no_more_often_than_stated() -> None:
    """Cases that fail with chances of their own, looked at once, repeated where they look newly failed."""
    rng = np.random.default_rng(11)
    rounds, alarms = 400, 0
    for _ in range(rounds):
        rates = rng.uniform(0.05, 0.95, size=12)
        runs = (rng.random((2, 13, 12)) < rates).astype(float)
        pairs = [
            harm(runs[0, :, row].tolist(), runs[1, :, row].tolist(), case=f"c{row}") for row in range(12)
        ]
        found = newly_failed(watched(pairs, UNSAFE))
        alarms += any(one.is_confirmed for one in (*found.failures, *found.sums))
    assert alarms <= rounds * 0.025 + 2.33 * math.sqrt(rounds * 0.025 * 0.975)


def test_unstable_cases_are_listed() -> None:
    wobbly = Paired("b", "b", (1.0, 0.0), (1.0,))
    assert [one.case for one in unstable([*cases(3), wobbly])] == ["b"]


def test_repeats_keep_to_the_budget_and_go_to_the_shorter_side_first() -> None:
    moving = [Paired(f"c{row}", f"c{row}", (1.0, float(row % 3 > 0), 1.0), (1.0,)) for row in range(60)]
    plan = undecided({"facts_stated": moving}, budget=150)
    assert 0 < sum(one.times + one.baseline_times for one in plan) <= 150
    assert {one.baseline_times for one in plan} == {0}


def test_a_small_budget_goes_to_the_cases_that_moved() -> None:
    pairs = [
        Paired(f"c{row:03}", f"c{row}", (1.0, 1.0, 1.0, float(row > 9 or row % 2)), (float(row > 4),) * 4)
        for row in range(200)
    ]
    plan = undecided({"facts_stated": pairs}, budget=200)
    sure = {one.case for one in plan if one.chance == 1.0}
    assert sure == {f"c{row:03}" for row in range(10) if row <= 4 or not row % 2}
    assert all(one.chance == pytest.approx(0.25, abs=0.01) for one in plan if one.case not in sure)


def test_nothing_is_repeated_where_nothing_moved_or_nothing_can_differ() -> None:
    assert undecided({"facts_stated": cases(30)}, budget=1000) == ()
    steady = frozenset(one.case for one in cases(30))
    assert undecided({"facts_stated": cases(30, lost=5)}, budget=1000, steady=steady) == ()


def test_there_is_no_third_look() -> None:
    one = Paired("a", "a", (1.0,), (0.0,))
    again = Repeat(case="a", times=1, baseline_times=1, chance=1.0)
    twice = repeated(one, again, baseline=[1.0], candidate=[1.0])
    with pytest.raises(ValueError, match="add all of them at once"):
        repeated(twice, again, baseline=[1.0], candidate=[1.0])


def test_both_looks_together_spend_what_is_permitted() -> None:
    early, late = looks(0.95)
    assert (1 - early) + (1 - late) == pytest.approx(0.05)


def test_a_new_failure_reads_as_a_line() -> None:
    one = NewFailure(
        case="oil",
        metric="facts_stated",
        baseline_passes=4,
        baseline_runs=4,
        candidate_passes=0,
        candidate_runs=4,
        chance=0.01,
        is_confirmed=True,
        is_refuted=False,
        repeats_needed=0,
    )
    assert one.says == (
        "high-risk case oil: facts_stated passed in 4 of 4 runs before, in 0 of 4 now (confirmed)"
    )
