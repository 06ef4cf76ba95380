"""German questions on German papers, which MiniLM does not read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.text.answerability import judge
from holdfast.text.numbers import days
from holdfast.text.questions import Wants, read_question
from holdfast.text.relevance import rank_sentences
from holdfast.text.sentences import split_sentences

EVENTS = Passage(
    n=1,
    document="events.xlsx",
    text=(
        "Sendung | Zeit | Ort | Ereignis\n"
        "LS-40118 | 2026-10-13 15:20 | Hamburg | Abgeholt\n"
        "LS-40118 | 2026-10-17 11:30 | Kiel | Zugestellt"
    ),
    start=0,
    end=140,
    context="Ereignisse",
    metadata=Metadata(title="Ereignisse"),
    chunk_id=1,
    score=1.0,
    dense_score=0.2,
)
RATES = replace(
    EVENTS,
    n=2,
    document="tarif.md",
    text="Dieselzuschlag: 11,2 %. Avisierung: 8,90 EUR je Sendung.",
    context="Tarif",
    metadata=Metadata(title="Tarif"),
    chunk_id=2,
    score=0.6,
)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Der Tarif gilt seit 1. August. Er bleibt.", ["Der Tarif gilt seit 1. August.", "Er bleibt."]),
        ("Gültig ab 3. März 2026. Danach neu.", ["Gültig ab 3. März 2026.", "Danach neu."]),
        ("Die Miete steigt im 2. Quartal. Sonst nicht.", ["Die Miete steigt im 2. Quartal.", "Sonst nicht."]),
        ("Bitte um Antwort bis 2. November. Danke.", ["Bitte um Antwort bis 2. November.", "Danke."]),
        (
            "Rechnung inkl. Fracht bzw. Zoll nach Nr. 5. Ende.",
            ["Rechnung inkl. Fracht bzw. Zoll nach Nr. 5.", "Ende."],
        ),
        ("Das gilt z. B. für Pumpen. Sonst nicht.", ["Das gilt z. B. für Pumpen.", "Sonst nicht."]),
        ("We sold 12. March was better.", ["We sold 12. March was better."]),
        ("We sold 12. Then we closed.", ["We sold 12.", "Then we closed."]),
    ],
)
def test_a_german_ordinal_or_abbreviation_ends_no_sentence(text: str, sentences: list[str]) -> None:
    assert [one.text for one in split_sentences(text)] == sentences


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("Wann wurde LS-40118 zugestellt?", Wants.TIME),
        ("Wie hoch ist der Dieselzuschlag?", Wants.NUMBER),
        ("Wie viele Pumpen sind es?", Wants.NUMBER),
        ("Wer bearbeitet die Schäden?", Wants.PERSON),
        ("Warum ist die Sendung verspätet?", Wants.REASON),
        ("Wo liegt die Sendung?", Wants.PLACE),
    ],
)
def test_a_german_question_word_tells_what_is_wanted(question: str, wants: Wants) -> None:
    assert read_question(question).wants is wants


def test_words_that_only_ask_are_no_content_of_a_german_question() -> None:
    assert read_question("Wie hoch ist der Dieselzuschlag?").stems == {"dieselzuschlag"}


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Wann wurde LS-40118 zugestellt?", "LS-40118 | 2026-10-17 11:30 | Kiel | Zugestellt"),
        ("Wie hoch ist der Dieselzuschlag?", "Dieselzuschlag: 11,2 %."),
        ("Was kostet die Avisierung?", "Avisierung: 8,90 EUR je Sendung."),
    ],
)
def test_a_german_question_is_answerable_by_the_paper_that_holds_its_words(question: str, best: str) -> None:
    passages = (EVENTS, RATES)
    ranked = rank_sentences(question, passages)
    assert ranked[0].sentence.text == best
    assert judge(question, passages, ranked, closeness=0.2).probability >= 0.55


def test_a_german_question_on_what_no_paper_holds_is_not() -> None:
    passages = (EVENTS, RATES)
    for question in ("Wie hoch ist die Versicherungssumme?", "Wann öffnet die Kantine am Freitag?"):
        ranked = rank_sentences(question, passages)
        assert judge(question, passages, ranked, closeness=0.2).probability < 0.25


@pytest.mark.parametrize(
    ("text", "date"),
    [("am 3. März 2026", (2026, 3, 3)), ("seit 1. Mai", (0, 5, 1)), ("Dezember 2025", (2025, 12, 0)),
     ("27. Oktober 2026", (2026, 10, 27)), ("15 January 2027", (2027, 1, 15))],
)  # fmt: skip
def test_a_date_is_read_with_its_german_month(text: str, date: tuple[int, int, int]) -> None:
    (day,) = days(text)
    assert (day.year, day.month, day.day) == date
