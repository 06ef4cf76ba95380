"""Hold what a reviewer wrote against the passages that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from holdfast.domain.access import Principal
from holdfast.domain.checks import Claim
from holdfast.domain.documents import Metadata
from holdfast.domain.items import WorkItem
from holdfast.domain.locators import Locator
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.domain.reviews import Action, Decision
from holdfast.protocols import Checker
from holdfast.reviewing.checks import WEAK
from holdfast.reviewing.sources import Shown, shown_of
from holdfast.storage.runs import StoredRun

_LOOSE = re.compile(r"\s+([.!?])")
"""What a mark leaves before the end of its sentence."""
REVIEWER = "reviewer"
"""In the place of a model, for the checker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """A sentence, or a field of a record, that its sources do not say."""

    text: str
    why: str
    """What of it they say otherwise or not at all, in words; empty: only too little of it."""


def unsupported_by(
    checker: Checker, run: StoredRun, sent: Decision | None, *, shape: OutputSpec | None
) -> tuple[Unsupported, ...]:
    """Return what of an edit its sources do not say: sentences of a text, fields of a record.

    A field is held against the passages that it cites; one that cites none may be the reviewer's own
    knowledge. Nothing is told of what was not edited.
    """
    if sent is None or sent.action is not Action.EDIT:
        return ()
    if sent.record is None:
        return unsupported_in(checker, run, sent.text)
    shown = shown_of(run)
    if not (shown and shape is not None):
        return ()
    reply = Reply(text=sent.text, model=REVIEWER, output=sent.record.output, cites=sent.record.cites)
    claims = _checked(checker, run, shown, reply, shape)
    return _told(one for one in claims if one.cites and (one.support < WEAK or one.conflicts))


def unsupported_in(checker: Checker, run: StoredRun, text: str) -> tuple[Unsupported, ...]:
    """Return the sentences of a text that its sources do not say, by the workflow's own checker.

    A sentence is held against what it names by `[n]`. One that names nothing may be the reviewer's own
    knowledge: only what it states otherwise than all passages together do is told.
    """
    shown = shown_of(run)
    if not (shown and text.strip()):
        return ()
    claims = _claims(checker, run, shown, text)
    bare = [one.text for one in claims if not one.cites]
    every = "".join(f"[{one.n}]" for one in shown)
    named = _claims(checker, run, shown, "\n\n".join(f"{one} {every}" for one in bare)) if bare else ()
    found = [one for one in claims if one.cites and (one.support < WEAK or one.conflicts)]
    return _told((*found, *(one for one in named if one.conflicts)))


def _claims(checker: Checker, run: StoredRun, shown: Iterable[Shown], text: str) -> tuple[Claim, ...]:
    return _checked(checker, run, shown, Reply(text=text, model=REVIEWER), None)


def _checked(
    checker: Checker, run: StoredRun, shown: Iterable[Shown], reply: Reply, output: OutputSpec | None
) -> tuple[Claim, ...]:
    question = str(run.item.get("question", ""))
    item = WorkItem(
        id=run.summary.item_id, principal=Principal(user=run.summary.user), question=question,
        fields=dict(run.item.get("fields") or {}),
    )  # fmt: skip
    passages = tuple(_passage(one) for one in shown)
    prompt = Prompt(question=question, messages=(), passages=passages, output=output)
    return checker.check(item, prompt, reply).claims


def _passage(one: Shown) -> Passage:
    heading = tuple(one.locator.get("heading") or ()) if one.locator else ()
    return Passage(
        n=one.n, document=one.document, text=one.text, start=one.start, end=one.start + len(one.text),
        context="\n".join(heading), locator=Locator(**{**(one.locator or {}), "heading": heading}),
        metadata=Metadata(title=one.title),
    )  # fmt: skip


def _told(claims: Iterable[Claim]) -> tuple[Unsupported, ...]:
    return tuple(
        Unsupported(text=_LOOSE.sub(r"\1", one.text), why="; ".join(one.conflicts)) for one in claims
    )
