"""Remove what is not text: control characters, terminal codes, lone surrogates."""

from __future__ import annotations

import re
from typing import Literal

from holdfast.domain.checks import Finding, Screening

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_TERMINAL_CODE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_REPLACED = "\ufffd"


class Encoding:
    """Cleans every text: neither the database nor a provider takes lone surrogates or NUL."""

    name = "encoding"

    def screen(self, text: str, *, direction: Literal["in", "out"]) -> Screening:
        """Return the text with plain line feeds, without control characters, encodable as UTF-8."""
        del direction
        clean, surrogates = _SURROGATE.subn(_REPLACED, text)
        clean, codes = _TERMINAL_CODE.subn("", clean)
        clean, controls = _CONTROL.subn("", _LINE_END.sub("\n", clean))
        findings = [
            self._found("surrogates", "mask", f"{surrogates} lone surrogates replaced", surrogates),
            self._found(
                "control", "mask", f"{codes + controls} control characters removed", codes + controls
            ),
            self._undecodable(text),
        ]
        return Screening(text=clean, findings=tuple(finding for finding in findings if finding))

    def _undecodable(self, text: str) -> Finding | None:
        count = text.count(_REPLACED)
        return self._found(
            "undecodable", "note", f"{count} characters were lost before they came here", count
        )

    def _found(self, kind: str, action: str, detail: str, count: int) -> Finding | None:
        return Finding(guardrail=self.name, kind=kind, action=action, detail=detail) if count else None
