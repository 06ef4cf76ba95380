"""What the gate says would decide, followed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.verdict import Verdict, judge

RIGHT = Metric(name="right", unit="share", higher_is_better=True)
MARGIN = 0.05
Runs = Callable[[int], list[Paired]]


def drawn(rng: np.random.Generator, *, flips: float, drop: float, cluster: int = 1, repeats: int = 1) -> Runs:
    """Return what draws so many cases more: right or wrong, some lost (all of a cluster), every answer may flip."""
    made = 0

    def draw(count: int) -> list[Paired]:
        nonlocal made
        made += 1
        clusters = -(-count // cluster)
        right = rng.random(count) < 0.85
        lost = np.repeat(rng.random(clusters) < abs(drop), cluster)[:count]
        sides = [right, right & ~lost] if drop >= 0 else [right & ~lost, right]
        before, now = ((side != (rng.random((repeats, count)) < flips)).astype(float) for side in sides)
        return [
            Paired(f"{made}-{row}", f"{made}-{row // cluster}", tuple(before[:, row]), tuple(now[:, row]))
            for row in range(count)
        ]

    return draw


def decided_by_following(seeds: range, cases: int, **how: float) -> list[bool]:
    """Return for each comparison that was unclear whether as many cases as were said decided it."""
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        draw = drawn(
            rng,
            flips=how["flips"],
            drop=rng.uniform(-how["reach"], how["reach"]),
            cluster=int(how["cluster"]),
        )
        first = draw(cases)
        verdict = judge(RIGHT, first, margin=MARGIN)
        if verdict.cases_needed:
            found.append(
                judge(RIGHT, [*first, *draw(verdict.cases_needed)], margin=MARGIN).result != "unclear"
            )
    return found


def test_following_the_advice_decides_in_about_four_of_five() -> None:
    """Over differences about as far as the intervals reach: steady and flipping, alone and in clusters."""
    found = [
        *decided_by_following(range(40), 60, flips=0.0, reach=0.1, cluster=1),
        *decided_by_following(range(40), 60, flips=0.1, reach=0.2, cluster=1),
        *decided_by_following(range(40), 100, flips=0.2, reach=0.2, cluster=1),
        *decided_by_following(range(40), 120, flips=0.05, reach=0.15, cluster=4),
    ]
    assert len(found) > 80
    assert 0.7 <= np.mean(found) <= 0.95, np.mean(found)


def test_following_the_advice_on_repeats_decides_in_about_three_of_four() -> None:
    found = [
        *decided_by_repeating(range(50), 150, flips=0.2, reach=0.2),
        *decided_by_repeating(range(50), 200, flips=0.1, reach=0.1),
    ]
    assert len(found) > 20
    assert np.mean(found) >= 0.6, np.mean(found)


def decided_by_repeating(seeds: range, cases: int, *, flips: float, reach: float) -> list[bool]:
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        every = drawn(rng, flips=flips, drop=rng.uniform(-reach, reach), repeats=22)(cases)
        first = judge(RIGHT, [shortened(one, 2) for one in every], margin=MARGIN)
        if first.repeats_needed:
            again = [shortened(one, 2 + first.repeats_needed) for one in every]
            found.append(judge(RIGHT, again, margin=MARGIN).result != "unclear")
    return found


def shortened(one: Paired, repeats: int) -> Paired:
    return Paired(one.case, one.cluster, one.baseline[:repeats], one.candidate[:repeats])


def alike(count: int) -> list[Paired]:
    return [Paired(f"c{row}", f"c{row}", (1.0,), (1.0,)) for row in range(count)]


@settings(deadline=None, max_examples=40)
@given(cases=st.integers(1, 400), margin=st.floats(0.01, 0.3))
def test_where_nothing_moves_the_advice_is_right_and_no_waste(cases: int, margin: float) -> None:
    verdict = judge(RIGHT, alike(cases), margin=margin)
    if verdict.result == "unclear" and verdict.cases_needed is not None:
        assert judge(RIGHT, alike(cases + verdict.cases_needed), margin=margin).result == "not worse"
        # a forecast for few more cases, beside many that there are, is one of their sum
        fewer = min(cases + int(verdict.cases_needed * 0.85) - 2, int((cases + verdict.cases_needed) * 0.95))
        if fewer > cases:
            assert judge(RIGHT, alike(fewer), margin=margin).result == "unclear"


def big_clusters() -> Verdict:
    """Return what 204 steady cases say that lean on few documents: 14 on one, most on one of their own."""
    sizes = [14, 9, 9, 6, *[5] * 3, *[4] * 4, *[3] * 8, *[2] * 20, *[1] * 71]
    named = [f"d{number}" for number, size in enumerate(sizes) for _ in range(size)]
    return judge(
        RIGHT, [Paired(str(row), name, (1.0,), (1.0,)) for row, name in enumerate(named)], margin=MARGIN
    )


def test_cases_that_lean_on_few_documents_are_not_said_to_need_one_more() -> None:
    """They were: "1 more case would decide", for each cluster was counted as if it were of the average size."""
    verdict = big_clusters()
    assert verdict.result == "unclear"
    assert (verdict.cases_needed or 0) >= 30, verdict.why


@pytest.mark.parametrize("cases", [30, 300])
def test_what_no_reasonable_number_decides_is_said_so(cases: int) -> None:
    noisy = drawn(np.random.default_rng(5), flips=0.3, drop=0.0)(cases)
    verdict = judge(RIGHT, noisy, margin=0.002)
    assert (verdict.result, verdict.cases_needed) == ("unclear", None)
    assert (
        f"not even {max(10 * cases, 300)} cases would be likely to decide; repeat each, or declare"
        in verdict.why
    )
