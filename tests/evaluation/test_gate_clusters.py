"""Cases of one document: how alike they move is measured, and the intervals hold whatever it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.evaluation.gate.bounds import Clustered, likeness, lower_bound, upper_bound

FEW = settings(max_examples=40, deadline=None)


def lost_in_documents(
    rng: np.random.Generator, documents: int, *, lost: float, won: float, alike: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return differences in documents of 1 to 9 cases, whole documents moving as one in this share of them."""
    labels = np.repeat(np.arange(documents), rng.choice([1, 1, 1, 2, 3, 9], size=documents))

    def drawn(count: int) -> np.ndarray:
        luck = rng.random(count)
        return np.where(luck < lost, -1.0, np.where(luck < lost + won, 1.0, 0.0))

    as_one = (rng.random(documents) < alike)[labels]
    return np.where(as_one, drawn(documents)[labels], drawn(len(labels))), labels


@pytest.mark.parametrize("alike", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("lost_won", [(0.1, 0.0), (0.15, 0.15)], ids=str)
def test_documents_whose_cases_move_as_one_are_covered_as_those_that_do_not(
    lost_won: tuple[float, float], alike: float
) -> None:
    rng = np.random.default_rng(12)
    samples, truth, missed = 150, lost_won[1] - lost_won[0], [0, 0]
    for _ in range(samples):
        differences, labels = lost_in_documents(rng, 60, lost=lost_won[0], won=lost_won[1], alike=alike)
        sample = Clustered(
            sums=np.bincount(labels, weights=differences),
            sizes=np.bincount(labels).astype(float),
            bound=1.0,
            together=likeness(differences, labels),
        )
        missed[0] += lower_bound(sample, 0.025) > truth
        missed[1] += upper_bound(sample, 0.025) < truth
    assert max(missed) <= samples * 0.025 + 2.33 * math.sqrt(samples * 0.025 * 0.975)


def test_cases_of_a_document_that_move_apart_count_as_more_than_one() -> None:
    labels = np.repeat(np.arange(50), 4)
    apart = np.where(np.arange(200) % 8 == 0, -1.0, 0.0)
    as_one = np.where(labels % 8 == 0, -1.0, 0.0)
    assert likeness(apart, labels) < 0.3
    assert likeness(as_one, labels) == 1.0
    assert likeness(np.zeros(200), labels) == 1.0, "nothing moved: nothing tells it"
    assert likeness(apart, np.arange(200)) == 1.0, "no case has a mate: nothing tells it"
    one = np.where(np.arange(200) == 0, -1.0, 0.0)
    assert likeness(one, labels) == 1.0, "three mates that stood still leave everything open"


@FEW
@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0]), min_size=1, max_size=40), st.integers(1, 12))
def test_likeness_lies_between_none_and_all_and_has_no_direction(
    differences: list[float], count: int
) -> None:
    values = np.array(differences)
    labels = np.unique(np.arange(len(values)) % count, return_inverse=True)[1]
    assert 0 < likeness(values, labels) <= 1
    assert likeness(values, labels) == pytest.approx(likeness(-values, labels))
