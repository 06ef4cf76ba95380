"""Take secrets and document text out of what is logged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "[hidden]"

_SECRET_KEY = re.compile(
    r"(api[-_ ]?key|secret|passw|passphrase|authorization|cookie|credential|private[-_ ]?key|token$|^pwd$)",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"""
    \bsk-[\w-]{16,} | \bgh[pousr]_\w{20,} | \bgithub_pat_\w{20,} | \bglpat-[\w-]{16,}
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b | \bAIza[\w-]{30,} | \bxox[abposr]-[\w-]{10,} | \bhf_\w{20,}
    | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}
    | (?<=bearer\ )[\w.~+/=-]{8,} | (?<=basic\ )[\w+/=]{12,}
    | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)
    | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z\ ]*PRIVATE\ KEY-----|\Z)
    | (?<=password=)[^\s&;]+ | (?<=api_key=)[^\s&;]+ | (?<=access_token=)[^\s&;]+
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_TEXT_KEY = frozenset(
    {
        "answer", "chunk", "chunks", "citations", "completion", "content", "context", "draft", "given",
        "history", "item", "made", "outcome", "output", "passage", "passages", "prompt", "question", "quote",
        "reply", "snippet", "text",
    }
)  # fmt: skip
"""Fields that hold words of documents or of people."""


class Redaction:
    """Rules for one process; declared secrets are hidden wherever they turn up."""

    def __init__(self, *, secrets: Iterable[str] = (), keep_text: bool = False) -> None:
        self._secrets = tuple(sorted((one for one in secrets if len(one) >= 6), key=len, reverse=True))  # noqa: PLR2004 -- shorter ones would hide ordinary words
        self._keep_text = keep_text

    def fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a log line as they may be written."""
        return {key: self._field(key, value) for key, value in fields.items()}

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _SECRET_VALUE.sub(HIDDEN, text)

    def _field(self, key: str, value: Any) -> Any:
        if _SECRET_KEY.search(key) and value not in (None, ""):
            return HIDDEN
        if not self._keep_text and key.casefold() in _TEXT_KEY and not isinstance(value, (int, float)):
            return f"[{len(value)} characters]" if isinstance(value, str) else "[not logged]"
        return self._value(value)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return self.fields({str(key): inner for key, inner in value.items()})
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._value(inner) for inner in value]
        if value is None or isinstance(value, (bool, int, float)):
            return value
        return self.text(str(value))
