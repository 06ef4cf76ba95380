"""What an error of OpenAI's or Anthropic's protocol means, by its code and status."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from holdfast.stages.generation.provider_words import Wrong

_USED_UP = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"}
)
_USED_UP_WORDS = "credit balance is too low"
_TOO_LONG = "context_length_exceeded"
_TOO_LONG_WORDS = (_TOO_LONG, "prompt is too long", "context length", "context window", "maximum context")
_MAY_BE_TOO_LONG = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, None)
_BY_STATUS: dict[int, Wrong] = {
    HTTPStatus.UNAUTHORIZED: Wrong.KEY,
    HTTPStatus.PAYMENT_REQUIRED: Wrong.QUOTA,
    HTTPStatus.FORBIDDEN: Wrong.KEY,
    HTTPStatus.NOT_FOUND: Wrong.NO_MODEL,
    HTTPStatus.REQUEST_TIMEOUT: Wrong.STATUS,
    HTTPStatus.CONFLICT: Wrong.STATUS,
    HTTPStatus.TOO_EARLY: Wrong.STATUS,
    HTTPStatus.TOO_MANY_REQUESTS: Wrong.RATE,
}


def wrong_of(body: object, said: str, status: int | None) -> Wrong:
    """Return what an error means; one inside a stream has no status, and may pass."""
    inner = body.get("error") if isinstance(body, Mapping) else None
    told = inner if isinstance(inner, Mapping) else {}
    codes = {str(told.get("code") or ""), str(told.get("type") or "")}
    if codes & _USED_UP or _USED_UP_WORDS in said.lower():
        return Wrong.QUOTA
    has_words = any(words in said.lower() for words in _TOO_LONG_WORDS)
    if _TOO_LONG in codes or (has_words and status in _MAY_BE_TOO_LONG):
        return Wrong.TOO_LONG
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Wrong.STATUS
    return _BY_STATUS.get(status, Wrong.REJECTED)


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the provider asks to wait, in any of the ways it may say so."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        told = headers.get("retry-after", "").strip()
        if not told:
            return None
        if told.replace(".", "", 1).isdigit():
            return float(told)
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
