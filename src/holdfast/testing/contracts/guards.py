"""The laws of Guards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from holdfast.domain.checks import Citation
from holdfast.domain.outcomes import Answer, Escalation, Outcome, Question, Refusal
from holdfast.domain.screened import Screened, ScreenedOutcome
from holdfast.protocols import Guards
from holdfast.testing.contracts.samples import ODD_TEXTS, TORQUES, a_full_item, an_item, at_once, shown

CITATION = Citation(
    n=1, document="manuals/1.md", title="Manual 1", quote=TORQUES[0], start=0, end=len(TORQUES[0])
)
OUTCOMES = (
    Answer(text="They take 24 Nm [1].", citations=(CITATION,), confidence=0.9, reason="one passage says so"),
    Question(text="Which pump do you mean?", reason="there are two", options=("HX-200", "HX-300")),
    Refusal(text="The documents do not say.", reason="no passage was found", nearest=(CITATION,)),
    Escalation(text="This goes to a person.", reason="a rule says so", draft="They take 24 Nm [1]."),
)
EACH = pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda one: type(one).__name__)


class GuardsContract:
    """Override `part` with guards that forbid none of the ordinary texts here."""

    @pytest.fixture
    def part(self) -> Guards:
        """Return the guards under test."""
        raise NotImplementedError("override the fixture `part`: return Guards")

    def test_an_ordinary_item_goes_on_as_it_is(self, part: Guards) -> None:
        """Question, fields, attachments and history are untouched, and nothing is refused."""
        for item in (an_item(), a_full_item()):
            screened = part.screen_item(item)
            assert isinstance(screened, Screened)
            assert screened.item == item
            assert screened.refusal is None

    @pytest.mark.parametrize("text", ODD_TEXTS, ids=shown)
    def test_an_odd_item_keeps_its_id_and_its_principal(self, part: Guards, text: str) -> None:
        """Whatever is asked, nothing is raised, and who asks is never the guards' business to change."""
        item = replace(a_full_item(), question=text, fields={"note": text})
        screened = part.screen_item(item)
        assert (screened.item.id, screened.item.principal) == (item.id, item.principal)
        assert screened.item.received_at == item.received_at
        if screened.refusal is not None:
            assert screened.refusal.text
            assert screened.refusal.reason

    @EACH
    def test_an_ordinary_outcome_is_shown_as_it_is(self, part: Guards, outcome: Outcome) -> None:
        """Quotes stay verbatim: evidence that was rewritten is none."""
        screened = part.screen_outcome(outcome)
        assert isinstance(screened, ScreenedOutcome)
        assert screened.outcome == outcome

    @EACH
    @pytest.mark.parametrize("text", ODD_TEXTS, ids=shown)
    def test_an_odd_outcome_stays_an_outcome(self, part: Guards, outcome: Outcome, text: str) -> None:
        """It keeps its kind, or becomes a refusal or hand-over that says why."""
        shown = part.screen_outcome(replace(outcome, text=text)).outcome
        assert isinstance(shown, type(outcome) | Refusal | Escalation)
        assert shown.reason

    def test_the_same_item_is_screened_the_same(self, part: Guards) -> None:
        """Also when several threads ask at once."""
        item = a_full_item()
        first = part.screen_item(item)
        for screened in at_once(lambda: part.screen_item(item)):
            assert (screened.item, screened.refusal) == (first.item, first.refusal)
