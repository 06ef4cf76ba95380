"""Golden cases are loaded whole, or refused with every mistake's file, line and nearest key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Evidence, Expectation, ExpectedField, Fact
from holdfast.domain.items import ItemAttachment, Speaker, Turn
from holdfast.domain.locators import Locator
from holdfast.errors import DeclarationError
from holdfast.evaluation.cases import load_cases, to_run

ROOT = Path(__file__).resolve().parents[2]
CASE = """\
cases:
  - id: oil
    kind: common
    tags: [table]
    question: Which oil?
    principal: {user: lena, groups: [service]}
    fields: {claim_eur: 14250, urgent: true}
    history: [{speaker: person, text: It is an HX-200.}]
    expect:
      outcome: answer
      facts: [VG 68]
      must_not_state: [VG 46]
      evidence:
        - document: manual.md
          quote: "Use VG 68."
          locator: {page: 4, heading: [Oil]}
          keys: {product: HX-200}
        - {document: "lookup:orders", quote: "2025", locator: {lookup: orders, keys: {order: SO-1}}}
"""
SHORT = "  - {{id: {id}, question: Why?, principal: {{user: ana}}, expect: {{outcome: refusal}}}}\n"


def golden(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "golden").mkdir(exist_ok=True)
    for name, text in files.items():
        (tmp_path / "golden" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def refusal(folder: Path) -> str:
    with pytest.raises(DeclarationError) as caught:
        load_cases(folder)
    return str(caught.value)


def test_a_case_is_loaded_with_everything_it_says(tmp_path: Path) -> None:
    (case,) = load_cases(golden(tmp_path, oil=CASE))
    quoted = Evidence(
        document="manual.md", quote="Use VG 68.", locator=Locator(page=4, heading=("Oil",)),
        keys={"product": "HX-200"}, line=14,
    )  # fmt: skip
    row = Evidence(document="lookup:orders", quote="2025", keys={"order": "SO-1"}, line=18)
    assert case == Case(
        id="oil", kind="common", tags=("table",), question="Which oil?",
        principal=Principal(user="lena", groups=frozenset({"service"})),
        fields={"claim_eur": "14250", "urgent": "true"},
        history=(Turn(speaker=Speaker.PERSON, text="It is an HX-200."),),
        expect=Expectation(
            outcome="answer", facts=(Fact(text="VG 68"),), must_not_state=("VG 46",), evidence=(quoted, row)
        ),
        file="golden/oil.yaml", line=2,
    )  # fmt: skip
    assert case.in_documents == (quoted,)
    assert case.place == "golden/oil.yaml line 2 (oil)"
    item = case.item()
    assert (item.question, item.principal, item.fields) == (case.question, case.principal, case.fields)


def test_the_example_s_cases_are_all_loaded_in_the_order_of_files() -> None:
    cases = load_cases(ROOT / "examples" / "engineering-support")
    assert len(cases) == 204
    assert [case.file for case in cases] == sorted(case.file for case in cases)
    assert all(one.quote for case in cases for one in case.expect.evidence)


def test_a_folder_without_golden_cases_has_none(tmp_path: Path) -> None:
    assert load_cases(tmp_path) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("question: Which", "quesiton: Which"), "golden/oil.yaml line 5: unknown key 'quesiton'; did you mean 'question'?"),
        (("quote: ", "qoute: "), "did you mean 'quote'?"),
        (("must_not_state:", "must_not_say:"), "line 12: unknown key 'must_not_say'; did you mean 'must_not_state'?"),
        (("outcome: answer", "outcome: anwser"), "line 10: cases.0.expect.outcome is the text 'anwser'; did you mean 'answer'?"),
        (("    principal: {user: lena, groups: [service]}\n", ""), "line 2: cases.0 lacks the key 'principal'"),
        (("page: 4", "page: four"), "line 16: cases.0.expect.evidence.0.locator.page is the text 'four'; write a whole number"),
        (('quote: "Use VG 68."', 'quote: " "'), "line 15: cases.0.expect.evidence.0.quote"),
        (("lookup: orders,", "lookup: prices,"), "the locator names the lookup 'prices', the document does not"),
        (("speaker: person", "speaker: user"), "line 8: cases.0.history.0.speaker"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_line_and_what_was_meant(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    assert change[0] in CASE
    message = refusal(golden(tmp_path, oil=CASE.replace(*change)))
    assert said in message
    assert "golden/oil.yaml" in message


def test_mistakes_of_all_files_come_together(tmp_path: Path) -> None:
    broken = CASE.replace("question", "quesiton")
    message = refusal(golden(tmp_path, one=broken, two="cases:\n", three="a: [", four=""))
    assert message.startswith("golden/ has ")
    for file in ("golden/one.yaml line 5", "golden/two.yaml", "golden/three.yaml line 1", "golden/four.yaml"):
        assert file in message


def test_an_id_that_two_cases_have_is_told_with_both_places(tmp_path: Path) -> None:
    text = "cases:\n" + SHORT.format(id="a")
    message = refusal(golden(tmp_path, one=text, two="\n" + text))
    assert "golden/two.yaml line 3: the id 'a' is that of a case in golden/one.yaml line 2" in message


def test_a_case_that_asks_nothing_is_a_mistake_and_one_with_fields_alone_is_none(tmp_path: Path) -> None:
    text = "cases:\n" + SHORT.format(id="a").replace("question: Why?, ", "")
    assert "the case 'a' asks nothing" in refusal(golden(tmp_path, one=text))
    fields = text.replace("principal:", "fields: {order: SO-1}, principal:")
    (case,) = load_cases(golden(tmp_path, one=fields))
    assert case.fields == {"order": "SO-1"}


def test_a_file_under_another_ending_is_not_overlooked(tmp_path: Path) -> None:
    (golden(tmp_path, one=CASE) / "golden" / "more.yml").write_text(CASE)
    assert "golden/more.yml: is not read under this name; call it more.yaml" in refusal(tmp_path)


def test_folders_inside_are_read_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for folder in ("claims", ".drafts"):
        (tmp_path / "golden" / folder).mkdir(parents=True)
        (tmp_path / "golden" / folder / "one.yaml").write_text("cases:\n" + SHORT.format(id=f"x{folder}"))
    assert [case.file for case in load_cases(tmp_path)] == ["golden/claims/one.yaml"]


WHOLE = """\
cases:
  - id: claim
    kind: high-risk
    risk: high
    question: What is covered?
    principal: {user: lena}
    attachments: [{name: form.txt, text: "Claim 7"}]
    version: 0123456789abcdef
    held: true
    origin: correction
    run: 3fa9c2
    written_by: ana
    expect:
      outcome: answer
      facts: [covered, {number: 24, unit: Nm, tolerance: 0.5}, {text: two years}]
      fields:
        amount: {value: 1200, tolerance: 5}
        parts: [P-1, P-2]
        day: {value: 2025-04-09, compare: date}
        note: {compare: empty}
        urgent: true
        state: open
