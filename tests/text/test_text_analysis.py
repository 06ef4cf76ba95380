from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.text.identifiers import identifier_keys, key_of, named_in
from holdfast.text.names import names
from holdfast.text.numbers import days, quantities
from holdfast.text.questions import Wants, parts_of, wants_of
from holdfast.text.sentences import Kind, split_sentences
from holdfast.text.weights import covered, weight

MANUAL = """# HX-200

The pump runs at approx. 1,450 rpm. See Fig. 3 for the gap. Dr. Ode wrote
this on a
wrapped line. It weighs 3.5 kg!

| Screw | Torque |
| --- | --- |
| Cover | 24 Nm |

- Open the valve. Wait.
2. Close it.
"""


def test_a_manual_is_cut_into_sentences_rows_items_and_headings() -> None:
    pieces = split_sentences(MANUAL)
    assert [(piece.kind.value, " ".join(piece.text.split())) for piece in pieces] == [
        ("heading", "# HX-200"),
        ("prose", "The pump runs at approx. 1,450 rpm."),
        ("prose", "See Fig. 3 for the gap."),
        ("prose", "Dr. Ode wrote this on a wrapped line."),
        ("prose", "It weighs 3.5 kg!"),
        ("row", "| Screw | Torque |"),
        ("rule", "| --- | --- |"),
        ("row", "| Cover | 24 Nm |"),
        ("item", "- Open the valve."),
        ("item", "Wait."),
        ("item", "2. Close it."),
    ]


@given(st.text(alphabet=st.sampled_from("ab A.!?\n|-#1°\t"), max_size=200) | st.text(max_size=120))
def test_pieces_slice_back_are_in_order_and_leave_nothing_out(text: str) -> None:
    pieces = split_sentences(text)
    end = 0
    left = []
    for piece in pieces:
        assert piece.text == text[piece.start : piece.end]
        assert piece.start >= end
        left.append(text[end : piece.start])
        end = piece.end
    assert not "".join([*left, text[end:]]).strip()


def test_a_short_line_that_states_a_value_is_no_heading() -> None:
    assert [piece.kind for piece in split_sentences("Oil volume 2.3 litres")] == [Kind.PROSE]


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("24 Nm", 24, "Nm"),
        ("1,200 rpm", 1200, "rpm"),
        ("-30 °C", -30, "°C"),
        ("EUR 10,000", 10_000, "EUR"),
        ("€12.5 million", 12_500_000, "EUR"),
        ("$ 1,496.5", 1496.5, "USD"),
        ("2,5 bar", 2.5, "bar"),
        ("60 %", 60, "%"),
        ("twenty-five days", 25, "day"),
        ("24Nm", 24, "Nm"),
        ("24 newton metres", 24, "Nm"),
        ("24 Stunden", 24, "h"),
        ("15.000 EUR", 15_000, "EUR"),
        ("EUR 15.000,00", 15_000, "EUR"),
        ("€1.500.000", 1_500_000, "EUR"),
        ("1.500,50 €", 1500.5, "EUR"),
        ("15 000 EUR", 15_000, "EUR"),
        ("EUR 1 500 000,50", 1_500_000.5, "EUR"),
        ("CHF 12'500.–", 12_500, "CHF"),  # noqa: RUF001 - as it is written there
        ("15 TEUR", 15_000, "EUR"),
        ("1,5 Mio. EUR", 1_500_000, "EUR"),
        ("3 M€", 3_000_000, "EUR"),
        ("0.125 EUR", 0.125, "EUR"),
        ("1.500 mm", 1.5, "mm"),
        ("1.234.567", 1_234_567, ""),
    ],
)
def test_quantities_have_value_and_unit(text: str, value: float, unit: str) -> None:
    assert [(q.value, q.unit) for q in quantities(f"It is {text} at most")] == [(value, unit)]


def test_the_digits_of_a_code_are_no_quantity() -> None:
    assert quantities("HX-200 and SB-2024-03") == ()


def test_dates_are_read_in_the_usual_spellings() -> None:
    text = "2024-03-05; 5 March 2024; March 5, 2024; 05.03.2024; March 2024"
    assert [(d.year, d.month, d.day) for d in days(text)] == [(2024, 3, 5)] * 4 + [(2024, 3, 0)]


def test_spellings_of_one_code_have_one_key() -> None:
    assert {key_of(text) for text in ("HX-200", "hx200", "HX 200", "HX\u2011200")} == {"hx200"}
    assert identifier_keys("HX-200, KD-38, M8, SB-2024-03") == {"hx200", "kd38", "m8", "sb202403"}


def test_ordinary_words_with_digits_are_no_codes() -> None:
    assert identifier_keys("top-10 in mid-2008, 24Nm, the 90s, 2024-03-05, step 2") == frozenset()


def test_a_question_names_a_known_code_in_any_spelling() -> None:
    assert named_in("torque of hx 200?", {"hx200", "hx300"}) == {"hx200"}


def test_names_leave_out_the_capital_that_opens_a_sentence() -> None:
    assert names("Paul McCartney met NASA. Hello there.") == ("Paul McCartney", "NASA")


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("How many screws are there?", Wants.NUMBER),
        ("What is the rated torque of the KD-38?", Wants.NUMBER),
        ("When was it changed?", Wants.TIME),
        ("Who approves it?", Wants.PERSON),
        ("Why does it leak?", Wants.REASON),
        ("How do I fit the coupling?", Wants.STEPS),
        ("What is a spider?", Wants.DEFINITION),
        ("difference between red and blue", Wants.ANYTHING),
    ],
)
def test_the_kind_of_answer_is_told_by_the_question(question: str, wants: Wants) -> None:
    assert wants_of(question) is wants


def test_questions_within_a_question_are_told_apart() -> None:
    parts = parts_of("The pump leaks. Which kit do I order, and how hot may the oil get?")
    assert tuple(part.text for part in parts) == (
        "Which kit do I order",
        "how hot may the oil get?",
    )
    (whole,) = parts_of("Which oil and filter does it need?")
    assert whole.text == "Which oil and filter does it need?"


def test_rare_words_weigh_more_than_common_ones() -> None:
    assert weight("time") < weight("spider") <= 1
    assert covered(["time", "spider"], frozenset({"spider"})) > 0.5


@pytest.mark.parametrize("text", ["a" * 200_000, "1," * 60_000, "A-" * 60_000, ". " * 60_000, "[1]" * 40_000])
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    split_sentences(text)
    quantities(text)
    days(text)
    identifier_keys(text)
    names(text)
    assert time.process_time() - started < 5
