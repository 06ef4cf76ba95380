"""A work item: the question or record that a person or system brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

from holdfast.domain.access import Principal

T = TypeVar("T")

ATTACHED = "attachment://"
"""What the name begins with under which an attachment is cited; no document is taken in under such a name."""


def is_attached(document: str) -> bool:
    """Return whether a passage or citation of this document is of what came with the item."""
    return document.startswith(ATTACHED)


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

    @property
    def document(self) -> str:
        """Return the name under which it is cited."""
        return f"{ATTACHED}{self.name}"


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
        _check_texts(self)
        object.__setattr__(self, "attachments", _all_of(ItemAttachment, self.attachments, "attachments"))
        object.__setattr__(self, "history", _all_of(Turn, self.history, "history"))
        if self.id.startswith(REPLAY_PREFIX) and self.origin != REPLAY:
            raise ValueError(f"an item's id does not begin with {REPLAY_PREFIX!r}: replays are known by that")


def _check_texts(item: WorkItem) -> None:
    """Raise TypeError for what is no text where texts are read letter by letter."""
    said: tuple[tuple[str, object], ...] = (("id", item.id), ("question", item.question))
    for name, value in said:
        if not isinstance(value, str):
            raise TypeError(f"an item's {name} is text, not {value!r}")
    for key, written in item.fields.items():
        field_name: object = key
        value = written
        if not isinstance(field_name, str):
            raise TypeError(f"a field's name is text, not {field_name!r}")
        if not isinstance(value, str):
            raise TypeError(f"the field {key!r} of an item is text, not {value!r}: {_as_text(value)}")


def _as_text(value: object) -> str:
    match value:
        case None:
            return "leave it out"
        case bool():
            return f"write {str(value).lower()!r}"
        case int() | float() | date():
            return f"write {str(value)!r}"
        case _:
            return "write its text"


def _all_of(kind: type[T], values: Iterable[T], name: str) -> tuple[T, ...]:
    """Return the values as a tuple; raise TypeError for one that is of another kind."""
    made = tuple(values)
    for one in made:
        if not isinstance(one, kind):
            raise TypeError(f"an item's {name} are of the class {kind.__name__}, and {one!r} is not")
    return made


def replayed_run(item_id: str) -> str:
    """Return the id of the run that an item of this id works again, or empty."""
    return item_id.removeprefix(REPLAY_PREFIX) if item_id.startswith(REPLAY_PREFIX) else ""
