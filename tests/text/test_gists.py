"""When two questions are one, and what may never be taken for the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.text.gists import MOST_CHARACTERS, MOST_WORDS, Gist, gist_of

ASKED = "How tight are the gland bolts of the HX-200?"


def overlap(one: str, other: str) -> float:
    mine, theirs = gist_of(one), gist_of(other)
    assert mine is not None
    assert theirs is not None
    return mine.overlap(theirs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ASKED, "how TIGHT are gland bolts (of HX-200)"),
        (ASKED, "The gland bolt of the hx200: how tight?"),
        (ASKED, "How tight are the gland bolts of the HX 200"),
        (ASKED, "How tight are the gland bolts of the HX\u2013200?"),
        ("Is 5 bar allowed at the inlet?", "is 5bar allowed at the inlet"),
        ("Does it run for 3 hours?", "Does it run for 3 h?"),
        ("Can't the valve be opened?", "The valve cannot be opened?"),
        (
            "Wie fest werden die Schrauben der Stopfbuchse an der HX-200 angezogen?",
            "wie fest wird eine Schraube der Stopfbuchse an der HX 200 angezogen",
        ),
    ],
)
def test_case_punctuation_small_words_and_endings_make_no_difference(one: str, other: str) -> None:
    assert overlap(one, other) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ASKED, "How tight are the gland bolts of the HX-250?"),
        (ASKED, "How tight are the gland bolts of the DX-200?"),
        (ASKED, "How tight are the gland bolts of the DX 200?"),
        (ASKED, "How tight are the gland bolts?"),
        (ASKED, "How tight are the gland bolts of the HX-200 and the HX-250?"),
        ("Is 1.5 bar allowed at the inlet?", "Is 15 bar allowed at the inlet?"),
        ("Is 5 mm allowed at the inlet?", "Is 5 m allowed at the inlet?"),
        ("May it start at -5 °C?", "May it start at 5 °C?"),
        ("Is it rated for <5 bar?", "Is it rated for >5 bar?"),
        ("What does error 17 of pump 3 mean?", "What does error 3 of pump 17 mean?"),
        ("May I open the valve?", "May I not open the valve?"),
        ("Don't open the valve?", "Do open the valve?"),
        ("How do I turn on the heater of the mixer?", "How do I turn off the heater of the mixer?"),
        ("Where is the drain valve?", "When is the drain valve?"),
        ("Do I grease it before assembly?", "Do I grease it after assembly?"),
        ("Darf ich das Ventil vor dem Start öffnen?", "Darf ich das Ventil nach dem Start öffnen?"),
        ("Muss die Pumpe gespült werden?", "Muss die Pumpe nicht gespült werden?"),
    ],
)
def test_what_decides_must_be_equal(one: str, other: str) -> None:
    assert overlap(one, other) == 0.0


def test_a_word_more_or_less_is_told_by_the_share_that_both_have() -> None:
    assert overlap("bolts gland cover torque", "bolts gland cover torque flange") == 0.8
    assert overlap("bolts gland cover torque", "bolts gland cover tension") == 0.6


def test_fields_belong_to_the_question() -> None:
    one = gist_of("How tight?", {"pump": "HX-200"})
    assert one == gist_of("how tight", {"pump": " hx-200 "})
    assert one != gist_of("How tight?", {"pump": "HX-250"})
    assert one != gist_of("How tight?")


@pytest.mark.parametrize("nothing", ["", "?", "Why?", "what is it", "   ", "\ud800"])
def test_what_says_nothing_of_its_own_is_no_question_to_know_again(nothing: str) -> None:
    assert gist_of(nothing) is None


def test_of_a_letter_every_word_must_be_the_same() -> None:
    letter = " ".join(f"w{'x' * (n % 26)}{chr(97 + n % 26)}{'y' * (n // 26)}" for n in range(MOST_WORDS + 1))
    assert overlap(letter, letter.upper()) == 1.0
    assert overlap(letter, f"{letter} besides") == 0.0


@pytest.mark.parametrize("piece", ["1 a ", "a-1.", "x", "1", "1,", "- ", "m3/h 5 "])
def test_a_long_text_is_read_at_once(piece: str) -> None:
    longest = (piece * MOST_CHARACTERS)[:MOST_CHARACTERS]
    began = time.thread_time()
    gist_of(longest)
    assert time.thread_time() - began < 1
    assert gist_of(f"{longest}.") is None


@given(st.text(max_size=80))
def test_every_text_has_a_gist_that_is_like_itself(text: str) -> None:
    gist = gist_of(text)
    assert gist is None or gist.overlap(gist) == 1.0
    assert gist is None or gist.words


@given(st.text(alphabet="ab 12-./", max_size=20), st.text(alphabet="ab 12-./", max_size=20))
def test_the_digits_of_two_texts_that_are_one_are_the_same(one: str, other: str) -> None:
    mine, theirs = gist_of(one), gist_of(other)
    if isinstance(mine, Gist) and isinstance(theirs, Gist) and mine.overlap(theirs):
        assert sorted(filter(str.isdigit, set(one))) == sorted(filter(str.isdigit, set(other)))
