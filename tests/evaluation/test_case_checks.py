"""What is wrong with golden cases is told with file, line and the next move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from holdfast.domain.access import AccessList, Principal
from holdfast.domain.cases import KINDS, Case, Evidence, Expectation, ExpectedField, Fact
from holdfast.domain.documents import Document, Section
from holdfast.domain.locators import Locator
from holdfast.evaluation.case_access import visible_cases
from holdfast.evaluation.case_checks import CaseFinding, check_cases

EVERYONE = AccessList(entries=frozenset({"everyone"}))
SALES = AccessList(entries=frozenset({"sales"}))
TEXT = "Tighten the gland | bolts to 24 Nm."
GLAND = Document(
    source="s", path="gland.md", digest="d", text=TEXT, access=EVERYONE,
    sections=(Section(start=0, end=len(TEXT), locator=Locator(page=4)),),
)  # fmt: skip
PRICES = replace(GLAND, path="prices.md", access=SALES)
QUOTE = Evidence(document="gland.md", quote="gland bolts to 24 Nm", locator=Locator(page=4), line=9)
ANA = Principal(user="ana")


def case(id: str = "a", **changes: Any) -> Case:  # noqa: A002
    expect = Expectation(outcome="answer", facts=(Fact(text="24 Nm"),), evidence=(QUOTE,))
    said = {"id": id, "question": f"How tight, {id}?", "principal": ANA, "expect": expect, "kind": "common",
            "file": "golden/x.yaml", "line": 2}  # fmt: skip
    return Case(**(said | changes))


def expecting(**changes: Any) -> Case:
    return case(expect=replace(case().expect, **changes))


OUTPUT = {
    "type": "object",
    "properties": {
        "torque": {"type": "number"},
        "cause": {"type": "string", "enum": ["water", "theft"]},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"number": {"type": "string"}}}},
    },
}


def check(*cases: Case, output: Any = OUTPUT) -> list[CaseFinding]:
    found = check_cases(
        cases,
        documents={"gland.md": [GLAND], "prices.md": [PRICES]},
        access={"gland.md": [EVERYONE], "prices.md": [SALES], "lookup:orders": [EVERYONE]},
        known=["gland.md", "prices.md"],
        output=output,
    )
    return [one for one in found if one.case]


def test_a_case_that_holds_is_told_nothing_of() -> None:
    assert check(case()) == []


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        (expecting(evidence=(replace(QUOTE, quote="gland nuts to 24 Nm"),)), "quote",
         "golden/x.yaml line 9 (a): the quote 'gland nuts to 24 Nm' does not stand in gland.md; quote what"),
        (expecting(evidence=(replace(QUOTE, locator=Locator(page=5)),)), "place", "stands at page 4, not at page 5; correct"),
        (expecting(evidence=(replace(QUOTE, document="glnd.md"),)), "document", "glnd.md is not indexed; did you mean gland.md?"),
        (expecting(evidence=(replace(QUOTE, document="lookup:parts"),)), "document", "there is no lookup:parts"),
        (expecting(evidence=(QUOTE, replace(QUOTE, document="prices.md"))), "access", "line 2 (a): expects an answer, and ana may not see prices.md"),
        (case(kind="forbidden", expect=Expectation(outcome="refusal", evidence=(QUOTE,))), "access", "ana may see all"),
        (case(kind="high_risk"), "kind", "a kind of your own, 'high_risk'; did you mean high-risk?"),
        (case(kind="refuse"), "outcome", "is of the kind refuse and expects the outcome 'answer'"),
        (case(kind="ambiguous", expect=Expectation(outcome="refusal")), "outcome", "ambiguous and expects a refusal"),
        (expecting(facts=()), "nothing expected", "names no fact: any answer would do"),
        (expecting(evidence=()), "no evidence", "names no evidence"),
        (expecting(facts=(Fact(text="25 Nm"),)), "fact", "no quote states the fact '25 Nm'"),
        (case(kind="forbidden", expect=Expectation(outcome="refusal", must_not_state=("24 Nm",))), "no evidence",
         "says what must not be told and names no evidence, so that it is shown to nobody"),
        (expecting(must_not_state=("24 nm",)), "contradiction", "the fact '24 Nm' holds '24 nm'"),
        (case(held=True, written_by="ben"), "held", "written by ben and waits for a second person"),
        (case(written_by="ben", confirmed_by="ben"), "confirmation", "written and confirmed by ben"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once_with_its_place(wrong: Case, kind: str, said: str) -> None:
    (finding,) = check(wrong)
    assert finding.kind == kind
    assert said in str(finding)


def test_fields_count_as_something_that_is_expected() -> None:
    assert not check(expecting(facts=(), fields={"torque": ExpectedField(value=24, compare="number")}))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "tourque",
            24,
            "expects the field 'tourque': the schema has no field 'tourque'; did you mean 'torque'?",
        ),
        ("cause", "fire", 'expects the field \'cause\': is "fire", not one of "water", "theft"'),
        ("cause", "Water", 'is "Water", not one of'),  # as it is compared, to the letter
        ("torque", "24 Nm", 'is "24 Nm", not a number'),
        ("parts.number", "P-1", "expects the field 'parts.number': it lies in a list"),
    ],
)
def test_a_field_that_no_output_can_have_is_told(name: str, value: Any, said: str) -> None:
    (finding,) = check(expecting(fields={name: ExpectedField(value=value)}))
    assert finding.kind == "field"
    assert not finding.is_advice
    assert said in str(finding)


def test_fields_of_a_workflow_without_an_output_are_told() -> None:
    (finding,) = check(expecting(fields={"torque": ExpectedField(value=24)}), output={})
    assert "the workflow declares no output" in str(finding)


def both(declared: Any) -> dict[str, Any]:
    """Return a schema with the field `x`, and `x` in a section."""
    fields = {"x": declared, "in": {"type": "object", "properties": {"x": declared}}}
    cause = {"type": "string", "enum": ["water", "theft"]}
    return {"type": "object", "properties": fields, "$defs": {"Cause": cause}}


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"type": "string"}, ExpectedField(value=1200, compare="number")),
        ({"type": "string", "pattern": "^[0-9]+ EUR$"}, ExpectedField(value=1200, compare="number")),
        ({"type": "string", "pattern": "2026$"}, ExpectedField(value="2026-03-04", compare="date")),
        ({"type": "integer"}, ExpectedField(value=2.5, compare="number", tolerance=0.5)),
        ({"type": ["number", "null"]}, ExpectedField(value="", compare="empty")),
        ({"type": "array", "items": {"type": "string"}}, ExpectedField(value=("a",), compare="set")),
        ({"$ref": "#/$defs/Cause"}, ExpectedField(value=("water",), compare="set")),
        ({"anyOf": [{"$ref": "#/$defs/Cause"}, {"type": "null"}]}, ExpectedField(value="water")),
        ({}, ExpectedField(value=("a", 1), compare="set")),
    ],
)
def test_a_field_may_be_expected_as_it_is_compared(declared: Any, expected: ExpectedField) -> None:
    assert check(expecting(fields={"x": expected, "in.x": expected}), output=both(declared)) == []


@pytest.mark.parametrize(
    ("declared", "expected", "said"),
    [
        ({"type": "integer"}, ExpectedField(value=2.5, compare="number"), "is 2.5, not a whole number"),
        (
            {"type": "boolean"},
            ExpectedField(value=1, compare="number", tolerance=1),
            "is 1, not true or false",
        ),
        ({"type": "number"}, ExpectedField(value="2026-03-04", compare="date"), "not a number"),
        (
            {"type": "array", "items": {"type": "string"}},
            ExpectedField(value=("a", 1), compare="set"),
            "x.1: is 1",
        ),
        ({"$ref": "#/$defs/Cause"}, ExpectedField(value="fire"), 'is "fire", not one of'),
    ],
)
def test_a_value_that_no_output_can_have_is_told(declared: Any, expected: ExpectedField, said: str) -> None:
    for name in ("x", "in.x"):
        (finding,) = check(expecting(fields={name: expected}), output=both(declared))
        assert said in str(finding)


def test_the_same_item_is_known_whatever_its_spelling() -> None:
    first = case("a", question="How tight is it?")
    again = case("b", question="  how TIGHT is\nit ", line=20)
    (finding,) = check(first, again)
    assert (finding.kind, finding.case, finding.line) == ("duplicate", "b", 20)
    assert "the case 'a' (golden/x.yaml line 2)" in finding.says


def test_the_same_question_by_the_same_person_with_another_expectation_is_a_contradiction() -> None:
    first = case("a", question="Why?")
    other = case("b", question="why", expect=Expectation(outcome="refusal"), kind="refuse")
    (finding,) = check(first, other)
    assert finding.kind == "contradiction"
    assert not finding.is_advice


def test_who_asks_and_with_what_makes_another_item() -> None:
    first = case("a", question="Why?")
    others = (
        case("b", question="Why?", principal=Principal(user="ana", groups=frozenset({"sales"}))),
        case("c", question="Why?", fields={"order": "1"}),
        case("d", question="Why 24.5?"),
        case("e", question="Why 245?"),
    )
    assert check(first, *others) == []


def test_the_whole_set_is_told_what_it_lacks() -> None:
    def said(*cases: Case) -> str:
        return " ".join(str(one) for one in check_cases(cases, documents={}, access={}) if not one.case)

    assert "golden/: there is no case; write one" in said()
    assert "there is one case" in said(case())
    assert "no case is of the kind edge, ambiguous, high-risk" in said(case(), case("b"))
    assert said(*(case(kind, kind=kind) for kind in KINDS)) == ""


def test_a_case_is_shown_only_to_who_may_see_all_of_its_evidence() -> None:
    price = expecting(evidence=(QUOTE, replace(QUOTE, document="prices.md")))
    gone = expecting(evidence=(replace(QUOTE, document="gone.md"),))
    bare = case(expect=Expectation(outcome="refusal"))
    of_a_run = replace(bare, run="r1", written_by="ben")
    access = {"gland.md": [EVERYONE], "prices.md": [EVERYONE, SALES]}
    cases = (case(), price, gone, bare, of_a_run)

    def seen(user: str, *groups: str) -> tuple[Case, ...]:
        return visible_cases(cases, Principal(user=user, groups=frozenset(groups)), access=access)

    assert seen("kim") == (case(), bare)
    assert seen("kim", "sales") == (case(), price, bare)
    assert seen("ben") == seen("ana") == (case(), bare, of_a_run)


def test_what_must_not_be_told_is_shown_to_nobody_where_nothing_says_to_whom_it_may_be() -> None:
    silent = case(kind="forbidden", expect=Expectation(outcome="refusal"))
    secret = replace(silent, expect=replace(silent.expect, must_not_state=("24 Nm",)))
    assert visible_cases([silent, secret], ANA, access={}) == (silent,)
    written = replace(secret, written_by="ana")
    assert visible_cases([written], ANA, access={}) == (written,)
