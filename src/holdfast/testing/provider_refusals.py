"""How each provider words an error, taken from what the real ones send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from holdfast.testing.provider_script import Fault, Scripted


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Status, machine-readable code and message of one kind of error."""

    status: int
    error: str
    message: str


OPENAI: Mapping[Fault, Refusal] = {
    Fault.RATE_LIMIT: Refusal(
        status=429,
        error="rate_limit_exceeded",
        message="Rate limit reached for the model on requests per min (RPM): Limit 500, Used 500, "
        "Requested 1. Please try again in 120ms. Visit https://platform.openai.com/account/rate-limits "
        "to learn more.",
    ),
    Fault.SERVER_ERROR: Refusal(
        status=500,
        error="",
        message="The server had an error while processing your request. Sorry about that!",
    ),
    Fault.UNAVAILABLE: Refusal(
        status=503, error="", message="Service temporarily unavailable. Please try again later."
    ),
    Fault.OVERLOADED: Refusal(
        status=503, error="", message="The engine is currently overloaded, please try again later"
    ),
    Fault.QUOTA: Refusal(
        status=429,
        error="insufficient_quota",
        message="You exceeded your current quota, please check your plan and billing details. For more "
        "information on this error, read the docs: "
        "https://platform.openai.com/docs/guides/error-codes/api-errors.",
    ),
    Fault.KEY: Refusal(
        status=401,
        error="invalid_api_key",
        message="Incorrect API key provided. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
    ),
    Fault.TOO_LONG: Refusal(
        status=400,
        error="context_length_exceeded",
        message="This model's maximum context length is 128000 tokens. However, your messages resulted in "
        "130123 tokens. Please reduce the length of the messages.",
    ),
}
ANTHROPIC: Mapping[Fault, Refusal] = {
    Fault.RATE_LIMIT: Refusal(
        status=429,
        error="rate_limit_error",
        message="This request would exceed your organization's rate limit of 50,000 input tokens per "
        "minute. For details, refer to: https://docs.claude.com/en/api/rate-limits.",
    ),
    Fault.SERVER_ERROR: Refusal(status=500, error="api_error", message="Internal server error"),
    Fault.UNAVAILABLE: Refusal(status=503, error="api_error", message="Service unavailable"),
    Fault.OVERLOADED: Refusal(status=529, error="overloaded_error", message="Overloaded"),
    Fault.QUOTA: Refusal(
        status=400,
        error="invalid_request_error",
        message="Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing "
        "to upgrade or purchase credits.",
    ),
    Fault.KEY: Refusal(status=401, error="authentication_error", message="invalid x-api-key"),
    Fault.TOO_LONG: Refusal(
        status=400,
        error="invalid_request_error",
        message="prompt is too long: 210000 tokens > 200000 maximum",
    ),
}


def refused(scripted: Scripted, table: Mapping[Fault, Refusal]) -> Scripted:
    """Return the reply with the provider's own status and words when its fault is an error status."""
    refusal = table.get(scripted.fault) if scripted.fault else None
    if refusal is None:
        return scripted
    return replace(scripted, status=refusal.status, error=refusal.error, message=refusal.message)


def openai_error(scripted: Scripted) -> str:
    """Return OpenAI's error object."""
    kind = _OPENAI_TYPES.get(scripted.error, "") or _OPENAI_BY_STATUS.get(scripted.status, "server_error")
    inner = {
        "message": scripted.message,
        "type": kind,
        "param": "messages" if scripted.error == "context_length_exceeded" else None,
        "code": scripted.error or None,
    }
    return json.dumps({"error": inner})


def anthropic_error(scripted: Scripted) -> str:
    """Return Anthropic's error object."""
    kind = scripted.error or _ANTHROPIC_BY_STATUS.get(scripted.status, "api_error")
    inner = {"type": kind, "message": scripted.message}
    return json.dumps({"type": "error", "error": inner, "request_id": "req_loopback"})


_OPENAI_TYPES = {
    "insufficient_quota": "insufficient_quota",
    "rate_limit_exceeded": "requests",
    "context_length_exceeded": "invalid_request_error",
    "invalid_api_key": "invalid_request_error",
}
_OPENAI_BY_STATUS = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    403: "invalid_request_error",
    404: "invalid_request_error",
    429: "requests",
}
_ANTHROPIC_BY_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
