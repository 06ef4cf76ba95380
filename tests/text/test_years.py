"""Years in questions, and the years that sentences are of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.text.lacking import lacks
from holdfast.text.relevance import rank_sentences
from holdfast.text.years import asked_years, other_years

FEES = Passage(
    n=1, document="fees.md", text="The late fee is 90 EUR. It is due at once.", start=0, end=42, chunk_id=1,
    metadata=Metadata(title="Fees"), score=1.0, dense_score=0.6,
)  # fmt: skip
QUESTION = "What was the late fee in 2023?"


def of(**changes: object) -> frozenset[int]:
    """Return the other years that the sentence with the figure is of."""
    passage = replace(FEES, **changes)
    return other_years(QUESTION, [(passage, passage.text.index("90"))])


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (QUESTION, {2023}),
        ("2019 revenue and revenue of FY2020?", {2019, 2020}),
        ("Wie hoch war die Gebühr im August 2023?", {2023}),
        ("Which per diem holds for my trip on 3 March 2026?", set()),
        ("Is the pump run at 2000 rpm, and does it cost $1950 or 2000 EUR?", set()),
        ("Does ISO 9001:2015 or part HX-2000 need 2000h, and what of 2021-07?", set()),
        ("What is the late fee?", set()),
    ],
)
def test_the_years_of_a_question(question: str, asked: set[int]) -> None:
    assert asked_years(question) == asked


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "In 2021 the late fee was 90 EUR."},
        {"text": "Fees were raised in 2021. The late fee is 90 EUR."},
        {"text": "# Fees of 2021\n\nThe late fee is 90 EUR."},
        {"text": "Fee | 2021 | 2022\nLate fee | 80 EUR | 90 EUR"},
        {"text": "| | As of 31 December | |\n| | 2021 | 2022 |\n| Other | 1 | 2 |\n| Late fee | 80 | 90 |"},
        {"text": "| Late fee | 80 | 90 |", "context": "Fees\n| Fee | 2021 | 2022 |"},
        {"context": "Price list 2021 > Fees"},
        {"metadata": Metadata(title="Fees 2021")},
        {"document": "prices/fees_2021.md"},
        {"text": "Until 2022 the late fee was 90 EUR."},
        {"text": "In 2021 the late fee was 90 EUR.", "metadata": Metadata(effective=date(2024, 1, 1))},
    ],
)
def test_a_figure_under_another_year_is_not_of_the_asked_one(changes: dict[str, object]) -> None:
    assert of(**changes)
    assert 2023 not in of(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"text": "The late fee is 90 EUR.\n\nThe house was built in 2021."},
        {"text": "Founded | 1998\nLate fee | 90 EUR"},
        {"text": "In 2021 it was 80 EUR; in 2023 the late fee is 90 EUR."},
        {"text": "# Fees of 2021\n\nThe late fee is 90 EUR.\n\nNothing changed in 2023."},
        {"text": "# Fees of 2021\n\nThe late fee is 90 EUR.", "context": "Archive > 2023"},
        {"text": "Since 2021 the late fee is 90 EUR."},
        {"text": "From 1 July 2021 the late fee is 90 EUR."},
        {"text": "Bis 2025 gilt: 90 EUR."},
        {"text": "The late fee of 2021-2024 is 90 EUR."},
        {"text": "The late fee of 2022/23 is 90 EUR, as in 2021."},
        {"text": "In 2021 the late fee was 90 EUR.", "metadata": Metadata(effective=date(2023, 1, 1))},
        {"metadata": Metadata(title="Fees 2021"), "document": "2023/fees.md"},
        {"metadata": Metadata(title="Fees", effective=date(2021, 1, 1))},
    ],
)
def test_what_may_be_of_the_asked_year_is_not_accused(changes: dict[str, object]) -> None:
    assert not of(**changes)


def test_an_answer_lacks_the_year_and_one_of_that_year_comes_first() -> None:
    old = replace(FEES, metadata=Metadata(title="Fees 2021"))
    new = replace(FEES, n=2, text="The late fee is 95 EUR.", metadata=Metadata(title="Fees 2023"), score=0.9)
    ranked = rank_sentences(QUESTION, (old,))
    assert lacks(QUESTION, (old,), ranked[:1]) == ("it is not of 2023 but of 2021",)
    assert rank_sentences(QUESTION, (old, new))[0].passage is new
    assert lacks(QUESTION, (old, new), rank_sentences(QUESTION, (old, new))[:1]) == ()


@given(question=st.text(max_size=60), text=st.text(max_size=300), at=st.integers(0, 400))
def test_a_text_is_never_of_a_year_that_it_does_not_name(question: str, text: str, at: int) -> None:
    told = other_years(f"{question} in 2023", [(replace(FEES, text=text), at)])
    assert all(str(year) in text for year in told)
    assert 2023 not in told
