"""Post JSON to an endpoint and read JSON back, within a total deadline.

The standard library's client in a thread: it honours the usual proxy and certificate variables, needs no
dependency, and takes 30 ms to import. Every request opens a connection of its own (a few round trips for
a query; nothing against the endpoint's work for a batch). httpx2 comes with the `providers` extra only.
"""

from __future__ import annotations

import asyncio
import email.utils
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from typing import IO, Any
from urllib.parse import urlsplit

from holdfast.calling.addresses import is_here
from holdfast.domain.calls import Deadline
from holdfast.errors import (
    DeadlineOver,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
    ReplyMalformed,
)

_BYTES_AT_MOST = 200_000_000
_PIECE_BYTES = 1 << 18
_SAID_BYTES = 2_000
_SAID_CHARS = 200
_WORTH_ANOTHER_TRY = frozenset({408, 409, 425})
_TOO_MANY = 429
_SERVER_ERRORS = 500
_SPENT = ("insufficient_quota", "quota_exceeded", "billing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address, and what its errors say."""

    url: str
    stage: str
    later: str
    """The move when it may answer another time."""
    check: str
    """The move when it will fail again as it is declared."""

    @property
    def host(self) -> str:
        """Return the host, for messages."""
        return urlsplit(self.url).hostname or self.url


async def post_json(endpoint: Endpoint, body: Mapping[str, Any], *, key: str, deadline: Deadline) -> Any:
    """Return the parsed reply; raise ProviderUnavailable or ProviderRejected; neither holds the key."""
    try:
        async with asyncio.timeout(deadline.left_s):
            return await asyncio.to_thread(_post, endpoint, body, key, deadline)
    except TimeoutError:
        raise _too_slow(endpoint) from None


def _too_slow(endpoint: Endpoint) -> DeadlineOver:
    return DeadlineOver(
        f"{endpoint.host} did not answer before the deadline", stage=endpoint.stage, move=endpoint.later
    )


def _post(endpoint: Endpoint, body: Mapping[str, Any], key: str, deadline: Deadline) -> Any:
    headers = {"content-type": "application/json", "accept": "application/json", "user-agent": "holdfast"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    data = json.dumps(body).encode()
    request = urllib.request.Request(endpoint.url, data=data, headers=headers, method="POST")  # noqa: S310 settings admit http(s) only
    try:
        with _opener(endpoint.url).open(request, timeout=max(0.01, deadline.left_s)) as reply:
            return json.loads(_read(reply, deadline))
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(endpoint, error, key) from None
    except TimeoutError:
        raise _too_slow(endpoint) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None)
        why = type(reason if isinstance(reason, Exception) else error).__name__
        raise ProviderUnavailable(
            f"{endpoint.host} cannot be reached, or broke off ({why})",
            stage=endpoint.stage,
            move=endpoint.later,
        ) from None
    except ValueError:  # also UnicodeDecodeError: a proxy's page with status 200, say
        raise ReplyMalformed(
            f"{endpoint.host} answers with something that is not JSON",
            stage=endpoint.stage,
            move=endpoint.check,
        ) from None


def _read(reply: Any, deadline: Deadline) -> bytes:
    """Return the whole reply; a server that sends a byte now and then does not hold the thread."""
    pieces: list[bytes] = []
    size = 0
    while piece := reply.read1(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if deadline.is_over:
            raise TimeoutError
        if size > _BYTES_AT_MOST:
            raise http.client.HTTPException("too long")
    announced = reply.headers.get("content-length")
    if announced is not None and int(announced) != size:
        raise http.client.IncompleteRead(b"")
    return b"".join(pieces)


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Return an opener that follows no redirect (the key would travel along) and no proxy to this machine."""
    return urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({} if is_here(url) else None))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Return nothing, so that the redirect surfaces as the error it is."""


def _refused(endpoint: Endpoint, error: urllib.error.HTTPError, key: str) -> ProviderError:
    said = _said(error, key)
    what = f"{endpoint.host} answers with status {error.code}{said and f' ({said})'}"
    wait_s = _wanted_wait(error.headers.get("retry-after", ""))
    stage, later, check = endpoint.stage, endpoint.later, endpoint.check
    if error.code == _TOO_MANY and any(word in said for word in _SPENT):
        return QuotaExhausted(what, stage=stage, move="Raise the account's quota with the provider")
    if error.code == _TOO_MANY:
        return RateLimited(what, stage=stage, move=later, retry_after_s=wait_s)
    if error.code >= _SERVER_ERRORS or error.code in _WORTH_ANOTHER_TRY:
        return ProviderUnavailable(what, stage=stage, move=later, retry_after_s=wait_s)
    return ProviderRejected(what, stage=stage, move=check)


def _said(error: urllib.error.HTTPError, key: str) -> str:
    """Return the start of what the endpoint said, on one line and without the key."""
    try:
        text = error.read1(_SAID_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    if key:
        text = text.replace(key, "***")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_SAID_CHARS]


def _wanted_wait(header: str) -> float | None:
    """Return seconds from a Retry-After header, which holds seconds or a date."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
