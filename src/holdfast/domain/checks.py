"""Claims of a reply, the citations that back them, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as field_of

from holdfast.domain.locators import NOWHERE, Locator


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A claim's link to evidence, resolved to a quoted span."""

    n: int
    document: str
    title: str
    quote: str
    """Verbatim from the document's canonical text."""
    start: int
    end: int
    """Offsets of the quote in the canonical text."""
    locator: Locator = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence of the reply, or one field of its structured output."""

    text: str
    start: int
    end: int
    """Offsets into the reply's text."""
    cites: tuple[int, ...] = ()
    """The passage numbers it names."""
    support: float = 0.0
    """Probability (0 to 1) that its cited passages state it."""
    conflicts: tuple[str, ...] = ()
    """What it states and its passages do not, in words (`number 24 Nm is in no cited passage`)."""
    field: str = ""
    """Path of the field (`parts.0.torque`); empty for a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Everything checking found in one reply."""

    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    unresolved: tuple[str, ...] = ()
    """Marks that name no passage of the prompt (`[7]`)."""
    support: float = 0.0
    """The weakest claim's support; 0 when there is no claim."""
    answerability: float = 0.0
    """Probability that the passages answer the question at all."""
    is_foreign: bool = False
    """Whether the reply is in another language than its passages: numbers, dates and codes were compared."""
    details: dict[str, float] = field_of(default_factory=dict)
    """Named features behind the two probabilities, for the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a guardrail saw."""

    guardrail: str
    kind: str
    action: str
    """`note`, `mask` or `block`."""
    detail: str = ""
    """In words, without the sensitive text itself."""
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What guardrails did with a text: the text that may go on, and what they saw."""

    text: str
    findings: tuple[Finding, ...] = ()

    @property
    def blocked(self) -> Finding | None:
        """Return the first finding that forbids going on."""
        return next((finding for finding in self.findings if finding.action == "block"), None)
