from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from holdfast.evaluation.intervals import paired_bootstrap
from holdfast.evaluation.ranking import ndcg, recall, reciprocal_rank


def test_ndcg_of_a_known_list() -> None:
    assert ndcg(["x", "a"], {"a": 1}) == 1 / math.log2(3)
    assert ndcg(["b", "a"], {"a": 1, "b": 3}) == 1.0


def test_only_the_first_k_count() -> None:
    ranked = [*"xxxxxxxxxx", "a"]
    assert ndcg(ranked, {"a": 1}) == 0.0
    assert reciprocal_rank(ranked, {"a": 1}) == 0.0
    assert recall(ranked, {"a": 1}, k=11) == 1.0


def test_a_query_without_relevant_documents_scores_nothing() -> None:
    assert ndcg(["a"], {}) == 0.0
    assert recall(["a"], {"a": 0}, k=10) == 0.0


@given(
    st.permutations("abcdefgh"), st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), min_size=1)
)
def test_ndcg_lies_between_nothing_and_the_ideal_order(ranked: list[str], grades: dict[str, int]) -> None:
    assert 0.0 <= ndcg(ranked, grades) <= 1.0 + 1e-12
    ideal = sorted(grades, key=lambda name: -grades[name])
    if any(grades.values()):
        assert ndcg(ideal, grades) > 1 - 1e-12


def test_the_interval_of_equal_differences_is_the_difference() -> None:
    interval = paired_bootstrap([0.25] * 20)
    assert (interval.low, interval.mean, interval.high) == (0.25, 0.25, 0.25)


def test_the_same_differences_give_the_same_interval() -> None:
    assert paired_bootstrap([0.1, -0.2, 0.3]) == paired_bootstrap([0.1, -0.2, 0.3])
