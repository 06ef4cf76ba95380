"""The laws of a Guardrail."""

from __future__ import annotations

from typing import Literal

import pytest

from holdfast.protocols import Guardrail
from holdfast.testing.contracts.samples import ODD_TEXTS, ORDINARY_TEXTS, at_once, shown

Direction = Literal["in", "out"]
BOTH_WAYS = pytest.mark.parametrize("direction", ["in", "out"])
SECRETS = ("4111 1111 1111 1111", "ana.example@example.com", "DE89 3704 0044 0532 0130 00")
ACTIONS = ("note", "mask", "block")


class GuardrailContract:
    """Override `part`."""

    @pytest.fixture
    def part(self) -> Guardrail:
        """Return the guardrail under test."""
        raise NotImplementedError("override the fixture `part`: return a Guardrail")

    @BOTH_WAYS
    @pytest.mark.parametrize("text", ORDINARY_TEXTS)
    def test_an_ordinary_text_passes_unchanged(
        self, part: Guardrail, text: str, direction: Direction
    ) -> None:
        """Nothing is blocked or rewritten that gives no cause."""
        screening = part.screen(text, direction=direction)
        assert screening.text == text
        assert screening.blocked is None

    @BOTH_WAYS
    @pytest.mark.parametrize("text", [*ODD_TEXTS, *SECRETS], ids=shown)
    def test_what_was_done_to_a_text_is_told(self, part: Guardrail, text: str, direction: Direction) -> None:
        """No text raises; a changed one has a finding with the guardrail's name and a known action."""
        screening = part.screen(text, direction=direction)
        assert screening.text == text or screening.findings
        for finding in screening.findings:
            assert finding.guardrail == part.name
            assert finding.kind
            assert finding.action in ACTIONS

    @BOTH_WAYS
    def test_a_finding_does_not_repeat_what_it_masked(self, part: Guardrail, direction: Direction) -> None:
        """Findings are kept with the run: a masked secret must not come back in its detail."""
        for secret in SECRETS:
            screening = part.screen(f"Please use {secret} for this.", direction=direction)
            if secret not in screening.text:
                assert all(secret not in finding.detail for finding in screening.findings)

    @BOTH_WAYS
    def test_a_screened_text_needs_no_second_screening(self, part: Guardrail, direction: Direction) -> None:
        """What may go on may go on again as it is."""
        for text in (*ODD_TEXTS, *(f"Please use {secret}." for secret in SECRETS)):
            once = part.screen(text, direction=direction).text
            assert part.screen(once, direction=direction).text == once

    def test_the_same_text_is_screened_the_same(self, part: Guardrail) -> None:
        """Also when several threads ask at once."""
        first = part.screen(SECRETS[0], direction="in").text
        assert all(one.text == first for one in at_once(lambda: part.screen(SECRETS[0], direction="in")))
