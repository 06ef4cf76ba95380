"""A promised share of errors is kept, at least as often as stated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.evaluation.calibration.bounds import (
    Counted,
    answered_needed,
    counted,
    lower_share,
    upper_share,
)
from holdfast.evaluation.calibration.promises import promised

ERROR = 0.05
COUNTS = st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@settings(deadline=None)
@given(COUNTS, st.floats(0.001, 0.2))
def test_a_bound_lies_above_what_was_seen_and_falls_with_a_larger_tail(counts, tail) -> None:
    count, of = counts
    bound = upper_share(count, of, tail)
    assert count / of <= bound <= 1
    assert upper_share(count, of, min(0.5, tail * 2)) <= bound
    assert upper_share(min(count + 1, of), of, tail) >= bound
    assert lower_share(count, of, tail) <= count / of


def test_bounds_are_clopper_and_pearsons() -> None:
    # Values of R's binom.test(k, n, alternative = "less")$conf.int.
    assert upper_share(0, 149, 0.05) == pytest.approx(0.019905, abs=1e-6)
    assert upper_share(10, 10, 0.05) == 1.0
    assert lower_share(10, 10, 0.05) == pytest.approx(0.05 ** (1 / 10))


@pytest.mark.parametrize(("share", "of"), [(0.02, 149), (0.1, 30), (0.5, 7)])
def test_a_bound_lies_below_the_true_share_no_more_often_than_its_tail(share: float, of: int) -> None:
    hits = np.arange(of + 1)
    logs = np.array([np.log(np.arange(1, of + 1)).sum()])
    ways = logs - np.array(
        [np.log(np.arange(1, k + 1)).sum() + np.log(np.arange(1, of - k + 1)).sum() for k in hits]
    )
    chances = np.exp(ways + hits * np.log(share) + (of - hits) * np.log(1 - share))
    missed = [upper_share(int(k), of, ERROR) < share for k in hits]
    assert chances[missed].sum() <= ERROR + 1e-9


@settings(deadline=None)
@given(COUNTS)
def test_clusters_of_one_are_bounded_as_independent_drafts(counts) -> None:
    count, of = counts
    wrong = np.arange(of) < count
    alone = counted(wrong, np.arange(of), np.ones(of, dtype=bool))
    assert alone.bound(ERROR) == upper_share(count, of, ERROR)


def test_drafts_of_one_document_count_for_less_than_as_many_of_their_own() -> None:
    together = Counted(wrong=np.zeros(50), sizes=np.full(50, 3.0))
    assert together.bound(ERROR) > upper_share(0, 150, ERROR)
    assert together.bound(ERROR) == pytest.approx(upper_share(0, 50, ERROR), abs=1e-3)


def test_the_well_known_149_are_needed_for_two_percent() -> None:
    assert answered_needed(0.0, budget=0.02, tail=ERROR) == 149
    assert answered_needed(0.02, budget=0.02, tail=ERROR) is None
    more = answered_needed(0.01, budget=0.02, tail=ERROR)
    assert more is not None
    assert 400 < more < 1000


def _levels(confidence, wrong, clusters, steps: int = 60) -> list[Counted]:
    return [counted(wrong, clusters, confidence >= at) for at in np.linspace(1, 0, steps)]


def _true_risk(risk_at, confidence_of, steps: int = 60):
    """Return the true share of errors from each threshold on, by a large sample."""
    confidence = confidence_of(np.random.default_rng(0), 400_000)
    risk = risk_at(confidence)
    return [float(risk[confidence >= at].mean()) if (confidence >= at).any() else 0.0
            for at in np.linspace(1, 0, steps)]  # fmt: skip


def _skilled(confidence):
    return 0.25 * (1 - confidence)


def _all_alike(confidence):
    return np.full_like(confidence, 0.021)


def _worst_at_the_top(confidence):
    return np.where(confidence > 0.93, 0.3, 0.005)


def _just_over_from_the_first_start(confidence):
    return np.where(confidence > 0.7, 0.0215, 0.0205)


@pytest.mark.parametrize(
    "risk_at", [_skilled, _all_alike, _worst_at_the_top, _just_over_from_the_first_start]
)
@pytest.mark.parametrize("of", [160, 400])
def test_a_promised_two_percent_is_kept_in_at_least_95_of_100_calibrations(risk_at, of: int) -> None:
    truth = _true_risk(risk_at, lambda rng, n: rng.beta(3, 1.2, n))
    runs, broken = 300, 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        confidence = rng.beta(3, 1.2, of)
        wrong = rng.random(of) < risk_at(confidence)
        levels = _levels(confidence, wrong, np.arange(of))
        made = promised(levels, budget=0.02, error=ERROR, declared=30)
        broken += made is not None and truth[made.level] > 0.02
    # A rate of 5% exceeds this count in one of a hundred such tests.
    assert broken <= runs * ERROR + 2.33 * (runs * ERROR * (1 - ERROR)) ** 0.5


def test_a_promise_is_kept_where_drafts_of_one_document_go_wrong_together() -> None:
    runs, broken = 100, 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        clusters = np.repeat(np.arange(60), 3)
        confidence = rng.beta(3, 1.2, len(clusters))
        wrong = (rng.random(60) < 0.11)[clusters]  # all of a document, or none: 11% are wrong everywhere
        made = promised(_levels(confidence, wrong, clusters, 15), budget=0.1, error=ERROR)
        broken += made is not None
    assert broken <= runs * ERROR + 2.33 * (runs * ERROR * (1 - ERROR)) ** 0.5


def test_what_keeps_its_budget_with_room_is_promised_in_nine_of_ten_calibrations() -> None:
    made = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        confidence = rng.beta(3, 1.2, 800)
        wrong = rng.random(800) < 0.03 * (1 - confidence)
        made += promised(_levels(confidence, wrong, np.arange(800)), budget=0.02, error=ERROR) is not None
    assert made >= 45


def test_too_few_drafts_promise_nothing_and_none_at_all_neither() -> None:
    wrong = np.zeros(140, dtype=bool)
    assert promised(_levels(np.linspace(0, 1, 140), wrong, np.arange(140)), budget=0.02, error=ERROR) is None
    assert promised([], budget=0.02, error=ERROR) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=80), st.floats(0.01, 0.5))
def test_what_is_promised_has_a_bound_within_its_budget(drafts, budget) -> None:
    confidence = np.array([one for one, _ in drafts], dtype=float)
    wrong = np.array([bad for _, bad in drafts], dtype=bool)
    levels = _levels(confidence, wrong, np.arange(len(drafts)), 20)
    made = promised(levels, budget=budget, error=ERROR)
    if made is not None:
        assert levels[made.level].share <= made.bound <= budget
        assert made.tail <= ERROR + 1e-12
