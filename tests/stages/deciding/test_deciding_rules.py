from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from holdfast.domain.access import Principal
from holdfast.domain.items import ItemAttachment, Speaker, Turn, WorkItem
from holdfast.domain.outcomes import Answer, Escalation, Question, Refusal
from holdfast.domain.rows import Facts, Row
from holdfast.stages.deciding.decider import decider_for
from holdfast.stages.deciding.evaluating import holds, situation_of
from holdfast.stages.deciding.expressions import parse
from holdfast.stages.deciding.settings import DecidingSettings

ITEM = WorkItem(
    id="1",
    principal=Principal(user="ada", groups=frozenset({"service"})),
    question="Two workers were injured; the repair of SO-10423 costs EUR 12,500 and 300 EUR freight.",
    fields={"claim_amount_eur": "12,500.00", "country": "Norway", "due date": "2025-04-11"},
)
FACTS = Facts(
    rows=(
        Row(lookup="orders", values={"status": "open", "amount_eur": "900", "promised": "2025-03-01"}),
        Row(lookup="orders", values={"status": "Blocked", "amount_eur": "25000", "promised": "2025-06-01"}),
    )
)


@pytest.mark.parametrize(
    "condition",
    [
        "any_word('injury', 'injured')",
        "any_word('worker was injured') or any_word('workers were injured')",
        "all_words('repair', 'freight')",
        "matches('SO-\\\\d{5}')",
        "amount('EUR') > 10000",
        "amount('eur') == 12500",
        "amount('€') > 10000",
        "amount('euros') > 10000",
        "fields.claim_amount_eur > 10000",
        "fields.country == 'norway'",
        "fields.country in ('Norway', 'Sweden')",
        "'service' in groups",
        "'sales' not in groups",
        "orders.status == 'blocked'",
        "orders.amount_eur >= 25000 and not orders.amount_eur > 25000",
        "orders.promised < '2025-04-01'",
        "fields['due date'] > '2025-04-01'",
        "count(orders) == 2",
        "known(fields.country) and not known(fields.city)",
        "'freight' in question",
        "100 < orders.amount_eur < 1000",
        "True",
    ],
)
def test_conditions_that_hold(condition: str) -> None:
    assert holds(parse(condition), situation_of(ITEM, FACTS))


def written(cents: int, style: str) -> str:
    """Return an amount as people write it."""
    group, point, shape = style.split("_")
    text = f"{cents // 100:,}".replace(",", group) + (f"{point}{cents % 100:02}" if point else "")
    return shape.replace("N", text)


@given(
    st.integers(min_value=100, max_value=9_999_999_99),
    st.sampled_from([",_._", ",__", "._,_", ".__", " _,_", " __", "'_._", "\u202f_,_", "\u00a0__"]),
    st.sampled_from(["N EUR", "EUR N", "€N", "N €", "N Euro", "about N euros.", "(EUR N)"]),
)
def test_no_way_of_writing_an_amount_slips_past_a_rule(cents: int, style: str, shape: str) -> None:
    """Holds for every style: what is over the limit is, and what is not is not."""
    amount = written(cents, style + shape)
    item = replace(ITEM, question=f"They claim {amount} for the pump", fields={})
    limit = 10_000
    told = cents / 100 if style.split("_")[1] else cents // 100
    assert holds(parse(f"amount('EUR') > {limit}"), situation_of(item, Facts())) is (told > limit)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("We claim 48.300 EUR.", ""),
        ("We claim 48 300 euros.", ""),
        ("We claim € 48.300,00.", ""),
        ("We claim TEUR 48.", ""),
        ("Please take it in.", "12.000,50"),
        ("Please take it in.", "12.000"),
        ("Please take it in.", "EUR 12 000"),
    ],
)
def test_an_amount_in_a_question_or_a_field_reaches_the_rule(written: str, field: str) -> None:
    item = WorkItem(id="1", principal=Principal(user="ada"), question=written, fields={"amount_eur": field})
    condition = parse("fields.amount_eur > 10000 or amount('EUR') > 10000")
    assert holds(condition, situation_of(item, Facts()))


def test_rules_read_what_came_attached_and_what_was_said_before() -> None:
    plain = replace(ITEM, question="Please take this in.", fields={})
    mail = ItemAttachment(name="claim.eml", text="The fitter was injured; we claim 48.300 EUR.")
    told = Turn(speaker=Speaker.PERSON, text="A fitter was injured, we claim 48.300 EUR.")
    answered = replace(told, speaker=Speaker.ASSISTANT)
    condition = parse(r"any_word('injured') and amount('EUR') > 10000 and matches('4\\d\\.300')")
    for more in ({"attachments": (mail,)}, {"history": (told,)}):
        assert holds(condition, situation_of(replace(plain, **more), Facts()))
    assert not holds(condition, situation_of(replace(plain, history=(answered,)), Facts()))
    assert holds(
        parse("question == 'please take this in.'"),
        situation_of(replace(plain, attachments=(mail,)), Facts()),
    )


def test_a_measure_with_three_decimals_is_no_thousand() -> None:
    item = WorkItem(id="1", principal=Principal(user="ada"), question="?", fields={"gap": "1.250 mm"})
    assert not holds(parse("fields.gap > 100"), situation_of(item, Facts()))


