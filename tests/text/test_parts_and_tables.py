from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.text.answerability import judge
from holdfast.text.lacking import lacks
from holdfast.text.parts import Part, parts_of
from holdfast.text.questions import commands, read_question, target_of
from holdfast.text.ranges import marks_in, range_of
from holdfast.text.readings import readings_of
from holdfast.text.relevance import rank_sentences
from holdfast.text.tables import cells_of, header_of, spoken

HEADER = "Pump | Serial from | Serial to | Kit"


def passage(text: str, context: str = "") -> Passage:
    return Passage(n=1, document="paper.md", text=text, start=0, end=len(text), context=context, chunk_id=1)


def test_a_lead_before_a_dash_is_the_topic_of_each_part() -> None:
    assert parts_of("HX-200 oil - which grade and how often is it changed?") == (
        Part(text="which grade", topic="HX-200 oil"),
        Part(text="how often is it changed?", topic="HX-200 oil"),
    )


def test_two_things_that_somebody_needs_are_two_parts() -> None:
    parts = parts_of("I need the new pressure, and the part number of the cartridge.")
    assert [part.text for part in parts] == ["the new pressure", "the part number of the cartridge."]


def test_a_part_of_one_word_borrows_the_other_and_no_long_message_lends_its_greeting() -> None:
    first, _ = parts_of("Which coupling, and how much do its spacer screws take?")
    assert "spacer screws" in first.topic
    long = "Good morning, " + "we drive to the site tomorrow and would rather not guess. " * 4
    assert all("morning" not in part.topic for part in parts_of(f"{long} Which kit fits and when is it due?"))


@given(st.text(max_size=200))
def test_every_text_has_a_part(text: str) -> None:
    assert parts_of(text)


def test_a_topic_adds_words_and_codes_but_no_kind_of_answer() -> None:
    asked = read_question("which grade", "HX-200 oil how often")
    assert {"grade", "oil"} <= asked.beside
    assert asked.codes == {"hx200"}
    assert asked.wants is read_question("which grade").wants


@pytest.mark.parametrize(
    ("question", "stems"),
    [
        ("Which seal kit fits an HX-200?", {"seal", "kit"}),
        ("How many starts an hour are permitted?", {"start"}),
        ("What is the torque?", set()),
    ],
)
def test_the_thing_asked_for_by_name_is_read(question: str, stems: set[str]) -> None:
    assert target_of(question) == stems


def test_commands_are_told_from_statements() -> None:
    assert commands("Hold the two keys.")
    assert commands("1. To reset, press the green key.")
    assert not commands("The menu closes by itself.")


@pytest.mark.parametrize(
    ("question", "is_fact"),
    [
        ("How many rings go in?", True),
        ("Which kit fits?", True),
        ("Why did it fail?", False),
        ("How do I fit it?", False),
    ],
)
def test_a_fact_is_one_sentence(question: str, *, is_fact: bool) -> None:
    assert read_question(question).is_fact is is_fact


def test_a_row_is_spoken_with_the_names_of_its_columns() -> None:
    assert spoken("Fastener | Thread | Torque", "Gland bolts | M10 | 24 Nm") == (
        "Gland bolts, Thread: M10, Torque: 24 Nm"
    )
    assert spoken("", "A06 | stops") == "A06, stops"


def test_codes_in_a_first_row_name_columns_when_the_first_cell_is_no_code() -> None:
    assert header_of(passage("Fastener | GP-40 | GP-63\nBolts | 48 Nm | 70 Nm")) == "Fastener | GP-40 | GP-63"
    assert header_of(passage("GP-40 | NBR\nGP-63 | 70 °C")) == ""


def test_a_reading_stands_under_the_heading_or_the_question_before_it() -> None:
    faq = readings_of((passage("Are pumps approved for drinking water?\n\nThe small ones are."),))
    assert "drink" in faq[-1].place
    row = readings_of((passage("Bolts | 24 Nm", "Manual > Torques\nFastener | Torque"),))[0]
    assert row.words == "Torques: Bolts, Torque: 24 Nm"


def test_a_range_is_read_with_what_it_counts() -> None:
    assert range_of(HEADER, "HX-200 | 24-0500 | open | SK-1201") == ("serial", "24-0500 to open")
    assert range_of(HEADER, "HX-250 | all | all | SK-1250") is None
    assert range_of("Pump | Kit", "HX-200 | SK-1201") is None
    assert marks_in("serial 24-0731, built 2024") == ("24-0731",)
    assert cells_of("| a | b |") == ["a", "b"]


