"""A work item: the question or record that a person or system brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from holdfast.domain.access import Principal


class Speaker(StrEnum):
    """Who said a turn."""

    PERSON = "person"
    ASSISTANT = "assistant"


GOLDEN = "golden"
"""Origin of an item that a golden case asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of an item's history."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAttachment:
    """A file that came with an item, already as text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One piece of work: a question and/or fields, with what came before it and who asks."""

    id: str
    principal: Principal
    question: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[ItemAttachment, ...] = ()
    history: tuple[Turn, ...] = ()
    has_number: bool = False
    """Its id was written as a JSON number, and goes out as one."""
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    origin: str = "api"

    @property
    def case(self) -> str:
        """Return the id of the golden case that it was made of, or empty."""
        return self.id if self.origin == GOLDEN else ""

    def __post_init__(self) -> None:
        """Refuse a principal that is none before anything is asked on its behalf."""
        principal: object = self.principal
        if not isinstance(principal, Principal):
            raise TypeError(
                f"an item's principal is not {principal!r}: write principal=Principal(user=..., groups=...)"
            )
