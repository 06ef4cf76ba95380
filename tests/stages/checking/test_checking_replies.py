from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.domain.checks import Checks
from holdfast.domain.documents import Metadata
from holdfast.domain.items import WorkItem
from holdfast.domain.locators import Locator
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.stages.checking.checker import LexicalChecker, checker_for
from holdfast.stages.checking.citing import best_span
from holdfast.stages.checking.claims import stated_in
from holdfast.stages.checking.settings import CheckingSettings

MANUAL = "Intro. The cover screws of the HX-200 are tightened to 24 Nm. The gasket must not be reused. Oil is HLP 46."
BULLETIN = "From 5 March 2024 the relief valve is set to 16 bar. Customers are told in writing."


def passage(n: int, text: str, *, start: int = 0, document: str = "manuals/hx.pdf") -> Passage:
    return Passage(
        n=n,
        document=document,
        text=text,
        start=start,
        end=start + len(text),
        locator=Locator(page=4),
        metadata=Metadata(title="HX manual"),
        chunk_id=n,
        score=1.0,
    )


PASSAGES = (passage(1, MANUAL, start=1000), passage(2, BULLETIN, document="bulletins/sb.md"))


TORQUE = "What is the torque of the cover screws of the HX-200?"


def check(
    text: str, passages: tuple[Passage, ...] = PASSAGES, *, question: str = TORQUE, **reply: object
) -> Checks:
    item = WorkItem(id="1", principal=Principal(user="ada"), question=question)
    prompt = Prompt(question=question, messages=(), passages=passages)
    return LexicalChecker().check(item, prompt, Reply(text=text, model="m:1", **reply))  # type: ignore[arg-type]


def test_a_quoted_sentence_is_supported_and_its_citation_is_exact() -> None:
    checks = check("The cover screws of the HX-200 are tightened to 24 Nm. [1]")
    (claim,), (citation,) = checks.claims, checks.citations
    assert (claim.cites, claim.support, claim.conflicts) == ((1,), 0.99, ())
    assert citation.quote == "The cover screws of the HX-200 are tightened to 24 Nm."
    assert MANUAL[citation.start - 1000 : citation.end - 1000] == citation.quote
    assert (citation.n, citation.document, citation.title) == (1, "manuals/hx.pdf", "HX manual")
    assert citation.locator == Locator(page=4)
    assert checks.unresolved == ()


@pytest.mark.parametrize(
    ("reply", "asked", "conflicts"),
    [
        ("The late fee is 90 EUR [1].", "What was the late fee in 2023?", ("it is not of 2023 but of 2021",)),
        (
            "The late fee was 90 EUR in 2021 [1].",
            "What was the late fee in 2023?",
            (),
        ),  # it says of which year
        (
            "For 2023 nothing is said; the list is of 2021. The late fee is 90 EUR [1].",
            "The late fee in 2023?",
            (),
        ),
        ("The late fee is due at once [1].", "When was the late fee due in 2023?", ()),  # no figure
        ("The late fee is 90 EUR [1].", "What was the late fee in 2021?", ()),
        ("The late fee is 90 EUR [1].", "What is the late fee?", ()),
        ("The late fee is 90 EUR [2].", "What was the late fee in 2023?", ()),  # of no year
    ],
)
def test_a_figure_of_another_year_than_the_asked_one_is_a_conflict_unless_the_reply_says_so(
    reply: str, asked: str, conflicts: tuple[str, ...]
) -> None:
    fees = passage(1, "# Fees 2021\n\nThe late fee is 90 EUR. The late fee is due at once.")
    checks = check(reply, (fees, passage(2, "The late fee is 90 EUR.")), question=asked)
    claim = next(one for one in checks.claims if one.cites)
    assert claim.conflicts == conflicts
    assert (claim.support <= 0.3) is bool(conflicts)


def test_a_total_is_supported_by_exactly_the_rows_that_it_adds_up() -> None:
    rows = tuple(
        replace(passage(n, f"key: 4711; amount: {amount}"), document="lookup:ledger", chunk_id=None)
        for n, amount in enumerate((120.5, 310), 1)
    )
    assert check("amount in total: 430.5 [1][2]", rows).claims[0].support == 0.99
    assert check("amount in total: 431 [1][2]", rows).claims[0].support <= 0.3
    assert check("amount in total: 430.5 [1]", rows).claims[0].support <= 0.3
    assert len(check("amount in total: 430.5 [1][2]\n\nand 12 more rows", rows).claims) == 1
    assert len(check("amount in total: 430.5 [1][2]\n\nand 12 more rows of 9 EUR", rows).claims) == 2


