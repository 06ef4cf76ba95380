"""Build a prompt from templates within the token budget of one rung.

Order is the provider's cache's: system text, rules and examples first (the same for every item), then
the evidence, and the item last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from holdfast.domain.documents import Status
from holdfast.domain.hits import Dropped, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.prompts import Limits, Message, Passage, Prompt
from holdfast.domain.rows import Facts
from holdfast.domain.stages import Stage
from holdfast.errors import PromptTooLarge
from holdfast.stages.assembly.evidence import evidence_of, name_of, numbered
from holdfast.stages.assembly.fences import fenced, mark_of, neutral, one_line
from holdfast.stages.assembly.settings import AssemblySettings
from holdfast.stages.assembly.templates import Templates
from holdfast.stages.assembly.tokens import REPLY_TOKENS, cut_to, tokens_of, tokens_of_message
from holdfast.stages.assembly.trial import check_by_trial
from holdfast.text.spelling import Reading, as_meant

NO_ANSWER = "NO_ANSWER"
"""The word that a model writes when the passages hold no answer; generation knows it too."""
SYSTEM_NAMES = frozenset({"no_answer"})
ITEM_NAMES = SYSTEM_NAMES | {"question", "fields", "history", "attachments", "passages"}

_SHARE = 3
"""Turns get at most one part in three of what the question leaves free, attachments one of the rest."""


def assembler_for(settings: AssemblySettings, folder: Path | None) -> TemplateAssembler:
    """Return the assembler of the workflow in this folder (None: Holdfast's own templates).

    Raises DeclarationError naming file and line when a template is missing or wrong.
    """
    templates = Templates(
        folder,
        system=settings.system,
        item=settings.item,
        system_names=SYSTEM_NAMES,
        item_names=ITEM_NAMES,
    )
    check_by_trial(templates)
    return TemplateAssembler(templates, settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a prompt shows beside its passages."""

    question: str
    fields: Mapping[str, str]
    history: tuple[Mapping[str, str], ...] = ()
    attachments: tuple[Mapping[str, str], ...] = ()


class TemplateAssembler:
    """Builds prompts from two templates: one for the system text, one for evidence and item."""

    def __init__(self, templates: Templates, settings: AssemblySettings) -> None:
        self._templates = templates
        self._settings = settings
        self._words = {"no_answer": NO_ANSWER}
        self._system = Message(role="system", text=templates.system(self._words))
        self._system_tokens = tokens_of_message(self._system.text)
        self.version = f"templates-{templates.digest}"

    @property
    def files(self) -> frozenset[str]:
        """Return the names of the templates that are used, with all that they include."""
        return self._templates.files

    @property
    def system_text(self) -> str:
        """Return the rendered system text: no part of it is meant for a reader."""
        return self._system.text

    def assemble(self, item: WorkItem, retrieved: Retrieved, facts: Facts, limits: Limits) -> Prompt:
        """Return the prompt; what did not fit is in `dropped` with the reason.

        Raises PromptTooLarge when the item alone does not fit.
        """
        budget = limits.context_tokens - limits.output_tokens
        settings = self._settings
        evidence = evidence_of(
            retrieved.hits,
            facts.rows,
            hits_at_most=settings.passages,
            rows_at_most=settings.rows,
            share=settings.duplicate_share,
            merge=settings.merge,
        )
        shown, left, item_dropped = self._fit_item(item, budget)
        fitting, too_long = _fit(evidence.passages, left)
        messages = self._messages(shown, fitting)
        while (
            tokens := self._count(messages)
        ) > budget and fitting:  # a template may spend more than the fences
            too_long.append(Dropped(thing=name_of(fitting[-1]), reason="no room for it in the template"))
            fitting = fitting[:-1]
            messages = self._messages(shown, fitting)
        read = _read(item, retrieved, fitting)
        return Prompt(
            question=read.text,
            read_as=read.changes,
            messages=messages,
            passages=fitting,
            dropped=(*item_dropped, *evidence.dropped, *too_long, *_cut(facts)),
            tokens=tokens,
            output_tokens=limits.output_tokens,
            template=self._templates.name,
        )

    def _fit_item(self, item: WorkItem, budget: int) -> tuple[Shown, int, list[Dropped]]:
        """Return what is shown of the item, the tokens left for evidence, and what was left out."""
        shown = _shown(item)
        if (tokens := self._count(self._messages(shown, ()))) > budget:
            raise _too_large(item, tokens, budget)
        dropped: list[Dropped] = []
        for add in (self._turns, self._attachments):
            shown = add(item, shown, (budget - tokens) // _SHARE, dropped)
            tokens = self._count(self._messages(shown, ()))
        return shown, budget - tokens, dropped

    def _turns(self, item: WorkItem, shown: Shown, room: int, dropped: list[Dropped]) -> Shown:
        """Return the item with its latest turns, as many as have room."""
        kept: list[Mapping[str, str]] = []
        for turn in reversed(item.history):
            entry = {"speaker": turn.speaker.value, "text": neutral(turn.text)}
            longer = replace(shown, history=(entry, *reversed(kept)))
            if len(kept) == self._settings.turns or self._cost(shown, longer) > room:
                break
            kept.append(entry)
        if left := len(item.history) - len(kept):
            reason = f"over {self._settings.turns} turns, or over the {room} tokens that turns have"
            dropped.append(Dropped(thing=f"{left} earlier turns", reason=reason))
        return replace(shown, history=tuple(reversed(kept)))

    def _attachments(self, item: WorkItem, shown: Shown, room: int, dropped: list[Dropped]) -> Shown:
        """Return the item with its attachments, each cut to what room is left."""
        bare = shown
        for attachment in item.attachments:
            text, name = neutral(attachment.text), one_line(attachment.name)
            empty = replace(shown, attachments=(*shown.attachments, {"name": name, "text": ""}))
            kept = cut_to(text, room - self._cost(bare, empty))
            if kept:
                shown = replace(shown, attachments=(*shown.attachments, {"name": name, "text": kept}))
            if len(kept) < len(text):
                reason = f"{len(text) - len(kept)} of {len(text)} characters do not fit"
                dropped.append(Dropped(thing=f"attachment {name}", reason=reason))
        return shown

    def _cost(self, shorter: Shown, longer: Shown) -> int:
        return self._count(self._messages(longer, ())) - self._count(self._messages(shorter, ()))

    def _messages(self, shown: Shown, passages: tuple[Passage, ...]) -> tuple[Message, Message]:
        mark = mark_of(passage.text for passage in passages)
        data: dict[str, Any] = self._words | {
            "question": shown.question,
            "fields": dict(shown.fields),
            "history": [dict(turn) for turn in shown.history],
            "attachments": [dict(attachment) for attachment in shown.attachments],
            "passages": [_plain(passage, mark) for passage in passages],
        }
        return self._system, Message(role="user", text=self._templates.item(data))

    def _count(self, messages: tuple[Message, Message]) -> int:
        return self._system_tokens + tokens_of_message(messages[1].text) + REPLY_TOKENS


def _read(item: WorkItem, retrieved: Retrieved, passages: Sequence[Passage]) -> Reading:
    """Return the question as it was meant; values of fields stay as they are."""
    text = _question_of(item, retrieved)
    return as_meant(text, map(_words_of, passages)) if item.question.strip() else Reading(text=text)


def _words_of(passage: Passage) -> str:
    return " ".join([passage.metadata.title or "", *passage.locator.heading, passage.context, passage.text])


def _shown(item: WorkItem) -> Shown:
    return Shown(
        question=neutral(item.question),
        fields={one_line(name): neutral(value) for name, value in item.fields.items()},
    )


def _fit(passages: Sequence[Passage], room: int) -> tuple[tuple[Passage, ...], list[Dropped]]:
    """Return the passages that fit, taken greedily in order and numbered anew, and those that do not."""
    kept: list[Passage] = []
    dropped: list[Dropped] = []
    for passage in passages:
        cost = tokens_of(_block(passage, "0" * 12)) + 1
        if cost > room:
            reason = f"needs about {cost} tokens, {room} are left in the window"
            dropped.append(Dropped(thing=name_of(passage), reason=reason))
            continue
        room -= cost
        kept.append(passage)
    return numbered(kept), dropped


def _cut(facts: Facts) -> list[Dropped]:
    """Return the lookups of which only some rows were fetched."""
    return [Dropped(thing=name, reason="it has more rows than its limit") for name in facts.cut]


def _plain(passage: Passage, mark: str) -> dict[str, Any]:
    """Return the passage as templates see it: text, numbers and nothing of ours."""
    return {
        "n": passage.n,
        "document": one_line(passage.document),
        "title": one_line(passage.metadata.title),
        "place": one_line(str(passage.locator)),
        "status": passage.metadata.status.value,
        "date": passage.metadata.effective.isoformat() if passage.metadata.effective else "",
        "block": _block(passage, mark),
    }


def _block(passage: Passage, mark: str) -> str:
    metadata = passage.metadata
    text = f"{passage.context}\n{passage.text}" if passage.context else passage.text
    return fenced(
        passage.n,
        text,
        mark=mark,
        attributes={
            "document": passage.document,
            "title": metadata.title,
            "place": str(passage.locator),
            "status": metadata.status.value if metadata.status is not Status.APPROVED else "",
            "superseded_by": metadata.superseded_by,
            "date": metadata.effective.isoformat() if metadata.effective else "",
        },
    )


def _question_of(item: WorkItem, retrieved: Retrieved) -> str:
    """Return the question on its own feet: with a history, the query that folded earlier turns into it."""
    text = item.question.strip() or "\n".join(f"{name}: {value}" for name, value in item.fields.items())
    if not item.history or not retrieved.queries:
        return text
    if retrieved.queries[0].strip() != text:
        return retrieved.queries[0]
    return next((query for query in retrieved.queries[1:] if query.endswith(text)), text)


def _too_large(item: WorkItem, tokens: int, budget: int) -> PromptTooLarge:
    return PromptTooLarge(
        f"the item alone (question of {len(item.question)} characters, {len(item.fields)} fields) and its "
        f"system text need about {tokens} tokens, the model's window leaves {max(0, budget)}",
        stage=Stage.ASSEMBLY,
        move="Shorten the question, or declare a rung with a larger window (context_tokens)",
    )
