"""What can go wrong with a call to a provider, in words: the error's kind, what happened, the next move."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from holdfast.domain.stages import Stage
from holdfast.errors import (
    PromptTooLarge,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
    ReplyMalformed,
)
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint


@dataclass(frozen=True, slots=True)
class _Words:
    """`{...}` are filled in when the error is made."""

    kind: type[ProviderError]
    what: str
    move: str


_LATER = "Try again later, or add a rung of another provider"


class Wrong(Enum):
    """One kind of failure."""

    TOO_LONG = _Words(
        PromptTooLarge,
        "the prompt does not fit the window of {name}{said}",
        "Declare its real window in context_tokens",
    )
    KEY = _Words(
        ProviderRejected,
        "{name} does not accept the key{where}{said}",
        "Set a valid key{where}, or name another variable in key_env",
    )
    NO_MODEL = _Words(
        ProviderRejected, "there is no {name} at {url}{said}", "Correct model or base_url of the rung"
    )
    QUOTA = _Words(
        QuotaExhausted,
        "the quota of {name} is used up{said}",
        "Raise the quota with the provider, or add a rung of another one",
    )
    REJECTED = _Words(
        ProviderRejected,
        "{name} rejects the request{said}",
        "Correct the rung: model, output_tokens, temperature",
    )
    RATE = _Words(RateLimited, "{name} is at its rate limit ({status}{wait}){said}", _LATER)
    CONNECTION = _Words(
        ProviderUnavailable,
        "{name} at {url} cannot be reached, or broke off{said}",
        "Check base_url and the network, or add a rung",
    )
    STATUS = _Words(ProviderUnavailable, "{name} answers with status {status}{said}", _LATER)
    MALFORMED = _Words(
        ReplyMalformed,
        "{name} sent no whole reply{said}",
        "Try again, check that base_url is an API address, or add a rung",
    )


def error_of(
    wrong: Wrong,
    endpoint: Endpoint,
    key: Key | None,
    *,
    said: str,
    status: int | None = None,
    retry_after_s: float | None = None,
    may_be_paid: bool = False,
) -> ProviderError:
    """Return the error; `said` are the provider's own words, or the client's, as they came."""
    words = {
        "name": endpoint.name,
        "url": endpoint.base_url,
        "where": f" in {key.variable}" if key else "",
        "status": "in the stream" if status is None else str(status),
        "wait": f", asks to wait {retry_after_s:g} s" if retry_after_s is not None else "",
        "said": _said(said, key),
    }
    kind = wrong.value.kind
    what, move = wrong.value.what.format_map(words), wrong.value.move.format_map(words)
    if issubclass(kind, ProviderUnavailable):
        error: ProviderError = kind(what, stage=Stage.GENERATION, move=move, retry_after_s=retry_after_s)
        error.may_be_paid = may_be_paid
        return error
    return kind(what, stage=Stage.GENERATION, move=move)


def message_of(body: object) -> str:
    """Return the message in an error's body, in the shapes that providers use."""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return ""
    inner = body.get("error", body)
    message = inner.get("message", "") if isinstance(inner, dict) else inner
    return message if isinstance(message, str) else ""


_SAID_AT_MOST = 300
_KEYLIKE = re.compile(r"\b(?:(?:sk|pk|rk|gsk|xai)-|Bearer )[\w*.-]{6,}", re.IGNORECASE)


def _said(words: str, key: Key | None) -> str:
    """Return the words short and without anything that looks like a key."""
    if "<html" in words.lower() or "<!doctype" in words.lower():
        words = "an HTML page"
    if key is not None:
        words = words.replace(key.reveal(), "(key)")
    words = " ".join(_KEYLIKE.sub("(key)", words).split())
    shown = words if len(words) <= _SAID_AT_MOST else f"{words[:_SAID_AT_MOST]}..."
    return f": {shown.rstrip('.')}"
