"""Number what is attached to an item as passages, told apart from those of documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from holdfast.domain.documents import Metadata
from holdfast.domain.hits import Dropped, Retrieved
from holdfast.domain.items import ItemAttachment, WorkItem
from holdfast.domain.prompts import Limits, Passage, Prompt
from holdfast.domain.rows import Facts
from holdfast.errors import PromptTooLarge
from holdfast.protocols import Assembler
from holdfast.stages.assembly.fences import fenced, mark_of
from holdfast.stages.assembly.tokens import tokens_of

_SHARE = 3
"""Attachments get at most one part in three of what the window leaves."""
_CHARACTERS = 1600
"""A passage ends with the paragraph, else the line, before it is longer; about two chunks."""
_PARAGRAPH, _LINE = re.compile(r"\n\s*\n"), re.compile(r"\n")
_LEAD = "What came with the item. These are passages too, and what somebody says, not a document of the team:"


def with_attachments(
    assembler: Assembler, item: WorkItem, retrieved: Retrieved, facts: Facts, limits: Limits
) -> Prompt:
    """Return the assembler's prompt with attachments as numbered passages behind its own.

    Raises PromptTooLarge when the item does not fit without its attachments either.
    """
    bare = replace(item, attachments=())
    if not item.attachments:
        return assembler.assemble(bare, retrieved, facts, limits)
    room = max(0, limits.context_tokens - limits.output_tokens) // _SHARE
    kept, dropped, used = _fit(item, room)
    try:
        smaller = replace(limits, context_tokens=limits.context_tokens - used)
        prompt = assembler.assemble(bare, retrieved, facts, smaller)
    except PromptTooLarge:
        kept, dropped, used = _fit(item, 0)
        prompt = assembler.assemble(bare, retrieved, facts, limits)
    return _joined(prompt, kept, dropped, used)


def _fit(item: WorkItem, room: int) -> tuple[list[Passage], list[Dropped], int]:
    """Return the passages that fit in their order, what does not, and the tokens that are used."""
    kept: list[Passage] = []
    dropped: list[Dropped] = []
    used = tokens_of(_LEAD) + 2
    for passage in (one for attachment in item.attachments for one in _passages(attachment)):
        cost = tokens_of(_block(replace(passage, n=999), "0" * 12)) + 2
        if used + cost > room:
            name = f"attachment {passage.metadata.title} {passage.start}-{passage.end}"
            reason = f"needs about {cost} tokens, {max(0, room - used)} are left for attachments"
            dropped.append(Dropped(thing=name, reason=reason))
            continue
        used += cost
        kept.append(passage)
    return kept, dropped, used if kept else 0


def _joined(prompt: Prompt, kept: list[Passage], dropped: list[Dropped], used: int) -> Prompt:
    """Return the prompt with these passages before the text of its last message."""
    prompt = replace(prompt, dropped=(*prompt.dropped, *dropped))
    if not kept:
        return prompt
    first = max((passage.n for passage in prompt.passages), default=0) + 1
    passages = [replace(passage, n=n) for n, passage in enumerate(kept, start=first)]
    mark = mark_of(passage.text for passage in (*prompt.passages, *passages))
    blocks = "\n\n".join([_LEAD, *(_block(passage, mark) for passage in passages)])
    *before, last = prompt.messages
    return replace(
        prompt,
        messages=(*before, replace(last, text=f"{blocks}\n\n{last.text}")),
        passages=(*prompt.passages, *passages),
        tokens=prompt.tokens + used,
    )


def _passages(attachment: ItemAttachment) -> Iterator[Passage]:
    """Yield the pieces of an attachment, each exactly its text from `start` to `end`."""
    text, start = attachment.text, 0
    while start < len(text):
        end = _end(text, start)
        piece = text[start:end]
        if piece.strip():
            yield Passage(
                n=0,
                document=attachment.document,
                text=piece,
                start=start,
                end=end,
                metadata=Metadata(title=attachment.name),
            )
        start = end


def _end(text: str, start: int) -> int:
    most = start + _CHARACTERS
    if most >= len(text):
        return len(text)
    for border in (_PARAGRAPH, _LINE):
        ends = [found.end() for found in border.finditer(text, start + 1, most)]
        if ends:
            return ends[-1]
    return most


def _block(passage: Passage, mark: str) -> str:
    return fenced(
        passage.n, passage.text, mark=mark, attributes={"came_with_the_item": passage.metadata.title}
    )
