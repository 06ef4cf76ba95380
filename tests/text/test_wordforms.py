"""A question is read in the word forms of the papers, where its language bends words or joins them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.text.languages import language_of_question
from holdfast.text.spelling import as_meant
from holdfast.text.wordforms import as_written

RULES = (
    "Die Kündigungsfrist beträgt drei Monate. Reisekosten erstattet die Buchhaltung gegen Belege.",
    "Die Übernachtungspauschale beträgt 80 Euro; Unter 50 Euro fällt eine Versandkostenpauschale an.",
    "Für den Dienstwagen gilt ein Nutzungsvertrag. Ausland und Reise: siehe die Liste der Kosten.",
)


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("Welche Frist gilt für eine Kündigung?", "Welche Kündigungsfrist gilt für eine Kündigungsfrist?"),
        (
            "Wie hoch ist die Pauschale für die Übernachtung?",
            "Wie hoch ist die Übernachtungspauschale für die Übernachtungspauschale?",
        ),
        ("Wer ist für Verträge zuständig?", "Wer ist für Nutzungsvertrag zuständig?"),
        ("Was sind Auslandsreisekosten für mich?", "Was sind Ausland Reisekosten für mich?"),
        ("Wo ist die Liste der Belegs?", "Wo ist die Liste der Belege?"),
    ],
)
def test_words_are_read_as_the_papers_have_them(asked: str, read: str) -> None:
    assert as_written(asked, RULES).text == read


@pytest.mark.parametrize(
    "asked",
    [
        "Wie hoch ist die Pauschale?",  # there are two
        "Wie hoch ist das Weihnachtsgeld?",
        "Wer ist der Betriebsarzt?",
        "What is the notice period?",
        "Kosten",
        "",
    ],
)
def test_what_may_be_several_things_or_none_stays(asked: str) -> None:
    assert as_written(asked, RULES).text == asked
    assert as_written(asked, RULES).changes == ()


def test_what_was_read_otherwise_is_told() -> None:
    read = as_meant("Welche Frist gilt für eine Kündigung?", RULES)
    assert read.changes == ("'Frist' as 'Kündigungsfrist'", "'Kündigung' as 'Kündigungsfrist'")


def test_a_small_german_word_is_no_slip_of_another() -> None:
    assert as_meant("Wer erstattet die Belege einer Reise?", ["Eine Reise; die Belege."]).changes == ()


def test_words_that_were_not_found_are_never_named() -> None:
    assert as_written("Welche Frist gilt für die Kündigung?", ()).text.startswith("Welche Frist")


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wie hoch ist die Versandkostenpauschale?", "de"),
        ("Wie is de eigenaar van het huis?", "nl"),
        ("What is the fee in this case?", "en"),
        ("Quelle est la durée du contrat ?", "fr"),
        ("die wie", ""),
        ("status", ""),
    ],
)
def test_a_word_of_several_languages_counts_for_each_by_its_share(question: str, language: str) -> None:
    assert language_of_question(question) == language


@given(asked=st.text(max_size=60), texts=st.lists(st.text(max_size=60), max_size=3))
def test_any_question_is_read_and_only_in_words_of_the_texts(asked: str, texts: list[str]) -> None:
    written = as_written(asked, texts)
    assert all(form in " ".join(texts) or " " in form for _, form in written.changes)
    assert as_written(asked, ()).text == asked
