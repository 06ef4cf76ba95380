"""What the loopback provider is told to do with a request."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar


class Fault(StrEnum):
    """One way in which a request goes wrong; each provider's own status and body where it has one."""

    RATE_LIMIT = "rate_limit"
    """429; with Retry-After where the script gives `retry_after`."""
    SERVER_ERROR = "server_error"
    """500."""
    UNAVAILABLE = "unavailable"
    """503."""
    OVERLOADED = "overloaded"
    """529 (Anthropic), 503 (OpenAI)."""
    QUOTA = "quota"
    """The account is used up: 429 `insufficient_quota` (OpenAI), 400 on the credit balance (Anthropic)."""
    KEY = "key"
    """401: the key is not accepted."""
    TOO_LONG = "too_long"
    """400: the prompt does not fit the window."""
    STALL = "stall"
    """Nothing is ever sent."""
    STALL_MIDWAY = "stall_midway"
    """Half of the stream, then nothing; the connection stays open."""
    PINGS = "pings"
    """Half of the stream, then keep-alive pings for ever."""
    ENDS_EARLY = "ends_early"
    """Half of the stream, then a proper end of the HTTP reply."""
    CUT = "cut"
    """Half of the reply, then the connection closes."""
    RESET = "reset"
    """The connection is reset before anything is sent."""
    HTML = "html"
    """A web page with status 200."""
    MALFORMED = "malformed"
    """JSON that is none."""
    WRONG_ENVELOPE = "wrong_envelope"
    """JSON with status 200 that is no reply of this API."""
    WRONG_SCHEMA = "wrong_schema"
    """A whole reply whose object does not fit the schema that was asked for."""
    EMPTY_CHOICES = "empty_choices"
    """A reply without a choice (OpenAI) or content (Anthropic) or result (rerank)."""
    LENGTH = "length"
    """The reply was cut at the output limit."""
    CONTENT_FILTER = "content_filter"
    """The provider refused."""
    HUGE = "huge"
    """A whole reply of 10 MB."""
    CONTROL_CHARACTERS = "control_characters"
    """A whole reply with NUL, ESC, marks that turn the reading direction and a script tag."""


HUGE_CHARACTERS = 10_000_000
CONTROL_CHARACTERS = "\x00\x1b[2J\u202etxet\u202c\u2066<script>alert(1)</script>\u2069\x7f"
"""What `Fault.CONTROL_CHARACTERS` puts before the text."""
WRONG_OBJECT: Mapping[str, Any] = {"unexpected": [None]}
"""What `Fault.WRONG_SCHEMA` sends in the place of the scripted object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """One scripted reply."""

    text: str = "The cover screws are tightened to 24 Nm [1]."
    output: Mapping[str, Any] | None = field(default=None, hash=False)
    """Sent in the place of `text`, as the request asks for it: tool call, JSON reply, or JSON as text."""
    status: int = 200
    error: str = ""
    """Machine-readable error code of an error status (`insufficient_quota`, `context_length_exceeded`)."""
    message: str = "scripted error"
    retry_after: str = ""
    """Seconds, or an HTTP date."""
    location: str = ""
    """Address that a status of 3xx points to."""
    fault: Fault | None = None
    delay_s: float = 0.0
    """Wait before anything is sent."""
    first_token_s: float = 0.0
    """Wait between the head of the reply and its first token."""
    pause_s: float = 0.0
    """Wait after each event of a stream."""
    model: str = ""
    """Model id to return; empty returns the one that was asked for."""
    input_tokens: int = 100
    """All of the prompt, cached ones included."""
    output_tokens: int = 20
    cached_tokens: int = 0
    """Those of the prompt that are read from the provider's cache."""
    cache_written_tokens: int = 0
    """Those of the prompt that are written to the provider's cache (Anthropic)."""
    pieces: int = 4
    """Events that the text is spread over."""


Drawn = TypeVar("Drawn", bound=Fault | Scripted)


class Mix:
    """Faults by chance: each request draws one by its share, the rest get `otherwise`.

    Draws are made in the order of arrival, so the same seed gives the same sequence of faults.
    """

    def __init__(
        self,
        shares: Mapping[Drawn, float],
        *,
        seed: int = 0,
        otherwise: Scripted | Sequence[Scripted] = Scripted(),
    ) -> None:
        """Take shares from 0 to 1, together at most 1; raise ValueError for others."""
        if any(share < 0 for share in shares.values()) or sum(shares.values()) > 1 + 1e-9:
            raise ValueError("the shares of a mix are at least 0, and together at most 1")
        self._healthy = [otherwise] if isinstance(otherwise, Scripted) else list(otherwise)
        self._replies: list[Scripted] = [
            one if isinstance(one, Scripted) else Scripted(fault=one) for one in shares
        ]
        self._shares = list(shares.values())
        self._random = random.Random(seed)  # noqa: S311 repeatable on purpose
        self._asked = 0

    def __call__(self, request: object) -> Scripted:  # noqa: ARG002 drawn by order alone
        """Return the reply of the next request."""
        drawn = self._random.random()
        healthy = self._healthy[min(self._asked, len(self._healthy) - 1)]
        self._asked += 1
        for reply, share in zip(self._replies, self._shares, strict=True):
            drawn -= share
            if drawn < 0:
                return reply
        return healthy
