"""Golden cases are loaded whole, or refused with every mistake's file, line and nearest key."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Evidence, Expectation
from holdfast.domain.items import Speaker, Turn
from holdfast.domain.locators import Locator
from holdfast.errors import DeclarationError
from holdfast.evaluation.cases import load_cases

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
            outcome="answer", facts=("VG 68",), must_not_state=("VG 46",), evidence=(quoted, row)
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
