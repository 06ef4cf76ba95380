from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.evaluation.experiments.wordwise import in_marks, pieces_of

TEXTS = st.lists(
    st.sampled_from(["the ", "oil ", "24 ", "Nm", ", ", "\n", "is ", "changed ", "é"]), max_size=40
).map("".join)


@given(before=TEXTS, now=TEXTS)
def test_the_pieces_make_both_texts(before: str, now: str) -> None:
    pieces = pieces_of(before, now)
    assert "".join(one.text for one in pieces if one.kind != "new") == before
    assert "".join(one.text for one in pieces if one.kind != "gone") == now
    assert all(one.text for one in pieces)


def test_a_changed_value_stands_out_and_other_words_do_not_join_by_chance() -> None:
    assert in_marks(pieces_of("Tighten it to 24 Nm by hand.", "Tighten it to 35 Nm by hand.")) == (
        "Tighten it to [-24 -]{+35 +}Nm by hand."
    )
    told = in_marks(
        pieces_of("The oil of the pump is changed yearly", "I could not find the answer in the documents")
    )
    assert told.count("[-") == 1
