"""The estimate of tokens is close to published counts, and never far below them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.stages.assembly.tokens import cut_to, tokens_of


@pytest.mark.parametrize(
    ("text", "published"),
    [  # the examples of OpenAI's cookbook "How to count tokens with tiktoken", cl100k_base
        ("tiktoken is great!", 6),
        ("antidisestablishmentarianism", 6),
        ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 9),
    ],
)
def test_published_examples_are_estimated_within_a_few_tokens(text: str, published: int) -> None:
    assert published - 2 <= tokens_of(text) <= published + 3


def test_english_prose_costs_a_token_for_about_four_characters() -> None:
    prose = (
        "Before the pump is opened, the pressure is let off through the bleed screw and the motor locked. "
        "Only then may the cover be removed; the seal ring behind it is replaced when it has been opened. "
    ) * 20
    assert 3.6 <= len(prose) / tokens_of(prose) <= 4.8


@pytest.mark.parametrize(
    "text", ["漢字" * 50, "😀" * 50, "привет мир " * 20, "0123456789" * 20, "{}[]();:" * 20]
)
def test_text_that_tokenizers_split_finely_is_not_taken_for_prose(text: str) -> None:
    assert tokens_of(text) >= len(text) / 3


@given(st.text(max_size=300), st.integers(min_value=0, max_value=80))
def test_a_cut_text_is_a_beginning_that_keeps_to_its_tokens(text: str, tokens: int) -> None:
    kept = cut_to(text, tokens)
    assert text.startswith(kept)
    assert tokens_of(kept) <= tokens or kept == text


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_never_costs_less(text: str, more: str) -> None:
    assert tokens_of(text) <= tokens_of(text + more) <= tokens_of(text) + tokens_of(more) + 1
