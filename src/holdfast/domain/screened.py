"""An item or an outcome after the guardrails."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.domain.checks import Finding
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Outcome, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """The item that may go on, or the refusal that ends it here."""

    item: WorkItem
    findings: tuple[Finding, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenedOutcome:
    """The outcome that a reader may see."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