@pytest.mark.parametrize(
    "condition",
    [
        "any_word('injury report')",
        "any_word('inju')",
        "amount('USD') > 0",
        "fields.nothing > 0",
        "fields.country > 10",
        "suppliers.status == 'blocked'",
        "count(suppliers) > 0",
        "orders.amount_eur > 25000",
        "fields.claim_amount_eur < -1",
    ],
)
def test_conditions_that_do_not_hold(condition: str) -> None:
    assert not holds(parse(condition), situation_of(ITEM, FACTS))


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("any_words('a')", "did you mean 'any_word'"),
        ("any_word(fields.x)", "takes text in quotes"),
        ("matches('(')", "no regular expression"),
        ("matches('a', 'b')", "takes 1 argument"),
        ("fields.x >", "cannot be read"),
        ("any word of: injury", "cannot be read"),
        ("questions", "did you mean 'question'"),
        ("__import__('os').system('true')", "not part of the language"),
        ("().__class__", "is unknown"),
        ("[x for x in groups]", "not part of the language"),
        ("lambda: 1", "not part of the language"),
        ("fields.x.y == 1", "is unknown"),
        ("fields.x ** 9", "not part of the language"),
        ("fields.x is None", "use == or !="),
        ("f'{question}'", "not part of the language"),
        ("count(groups)", "takes the name of a lookup"),
        ("(" * 900 + "1" + ")" * 900, "cannot be read"),
        (" or ".join(["True"] * 500), "longer than"),
        ("matches('" + "a" * 400 + "')", "longer than 300"),
        (r"matches('\bcut\b')", r"write two (\\b)"),
        ("fields.x > 10,000", "10000"),
        ("amount('EUR') > 10,000 or any_word('fire')", "10000"),
        ("fields.x > 10,050", "10050"),
        ("fields.x > (10,000)", "10000"),
        ("fields.x > 10.000", "write 10000"),
        ("fields.x > 'high'", "neither a number nor a date"),
        ("amount('EURS') > 10", "did you mean 'EUR'"),
        ("fields > 10", "fields.NAME"),
        ("amount_eur > 10", "fields.amount_eur"),
    ],
)
def test_what_is_no_condition_is_told_when_the_declaration_is_loaded(condition: str, told: str) -> None:
    with pytest.raises(ValidationError, match="when") as error:
        DecidingSettings.model_validate(
            {"rules": [{"name": "r", "when": condition, "then": "refuse", "because": "b"}]}
        )
    assert told in str(error.value)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="question fields.aorders()'\"<>=!,[]and notin 0123 \n", max_size=60))
def test_any_text_is_a_condition_or_a_value_error(text: str) -> None:
    try:
        condition = parse(text)
    except ValueError:
        return
    assert holds(condition, situation_of(ITEM, FACTS)) in (True, False)


def test_a_pattern_that_would_run_for_hours_stops_and_counts_as_found() -> None:
    item = WorkItem(id="1", principal=ITEM.principal, question="a" * 5_000)
    started = time.perf_counter()
    assert holds(parse("matches('(a+)+$|(a|aa)+b')"), situation_of(item, Facts()))
    assert time.perf_counter() - started < 1


ROUTES = {"safety": {"contact": "safety@example.com"}, "desk": {"contact": "desk@example.com"}}


def settings_with(*rules: dict[str, object], **more: object) -> DecidingSettings:
    return DecidingSettings.model_validate({"rules": rules, "routes": ROUTES, **more})


def test_the_first_rule_that_holds_decides() -> None:
    decider = decider_for(
        settings_with(
            {"name": "never", "when": "False", "then": "refuse", "because": "never"},
            {
                "name": "harm",
                "when": "any_word('injured')",
                "then": "escalate",
                "to": "safety",
                "because": "A person was harmed.",
            },
            {"name": "all", "when": "True", "then": "refuse", "because": "all"},
        )
    )
    ruling = decider.rule(ITEM, FACTS)
    assert ruling is not None
    assert ruling.final
    assert ruling.outcome == Escalation(
        text="A person was harmed.",
        reason="A person was harmed. (rule harm)",
        route="safety",
        contact="safety@example.com",
        confidence=1.0,
    )


def test_no_rule_holding_leaves_the_item_to_the_models() -> None:
    assert decider_for(DecidingSettings()).rule(ITEM, FACTS) is None


@pytest.mark.parametrize(("then", "kind"), [("answer", Answer), ("ask", Question), ("refuse", Refusal)])
def test_a_rule_can_end_an_item_in_every_way(then: str, kind: type) -> None:
    rule = {"name": "r", "when": "True", "then": then, "because": "b", "say": "Told."}
    ruling = decider_for(settings_with(rule)).rule(ITEM, FACTS)
    assert ruling is not None
    assert isinstance(ruling.outcome, kind)
    assert ruling.outcome.text == "Told."


def test_a_hand_over_without_a_route_goes_the_default_way() -> None:
    rule = {"name": "r", "when": "True", "then": "escalate", "because": "b"}
    first = decider_for(settings_with(rule)).rule(ITEM, FACTS)
    declared = decider_for(settings_with(rule, default_route="desk")).rule(ITEM, FACTS)
    assert first is not None
    assert declared is not None
    assert (first.outcome.route, declared.outcome.route) == ("safety", "desk")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (
            {"rules": [{"name": "r", "when": "True", "then": "escalate", "because": "b"}]},
            "no route is declared",
        ),
        ({"routes": ROUTES, "default_route": "dsk"}, "default_route names the route 'dsk'"),
        ({"refuse_below": 0.9}, "refuse_below must not be above answer_at"),
        ({"uncertain": "escalate"}, "needs a route"),
    ],
)
def test_settings_that_do_not_hold_together_are_told(declared: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        DecidingSettings.model_validate(declared)
