"""Rows that a question for a list or a total is about."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.text.listing import asks_for_list, rows_that_fit
from holdfast.text.relevance import rank_sentences
from holdfast.text.totals import is_total, summands, total_of, wants_total

STOCK = """\
Item | Name | Quantity | Status | Note
B-100 | Gasket | 12 | in stock | hold the lid
B-101 | Coupling | 3 | on hold | since May
B-102 | Bearing | 7 | out of stock |
B-103 | Shaft | 1 | on hold | in stock since May
B-104 | Flange | 9 | not on hold |
B-105 | Seal | 4 | in stock |"""
PASSAGE = Passage(
    n=1, document="stock.md", text=STOCK, start=0, end=len(STOCK), chunk_id=1, score=1.0,
    metadata=Metadata(title="Stock of the warehouse"),
)  # fmt: skip


def fitting(question: str, *passages: Passage) -> list[str]:
    ranked = rank_sentences(question, passages or (PASSAGE,))
    return [row.sentence.text.partition(" | ")[0] for row in rows_that_fit(question, ranked)]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which items are on hold?", ["B-101", "B-103"]),
        ("Which items in the warehouse are on hold?", ["B-101", "B-103"]),
        ("How many items are on hold?", ["B-101", "B-103"]),
        ("List all items on hold", ["B-101", "B-103"]),
        ("Which items are in stock?", ["B-100", "B-105"]),
        ("Which items are out of stock?", []),  # one row is no list
        ("Which items are not on hold?", []),
        ("Which items have a quantity of more than 5?", []),
        ("Which items are on hold in Bremen?", []),  # nothing tells where they are
        ("Which item is on hold?", []),
        ("What is the status of B-101?", []),
    ],
)
def test_a_list_has_every_row_that_holds_what_is_asked(question: str, rows: list[str]) -> None:
    assert fitting(question) == rows


def test_a_list_in_german() -> None:
    text = "Artikel | Status\n---|---\nA-1 | frei\nA-2 | gesperrt\nA-3 | nicht gesperrt\nA-4 | gesperrt"
    lager = replace(PASSAGE, document="lager.md", text=text, metadata=Metadata(title="Lager"))
    assert fitting("Welche Artikel sind gesperrt?", lager) == ["A-2", "A-4"]
    assert fitting("Wie viele Artikel sind gesperrt?", lager) == ["A-2", "A-4"]
    assert fitting("Welcher Artikel ist gesperrt?", lager) == []


def test_rows_of_a_table_in_two_passages_are_one_list_and_those_of_another_table_are_not_in_it() -> None:
    more = replace(
        PASSAGE,
        n=2,
        start=1000,
        context=STOCK.splitlines()[0],
        chunk_id=2,
        text="B-200 | Lid | 1 | on hold |",
    )
    other = replace(
        PASSAGE, n=3, document="old.md", text="Item | Status\n---|---\nC-1 | on hold\nC-2 | on hold"
    )
    assert fitting("Which items are on hold?", more, PASSAGE, other) == ["B-101", "B-103", "B-200"]
    assert fitting("Which items are on hold?", PASSAGE, PASSAGE) == ["B-101", "B-103"]


def test_what_asks_for_a_list() -> None:
    lists = (
        "Which customers have open orders?",
        "What postings are there for 4711?",
        "Show me the open orders",
        "Welche Bestellungen aus Hamburg sind offen?",
    )
    others = (
        "What is the status of the pumps?",
        "Which torque does the gland need?",
        "Welche Dichtung passt?",
        "How many hours does it take?",
    )
    assert list(filter(asks_for_list, (*lists, *others))) == list(lists)


def ledger(*rows: str) -> tuple[Passage, ...]:
    """Return rows as a lookup of postings fetched them."""
    return tuple(
        Passage(n=n, document="lookup:ledger", text=text, start=0, end=len(text))
        for n, text in enumerate(rows, 1)
    )


ROWS = (
    "cost_center: 4711; posted_on: 2026-01-05; text: Office supplies; amount_eur: 120.5",
    "cost_center: 4711; posted_on: 2025-02-03; text: Travel Berlin; amount_eur: 310",
    "cost_center: 4711; posted_on: 2026-03-09; text: Travel Kiel; amount_eur: -0.6",
)


def total(question: str, *rows: str) -> str:
    found = total_of(summands(question, rank_sentences(question, ledger(*rows))))
    return found.text if found else ""


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How much in total for cost centre 4711?", "amount_eur in total: 429.9"),
        ("What did cost center 4711 spend in total?", "amount_eur in total: 429.9"),
        ("Summe der Buchungen auf Kostenstelle 4711?", "amount_eur in total: 429.9"),
        ("What did cost center 4711 spend on travel in total?", "amount_eur in total: 309.4"),
        ("What did cost center 4711 spend in total in 2026?", "amount_eur in total: 119.9"),
        ("What did cost center 4711 spend in total in August?", ""),
        ("What did cost center 4711 spend in total over 100 EUR?", ""),
        ("What did cost center 4711 spend in total without travel?", ""),
        ("What did cost center 4712 spend in total?", ""),
    ],
)
def test_a_total_is_that_of_the_rows_which_hold_what_is_asked(question: str, said: str) -> None:
    assert wants_total(question)
    assert total(question, *ROWS) == said


@pytest.mark.parametrize(
    "row",
    [
        "cost_center: 4711; posted_on: 2026-01-05; text: Rent; amount_eur: 1,200.00",
        "cost_center: 4711; posted_on: 2026-01-05; text: Rent; amount_eur: ",
        "cost_center: 4711; posted_on: 2026-01-05; text: Rent; amount_eur: 5; amount_eur: 9",
        "cost_center: 4711; posted_on: 2026-01-05; text: Rent; paid; amount_eur: 9",
        "cost_center: 4711; posted_on: 2026-01-05; text: Rent; currency: USD; amount_eur: 9",
    ],
)
def test_what_is_not_plain_is_not_added_up(row: str) -> None:
    assert total("What did cost center 4711 spend in total?", *ROWS, row) == ""


def test_two_currencies_and_two_amounts_are_not_added_up() -> None:
    question = "What did cost center 4711 spend in total?"
    rows = [f"cost_center: 4711; amount: {n}; currency: {code}" for n, code in ((1, "EUR"), (2, "USD"))]
    assert total(question, *rows) == ""
    assert total(question, *(row.replace("USD", "EUR") for row in rows)) == "amount in total: 3"
    assert total(question, *(f"cost_center: 4711; amount: {n}; cost: {n}" for n in (1, 2))) == ""


def test_a_stated_total_is_held_against_every_row_it_names() -> None:
    assert is_total("amount_eur in total: 429.9", ROWS)
    assert is_total("amount_eur in total: 429.90", ROWS)
    for said in ("amount_eur in total: 430", "cost in total: 429.9", "the total is 429.9", ""):
        assert not is_total(said, ROWS)
    assert not is_total("amount_eur in total: 429.9", ROWS[:2])
    assert not is_total("amount_eur in total: 120.5", ROWS[:1])


@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=2, max_size=9))
def test_a_total_that_is_worked_out_is_one(amounts: list[object]) -> None:
    rows = [f"cost_center: 4711; amount: {one:f}" for one in amounts]
    said = total("What did cost center 4711 spend in total?", *rows)
    assert is_total(said, rows)


@given(st.text(max_size=80), st.text(max_size=200))
def test_no_text_breaks_a_list(question: str, text: str) -> None:
    passages = (replace(PASSAGE, text=f"{STOCK}\n{text}"), *ledger(text, "a: b"))
    for asked in (question, f"Which items are {question}?", f"{question} in total"):
        ranked = rank_sentences(asked, passages)
        assert len(rows_that_fit(asked, ranked)) != 1
        total_of(summands(asked, ranked))
