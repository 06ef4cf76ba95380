"""Turn what a provider's client raises into our errors: what happened, and the next move."""

from __future__ import annotations

import re
from dataclasses import dataclass

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

try:
    from pydantic_ai import exceptions as raised
except ImportError as error:
    raise ImportError("model providers need an extra: pip install 'holdfast[providers]'") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What one kind of a client's error means to us; `{...}` are filled in below."""

    of: type[Exception] | tuple[type[Exception], ...]
    kind: type[ProviderError]
    what: str
    move: str


_LATER = "Try again later, or add a rung of another provider"
_MEANINGS = (
    _Meaning(
        of=raised.ModelContextWindowExceededError,
        kind=PromptTooLarge,
        what="the prompt does not fit the window of {name}{said}",
        move="Declare its real window in context_tokens",
    ),
    _Meaning(
        of=raised.ModelAuthenticationError,
        kind=ProviderRejected,
        what="{name} does not accept the key{where}{said}",
        move="Set a valid key{where}, or name another variable in key_env",
    ),
    _Meaning(
        of=raised.ModelNotFoundError,
        kind=ProviderRejected,
        what="there is no {name} at {url}{said}",
        move="Correct model or base_url of the rung",
    ),
    _Meaning(
        of=raised.ModelQuotaExceededError,
        kind=QuotaExhausted,
        what="the quota of {name} is used up{said}",
        move="Raise the quota with the provider, or add a rung of another one",
    ),
    _Meaning(
        of=(raised.ModelRequestRejectedError, raised.UserError),
        kind=ProviderRejected,
        what="{name} rejects the request{said}",
        move="Correct the rung: model, output_tokens, temperature",
    ),
    _Meaning(
        of=raised.ModelRateLimitError,
        kind=RateLimited,
        what="{name} is at its rate limit ({status}{wait}){said}",
        move=_LATER,
    ),
    _Meaning(
        of=raised.ModelConnectionError,
        kind=ProviderUnavailable,
        what="{name} at {url} cannot be reached, or broke off{said}",
        move="Check base_url and the network, or add a rung",
    ),
    _Meaning(
        of=raised.ModelHTTPError,
        kind=ProviderUnavailable,
        what="{name} answers with status {status}{said}",
        move=_LATER,
    ),
    # What is not known to be final counts as unavailable, so that the next rung is tried: an HTML page
    # with status 200 surfaces as a decoding error, `choices: []` as an IndexError.
    _Meaning(
        of=Exception,
        kind=ReplyMalformed,
        what="{name} sent no whole reply{said}",
        move="Try again, check that base_url is an API address, or add a rung",
    ),
)

_SAID_AT_MOST = 300
_KEYLIKE = re.compile(r"\b(?:(?:sk|pk|rk|gsk|xai)-|Bearer )[\w*.-]{6,}", re.IGNORECASE)


def translated(error: Exception, endpoint: Endpoint, key: Key | None) -> ProviderError:
    """Return our error for one that a client raised."""
    meaning = next(meaning for meaning in _MEANINGS if isinstance(error, meaning.of))
    retry_after = getattr(error, "retry_after", None)
    words = {
        "name": endpoint.name,
        "url": endpoint.base_url,
        "where": f" in {key.variable}" if key else "",
        "status": str(getattr(error, "status_code", "in the stream")),
        "wait": f", asks to wait {retry_after:g} s" if retry_after is not None else "",
        "said": _said(error, key),
    }
    told = {
        "what": meaning.what.format_map(words),
        "stage": Stage.GENERATION,
        "move": meaning.move.format_map(words),
    }
    if issubclass(meaning.kind, ProviderUnavailable):
        unavailable = meaning.kind(**told, retry_after_s=retry_after)
        unavailable.may_be_paid = _came_from_a_model(error)
        return unavailable
    return meaning.kind(**told)


def _came_from_a_model(error: Exception) -> bool:
    """Return whether an envelope came: `choices: []`, or a stream without its end."""
    return isinstance(error, IndexError) or type(error) is raised.ModelAPIError


def _said(error: Exception, key: Key | None) -> str:
    """Return the provider's own words, short and without anything that looks like a key."""
    words = _message_of(getattr(error, "body", None)) or getattr(error, "message", "") or type(error).__name__
    if "<html" in words.lower() or "<!doctype" in words.lower():
        words = "an HTML page"
    if key is not None:
        words = words.replace(key.reveal(), "(key)")
    words = " ".join(_KEYLIKE.sub("(key)", words).split())
    shown = words if len(words) <= _SAID_AT_MOST else f"{words[:_SAID_AT_MOST]}..."
    return f": {shown.rstrip('.')}"


def _message_of(body: object) -> str:
    """Return the message in an error's body, in the shapes that providers use."""
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return ""
    inner = body.get("error", body)
    message = inner.get("message", "") if isinstance(inner, dict) else inner
    return message if isinstance(message, str) else ""
