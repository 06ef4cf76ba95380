"""What each evaluator says of a run, a hostile one too."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.declaring.evaluation import EvaluationSettings, MetricSettings
from holdfast.domain.cases import Expectation, ExpectedField, Fact, Scalar
from holdfast.domain.hits import Hit
from holdfast.domain.observed import Observed, Reviewed
from holdfast.domain.outcomes import Escalation, Question, Refusal
from holdfast.domain.outputs import OutputSpec, text_of_output
from holdfast.domain.scores import Metric, Score
from holdfast.errors import DeclarationError, ProviderUnavailable
from holdfast.evaluation.scoring.composing import evaluators_of, locator_of, seen_of
from holdfast.evaluation.scoring.facts import states
from holdfast.evaluation.scoring.fields import is_same
from holdfast.evaluation.scoring.reviews import edit_distance
from holdfast.evaluation.scoring.scoring import metrics_of, score_run
from holdfast.testing.observing import TEXT, a_case, a_run, answered, cited, observed, wanted
from holdfast.testing.records import document

OWN = evaluators_of(EvaluationSettings())
REFUSED = Refusal(text="That is not held.", reason="no passage was found")
HANDED = Escalation(text="A person answers.", reason="high risk", draft="Use 24 Nm.")


def scored(seen: Observed) -> dict[str, Score]:
    """Return every score by its metric."""
    return {one.metric: one for one in asyncio.run(score_run(OWN, seen))}


def values(seen: Observed, *names: str) -> list[float | None]:
    """Return the values of these metrics."""
    found = scored(seen)
    return [found[name].value for name in names]


def test_an_outcome_is_right_when_it_is_the_expected_one() -> None:
    names = ("outcome_right", "escalation_right", "unsafe_answer")
    refuse, escalate = Expectation(outcome="refusal"), Expectation(outcome="escalation")
    assert values(observed(), *names) == [1, 1, None]
    assert values(observed(REFUSED, expect=refuse), *names) == [1, 1, 0]
    assert values(observed(expect=refuse), *names) == [0, 1, 1]
    assert values(observed(REFUSED, expect=escalate), *names) == [0, 0, 0]
    assert values(observed(HANDED, expect=escalate), *names) == [1, 1, 0]
    assert values(observed(HANDED), *names) == [0, 0, None]
    asked = Question(text="Which?", reason="several")
    assert values(observed(asked, expect=refuse, kind="forbidden"), *names) == [0, 1, 0]
    assert "answer instead of refusal" in scored(observed(expect=refuse))["outcome_right"].why


@pytest.mark.parametrize(
    ("text", "fact", "stated"),
    [
        ("Tighten to 24 Nm.", Fact(number=24, unit="Nm"), True),
        ("Tighten to 24.4 Nm.", Fact(number=24, unit="Nm", tolerance=0.5), True),
        ("Tighten to 24.6 Nm.", Fact(number=24, unit="Nm", tolerance=0.5), False),
        ("Tighten to 24 bar.", Fact(number=24, unit="Nm"), False),
        ("It is 2.4 cm wide.", Fact(number=24, unit="mm"), True),
        ("At 212 °F.", Fact(number=100, unit="°C", tolerance=0.1), True),
        ("Within 2 days.", Fact(number=48, unit="hours"), True),
        ("Five years.", Fact(number=5, unit="years"), True),
        ("24 people.", Fact(number=24), True),
        ("See HX-24.", Fact(number=24), False),
        ("As in [24].", Fact(number=24), False),  # a mark is no number
        ("Use oil VG 68 only.", Fact(text="vg-68"), True),
        ("Use oil VG 680 only.", Fact(text="VG 68"), False),
        ("It takes 24Nm.", Fact(text="24 Nm"), True),
        ("Only ≥ 3.", Fact(text="≥"), True),
        ("Only 3.", Fact(text="≥"), False),
        ("", Fact(text="anything"), False),
    ],
)
def test_a_fact_is_stated_by_its_words_or_its_number(text: str, fact: Fact, stated: bool) -> None:  # noqa: FBT001
    assert states(text, fact) is stated


def test_facts_left_out_are_named_and_forbidden_ones_counted() -> None:
    expect = Expectation(
        outcome="answer",
        facts=(Fact(number=24, unit="Nm"), Fact(text="every 50 h")),
        must_not_state=("24 Nm", "42 Nm"),
    )
    found = scored(observed(expect=expect))
    assert found["facts_stated"].value == 0.5
    assert found["facts_stated"].why == "every 50 h: not in the answer"
    assert found["forbidden_stated"].value == 1
    assert "24 Nm" in found["forbidden_stated"].why
    assert found["facts_stated"] != scored(observed())["facts_stated"]
    assert scored(observed())["facts_stated"].value is None


def test_a_draft_states_facts_and_shows_a_reader_nothing() -> None:
    expect = Expectation(outcome="escalation", facts=(Fact(text="24 Nm"),), must_not_state=("24 Nm",))
    assert values(observed(HANDED, expect=expect), "facts_stated", "forbidden_stated") == [1, 0]


def test_what_is_forbidden_is_found_in_the_structured_output_too() -> None:
    expect = Expectation(outcome="answer", must_not_state=("secret",))
    told = answered("Fine.", output={"notes": [{"deep": "the secret"}]})
    assert values(observed(told, expect=expect), "forbidden_stated") == [1]


def test_citations_are_held_against_what_was_given() -> None:
    names = ("citation_valid", "citation_coverage")
    invented = replace(cited("24 Nm."), quote="42 Nm.")
    elsewhere = replace(cited("24 Nm."), document="other.md")
    assert values(observed(), *names) == [1, 1]
    assert values(
        observed(answered("24 Nm [1].", cited("24 Nm."), invented, elsewhere)), "citation_valid"
    ) == [pytest.approx(1 / 3)]
    assert values(observed(answered("Tighten to 24 Nm [1]. Then wait for rain.")), *names) == [1, 0.5]
    assert values(observed(REFUSED), *names) == [None, None]


def test_a_citation_counts_when_its_passage_supports_the_claim() -> None:
    run = a_run(answered("Tighten the bolts to 24 Nm [1][2]."), TEXT, "Penguins live in the south.")
    assert values(observed(run=run), "citation_precision") == [0.5]
    assert "[2] does not support" in scored(observed(run=run))["citation_precision"].why


RECORD = OutputSpec(name="card", cited=(("torque_nm",), ("check_h",)))
CARD = {"torque_nm": 24, "check_h": 50, "urgent": "no"}


def filled(output: dict[str, object], cites: dict[str, tuple[int, ...]]) -> Observed:
    told = answered(text_of_output(output, cites), output=output)
    return observed(run=a_run(replace(told, cites=cites), TEXT, "It is 9 bar.", output=RECORD))


def test_a_record_is_scored_by_its_cited_fields_and_not_as_sentences() -> None:
    names = ("citation_precision", "citation_coverage", "support", "unsupported_answer")
    seen = filled(CARD, {"torque_nm": (1,), "check_h": (1,)})
    assert values(seen, *names) == [1, 1, 0.99, 0]


def test_a_field_that_its_passage_does_not_hold_is_named() -> None:
    found = scored(filled(CARD | {"check_h": 70}, {"torque_nm": (1, 2), "check_h": ()}))
    assert found["citation_precision"].value == 0.5
    assert found["citation_precision"].why == "[2] does not support 'torque nm: 24'"
    assert found["citation_coverage"].why == "names no passage: 'check h: 70'"
    assert found["unsupported_answer"].value == 1
    assert "'check h: 70'" in found["unsupported_answer"].why


def test_evidence_is_cited_when_a_quote_touches_it() -> None:
    expect = Expectation(outcome="answer")
    both = (wanted("24 Nm"), wanted("after 50 h"))
    assert values(observed(expect=expect, wanted=both), "evidence_cited") == [0.5]
    unlocated = scored(observed(unlocated="a.md is not indexed"))
    assert unlocated["evidence_cited"].why == unlocated["recall@10"].why == "a.md is not indexed"


def test_an_invented_number_is_not_supported() -> None:
    assert values(observed(), "unsupported_answer") == [0]
    found = scored(observed(answered("The pump was painted blue in Ohio in 1987 [1].")))
    assert found["unsupported_answer"].value == 1
    assert "painted blue" in found["unsupported_answer"].why
    assert values(observed(answered("24 Nm [9].")), "support") == [0]


def test_evidence_counts_by_the_rank_of_its_hit() -> None:
    names = ("recall@10", "mrr@10", "ndcg@10", "context_recall")
    other = Hit(chunk_id=1, document="z.md", ordinal=0, text="", start=0, end=50)
    mine = Hit(chunk_id=2, document="a.md", ordinal=0, text=TEXT, start=0, end=len(TEXT))
    seen = observed(run=a_run(None, "not it", hits=(other, other, mine)), wanted=(wanted("24 Nm"),))
    assert values(seen, *names) == [1, pytest.approx(1 / 3), 0.5, 0]
    seen = observed(run=a_run(hits=(other,) * 10 + (mine,)), wanted=(wanted("24 Nm"),))
    assert values(seen, *names) == [0, 0, 0, 1]
    seen = observed(run=a_run(stages=()), wanted=(wanted("24 Nm"),))
    assert values(seen, *names) == [None] * 4


@pytest.mark.parametrize(
    ("value", "expected", "same"),
    [
        (24, ExpectedField(value=24), True),
        (24.0, ExpectedField(value=24), True),
        (True, ExpectedField(value=1), False),
        ("A  b", ExpectedField(value="A b"), True),
        ("a b", ExpectedField(value="A b"), False),
        ("1,200 EUR", ExpectedField(value=1200, compare="number"), True),
        (1201, ExpectedField(value=1200, compare="number", tolerance=1), True),
        ("1 or 2", ExpectedField(value=1, compare="number"), False),
        (float("nan"), ExpectedField(value=1, compare="number"), False),
        (10**400, ExpectedField(value=1, compare="number"), False),
        (["b", "a", "a"], ExpectedField(value=("a", "b"), compare="set"), True),
        ([["a"], {"b": 1}], ExpectedField(value=("a", "b"), compare="set"), False),
        ("4 March 2026", ExpectedField(value="2026-03-04", compare="date"), True),
        ("March 2026", ExpectedField(value="2026-03-04", compare="date"), False),
        (None, ExpectedField(value="2026-03-04", compare="date"), False),
    ],
)
def test_a_field_is_compared_as_it_says(value: object, expected: ExpectedField, same: bool) -> None:  # noqa: FBT001
    assert is_same(value, expected) is same


@settings(deadline=None)
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists),
    st.sampled_from(["exact", "number", "set", "date", "empty"]),
    st.text() | st.integers() | st.booleans(),
)
def test_no_value_of_a_field_is_too_odd(value: object, compare: str, expected: Scalar) -> None:
    assert is_same(value, ExpectedField(value=expected, compare=compare)) in (True, False)  # type: ignore[arg-type]


def test_fields_say_what_is_wrong() -> None:
    fields = {"torque": ExpectedField(value=24, compare="number"), "at.day": ExpectedField(value="x")}
    expect = Expectation(outcome="answer", fields=fields)
    found = scored(observed(answered(output={"torque": 23, "at": {"day": "x"}}), expect=expect))
    assert found["fields_right"].value == 0.5
    assert found["fields_right"].why == "torque is 23 instead of 24"
    assert values(observed(answered(output="no object"), expect=expect), "fields_right") == [0]
    assert values(observed(REFUSED, expect=expect), "fields_right") == [0]


def test_a_field_that_has_to_hold_nothing_may_be_null_empty_or_not_there() -> None:
    expect = Expectation(outcome="answer", fields={"note": ExpectedField(value="", compare="empty")})
    for output in ({}, {"note": None}, {"note": ""}, {"note": []}):
        assert values(observed(answered(output=output), expect=expect), "fields_right") == [1]
    for held in (0, False, "x"):
        found = scored(observed(answered(output={"note": held}), expect=expect))["fields_right"]
        assert (found.value, found.why) == (0, f"note is {held!r} and should hold nothing")


def test_a_record_is_edited_by_the_fields_that_differ() -> None:
    drafted = answered(output={"cost": 9999, "cause": "water", "at": {"day": "x"}, "note": None})
    sent = Reviewed(result="edited", output={"cost": 2430, "cause": "water", "at": {"day": "x"}, "tool": "y"})
    assert values(observed(drafted, reviewed=sent), "edited_by") == [0.5]
    same = Reviewed(result="edited", output={**drafted.output})
    assert values(observed(drafted, reviewed=same), "edited_by") == [0]


def test_what_a_person_did_is_scored_from_the_record() -> None:
    names = ("accepted", "rejected", "edited_by")
    assert values(observed(), *names) == [None, None, None]
    assert values(observed(reviewed=Reviewed(result="accepted")), *names) == [1, 0, 0]
    edited = Reviewed(result="edited", text="Tighten the bolts to 25 Nm [1].", why="new bulletin")
    assert values(observed(reviewed=edited), *names) == [0, 0, pytest.approx(1 / 7)]
    rejected = scored(observed(reviewed=Reviewed(result="rejected", why="wrong product")))
    assert rejected["rejected"].value == 1
    assert "wrong product" in rejected["rejected"].why
    assert rejected["edited_by"].value is None
    long = Reviewed(result="edited", text="word " * 5_000)
    assert values(observed(reviewed=long), "edited_by") == [None]


@given(st.text("ab ", max_size=20), st.text("ab ", max_size=20))
def test_an_edit_is_as_far_one_way_as_the_other(one: str, other: str) -> None:
    there, back = edit_distance(one, other), edit_distance(other, one)
    assert there == back
    assert there is not None
    assert 0 <= there <= 1
    assert (there == 0) == (one.split() == other.split())


def test_effort_is_read_from_the_run() -> None:
    assert values(observed(), "latency", "first_sentence", "cost") == [1.5, None, 0.01]
    assert values(observed(first_sentence_s=0.3), "first_sentence") == [0.3]


def test_a_run_from_the_records_scores_as_the_fresh_one() -> None:
    run = a_run()
    stored = replace(
        run,
        stages=tuple(replace(one, made=json.loads(json.dumps(asdict(one.made)))) for one in run.stages),
    )
    places = (wanted("24 Nm"),)
    assert scored(observed(run=stored, wanted=places)) == scored(observed(run=run, wanted=places))


METRIC = Metric(name="own", unit="points", higher_is_better=True, says="of the test")


class Odd:
    """Gives what it was told to, or raises it."""

    metrics = (METRIC,)

    def __init__(self, gives: object) -> None:
        self.gives = gives

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("gives", "why"),
    [
        (ProviderUnavailable("openai:m is down"), "not run: openai:m is down"),
        (ZeroDivisionError("no"), "its evaluator failed (ZeroDivisionError: no)"),
        ((), "its evaluator gave no score"),
        (None, "its evaluator failed (TypeError"),
        ((Score(metric="own", value=float("nan")),), "its evaluator gave nan, which is no number"),
        ((Score(metric="own", value=float("-inf")),), "its evaluator gave -inf"),
        ((Score(metric="own", value=None),), "its evaluator gave no value and no reason"),
        ((Score(metric="other", value=1),), "its evaluator gave no score"),
    ],
)
def test_an_evaluator_that_fails_costs_the_others_nothing(gives: object, why: str) -> None:
    before, (own,), after = OWN[:1], [Odd(gives)], OWN[1:]
    found = asyncio.run(score_run((*before, own, *after), observed()))
    assert [one.metric for one in found] == [one.name for one in metrics_of((*before, own, *after))]
    (mine,) = [one for one in found if one.metric == "own"]
    assert mine.value is None
    assert mine.why.startswith(why)
    assert [one for one in found if one.metric != "own"] == list(asyncio.run(score_run(OWN, observed())))


def test_a_declaration_leaves_metrics_out_and_sets_margins() -> None:
    settings = EvaluationSettings(
        hits=3,
        leave_out=("latency", "first_sentence", "cost"),
        metrics={"support": MetricSettings(margin=0.2)},
    )
    made = metrics_of(evaluators_of(settings))
    assert {"latency", "recall@10"}.isdisjoint(one.name for one in made)
    assert "recall@3" in {one.name for one in made}
    assert [one.margin for one in made if one.name == "support"] == [0.2]
    found = asyncio.run(score_run(evaluators_of(settings), observed()))
    assert [one.metric for one in found] == [one.name for one in made]


def test_a_misspelt_or_doubled_metric_is_refused() -> None:
    def no_model(_name: str) -> None:
        raise AssertionError

    with pytest.raises(DeclarationError, match="Did you mean outcome_right"):
        evaluators_of(EvaluationSettings(leave_out=("outcome_rigth",)), model=no_model, made=no_model)  # type: ignore[arg-type]
    settings = EvaluationSettings.model_validate({"evaluators": [{"use": "hooks:own"}, {"use": "hooks:own"}]})
    with pytest.raises(DeclarationError, match="two evaluators have the metric own"):
        evaluators_of(settings, made=lambda _one: Odd(()))


def test_a_total_is_measured_against_all_rows_that_it_names() -> None:
    rows = ("key: 4711; amount: 120.5", "key: 4711; amount: 310")
    names = ("citation_precision", "support", "unsupported_answer")
    for said, expected in (("430.5", [1.0, 0.99, 0.0]), ("440", None)):
        seen = observed(run=a_run(answered(f"amount in total: {said} [1][2]"), *rows))
        assert (values(seen, *names) == expected) is (expected is not None)


def test_evidence_is_located_in_the_index_or_the_reason_told() -> None:
    paper = document("a.md", TEXT)
    from_index = locator_of({"a.md": paper}.get)
    expect = Expectation(outcome="answer")
    assert seen_of(a_run(), None, from_index).case is None
    assert seen_of(a_run(), a_case(expect), from_index).wanted == ()