TORQUES = "Fastener | Thread | Torque\n" + "\n".join(
    f"{name} | M{size} | {torque} Nm"
    for name, size, torque in (
        ("Gland bolts", 10, 24), ("Casing bolts", 12, 75), ("Impeller nut", 20, 140), ("Foot bolts", 16, 150),
        ("Coupling guard screws", 6, 8), ("Stop", 8, 9), ("Act", 8, 7),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [
        "What torque do the {} need?", "Which torque for the {}?", "How tight are the {}?",
        "What torque do I have to use for the {}?", "{}: torque?",
    ],
)  # fmt: skip
@pytest.mark.parametrize("row", ["gland bolts", "casing bolts", "foot bolts", "coupling guard screws"])
def test_the_row_that_is_asked_for_stands_first_however_it_is_asked(asked: str, row: str) -> None:
    best = rank_sentences(asked.format(row), (passage(TORQUES),))[0]
    assert best.sentence.text.casefold().startswith(row)


def test_a_row_that_is_called_so_stands_before_one_that_mentions_the_word() -> None:
    table = (
        "State | Vibration | What to do\n"
        "Act | 4.5 to 7.1 mm/s | Stop within a week\n"
        "Stop | above 7.1 mm/s | At once"
    )
    best = rank_sentences("At which vibration do we have to stop?", (passage(table),))[0]
    assert best.sentence.text.startswith("Stop")


RESULTS = Passage(
    n=1,
    document="report.xlsx",
    text=(
        "Centre | Department | FTE actual | Leavers | Comment\n"
        "CC405 | Platform | 23 | 0 |\nCC408 | Plant | 85 | 5 | Line two was closed"
    ),
    start=0,
    end=120,
    context="",
    metadata=Metadata(title="report"),
    chunk_id=1,
    score=1.0,
    dense_score=0.2,
)


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("FTE actual of Platform", "CC405 | Platform | 23 | 0 |"),
        ("How many leavers did the plant have?", "CC408 | Plant | 85 | 5 | Line two was closed"),
    ],
)
def test_a_row_that_holds_all_of_the_question_with_its_columns_answers_it(question: str, row: str) -> None:
    ranked = rank_sentences(question, (RESULTS,))
    assert ranked[0].sentence.text == row
    assert judge(question, (RESULTS,), ranked, closeness=0.35).probability >= 0.55


def test_a_row_does_not_answer_what_its_cells_and_columns_do_not_hold() -> None:
    for question in ("FTE actual of Logistics", "Salary of Platform", "Why did Platform have leavers?"):
        ranked = rank_sentences(question, (RESULTS,))
        assert judge(question, (RESULTS,), ranked, closeness=0.35).probability < 0.55


def test_an_empty_cell_in_the_asked_column_is_told() -> None:
    question = "What is the comment on Platform?"
    ranked = rank_sentences(question, (RESULTS,))
    assert "empty" in next(one for one in ranked if "Platform" in one.sentence.text).factors
    assert "its cell under Comment is empty" in lacks(question, (RESULTS,), ranked[:1])


def test_a_row_of_names_and_figures_is_no_reason() -> None:
    ranked = rank_sentences("Why did the plant have so many leavers?", (RESULTS,))
    assert "reason" not in next(one for one in ranked if "Plant" in one.sentence.text).factors
    assert "reason" in next(one for one in ranked if "Platform" in one.sentence.text).factors


def test_columns_that_are_named_with_a_figure_are_a_header() -> None:
    rates = replace(
        RESULTS,
        text="Zone | up to 100 kg EUR | up to 500 kg EUR\n1 North | 51,00 | 119,00\n2 East | 94,00 | 236,00",
    )
    assert header_of(rates) == "Zone | up to 100 kg EUR | up to 500 kg EUR"
    assert header_of(replace(RESULTS, text="Gland bolts | 24 Nm | 4\nCover | 12 Nm | 6")) == ""


def test_what_stands_under_the_very_question_in_a_paper_answers_it() -> None:
    faq = replace(
        RESULTS,
        text=(
            "Where do I send my explanation?\n\nSend it to the desk with the account in the subject line.\n\n"
            "Who calls back?\n\nControlling calls back within a day."
        ),
    )
    question = "Where do I send my explanation?"
    ranked = rank_sentences(question, (faq,))
    assert ranked[0].sentence.text == "Send it to the desk with the account in the subject line."
    assert judge(question, (faq,), ranked, closeness=0.35).probability >= 0.55
    for other in ("Where do I send my invoice?", "Where do I send my explanation of costs?"):
        ranked = rank_sentences(other, (faq,))
        assert judge(other, (faq,), ranked, closeness=0.35).probability < 0.55
