"""A reply is read as it is meant: sources numbered in whatever way, reasoning sent ahead, plain refusals."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.stages.generation.declining import declines
from holdfast.stages.generation.reply_text import ReplyText, behind_reasoning


def read(*pieces: str) -> str:
    text = ReplyText(range(1, 9))
    return "".join([*map(text, pieces), text("", last=True)])


@pytest.mark.parametrize(
    ("came", "meant"),
    [
        ("24 Nm 【2】.", "24 Nm [2]."),
        ("24 Nm【4:2†source】.", "24 Nm[4]."),
        ("24 Nm [2†L3-L9].", "24 Nm [2]."),
        ("24 Nm [^2].", "24 Nm [2]."),
        ("24 Nm [#2].", "24 Nm [2]."),
        ("24 Nm [Source 2].", "24 Nm [2]."),
        ("24 Nm [Passage 2, Passage 3].", "24 Nm [2, 3]."),
        ("24 Nm [sources 2 and 3].", "24 Nm [2, 3]."),
        ('24 Nm [passage n="2"].', "24 Nm [2]."),
        ("24 Nm (source 2).", "24 Nm [2]."),
        ("24 Nm (Quelle 2).", "24 Nm [2]."),
        ("24 Nm [2].", "24 Nm [2]."),
        ("24 Nm [1, 3].", "24 Nm [1, 3]."),
        ("24 Nm [Source 12].", "24 Nm [Source 12]."),  # there is no such passage
        ("See chapter (2) and [A2].", "See chapter (2) and [A2]."),
        ("<think>It says [1].</think>\n24 Nm [1].", "24 Nm [1]."),
        ("  <THINKING>x</THINKING> 24 Nm [1].", "24 Nm [1]."),
        ("<think>it never ends", ""),
        ("<b>24 Nm</b> [1].", "<b>24 Nm</b> [1]."),
        ("An open [ bracket", "An open [ bracket"),
    ],
)
def test_a_reply_is_read_as_it_is_meant(came: str, meant: str) -> None:
    assert read(came) == meant


_PARTS = (
    "24 Nm ",
    "[2]",
    "【2†x】",
    "[Source ",
    "3]",
    "(",
    ")",
    "[",
    "]",
    "<think>",
    "</think>",
    "\ud83d",
    "\ude00",
    ". ",
)


@given(st.lists(st.sampled_from(_PARTS), max_size=12).map("".join), st.lists(st.integers(0, 60), max_size=6))
def test_it_does_not_matter_where_a_reply_is_cut_into_pieces(came: str, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(came)) for cut in cuts), len(came)]
    pieces = [came[start:end] for start, end in pairwise(edges)]
    assert read(*pieces) == read(came)
    read(*pieces).encode()


def test_reasoning_whose_opening_the_server_ate_is_no_part_of_the_reply() -> None:
    assert behind_reasoning("It says 24.\n</think>\n\n24 Nm [1].").strip() == "24 Nm [1]."
    assert behind_reasoning("24 Nm [1].") == "24 Nm [1]."


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but the passages do not contain the answer.",
        "The provided documents don't mention the warranty period of the PX-9.",
        "I could not find any information about this.",
        "There is no information about the price in the passages.",
        "This is not specified in the documents.",
        "Die Unterlagen enthalten dazu keine Angaben.",
        "Dazu habe ich in den Dokumenten nichts finden können; es ist nicht angegeben.",
        "Les documents ne mentionnent pas ce prix.",
        "No se menciona en los documentos.",
        "I'm sorry, but I can't help with that.",
    ],
)
def test_a_plain_refusal_is_one(text: str) -> None:
    assert declines(text)


@pytest.mark.parametrize(
    "text",
    [
        "The gland bolts take 24 Nm.",
        "The passages do not name the bolts, but the torque of M10 is 24 Nm [1].",
        "Do not open the valve under pressure.",
        "The nut must not be reused.",
    ],
)
def test_a_reply_that_states_something_is_no_refusal(text: str) -> None:
    assert not declines(text)
