"""A field of structured output stands when the passages that it cites say its value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.checks import Checks
from holdfast.domain.items import ItemAttachment, WorkItem
from holdfast.domain.outputs import OutputSpec, field_lines, text_of_output
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.stages.checking.checker import LexicalChecker
from holdfast.stages.checking.settings import CheckingSettings

MANUAL = (
    "The cover screws of the HX-200 are tightened to 24 Nm. Anna Meyer approved this on 5 March 2024. "
    "The pump costs 1,940 EUR, the rebate is 12 percent. Revenue was 3.2 million EUR. One gasket is needed. "
    "Nobody was injured. The visit is on 04/06/2024 at 2:30 pm. Write to service@example.com."
)
OTHER = "The valve VG-46 is set to 16 bar and must not be opened under pressure."


ITEM = WorkItem(id="1", principal=Principal(user="ada"), question="Which torque?")


def passage(n: int, text: str) -> Passage:
    return Passage(n=n, document=f"{n}.md", text=text, start=0, end=len(text))


PASSAGES = (passage(1, MANUAL), passage(2, OTHER))


def check(
    output: Any,
    cites: dict[str, tuple[int, ...]],
    *,
    cited: Any = None,
    schema: Any = None,
    passages: Any = None,
    item: WorkItem = ITEM,
    **settings: Any,
) -> Checks:
    paths = tuple((name,) for name in output) if cited is None else cited
    spec = OutputSpec(name="card", schema=schema or {}, cited=paths)
    prompt = Prompt(question="Which torque?", messages=(), passages=passages or PASSAGES, output=spec)
    reply = Reply(text=text_of_output(output, cites), model="m:1", output=output, cites=cites)
    return LexicalChecker(CheckingSettings(**settings)).check(item, prompt, reply)


def support(name: str, value: Any, n: int = 1, **how: Any) -> float:
    return check({name: value}, {name: (n,)}, **how).support


def test_a_quote_spans_what_the_fields_of_a_passage_say() -> None:
    both = {"torque_nm": 24, "price_eur": 1940}
    (one,) = check(both, {"torque_nm": (1,), "price_eur": (1,)}).citations
    assert one.quote.startswith("The cover screws")
    assert "costs 1,940 EUR" in one.quote
    assert "Revenue" not in one.quote


def test_a_quote_of_a_field_is_the_sentence_that_says_it_and_not_the_one_that_sounds_like_it() -> None:
    text = (
        "Price and rebate are named in euros by the desk. All prices need a signature. It is 1,940 EUR net."
    )
    (one,) = check({"price": 1940}, {"price": (1,)}, passages=(passage(1, text),)).citations
    assert one.quote == "It is 1,940 EUR net."


def test_a_quote_of_fields_far_apart_shows_the_part_that_says_most() -> None:
    text = f"The number is C-2041. {'Nothing else is known of it. ' * 60}It costs 1,940 EUR. It is from Anna Meyer."
    output = {"claim": "C-2041", "price": 1940, "by": "Anna Meyer"}
    (one,) = check(output, dict.fromkeys(output, (1,)), passages=(passage(1, text),)).citations
    assert one.quote == "It costs 1,940 EUR. It is from Anna Meyer."


def test_rows_of_others_are_no_part_of_a_quote() -> None:
    text = "Part | Price\nP-1 | 300\nP-2 | 400\nP-3 | 500"
    (one,) = check(
        {"low": 300, "high": 500}, {"low": (1,), "high": (1,)}, passages=(passage(1, text),)
    ).citations
    assert "400" not in one.quote


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("torque_nm", 24),
        ("torque_nm", 24.0),
        ("torque", "24 Nm"),
        ("torque", "24Nm"),
        ("price_eur", 1940),
        ("price", "EUR 1940"),
        ("rebate_percent", 12),
        ("rebate_rate", 0.12),
        ("revenue_eur", 3_200_000),
        ("revenue_million", 3.2),
        ("gaskets", 1),
        ("injured", 0),
        ("approved_on", "2024-03-05"),
        ("approved_on", "5 March 2024"),
        ("visit", "2024-06-04"),
        ("visit", "2024-04-06"),
        ("visit", "2024-06-04T14:30:00Z"),
        ("approved_by", "Anna Meyer"),
        ("approved_by", "Meyer, Anna"),
        ("pump", "hx200"),
        ("contact", "Service@Example.com"),
        ("parts", ["HX-200", "cover screws"]),
        ("summary", "The cover screws of the HX-200 are tightened to 24 Nm."),
    ],
)
def test_a_value_is_found_in_whatever_spelling(name: str, value: Any) -> None:
    checks = check({name: value}, {name: (1,)})
    (claim,) = checks.claims
    assert claim.conflicts == ()
    assert claim.support >= 0.9
    assert claim.field == name


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("torque_nm", 42, "number 42 is in no cited passage"),
        ("torque_nm", 1940, "number 1940 is in no cited passage"),
        ("torque", "42 Nm", '"42 Nm" is in no cited passage'),
        ("rebate_percent", 0.12, "number 0.12 is in no cited passage"),
        ("approved_on", "2024-03-06", "date 2024-03-06 is in no cited passage"),
        ("approved_on", "2023-03-05", "date 2023-03-05 is in no cited passage"),
        ("visit", "2024-06-04T15:30:00Z", "date 2024-06-04T15:30:00Z is in no cited passage"),
        ("approved_by", "Anna Berger", '"Anna Berger" is in no cited passage'),
        ("pump", "HX-300", '"HX-300" is in no cited passage'),
        ("contact", "sales@example.com", '"sales@example.com" is in no cited passage'),
        ("parts", ["HX-200", "impeller"], '"impeller" is in no cited passage'),
    ],
)
def test_a_value_that_no_cited_passage_says_is_a_conflict(name: str, value: Any, words: str) -> None:
    checks = check({name: value}, {name: (1,)})
    (claim,) = checks.claims
    assert claim.conflicts == (words,)
    assert claim.support <= 0.3


def test_only_the_cited_passage_counts() -> None:
    assert support("pressure_bar", 16, 2) > 0.9
    assert support("pressure_bar", 16, 1) == 0


def test_a_field_without_citations_has_no_support_however_true_it_is() -> None:
    (claim,) = check({"torque_nm": 24}, {"torque_nm": ()}).claims
    assert (claim.support, claim.conflicts) == (0.0, ("names no passage",))
    (claim,) = check({"torque_nm": 24}, {}).claims
    assert claim.conflicts == ("names no passage",)


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("amount_eur", 2800.5, "the attachment claim.eml/estimate.pdf"),
        ("date_of_loss", "2025-03-07", "the attachment claim.eml"),
        ("policy", "MO-200777", "the field policy"),
        ("plate", "B-AW 1234", "the question"),
    ],
)
def test_a_value_that_only_the_item_says_is_told_with_the_place(name: str, value: Any, where: str) -> None:
    item = replace(
        ITEM,
        question="What of B-AW 1234?",
        fields={"policy": "MO-200777"},
        attachments=(
            ItemAttachment(name="claim.eml", text="On 7 March 2025 a lorry scraped my car."),
            ItemAttachment(name="claim.eml/estimate.pdf", text="Item | EUR\nTotal | 2,800.50"),
        ),
    )
    for cites in ({name: (1,)}, {name: ()}):
        (claim,) = check({name: value}, cites, item=item).claims
        assert claim.support == 0
        move = "set output.cite_attachments" if "attachment" in where else "leave it out of output.cite"
        assert claim.conflicts[-1] == f"it stands in {where}, which is no passage: {move}"
    (claim,) = check({name: value}, {name: (1,)}).claims
    assert len(claim.conflicts) == 1


def test_a_citation_of_a_passage_that_was_not_given_is_told() -> None:
    checks = check({"torque_nm": 24, "bar": 16}, {"torque_nm": (1,), "bar": (7,)})
    assert checks.unresolved == ("[7]",)
    assert [claim.conflicts for claim in checks.claims] == [(), ("names only passages that were not given",)]


def test_a_conclusion_is_no_quote_and_gets_the_declared_support() -> None:
    schema = {
        "type": "object",
        "properties": {"risk": {"anyOf": [{"enum": ["high", "low"]}, {"type": "null"}]}},
    }
    assert support("risk", "high", schema=schema) == 0.6
    assert support("risk", "high", schema=schema, concluded=0.2) == 0.2
    assert support("risk", "high") <= 0.3
    assert support("is_approved", True, concluded=0.5) == 0.5  # noqa: FBT003 - the value under test


def test_the_quote_of_a_citation_says_the_value() -> None:
    checks = check({"torque_nm": 24, "pressure_bar": 16}, {"torque_nm": (1,), "pressure_bar": (2,)})
    assert [citation.n for citation in checks.citations] == [1, 2]
    assert "24 Nm" in checks.citations[0].quote
    assert "16 bar" in checks.citations[1].quote


def test_fields_that_need_no_citation_and_empty_ones_make_no_claim() -> None:
    output = {"torque_nm": 24, "note": "made up", "bolt": None, "parts": []}
    checks = check(output, {"torque_nm": (1,), "bolt": ()}, cited=(("torque_nm",), ("bolt",), ("parts",)))
    assert [claim.field for claim in checks.claims] == ["torque_nm"]


def test_fields_in_lists_are_claims_of_their_own_with_their_place_in_the_text() -> None:
    output = {"parts": [{"name": "HX-200", "torque": 24}, {"name": "VG-46", "torque": 99}]}
    cites = {f"parts.{at}.{name}": (at + 1,) for at in (0, 1) for name in ("name", "torque")}
    cited = (("parts", "*", "name"), ("parts", "*", "torque"))
    checks = check(output, cites, cited=cited)
    text = text_of_output(output, cites)
    assert [text[claim.start : claim.end] for claim in checks.claims] == text.splitlines()
    assert [claim.field for claim in checks.claims if claim.support < 0.35] == ["parts.1.torque"]


def test_a_mark_inside_a_value_is_no_citation() -> None:
    (line,) = field_lines({"a": "see [3]\nbelow"}, {"a": (1,)})
    assert line.text == "a: see (3) below [1]"
