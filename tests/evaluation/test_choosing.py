"""Choosing keeps what there is unless a gain is shown, and shows none where nothing matters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.evaluation.choosing import FALSE_ALARMS, Choice, choose
from holdfast.evaluation.clusters import clusters_of, folds_of
from holdfast.evaluation.intervals import (
    Interval,
    cases_needed,
    clustered_bootstrap,
    expected_width,
    paired_bootstrap,
    smallest_gain,
)

CANDIDATES = 12
CHANGES = [0, *[1] * 5, *[2] * 6]


def scores_of(seed: int, *, gain: float = 0.0, cases: int = 40, groups: int = 25, spread: float = 0.17):
    """Return scores and clusters: differences are mostly 0, sometimes large, alike within a group."""
    rng = np.random.default_rng(seed)
    clusters = np.concatenate([np.arange(groups), rng.integers(0, groups, cases - groups)])
    base = rng.random(cases)
    noise = np.sqrt(0.7) * rng.standard_normal((CANDIDATES, cases))
    noise += np.sqrt(0.3) * rng.standard_normal((CANDIDATES, groups))[:, clusters]
    moved = rng.random((CANDIDATES, cases)) < 0.4
    scores = base + noise * moved * spread / np.sqrt(0.4)
    scores[0] = base
    scores[3] += gain
    return scores, clusters


def chosen(seed: int, **given_: float) -> Choice:
    scores, clusters = scores_of(seed, **given_)
    return choose(scores, CHANGES, clusters, seed=seed, repeats=3, flips=119)


def test_where_nothing_matters_a_change_is_shown_no_more_often_than_stated() -> None:
    runs = 300
    shown = sum(chosen(seed).is_shown for seed in range(runs))
    # A rate of 2.5% exceeds this count in one of a hundred such tests.
    assert shown <= runs * FALSE_ALARMS + 2.33 * (runs * FALSE_ALARMS * (1 - FALSE_ALARMS)) ** 0.5


def test_a_large_gain_is_shown_and_estimated_without_the_luck_of_the_choice() -> None:
    made = [chosen(seed, gain=0.15, cases=80, groups=50) for seed in range(20)]
    assert sum(one.is_shown and one.chosen == 3 for one in made) >= 18
    assert np.mean([one.gain.mean for one in made]) == pytest.approx(0.15, abs=0.02)


def test_equal_scores_keep_what_there_is() -> None:
    scores = np.tile(np.random.default_rng(1).random(30), (CANDIDATES, 1))
    made = choose(scores, CHANGES, np.arange(30), flips=19)
    assert (made.chosen, made.is_shown, made.gain.mean) == (0, False, 0.0)
    assert made.agreement == pytest.approx(1.0)


def test_among_changes_that_are_about_as_good_the_smallest_is_taken() -> None:
    scores, clusters = scores_of(1, cases=80, groups=50)
    scores[8] = scores[0] + 0.2
    scores[2] = scores[8] + np.where(np.arange(80) % 2, 0.05, -0.051)
    assert choose(scores, CHANGES, clusters, flips=19, repeats=1).chosen == 2


def test_the_same_seed_gives_the_same_choice_and_interval() -> None:
    first, second = chosen(5), chosen(5)
    assert (first.chosen, first.gain, first.agreement) == (second.chosen, second.gain, second.agreement)


def test_a_case_s_own_score_has_no_part_in_what_it_is_scored_with() -> None:
    scores, clusters = scores_of(2)
    clusters = np.arange(len(clusters))
    before = choose(scores, CHANGES, clusters, flips=1, repeats=2)
    scores[:, 0] = np.linspace(-50, 50, CANDIDATES)
    after = choose(scores, CHANGES, clusters, flips=1, repeats=2)
    assert np.array_equal(before.weights[:, 0], after.weights[:, 0])


def test_out_of_fold_weights_of_every_case_add_up_to_one() -> None:
    assert np.allclose(chosen(3).weights.sum(axis=0), 1.0)


@given(st.lists(st.frozensets(st.sampled_from("abcdefgh"), min_size=1, max_size=3), min_size=1, max_size=30))
def test_cases_that_share_a_document_are_never_in_two_folds(documents: list[frozenset[str]]) -> None:
    clusters = clusters_of(documents)
    fold_of = folds_of(np.bincount(clusters).astype(float), 3, np.random.default_rng(0))[clusters]
    assert sorted(set(clusters)) == list(range(clusters.max() + 1))
    for one, first in enumerate(documents):
        for other, second in enumerate(documents):
            if first & second:
                assert clusters[one] == clusters[other]
                assert fold_of[one] == fold_of[other]


def test_cases_that_only_a_third_links_are_one_cluster() -> None:
    assert list(clusters_of([{"a"}, {"c"}, {"a", "b"}, {"b", "d"}, {"e"}])) == [0, 1, 0, 0, 2]


def test_folds_are_about_equally_large() -> None:
    sizes = np.array([9.0, *[1.0] * 31])
    fold_of = folds_of(sizes, 5, np.random.default_rng(1))
    assert np.array_equal(np.bincount(fold_of, weights=sizes), [8, 8, 8, 8, 8]) or (
        max(np.bincount(fold_of, weights=sizes)) == 9
    )


def test_an_interval_over_clusters_is_wider_than_one_that_takes_cases_for_independent() -> None:
    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(12), 5)
    differences = rng.standard_normal(12)[clusters] + 0.1 * rng.standard_normal(60)
    over_clusters, over_cases = (
        clustered_bootstrap(differences, clusters),
        paired_bootstrap(differences.tolist()),
    )
    assert over_clusters.high - over_clusters.low > 1.5 * (over_cases.high - over_cases.low)
    assert over_clusters.mean == pytest.approx(over_cases.mean)


def test_one_cluster_says_nothing_of_the_error() -> None:
    interval = clustered_bootstrap(np.array([0.1, 0.2]), np.array([0, 0]))
    assert (interval.low, interval.high) == (-np.inf, np.inf)


def test_intervals_over_clusters_hold_the_truth_about_as_often_as_they_say() -> None:
    held = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        clusters = np.repeat(np.arange(15), 3)
        differences = rng.standard_normal(15)[clusters] + rng.standard_normal(45)
        interval = clustered_bootstrap(differences, clusters, rounds=1000, seed=seed)
        held += interval.low <= 0 <= interval.high
    assert 0.92 <= held / 300 <= 0.985


def test_t_quantiles_are_those_of_the_tables() -> None:
    for count, wanted in ((6, 2.571), (11, 2.228), (31, 2.042), (121, 1.980)):
        assert expected_width(count, 0.95) == pytest.approx(wanted, abs=0.006)


def test_the_count_that_is_needed_is_that_of_the_formula() -> None:
    # (1.96 + .8416)^2 * (.17 / .1)^2 = 22.7
    assert cases_needed(0.1, spread=0.17, power=0.8, reach=1.96) == 23
    assert cases_needed(0.1, spread=0.17, power=0.8, reach=2.8) == 39
    error = 0.17 / 39**0.5
    interval = Interval(mean=0.02, low=0.02 - 2.8 * error, high=0.02 + 2.8 * error)
    assert smallest_gain(interval, error, power=0.8) == pytest.approx(0.0992, abs=0.0005)
