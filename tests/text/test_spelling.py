"""A question typed carelessly is read as it was meant, by the words of what was found, or left as it is."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.text.spelling import LONG, as_meant, is_slip, plainly

MANUAL = (
    "Tighten the gland bolts of the HX-200 to 35 Nm. The torque of the casing bolts is 75 Nm.",
    "Relubrication interval: 2,500 h. The coupling of the pump is aligned first. Point of contact.",
)
LETTERS = st.text(alphabet=string.ascii_lowercase, min_size=5, max_size=14)


@pytest.mark.parametrize(
    ("typed", "meant", "changes"),
    [
        ("what troque for the gland bolts?", "what torque for the gland bolts?", ("'troque' as 'torque'",)),
        ("what torqe for the casingg?", "what torque for the casing?", ("'torqe' as 'torque'", "'casingg' as 'casing'")),
        ("relubricatoin at which interval", "relubrication at which interval", ("'relubricatoin' as 'relubrication'",)),
        ("relubrigation interval", "relubrication interval", ("'relubrigation' as 'relubrication'",)),
    ],
)  # fmt: skip
def test_a_slip_is_read_as_the_one_word_it_can_be(typed: str, meant: str, changes: tuple[str, ...]) -> None:
    read = as_meant(typed, MANUAL)
    assert (read.text, read.changes) == (meant, changes)


@pytest.mark.parametrize(
    "typed",
    [
        "which paint is used on the pump",  # a wrong letter makes another word of a short one: point
        "Torqe of the HX-20",  # capitals and digits may be names and codes
        "how tight are the bolts",
        "couplings and pumps",  # another form of a word that stands there
        "bulb",
        "",
    ],
)
def test_what_may_be_another_word_stays(typed: str) -> None:
    assert as_meant(typed, MANUAL).text == typed
    assert as_meant(typed, MANUAL).changes == ()


def test_a_slip_of_two_words_stays() -> None:
    assert as_meant("is it sealled", ["The sealed shaft."]).changes == ("'sealled' as 'sealed'",)
    assert as_meant("the brath", ["Take a breath. It was wrath, broth and brat."]).changes == ()


def test_words_that_were_not_found_are_never_named() -> None:
    assert as_meant("what torqe", ["The pump."]).changes == ()
    assert as_meant("what torqe", []).text == "what torqe"


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("hey whats the torque for hx200 gland bolts", "what is the torque for hx200 gland bolts"),
        ("Hi there, what torque for the bolts?? thx", "what torque for the bolts?"),
        ("pls how tight are the bolts...?", "how tight are the bolts?"),
        ("hello", "hello"),
        ("thanks?", "thanks?"),
        ("What is the torque?", "What is the torque?"),
        ("hey jude", "hey jude"),
    ],
)
def test_greetings_and_thanks_are_no_part_of_a_question(typed: str, plain: str) -> None:
    assert plainly(typed) == plain


@given(LETTERS, st.data())
def test_one_slip_is_one_both_ways(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for other in (word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], swapped):
        if other != word:
            assert is_slip(other, word)
            assert is_slip(word, other)
    assert not is_slip(word, word)
    wrong = word[:at] + ("a" if word[at] != "a" else "b") + word[at + 1 :]
    assert is_slip(wrong, word) == (len(word) >= LONG)
    assert not is_slip(word + "xyz", word)


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=3))
def test_any_text_is_read_without_a_fault(question: str, texts: list[str]) -> None:
    read = as_meant(question, texts)
    assert bool(read.text.strip()) >= bool(plainly(question).strip())
    if not read.changes:
        assert read.text == plainly(question)
