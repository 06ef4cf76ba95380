"""Find the value of a field in what the item itself says: its attachments, fields, question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from holdfast.domain.items import WorkItem
from holdfast.stages.checking.fields import StatedField, field_support
from holdfast.stages.checking.support import Evidence, Support, evidence_sentences

_ATTACHMENT = "the attachment"
_SAID = 0.9
"""Support from which what the item says counts as the value."""
_READ = 200_000
"""Characters of each text that are looked through."""


def told_where_brought(claim: StatedField, support: Support, item: WorkItem) -> Support:
    """Return the support of a field that no passage states, its conflicts with where the item states it.

    What somebody brings is no evidence, so the support stays; who reads the reason learns what to declare.
    """
    where = next((place for place, text in _brought(item) if _says(text, claim)), "")
    if not where:
        return support
    move = "set output.cite_attachments" if where.startswith(_ATTACHMENT) else "leave it out of output.cite"
    told = f"it stands in {where}, which is no passage: {move}"
    return replace(support, conflicts=(*support.conflicts, told))


def _brought(item: WorkItem) -> Iterator[tuple[str, str]]:
    for file in item.attachments:
        yield f"{_ATTACHMENT} {file.name}", file.text
    for name, value in item.fields.items():
        yield f"the field {name}", value
    yield "the question", item.question


def _says(text: str, claim: StatedField) -> bool:
    evidence = Evidence(sentences=tuple(evidence_sentences(text[:_READ])))
    return field_support(claim, evidence, conflict_ceiling=0.0, concluded=0.0).probability >= _SAID
