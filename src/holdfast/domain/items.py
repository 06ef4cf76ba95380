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


WORK = ""
"""Stands for every origin that is work in a filter by origin."""
WORK = "work"
"""Origin in a list of what is neither of the two that follow."""
GOLDEN = "golden"
"""Origin of an item that a golden case asks."""
REPLAY, REPLAY_PREFIX = "replay", "replay:"
"""Origin of an item that works another run's item again, and what the id of such an item begins with."""


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
    rests_on: tuple[str, ...] = ()
    """Documents and lookups whose text its own words repeat: those behind the answers that its history
    tells, and the evidence of a golden case. Its run shows only to whom may see them too."""
    changed: Mapping[str, str] = field(default_factory=dict)
    """Of a replay: the settings that were others than declared, by name."""

    @property
    def case(self) -> str:
        """Return under what id its calls are kept apart from those of work; empty for work."""
        return self.id if self.origin in (GOLDEN, REPLAY) else ""

    @property
    def replays(self) -> str:
        """Return the id of the run whose item it works again, or empty."""
        return replayed_run(self.id) if self.origin == REPLAY else ""

    def __post_init__(self) -> None:
        """Refuse a principal that is none before anything is asked on its behalf."""
        principal: object = self.principal
        if not isinstance(principal, Principal):
            raise TypeError(
                f"an item's principal is not {principal!r}: write principal=Principal(user=..., groups=...)"
            )
        if self.id.startswith(REPLAY_PREFIX) and self.origin != REPLAY:
            raise ValueError(f"an item's id does not begin with {REPLAY_PREFIX!r}: replays are known by that")


def replayed_run(item_id: str) -> str:
    """Return the id of the run that an item of this id works again, or empty."""
    return item_id.removeprefix(REPLAY_PREFIX) if item_id.startswith(REPLAY_PREFIX) else ""
