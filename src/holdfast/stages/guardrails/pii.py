"""Mask, block or note personal data and secrets that a pattern can tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from holdfast.domain.checks import Finding, Screening
from holdfast.stages.guardrails.phones import phones
from holdfast.stages.guardrails.pii_patterns import FINDERS, Span, spans_of
from holdfast.stages.guardrails.settings import PiiSettings
from holdfast.stages.guardrails.terms import Terms

LIMITS = (
    "Names, postal addresses, dates of birth and other data without a pattern are not detected; "
    "declare them under guardrails.pii.terms, or put a recogniser of your own into this stage."
)
"""What this guardrail cannot do, for the interface to say."""

_WEIGHT = {"block": 2, "mask": 1, "note": 0}


class Pii:
    """Finds the kinds that the settings name; the same value is always masked in the same way."""

    name = "pii"

    def __init__(self, settings: PiiSettings | None = None) -> None:
        self.settings = settings or PiiSettings()
        own = {kind: getattr(self.settings, kind) for kind in (*FINDERS, "phone")}
        declared = {term.name: term.action for term in self.settings.terms}
        self._actions = {kind: action for kind, action in (own | declared).items() if action != "off"}
        self._terms = Terms([term for term in self.settings.terms if term.action != "off"])
        self._allowed = frozenset(value.casefold() for value in self.settings.allowed)
        self._mark = re.compile(r"\[(?:" + "|".join(map(re.escape, self._actions)) + r")\]")

    def screen(self, text: str, *, direction: Literal["in", "out"]) -> Screening:
        """Return the text with the kinds to mask replaced by `[kind]`."""
        del direction
        counts: Counter[str] = Counter()
        while True:
            spans = self.detect(text)
            counts.update(span.kind for span in spans if self._actions[span.kind] == "mask")
            masked = self._masked(text, spans)
            if masked == text:
                break
            text = masked  # a mask can end one number where another began: look again
        counts.update(span.kind for span in spans)
        findings = tuple(self._finding(kind, count) for kind, count in sorted(counts.items()))
        return Screening(text=text, findings=findings)

    def detect(self, text: str) -> tuple[Span, ...]:
        """Return what was found, in order, apart from each other; marks that stand for a mask are skipped."""
        found: list[Span] = []
        start = 0
        for mark in [*self._mark.finditer(text), None]:
            end = mark.start() if mark else len(text)
            found.extend(_moved(span, start) for span in self._apart(text[start:end]))
            start = mark.end() if mark else end
        return tuple(found)

    def _apart(self, text: str) -> list[Span]:
        """Return spans that do not overlap: the stricter action first, then the longer span."""
        spans = [span for span in self._candidates(text) if not self._is_allowed(text[span.start : span.end])]
        spans.sort(key=lambda span: (-_WEIGHT[self._actions[span.kind]], span.start - span.end, span.start))
        taken: list[Span] = []
        is_taken = bytearray(len(text))
        for span in spans:
            if not any(is_taken[span.start : span.end]):
                is_taken[span.start : span.end] = b"\x01" * (span.end - span.start)
                taken.append(span)
        return sorted(taken, key=lambda span: span.start)

    def _candidates(self, text: str) -> Iterator[Span]:
        for kind in FINDERS:
            if kind in self._actions:
                yield from spans_of(kind, text)
        if "phone" in self._actions:
            yield from phones(text, regions=self.settings.phone_regions)
        yield from self._terms.spans(text)

    def _is_allowed(self, value: str) -> bool:
        value = value.casefold()
        return value in self._allowed or ("@" in value and value[value.rindex("@") :] in self._allowed)

    def _masked(self, text: str, spans: tuple[Span, ...]) -> str:
        pieces: list[str] = []
        start = 0
        for span in spans:
            if self._actions[span.kind] == "mask":
                pieces += [text[start : span.start], f"[{span.kind}]"]
                start = span.end
        return "".join([*pieces, text[start:]])

    def _finding(self, kind: str, count: int) -> Finding:
        detail = f"{count} of kind {kind}"
        return Finding(guardrail=self.name, kind=kind, action=self._actions[kind], detail=detail)


def _moved(span: Span, by: int) -> Span:
    return Span(start=span.start + by, end=span.end + by, kind=span.kind)
