"""Confidence is held against correctness, and thresholds move only on a shown promise."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.evaluation.calibration.calibrating import Budgets, calibrate
from holdfast.evaluation.calibration.contract import calibrate_json
from holdfast.evaluation.calibration.drafts import Draft, Thresholds, columns_of
from holdfast.evaluation.calibration.plots import reliability_plot, risk_coverage_plot
from holdfast.evaluation.calibration.reliability import reliability_of
from holdfast.evaluation.calibration.risk_coverage import risk_coverage_of
from holdfast.evaluation.calibration.thresholds import STEPS, answered_at, path_of, refused_at

NOW = Thresholds(answer_at=0.55, refuse_below=0.25, support_at=0.35)
BUDGETS = Budgets(wrong=0.02, missed=0.05)
SHARE = st.floats(0, 1)
DRAFTS = st.lists(
    st.builds(
        lambda name, one, two, right, own, form: Draft(
            case=name, cluster=name[:1], answerability=one, support=two, confidence=min(one, two),
            is_right=right, has_own_estimate=own, is_form=form,
        ),
        st.text("abc", min_size=1, max_size=3), SHARE, SHARE, st.booleans(), st.booleans(), st.booleans(),
    ),
    max_size=40,
)  # fmt: skip


def drafts_of(count: int, right_at, *, seed: int = 1) -> list[Draft]:
    """Return drafts whose correctness is drawn with a chance that depends on their confidence."""
    rng = np.random.default_rng(seed)
    confidence = rng.beta(3, 1.3, count)
    return [
        Draft(case=f"c{n}", cluster=f"c{n}", answerability=float(at), support=float(at), confidence=float(at),
              is_right=bool(rng.random() < right_at(at)), has_own_estimate=True)
        for n, at in enumerate(confidence)
    ]  # fmt: skip


@settings(deadline=None)
@given(DRAFTS, SHARE, SHARE, SHARE)
def test_each_level_answers_all_that_the_stricter_one_does(drafts, one, two, support) -> None:
    now = Thresholds(answer_at=max(one, two), refuse_below=min(one, two), support_at=support)
    path = path_of(now, drafts)
    flags = answered_at(path, drafts)
    assert path[STEPS] == now
    for stricter, laxer in pairwise(flags):
        assert not (stricter & ~laxer).any()
    for level, answered, refused in zip(path, flags, refused_at(path, drafts), strict=True):
        assert level.refuse_below <= level.answer_at
        assert [level.answers(draft) for draft in drafts] == answered.tolist()
        assert not (answered & refused).any()


@settings(deadline=None, max_examples=25)
@given(DRAFTS, SHARE, SHARE, SHARE)
def test_any_drafts_give_a_calibration_that_goes_into_json(drafts, one, two, support) -> None:
    now = Thresholds(answer_at=max(one, two), refuse_below=min(one, two), support_at=support)
    made = calibrate(drafts, now, Budgets(wrong=0.3, missed=0.3), items=len(drafts) + 2)
    told = calibrate_json(made)
    assert "NaN" not in str(told).replace("nan", "NaN")
    assert (made.reliability is None) == (not drafts)
    if made.promise is not None:
        assert made.chosen.wrong / made.chosen.answered <= made.chosen.bound <= 0.3


def test_thresholds_rise_until_the_budget_is_kept() -> None:
    made = calibrate(drafts_of(2500, lambda at: 1 - 0.4 * (1 - at) ** 1.5), NOW, BUDGETS, items=2600)
    assert made.now.wrong / made.now.answered > 0.02
    assert made.chosen is not None
    assert made.chosen.thresholds.answer_at > NOW.answer_at
    assert made.chosen.thresholds.support_at > NOW.support_at
    assert made.chosen.wrong / made.chosen.answered <= made.chosen.bound <= 0.02
    assert set(made.changes()) == {"deciding.answer_at", "deciding.support_at"}
    assert made.held_out.answered > 500
    assert made.held_out.wrong / made.held_out.answered < 0.02


def test_thresholds_fall_where_next_to_nothing_is_wrong() -> None:
    made = calibrate(drafts_of(1200, lambda _at: 0.998), NOW, BUDGETS, items=1200)
    assert made.chosen is not None
    assert made.chosen.answered > made.now.answered


def test_too_few_cases_change_nothing_and_say_how_many_it_takes() -> None:
    made = calibrate(drafts_of(60, lambda _at: 1.0), NOW, BUDGETS, items=80)
    assert (made.promise, made.changes()) == (None, {})
    assert made.needed.at_least == 149
    assert made.needed.items is not None
    assert made.needed.items > 149


def test_no_number_of_cases_helps_where_a_tenth_is_wrong_at_every_confidence() -> None:
    made = calibrate(drafts_of(500, lambda _at: 0.9), NOW, BUDGETS, items=500)
    assert made.promise is None
    assert made.needed.items is None or made.needed.items > 500


def test_a_model_without_an_estimate_of_its_own_is_held_back_by_refuse_below() -> None:
    drafts = [replace(one, has_own_estimate=False, support=1.0) for one in
              drafts_of(2500, lambda at: 1 - 0.4 * (1 - at) ** 1.5)]  # fmt: skip
    made = calibrate(drafts, NOW, BUDGETS, items=2500)
    assert made.chosen is not None
    assert made.chosen.thresholds.refuse_below > NOW.refuse_below
    assert made.chosen.thresholds.answer_at >= made.chosen.thresholds.refuse_below


def test_a_right_confidence_shows_less_error_once_the_noise_is_taken_out() -> None:
    made = [reliability_of(columns_of(drafts_of(150, lambda at: at, seed=seed))) for seed in range(20)]
    assert np.mean([one.ece.mean for one in made]) < 0.7 * np.mean([one.ece_plain for one in made])
    # A rate of 5% exceeds 4 of 20 in one of a hundred such tests.
    assert sum(one.is_shown for one in made) <= 4


def test_the_interval_of_the_calibration_error_holds_the_true_one() -> None:
    held, runs = 0, 24
    for seed in range(runs):
        made = reliability_of(columns_of(drafts_of(200, lambda at: max(0.0, at - 0.15), seed=seed)))
        held += made.ece.low <= 0.15 <= made.ece.high
        assert made.is_too_sure
    assert held >= 20


def test_a_perfect_order_has_the_best_area_and_equal_confidences_none() -> None:
    rng = np.random.default_rng(3)
    right = rng.random(200) < 0.7

    def area(confidence):
        drafts = [Draft(case=str(n), cluster=str(n), answerability=1, support=1, confidence=float(at),
                        is_right=bool(ok)) for n, (at, ok) in enumerate(zip(confidence, right, strict=True))]  # fmt: skip
        return risk_coverage_of(columns_of(drafts), items=250)

    best = area(np.where(right, 0.9, 0.1) + rng.random(200) / 100)
    flat = area(np.full(200, 0.5))
    assert best.aurc.mean == pytest.approx(best.aurc_at_best)
    assert flat.aurc.mean == pytest.approx(1 - right.mean())
    assert len(flat.points) == 1
    assert best.points[-1].coverage == pytest.approx(0.8)
    assert best.aurc.low <= best.aurc.mean <= best.aurc.high


@pytest.mark.parametrize("value", [float("nan"), -0.1, 1.1, float("inf")])
def test_what_is_no_probability_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        Draft(case="a", cluster="a", answerability=value, support=1, confidence=1, is_right=True)
    with pytest.raises(ValueError, match="not between 0 and 1"):
        Budgets(wrong=value, missed=0.1)


def test_plots_are_svg_that_needs_no_script_and_says_its_figures_in_words() -> None:
    columns = columns_of(drafts_of(300, lambda at: at))
    curve = risk_coverage_of(columns, items=320)
    for drawn in (
        reliability_plot(reliability_of(columns)),
        risk_coverage_plot(curve, budget=0.02, now=(0.5, 0.1)),
        risk_coverage_plot(curve),
    ):
        root = ET.fromstring(drawn)
        assert root.find("{http://www.w3.org/2000/svg}title").text
        assert "script" not in drawn
        assert "prefers-color-scheme: dark" in drawn
        assert "nan" not in drawn
