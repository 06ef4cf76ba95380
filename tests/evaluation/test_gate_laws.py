"""Laws of the gate, and that its intervals and its false alarms are what they are said to be."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.bounds import (
    Clustered,
    chance_by_sign_flips,
    chance_not_below_zero,
    lower_bound,
    upper_bound,
)
from holdfast.evaluation.gate.false_alarms import a_a, rate
from holdfast.evaluation.gate.family import judge_all
from holdfast.evaluation.gate.pairs import Added, Paired, estimate, sampled, sides_of
from holdfast.evaluation.gate.power import detectable, flips_of, noise_of
from holdfast.evaluation.gate.repeats import looks, repeated, undecided
from holdfast.evaluation.gate.verdict import judge

SHARE = Metric(name="right", unit="share", higher_is_better=True)
SECONDS = Metric(name="latency", unit="s", higher_is_better=False)
FEW = settings(max_examples=40, deadline=None)
RANKS = {"worse": 0, "unclear": 1, "not worse": 2}

values = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1, allow_subnormal=False))


@st.composite
def paired_cases(draw, *, repeats: int = 3) -> list[Paired]:
    """Return 1 to 25 cases in a few clusters, each with as many repeats on both sides."""
    made = []
    for row in range(draw(st.integers(1, 25))):
        count = draw(st.integers(1, repeats))
        sides = st.lists(values, min_size=count, max_size=count)
        made.append(Paired(f"c{row}", f"d{draw(st.integers(0, 8))}", tuple(draw(sides)), tuple(draw(sides))))
    return made


def swapped(pairs: list[Paired]) -> list[Paired]:
    return [Paired(one.case, one.cluster, one.candidate, one.baseline) for one in pairs]


@FEW
@given(paired_cases(), st.sampled_from([SHARE, SECONDS]))
def test_exchanging_the_versions_mirrors_the_interval(pairs, metric) -> None:
    one, other = judge(metric, pairs, margin=0.1), judge(metric, swapped(pairs), margin=0.1)
    assert other.difference == pytest.approx(-one.difference, abs=1e-12)
    assert (other.low, other.high) == (pytest.approx(-one.high, abs=1e-6), pytest.approx(-one.low, abs=1e-6))
    assert {one.result, other.result} != {"worse"}


@FEW
@given(paired_cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_cases_does_not_matter(pairs, shuffler: random.Random) -> None:
    mixed = list(pairs)
    shuffler.shuffle(mixed)
    one, other = judge(SHARE, pairs, margin=0.1), judge(SHARE, mixed, margin=0.1)
    assert other.result == one.result
    assert (other.low, other.high) == (pytest.approx(one.low, abs=1e-6), pytest.approx(one.high, abs=1e-6))


@FEW
@given(paired_cases(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_margin_never_makes_a_verdict_worse(pairs, one: float, other: float) -> None:
    small, large = sorted((one, other))
    strict, lenient = judge(SHARE, pairs, margin=small), judge(SHARE, pairs, margin=large)
    assert RANKS[strict.result] <= RANKS[lenient.result]
    assert (strict.low, strict.high) == (lenient.low, lenient.high)


@FEW
@given(paired_cases())
def test_a_higher_level_never_decides_more(pairs) -> None:
    narrow, wide = (judge(SHARE, pairs, margin=0.1, level=level) for level in (0.9, 0.99))
    assert wide.low <= narrow.low + 1e-6
    assert wide.high >= narrow.high - 1e-6


@FEW
@given(paired_cases())
def test_the_interval_holds_the_difference_within_what_is_possible(pairs) -> None:
    made = judge(SHARE, pairs, margin=0.1)
    assert -1 <= made.low < made.difference + 1e-9
    assert made.difference - 1e-9 < made.high <= 1
    assert made.high - made.low > 0.2 / len(pairs)


@FEW
@given(paired_cases(), st.integers(0, 24), st.floats(0, 1))
def test_a_candidate_that_does_worse_on_a_case_never_fares_better(pairs, row: int, worse: float) -> None:
    row %= len(pairs)
    one = pairs[row]
    lowered = Paired(one.case, one.cluster, one.baseline, tuple(v * worse for v in one.candidate))
    changed = [*pairs[:row], lowered, *pairs[row + 1 :]]
    before, after = (sampled(SHARE, made, sides_of(made)) for made in (pairs, changed))
    after = replace(after, together=before.together)  # how alike a cluster's cases are is measured apart
    assert after.mean <= before.mean + 1e-12
    assert lower_bound(after, 0.025) <= lower_bound(before, 0.025) + 1e-6
    assert upper_bound(after, 0.025) <= upper_bound(before, 0.025) + 1e-6


@FEW
@given(st.integers(1, 400), st.sampled_from([0.025, 0.001]))
def test_equal_cases_leave_open_what_clopper_and_pearson_leave_open(count: int, tail: float) -> None:
    sample = Clustered(sums=np.zeros(count), sizes=np.ones(count), bound=1.0)
    assert upper_bound(sample, tail) == pytest.approx(1 - tail ** (1 / count), rel=1e-4)


def test_the_bound_of_thousands_of_cases_is_as_precise() -> None:
    sample = Clustered(sums=np.zeros(20_000), sizes=np.ones(20_000), bound=1.0)
    assert upper_bound(sample, 0.025) == pytest.approx(1 - 0.025 ** (1 / 20_000), rel=1e-3)


@FEW
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=10))
def test_the_sign_flips_are_all_sign_flips(sums: list[int]) -> None:
    size = np.abs(sums)
    signs = np.array(
        [[1 if mask >> row & 1 else -1 for row in range(len(sums))] for mask in range(2 ** len(sums))]
    )
    share = float(((signs * size).sum(axis=1) <= sum(sums)).mean())
    assert chance_by_sign_flips(np.array(sums, dtype=float)) == pytest.approx(share, abs=1e-12)


@FEW
@given(paired_cases(repeats=1))
def test_the_bound_lies_below_zero_exactly_when_the_chance_is_small_enough(pairs) -> None:
    sums = np.array([one.candidate[0] - one.baseline[0] for one in pairs])
    sample = Clustered(sums=sums, sizes=np.ones(len(sums)), bound=1.0)
    chance = chance_not_below_zero(sample)
    for tail in (0.1, 0.025):
        if abs(chance - tail) > 1e-4:
            verdict = judge(
                SHARE,
                [Paired(str(n), str(n), o.baseline, o.candidate) for n, o in enumerate(pairs)],
                margin=0.0,
                level=1 - 2 * tail,
            )
            assert (verdict.high < 0) == (chance < tail)


@FEW
@given(
    st.lists(values, min_size=1, max_size=3),
    st.lists(values, min_size=1, max_size=3),
    st.integers(1, 8),
)
def test_picking_by_chance_does_not_tilt_the_estimate(first, added, parts: int) -> None:
    """Averaged over picked (with 1 / parts) and not, the estimate is that of a case picked for sure."""
    times, chance = len(added), 1 / parts
    picked = estimate(tuple(first), (*first, *added), times, chance)
    left = estimate(tuple(first), tuple(first), times, chance)
    sure = estimate(tuple(first), (*first, *added), times, 1.0)
    assert chance * picked + (1 - chance) * left == pytest.approx(sure, abs=1e-9)
    assert sure == pytest.approx(np.mean([*first, *added]), abs=1e-9)


@FEW
@given(paired_cases(), st.integers(0, 400))
def test_exchanging_the_versions_repeats_the_same_cases(pairs, budget: int) -> None:
    plan = undecided({"right": pairs}, budget=budget)
    assert plan == undecided({"right": swapped(pairs)}, budget=budget)
    assert sum(one.times + one.baseline_times for one in plan) <= budget


# How often the truth is missed, in simulation; a rate of 2.5% exceeds these counts in one of a hundred
# such tests.

SAMPLES = 1500
MOST = SAMPLES * 0.025 + 2.33 * math.sqrt(SAMPLES * 0.025 * 0.975)


@pytest.mark.parametrize("cases", [4, 15, 60])
@pytest.mark.parametrize(
    "lost_won", [(0.02, 0.0), (0.3, 0.0), (0.2, 0.1), (0.02, 0.3)], ids=lambda chances: f"{chances}"
)
def test_neither_bound_misses_more_often_than_it_says(cases: int, lost_won: tuple[float, float]) -> None:
    rng = np.random.default_rng(cases)
    drawn = rng.multinomial(cases, [*lost_won, 1 - sum(lost_won)], size=SAMPLES)
    found, counts = np.unique(drawn, axis=0, return_counts=True)
    truth = lost_won[1] - lost_won[0]
    missed = [0, 0]
    for (lost, won, _), count in zip(found, counts, strict=True):
        sums = np.repeat([-1.0, 1.0, 0.0], [lost, won, cases - lost - won])
        sample = Clustered(sums=sums, sizes=np.ones(cases), bound=1.0)
        missed[0] += int(count) * (lower_bound(sample, 0.025) > truth)
        missed[1] += int(count) * (upper_bound(sample, 0.025) < truth)
    assert max(missed) <= MOST


@pytest.mark.parametrize("shape", [(0.3, 0.3), (2.0, 0.5), (0.2, 2.0)], ids=str)
def test_shares_between_0_and_1_in_uneven_clusters_are_covered(shape: tuple[float, float]) -> None:
    rng = np.random.default_rng(3)
    samples, sizes = 120, np.array([1.0, 1.0, 2.0, 2.0, 3.0, 6.0, 1.0, 1.0, 4.0, 2.0, 1.0, 3.0])
    truth = 2 * shape[0] / sum(shape) - 1
    missed = [0, 0]
    for _ in range(samples):
        means = 2 * rng.beta(*shape, size=len(sizes)) - 1
        sample = Clustered(sums=means * sizes, sizes=rng.permutation(sizes), bound=1.0)
        sample = Clustered(sums=means * sample.sizes, sizes=sample.sizes, bound=1.0)
        missed[0] += lower_bound(sample, 0.025) > truth
        missed[1] += upper_bound(sample, 0.025) < truth
    assert max(missed) <= samples * 0.025 + 2.33 * math.sqrt(samples * 0.025 * 0.975)


def flipping(rng: np.random.Generator, right: np.ndarray, flips: float, times: int) -> np.ndarray:
    """Return values, shape (times, cases)."""
    return (right != (rng.random((times, len(right))) < flips)).astype(float)


def gated(rng: np.random.Generator, *, cases: int, flips: float, lost: int = 0) -> tuple[str, float]:
    """Return a result over both looks, and the last difference."""
    right = np.ones(cases, dtype=bool)
    after = np.arange(cases) >= lost
    runs = flipping(rng, right, flips, 1), flipping(rng, after, flips, 1)
    pairs = [
        Paired(f"{row}", f"{row}", (float(runs[0][0, row]),), (float(runs[1][0, row]),))
        for row in range(cases)
    ]
    early, late = looks(0.95)
    first = judge(SHARE, pairs, margin=0.02, level=early)
    if first.result != "unclear":
        return first.result, first.difference or 0.0
    plan = {
        one.case: one for one in undecided({"right": pairs}, budget=2 * cases, seed=int(rng.integers(99)))
    }
    more = flipping(rng, right, flips, 20), flipping(rng, after, flips, 20)
    again = [
        repeated(
            one,
            plan[one.case],
            baseline=more[0][: plan[one.case].baseline_times, row].tolist(),
            candidate=more[1][: plan[one.case].times, row].tolist(),
        )
        if one.case in plan
        else one
        for row, one in enumerate(pairs)
    ]
    last = judge(SHARE, again, margin=0.02, level=late)
    return last.result, last.difference or 0.0


def test_equal_versions_are_worse_no_more_often_than_stated_over_both_looks() -> None:
    rng = np.random.default_rng(5)
    runs = 80
    worse = sum(gated(rng, cases=40, flips=0.2)[0] == "worse" for _ in range(runs))
    assert worse <= runs * 0.025 + 2.33 * math.sqrt(runs * 0.025 * 0.975)


def test_a_large_drop_is_found() -> None:
    rng = np.random.default_rng(6)
    assert sum(gated(rng, cases=100, flips=0.1, lost=25)[0] == "worse" for _ in range(30)) >= 28


def test_repeating_only_what_moved_does_not_tilt_the_estimate() -> None:
    rng = np.random.default_rng(8)
    cases, lost, flips = 60, 12, 0.15
    found = []
    for _ in range(300):
        before = flipping(rng, np.ones(cases, dtype=bool), flips, 7)
        after = flipping(rng, np.arange(cases) >= lost, flips, 7)
        pairs = [
            Paired(f"{row}", f"{row}", (float(before[0, row]),), (float(after[0, row]),))
            for row in range(cases)
        ]
        moved = [one.has_moved for one in pairs]
        chance = [1.0 if one else 0.25 for one in moved]
        picked = rng.random(cases) < chance
        again = [
            Paired(
                one.case,
                one.cluster,
                tuple(before[:, row]),
                tuple(after[:, row]),
                first=(1, 1),
                chance=chance[row],
            )
            if picked[row]
            else one
            for row, one in enumerate(pairs)
        ]
        found.append(sum(one.difference(Added(6, 6)) for one in again) / cases)
    truth = -lost / cases * (1 - 2 * flips)
    assert np.mean(found) == pytest.approx(truth, abs=3 * np.std(found) / math.sqrt(len(found)))


def test_any_of_many_metrics_is_called_worse_no_more_often_than_stated() -> None:
    rng = np.random.default_rng(9)
    metrics = [Metric(name=f"m{row}", unit="share", higher_is_better=True) for row in range(5)]
    right = np.ones(30, dtype=bool)
    alarms, runs = 0, 40
    for _ in range(runs):
        sides = [(flipping(rng, right, 0.3, 1)[0], flipping(rng, right, 0.3, 1)[0]) for _ in metrics]
        judged = [
            (
                metric,
                [
                    Paired(f"{n}", f"{n}", (float(a),), (float(b),))
                    for n, (a, b) in enumerate(zip(*side, strict=True))
                ],
            )
            for metric, side in zip(metrics, sides, strict=True)
        ]
        alarms += judge_all(judged).result == "fail"
    assert alarms <= runs * 0.025 + 2.33 * math.sqrt(runs * 0.025 * 0.975)


@FEW
@given(st.integers(2, 400), st.floats(0, 0.5), st.integers(1, 5))
def test_more_cases_or_repeats_never_see_less(cases: int, flips: float, repeats: int) -> None:
    here = detectable(cases=cases, flips=flips, repeats=repeats)
    assert detectable(cases=cases + 1, flips=flips, repeats=repeats).drop <= here.drop + 1e-9
    assert detectable(cases=cases, flips=flips, repeats=repeats + 1).drop <= here.drop + 1e-9


def test_what_is_said_to_be_seen_is_seen_as_often() -> None:
    rng = np.random.default_rng(4)
    cases, flips = 80, 0.1
    drop = detectable(cases=cases, flips=flips).drop
    lost = round(drop * cases / (1 - 2 * flips))
    found = 0
    for _ in range(120):
        before = flipping(rng, np.ones(cases, dtype=bool), flips, 1)[0]
        after = flipping(rng, np.arange(cases) >= lost, flips, 1)[0]
        pairs = [Paired(f"{n}", f"{n}", (float(before[n]),), (float(after[n]),)) for n in range(cases)]
        found += judge(SHARE, pairs, margin=0.0).result == "worse"
    assert 0.7 <= found / 120 <= 0.95


def test_the_sentence_before_the_run() -> None:
    assert str(detectable(cases=80, flips=0.0)) == (
        "with 80 cases you can see a drop of 12 points, and rule out one of 5 points where nothing changed"
    )
    with pytest.raises(ValueError, match="write golden cases first"):
        detectable(cases=0, flips=0.1)
    with pytest.raises(ValueError, match="either flips or spread"):
        detectable(cases=10)


def test_flips_and_noise_are_measured_on_repeats() -> None:
    rng = np.random.default_rng(2)
    runs = flipping(rng, np.ones(400, dtype=bool), 0.2, 6)
    pairs = [Paired(f"{n}", f"{n}", tuple(runs[:3, n]), tuple(runs[3:, n])) for n in range(400)]
    assert flips_of(pairs) == pytest.approx(0.2, abs=0.03)
    assert noise_of(SHARE, pairs) == pytest.approx(math.sqrt(2 * 0.16 / 3), abs=0.03)
    assert flips_of([Paired("a", "a", (1.0,), (1.0,))]) is None


def test_a_version_is_seldom_worse_than_itself_where_a_threshold_cries_wolf() -> None:
    rng = np.random.default_rng(1)
    runs = flipping(rng, np.ones(50, dtype=bool), 0.2, 4)
    made = a_a(SHARE, {f"{n}": tuple(runs[:, n]) for n in range(50)}, cluster_of={}, margin=0.02, rounds=60)
    assert made.gate.share <= 0.05
    assert made.threshold.share > 0.2
    assert made.whole_runs.of == 12
    with pytest.raises(ValueError, match="no case was run twice"):
        a_a(SHARE, {"a": (1.0,)}, cluster_of={}, margin=0.02)


def test_a_share_has_its_exact_interval() -> None:
    made = rate(0, 20)
    assert (made.share, made.low, made.high) == (0.0, 0.0, pytest.approx(0.1684, abs=1e-4))
    made = rate(3, 20)
    assert (made.low, made.high) == (pytest.approx(0.0321, abs=1e-4), pytest.approx(0.3789, abs=1e-4))
