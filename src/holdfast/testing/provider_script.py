"""What the loopback provider is told to do with a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """One way in which a reply goes wrong without an error status."""

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
    EMPTY_CHOICES = "empty_choices"
    """A reply without a choice (OpenAI) or content (Anthropic) or result (rerank)."""
    LENGTH = "length"
    """The reply was cut at the output limit."""
    CONTENT_FILTER = "content_filter"
    """The provider refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """One scripted reply."""

    text: str = "The cover screws are tightened to 24 Nm [1]."
    status: int = 200
    error: str = ""
    """Machine-readable error code of an error status (`insufficient_quota`, `context_length_exceeded`)."""
    message: str = "scripted error"
    retry_after: str = ""
    location: str = ""
    """Address that a status of 3xx points to."""
    fault: Fault | None = None
    delay_s: float = 0.0
    """Wait before anything is sent."""
    pause_s: float = 0.0
    """Wait after each event of a stream."""
    model: str = ""
    """Model id to return; empty returns the one that was asked for."""
    input_tokens: int = 100
    output_tokens: int = 20
    cached_tokens: int = 0
    pieces: int = 4
    """Events that the text is spread over."""
    as_call: bool = False
    """Send the text as the arguments of a call of the first tool that was offered."""
