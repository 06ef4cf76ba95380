"""A rule that reads a lookup which failed lets no item slip past it."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Escalation, Refusal
from holdfast.domain.rows import Facts, Row
from holdfast.stages.deciding.decider import decider_for
from holdfast.stages.deciding.doubt import may_hold
from holdfast.stages.deciding.evaluating import situation_of
from holdfast.stages.deciding.expressions import parse
from holdfast.stages.deciding.settings import DecidingSettings

ITEM = WorkItem(
    id="1", principal=Principal(user="ada", groups=frozenset({"finance"})), question="Explain the rent."
)
BROKEN = Facts(skipped=("ledger: failed, no such database",), failed=("ledger",))
SMALL = Facts(rows=(Row(lookup="ledger", values={"variance_eur": "168"}),))


def settings(then: str, when: str = "ledger.variance_eur > 10000", **more: Any) -> DecidingSettings:
    rule = {"name": "large", "when": when, "then": then, "because": "Large variances.", **more}
    return DecidingSettings.model_validate(
        {"rules": [rule], "routes": {"head": {"contact": "head@example.com"}}}
    )


@pytest.mark.parametrize(
    ("condition", "may"),
    [
        ("ledger.variance_eur > 10000", True),
        ("count(ledger) == 0", True),
        ("known(ledger.variance_eur)", True),
        ("not ledger.variance_eur > 10000", True),
        ("any_word('rent') and ledger.variance_eur > 10000", True),
        ("any_word('salary') and ledger.variance_eur > 10000", False),
        ("any_word('salary') or ledger.variance_eur > 10000", True),
        ("not (any_word('rent') or ledger.variance_eur > 10000)", False),
        ("orders.status == 'blocked'", False),
        ("'sales' in groups", False),
    ],
)
def test_a_condition_may_hold_where_only_what_failed_speaks_against_it(condition: str, *, may: bool) -> None:
    assert may_hold(parse(condition), situation_of(ITEM, BROKEN), {"ledger"}) is may


def test_what_a_rule_would_hand_over_goes_to_its_person_when_its_lookup_failed() -> None:
    decider = decider_for(settings("escalate", to="head"))
    ruling = decider.rule(ITEM, BROKEN)
    assert ruling is not None
    assert isinstance(ruling.outcome, Escalation)
    assert (ruling.outcome.route, ruling.outcome.contact) == ("head", "head@example.com")
    assert ruling.outcome.reason == (
        "the lookup ledger failed, so nobody knows whether this holds: Large variances. (rule large)"
    )
    assert decider.rule(ITEM, SMALL) is None


def test_what_a_rule_would_refuse_is_refused_for_now() -> None:
    ruling = decider_for(settings("refuse")).rule(ITEM, BROKEN)
    assert ruling is not None
    assert isinstance(ruling.outcome, Refusal)
    assert "ask again" in ruling.outcome.text
    assert "the lookup ledger failed" in ruling.outcome.reason


def test_a_fixed_answer_and_a_question_are_not_given_in_doubt() -> None:
    for then, more in (("answer", {"say": "Small."}), ("ask", {"options": ["a", "b"]})):
        assert decider_for(settings(then, **more)).rule(ITEM, BROKEN) is None