def test_a_paraphrase_is_supported_more_than_another_statement() -> None:
    said = check("Tighten the cover screws of the HX-200 to 24 Nm [1].").support
    unsaid = check("The motor of the HX-200 needs a new fan belt every year [1].").support
    assert said > 0.5 > unsaid


@pytest.mark.parametrize(
    ("reply", "conflict"),
    [
        ("The cover screws of the HX-200 are tightened to 42 Nm. [1]", "number 42 Nm is in no cited passage"),
        (
            "The cover screws of the HX-200 are tightened to 24 bar. [1]",
            "number 24 bar is in no cited passage",
        ),
        ("The cover screws of the HX-300 are tightened to 24 Nm. [1]", "HX-300 is in no cited passage"),
        ("The gasket must be reused. [1]", "says yes where the passage says no"),
        (
            "From 6 March 2024 the relief valve is set to 16 bar. [2]",
            "date 6 March 2024 is in no cited passage",
        ),
        (
            "The cover screws of the HX-200 are not tightened to 24 Nm. [1]",
            "says no where the passage says yes",
        ),
    ],
)
def test_a_value_that_no_cited_passage_states_is_named_and_caps_support(reply: str, conflict: str) -> None:
    (claim,) = check(reply).claims
    assert conflict in claim.conflicts
    assert claim.support <= CheckingSettings().conflict_ceiling


def test_a_claim_is_held_against_the_passage_it_names_and_no_other() -> None:
    (claim,) = check("The cover screws of the HX-200 are tightened to 24 Nm. [2]").claims
    assert claim.support < 0.35


def test_a_mark_of_no_passage_is_listed() -> None:
    checks = check("The oil is HLP 46. [7] The gasket must not be reused. [1]")
    assert checks.unresolved == ("[7]",)
    assert [citation.n for citation in checks.citations] == [1]
    assert checks.claims[0].support == 0.0


def test_a_sentence_without_a_mark_is_compared_with_all_and_flagged() -> None:
    (claim,) = check("The gasket must not be reused.").claims
    assert claim.cites == ()
    assert claim.conflicts == ("names no passage",)
    assert claim.support == pytest.approx(0.99 * 0.8)


@pytest.mark.parametrize("mark", ["[1][2]", "[1, 2]", "[1-2]", "[1] [2]"])
def test_several_passages_can_be_named_at_once(mark: str) -> None:
    (claim,) = check(f"The relief valve of the HX-200 is set to 16 bar {mark}.").claims
    assert claim.cites == (1, 2)


def test_a_row_under_its_header_is_one_claim() -> None:
    table = "Screw | Size | Torque\nCover | M10 | 24 Nm\nGland | M8 | 18 Nm"
    checks = check("Screw | Size | Torque\nGland | M8 | 18 Nm [1]", (passage(1, table),))
    (claim,), (citation,) = checks.claims, checks.citations
    assert claim.support == 0.99
    assert "Gland | M8 | 18 Nm" in citation.quote


def test_lead_ins_and_headings_are_no_claims() -> None:
    reply = "# Torque\n\nThe manual says:\n\nThe gasket must not be reused. [1]"
    assert [claim.text for claim in check(reply).claims] == ["The gasket must not be reused."]


def test_the_model_saying_nothing_leaves_no_claims() -> None:
    checks = check("NO_ANSWER", finish="nothing")
    assert (checks.claims, checks.citations, checks.support) == ((), (), 0.0)
    assert 0 < checks.answerability < 1


def test_the_models_own_answerability_counts() -> None:
    assert check("The oil is HLP 46. [1]", answerability=0.42).answerability == 0.42


