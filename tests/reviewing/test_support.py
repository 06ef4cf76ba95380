"""What a reviewer wrote, held against the passages that it names."""

from __future__ import annotations

from tests.reviewing.test_sources import passage, run

from holdfast.reviewing.support import unsupported_in
from holdfast.stages.checking.checker import LexicalChecker

GLAND = passage(
    1, "gland.md", "Tighten the gland bolts of the HX-200 to 35 Nm. Check the bolts after 50 hours."
)


def told(text: str) -> list[tuple[str, bool]]:
    """Return the sentences that are told, with whether it is said why."""
    return [(one.text, bool(one.why)) for one in unsupported_in(LexicalChecker(), run([GLAND]), text)]


def test_a_sentence_whose_passage_says_another_number_is_told() -> None:
    assert told("Tighten the gland bolts of the HX-200 to 35 Nm [1].") == []
    slip = "Tighten the gland bolts of the HX-200 to 53 Nm"
    assert told(f"{slip} [1]. Check the bolts after 50 hours [1].") == [(f"{slip}.", True)]


def test_a_sentence_that_names_nothing_is_told_only_where_all_passages_say_otherwise() -> None:
    slip = "Tighten the gland bolts of the HX-200 to 53 Nm."
    assert told(slip) == [(slip, True)]
    assert told("Tighten the gland bolts of the HX-200 to 35 Nm.") == []
    assert told("Check the bolts after 50 hours [1]. Call us when they come loose again.") == []


def test_where_no_passage_was_found_nothing_is_held_against_a_text() -> None:
    assert unsupported_in(LexicalChecker(), run([]), "It is 53 Nm [1].") == ()
