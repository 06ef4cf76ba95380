"""A golden case: an item with what is expected of it, and where the evidence stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from holdfast.domain.access import Principal
from holdfast.domain.items import GOLDEN, Turn, WorkItem
from holdfast.domain.locators import NOWHERE, Locator

LOOKUP = "lookup:"
"""What the name of a lookup begins with where a document's path could stand."""

OutcomeKind = Literal["answer", "question", "refusal", "escalation"]
"""The four outcomes, as `holdfast.domain.outcomes.kind_of` names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A place that the expected answer rests on."""

    document: str
    """Path relative to the source's root, or `lookup:NAME`."""
    quote: str
    """Verbatim, as a reader sees it: the cells of a table row joined by one space."""
    locator: Locator = NOWHERE
    keys: Mapping[str, str] = field(default_factory=dict)
    """Declared keys (product, bulletin) that the place carries; for a lookup, those that tell its row."""
    line: int = 0
    """Where it is written in the case's file, from 1."""

    @property
    def is_in_a_document(self) -> bool:
        """Return whether it stands in a document, not in a lookup's row."""
        return not self.document.startswith(LOOKUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of a case's item."""

    outcome: OutcomeKind
    facts: tuple[str, ...] = ()
    """What the answer has to state, word for word."""
    must_not_state: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One golden case."""

    id: str
    question: str
    principal: Principal
    expect: Expectation
    kind: str = ""
    """What it stands for (common, edge, high-risk, refuse ...), in the team's own words."""
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    history: tuple[Turn, ...] = ()
    file: str = ""
    """`golden/NAME.yaml`."""
    line: int = 0
    """Where the case begins in its file, from 1."""

    @property
    def place(self) -> str:
        """Return where a person finds the case: `golden/manuals.yaml line 12 (hx200-oil)`."""
        return f"{self.file} line {self.line} ({self.id})" if self.file else self.id

    @property
    def in_documents(self) -> tuple[Evidence, ...]:
        """Return the evidence that stands in documents."""
        return tuple(one for one in self.expect.evidence if one.is_in_a_document)

    def item(self) -> WorkItem:
        """Return the item that the case asks, under the case's own id."""
        return WorkItem(
            id=self.id, question=self.question, fields=self.fields, history=self.history,
            principal=self.principal, origin=GOLDEN,
        )  # fmt: skip
