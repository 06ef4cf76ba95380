"""The laws of an Assembler."""

from __future__ import annotations

import pytest

from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.prompts import Prompt
from holdfast.domain.rows import Facts
from holdfast.errors import PromptTooLarge
from holdfast.protocols import Assembler
from holdfast.testing.contracts.samples import (
    ODD_TEXTS,
    QUESTION,
    TORQUES,
    a_full_item,
    an_item,
    at_once,
    facts,
    limits,
    retrieved,
    shown,
)

MANY = retrieved(*(f"{text} Note {n}: {'see the manual of this pump. ' * 40}" for n, text in
                   enumerate(TORQUES * 10)))  # fmt: skip
WINDOWS = pytest.mark.parametrize("context_tokens", [2_000, 4_000, 16_000, 200_000])


class AssemblerContract:
    """Override `part`."""

    @pytest.fixture
    def part(self) -> Assembler:
        """Return the assembler under test."""
        raise NotImplementedError("override the fixture `part`: return an Assembler")

    def test_the_question_is_asked(self, part: Assembler) -> None:
        """There are messages, the last one is the user's, and the question stands in it."""
        for item in (an_item(), a_full_item()):
            prompt = part.assemble(item, retrieved(), Facts(), limits())
            assert prompt.messages[-1].role == "user"
            assert QUESTION in prompt.messages[-1].text
            assert prompt.question

    def test_passages_are_numbered_from_one(self, part: Assembler) -> None:
        """A citation number names one passage."""
        prompt = part.assemble(an_item(), retrieved(), facts(), limits())
        assert [passage.n for passage in prompt.passages] == list(range(1, len(prompt.passages) + 1))

    @WINDOWS
    def test_a_passage_is_a_slice_of_its_hit(self, part: Assembler, context_tokens: int) -> None:
        """Text and offsets agree, also where only part of a chunk fitted: citations rest on them."""
        _assert_slices(part.assemble(an_item(), MANY, Facts(), limits(context_tokens)), MANY)

    @WINDOWS
    def test_nothing_is_dropped_in_silence(self, part: Assembler, context_tokens: int) -> None:
        """A hit is a passage, or it is in `dropped` with the reason."""
        prompt = part.assemble(an_item(), MANY, Facts(), limits(context_tokens))
        documents = {passage.document for passage in prompt.passages}
        missing = [hit for hit in MANY.hits if hit.document not in documents]
        assert len(prompt.dropped) >= len(missing)
        assert all(one.thing and one.reason for one in prompt.dropped)

    @WINDOWS
    def test_the_prompt_fits_the_window(self, part: Assembler, context_tokens: int) -> None:
        """Prompt and reply together; what cannot be made to fit is PromptTooLarge."""
        prompt = part.assemble(an_item(), MANY, facts(), limits(context_tokens))
        assert prompt.tokens + prompt.output_tokens <= context_tokens
        try:
            tiny = part.assemble(an_item("why? " * 5_000), MANY, facts(), limits(2_000))
        except PromptTooLarge:
            return
        assert tiny.tokens + tiny.output_tokens <= limits(2_000).context_tokens

    def test_rows_are_evidence_like_passages(self, part: Assembler) -> None:
        """A row is cited by its lookup, its offsets are those of its own text."""
        prompt = part.assemble(an_item(), retrieved(), facts(), limits())
        (row,) = facts().rows
        (passage,) = [one for one in prompt.passages if one.document == row.document]
        assert (passage.text, passage.start, passage.end) == (row.text, 0, len(row.text))

    def test_without_evidence_there_is_a_prompt_all_the_same(self, part: Assembler) -> None:
        """Nothing found is the decider's business, not a failure of assembly."""
        prompt = part.assemble(an_item(), Retrieved(hits=()), Facts(), limits())
        assert prompt.passages == ()
        assert prompt.messages

    @pytest.mark.parametrize("text", [text for text in ODD_TEXTS if text.strip()], ids=shown)
    def test_texts_are_data(self, part: Assembler, text: str) -> None:
        """Neither a question nor a passage is ever a template; a passage's text stays verbatim."""
        given = retrieved(text, *TORQUES)
        _assert_slices(part.assemble(an_item(text[:500]), given, Facts(), limits()), given)

    def test_the_same_makes_the_same_prompt(self, part: Assembler) -> None:
        """Also when several threads ask at once."""
        item = a_full_item()
        first = part.assemble(item, retrieved(), facts(), limits())
        made = at_once(lambda: part.assemble(item, retrieved(), facts(), limits()))
        assert all(prompt == first for prompt in made)


def _assert_slices(prompt: Prompt, given: Retrieved) -> None:
    hits: dict[str, Hit] = {hit.document: hit for hit in given.hits}
    for passage in prompt.passages:
        hit = hits[passage.document]
        assert hit.start <= passage.start <= passage.end <= hit.end
        assert passage.text == hit.text[passage.start - hit.start : passage.end - hit.start]
