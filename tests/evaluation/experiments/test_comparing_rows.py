"""Rows against a baseline: what is common, what is judged, what is certain, what a second look adds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Evidence, Expectation
from holdfast.domain.experiments import CaseRun, Experiment, Plan
from holdfast.domain.scores import Metric, Score
from holdfast.errors import UsageError
from holdfast.evaluating.headlines import headline_of
from holdfast.evaluation.experiments.baseline_files import Baseline, baseline_text, read_baseline
from holdfast.evaluation.experiments.comparing import Rules, compare, further_runs, look_again
from holdfast.evaluation.experiments.contract import eval_json
from holdfast.evaluation.experiments.junit import junit
from holdfast.evaluation.experiments.markdown import markdown
from holdfast.evaluation.experiments.measuring import (
    cluster_of,
    failures_of,
    interval_of,
    measured,
    percentile_with_interval,
)
from holdfast.evaluation.experiments.page import page
from holdfast.evaluation.experiments.reporting import Found, report_of
from holdfast.evaluation.experiments.sampling import sampled
from holdfast.evaluation.gate.family import Limit

RIGHT = Metric(name="outcome_right", unit="share", higher_is_better=True, margin=0.05)
UNSAFE = Metric(name="unsafe_answer", unit="count", higher_is_better=False, is_protective=True)
LATENCY = Metric(name="latency", unit="s", higher_is_better=False, is_deterministic=False, margin=0.5)
RULES = Rules(metrics=(RIGHT, UNSAFE, LATENCY))
PLAN = Plan(workflow="desk", version="v", cases={f"c{n}": "d" for n in range(60)}, cases_digest="set")
EXPERIMENT = Experiment(
    id="e1",
    plan=PLAN,
    settings={},
    prices={},
    environment={},
    user="ana",
    started_at=datetime(2026, 11, 27, tzinfo=UTC),
)


def row(n: int, right: float, *, model: str = "extractive", repeat: int = 0, unsafe: float = 0.0) -> CaseRun:
    return CaseRun(
        case=f"c{n}", digest="d", repeat=repeat, kind="high-risk" if n < 5 else "common", run=f"r{n}-{repeat}",
        outcome="answer" if right else "refusal", model=model, documents=(f"{n}.md",), took_s=0.2, cost_usd=0.001,
        scores=(Score(metric="outcome_right", value=right, why="" if right else "a <b>refusal</b> | instead\x00 of"),
                Score(metric="unsafe_answer", value=unsafe, why="said it" if unsafe else ""),
                Score(metric="latency", value=0.2 + n / 1000)),
    )  # fmt: skip


def rows(count: int, *, wrong: int = 0, model: str = "extractive", repeats: int = 1) -> tuple[CaseRun, ...]:
    return tuple(
        row(n, float(n >= wrong), model=model, repeat=r) for n in range(count) for r in range(repeats)
    )


def baseline(some: tuple[CaseRun, ...]) -> Baseline:
    return Baseline(name="main", version="v0", cases_digest="set", rows=some)


def test_nothing_changed_is_told_only_where_nothing_is_left_to_chance() -> None:
    assert compare(baseline(rows(60)), rows(60), RULES).is_unchanged
    assert not compare(baseline(rows(60)), rows(60, model="openai:m"), RULES).is_unchanged
    assert not compare(baseline(rows(60)), rows(60, wrong=1), RULES).is_unchanged


def test_a_sure_new_failure_of_a_high_risk_case_is_confirmed_without_repeats() -> None:
    rules = replace(RULES, high_risk=frozenset({"c0", "c1"}))
    found = compare(baseline(rows(60)), rows(60, wrong=1), rules)
    (failure,) = found.new_failures
    assert failure.is_confirmed
    assert "1 of 1 runs before, in 0 of 1 now (confirmed)" in failure.says
    assert found.outcome.result == "fail"
    written = compare(baseline(rows(60, model="openai:m")), rows(60, wrong=1, model="openai:m"), rules)
    assert [one.is_confirmed for one in written.new_failures] == [False]


def test_seconds_are_judged_only_where_a_limit_is_declared() -> None:
    found = compare(baseline(rows(60)), rows(60), RULES)
    assert "latency" not in found.pairs
    limited = replace(RULES, limits={"latency": Limit(margin=0.1)})
    assert "latency" in compare(baseline(rows(60)), rows(60), limited).pairs
    alone = replace(RULES, shown_only=frozenset({"outcome_right"}))
    assert "outcome_right" not in compare(baseline(rows(60)), rows(60), alone).pairs


def test_a_second_look_takes_the_added_repeats_and_keeps_what_was_decided() -> None:
    there, here = rows(60, model="openai:m"), rows(60, wrong=4, model="openai:m")
    first = compare(baseline(there), here, RULES, first=1, may_repeat=True)
    plan, _ = further_runs(first, budget_runs=240, seed=7)
    assert plan, "four of sixty decide nothing"
    added = tuple(
        row(int(one.case[1:]), 1.0, model="openai:m", repeat=1 + r) for one in plan for r in range(one.times)
    )
    second = look_again(first, baseline((*there, *added)), (*here, *added), RULES, plan)
    assert second.outcome.verdicts[0].difference is not None
    assert first.outcome.verdicts[0].difference is not None
    assert second.outcome.verdicts[0].difference > first.outcome.verdicts[0].difference


def flipping(harmed: dict[int, str], *, repeats: int = 1) -> tuple[CaseRun, ...]:
    """Return rows of a model, in which a case is answered unsafely where its string has a 1, repeat by repeat."""
    return tuple(
        row(n, 1.0, model="openai:m", repeat=r, unsafe=float(harmed.get(n, "0" * repeats)[r]))
        for n in range(60)
        for r in range(len(harmed[n]) if n in harmed else repeats)
    )


def looked_twice(before: dict[int, str], now: dict[int, str]):
    """Return the comparison at its second look, where first looks and repeats come out as the strings say."""
    first = (
        flipping({n: runs[0] for n, runs in before.items()}),
        flipping({n: runs[0] for n, runs in now.items()}),
    )
    look = compare(baseline(first[0]), first[1], RULES, first=1, may_repeat=True)
    plan, more = further_runs(look, budget_runs=240, seed=7)
    assert {one.case for one in more} >= {f"c{n}" for n in now if now[n][0] > before.get(n, "0")[0]}
    assert sum(one.times + one.baseline_times for one in more if one not in plan) <= 120
    return look_again(look, baseline(flipping(before)), flipping(now), RULES, plan)


def told(before: dict[int, str], now: dict[int, str]):
    found = looked_twice(before, now)
    some, against = flipping(now), baseline(flipping(before))
    return report_of(
        Found(experiment=EXPERIMENT, rows=some, name="as declared", took_s=1.0),
        RULES,
        baseline=against,
        comparison=found,
    )


def test_a_case_that_only_took_longer_is_not_unstable() -> None:
    def slower(row: CaseRun) -> CaseRun:
        late = Score(metric="latency", value=9.0 + row.repeat)
        return replace(row, scores=(*row.scores[:2], late), cost_usd=0.5)

    rows = [slower(row(1, 1.0, repeat=repeat)) for repeat in range(3)]
    found = report_of(Found(experiment=EXPERIMENT, rows=rows, name="as declared", took_s=1.0), RULES)
    assert found.unstable == ()
    wobbly = [*rows, slower(row(1, 0.0, repeat=3))]
    found = report_of(Found(experiment=EXPERIMENT, rows=wobbly, name="as declared", took_s=1.0), RULES)
    assert found.unstable == ("c1",)


OFTEN, ELSE_OFTEN = "0100100000000", "1000010010000"


def test_harm_that_comes_and_goes_on_both_sides_warns_and_every_case_is_named() -> None:
    found = told({7: OFTEN, 8: OFTEN}, {7: ELSE_OFTEN, 8: ELSE_OFTEN})
    assert found.result == "unclear"
    assert (
        "unsafe_answer: unstable on both sides: 2 cases (c7, c8); harm comes and goes there, before as now"
        in (found.because)
    )
    assert (found.unstable, found.unstable_before) == (("c7", "c8"), ("c7", "c8"))
    assert eval_json(found)["unstable_before"] == ["c7", "c8"]
    assert "Unstable on both sides" in markdown(found)
    assert "Unstable on both sides" in page(found)


def test_one_case_that_is_answered_unsafely_every_time_now_fails_the_gate() -> None:
    found = told({7: OFTEN, 9: "0" * 13}, {7: ELSE_OFTEN, 9: "1" * 13})
    assert found.result == "fail"
    assert found.because[0] == (
        "case c9: unsafe_answer passed in 13 of 13 runs before, in 0 of 13 now (confirmed)"
    )


def test_new_harm_that_cannot_be_repeated_fails() -> None:
    found = compare(baseline(flipping({})), flipping({7: "1"}), RULES)
    assert found.outcome.result == "fail"
    assert "repeats of both could confirm it" in found.outcome.failed[0]


def test_a_single_unsafe_answer_of_no_model_fails_at_once() -> None:
    now = (*rows(59), row(59, 1.0, unsafe=1.0))
    assert "(confirmed)" in compare(baseline(rows(60)), now, RULES).outcome.failed[0]


def report(some: tuple[CaseRun, ...], against: tuple[CaseRun, ...] | None = None, **more: object):
    found = Found(experiment=EXPERIMENT, rows=some, name="as declared", took_s=1.0, **more)
    if against is None:
        return report_of(found, RULES)
    return report_of(
        found, RULES, baseline=baseline(against), comparison=compare(baseline(against), some, RULES)
    )


def test_harm_fails_without_a_baseline_and_what_was_not_run_never_passes() -> None:
    assert report(rows(60)).result == "pass"
    assert report((*rows(59), row(59, 1.0, unsafe=1.0))).result == "fail"
    lost = replace(row(59, 1.0), not_run="503", scores=())
    assert report((*rows(59), lost)).result == "unclear"
    assert report((*rows(59), lost), rows(60)).result == "unclear"
    assert report(rows(60), ()).because[0] == "the baseline has no case in common with these"


def test_every_form_holds_what_models_and_documents_say_as_text() -> None:
    told = report(rows(60, wrong=10), rows(60))
    html = page(told)
    assert "<b>refusal" not in html
    assert "&lt;b&gt;refusal" in html
    assert "script" not in html
    assert "<b>" not in markdown(told)
    assert b"\x00" not in junit(told, rows(60, wrong=10))
    assert "NaN" not in json.dumps(eval_json(told))
    closed = report(rows(60, wrong=2), closed={"c0"})
    assert [("closed to you" in one.why) for one in closed.failures] == [True, False]


def test_a_metric_that_cannot_be_computed_says_why() -> None:
    nothing = tuple(
        replace(one, scores=(Score(metric="outcome_right", value=None, why="no claim"),)) for one in rows(3)
    )
    (right, unsafe, _) = measured(nothing, RULES.metrics, seed=7)
    assert (right.value, right.why) == (None, "no claim")
    assert (unsafe.value, unsafe.why) == (None, "it applies to none of these cases")
    assert failures_of(nothing, RULES.metrics, ()) == ()


def test_a_baseline_file_comes_back_with_its_figures_and_no_text(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_text(baseline_text(EXPERIMENT, rows(60, wrong=3), RULES.metrics))
    found = read_baseline(file)
    assert "refusal</b>" not in file.read_text()
    assert compare(found, rows(60, wrong=3), RULES).is_unchanged
    assert all(one.score("latency") is None for one in found.rows), "seconds differ from machine to machine"
    for text in (
        "{}",
        "nonsense",
        file.read_text().replace('"holdfast_baseline": 1', '"holdfast_baseline": 2'),
    ):
        file.write_text(text)
        with pytest.raises(UsageError, match="is no baseline"):
            read_baseline(file)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["common", "edge", "refuse", ""]), min_size=1, max_size=60), st.integers(1, 60)
)
def test_a_sample_has_its_size_its_order_and_every_kind_there_is_room_for(
    kinds: list[str], count: int
) -> None:
    def case(n: int, kind: str):
        return type("Case", (), {"id": n, "kind": kind})()

    cases = [case(n, kind) for n, kind in enumerate(kinds)]
    picked = sampled(cases, count, seed=7)
    assert len(picked) == min(count, len(cases))
    assert [one.id for one in picked] == sorted(one.id for one in picked)
    if count >= len(set(kinds)):
        assert {one.kind for one in picked} == set(kinds)
    assert picked == sampled(cases, count, seed=7)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=2, max_size=40), st.integers(1, 10))
def test_an_interval_of_shares_holds_its_mean_and_lies_in_the_unit(values: list[float], groups: int) -> None:
    named = {f"c{n}": value for n, value in enumerate(values)}
    clusters = {case: str(n % groups) for n, case in enumerate(named)}
    found = interval_of(named, clusters, is_share=True, seed=7)
    if found is None:
        assert len(set(clusters.values())) == 1
        return
    mean = sum(values) / len(values)
    assert 0 <= found[0] <= mean + 1e-9
    assert mean - 1e-9 <= found[1] <= 1


def test_a_percentile_has_an_interval_only_where_enough_values_tell() -> None:
    assert percentile_with_interval([1.0, 2.0], 0.95)[1] is None
    value, ends = percentile_with_interval([float(n) for n in range(1000)], 0.95)
    assert ends is not None
    assert ends[0] < value < ends[1]


def in_case(name: str, *evidence: Evidence, cluster: str = "") -> Case:
    expect = Expectation(outcome="answer", evidence=evidence)
    return Case(id=name, question="?", principal=Principal(user="ana"), expect=expect, cluster=cluster)


def test_cases_go_together_by_the_declared_name_else_by_document_or_row_of_a_lookup() -> None:
    paper = Evidence(document="a.md", quote="24 Nm")
    first, other = (
        Evidence(document="lookup:orders", quote="x", keys={"order": n}) for n in ("SO-1", "SO-2")
    )
    cases = (
        in_case("one", paper), in_case("two", paper, first), in_case("row", first, paper), in_case("other row", other),
         in_case("bare"), in_case("named", paper, cluster="one mail"), in_case("named too", cluster="one mail"),
    )  # fmt: skip
    found = {case.id: cluster_of(case) for case in cases}
    assert found["one"] == found["two"] == "document a.md"
    assert len({found["one"], found["row"], found["other row"], found["bare"], found["named"]}) == 5
    assert found["named"] == found["named too"], "cases without any document in common"


def test_a_declared_cluster_reaches_the_gate_and_widens_the_interval() -> None:
    """Ten lost cases that are declared to be one thing are one observation."""
    alone = compare(baseline(rows(60)), rows(60, wrong=10), RULES)
    together = compare(
        baseline(rows(60)),
        rows(60, wrong=10),
        replace(RULES, clusters={f"c{n}": "declared x" for n in range(10)}),
    )
    verdicts = alone.outcome.verdicts[0], together.outcome.verdicts[0]
    assert [one.result for one in verdicts] == ["worse", "unclear"]
    assert [one.clusters for one in verdicts] == [60, 51]


def test_a_list_of_experiments_shows_the_interval_that_the_evaluation_told() -> None:
    """Cases on rows of one lookup are one group by their document, and a group each by their rows."""
    rows = [replace(row(n, 1.0), documents=("lookup:ledger",)) for n in range(14)]
    rules = replace(RULES, clusters={f"c{n}": f"document lookup:ledger account={n}" for n in range(14)})
    (told, *_) = measured(rows, (RIGHT,), seed=7, clusters=rules.clusters)
    assert told.interval is not None
    assert told.interval[0] > 0.7
    assert headline_of(rows, rules, seed=7).figures[0].interval == told.interval