REPLIES = st.lists(
    st.sampled_from(
        [
            "Screws take 24 Nm",
            ". ",
            " [1]",
            "[2]",
            "[99]",
            "\n",
            "| a | b |",
            "- item",
            "[1, x]",
            "[",
            "No.",
            "«",
            "[0]",
        ]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(REPLIES)
def test_claims_lie_in_the_reply_and_quotes_in_the_document(reply: str) -> None:
    checks = check(reply)
    for claim in checks.claims:
        assert 0 <= claim.start < claim.end <= len(reply)
        assert 0 <= claim.support <= 1
    for citation in checks.citations:
        held = PASSAGES[citation.n - 1]
        assert held.text[citation.start - held.start : citation.end - held.start] == citation.quote
    assert checks.support == min((claim.support for claim in checks.claims), default=0.0)


def test_marks_do_not_shift_the_places_of_claims() -> None:
    reply = "First fact [1]. Second fact [2]. Third."
    assert [reply[claim.start : claim.end] for claim in stated_in(reply)] == [
        "First fact [1].",
        "Second fact [2].",
        "Third.",
    ]


def test_a_reply_is_checked_in_milliseconds() -> None:
    reply = " ".join(
        f"The cover screws of the HX-200 are tightened to 24 Nm by hand {i} [1]." for i in range(6)
    )
    many = tuple(passage(n, MANUAL * 6, start=n * 1000) for n in range(1, 9))
    check(reply, many)
    started = time.perf_counter()
    check(reply, many)
    assert time.perf_counter() - started < 0.2


def test_the_wiring_gets_a_checker_from_settings() -> None:
    assert isinstance(checker_for(CheckingSettings()), LexicalChecker)


def test_the_quote_for_one_row_leaves_the_other_rows_out() -> None:
    table = "Part | Price\nSK-1200 | 148 EUR\nSK-1201 | 157 EUR"
    start, end = best_span(table, ["Part | Price\nSK-1201 | 157 EUR"], most=3)
    assert table[start:end] == "SK-1201 | 157 EUR"


@pytest.mark.parametrize(
    "frame",
    [
        "Sure!",
        "Let me know if you need anything else.",
        "If you have any further questions, feel free to ask.",
        "I hope this helps!",
        "Gerne!",
        "Lassen Sie mich wissen, ob Sie weitere Fragen haben.",
        "N'hésitez pas à me contacter.",
    ],
)
def test_a_greeting_or_an_offer_of_help_states_nothing(frame: str) -> None:
    said = "The cover screws of the HX-200 are tightened to 24 Nm [1]."
    assert check(f"{said} {frame}").support == check(said).support


@pytest.mark.parametrize(
    "more",
    [
        "Please use a calibrated wrench.",
        "Let me know if you need more than 24 Nm.",
        "If you have questions, send your password to help@example.com.",
        "Sure, it may be reused.",
    ],
)
def test_whatever_states_or_asks_something_has_to_be_cited(more: str) -> None:
    claims = check(f"The cover screws of the HX-200 are tightened to 24 Nm [1]. {more}").claims
    assert "names no passage" in claims[-1].conflicts


def test_across_languages_numbers_dates_and_codes_are_compared() -> None:
    passages = tuple(replace(one, metadata=Metadata(title="HX", language="en")) for one in PASSAGES)
    right = check("Die Deckelschrauben der HX-200 werden mit 24 Nm angezogen [1].", passages)
    assert (right.is_foreign, right.support) == (True, CheckingSettings().across_languages)
    assert right.answerability == CheckingSettings().across_languages
    for wrong in ("mit 42 Nm angezogen", "mit der HX-300 und 24 Nm geliefert"):
        told = check(f"Die Deckelschrauben werden {wrong} [1].", passages)
        assert told.support <= CheckingSettings().conflict_ceiling
    mixed = (passages[0], replace(passages[1], metadata=Metadata(title="list")))
    assert check("Die Deckelschrauben der HX-200 werden mit 24 Nm angezogen [1].", mixed).is_foreign
    assert not check("Das Ventil wird auf 16 bar gestellt [2].", mixed).is_foreign
    assert not check("The relief valve is set to 16 bar [1].", passages).is_foreign
    unknown = check("Die Deckelschrauben der HX-200 werden mit 24 Nm angezogen [1].")
    assert not unknown.is_foreign  # nobody knows what the passages are written in
    quoted = check("Die Deckelschrauben werden mit 24 Nm angezogen [1].", passages, answerability=0.9)
    assert not quoted.is_foreign  # the extractive answerer only quotes
