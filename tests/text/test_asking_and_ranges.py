from __future__ import annotations

import pytest

from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.text.questions import (
    asks_leave,
    read_question,
    rules_on,
    sentences_of,
    units_of,
    wants_code,
)
from holdfast.text.ranges import is_out_of_range
from holdfast.text.relevance import rank_sentences
from holdfast.text.tables import header_of

HEADER = "Pump | Serial from | Serial to | Kit"


def passage(text: str, **more: object) -> Passage:
    return Passage(n=1, document="paper.md", text=text, start=0, end=len(text), chunk_id=1, **more)  # type: ignore[arg-type]


def test_what_is_asked_beside_a_code_leaves_the_code_out() -> None:
    asked = read_question("What is the price of the HX-200?")
    assert asked.beside == {"price"}
    assert read_question("HX-200?").beside == read_question("HX-200?").stems


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("After how many hours is it due?", "h"),
        ("How loud is it, in dB(A)?", "dB"),
        ("How hot may the oil get?", "°C"),
        ("How much was paid for it?", "EUR"),
    ],
)
def test_a_question_may_name_or_imply_the_unit_of_its_answer(question: str, unit: str) -> None:
    assert unit in units_of(question)


@pytest.mark.parametrize("question", ["How many starts an hour are permitted?", "Which oil is right?"])
def test_most_questions_bind_no_unit(question: str) -> None:
    assert not units_of(question)


def test_asking_for_a_code_or_for_leave_is_noticed() -> None:
    assert wants_code("Part number of the suction hose?")
    assert not wants_code("How many parts are there?")
    assert asks_leave("The old kit is still here. May we use it up?")
    assert not asks_leave("What did the customer say?")
    assert rules_on("Hubs with a crack must not be welded.")
    assert rules_on("Old in new pumps | no")


def test_only_sentences_that_stand_alone_are_read_alone() -> None:
    assert sentences_of("My dough does not rise. How many hours should it rest?") == (
        "My dough does not rise.",
    )
    assert sentences_of("Which reducer fits the inlet line?") == ()


@pytest.mark.parametrize(
    ("row", "is_out"),
    [
        ("HX-200 | 18-0001 | 24-0499 | SK-1200", True),
        ("HX-200 | 24-0500 | open | SK-1201", False),
        ("HX-250 | all | all | SK-1250", False),
    ],
)
def test_a_row_for_other_serial_numbers_is_out_of_range(row: str, *, is_out: bool) -> None:
    assert is_out_of_range("Which kit for serial 24-0731?", HEADER, row) is is_out
    assert not is_out_of_range("Which kit?", HEADER, row)


def test_a_first_row_above_codes_alone_names_the_columns() -> None:
    assert header_of(passage("Pump | Kit\nHX-150 | SK-1150\nHX-200 | SK-1200")) == "Pump | Kit"


def test_a_sentence_that_names_only_the_code_ranks_below_one_on_what_is_asked() -> None:
    text = "Applies to: PU-30, all serial numbers\n\nAt the next service fit the return filter P-733118 with 10 µm."
    ranked = rank_sentences(
        "Which return filter for a PU-30?", [passage(text, metadata=Metadata(title="PU-30 filter"))]
    )
    assert ranked[0].sentence.text.startswith("At the next service")


def test_a_sentence_without_the_asked_unit_hardly_counts() -> None:
    text = "Level the pump to 0.2 mm per metre. The pump runs with 71 dB at one metre."
    ranked = rank_sentences("How loud is the pump at one metre?", [passage(text)])
    assert "dB" in ranked[0].sentence.text
    assert ranked[1].factor < ranked[0].factor


def test_passages_ranked_again_are_ranked_by_what_is_asked_now() -> None:
    text = "Level the pump to 0.2 mm per metre. The pump runs with 71 dB at one metre."
    papers = (passage(text), passage("The pump is blue.", context="Colours"))
    for question in ("How loud is the pump?", "How level is the pump?", "How loud is the pump?"):
        for topic in ("", "HX-150"):
            lately = rank_sentences(question, papers, topic=topic)
            assert lately == rank_sentences(question, list(papers), topic=topic)
    other = (passage("The pump runs with 65 dB."),)
    assert "65" in rank_sentences("How loud is the pump?", other)[0].sentence.text


def test_declared_keys_of_other_sizes_do_not_rule_a_paper_out() -> None:
    paper = passage(
        "The first oil change is due after 200 h.", metadata=Metadata(keys={"product": ("HX-250",)})
    )
    assert rank_sentences("When is the first oil change of an HX-150 due?", [paper])[0].factor > 0.1
