"""The laws of a Checker."""

from __future__ import annotations

import pytest

from holdfast.domain.checks import Checks
from holdfast.domain.prompts import Prompt, Reply
from holdfast.protocols import Checker
from holdfast.testing.contracts.samples import ODD_TEXTS, TORQUES, a_prompt, an_item, at_once, shown

PROMPT = a_prompt(*TORQUES)
REPLIES = (
    f"{TORQUES[0]} [1]",
    "They are tightened to 24 Nm [1], the flange to 60 Nm [2]. Invoices are due in a month [3].",
    "They are tightened to 99 Nm [1].",
    "They are tightened to 24 Nm.",
    "See [7] and [1].",
    "- 24 Nm [1]\n- 60 Nm [2]\n",
    *ODD_TEXTS,
)
EACH = pytest.mark.parametrize("text", REPLIES, ids=shown)


class CheckerContract:
    """Override `part`."""

    @pytest.fixture
    def part(self) -> Checker:
        """Return the checker under test."""
        raise NotImplementedError("override the fixture `part`: return a Checker")

    @EACH
    def test_a_citation_is_a_span_of_its_passage(self, part: Checker, text: str) -> None:
        """The quote is verbatim, its offsets are right, and it is of the passage with its number."""
        passages = {passage.n: passage for passage in PROMPT.passages}
        for citation in _checked(part, text).citations:
            passage = passages[citation.n]
            assert citation.document == passage.document
            assert passage.start <= citation.start <= citation.end <= passage.end
            start = citation.start - passage.start
            assert citation.quote == passage.text[start : start + len(citation.quote)]
            assert len(citation.quote) == citation.end - citation.start
            assert citation.quote.strip()

    @EACH
    def test_a_claim_has_its_place_in_the_reply(self, part: Checker, text: str) -> None:
        """Offsets lie inside the text, in order."""
        claims = _checked(part, text).claims
        for claim in claims:
            assert claim.text.strip()
            assert 0 <= claim.start < claim.end <= len(text)
        assert [claim.start for claim in claims] == sorted(claim.start for claim in claims)

    @EACH
    def test_probabilities_are_probabilities(self, part: Checker, text: str) -> None:
        """Between 0 and 1; the reply's support is its weakest claim's, 0 without a claim."""
        checks = _checked(part, text)
        assert 0 <= checks.answerability <= 1
        assert all(0 <= claim.support <= 1 for claim in checks.claims)
        assert checks.support == min((claim.support for claim in checks.claims), default=0.0)

    def test_a_mark_without_a_passage_is_unresolved(self, part: Checker) -> None:
        """It is told, and never becomes a citation."""
        checks = _checked(part, "They are tightened to 24 Nm [1] [7].")
        assert checks.unresolved == ("[7]",)
        assert {citation.n for citation in checks.citations} <= {1}

    def test_what_a_passage_says_is_supported_more_than_what_none_says(self, part: Checker) -> None:
        """A quoted sentence counts for more than one with another number or of another matter."""
        quoted = _checked(part, f"{TORQUES[0]} [1]").support
        assert quoted > _checked(part, "The cover screws are tightened to 99 Nm. [1]").support
        assert quoted > _checked(part, "The motor needs a new fan belt every year. [1]").support

    def test_a_reply_that_says_nothing_claims_nothing(self, part: Checker) -> None:
        """No claim and no citation when the model found no answer, or there were no passages."""
        nothing = Reply(text="NO_ANSWER", model="suite:model", finish="nothing")
        assert part.check(an_item(), PROMPT, nothing).claims == ()
        assert _checked(part, "They are tightened to 24 Nm [1].", a_prompt()).citations == ()

    def test_the_same_reply_is_checked_the_same(self, part: Checker) -> None:
        """Also when several threads ask at once."""
        first = _checked(part, REPLIES[1])
        assert all(checks == first for checks in at_once(lambda: _checked(part, REPLIES[1])))


def _checked(part: Checker, text: str, prompt: Prompt = PROMPT) -> Checks:
    return part.check(an_item(), prompt, Reply(text=text, model="suite:model"))
