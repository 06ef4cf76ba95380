"""Months in questions, rows and titles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.text.answerability import judge
from holdfast.text.lacking import lacks
from holdfast.text.periods import Period, asked_periods, fits_row, named_periods, row_periods
from holdfast.text.relevance import rank_sentences

RATES = Passage(
    n=1,
    document="fx.csv",
    text=(
        "Month | USD/EUR | GBP/EUR\n2026-07 | 0.921 | 1.163\n2026-08 | 0.914 | 1.158\n2026-09 | 0.902 | 1.171"
    ),
    start=0,
    end=100,
    context="",
    metadata=Metadata(title="fx"),
    chunk_id=1,
    score=1.0,
    dense_score=0.6,
)
SEPTEMBER = replace(
    RATES,
    document="opex_2026-09.csv",
    text="Account | Name | Actual\n6300 | Marketing events | 188400\n6400 | Cloud hosting | 268900",
    metadata=Metadata(title="opex"),
)
OCTOBER = replace(
    SEPTEMBER, n=2, document="opex_2026-10.csv", text=SEPTEMBER.text.replace("188400", "194052"), chunk_id=2
)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What was the rate in August 2026?", {Period(2026, 8)}),
        ("What was the rate in October?", {Period(0, 10)}),
        ("Wie hoch war der Kurs im Mai?", {Period(0, 5)}),
        ("Who was absent on 6 October 2026?", {Period(2026, 10)}),
        ("rate 2026-08", {Period(2026, 8)}),
        ("Freight out in Forecast 2/2026", {Period(2026, 2)}),
        ("May I use the march route?", set()),
        ("What is HX-2026-08?", set()),
    ],
)
def test_the_months_of_a_question(question: str, asked: set[Period]) -> None:
    assert asked_periods(question) == asked


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2026-08 | 0.914", (Period(2026, 8),)),
        ("Aug 2026 | 0.914", (Period(2026, 8),)),
        ("März | 0.914", (Period(0, 3),)),
        ("account: 6300; period: 2026-09; amount: 5", (Period(2026, 9),)),
        ("6300 | 2026-09-04 | 5", ()),
        ("Fair in May 2026 | 5", ()),
    ],
)
def test_the_months_that_are_cells_of_a_row(row: str, told: tuple[Period, ...]) -> None:
    assert row_periods(row) == told


def test_two_months_of_a_row_are_a_span() -> None:
    told = row_periods("2026-01 | 2026-12 | 5")
    assert fits_row({Period(2026, 8)}, told)
    assert not fits_row({Period(2025, 8)}, told)


def test_a_title_s_month_is_none_where_it_says_since_when_something_holds() -> None:
    assert named_periods("Report September 2026") == {Period(2026, 9)}
    assert named_periods("Travel policy, valid from May 2026") == frozenset()


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Which exchange rate USD/EUR applied in August 2026?", "2026-08 | 0.914 | 1.158"),
        ("What was GBP/EUR in September?", "2026-09 | 0.902 | 1.171"),
    ],
)
def test_the_row_of_the_asked_month_comes_first(question: str, best: str) -> None:
    assert rank_sentences(question, (RATES,))[0].sentence.text == best


def test_the_table_of_the_asked_month_comes_first() -> None:
    ranked = rank_sentences("Actual of account 6300 in October 2026?", (SEPTEMBER, OCTOBER))
    assert ranked[0].sentence.text == "6300 | Marketing events | 194052"


def test_where_no_row_is_of_the_asked_month_it_is_told() -> None:
    question = "What was the USD/EUR rate in May 2026?"
    ranked = rank_sentences(question, (RATES,))
    assert "it is not of May 2026 but of July 2026" in lacks(question, (RATES,), ranked[:1])
    assert judge(question, (RATES,), ranked, closeness=0.76).probability < 0.55


def test_a_sentence_that_tells_the_number_stands_although_a_row_beside_it_is_of_another_month() -> None:
    said = replace(RATES, n=2, text="In May 2026 the USD/EUR rate was 0.934.", document="note.md", chunk_id=2)
    question = "What was the USD/EUR rate in May 2026?"
    ranked = rank_sentences(question, (RATES, said))
    assert ranked[0].passage.n == 2
    assert lacks(question, (RATES, said), ranked[:2]) == ()