"""


def test_numbers_fields_attachments_and_where_a_case_comes_from_are_loaded(tmp_path: Path) -> None:
    (case,) = load_cases(golden(tmp_path, one=WHOLE))
    assert case.expect.facts == (
        Fact(text="covered"), Fact(number=24, unit="Nm", tolerance=0.5), Fact(text="two years"),
    )  # fmt: skip
    assert case.expect.fields == {
        "amount": ExpectedField(value=1200, compare="number", tolerance=5),
        "parts": ExpectedField(value=("P-1", "P-2"), compare="set"),
        "day": ExpectedField(value="2025-04-09", compare="date"),
        "note": ExpectedField(value="", compare="empty"),
        "urgent": ExpectedField(value=True),
        "state": ExpectedField(value="open"),
    }
    assert case.item().attachments == (ItemAttachment(name="form.txt", text="Claim 7"),)
    assert (case.risk, case.is_high_risk, case.version) == ("high", True, "0123456789abcdef")
    assert (case.held, case.origin, case.run, case.written_by) == (True, "correction", "3fa9c2", "ana")


def test_a_case_that_waits_for_a_second_person_is_loaded_and_not_run(tmp_path: Path) -> None:
    cases = load_cases(golden(tmp_path, one=WHOLE, two=CASE))
    assert [case.id for case in cases] == ["claim", "oil"]
    assert [case.id for case in to_run(cases)] == ["oil"]


def test_risk_that_is_said_counts_more_than_the_kind() -> None:
    case = Case(id="a", question="?", principal=Principal(user="u"), expect=Expectation(outcome="refusal"))
    assert not case.is_high_risk
    assert replace(case, kind="high-risk").is_high_risk
    assert not replace(case, kind="high-risk", risk="low").is_high_risk


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("number: 24,", "nubmer: 24,"), "line 15: unknown key 'nubmer'; did you mean 'number'?"),
        (("number: 24,", "number: many,"), "line 15"),
        (("{number: 24, unit", "{text: x, number: 24, unit"), "line 15: cases.0.expect.facts.1: write either text or number"),
        (("tolerance: 0.5", "tolerance: -1"), "line 15"),
        (("[covered,", "[24,"), "line 15: cases.0.expect.facts.0: write words in quotes, or {number: 24}"),
        (("value: 1200", "value: many"), "line 17: cases.0.expect.fields.amount: a tolerance goes with compare: number"),
        (("2025-04-09", "9.4.2025"), "line 19: cases.0.expect.fields.day: compare: date takes a day as 2025-04-09"),
        (("[P-1, P-2]", "{value: [P-1], compare: number}"), "line 18: cases.0.expect.fields.parts: compare: set takes a list"),
        (("compare: date", "compare: dat"), "did you mean 'date'?"),
        (("{compare: empty}", "{value: x, compare: empty}"), "fields.note: compare: empty takes no value"),
        (("{compare: empty}", "{tolerance: 0}"), "fields.note: write the expected value, or compare: empty"),
        (("risk: high", "risk: hihg"), "line 4: cases.0.risk is the text 'hihg'; did you mean 'high'?"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_is_expected_names_its_line(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    assert change[0] in WHOLE
    message = refusal(golden(tmp_path, one=WHOLE.replace(*change)))
    assert said in message
    assert "mistakes" not in message


def test_a_fact_says_one_thing_and_how_it_is_said() -> None:
    with pytest.raises(ValueError, match="one of them"):
        Fact()
    assert str(Fact(text="VG 68")) == "VG 68"
    assert str(Fact(number=24, unit="Nm", tolerance=0.5)) == "24 Nm +/- 0.5"
