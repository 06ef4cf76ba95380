"""When `holdfast eval` ends with 1: every state of a metric, of what is declared, and of high-risk cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from holdfast.domain.experiments import CaseRun, Experiment, Plan
from holdfast.domain.scores import Metric, Score
from holdfast.evaluation.experiments.baseline_files import Baseline
from holdfast.evaluation.experiments.comparing import Rules, compare
from holdfast.evaluation.experiments.contract import eval_json
from holdfast.evaluation.experiments.report import Report
from holdfast.evaluation.experiments.reporting import Found, report_of
from holdfast.evaluation.gate.family import Limit, WhenUnclear

SHARE = Metric(name="right", unit="share", higher_is_better=True, margin=0.05)
HARM = Metric(name="harm", unit="count", higher_is_better=False, is_protective=True)
CASES = 100
LOST = {"worse": 20, "unclear, a case worse": 2, "unclear, none worse": 0, "not worse": 0}
MODEL = "openai:m"


def run(n: int, *, bad: bool, metric: Metric, model: str = MODEL) -> CaseRun:
    value = float(bad) if metric is HARM else float(not bad)
    return CaseRun(
        case=f"c{n}", digest="d", kind="common", run=f"r{n}", outcome="answer", model=model, documents=(f"{n}.md",),
        scores=(Score(metric=metric.name, value=value, why="bad" if bad else ""),),
    )  # fmt: skip


def told(
    state: str,
    metric: Metric,
    *,
    when: WhenUnclear | None = None,
    model: str = MODEL,
    **rules: frozenset[str],
) -> Report:
    """Return the report of a comparison in which one metric is in this state."""
    few = state == "unclear, none worse"
    count = 20 if few else CASES
    before = tuple(run(n, bad=False, metric=metric, model=model) for n in range(count))
    now = tuple(run(n, bad=n < LOST[state], metric=metric, model=model) for n in range(count))
    margin = 0.25 if metric is HARM and state == "not worse" else None
    limits = {metric.name: Limit(when_unclear=when, margin=margin)}
    every = Rules(metrics=(metric,), limits=limits, **rules)
    baseline = Baseline(name="main", version="v", cases_digest="s", rows=before)
    return reported(now, every, baseline)


def reported(rows: tuple[CaseRun, ...], rules: Rules, baseline: Baseline, stopped: str = "") -> Report:
    plan = Plan(workflow="w", version="v", cases={row.case: "d" for row in rows}, cases_digest="s")
    experiment = Experiment(id="e", plan=plan, settings={}, prices={}, environment={}, user="ana",
                            started_at=datetime(2026, 11, 27, tzinfo=UTC))  # fmt: skip
    found = Found(experiment=experiment, rows=rows, name="now", took_s=1, stopped=stopped)
    return report_of(found, rules, baseline=baseline, comparison=compare(baseline, rows, rules))


TABLE = {
    # state: what the gate says by `when_unclear` of pass, warn, fail and of nothing declared, plain and protective
    "worse": ("fail", "fail", "fail", "fail", "fail"),
    "unclear, a case worse": ("pass", "unclear", "fail", "unclear", "fail"),
    "unclear, none worse": ("pass", "unclear", "fail", "unclear", "unclear"),
    "not worse": ("pass", "pass", "pass", "pass", "pass"),
}


@pytest.mark.parametrize("state", TABLE)
def test_each_state_of_a_metric_under_each_declaration(state: str) -> None:
    declared: list[tuple[Metric, WhenUnclear | None]] = [
        (SHARE, "pass"), (SHARE, "warn"), (SHARE, "fail"), (SHARE, None), (HARM, None),
    ]  # fmt: skip
    found = tuple(told(state, metric, when=when).result for metric, when in declared)
    assert found == TABLE[state]


@pytest.mark.parametrize(("state", "when"), list(product(TABLE, ("pass", "warn", "fail"))))
def test_what_is_declared_of_a_protective_metric_counts_as_for_any_other(
    state: str, when: WhenUnclear
) -> None:
    plain = told(state, SHARE, when=when).result
    assert told(state, HARM, when=when).result == plain


@pytest.mark.parametrize("state", TABLE)
def test_the_json_says_which_metric_fails_the_gate(state: str) -> None:
    report = told(state, HARM)
    gate = eval_json(report)["metrics"]["harm"]["gate"]
    assert gate == {"fail": "fails", "unclear": "warns", "pass": None}[report.result]


RISKY = frozenset({"c0"})


def test_a_high_risk_case_that_newly_fails_warns_until_repeats_confirm_it_and_fails_at_once_without_a_model() -> (
    None
):
    lost = "unclear, a case worse"
    suspected = told(lost, SHARE, when="pass", high_risk=RISKY)
    assert (suspected.result, "could confirm" in suspected.because[0]) == ("unclear", True)
    sure = told(lost, SHARE, when="pass", high_risk=RISKY, model="extractive")
    assert (sure.result, "confirmed" in sure.because[0]) == ("fail", True)
    assert told(lost, SHARE, when="pass").result == "pass", "of another case an average speaks"


def test_the_worst_of_several_reasons_counts() -> None:
    """A metric that is not worse does not make up for one that is, nor a warning for a failure."""
    before = tuple(both(n, wrong=False, harm=False) for n in range(CASES))
    baseline = Baseline(name="main", version="v", cases_digest="s", rows=before)
    rules = Rules(metrics=(SHARE, HARM))
    for wrong, harm, result in ((0, 0, "unclear"), (20, 0, "fail"), (0, 1, "fail"), (2, 0, "unclear")):
        now = tuple(both(n, wrong=n < wrong, harm=n < harm) for n in range(CASES))
        assert reported(now, rules, baseline).result == result, (wrong, harm)


def both(n: int, *, wrong: bool, harm: bool) -> CaseRun:
    one, other = run(n, bad=wrong, metric=SHARE), run(n, bad=harm, metric=HARM)
    return replace(one, scores=(*one.scores, *other.scores))


def test_what_was_not_run_never_passes_and_does_not_hide_a_failure() -> None:
    before = tuple(run(n, bad=False, metric=SHARE) for n in range(CASES))
    baseline = Baseline(name="main", version="v", cases_digest="s", rows=before)
    rules = Rules(metrics=(SHARE,))
    gap = replace(before[-1], not_run="the provider is away", scores=(), outcome="")
    assert reported((*before[:-1], gap), rules, baseline).result == "unclear"
    assert reported(before, rules, baseline, stopped="the budget is used up").result == "unclear"
    lost = tuple(run(n, bad=n < 20, metric=SHARE) for n in range(CASES - 1))
    assert reported((*lost, gap), rules, baseline).result == "fail"


def test_what_a_judge_could_not_score_never_passes_in_silence_and_nonsense_is_only_not_computed() -> None:
    before = tuple(run(n, bad=False, metric=SHARE) for n in range(CASES))
    baseline = Baseline(name="main", version="v", cases_digest="s", rows=before)
    rules = Rules(metrics=(SHARE,))

    def without(why: str) -> tuple[CaseRun, ...]:
        return (*before[:-1], replace(before[-1], scores=(Score(metric="right", value=None, why=why),)))

    away = reported(without("not run: the provider is away"), rules, baseline)
    assert away.result == "unclear"
    assert away.because == ("right: 1 case was not scored, neither pass nor fail (the provider is away)",)
    shown = replace(rules, shown_only=frozenset({"right"}))
    assert reported(without("not run: the provider is away"), shown, baseline).because == ()
    assert reported(without("the judge gave no verdict, it said: 42"), rules, baseline).result == "pass"


def test_nothing_changed_passes_whatever_is_declared_where_nothing_is_left_to_chance() -> None:
    assert told("unclear, none worse", SHARE, when="fail", model="extractive").result == "pass"
    assert told("unclear, none worse", SHARE, when="fail").result == "fail", (
        "a model may answer otherwise next time"
    )


def test_a_protective_metric_that_only_one_side_has_fails() -> None:
    """What protects cannot be compared then, so nothing shows that it still does."""
    before = tuple(run(n, bad=False, metric=SHARE) for n in range(CASES))
    baseline = Baseline(name="main", version="v", cases_digest="s", rows=before)
    now = tuple(both(n, wrong=False, harm=False) for n in range(CASES))
    report = reported(now, Rules(metrics=(SHARE, HARM)), baseline)
    assert report.result == "fail"
    assert any(line.startswith("harm: unclear, no case has a value on both sides") for line in report.because)


@pytest.mark.parametrize("metric", [SHARE, HARM], ids=["plain", "protective"])
def test_where_every_case_is_as_it_was_no_metric_warns_and_none_says_what_would_decide(
    metric: Metric,
) -> None:
    report = told("unclear, none worse", metric, when="fail", model="extractive")
    [line] = report.lines
    assert report.result == "pass"
    assert (line.result, line.says, line.fails, line.warns) == (
        "unclear", "every case scored as before", False, False,
    )  # fmt: skip
