"""Screen every text of an item on its way in, of an outcome on its way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from holdfast.domain import screened
from holdfast.domain.checks import Finding, Screening
from holdfast.domain.items import ItemAttachment, Speaker, Turn, WorkItem
from holdfast.domain.outcomes import Escalation, Outcome, Refusal
from holdfast.protocols import Guardrail
from holdfast.stages.guardrails.chain import Chain
from holdfast.stages.guardrails.encoding import Encoding
from holdfast.stages.guardrails.injection import Injection
from holdfast.stages.guardrails.invisible import Invisible
from holdfast.stages.guardrails.leak import PromptLeak
from holdfast.stages.guardrails.markup import Markup
from holdfast.stages.guardrails.outcome_texts import TextReaders, with_texts
from holdfast.stages.guardrails.pii import Pii
from holdfast.stages.guardrails.settings import GuardrailsSettings
from holdfast.stages.guardrails.size import Size, is_readable

WITHHELD_TURN = "[withheld]"

_MOVES = {
    "too_long": "Shorten it, or add it to the documents.",
    "empty": "Ask a question.",
    "direct_injection": "Ask in plain words for what you want to know.",
    "failure": "Ask whoever runs this system to look at the run's findings.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened(screened.Screened):
    """An item after the guardrails, with the time that each of them took."""

    took_ms: Mapping[str, float] = field(default_factory=dict)
    """Guardrail to milliseconds over all texts, also of those that saw nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedOutcome(screened.ScreenedOutcome):
    """An outcome as it may be shown: when a guardrail blocks, a refusal, or the hand-over without draft."""

    took_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """The guardrails, in order, for each kind of text."""

    written: tuple[Guardrail, ...]
    """Question, fields, the person's turns of the history."""
    brought: tuple[Guardrail, ...]
    """Attachments, the assistant's turns: data, never scored as an instruction."""
    shown: tuple[Guardrail, ...]
    """Texts of an outcome."""
    quoted: tuple[Guardrail, ...] = ()
    """Quotes of citations; empty by default, because evidence stays verbatim."""
    name: str = "guardrails"

    def screen(self, text: str, *, direction: Literal["in", "out"]) -> Screening:
        """Return one text as it may go on."""
        return Chain(direction).run(self.written if direction == "in" else self.shown, text)

    def screen_item(self, item: WorkItem) -> Screened:
        """Return the item with every text cleaned, and the refusal if one of them is blocked."""
        chain = Chain("in")
        cleaned = replace(
            item,
            question=chain.read(self.written, item.question, place="question"),
            fields={
                name: chain.read(self.written, value, place=f"field {name}")
                for name, value in item.fields.items()
            },
            attachments=tuple(self._attachment(attachment, chain) for attachment in item.attachments),
            history=tuple(self._turn(turn, chain) for turn in item.history),
        )
        if not chain.blocking and not _has_content(cleaned):
            chain.note(
                Finding(guardrail="size", kind="empty", action="block", detail="there is nothing to read")
            )
        refusal = _refusal(chain.blocking, "This cannot be taken in") if chain.blocking else None
        return Screened(
            item=cleaned, findings=tuple(chain.findings), refusal=refusal, took_ms=dict(chain.took_ms)
        )

    def screen_outcome(self, outcome: Outcome) -> ScreenedOutcome:
        """Return the outcome as it may be shown; offsets of citations are never touched."""
        chain = Chain("out")
        readers = TextReaders(
            text=lambda text: chain.read(self.shown, text, place="text"),
            quote=lambda quote: chain.read(self.quoted, quote, place="quote") if self.quoted else quote,
            unreadable=lambda kind: chain.note(_unscreened(kind)),
        )
        shown = with_texts(outcome, readers)
        if chain.blocking:
            shown = _withheld(shown, chain.blocking)
        return ScreenedOutcome(outcome=shown, findings=tuple(chain.findings), took_ms=dict(chain.took_ms))

    def _attachment(self, attachment: ItemAttachment, chain: Chain) -> ItemAttachment:
        name = chain.read(self.brought, attachment.name, place="attachment's name")
        return ItemAttachment(
            name=name, text=chain.read(self.brought, attachment.text, place=f"attachment {name}")
        )

    def _turn(self, turn: Turn, chain: Chain) -> Turn:
        """Return the turn; a blocked one is withheld, so that one refused question ends no conversation."""
        guardrails = self.written if turn.speaker is Speaker.PERSON else self.brought
        of_turn = Chain("in")
        text = of_turn.read(guardrails, turn.text, place="history")
        for finding in of_turn.findings:
            chain.note(replace(finding, action="mask") if finding.action == "block" else finding)
        chain.add_time(of_turn)
        return replace(turn, text=WITHHELD_TURN if of_turn.blocking else text)


def guardrails_for(
    settings: GuardrailsSettings, *, system_prompt: str, further: Sequence[Guardrail] = ()
) -> Guards:
    """Return the declared guardrails; `further` ones (plug-ins, hooks) run after them on every text."""
    cleaning = (Encoding(), Invisible(settings.invisible))
    pii = Pii(settings.pii)
    size = settings.size
    return Guards(
        # encoding first, personal data before the score: also what is refused is recorded clean
        written=(
            *cleaning,
            Size(limit=size.question_chars),
            pii,
            Injection(settings.injection),
            *further,
        ),
        brought=(*cleaning, Size(limit=size.attachment_chars), pii, *further),
        # markup last: masks of the others can complete a link
        shown=(
            *cleaning,
            Size(limit=size.answer_chars),
            pii,
            *further,
            PromptLeak(system_prompt, settings.output),
            Markup(settings.output),
        ),
        quoted=(pii,) if settings.pii.mask_quotes else (),
    )


def _has_content(item: WorkItem) -> bool:
    texts = (item.question, *item.fields.values(), *(attachment.text for attachment in item.attachments))
    return any(is_readable(text) for text in texts)


def _refusal(finding: Finding, opening: str) -> Refusal:
    move = _MOVES.get(finding.kind, "Leave that out, and try again.")
    return Refusal(
        text=f"{opening}: {finding.detail}. {move}", reason=f"guardrails: {finding.kind}: {finding.detail}"
    )


def _withheld(outcome: Outcome, finding: Finding) -> Outcome:
    refusal = _refusal(finding, "The answer is withheld")
    if isinstance(outcome, Escalation):
        # the person in charge still gets the case
        return replace(outcome, text=refusal.text, reason=refusal.reason, draft="", citations=())
    return refusal


def _unscreened(kind: str) -> Finding:
    detail = f"structured output holds a value of type {kind}, which was not screened"
    return Finding(guardrail="guardrails", kind="unscreened", action="note", detail=detail)
