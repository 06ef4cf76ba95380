"""Run guardrails one after the other over a text, until they leave it alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from holdfast.domain.checks import Finding, Screening
from holdfast.protocols import Guardrail
from holdfast.stages.guardrails.size import is_readable

MOST_PASSES = 5
"""Two are usual when something was masked; a text that still changes after five is not let through."""


class Chain:
    """One direction's guardrails at work: keeps what they saw and how long each took."""

    def __init__(self, direction: Literal["in", "out"]) -> None:
        self.findings: list[Finding] = []
        self.took_ms: dict[str, float] = {}
        self._direction: Literal["in", "out"] = direction

    @property
    def blocking(self) -> Finding | None:
        """Return the first finding that forbids going on."""
        return next((finding for finding in self.findings if finding.action == "block"), None)

    def read(self, guardrails: Sequence[Guardrail], text: str, *, place: str) -> str:
        """Return the text as it may go on; one without anything to read is empty, and no fault."""
        return self.run(guardrails, text, place=place).text if is_readable(text) else ""

    def run(self, guardrails: Sequence[Guardrail], text: str, *, place: str = "") -> Screening:
        """Return the screening of one text, which no further pass would change.

        What one guardrail takes out can complete what another looks for (`!` before a mask becomes an
        image), so the whole row is run again whenever it changed the text.
        """
        findings: list[Finding] = []
        for passes in range(MOST_PASSES):
            before = text
            for guardrail in guardrails:
                screening = self._timed(guardrail, text, place)
                text = screening.text
                # a second pass repeats the notes of the first
                findings += [
                    finding for finding in screening.findings if passes == 0 or finding.action != "note"
                ]
                if screening.blocked:
                    return self._kept(text, findings)
            if text == before:
                return self._kept(text, findings)
        detail = f"the text still changed after {MOST_PASSES} passes of all guardrails"
        unsettled = Finding(guardrail="chain", kind="unsettled", action="block", detail=_at(place, detail))
        return self._kept(text, [*findings, unsettled])

    def note(self, finding: Finding) -> None:
        """Keep a finding that no guardrail made."""
        self.findings.append(finding)

    def add_time(self, other: Chain) -> None:
        """Add what another chain took."""
        for name, took_ms in other.took_ms.items():
            self._add_time(name, took_ms)

    def _add_time(self, name: str, took_ms: float) -> None:
        self.took_ms[name] = self.took_ms.get(name, 0.0) + took_ms

    def _kept(self, text: str, findings: list[Finding]) -> Screening:
        self.findings += findings
        return Screening(text=text, findings=tuple(findings))

    def _timed(self, guardrail: Guardrail, text: str, place: str) -> Screening:
        begun = time.perf_counter()
        screening = _screened(guardrail, text, self._direction)
        took_ms = (time.perf_counter() - begun) * 1000
        self._add_time(guardrail.name, took_ms)
        found = [
            replace(finding, detail=_at(place, finding.detail), took_ms=took_ms)
            for finding in screening.findings
        ]
        return Screening(text=screening.text, findings=tuple(found))


def _screened(guardrail: Guardrail, text: str, direction: Literal["in", "out"]) -> Screening:
    """Return the screening, or a block: a guardrail that fails has not said that the text may pass."""
    try:
        return guardrail.screen(text, direction=direction)
    except Exception as error:  # noqa: BLE001 - a part of a third party may raise anything; the message may hold the text
        detail = f"the guardrail failed ({type(error).__name__}), so the text was not let through"
        failure = Finding(guardrail=guardrail.name, kind="failure", action="block", detail=detail)
        return Screening(text=text, findings=(failure,))


def _at(place: str, detail: str) -> str:
    return f"{place}: {detail}" if place else detail
