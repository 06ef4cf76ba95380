"""A golden case: an item with what is expected of it, and where the evidence stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from holdfast.domain.access import Principal
from holdfast.domain.items import GOLDEN, ItemAttachment, Turn, WorkItem, is_attached
from holdfast.domain.locators import NOWHERE, Locator
from holdfast.domain.outputs import shown_value

LOOKUP = "lookup:"
"""What the name of a lookup begins with where a document's path could stand."""

OutcomeKind = Literal["answer", "question", "refusal", "escalation"]
"""The four outcomes, as `holdfast.domain.outcomes.kind_of` names them."""


Risk = Literal["low", "medium", "high"]
"""What a wrong outcome costs."""
Compare = Literal["exact", "number", "set", "date", "empty"]
"""How a field's value is held against the expected one."""
Scalar = str | int | float | bool

COMMON, EDGE, AMBIGUOUS, HIGH_RISK = "common", "edge", "ambiguous", "high-risk"
REFUSE, ESCALATE, FORBIDDEN = "refuse", "escalate", "forbidden"
KINDS = (COMMON, EDGE, AMBIGUOUS, HIGH_RISK, REFUSE, ESCALATE, FORBIDDEN)
"""The kinds that a set of cases should have; a team may use words of its own beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What an answer has to state: words, or a number with its unit."""

    text: str = ""
    """Word for word; empty where a number says it."""
    number: float | None = None
    unit: str = ""
    """As people write it: `Nm`, `%`, `h`; empty for a bare number."""
    tolerance: float = 0.0
    """How far the stated number may be off either way, in the fact's unit."""

    def __post_init__(self) -> None:
        """Refuse a fact that says nothing, or two things."""
        if bool(self.text.strip()) == (self.number is not None):
            raise ValueError("a fact is a text or a number, one of them")
        if self.tolerance < 0:
            raise ValueError("a fact's tolerance is not below 0")

    def __str__(self) -> str:
        if self.number is None:
            return self.text
        said = f"{self.number:.15g} {self.unit}".rstrip()
        return f"{said} +/- {self.tolerance:.15g}" if self.tolerance else said


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedField:
    """What a field of the structured output has to be."""

    value: Scalar | tuple[Scalar, ...]
    """As written; several values where `compare` is set, nothing (an empty text) where it is `empty`."""
    compare: Compare = "exact"
    tolerance: float = 0.0
    """How far a number may be off either way, in the field's unit."""

    @property
    def shown(self) -> str:
        """Return the value as a reader sees it, empty where the field has to hold nothing."""
        return shown_value([*self.value] if isinstance(self.value, tuple) else self.value)

    def __str__(self) -> str:
        if self.compare == "empty":
            return "(nothing)"
        off = f" +/- {self.tolerance:.15g}" if self.tolerance else ""
        return f"{self.shown}{off} ({self.compare})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A place that the expected answer rests on."""

    document: str
    """Path relative to the source's root, `lookup:NAME`, or `attachment://NAME` of what the case carries."""
    quote: str
    """Verbatim, as a reader sees it: the cells of a table row joined by one space."""
    locator: Locator = NOWHERE
    keys: Mapping[str, str] = field(default_factory=dict)
    """Declared keys (product, bulletin) that the place carries; for a lookup, those that tell its row."""
    line: int = 0
    """Where it is written in the case's file, from 1."""

    @property
    def is_in_a_document(self) -> bool:
        """Return whether it stands in a document, not in a lookup's row nor in what the case carries."""
        return not self.document.startswith(LOOKUP) and not self.is_attached

    @property
    def is_attached(self) -> bool:
        """Return whether it stands in an attachment of the case."""
        return is_attached(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of a case's item."""

    outcome: OutcomeKind
    answer: str = ""
    """A right answer in a person's words, for people and judges; never compared word for word."""
    facts: tuple[Fact, ...] = ()
    """What the answer has to state, every one of them."""
    must_not_state: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    fields: Mapping[str, ExpectedField] = field(default_factory=dict)
    """Fields of the structured output that are compared; others may be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One golden case."""

    id: str
    question: str
    principal: Principal
    expect: Expectation
    kind: str = ""
    """What it stands for: one of `KINDS`, or a word of the team's own."""
    tags: tuple[str, ...] = ()
    risk: Risk | None = None
    """None where nobody said."""
    cluster: str = ""
    """Name that cases share which are not independent of each other; empty where nobody said."""
    fields: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[ItemAttachment, ...] = ()
    history: tuple[Turn, ...] = ()
    rests_on: tuple[str, ...] = ()
    """Documents and lookups whose text its words repeat beside its evidence; who may not see them is not
    shown the case."""
    version: str = ""
    """Digest of the Version it was written against; empty where nobody said."""
    held: bool = False
    """It waits for a second person and is not run until then."""
    origin: str = ""
    """Where it came from: empty for one written by hand, `run`, `correction`, `import`."""
    run: str = ""
    """The run it was made from."""
    written_by: str = ""
    confirmed_by: str = ""
    """The second person who said that it is right."""
    file: str = ""
    """`golden/NAME.yaml`."""
    line: int = 0
    """Where the case begins in its file, from 1."""

    @property
    def place(self) -> str:
        """Return where a person finds the case: `golden/manuals.yaml line 12 (hx200-oil)`."""
        return f"{self.file} line {self.line} ({self.id})" if self.file else self.id

    @property
    def is_high_risk(self) -> bool:
        """Return whether a wrong outcome is dear: by its risk, or else by its kind."""
        return self.risk == "high" or (self.risk is None and self.kind == HIGH_RISK)

    @property
    def in_documents(self) -> tuple[Evidence, ...]:
        """Return the evidence that stands in documents."""
        return tuple(one for one in self.expect.evidence if one.is_in_a_document)

    @property
    def in_attachments(self) -> tuple[Evidence, ...]:
        """Return the evidence that stands in what the case carries."""
        return tuple(one for one in self.expect.evidence if one.is_attached)

    def attached_text(self, document: str) -> str:
        """Return the text of what the case carries under this name, empty where it carries none."""
        return next((one.text for one in self.attachments if one.document == document), "")

    @property
    def beside_it(self) -> tuple[Evidence, ...]:
        """Return the evidence that stands in documents and lookups, which have access lists of their own."""
        return tuple(one for one in self.expect.evidence if not one.is_attached)

    def item(self) -> WorkItem:
        """Return the item that the case asks, under the case's own id."""
        return WorkItem(
            id=self.id, question=self.question, fields=self.fields,
            attachments=self.attachments, history=self.history, principal=self.principal, origin=GOLDEN,
            rests_on=self.behind,
        )  # fmt: skip

    @property
    def behind(self) -> tuple[str, ...]:
        """Return everything that who is shown the case has to be let see."""
        return tuple(sorted({*self.rests_on, *(one.document for one in self.beside_it)}))
